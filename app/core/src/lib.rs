//! What the box knows and decides, and nothing else: no I/O, no clock, no randomness, no Slint, no serde.
//!
//! One value, [`App`], owns all state. Whoever drives it does four things, always in this order:
//!
//! 1. [`App::handle`] takes an [`Event`] in, together with the time it happened.
//! 2. [`App::poll_effect`] gives the next [`Effect`] out, until there is none: requests to the ports (network, store,
//!    media). Ports answer with events only.
//! 3. [`App::view`] is what the screen is to show now, as plain data.
//! 4. [`App::poll_timeout`] says when to call [`App::handle`] with [`Event::Timeout`] if nothing happens before.
//!
//! Time and the seed come in as arguments, so a year of outages is replayed in milliseconds.

pub mod region;
pub mod time;
pub mod catalog;
pub mod admission;
pub mod arbiter;
pub mod moves;
pub mod key;
pub mod convenience;
pub mod event;
pub mod ports;
pub mod uplink;
pub mod view_counts;
pub mod reports;
pub mod library;
pub mod sync;
pub mod view;
pub mod layout;
pub mod text;
pub mod grid;
pub mod words;
pub mod settings;
pub mod player;
pub mod tuner;
pub mod shelves;
pub mod screens;
pub mod app;
pub mod preview;

pub use app::{App, AppConfig};
pub use event::{Effect, Event};
pub use region::RegionCode;
