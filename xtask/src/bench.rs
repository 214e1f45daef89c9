//! The figures of docs/BENCHMARKS.md.

use crate::run::{self, Result, cargo, program};
use crate::setup;

/// Builds what is measured for speed, then lets the bench program of the tests measure it.
pub fn run(arguments: &[String]) -> Result {
    setup::install_missing()?;
    run::run(cargo().args(["build", "--workspace", "--release", "--quiet"]))?;
    let programs = run::target_dir().join("release");
    let demo = crate::demo::publish(&programs.join("yuexiang-cloud"))?;
    let mut bench = program(programs.join("yuexiang-bench"));
    bench.env("YUEXIANG_PROGRAMS", &programs).args(arguments);
    bench
        .env("YUEXIANG_DEMO_PACKS", demo.packs)
        .env("YUEXIANG_DEMO_CLOUD", demo.data)
        .env("YUEXIANG_DEMO_ROOT", demo.root);
    run::run(&mut bench)
}
