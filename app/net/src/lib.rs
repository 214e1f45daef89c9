//! The box's transports, and the verification of what they bring.
//!
//! Nothing is believed because of where it came from: metadata is checked with The Update Framework against the
//! region's own keys ([`refresh`]), documents against the verified metadata and against every bound ([`documents`]),
//! approvals of items against their reviewers' signatures ([`approvals`]), objects against the hash that is their name. A transport brings bytes; it decides nothing.
//!
//! [`Net`] runs requests on two threads of its own and answers with events, from those threads.

mod approvals;
mod codec;
mod convert;
mod documents;
mod http;
mod objects;
pub mod preview;
mod report;
mod refresh;
mod trust;
mod views;
mod wake;
mod workflow;

#[cfg(test)]
mod tests;

pub use codec::WireCodec;
pub use wake::WakeUrl;

/// Whether HTTPS would work here: the number of root certificates of the system. The error says what is missing.
pub fn check_tls() -> Result<usize, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let reason = found.errors.first().map_or_else(|| "the system has none".to_owned(), ToString::to_string);
        return Err(format!("no root certificates: {reason}"));
    }
    reqwest::Client::builder().build().map_err(|error| format!("HTTPS cannot be set up: {error}"))?;
    Ok(found.certs.len())
}

use documents::fetch_target;
use http::Http;
use objects::Downloads;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use yuexiang_core::event::{NetEvent, NetRequest};
use yuexiang_core::ports::ObjectSink;
use yuexiang_core::region::RegionCode;
use yuexiang_core::uplink::Payload;

#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Where `/tuf`, `/objects` and `/views` lie, such as `https://tv.example.cn/`.
    pub base_url: String,
    /// Sent with every request; keep it short, it is a fifth of a poll.
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// No byte for this long: the connection is given up.
    pub idle_timeout: Duration,
    /// An answer takes at most `base_timeout` plus its length divided by `slowest`.
    pub base_timeout: Duration,
    /// The slowest line that is worth waiting for, in bytes per second.
    pub slowest: u64,
    /// Bytes; a longer page is refused before it is fetched.
    pub page_limit: u64,
    /// Where the cloud says that one of these regions has published.
    pub wake: Option<(WakeUrl, Vec<RegionCode>)>,
}

impl NetConfig {
    pub fn new(base_url: impl Into<String>) -> NetConfig {
        NetConfig {
            base_url: base_url.into(),
            user_agent: concat!("yuexiang/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(20),
            base_timeout: Duration::from_secs(30),
            slowest: 1024,
            page_limit: 4 << 20,
            wake: None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NetSetupError {
    #[error("the cloud's address `{url}` is no http(s) URL: {reason}")]
    Address { url: String, reason: String },
    #[error("set up HTTP: {0}")]
    Http(reqwest::Error),
    #[error("start the network threads: {0}")]
    Threads(std::io::Error),
}

type Events = Arc<dyn Fn(NetEvent) + Send + Sync>;

pub struct Net {
    http: Arc<Http>,
    events: Events,
    downloads: Downloads,
    /// Polls share two connections instead of opening five.
    polls: Arc<Semaphore>,
    /// Where news are told, and who waits for them.
    wake: Option<(WakeUrl, Mutex<tokio::task::JoinHandle<()>>)>,
    runtime: Option<Runtime>,
}

impl Net {
    pub fn new(
        config: NetConfig,
        sink: Arc<dyn ObjectSink>,
        events: impl Fn(NetEvent) + Send + Sync + 'static,
    ) -> Result<Net, NetSetupError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("net")
            .enable_all()
            .build()
            .map_err(NetSetupError::Threads)?;
        let wake = config.wake.clone();
        let http = Arc::new(Http::new(config)?);
        let events: Events = Arc::new(events);
        let wake = wake.map(|(at, regions)| {
            let listening = runtime.spawn(wake::listen(at.clone(), regions, Arc::clone(&events)));
            (at, Mutex::new(listening))
        });
        let downloads = Downloads::new(Arc::clone(&http), sink, Arc::clone(&events));
        Ok(Net { http, events, downloads, polls: Arc::new(Semaphore::new(2)), wake, runtime: Some(runtime) })
    }

    /// Whether the system has root certificates, without which nothing can be had over HTTPS.
    pub fn has_certificates(&self) -> bool {
        self.http.has_certificates()
    }

    /// Starts the request, or takes back an earlier one; never waits.
    pub fn handle(&self, request: NetRequest) {
        let Some(runtime) = &self.runtime else { return };
        let (http, events, polls) = (Arc::clone(&self.http), Arc::clone(&self.events), Arc::clone(&self.polls));
        match request {
            NetRequest::Refresh { region, trust, now } => {
                runtime.spawn(async move {
                    let _turn = polls.acquire().await;
                    let keep = |trust| events(NetEvent::MetadataVerified { region, trust });
                    let (result, server_time) = refresh::refresh(&http, region, trust, now, &keep).await;
                    if let Err(error) = &result {
                        tracing::warn!(%region, kind = ?error.kind, %error, "metadata refresh failed");
                    }
                    events(NetEvent::Refreshed { region, result, server_time });
                });
            }
            NetRequest::FetchTarget { region, target } => {
                runtime.spawn(async move {
                    let result = fetch_target(&http, region, &target).await;
                    if let Err(error) = &result {
                        tracing::warn!(%region, target = target.path, kind = ?error.kind, %error, "target fetch or verification failed");
                    }
                    events(NetEvent::Fetched { region, target, result });
                });
            }
            NetRequest::FetchObject { object } => self.downloads.start(runtime.handle(), object),
            NetRequest::BorrowObject { object, instead_of } => {
                self.downloads.borrow(runtime.handle(), object, instead_of);
            }
            NetRequest::Send { id, payload } => {
                runtime.spawn(async move {
                    let result = match payload {
                        Payload::Views(batch) => views::send(&http, id, batch).await,
                    };
                    if let Err(error) = &result {
                        tracing::debug!(message = %id, %error, "sending a message failed; retrying later");
                    }
                    events(NetEvent::Sent { id, result });
                });
            }
            NetRequest::SendReport { report } => {
                runtime.spawn(async move {
                    let result = report::send(&http, report).await;
                    if let Err(error) = &result {
                        tracing::debug!(%error, "sending report failed");
                    }
                    events(NetEvent::ReportSent { result });
                });
            }
            NetRequest::Listen { regions } => {
                if let Some((at, listening)) = &self.wake {
                    let mut listening = listening.lock().unwrap_or_else(PoisonError::into_inner);
                    listening.abort();
                    *listening = runtime.spawn(wake::listen(at.clone(), regions, events));
                }
            }
            NetRequest::CancelObject { sha256 } => self.downloads.cancel(sha256),
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        // Not even a slow line holds up the end; unfinished objects stay for the next time.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
