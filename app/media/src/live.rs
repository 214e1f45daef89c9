//! The beginning of a live pipeline: what the tuner receives goes into `appsrc`.
//!
//! ```text
//!  tuner's thread: Reception ── bytes ──▶ appsrc ──▶ typefind, tsdemux, decoders
//!                      ▲                    │
//!                      └── hungry or not ───┘
//! ```
//!
//! Neither side waits for the other: `appsrc` takes bytes without blocking and says when it has enough, which the
//! reception heeds before it reads on. So nothing that a server does can hold up a change of state.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use yuexiang_tuner::{Delivery, Failure, Reception, Tuner};

/// Bytes before the demuxer: two seconds of what a village's line can carry.
const ROOM: u64 = 2 << 20;
/// Less than this before the decoders is dry.
const DRY: Duration = Duration::from_millis(300);
/// So much has to be there before it goes on.
const ENOUGH: Duration = Duration::from_secs(2);

/// A live service on its way into a pipeline. Dropping it ends the download.
pub struct LiveFeed {
    reception: Reception,
    inlet: Arc<Mutex<Inlet>>,
    /// Nothing comes any more: what is there plays to its end.
    ended: Arc<AtomicBool>,
    /// The pipeline's position at the first picture, milliseconds.
    origin: Option<u64>,
}

#[derive(Default)]
struct Inlet {
    source: Option<gst_app::AppSrc>,
    /// What came before there was a source.
    early: Vec<Vec<u8>>,
    ended: Arc<AtomicBool>,
}

impl LiveFeed {
    /// `on_failure` is called on the tuner's thread.
    pub fn open(tuner: &Tuner, url: &str, on_failure: impl Fn(Failure) + Send + 'static) -> LiveFeed {
        let inlet = Arc::new(Mutex::new(Inlet::default()));
        let (own, ended) = (inlet.clone(), lock(&inlet).ended.clone());
        let reception = tuner.open(url, move |delivery| match delivery {
            Delivery::Bytes(bytes) => lock(&own).push(bytes),
            Delivery::End => {
                lock(&own).end();
                false
            }
            Delivery::Failed(failure) => {
                on_failure(failure);
                false
            }
        });
        // Until the source asks.
        reception.set_hungry(false);
        LiveFeed { reception, inlet, ended, origin: None }
    }

    /// Connects the source that `playbin` makes of `appsrc://`.
    pub fn connect(&self, playbin: &gst::Element) {
        let (inlet, appetite) = (self.inlet.clone(), self.reception.appetite());
        playbin.connect("source-setup", false, move |values| {
            let source = values.get(1)?.get::<gst::Element>().ok()?.downcast::<gst_app::AppSrc>().ok()?;
            source.set_max_bytes(ROOM);
            source.set_block(false);
            // Asking only when nothing is left would let it run dry each time.
            source.set_min_percent(50);
            let (more, enough) = (appetite.clone(), appetite.clone());
            source.set_callbacks(
                gst_app::AppSrcCallbacks::builder()
                    .need_data(move |_, _| _ = more.send_replace(true))
                    .enough_data(move |_| _ = enough.send_replace(false))
                    .build(),
            );
            lock(&inlet).attach(source);
            None
        });
    }

    /// The first picture is on the screen, at this position of the pipeline.
    pub fn begin(&mut self, position: u64) {
        self.origin = Some(position);
    }

    /// What of the service lies before the sinks at this position of the pipeline, if its bytes say so.
    fn ahead(&self, position: u64) -> Option<Duration> {
        let delivered = self.reception.delivered()?;
        let played = position.saturating_sub(self.origin?);
        Some(delivered.saturating_sub(Duration::from_millis(played)))
    }

    pub fn is_dry(&self, position: u64) -> bool {
        !self.ended.load(Ordering::Relaxed) && self.ahead(position).is_some_and(|ahead| ahead < DRY)
    }

    /// Percent of what has to be there before it goes on; `None` when it is there.
    pub fn filling(&self, position: u64) -> Option<u8> {
        let ahead = self.ahead(position)?;
        if ahead >= ENOUGH || !self.reception.is_hungry() || self.ended.load(Ordering::Relaxed) {
            return None;
        }
        Some(u8::try_from(ahead.as_millis() * 100 / ENOUGH.as_millis()).unwrap_or(99).min(99))
    }

    /// Playing has run dry.
    pub fn set_starved(&self) {
        self.reception.set_starved();
    }
}

impl Inlet {
    fn push(&mut self, bytes: Vec<u8>) -> bool {
        match &self.source {
            // An error means that the pipeline stops or has come to its end.
            Some(source) => source.push_buffer(gst::Buffer::from_mut_slice(bytes)).is_ok(),
            None => {
                self.early.push(bytes);
                true
            }
        }
    }

    fn end(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(source) = &self.source {
            // As above.
            let _ = source.end_of_stream();
        }
    }

    fn attach(&mut self, source: gst_app::AppSrc) {
        self.source = Some(source);
        for bytes in std::mem::take(&mut self.early) {
            self.push(bytes);
        }
        if self.ended.load(Ordering::Relaxed) {
            self.end();
        }
    }
}

fn lock(inlet: &Mutex<Inlet>) -> MutexGuard<'_, Inlet> {
    inlet.lock().unwrap_or_else(PoisonError::into_inner)
}
