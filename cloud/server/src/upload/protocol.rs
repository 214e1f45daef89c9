//! The protocol itself: requests to calls of `Uploads`, and back.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use yuexiang_console::words::Lang;

use super::info::Metadata;
use super::receive::{Checksum, Chunk, blocking, receive};
use super::{NewUpload, UploadError, Uploader, Uploads};
use crate::messages::Told;

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,termination,expiration,checksum";
const CHUNK: &str = "application/offset+octet-stream";

/// To be nested under any path, without a slash at its end. Requests must carry an [`Uploader`] in their extensions.
pub fn router<S: Clone + Send + Sync + 'static>(uploads: Arc<Uploads>) -> Router<S> {
    Router::new().route("/", any(collection)).route("/{id}", any(upload)).with_state(uploads)
}

async fn collection(State(uploads): State<Arc<Uploads>>, OriginalUri(uri): OriginalUri, request: Request) -> Response {
    let english = prefers_english(request.headers());
    let answer = match method(&request).as_str() {
        "OPTIONS" => return capabilities(&uploads),
        "POST" => create(uploads, uri.path().to_owned(), request).await,
        other => Err(UploadError::Method(other.to_owned())),
    };
    answer.unwrap_or_else(|error| refusal(&error, english))
}

async fn upload(State(uploads): State<Arc<Uploads>>, Path(id): Path<String>, request: Request) -> Response {
    let english = prefers_english(request.headers());
    let answer = match method(&request).as_str() {
        "OPTIONS" => return capabilities(&uploads),
        "HEAD" => look(uploads, id, uploader(&request)).await,
        "PATCH" => append(uploads, id, request).await,
        "DELETE" => terminate(uploads, id, uploader(&request)).await,
        other => Err(UploadError::Method(other.to_owned())),
    };
    answer.unwrap_or_else(|error| refusal(&error, english))
}

/// Clients behind old proxies send everything as POST. The protocol would let any method be overridden; here only POST
/// is, so that nothing that changes something can look like a GET to what stands in front.
fn method(request: &Request) -> Method {
    let over = request.headers().get("X-HTTP-Method-Override").filter(|_| request.method() == Method::POST);
    over.and_then(|name| Method::from_bytes(name.as_bytes()).ok()).unwrap_or_else(|| request.method().clone())
}

fn capabilities(uploads: &Uploads) -> Response {
    let headers = [
        ("Tus-Resumable", VERSION.to_owned()),
        ("Tus-Version", VERSION.to_owned()),
        ("Tus-Extension", EXTENSIONS.to_owned()),
        ("Tus-Max-Size", uploads.limits().size.to_string()),
        ("Tus-Checksum-Algorithm", Checksum::ALGORITHMS.to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn create(uploads: Arc<Uploads>, path: String, request: Request) -> Result<Response, UploadError> {
    let account = uploader(&request)?;
    let headers = request.headers();
    // A length that is told later is an extension that this server does not have.
    let length = number(headers, "Upload-Length")?.ok_or(UploadError::Header("Upload-Length"))?;
    let metadata = text(headers, "Upload-Metadata")?.unwrap_or_default();
    let Metadata { name, declared } = Metadata::parse(metadata)?;
    let announced = number(headers, "Content-Length")?;
    let with_upload = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == CHUNK);
    if !with_upload && announced.is_some_and(|announced| announced > 0) {
        return Err(UploadError::ContentType);
    }
    if announced.is_some_and(|announced| announced > length) {
        return Err(UploadError::TooMuch { length });
    }
    let checksum = text(headers, "Upload-Checksum")?.map(Checksum::parse).transpose()?;

    let new = NewUpload { account: account.clone(), length, name, declared };
    let created = blocking({
        let uploads = uploads.clone();
        move || uploads.create(new)
    })
    .await?;
    let mut offset = 0;
    if with_upload {
        let chunk = Chunk { id: created.id.clone(), account: account.clone(), offset, announced, checksum };
        // The upload exists whatever becomes of its first bytes, and the client must learn where.
        offset = appended(uploads.clone(), chunk, request.into_body()).await.unwrap_or(0);
    }
    let state = state(&uploads, &created.id, &account).await?;
    let location = format!("{}/{}", path.trim_end_matches('/'), created.id);
    let headers = [
        ("Tus-Resumable", VERSION.to_owned()),
        (LOCATION.as_str(), location),
        ("Upload-Offset", offset.to_string()),
        ("Upload-Expires", http_date(state.expires)),
    ];
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn look(
    uploads: Arc<Uploads>,
    id: String,
    account: Result<String, UploadError>,
) -> Result<Response, UploadError> {
    let state = state(&uploads, &id, &account?).await?;
    let headers = [
        ("Tus-Resumable", VERSION.to_owned()),
        ("Upload-Offset", state.offset.to_string()),
        ("Upload-Length", state.length.to_string()),
        ("Upload-Metadata", Metadata::header(&state.name, state.declared.as_deref())),
        ("Upload-Expires", http_date(state.expires)),
        (CACHE_CONTROL.as_str(), "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers).into_response())
}

async fn append(uploads: Arc<Uploads>, id: String, request: Request) -> Result<Response, UploadError> {
    let account = uploader(&request)?;
    let headers = request.headers();
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != CHUNK) {
        return Err(UploadError::ContentType);
    }
    let chunk = Chunk {
        id: id.clone(),
        account: account.clone(),
        offset: number(headers, "Upload-Offset")?.ok_or(UploadError::Header("Upload-Offset"))?,
        announced: number(headers, CONTENT_LENGTH.as_str()).ok().flatten(),
        checksum: text(headers, "Upload-Checksum")?.map(Checksum::parse).transpose()?,
    };
    let offset = appended(uploads.clone(), chunk, request.into_body()).await?;
    let expires = state(&uploads, &id, &account).await.map(|state| state.expires);
    // A whole upload may be taken by somebody before this answer is written.
    let expires = expires.unwrap_or_else(|_| SystemTime::now());
    let headers = [
        ("Tus-Resumable", VERSION.to_owned()),
        ("Upload-Offset", offset.to_string()),
        ("Upload-Expires", http_date(expires)),
    ];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// On a task of its own: when the client goes away this request is dropped, but what has come is still to be written.
async fn appended(uploads: Arc<Uploads>, chunk: Chunk, body: Body) -> Result<u64, UploadError> {
    tokio::spawn(receive(uploads, chunk, body)).await.unwrap_or(Err(UploadError::Thread))
}

async fn terminate(
    uploads: Arc<Uploads>,
    id: String,
    account: Result<String, UploadError>,
) -> Result<Response, UploadError> {
    let account = account?;
    blocking(move || uploads.remove(&id, &account)).await?;
    Ok((StatusCode::NO_CONTENT, [("Tus-Resumable", VERSION)]).into_response())
}

async fn state(uploads: &Arc<Uploads>, id: &str, account: &str) -> Result<super::State, UploadError> {
    let (uploads, id, account) = (uploads.clone(), id.to_owned(), account.to_owned());
    let state = blocking(move || uploads.state(&id, &account)).await?;
    if state.expires <= SystemTime::now() { Err(UploadError::Expired) } else { Ok(state) }
}

/// The account of a request that speaks our version.
fn uploader(request: &Request) -> Result<String, UploadError> {
    let uploader = request.extensions().get::<Uploader>().ok_or(UploadError::NobodyLoggedIn)?;
    if request.headers().get("Tus-Resumable").is_none_or(|version| version != VERSION) {
        return Err(UploadError::Version);
    }
    Ok(uploader.account.clone())
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, UploadError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| UploadError::Header(name))).transpose()
}

/// A number of bytes: digits and nothing else.
fn number(headers: &HeaderMap, name: &'static str) -> Result<Option<u64>, UploadError> {
    let Some(value) = text(headers, name)? else { return Ok(None) };
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits).map(Some).ok_or(UploadError::Header(name))
}

fn refusal(error: &UploadError, english: bool) -> Response {
    if error.status().is_server_error() {
        tracing::error!(%error, "an upload failed");
    }
    let text = error.told().sentence(if english { Lang::En } else { Lang::Zh });
    let mut response = (error.status(), [("Tus-Resumable", VERSION)], text).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    if matches!(error, UploadError::Version) {
        headers.insert("Tus-Version", axum::http::HeaderValue::from_static(VERSION));
    }
    response
}

/// Chinese unless the client asks for English first.
fn prefers_english(headers: &HeaderMap) -> bool {
    headers.get("Accept-Language").is_some_and(|languages| languages.as_bytes().starts_with(b"en"))
}

/// RFC 9110, 5.6.7, as the expiration extension wants it.
fn http_date(time: SystemTime) -> String {
    let printed = jiff::Timestamp::try_from(time)
        .ok()
        .and_then(|time| jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok());
    // A time beyond the year 9999 comes of a configuration without an end: far away is near enough.
    printed.unwrap_or_else(|| "Fri, 31 Dec 9999 23:59:59 GMT".to_owned())
}
