//! Tells the program when it was built: no true time is earlier, which helps a box whose clock has stopped.

use std::time::{SystemTime, UNIX_EPOCH};

/// 2026-11-01 00:00 in China, for programs that are built to be tried and tested: what they show must not follow from
/// the day on which somebody happened to build them.
const DEVELOPMENT: u64 = 1_793_462_400;

fn main() {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=build.rs");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse::<u64>().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let built = given.unwrap_or(if is_release { now } else { DEVELOPMENT });
    println!("cargo::rustc-env=YUEXIANG_BUILT={built}");
}
