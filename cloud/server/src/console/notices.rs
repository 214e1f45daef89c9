//! What one is told, and how one wants to be told.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::Problem;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::notices::Telling;
use yuexiang_console::notices::{self as pages, Confirm, Delivery, Line};
use yuexiang_console::words::{Lang, Manner, NoticeGroup};

use super::form::Fields;
use super::{Trouble, Visit, bare_context, page};
use crate::accounts::web::Visitor;
use crate::desk::rights::{Action, Role};
use crate::messages::Told;
use crate::notices::read::{self, About, Notice, Wanted, Which};
use crate::notices::settings::{self, Settings};
use crate::notices::words::{Reader, path, sentence as words_of};
use crate::notices::{Kind, NoticeError};
use crate::serve::{Served, Shared};

/// Notices of one page.
const PAGE: i64 = 50;
/// Failures are shown for so long, in seconds.
const SHOWN: i64 = 7 * 86_400;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/notices", get(list))
        .route("/console/notices/read", post(mark))
        .route("/console/notices/settings", get(show_settings).post(keep_settings))
        .route("/console/notices/address", post(ask))
        .route("/console/notices/address/remove", post(forget))
        .route("/console/notices/confirm/{link}", get(confirm).post(confirmed))
        .route("/console/notices/{id}", get(open))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    unread: String,
    after: String,
}

async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, &asked).await {
        Ok(view) => visit.page(pages::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

async fn view(visit: &Visit, asked: &Asked) -> Result<pages::Notices, NoticeError> {
    let db = &visit.served.store.db;
    let unread_only = asked.unread == "1";
    let wanted = Wanted { unread: unread_only, after: &asked.after, limit: PAGE + 1 };
    let mut found = read::list(db, &visit.visitor, wanted).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let mut lines = Vec::with_capacity(found.len());
    for notice in &found {
        lines.push(line(visit, notice).await);
    }
    Ok(pages::Notices {
        unread_only,
        unread: visit.cx.viewer.as_ref().map_or(0, |viewer| viewer.notices),
        newest: found.first().map(|notice| notice.id.clone()),
        next: found.last().filter(|_| more).map(|notice| notice.id.clone()),
        further: !asked.after.is_empty(),
        lines,
        delivery: delivery(visit).await?,
    })
}

/// How messages get out is the business of those who look after the machines.
async fn delivery(visit: &Visit) -> Result<Option<Delivery>, NoticeError> {
    if !visit.visitor.may_somewhere(Action::SeeKeys) {
        return Ok(None);
    }
    let found = read::delivery(&visit.served.store.db, &visit.visitor, visit.now - SHOWN).await?;
    let has_mail = visit.served.notices.mailer().is_some();
    let name = |recipient: String| recipient.strip_prefix("hook:").map(str::to_owned).unwrap_or(recipient);
    let failed = found.failed.into_iter().map(|(to, at, problem)| (name(to), at, problem)).collect();
    Ok(Some(Delivery { has_mail, waiting: found.waiting, since: found.since, failed }))
}

async fn line(visit: &Visit, notice: &Notice) -> Line {
    let is_hidden = notice.item == About::Hidden;
    Line {
        id: notice.id.clone(),
        kind: notice.kind,
        text: if is_hidden { String::new() } else { words_of(visit.lang(), notice, Reader::Person) },
        who: notice.actor_name.clone().unwrap_or_default(),
        region: visit.region_of(notice.region).await,
        at: notice.at,
        has_page: matches!(notice.item, About::Item { .. }) || notice.kind == Kind::Substitute,
        is_read: notice.seen.is_some(),
        is_settled: notice.is_settled,
    }
}

/// Leads on to what a notice is about, which is read then.
async fn open(visit: Visit, Path(id): Path<String>) -> Response {
    let db = &visit.served.store.db;
    let found = match read::one(db, &visit.visitor, &id).await {
        Ok(Some(found)) => found,
        Ok(None) => return visit.trouble(Trouble::new(ErrorKind::NotFound, Telling::NoNotice)),
        Err(error) => return visit.trouble(error),
    };
    if let Err(error) = read::mark(db, &visit.visitor.account, &Which::These(&[id]), visit.now).await {
        return visit.trouble(error);
    }
    let to = if found.kind == Kind::Substitute { "/console/substitutes".to_owned() } else { path(&found) };
    Redirect::to(&to).into_response()
}

async fn mark(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let ids = form.all("id");
    let which = if ids.is_empty() { Which::UpTo(form.get("up_to")) } else { Which::These(&ids) };
    match read::mark(&visit.served.store.db, &visit.visitor.account, &which, visit.now).await {
        Ok(_) => Redirect::to("/console/notices").into_response(),
        Err(error) => visit.trouble(error),
    }
}

async fn show_settings(visit: Visit) -> Response {
    settings_page(&visit, "", Vec::new()).await
}

async fn settings_page(visit: &Visit, typed: &str, problems: Vec<Problem>) -> Response {
    let kept = match settings::settings(&visit.served.store.db, &visit.visitor.account, visit.now).await {
        Ok(kept) => kept,
        Err(error) => return visit.trouble(error),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = pages::Settings {
        has_mail: visit.served.notices.mailer().is_some(),
        groups: groups(visit).into_iter().map(|group| (group, kept.manner(group))).collect(),
        address: kept.address,
        unconfirmed: kept.unconfirmed,
        typed: typed.to_owned(),
        hour: kept.hour,
        lang: kept.lang,
        problems,
    };
    page(status, pages::settings(&visit.cx, &view))
}

/// What can concern somebody with these rights.
fn groups(visit: &Visit) -> Vec<NoticeGroup> {
    let reviews = yuexiang_wire::Step::ALL.into_iter().any(|step| visit.visitor.may_somewhere(Action::Approve(step)));
    let operates = visit.visitor.grants.iter().any(|grant| grant.role == Role::Operator);
    let concerns = |group: &NoticeGroup| match group {
        NoticeGroup::Waiting => reviews,
        NoticeGroup::Own => visit.visitor.may_somewhere(Action::Write),
        NoticeGroup::Operation => operates,
    };
    NoticeGroup::ALL.iter().copied().filter(concerns).collect()
}

async fn keep_settings(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let db = &visit.served.store.db;
    let known = match settings::settings(db, &visit.visitor.account, visit.now).await {
        Ok(known) => known,
        Err(error) => return visit.trouble(error),
    };
    // A group that is not on the form stays what it was; a word that is none is refused.
    let manner = |group: NoticeGroup| match form.get(group.slug()) {
        "" => Some(known.manner(group)),
        slug => Manner::from_slug(slug),
    };
    let manners = (manner(NoticeGroup::Waiting), manner(NoticeGroup::Own), manner(NoticeGroup::Operation));
    let (Some(waiting), Some(own), Some(operation)) = manners else {
        let wrong = Problem::new(visit.lang(), "", &Telling::NoManner.into());
        return settings_page(&visit, "", vec![wrong]).await;
    };
    let hour = form.get("hour").parse().unwrap_or(-1);
    let lang = Lang::from_slug(form.get("lang")).unwrap_or(known.lang);
    let kept = Settings { waiting, own, operation, hour, lang, ..known };
    match settings::keep(db, &visit.visitor.account, &kept).await {
        Ok(()) => visit.done("/console/notices/settings", "saved"),
        Err(error) => refused(&visit, "hour", "", error).await,
    }
}

async fn ask(visit: Visit, headers: HeaderMap, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let address = form.get("address");
    let outside = super::accounts::outside(&visit, &headers);
    let link = |secret: &str| format!("{outside}/console/notices/confirm/{secret}");
    let (db, mailer) = (&visit.served.store.db, visit.served.notices.mailer());
    match settings::ask(db, mailer, &visit.visitor.account, address, link, visit.lang(), visit.now).await {
        Ok(()) => visit.done("/console/notices/settings", "asked"),
        Err(error) => refused(&visit, "address", address, error).await,
    }
}

async fn forget(visit: Visit) -> Response {
    match settings::forget(&visit.served.store.db, &visit.visitor.account, visit.now).await {
        Ok(()) => visit.done("/console/notices/settings", "saved"),
        Err(error) => visit.trouble(error),
    }
}

/// What a form says of an error that its sender can do something about.
async fn refused(visit: &Visit, field: &str, typed: &str, error: NoticeError) -> Response {
    let message = error.told();
    if message.status() >= 500 {
        return visit.trouble(error);
    }
    if matches!(error, NoticeError::Mail(_)) {
        tracing::warn!(%error, "sending a letter that asks for a confirmation");
    }
    settings_page(visit, typed, vec![Problem::new(visit.lang(), field, &message)]).await
}

async fn confirm(
    State(served): State<Arc<Served>>,
    visitor: Option<Visitor>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    let now = jiff::Timestamp::now().as_second();
    let address = settings::asked(&served.store.db, &link, now).await;
    confirm_page(visitor, &headers, link, address, false, now)
}

async fn confirmed(
    State(served): State<Arc<Served>>,
    visitor: Option<Visitor>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    let now = jiff::Timestamp::now().as_second();
    let address = settings::confirm(&served.store.db, &link, now).await;
    confirm_page(visitor, &headers, link, address, true, now)
}

fn confirm_page(
    visitor: Option<Visitor>,
    headers: &HeaderMap,
    link: String,
    address: Result<String, NoticeError>,
    done: bool,
    now: i64,
) -> Response {
    let mut cx = bare_context(headers, now);
    cx.csrf = visitor.as_ref().map(Visitor::csrf).unwrap_or_default().to_owned();
    let (status, address) = match address {
        Ok(address) => (StatusCode::OK, Some(address)),
        Err(NoticeError::Link) => (StatusCode::GONE, None),
        Err(error) => return Trouble::from(error).page(&cx),
    };
    page(status, pages::confirm(&cx, &Confirm { link, done: done && address.is_some(), address }))
}

impl From<NoticeError> for Trouble {
    fn from(error: NoticeError) -> Trouble {
        let message = error.told();
        match message.status() {
            500.. => Trouble::failed(message, &error),
            _ => Trouble::new(ErrorKind::Refused, message),
        }
    }
}
