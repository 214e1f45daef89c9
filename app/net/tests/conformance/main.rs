//! What The Update Framework asks of a client that refreshes, rule by rule: the client workflow of its specification
//! (version 1.0, section 5), and the areas that the project's public conformance suite (`tuf-conformance`) tries.
//!
//! Repositories are built and signed here, from the specification, and served over HTTP. The box is the network crate as
//! the program uses it; what it wants stored is kept between refreshes as the store would, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod scene;

mod expiry;
mod files;
mod keys;
mod order;
mod recovery;
mod damage;
mod rollback;
mod roots;
mod rotations;
mod steps;
