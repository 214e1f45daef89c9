//! Keeps other people's pages from acting through a browser that is signed in here (cross-site request forgery).
//!
//! Whatever changes something must come from our own pages: browsers say where a request comes from (`Sec-Fetch-Site`,
//! `Origin`), and a session's requests carry the token that only our pages know. Tokens of programs are sent on purpose,
//! never by a browser on its own, and need neither.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRef, FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use yuexiang_console::messages::request::Request as Reason;

use super::once::Key;
use super::{Problem, bearer, identify};
use crate::accounts::{Accounts, secret};

/// Forms whose token is read out of the body are at most this large, in bytes. Larger ones carry it as a header.
const LARGEST_FORM: usize = 2 << 20;

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_WITH_FILES: &str = "multipart/form-data";

/// The name of the field in forms.
pub const FIELD: &str = "csrf";
/// The name of the field that tells one showing of a page from another, so that a form is carried out once; see
/// [`super::once`].
pub const ONCE: &str = "once";
/// The name of the header of scripts.
pub const HEADER: &str = "x-csrf-token";

/// A form that came from one of our own pages, for an answer that cannot carry it out: what somebody has typed comes back
/// with the answer instead of being lost. It is an extension of the response.
#[derive(Clone, Debug)]
pub struct Sent {
    /// As it was sent, `application/x-www-form-urlencoded`.
    pub fields: Bytes,
    /// What forms of the session carry, if there is one.
    pub csrf: Option<String>,
}

/// Middleware, with [`axum::middleware::from_fn_with_state`].
pub async fn protect<S>(State(state): State<S>, request: Request, next: Next) -> Response
where
    Arc<Accounts>: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    let accounts = Arc::<Accounts>::from_ref(&state);
    let mut sent = None;
    let mut response = match checked(&accounts, request, &mut sent).await {
        Ok((request, Some(key))) => accounts.repeats.once(key, request, next).await,
        Ok((request, None)) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(sent) = sent {
        response.extensions_mut().insert(sent);
    }
    response
}

/// Whether the request may go on, and the key under which its form is carried out once. What a form of our own pages has
/// brought is left in `sent`.
async fn checked(
    accounts: &Accounts,
    request: Request,
    sent: &mut Option<Sent>,
) -> Result<(Request, Option<Key>), Problem> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if is_safe {
        return Ok((request, None));
    }
    let (mut parts, body) = request.into_parts();
    if bearer(&parts.headers).is_some() {
        // A token that does not hold ends here; there is no falling back to a cookie.
        identify(accounts, &mut parts).await?;
        return Ok((Request::from_parts(parts, body), None));
    }
    let is_own = check_origin(accounts, &parts)?;
    let expected = identify(accounts, &mut parts).await?.and_then(|visitor| visitor.csrf);
    let in_header = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (given, body, form) = if is_form(&parts.headers, FORM) {
        let bytes = whole(body).await?;
        (in_header.or_else(|| field(&bytes, FIELD)), Body::from(bytes.clone()), Some(bytes))
    } else if in_header.is_none() && expected.is_some() && is_form(&parts.headers, FORM_WITH_FILES) {
        let (given, body) = from_form_with_files(&parts, body).await?;
        (given, body, None)
    } else {
        (in_header, body, None)
    };
    *sent = form.clone().filter(|_| is_own).map(|fields| Sent { fields, csrf: expected.clone() });
    let Some(expected) = expected else { return Ok((Request::from_parts(parts, body), None)) };
    if !given.is_some_and(|given| secret::equal(&given, &expected)) {
        return Err(Problem::of(Reason::ForeignToken));
    }
    let key = form.filter(|form| field(form, ONCE).is_some_and(|showing| !showing.is_empty()));
    let key = key.map(|form| Key::new(&expected, parts.uri.path(), &form));
    Ok((Request::from_parts(parts, body), key))
}

/// Refuses what a browser says that another site sends. Programs that are no browsers say nothing; whether it was said
/// that the request comes from our own pages is the answer.
fn check_origin(accounts: &Accounts, parts: &Parts) -> Result<bool, Problem> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Problem::of(Reason::OtherSite));
    }
    let Some(origin) = text("origin") else { return Ok(text("sec-fetch-site") == Some("same-origin")) };
    let is_ours = match &accounts.settings.public_url {
        Some(url) => url.origin().ascii_serialization() == origin,
        // Without a configured address, the one that the browser has asked for.
        None => text("host").is_some_and(|host| origin.split_once("://").is_some_and(|(_, own)| own == host)),
    };
    if is_ours { Ok(true) } else { Err(Problem::of(Reason::OtherSite)) }
}

fn is_form(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// The value of a form's field.
fn field(form: &[u8], name: &str) -> Option<String> {
    let mut fields = url::form_urlencoded::parse(form);
    fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Reads the token out of a form that carries small files, and gives the form back. Large ones are sent by scripts, which carry the token as a header.
async fn from_form_with_files(parts: &Parts, body: Body) -> Result<(Option<String>, Body), Problem> {
    let bytes = whole(body).await?;
    let mut copy = Request::new(Body::from(bytes.clone()));
    *copy.headers_mut() = parts.headers.clone();
    let unreadable = |_| Problem::of(Reason::FormUnreadable);
    let mut form = Multipart::from_request(copy, &()).await.map_err(|_| Problem::of(Reason::FormUnreadable))?;
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some(FIELD) {
            return Ok((Some(field.text().await.map_err(unreadable)?), Body::from(bytes)));
        }
    }
    Ok((None, Body::from(bytes)))
}

async fn whole(body: Body) -> Result<Bytes, Problem> {
    let is_small = body.size_hint().exact().is_some_and(|length| length <= LARGEST_FORM as u64);
    to_bytes(body, LARGEST_FORM).await.map_err(|_| match is_small {
        true => Problem::of(Reason::FormBroken),
        false => Problem::of(Reason::FormTooLarge { most: LARGEST_FORM >> 20 }),
    })
}
