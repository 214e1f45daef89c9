//! Rules that no compiler checks: which crate may know which, and what the tree must not contain.

use crate::run::{self, Result, program};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeMap;
use std::fs;

/// Crate → the crates of the house that it may depend on. Tests may use everything.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("yuexiang-core", &[]),
    ("yuexiang-wire", &[]),
    ("yuexiang-store", &["yuexiang-core"]),
    ("yuexiang-net", &["yuexiang-core", "yuexiang-wire"]),
    ("yuexiang-tuner", &[]),
    ("yuexiang-media", &["yuexiang-core", "yuexiang-tuner"]),
    ("yuexiang-kms", &["yuexiang-core"]),
    ("yuexiang-input", &["yuexiang-core"]),
    ("yuexiang-ui", &["yuexiang-core"]),
    (
        "yuexiang",
        &[
            "yuexiang-core",
            "yuexiang-store",
            "yuexiang-net",
            "yuexiang-media",
            "yuexiang-kms",
            "yuexiang-input",
            "yuexiang-ui",
        ],
    ),
    ("yuexiang-console", &["yuexiang-wire"]),
    ("yuexiang-cloud", &["yuexiang-wire", "yuexiang-console"]),
    ("yuexiang-tests", &["yuexiang-core"]),
    ("xtask", &[]),
];

/// Crate of the registry → the only crates that may name it.
const ONLY_KNOWN_TO: &[(&str, &[&str])] = &[
    ("slint", &["yuexiang-ui", "yuexiang"]),
    ("gstreamer", &["yuexiang-media", "yuexiang-cloud"]),
    ("rusqlite", &["yuexiang-store"]),
    ("sqlx", &["yuexiang-cloud"]),
    ("sigstore-tuf", &["yuexiang-net"]),
    ("drm", &["yuexiang-kms"]),
    ("evdev", &["yuexiang-input"]),
    ("maud", &["yuexiang-console"]),
];

/// What the console must not know: it draws what it is given.
const NOT_IN_CONSOLE: &[&str] = &["axum", "sqlx", "tokio", "reqwest", "rand"];

/// What the core must not know: I/O, clocks, randomness, formats.
const NOT_IN_CORE: &[&str] =
    &["serde", "serde_json", "tokio", "rand", "slint", "tracing", "reqwest", "std::fs", "std::net"];

pub fn check() -> Result {
    let mut wrong = Vec::new();
    check_dependencies(&mut wrong)?;
    check_core(&mut wrong)?;
    check_lines(&mut wrong)?;
    if wrong.is_empty() {
        eprintln!("xtask: tidy");
        Ok(())
    } else {
        Err(format!("not tidy:\n  {}", wrong.join("\n  ")))
    }
}

fn check_dependencies(wrong: &mut Vec<String>) -> Result {
    let metadata = MetadataCommand::new()
        .manifest_path(run::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .map_err(|error| format!("cannot read cargo metadata: {error}"))?;
    let may_know: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let only: BTreeMap<&str, &[&str]> = ONLY_KNOWN_TO.iter().copied().collect();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(allowed) = may_know.get(name) else {
            wrong.push(format!("{name} has no place in the dependency rules of xtask/src/tidy.rs"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|known| known.kind == DependencyKind::Normal) {
            let known = dependency.name.as_str();
            if may_know.contains_key(known) && !allowed.contains(&known) {
                wrong.push(format!("{name} must not depend on {known}"));
            }
            if only.get(known).is_some_and(|who| !who.contains(&name)) && name != "yuexiang-tests" {
                wrong.push(format!("{name} must not name {known}"));
            }
            if name == "yuexiang-core" && NOT_IN_CORE.contains(&known) {
                wrong.push(format!("the core must not depend on {known}"));
            }
            if name == "yuexiang-console" && NOT_IN_CONSOLE.contains(&known) {
                wrong.push(format!("the console only draws; it must not depend on {known}"));
            }
        }
    }
    Ok(())
}

/// Where the wall clock may be read: what is shown, fetched, said or counted goes by the one rule that stands there.
const READS_THE_WALL_CLOCK: &str = "app/core/src/sync/clock.rs";

/// The field of `Now`; a name that only begins with it is another.
fn reads_the_wall_clock(text: &str) -> bool {
    text.split(".wall").skip(1).any(|after| !after.starts_with(|next: char| next == '_' || next.is_alphanumeric()))
}

/// The core reads no clock and opens no file.
fn check_core(wrong: &mut Vec<String>) -> Result {
    const FORBIDDEN: [&str; 6] = ["std::fs", "std::net", "SystemTime", "Instant::now", "std::thread", "println!"];
    for path in tracked(&["app/core/src/*.rs"])? {
        let text =
            fs::read_to_string(run::root().join(&path)).map_err(|error| format!("cannot read {path}: {error}"))?;
        for word in FORBIDDEN.iter().filter(|word| text.contains(**word)) {
            wrong.push(format!("{path}: the core must not use {word}"));
        }
        let test = path.contains("/tests") || path.contains("/testing/");
        if reads_the_wall_clock(&text) && !test && path != READS_THE_WALL_CLOCK {
            wrong.push(format!("{path}: only {READS_THE_WALL_CLOCK} may read the wall clock"));
        }
    }
    Ok(())
}

/// Tests that are never run and work that is left open do not land.
fn check_lines(wrong: &mut Vec<String>) -> Result {
    let left_open =
        [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];
    for path in tracked(&["*.rs", "*.slint", "*.sh", "*.py"])? {
        let Ok(text) = fs::read_to_string(run::root().join(&path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            for word in left_open.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{path}:{}: `{word}` is left open", number + 1));
            }
        }
    }
    Ok(())
}

fn tracked(patterns: &[&str]) -> Result<Vec<String>> {
    let mut list = program("git");
    let output = list.args(["ls-files", "--"]).args(patterns).output();
    let output = output.map_err(|error| format!("cannot list the tree with git: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}
