//! [`Sync`] in a simulated world: a cloud, a line with faults, a store in memory, and time that does not pass by itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clock;
mod lost_root;
mod memory;
mod objects;
mod properties;
mod relocate;
mod rounds;
mod way;
mod world;

use super::*;
use world::{World, village};
