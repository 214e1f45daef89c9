//! One item: what it says, how the TV shows it, who let it through, and what one may do.

use std::sync::Arc;

use axum::extract::{Path, Query, State as ServerState};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use serde_json::Value;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::inbox::{Change, ChangeKind};
use yuexiang_console::item::{self, Audience, Event, Item as View, Picture, Preview, Rights, Table, Video};
use yuexiang_console::messages::desk::Choice;
use yuexiang_console::words::{ItemAction, Lang, Role};
use yuexiang_wire::{Block, Item, Kind, Step};

use super::inbox::barred;
use super::items::{line, person_name};
use super::preview::{PreviewError, Wanted};
use super::{Trouble, Visit, form, item_id, item_segment};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::draft::Draft;
use crate::desk::rights::{Action, COMMAND_LINE};
use crate::desk::state::State;
use crate::region::RegionCode;
use crate::serve::{Served, Shared};
use crate::store::items::{ItemRow, RevisionRow};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/items/{id}", get(show).post(super::editor::save))
        .route("/console/items/{id}/submit", post(submit))
        .route("/console/items/{id}/withdraw", post(withdraw))
        .route("/console/items/{id}/copy", post(copy))
        .route("/console/items/{id}/delete", post(delete))
        .route("/console/items/{id}/preview.png", get(preview))
}

/// The address of a picture of the TV.
pub fn preview_url(item: &ItemRow, screen: &str, page: u32) -> String {
    let id = item_segment(&item.id);
    format!("/console/items/{id}/preview.png?screen={screen}&page={page}&rev={}", item.revision)
}

async fn show(visit: Visit, Path(segment): Path<String>) -> Response {
    match view(&visit, &item_id(&segment)).await {
        Ok(view) => visit.page(item::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

/// An item's text as it stands: the document that was handed in, else what the draft would become.
pub async fn document(visit: &Visit, item: &ItemRow, text: &RevisionRow) -> Result<Option<Item>, DeskError> {
    if let Some(content) = &text.content {
        return Ok(serde_json::from_str(content).ok());
    }
    let Ok(draft) = serde_json::from_str::<Draft>(&text.draft) else { return Ok(None) };
    match visit.desk().document(item, text, &draft, visit.now).await {
        Ok((_, document)) => Ok(Some(document)),
        Err(DeskError::Faults(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn view(visit: &Visit, id: &str) -> Result<View, DeskError> {
    let item = visit.desk().item(&visit.visitor, id).await?;
    let store = &visit.desk().publisher.store;
    // Who sees no drafts sees the text on the air.
    let sees_drafts = visit.visitor.may(Action::SeeDrafts, item.region);
    let number = item.live.as_ref().filter(|_| !sees_drafts).map_or(item.revision, |live| live.revision);
    let text = store.revision(id, number).await?.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
    let shown = document(visit, &item, &text).await?;
    let draft: Option<Draft> = serde_json::from_str(&text.draft).ok();
    let changes = changes(visit, &item, shown.as_ref()).await?;
    let (pictures, receipts, video, table) = shown.as_ref().map(parts).unwrap_or_default();
    Ok(View {
        line: line(visit, &item).await,
        hash: text.hash.clone().unwrap_or_default(),
        revision: number,
        summary: shown.as_ref().map(|shown| shown.summary.clone()).unwrap_or_default(),
        publisher: shown.as_ref().map(|shown| shown.publisher.clone()).unwrap_or_default(),
        body: shown.iter().flat_map(|shown| shown.body.iter().map(block)).collect(),
        values: match (&draft, &shown) {
            (Some(draft), _) => form::values(draft),
            (None, Some(shown)) => form::values_of(&shown.kind),
            (None, None) => Default::default(),
        },
        table,
        pictures,
        receipts,
        video,
        audience: audience(visit, draft.as_ref(), shown.as_ref()).await,
        timeline: if sees_drafts { timeline(visit, &item).await? } else { Vec::new() },
        reviews: visit.desk().reviews_needed(item.region).await?,
        changes,
        previews: previews(visit, &item),
        rights: rights(visit, &item).await?,
        figures: None,
    })
}

pub async fn audience(visit: &Visit, draft: Option<&Draft>, shown: Option<&Item>) -> Audience {
    let (only, except) = match (draft.filter(|draft| !draft.kind.is_empty()), shown) {
        (Some(draft), _) => (draft.only.clone(), draft.except.clone()),
        (None, Some(shown)) => shown.audience.clone().map(|it| (it.only, it.except)).unwrap_or_default(),
        _ => Default::default(),
    };
    let mut audience = Audience::default();
    for (codes, list) in [(only, &mut audience.only), (except, &mut audience.except)] {
        for code in codes.iter().filter_map(|code| code.parse().ok()) {
            list.push(visit.region_of(code).await);
        }
    }
    audience
}

fn url(sha256: &str) -> String {
    format!("/objects/{sha256}")
}

fn picture(picture: &yuexiang_wire::Picture) -> Picture {
    let (width, height, caption) = (picture.width, picture.height, picture.caption.clone());
    Picture { url: url(&picture.sha256), thumbnail: url(&picture.thumbnail.sha256), width, height, caption }
}

fn block(block: &Block) -> item::Block {
    match block.clone() {
        Block::Heading { text } => item::Block::Heading(text),
        Block::Paragraph { text } => item::Block::Paragraph(text),
        Block::Entry { number, text } => item::Block::Entry { number, text },
        Block::Quote { text } => item::Block::Quote(text),
        Block::Figure { picture: figure } => item::Block::Figure(picture(&figure)),
    }
}

type Parts = (Vec<Picture>, Vec<Picture>, Option<Video>, Option<Table>);

fn parts(shown: &Item) -> Parts {
    let cover = shown.cover.iter().map(picture);
    let list = |pictures: &[yuexiang_wire::Picture]| pictures.iter().map(picture).collect::<Vec<_>>();
    match &shown.kind {
        Kind::Story { pictures } | Kind::Product { pictures, .. } | Kind::Spot { pictures, .. } => {
            (cover.chain(list(pictures)).collect(), Vec::new(), None, None)
        }
        Kind::Disclosure { table, receipts } => {
            let columns = table.columns.iter().map(|column| (column.title.clone(), column.numeric)).collect();
            let rows = table.rows.iter().map(|row| (row.cells.clone(), row.total)).collect();
            (cover.collect(), list(receipts), None, Some(Table { columns, rows }))
        }
        Kind::Video { video } => {
            let poster = url(&video.poster.sha256);
            let shown = Video { url: url(&video.sha256), poster, duration: video.duration as i64 };
            (cover.collect(), Vec::new(), Some(shown), None)
        }
        _ => (cover.collect(), Vec::new(), None, None),
    }
}

async fn timeline(visit: &Visit, item: &ItemRow) -> Result<Vec<Event>, DeskError> {
    let sql = "SELECT at, account, action, detail FROM log WHERE object = $1 ORDER BY seq";
    let rows: Vec<(i64, String, String, String)> =
        visit.desk().publisher.store.db.all("reading an item's history", sql, args![&item.id]).await?;
    let mut events = Vec::new();
    for (at, account, action, detail) in rows {
        let detail: Value = serde_json::from_str(&detail).unwrap_or_default();
        let word = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
        let step = Step::named(&word("step"));
        let Some(action) = action_of(&action, step) else { continue };
        let right = match (step, detail["as"].as_str().and_then(|code| code.parse().ok())) {
            (Some(step), Some(region)) => Some((reviewer(step), visit.region_of(region).await)),
            _ => None,
        };
        let key = detail["key"].as_str().map(str::to_owned);
        let who = match account.as_str() {
            COMMAND_LINE if item.origin == "pack" => visit.cx.t("随系统装入", "installed with the system").to_owned(),
            _ => person_name(visit, &account).await,
        };
        let who = match detail["for"].as_str() {
            Some(principal) => {
                let principal = person_name(visit, principal).await;
                visit.cx.fill("{}（代{}）", "{} (for {})", &[&who, &principal])
            }
            None => who,
        };
        events.push(Event { action, who, right, at, reason: word("reason"), hash: word("hash"), key });
    }
    Ok(events)
}

fn action_of(action: &str, step: Option<Step>) -> Option<ItemAction> {
    Some(match (action, step) {
        ("create", _) => ItemAction::Created,
        ("edit", _) => ItemAction::Edited,
        ("submit", _) => ItemAction::Submitted,
        ("approve", Some(Step::First)) => ItemAction::ApprovedFirst,
        ("approve", Some(Step::Second)) => ItemAction::ApprovedSecond,
        ("approve", _) => ItemAction::ApprovedFinal,
        ("reject", _) => ItemAction::Rejected,
        ("publish", _) => ItemAction::Published,
        ("withdraw", _) => ItemAction::Withdrawn,
        ("expire", _) => ItemAction::Expired,
        _ => return None,
    })
}

fn reviewer(step: Step) -> Role {
    match step {
        Step::First => Role::FirstReviewer,
        Step::Second => Role::SecondReviewer,
        Step::Final => Role::FinalReviewer,
    }
}

/// Line by line against what is on the air or was last.
pub async fn changes(visit: &Visit, item: &ItemRow, shown: Option<&Item>) -> Result<Vec<Change>, DeskError> {
    let (Some(shown), Some(live)) = (shown, &item.live) else { return Ok(Vec::new()) };
    if live.revision == item.revision {
        return Ok(Vec::new());
    }
    let before = visit.desk().publisher.store.revision(&item.id, live.revision).await?;
    let before: Option<Item> = before.and_then(|text| serde_json::from_str(&text.content?).ok());
    let Some(before) = before else { return Ok(Vec::new()) };
    let (old, new) = (lines(&before), lines(shown));
    Ok(compare(&old, &new))
}

/// What a reader sees of an item, as lines.
fn lines(item: &Item) -> Vec<String> {
    let mut lines = vec![item.title.clone()];
    lines.extend((!item.summary.is_empty()).then(|| item.summary.clone()));
    lines.push(item.publisher.clone());
    for block in &item.body {
        lines.push(match block {
            Block::Heading { text } | Block::Paragraph { text } | Block::Quote { text } => text.clone(),
            Block::Entry { number: 0, text } => format!("· {text}"),
            Block::Entry { number, text } => format!("{number}. {text}"),
            Block::Figure { picture } => format!("[{}]", picture.caption),
        });
    }
    if let Kind::Disclosure { table, .. } = &item.kind {
        lines.extend(table.rows.iter().map(|row| row.cells.join("　")));
    }
    lines
}

/// The shortest way from one text to the other, line by line (longest common subsequence).
fn compare(old: &[String], new: &[String]) -> Vec<Change> {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, before) in old.iter().enumerate().rev() {
        for (j, after) in new.iter().enumerate().rev() {
            common[i][j] =
                if before == after { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut changes) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        let (kind, text) = if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            (ChangeKind::Same, &old[i - 1])
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            (ChangeKind::Removed, &old[i - 1])
        } else {
            j += 1;
            (ChangeKind::Added, &new[j - 1])
        };
        changes.push(Change { kind, text: text.clone() });
    }
    changes
}

fn previews(visit: &Visit, item: &ItemRow) -> Vec<Preview> {
    if visit.served.preview.is_none() {
        return Vec::new();
    }
    let names = [("item", visit.cx.t("正文", "Opened")), ("list", visit.cx.t("列表", "List"))];
    names.map(|(screen, name)| Preview { name: name.to_owned(), url: preview_url(item, screen, 0) }).into()
}

async fn rights(visit: &Visit, item: &ItemRow) -> Result<Rights, DeskError> {
    let may = |action| visit.visitor.may(action, item.region);
    let review = match item.state {
        State::Review(step) if may(Action::Approve(step)) => Some(step),
        _ => None,
    };
    let barred = if review.is_some() { barred(visit, item).await? } else { None };
    let is_open = item.live.is_some() || matches!(item.state, State::Review(_) | State::Published);
    Ok(Rights {
        edit: may(Action::Write) && item.origin != "pack",
        submit: may(Action::Submit) && matches!(item.state, State::Draft | State::Rejected) && item.origin != "pack",
        review: review.filter(|_| barred.is_none()).map(Into::into),
        barred,
        withdraw: may(Action::Withdraw) && is_open,
        copy: visit.visitor.may_somewhere(Action::Write) && item.origin != "pack",
        delete: may(Action::Write)
            && matches!(item.state, State::Draft | State::Rejected)
            && item.live.is_none()
            && item.origin != "pack",
    })
}

async fn submit(visit: Visit, Path(segment): Path<String>) -> Response {
    let id = item_id(&segment);
    let item = match visit.desk().item(&visit.visitor, &id).await {
        Ok(item) => item,
        Err(error) => return visit.trouble(error),
    };
    match visit.desk().submit(&visit.visitor, &id, item.revision, visit.now).await {
        Ok(_) => visit.done(&format!("/console/items/{segment}"), "submitted"),
        // The form shows what is wrong, field by field.
        Err(DeskError::Faults(_)) => {
            axum::response::Redirect::to(&format!("/console/items/{segment}/edit")).into_response()
        }
        Err(error) => visit.trouble(error),
    }
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

async fn withdraw(visit: Visit, Path(segment): Path<String>, Form(form): Form<Reason>) -> Response {
    match visit.desk().withdraw(&visit.visitor, &item_id(&segment), &form.reason, visit.now).await {
        Ok(_) => visit.done(&format!("/console/items/{segment}"), "withdrawn"),
        Err(error) => visit.trouble(error),
    }
}

async fn delete(visit: Visit, Path(segment): Path<String>) -> Response {
    match visit.desk().delete(&visit.visitor, &item_id(&segment), visit.now).await {
        Ok(()) => visit.done("/console/items", "deleted"),
        Err(error) => visit.trouble(error),
    }
}

#[derive(Deserialize)]
struct Copy {
    region: String,
}

/// A draft of the same text in another region. The desk knows whose text it stays.
async fn copy(visit: Visit, Path(segment): Path<String>, Form(form): Form<Copy>) -> Response {
    let Ok(region) = form.region.parse::<RegionCode>() else {
        let trouble = Trouble::new(ErrorKind::Refused, Choice::CopyTo);
        return visit.trouble(trouble.back_to(&item_id(&segment)));
    };
    match visit.desk().copy(&visit.visitor, &item_id(&segment), region, visit.now).await {
        Ok(saved) => visit.done(&format!("/console/items/{}/edit", item_segment(&saved.id)), "created"),
        Err(error) => visit.trouble(error),
    }
}

#[derive(Deserialize)]
pub struct Screen {
    #[serde(default)]
    pub screen: String,
    #[serde(default)]
    pub page: u32,
    /// Of the letters: `normal` or `large`.
    #[serde(default)]
    pub size: String,
}

async fn preview(
    visit: Visit,
    ServerState(served): ServerState<Arc<Served>>,
    Path(segment): Path<String>,
    Query(screen): Query<Screen>,
) -> Response {
    match drawn(&visit, &served, &item_id(&segment), &screen).await {
        Ok(Some(drawn)) => {
            let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=30")];
            ([("x-pages", drawn.pages.to_string())], headers, drawn.png).into_response()
        }
        Ok(None) => axum::http::StatusCode::NOT_FOUND.into_response(),
        Err(response) => response,
    }
}

/// How the TV shows an item; none while its draft cannot be shown at all.
pub async fn drawn(
    visit: &Visit,
    served: &Served,
    id: &str,
    screen: &Screen,
) -> Result<Option<super::preview::Drawn>, Response> {
    let Some(preview) = &served.preview else { return Ok(None) };
    let shown = match visit.desk().screen(&visit.visitor, id, visit.now).await {
        Ok(shown) => shown,
        Err(DeskError::Faults(_)) => return Ok(None),
        Err(error) => return Err(visit.trouble(error)),
    };
    let wanted = Wanted {
        screen: &shown,
        page: (screen.screen != "list").then_some(screen.page),
        large_letters: screen.size == "large",
        english: visit.lang() == Lang::En,
        now: visit.now,
    };
    match preview.draw(&wanted).await {
        Ok(drawn) => Ok(Some(drawn)),
        Err(PreviewError::Refused(reason)) => {
            tracing::info!(item = id, reason, "a preview was not drawn");
            Ok(None)
        }
        Err(error) => Err(Trouble::from(error).page(&visit.cx)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_line_by_line() {
        let text = |lines: &str| lines.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let changes = compare(&text("a b c d"), &text("a x c d e"));
        let shown: Vec<String> = changes
            .iter()
            .map(|change| {
                let sign = match change.kind {
                    ChangeKind::Same => ' ',
                    ChangeKind::Added => '+',
                    ChangeKind::Removed => '-',
                };
                format!("{sign}{}", change.text)
            })
            .collect();
        assert_eq!(shown, [" a", "-b", "+x", " c", " d", "+e"]);
    }
}
