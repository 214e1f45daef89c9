//! All devices' strokes in, key events out. Pure: time is an argument.
//!
//! Call [`Controls::handle_stroke`] for what a device sent and [`Controls::handle_timeout`] when
//! [`Controls::poll_timeout`] has come, and drain [`Controls::poll_event`] after either.

use crate::debounce::Debounce;
use crate::hold::{DeviceId, Hold, Timing};
use crate::keymap::{KeyMap, Meaning};
use crate::stroke::{Input, Stroke, is_button};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use yuexiang_core::key::{Key, KeyEvent};

/// A device that invents keys must not fill the log, or the memory.
const MOST_UNKNOWN: usize = 100;

#[derive(Debug)]
pub(crate) struct Controls {
    timing: Timing,
    devices: BTreeMap<DeviceId, Remote>,
    hold: Hold,
    /// The latest time that was handled: events of different devices are read one after the other, and their times may
    /// go back a little.
    last: Option<Instant>,
}

#[derive(Debug)]
struct Remote {
    keymap: Arc<KeyMap>,
    /// What is held, and the key that it means. Two of them may mean the same key.
    held: Vec<(Input, Key)>,
    debounce: Debounce<Key>,
    unknown: BTreeSet<Input>,
}

impl Controls {
    pub(crate) fn new(timing: Timing) -> Controls {
        Controls { timing, devices: BTreeMap::new(), hold: Hold::new(timing), last: None }
    }

    pub(crate) fn add(&mut self, device: DeviceId, keymap: Arc<KeyMap>) {
        let debounce = Debounce::new(self.timing.frame_period);
        let remote = Remote { keymap, held: Vec::new(), debounce, unknown: BTreeSet::new() };
        self.devices.insert(device, remote);
    }

    pub(crate) fn remove(&mut self, device: DeviceId, now: Instant) {
        let now = self.advance(now);
        self.devices.remove(&device);
        self.hold.remove(device, now);
    }

    /// Returns an input that the key map does not know, the first time that the device sends it.
    pub(crate) fn handle_stroke(&mut self, device: DeviceId, stroke: Stroke, at: Instant) -> Option<Input> {
        let now = self.advance(at);
        match stroke {
            Stroke::Press(input) => self.press(device, input, now),
            Stroke::Release(input) => {
                self.release(device, input, now);
                None
            }
            Stroke::Frame(input) => {
                let unknown = self.press(device, input, now);
                self.release(device, input, now);
                unknown
            }
        }
    }

    fn press(&mut self, device: DeviceId, input: Input, now: Instant) -> Option<Input> {
        let remote = self.devices.get_mut(&device)?;
        let key = match remote.keymap.resolve(input) {
            Meaning::Key(key) => key,
            Meaning::Ignored => return None,
            Meaning::Unknown if input.code.is_some_and(is_button) => return None,
            Meaning::Unknown => {
                let new = remote.unknown.len() < MOST_UNKNOWN && remote.unknown.insert(input);
                return new.then_some(input);
            }
        };
        remote.held.push((input, key));
        if remote.held.iter().filter(|(_, held)| *held == key).count() > 1 {
            return None;
        }
        let (new, released) = remote.debounce.press(key, now);
        for key in released {
            self.hold.release(device, key, now);
        }
        if new {
            self.hold.press(device, key, now);
        }
        None
    }

    fn release(&mut self, device: DeviceId, input: Input, now: Instant) {
        let Some(remote) = self.devices.get_mut(&device) else { return };
        let Some(position) = remote.held.iter().position(|(held, _)| *held == input) else { return };
        let (_, key) = remote.held.swap_remove(position);
        let still_held = remote.held.iter().any(|(_, held)| *held == key);
        if !still_held && remote.debounce.release(key, now) {
            self.hold.release(device, key, now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.next_release().map(|(at, _)| at).into_iter().chain(self.hold.poll_timeout()).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    /// Lets go of everything, before the thread ends.
    pub(crate) fn end(&mut self, now: Instant) {
        let now = self.advance(now);
        self.devices.clear();
        self.hold.end(now);
    }

    pub(crate) fn poll_event(&mut self) -> Option<(KeyEvent, Instant)> {
        self.hold.poll_event()
    }

    /// Does everything that was due until then, in its order.
    fn advance(&mut self, now: Instant) -> Instant {
        let now = self.last.map_or(now, |last| last.max(now));
        self.last = Some(now);
        loop {
            let repeat = self.hold.poll_timeout().filter(|at| *at <= now);
            let release = self.next_release().filter(|(at, _)| *at <= now);
            match (release, repeat) {
                // A release goes first: no key repeats at the moment in which it is let go.
                (Some((at, device)), repeat) if repeat.is_none_or(|repeat| at <= repeat) => {
                    let Some(remote) = self.devices.get_mut(&device) else { return now };
                    for key in remote.debounce.handle_timeout(at) {
                        self.hold.release(device, key, at);
                    }
                }
                (_, Some(repeat)) => self.hold.handle_timeout(repeat, now),
                (_, None) => return now,
            }
        }
    }

    fn next_release(&self) -> Option<(Instant, DeviceId)> {
        self.devices.iter().filter_map(|(id, remote)| Some((remote.debounce.poll_timeout()?, *id))).min()
    }
}
