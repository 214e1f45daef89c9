//! Brings the bytes of one live service: what a channel's address stands for, as one unbroken stream for a demuxer.
//!
//! ```text
//!  open(url) ──▶ Fetcher ──▶ "#EXTM3U"?  ──▶ hls: playlist, Schedule, segments ──▶ Splicer ──▶ deliver(Bytes)
//!                                └─────────▶ http: the body as it comes ─────────────▲
//! ```
//!
//! Nothing here knows GStreamer. Who receives says by [`Reception::set_hungry`] whether there is room; while there is
//! none nothing is read, so a slow decoder slows the download down instead of filling the memory. Dropping the
//! [`Reception`] ends everything at once and waits for nobody: each reception is a task of the tuner's own runtime.
//!
//! GStreamer 1.22 has two HLS clients of its own. `hlsdemux2` unlocks a mutex that it has freed when connections fail, and
//! `hlsdemux` deadlocks with `souphttpsrc` when it is stopped while segments are missing; a box died of either after a
//! few outages. So live television comes through here, and other sources of one service (RTP, a tuner of the box)
//! have their place beside [`hls`] and [`http`].

mod fetch;
mod hls;
mod http;
mod playlist;
mod redirect;
mod schedule;
mod splice;

pub use splice::{NotTransportStream, Splicer};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub struct TunerOptions {
    pub user_agent: String,
    /// A server that does not take the connection within this time is given up.
    pub connect_timeout: Duration,
    /// So is one that sends nothing for so long.
    pub idle_timeout: Duration,
    /// A service of which nothing has come for so long is given up; until then it is asked again and again.
    pub patience: Duration,
}

impl Default for TunerOptions {
    fn default() -> TunerOptions {
        TunerOptions {
            user_agent: concat!("yuexiang/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(60),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The server cannot be reached, does not answer, or breaks off.
    Network,
    /// The server does not know the address.
    Missing,
    /// What came is nothing that can be played here.
    Unsupported,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    pub kind: FailureKind,
    pub detail: String,
}

impl Failure {
    pub(crate) fn network(detail: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Network, detail: detail.into() }
    }

    pub(crate) fn unsupported(detail: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Unsupported, detail: detail.into() }
    }
}

/// What a reception brings, in order. After [`Delivery::End`] or [`Delivery::Failed`] nothing comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Bytes(Vec<u8>),
    End,
    Failed(Failure),
}

#[derive(Debug, thiserror::Error)]
pub enum TunerError {
    #[error("set up HTTP: {0}")]
    Http(reqwest::Error),
    #[error("start the tuner's thread: {0}")]
    Thread(std::io::Error),
}

/// Opens services. Dropping it ends all of them.
pub struct Tuner {
    fetcher: fetch::Fetcher,
    options: TunerOptions,
    runtime: Option<Runtime>,
}

impl Tuner {
    pub fn new(options: TunerOptions) -> Result<Tuner, TunerError> {
        let fetcher = fetch::Fetcher::new(&options).map_err(TunerError::Http)?;
        // Names are resolved on threads beside the worker; the bound keeps a resolver that hangs from collecting them.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(8)
            .thread_name("tuner")
            .enable_all()
            .build()
            .map_err(TunerError::Thread)?;
        Ok(Tuner { fetcher, options, runtime: Some(runtime) })
    }

    /// Returns at once. `deliver` is called on the tuner's thread, must not block, and says whether it wants more.
    pub fn open(&self, url: &str, deliver: impl FnMut(Delivery) -> bool + Send + 'static) -> Reception {
        let (hungry, hunger) = watch::channel(true);
        let state = Arc::new(State::default());
        let outlet = Outlet { deliver: Box::new(deliver), hunger, state: state.clone() };
        let (fetcher, options, url) = (self.fetcher.clone(), self.options.clone(), url.to_owned());
        // The runtime is taken only by `drop`.
        let task = self.runtime.as_ref().map(|runtime| runtime.spawn(receive(fetcher, options, url, outlet)));
        Reception { task, hungry, state }
    }

    /// Finds out where a file's address leads when its server has answered with a redirect. Returns at once; `answer`
    /// is called on the tuner's thread, once, unless the question is dropped before.
    pub fn redirected(&self, url: &str, answer: impl FnOnce(Result<String, Failure>) + Send + 'static) -> Question {
        let (fetcher, url) = (self.fetcher.clone(), url.to_owned());
        let ask = async move { answer(fetcher.redirected(&url).await) };
        Question { task: self.runtime.as_ref().map(|runtime| runtime.spawn(ask)) }
    }
}

/// A question under way. Dropping it ends it.
pub struct Question {
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Drop for Tuner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Default)]
struct State {
    /// Milliseconds of the service that have been delivered, plus one; 0 while that is not known.
    until: AtomicU64,
    starved: AtomicBool,
}

/// One service being received, until it is dropped.
pub struct Reception {
    task: Option<tokio::task::JoinHandle<()>>,
    hungry: watch::Sender<bool>,
    state: Arc<State>,
}

impl Reception {
    /// Whether there is room for more bytes. True in the beginning.
    pub fn set_hungry(&self, hungry: bool) {
        self.hungry.send_replace(hungry);
    }

    pub fn is_hungry(&self) -> bool {
        *self.hungry.borrow()
    }

    /// For who is told of room on another thread than the one that holds the reception.
    pub fn appetite(&self) -> watch::Sender<bool> {
        self.hungry.clone()
    }

    /// How much of the service has been delivered, from its first picture on; `None` while its bytes do not say.
    pub fn delivered(&self) -> Option<Duration> {
        self.state.until.load(Ordering::Relaxed).checked_sub(1).map(Duration::from_millis)
    }

    /// Playing has run out of bytes. What comes next may leave out what has been missed, to be up to date again.
    pub fn set_starved(&self) {
        self.state.starved.store(true, Ordering::Relaxed);
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Where a reception's bytes go.
struct Outlet {
    deliver: Box<dyn FnMut(Delivery) -> bool + Send>,
    hunger: watch::Receiver<bool>,
    state: Arc<State>,
}

/// Nobody wants more.
struct Unwanted;

impl Outlet {
    async fn room(&mut self) -> Result<(), Unwanted> {
        self.hunger.wait_for(|hungry| *hungry).await.map(drop).map_err(|_| Unwanted)
    }

    fn bytes(&mut self, bytes: Vec<u8>, until: Option<Duration>) -> Result<(), Unwanted> {
        if let Some(until) = until {
            let millis = u64::try_from(until.as_millis()).unwrap_or(u64::MAX - 1);
            self.state.until.store(millis + 1, Ordering::Relaxed);
        }
        if bytes.is_empty() || (self.deliver)(Delivery::Bytes(bytes)) { Ok(()) } else { Err(Unwanted) }
    }

    fn take_starved(&self) -> bool {
        self.state.starved.swap(false, Ordering::Relaxed)
    }
}

/// Why a reception ends.
enum Ending {
    End,
    Failed(Failure),
    Unwanted,
}

impl From<Failure> for Ending {
    fn from(failure: Failure) -> Ending {
        Ending::Failed(failure)
    }
}

impl From<Unwanted> for Ending {
    fn from(_: Unwanted) -> Ending {
        Ending::Unwanted
    }
}

async fn receive(fetcher: fetch::Fetcher, options: TunerOptions, url: String, mut outlet: Outlet) {
    let ending = match open(&fetcher, &options, &url, &mut outlet).await {
        Err(Ending::Failed(failure)) => Delivery::Failed(failure),
        Err(Ending::End) | Ok(()) => Delivery::End,
        Err(Ending::Unwanted) => return,
    };
    (outlet.deliver)(ending);
}

/// Looks at what the address stands for, and goes on as it must be received.
async fn open(fetcher: &fetch::Fetcher, options: &TunerOptions, url: &str, outlet: &mut Outlet) -> Result<(), Ending> {
    let mut body = fetcher.get(url, None).await?;
    let mut begin = Vec::new();
    while begin.len() < playlist::MARK.len() + playlist::BOM.len() {
        match body.chunk().await? {
            Some(chunk) => begin.extend_from_slice(&chunk),
            None => break,
        }
    }
    if playlist::is_playlist(&begin) {
        hls::Client::new(fetcher, options, outlet).run(body, begin).await
    } else {
        http::stream(body, begin, outlet).await
    }
}
