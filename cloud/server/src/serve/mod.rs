//! The web server: TUF repositories from memory, objects from disk, live playlists from the clock.
//!
//! | path | what | cached |
//! |---|---|---|
//! | `/tuf/<code>/timestamp.json` | the one file that changes under its name | asked for each time, mostly answered 304 |
//! | `/tuf/<code>/…` | metadata and documents with version or hash in the name | for ever |
//! | `/objects/<sha256>` | media | for ever |
//! | `/live/<region>-<channel>/index.m3u8`, `…/<number>.ts` | live channels | no; a minute |
//! | `/healthz` | state as JSON | no |

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::objects::{ObjectError, Objects};
use crate::publish::Publisher;
use crate::store::{Store, StoreError};

mod answer;
mod channels;
mod files;
mod library;
mod page;
mod watch;

use channels::Channels;
use library::Library;

/// Open transfers have this long to end after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("listening on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("waiting for signals: {0}")]
    Signals(io::Error),
    #[error("serving: {0}")]
    Serve(io::Error),
}

/// What all requests share.
pub struct Served {
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) library: Library,
    pub(crate) channels: Channels,
}

impl Served {
    pub async fn open(publisher: Publisher) -> Result<Arc<Served>, ServeError> {
        let served = Served {
            store: publisher.store.clone(),
            objects: Objects::open(&publisher.data)?,
            publisher,
            library: Library::default(),
            channels: Channels::default(),
        };
        watch::refresh(&served).await?;
        Ok(Arc::new(served))
    }
}

pub fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/healthz", get(page::health))
        .route("/tuf/{region}/{*path}", get(files::tuf))
        .route("/objects/{sha256}", get(files::object))
        .route("/live/{channel}/{file}", get(channels::live))
        .with_state(served)
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(publisher: Publisher, address: SocketAddr) -> Result<(), ServeError> {
    let served = Served::open(publisher).await?;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| ServeError::Listen { address, source })?;
    // From here on a signal ends the server in good order, and whoever reads the next line may send one.
    let stop = stop_signal()?;
    // Whoever started this reads the line to know that it is ready and on which port.
    println!("yuexiang-cloud serves {} on http://{address}", served.publisher.data.display());
    let watch = tokio::spawn(watch::watch(served.clone()));
    let renew = tokio::spawn(watch::renew(served.clone()));
    // Without it, small answers wait 45 ms for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays with Nagle's algorithm");
        }
    });
    let told = Arc::new(tokio::sync::Notify::new());
    let server = axum::serve(listener, router(served)).with_graceful_shutdown({
        let told = told.clone();
        async move {
            stop.await;
            told.notify_one();
        }
    });
    let result = tokio::select! {
        result = async { server.await } => result.map_err(ServeError::Serve),
        () = async { told.notified().await; tokio::time::sleep(FAREWELL).await } => Ok(()),
    };
    watch.abort();
    renew.abort();
    result
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
