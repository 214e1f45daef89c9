//! Frames of a held key become one press.
//!
//! A remote sends a frame about every 108 ms (NEC, RC-6) or 114 ms (RC-5) while a key is held. Receivers that pose as
//! USB keyboards, and keys that the kernel does not know, turn every frame into a press of its own, let go at once.
//!
//! The criterion is the time **from press to press**: presses of one key that follow each other within
//! [`Timing::frame_period`](crate::Timing) (130 ms) are one hold. The slowest common protocol stays below it, and a
//! thumb stays above it: people tap a key five to seven times a second at most, 140 ms from press to press. The time
//! from release to press would tell nothing: it is 50 ms in a quick double press as well as between two frames.
//!
//! So a press passes at once, and a release waits until no further frame can come. Whoever lets go later than that is
//! not delayed at all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Debounce<K> {
    window: Duration,
    held: BTreeMap<K, Held>,
}

#[derive(Debug)]
struct Held {
    /// The last frame.
    pressed: Instant,
    /// The release that waits, and when it passes.
    release: Option<Instant>,
}

impl<K: Ord + Copy> Debounce<K> {
    pub(crate) fn new(window: Duration) -> Debounce<K> {
        Debounce { window, held: BTreeMap::new() }
    }

    /// Whether this begins a hold, and the other keys whose waiting release passes with it: a frame of another key
    /// means that they were let go.
    pub(crate) fn press(&mut self, key: K, now: Instant) -> (bool, Vec<K>) {
        let others = self.take(|other, held| other != key && held.release.is_some());
        let new = !self.held.contains_key(&key);
        self.held.insert(key, Held { pressed: now, release: None });
        (new, others)
    }

    /// Whether the release passes now.
    pub(crate) fn release(&mut self, key: K, now: Instant) -> bool {
        let Some(held) = self.held.get_mut(&key) else { return false };
        let passes = held.pressed + self.window;
        if passes <= now {
            self.held.remove(&key);
            return true;
        }
        held.release = Some(passes);
        false
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.held.values().filter_map(|held| held.release).min()
    }

    /// The keys whose release passes.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<K> {
        self.take(|_, held| held.release.is_some_and(|passes| passes <= now))
    }

    fn take(&mut self, which: impl Fn(K, &Held) -> bool) -> Vec<K> {
        let keys: Vec<K> = self.held.iter().filter(|(key, held)| which(**key, held)).map(|(key, _)| *key).collect();
        for key in &keys {
            self.held.remove(key);
        }
        keys
    }
}
