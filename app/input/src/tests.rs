#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod streams;
mod timing;
mod properties;
mod keymaps;
mod learning;
