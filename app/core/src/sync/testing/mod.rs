//! For tests, here and in sibling crates: a store in memory, the suite that it and the real one must pass, and small
//! values. A program that calls none of it contains none of it.

pub mod conformance;
pub mod memory_store;
pub mod samples;
