//! Takes connections in, and lets none of them wait for ever: `axum::serve` installs no timer.
//!
//! ```text
//!              first byte                 whole                answer taken
//!  accepted ─────────────▶ reads a head ─────────▶ a request ───────────────▶ idle ──first byte──▶ reads a head
//!  └──────── limits.head ────────────────┘                                   └ limits.idle ┘
//! ```
//!
//! A request may take as long as it goes on: parts of its body come at most `limits.body` apart, and the answer is taken
//! with pauses of at most `limits.stalled`. So an upload of gigabytes over a slow line goes on, and who says half a
//! sentence and nothing more holds nothing. What a handler makes of a body that stopped is its own affair: an upload
//! keeps what has come.
//!
//! Only HTTP/1 is spoken. Boxes and proxies need no more, and what cannot be asked for cannot be misused.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use axum::response::IntoResponse;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;
use yuexiang_console::messages::request::Request as Reason;

use super::gate::{Gate, Ticket};
use crate::accounts::Settings;
use crate::accounts::web::{Problem, forwarded_address};

/// After an error that is the machine's, such as too many open files, so long nobody is taken in.
const PAUSE: Duration = Duration::from_secs(1);
/// Open files that are left to the database, media and everything else.
const RESERVED: usize = 256;
/// Connections of one process at most.
const MOST: usize = 20_000;
/// Connections of one address, unless the configuration says otherwise.
const EACH: usize = 512;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the beginning of a connection, or of a later request, to the end of the request's head.
    pub head: Duration,
    /// Between two requests. Boxes ask about once a minute and keep their connection.
    pub idle: Duration,
    /// Between two parts of a request's body.
    pub body: Duration,
    /// Without anything of an answer being taken.
    pub stalled: Duration,
    /// Connections.
    pub connections: usize,
    /// Connections of one address; behind a proxy, requests at the same time.
    pub each: usize,
}

impl Limits {
    /// What so many files allow that the process may open; half of them are for boxes that wait to be woken.
    pub fn of_files(files: Option<u64>, each: Option<usize>) -> Limits {
        let half = files.and_then(|files| usize::try_from(files / 2).ok()).unwrap_or(MOST + RESERVED);
        let connections = half.saturating_sub(RESERVED).clamp(64, MOST);
        Limits {
            head: Duration::from_secs(15),
            idle: Duration::from_secs(100),
            body: Duration::from_secs(60),
            stalled: Duration::from_secs(60),
            connections,
            each: each.unwrap_or(EACH).clamp(1, connections),
        }
    }

    fn shortest(&self) -> Duration {
        self.head.min(self.idle).min(self.stalled)
    }
}

/// Serves until `stop`, and then what is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: Settings,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let door = Door { gate: Gate::new(limits.each), requests: Gate::new(limits.each), router, settings, limits };
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, permit) = tokio::select! {
            taken = accept(&listener, &room) => taken,
            () = &mut stop => break,
        };
        while connections.try_join_next().is_some() {}
        let Some(ticket) = door.admit(peer.ip()) else {
            tracing::debug!(%peer, "connection refused: this address has too many open");
            continue;
        };
        let (door, stopped) = (door.clone(), stopped.clone());
        connections.spawn(async move {
            door.attend(stream, peer, stopped).await;
            drop((permit, ticket));
        });
    }
    drop(listener);
    // Whoever is in the middle of something is let finish.
    let _ = stopping.send(true);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is room for it; until then it waits with the operating system.
pub(super) async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return std::future::pending().await };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "accepting connections");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionRefused | E::ConnectionAborted | E::ConnectionReset)
}

/// What all connections share.
#[derive(Clone)]
struct Door {
    gate: Gate,
    /// Those who come through a proxy share its connections, so their requests are counted.
    requests: Gate,
    router: Router,
    settings: Settings,
    limits: Limits,
}

/// That somebody may come in: a ticket, or that it is a proxy, which brings many.
enum Admitted {
    Ticket { _held: Ticket },
    Proxy,
}

impl Door {
    fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        match self.settings.is_proxy(peer) {
            true => Some(Admitted::Proxy),
            false => self.gate.enter(peer).map(|held| Admitted::Ticket { _held: held }),
        }
    }

    /// One connection, to its end.
    async fn attend(self, stream: TcpStream, peer: SocketAddr, mut stopped: watch::Receiver<bool>) {
        // Without it, small answers wait 45 ms for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays with Nagle's algorithm");
        }
        let pulse = Arc::new(Pulse::new());
        let io = TokioIo::new(Watched { stream, pulse: pulse.clone() });
        let service = hyper::service::service_fn(|request| self.answer(request, peer, pulse.clone()));
        let mut connection = pin!(http1::Builder::new().serve_connection(io, service));
        let mut over = pin!(pulse.over(&self.limits));
        let mut is_stopping = *stopped.borrow();
        if is_stopping {
            connection.as_mut().graceful_shutdown();
        }
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, %peer, "connection ended");
                    }
                    return;
                }
                late = &mut over => {
                    tracing::debug!(%peer, late, "connection closed");
                    return;
                }
                changed = stopped.changed(), if !is_stopping => {
                    is_stopping = true;
                    if changed.is_ok() {
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        pulse: Arc<Pulse>,
    ) -> Result<Response<Body>, Infallible> {
        let under_way = UnderWay::new(pulse);
        let mut ticket = None;
        if self.settings.is_proxy(peer.ip())
            && let Some(address) = forwarded_address(&self.settings, request.headers())
        {
            ticket = self.requests.enter(address);
            if ticket.is_none() {
                let busy = Problem::of(Reason::TooManyOpen).wait(5).into_response();
                return Ok(busy.map(|body| Body::new(Answer { body, _under_way: under_way, _ticket: None })));
            }
        }
        let mut request = request.map(|body| Body::new(TimeoutBody::new(self.limits.body, body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await?;
        Ok(response.map(|body| Body::new(Answer { body, _under_way: under_way, _ticket: ticket })))
    }
}

/// Where a connection stands.
#[derive(Debug)]
struct Pulse(Mutex<Beat>);

#[derive(Clone, Copy, Debug)]
struct Beat {
    phase: Phase,
    since: Instant,
    /// The other side has taken nothing since.
    blocked: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Head,
    Request,
    Idle,
}

impl Pulse {
    fn new() -> Pulse {
        Pulse(Mutex::new(Beat { phase: Phase::Head, since: Instant::now(), blocked: None }))
    }

    fn change(&self, change: impl FnOnce(&mut Beat)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn enter(&self, phase: Phase) {
        self.change(|beat| (beat.phase, beat.since) = (phase, Instant::now()));
    }

    /// Something was read. The first byte after an answer begins a head.
    fn read(&self) {
        self.change(|beat| {
            if beat.phase == Phase::Idle {
                (beat.phase, beat.since) = (Phase::Head, Instant::now());
            }
        });
    }

    fn wrote(&self, is_blocked: bool) {
        self.change(|beat| beat.blocked = is_blocked.then(|| beat.blocked.unwrap_or_else(Instant::now)));
    }

    /// Ends when the connection has used up its time, with what it lacked. It is looked at now and then rather than with
    /// every byte: a connection lives a little longer than the limits say.
    async fn over(&self, limits: &Limits) -> &'static str {
        loop {
            let beat = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let phase = match beat.phase {
                Phase::Head => Some((beat.since + limits.head, "the head of a request did not come")),
                Phase::Idle => Some((beat.since + limits.idle, "nothing was asked for")),
                Phase::Request => None,
            };
            let blocked = beat.blocked.map(|since| (since + limits.stalled, "the answer was not taken"));
            let first = phase.into_iter().chain(blocked).min_by_key(|(at, _)| *at);
            if let Some((_, late)) = first.filter(|(at, _)| *at <= now) {
                return late;
            }
            let look = now + limits.shortest();
            tokio::time::sleep_until(first.map_or(look, |(at, _)| at.min(look))).await;
        }
    }
}

/// A request is under way as long as this lives.
struct UnderWay(Arc<Pulse>);

impl UnderWay {
    fn new(pulse: Arc<Pulse>) -> UnderWay {
        pulse.enter(Phase::Request);
        UnderWay(pulse)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

/// An answer's body; when it has been sent, the request is over.
struct Answer {
    body: Body,
    _under_way: UnderWay,
    _ticket: Option<Ticket>,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that notes what goes through it.
struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buf);
        if matches!(polled, Poll::Ready(Ok(()))) && buf.filled().len() > before {
            self.pulse.read();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, buf);
        self.pulse.wrote(polled.is_pending());
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bufs);
        self.pulse.wrote(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
#[path = "connections/tests.rs"]
mod tests;
