//! [`Sync`] in a simulated world: a cloud, a line with faults, a store in memory, and time that does not pass by itself.

mod clock;
mod objects;
mod properties;
mod rounds;
mod world;

use super::*;
use world::{World, village};
