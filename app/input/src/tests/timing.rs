use super::bench::Bench;
use crate::device::Identity;
use crate::event::{EV_KEY, RawEvent};
use std::time::Duration;
use yuexiang_core::key::{Key, Press};

const KEY_1: u16 = 2;
const KEY_UP: u16 = 103;
const KEY_LEFT: u16 = 105;
const KEY_ENTER: u16 = 28;
const KEY_KPENTER: u16 = 96;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Key events of one or more devices: device, milliseconds, code, value.
fn play(events: &[(u32, u64, u16, i32)], until: u64) -> Vec<String> {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.plug(&Identity::default());
    }
    for &(device, at, code, value) in events {
        bench.send(device, RawEvent { time: ms(at), kind: EV_KEY, code, value });
    }
    bench.pass(ms(until));
    bench.lines()
}

#[test]
fn a_key_that_goes_down_ends_the_hold_of_the_other() {
    let events = [(0, 0, KEY_UP, 1), (0, 500, KEY_LEFT, 1), (0, 700, KEY_LEFT, 0), (0, 1_500, KEY_UP, 0)];
    let lines =
        ["0.000 down up", "0.400 repeat up", "0.490 repeat up", "0.500 up up", "0.500 down left", "0.700 up left"];
    assert_eq!(play(&events, 3_000), lines, "and the other does not come back");
}

#[test]
fn two_codes_of_one_key_are_one_key() {
    let events = [(0, 0, KEY_ENTER, 1), (0, 50, KEY_KPENTER, 1), (0, 200, KEY_ENTER, 0), (0, 300, KEY_KPENTER, 0)];
    assert_eq!(play(&events, 1_000), ["0.000 down ok", "0.300 up ok"]);
}

#[test]
fn the_kernels_repeats_change_nothing() {
    let mut events = vec![(0, 0, KEY_UP, 1)];
    events.extend((250..600).step_by(33).map(|at| (0, at, KEY_UP, 2)));
    events.push((0, 600, KEY_UP, 0));
    let lines = ["0.000 down up", "0.400 repeat up", "0.490 repeat up", "0.580 repeat up", "0.600 up up"];
    assert_eq!(play(&events, 1_000), lines);
}

#[test]
fn a_key_that_was_held_when_the_device_came_is_nothing() {
    assert_eq!(play(&[(0, 0, KEY_UP, 2), (0, 33, KEY_UP, 2), (0, 50, KEY_UP, 0)], 1_000), [""; 0]);
}

#[test]
fn a_press_on_another_device_counts_when_it_is_no_echo() {
    let events = [(0, 0, KEY_1, 1), (0, 150, KEY_1, 0), (1, 300, KEY_1, 1), (1, 450, KEY_1, 0)];
    assert_eq!(play(&events, 1_000), ["0.000 down 1", "0.150 up 1", "0.300 down 1", "0.450 up 1"]);
    let events = [(0, 0, KEY_1, 1), (0, 150, KEY_1, 0), (1, 250, KEY_1, 1), (1, 450, KEY_1, 0)];
    assert_eq!(play(&events, 1_000), ["0.000 down 1", "0.150 up 1"], "within 250 ms it is one");
}

#[test]
fn an_echo_in_frames_is_one_echo() {
    let mut events = vec![(0, 0, KEY_1, 1), (1, 50, KEY_1, 1), (1, 60, KEY_1, 0), (0, 140, KEY_1, 0)];
    events.extend([160, 270, 380].iter().flat_map(|&at| [(1, at, KEY_1, 1), (1, at + 10, KEY_1, 0)]));
    assert_eq!(play(&events, 1_000), ["0.000 down 1", "0.140 up 1"]);
}

#[test]
fn a_device_that_was_unplugged_has_no_echo() {
    let mut bench = Bench::new();
    let (first, again) = (bench.plug(&Identity::default()), bench.plug(&Identity::default()));
    bench.send(first, RawEvent { time: ms(0), kind: EV_KEY, code: KEY_UP, value: 1 });
    bench.unplug(first, ms(50));
    bench.send(again, RawEvent { time: ms(150), kind: EV_KEY, code: KEY_UP, value: 1 });
    assert_eq!(bench.lines(), ["0.000 down up", "0.050 up up", "0.150 down up"]);
}

#[test]
fn an_echo_of_another_key_is_no_echo() {
    let events = [(0, 0, KEY_1, 1), (1, 20, KEY_UP, 1), (0, 150, KEY_1, 0), (1, 200, KEY_UP, 0)];
    assert_eq!(play(&events, 1_000), ["0.000 down 1", "0.020 up 1", "0.020 down up", "0.200 up up"]);
}

#[test]
fn a_lost_release_ends_after_half_a_minute_and_the_key_works_again() {
    let mut bench = Bench::new();
    let device = bench.plug(&Identity::default());
    let send = |bench: &mut Bench, at, value| {
        bench.send(device, RawEvent { time: ms(at), kind: EV_KEY, code: KEY_UP, value });
    };
    send(&mut bench, 0, 1);
    bench.pass(ms(90_000));
    let (last, at) = *bench.events.last().unwrap();
    assert_eq!((last.key, last.press, at), (Key::Up, Press::Up, ms(30_000)));
    bench.events.clear();
    send(&mut bench, 90_000, 0);
    send(&mut bench, 91_000, 1);
    send(&mut bench, 91_200, 0);
    assert_eq!(bench.lines(), ["91.000 down up", "91.200 up up"]);
}

#[test]
fn a_thread_that_was_late_sends_one_repeat_and_no_burst() {
    let mut bench = Bench::new();
    let device = bench.plug(&Identity::default());
    bench.send(device, RawEvent { time: ms(0), kind: EV_KEY, code: KEY_UP, value: 1 });
    bench.pass_at_once(ms(5_000));
    assert_eq!(bench.lines(), ["0.000 down up", "0.400 repeat up"]);
    bench.pass(ms(5_100));
    assert_eq!(bench.lines()[2..], ["5.080 repeat up"], "and keeps the beat");
}
