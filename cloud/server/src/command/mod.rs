//! Larger parts of the command line.

pub mod keys;
