//! Items: finding, reading, writing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_wire::Board;

use super::extract::{Body, Name, Place, Words, known, page_size};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::draft::Draft;
use crate::desk::items::{Origin, Saved};
use crate::desk::list::{Cursor, Filter};
use crate::desk::state;
use crate::desk::whole::Whole;
use crate::region::RegionCode;
use crate::serve::Served;
use crate::store::items::ItemRow;
use crate::store::unreadable;

/// An item as lists show it. Who may not see drafts is shown what is on the air alone.
#[derive(Serialize, ToSchema)]
pub struct ItemLine {
    /// `<region>/<slug>`
    #[schema(example = "440224103201/20261101-0a1b2")]
    id: String,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    #[schema(schema_with = names::board)]
    board: &'static str,
    section: String,
    kind: String,
    title: String,
    /// Account of who wrote it.
    author: String,
    #[schema(schema_with = names::state)]
    state: &'static str,
    /// The revision that `state` speaks of.
    revision: i64,
    /// The revision on the air.
    live: Option<i64>,
    /// When that went on the air.
    published: Option<i64>,
    not_before: Option<i64>,
    not_after: Option<i64>,
    pinned: bool,
    priority: i64,
    /// `desk`, `api` or `pack`
    origin: String,
    created: i64,
    updated: i64,
}

impl ItemLine {
    pub fn new(row: ItemRow, sees_drafts: bool) -> ItemLine {
        let live = row.live.as_ref().map(|live| live.revision);
        // That a new text is under review concerns those who may see it.
        let shown = live.filter(|_| !sees_drafts);
        let state = if shown.is_some() { state::State::Published } else { row.state };
        ItemLine {
            state: state.name(),
            revision: shown.unwrap_or(row.revision),
            live,
            published: row.live.map(|live| live.published),
            board: row.board.slug(),
            id: row.id,
            region: row.region,
            section: row.section,
            kind: row.kind,
            title: row.title,
            author: row.author,
            not_before: row.not_before,
            not_after: row.not_after,
            pinned: row.pinned,
            priority: row.priority,
            origin: row.origin,
            created: row.created,
            updated: row.updated,
        }
    }

    pub fn all(visitor: &Visitor, rows: Vec<ItemRow>) -> Vec<ItemLine> {
        let sees = |row: &ItemRow| visitor.may(crate::desk::rights::Action::SeeDrafts, row.region);
        rows.into_iter()
            .map(|row| {
                let sees = sees(&row);
                ItemLine::new(row, sees)
            })
            .collect()
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Items {
    items: Vec<ItemLine>,
    /// Goes on from here as `after`; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
    #[param(schema_with = names::board, required = false)]
    board: Option<String>,
    /// Id of a section.
    section: Option<String>,
    #[param(schema_with = names::state, required = false)]
    state: Option<String>,
    /// What is on the air now, whatever becomes of a new text of it.
    #[serde(default)]
    #[param(required = false)]
    on_air: bool,
    /// article, notice, story, video, disclosure, activity, product, spot or job.
    kind: Option<String>,
    /// Account of who wrote it.
    author: Option<String>,
    /// Last changed at or after this moment.
    from: Option<i64>,
    /// Last changed before this moment.
    until: Option<i64>,
    /// Words of the title.
    words: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl ListQuery {
    fn filter(self) -> Result<Filter, Problem> {
        let cursor = |word: &str| word.parse::<Cursor>().ok();
        let blank = Filter::of(self.region);
        Ok(Filter {
            board: known("board", self.board.as_deref(), Board::named)?,
            state: known("state", self.state.as_deref(), state::State::named)?,
            after: known("after", self.after.as_deref(), cursor)?,
            on_air: self.on_air,
            section: self.section,
            kind: self.kind,
            author: self.author,
            from: self.from,
            until: self.until,
            words: self.words.unwrap_or_default(),
            limit: page_size(self.limit, blank.limit)?,
            ..blank
        })
    }
}

/// Lists items, what was changed last first; with `words`, what was written last first.
#[utoipa::path(get, path = "/api/v1/items", tag = "items", params(ListQuery),
    responses((status = 200, description = "A page of items", body = Items), Reading))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<ListQuery>,
) -> Result<Json<Items>, Problem> {
    let found = served.desk.list(&visitor, &query.filter()?).await?;
    let next = found.next.map(|cursor| cursor.to_string());
    Ok(Json(Items { items: ItemLine::all(&visitor, found.items), next }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    draft: Draft,
}

/// What was saved.
#[derive(Serialize, ToSchema)]
pub struct SavedItem {
    #[schema(example = "440224103201/20261101-0a1b2")]
    id: String,
    revision: i64,
}

impl From<Saved> for SavedItem {
    fn from(saved: Saved) -> SavedItem {
        SavedItem { id: saved.id, revision: saved.revision }
    }
}

/// Where an item is found.
pub fn location(id: &str) -> [(HeaderName, String); 1] {
    [(header::LOCATION, format!("/api/v1/items/{id}"))]
}

/// Makes an item as a draft. Whether it can be shown is looked at when it is submitted.
#[utoipa::path(post, path = "/api/v1/items", tag = "items", request_body = NewItem,
    responses(
        (status = 201, description = "The draft is kept", body = SavedItem,
            headers(("location" = String, description = "Where the item is found"))),
        Changing))]
pub async fn create(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(new): Body<NewItem>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<SavedItem>), Problem> {
    let saved = served.desk.create(&visitor, new.region, &new.draft, Origin::Desk, now()).await?;
    Ok((StatusCode::CREATED, location(&saved.id), Json(saved.into())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ItemPlace {
    #[param(schema_with = names::region)]
    region: RegionCode,
    /// What follows the region in the item's id.
    #[param(value_type = String, example = "20261101-0a1b2")]
    slug: Name,
}

impl ItemPlace {
    pub fn id(&self) -> String {
        format!("{}/{}", self.region, self.slug.0)
    }
}

/// An item with everything about it. Who may not see drafts sees the document on the air and its approvals.
#[derive(Serialize, ToSchema)]
pub struct ItemWhole {
    item: ItemLine,
    /// What approvals of this revision hold for; null until it is submitted.
    hash: Option<String>,
    draft: Option<Draft>,
    /// The document as boxes get it.
    #[schema(value_type = Option<Object>)]
    content: Option<serde_json::Value>,
    /// The document on the air, while `content` is another.
    #[schema(value_type = Option<Object>)]
    on_air: Option<serde_json::Value>,
    approvals: Vec<ApprovalLine>,
    history: Vec<HistoryLine>,
}

#[derive(Serialize, ToSchema)]
struct ApprovalLine {
    #[schema(schema_with = names::step)]
    step: &'static str,
    account: String,
    /// Whose `review.json` names the key.
    #[schema(schema_with = names::region)]
    region: String,
    /// Ed25519 public key.
    #[schema(schema_with = names::hash)]
    key: String,
    at: i64,
    /// Over the statement of docs/KEYS.md, hexadecimal.
    signature: String,
}

/// A step of the log.
#[derive(Serialize, ToSchema)]
pub struct HistoryLine {
    seq: i64,
    at: i64,
    account: String,
    /// Such as `submit`.
    action: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

impl ItemWhole {
    fn new(whole: Whole) -> Result<ItemWhole, Problem> {
        let id = whole.item.id.clone();
        // A pack's item was never a draft.
        let draft = match whole.sees_drafts && whole.item.origin != "pack" {
            true => Some(serde_json::from_str(&whole.text.draft).map_err(unreadable("draft", &id))?),
            false => None,
        };
        let document =
            |text: Option<&str>| text.map(serde_json::from_str).transpose().map_err(unreadable("document", &id));
        let approvals = whole.approvals.into_iter().map(|row| ApprovalLine {
            step: row.approval.step.slug(),
            account: row.account,
            region: row.approval.region,
            key: row.approval.key,
            at: row.approval.at,
            signature: row.approval.signature,
        });
        let history = whole.history.into_iter().map(|line| HistoryLine {
            seq: line.seq,
            at: line.at,
            account: line.account,
            action: line.action,
            detail: serde_json::from_str(&line.detail).unwrap_or_default(),
        });
        Ok(ItemWhole {
            hash: whole.text.hash,
            draft,
            content: document(whole.text.content.as_deref())?,
            on_air: document(whole.on_air.as_deref())?,
            approvals: approvals.collect(),
            history: history.collect(),
            item: ItemLine::new(whole.item, whole.sees_drafts),
        })
    }
}

/// Reads an item: where it stands, its draft and document, who let it through, and its history.
#[utoipa::path(get, path = "/api/v1/items/{region}/{slug}", tag = "items", params(ItemPlace),
    responses((status = 200, description = "The item", body = ItemWhole), Reading))]
pub async fn read(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
) -> Result<Json<ItemWhole>, Problem> {
    let whole = served.desk.whole(&visitor, &place.id()).await?;
    Ok(Json(ItemWhole::new(whole)?))
}

/// Deletes a draft that was never on the air; its line in the log remains.
#[utoipa::path(delete, path = "/api/v1/items/{region}/{slug}", tag = "items", params(ItemPlace),
    responses((status = 204, description = "It is gone"), Changing))]
pub async fn delete(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
) -> Result<StatusCode, Problem> {
    served.desk.delete(&visitor, &place.id(), now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The revision that the new text replaces; when somebody else has saved meanwhile, the answer is 409.
    revision: i64,
    draft: Draft,
}

/// Keeps a new text. Approvals of the text before no longer count; what is on the air stays until the new text has passed.
#[utoipa::path(put, path = "/api/v1/items/{region}/{slug}/draft", tag = "items", params(ItemPlace),
    request_body = NewText,
    responses((status = 200, description = "The draft is kept", body = SavedItem), Changing))]
pub async fn save(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(text): Body<NewText>,
) -> Result<Json<SavedItem>, Problem> {
    let saved = served.desk.save(&visitor, &place.id(), text.revision, &text.draft, now()).await?;
    Ok(Json(saved.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Where the copy belongs.
    #[schema(schema_with = names::region)]
    region: RegionCode,
}

/// Makes a draft of the same text in another region, with its media.
#[utoipa::path(post, path = "/api/v1/items/{region}/{slug}/copy", tag = "items", params(ItemPlace),
    request_body = Copy,
    responses(
        (status = 201, description = "The draft is kept", body = SavedItem,
            headers(("location" = String, description = "Where the item is found"))),
        Changing))]
pub async fn copy(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Body(copy): Body<Copy>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<SavedItem>), Problem> {
    let saved = served.desk.copy(&visitor, &place.id(), copy.region, now()).await?;
    Ok((StatusCode::CREATED, location(&saved.id), Json(saved.into())))
}
