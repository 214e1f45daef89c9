//! The figures of docs/BENCHMARKS.md.

use crate::postgres::{self, Postgres};
use crate::run::{self, Result, cargo, program};
use crate::setup;

/// Builds what is measured for speed, then lets the bench program of the tests measure it. `cloud` measures the cloud
/// alone; what follows goes to its program: `cargo xtask bench cloud --villages 1000`.
pub fn run(arguments: &[String]) -> Result {
    setup::install_missing()?;
    if let Some((_, arguments)) = arguments.split_first().filter(|(first, _)| *first == "cloud") {
        return cloud(arguments);
    }
    run::run(cargo().args(["build", "--workspace", "--release", "--quiet"]))?;
    let programs = run::target_dir().join("release");
    let demo = crate::demo::publish_for_tests(&programs.join("yuexiang-cloud"))?;
    let mut bench = program(programs.join("yuexiang-bench"));
    bench.env("YUEXIANG_PROGRAMS", &programs).args(arguments);
    bench
        .env("YUEXIANG_DEMO_PACKS", demo.packs)
        .env("YUEXIANG_DEMO_CLOUD", demo.data)
        .env("YUEXIANG_DEMO_ROOT", demo.root);
    run::run(&mut bench)
}

/// The database with a whole province in it, publications on their way, polls beside nginx.
fn cloud(arguments: &[String]) -> Result {
    let build = ["build", "-p", "yuexiang-cloud", "--release", "--quiet", "--bins", "--example", "bench_cloud"];
    run::run(cargo().args(build))?;
    let programs = run::target_dir().join("release");
    let postgres = Postgres::start(postgres::DURABLE)?;
    let mut bench = program(programs.join("examples/bench_cloud"));
    bench.arg("--postgres").arg(postgres.address()).arg("--program").arg(programs.join("yuexiang-cloud"));
    bench.arg("--folder").arg(run::target_dir().join("bench-cloud")).args(arguments);
    run::run(&mut bench)
}
