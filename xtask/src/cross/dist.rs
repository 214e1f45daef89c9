//! What is delivered: one archive with the program and all that belongs to it, laid out as it is installed.

use super::Target;
use super::apt;
use crate::run::{self, Result, program};
use std::path::{Path, PathBuf};

/// Where archives are put.
pub fn folder() -> PathBuf {
    run::target_dir().join("dist")
}

/// File or folder of the tree → where it is installed.
const CONTENTS: &[(&str, &str)] = &[
    ("assets/keymaps", "usr/share/yuexiang/keymaps"),
    ("app/shell/yuexiang.example.toml", "usr/share/yuexiang/yuexiang.example.toml"),
    ("cross/systemd", "usr/share/yuexiang/systemd"),
    ("assets/fonts/rare/NotoSansCJKscRare-Regular.otf", "usr/share/yuexiang/fonts/NotoSansCJKscRare-Regular.otf"),
    ("LICENSE", "usr/share/doc/yuexiang/LICENSE"),
    ("assets/fonts/OFL.txt", "usr/share/doc/yuexiang/OFL.txt"),
    ("docs/INSTALL.md", "usr/share/doc/yuexiang/INSTALL.md"),
];

/// Units and the like by their endings, where systemd and udev look for them.
const UNITS: &[(&str, &str)] = &[
    ("service", "usr/lib/systemd/system"),
    ("target", "usr/lib/systemd/system"),
    ("sysusers.conf", "usr/lib/sysusers.d/yuexiang.conf"),
    ("tmpfiles.conf", "usr/lib/tmpfiles.d/yuexiang.conf"),
    ("rules", "usr/lib/udev/rules.d"),
];

pub fn pack(target: Target, binary: &Path) -> Result {
    let stage = folder().join(format!("stage-{}", target.name()));
    apt::remove(&stage)?;
    let install =
        |mode: &str, from: &Path, to: &Path| run::run(program("install").args(["-D", "-m", mode]).arg(from).arg(to));
    install("755", binary, &stage.join("usr/bin/yuexiang"))?;
    let strip = format!("{}-strip", target.gnu());
    run::run(program(strip).arg(stage.join("usr/bin/yuexiang")))?;
    for (from, to) in CONTENTS {
        let from = run::root().join(from);
        if from.is_dir() {
            apt::make(&stage.join(to))?;
            run::run(program("cp").arg("-rT").arg(&from).arg(stage.join(to)))?;
        } else {
            install("644", &from, &stage.join(to))?;
        }
    }
    place_units(&stage)?;
    let archive = folder().join(format!("yuexiang-{}-{}.tar.zst", env!("CARGO_PKG_VERSION"), target.name()));
    // The same content gives the same bytes.
    let mut tar = program("tar");
    tar.args(["--zstd", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-C"]);
    run::run(tar.arg(&stage).arg("-cf").arg(&archive).arg("."))?;
    apt::remove(&stage)?;
    println!("{}  {}", archive.display(), size(&archive));
    Ok(())
}

fn place_units(stage: &Path) -> Result {
    let folder = stage.join("usr/share/yuexiang/systemd");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for file in entries.flatten().map(|entry| entry.path()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((ending, to)) = UNITS.iter().find(|(ending, _)| name.ends_with(&format!(".{ending}"))) else {
            continue;
        };
        let to = stage.join(to);
        let to = if ending.ends_with("conf") { to } else { to.join(&name) };
        run::run(program("install").args(["-D", "-m", "644"]).arg(&file).arg(to))?;
    }
    apt::remove(&folder)
}

/// Size and libraries of a program.
pub fn describe(target: Target, binary: &Path) -> Result {
    let stripped = folder().join(format!("yuexiang-{}", target.name()));
    apt::make(&folder())?;
    run::run(program(format!("{}-strip", target.gnu())).arg("-o").arg(&stripped).arg(binary))?;
    println!("{}: {} stripped; libraries it needs:", target.name(), size(&stripped));
    let output = program(format!("{}-readelf", target.gnu())).arg("-d").arg(&stripped).output();
    let output = output.map_err(|error| format!("cannot start readelf: {error}"))?;
    for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.contains("(NEEDED)")) {
        let name = line.split(['[', ']']).nth(1).unwrap_or(line);
        println!("  {name}");
    }
    Ok(())
}

fn size(file: &Path) -> String {
    let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    format!("{:.1} MB", bytes as f64 / 1e6)
}
