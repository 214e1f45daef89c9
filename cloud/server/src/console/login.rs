//! The ways in, and what a visitor chooses for themselves: language, region, password.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use yuexiang_console::login::{self, Login, LoginProblem, Password, PasswordProblem, PasswordReason};
use yuexiang_console::words::Lang;

use super::{Visit, bare_context, flashes, no_region, page};
use crate::accounts::web::{Visitor, safe_next};
use crate::accounts::{AccountError, password};
use crate::region::RegionCode;
use crate::serve::{Served, Shared};

/// The fewest characters of a password.
const MINIMUM: usize = password::SHORTEST;
/// A year, in seconds.
const A_YEAR: u32 = 31_536_000;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/login", get(log_in))
        .route("/console/password", get(own_password).post(change_password))
        .route("/console/password/{link}", get(linked_password))
}

#[derive(Deserialize)]
struct Asked {
    error: Option<String>,
    account: Option<String>,
    seconds: Option<i64>,
    next: Option<String>,
}

async fn log_in(
    State(served): State<Arc<Served>>,
    visitor: Option<Visitor>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Response {
    let next = safe_next(asked.next.as_deref());
    // A token comes with each request of a program: it is no session that would open the pages.
    if visitor.as_ref().is_some_and(|visitor| !visitor.csrf().is_empty()) {
        return Redirect::to(next).into_response();
    }
    let mut cx = bare_context(&headers, jiff::Timestamp::now().as_second());
    cx.path = "/console/login".to_owned();
    cx.flashes = flashes(uri.query().unwrap_or_default(), cx.lang);
    let problem = asked.error.as_deref().map(|error| match error {
        "wrong" => LoginProblem::WrongPassword,
        "wait" | "busy" => LoginProblem::TooMany { seconds: asked.seconds.unwrap_or(5) },
        "disabled" => LoginProblem::Disabled,
        "oidc" | "oidc-unknown" => LoginProblem::SingleSignOn,
        // A failure of the cloud is none of the session: who signs in again would meet it again.
        "internal" => LoginProblem::Internal,
        _ => LoginProblem::Expired,
    });
    let view = Login {
        account: asked.account.unwrap_or_default(),
        next: next.to_owned(),
        problem,
        single_sign_on: served.accounts.oidc.is_some(),
    };
    page(axum::http::StatusCode::OK, login::login(&cx, &view))
}

async fn linked_password(
    State(served): State<Arc<Served>>,
    // Somebody who is signed in may well open a link, for themselves or for the person next to them.
    visitor: Option<Visitor>,
    Path(link): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let now = jiff::Timestamp::now().as_second();
    let mut cx = bare_context(&headers, now);
    cx.csrf = visitor.as_ref().map(Visitor::csrf).unwrap_or_default().to_owned();
    cx.path = format!("/console/password/{link}");
    let (account, over) = match served.accounts.password_link(&link, now).await {
        Ok((login, _)) => (login.to_string(), None),
        Err(AccountError::Link) => (String::new(), Some(PasswordProblem::LinkOver)),
        Err(error) => (String::new(), Some(problem_of(crate::accounts::web::Problem::from(error).code))),
    };
    let problem = over.or_else(|| asked.error.as_deref().map(problem_of));
    let why = PasswordReason::Link { token: link };
    page(axum::http::StatusCode::OK, login::password(&cx, &Password { account, why, minimum: MINIMUM, problem }))
}

fn problem_of(code: &str) -> PasswordProblem {
    match code {
        "different" => PasswordProblem::NotRepeated,
        "wrong" => PasswordProblem::CurrentWrong,
        "link" | "disabled" => PasswordProblem::LinkOver,
        "short" => PasswordProblem::TooShort,
        "long" => PasswordProblem::TooLong,
        "contains-login" => PasswordProblem::ContainsLogin,
        "wait" | "busy" => PasswordProblem::TooMany,
        "internal" => PasswordProblem::Internal,
        _ => PasswordProblem::TooCommon,
    }
}

async fn own_password(visit: Visit) -> Response {
    visit.page(login::password(&visit.cx, &own(&visit, None)))
}

fn own(visit: &Visit, problem: Option<PasswordProblem>) -> Password {
    let account = visit.visitor.login.clone().unwrap_or_default();
    Password { account, why: PasswordReason::Change, minimum: MINIMUM, problem }
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeat: String,
}

async fn change_password(visit: Visit, Form(form): Form<PasswordForm>) -> Response {
    let problem = if form.password != form.repeat {
        PasswordProblem::NotRepeated
    } else {
        let changed =
            visit.served.accounts.change_password(&visit.visitor, &form.current, &form.password, visit.now).await;
        match changed {
            Ok(()) => return visit.done("/console/", "saved"),
            Err(AccountError::Wrong) => PasswordProblem::CurrentWrong,
            Err(AccountError::Weak(weak)) => problem_of(weak.code()),
            Err(AccountError::Wait { .. } | AccountError::Busy) => PasswordProblem::TooMany,
            Err(error) => return visit.trouble(error),
        }
    };
    visit.page(login::password(&visit.cx, &own(&visit, Some(problem))))
}

#[derive(Deserialize)]
pub struct LanguageForm {
    lang: String,
    #[serde(rename = "return")]
    back: Option<String>,
}

/// Anybody may choose a language, also before signing in.
pub async fn language(Form(form): Form<LanguageForm>) -> Response {
    let lang = Lang::from_slug(&form.lang).unwrap_or_default();
    remember("lang", lang.slug(), back(form.back.as_deref()))
}

#[derive(Deserialize)]
pub struct RegionForm {
    region: String,
    #[serde(rename = "return")]
    back: Option<String>,
}

/// Whether one has anything to do there is looked at with every page.
pub async fn region(visit: Visit, Form(form): Form<RegionForm>) -> Response {
    let Ok(region) = form.region.parse::<RegionCode>() else { return visit.trouble(no_region(&form.region)) };
    remember("region", &region.to_string(), back(form.back.as_deref()))
}

fn back(path: Option<&str>) -> &str {
    match path {
        Some(path) if path.starts_with("/console/login") => "/console/login",
        path => safe_next(path),
    }
}

/// Keeps a choice in the browser. Neither is a secret.
fn remember(name: &str, value: &str, back: &str) -> Response {
    let mut response = Redirect::to(back).into_response();
    let cookie = format!("{name}={value}; Path=/console; Max-Age={A_YEAR}; SameSite=Lax; HttpOnly");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
