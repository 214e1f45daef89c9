//! From events to strokes: what was pressed and let go, with code and scancode together.
//!
//! A scancode (`MSC_SCAN`) stands before the key event that it belongs to. A receiver whose kernel key map lacks a key
//! sends the scancode alone, once for every frame of the remote, and never says that the key was let go. When the
//! kernel's queue has run over (`SYN_DROPPED`), everything up to the next report is thrown away and the state is read
//! anew. The state is that of now, so what was read together with the report is older and is thrown away as well; what
//! still waits in the kernel is dropped by the kernel when it is asked for the state.

use crate::event::{EV_KEY, EV_MSC, EV_SYN, MSC_SCAN, RawEvent, SYN_DROPPED, SYN_REPORT};
use evdev::KeyCode;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// No hand holds more keys; a device that says so is broken.
const MOST_HELD: usize = 64;
/// More scancodes than any remote has.
const MOST_SCANCODES: usize = 1_024;

/// What a device sends for one of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Input {
    /// Evdev code, as in `input-event-codes.h`; none when the kernel's key map lacks the key.
    pub code: Option<u16>,
    /// Value of `MSC_SCAN`, when the device sends it.
    pub scan: Option<u32>,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.scan) {
            (Some(code), Some(scan)) => write!(f, "{}, {}", Trigger::Code(code), Trigger::Scan(scan)),
            (Some(code), None) => Trigger::Code(code).fmt(f),
            (None, Some(scan)) => Trigger::Scan(scan).fmt(f),
            (None, None) => f.write_str("nothing"),
        }
    }
}

/// What a key map knows a key by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trigger {
    Code(u16),
    Scan(u32),
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trigger::Code(code) => match code_name(*code) {
                Some(name) => write!(f, "{name} ({code})"),
                None => write!(f, "code {code}"),
            },
            Trigger::Scan(scan) => write!(f, "scancode {scan:#x}"),
        }
    }
}

/// Such as `KEY_OK`; none for codes without a name.
pub(crate) fn code_name(code: u16) -> Option<String> {
    let name = format!("{:?}", KeyCode(code));
    name.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
}

/// Buttons of mice, joysticks and tablets; remotes have none of them.
pub(crate) fn is_button(code: u16) -> bool {
    (KeyCode::BTN_0.0..KeyCode::KEY_OK.0).contains(&code)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    Press(Input),
    Release(Input),
    /// One frame of a key that the kernel does not know: pressed, and let go at some time that nobody tells.
    Frame(Input),
}

enum Step {
    Stroke(Stroke),
    /// Events were lost.
    Lost,
}

#[derive(Debug, Default)]
pub(crate) struct Strokes {
    held: BTreeMap<u16, Input>,
    /// The scancode that stands before the next key event of this report.
    scan: Option<u32>,
    /// Scancodes that came together with a code. While such a key is held, the kernel sends its scancode alone for
    /// every frame; older kernels also send it for frames of other keys. Neither is a press.
    with_code: BTreeSet<u32>,
    dropping: bool,
}

impl Strokes {
    /// Handles the events of one read. `held` asks the device for the codes that are held now. Every stroke comes with
    /// the time of its event.
    pub(crate) fn handle(
        &mut self,
        events: &[RawEvent],
        held: impl FnOnce() -> BTreeSet<u16>,
    ) -> Vec<(Stroke, Duration)> {
        let mut strokes = Vec::new();
        for event in events {
            match self.step(*event) {
                Some(Step::Stroke(stroke)) => strokes.push((stroke, event.time)),
                Some(Step::Lost) => {
                    let made_up = self.resync(&held());
                    strokes.extend(made_up.into_iter().map(|stroke| (stroke, event.time)));
                    break;
                }
                None => {}
            }
        }
        strokes
    }

    fn step(&mut self, event: RawEvent) -> Option<Step> {
        match (event.kind, event.code) {
            (EV_SYN, SYN_DROPPED) => {
                self.dropping = true;
                self.scan = None;
                None
            }
            (EV_SYN, SYN_REPORT) if self.dropping => {
                self.dropping = false;
                Some(Step::Lost)
            }
            _ if self.dropping => None,
            (EV_SYN, SYN_REPORT) => {
                let scan = self.scan.take().filter(|scan| !self.with_code.contains(scan))?;
                Some(Step::Stroke(Stroke::Frame(Input { code: None, scan: Some(scan) })))
            }
            (EV_MSC, MSC_SCAN) => {
                // The kernel carries the 32 bits of a scancode in a signed value.
                self.scan = Some(event.value as u32);
                None
            }
            (EV_KEY, code) => self.handle_key(code, event.value).map(Step::Stroke),
            _ => None,
        }
    }

    /// Values other than 0 and 1 are the kernel's repeats; the own ones take their place.
    fn handle_key(&mut self, code: u16, value: i32) -> Option<Stroke> {
        let scan = self.scan.take();
        if let Some(scan) = scan.filter(|_| self.with_code.len() < MOST_SCANCODES) {
            self.with_code.insert(scan);
        }
        match value {
            1 if !self.held.contains_key(&code) && self.held.len() < MOST_HELD => {
                let input = Input { code: Some(code), scan };
                self.held.insert(code, input);
                Some(Stroke::Press(input))
            }
            0 => self.held.remove(&code).map(Stroke::Release),
            _ => None,
        }
    }

    /// Makes up for lost events: what must have been let go and pressed meanwhile.
    fn resync(&mut self, held: &BTreeSet<u16>) -> Vec<Stroke> {
        let gone: Vec<u16> = self.held.keys().copied().filter(|code| !held.contains(code)).collect();
        let mut strokes: Vec<Stroke> =
            gone.iter().filter_map(|code| self.held.remove(code)).map(Stroke::Release).collect();
        for &code in held {
            strokes.extend(self.handle_key(code, 1));
        }
        strokes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strokes(machine: &mut Strokes, events: &[(u16, u16, i32)]) -> Vec<Stroke> {
        let raw = |&(kind, code, value)| RawEvent { time: Duration::ZERO, kind, code, value };
        let events: Vec<RawEvent> = events.iter().map(raw).collect();
        let strokes = machine.handle(&events, || BTreeSet::from([UP]));
        strokes.into_iter().map(|(stroke, _)| stroke).collect()
    }

    const REPORT: (u16, u16, i32) = (EV_SYN, SYN_REPORT, 0);
    const OK: u16 = 0x160;
    const UP: u16 = 103;

    #[test]
    fn a_scancode_belongs_to_the_key_after_it_and_its_repeats_are_no_press() {
        let mut machine = Strokes::default();
        let input = Input { code: Some(OK), scan: Some(0x14) };
        let press = strokes(&mut machine, &[(EV_MSC, MSC_SCAN, 0x14), (EV_KEY, OK, 1), REPORT]);
        assert_eq!(press, [Stroke::Press(input)]);
        let repeats = [(EV_MSC, MSC_SCAN, 0x14), REPORT, (EV_KEY, OK, 2), REPORT];
        assert_eq!(strokes(&mut machine, &repeats), []);
        assert_eq!(strokes(&mut machine, &[(EV_KEY, OK, 0), REPORT]), [Stroke::Release(input)]);
        assert_eq!(strokes(&mut machine, &repeats), [], "nor are they one after the release");
    }

    #[test]
    fn a_scancode_without_a_code_is_a_frame() {
        let input = Input { code: None, scan: Some(0xffff_ff01) };
        let frame = strokes(&mut Strokes::default(), &[(EV_MSC, MSC_SCAN, -255), REPORT]);
        assert_eq!(frame, [Stroke::Frame(input)]);
    }

    #[test]
    fn lost_events_are_made_up_for_from_the_state() {
        let mut machine = Strokes::default();
        let lost = [(EV_KEY, OK, 1), REPORT, (EV_SYN, SYN_DROPPED, 0), (EV_KEY, 2, 1)];
        let pressed = Input { code: Some(OK), scan: None };
        assert_eq!(strokes(&mut machine, &lost), [Stroke::Press(pressed)]);
        let up = Input { code: Some(UP), scan: None };
        // What was read with the report is older than the state: this press was let go in what was lost.
        let stale = [(EV_KEY, 3, 1), REPORT, (EV_KEY, 4, 1), REPORT];
        assert_eq!(strokes(&mut machine, &stale), [Stroke::Release(pressed), Stroke::Press(up)]);
        assert_eq!(strokes(&mut machine, &[(EV_KEY, UP, 0), REPORT]), [Stroke::Release(up)]);
    }

    #[test]
    fn inputs_are_shown_as_an_installer_writes_them() {
        let shown = Input { code: Some(OK), scan: Some(0x40bf12) }.to_string();
        assert_eq!(shown, "KEY_OK (352), scancode 0x40bf12");
        assert_eq!(Input { code: Some(0x2f0), scan: None }.to_string(), "code 752");
    }
}
