//! Which pipeline's frames reach the screen.

use crate::VideoSizes;
use crate::picture;
use gstreamer as gst;
use gstreamer_app as gst_app;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use yuexiang_core::event::VideoPlace;
use yuexiang_core::ports::VideoOutput;

/// Frames of a hidden picture are made so small that they cost nothing, and thrown away. Dropping them before they are
/// made would let a stream without sound run ahead of the clock, and a paused one never arrive.
const HIDDEN: (u32, u32) = (32, 18);

pub type PlaybackId = u64;

pub struct Screen {
    sizes: VideoSizes,
    output: VideoOutput,
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
    pub fn new(sizes: VideoSizes, output: VideoOutput) -> Screen {
        let state = State { showing: None, next: None, place: VideoPlace::Hidden };
        Screen { sizes, output, state: Mutex::new(state) }
    }

    /// The size in which pipelines have to make their frames; `None` when the display converts and scales.
    pub fn size(&self) -> Option<(u32, u32)> {
        match self.output {
            VideoOutput::Scene(_) => Some(self.size_in(self.lock().place)),
            VideoOutput::Plane(_) => None,
        }
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
        if let VideoOutput::Plane(plane) = &self.output {
            plane.clear();
        }
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
    fn offer(&self, playback: PlaybackId, sample: &gst::Sample) -> Result<bool, gst::FlowError> {
        let mut state = self.lock();
        let first = state.next == Some(playback);
        if first {
            state.showing = Some(playback);
            state.next = None;
        }
        if state.showing == Some(playback) && state.place != VideoPlace::Hidden {
            match &self.output {
                VideoOutput::Scene(scene) => picture::with_rgb(sample, |frame| {
                    if (frame.width, frame.height) != HIDDEN {
                        scene.frame(frame);
                    }
                })?,
                VideoOutput::Plane(plane) => plane.show(picture::nv12(sample)?),
            }
        }
        Ok(first)
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
    /// Milliseconds of the stream up to which the last frame stays on the screen by its own word.
    covered: AtomicU64,
    /// The pipeline has been given up: nothing of it is shown any more, and its threads come to their end.
    cut: AtomicBool,
    on_first: Box<dyn Fn() + Send + Sync>,
}

impl Tap {
    pub fn new(playback: PlaybackId, screen: Arc<Screen>, open: bool, on_first: Box<dyn Fn() + Send + Sync>) -> Tap {
        Tap {
            playback,
            screen,
            open: AtomicBool::new(open),
            frames: AtomicU64::new(0),
            covered: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            on_first,
        }
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

    pub fn covered(&self) -> u64 {
        self.covered.load(Ordering::Relaxed)
    }

    /// Never waits for the pipeline.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
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
        if self.cut.load(Ordering::SeqCst) {
            return Err(gst::FlowError::Eos);
        }
        self.covered.store(covered_by(sample).unwrap_or_default(), Ordering::Relaxed);
        self.frames.fetch_add(1, Ordering::Relaxed);
        if !self.is_open() {
            return Ok(gst::FlowSuccess::Ok);
        }
        if self.screen.offer(self.playback, sample)? {
            (self.on_first)();
        }
        Ok(gst::FlowSuccess::Ok)
    }
}

/// When the picture is over, in the time of its stream.
fn covered_by(sample: &gst::Sample) -> Option<u64> {
    let buffer = sample.buffer()?;
    let end = buffer.pts()? + buffer.duration()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_stream_time(end.min(segment.stop().unwrap_or(end))).map(gst::ClockTime::mseconds)
}
