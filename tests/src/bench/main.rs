//! `cargo xtask bench`: every figure of docs/BENCHMARKS.md, with what it is compared with, in one run.
//!
//! The programs are the release builds that users run. Nothing here asserts: it measures and prints.

mod measure;
mod screens;
mod sync;
mod video;

use std::future::Future;
use std::pin::Pin;

/// One line of the table.
pub struct Figure {
    pub what: String,
    pub value: String,
    pub aim: String,
}

pub fn figure(what: &str, value: String, aim: &str) -> Figure {
    Figure { what: what.into(), value, aim: aim.into() }
}

type Measurement = (&'static str, fn() -> Pin<Box<dyn Future<Output = Vec<Figure>>>>);

const MEASUREMENTS: &[Measurement] = &[
    ("screens", || Box::pin(screens::measure())),
    ("sync", || Box::pin(sync::measure())),
    ("video", || Box::pin(video::measure())),
];

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", measure::machine());
    println!("\n| what | measured | aim |\n|---|---|---|");
    for (name, measurement) in MEASUREMENTS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            for Figure { what, value, aim } in measurement().await {
                println!("| {what} | {value} | {aim} |");
            }
        }
    }
}
