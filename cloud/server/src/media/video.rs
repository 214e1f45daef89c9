//! Videos: whatever GStreamer can read to H.264/AAC, as MP4 for watching on demand and as segments for live channels.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSrc};
use gstreamer_pbutils as gst_pbutils;
use gstreamer_pbutils::prelude::*;
use yuexiang_wire::Video;

use super::cut::{CutError, cut};
use super::feed::{Feed, FeedPlan, SAMPLE_RATE};
use super::poster::PosterPicker;
use super::{Clip, MediaError, picture};
use crate::live::SEGMENT_SECONDS;
use crate::objects::Objects;
use crate::progress::Progress;

pub const RECIPE_VIDEO: &str = "video-1";
pub const RECIPE_CLIP: &str = "clip-1";

const LARGEST: (u32, u32) = (1_920, 1_080);
/// All channels have one format, so that a player goes from programme to programme without building a new pipeline.
const CHANNEL: (u32, u32) = (1_280, 720);
const CHANNEL_RATE: i32 = 25;
/// Kilobits per second that a channel may need at most.
const CHANNEL_RATE_LIMIT: u32 = 2_000;
/// A pipeline that delivers no frame for so long will never do so.
const STALLED: Duration = Duration::from_secs(60);

/// A day: longer is a mistake, and a programme guide and a player's clock end there.
const LONGEST: gst::ClockTime = gst::ClockTime::from_seconds(86_400);

/// What is known of a source before it is decoded.
pub struct Probe {
    /// Pixels of the upright picture, with square pixels.
    width: u32,
    height: u32,
    frame_rate: gst::Fraction,
    duration: Option<gst::ClockTime>,
    has_audio: bool,
}

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

/// Looks at the streams of a file without decoding all of it.
pub fn probe(file: &Path) -> Result<Probe, MediaError> {
    initialize()?;
    refuse_text(file)?;
    let discoverer = gst_pbutils::Discoverer::new(gst::ClockTime::from_seconds(30))
        .map_err(|error| MediaError::Element(error.to_string()))?;
    let info = discoverer.discover_uri(&uri(file)?).map_err(|error| refused(format!("cannot be decoded: {error}")))?;
    let videos = info.video_streams();
    let Some(video) = videos.iter().find(|video| !video.is_image()) else {
        return Err(refused("has no video stream"));
    };
    let pixel = video.par();
    let width =
        u64::from(video.width()) * pixel.numer().unsigned_abs() as u64 / u64::from(pixel.denom().unsigned_abs().max(1));
    let (width, height) = (width as u32, video.height());
    if width == 0 || height == 0 {
        return Err(refused("has no video stream that can be decoded"));
    }
    if info.duration().is_some_and(|duration| duration > LONGEST) {
        return Err(refused("is longer than a day"));
    }
    let turned = video
        .tags()
        .and_then(|tags| tags.get::<gst::tags::ImageOrientation>().map(|tag| tag.get().to_owned()))
        .is_some_and(|orientation| orientation.contains("90") || orientation.contains("270"));
    let (width, height) = if turned { (height, width) } else { (width, height) };
    Ok(Probe {
        width,
        height,
        frame_rate: frame_rate(video.framerate()),
        duration: info.duration(),
        has_audio: !info.audio_streams().is_empty(),
    })
}

/// An MP4 file with its index in front, at most 1920×1080. A video without sound stays without.
pub fn make_video(file: &Path, objects: &Objects, progress: &Progress) -> Result<Video, MediaError> {
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
    let feed = transcode(file, &source, &format, output.path(), None, Some(picker), progress)?;
    let poster = feed.poster().ok_or_else(|| refused("has no frame that can be decoded"))?;
    let poster = picture::store(&poster, objects)?;
    let (rate, per) = (source.frame_rate.numer() as u64, source.frame_rate.denom() as u64);
    let stored = objects.put_file(output)?;
    Ok(Video {
        sha256: stored.sha256,
        length: stored.length,
        width,
        height,
        duration: feed.frames() * 1_000 * per / rate,
        poster,
    })
}

/// Segments of exactly two seconds. The last frame and silence fill the clip up to whole segments.
pub fn make_clip(file: &Path, objects: &Objects, progress: &Progress) -> Result<Clip, MediaError> {
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
    let feed = transcode(file, &source, &format, output.path(), Some(gop as u64), None, progress)?;
    let read = |source| MediaError::Read { path: output.path().to_owned(), source };
    let stream = BufReader::with_capacity(1 << 18, File::open(output.path()).map_err(read)?);
    let mut segments = Vec::new();
    cut(stream, |piece| -> Result<(), MediaError> {
        segments.push(objects.put(piece)?);
        Ok(())
    })?;
    // The programme guide counts segments; a clip that is longer or shorter would drift away from it.
    if segments.len() as u64 * gop as u64 != feed.frames() || segments.is_empty() {
        return Err(refused(format!("has {} frames but was cut into {} segments", feed.frames(), segments.len())));
    }
    Ok(Clip { segments })
}

impl From<CutError> for MediaError {
    fn from(error: CutError) -> MediaError {
        refused(format!("cannot be cut into segments: {error}"))
    }
}

fn initialize() -> Result<(), MediaError> {
    gst::init().map_err(|error| MediaError::Element(error.to_string()))
}

/// A playlist or a description names other places, which GStreamer would fetch: a pack brings its media along.
fn refuse_text(file: &Path) -> Result<(), MediaError> {
    let read = |source| MediaError::Read { path: file.to_owned(), source };
    let mut start = [0; 256];
    let length = File::open(file).and_then(|mut file| file.read(&mut start)).map_err(read)?;
    let text = start[..length].iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E | 0x80..));
    if length == 0 {
        Err(refused("is empty"))
    } else if text {
        Err(refused("is a text, not a video"))
    } else {
        Ok(())
    }
}

fn uri(file: &Path) -> Result<String, MediaError> {
    gst::glib::filename_to_uri(file, None).map(|uri| uri.to_string()).map_err(|error| refused(error.to_string()))
}

fn refused(reason: impl Into<String>) -> MediaError {
    MediaError::Refused(reason.into())
}

/// The rate to encode at: that of the source, halved above 30, 25 when it has none.
fn frame_rate(rate: gst::Fraction) -> gst::Fraction {
    if rate.numer() <= 0 || rate.denom() <= 0 {
        return gst::Fraction::new(25, 1);
    }
    let frames = f64::from(rate.numer()) / f64::from(rate.denom());
    match frames {
        10.0..=30.5 => rate,
        30.5..=61.0 => gst::Fraction::new(rate.numer(), rate.denom() * 2),
        _ => gst::Fraction::new(25, 1),
    }
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
    progress: &Progress,
) -> Result<Arc<Feed>, MediaError> {
    let decoder = decoder_pipeline(file, source, format)?;
    let encoder = encoder_pipeline(format, output)?;
    let (from_video, to_video) = (sink(&decoder, "video")?, appsrc(&encoder, "video")?);
    let from_audio = if source.has_audio { Some(sink(&decoder, "audio")?) } else { None };
    let to_audio = if format.audio { Some(appsrc(&encoder, "audio")?) } else { None };
    let plan = FeedPlan { frame_rate: format.frame_rate, whole, poster };
    let feed = Feed::connect(&from_video, from_audio.as_ref(), to_video, to_audio, plan);
    let running = Running { decoder, encoder };
    running.play()?;
    let rate = (format.frame_rate.numer() as u64, format.frame_rate.denom() as u64);
    let expected = source.duration.map_or(0, |duration| duration.mseconds() * rate.0 / (rate.1 * 1_000));
    running.wait(&running.decoder, &feed, |frames| progress.part(file, frames, expected))?;
    complete(feed.frames(), expected, format.frame_rate)?;
    feed.finish().map_err(|error| refused(format!("cannot be encoded: {error}")))?;
    running.wait(&running.encoder, &feed, |_| {})?;
    Ok(feed)
}

/// A file that was cut short or damaged decodes up to there, without an error. Lengths of some containers are
/// estimates, so only a fifth that is missing counts.
fn complete(frames: u64, expected: u64, rate: gst::Fraction) -> Result<(), MediaError> {
    let seconds = |frames: u64| frames * rate.denom() as u64 / (rate.numer() as u64).max(1);
    match frames {
        0 => Err(refused("has no frame that can be decoded")),
        _ if frames * 5 < expected * 4 => {
            Err(refused(format!("breaks off after {} of {} seconds", seconds(frames), seconds(expected))))
        }
        _ => Ok(()),
    }
}

/// Two pipelines that stop when this goes out of scope.
struct Running {
    decoder: gst::Pipeline,
    encoder: gst::Pipeline,
}

impl Running {
    fn play(&self) -> Result<(), MediaError> {
        for pipeline in [&self.encoder, &self.decoder] {
            // The reason, if any, is on the bus, where `wait` finds it.
            let _ = pipeline.set_state(gst::State::Playing);
        }
        Ok(())
    }

    /// Waits until `pipeline` has reached its end, looking at the other one's errors too.
    fn wait(&self, pipeline: &gst::Pipeline, feed: &Feed, mut on_frames: impl FnMut(u64)) -> Result<(), MediaError> {
        let mut moved = (feed.frames(), Instant::now());
        loop {
            for each in [&self.decoder, &self.encoder] {
                let timeout = if each == pipeline { gst::ClockTime::from_mseconds(100) } else { gst::ClockTime::ZERO };
                let Some(bus) = each.bus() else { continue };
                let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
                match bus.timed_pop_filtered(timeout, &wanted).as_ref().map(|message| message.view()) {
                    Some(gst::MessageView::Error(error)) => {
                        return Err(refused(format!("cannot be decoded: {}", error.error())));
                    }
                    Some(gst::MessageView::Eos(_)) if each == pipeline => return Ok(()),
                    _ => {}
                }
            }
            let frames = feed.frames();
            on_frames(frames);
            if frames != moved.0 {
                moved = (frames, Instant::now());
            } else if moved.1.elapsed() > STALLED {
                return Err(refused("cannot be decoded: it stalls"));
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
    // Every second field is dropped: the result has the frame rate of the source, not twice as much.
    let pipeline = parse(&format!(
        "filesrc name=file ! decodebin name=decoder \
         queue name=video_in max-size-buffers=8 max-size-time=0 max-size-bytes=0 ! deinterlace fields=top ! videoconvert \
         ! videoflip video-direction=auto ! videoscale add-borders={letterbox} ! videorate \
         ! video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,framerate={}/{} \
         ! appsink name=video sync=false max-buffers=4 {audio}",
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
         caps=video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,framerate={}/{} \
         ! {encoder} ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=67108864 ! mux. {audio}",
        frame_rate.numer(),
        frame_rate.denom(),
    ))?;
    if let Some(element) = pipeline.by_name("file") {
        element.set_property("location", output);
    }
    Ok(pipeline)
}

fn parse(description: &str) -> Result<gst::Pipeline, MediaError> {
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

    #[test]
    fn videos_keep_their_shape_and_get_even_sides() {
        assert_eq!(fit(3_840, 2_160), (1_920, 1_080));
        assert_eq!(fit(1_080, 1_920), (608, 1_080));
        assert_eq!(fit(720, 576), (720, 576));
        assert_eq!(fit(1_025, 577), (1_026, 578));
    }

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
