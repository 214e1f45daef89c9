//! Accounts as parts of a web server.
//!
//! ```ignore
//! Router::new()
//!     .route("/console/", get(async |RequireSession(visitor): RequireSession| { … }))   // signs in first
//!     .route("/api/items", post(async |visitor: Visitor| { … }))                        // 401 as JSON
//!     .merge(accounts::web::routes())                                                   // POST /console/login and others
//!     .layer(from_fn_with_state(accounts.clone(), web::protect))                        // forged requests
//!     .layer(from_fn(web::console_headers))                                             // pages only
//! ```
//!
//! Any state `S` will do from which an `Arc<Accounts>` comes (`FromRef`). The server is to be started with
//! `into_make_service_with_connect_info::<SocketAddr>()`, else all clients count as one address.

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::sessions::Browser;
use super::{AccountError, Accounts, Settings};
use crate::desk::rights::Actor;
use crate::region::RegionCode;

mod cookie;
mod headers;
pub mod once;
mod problem;
mod protect;
mod routes;

pub use cookie::{Cookie, read_cookie};
pub use headers::{console_headers, put_console_headers};
pub use problem::Problem;
pub use protect::{Sent, protect};
pub use routes::{END, LOGIN, routes};
pub(super) use routes::{back, welcome};

/// Who sends the request, by session or token. As an extractor it answers 401 when that is nobody;
/// `Option<Visitor>` takes nobody as well.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub actor: Actor,
    /// Of a session; forms carry it as `csrf`, scripts as `x-csrf-token`.
    pub csrf: Option<String>,
    /// What a person signs in with; none of a token.
    pub login: Option<String>,
    /// Where a person works; where a token holds.
    pub region: RegionCode,
}

/// The same under the name that handlers read best with.
pub type CurrentActor = Visitor;

impl Deref for Visitor {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl Visitor {
    /// What a form of this visitor's pages carries.
    pub fn csrf(&self) -> &str {
        self.csrf.as_deref().unwrap_or_default()
    }
}

/// A person who is signed in; others are sent to sign in and come back.
#[derive(Clone, Debug)]
pub struct RequireSession(pub Visitor);

/// What was found out about a request, so that it is found out once.
#[derive(Clone)]
struct Known(Option<Visitor>);

/// Finds out who sends a request. A token that is presented counts alone: one that does not hold is an error even when
/// there is a session as well.
pub(super) async fn identify(accounts: &Accounts, parts: &mut Parts) -> Result<Option<Visitor>, Problem> {
    if let Some(Known(visitor)) = parts.extensions.get::<Known>() {
        return Ok(visitor.clone());
    }
    let now = jiff::Timestamp::now().as_second();
    let visitor = match bearer(&parts.headers) {
        Some(token) => {
            let actor = accounts.token(token, now).await?.ok_or_else(Problem::unauthorized)?;
            let region = actor.grants.first().map_or(RegionCode::GUANGDONG, |grant| grant.region);
            Some(Visitor { actor, csrf: None, login: None, region })
        }
        None => match session_cookie(accounts, &parts.headers) {
            Some(cookie) => accounts.session(&cookie, now).await?.map(|session| Visitor {
                actor: session.actor,
                csrf: Some(session.csrf),
                login: Some(session.login),
                region: session.region,
            }),
            None => None,
        },
    };
    parts.extensions.insert(Known(visitor.clone()));
    Ok(visitor)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of the session's cookie.
pub(super) fn session_cookie(accounts: &Accounts, headers: &HeaderMap) -> Option<String> {
    read_cookie(headers, Cookie::session_name(&accounts.settings))
}

/// The address of whoever sends a request. Behind a proxy that we trust, it is the one that this proxy has told.
pub fn client_address(accounts: &Accounts, parts: &Parts) -> Option<IpAddr> {
    let settings = &accounts.settings;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let is_proxy = peer.map_or(settings.behind_proxy, |peer| settings.is_proxy(peer));
    if is_proxy { forwarded_address(settings, &parts.headers).or(peer) } else { peer }
}

/// What proxies tell of whoever they speak for. Each adds the address that it was asked from at the end; those of proxies
/// that are named are passed over, and what stands before the first other one anybody may have made up.
pub fn forwarded_address(settings: &Settings, headers: &HeaderMap) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
    let mut addresses = lines.flat_map(|line| line.rsplit(',')).map(|address| address.trim().parse::<IpAddr>());
    let is_other = |address: &IpAddr| settings.proxies.is_empty() || !settings.is_proxy(*address);
    let mut last = None;
    loop {
        match addresses.next() {
            Some(Ok(address)) if is_other(&address) => return Some(address),
            Some(Ok(address)) => last = Some(address),
            // What cannot be read was not added by a proxy.
            Some(Err(_)) | None => return last,
        }
    }
}

/// How a browser describes itself, for the list of sessions.
pub(super) fn browser(accounts: &Accounts, parts: &Parts) -> Browser {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let address = client_address(accounts, parts).map(|address| address.to_string());
    Browser { agent: agent.unwrap_or_default().to_owned(), address: address.unwrap_or_default() }
}

/// Where to go after signing in: a page of the console, whatever the address says. Everything else would send people
/// who trust our address elsewhere.
pub fn safe_next(next: Option<&str>) -> &str {
    let is_own = |next: &&str| {
        next.starts_with("/console/")
            && !next.starts_with(LOGIN)
            && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !next.split(['?', '#']).next().is_some_and(|path| path.contains("//") || path.contains("/.."))
    };
    next.filter(is_own).unwrap_or("/console/")
}

impl<S> FromRequestParts<S> for Visitor
where
    Arc<Accounts>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Visitor, Problem> {
        identify(&Arc::from_ref(state), parts).await?.ok_or_else(Problem::unauthorized)
    }
}

impl<S> OptionalFromRequestParts<S> for Visitor
where
    Arc<Accounts>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Visitor>, Problem> {
        identify(&Arc::from_ref(state), parts).await
    }
}

impl<S> FromRequestParts<S> for RequireSession
where
    Arc<Accounts>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<RequireSession, Response> {
        let visitor = identify(&Arc::from_ref(state), parts).await.map_err(IntoResponse::into_response)?;
        match visitor.filter(|visitor| visitor.csrf.is_some()) {
            Some(visitor) => Ok(RequireSession(visitor)),
            // A script would take the page to sign in for its answer.
            None if is_background(&parts.headers) => Err(Problem::unauthorized().into_response()),
            None => Err(to_login(&parts.method, parts.uri.path_and_query().map(|path| path.as_str()))),
        }
    }
}

/// Whether a script or a picture asks, and not somebody who opens a page or sends a form: scripts of ours say so, and
/// browsers do of all requests.
pub fn is_background(headers: &HeaderMap) -> bool {
    let mode = headers.get("sec-fetch-mode").and_then(|mode| mode.to_str().ok());
    headers.contains_key("hx-request") || mode.is_some_and(|mode| mode != "navigate")
}

/// Marks an answer that sends somebody to sign in.
#[derive(Clone, Copy, Debug)]
pub struct SignInFirst;

/// Sends somebody to sign in. A form that was sent is not sent again afterwards; the console shows it instead, by the mark.
fn to_login(method: &Method, path: Option<&str>) -> Response {
    let next = safe_next(path.filter(|_| method == Method::GET));
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    let mut response = Redirect::to(&format!("{LOGIN}?{query}")).into_response();
    response.extensions_mut().insert(SignInFirst);
    response
}

impl From<AccountError> for Response {
    fn from(error: AccountError) -> Response {
        Problem::from(error).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_known_proxy_has_added_is_believed() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let told = |settings: &Settings, lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().expect("a value"));
            }
            forwarded_address(settings, &headers)
        };
        let any = Settings { behind_proxy: true, ..Settings::default() };
        assert!(any.is_proxy(address("192.0.2.9")) && !Settings::default().is_proxy(address("192.0.2.9")));
        assert_eq!(told(&any, &["203.0.113.1, 198.51.100.7"]), Some(address("198.51.100.7")));
        assert_eq!(
            told(&any, &["203.0.113.1", "198.51.100.7"]),
            Some(address("198.51.100.7")),
            "the last line is newest"
        );
        assert_eq!(told(&any, &["nonsense"]), None);
        let proxies = ["127.0.0.0/8", "10.0.0.0/8"].map(|text| text.parse().expect("a network")).to_vec();
        let named = Settings { behind_proxy: true, proxies, ..Settings::default() };
        assert!(named.is_proxy(address("127.0.0.1")) && named.is_proxy(address("::ffff:10.1.2.3")));
        assert!(!named.is_proxy(address("192.0.2.9")), "who connects past the proxy is believed nothing");
        let chain = ["203.0.113.1, 198.51.100.7, 10.0.0.4", "10.0.0.5"];
        assert_eq!(told(&named, &chain), Some(address("198.51.100.7")), "and not what that one has made up");
        assert_eq!(told(&named, &["10.0.0.4"]), Some(address("10.0.0.4")), "a proxy that asks for itself");
    }

    #[test]
    fn after_signing_in_one_stays_in_the_console() {
        for next in ["/console/", "/console/items?state=first&q=%E6%B0%B4", "/console/items/440224103201/water"] {
            assert_eq!(safe_next(Some(next)), next);
        }
        for next in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/console/",
            "/console",
            "/console//evil.example",
            "/console/\\evil",
            "/console/../objects",
            "/console/a b",
            "/console/\r\nset-cookie: a=b",
            "/console/login?next=/console/login",
            "/consoles/",
            "javascript:alert(1)",
        ] {
            assert_eq!(safe_next(Some(next)), "/console/", "{next}");
        }
        assert_eq!(safe_next(None), "/console/");
    }
}
