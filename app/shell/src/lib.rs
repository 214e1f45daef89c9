//! The program that runs on the box: puts core, store, network, playback and screen together. Nothing here decides what
//! a viewer sees.
//!
//! | thread | owns | never |
//! |---|---|---|
//! | main | the UI's loop | blocks or locks |
//! | `driver` | the [`App`](yuexiang_core::App) | waits for anything but its inbox |
//! | `io` | web remote, signals | holds state |
//!
//! Network, store and playback bring threads of their own; all of them answer into the driver's inbox.

mod clock;
mod compose;
mod controls;
mod driver;
mod entropy;
pub mod heap;
mod inbox;
pub mod preview;
mod remote;
mod retry;
mod screen;
pub mod selftest;
mod settings;
pub mod supervise;
mod watchdog;
mod withheld;

pub use compose::{RunError, run};
pub use settings::{Options, Settings, SettingsError, forget_wrong_variables};
