//! Videos: whatever GStreamer can read to H.264/AAC, as MP4 for watching on demand and as segments for live channels.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSrc};
use yuexiang_wire::Video;

use super::cut::{CutError, cut};
use super::feed::{Feed, FeedPlan, SAMPLE_RATE};
use super::guard::Guard;
use super::poster::PosterPicker;
use super::probe::{LONGEST, Probe, probe};
use super::{Clip, MediaError, Watch, picture};
use crate::intake::Refusal;
use crate::live::SEGMENT_SECONDS;
use crate::objects::Objects;

pub const RECIPE_VIDEO: &str = "video-3";
pub const RECIPE_CLIP: &str = "clip-3";

const LARGEST: (u32, u32) = (1_920, 1_080);
/// All channels have one format, so that a player goes from programme to programme without building a new pipeline.
const CHANNEL: (u32, u32) = (1_280, 720);
const CHANNEL_RATE: i32 = 25;
/// Kilobits per second that a channel may need at most.
const CHANNEL_RATE_LIMIT: u32 = 2_000;
/// A pipeline that delivers no frame for so long will never do so.
const STALLED: Duration = Duration::from_secs(60);

/// Seconds that one second of a video may take: a decoder that is asked for more was built to keep the server busy.
const SLOWEST: u32 = 30;
const FIRST_PATIENCE: Duration = Duration::from_secs(600);
const LAST_PATIENCE: Duration = Duration::from_secs(86_400);
/// Seconds that a picture may stand still. More than that was never a video.
pub(super) const LONGEST_STILL: u64 = 600;

/// The colours of high-definition television (ITU-R BT.709) in its limited range, which every decoder of a box expects.
/// Without it, GStreamer guesses by the size what the frames mean, whatever the source said of them.
const COLOURS: &str = "colorimetry=bt709";

/// How the encoder is set up.
struct Format {
    width: u32,
    height: u32,
    letterbox: bool,
    frame_rate: gst::Fraction,
    audio: bool,
    encoder: String,
    multiplexer: &'static str,
}

/// An MP4 file with its index in front, at most 1920×1080. A video without sound stays without.
pub fn make_video(file: &Path, objects: &Objects, watch: &Watch<'_>) -> Result<Video, MediaError> {
    let source = probe(file)?;
    let (width, height) = fit(source.width, source.height);
    // Constant quality up to a rate that a slow line can take: two bits per pixel and second.
    let limit = (width * height * 2 / 1_000).clamp(600, 4_000);
    let gop = 2 * source.frame_rate.numer() / source.frame_rate.denom();
    let format = Format {
        width,
        height,
        letterbox: false,
        frame_rate: source.frame_rate,
        audio: source.has_audio,
        encoder: encoder(limit, gop, ""),
        multiplexer: "mp4mux faststart=true",
    };
    let output = objects.temporary()?;
    let picker = PosterPicker::new(expected_frames(&source));
    let feed = transcode(file, &source, &format, output.path(), None, Some(picker), watch)?;
    let poster = feed.poster().ok_or(MediaError::Refused(Refusal::NoFrame))?;
    let poster = picture::store(&poster, objects)?;
    let (rate, per) = (source.frame_rate.numer() as u64, source.frame_rate.denom() as u64);
    let stored = objects.put_file(output)?;
    Ok(Video {
        sha256: stored.sha256,
        length: stored.length,
        width,
        height,
        // Narration may go on over the last picture.
        duration: feed.frames().max(feed.frames_heard()) * 1_000 * per / rate,
        poster,
    })
}

/// Segments of exactly two seconds. The last frame and silence fill the clip up to whole segments.
pub fn make_clip(file: &Path, objects: &Objects, watch: &Watch<'_>) -> Result<Clip, MediaError> {
    let source = probe(file)?;
    let frame_rate = gst::Fraction::new(CHANNEL_RATE, 1);
    let gop = CHANNEL_RATE * SEGMENT_SECONDS as i32;
    // Key frames exactly at the segments and nowhere else.
    let exact = format!(":scenecut=0:min-keyint={gop}");
    let format = Format {
        width: CHANNEL.0,
        height: CHANNEL.1,
        letterbox: true,
        frame_rate,
        audio: true,
        // Every segment carries the decoder's parameters, for players that begin there.
        encoder: encoder(CHANNEL_RATE_LIMIT, gop, &exact) + " config-interval=-1",
        multiplexer: "mpegtsmux",
    };
    let output = objects.temporary()?;
    let feed = transcode(file, &source, &format, output.path(), Some(gop as u64), None, watch)?;
    let read = |source| MediaError::Read { path: output.path().to_owned(), source };
    let stream = BufReader::with_capacity(1 << 18, File::open(output.path()).map_err(read)?);
    let mut segments = Vec::new();
    cut(stream, |piece| -> Result<(), MediaError> {
        segments.push(objects.put(piece)?);
        Ok(())
    })?;
    // The programme guide counts segments; a clip that is longer or shorter would drift away from it.
    if segments.len() as u64 * gop as u64 != feed.frames() || segments.is_empty() {
        let detail = format!("{} frames were cut into {} segments", feed.frames(), segments.len());
        return Err(undecodable(detail));
    }
    Ok(Clip { segments })
}

impl From<CutError> for MediaError {
    fn from(error: CutError) -> MediaError {
        undecodable(format!("cannot be cut into segments: {error}"))
    }
}

fn undecodable(detail: impl ToString) -> MediaError {
    MediaError::Refused(Refusal::Undecodable(detail.to_string()))
}

/// The size to encode at: no larger than 1920×1080, the same shape, even sides.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let scale = (f64::from(LARGEST.0) / f64::from(width)).min(f64::from(LARGEST.1) / f64::from(height)).min(1.0);
    let even = |side: u32| ((f64::from(side) * scale / 2.0).round() as u32 * 2).max(2);
    (even(width), even(height))
}

fn expected_frames(source: &Probe) -> u64 {
    let (rate, per) = (source.frame_rate.numer() as u64, source.frame_rate.denom() as u64);
    source.duration.map_or(0, |duration| duration.mseconds() * rate / (per * 1_000))
}

fn encoder(limit: u32, gop: i32, options: &str) -> String {
    format!(
        "x264enc speed-preset=veryfast pass=qual quantizer=23 bitrate={limit} vbv-buf-capacity=2000 key-int-max={gop} \
         bframes=2 option-string=\"open-gop=0{options}\" ! video/x-h264,profile=high ! h264parse"
    )
}

/// Runs a decoder and an encoder until both are done. The result is what was counted on the way.
fn transcode(
    file: &Path,
    source: &Probe,
    format: &Format,
    output: &Path,
    whole: Option<u64>,
    poster: Option<PosterPicker>,
    watch: &Watch<'_>,
) -> Result<Arc<Feed>, MediaError> {
    let decoder = decoder_pipeline(file, source, format)?;
    let guard = Guard::attach(&decoder, source.container, &source.movie)?;
    let encoder = encoder_pipeline(format, output)?;
    let (from_video, to_video) = (sink(&decoder, "video")?, appsrc(&encoder, "video")?);
    let from_audio = if source.has_audio { Some(sink(&decoder, "audio")?) } else { None };
    let to_audio = if format.audio { Some(appsrc(&encoder, "audio")?) } else { None };
    let light = source.is_pq.then(|| Box::new(super::colour::video_curve()));
    let bounds = Bounds::of(source, format.frame_rate);
    let plan = FeedPlan { frame_rate: format.frame_rate, whole, poster, longest: bounds.longest(), light };
    let feed = Feed::connect(&from_video, from_audio.as_ref(), to_video, to_audio, plan);
    if let Some(pad) = decoder.by_name("video_in").and_then(|queue| queue.static_pad("sink")) {
        feed.watch_pictures(&pad);
    }
    let running = Running { decoder, encoder, guard, begin: Instant::now(), patience: bounds.patience };
    running.play();
    running.wait(&running.decoder, &feed, watch, || {
        (watch.part)(feed.frames(), bounds.expected);
        bounds.check(&feed)
    })?;
    bounds.complete(feed.frames())?;
    feed.finish().map_err(|error| undecodable(format!("cannot be encoded: {error}")))?;
    running.wait(&running.encoder, &feed, watch, || Ok(()))?;
    Ok(feed)
}

/// What a source may become, by what it says of itself.
struct Bounds {
    rate: (u64, u64),
    /// Frames; 0 when the duration is not known.
    expected: u64,
    /// Frames after which the source has lied or is too long.
    most: u64,
    declared: bool,
    patience: Duration,
}

impl Bounds {
    fn of(source: &Probe, rate: gst::Fraction) -> Bounds {
        let rate = (u64::from(rate.numer().unsigned_abs()), u64::from(rate.denom().unsigned_abs()).max(1));
        let frames = |duration: gst::ClockTime| duration.mseconds() * rate.0 / (rate.1 * 1_000);
        let expected = source.duration.map_or(0, frames);
        let declared = source.duration_is_declared && expected > 0;
        // A quarter and five seconds more: rates and time stamps are rounded, and sound may go on for a little.
        let most = if declared { expected + expected / 4 + 5 * rate.0 / rate.1 } else { frames(LONGEST) };
        let patience = FIRST_PATIENCE + Duration::from(source.duration.unwrap_or(LONGEST)).saturating_mul(SLOWEST);
        Bounds { rate, expected, most, declared, patience: patience.min(LAST_PATIENCE) }
    }

    /// The frames that the last picture may be repeated up to: what the file says of itself, or the longest video.
    fn longest(&self) -> u64 {
        if self.declared { self.expected } else { self.most }
    }

    /// Nothing that comes out of the decoder goes beyond the bounds.
    fn check(&self, feed: &Feed) -> Result<(), MediaError> {
        let frames = feed.frames().max(feed.frames_heard());
        Err(MediaError::Refused(match self.declared {
            _ if frames <= self.most => return Ok(()),
            true => Refusal::LyingDuration { declared: self.seconds(self.expected), actual: self.seconds(frames) },
            false => Refusal::TooLong,
        }))
    }

    /// A file that was cut short or damaged decodes up to there, without an error. Lengths of some containers are
    /// estimates, so only a fifth that is missing counts.
    fn complete(&self, frames: u64) -> Result<(), MediaError> {
        Err(MediaError::Refused(match frames {
            0 => Refusal::NoFrame,
            _ if frames * 5 >= self.expected * 4 => return Ok(()),
            _ => Refusal::BreaksOff { after: self.seconds(frames), declared: self.seconds(self.expected) },
        }))
    }

    fn seconds(&self, frames: u64) -> u64 {
        frames * self.rate.1 / self.rate.0.max(1)
    }
}

/// Two pipelines that stop when this goes out of scope.
struct Running {
    decoder: gst::Pipeline,
    encoder: gst::Pipeline,
    guard: Arc<Guard>,
    begin: Instant,
    patience: Duration,
}

impl Running {
    fn play(&self) {
        for pipeline in [&self.encoder, &self.decoder] {
            // The reason, if any, is on the bus, where `wait` finds it.
            let _ = pipeline.set_state(gst::State::Playing);
        }
    }

    /// Waits until `pipeline` has reached its end, looking at the other one's errors too, and at the bounds.
    fn wait(
        &self,
        pipeline: &gst::Pipeline,
        feed: &Feed,
        watch: &Watch<'_>,
        within: impl Fn() -> Result<(), MediaError>,
    ) -> Result<(), MediaError> {
        let mut moved = (feed.moved(), Instant::now());
        loop {
            for each in [&self.decoder, &self.encoder] {
                let timeout = if each == pipeline { gst::ClockTime::from_mseconds(100) } else { gst::ClockTime::ZERO };
                let Some(bus) = each.bus() else { continue };
                let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
                let message = bus.timed_pop_filtered(timeout, &wanted);
                // What the guard has refused shows as an error of some element, if at all.
                if let Some(refusal) = self.guard.refusal() {
                    return Err(MediaError::Refused(refusal));
                }
                match message.as_ref().map(|message| message.view()) {
                    Some(gst::MessageView::Error(error)) => return Err(undecodable(error.error())),
                    Some(gst::MessageView::Eos(_)) if each == pipeline => return within(),
                    _ => {}
                }
            }
            within()?;
            if watch.cancel.load(Ordering::Relaxed) {
                return Err(MediaError::Cancelled);
            }
            let now = feed.moved();
            if now != moved.0 {
                moved = (now, Instant::now());
            } else if moved.1.elapsed() > STALLED {
                return Err(MediaError::Refused(Refusal::Stalled));
            }
            if self.begin.elapsed() > self.patience {
                let minutes = self.patience.as_secs() / 60;
                return Err(MediaError::Refused(Refusal::TooSlow { minutes }));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The encoder first: a decoder that waits for room there is let go.
        let _ = self.encoder.set_state(gst::State::Null);
        let _ = self.decoder.set_state(gst::State::Null);
    }
}

/// From the file to raw frames at a constant rate and raw sound without gaps.
fn decoder_pipeline(file: &Path, source: &Probe, format: &Format) -> Result<gst::Pipeline, MediaError> {
    let Format { width, height, letterbox, frame_rate, .. } = format;
    let audio = if source.has_audio {
        format!(
            "queue name=audio_in max-size-time=0 max-size-buffers=0 max-size-bytes=16777216 ! audioconvert ! audioresample \
             ! audiorate ! audio/x-raw,format=S16LE,layout=interleaved,rate={SAMPLE_RATE},channels=2 \
             ! appsink name=audio sync=false max-buffers=64"
        )
    } else {
        String::new()
    };
    // What phones record in wide colours would look dull. In the numbers as they are, not in light: hybrid log-gamma is
    // made to be looked at like that.
    let primaries = if source.is_wide { "fast" } else { "none" };
    // Every second field is dropped: the result has the frame rate of the source, not twice as much.
    let pipeline = parse(&format!(
        "filesrc name=file ! decodebin name=decoder \
         queue name=video_in max-size-buffers=8 max-size-time=0 max-size-bytes=0 ! deinterlace fields=top \
         ! videoconvert primaries-mode={primaries} ! videoflip video-direction=auto ! videoscale add-borders={letterbox} \
         ! videorate max-duplication-time={} \
         ! video/x-raw,format=I420,{COLOURS},width={width},height={height},pixel-aspect-ratio=1/1,framerate={}/{} \
         ! appsink name=video sync=false max-buffers=4 {audio}",
        LONGEST_STILL * 1_000_000_000,
        frame_rate.numer(),
        frame_rate.denom(),
    ))?;
    if let Some(element) = pipeline.by_name("file") {
        element.set_property("location", file);
    }
    let inputs = [("video/", pipeline.by_name("video_in")), ("audio/", pipeline.by_name("audio_in"))];
    if let Some(decoder) = pipeline.by_name("decoder") {
        decoder.connect_pad_added(move |_, pad| link(pad, &inputs));
    }
    Ok(pipeline)
}

/// The first stream of each kind is used, others go nowhere.
fn link(pad: &gst::Pad, inputs: &[(&str, Option<gst::Element>); 2]) {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let name = caps.structure(0).map_or("", |structure| structure.name().as_str()).to_owned();
    for (kind, input) in inputs {
        let Some(sink) = input.as_ref().and_then(|input| input.static_pad("sink")) else { continue };
        if name.starts_with(kind) && !sink.is_linked() {
            // A pad that cannot be linked shows as a stream that never arrives.
            let _ = pad.link(&sink);
        }
    }
}

fn encoder_pipeline(format: &Format, output: &Path) -> Result<gst::Pipeline, MediaError> {
    let Format { width, height, frame_rate, encoder, multiplexer, .. } = format;
    let audio = if format.audio {
        let encoder = ["avenc_aac", "fdkaacenc", "voaacenc"]
            .into_iter()
            .find(|name| gst::ElementFactory::find(name).is_some())
            .ok_or_else(|| MediaError::Element("avenc_aac".to_owned()))?;
        format!(
            "appsrc name=audio format=time block=true max-bytes=16777216 \
             caps=audio/x-raw,format=S16LE,layout=interleaved,rate={SAMPLE_RATE},channels=2 \
             ! audioconvert ! {encoder} bitrate=96000 ! aacparse \
             ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=16777216 ! mux."
        )
    } else {
        String::new()
    };
    let pipeline = parse(&format!(
        "{multiplexer} name=mux ! filesink name=file \
         appsrc name=video format=time block=true max-buffers=4 max-bytes=0 max-time=0 \
         caps=video/x-raw,format=I420,{COLOURS},width={width},height={height},pixel-aspect-ratio=1/1,framerate={}/{} \
         ! {encoder} ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=67108864 ! mux. {audio}",
        frame_rate.numer(),
        frame_rate.denom(),
    ))?;
    if let Some(element) = pipeline.by_name("file") {
        element.set_property("location", output);
    }
    Ok(pipeline)
}

pub(super) fn parse(description: &str) -> Result<gst::Pipeline, MediaError> {
    let pipeline = gst::parse::launch(description).map_err(|error| MediaError::Element(error.to_string()))?;
    pipeline.downcast().map_err(|_| MediaError::Element("pipeline".to_owned()))
}

fn sink(pipeline: &gst::Pipeline, name: &str) -> Result<AppSink, MediaError> {
    let element = pipeline.by_name(name).and_then(|element| element.downcast().ok());
    element.ok_or_else(|| MediaError::Element("appsink".to_owned()))
}

fn appsrc(pipeline: &gst::Pipeline, name: &str) -> Result<AppSrc, MediaError> {
    let element = pipeline.by_name(name).and_then(|element| element.downcast().ok());
    element.ok_or_else(|| MediaError::Element("appsrc".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Container, Movie};

    #[test]
    fn videos_keep_their_shape_and_get_even_sides() {
        assert_eq!(fit(3_840, 2_160), (1_920, 1_080));
        assert_eq!(fit(1_080, 1_920), (608, 1_080));
        assert_eq!(fit(720, 576), (720, 576));
        assert_eq!(fit(1_025, 577), (1_026, 578));
    }

    fn bounds(seconds: Option<u64>, container: Container) -> Bounds {
        let rate = gst::Fraction::new(25, 1);
        let source = Probe {
            width: 320,
            height: 240,
            frame_rate: rate,
            duration: seconds.map(gst::ClockTime::from_seconds),
            duration_is_declared: container.declares_duration(),
            has_audio: false,
            is_wide: false,
            is_pq: false,
            container,
            movie: Movie::default(),
        };
        Bounds::of(&source, rate)
    }

    #[test]
    fn the_time_that_a_video_may_take_grows_with_its_duration_up_to_a_day() {
        let minutes = |seconds| bounds(seconds, Container::Matroska).patience.as_secs() / 60;
        assert_eq!([Some(0), Some(60), Some(3_600), None].map(minutes), [10, 40, 1_440, 1_440]);
    }

    #[test]
    fn only_a_declared_duration_binds() {
        let declared = bounds(Some(100), Container::IsoMedia);
        assert_eq!((declared.expected, declared.most, declared.declared), (2_500, 3_250, true));
        let estimated = bounds(Some(100), Container::TransportStream);
        assert_eq!((estimated.expected, estimated.most, estimated.declared), (2_500, 4 * 3_600 * 25, false));
        assert!(declared.complete(2_000).is_ok());
        let short = declared.complete(1_999).expect_err("a fifth is missing");
        assert!(matches!(short, MediaError::Refused(Refusal::BreaksOff { after: 79, declared: 100 })), "{short}");
    }
}
