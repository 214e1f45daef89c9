//! The programs that users run, run as users would: a cloud with the demo village, a box without a display, keys and
//! pictures over the web remote.

mod browser;
mod bucket;
mod conveniences;
mod desk;
mod divisions;
mod editor;
mod faults;
mod moved;
mod offline;
mod outages;
mod power_cuts;
mod screens;
mod selftest;
mod service;
mod slow;
mod tour;
