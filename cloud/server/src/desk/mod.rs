//! The editors' desk: who may do what, what becomes of a text, and the log of all of it.

pub mod audit;
pub mod log;
pub mod rights;
pub mod state;
