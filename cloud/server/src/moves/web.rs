//! Links and requests with a code that is no more lead to where it means.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::forward;
use crate::db::{Db, DbError};
use crate::region::RegionCode;
use crate::serve::Served;

/// Words of a query that hold a region.
const WORDS: [&str; 5] = ["region", "parent", "root", "village", "within"];
/// Parts of a path behind which a region stands. An item's id keeps the code under which it was written.
const BEFORE: [&str; 1] = ["regions"];
/// What can be read of the old region itself: its log, and the keys with which its repository is still renewed.
const OWN: [&str; 4] = ["/console/log", "/api/v1/log", "/console/keys", "/api/v1/keys"];

/// Middleware of console and API. The method and what was sent stay as they are (308).
pub async fn lead(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    if OWN.iter().any(|path| request.uri().path().starts_with(path)) {
        return next.run(request).await;
    }
    let uri = request.uri().clone();
    match led(&served.store.db, &uri).await {
        Ok(None) => next.run(request).await,
        Ok(Some(to)) => match HeaderValue::from_str(&to) {
            Ok(to) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response(),
            Err(_) => next.run(request).await,
        },
        Err(error) => {
            tracing::error!(%error, "looking whether a region has moved");
            next.run(request).await
        }
    }
}

/// The address with new codes; none when there is nothing old in it.
async fn led(db: &Db, uri: &Uri) -> Result<Option<String>, DbError> {
    let mut changed = false;
    let mut path: Vec<String> = Vec::new();
    for part in uri.path().split('/') {
        let is_region = path.last().is_some_and(|before| BEFORE.contains(&before.as_str()));
        path.push(match new_code(db, part).await?.filter(|_| is_region) {
            Some(code) => {
                changed = true;
                code.to_string()
            }
            None => part.to_owned(),
        });
    }
    let mut words: Vec<(String, String)> = Vec::new();
    for (word, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match new_code(db, &value).await?.filter(|_| WORDS.contains(&word.as_ref())) {
            Some(code) => {
                changed = true;
                words.push((word.into_owned(), code.to_string()));
            }
            None => words.push((word.into_owned(), value.into_owned())),
        }
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(words).finish();
    let query = if query.is_empty() { query } else { format!("?{query}") };
    Ok(changed.then(|| format!("{}{query}", path.join("/"))))
}

/// The code under which a region goes on; none when the text is no code, or none that has moved.
async fn new_code(db: &Db, text: &str) -> Result<Option<RegionCode>, DbError> {
    if !(6..=12).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let Ok(region) = text.parse::<RegionCode>() else { return Ok(None) };
    Ok(Some(forward(db, region).await?).filter(|code| *code != region))
}
