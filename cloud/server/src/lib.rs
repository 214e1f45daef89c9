//! The cloud of Yuexiang: publishes along five levels of administration and serves what boxes read.
//!
//! In reading order: what a region is (`region`, `divisions`), what is published (`pack`), what tables offices have (`sheet`), what can be
//! drawn (`glyphs`), how large files come in
//! (`upload`) and what they really are (`intake`), what becomes of them (`media`, `objects`, `bucket`), how it is signed and kept
//! (`tuf`, `keys`, `repository`, `clock`, `db`, `store`, `export`), how all of it happens at once (`publish`), who works on it
//! (`accounts`) and how (`desk`, `search`), what they are told (`notices`), what viewers do (`figures`) and boxes refuse (`reports`), how people (`console`) and programs (`api`) get at
//! that, what they are told when something is not done (`messages`), how it reaches boxes (`serve`, `live`, `renew`), whether all of it works (`health`), and
//! how it comes back after a loss (`backup`).

pub mod accounts;
pub mod api;
pub mod backup;
pub mod bucket;
pub mod clock;
pub mod config;
pub mod console;
pub mod db;
pub mod desk;
pub mod divisions;
pub mod moves;
pub mod export;
pub mod figures;
pub mod glyphs;
pub mod health;
pub mod intake;
pub mod keys;
pub mod live;
pub mod media;
pub mod messages;
pub mod notices;
pub mod objects;
pub mod pack;
pub mod progress;
pub mod publish;
pub mod region;
pub mod renew;
pub mod reports;
pub mod repository;
pub mod search;
pub mod serve;
pub mod sheet;
pub mod store;
pub mod tuf;
pub mod upload;
