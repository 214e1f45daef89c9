//! The screen as Motion JPEG. All who watch share one encoder; while nobody watches nothing is copied or encoded.

use super::{Picture, pictures};
use bytes::Bytes;
use futures_util::stream::{self, Stream as FutureStream, StreamExt};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use yuexiang_ui::Frame;

pub const CONTENT_TYPE: &str = "multipart/x-mixed-replace; boundary=frame";

const HEAD: &str = "--frame\r\nContent-Type: image/jpeg\r\n\r\n";

/// At most fifteen frames a second.
const INTERVAL: Duration = Duration::from_millis(66);

type Part = Option<Bytes>;

pub struct Stream {
    picture: Arc<dyn Picture>,
    parts: watch::Sender<Part>,
    audience: Mutex<Audience>,
    /// Somebody has come or gone.
    moved: Notify,
}

#[derive(Default)]
struct Audience {
    watching: usize,
    /// Somebody has come and has not seen anything yet.
    newcomer: bool,
    encoding: bool,
}

/// Somebody watches for as long as it lives.
struct Seat(Arc<Stream>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.audience().watching -= 1;
        self.0.moved.notify_one();
    }
}

impl Stream {
    pub fn new(picture: Arc<dyn Picture>) -> Arc<Stream> {
        let (parts, _) = watch::channel(None);
        Arc::new(Stream { picture, parts, audience: Mutex::default(), moved: Notify::new() })
    }

    /// The body of one answer. Who reads slowly gets fewer frames, never late ones.
    pub fn watch(self: &Arc<Stream>) -> impl FutureStream<Item = Result<Bytes, Infallible>> + use<> {
        let mut parts = self.parts.subscribe();
        // What is there may be old; the encoder sends the newest to a newcomer at once.
        parts.mark_unchanged();
        let seat = self.take_seat();
        let body = stream::unfold((parts, seat), async |(mut parts, seat)| {
            loop {
                parts.changed().await.ok()?;
                let part = parts.borrow_and_update().clone();
                if let Some(part) = part {
                    return Some((Ok(part), (parts, seat)));
                }
            }
        });
        stream::once(async { Ok(Bytes::from_static(HEAD.as_bytes())) }).chain(body)
    }

    fn take_seat(self: &Arc<Stream>) -> Seat {
        let mut audience = self.audience();
        audience.watching += 1;
        audience.newcomer = true;
        if !std::mem::replace(&mut audience.encoding, true) {
            tokio::spawn(self.clone().encode());
        }
        self.moved.notify_one();
        Seat(self.clone())
    }

    async fn encode(self: Arc<Stream>) {
        let mut shown = 0;
        while self.goes_on(&mut shown) {
            let frame = tokio::select! {
                frame = self.picture.after(shown) => frame,
                () = self.moved.notified() => continue,
            };
            shown = frame.serial;
            let started = Instant::now();
            match tokio::task::spawn_blocking(move || part(&frame)).await {
                Ok(Ok(part)) => drop(self.parts.send_replace(Some(part))),
                Ok(Err(error)) => tracing::warn!("encoding a frame failed: {error}"),
                Err(error) => tracing::warn!("encoding a frame failed: {error}"),
            }
            // Encoding takes half a core at most.
            let pause = INTERVAL.max(started.elapsed() * 2).saturating_sub(started.elapsed());
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether anybody watches. A newcomer gets the picture that stands still, too.
    fn goes_on(&self, shown: &mut u64) -> bool {
        let mut audience = self.audience();
        if std::mem::take(&mut audience.newcomer) {
            *shown = 0;
        }
        audience.encoding = audience.watching > 0;
        if !audience.encoding {
            self.parts.send_replace(None);
        }
        audience.encoding
    }

    fn audience(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One frame, and the boundary and head of the next: a browser shows a picture when it has seen the next one's head, so
/// that comes at once and not with the next picture.
fn part(frame: &Frame) -> Result<Bytes, jpeg_encoder::EncodingError> {
    let mut part = pictures::jpeg(frame)?;
    part.extend_from_slice(b"\r\n");
    part.extend_from_slice(HEAD.as_bytes());
    Ok(part.into())
}
