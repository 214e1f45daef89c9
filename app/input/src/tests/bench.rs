//! Devices and their key maps in virtual time, from raw events to key events, without files and threads.

use crate::controls::Controls;
use crate::device::Identity;
use crate::event::{Decoder, RawEvent};
use crate::hold::{DeviceId, Timing};
use crate::keymap::KeyMaps;
use crate::stroke::Strokes;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use yuexiang_core::key::{KeyEvent, Press};

pub(super) struct Bench {
    start: Instant,
    keymaps: KeyMaps,
    controls: Controls,
    devices: Vec<(Decoder, Strokes)>,
    /// What is held when a device is asked.
    pub(super) held: BTreeSet<u16>,
    pub(super) events: Vec<(KeyEvent, Duration)>,
    pub(super) unknown: Vec<String>,
}

pub(super) fn shipped() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/keymaps"))
}

impl Bench {
    pub(super) fn new() -> Bench {
        let (keymaps, errors) = KeyMaps::load(&[shipped()]);
        assert!(errors.is_empty(), "{errors:?}");
        Bench {
            start: Instant::now(),
            keymaps,
            controls: Controls::new(Timing::default()),
            devices: Vec::new(),
            held: BTreeSet::new(),
            events: Vec::new(),
            unknown: Vec::new(),
        }
    }

    pub(super) fn plug(&mut self, device: &Identity) -> DeviceId {
        let id = self.devices.len() as DeviceId;
        self.controls.add(id, self.keymaps.select(device).unwrap().clone());
        self.devices.push((Decoder::default(), Strokes::default()));
        id
    }

    pub(super) fn unplug(&mut self, device: DeviceId, at: Duration) {
        self.pass(at);
        self.controls.remove(device, self.start + at);
        self.drain();
    }

    pub(super) fn send(&mut self, device: DeviceId, event: RawEvent) {
        self.send_bytes(device, &event.to_bytes(), event.time);
    }

    /// Bytes that are read at some time, whatever time their events claim.
    pub(super) fn send_bytes(&mut self, device: DeviceId, bytes: &[u8], at: Duration) {
        self.pass(at);
        let now = self.start + at;
        let (decoder, strokes) = &mut self.devices[device as usize];
        for (stroke, _) in strokes.handle(&decoder.decode(bytes), || self.held.clone()) {
            let unknown = self.controls.handle_stroke(device, stroke, now);
            self.unknown.extend(unknown.map(|input| input.to_string()));
        }
        self.drain();
    }

    /// Lets time pass as the thread does: from one timeout to the next.
    pub(super) fn pass(&mut self, until: Duration) {
        while let Some(at) = self.controls.poll_timeout().filter(|at| *at <= self.start + until) {
            self.controls.handle_timeout(at);
        }
        self.drain();
    }

    /// As the thread does when it was kept from running: one late look at the clock.
    pub(super) fn pass_at_once(&mut self, until: Duration) {
        self.controls.handle_timeout(self.start + until);
        self.drain();
    }

    pub(super) fn end(&mut self, at: Duration) {
        self.controls.end(self.start + at);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some((event, at)) = self.controls.poll_event() {
            self.events.push((event, at - self.start));
        }
    }

    /// Such as `0.400 repeat down`.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(event, at): &(KeyEvent, Duration)| {
            let press = match event.press {
                Press::Down => "down",
                Press::Repeat => "repeat",
                Press::Up => "up",
            };
            format!("{:.3} {press} {}", at.as_secs_f64(), event.key.name())
        };
        self.events.iter().map(line).collect()
    }
}
