//! What runs beside the media thread: the reaper, which takes pipelines to `NULL` (that may wait for a server or a
//! device), and the watchdog, which says which change of state blocks.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A change of state that takes longer is worth a line in the log.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Operations {
    running: Vec<Operation>,
    serial: u64,
    quit: bool,
}

struct Operation {
    serial: u64,
    label: String,
    since: Instant,
    told: bool,
}

/// Watches operations that should return soon. It cannot interrupt them; it names them.
#[derive(Clone, Default)]
pub struct Watchdog {
    shared: Arc<(Mutex<Operations>, Condvar)>,
}

impl Watchdog {
    pub fn start() -> std::io::Result<Watchdog> {
        let watchdog = Watchdog::default();
        let watching = watchdog.clone();
        std::thread::Builder::new().name("media-watchdog".into()).spawn(move || watching.watch())?;
        Ok(watchdog)
    }

    pub fn watched<T>(&self, label: &str, operation: impl FnOnce() -> T) -> T {
        let serial = {
            let mut operations = self.lock();
            operations.serial += 1;
            let serial = operations.serial;
            let label = label.to_owned();
            operations.running.push(Operation { serial, label, since: Instant::now(), told: false });
            serial
        };
        self.shared.1.notify_all();
        let result = operation();
        let mut operations = self.lock();
        if let Some(at) = operations.running.iter().position(|running| running.serial == serial) {
            let ended = operations.running.swap_remove(at);
            if ended.told {
                tracing::warn!("{} has returned after {:.1} s", ended.label, ended.since.elapsed().as_secs_f32());
            }
        }
        result
    }

    pub fn quit(&self) {
        self.lock().quit = true;
        self.shared.1.notify_all();
    }

    fn watch(&self) {
        let mut operations = self.lock();
        while !operations.quit {
            for operation in operations.running.iter_mut() {
                if !operation.told && operation.since.elapsed() >= PATIENCE {
                    operation.told = true;
                    tracing::warn!("{} has not returned for {} s", operation.label, PATIENCE.as_secs());
                }
            }
            let next = operations.running.iter().filter(|running| !running.told).map(|running| running.since).min();
            operations = match next {
                Some(since) => {
                    let wait = (since + PATIENCE).saturating_duration_since(Instant::now());
                    let waited = self.shared.1.wait_timeout(operations, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.shared.1.wait(operations).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Operations> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops pipelines, one after the other, on a thread of its own.
pub struct Reaper {
    pipelines: Option<Sender<gst::Pipeline>>,
    ended: mpsc::Receiver<()>,
}

impl Reaper {
    pub fn start(watchdog: Watchdog) -> std::io::Result<Reaper> {
        let (pipelines, inbox) = mpsc::channel::<gst::Pipeline>();
        let (ending, ended) = mpsc::channel();
        std::thread::Builder::new().name("media-reaper".into()).spawn(move || {
            for pipeline in inbox {
                stop(&watchdog, &pipeline);
            }
            // Nobody waits when the program ends in a hurry.
            let _ = ending.send(());
        })?;
        Ok(Reaper { pipelines: Some(pipelines), ended })
    }

    pub fn take(&self, pipeline: gst::Pipeline) {
        if let Some(Err(unsent)) = self.pipelines.as_ref().map(|pipelines| pipelines.send(pipeline)) {
            // The reaper has died; better a late answer than a pipeline that plays for ever.
            let _ = unsent.0.set_state(gst::State::Null);
        }
    }

    /// Waits until everything handed over has stopped, within limits.
    pub fn finish(mut self, at_most: Duration) {
        self.pipelines = None;
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(at_most) {
            tracing::warn!("a pipeline does not stop");
        }
    }
}

/// To `NULL`, on the calling thread.
pub fn stop(watchdog: &Watchdog, pipeline: &gst::Pipeline) {
    let label = format!("stopping the pipeline {}", pipeline.name());
    if watchdog.watched(&label, || pipeline.set_state(gst::State::Null)).is_err() {
        tracing::warn!("{label}: GStreamer refuses");
    }
}
