//! What the end-to-end scenarios and the bench program share: a cloud and a box, run as the programs that users run.
//!
//! Environment, set by `cargo xtask test` and `cargo xtask bench`:
//! - `YUEXIANG_PROGRAMS`: folder of the built programs;
//! - `YUEXIANG_DEMO_CLOUD`: data folder of a cloud in which the demo village is published, never written to;
//! - `YUEXIANG_DEMO_ROOT`: the province's first TUF root of that cloud.

pub mod house;
pub mod proxy;
pub mod remote;
pub mod village;
pub mod world;

use std::path::PathBuf;

/// A path from the environment. Panics with the way out when it is missing: only tests and the bench program ask.
pub fn path_from_environment(name: &str) -> PathBuf {
    match std::env::var_os(name) {
        Some(path) => PathBuf::from(path),
        None => panic!("{name} is not set: run these tests with `cargo xtask test`"),
    }
}
