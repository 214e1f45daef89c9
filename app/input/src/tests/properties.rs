//! Whatever devices send, what comes out is well-formed.

use super::bench::Bench;
use crate::device::Identity;
use crate::event::{EV_KEY, EV_MSC, EV_SYN, MSC_SCAN, RawEvent, SYN_DROPPED, SYN_REPORT};
use crate::hold::Timing;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;
use yuexiang_core::key::{Key, KeyEvent, Press};

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Event {
        device: u32,
        kind: u16,
        code: u16,
        value: i32,
    },
    Bytes {
        device: u32,
        bytes: Vec<u8>,
    },
    Held(BTreeSet<u16>),
    Unplug(u32),
    /// The thread is late by so many milliseconds.
    Late(u64),
}

/// Codes that mean something, two of them the same key, and one that is unknown.
const CODES: [u16; 6] = [103, 108, 28, 96, 2, 30];

fn step() -> impl Strategy<Value = Step> {
    let device = 0..3_u32;
    let code = prop::sample::select(CODES.to_vec());
    prop_oneof![
        4 => (0..700_u64).prop_map(Step::Wait),
        8 => (device.clone(), code.clone(), 0..3_i32)
            .prop_map(|(device, code, value)| Step::Event { device, kind: EV_KEY, code, value }),
        2 => (device.clone(), prop::sample::select(vec![0xce, 0xca, 0x4d]))
            .prop_map(|(device, value)| Step::Event { device, kind: EV_MSC, code: MSC_SCAN, value }),
        4 => device.clone().prop_map(|device| Step::Event { device, kind: EV_SYN, code: SYN_REPORT, value: 0 }),
        1 => device.clone().prop_map(|device| Step::Event { device, kind: EV_SYN, code: SYN_DROPPED, value: 0 }),
        1 => (device.clone(), prop::collection::vec(any::<u8>(), 0..100))
            .prop_map(|(device, bytes)| Step::Bytes { device, bytes }),
        1 => prop::collection::btree_set(code, 0..4).prop_map(Step::Held),
        1 => device.prop_map(Step::Unplug),
        1 => (0..3_000_u64).prop_map(Step::Late),
    ]
}

fn run(steps: &[Step]) -> Bench {
    let mut bench = Bench::new();
    for name in ["gpio_ir_recv", "hix5hd2-ir", "keyboard"] {
        bench.plug(&Identity { name: name.to_owned(), ..Identity::default() });
    }
    let mut now = Duration::ZERO;
    for step in steps.iter().cloned() {
        match step {
            Step::Wait(time) => {
                now += Duration::from_millis(time);
                bench.pass(now);
            }
            Step::Event { device, kind, code, value } => bench.send(device, RawEvent { time: now, kind, code, value }),
            Step::Bytes { device, bytes } => bench.send_bytes(device, &bytes, now),
            Step::Held(held) => bench.held = held,
            Step::Unplug(device) => bench.unplug(device, now),
            Step::Late(time) => {
                now += Duration::from_millis(time);
                bench.pass_at_once(now);
            }
        }
    }
    bench.end(now);
    bench
}

/// Down, then repeats of the same key, then its Up, then the next Down; times never go back, repeats keep their
/// distance, and nobody holds a key longer than the longest hold.
fn well_formed(events: &[(KeyEvent, Duration)]) -> Result<(), String> {
    let timing = Timing::default();
    let mut held: Option<(Key, Duration)> = None;
    let mut last = Duration::ZERO;
    let mut last_repeat: Option<Duration> = None;
    for (number, &(KeyEvent { key, press }, at)) in events.iter().enumerate() {
        if at < last {
            return Err(format!("time goes back at {number}"));
        }
        last = at;
        held = match (press, held) {
            (Press::Down, None) => {
                last_repeat = None;
                Some((key, at))
            }
            (Press::Repeat, Some((down, since))) if down == key => {
                let distance = last_repeat.map_or(at - since, |repeat| at - repeat);
                let least = if last_repeat.is_some() { timing.repeat_period } else { timing.repeat_delay };
                if distance < least {
                    return Err(format!("repeat {number} comes too soon"));
                }
                last_repeat = Some(at);
                held
            }
            (Press::Up, Some((down, since))) if down == key => {
                if at - since > timing.longest_hold {
                    return Err(format!("{number} was held for too long"));
                }
                None
            }
            _ => return Err(format!("{number}: {press:?} {key:?} while {held:?} is held")),
        };
    }
    if held.is_some() { Err("something is still held at the end".to_owned()) } else { Ok(()) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_stream_leads_to_well_formed_output(steps in prop::collection::vec(step(), 0..120)) {
        let bench = run(&steps);
        prop_assert_eq!(well_formed(&bench.events), Ok(()), "{:#?}", bench.lines());
    }
}

#[test]
fn the_check_itself_finds_what_is_wrong() {
    let event = |key, press, at| (KeyEvent { key, press }, Duration::from_millis(at));
    let (up, ok) = (Key::Up, Key::Ok);
    assert_eq!(well_formed(&[event(up, Press::Down, 0), event(up, Press::Up, 10)]), Ok(()));
    for wrong in [
        vec![event(up, Press::Up, 0)],
        vec![event(up, Press::Down, 0)],
        vec![event(up, Press::Down, 0), event(ok, Press::Down, 1), event(up, Press::Up, 2), event(ok, Press::Up, 3)],
        vec![event(up, Press::Down, 0), event(ok, Press::Repeat, 500), event(up, Press::Up, 600)],
        vec![event(up, Press::Down, 0), event(up, Press::Repeat, 300), event(up, Press::Up, 600)],
        vec![event(up, Press::Down, 0), event(up, Press::Up, 31_000)],
    ] {
        assert!(well_formed(&wrong).is_err(), "{wrong:?}");
    }
}
