//! Everything but the kernel's own devices, from bytes and files to the callback: see `support`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod devices;
mod learn;
mod probe;
