//! The Debian packages that building, running and testing need.

use crate::run::{self, Result, program};
use std::fs;

const LISTS: [&str; 3] = ["xtask/packages.txt", "cloud/packages.txt", "assets/demo/packages.txt"];

/// Installs what building and testing here need.
pub fn install_missing() -> Result {
    install(&LISTS)
}

/// The names in a list: one a line, `#` begins a comment. A package whose line names a program, as in `npm [npm]`, is
/// left out where that program is there already: some come from elsewhere and would conflict with Debian's.
pub fn packages(list: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(run::root().join(list)).map_err(|error| format!("cannot read {list}: {error}"))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).filter_map(wanted).map(str::to_owned).collect())
}

fn wanted(line: &str) -> Option<&str> {
    match line.trim_end_matches(']').split_once('[') {
        Some((_, there)) if run::succeeds(program(there.trim()).arg("--version")) => None,
        Some((name, _)) => Some(name.trim()),
        None => Some(line),
    }
}

/// Installs what is missing of some lists; does nothing, and asks for nothing, when nothing is.
pub fn install(lists: &[&str]) -> Result {
    let mut missing = Vec::new();
    for list in lists {
        missing.extend(packages(list)?.into_iter().filter(|name| !is_installed(name)));
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !run::succeeds(program("apt-get").arg("--version")) {
        let names = missing.join(" ");
        return Err(format!("this is no Debian system; please install what corresponds to: {names}"));
    }
    eprintln!("xtask: installing {} Debian packages: {}", missing.len(), missing.join(" "));
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing.iter().map(String::as_str));
    apt(&arguments)
}

fn is_installed(package: &str) -> bool {
    let mut query = program("dpkg-query");
    let output = query.args(["-W", "-f", "${db:Status-Status}", package]).output();
    output.is_ok_and(|output| output.stdout == b"installed")
}

fn apt(arguments: &[&str]) -> Result {
    let is_root = program("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root { program("env") } else { program("sudo") };
    // Another apt may be at work: wait for it instead of failing oddly.
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=200"]);
    run::run(command.args(arguments))
}
