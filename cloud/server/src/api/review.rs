//! Reviews: handing in, letting through, sending back, taking off the air; and what waits.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_wire::Step;

use super::extract::{Body, LARGEST_PAGE, Place, Words, known, page_size};
use super::items::{ItemLine, ItemPlace};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::list::Cursor;
use crate::desk::{review as desk, state};
use crate::region::RegionCode;
use crate::serve::Served;

/// Where the item stands now.
#[derive(Serialize, ToSchema)]
pub struct Moved {
    id: String,
    #[schema(schema_with = names::state)]
    state: &'static str,
}

impl Moved {
    fn to(id: String, state: state::State) -> Json<Moved> {
        Json(Moved { id, state: state.name() })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The revision that is handed in.
    revision: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    #[schema(schema_with = names::step)]
    step: Step,
    /// Of the document that was read. The approval holds for this alone.
    #[schema(schema_with = names::hash)]
    hash: String,
    /// Of whoever carries the key on a token: the signature that was made there.
    signed: Option<SignedStatement>,
}

/// A signature over a statement that the server has given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedStatement {
    /// The public key that has signed.
    #[schema(schema_with = names::hash)]
    key: String,
    /// `at` of the statement.
    at: i64,
    /// Ed25519 over `text` of the statement, 128 hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{128}$")]
    signature: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    #[param(schema_with = names::step)]
    step: Step,
    /// Of the document that was read.
    #[param(schema_with = names::hash)]
    hash: String,
}

/// What a key on a token signs to let a text through a review.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    /// Exactly the bytes to be signed, UTF-8.
    text: String,
    /// The public key that has to sign.
    #[schema(schema_with = names::hash)]
    key: String,
    /// The region as whose reviewer.
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// Goes with the signature.
    at: i64,
    /// Until when the signature is taken.
    until: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    #[schema(schema_with = names::step)]
    step: Step,
    /// Of the document that was read.
    #[schema(schema_with = names::hash)]
    hash: String,
    /// For whoever wrote it; at most 500 characters are kept.
    #[schema(min_length = 1, example = "时间有误")]
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// At most 500 characters are kept.
    #[schema(min_length = 1, example = "活动取消")]
    reason: String,
}

/// Hands a text in for review. From then on it has a hash, which approvals hold for.
#[utoipa::path(post, path = "/api/v1/items/{region}/{slug}/submit", tag = "review", params(ItemPlace),
    request_body = Submission,
    responses((status = 200, description = "It waits for its first review", body = Moved), Changing))]
pub async fn submit(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(submission): Body<Submission>,
) -> Result<Json<Moved>, Problem> {
    let id = place.id();
    let state = served.desk.submit(&visitor, &id, submission.revision, now()).await?;
    Ok(Moved::to(id, state))
}

/// What whoever carries the key on a token signs to let a text through a review. Other keys are on the server and sign
/// there; of those there is no statement (409).
#[utoipa::path(get, path = "/api/v1/items/{region}/{slug}/statement", tag = "review", params(ItemPlace, StatementQuery),
    responses((status = 200, description = "What has to be signed", body = Statement),
        (status = 409, description = "The key is on the server", body = Problem,
            content_type = "application/problem+json"),
        Reading))]
pub async fn statement(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Words(query): Words<StatementQuery>,
) -> Result<Json<Statement>, Problem> {
    let statement = served.desk.statement(&visitor, &place.id(), query.step, &query.hash, now()).await?;
    let desk::Statement { text, key, region, at, until } = statement;
    Ok(Json(Statement { text, key, region, at, until }))
}

/// Lets a text through a review. The last one puts it on the air.
#[utoipa::path(post, path = "/api/v1/items/{region}/{slug}/approve", tag = "review", params(ItemPlace),
    request_body = Approval,
    responses((status = 200, description = "It has passed", body = Moved), Changing))]
pub async fn approve(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(approval): Body<Approval>,
) -> Result<Json<Moved>, Problem> {
    let id = place.id();
    let Approval { step, hash, signed } = approval;
    let signed = signed.map(|SignedStatement { key, at, signature }| desk::Signed { key, at, signature });
    let state = served.desk.approve_signed(&visitor, &id, step, &hash, signed.as_ref(), now()).await?;
    Ok(Moved::to(id, state))
}

/// Sends a text back to whoever wrote it, with a reason.
#[utoipa::path(post, path = "/api/v1/items/{region}/{slug}/reject", tag = "review", params(ItemPlace),
    request_body = Rejection,
    responses((status = 200, description = "It is back", body = Moved), Changing))]
pub async fn reject(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(rejection): Body<Rejection>,
) -> Result<Json<Moved>, Problem> {
    let (id, Rejection { step, hash, reason }) = (place.id(), rejection);
    let state = served.desk.reject(&visitor, &id, step, &hash, &reason, now()).await?;
    Ok(Moved::to(id, state))
}

/// Takes an item off the air at once, or out of review.
#[utoipa::path(post, path = "/api/v1/items/{region}/{slug}/withdraw", tag = "review", params(ItemPlace),
    request_body = Withdrawal,
    responses((status = 200, description = "It is off the air", body = Moved), Changing))]
pub async fn withdraw(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(withdrawal): Body<Withdrawal>,
) -> Result<Json<Moved>, Problem> {
    let id = place.id();
    let state = served.desk.withdraw(&visitor, &id, &withdrawal.reason, now()).await?;
    Ok(Moved::to(id, state))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    #[param(schema_with = names::step)]
    step: Step,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// What waits for a review.
#[derive(Serialize, ToSchema)]
pub struct Inbox {
    /// How much waits in all.
    count: i64,
    /// The oldest first.
    items: Vec<ItemLine>,
    /// Goes on from here as `after`; null at the end.
    next: Option<String>,
}

/// What waits for a review that this visitor may give. Texts of their own are among it.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "review", params(InboxQuery),
    responses((status = 200, description = "What waits", body = Inbox), Reading))]
pub async fn inbox(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<InboxQuery>,
) -> Result<Json<Inbox>, Problem> {
    let limit = page_size(query.limit, LARGEST_PAGE)?;
    let count = served.desk.waiting_count(&visitor, query.step, None).await?;
    let after = known("after", query.after.as_deref(), |word| word.parse::<Cursor>().ok())?;
    let found = served.desk.waiting_after(&visitor, query.step, after, limit).await?;
    let next = found.next.map(|cursor| cursor.to_string());
    Ok(Json(Inbox { count, items: ItemLine::all(&visitor, found.items), next }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountsQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
}

#[derive(Serialize, ToSchema)]
pub struct Count {
    #[schema(schema_with = names::state)]
    state: &'static str,
    count: i64,
}

/// How many items are in each state on the way to the screen. States without any are left out.
#[utoipa::path(get, path = "/api/v1/counts", tag = "review", params(CountsQuery),
    responses((status = 200, description = "By state", body = [Count]), Reading))]
pub async fn counts(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<CountsQuery>,
) -> Result<Json<Vec<Count>>, Problem> {
    let counts = served.desk.open_counts(&visitor, query.region).await?;
    Ok(Json(counts.into_iter().map(|(state, count)| Count { state: state.name(), count }).collect()))
}
