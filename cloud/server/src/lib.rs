//! The cloud of Yuexiang: publishes along five levels of administration and serves what boxes read.
//!
//! In reading order: what a region is (`region`, `divisions`), what is published (`pack`), what becomes of its media
//! (`media`, `objects`), how it is signed and kept (`tuf`, `repository`, `store`, `export`), how all of it happens at
//! once (`publish`), and how it reaches boxes (`serve`, `live`, `renew`). Beside that way: who may do what (`accounts`,
//! `desk`), and how all of it is set up (`config`).

pub mod accounts;
pub mod config;
pub mod db;
pub mod desk;
pub mod divisions;
pub mod export;
pub mod keys;
pub mod live;
pub mod media;
pub mod objects;
pub mod pack;
pub mod progress;
pub mod publish;
pub mod region;
pub mod renew;
pub mod repository;
pub mod search;
pub mod serve;
pub mod store;
pub mod tuf;
