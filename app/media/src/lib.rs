//! Playback with GStreamer.
//!
//! ```text
//!  driver ── MediaRequest ──▶ media thread ── set_state, seek ──▶ pipeline ──▶ tap ── picture ──▶ VideoOutput
//!     ▲                          │   ▲                              │           │
//!     └────── MediaEvent ────────┘   └───────── bus messages ───────┴───────────┘
//! ```
//!
//! [`Media::handle`] only puts the request into the media thread's inbox. That thread owns the pipelines: usually one,
//! and two while a new one loads, because the old picture goes on until the new one's first frame is there. A pipeline
//! that is given up is cut off first, so that it neither shows nor plays nor downloads, and then stopped on a thread of
//! its own: that can wait for a server, or for ever. What does not return is counted ([`Endurance`]).
//!
//! Live services come through `yuexiang-tuner`; files of the disk and files over HTTP have GStreamer's own sources.
//!
//! Whether a frame is shown is decided in one place, `Screen`: it knows which pipeline is on the screen and which
//! one is to follow it, and hands over under one lock, so that an old frame never comes after a new one.

mod background;
mod engine;
mod failure;
mod live;
mod picture;
mod pipeline;
mod playback;
mod screen;
pub mod selftest;
mod sink;

pub use background::Endurance;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use yuexiang_core::event::{MediaEvent, MediaRequest};
use yuexiang_core::ports::{ObjectPaths, VideoOutput};

/// Pixels of the picture in each place where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoSizes {
    /// The home page's window: width and height.
    pub window: (u32, u32),
    pub full: (u32, u32),
}

#[derive(Clone, Debug)]
pub struct MediaOptions {
    /// Use the sound device when there is one. Otherwise the sound is decoded and dropped, so that everything else
    /// takes the same course.
    pub sound: bool,
    /// A picture is missed for so long before [`MediaEventKind::Stalled`](yuexiang_core::event::MediaEventKind) is
    /// reported.
    pub stalled_after: Duration,
    /// The first picture of a load is waited for so long before the same is reported.
    pub loading_at_most: Duration,
    /// An HTTP server that sends nothing for so long is given up, in whole seconds.
    pub http_timeout: Duration,
    /// The same for a live service, where the next segment may be had when this one cannot.
    pub live_timeout: Duration,
    pub endurance: Endurance,
}

impl Default for MediaOptions {
    fn default() -> MediaOptions {
        MediaOptions {
            sound: true,
            stalled_after: Duration::from_secs(4),
            loading_at_most: Duration::from_secs(12),
            http_timeout: Duration::from_secs(8),
            live_timeout: Duration::from_secs(5),
            endurance: Endurance::default(),
        }
    }
}

/// The player's hands. Requests go in by [`Media::handle`]; answers come through the `events` function, on the media
/// thread, and pictures through the [`VideoOutput`], on a streaming thread of GStreamer. Both must return soon and must not
/// block on a thread that waits for [`Media`].
///
/// Every event carries the generation of the load it belongs to; after a newer load has been handed to
/// [`Media::handle`] nothing of an older one is reported.
///
/// Dropping it stops everything and waits at most two seconds for that.
pub struct Media {
    commands: Sender<engine::Command>,
    /// The newest generation handed in, so that the media thread can hold its tongue about older ones at once.
    latest: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stopped: Mutex<mpsc::Receiver<()>>,
}

impl Media {
    /// `on_ruin` is told, once, that so much of GStreamer hangs that only a new process plays again, and why; on a thread
    /// of its own.
    ///
    /// Returns at once; GStreamer is set up on the media thread. When it cannot be, every load is answered by
    /// [`MediaEventKind::Failed`](yuexiang_core::event::MediaEventKind) with the reason.
    pub fn new(
        sizes: VideoSizes,
        output: VideoOutput,
        objects: Arc<dyn ObjectPaths>,
        events: impl Fn(MediaEvent) + Send + Sync + 'static,
        on_ruin: impl Fn(String) + Send + Sync + 'static,
        options: MediaOptions,
    ) -> std::io::Result<Media> {
        let (commands, inbox) = mpsc::channel();
        let (stopping, stopped) = mpsc::channel();
        let latest = Arc::new(AtomicU64::new(0));
        let parts = engine::Parts {
            commands: commands.clone(),
            screen: Arc::new(screen::Screen::new(sizes, output)),
            objects,
            events: Box::new(events),
            on_ruin: Box::new(on_ruin),
            latest: latest.clone(),
            options,
        };
        let thread = std::thread::Builder::new().name("media".into()).spawn(move || {
            engine::run(parts, inbox);
            // The receiver is gone when nobody waits for the end any more.
            let _ = stopping.send(());
        })?;
        Ok(Media { commands, latest, thread: Mutex::new(Some(thread)), stopped: Mutex::new(stopped) })
    }

    /// Never blocks.
    pub fn handle(&self, request: MediaRequest) {
        if let MediaRequest::Load { generation, .. } = &request {
            self.latest.fetch_max(*generation, Ordering::SeqCst);
        }
        if self.commands.send(engine::Command::Request(request)).is_err() {
            tracing::error!("media thread ended; request dropped");
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        // It has ended already when this fails.
        let _ = self.commands.send(engine::Command::Quit);
        let stopped = self.stopped.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        if stopped.recv_timeout(Duration::from_secs(2)).is_err() {
            tracing::warn!("timeout: playback did not stop within two seconds");
            return;
        }
        let thread = self.thread.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("media thread panicked");
        }
    }
}
