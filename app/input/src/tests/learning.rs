use crate::learn::{Learner, Prompt};
use crate::stroke::{Input, Trigger};
use std::time::{Duration, Instant};
use yuexiang_core::key::Key;

const PATIENCE: Duration = Duration::from_secs(15);

struct Lesson {
    learner: Learner,
    now: Instant,
}

fn lesson(keys: &[Key]) -> Lesson {
    let now = Instant::now();
    Lesson { learner: Learner::new(keys.to_vec(), PATIENCE, now), now }
}

impl Lesson {
    fn press(&mut self, device: usize, code: u16, scan: u32) -> &mut Lesson {
        self.now += Duration::from_secs(1);
        let nonzero = |value: u32| (value != 0).then_some(value);
        let input = Input { code: (code != 0).then_some(code), scan: nonzero(scan) };
        self.learner.handle_press(device, input, self.now);
        self
    }

    fn twice(&mut self, code: u16, scan: u32) -> &mut Lesson {
        self.press(0, code, scan).press(0, code, scan)
    }

    fn wait(&mut self) -> &mut Lesson {
        self.now = self.learner.poll_timeout().unwrap();
        self.learner.handle_timeout(self.now);
        self
    }

    fn prompts(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.learner.poll_prompt()).map(|prompt| prompt.to_string()).collect()
    }
}

#[test]
fn each_key_is_pressed_twice() {
    let mut lesson = lesson(&[Key::Ok, Key::Up]);
    lesson.twice(352, 0x14).twice(103, 0x15);
    let prompts = [
        "[1/2] press ok now",
        "once more: ok",
        "ok is KEY_OK (352), scancode 0x14",
        "[2/2] press up now",
        "once more: up",
        "up is KEY_UP (103), scancode 0x15",
        "2 keys learned, 0 skipped",
    ];
    assert_eq!(lesson.prompts(), prompts);
    assert_eq!(lesson.learner.poll_timeout(), None);
    let learned = [(Key::Ok, Trigger::Scan(0x14)), (Key::Up, Trigger::Scan(0x15))];
    assert_eq!(lesson.learner.learned(), learned, "the scancode is preferred");
}

#[test]
fn another_second_press_asks_anew() {
    let mut lesson = lesson(&[Key::Ok]);
    lesson.press(0, 28, 0).press(0, 103, 0).twice(352, 0);
    let prompts = lesson.prompts();
    assert_eq!(prompts[2], "that was another key; press ok now");
    assert_eq!(lesson.learner.learned(), [(Key::Ok, Trigger::Code(352))]);
}

#[test]
fn a_key_cannot_be_two() {
    let mut lesson = lesson(&[Key::Ok, Key::Up]);
    lesson.twice(352, 0x14).press(0, 352, 0x14).twice(103, 0x15);
    let taken = Prompt::Taken { key: Key::Up, by: Key::Ok }.to_string();
    assert_eq!(lesson.prompts()[4], taken);
    assert_eq!(lesson.learner.learned().len(), 2);
}

#[test]
fn keys_are_skipped_when_nobody_presses_them() {
    let mut lesson = lesson(&[Key::Ok, Key::Up, Key::Down]);
    lesson.wait().press(0, 103, 0).wait().twice(108, 0);
    let prompts = lesson.prompts();
    assert_eq!((prompts[1].as_str(), prompts[4].as_str()), ("ok skipped", "up skipped"));
    assert_eq!(prompts.last().map(String::as_str), Some("1 keys learned, 2 skipped"));
    assert_eq!(lesson.learner.learned(), [(Key::Down, Trigger::Code(108))]);
}

#[test]
fn the_first_key_decides_which_device_is_taught() {
    let mut lesson = lesson(&[Key::Ok, Key::Up]);
    lesson.press(0, 28, 0).press(1, 28, 0);
    assert_eq!(lesson.prompts().last().unwrap(), "that was another key; press ok now", "two devices are two keys");
    lesson.press(1, 28, 0).press(1, 28, 0).press(0, 103, 0);
    assert_eq!(lesson.prompts().last().unwrap(), "[2/2] press up now", "the other device is not listened to");
    lesson.press(1, 103, 0).press(1, 103, 0);
    assert_eq!((lesson.learner.device(), lesson.learner.learned().len()), (Some(1), 2));
}

#[test]
fn scancodes_that_count_are_not_relied_on() {
    let mut lesson = lesson(&[Key::Ok, Key::Up]);
    lesson.press(0, 28, 0x14).press(0, 28, 0x80014).press(0, 28, 0x14).twice(103, 0x15);
    assert_eq!(lesson.learner.learned(), [(Key::Ok, Trigger::Code(28)), (Key::Up, Trigger::Scan(0x15))]);
    assert!(lesson.prompts().contains(&"that is ok already; press another key for up, or wait to skip it".to_owned()));
}

#[test]
fn a_scancode_that_all_keys_share_says_nothing() {
    let mut lesson = lesson(&[Key::Ok, Key::Up]);
    lesson.twice(28, 0x1).twice(103, 0x1);
    assert_eq!(lesson.learner.learned(), [(Key::Ok, Trigger::Code(28)), (Key::Up, Trigger::Code(103))]);
}

#[test]
fn keys_that_the_kernel_does_not_know_are_learned_by_scancode() {
    const KEY_UNKNOWN: u16 = 240;
    let mut lesson = lesson(&[Key::Ok, Key::Up, Key::Down]);
    lesson.twice(KEY_UNKNOWN, 0x14).twice(KEY_UNKNOWN, 0x15).twice(0, 0x16);
    let scans: Vec<Trigger> = lesson.learner.learned().into_iter().map(|(_, trigger)| trigger).collect();
    assert_eq!(scans, [Trigger::Scan(0x14), Trigger::Scan(0x15), Trigger::Scan(0x16)]);
}

#[test]
fn clicks_of_a_mouse_and_keys_without_a_name_are_not_learned() {
    const BTN_LEFT: u16 = 0x110;
    let mut lesson = lesson(&[Key::Ok]);
    lesson.twice(BTN_LEFT, 0x90001).twice(240, 0);
    assert_eq!(lesson.prompts(), ["[1/1] press ok now"]);
}
