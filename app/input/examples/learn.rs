//! Teaches the box a remote control: `cargo run --example learn -- FOLDER`, where FOLDER is the site's folder of key
//! maps.

use std::path::PathBuf;
use std::process::ExitCode;
use yuexiang_input::learn::{LearnOptions, run};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: learn FOLDER");
        return ExitCode::from(2);
    };
    println!("Each key is pressed twice. A key that the remote lacks is skipped after a while.");
    match run(&LearnOptions::new(PathBuf::from(folder)), |prompt| println!("{prompt}")) {
        Ok(learned) => {
            println!("{} keys of {} are in {}", learned.keys, learned.device, learned.path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("learn: {error}");
            ExitCode::FAILURE
        }
    }
}
