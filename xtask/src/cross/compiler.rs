//! A Rust compiler with the target's standard library: rustup's where it can be had, else Debian's.

use super::apt::{self, Apt, Installed};
use super::{Target, cache};
use crate::run::{self, Result, program};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub enum Compiler {
    /// The one that builds everything else here.
    Host,
    Debian {
        rustc: PathBuf,
    },
}

impl Compiler {
    pub fn apply(&self, cargo: &mut Command) {
        if let Compiler::Debian { rustc } = self {
            cargo.env("RUSTC", rustc);
            // rustup's own choice must not come back by the side door.
            cargo.env_remove("RUSTC_WRAPPER");
        }
    }
}

pub fn prepare(target: Target, sysroot: &Path) -> Result<Compiler> {
    if host_has(target) {
        return Ok(Compiler::Host);
    }
    let rust = cache()?.join("rust");
    let rustc = rust.join("rustc");
    if std_of(&rust, target).exists() && rustc.exists() {
        return Ok(Compiler::Debian { rustc });
    }
    eprintln!("xtask: this Rust has no standard library for {}; asking rustup", target.triple());
    let mut add = program("timeout");
    if run::succeeds(add.args(["60", "rustup", "target", "add", target.triple()])) && host_has(target) {
        return Ok(Compiler::Host);
    }
    eprintln!("xtask: rustup has none; taking Debian's compiler");
    if !rustc.exists() {
        install(&rust)?;
    }
    if !std_from_debian(&rust, target)? {
        build_std(&rust, target, sysroot)?;
    }
    Ok(Compiler::Debian { rustc })
}

fn host_has(target: Target) -> bool {
    let mut rustc = program(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = rustc.args(["--print", "target-libdir", "--target", target.triple()]).output();
    output.is_ok_and(|output| has_std(Path::new(String::from_utf8_lossy(&output.stdout).trim())))
}

fn has_std(folder: &Path) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Where the compiler looks for a target's libraries; the file in it is written when they are all there.
fn std_of(rust: &Path, target: Target) -> PathBuf {
    rustlib(rust).join(target.triple()).join("complete")
}

fn rustlib(rust: &Path) -> PathBuf {
    rust.join("root/usr/lib/rustlib")
}

/// Debian's compiler, unpacked beside the system, with a small program that starts it.
fn install(rust: &Path) -> Result {
    let architecture = host_architecture()?;
    let apt = Apt::open(&rust.join("apt"), &architecture, Installed::WhatTheSystemHas)?;
    let files = apt.download(&["rustc-web".into(), "rust-web-src".into()])?;
    let root = rust.join("root");
    apt::remove(&root)?;
    apt::unpack(&files, &root)?;
    apt::remove(&rust.join("apt"))?;
    let gnu = String::from_utf8(
        program("dpkg-architecture")
            .arg("-qDEB_HOST_MULTIARCH")
            .output()
            .map_err(|error| format!("cannot start dpkg-architecture: {error}"))?
            .stdout,
    )
    .unwrap_or_default();
    let libraries = root.join("usr/lib").join(gnu.trim());
    let rustc = rust.join("rustc");
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
        libraries.display(),
        root.join("usr/bin/rustc").display()
    );
    apt::write(&rustc, &script)?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("cannot make {} executable: {error}", rustc.display()))?;
    if run::succeeds(program(&rustc).arg("--version")) {
        Ok(())
    } else {
        // So that the next try starts anew.
        let _ = fs::remove_file(&rustc);
        Err(format!("the compiler in {} does not run", rust.display()))
    }
}

fn host_architecture() -> Result<String> {
    let output = program("dpkg").arg("--print-architecture").output();
    let output = output.map_err(|error| format!("cannot start dpkg: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The standard library as Debian built it for the target; false when it is not there in the compiler's own version.
fn std_from_debian(rust: &Path, target: Target) -> Result<bool> {
    let folder = rust.join(target.debian());
    let apt = Apt::open(&folder.join("apt"), target.debian(), Installed::Nothing)?;
    let files = apt.download_alone(&["libstd-rust-web-dev"])?;
    let unpacked = folder.join("unpacked");
    apt::unpack(&files, &unpacked)?;
    let from = unpacked.join("usr/lib/rustlib").join(target.triple());
    let version = program(rust.join("rustc")).arg("--version").output();
    let version = version.map_err(|error| format!("cannot start the compiler: {error}"))?;
    // `rustc 1.96.0 (…)` and `libstd-rust-web-dev_1.96.0+…deb`
    let version = String::from_utf8_lossy(&version.stdout).split_whitespace().nth(1).unwrap_or_default().to_owned();
    let same = files.iter().any(|file| file.to_string_lossy().contains(&format!("_{version}+")));
    let found = same && from.is_dir();
    if found {
        let to = rustlib(rust).join(target.triple());
        apt::remove(&to)?;
        fs::rename(&from, &to).map_err(|error| format!("cannot move {}: {error}", from.display()))?;
        apt::write(&std_of(rust, target), "from Debian's package\n")?;
    }
    apt::remove(&folder)?;
    Ok(found)
}

/// Builds the standard library from its source, once.
fn build_std(rust: &Path, target: Target, sysroot: &Path) -> Result {
    eprintln!("xtask: Debian has no standard library for {} in this version; building it", target.triple());
    let folder = rust.join("std-build");
    apt::remove(&folder)?;
    apt::make(&folder.join("src"))?;
    apt::write(&folder.join("Cargo.toml"), "[package]\nname = \"nothing\"\nedition = \"2021\"\n[workspace]\n")?;
    apt::write(&folder.join("src/lib.rs"), "")?;
    let mut build = run::cargo();
    build.current_dir(&folder).env("RUSTC", rust.join("rustc")).env("RUSTC_BOOTSTRAP", "1");
    // Without the bitcode link-time optimization fails.
    build.env("RUSTFLAGS", "-Cembed-bitcode=yes");
    build.env(format!("CC_{}", target.triple().replace('-', "_")), format!("{}-gcc", target.gnu()));
    build.env(format!("CFLAGS_{}", target.triple().replace('-', "_")), format!("--sysroot={}", sysroot.display()));
    build.args(["build", "--release", "-Zbuild-std=std,panic_abort,proc_macro,test", "--target", target.triple()]);
    build.arg("--target-dir").arg(folder.join("target"));
    run::run(&mut build)?;
    let to = rustlib(rust).join(target.triple());
    apt::remove(&to)?;
    apt::make(&to.join("lib"))?;
    let built = folder.join("target").join(target.triple()).join("release/deps");
    for file in fs::read_dir(&built).map_err(|error| format!("cannot read {}: {error}", built.display()))?.flatten() {
        let name = file.file_name();
        if name.to_string_lossy().ends_with(".rlib") && !name.to_string_lossy().starts_with("libnothing") {
            let copied = fs::copy(file.path(), to.join("lib").join(&name));
            copied.map_err(|error| format!("cannot copy {}: {error}", file.path().display()))?;
        }
    }
    if !has_std(&to.join("lib")) {
        return Err(format!("building the standard library for {} made none", target.triple()));
    }
    apt::remove(&folder)?;
    apt::write(&std_of(rust, target), "built from source\n")
}
