//! One key at a time: holds, repeats, and two devices that hear the same button.
//!
//! Out come `Down`, `Repeat`… and `Up` of one key, then those of the next. A key that goes down while another is held
//! ends that one's hold, as a remote has one thumb on it; the other does not come back when the new one is let go.
//!
//! A television that hears its own remote tells the box by HDMI-CEC what the box's infrared receiver has heard as well,
//! and some USB remotes send one button through two interfaces. A press of the same key from **another** device within
//! [`Timing::echo`] is the echo of the first one and counts as nothing; the device that was first says when the key is
//! let go. Every press has one echo per device at most, so quick double presses that both devices report stay two.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use yuexiang_core::key::{Key, KeyEvent, Press};

pub(crate) type DeviceId = u32;

/// How presses become events. The defaults are those of the product; tests and boxes with odd receivers change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the press to the first repeat.
    pub repeat_delay: Duration,
    /// From one repeat to the next.
    pub repeat_period: Duration,
    /// Presses of one key on one device that follow each other within this time are the frames of one hold.
    pub frame_period: Duration,
    /// How much later than the first device another one may report the same press.
    pub echo: Duration,
    /// A key that was held for so long has lost its release: the remote left its radio's range, something lies on it.
    pub longest_hold: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            repeat_delay: Duration::from_millis(400),
            repeat_period: Duration::from_millis(90),
            frame_period: Duration::from_millis(130),
            echo: Duration::from_millis(250),
            longest_hold: Duration::from_secs(30),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Hold {
    timing: Timing,
    current: Option<Current>,
    /// Presses that counted, oldest first, while an echo may still come.
    recent: VecDeque<Recent>,
    events: VecDeque<(KeyEvent, Instant)>,
}

#[derive(Debug)]
struct Current {
    key: Key,
    device: DeviceId,
    repeats_at: Instant,
    ends_at: Instant,
}

#[derive(Debug)]
struct Recent {
    key: Key,
    device: DeviceId,
    at: Instant,
    echoed_by: BTreeSet<DeviceId>,
}

impl Hold {
    pub(crate) fn new(timing: Timing) -> Hold {
        // Faster repeats than the screen can show would only fill queues.
        let repeat_period = timing.repeat_period.max(Duration::from_millis(10));
        let timing = Timing { repeat_period, ..timing };
        Hold { timing, current: None, recent: VecDeque::new(), events: VecDeque::new() }
    }

    pub(crate) fn press(&mut self, device: DeviceId, key: Key, now: Instant) {
        let echo = self.timing.echo;
        self.recent.retain(|recent| now.saturating_duration_since(recent.at) <= echo);
        let mut same = self.recent.iter_mut().filter(|recent| recent.key == key && recent.device != device);
        let is_echo = same.any(|recent| recent.echoed_by.insert(device));
        let is_held = self.current.as_ref().is_some_and(|current| current.key == key);
        if is_echo || is_held {
            return;
        }
        self.end(now);
        self.send(key, Press::Down, now);
        self.recent.push_back(Recent { key, device, at: now, echoed_by: BTreeSet::new() });
        let (repeats_at, ends_at) = (now + self.timing.repeat_delay, now + self.timing.longest_hold);
        self.current = Some(Current { key, device, repeats_at, ends_at });
    }

    pub(crate) fn release(&mut self, device: DeviceId, key: Key, now: Instant) {
        if self.current.as_ref().is_some_and(|current| current.device == device && current.key == key) {
            self.end(now);
        }
    }

    /// The device is gone, and its thumb with it. What comes next is no echo of it: it may be the same device under
    /// another number.
    pub(crate) fn remove(&mut self, device: DeviceId, now: Instant) {
        self.recent.retain(|recent| recent.device != device);
        if self.current.as_ref().is_some_and(|current| current.device == device) {
            self.end(now);
        }
    }

    /// Lets go of what is held.
    pub(crate) fn end(&mut self, now: Instant) {
        if let Some(current) = self.current.take() {
            self.send(current.key, Press::Up, now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.current.as_ref().map(|current| current.repeats_at.min(current.ends_at))
    }

    /// Does what is due at `due`. Repeats that the thread was too late for are left out: a burst of them would move the
    /// focus further than the viewer saw.
    pub(crate) fn handle_timeout(&mut self, due: Instant, now: Instant) {
        let Some(current) = &mut self.current else { return };
        if current.ends_at <= due {
            return self.end(due);
        }
        let key = current.key;
        while current.repeats_at <= now {
            current.repeats_at += self.timing.repeat_period;
        }
        self.send(key, Press::Repeat, due);
    }

    pub(crate) fn poll_event(&mut self) -> Option<(KeyEvent, Instant)> {
        self.events.pop_front()
    }

    fn send(&mut self, key: Key, press: Press, at: Instant) {
        self.events.push_back((KeyEvent { key, press }, at));
    }
}
