//! The project's commands: `cargo xtask demo | test | ci | tidy | bench | setup`.
//!
//! Each does all of its own set-up on a fresh Debian 12 machine with Rust, and may be run again at any time.

mod bench;
mod ci;
mod cross;
mod demo;
mod postgres;
mod run;
mod setup;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of Yuexiang")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the Debian packages that are missing (asks for sudo only if not root)
    Setup,
    /// Build, start the cloud, load the demo village, start the box
    Demo(demo::Options),
    /// Set up and run every test; further arguments go to the test runner
    Test {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Everything that must hold before a change lands: format, clippy, tidy, deny, test
    Ci,
    /// Check the dependency rules between the crates and the house rules of the tree
    Tidy,
    /// Build the box's program for its processor; makes the sysroot when it is missing
    Cross(cross::Options),
    /// Measure, with what the figures are compared with, in one run
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Setup => setup::install_missing(),
        Command::Demo(options) => demo::run(&options),
        Command::Test { arguments } => ci::test(&arguments),
        Command::Ci => ci::all(),
        Command::Tidy => tidy::check(),
        Command::Cross(options) => cross::run(&options),
        Command::Bench { arguments } => bench::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
