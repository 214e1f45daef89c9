//! A player under test: events and frames can be waited for, clips are made on the spot.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod server;

use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::event::{MediaErrorKind, MediaEvent, MediaEventKind, MediaRequest, Source, VideoPlace};
use yuexiang_core::ports::{FrameSink, Nv12Picture, ObjectPaths, PictureMemory, VideoFrame, VideoOutput, VideoPlane};
use yuexiang_media::{Media, MediaOptions, VideoSizes};

/// Nothing that is waited for takes longer, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const WINDOW: (u32, u32) = (192, 108);
pub const FULL: (u32, u32) = (320, 180);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub size: (u32, u32),
    /// The picture's middle.
    pub colour: Colour,
    /// The picture's upper left corner.
    pub corner: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Blue,
    White,
    Black,
    Other,
}

impl Colour {
    fn of(rgb: &[u8]) -> Colour {
        let bright = |at: usize| rgb[at] > 160;
        let dark = |at: usize| rgb[at] < 60;
        match () {
            () if bright(0) && dark(1) && dark(2) => Colour::Red,
            () if dark(0) && dark(1) && bright(2) => Colour::Blue,
            () if bright(0) && bright(1) && bright(2) => Colour::White,
            () if dark(0) && dark(1) && dark(2) => Colour::Black,
            () => Colour::Other,
        }
    }
}

#[derive(Default)]
pub struct Frames {
    seen: Mutex<Vec<Seen>>,
    more: Condvar,
}

impl FrameSink for Frames {
    fn frame(&self, frame: VideoFrame<'_>) {
        let middle = frame.height as usize / 2 * frame.stride + frame.width as usize / 2 * 3;
        let seen = Seen {
            size: (frame.width, frame.height),
            colour: Colour::of(&frame.rgb[middle..]),
            corner: Colour::of(frame.rgb),
        };
        self.seen.lock().unwrap().push(seen);
        self.more.notify_all();
    }
}

impl VideoPlane for Frames {
    fn show(&self, picture: Nv12Picture) {
        let PictureMemory::Bytes(bytes) = &picture.memory else { panic!("software decoders have no DMABUF") };
        let bytes: &[u8] = (**bytes).as_ref();
        let [luma, chroma] = picture.planes;
        let colour = |x: usize, y: usize| {
            let pair = chroma.offset + y / 2 * chroma.stride + x / 2 * 2;
            match (bytes[luma.offset + y * luma.stride + x], bytes[pair], bytes[pair + 1]) {
                (_, cb, cr) if cr > 200 && cb < 140 => Colour::Red,
                (_, cb, cr) if cb > 200 && cr < 140 => Colour::Blue,
                (200.., _, _) => Colour::White,
                (..40, _, _) => Colour::Black,
                _ => Colour::Other,
            }
        };
        let (width, height) = (picture.width as usize, picture.height as usize);
        let (middle, corner) = (colour(width / 2, height / 2), colour(0, 0));
        let seen = Seen { size: (picture.width, picture.height), colour: middle, corner };
        self.seen.lock().unwrap().push(seen);
        self.more.notify_all();
    }

    fn clear(&self) {}
}

impl Frames {
    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits for a frame after the first `skip` ones that fits.
    #[track_caller]
    pub fn wait_after(&self, skip: usize, fits: impl Fn(&Seen) -> bool) -> Seen {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.lock().unwrap();
        loop {
            if let Some(found) = seen.iter().skip(skip).find(|seen| fits(seen)) {
                return *found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no such frame among {} frames; the last: {:?}", seen.len(), seen.last());
            seen = self.more.wait_timeout(seen, left).unwrap().0;
        }
    }

    #[track_caller]
    pub fn wait_more(&self, count: usize) {
        let before = self.count();
        self.wait_after(before + count - 1, |_| true);
    }
}

/// Objects are files in a folder, whatever their content.
struct Folder(PathBuf);

impl ObjectPaths for Folder {
    fn path(&self, sha256: Sha256) -> PathBuf {
        self.0.join(sha256.to_string())
    }
}

pub struct Player {
    pub media: Media,
    pub frames: Arc<Frames>,
    pub folder: tempfile::TempDir,
    events: Receiver<MediaEvent>,
    /// Says that playing cannot go on, and why.
    pub ruined: Receiver<String>,
    pub log: Vec<MediaEvent>,
}

impl Player {
    pub fn new() -> Player {
        Player::with(MediaOptions { sound: false, ..MediaOptions::default() })
    }

    pub fn with(options: MediaOptions) -> Player {
        let frames = Arc::new(Frames::default());
        Player::on(VideoOutput::Scene(frames.clone()), frames, options)
    }

    /// A display that shows pictures on a plane of its own.
    pub fn on_plane() -> Player {
        let frames = Arc::new(Frames::default());
        let options = MediaOptions { sound: false, ..MediaOptions::default() };
        Player::on(VideoOutput::Plane(frames.clone()), frames, options)
    }

    fn on(output: VideoOutput, frames: Arc<Frames>, options: MediaOptions) -> Player {
        let folder = tempfile::tempdir().unwrap();
        let (send, events) = mpsc::channel();
        let objects = Arc::new(Folder(folder.path().into()));
        let report = move |event| drop(send.send(event));
        let sizes = VideoSizes { window: WINDOW, full: FULL };
        let (ruin, ruined) = mpsc::channel();
        let on_ruin = move |reason| drop(ruin.send(reason));
        let media = Media::new(sizes, output, objects, report, on_ruin, options).unwrap();
        media.handle(MediaRequest::Place(VideoPlace::Full));
        Player { media, frames, folder, events, ruined, log: Vec::new() }
    }

    pub fn object(&self, number: u8) -> Source {
        Source::Object(Sha256([number; 32]))
    }

    pub fn path(&self, number: u8) -> PathBuf {
        self.folder.path().join(Sha256([number; 32]).to_string())
    }

    pub fn load(&self, generation: u64, source: Source) {
        self.media.handle(MediaRequest::Load { generation, source, live: false, start: 0, paused: false });
    }

    pub fn load_live(&self, generation: u64, source: Source) {
        self.media.handle(MediaRequest::Load { generation, source, live: true, start: 0, paused: false });
    }

    /// Waits for an event of the generation that fits; everything before it goes to the log.
    #[track_caller]
    pub fn wait(&mut self, generation: u64, fits: impl Fn(&MediaEventKind) -> bool) -> MediaEventKind {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(event) = self.events.recv_timeout(left) else {
                panic!("nothing of that kind came for load {generation}; what came: {:#?}", self.log);
            };
            self.log.push(event.clone());
            if event.generation == generation && fits(&event.kind) {
                return event.kind;
            }
        }
    }

    #[track_caller]
    pub fn wait_first_frame(&mut self, generation: u64) -> (u32, u32) {
        match self.wait(generation, |kind| matches!(kind, MediaEventKind::FirstFrame { .. })) {
            MediaEventKind::FirstFrame { width, height } => (width, height),
            _ => unreachable!("`wait` gives what was asked for"),
        }
    }

    #[track_caller]
    pub fn wait_playing(&mut self, generation: u64) {
        self.wait(generation, |kind| *kind == MediaEventKind::Playing);
    }

    #[track_caller]
    pub fn wait_position(&mut self, generation: u64) -> (u64, u64) {
        match self.wait(generation, |kind| matches!(kind, MediaEventKind::Position { .. })) {
            MediaEventKind::Position { position, duration } => (position, duration),
            _ => unreachable!("`wait` gives what was asked for"),
        }
    }

    #[track_caller]
    pub fn check_failure(&mut self, generation: u64, expected: MediaErrorKind, names: &str) {
        match self.wait(generation, |kind| matches!(kind, MediaEventKind::Failed(_))) {
            MediaEventKind::Failed(error) => {
                assert_eq!(error.kind, expected, "{}", error.detail);
                assert!(error.detail.contains(names), "`{names}` is not named: {}", error.detail);
            }
            _ => unreachable!("`wait` gives what was asked for"),
        }
    }

    /// Frames and events that have been seen, in a long run.
    pub fn forget(&mut self) {
        self.drain();
        self.log.clear();
        let mut seen = self.frames.seen.lock().unwrap();
        seen.clear();
        seen.shrink_to_fit();
    }

    /// Everything that has been reported until now.
    pub fn drain(&mut self) {
        self.log.extend(self.events.try_iter());
    }
}

/// What a clip shows.
pub struct Clip {
    /// `red`, `blue`, …: a pattern of videotestsrc.
    pub pattern: &'static str,
    pub seconds: u32,
    pub size: (u32, u32),
    pub sound: bool,
}

pub fn red(seconds: u32) -> Clip {
    Clip { pattern: "red", seconds, size: FULL, sound: false }
}

pub fn blue(seconds: u32) -> Clip {
    Clip { pattern: "blue", ..red(seconds) }
}

/// H.264 (and AAC) in MP4, 25 frames a second, a key frame every two seconds.
pub fn make_clip(path: &Path, clip: &Clip) {
    let picture = encoder(clip);
    let sound = match clip.sound {
        true => format!(
            "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=48000 ! voaacenc ! aacparse ! mux.",
            clip.seconds * 48_000 / 1_024
        ),
        false => String::new(),
    };
    run(&format!("{picture} ! mp4mux faststart=true name=mux ! filesink location={} {sound}", path.display()));
}

/// Slides of so many seconds each, and sound of another length.
pub fn make_slides(path: &Path, slides: u32, each: u32, sound: u32) {
    let picture = format!(
        "videotestsrc num-buffers={slides} pattern=red ! video/x-raw,format=I420,width=320,height=180,framerate=1/{each} \
         ! x264enc speed-preset=ultrafast key-int-max=1 ! h264parse"
    );
    let sound = match sound {
        0 => String::new(),
        seconds => format!(
            "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=48000 ! voaacenc ! aacparse ! mux.",
            seconds * 48_000 / 1_024
        ),
    };
    run(&format!("{picture} ! mp4mux faststart=true name=mux ! filesink location={} {sound}", path.display()));
}

/// An HLS playlist `live.m3u8` with its segments, two seconds each, without an end mark.
pub fn make_stream(folder: &Path, clip: &Clip) {
    let sound = match clip.sound {
        true => format!(
            "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=48000 ! voaacenc ! aacparse ! hls.audio",
            clip.seconds * 48_000 / 1_024
        ),
        false => String::new(),
    };
    run(&format!(
        "hlssink2 name=hls target-duration=2 max-files=0 playlist-length=0 location={1}/%03d.ts \
         playlist-location={1}/live.m3u8 {0} ! hls.video {sound}",
        encoder(clip),
        folder.display(),
    ));
    let playlist = folder.join("live.m3u8");
    let text = std::fs::read_to_string(&playlist).unwrap();
    std::fs::write(&playlist, text.replace("#EXT-X-ENDLIST", "")).unwrap();
}

fn encoder(clip: &Clip) -> String {
    format!(
        "videotestsrc num-buffers={} pattern={} ! video/x-raw,format=I420,width={},height={},framerate=25/1 \
         ! x264enc speed-preset=ultrafast key-int-max=50 ! h264parse",
        clip.seconds * 25,
        clip.pattern,
        clip.size.0,
        clip.size.1
    )
}

fn run(description: &str) {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let types = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &types).expect("the clip takes too long");
    if let gst::MessageView::Error(error) = message.view() {
        panic!("cannot make a clip: {} {:?}", error.error(), error.debug());
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// AAC in MP4, without a picture.
pub fn make_sound(path: &Path) {
    let sound = "audiotestsrc num-buffers=100 ! audio/x-raw,rate=48000 ! voaacenc ! aacparse";
    run(&format!("{sound} ! mp4mux ! filesink location={}", path.display()));
}
