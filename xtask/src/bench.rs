//! The figures of docs/BENCHMARKS.md.

use crate::run::{self, Result, cargo, program};
use crate::setup;

/// Builds what is measured for speed, then lets the bench program of the tests measure it.
pub fn run(arguments: &[String]) -> Result {
    setup::install_missing()?;
    run::run(cargo().args(["build", "--workspace", "--release", "--quiet"]))?;
    let packs = crate::demo::prepare_packs()?;
    let programs = run::target_dir().join("release");
    let mut bench = program(programs.join("yuexiang-bench"));
    bench.env("YUEXIANG_PROGRAMS", &programs).env("YUEXIANG_DEMO_PACKS", packs).args(arguments);
    run::run(&mut bench)
}
