//! A target's headers and libraries, from Debian's packages of that architecture.

use super::apt::{self, Apt, Installed};
use super::{Target, cache};
use crate::run::{self, Result};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What is in the sysroot: what building needs, and what running under qemu needs.
const LIST: &str = "cross/packages-target.txt";

pub fn prepare(target: Target) -> Result<PathBuf> {
    let folder = cache()?.join(target.debian());
    let sysroot = folder.join("sysroot");
    let packages = crate::setup::packages(LIST)?;
    if is_ready(target) {
        return Ok(sysroot);
    }
    eprintln!("xtask: making the sysroot for {} in {}", target.name(), folder.display());
    apt::remove(&sysroot)?;
    let apt = Apt::open(&folder.join("apt"), target.debian(), Installed::Nothing)?;
    let files = apt.download(&packages)?;
    // As in an installed system: `/lib` and the like are links into `/usr`.
    for name in ["bin", "lib", "sbin"] {
        apt::make(&sysroot.join("usr").join(name))?;
        link(Path::new(&format!("usr/{name}")), &sysroot.join(name))?;
    }
    apt::unpack(&files, &sysroot)?;
    make_links_relative(&sysroot, &sysroot)?;
    choose_alternatives(&sysroot.join("usr/lib").join(target.gnu()))?;
    apt::remove(&folder.join("apt"))?;
    apt::write(&folder.join("packages"), &packages.join("\n"))?;
    Ok(sysroot)
}

/// The list of packages is written last, so it is there only when all of them are.
pub fn is_ready(target: Target) -> bool {
    let (Ok(cache), Ok(packages)) = (cache(), crate::setup::packages(LIST)) else { return false };
    let made = fs::read_to_string(cache.join(target.debian()).join("packages"));
    made.is_ok_and(|made| made == packages.join("\n"))
}

/// Absolute links would lead out of the sysroot.
fn make_links_relative(folder: &Path, sysroot: &Path) -> Result {
    let read = |error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(read)?.flatten() {
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| format!("cannot look at {}: {error}", path.display()))?;
        if kind.is_dir() {
            make_links_relative(&path, sysroot)?;
        } else if kind.is_symlink()
            && let Ok(to) = fs::read_link(&path)
            && let Ok(inside) = to.strip_prefix("/")
        {
            let depth = folder.strip_prefix(sysroot).map_or(0, |folder| folder.components().count());
            let up: PathBuf = std::iter::repeat_n("..", depth).collect();
            fs::remove_file(&path).map_err(|error| format!("cannot replace {}: {error}", path.display()))?;
            link(&up.join(inside), &path)?;
        }
    }
    Ok(())
}

/// What Debian's alternatives system would set up: nothing has been configured here.
fn choose_alternatives(libraries: &Path) -> Result {
    for name in ["blas", "lapack"] {
        let file = format!("lib{name}.so.3");
        let (link_path, chosen) = (libraries.join(&file), Path::new(name).join(&file));
        if libraries.join(&chosen).exists() && !link_path.exists() {
            link(&chosen, &link_path)?;
        }
    }
    Ok(())
}

fn link(to: &Path, at: &Path) -> Result {
    symlink(to, at).map_err(|error| format!("cannot link {}: {error}", at.display()))
}

/// Runs a program of the target with the sysroot's libraries.
pub fn run_in(target: Target, sysroot: &Path) -> std::process::Command {
    let mut command = run::program(target.qemu());
    command.arg("-L").arg(sysroot);
    command
}
