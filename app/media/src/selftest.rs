//! What this machine can play, for who sets it up.

use crate::{Media, MediaOptions, VideoSizes};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::event::{MediaEventKind, MediaRequest, Source, VideoPlace};
use yuexiang_core::ports::{FrameSink, ObjectPaths, VideoFrame, VideoOutput};

/// An element that playing needs, what for, and the Debian package that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    pub element: &'static str,
    pub purpose: &'static str,
    pub package: &'static str,
}

const NEEDED: &[Needed] = &[
    needed("playbin", "playing", "gstreamer1.0-plugins-base"),
    needed("videoscale", "scaling", "gstreamer1.0-plugins-base"),
    needed("videoconvert", "colours", "gstreamer1.0-plugins-base"),
    needed("audioconvert", "sound", "gstreamer1.0-plugins-base"),
    needed("audioresample", "sound", "gstreamer1.0-plugins-base"),
    needed("volume", "sound", "gstreamer1.0-plugins-base"),
    needed("appsink", "the picture", "gstreamer1.0-plugins-base"),
    needed("appsrc", "live channels", "gstreamer1.0-plugins-base"),
    needed("qtdemux", "MP4 files", "gstreamer1.0-plugins-good"),
    needed("souphttpsrc", "videos of the cloud", "gstreamer1.0-plugins-good"),
    needed("deinterlace", "interlaced pictures", "gstreamer1.0-plugins-good"),
    needed("aacparse", "AAC sound", "gstreamer1.0-plugins-good"),
    needed("tsdemux", "live channels", "gstreamer1.0-plugins-bad"),
    needed("h264parse", "H.264", "gstreamer1.0-plugins-bad"),
];

const fn needed(element: &'static str, purpose: &'static str, package: &'static str) -> Needed {
    Needed { element, purpose, package }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements {
    pub version: String,
    pub missing: Vec<Needed>,
    /// What decodes H.264 and AAC here: the first by rank.
    pub video: Option<Decoder>,
    pub sound: Option<Decoder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    pub element: String,
    /// Done by the chip, as the element says of itself.
    pub hardware: bool,
}

/// Looks for everything that playing needs. The error says why GStreamer itself does not work.
pub fn elements() -> Result<Elements, String> {
    gst::init().map_err(|error| format!("GStreamer cannot be set up: {error}"))?;
    crate::pipeline::choose_elements();
    let missing = NEEDED.iter().filter(|needed| gst::ElementFactory::find(needed.element).is_none());
    let (major, minor, micro, _) = gst::version();
    Ok(Elements {
        version: format!("{major}.{minor}.{micro}"),
        missing: missing.copied().collect(),
        video: decoder(&gst::Caps::builder("video/x-h264").field("stream-format", "byte-stream").build()),
        sound: decoder(&gst::Caps::builder("audio/mpeg").field("mpegversion", 4).field("stream-format", "raw").build()),
    })
}

fn decoder(caps: &gst::Caps) -> Option<Decoder> {
    let all = gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::MARGINAL);
    let takes = |factory: &gst::ElementFactory| factory.can_sink_any_caps(caps);
    // The list is sorted by rank, the highest first.
    let chosen = all.into_iter().find(takes)?;
    let hardware = chosen.has_type(gst::ElementFactoryType::HARDWARE);
    Some(Decoder { element: chosen.name().to_string(), hardware })
}

struct Counter(AtomicU64);

impl FrameSink for Counter {
    fn frame(&self, _: VideoFrame<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct OneFile(PathBuf);

impl ObjectPaths for OneFile {
    fn path(&self, _: Sha256) -> PathBuf {
        self.0.clone()
    }
}

/// What came of playing a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Played {
    pub frames: u64,
    pub first_after: Duration,
}

/// Plays a short file to its end by the player itself, without sound and without a screen.
pub fn play(file: &Path, patience: Duration) -> Result<Played, String> {
    let frames = Arc::new(Counter(AtomicU64::new(0)));
    let (send, events) = mpsc::channel();
    let sizes = VideoSizes { window: (160, 90), full: (320, 180) };
    let options = MediaOptions { sound: false, loading_at_most: patience, ..MediaOptions::default() };
    let output = VideoOutput::Scene(frames.clone());
    let report = move |event| drop(send.send(event));
    let media = Media::new(sizes, output, Arc::new(OneFile(file.to_owned())), report, |_| (), options)
        .map_err(|error| format!("a thread cannot be started: {error}"))?;
    media.handle(MediaRequest::Place(VideoPlace::Full));
    let started = Instant::now();
    let source = Source::Object(Sha256([0; 32]));
    media.handle(MediaRequest::Load { generation: 1, source, live: false, start: 0, paused: false });
    let mut first_after = Duration::ZERO;
    loop {
        let left = patience.saturating_sub(started.elapsed());
        match events.recv_timeout(left).map(|event| event.kind) {
            Ok(MediaEventKind::FirstFrame { .. }) => first_after = started.elapsed(),
            Ok(MediaEventKind::EndOfStream) => break,
            Ok(MediaEventKind::Failed(error)) => return Err(error.detail),
            Ok(_) => {}
            Err(_) => return Err(format!("it has not come to its end within {} s", patience.as_secs())),
        }
    }
    match frames.0.load(Ordering::Relaxed) {
        0 => Err("it has ended without one picture".into()),
        frames => Ok(Played { frames, first_after }),
    }
}
