//! Tests, and everything that must hold before a change lands.

use crate::postgres::{self, Postgres};
use crate::run::{self, Result, cargo, program};
use crate::{cross, setup, tidy};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A machine that has to build everything anew leaves no time for another processor.
const TIME_FOR_CROSS: Duration = Duration::from_secs(25 * 60);

/// The S3 server that tests put objects into.
const MOTO: &str = "moto[server]==5.2.5";

/// Beginnings of the names of the cloud's tests that are about the database: they run a second time, with PostgreSQL.
/// Those about media, uploads and the box would only do the same again.
const WITH_DATABASE: [&str; 12] = [
    "accounts::",
    "api::",
    "desk::",
    "figures::",
    "http::",
    "keys::",
    "manage::",
    "pages::",
    "publish::",
    "scale::",
    "settings::",
    "tuf::",
];

pub fn all() -> Result {
    let started = Instant::now();
    setup::install_missing()?;
    run::run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::check()?;
    deny()?;
    run::run(cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    test_here(&[])?;
    if started.elapsed() < TIME_FOR_CROSS {
        cross::build_and_selftest(cross::Target::Aarch64)
    } else {
        eprintln!("xtask: no time is left to build for aarch64; `cargo xtask cross --target aarch64` does");
        Ok(())
    }
}

/// Every test, and the self-test of every processor that has been built for before.
pub fn test(arguments: &[String]) -> Result {
    test_here(arguments)?;
    if arguments.is_empty() { cross::test_what_is_there() } else { Ok(()) }
}

/// Builds every program and test once, then runs the tests.
fn test_here(arguments: &[String]) -> Result {
    setup::install_missing()?;
    // The end-to-end tests start the programs themselves, so these are built with the same features beforehand.
    run::run(cargo().args(["build", "--workspace", "--all-targets", "--quiet"]))?;
    let programs = run::target_dir().join("debug");
    let demo = crate::demo::publish_for_tests(&programs.join("yuexiang-cloud"))?;
    let python = python_with("tuf.ngclient", "python-tuf", "tuf==6.0.0")?;
    let moto = python_with("moto.server", "python-moto", MOTO)?.with_file_name("moto_server");
    let schemathesis = schemathesis()?;
    let has_nextest = run::succeeds(cargo().args(["nextest", "--version"]));
    let mut command = cargo();
    let runner = if has_nextest { ["nextest", "run"] } else { ["test", "--quiet"] };
    command.args(runner).arg("--workspace").args(arguments);
    command.env("YUEXIANG_PROGRAMS", programs).env("YUEXIANG_PYTHON", &python).env("YUEXIANG_MOTO", &moto);
    command.env("YUEXIANG_SCHEMATHESIS", schemathesis);
    command.env("YUEXIANG_DEMO_CLOUD", demo.data).env("YUEXIANG_DEMO_ROOT", demo.root);
    run::run(&mut command)?;
    // Whoever names tests wants those.
    if !arguments.is_empty() {
        return Ok(());
    }
    let postgres = Postgres::start(postgres::FORGETFUL)?;
    let mut command = cargo();
    // Of the whole workspace, since dependencies of one package alone would be built anew with fewer features.
    command.args(runner).args(["--workspace", "--test", "cloud", "--"]).args(WITH_DATABASE);
    command.env("YUEXIANG_PYTHON", &python).env("YUEXIANG_MOTO", &moto);
    run::run(command.env("YUEXIANG_TEST_POSTGRES", postgres.address()))
}

/// A Python of its own that has a package from PyPI: python-tuf, the independent TUF client that checks what the cloud
/// publishes, and moto, an independent S3 server.
fn python_with(module: &str, folder: &str, package: &str) -> Result<PathBuf> {
    let folder = run::target_dir().join(folder);
    let python = folder.join("bin/python");
    if !run::succeeds(program(&python).args(["-c", &format!("import {module}")])) {
        run::run(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run::run(program(&python).args(["-m", "pip", "install", "--quiet", package]))?;
    }
    Ok(python)
}

/// Schemathesis, which makes requests from the description of the API. It lies in an environment of its own, since its
/// many dependencies are nothing that python-tuf should have to agree with.
fn schemathesis() -> Result<PathBuf> {
    const VERSION: &str = "4.32.5";
    let folder = run::target_dir().join("schemathesis");
    let (python, st) = (folder.join("bin/python"), folder.join("bin/st"));
    let is_there = format!("from importlib.metadata import version; assert version('schemathesis') == '{VERSION}'");
    if !run::succeeds(program(&python).args(["-c", is_there.as_str()])) {
        run::run(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let wanted = format!("schemathesis=={VERSION}");
        run::run(program(&python).args(["-m", "pip", "install", "--quiet", wanted.as_str()]))?;
    }
    Ok(st)
}

/// Licences, bans and sources of all dependencies; advisories where their database can be reached.
fn deny() -> Result {
    let deny = installed_deny()?;
    run::run(program(&deny).args(["--log-level", "warn", "check", "licenses", "bans", "sources"]))?;
    let mut advisories = program(&deny);
    advisories.args(["--log-level", "error", "check", "advisories"]);
    let output = advisories.output().map_err(|error| format!("cannot start {}: {error}", deny.display()))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else if text.contains("failed to fetch advisory database") {
        eprintln!("xtask: the advisory database cannot be reached from here; advisories were not checked");
        Ok(())
    } else {
        Err(format!("cargo deny check advisories failed:\n{text}"))
    }
}

fn installed_deny() -> Result<PathBuf> {
    if run::succeeds(program("cargo-deny").arg("--version")) {
        return Ok("cargo-deny".into());
    }
    let tools = run::target_dir().join("tools");
    let deny = tools.join("bin/cargo-deny");
    if !deny.exists() {
        fs::create_dir_all(&tools).map_err(|error| format!("cannot make {}: {error}", tools.display()))?;
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "cargo-deny", "--root"]).arg(&tools);
        // Its release profile is tuned for speed at run time; here it runs for a second.
        install.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        run::run(&mut install)?;
    }
    Ok(deny)
}
