//! Looks at a video: the streams it has and what comes out of their decoders.
//!
//! The first frame is decoded with the pipeline that will decode the rest, behind the same guard. GStreamer's own
//! discoverer is of no use here: it follows whatever a file names and lets nobody watch it.

use std::path::Path;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib::translate::IntoGlib;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::MediaError;
use super::guard::Guard;
use crate::intake::{self, Container, Movie, Refusal};

/// What is not known of a file after so long will never be.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer is to be cut into parts: at the highest rate that we encode, this is less than the 8 GiB that a box takes.
pub const LONGEST: gst::ClockTime = gst::ClockTime::from_seconds(4 * 3_600);

/// `GST_VIDEO_TRANSFER_SMPTE2084`, which the bindings know with newer versions of GStreamer alone.
const PQ: i32 = 14;

/// What is known of a source before all of it is decoded.
pub struct Probe {
    /// Pixels of the upright picture, with square pixels.
    pub width: u32,
    pub height: u32,
    /// The rate to encode at.
    pub frame_rate: gst::Fraction,
    pub duration: Option<gst::ClockTime>,
    /// The duration was written down by whoever made the file, so the frames must agree with it.
    pub duration_is_declared: bool,
    pub has_audio: bool,
    /// The colours are wider than those of television.
    pub is_wide: bool,
    /// The brightness is coded by perceptual quantization (SMPTE ST 2084).
    pub is_pq: bool,
    pub container: Container,
    pub movie: Movie,
}

/// Refuses what is no video that can be published.
pub fn probe(file: &Path) -> Result<Probe, MediaError> {
    gst::init().map_err(|error| MediaError::Element(error.to_string()))?;
    let (container, movie) = intake::container(file)?;
    let pipeline = super::video::parse("filesrc name=file ! decodebin name=decoder")?;
    let looking = Looking(pipeline.clone());
    let guard = Guard::attach(&pipeline, container, &movie)?;
    let (Some(source), Some(decoder)) = (pipeline.by_name("file"), pipeline.by_name("decoder")) else {
        return Err(MediaError::Element("decodebin".to_owned()));
    };
    source.set_property("location", file);
    decoder.connect_pad_added(swallow);
    wait_for_frames(&pipeline, &guard)?;

    let mut video = None;
    let mut has_audio = false;
    for pad in decoder.src_pads() {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let name = caps.structure(0).map_or("", |structure| structure.name().as_str()).to_owned();
        has_audio |= name == "audio/x-raw";
        if video.is_none() && name == "video/x-raw" {
            video = gst_video::VideoInfo::from_caps(&caps).ok().map(|info| (info, is_turned(&pad)));
        }
    }
    let Some((video, turned)) = video else { return Err(MediaError::Refused(Refusal::NoVideo)) };
    let duration = pipeline.query_duration::<gst::ClockTime>().filter(|duration| !duration.is_zero());
    drop(looking);
    if duration.is_some_and(|duration| duration > LONGEST) {
        return Err(MediaError::Refused(Refusal::TooLong));
    }
    let (width, height) = square(&video);
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Ok(Probe {
        width,
        height,
        frame_rate: frame_rate(video.fps()),
        duration,
        duration_is_declared: container.declares_duration() && !movie.fragmented,
        has_audio,
        is_wide: is_wide(&video),
        is_pq: video.colorimetry().transfer().into_glib() == PQ,
        container,
        movie,
    })
}

/// Stops the pipeline when it goes out of scope.
struct Looking(gst::Pipeline);

impl Drop for Looking {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// Gives a decoded stream somewhere to go: until the first frame, no further.
fn swallow(decoder: &gst::Element, pad: &gst::Pad) {
    let Some(bin) = decoder.parent().and_then(|parent| parent.downcast::<gst::Bin>().ok()) else { return };
    let Ok(sink) = gst::ElementFactory::make("fakesink").property("sync", false).build() else { return };
    // A stream that cannot be linked never delivers a frame, and the wait ends with that.
    if bin.add(&sink).is_ok()
        && let Some(end) = sink.static_pad("sink")
    {
        let _ = sink.sync_state_with_parent();
        let _ = pad.link(&end);
    }
}

fn wait_for_frames(pipeline: &gst::Pipeline, guard: &Guard) -> Result<(), MediaError> {
    let refuse = |refusal| Err(MediaError::Refused(guard.refusal().unwrap_or(refusal)));
    let Some(bus) = pipeline.bus() else { return Err(MediaError::Element("pipeline".to_owned())) };
    // The reason of a failure is on the bus.
    let _ = pipeline.set_state(gst::State::Paused);
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let wanted = [gst::MessageType::Error, gst::MessageType::AsyncDone];
        match bus.timed_pop_filtered(gst::ClockTime::from_mseconds(100), &wanted).as_ref().map(|message| message.view())
        {
            Some(gst::MessageView::AsyncDone(_)) => {
                return guard.refusal().map_or(Ok(()), |refusal| Err(MediaError::Refused(refusal)));
            }
            Some(gst::MessageView::Error(error)) => return refuse(Refusal::Undecodable(error.error().to_string())),
            _ if guard.refusal().is_some() => return refuse(Refusal::Stalled),
            _ => {}
        }
    }
    refuse(Refusal::Stalled)
}

/// Whether the picture is to be turned by a quarter.
fn is_turned(pad: &gst::Pad) -> bool {
    let mut turned = false;
    pad.sticky_events_foreach(|event| {
        if let gst::EventView::Tag(event) = event.view()
            && let Some(orientation) = event.tag().get::<gst::tags::ImageOrientation>()
        {
            turned = orientation.get().contains("90") || orientation.get().contains("270");
        }
        std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
    });
    turned
}

fn is_wide(video: &gst_video::VideoInfo) -> bool {
    use gst_video::VideoColorPrimaries::{Bt470bg, Bt470m, Bt709, Film, Smpte170m, Smpte240m, Unknown};
    // The bindings know some of the wide ones with newer versions of GStreamer alone.
    !matches!(video.colorimetry().primaries(), Unknown | Bt709 | Bt470m | Bt470bg | Smpte170m | Smpte240m | Film)
}

/// The size with square pixels.
fn square(video: &gst_video::VideoInfo) -> (u32, u32) {
    let pixel = video.par();
    let width = u64::from(video.width()) * u64::from(pixel.numer().unsigned_abs());
    let width = width / u64::from(pixel.denom().unsigned_abs().max(1));
    (u32::try_from(width).unwrap_or(u32::MAX).max(1), video.height())
}

/// The rate to encode at: that of the source, halved above 30, 25 when it has none.
fn frame_rate(rate: gst::Fraction) -> gst::Fraction {
    if rate.numer() <= 0 || rate.denom() <= 0 {
        return gst::Fraction::new(25, 1);
    }
    let frames = f64::from(rate.numer()) / f64::from(rate.denom());
    match frames {
        10.0..=30.5 => rate,
        30.5..=61.0 => gst::Fraction::new(rate.numer(), rate.denom().saturating_mul(2)),
        _ => gst::Fraction::new(25, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn high_frame_rates_are_halved_and_unknown_ones_replaced() {
        let check = |rate: (i32, i32), expected: (i32, i32)| {
            assert_eq!(frame_rate(gst::Fraction::new(rate.0, rate.1)), gst::Fraction::new(expected.0, expected.1));
        };
        check((25, 1), (25, 1));
        check((50, 1), (25, 1));
        check((60_000, 1_001), (30_000, 1_001));
        check((0, 1), (25, 1));
        check((90_000, 1), (25, 1));
    }
}
