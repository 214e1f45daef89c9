//! `/tuf` and `/objects`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::Served;
use super::answer::{EACH_TIME, FOR_EVER, matches, reads_gzip, status, whole};

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
    match served.objects.path(&sha256) {
        Some(path) => file(&path, &sha256, FOR_EVER, request).await,
        None => status(StatusCode::NOT_FOUND),
    }
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
    let headers = response.headers_mut();
    headers.remove(header::LAST_MODIFIED);
    if let Ok(value) = HeaderValue::from_str(&format!("\"{etag}\"")) {
        headers.insert(header::ETAG, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}
