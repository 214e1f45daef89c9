//! One pipeline and what is known of it.
//!
//! ```text
//!            PAUSED                    first frame shown
//!  Load ──▶ preroll ──▶ (seek to start) ──────────────▶ PLAYING ◀──▶ PAUSED
//! ```
//!
//! A pipeline is first taken to `PAUSED`, where the sinks wait with the first frame; only when that frame is on the
//! screen does it play, so that the sound of the picture before is not mixed with its own. What is reported is what the
//! bus and the arriving frames say, never what was asked for.

use crate::MediaOptions;
use crate::background::Watchdog;
use crate::failure;
use crate::live::LiveFeed;
use crate::pipeline;
use crate::screen::{PlaybackId, Screen, Tap};
use crate::sink::{SoundDevice, SoundGate, VideoEnd};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use yuexiang_core::event::{Generation, MediaError, MediaEventKind, Source};
use yuexiang_tuner::{Failure, Tuner};

/// Up to this distance a seek goes to the very frame; farther ones go to the nearest frame that stands by itself, which
/// is quicker and nobody can tell.
const ACCURATE_WITHIN: u64 = 10_000;
const POSITION_EVERY: Duration = Duration::from_secs(1);
/// A live picture that stands still for so long while its buffer fills is called buffering.
const STARVED_AFTER: Duration = Duration::from_secs(1);
/// No picture is taken at its word that it stays for longer, in milliseconds.
const LONGEST_PICTURE: u64 = 600_000;
/// Changes of the buffer's filling below this, in percent, are not worth an event.
const BUFFERING_STEP: u8 = 5;

/// [`MediaRequest::Load`](yuexiang_core::event::MediaRequest::Load).
#[derive(Clone, Debug)]
pub struct Load {
    pub generation: Generation,
    pub source: Source,
    /// Where a file over HTTP lies that its server has said to be elsewhere.
    pub elsewhere: Option<String>,
    pub live: bool,
    /// Milliseconds.
    pub start: u64,
    pub paused: bool,
}

/// What every pipeline needs from the engine.
pub struct Surroundings<'a> {
    pub options: &'a MediaOptions,
    pub screen: &'a Arc<Screen>,
    pub sound: SoundDevice,
    pub watchdog: &'a Watchdog,
    /// Linear, and whether it is muted.
    pub volume: (f64, bool),
    /// Or why there is none.
    pub tuner: Result<&'a Tuner, &'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Playing,
    Paused,
    Buffering(u8),
}

/// What a message of the bus means to the engine.
pub enum Outcome {
    GoOn,
    Failed(MediaError),
    /// The server says that the file lies elsewhere.
    Redirected,
    /// The sound's end of the pipeline failed; the picture may still be fine.
    SoundFailed(MediaError),
}

pub struct Playback {
    pub id: PlaybackId,
    pub load: Load,
    pub sound: SoundDevice,
    /// Its first frame has been reported.
    pub announced: bool,
    /// To be reported by the engine, if it is still wanted.
    pub events: VecDeque<MediaEventKind>,
    pipeline: gst::Pipeline,
    video: VideoEnd,
    tap: Arc<Tap>,
    gate: Arc<SoundGate>,
    /// Where a live service comes from; files have a source of GStreamer's.
    feed: Option<LiveFeed>,
    watchdog: Watchdog,
    shown: bool,
    /// A first frame only comes while it plays: a source with a clock of its own, or one that cannot seek to its start.
    runs_up: bool,
    prerolled: bool,
    /// Still to be sought, in milliseconds.
    start: Option<u64>,
    seeking: Option<u64>,
    next_seek: Option<u64>,
    /// A seek has ended since the pipeline was last taken to another state.
    sought: bool,
    /// The picture that stands still has the size of an earlier place.
    remake: bool,
    requested: gst::State,
    reached: gst::State,
    buffering: Option<u8>,
    ended: bool,
    starved: bool,
    stalled: bool,
    reported: Option<Condition>,
    /// Frames seen, and when the last one of them was.
    frames: (u64, Instant),
    /// Likewise for the sound.
    heard: (u64, Instant),
    /// Likewise for the position, in milliseconds.
    moved: (u64, Instant),
    /// The load was to start where there is no picture any more; it starts at the last one.
    retreated: bool,
    frames_before_seek: u64,
    /// Since when it waits for its first frame, for the end of a seek, or for more in the buffer.
    waits_since: Instant,
    positioned: Instant,
}

impl Playback {
    pub fn open(
        id: PlaybackId,
        load: Load,
        object: impl Fn() -> std::path::PathBuf,
        around: &Surroundings<'_>,
        on_message: impl Fn(gst::Message) + Send + Sync + 'static,
        on_first: impl Fn() + Send + Sync + 'static,
        on_failure: impl Fn(Failure) + Send + 'static,
    ) -> Result<Playback, MediaError> {
        let mut feed = None;
        let uri = match &load.source {
            Source::Object(_) => {
                pipeline::file_uri(&object()).map_err(|reason| failure::other(&load.source, reason))?
            }
            Source::Url(url) if pipeline::is_http(url) && load.live => {
                let tuner = around.tuner.map_err(|reason| failure::other(&load.source, reason))?;
                feed = Some(LiveFeed::open(tuner, url, on_failure));
                "appsrc://".to_owned()
            }
            Source::Url(url) if pipeline::is_http(url) => load.elsewhere.as_ref().unwrap_or(url).clone(),
            Source::Url(_) => return Err(failure::other(&load.source, "only http and https are played")),
        };
        let missing = |error: gst::glib::BoolError| failure::other(&load.source, error);
        let video = VideoEnd::build(around.screen.size()).map_err(missing)?;
        let sound = around.sound.build().map_err(missing)?;
        let gate = SoundGate::before(&sound);
        let pipeline = pipeline::build(id, &uri, &video, &sound, around).map_err(missing)?;
        if let Some(feed) = &feed {
            feed.connect(pipeline.upcast_ref());
        }
        let start = (load.start > 0 && !load.live).then_some(load.start);
        let tap = Arc::new(Tap::new(id, around.screen.clone(), start.is_none(), Box::new(on_first)));
        tap.connect(&video.sink);
        pipeline::forward_messages(&pipeline, on_message);
        let now = Instant::now();
        Ok(Playback {
            id,
            load,
            sound: around.sound.clone(),
            announced: false,
            events: VecDeque::new(),
            pipeline,
            video,
            tap,
            gate,
            feed,
            watchdog: around.watchdog.clone(),
            shown: false,
            runs_up: false,
            prerolled: false,
            start,
            seeking: None,
            next_seek: None,
            sought: false,
            remake: false,
            requested: gst::State::Null,
            reached: gst::State::Null,
            buffering: None,
            ended: false,
            starved: false,
            stalled: false,
            reported: None,
            frames: (0, now),
            heard: (0, now),
            moved: (0, now),
            retreated: false,
            frames_before_seek: 0,
            waits_since: now,
            positioned: now,
        })
    }

    /// Gives it up: from here on it neither shows nor plays nor downloads, whether it can be stopped or not. What is
    /// left is to be stopped on some other thread.
    pub fn cut(self) -> gst::Pipeline {
        self.tap.cut();
        self.gate.cut();
        self.pipeline
    }

    pub fn is_shown(&self) -> bool {
        self.shown
    }

    /// Its first frame has taken the screen.
    pub fn set_shown(&mut self) {
        self.shown = true;
        self.frames = (self.tap.frames(), Instant::now());
        let position = self.position();
        if let Some(feed) = &mut self.feed {
            feed.begin(position);
        }
        if !std::mem::replace(&mut self.announced, true) {
            let (width, height) = self.video.natural_size().unwrap_or_default();
            self.events.push_back(MediaEventKind::FirstFrame { width, height });
        }
    }

    pub fn set_paused(&mut self, paused: bool) {
        self.load.paused = paused;
    }

    pub fn set_volume(&self, (linear, muted): (f64, bool)) {
        self.pipeline.set_property("volume", linear);
        self.pipeline.set_property("mute", muted);
    }

    pub fn set_size(&mut self, size: Option<(u32, u32)>, visible: bool) {
        self.video.set_size(size);
        let still = self.requested == gst::State::Paused && !self.ended && !self.load.live;
        self.remake = still && visible;
        self.remake_still();
    }

    /// A picture that stands still is made anew in its new size, as soon as the pipeline is at rest.
    fn remake_still(&mut self) {
        let at_rest = self.prerolled && self.seeking.is_none() && self.requested == gst::State::Paused;
        if at_rest && std::mem::take(&mut self.remake) {
            let position = self.position();
            self.send_seek(position, gst::SeekFlags::ACCURATE);
        }
    }

    /// Milliseconds.
    pub fn position(&self) -> u64 {
        self.pipeline.query_position::<gst::ClockTime>().map_or(0, gst::ClockTime::mseconds)
    }

    fn duration(&self) -> u64 {
        self.pipeline.query_duration::<gst::ClockTime>().map_or(0, gst::ClockTime::mseconds)
    }

    // -------------------------------------------------------------------------------------------------------- seek

    pub fn seek(&mut self, position: u64) {
        if self.load.live {
            return tracing::debug!("seek in a live stream ignored: {}", failure::describe(&self.load.source));
        }
        if self.start.is_some() || !self.prerolled {
            self.tap.close_unless(self.shown);
            self.start = Some(position);
        } else if self.seeking.is_some() {
            // One at a time; of those that come meanwhile only the last is wanted.
            self.next_seek = Some(position);
        } else {
            self.begin_seek(position);
        }
    }

    fn begin_seek(&mut self, position: u64) -> bool {
        let near = self.position().abs_diff(position) <= ACCURATE_WITHIN;
        let how = if near { gst::SeekFlags::ACCURATE } else { gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_NEAREST };
        self.ended = false;
        self.reported = None;
        self.send_seek(position, how)
    }

    fn send_seek(&mut self, position: u64, how: gst::SeekFlags) -> bool {
        let target = gst::ClockTime::from_mseconds(position);
        self.frames_before_seek = self.tap.frames();
        let label = format!("seeking in {}", failure::describe(&self.load.source));
        let pipeline = &self.pipeline;
        let sent = self.watchdog.watched(&label, || pipeline.seek_simple(gst::SeekFlags::FLUSH | how, target));
        if sent.is_err() {
            tracing::warn!("{label} to {position} ms refused by GStreamer");
            return false;
        }
        self.seeking = Some(position);
        self.waits_since = Instant::now();
        true
    }

    // -------------------------------------------------------------------------------------------------------- bus

    pub fn handle(&mut self, message: &gst::Message) -> Outcome {
        use gst::MessageView;
        match message.view() {
            MessageView::Error(error) => {
                if failure::is_redirect(error) && self.load.elsewhere.is_none() {
                    return Outcome::Redirected;
                }
                let classified = failure::classify(error, &self.load.source);
                if failure::is_of_sound(error) {
                    return Outcome::SoundFailed(classified);
                }
                return Outcome::Failed(classified);
            }
            MessageView::Warning(warning) => tracing::debug!("{}: {}", self.pipeline.name(), warning.error()),
            MessageView::Eos(_) => self.end(),
            MessageView::AsyncDone(_) => return self.async_done(),
            MessageView::StateChanged(change) => {
                self.reached = change.current();
                self.frames.1 = Instant::now();
            }
            MessageView::Buffering(buffering) if self.feed.is_none() => self.set_buffering(buffering.percent()),
            MessageView::ClockLost(_) if self.requested == gst::State::Playing => {
                self.set_state(gst::State::Paused);
                self.set_state(gst::State::Playing);
            }
            MessageView::Latency(_) => {
                if let Err(error) = self.pipeline.recalculate_latency() {
                    tracing::debug!("{}: {error}", self.pipeline.name());
                }
            }
            _ => {}
        }
        Outcome::GoOn
    }

    fn end(&mut self) {
        // An end before the first frame is an error of its own kind, see `async_done`; the bus reports both.
        if self.shown && !self.ended {
            self.ended = true;
            self.reported = None;
            self.push_position();
            self.events.push_back(MediaEventKind::EndOfStream);
        }
    }

    /// The sinks have their first buffers, or those after a seek.
    fn async_done(&mut self) -> Outcome {
        self.prerolled = true;
        if self.tap.frames() == 0 {
            return Outcome::Failed(failure::undecodable(&self.load.source, "it has no picture"));
        }
        if let Some(start) = self.start.take() {
            self.tap.open();
            if !self.begin_seek(start) {
                self.runs_up = !self.shown;
            }
            return Outcome::GoOn;
        }
        if let Some(position) = self.seeking.take() {
            self.sought = true;
            if !self.shown && !self.retreated && self.tap.frames() == self.frames_before_seek {
                // The sound goes on where there is no picture any more.
                self.retreated = true;
                self.send_seek(position, gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE);
                return Outcome::GoOn;
            }
            self.frames.1 = Instant::now();
            match self.next_seek.take() {
                Some(position) => {
                    self.begin_seek(position);
                }
                None if self.shown => self.push_position(),
                None => {}
            }
        } else if self.sought && self.shown && self.load.paused {
            // What looked like the end of the seek was that of the pause before it, which knew an older position.
            self.push_position();
        }
        self.remake_still();
        Outcome::GoOn
    }

    fn set_buffering(&mut self, percent: i32) {
        let percent = u8::try_from(percent.clamp(0, 100)).unwrap_or(100);
        let buffering = (percent < 100).then_some(percent);
        if self.buffering != buffering {
            self.buffering = buffering;
            self.waits_since = Instant::now();
        }
    }

    fn push_position(&mut self) {
        self.positioned = Instant::now();
        let duration = if self.load.live { 0 } else { self.duration() };
        self.events.push_back(MediaEventKind::Position { position: self.position(), duration });
    }

    // -------------------------------------------------------------------------------------------------------- state

    /// Takes the pipeline where it should be and notes what is to be reported. After every message and request.
    pub fn settle(&mut self) {
        let wanted = if !self.shown {
            if self.runs_up { gst::State::Playing } else { gst::State::Paused }
        } else if self.load.paused || self.buffering.is_some() {
            gst::State::Paused
        } else {
            gst::State::Playing
        };
        if self.requested != wanted {
            self.set_state(wanted);
        }
        self.report();
    }

    fn set_state(&mut self, state: gst::State) {
        self.requested = state;
        self.sought = false;
        self.remake &= state == gst::State::Paused;
        let label = format!("taking {} to {state:?}", failure::describe(&self.load.source));
        let pipeline = &self.pipeline;
        match self.watchdog.watched(&label, || pipeline.set_state(state)) {
            // It has no first frame to show before it plays.
            Ok(gst::StateChangeSuccess::NoPreroll) => self.runs_up = true,
            Ok(_) => {}
            // The reason comes over the bus.
            Err(_) => tracing::debug!("{label} failed"),
        }
    }

    fn condition(&self) -> Option<Condition> {
        let buffering = self.buffering.filter(|_| if self.load.live { self.starved } else { true });
        if self.ended || self.stalled || self.seeking.is_some() {
            None
        } else if self.load.paused {
            (self.shown && self.reached == gst::State::Paused).then_some(Condition::Paused)
        } else if let Some(percent) = buffering {
            Some(Condition::Buffering(percent))
        } else {
            (self.shown && self.reached == gst::State::Playing).then_some(Condition::Playing)
        }
    }

    fn report(&mut self) {
        let Some(condition) = self.condition() else { return };
        let news = match (self.reported, condition) {
            (Some(Condition::Buffering(before)), Condition::Buffering(now)) => before.abs_diff(now) >= BUFFERING_STEP,
            (before, now) => before != Some(now),
        };
        if news {
            self.reported = Some(condition);
            self.events.push_back(match condition {
                Condition::Playing => MediaEventKind::Playing,
                Condition::Paused => MediaEventKind::Paused,
                Condition::Buffering(percent) => MediaEventKind::Buffering(percent),
            });
        }
    }

    // --------------------------------------------------------------------------------------------------------- time

    /// Something has to be looked at again before a message comes.
    pub fn needs_ticks(&self) -> bool {
        !self.shown || self.seeking.is_some() || self.requested == gst::State::Playing || self.buffering.is_some()
    }

    pub fn tick(&mut self, options: &MediaOptions) {
        let now = Instant::now();
        self.watch_feed();
        let (frames, heard) = (self.tap.frames(), self.gate.buffers());
        if frames != self.frames.0 {
            self.frames = (frames, now);
            self.starved = false;
            if self.shown && std::mem::take(&mut self.stalled) {
                self.reported = None;
            }
        }
        if heard != self.heard.0 {
            self.heard = (heard, now);
        }
        let position = self.position();
        if position != self.moved.0 {
            self.moved = (position, now);
        }
        let dry = self.load.live && self.buffering.is_some();
        let running = self.reached == gst::State::Playing && !dry;
        let playing = self.shown && !self.ended && self.seeking.is_none() && !self.load.paused && (running || dry);
        let still = now.duration_since(self.last_sign());
        self.starved = self.starved || playing && now.duration_since(self.frames.1) >= STARVED_AFTER;
        let waits = !self.shown || self.seeking.is_some() || self.buffering.is_some() && !self.load.live;
        let too_long = playing && still >= options.stalled_after
            || waits && !self.load.paused && now.duration_since(self.waits_since) >= options.loading_at_most;
        if too_long && !self.stalled {
            self.stalled = true;
            self.reported = None;
            self.events.push_back(MediaEventKind::Stalled);
        }
        if playing && running && !self.stalled && now.duration_since(self.positioned) >= POSITION_EVERY {
            self.push_position();
        }
        self.settle();
    }

    /// When it was last seen that it plays. A file may show one picture for minutes: a slide with narration, or a
    /// picture whose end is still to come. What counts then is that the sound goes on, or that the picture's time is
    /// not over. A live stream has pictures all the time, or something is wrong with it.
    fn last_sign(&self) -> Instant {
        if self.load.live {
            return self.frames.1;
        }
        let (position, moved) = self.moved;
        let left = self.tap.covered().saturating_sub(position);
        let stays = (1..=LONGEST_PICTURE).contains(&left);
        let sign = self.frames.1.max(self.heard.1);
        if stays { sign.max(moved) } else { sign }
    }

    /// A live service that comes too slowly is waited for before its pictures come too late: they would be dropped, and
    /// those after them, too.
    fn watch_feed(&mut self) {
        if !self.shown || self.ended || self.load.paused {
            return;
        }
        let position = self.position();
        let Some(feed) = &mut self.feed else { return };
        self.buffering = match self.buffering {
            None if self.reached == gst::State::Playing && feed.is_dry(position) => {
                feed.set_starved();
                feed.filling(position)
            }
            None => None,
            Some(_) => feed.filling(position),
        };
    }
}
