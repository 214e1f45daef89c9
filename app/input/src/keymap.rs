//! Which key of ours a remote's code or scancode means. `assets/keymaps/README.md` describes the files.

mod parse;
mod pattern;
mod load;
pub(crate) mod write;

pub use load::KeyMaps;
pub(crate) use pattern::Match;

use crate::device::Identity;
use crate::stroke::{Input, Trigger};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use yuexiang_core::key::Key;

#[derive(Debug, thiserror::Error)]
pub enum KeyMapError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Lines count from 1; the word is what stands there.
    #[error("{}:{line}: `{word}`: {message}", path.display())]
    Wrong { path: PathBuf, line: usize, word: String, message: String },
}

/// The keys of one model of remote control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap {
    /// The file's name without `.toml`.
    pub name: String,
    /// For people.
    pub title: String,
    pub(crate) matches: Match,
    /// A trigger without a key is known and does nothing.
    pub(crate) bindings: BTreeMap<Trigger, Option<Key>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Key(Key),
    /// The key map says that this does nothing.
    Ignored,
    Unknown,
}

impl KeyMap {
    /// The scancode goes before the code: it tells keys apart to which the kernel gave the same code.
    pub fn resolve(&self, input: Input) -> Meaning {
        let scan = input.scan.and_then(|scan| self.bindings.get(&Trigger::Scan(scan)));
        let bound = scan.or_else(|| input.code.and_then(|code| self.bindings.get(&Trigger::Code(code))));
        match bound {
            Some(Some(key)) => Meaning::Key(*key),
            Some(None) => Meaning::Ignored,
            None => Meaning::Unknown,
        }
    }

    /// Whether this device can send a key: one of its codes is known, or it may send any scancode.
    pub fn fits(&self, device: &Identity) -> bool {
        device.is_receiver() || self.keys_of(device) > 0
    }

    /// How many of our keys the device has a code for. Scancodes are not counted: devices do not list theirs.
    pub fn keys_of(&self, device: &Identity) -> usize {
        let known = |code: &u16| self.bindings.get(&Trigger::Code(*code)).copied().flatten();
        device.codes.iter().filter_map(known).collect::<std::collections::BTreeSet<Key>>().len()
    }
}
