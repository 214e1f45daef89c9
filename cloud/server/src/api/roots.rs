//! Roots that wait for signatures of keys that are kept elsewhere: docs/KEYS.md tells the ceremony.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuexiang_console::messages::keys::Keys;

use super::extract::{Body, Place};
use super::problem::{Changing, Reading};
use super::settings::RegionPlace;
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::DeskError;
use crate::keys::RootOutcome;
use crate::keys::import::Imported;
use crate::keys::request::{Count, RequestFile, SignatureFile, Tally};
use crate::region::RegionCode;
use crate::serve::Served;

/// Signatures of one set of root keys: how many there are and how many are needed.
#[derive(Serialize, ToSchema)]
pub struct Signatures {
    have: u64,
    need: u64,
}

impl From<Count> for Signatures {
    fn from(count: Count) -> Signatures {
        Signatures { have: count.have, need: count.need }
    }
}

/// What has become of a root.
#[derive(Serialize, ToSchema)]
pub struct Outcome {
    outcome: OutcomeWord,
    version: u64,
    /// While it waits: signatures of the keys that the root in force names.
    follows: Option<Signatures>,
    /// While it waits: signatures of the keys that the new root itself names.
    next: Option<Signatures>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OutcomeWord {
    /// It is in force.
    Published,
    /// It waits for signatures.
    Waiting,
}

impl Outcome {
    fn published(version: u64) -> Outcome {
        Outcome { outcome: OutcomeWord::Published, version, follows: None, next: None }
    }

    fn waiting(version: u64, tally: Tally) -> Outcome {
        let (follows, next) = (Some(tally.follows.into()), Some(tally.next.into()));
        Outcome { outcome: OutcomeWord::Waiting, version, follows, next }
    }
}

impl From<RootOutcome> for Outcome {
    fn from(outcome: RootOutcome) -> Outcome {
        match outcome {
            RootOutcome::Published { version } => Outcome::published(version),
            RootOutcome::Waiting { version, tally } => Outcome::waiting(version, tally),
        }
    }
}

impl From<Imported> for Outcome {
    fn from(imported: Imported) -> Outcome {
        match imported {
            Imported::Published { version } | Imported::AlreadyPublished { version } => Outcome::published(version),
            Imported::Waiting { version, tally } => Outcome::waiting(version, tally),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RootKeys {
    /// Public keys, 64 hexadecimal digits each: all that the next root is to name, at most 15.
    keys: Vec<String>,
    /// How many of them have to sign.
    #[schema(minimum = 1, maximum = 15)]
    threshold: u64,
}

/// Names the root keys of the next root, which then waits for their signatures. It takes the place of one that waits.
#[utoipa::path(post, path = "/api/v1/keys/{region}/root", tag = "keys", params(RegionPlace),
    request_body = RootKeys,
    responses((status = 200, description = "The next root", body = Outcome), Changing))]
pub async fn prepare(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
    Body(new): Body<RootKeys>,
) -> Result<Json<Outcome>, Problem> {
    let outcome = served.desk.prepare_root(&visitor, place.region, &new.keys, new.threshold, now()).await?;
    Ok(Json(outcome.into()))
}

/// What has to be signed, as `yuexiang-cloud keys sign` reads it.
#[derive(Serialize, ToSchema)]
pub struct RootRequest {
    format: String,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    name: String,
    version: u64,
    created: i64,
    /// For people: what changes. Whoever signs has it made anew from the documents.
    summary: Vec<String>,
    /// The root in force.
    follows: String,
    /// Exactly the bytes to be signed, UTF-8.
    document: String,
}

impl From<RequestFile> for RootRequest {
    fn from(file: RequestFile) -> RootRequest {
        let RequestFile { format, region, name, version, created, summary, follows, document } = file;
        RootRequest { format, region, name, version, created, summary, follows, document }
    }
}

/// The root that waits for signatures, as the file that travels to the keys.
#[utoipa::path(get, path = "/api/v1/keys/{region}/root/request", tag = "keys", params(RegionPlace),
    responses((status = 200, description = "What has to be signed", body = RootRequest), Reading))]
pub async fn request(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<RootRequest>, Problem> {
    Ok(Json(served.desk.root_request(&visitor, place.region).await?.into()))
}

/// Gives up the root that waits for signatures, with the keys that wait for it.
#[utoipa::path(delete, path = "/api/v1/keys/{region}/root/request", tag = "keys", params(RegionPlace),
    responses((status = 204, description = "Nothing waits"), Changing))]
pub async fn cancel(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<StatusCode, Problem> {
    served.desk.cancel_root(&visitor, place.region, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A signature made elsewhere, as `yuexiang-cloud keys sign` writes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RootSignature {
    #[schema(example = "yuexiang root signature 1")]
    format: String,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    version: u64,
    /// Of the document that was signed.
    #[schema(schema_with = names::hash)]
    sha256: String,
    /// The key that signed.
    #[schema(schema_with = names::hash)]
    public: String,
    /// Ed25519 over the document, 128 hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{128}$")]
    signature: String,
}

impl From<RootSignature> for SignatureFile {
    fn from(signature: RootSignature) -> SignatureFile {
        let RootSignature { format, region, version, sha256, public, signature } = signature;
        SignatureFile { format, region, version, sha256, public, signature }
    }
}

/// Takes in a signature of the root that waits; the last one needed publishes it. The same one may come any number of times.
#[utoipa::path(post, path = "/api/v1/keys/{region}/root/signatures", tag = "keys", params(RegionPlace),
    request_body = RootSignature,
    responses((status = 200, description = "The root", body = Outcome), Changing))]
pub async fn sign(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
    Body(signature): Body<RootSignature>,
) -> Result<Json<Outcome>, Problem> {
    if signature.region != place.region {
        return Err(Problem::of(Keys::SignatureRegion { region: signature.region.to_string() }));
    }
    let file = SignatureFile::from(signature).checked().map_err(|error| DeskError::Keys(error.into()))?;
    Ok(Json(served.desk.take_signature(&visitor, &file, now()).await?.into()))
}
