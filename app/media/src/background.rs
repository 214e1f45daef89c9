//! What runs beside the media thread: the reaper, which takes pipelines to `NULL` (that may wait for a server or a
//! device, and with a faulty element for ever), and the watchdog, which says which change of state blocks and when so
//! much of it blocks that only a new process helps.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A change of state that takes longer is worth a line in the log.
const PATIENCE: Duration = Duration::from_secs(3);
/// Stops that run at the same time. Each is a thread that mostly waits.
const STOPS_AT_ONCE: usize = 8;

/// When what blocks is taken for what will never return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endurance {
    /// A stop that takes longer is lost.
    pub stop: Duration,
    /// So many lost stops are borne. Each keeps its threads, its memory, perhaps the sound device.
    pub lost: usize,
    /// The media thread itself may wait for so long.
    pub block: Duration,
}

impl Default for Endurance {
    fn default() -> Endurance {
        // An HTTP source gives a server up after 8 s; with a connection and a name to be found before it may be twice
        // that.
        Endurance { stop: Duration::from_secs(20), lost: 2, block: Duration::from_secs(20) }
    }
}

/// Who waits for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// The media thread: nothing else happens meanwhile.
    Media,
    /// A thread that stops one pipeline.
    Stop,
}

pub type OnRuin = Box<dyn Fn(String) + Send + Sync>;

#[derive(Default)]
struct Operations {
    running: Vec<Operation>,
    serial: u64,
    ruined: bool,
    quit: bool,
}

struct Operation {
    serial: u64,
    label: String,
    waits: Waits,
    since: Instant,
    told: bool,
    lost: bool,
}

/// Watches operations that should return soon. It cannot interrupt them; it names them, counts those that do not
/// return, and says once when they are too many.
#[derive(Clone)]
pub struct Watchdog {
    shared: Arc<Watching>,
}

struct Watching {
    operations: Mutex<Operations>,
    changed: Condvar,
    endurance: Endurance,
    on_ruin: OnRuin,
}

impl Watchdog {
    pub fn start(endurance: Endurance, on_ruin: OnRuin) -> std::io::Result<Watchdog> {
        let (operations, changed) = (Mutex::default(), Condvar::new());
        let watchdog = Watchdog { shared: Arc::new(Watching { operations, changed, endurance, on_ruin }) };
        let watching = watchdog.clone();
        std::thread::Builder::new().name("media-watchdog".into()).spawn(move || watching.watch())?;
        Ok(watchdog)
    }

    /// Carries out what the media thread waits for.
    pub fn watched<T>(&self, label: &str, operation: impl FnOnce() -> T) -> T {
        self.watch_one(label, Waits::Media, operation)
    }

    fn watch_one<T>(&self, label: &str, waits: Waits, operation: impl FnOnce() -> T) -> T {
        let serial = {
            let mut operations = self.lock();
            operations.serial += 1;
            let serial = operations.serial;
            let (label, since) = (label.to_owned(), Instant::now());
            operations.running.push(Operation { serial, label, waits, since, told: false, lost: false });
            serial
        };
        self.shared.changed.notify_all();
        let result = operation();
        let mut operations = self.lock();
        if let Some(at) = operations.running.iter().position(|running| running.serial == serial) {
            let ended = operations.running.swap_remove(at);
            if ended.told {
                tracing::warn!("{} returned after {:.1} s", ended.label, ended.since.elapsed().as_secs_f32());
            }
        }
        result
    }

    pub fn quit(&self) {
        self.lock().quit = true;
        self.shared.changed.notify_all();
    }

    fn watch(&self) {
        let endurance = self.shared.endurance;
        let mut operations = self.lock();
        while !operations.quit {
            if let Some(reason) = operations.look(endurance) {
                drop(operations);
                tracing::error!("playback cannot go on in this process: {reason}");
                (self.shared.on_ruin)(reason);
                operations = self.lock();
                continue;
            }
            operations = match operations.next(endurance) {
                Some(at) => {
                    let wait = at.saturating_duration_since(Instant::now());
                    let waited = self.shared.changed.wait_timeout(operations, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.shared.changed.wait(operations).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Operations> {
        self.shared.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operations {
    /// Says what has taken too long, each thing once. Returns the reason when it is too much.
    fn look(&mut self, endurance: Endurance) -> Option<String> {
        for operation in &mut self.running {
            let taken = operation.since.elapsed();
            if !operation.told && taken >= PATIENCE {
                operation.told = true;
                tracing::warn!("{} blocked for {} s", operation.label, PATIENCE.as_secs());
            }
            if !operation.lost && taken >= endurance.until_lost(operation.waits) {
                operation.lost = true;
                let waited = taken.as_secs_f32();
                tracing::error!("{} blocked for {waited:.0} s, given up (timeout)", operation.label);
            }
        }
        let lost = |waits| self.running.iter().filter(move |running| running.lost && running.waits == waits);
        let reason = match (lost(Waits::Media).next(), lost(Waits::Stop).count()) {
            (Some(blocked), _) => format!("the media thread does not come back from {}", blocked.label),
            (None, count) if count > endurance.lost => format!("{count} pipelines do not stop"),
            _ => return None,
        };
        (!std::mem::replace(&mut self.ruined, true)).then_some(reason)
    }

    /// When to look again.
    fn next(&self, endurance: Endurance) -> Option<Instant> {
        let due = |running: &Operation| match (running.told, running.lost) {
            (_, true) => None,
            (true, false) => Some(running.since + endurance.until_lost(running.waits)),
            (false, false) => Some(running.since + PATIENCE.min(endurance.until_lost(running.waits))),
        };
        self.running.iter().filter_map(due).min()
    }
}

impl Endurance {
    fn until_lost(&self, waits: Waits) -> Duration {
        match waits {
            Waits::Media => self.block,
            Waits::Stop => self.stop,
        }
    }
}

type Stopping = (gst::Pipeline, Box<dyn FnOnce() + Send>);

/// Stops pipelines, each on a thread of its own, so that one that does not stop is in nobody's way.
pub struct Reaper {
    shared: Arc<(Mutex<Stops>, Condvar)>,
    watchdog: Watchdog,
}

#[derive(Default)]
struct Stops {
    waiting: VecDeque<Stopping>,
    threads: usize,
}

impl Reaper {
    pub fn new(watchdog: Watchdog) -> Reaper {
        Reaper { shared: Arc::default(), watchdog }
    }

    pub fn take(&self, pipeline: gst::Pipeline) {
        self.take_and_then(pipeline, || {});
    }

    /// `then` is called when the pipeline has stopped, on the thread that stopped it.
    pub fn take_and_then(&self, pipeline: gst::Pipeline, then: impl FnOnce() + Send + 'static) {
        let mut stops = lock(&self.shared.0);
        stops.waiting.push_back((pipeline, Box::new(then)));
        if stops.threads >= STOPS_AT_ONCE {
            return;
        }
        stops.threads += 1;
        drop(stops);
        let (shared, watchdog) = (self.shared.clone(), self.watchdog.clone());
        let thread = std::thread::Builder::new().name("media-stop".into()).spawn(move || run(&shared, &watchdog));
        if let Err(error) = thread {
            // It stays in the queue for the next thread that has time. It is cut off already and does no harm.
            tracing::error!("cannot start a thread to stop a pipeline: {error}");
            lock(&self.shared.0).threads -= 1;
        }
    }

    /// Waits until everything handed over has stopped, within limits.
    pub fn finish(self, at_most: Duration) {
        let busy = |stops: &mut Stops| stops.threads > 0;
        let waited = self.shared.1.wait_timeout_while(lock(&self.shared.0), at_most, busy);
        let (stops, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            tracing::warn!("{} pipelines still stopping", stops.threads + stops.waiting.len());
        }
    }
}

fn run(shared: &(Mutex<Stops>, Condvar), watchdog: &Watchdog) {
    loop {
        let mut stops = lock(&shared.0);
        let Some((pipeline, then)) = stops.waiting.pop_front() else {
            stops.threads -= 1;
            shared.1.notify_all();
            return;
        };
        drop(stops);
        let label = format!("stopping the pipeline {}", pipeline.name());
        if watchdog.watch_one(&label, Waits::Stop, || pipeline.set_state(gst::State::Null)).is_err() {
            tracing::warn!("{label}: refused by GStreamer");
        }
        drop(pipeline);
        then();
    }
}

fn lock(stops: &Mutex<Stops>) -> MutexGuard<'_, Stops> {
    stops.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "background_tests.rs"]
mod tests;
