//! `/tuf` and `/objects`.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::Served;
use super::answer::{EACH_TIME, FOR_EVER, matches, reads_gzip, status, whole};
use crate::bucket::Bucket;
use crate::objects::{Objects, Place};

/// Paths are looked up in a table, so none leads anywhere else.
pub async fn tuf(
    State(served): State<Arc<Served>>,
    Path((region, path)): Path<(String, String)>,
    asked: HeaderMap,
) -> Response<Body> {
    let Ok(code) = region.parse() else { return status(StatusCode::NOT_FOUND) };
    // A short code would be a second name for the same files.
    if region.len() != 12 {
        return status(StatusCode::NOT_FOUND);
    }
    match served.library.file(&served.store, code, &path).await {
        Ok(Some(file)) => {
            let caching = if path == "timestamp.json" { EACH_TIME } else { FOR_EVER };
            match file.gzip.filter(|_| reads_gzip(&asked)) {
                Some(body) => {
                    // Another encoding is another representation and has another tag (RFC 9110, 8.8.3).
                    let mut response = whole(&asked, &format!("{}-gz", file.etag), "application/json", caching, body);
                    if response.status() == StatusCode::OK {
                        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
                    }
                    response
                }
                None => whole(&asked, &file.etag, "application/json", caching, file.body),
            }
        }
        Ok(None) => status(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, region, path, "a file cannot be read");
            status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Only names of 64 hexadecimal digits are looked for on disk.
pub async fn object(State(served): State<Arc<Served>>, Path(sha256): Path<String>, request: Request) -> Response<Body> {
    let elsewhere = served.objects.path(&sha256).and(served.objects.bucket()).and_then(|bucket| bucket.public(&sha256));
    match elsewhere {
        Some(url) => moved(url.as_str()),
        None => stored_object(&served.objects, &sha256, FOR_EVER, request).await,
    }
}

/// Sends a reader to the bucket's own address. The name stays ours, so the bucket can move.
fn moved(url: &str) -> Response<Body> {
    let mut response = status(StatusCode::TEMPORARY_REDIRECT);
    if let Ok(url) = HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}

/// An object, or the part of it that is asked for, from wherever it is.
pub async fn stored_object(objects: &Objects, sha256: &str, caching: &'static str, request: Request) -> Response<Body> {
    match objects.find(sha256).await {
        Ok(Place::Here(path)) => file(&path, sha256, caching, request).await,
        Ok(Place::Bucket(bucket, length)) => {
            let (head, _) = request.into_parts();
            passed_through(&bucket, sha256, length, caching, &head).await
        }
        Ok(Place::Nowhere) => status(StatusCode::NOT_FOUND),
        Err(error) => {
            tracing::error!(%error, sha256, "an object cannot be read");
            status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// A long object straight from the bucket. One range is answered as such; of several the whole is sent, as RFC 9110
/// (14.2) allows.
async fn passed_through(
    bucket: &Bucket,
    sha256: &str,
    length: u64,
    caching: &'static str,
    request: &Parts,
) -> Response<Body> {
    if matches(&request.headers, sha256) {
        return with_tag(status(StatusCode::NOT_MODIFIED), sha256, caching);
    }
    let header_text = |name| request.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_current = header_text(header::IF_RANGE).is_none_or(|tag| tag.trim_matches('"') == sha256);
    let asked = header_text(header::RANGE).filter(|_| is_current).map_or(Asked::Whole, |text| asked(text, length));
    let (code, range) = match asked {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => {
            let mut response = with_tag(status(StatusCode::RANGE_NOT_SATISFIABLE), sha256, caching);
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
            return response;
        }
    };
    let body = match request.method {
        Method::HEAD => Body::empty(),
        _ => match bucket.read(sha256, range.clone()).await {
            Ok(bytes) => Body::from_stream(bytes),
            Err(error) => {
                tracing::error!(%error, sha256, "an object cannot be read");
                return status(StatusCode::SERVICE_UNAVAILABLE);
            }
        },
    };
    let mut response = Response::new(body);
    *response.status_mut() = code;
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::CONTENT_LENGTH, &(range.end - range.start).to_string());
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    if code == StatusCode::PARTIAL_CONTENT {
        set(&mut response, header::CONTENT_RANGE, &format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    with_tag(response, sha256, caching)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    /// Beyond the end.
    Nothing,
}

/// Anything that is not one range of bytes is as if it were not there.
fn asked(text: &str, length: u64) -> Asked {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Asked::Whole;
    };
    let range = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(length),
        (Ok(from), Err(_)) if to.trim().is_empty() => from..length,
        (Err(_), Ok(last)) if from.trim().is_empty() => length.saturating_sub(last)..length,
        _ => return Asked::Whole,
    };
    if range.is_empty() { Asked::Nothing } else { Asked::Part(range) }
}

fn set(response: &mut Response<Body>, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn with_tag(mut response: Response<Body>, etag: &str, caching: &'static str) -> Response<Body> {
    set(&mut response, header::ETAG, &format!("\"{etag}\""));
    set(&mut response, header::CACHE_CONTROL, caching);
    response
}

/// A file that never changes, or the part of it that is asked for.
pub async fn file(path: &std::path::Path, etag: &str, caching: &'static str, mut request: Request) -> Response<Body> {
    let known = matches(request.headers(), etag);
    // The name is the hash: conditions are decided here, by it, and not by the file's date.
    let headers = request.headers_mut();
    for condition in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE, header::IF_NONE_MATCH, header::IF_MATCH] {
        headers.remove(condition);
    }
    let if_range = headers.remove(header::IF_RANGE);
    if if_range.is_some_and(|tag| tag.to_str().map_or(true, |tag| tag.trim_matches('"') != etag)) {
        headers.remove(header::RANGE);
    }
    let Ok(response) = ServeFile::new(path).oneshot(request).await;
    let mut response = response.map(Body::new);
    let found = response.status().is_success() || response.status() == StatusCode::RANGE_NOT_SATISFIABLE;
    if !found {
        return response;
    }
    if known && response.status().is_success() {
        response = status(StatusCode::NOT_MODIFIED);
    }
    response.headers_mut().remove(header::LAST_MODIFIED);
    with_tag(response, etag, caching)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Asked) {
        assert_eq!(asked(text, 100), expected, "{text}");
    }

    #[test]
    fn one_range_of_bytes_is_understood_and_anything_else_means_the_whole() {
        check("bytes=0-9", Asked::Part(0..10));
        check("bytes=90-", Asked::Part(90..100));
        check("bytes=90-4000", Asked::Part(90..100));
        check("bytes=-10", Asked::Part(90..100));
        check("bytes=-1000", Asked::Part(0..100));
        check("bytes=100-", Asked::Nothing);
        check("bytes=-0", Asked::Nothing);
        for text in ["bytes=9-1", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=-", ""] {
            check(text, Asked::Whole);
        }
    }
}
