//! Objects: streamed into the store's unfinished file, continued where an earlier attempt stopped.

use crate::Events;
use crate::http::{Http, causes, unreachable};
use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{NetError, NetErrorKind, NetEvent, StoreError, StoreErrorKind};
use yuexiang_core::ports::{ObjectSink, ObjectWriter};

/// Progress is told no more often than four times a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// Pieces of an answer that may wait for the disk.
const QUEUE: usize = 16;

pub(crate) struct Downloads {
    http: Arc<Http>,
    sink: Arc<dyn ObjectSink>,
    events: Events,
    running: Arc<Mutex<Running>>,
}

/// Object → how to give it up.
type Running = HashMap<Sha256, oneshot::Sender<()>>;

impl Downloads {
    pub fn new(http: Arc<Http>, sink: Arc<dyn ObjectSink>, events: Events) -> Downloads {
        Downloads { http, sink, events, running: Arc::default() }
    }

    /// Into the store's file.
    pub fn start(&self, runtime: &Handle, object: ObjectRef) {
        self.run(runtime, object, None);
    }

    /// Into the store's memory, in the place of these.
    pub fn borrow(&self, runtime: &Handle, object: ObjectRef, instead_of: Vec<Sha256>) {
        self.run(runtime, object, Some(instead_of));
    }

    fn run(&self, runtime: &Handle, object: ObjectRef, borrowed: Option<Vec<Sha256>>) {
        let (cancel, cancelled) = oneshot::channel();
        lock(&self.running).insert(object.sha256, cancel);
        let download = Download {
            http: Arc::clone(&self.http),
            sink: Arc::clone(&self.sink),
            events: Arc::clone(&self.events),
            object,
            borrowed,
            path: format!("objects/{}", object.sha256),
            turn: Arc::new(Semaphore::new(1)),
        };
        let running = Arc::clone(&self.running);
        runtime.spawn(async move {
            let result = tokio::select! {
                result = download.run() => result,
                Ok(()) = cancelled => Err(download.error(NetErrorKind::Cancelled, format_args!("given up"))),
            };
            // Whoever asks for the object next must find its file closed, even if a thread is still writing now.
            let _closed = download.turn.acquire().await;
            lock(&running).remove(&object.sha256);
            if let Err(error) = &result
                && error.kind != NetErrorKind::Cancelled
            {
                tracing::warn!(object = %object.sha256, kind = ?error.kind, %error, "object fetch failed");
            }
            (download.events)(NetEvent::ObjectFetched { object, result });
        });
    }

    pub fn cancel(&self, sha256: Sha256) {
        if let Some(cancel) = lock(&self.running).remove(&sha256) {
            // The download may just have ended; it is answered either way.
            let _ = cancel.send(());
        }
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writer of an object's file; there is one at a time, wherever it is held and however it ends.
struct Writer {
    file: Box<dyn ObjectWriter>,
    // Dropped after the file.
    _turn: OwnedSemaphorePermit,
}

struct Download {
    http: Arc<Http>,
    sink: Arc<dyn ObjectSink>,
    events: Events,
    object: ObjectRef,
    /// It is not for the disk; these are dropped from memory for it.
    borrowed: Option<Vec<Sha256>>,
    path: String,
    turn: Arc<Semaphore>,
}

impl Download {
    async fn run(&self) -> Result<(), NetError> {
        let (sink, object) = (Arc::clone(&self.sink), self.object);
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.map_err(|error| self.error(NetErrorKind::Cancelled, format_args!("{error}")))?;
        let borrowed = self.borrowed.clone();
        let open = move || match borrowed {
            Some(instead_of) => Ok(sink.open_in_memory(object, &instead_of)),
            None => sink.open(object),
        };
        let mut writer = self.blocking(move || Ok(Writer { file: open()?, _turn: turn })).await?;
        if writer.file.offset() < self.object.length {
            let remaining = self.object.length - writer.file.offset();
            let patience = self.http.patience(remaining);
            writer = match tokio::time::timeout(patience, self.fill(writer)).await {
                Ok(writer) => writer?,
                Err(_) => {
                    return Err(unreachable(&self.path, format_args!("not there after {} s", patience.as_secs())));
                }
            };
        }
        self.blocking(move || {
            let Writer { file, _turn } = writer;
            file.finish()
        })
        .await
    }

    /// Gets what is missing.
    async fn fill(&self, writer: Writer) -> Result<Writer, NetError> {
        let offset = writer.file.offset();
        let response = self.http.get_object(&self.path, offset).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if self.continues(&response, offset)? => self.stream(response, writer).await,
            StatusCode::OK if offset == 0 => self.stream(response, writer).await,
            StatusCode::OK => {
                let writer = self.restart(writer).await?;
                self.stream(response, writer).await
            }
            _ => {
                // The server cannot continue here: once more from the beginning.
                let writer = self.restart(writer).await?;
                let response = self.http.get_object(&self.path, 0).await?;
                if response.status() != StatusCode::OK {
                    return Err(self.error(
                        NetErrorKind::Server,
                        format_args!("the server answered {}", response.status().as_u16()),
                    ));
                }
                self.stream(response, writer).await
            }
        }
    }

    /// Whether a 206 brings exactly what was asked for; another total length is another object.
    fn continues(&self, response: &Response, offset: u64) -> Result<bool, NetError> {
        let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
        let parse = |range: &str| -> Option<(u64, u64)> {
            let (bounds, total) = range.strip_prefix("bytes ")?.split_once('/')?;
            Some((bounds.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()?))
        };
        match parse(range) {
            Some((_, total)) if total != self.object.length => Err(self.other_length(total)),
            Some((start, _)) => Ok(start == offset),
            None => Ok(false),
        }
    }

    async fn restart(&self, mut writer: Writer) -> Result<Writer, NetError> {
        self.blocking(move || writer.file.restart().map(|()| writer)).await
    }

    /// Passes the answer to the disk. A thread of its own writes, so that a slow disk stalls nobody else's connection.
    async fn stream(&self, mut response: Response, mut writer: Writer) -> Result<Writer, NetError> {
        let mut received = writer.file.offset();
        let to_come = self.object.length - received;
        if let Some(length) = response.content_length().filter(|length| *length != to_come) {
            return Err(self.other_length(received + length));
        }
        // Such an answer says by itself where it ends.
        let chunked = response.headers().contains_key(TRANSFER_ENCODING);
        let (send, mut pieces) = mpsc::channel::<Bytes>(QUEUE);
        let writing = spawn_blocking(move || -> Result<Writer, StoreError> {
            while let Some(piece) = pieces.blocking_recv() {
                writer.file.write(&piece)?;
            }
            Ok(writer)
        });
        let mut told = Instant::now();
        let mut failure = None;
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => {
                    received += piece.len() as u64;
                    if send.send(piece).await.is_err() {
                        // The disk has refused; it says why below.
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    failure = Some(unreachable(&self.path, format_args!("{}", causes(&error))));
                    break;
                }
            }
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                (self.events)(NetEvent::ObjectProgress { sha256: self.object.sha256, received });
            }
        }
        drop(send);
        let written = writing.await.map_err(|error| self.error(NetErrorKind::Storage, format_args!("{error}")))?;
        let mut writer = written.map_err(|error| self.storage(error))?;
        let received = writer.file.offset();
        (self.events)(NetEvent::ObjectProgress { sha256: self.object.sha256, received });
        match failure {
            Some(failure) => Err(failure),
            None if received < self.object.length && chunked => {
                // A login page, say. Nothing of it may stay to be continued.
                self.blocking(move || writer.file.restart()).await?;
                Err(self.other_length(received))
            }
            None if received < self.object.length => Err(unreachable(
                &self.path,
                format_args!("the answer ended after {received} of {} bytes", self.object.length),
            )),
            None => Ok(writer),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, NetError> {
        match spawn_blocking(work).await {
            Ok(result) => result.map_err(|error| self.storage(error)),
            Err(error) => Err(self.error(NetErrorKind::Storage, format_args!("{error}"))),
        }
    }

    /// Wrong bytes are the sender's fault; everything else is the disk's.
    fn storage(&self, error: StoreError) -> NetError {
        let kind = match error.kind {
            StoreErrorKind::Corrupt => NetErrorKind::Untrusted,
            _ => NetErrorKind::Storage,
        };
        NetError { kind, detail: error.detail }
    }

    fn other_length(&self, length: u64) -> NetError {
        let expected = self.object.length;
        self.error(NetErrorKind::Untrusted, format_args!("{length} bytes are offered, its page says {expected}"))
    }

    fn error(&self, kind: NetErrorKind, reason: std::fmt::Arguments<'_>) -> NetError {
        NetError { kind, detail: format!("{}: {reason}", self.path) }
    }
}
