//! Which pipeline's frames reach the screen.

use crate::VideoSizes;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::{FrameSink, VideoFrame};

/// Frames of a hidden picture are made so small that they cost nothing, and thrown away. Dropping them before they are
/// made would let a stream without sound run ahead of the clock, and a paused one never arrive.
const HIDDEN: (u32, u32) = (32, 18);

pub type PlaybackId = u64;

pub struct Screen {
    sizes: VideoSizes,
    frames: Arc<dyn FrameSink>,
    state: Mutex<State>,
}

struct State {
    /// Its frames are shown.
    showing: Option<PlaybackId>,
    /// Its first frame makes it the one that is shown.
    next: Option<PlaybackId>,
    place: VideoPlace,
}

impl Screen {
    pub fn new(sizes: VideoSizes, frames: Arc<dyn FrameSink>) -> Screen {
        let state = State { showing: None, next: None, place: VideoPlace::Hidden };
        Screen { sizes, frames, state: Mutex::new(state) }
    }

    /// The size in which pipelines have to make their frames.
    pub fn size(&self) -> (u32, u32) {
        self.size_in(self.lock().place)
    }

    pub fn place(&self) -> VideoPlace {
        self.lock().place
    }

    pub fn set_place(&self, place: VideoPlace) {
        self.lock().place = place;
    }

    pub fn set_next(&self, playback: Option<PlaybackId>) {
        self.lock().next = playback;
    }

    /// No frame comes after this has returned.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.showing = None;
        state.next = None;
    }

    pub fn shows(&self, playback: PlaybackId) -> bool {
        self.lock().showing == Some(playback)
    }

    fn size_in(&self, place: VideoPlace) -> (u32, u32) {
        match place {
            VideoPlace::Hidden => HIDDEN,
            VideoPlace::Window => self.sizes.window,
            VideoPlace::Full => self.sizes.full,
        }
    }

    /// Hands a frame over if it is its pipeline's turn. Returns whether this was the frame that took the screen over.
    fn offer(&self, playback: PlaybackId, frame: VideoFrame<'_>) -> bool {
        let mut state = self.lock();
        let first = state.next == Some(playback);
        if first {
            state.showing = Some(playback);
            state.next = None;
        }
        let visible = state.place != VideoPlace::Hidden && (frame.width, frame.height) != HIDDEN;
        if state.showing == Some(playback) && visible {
            self.frames.frame(frame);
        }
        first
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of one pipeline: takes its frames to the [`Screen`].
pub struct Tap {
    playback: PlaybackId,
    screen: Arc<Screen>,
    /// Frames before the position where the load is to start are not shown.
    open: AtomicBool,
    /// Frames that have arrived, shown or not, so that a stall is seen.
    frames: AtomicU64,
    on_first: Box<dyn Fn() + Send + Sync>,
}

impl Tap {
    pub fn new(playback: PlaybackId, screen: Arc<Screen>, open: bool, on_first: Box<dyn Fn() + Send + Sync>) -> Tap {
        Tap { playback, screen, open: AtomicBool::new(open), frames: AtomicU64::new(0), on_first }
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    /// A load that has not been shown yet is to start somewhere else.
    pub fn close_unless(&self, shown: bool) {
        if !shown {
            self.open.store(false, Ordering::SeqCst);
        }
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub fn connect(self: &Arc<Tap>, sink: &gst_app::AppSink) {
        let (prerolled, playing) = (self.clone(), self.clone());
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_preroll(move |sink| prerolled.take(&sink.pull_preroll().map_err(|_| gst::FlowError::Eos)?))
                .new_sample(move |sink| playing.take(&sink.pull_sample().map_err(|_| gst::FlowError::Eos)?))
                .build(),
        );
    }

    pub fn take(&self, sample: &gst::Sample) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.frames.fetch_add(1, Ordering::Relaxed);
        if !self.is_open() {
            return Ok(gst::FlowSuccess::Ok);
        }
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(gst::FlowSuccess::Ok) };
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| gst::FlowError::NotNegotiated)?;
        let mapped = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info)
            .map_err(|_| gst::FlowError::NotNegotiated)?;
        let stride = usize::try_from(mapped.plane_stride()[0]).map_err(|_| gst::FlowError::NotNegotiated)?;
        let rgb = mapped.plane_data(0).map_err(|_| gst::FlowError::NotNegotiated)?;
        let frame = VideoFrame { width: info.width(), height: info.height(), stride, rgb };
        if self.screen.offer(self.playback, frame) {
            (self.on_first)();
        }
        Ok(gst::FlowSuccess::Ok)
    }
}
