//! What waits for one's review.

use axum::Form;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::inbox::{self, Decided, Entry, Inbox};
use yuexiang_console::messages::Message;
use yuexiang_console::messages::desk::Choice;
use yuexiang_console::words;
use yuexiang_wire::{Block, Item, Kind, Step};

use super::item::{Screen, changes, drawn, preview_url};
use super::items::{line, person_name, word_of};
use super::{Trouble, Visit, item_id, item_segment, refusal};
use crate::accounts::web::safe_next;
use crate::desk::DeskError;
use crate::desk::list::Cursor;
use crate::desk::rights::Action;
use crate::desk::state::State;
use crate::serve::Shared;
use crate::store::items::ItemRow;

/// Entries of one page: each has pictures of the TV.
const PAGE: i64 = 12;
/// Characters of an excerpt.
const EXCERPT: usize = 200;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/inbox", get(index))
        .route("/console/items/{id}/approve", post(approve))
        .route("/console/items/{id}/reject", post(reject))
}

#[derive(Deserialize)]
struct Asked {
    step: Option<String>,
    /// Where the page before ended.
    #[serde(default)]
    after: String,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let wanted = asked.step.as_deref().and_then(Step::named);
    match view(&visit, wanted, asked.after.parse().ok()).await {
        Ok(view) => visit.page(inbox::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

async fn view(visit: &Visit, wanted: Option<Step>, after: Option<Cursor>) -> Result<Inbox, DeskError> {
    let tabs = tabs(visit).await?;
    if tabs.is_empty() {
        visit.visitor.check(Action::Approve(Step::First), visit.region)?;
    }
    let own = |step: &Step| visit.visitor.may_somewhere(Action::Approve(*step));
    // Without a choice, the first step at which something waits.
    let waits = tabs.iter().find(|(_, count)| *count > 0).and_then(|(step, _)| Step::named(step.slug()));
    let step = wanted.filter(own).or(waits).or(Step::ALL.into_iter().find(own)).unwrap_or(Step::First);
    let waiting = visit.desk().waiting_after(&visit.visitor, step, after, PAGE).await?;
    let mut entries = Vec::new();
    for item in &waiting.items {
        entries.push(entry(visit, item).await?);
    }
    let behind = match waiting.next {
        Some(_) => visit.desk().waiting_count(&visit.visitor, step, waiting.next).await?,
        None => 0,
    };
    let next = waiting.next.map(|cursor| cursor.to_string());
    Ok(Inbox { step: step.into(), tabs, entries, next, further: after.is_some(), behind })
}

async fn tabs(visit: &Visit) -> Result<Vec<(words::Step, i64)>, DeskError> {
    let mut tabs = Vec::new();
    for step in Step::ALL {
        if visit.visitor.may_somewhere(Action::Approve(step)) {
            tabs.push((step.into(), visit.desk().waiting_count(&visit.visitor, step, None).await?));
        }
    }
    Ok(tabs)
}

async fn entry(visit: &Visit, item: &ItemRow) -> Result<Entry, DeskError> {
    let store = &visit.desk().publisher.store;
    let text = store.revision(&item.id, item.revision).await?;
    let content = text.as_ref().and_then(|text| text.content.as_deref()).unwrap_or("null");
    let document: Option<Item> = serde_json::from_str(content).ok();
    let mut passed = Vec::new();
    for row in store.approvals(&item.id, item.revision).await? {
        passed.push((row.approval.step.into(), person_name(visit, &row.account).await, row.approval.at));
    }
    Ok(Entry {
        item: line(visit, item).await,
        hash: text.as_ref().and_then(|text| text.hash.clone()).unwrap_or_default(),
        screen: visit.served.preview.is_some().then(|| preview_url(item, "item", 0)),
        more: document.as_ref().map(|document| beyond_the_list(visit, document)).unwrap_or_default(),
        excerpt: document.as_ref().map(excerpt).unwrap_or_default(),
        changes: changes(visit, item, document.as_ref()).await?,
        since: item.updated,
        passed,
        barred: barred(visit, item).await?,
    })
}

/// What an item holds that a look at its list entry does not show.
fn beyond_the_list(visit: &Visit, document: &Item) -> Vec<String> {
    let cx = &visit.cx;
    let pictures = |pictures: &[yuexiang_wire::Picture]| match pictures.len() {
        0 => None,
        count => Some(cx.fill("{} 张图片", "{} pictures", &[&count])),
    };
    let more = match &document.kind {
        Kind::Disclosure { table, receipts } => {
            let receipts = (!receipts.is_empty()).then(|| cx.fill("{} 张票据", "{} receipts", &[&receipts.len()]));
            vec![Some(cx.fill("{} 行的表格", "a table of {} rows", &[&table.rows.len()])), receipts]
        }
        Kind::Video { .. } => vec![Some(cx.t("视频", "a video").to_owned())],
        Kind::Story { pictures: all } | Kind::Product { pictures: all, .. } | Kind::Spot { pictures: all, .. } => {
            vec![pictures(all)]
        }
        _ => Vec::new(),
    };
    more.into_iter().flatten().collect()
}

/// Whether a decision that was made in the list is one about all of the item: the list offers no other, and whoever sends
/// one all the same has not looked.
async fn is_seen(visit: &Visit, id: &str, decision: &Decision) -> Result<bool, Response> {
    if decision.from != "list" {
        return Ok(true);
    }
    let screen = Screen { screen: "item".to_owned(), page: 0, size: String::new() };
    let Some(drawn) = drawn(visit, &visit.served, id, &screen).await? else { return Ok(false) };
    let shown = visit.desk().screen(&visit.visitor, id, visit.now).await.map_err(|error| visit.trouble(error))?;
    Ok(beyond_the_list(visit, &shown.item).is_empty()
        && decision.seen.parse().is_ok_and(|seen: u32| seen >= drawn.pages))
}

fn excerpt(document: &Item) -> String {
    let mut text = document.summary.clone();
    for block in &document.body {
        if let Block::Heading { text: more }
        | Block::Paragraph { text: more }
        | Block::Entry { text: more, .. }
        | Block::Quote { text: more } = block
        {
            if !text.is_empty() {
                text.push_str(" · ");
            }
            text.push_str(more);
        }
        if text.chars().count() > EXCERPT {
            break;
        }
    }
    text.chars().take(EXCERPT).collect()
}

/// Why somebody who reviews here cannot decide this one.
pub async fn barred(visit: &Visit, item: &ItemRow) -> Result<Option<Message>, DeskError> {
    let State::Review(step) = item.state else { return Ok(None) };
    match visit.desk().capacity(&visit.visitor, item, step).await {
        Ok(_) | Err(DeskError::Forbidden(_)) => Ok(None),
        Err(error) => refusal(&error).map(Some).ok_or(error),
    }
}

#[derive(Deserialize)]
struct Decision {
    hash: String,
    step: String,
    #[serde(default)]
    reason: String,
    /// `list` when it was made in the list.
    #[serde(default)]
    from: String,
    /// Pages of the TV's screen that were looked at there.
    #[serde(default)]
    seen: String,
    #[serde(default, rename = "return")]
    back: Option<String>,
}

async fn approve(
    visit: Visit,
    Path(segment): Path<String>,
    headers: HeaderMap,
    Form(decision): Form<Decision>,
) -> Response {
    let id = item_id(&segment);
    let Some(step) = Step::named(&decision.step) else { return visit.trouble(DeskError::NoItem(id)) };
    match is_seen(&visit, &id, &decision).await {
        Ok(true) => {}
        Ok(false) => {
            return visit.trouble(Trouble::new(ErrorKind::Refused, Choice::Unseen).back_to(&id));
        }
        Err(trouble) => return trouble,
    }
    let done = visit.desk().approve(&visit.visitor, &id, step, &decision.hash, visit.now).await;
    decided(&visit, &id, step, &headers, done, "approved", decision.back).await
}

async fn reject(
    visit: Visit,
    Path(segment): Path<String>,
    headers: HeaderMap,
    Form(decision): Form<Decision>,
) -> Response {
    let id = item_id(&segment);
    let Some(step) = Step::named(&decision.step) else { return visit.trouble(DeskError::NoItem(id)) };
    let Decision { hash, reason, back, .. } = decision;
    let done = visit.desk().reject(&visit.visitor, &id, step, &hash, &reason, visit.now).await;
    decided(&visit, &id, step, &headers, done, "rejected", back).await
}

/// What a decision shows: the fragment where a script asked, else the page it came from.
async fn decided(
    visit: &Visit,
    id: &str,
    step: Step,
    headers: &HeaderMap,
    done: Result<crate::desk::state::State, DeskError>,
    word: &str,
    back: Option<String>,
) -> Response {
    if !headers.contains_key("hx-request") {
        return match done {
            Ok(_) => visit.done(safe_next(back.as_deref()), word),
            Err(error) => visit.trouble(error),
        };
    }
    let problem = match &done {
        Ok(_) => None,
        Err(error) => match refusal(error) {
            Some(why) => Some(why),
            None => return visit.trouble(done.err().unwrap_or_else(|| DeskError::NoItem(id.to_owned()))),
        },
    };
    let (Ok(item), Ok(tabs)) = (visit.desk().item(&visit.visitor, id).await, tabs(visit).await) else {
        return Redirect::to("/console/inbox").into_response();
    };
    let view = Decided {
        id: item_segment(&item.id),
        title: item.title.clone(),
        state: word_of(item.state),
        problem,
        tabs,
        step: step.into(),
    };
    visit.page(inbox::decided(&visit.cx, &view))
}
