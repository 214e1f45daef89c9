//! The keys of regions: where they stand, replacing them, and revoking those of a region below. docs/KEYS.md tells what
//! that means; what needs a key that is kept offline is in `roots`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_console::messages::keys::Keys as Reason;
use yuexiang_wire::{Reviewer, Step};

use super::extract::{Body, Name, Place};
use super::problem::{Changing, Reading};
use super::roots::{Outcome, Signatures};
use super::settings::RegionPlace;
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::keys::ChildKeys;
use crate::keys::status::{RegionStatus, RequestStatus, RoleStatus};
use crate::region::RegionCode;
use crate::serve::Served;
use crate::tuf::Role;

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
#[utoipa::path(get, path = "/api/v1/keys/{region}", tag = "keys", params(RegionPlace),
    responses((status = 200, description = "The region's keys", body = Keys), Reading))]
pub async fn status(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<Keys>, Problem> {
    Ok(Json(served.desk.key_status(&visitor, place.region).await?.into()))
}

/// A region directly below, as the one above answers for its keys.
#[derive(Serialize, ToSchema)]
pub struct ChildLine {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// Version of its root; null while it has no keys.
    version: Option<u64>,
    /// When that root expires.
    expires: Option<i64>,
    /// When its keys were revoked last.
    revoked: Option<i64>,
    /// Why.
    reason: Option<String>,
}

impl From<ChildKeys> for ChildLine {
    fn from(child: ChildKeys) -> ChildLine {
        let ChildKeys { region, root, revoked } = child;
        let ((version, expires), (revoked, reason)) = (root.unzip(), revoked.unzip());
        ChildLine { region, version, expires, revoked, reason }
    }
}

/// The regions directly below, those with keys first.
#[utoipa::path(get, path = "/api/v1/keys/{region}/children", tag = "keys", params(RegionPlace),
    responses((status = 200, description = "The regions below", body = [ChildLine]), Reading))]
pub async fn children(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<Vec<ChildLine>>, Problem> {
    let children = served.desk.keys_below(&visitor, place.region).await?;
    Ok(Json(children.into_iter().map(ChildLine::from).collect()))
}

/// A key that a region's `review.json` names.
#[derive(Serialize, ToSchema)]
pub struct ReviewerLine {
    #[schema(schema_with = names::hash)]
    key: String,
    account: String,
    name: String,
    #[schema(schema_with = names::steps)]
    steps: Vec<&'static str>,
    since: i64,
    until: Option<i64>,
}

impl From<Reviewer> for ReviewerLine {
    fn from(reviewer: Reviewer) -> ReviewerLine {
        let Reviewer { key, person, name, steps, from, until } = reviewer;
        let steps = steps.into_iter().map(Step::slug).collect();
        ReviewerLine { key, account: person, name, steps, since: from, until }
    }
}

/// Who reviews in a region, as its televisions are told: keys in use and those that were replaced.
#[utoipa::path(get, path = "/api/v1/keys/{region}/reviewers", tag = "keys", params(RegionPlace),
    responses((status = 200, description = "The region's reviewers", body = [ReviewerLine]), Reading))]
pub async fn reviewers(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<Vec<ReviewerLine>>, Problem> {
    let reviewers = served.desk.reviewers(&visitor, place.region).await?;
    Ok(Json(reviewers.into_iter().map(ReviewerLine::from).collect()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RolePlace {
    #[param(schema_with = names::region)]
    region: RegionCode,
    #[param(schema_with = names::key_role)]
    role: Name,
}

/// Replaces the key of a role, and those of the roles that vouch for it. A root key that is offline is replaced with a
/// root that names other keys.
#[utoipa::path(post, path = "/api/v1/keys/{region}/roles/{role}/rotate", tag = "keys", params(RolePlace),
    responses((status = 200, description = "The new root", body = Outcome), Changing))]
pub async fn rotate(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RolePlace>,
) -> Result<Json<Outcome>, Problem> {
    let no_role = || Problem::of(Reason::NoKeyRole(place.role.0.clone()));
    let role = Role::named(&place.role.0).ok_or_else(no_role)?;
    Ok(Json(served.desk.rotate_key(&visitor, place.region, role, now()).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// For the log; at most 500 characters are kept.
    #[schema(min_length = 1, example = "密钥可能泄露")]
    reason: String,
}

/// The root with which the region above introduces a region anew.
#[derive(Serialize, ToSchema)]
pub struct NewRoot {
    version: u64,
}

/// Ends all keys of a region in the name of the one above, which then introduces it with new ones. One has to be in charge
/// of the region above. Its content and its reviewers stay.
#[utoipa::path(post, path = "/api/v1/keys/{region}/revoke", tag = "keys", params(RegionPlace),
    request_body = Revocation,
    responses((status = 200, description = "The region has new keys", body = NewRoot), Changing))]
pub async fn revoke(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
    Body(revocation): Body<Revocation>,
) -> Result<Json<NewRoot>, Problem> {
    let version = served.desk.revoke_keys(&visitor, place.region, &revocation.reason, now()).await?;
    Ok(Json(NewRoot { version }))
}
