//! What the UI's thread, the decoders' threads and the display's thread hand one another. The lock is held for moments
//! only: never while pixels are copied, a device is asked or a decoder's memory is let go.

use crate::framebuffer::Canvas;
use crate::pixels::Damage;
use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use yuexiang_core::ports::{Nv12Picture, Panel, Rect, UiFrame, VideoPlane};

/// One of the two buffers of the UI.
pub(crate) struct UiBuffer {
    pub canvas: Canvas,
    /// Which of the two.
    pub slot: usize,
    /// Buffers of an earlier size are dropped when they come back.
    pub generation: u64,
}

/// A frame that waits for the screen.
pub(crate) struct QueuedFrame {
    pub buffer: UiBuffer,
    pub video: Option<Rect>,
}

/// The newest wish of the decoder.
pub(crate) enum PictureOrder {
    Show(Nv12Picture),
    Clear,
}

#[derive(Default)]
pub(crate) struct State {
    pub size: (u32, u32),
    pub has_video: bool,
    pub generation: u64,
    /// The buffer that is on no screen. It is nowhere here while a frame is being drawn into it or shown.
    pub free: Option<UiBuffer>,
    pub queued: Option<QueuedFrame>,
    /// What each buffer has missed; `None`: everything.
    pub missed: [Option<Damage>; 2],
    pub picture: Option<PictureOrder>,
    pub asleep: bool,
    pub closed: bool,
    pub description: String,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    wake: OwnedFd,
    /// Changes of the screen's contents so far.
    pub flips: AtomicU64,
}

impl Shared {
    pub fn new() -> io::Result<Arc<Shared>> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Arc::new(Shared { state: Mutex::default(), wake, flips: AtomicU64::new(0) }))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is done under the lock that leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the display's thread look at the state.
    pub fn wake(&self) {
        // Fails only when the counter is full: then the thread has been woken often enough.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    pub fn clear_wake(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0_u8; 8]);
    }

    pub fn flips(&self) -> u64 {
        self.flips.load(Ordering::Relaxed)
    }
}

/// The [`Panel`] of a display.
pub(crate) struct DisplayPanel(pub Arc<Shared>);

impl Panel for DisplayPanel {
    fn size(&self) -> (u32, u32) {
        self.0.lock().size
    }

    fn has_video_plane(&self) -> bool {
        self.0.lock().has_video
    }

    fn is_ready(&self) -> bool {
        self.0.lock().free.is_some()
    }

    /// A frame that comes while another is waiting replaces it; one that comes while both buffers are on their way to or
    /// from the screen is dropped, and what it changed is copied with the next.
    fn present(&mut self, frame: UiFrame<'_>) {
        let Some((mut buffer, parts)) = self.take(&frame) else { return };
        buffer.canvas.draw(frame.rgba, &parts);
        let stale = {
            let mut state = self.0.lock();
            if state.generation == buffer.generation && !state.closed {
                state.queued = Some(QueuedFrame { buffer, video: frame.video });
                None
            } else {
                Some(buffer)
            }
        };
        if stale.is_none() {
            self.0.wake();
        }
    }
}

impl DisplayPanel {
    /// The buffer for a frame, and the parts that it needs.
    fn take(&self, frame: &UiFrame<'_>) -> Option<(UiBuffer, Vec<Rect>)> {
        let mut state = self.0.lock();
        let (width, height) = state.size;
        if frame.rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            // What the frame changed cannot be known in the right size.
            state.missed = [None, None];
            return None;
        }
        for missed in state.missed.iter_mut().flatten() {
            missed.add(frame.changed);
        }
        let waiting = state.free.take().or_else(|| state.queued.take().map(|queued| queued.buffer));
        let buffer = waiting?;
        let missed = state.missed.get_mut(buffer.slot)?.replace(Damage::default());
        let whole = vec![Rect { x: 0, y: 0, width, height }];
        Some((buffer, missed.map_or(whole, |missed| missed.within((width, height)))))
    }
}

/// The [`VideoPlane`] of a display.
pub(crate) struct DisplayVideo(pub Arc<Shared>);

impl DisplayVideo {
    fn order(&self, order: PictureOrder) {
        let replaced = {
            let mut state = self.0.lock();
            if state.closed { Some(order) } else { state.picture.replace(order) }
        };
        self.0.wake();
        drop(replaced);
    }
}

impl VideoPlane for DisplayVideo {
    fn show(&self, picture: Nv12Picture) {
        self.order(PictureOrder::Show(picture));
    }

    fn clear(&self) {
        self.order(PictureOrder::Clear);
    }
}
