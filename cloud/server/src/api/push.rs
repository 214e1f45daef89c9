//! Pushing: an article or a video in one call, as a county's converged-media platform (融媒体平台) sends it.
//!
//! A platform that got no answer sends the same call again, with the same key, and finds the item that it has made. The
//! same call is also how it goes on: an item that could not be submitted, because a video was still being prepared, is
//! submitted by the next one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuexiang_console::messages::request::Request as Reason;

use super::extract::Body;
use super::items::location;
use super::problem::Changing;
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::draft::Draft;
use crate::desk::items::Origin;
use crate::desk::state;
use crate::desk::{Desk, DeskError};
use crate::region::RegionCode;
use crate::serve::Served;

/// Characters of an idempotency key.
const LONGEST_KEY: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "region": "440224103201",
    "submit": true,
    "draft": {
        "kind": "notice",
        "board": "governance",
        "section": "notice",
        "title": "停水通知",
        "body": "明日 8 时至 17 时停水，请提前储水。"
    }
}))]
pub struct Push {
    /// Whose item it is: shown there and in everything below.
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// Whether it is handed in for review at once.
    #[serde(default)]
    submit: bool,
    draft: Draft,
}

/// What was pushed, and where it stands.
#[derive(Serialize, ToSchema)]
pub struct Pushed {
    #[schema(example = "440224103201/20261101-0a1b2")]
    id: String,
    revision: i64,
    #[schema(schema_with = names::state)]
    state: &'static str,
}

/// Pushes an article or a video. The same call again, with the same key, finds the same item.
///
/// With `submit` the item waits for its reviews at once. When its text cannot be shown or a medium is still being made,
/// the answer is 422 and the draft is kept: `item` names it, and the same call submits it as soon as that is possible.
#[utoipa::path(post, path = "/api/v1/push", tag = "push", request_body = Push,
    params(("idempotency-key" = String, Header, description = "1 to 200 visible ASCII characters; for ever \
        it stands for this item of the account", min_length = 1, max_length = 200, pattern = "^[!-~]{1,200}$",
        example = "rongmei-2026-11-000123")),
    responses(
        (status = 201, description = "A new item", body = Pushed,
            headers(("location" = String, description = "Where the item is found"))),
        (status = 200, description = "The item of an earlier call", body = Pushed,
            headers(("location" = String, description = "Where the item is found"))),
        Changing))]
pub async fn push(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    headers: HeaderMap,
    Body(push): Body<Push>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Pushed>), Problem> {
    let key = idempotency_key(&headers)?;
    let saved = served.desk.create(&visitor, push.region, &push.draft, Origin::Api(key), now()).await?;
    let state = stand(&served.desk, &visitor, &saved.id, push.submit)
        .await
        .map_err(|error| Problem::from(error).with_item(saved.id.clone()))?;
    let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
    let pushed = Pushed { revision: saved.revision, state: state.name(), id: saved.id };
    Ok((status, location(&pushed.id), Json(pushed)))
}

/// Where a pushed item stands, after it was submitted if it is still as it came.
async fn stand(desk: &Desk, visitor: &Visitor, id: &str, submit: bool) -> Result<state::State, DeskError> {
    let item = desk.item(visitor, id).await?;
    // Somebody at the desk who has changed it since decides himself when it is handed in.
    if !submit || item.state != state::State::Draft || item.revision != 1 {
        return Ok(item.state);
    }
    match desk.submit(visitor, id, item.revision, now()).await {
        // The same call has come twice at once, and the other was faster.
        Err(DeskError::Denied { state, .. }) => Ok(state),
        other => other,
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let key = keys.next().filter(|_| keys.next().is_none()).and_then(|key| key.to_str().ok());
    let fits = |key: &&str| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    key.filter(fits).ok_or_else(|| Problem::of(Reason::IdempotencyKey { most: LONGEST_KEY }))
}
