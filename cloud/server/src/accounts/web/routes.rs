//! What the pages for signing in send: the forms' receivers. The pages themselves are the console's.
//!
//! | request | fields | answer |
//! |---|---|---|
//! | `POST /console/login` | `account`, `password`, `next` | 303 to `next`, or back to the page with `error` |
//! | `GET /console/session` | | who is signed in, and what forms carry, as JSON; 401 when that is nobody |
//! | `POST /console/logout` | `csrf` | 303 to the page |
//! | `POST /console/password/{link}` | `password`, `repeat` | 303 to the page with `done`, or back with `error` |
//! | `GET /console/login/oidc?next=…` | | 303 to the OpenID provider |
//! | `GET /console/login/oidc/callback` | | 303 to `next`, or back to the page with `error` |
//!
//! A script that signs in gets 204 or a [`Problem`] instead.
//!
//! `error` is the code of a [`Problem`], such as `wrong` or `wait` (then with `seconds`); of a weak password, what is
//! wrong with it.

use std::sync::Arc;

use axum::extract::{FromRef, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde::{Deserialize, Serialize};

use super::{Cookie, Problem, Visitor, browser, client_address, is_background, safe_next, session_cookie};
use crate::accounts::oidc;
use crate::accounts::sessions::NewSession;
use crate::accounts::sign_in::Credentials;
use crate::accounts::{AccountError, Accounts};

/// The page to sign in.
pub const LOGIN: &str = "/console/login";
/// Characters of what was typed as account that the page shows again.
const LONGEST_ACCOUNT: usize = 40;
/// Where to sign out.
pub const END: &str = "/console/logout";

pub fn routes<S>() -> Router<S>
where
    Arc<Accounts>: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route(LOGIN, post(sign_in))
        .route("/console/session", get(session))
        .route(END, post(sign_out))
        .route("/console/password/{link}", post(set_password))
        .route("/console/login/oidc", get(oidc::start))
        .route("/console/login/oidc/callback", get(oidc::finish))
}

#[derive(Deserialize)]
struct LoginForm {
    #[serde(default, alias = "login")]
    account: String,
    #[serde(default)]
    password: String,
    next: Option<String>,
}

async fn sign_in(State(accounts): State<Arc<Accounts>>, parts: Parts, Form(form): Form<LoginForm>) -> Response {
    let now = jiff::Timestamp::now().as_second();
    let previous = session_cookie(&accounts, &parts.headers);
    let credentials = Credentials {
        login: &form.account,
        password: &form.password,
        address: client_address(&accounts, &parts),
        browser: browser(&accounts, &parts),
        previous: previous.as_deref(),
    };
    let next = form.next.as_deref();
    let is_script = is_background(&parts.headers);
    match accounts.sign_in(credentials, now).await {
        Ok(session) if is_script => with_session(&accounts, &session, StatusCode::NO_CONTENT.into_response()),
        Err(error) if is_script => error.into(),
        Ok(session) => welcome(&accounts, &session, next),
        Err(error) => back_to(LOGIN, error, next, &form.account),
    }
}

/// Gives the browser its session and sends it on.
pub(crate) fn welcome(accounts: &Accounts, session: &NewSession, next: Option<&str>) -> Response {
    with_session(accounts, session, Redirect::to(safe_next(next)).into_response())
}

fn with_session(accounts: &Accounts, session: &NewSession, mut response: Response) -> Response {
    match Cookie::session(&accounts.settings, &session.secret).put(response.headers_mut()) {
        Ok(()) => response,
        Err(error) => error.into(),
    }
}

/// Back to a page that says what went wrong.
pub(crate) fn back(page: &str, error: AccountError, next: Option<&str>) -> Response {
    back_to(page, error, next, "")
}

/// The same with what was typed as account, to be corrected.
fn back_to(page: &str, error: AccountError, next: Option<&str>, account: &str) -> Response {
    let weak = match &error {
        AccountError::Weak(weak) => Some(weak.code()),
        _ => None,
    };
    let problem = Problem::from(error);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", weak.unwrap_or(problem.code));
    if !account.is_empty() {
        query.append_pair("account", &account.chars().take(LONGEST_ACCOUNT).collect::<String>());
    }
    if let Some(seconds) = problem.retry_after {
        query.append_pair("seconds", &seconds.to_string());
    }
    if let Some(next) = next {
        query.append_pair("next", safe_next(Some(next)));
    }
    Redirect::to(&format!("{page}?{}", query.finish())).into_response()
}

/// Who a page belongs to now, for its scripts: another window may have signed in anew, or somebody else.
#[derive(Serialize)]
struct SessionOf {
    account: String,
    name: String,
    csrf: String,
}

async fn session(visitor: Visitor) -> Result<Json<SessionOf>, Problem> {
    // A token of a program is no session.
    let csrf = visitor.csrf.ok_or_else(Problem::unauthorized)?;
    Ok(Json(SessionOf { account: visitor.actor.account, name: visitor.actor.name, csrf }))
}

async fn sign_out(State(accounts): State<Arc<Accounts>>, headers: HeaderMap) -> Response {
    if let Some(cookie) = session_cookie(&accounts, &headers)
        && let Err(error) = accounts.sign_out(&cookie).await
    {
        return error.into();
    }
    let mut response = Redirect::to(LOGIN).into_response();
    match Cookie::no_session(&accounts.settings).put(response.headers_mut()) {
        Ok(()) => response,
        Err(error) => error.into(),
    }
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    password: String,
    #[serde(default, alias = "again")]
    repeat: String,
}

async fn set_password(
    State(accounts): State<Arc<Accounts>>,
    Path(link): Path<String>,
    Form(form): Form<PasswordForm>,
) -> Response {
    let page = || {
        let segment: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
        format!("/console/password/{segment}")
    };
    if form.password != form.repeat {
        return Redirect::to(&format!("{}?error=different", page())).into_response();
    }
    match accounts.use_password_link(&link, &form.password, jiff::Timestamp::now().as_second()).await {
        Ok(()) => Redirect::to(&format!("{LOGIN}?done=password")).into_response(),
        Err(error) => back(&page(), error, None),
    }
}
