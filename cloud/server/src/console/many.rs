//! One act on several items: asked first, then done to each that allows it.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::many::{self, Act, Line, Many, Outcome};
use yuexiang_console::messages::desk::{Choice, Desk as Refused};

use super::form::Fields;
use super::{Trouble, Visit, item_id, item_segment};
use crate::accounts::web::safe_next;
use crate::desk::DeskError;
use crate::serve::Shared;
use crate::store::items::ItemRow;

/// A list has 50 lines; more than a few of those are sent by no page of ours.
const MOST: usize = 200;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/items/many", post(act))
}

async fn act(visit: Visit, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let back = safe_next(Some(fields.get("return"))).to_owned();
    let Some(act) = Act::from_slug(fields.get("act")) else {
        return visit.trouble(Trouble::new(ErrorKind::Refused, Choice::Act));
    };
    let mut ids = fields.all("item");
    ids.dedup();
    if ids.is_empty() || ids.len() > MOST {
        return visit.trouble(Trouble::new(ErrorKind::Refused, Choice::Items { most: MOST }).leading_to(back));
    }
    let reason = fields.get("reason").trim().to_owned();
    let lacks_reason = act == Act::Withdraw && reason.is_empty();
    let is_sure = fields.get("sure") == "1" && !lacks_reason;
    let mut lines = Vec::with_capacity(ids.len());
    for id in ids.iter().map(|segment| item_id(segment)) {
        lines.push(match line(&visit, act, &id, is_sure, &reason).await {
            Ok(line) => line,
            Err(trouble) => return visit.trouble(trouble),
        });
    }
    let problem = (fields.get("sure") == "1" && lacks_reason).then(|| Refused::NoReason.into());
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = Many { act, lines, is_done: is_sure, reason, problem, back };
    (status, visit.page(many::page(&visit.cx, &view))).into_response()
}

async fn line(visit: &Visit, act: Act, id: &str, is_sure: bool, reason: &str) -> Result<Line, Trouble> {
    let item = match visit.desk().item(&visit.visitor, id).await {
        Ok(item) => item,
        Err(error) => return refused(id, id, error),
    };
    let title = match item.title.is_empty() {
        true => visit.cx.t("（无标题）", "(no title)").to_owned(),
        false => item.title.clone(),
    };
    let done = match is_sure {
        true => carry_out(visit, act, &item, reason).await.map(|()| Outcome::Done),
        false => Ok(Outcome::Asked),
    };
    match done {
        Ok(outcome) => Ok(Line { id: item_segment(id), title, outcome }),
        Err(error) => refused(id, &title, error),
    }
}

async fn carry_out(visit: &Visit, act: Act, item: &ItemRow, reason: &str) -> Result<(), DeskError> {
    let (desk, visitor, now) = (visit.desk(), &visit.visitor, visit.now);
    match act {
        Act::Submit => desk.submit(visitor, &item.id, item.revision, now).await.map(|_| ()),
        Act::Withdraw => desk.withdraw(visitor, &item.id, reason, now).await.map(|_| ()),
        Act::Delete => desk.delete(visitor, &item.id, now).await,
    }
}

/// What the desk does not do to one item does not keep it from the others; a failure of the machine does.
fn refused(id: &str, title: &str, error: DeskError) -> Result<Line, Trouble> {
    let trouble = Trouble::from(error);
    if trouble.status().is_server_error() {
        return Err(trouble);
    }
    let outcome = Outcome::Refused(trouble.message());
    Ok(Line { id: item_segment(id), title: title.to_owned(), outcome })
}
