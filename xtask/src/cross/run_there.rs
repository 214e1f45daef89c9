//! Running a box's program here, under qemu's user-mode emulation.

use super::{Target, Toolchain};
use crate::run::{self, Result, program};
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn selftest(toolchain: &Toolchain, binary: &Path) -> Result {
    let state = super::cache()?.join(format!("selftest-{}", toolchain.target.name()));
    super::apt::make(&state)?;
    run::run(command(toolchain, binary)?.arg("selftest").env("STATE_DIRECTORY", &state))
}

/// The program, ready for arguments. GStreamer looks for its plugins in the sysroot.
pub fn command(toolchain: &Toolchain, binary: &Path) -> Result<Command> {
    let mut command = super::sysroot::run_in(toolchain.target, &toolchain.sysroot);
    command.arg(binary);
    for (name, value) in environment(toolchain)? {
        command.env(name, value);
    }
    Ok(command)
}

/// Draws the gallery here and there; every picture must be the same, byte by byte.
///
/// Drawn one after the other, a screen may keep a few pixels from the way it moved in, which depends on how fast the
/// machine is; one that differs is drawn once more by itself.
pub fn compare_frames(toolchain: &Toolchain, profile: &str) -> Result {
    let gallery = ["--package", "yuexiang-ui", "--example", "gallery", super::NO_WINDOW];
    run::run(toolchain.cargo("build").args(gallery).args(["--profile", profile]))?;
    run::run(run::cargo().args(["build", "--workspace", "--all-targets", "--quiet"]))?;
    let folder = run::target_dir().join("frames");
    super::apt::remove(&folder)?;
    let example = Path::new("examples/gallery");
    let here = |folder: &Path, more: &[&str]| {
        run::run(program(run::target_dir().join("debug").join(example)).arg(folder).args(more))
    };
    let there = |folder: &Path, more: &[&str]| {
        run::run(command(toolchain, &toolchain.output(profile).join(example))?.arg(folder).args(more))
    };
    let (ours, theirs) = (folder.join("here"), folder.join(toolchain.target.name()));
    here(&ours, &[])?;
    there(&theirs, &[])?;
    let entries = std::fs::read_dir(&ours).map_err(|error| format!("cannot read {}: {error}", ours.display()))?;
    let pictures = entries.flatten().map(|entry| entry.path());
    let pictures: Vec<PathBuf> = pictures.filter(|path| path.extension().is_some_and(|it| it == "png")).collect();
    for picture in &pictures {
        let name = picture.file_name().unwrap_or_default();
        if read(picture)? == read(&theirs.join(name))? {
            continue;
        }
        let screen = name.to_string_lossy().trim_end_matches("-1080.png").to_owned();
        let (ours, theirs) = (folder.join("alone-here"), folder.join("alone-there"));
        here(&ours, &["1920", "1080", &screen])?;
        there(&theirs, &["1920", "1080", &screen])?;
        if read(&ours.join(name))? != read(&theirs.join(name))? {
            return Err(format!("{} and {} differ", ours.join(name).display(), theirs.join(name).display()));
        }
    }
    println!("{}: {} screens are drawn with the same pixels as here", toolchain.target.name(), pictures.len());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

pub fn environment(toolchain: &Toolchain) -> Result<Vec<(&'static str, PathBuf)>> {
    let libraries = toolchain.sysroot.join("usr/lib").join(toolchain.target.gnu());
    let plugins = plugins(toolchain.target, &libraries.join("gstreamer-1.0"))?;
    let registry = super::cache()?.join(toolchain.target.debian()).join("gstreamer-registry.bin");
    let scanner = "/nonexistent".into();
    Ok(vec![
        ("GST_PLUGIN_SYSTEM_PATH_1_0", plugins),
        ("GST_REGISTRY_1_0", registry),
        // It could not be started by a program that is being emulated; the plugins are then loaded in the process itself.
        ("GST_PLUGIN_SCANNER_1_0", scanner),
        ("GST_REGISTRY_FORK", "no".into()),
    ])
}

/// Emulating a 32-bit system, qemu cannot read folders of file systems with 64-bit positions, such as ext4; a
/// file system in memory has small ones.
fn plugins(target: Target, folder: &Path) -> Result<PathBuf> {
    let memory = Path::new("/dev/shm");
    if target != Target::Armv7 || !memory.is_dir() {
        return Ok(folder.to_owned());
    }
    let copy = memory.join("yuexiang-gstreamer-armv7");
    run::run(program("mkdir").arg("-p").arg(&copy))?;
    run::run(program("cp").arg("-ruT").arg(folder).arg(&copy))?;
    Ok(copy)
}
