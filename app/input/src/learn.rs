//! Teaches the box a remote control: asks for key after key and writes a key map for the device.
//!
//! ```text
//!            press                 same press
//!  Press k ─────────▶ Again k ────────────────▶ Learned k ─▶ next key
//!   ▲  │ known for k'    │ another press
//!   │  └──▶ Taken k'     ▼
//!   └──────────────── Differs           no press in time, anywhere: Skipped k ─▶ next key
//! ```
//!
//! [`Learner`] is pure; [`run`] drives it with real devices.

mod session;

pub use session::{LearnError, LearnOptions, Learned, run, run_with};

use crate::stroke::{Input, Trigger, is_button};
use evdev::KeyCode;
use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};
use yuexiang_core::key::Key;

/// The keys in the order in which they are asked for: without the first seven the box cannot be used.
pub const KEYS: [Key; 35] = [
    Key::Ok,
    Key::Up,
    Key::Down,
    Key::Left,
    Key::Right,
    Key::Back,
    Key::Home,
    Key::Menu,
    Key::ChannelUp,
    Key::ChannelDown,
    Key::VolumeUp,
    Key::VolumeDown,
    Key::Mute,
    Key::Power,
    Key::Digit(0),
    Key::Digit(1),
    Key::Digit(2),
    Key::Digit(3),
    Key::Digit(4),
    Key::Digit(5),
    Key::Digit(6),
    Key::Digit(7),
    Key::Digit(8),
    Key::Digit(9),
    Key::Red,
    Key::Green,
    Key::Yellow,
    Key::Blue,
    Key::PlayPause,
    Key::Stop,
    Key::Rewind,
    Key::FastForward,
    Key::Previous,
    Key::Next,
    Key::Info,
];

/// What to tell the person with the remote control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The `number`-th key of `of`, from 1.
    Press {
        key: Key,
        number: usize,
        of: usize,
    },
    /// The same key once more, to be sure.
    Again {
        key: Key,
    },
    /// The second press was another one; the key is asked for anew.
    Differs {
        key: Key,
    },
    /// What was pressed is `by` already; another key may be pressed, or none, to skip this one.
    Taken {
        key: Key,
        by: Key,
    },
    Learned {
        key: Key,
        input: Input,
    },
    /// Nothing was pressed in time.
    Skipped {
        key: Key,
    },
    Done {
        learned: usize,
        skipped: usize,
    },
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Prompt::Press { key, number, of } => write!(f, "[{number}/{of}] press {} now", key.name()),
            Prompt::Again { key } => write!(f, "once more: {}", key.name()),
            Prompt::Differs { key } => write!(f, "that was another key; press {} now", key.name()),
            Prompt::Taken { key, by } => {
                write!(f, "that is {} already; press another key for {}, or wait to skip it", by.name(), key.name())
            }
            Prompt::Learned { key, input } => write!(f, "{} is {input}", key.name()),
            Prompt::Skipped { key } => write!(f, "{} skipped", key.name()),
            Prompt::Done { learned, skipped } => write!(f, "{learned} keys learned, {skipped} skipped"),
        }
    }
}

/// Feed it clean presses with [`Learner::handle_press`], call [`Learner::handle_timeout`] when
/// [`Learner::poll_timeout`] has come, and drain [`Learner::poll_prompt`] after either. It is done when there is no
/// timeout any more.
#[derive(Debug)]
pub struct Learner {
    keys: Vec<Key>,
    patience: Duration,
    /// Index of the key that is asked for.
    asked: usize,
    /// What was pressed first, and on which device.
    first: Option<(usize, Input)>,
    deadline: Instant,
    /// The device of the first key that was learned; presses on others are not for us.
    device: Option<usize>,
    learned: Vec<(Key, Input)>,
    prompts: VecDeque<Prompt>,
}

impl Learner {
    /// A key is skipped when nothing was pressed for `patience`.
    pub fn new(keys: Vec<Key>, patience: Duration, now: Instant) -> Learner {
        let mut learner = Learner {
            keys,
            patience,
            asked: 0,
            first: None,
            deadline: now + patience,
            device: None,
            learned: Vec::new(),
            prompts: VecDeque::new(),
        };
        learner.ask();
        learner
    }

    /// `device` is any number that stays the same for a device, also when it is plugged in anew.
    pub fn handle_press(&mut self, device: usize, input: Input, now: Instant) {
        let Some(&key) = self.keys.get(self.asked) else { return };
        if self.device.is_some_and(|known| known != device) || is_no_key(input) {
            return;
        }
        self.deadline = now + self.patience;
        match self.first.take() {
            None => match self.owner(input) {
                Some(by) => self.prompts.push_back(Prompt::Taken { key, by }),
                None => {
                    self.first = Some((device, input));
                    self.prompts.push_back(Prompt::Again { key });
                }
            },
            Some((first_device, first)) => match confirmed(first, input).filter(|_| first_device == device) {
                Some(input) => {
                    self.device = Some(device);
                    self.learned.push((key, input));
                    self.prompts.push_back(Prompt::Learned { key, input });
                    self.next(now);
                }
                None => self.prompts.push_back(Prompt::Differs { key }),
            },
        }
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(&key) = self.keys.get(self.asked).filter(|_| self.deadline <= now) else { return };
        self.prompts.push_back(Prompt::Skipped { key });
        self.next(now);
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.asked < self.keys.len()).then_some(self.deadline)
    }

    pub fn poll_prompt(&mut self) -> Option<Prompt> {
        self.prompts.pop_front()
    }

    /// The device that was taught.
    pub fn device(&self) -> Option<usize> {
        self.device
    }

    /// What each key is known by: its scancode, which says more than the code, if the device sends one that tells its
    /// keys apart; else its code.
    pub fn learned(&self) -> Vec<(Key, Trigger)> {
        let shared = |input: Input| {
            let same = |(_, other): &&(Key, Input)| other.scan == input.scan && other.code != input.code;
            self.learned.iter().any(|one| same(&one))
        };
        let trigger = |input: Input| match (input.scan, input.code) {
            (Some(scan), None) => Some(Trigger::Scan(scan)),
            (Some(scan), Some(_)) if !shared(input) => Some(Trigger::Scan(scan)),
            (_, code) => code.map(Trigger::Code),
        };
        self.learned.iter().filter_map(|(key, input)| Some((*key, trigger(*input)?))).collect()
    }

    fn owner(&self, input: Input) -> Option<Key> {
        self.learned.iter().find(|(_, known)| is_same(*known, input)).map(|(key, _)| *key)
    }

    fn next(&mut self, now: Instant) {
        self.asked += 1;
        self.first = None;
        self.deadline = now + self.patience;
        self.ask();
    }

    fn ask(&mut self) {
        let (number, of) = (self.asked + 1, self.keys.len());
        self.prompts.push_back(match self.keys.get(self.asked) {
            Some(&key) => Prompt::Press { key, number, of },
            None => Prompt::Done { learned: self.learned.len(), skipped: of - self.learned.len() },
        });
    }
}

/// What two presses of one key have in common; none if they are of different keys. Some remotes count in their
/// scancodes; then the code is what stays.
fn confirmed(first: Input, second: Input) -> Option<Input> {
    if first == second {
        return Some(first);
    }
    let code = first.code.filter(|code| first.code == second.code && is_telling(*code))?;
    Some(Input { code: Some(code), scan: None })
}

/// Whether a key is one that was learned. Two keys of one code are told apart by their scancodes, unless those count.
fn is_same(known: Input, input: Input) -> bool {
    known == input || (known.scan.is_none() && known.code == input.code)
}

/// Kernels give `KEY_UNKNOWN` to all keys that they do not know.
fn is_telling(code: u16) -> bool {
    code != KeyCode::KEY_RESERVED.0 && code != KeyCode::KEY_UNKNOWN.0
}

/// A mouse's click, or nothing that a key map could name.
fn is_no_key(input: Input) -> bool {
    input.code.is_some_and(is_button) || (input.scan.is_none() && !input.code.is_some_and(is_telling))
}
