//! The web remote: a page with the moving picture and a remote control, for who has no screen, for a helper, and for the
//! tests. It asks for no password, so it listens on this machine only and answers nobody whom a web page of somebody
//! else has sent.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /stream` | the screen as Motion JPEG, a part for every new frame |
//! | `GET /screen.png` | the screen now, exact pixels; `?rest=1` waits until nothing moves, three seconds at most |
//! | `POST /keys` | `{"key": "ok"}`, with `"action": "press"`, `"down"`, `"repeat"` or `"up"` and `"times": 1–50`; answered with the view's serial when it has been handled |
//! | `GET /view.json` | what the screen shows, as data; `?since=SERIAL&wait_ms=N` waits for a later one |
//! | `GET /healthz` | `ok` |

mod door;
mod guard;
mod keys;
pub(crate) mod pictures;
mod stream;
mod view_json;

use crate::driver::{Message, Published};
use crate::inbox::Inbox;
use crate::retry::Retry;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use yuexiang_ui::{Frame, UiHandle};

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// A view is waited for so long at most.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where the remote gets its pictures: from the UI, or in tests from a fake.
pub trait Picture: Send + Sync + 'static {
    /// What is on the screen, once everything shown before has been drawn. `None` when there is no screen any more.
    fn now(&self) -> BoxFuture<'static, Option<Arc<Frame>>>;
    /// The frame on the screen if it is later than `serial`, else the next one.
    fn after(&self, serial: u64) -> BoxFuture<'static, Arc<Frame>>;
}

impl Picture for UiHandle {
    fn now(&self) -> BoxFuture<'static, Option<Arc<Frame>>> {
        let (give, taken) = tokio::sync::oneshot::channel();
        // Who asked may have gone.
        self.screenshot(move |frame| drop(give.send(frame)));
        Box::pin(async { taken.await.ok() })
    }

    fn after(&self, serial: u64) -> BoxFuture<'static, Arc<Frame>> {
        Box::pin(self.frames().next(serial))
    }
}

#[derive(Clone)]
pub struct Remote {
    pub inbox: Inbox<Message>,
    pub views: watch::Receiver<Published>,
    pub picture: Arc<dyn Picture>,
    stream: Arc<stream::Stream>,
}

#[derive(Debug, thiserror::Error)]
#[error("the web remote cannot listen on {address}: {source} (another address can be given by --web-remote)")]
pub struct ListenError {
    address: SocketAddr,
    source: std::io::Error,
}

impl Remote {
    pub fn new(inbox: Inbox<Message>, views: watch::Receiver<Published>, picture: Arc<dyn Picture>) -> Remote {
        let stream = stream::Stream::new(picture.clone());
        Remote { inbox, views, picture, stream }
    }

    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/stream", get(moving_picture))
            .route("/screen.png", get(screen))
            .route("/keys", post(keys::press))
            .route("/view.json", get(view))
            .route("/healthz", get(async || "ok"))
            .layer(axum::middleware::from_fn(guard::admit))
            .with_state(self)
    }
}

/// Listens and answers for as long as the program runs. Where that cannot be done, because another program has the port or
/// the address is not there, it is tried again and again; `tell` hears how it stands.
pub async fn keep_serving(address: SocketAddr, remote: Remote, tell: impl Fn(bool)) {
    let mut retry = Retry::default();
    loop {
        let reason = match listen(address).await {
            Ok(listener) => {
                tracing::info!("web remote: http://{address}/");
                tell(true);
                retry = Retry::default();
                match serve(listener, remote.clone()).await {
                    Ok(()) => "the web remote has ended".to_owned(),
                    Err(error) => format!("the web remote has ended: {error}"),
                }
            }
            Err(error) => error.to_string(),
        };
        let wait = retry.next_wait();
        tracing::error!("{reason}; retrying in {wait:?}");
        tell(false);
        tokio::time::sleep(wait).await;
    }
}

/// Takes the port.
async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, source })
}

async fn serve(listener: TcpListener, remote: Remote) -> std::io::Result<()> {
    door::serve(listener, remote.router(), door::Limits::default()).await
}

async fn page(headers: HeaderMap) -> impl IntoResponse {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = if prefers_english(accepted) { "en" } else { "zh-CN" };
    let html = PAGE.replace("{{language}}", language).replace("/*{{style}}*/", STYLE).replace("/*{{script}}*/", SCRIPT);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' blob: \
                  data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html)
}

/// Chinese unless English is preferred to it.
fn prefers_english(accepted: &str) -> bool {
    let quality = |language: &str| {
        let entries = accepted.split(',').map(str::trim);
        let fits = entries.filter(|entry| entry.to_ascii_lowercase().starts_with(language));
        let qualities = fits.map(|entry| {
            let given = entry.split(";q=").nth(1).and_then(|quality| quality.trim().parse::<f32>().ok());
            given.unwrap_or(1.0)
        });
        qualities.fold(0.0, f32::max)
    };
    quality("en") > quality("zh")
}

#[derive(Deserialize)]
struct ViewQuery {
    since: Option<u64>,
    wait_ms: Option<u64>,
}

async fn view(State(remote): State<Remote>, Query(query): Query<ViewQuery>) -> impl IntoResponse {
    let mut views = remote.views.clone();
    if let Some(since) = query.since {
        let wait = Duration::from_millis(query.wait_ms.unwrap_or(0)).min(LONGEST_WAIT);
        // Whether a later one came or the time is over: what is there now is the answer.
        let _ = tokio::time::timeout(wait, views.wait_for(|published| published.serial > since)).await;
    }
    let published = views.borrow().clone();
    ([(header::CACHE_CONTROL, "no-store")], Json(view_json::view(published.serial, &published.view)))
}

#[derive(Deserialize)]
struct ScreenQuery {
    rest: Option<String>,
}

async fn screen(State(remote): State<Remote>, Query(query): Query<ScreenQuery>) -> Response {
    let rest = query.rest.is_some_and(|rest| rest != "0");
    let frame = if rest { pictures::at_rest(&*remote.picture).await } else { remote.picture.now().await };
    let Some(frame) = frame else { return error(StatusCode::SERVICE_UNAVAILABLE, "there is no picture of the screen") };
    match tokio::task::spawn_blocking(move || pictures::png(&frame)).await {
        Ok(Ok(png)) => {
            ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], png).into_response()
        }
        Ok(Err(reason)) => error(StatusCode::INTERNAL_SERVER_ERROR, &format!("the screen cannot be encoded: {reason}")),
        Err(reason) => error(StatusCode::INTERNAL_SERVER_ERROR, &format!("the screen was not encoded: {reason}")),
    }
}

async fn moving_picture(State(remote): State<Remote>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, stream::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, axum::body::Body::from_stream(remote.stream.watch()))
}

fn error(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "error": reason }))).into_response()
}

#[cfg(test)]
mod tests;
