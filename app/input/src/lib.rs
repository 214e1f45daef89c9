//! Remote controls: infrared receivers, HDMI-CEC, USB and Bluetooth remotes and keyboards, all through evdev.
//!
//! ```text
//! /dev/input/event* ──bytes──▶ event ──▶ stroke ──▶ controls ─────────────────────────────▶ on_event
//!        ▲                                          │ keymap    which key a code means
//!  folder (inotify), devices (one poll)             │ debounce  frames of a held key become one press
//!                                                   └ hold      one key at a time, echoes, repeats
//! ```
//!
//! Everything right of `devices` is pure: time comes in as an argument. What differs between the kernel's devices and
//! those of the tests is two small traits, [`Opener`] and [`Device`]; the bytes, the folder and the thread are the
//! same.

mod device;
mod event;
mod stroke;
mod keymap;
mod debounce;
mod hold;
mod controls;
mod folder;
mod devices;
mod remote;
mod probe;
pub mod learn;

#[cfg(test)]
mod tests;

pub use device::{Device, Evdev, Identity, Opener};
pub use hold::Timing;
pub use keymap::{KeyMap, KeyMapError, KeyMaps, Meaning};
pub use probe::{Probed, probe, probe_with};
pub use remote::{InputEvent, OpenError, Options, RemoteControls};
pub use stroke::{Input, Trigger};
