//! The web server: TUF repositories from memory, objects from disk, live playlists from the clock.
//!
//! | path | what | cached |
//! |---|---|---|
//! | `/tuf/<code>/timestamp.json` | the one file that changes under its name | asked for each time, mostly answered 304 |
//! | `/tuf/<code>/…` | metadata and documents with version or hash in the name | for ever |
//! | `/objects/<sha256>` | media | for ever |
//! | `/live/<region>-<channel>/index.m3u8`, `…/<number>.ts` | live channels | no; a minute |
//! | `/healthz`, `/healthz/ready` | state as JSON; 503 while something has failed | no |
//! | `/healthz/live` | that the process answers | no |
//! | `/views`, `/reports` | what boxes have counted, and what they refuse | no |
//! | `/console/…` | the editors' and operators' console | no |
//! | `/api/…` | the same for programs, described at `/api/openapi.json` | no |

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::accounts::Accounts;
use crate::accounts::web::{self, Problem, Visitor};
use crate::backup::restore;
use crate::config::WakeListen;
use crate::console::preview::Preview;
use crate::desk::Desk;
use crate::desk::rights::{Action, Forbidden};
use crate::figures::limit::Limit;
use crate::health::Health;
use crate::notices::config::NoticesConfig;
use crate::notices::{self, NoticeError, Sender};
use crate::objects::{ObjectError, Objects};
use crate::publish::Publisher;
use crate::store::{Store, StoreError};
use crate::upload::{self, UploadError, Uploader, Uploads};

mod answer;
mod channels;
mod connections;
mod files;
mod gate;
pub(crate) mod gauge;
mod library;
mod page;
mod wake;
mod watch;

use channels::Channels;
pub use connections::Limits;
use gauge::Gauge;
use library::Library;
use wake::Wake;

/// Open transfers have this long to end after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Notice(#[from] NoticeError),
    #[error("listening on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("waking boxes at {address}: {source}")]
    Wake { address: SocketAddr, source: io::Error },
    #[error(
        "a backup was being restored here and that has not come to its end: run `yuexiang-cloud restore` again ({path})"
    )]
    Restoring { path: PathBuf },
    #[error("the lock {path}: {source}")]
    Lock { path: PathBuf, source: io::Error },
    #[error("waiting for signals: {0}")]
    Signals(io::Error),
}

/// What all requests share.
pub struct Served {
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) library: Library,
    pub(crate) channels: Channels,
    pub(crate) desk: Desk,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) preview: Option<Preview>,
    pub(crate) view_limit: Limit,
    pub(crate) storage: Gauge,
    pub(crate) health: Health,
    pub(crate) notices: Sender,
    pub(crate) checked: crate::console::log::Checked,
}

/// The state of the router, from which handlers take what they need.
#[derive(Clone)]
pub struct Shared(pub(crate) Arc<Served>);

impl FromRef<Shared> for Arc<Served> {
    fn from_ref(shared: &Shared) -> Arc<Served> {
        shared.0.clone()
    }
}

impl FromRef<Shared> for Arc<Accounts> {
    fn from_ref(shared: &Shared) -> Arc<Accounts> {
        shared.0.accounts.clone()
    }
}

/// How a server differs from another.
pub struct Options {
    pub accounts: Accounts,
    /// The program that draws previews.
    pub preview: Option<PathBuf>,
    /// Whether this process prepares media.
    pub worker: bool,
    pub wake: WakeListen,
    pub limits: Limits,
    pub notices: NoticesConfig,
}

impl Served {
    pub async fn open(publisher: Publisher, options: Options) -> Result<Arc<Served>, ServeError> {
        let objects = publisher.objects()?;
        let published = Arc::new(tokio::sync::Notify::new());
        let public_url = options.accounts.settings.public_url.clone();
        let notices = Sender::open(publisher.store.clone(), options.notices, public_url.as_ref())?;
        notices.announce(jiff::Timestamp::now().as_second()).await?;
        let served = Served {
            store: publisher.store.clone(),
            desk: Desk { publisher: publisher.clone(), objects: objects.clone(), published },
            accounts: options.accounts.shared(),
            uploads: Arc::new(Uploads::open(&publisher.data, upload::Limits::default())?),
            preview: options.preview.map(|program| Preview::new(program, &objects)),
            view_limit: Limit::default(),
            storage: Gauge::new(&objects),
            health: Health::default(),
            notices,
            objects,
            library: Library::default(),
            checked: Default::default(),
            channels: Channels::default(),
            publisher,
        };
        watch::refresh(&served).await?;
        Ok(Arc::new(served))
    }
}

pub fn router(served: Arc<Served>) -> Router {
    let shared = Shared(served);
    let people = Router::new()
        .merge(crate::console::routes())
        .merge(web::routes())
        .nest("/console/uploads", uploads(&shared))
        .layer(from_fn(web::console_headers));
    let programs = Router::new().merge(crate::api::routes()).nest("/api/v1/uploads", uploads(&shared));
    let own = people.merge(programs).layer(from_fn_with_state(shared.clone(), web::protect::<Shared>));
    let own = own.layer(from_fn(crate::console::again::answer));
    let own = own.layer(from_fn_with_state(shared.clone(), crate::moves::web::lead));
    Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(page::health))
        .route("/healthz/ready", get(page::health))
        .route("/healthz/live", get(page::live))
        .route("/tuf/{region}/{*path}", get(files::tuf))
        .route("/objects/{sha256}", get(files::object))
        .route("/live/{channel}/{file}", get(channels::live))
        .merge(crate::figures::web::routes())
        .merge(crate::reports::routes())
        .merge(own)
        .with_state(shared)
}

/// Uploads of whoever may send media somewhere.
fn uploads(shared: &Shared) -> Router<Shared> {
    crate::upload::router(shared.0.uploads.clone()).layer(from_fn_with_state(shared.clone(), known_uploader))
}

async fn known_uploader(visitor: Option<Visitor>, mut request: Request, next: Next) -> Response {
    if let Some(visitor) = visitor {
        if !visitor.may_somewhere(Action::Upload) {
            let region = visitor.region;
            return Problem::from(Forbidden { account: visitor.actor.account, action: Action::Upload, region })
                .into_response();
        }
        request.extensions_mut().insert(Uploader { account: visitor.actor.account });
    }
    next.run(request).await
}

/// A file of the console; its name holds its hash.
pub fn asset(asset: &yuexiang_console::Asset, asked: &HeaderMap) -> Response {
    let gzip = answer::reads_gzip(asked);
    let (body, tag) = match gzip {
        true => (Bytes::from_static(asset.gzip), format!("{}-gz", asset.etag)),
        false => (Bytes::from(asset.body()), asset.etag.to_owned()),
    };
    let mut response = answer::whole(asked, &tag, asset.content_type, answer::FOR_EVER, body);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip && headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(publisher: Publisher, address: SocketAddr, options: Options) -> Result<(), ServeError> {
    let (works, wake, limits) = (options.worker, options.wake, options.limits);
    let settings = options.accounts.settings.clone();
    let _in_use = in_use(&publisher.data)?;
    let served = Served::open(publisher, options).await?;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| ServeError::Listen { address, source })?;
    let wake = open_wake(wake, address, limits.each).await?;
    // From here on a signal ends the server in good order, and whoever reads the next line may send one.
    let stop = stop_signal()?;
    // Whoever started this reads the line to know that it is ready and on which port.
    println!("yuexiang-cloud serves {} on http://{address}", served.publisher.data.display());
    let (wake, line) = wake.map_or((None, None), |(wake, line)| (Some(Arc::new(wake)), Some(line)));
    let watch = tokio::spawn(watch::watch(served.clone(), wake));
    let renew = tokio::spawn(watch::renew(served.clone()));
    let ends = tokio::spawn(watch::expire(served.clone()));
    let clock = tokio::spawn(watch::clock(served.clone()));
    let measure = tokio::spawn(watch::measure(served.clone()));
    let tell = tokio::spawn(notices::watch::watch(served.clone()));
    let work = works.then(|| tokio::spawn(watch::work(served.clone())));
    let told = Arc::new(tokio::sync::Notify::new());
    let stopping = {
        let told = told.clone();
        async move {
            stop.await;
            told.notify_one();
        }
    };
    tokio::select! {
        () = connections::serve(listener, router(served), settings, limits, stopping) => {}
        () = async { told.notified().await; tokio::time::sleep(FAREWELL).await } => {}
    }
    for task in [watch, renew, ends, clock, measure, tell].into_iter().chain(work).chain(line) {
        task.abort();
    }
    Ok(())
}

/// Holds whoever restores a backup off this data folder; several servers may share it.
fn in_use(data: &Path) -> Result<std::fs::File, ServeError> {
    let marker = data.join(restore::RESTORING);
    if marker.exists() {
        return Err(ServeError::Restoring { path: marker });
    }
    let path = data.join(restore::IN_USE);
    let failed = |source| ServeError::Lock { path: path.clone(), source };
    let file = std::fs::File::create(&path).map_err(failed)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ServeError::Restoring { path }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// The line that wakes boxes. One that was not asked for by its address may be missing.
async fn open_wake(
    listen: WakeListen,
    web: SocketAddr,
    each: usize,
) -> Result<Option<(Wake, tokio::task::JoinHandle<()>)>, ServeError> {
    let (address, is_needed) = match listen {
        WakeListen::Off => return Ok(None),
        WakeListen::At(address) => (address, true),
        WakeListen::Beside => (SocketAddr::new(web.ip(), yuexiang_wire::wake::PORT), false),
    };
    match Wake::open(address, each).await {
        Ok((wake, line)) => {
            tracing::info!(address = %wake.address, "boxes are woken over MQTT");
            Ok(Some((wake, line)))
        }
        Err(source) if is_needed => Err(ServeError::Wake { address, source }),
        Err(error) => {
            tracing::warn!(%address, %error, "boxes are not woken; they learn by their rounds");
            Ok(None)
        }
    }
}

fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
