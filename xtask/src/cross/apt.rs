//! A private apt: resolves, downloads and verifies packages of another architecture without touching the system. The
//! mirrors are the system's own.

use crate::run::{self, Result, program};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is taken as installed already.
pub enum Installed {
    Nothing,
    WhatTheSystemHas,
}

pub struct Apt {
    folder: PathBuf,
}

impl Apt {
    pub fn open(folder: &Path, architecture: &str, installed: Installed) -> Result<Apt> {
        for part in ["state/lists/partial", "cache/archives/partial", "sources", "parts"] {
            make(&folder.join(part))?;
        }
        let status = match installed {
            Installed::Nothing => folder.join("status"),
            Installed::WhatTheSystemHas => "/var/lib/dpkg/status".into(),
        };
        if let Installed::Nothing = installed {
            write(&status, "")?;
        }
        copy_debian_sources(&folder.join("sources"))?;
        let at = |part: &str| folder.join(part).display().to_string();
        let configuration = [
            ("Dir::State", at("state")),
            ("Dir::State::status", status.display().to_string()),
            ("Dir::Cache", at("cache")),
            ("Dir::Etc::sourcelist", "/dev/null".into()),
            ("Dir::Etc::sourceparts", at("sources")),
            ("Dir::Etc::parts", at("parts")),
            ("APT::Architecture", architecture.into()),
            ("APT::Architectures::", architecture.into()),
            ("APT::Install-Recommends", "false".into()),
            ("APT::Sandbox::User", "root".into()),
            ("Acquire::Languages", "none".into()),
        ];
        let lines = configuration.map(|(name, value)| format!("{name} \"{value}\";\n"));
        // `Architectures` is a list that would hold the system's own, too.
        write(&folder.join("apt.conf"), &format!("#clear APT::Architectures;\n{}", lines.concat()))?;
        let apt = Apt { folder: folder.to_owned() };
        // A mirror that is being renewed lacks an index now and then. What cannot be had because of it is said by name
        // when it is asked for.
        if let Err(error) = run::run(apt.command().args(["update", "-qq"])) {
            eprintln!("xtask: {error}; going on with the indexes that came");
        }
        Ok(apt)
    }

    fn command(&self) -> Command {
        let mut command = program("apt-get");
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        command
    }

    /// Downloads packages and all that they need; returns the files.
    pub fn download(&self, packages: &[String]) -> Result<Vec<PathBuf>> {
        run::run(self.command().args(["install", "--download-only", "-y", "-qq"]).args(packages))?;
        self.archives()
    }

    /// Downloads packages and nothing that they need.
    pub fn download_alone(&self, packages: &[&str]) -> Result<Vec<PathBuf>> {
        let archives = self.folder.join("cache/archives");
        run::run(self.command().current_dir(&archives).args(["download", "-qq"]).args(packages))?;
        self.archives()
    }

    fn archives(&self) -> Result<Vec<PathBuf>> {
        let folder = self.folder.join("cache/archives");
        let entries = fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let files = entries.flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "deb")).collect();
        files.sort();
        Ok(files)
    }
}

/// Only the system's sources of Debian itself: other repositories rarely have other architectures.
fn copy_debian_sources(to: &Path) -> Result {
    let mut lines = String::new();
    let mut stanzas = String::new();
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path()));
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => {
                let debian = text.lines().filter(|line| line.starts_with("deb ") && line.contains("/debian"));
                debian.for_each(|line| lines += &format!("{line}\n"));
            }
            Some("sources") => {
                let debian = text.split("\n\n").filter(|stanza| is_debian(stanza));
                debian.for_each(|stanza| stanzas += &format!("{}\n\n", stanza.trim()));
            }
            _ => {}
        }
    }
    if lines.is_empty() && stanzas.is_empty() {
        return Err("the system's apt configuration names no sources of Debian".into());
    }
    write(&to.join("debian.list"), &lines)?;
    write(&to.join("debian.sources"), &stanzas)
}

fn is_debian(stanza: &str) -> bool {
    let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    field("Types:").contains("deb") && field("URIs:").contains("/debian") && !field("Enabled:").contains("no")
}

/// Unpacks packages without installing them.
pub fn unpack(packages: &[PathBuf], to: &Path) -> Result {
    eprintln!("$ dpkg-deb -x … {}   ({} packages)", to.display(), packages.len());
    for package in packages {
        let status = program("dpkg-deb").arg("-x").arg(package).arg(to).status();
        if !status.as_ref().is_ok_and(|status| status.success()) {
            return Err(format!("cannot unpack {}: {status:?}", package.display()));
        }
    }
    Ok(())
}

pub fn make(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
}

pub fn write(file: &Path, text: &str) -> Result {
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Removes a folder that may not be there.
pub fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
