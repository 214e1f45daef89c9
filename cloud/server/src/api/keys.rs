//! Where the keys of a region stand. They are changed at the command line, where docs/KEYS.md leads.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Place;
use super::names;
use super::problem::Reading;
use crate::accounts::web::{Problem, Visitor};
use crate::desk::rights::Action;
use crate::keys::request::Count;
use crate::keys::status::{RegionStatus, RequestStatus, RoleStatus};
use crate::region::RegionCode;
use crate::serve::Served;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeysPlace {
    #[param(schema_with = names::region)]
    region: RegionCode,
}

/// The TUF keys of a region.
#[derive(Serialize, ToSchema)]
pub struct Keys {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    name: String,
    /// Root, targets, snapshot, timestamp.
    roles: Vec<KeyRole>,
    /// Signatures that a root needs.
    threshold: u64,
    /// The version of the root with which the region above introduces this one.
    first_root: u64,
    /// The root that waits for signatures.
    request: Option<RootRequest>,
}

#[derive(Serialize, ToSchema)]
struct KeyRole {
    #[schema(example = "root")]
    role: &'static str,
    version: u64,
    expires: i64,
    keys: Vec<Key>,
}

#[derive(Serialize, ToSchema)]
struct Key {
    #[schema(schema_with = names::hash)]
    public: String,
    /// Whether its secret is on the server.
    online: bool,
    /// Signs nothing before the root that names it is published.
    waiting: bool,
    created: i64,
}

#[derive(Serialize, ToSchema)]
struct RootRequest {
    version: u64,
    created: i64,
    /// What changes, in words.
    summary: Vec<String>,
    /// Signatures of the keys that the root in force names.
    follows: Signatures,
    /// Signatures of the keys that the new root itself names.
    next: Signatures,
    /// Ids of the keys that have signed.
    signed: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Signatures {
    have: u64,
    need: u64,
}

impl From<Count> for Signatures {
    fn from(count: Count) -> Signatures {
        Signatures { have: count.have, need: count.need }
    }
}

impl From<RoleStatus> for KeyRole {
    fn from(status: RoleStatus) -> KeyRole {
        let keys = status.keys.into_iter().map(|key| Key {
            public: key.public,
            online: key.online,
            waiting: key.waiting,
            created: key.created,
        });
        KeyRole { role: status.role, version: status.version, expires: status.expires, keys: keys.collect() }
    }
}

impl From<RequestStatus> for RootRequest {
    fn from(status: RequestStatus) -> RootRequest {
        let RequestStatus { version, created, summary, tally, signed } = status;
        RootRequest { version, created, summary, follows: tally.follows.into(), next: tally.next.into(), signed }
    }
}

impl From<RegionStatus> for Keys {
    fn from(status: RegionStatus) -> Keys {
        Keys {
            region: status.region,
            name: status.name,
            roles: status.roles.into_iter().map(KeyRole::from).collect(),
            threshold: status.threshold,
            first_root: status.first_root,
            request: status.request.map(RootRequest::from),
        }
    }
}

/// Where the keys of a region stand.
#[utoipa::path(get, path = "/api/v1/keys/{region}", tag = "keys", params(KeysPlace),
    responses((status = 200, description = "The region's keys", body = Keys), Reading))]
pub async fn status(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<KeysPlace>,
) -> Result<Json<Keys>, Problem> {
    visitor.check(Action::SeeKeys, place.region)?;
    Ok(Json(served.publisher.key_status(place.region).await?.into()))
}
