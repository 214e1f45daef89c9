//! Keeps other people's pages from acting through a browser that is signed in here (cross-site request forgery).
//!
//! Whatever changes something must come from our own pages: browsers say where a request comes from (`Sec-Fetch-Site`,
//! `Origin`), and a session's requests carry the token that only our pages know. Tokens of programs are sent on purpose,
//! never by a browser on its own, and need neither.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRef, FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Problem, bearer, identify};
use crate::accounts::{Accounts, secret};

/// Forms whose token is read out of the body are at most this large, in bytes. Larger ones carry it as a header.
const LARGEST_FORM: usize = 2 << 20;

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_WITH_FILES: &str = "multipart/form-data";

/// The name of the field in forms.
pub const FIELD: &str = "csrf";
/// The name of the header of scripts.
pub const HEADER: &str = "x-csrf-token";

/// Middleware, with [`axum::middleware::from_fn_with_state`].
pub async fn protect<S>(State(state): State<S>, request: Request, next: Next) -> Response
where
    Arc<Accounts>: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    let accounts = Arc::<Accounts>::from_ref(&state);
    match checked(&accounts, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn checked(accounts: &Accounts, request: Request) -> Result<Request, Problem> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if is_safe {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    if bearer(&parts.headers).is_some() {
        // A token that does not hold ends here; there is no falling back to a cookie.
        identify(accounts, &mut parts).await?;
        return Ok(Request::from_parts(parts, body));
    }
    check_origin(accounts, &parts)?;
    let Some(expected) = identify(accounts, &mut parts).await?.and_then(|visitor| visitor.csrf) else {
        return Ok(Request::from_parts(parts, body));
    };
    let given = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (given, body) = match given {
        Some(given) => (Some(given), body),
        None if is_form(&parts.headers, FORM) => from_form(body).await?,
        None if is_form(&parts.headers, FORM_WITH_FILES) => from_form_with_files(&parts, body).await?,
        None => (None, body),
    };
    if !given.is_some_and(|given| secret::equal(&given, &expected)) {
        return Err(Problem::forged("the field `csrf` or the header `x-csrf-token` does not belong to this session"));
    }
    Ok(Request::from_parts(parts, body))
}

/// Whether the browser says that another site sends the request. Programs that are no browsers say nothing.
fn check_origin(accounts: &Accounts, parts: &Parts) -> Result<(), Problem> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Problem::forged("the request comes from another site"));
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let is_ours = match &accounts.settings.public_url {
        Some(url) => url.origin().ascii_serialization() == origin,
        // Without a configured address, the one that the browser has asked for.
        None => text("host").is_some_and(|host| origin.split_once("://").is_some_and(|(_, own)| own == host)),
    };
    if is_ours { Ok(()) } else { Err(Problem::forged("the request comes from another origin")) }
}

fn is_form(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// Reads the token out of a form, and gives the form back.
async fn from_form(body: Body) -> Result<(Option<String>, Body), Problem> {
    let bytes = whole(body).await?;
    let mut fields = url::form_urlencoded::parse(&bytes);
    let given = fields.find(|(name, _)| name == FIELD).map(|(_, value)| value.into_owned());
    Ok((given, Body::from(bytes)))
}

/// The same of a form that carries small files. Large ones are sent by scripts, which carry the token as a header.
async fn from_form_with_files(parts: &Parts, body: Body) -> Result<(Option<String>, Body), Problem> {
    let bytes = whole(body).await?;
    let mut copy = Request::new(Body::from(bytes.clone()));
    *copy.headers_mut() = parts.headers.clone();
    let unreadable = |_| Problem::forged("the form cannot be read");
    let mut form = Multipart::from_request(copy, &()).await.map_err(|_| Problem::forged("the form cannot be read"))?;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some(FIELD) {
            return Ok((Some(field.text().await.map_err(unreadable)?), Body::from(bytes)));
        }
    }
    Ok((None, Body::from(bytes)))
}

async fn whole(body: Body) -> Result<Bytes, Problem> {
    to_bytes(body, LARGEST_FORM).await.map_err(|_| Problem::forged("the form is too large or was cut off"))
}
