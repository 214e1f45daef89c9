//! Plays the recorded streams of `tests/streams`; their format is described there.

use super::bench::Bench;
use crate::device::Identity;
use crate::event::RawEvent;
use crate::hold::DeviceId;
use std::fs;
use std::time::Duration;

#[track_caller]
fn check(name: &str) {
    let path = format!("{}/tests/streams/{name}.events", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut player = Player { bench: Bench::new(), begun: None, device: 0, expected: Vec::new(), unknown: Vec::new() };
    for (number, line) in text.lines().enumerate() {
        player.play(line).unwrap_or_else(|| panic!("{path}:{}: {line}", number + 1));
    }
    assert_eq!(player.bench.lines(), player.expected, "{name}");
    assert_eq!(player.bench.unknown, player.unknown, "{name}");
}

struct Player {
    bench: Bench,
    /// A device whose lines are being read.
    begun: Option<Identity>,
    device: DeviceId,
    expected: Vec<String>,
    unknown: Vec<String>,
}

impl Player {
    fn play(&mut self, line: &str) -> Option<()> {
        if line.is_empty() || line.starts_with('#') {
            return Some(());
        }
        let (tag, rest) = line.split_once(':')?;
        let rest = rest.trim();
        let words: Vec<&str> = rest.split_whitespace().collect();
        if !matches!(tag, "I" | "C")
            && let Some(device) = self.begun.take()
        {
            self.device = self.bench.plug(&device);
        }
        match tag {
            "N" => {
                self.begun = Some(Identity { name: rest.to_owned(), sends_scancodes: true, ..Identity::default() });
            }
            "I" => {
                let device = self.begun.as_mut()?;
                (device.vendor, device.product) = (hex(words.get(1)?)?, hex(words.get(2)?)?);
            }
            "C" => self.begun.as_mut()?.codes = words.iter().filter_map(|word| hex(word)).collect(),
            "D" => self.device = rest.parse().ok()?,
            "E" => {
                let [time, kind, code, value] = words[..] else { return None };
                let value = value.parse().ok()?;
                let event = RawEvent { time: seconds(time)?, kind: hex(kind)?, code: hex(code)?, value };
                self.bench.send(self.device, event);
            }
            "H" => self.bench.held = words.iter().filter_map(|word| hex(word)).collect(),
            "G" => self.bench.unplug(self.device, seconds(rest)?),
            "T" => self.bench.pass(seconds(rest)?),
            "X" => self.expected.push(rest.to_owned()),
            "U" => self.unknown.push(rest.to_owned()),
            _ => return None,
        }
        Some(())
    }
}

fn hex(word: &str) -> Option<u16> {
    u16::from_str_radix(word, 16).ok()
}

/// Without the detour over floating point, which would not hit the microsecond.
fn seconds(word: &str) -> Option<Duration> {
    let (whole, fraction) = word.split_once('.')?;
    let micros: u64 = format!("{fraction:0<6}").parse().ok()?;
    Some(Duration::from_secs(whole.parse().ok()?) + Duration::from_micros(micros))
}

#[test]
fn a_key_that_the_kernel_knows_is_pressed_and_held() {
    check("rc_core_press_and_hold");
}

#[test]
fn a_quick_second_press_comes_in_one_report_with_the_release() {
    check("rc5_toggle");
}

#[test]
fn frames_that_look_like_presses_become_a_hold_and_double_presses_stay_two() {
    check("frames_as_presses");
}

#[test]
fn keys_that_the_kernel_does_not_know_work_by_scancode() {
    check("scancodes_alone");
}

#[test]
fn a_button_that_two_devices_report_counts_once() {
    check("cec_and_infrared");
}

#[test]
fn the_state_is_read_anew_when_events_were_lost() {
    check("events_were_lost");
}

#[test]
fn a_key_is_let_go_when_its_device_is_unplugged() {
    check("unplugged_while_held");
}

#[test]
fn every_stream_is_played() {
    let folder = format!("{}/tests/streams", env!("CARGO_MANIFEST_DIR"));
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let source = include_str!("streams.rs");
    for name in names.filter_map(|name| Some(name.strip_suffix(".events")?.to_owned())) {
        assert!(source.contains(&format!("check(\"{name}\")")), "{name}");
    }
}
