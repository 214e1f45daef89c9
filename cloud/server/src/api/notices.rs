//! What the visitor's account is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_wire::Step;

use super::extract::{Body, Words, page_size};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::rights::Via;
use crate::notices::NoticeError;
use crate::notices::read::{self, About, Notice, Wanted, Which};
use crate::region::RegionCode;
use crate::serve::Served;

/// Notices of one page, unless another number is asked for.
const PAGE: i64 = 50;

impl From<NoticeError> for Problem {
    fn from(error: NoticeError) -> Problem {
        Problem::told(&error)
    }
}

/// Something that happened, for the one who reads it.
#[derive(Serialize, ToSchema)]
pub struct NoticeLine {
    /// The place in the list.
    id: String,
    #[schema(schema_with = names::notice)]
    kind: &'static str,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// None where it is not about an item, or about one that was deleted or may not be seen any more.
    item: Option<NoticeItem>,
    #[schema(schema_with = names::step)]
    step: Option<Step>,
    /// Account of who did it, or a word for what is no person.
    by: String,
    at: i64,
    /// Why, where somebody has said so.
    reason: Option<String>,
    /// When it was read.
    read: Option<i64>,
    /// Whether nothing is left to be done about it.
    settled: bool,
}

#[derive(Serialize, ToSchema)]
pub struct NoticeItem {
    #[schema(example = "440224103201/20261101-0a1b2")]
    id: String,
    title: String,
}

#[derive(Serialize, ToSchema)]
pub struct NoticePage {
    /// How many are not read; 100 stands for more.
    unread: i64,
    /// The newest first.
    notices: Vec<NoticeLine>,
    /// What `after` is for the next page.
    next: Option<String>,
}

impl From<Notice> for NoticeLine {
    fn from(notice: Notice) -> NoticeLine {
        let reason = notice.detail["reason"].as_str().map(str::to_owned);
        let item = match notice.item {
            About::Item { id, title, .. } => Some(NoticeItem { id, title }),
            About::Nothing | About::Hidden => None,
        };
        NoticeLine {
            id: notice.id,
            kind: notice.kind.slug(),
            region: notice.region,
            item,
            step: notice.step,
            by: notice.actor,
            at: notice.at,
            reason,
            read: notice.seen,
            settled: notice.is_settled,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticeQuery {
    /// Those alone that are not read.
    #[serde(default)]
    unread: bool,
    /// `next` of the page before.
    #[serde(default)]
    after: String,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// One's notices. A token reads those alone that its own right lets it see.
#[utoipa::path(get, path = "/api/v1/notices", tag = "notices", params(NoticeQuery),
    responses((status = 200, description = "The notices", body = NoticePage), Reading))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<NoticeQuery>,
) -> Result<Json<NoticePage>, Problem> {
    let limit = page_size(query.limit, PAGE)?;
    let db = &served.store.db;
    let wanted = Wanted { unread: query.unread, after: &query.after, limit: limit + 1 };
    let mut found = read::list(db, &visitor, wanted).await?;
    let more = found.len() as i64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|notice| notice.id.clone());
    if matches!(visitor.via, Via::Token(_)) {
        found.retain(|notice| notice.item != About::Hidden);
    }
    let unread = read::unread(db, &visitor.account).await?;
    Ok(Json(NoticePage { unread, notices: found.into_iter().map(NoticeLine::from).collect(), next }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotices {
    /// These,
    #[serde(default)]
    #[schema(max_items = 200)]
    ids: Vec<String>,
    /// or this one and all that are older.
    up_to: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Marked {
    /// How many were not read before.
    marked: u64,
}

/// Marks notices as read.
#[utoipa::path(post, path = "/api/v1/notices/read", tag = "notices", request_body = ReadNotices,
    responses((status = 200, description = "How many it were", body = Marked), Changing))]
pub async fn mark(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(which): Body<ReadNotices>,
) -> Result<Json<Marked>, Problem> {
    let ids: Vec<String> = which.ids.into_iter().take(200).collect();
    let chosen = match &which.up_to {
        Some(newest) => Which::UpTo(newest),
        None => Which::These(&ids),
    };
    let marked = read::mark(&served.store.db, &visitor.account, &chosen, now()).await?;
    Ok(Json(Marked { marked }))
}
