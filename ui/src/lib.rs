//! The screens of Yuexiang: Slint theme and widgets, and one adapter per screen that takes its part of the core's
//! [`View`](yuexiang_core::view::View) and moves into the models only what changed.
//!
//! The UI decides nothing. It draws views, reports keys, and adds geometry and motion. [`Ui`] lives on the main thread;
//! everything else reaches it through a [`UiHandle`].

mod display;
mod fonts;
mod frames;
mod icons;
mod keys;
mod models;
mod paint;
mod pictures;
mod probe;
mod screens;
mod stage;
mod ui;
mod video;

/// What `build.rs` makes of `slint/`. Nothing of it leaves this crate.
#[allow(clippy::all, clippy::unwrap_used, unused)]
mod generated {
    slint::include_modules!();
}

pub use fonts::{FontMeasure, rare_font, substitute_for_no_font};
pub use frames::{Frame, FrameHub, NextFrame};
pub use probe::draw_text;
pub use ui::{Display, Ui, UiError, UiEvent, UiHandle, UiOptions};
