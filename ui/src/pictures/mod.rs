//! Pictures at the size at which they are drawn. A worker decodes them; the screens get a place holder until then.

mod decode;

use crate::generated::Picture;
use crate::stage::Stage;
use crate::ui::UiHandle;
pub(crate) use decode::Decoded;
use decode::Worker;
use slint::Image;
use std::collections::HashMap;
use std::sync::Arc;
use yuexiang_core::catalog::Sha256;
use yuexiang_core::ports::ObjectPaths;
use yuexiang_core::view::PictureView;

/// Bytes that decoded pictures may take; what is on the screen is kept in any case.
const BUDGET: usize = 24 << 20;

/// Which corners are round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Corners {
    All,
    Left,
}

/// A place of the scene, in its pixels. The picture fills it and is cut at the edges that stick out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub width: f32,
    pub height: f32,
    pub corners: Corners,
    pub radius: f32,
}

/// A picture as it was decoded: the name of a cache entry. Lengths in pixels of the display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub sha256: Sha256,
    pub width: u32,
    pub height: u32,
    pub corners: Corners,
    pub radius: u32,
}

struct Entry {
    image: Image,
    bytes: usize,
    used: u64,
}

pub(crate) struct Pictures {
    scale: f32,
    entries: HashMap<Key, Entry>,
    bytes: usize,
    /// Counts the views, for the age of the entries.
    clock: u64,
    /// What could not be decoded, and in which view it was asked for last. It is tried again when it comes back after a
    /// view without it: meanwhile it may have been fetched again.
    broken: HashMap<Sha256, u64>,
    worker: Worker,
}

impl Pictures {
    pub fn new(objects: Arc<dyn ObjectPaths>, handle: UiHandle) -> Pictures {
        let done = move |key, result| {
            handle.post(Box::new(move |stage: &Stage| stage.picture_decoded(key, result)));
        };
        Pictures {
            scale: 1.0,
            entries: HashMap::new(),
            bytes: 0,
            clock: 0,
            broken: HashMap::new(),
            worker: Worker::start(objects, done),
        }
    }

    pub fn set_scale(&mut self, scale: f32) {
        self.scale = scale;
        self.entries.clear();
        self.bytes = 0;
    }

    /// A new view is about to ask for its pictures: what earlier ones still wait for is not wanted any more.
    pub fn begin(&mut self) {
        self.clock += 1;
        self.worker.forget_waiting();
    }

    /// The picture for its place, or an empty one while it is being decoded or when there is none.
    pub fn get(&mut self, picture: Option<&PictureView>, place: Place) -> Picture {
        let Some(sha256) = picture.and_then(|picture| picture.sha256) else { return Picture::default() };
        let pixels = |length: f32| (length * self.scale).round().max(1.0) as u32;
        let key = Key {
            sha256,
            width: pixels(place.width),
            height: pixels(place.height),
            corners: place.corners,
            radius: if place.radius > 0.0 { pixels(place.radius) } else { 0 },
        };
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.used = self.clock;
            return Picture { source: entry.image.clone(), there: true };
        }
        match self.broken.get_mut(&sha256) {
            Some(asked) if *asked + 1 >= self.clock => *asked = self.clock,
            _ => {
                self.broken.remove(&sha256);
                self.worker.want(key);
            }
        }
        Picture::default()
    }

    /// Takes what the worker has decoded. The hash of a picture that is broken, the first time it is found to be.
    pub fn decoded(&mut self, key: Key, result: Decoded) -> Option<Sha256> {
        self.worker.finished(key);
        match result {
            Ok(buffer) => {
                let bytes = buffer.as_bytes().len();
                let entry = Entry { image: Image::from_rgba8_premultiplied(buffer), bytes, used: self.clock };
                self.bytes += bytes;
                if let Some(old) = self.entries.insert(key, entry) {
                    self.bytes -= old.bytes;
                }
                self.shrink();
                None
            }
            Err(error) => {
                tracing::warn!(sha256 = %key.sha256, %error, "picture decoding failed");
                let first = self.broken.insert(key.sha256, self.clock).is_none();
                first.then_some(key.sha256)
            }
        }
    }

    pub fn is_decoding(&self) -> bool {
        self.worker.is_busy()
    }

    fn shrink(&mut self) {
        while self.bytes > BUDGET {
            let oldest = self.entries.iter().filter(|(_, entry)| entry.used < self.clock);
            let Some(key) = oldest.min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else { return };
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
            }
        }
    }
}
