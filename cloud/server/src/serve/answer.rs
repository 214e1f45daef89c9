//! Answers that carry no more headers than they need: a box on a slow line polls five times.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

/// Its name says what it holds, so it never changes.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// To be asked for each time.
pub const EACH_TIME: &str = "no-cache";

/// A body that is known as a whole, or 304 when the asker has it.
pub fn whole(asked: &HeaderMap, etag: &str, kind: &'static str, caching: &'static str, body: Bytes) -> Response<Body> {
    let quoted = format!("\"{etag}\"");
    let known = matches(asked, etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(body) });
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&quoted) {
        headers.insert(header::ETAG, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// Whether the asker's `If-None-Match` names this tag (RFC 9110, 13.1.2: weak comparison).
pub fn matches(asked: &HeaderMap, etag: &str) -> bool {
    asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == etag)
    })
}

/// Whether the asker reads gzip. Quality values are not weighed: who names gzip gets it, unless it is given a zero.
pub fn reads_gzip(asked: &HeaderMap) -> bool {
    asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let refused = |quality: &str| quality.trim_start_matches("q=").trim_matches(['0', '.']).is_empty();
            parts.next() == Some("gzip") && !parts.next().is_some_and(refused)
        })
    })
}

pub fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
