//! The intake of media that editors and programs send: what a file really is, and making it publishable.
//!
//! Nothing is believed of a file but its bytes. First they are sniffed (`sniff`), then their structure is walked
//! through without decoding (`still` for pictures, `movie` for MP4), then a picture is decoded within limits of memory, one
//! of a phone (`media::heif`) in a process of its own, and GStreamer opens a video with exactly the
//! demultiplexer that was found and refuses everything else that wants in (`media::guard`). Packs go the same way.
//!
//! What comes out is always encoded anew, so no metadata survive: no place, no camera, no preview, no second file hidden
//! behind the first.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use yuexiang_wire::{Picture, Video};

use crate::media::{self, MediaError, Watch};
use crate::objects::Objects;

mod movie;
mod refusal;
mod sniff;
pub mod still;

pub use movie::Movie;
pub use refusal::Refusal;
pub use sniff::{Container, Found};

/// What can be made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Video,
}

/// What was made of it. Everything it names lies in the object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    Picture(Picture),
    Video(Video),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Another file is being made.
    Waiting,
    Checking,
    Making,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    /// 0–100 within the stage.
    pub percent: u8,
}

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(transparent)]
    Refused(Refusal),
    #[error("the work was cancelled")]
    Cancelled,
    /// This machine is at fault.
    #[error(transparent)]
    Machine(MediaError),
}

impl From<MediaError> for IntakeError {
    fn from(error: MediaError) -> IntakeError {
        match error {
            MediaError::Refused(refusal) => IntakeError::Refused(refusal),
            MediaError::Cancelled => IntakeError::Cancelled,
            other => IntakeError::Machine(other),
        }
    }
}

/// Looks at a file without decoding it: at once for a picture, within a second or two for a video.
pub fn classify(path: &Path) -> Result<Kind, IntakeError> {
    Ok(match found(path)? {
        Found::Video(_) => {
            media::check_video(path)?;
            Kind::Video
        }
        _ => {
            media::check_picture(path)?;
            Kind::Picture
        }
    })
}

/// Makes what boxes can show. Blocks, for a long video about as long as it takes to watch it; one picture and one video
/// at a time are made in a process, so that neither memory nor processors depend on how many editors are at work.
pub fn prepare(
    path: &Path,
    kind: Kind,
    objects: &Objects,
    progress: &dyn Fn(Progress),
    cancel: &AtomicBool,
) -> Result<Made, IntakeError> {
    static PICTURES: Turn = Turn::new();
    static VIDEOS: Turn = Turn::new();
    let turn = match kind {
        Kind::Picture => &PICTURES,
        Kind::Video => &VIDEOS,
    };
    progress(Progress { stage: Stage::Waiting, percent: 0 });
    let _turn = turn.take(cancel)?;
    progress(Progress { stage: Stage::Checking, percent: 0 });
    let made = match kind {
        Kind::Picture => Made::Picture(media::make_picture(path, objects)?),
        Kind::Video => {
            let last = std::cell::Cell::new(None);
            let part = |done: u64, whole: u64| {
                let percent = (done * 100).checked_div(whole).unwrap_or(0).min(99) as u8;
                if last.replace(Some(percent)) != Some(percent) {
                    progress(Progress { stage: Stage::Making, percent });
                }
            };
            Made::Video(media::make_video(path, objects, &Watch { part: &part, cancel })?)
        }
    };
    if cancel.load(Ordering::Relaxed) {
        return Err(IntakeError::Cancelled);
    }
    progress(Progress { stage: Stage::Making, percent: 100 });
    Ok(made)
}

/// What a file is by its first bytes.
pub fn found(path: &Path) -> Result<Found, MediaError> {
    let read = |source| MediaError::Read { path: path.to_owned(), source };
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(sniff::HEAD as u64).read_to_end(&mut head)).map_err(read)?;
    sniff::sniff(&head).map_err(MediaError::Refused)
}

/// The container of a video, and what its index declares if it is an MP4.
pub fn container(path: &Path) -> Result<(Container, Movie), MediaError> {
    let Found::Video(container) = found(path)? else { return Err(MediaError::Refused(Refusal::NotAVideo)) };
    if container != Container::IsoMedia {
        return Ok((container, Movie::default()));
    }
    let read = |source| MediaError::Read { path: PathBuf::from(path), source };
    let movie = movie::read(&mut File::open(path).map_err(read)?).map_err(|error| match error {
        movie::MovieError::Read(source) => read(source),
        movie::MovieError::Refused(refusal) => MediaError::Refused(refusal),
    })?;
    Ok((container, movie))
}

/// Lets one in at a time.
struct Turn {
    taken: Mutex<bool>,
    free: Condvar,
}

impl Turn {
    const fn new() -> Turn {
        Turn { taken: Mutex::new(false), free: Condvar::new() }
    }

    /// Waits until it is free, looking now and then whether that is still wanted.
    fn take(&self, cancel: &AtomicBool) -> Result<Taken<'_>, IntakeError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err(IntakeError::Cancelled);
            }
            if !*taken {
                *taken = true;
                return Ok(Taken(self));
            }
            let waited = self.free.wait_timeout(taken, Duration::from_millis(200));
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Taken<'a>(&'a Turn);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.free.notify_one();
    }
}
