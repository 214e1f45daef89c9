//! The media thread: takes requests and messages of the buses in, one after the other, and reports.

use crate::MediaOptions;
use crate::background::{OnRuin, Reaper, Watchdog};
use crate::failure;
use crate::pipeline;
use crate::playback::{Load, Outcome, Playback, Surroundings};
use crate::screen::{PlaybackId, Screen};
use crate::sink::SoundDevice;
use gstreamer as gst;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use yuexiang_core::event::{Generation, MediaError, MediaEvent, MediaEventKind, MediaRequest, Source, VideoPlace};
use yuexiang_core::ports::ObjectPaths;
use yuexiang_tuner::{Failure, Question, Tuner, TunerOptions};

/// A live service that runs dry has to be seen before its pictures come too late.
const TICK: Duration = Duration::from_millis(200);
/// The picture before is given so long to let go of the sound device.
const DEVICE_FREE: Duration = Duration::from_secs(2);

pub enum Command {
    Request(MediaRequest),
    Bus {
        playback: PlaybackId,
        message: gst::Message,
    },
    /// A live service cannot be received any more.
    Lost {
        playback: PlaybackId,
        failure: Failure,
    },
    /// Where a file lies, whose server has said that it is elsewhere.
    Redirected {
        playback: PlaybackId,
        address: Result<String, Failure>,
    },
    /// A pipeline's first frame has taken the screen.
    FirstFrame,
    /// The pipeline that held the sound device has stopped.
    DeviceFree,
    Quit,
}

pub struct Parts {
    /// For the pipelines to answer to.
    pub commands: Sender<Command>,
    pub screen: Arc<Screen>,
    pub objects: Arc<dyn ObjectPaths>,
    pub events: Box<dyn Fn(MediaEvent) + Send + Sync>,
    /// Playing cannot go on in this process, with the reason. Called once.
    pub on_ruin: OnRuin,
    pub latest: Arc<AtomicU64>,
    pub options: MediaOptions,
}

/// Waits for the sound device that the picture before it still holds.
struct Deferred {
    load: Load,
    announced: bool,
    sound: SoundDevice,
    until: Instant,
}

/// Waits until it is known where the file lies.
struct Moved {
    /// The pipeline that was told so.
    playback: PlaybackId,
    load: Load,
    announced: bool,
    sound: SoundDevice,
    _question: Question,
}

struct Engine {
    parts: Parts,
    watchdog: Watchdog,
    reaper: Reaper,
    /// Without one, files still play.
    tuner: Result<Tuner, String>,
    sound: SoundDevice,
    deferred: Option<Deferred>,
    moved: Option<Moved>,
    /// Percent, and whether it is muted.
    volume: (u8, bool),
    last_id: PlaybackId,
    /// What is on the screen.
    current: Option<Playback>,
    /// What is to follow it as soon as its first frame is there.
    loading: Option<Playback>,
}

pub fn run(mut parts: Parts, inbox: Receiver<Command>) {
    let on_ruin = std::mem::replace(&mut parts.on_ruin, Box::new(|_| ()));
    match set_up(&parts.options, on_ruin) {
        Ok(watchdog) => Engine::new(parts, watchdog).run(inbox),
        Err(reason) => {
            tracing::error!("playback unavailable: {reason}");
            refuse(&parts, &reason, inbox);
        }
    }
}

fn set_up(options: &MediaOptions, on_ruin: OnRuin) -> Result<Watchdog, String> {
    gst::init().map_err(|error| format!("GStreamer cannot be set up: {error}"))?;
    pipeline::choose_elements();
    let watchdog = Watchdog::start(options.endurance, on_ruin);
    watchdog.map_err(|error| format!("a thread cannot be started: {error}"))
}

/// Without GStreamer every load fails, with the reason.
fn refuse(parts: &Parts, reason: &str, inbox: Receiver<Command>) {
    for command in inbox {
        match command {
            Command::Request(MediaRequest::Load { generation, source, .. }) => {
                let kind = MediaEventKind::Failed(failure::other(&source, reason));
                (parts.events)(MediaEvent { generation, kind });
            }
            Command::Quit => return,
            _ => {}
        }
    }
}

impl Engine {
    fn new(parts: Parts, watchdog: Watchdog) -> Engine {
        let tuner = Tuner::new(TunerOptions { idle_timeout: parts.options.live_timeout, ..TunerOptions::default() });
        let tuner = tuner.map_err(|error| {
            tracing::error!("live television unavailable: {error}");
            error.to_string()
        });
        let sound = match parts.options.sound {
            true => watchdog.watched("looking for a sound device", SoundDevice::find),
            false => SoundDevice::None,
        };
        let (reaper, volume) = (Reaper::new(watchdog.clone()), (100, false));
        let (deferred, moved, current, loading) = (None, None, None, None);
        Engine { parts, watchdog, reaper, tuner, sound, deferred, moved, volume, last_id: 0, current, loading }
    }

    fn run(mut self, inbox: Receiver<Command>) {
        loop {
            let command = if self.needs_ticks() {
                match inbox.recv_timeout(TICK) {
                    Ok(command) => Some(command),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match inbox.recv() {
                    Ok(command) => Some(command),
                    Err(_) => break,
                }
            };
            self.adopt_shown();
            match command {
                Some(Command::Quit) => break,
                Some(Command::Request(request)) => self.request(request),
                Some(Command::Bus { playback, message }) => self.bus(playback, &message),
                Some(Command::Lost { playback, failure }) => self.lost(playback, &failure),
                Some(Command::Redirected { playback, address }) => self.found(playback, address),
                Some(Command::DeviceFree) => self.open_deferred(),
                Some(Command::FirstFrame) | None => {}
            }
            self.tick();
            self.report();
        }
        self.end_all();
        self.watchdog.quit();
        self.reaper.finish(Duration::from_millis(1_500));
    }

    fn needs_ticks(&self) -> bool {
        self.deferred.is_some() || self.loading.iter().chain(&self.current).any(Playback::needs_ticks)
    }

    fn tick(&mut self) {
        for playback in self.loading.iter_mut().chain(&mut self.current) {
            playback.tick(&self.parts.options);
        }
        if self.deferred.as_mut().is_some_and(|deferred| deferred.until <= Instant::now()) {
            tracing::warn!("sound device busy; playing without sound");
            self.deferred.as_mut().into_iter().for_each(|deferred| deferred.sound = SoundDevice::None);
            self.open_deferred();
        }
    }

    fn open_deferred(&mut self) {
        if let Some(Deferred { load, announced, sound, .. }) = self.deferred.take() {
            self.open(load, sound, announced);
        }
    }

    /// The screen changes hands on a streaming thread; the books follow here.
    fn adopt_shown(&mut self) {
        let screen = &self.parts.screen;
        if let Some(mut shown) = self.loading.take_if(|loading| screen.shows(loading.id)) {
            shown.set_shown();
            if let Some(before) = self.current.replace(shown) {
                self.reaper.take(before.cut());
            }
        }
    }

    /// Only the newest load has a voice.
    fn report(&mut self) {
        let latest = self.parts.latest.load(Ordering::SeqCst);
        for playback in self.current.iter_mut().chain(&mut self.loading) {
            let generation = playback.load.generation;
            for kind in playback.events.drain(..) {
                if generation == latest {
                    (self.parts.events)(MediaEvent { generation, kind });
                }
            }
        }
    }

    fn request(&mut self, request: MediaRequest) {
        match request {
            MediaRequest::Load { generation, source, live, start, paused } => {
                self.load(Load { generation, source, elsewhere: None, live, start, paused });
            }
            MediaRequest::Pause { generation } => {
                self.with(generation, |playback| playback.set_paused(true), |load| load.paused = true);
            }
            MediaRequest::Resume { generation } => {
                self.with(generation, |playback| playback.set_paused(false), |load| load.paused = false);
            }
            MediaRequest::Seek { generation, position } => {
                self.with(generation, |playback| playback.seek(position), |load| load.start = position);
            }
            MediaRequest::Stop => self.end_all(),
            MediaRequest::Volume { percent, muted } => {
                self.volume = (percent.min(100), muted);
                let volume = self.volume();
                self.loading.iter().chain(&self.current).for_each(|playback| playback.set_volume(volume));
            }
            MediaRequest::Place(place) => self.place(place),
        }
    }

    /// `waiting`: the same for a load that has no pipeline yet.
    fn with(&mut self, generation: Generation, act: impl FnOnce(&mut Playback), waiting: impl FnOnce(&mut Load)) {
        let deferred = self.deferred.iter_mut().map(|deferred| &mut deferred.load);
        let mut loads = deferred.chain(self.moved.iter_mut().map(|moved| &mut moved.load));
        if let Some(load) = loads.find(|load| load.generation == generation) {
            return waiting(load);
        }
        let mut playbacks = self.loading.iter_mut().chain(&mut self.current);
        match playbacks.find(|playback| playback.load.generation == generation) {
            Some(playback) => act(playback),
            None => tracing::debug!("stale request for load {generation} dropped"),
        }
    }

    fn place(&mut self, place: VideoPlace) {
        let screen = &self.parts.screen;
        if screen.place() == place {
            return;
        }
        screen.set_place(place);
        let size = screen.size();
        for playback in self.loading.iter_mut().chain(&mut self.current) {
            playback.set_size(size, place != VideoPlace::Hidden);
        }
    }

    /// Loudness as it is felt grows with the cube root of the amplitude.
    fn volume(&self) -> (f64, bool) {
        ((f64::from(self.volume.0) / 100.0).powi(3), self.volume.1)
    }

    fn load(&mut self, load: Load) {
        tracing::info!("load {}: {}", load.generation, failure::describe(&load.source));
        self.drop_loading();
        self.open(load, self.sound.clone(), false);
    }

    /// `announced`: the load's first frame has been reported already, by a pipeline that this one replaces.
    fn open(&mut self, load: Load, sound: SoundDevice, announced: bool) {
        self.last_id += 1;
        let id = self.last_id;
        let around = Surroundings {
            options: &self.parts.options,
            screen: &self.parts.screen,
            sound,
            watchdog: &self.watchdog,
            volume: self.volume(),
            tuner: self.tuner.as_ref().map_err(String::as_str),
        };
        let objects = &self.parts.objects;
        let sha256 = match load.source {
            Source::Object(sha256) => Some(sha256),
            Source::Url(_) => None,
        };
        let (bus, screen) = (self.parts.commands.clone(), self.parts.commands.clone());
        // The receiver is gone only when everything ends; nobody misses a message then.
        let on_message = move |message| drop(bus.send(Command::Bus { playback: id, message }));
        let on_first = move || drop(screen.send(Command::FirstFrame));
        let lost = self.parts.commands.clone();
        let on_failure = move |failure| drop(lost.send(Command::Lost { playback: id, failure }));
        let generation = load.generation;
        let path = || sha256.map(|sha256| objects.path(sha256)).unwrap_or_default();
        match Playback::open(id, load, path, &around, on_message, on_first, on_failure) {
            Ok(mut playback) => {
                playback.announced = announced;
                self.parts.screen.set_next(Some(id));
                playback.settle();
                self.loading = Some(playback);
            }
            Err(error) => self.fail(generation, error),
        }
    }

    fn bus(&mut self, id: PlaybackId, message: &gst::Message) {
        let mut playbacks = self.loading.iter_mut().chain(&mut self.current);
        let Some(playback) = playbacks.find(|playback| playback.id == id) else { return };
        match playback.handle(message) {
            Outcome::GoOn => {}
            Outcome::Failed(error) => {
                let generation = playback.load.generation;
                self.fail(generation, error);
            }
            Outcome::Redirected => self.redirected(id),
            Outcome::SoundFailed(error) => {
                tracing::warn!("{}; trying without this sound", error.detail);
                self.without_sound(id, error);
            }
        }
    }

    /// One redirect is followed, by the rule of the objects that are stored: GStreamer's own source would follow any
    /// number, and from HTTPS to HTTP. The pipeline is made anew with the address that is found, so that seeking asks
    /// there at once.
    fn redirected(&mut self, id: PlaybackId) {
        let loading = self.loading.take_if(|playback| playback.id == id);
        let Some(told) = loading.or_else(|| self.current.take_if(|playback| playback.id == id)) else { return };
        let (mut load, announced, sound) = (told.load.clone(), told.announced, told.sound.clone());
        if told.is_shown() {
            load.start = told.position();
        }
        self.reaper.take(told.cut());
        let Source::Url(url) = &load.source else { return };
        let commands = self.parts.commands.clone();
        let answer = move |address| drop(commands.send(Command::Redirected { playback: id, address }));
        match &self.tuner {
            Ok(tuner) => {
                let _question = tuner.redirected(url, answer);
                self.moved = Some(Moved { playback: id, load, announced, sound, _question });
            }
            Err(reason) => {
                let error = failure::other(&load.source, reason);
                self.fail(load.generation, error);
            }
        }
    }

    fn found(&mut self, id: PlaybackId, address: Result<String, Failure>) {
        let Some(Moved { load, announced, sound, .. }) = self.moved.take_if(|moved| moved.playback == id) else {
            return;
        };
        match address {
            Ok(address) => self.open(Load { elsewhere: Some(address), ..load }, sound, announced),
            Err(failure) => self.fail(load.generation, failure::of_reception(&failure, &load.source)),
        }
    }

    fn lost(&mut self, id: PlaybackId, failure: &Failure) {
        let mut playbacks = self.loading.iter().chain(&self.current);
        if let Some(playback) = playbacks.find(|playback| playback.id == id) {
            let (generation, error) = (playback.load.generation, failure::of_reception(failure, &playback.load.source));
            self.fail(generation, error);
        }
    }

    /// Plays the same again with the sound dropped. A device that only one can hold may be held by the picture before;
    /// that one goes first then, and the device is tried once more.
    fn without_sound(&mut self, id: PlaybackId, error: MediaError) {
        let loading = self.loading.take_if(|playback| playback.id == id);
        let was_loading = loading.is_some();
        let Some(failed) = loading.or_else(|| self.current.take_if(|playback| playback.id == id)) else { return };
        let (mut load, announced, sound) = (failed.load.clone(), failed.announced, failed.sound.clone());
        if failed.is_shown() && !load.live {
            load.start = failed.position();
        }
        self.reaper.take(failed.cut());
        if sound == SoundDevice::None {
            return self.fail(load.generation, error);
        }
        match self.current.take() {
            Some(before) if was_loading => {
                let free = self.parts.commands.clone();
                self.reaper.take_and_then(before.cut(), move || drop(free.send(Command::DeviceFree)));
                let until = Instant::now() + DEVICE_FREE;
                self.deferred = Some(Deferred { load, announced, sound, until });
            }
            before => {
                self.current = before;
                self.open(load, SoundDevice::None, announced);
            }
        }
    }

    /// The newest load has failed: everything stops, the last picture stays. When it is an older one that still showed
    /// its picture, only that stops.
    fn fail(&mut self, generation: Generation, error: MediaError) {
        let newest = self.loading.as_ref().or(self.current.as_ref()).map(|playback| playback.load.generation);
        if newest.is_some_and(|newest| newest > generation) {
            tracing::debug!("previous load failed: {}", error.detail);
            if let Some(before) = self.current.take() {
                self.reaper.take(before.cut());
            }
            return;
        }
        tracing::warn!("load {generation} failed: {}", error.detail);
        self.end_all();
        if generation == self.parts.latest.load(Ordering::SeqCst) {
            (self.parts.events)(MediaEvent { generation, kind: MediaEventKind::Failed(error) });
        }
    }

    fn drop_loading(&mut self) {
        (self.deferred, self.moved) = (None, None);
        self.parts.screen.set_next(None);
        // The screen may have changed hands a moment ago.
        self.adopt_shown();
        if let Some(loading) = self.loading.take() {
            self.reaper.take(loading.cut());
        }
    }

    fn end_all(&mut self) {
        (self.deferred, self.moved) = (None, None);
        self.parts.screen.clear();
        for playback in self.loading.take().into_iter().chain(self.current.take()) {
            self.reaper.take(playback.cut());
        }
    }
}
