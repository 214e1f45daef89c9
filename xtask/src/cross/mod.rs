//! Building for the boxes' processors on a machine without a container engine: a private sysroot and, where rustup has
//! no target to give, Debian's own compiler. Everything is kept in the user's cache folder, beside other clones' builds.

mod apt;
mod compiler;
mod dist;
mod run_there;
mod sysroot;

use crate::run::{self, Result, cargo};
use crate::setup;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::Command;

/// A box has no desk: leaves out what opens windows.
const NO_WINDOW: &str = "--no-default-features";

/// Only libraries that are used are asked for on the box.
const LINK_FLAGS: &str = "-Clink-arg=-Wl,--as-needed";

#[derive(Args)]
pub struct Options {
    /// The processor of the box
    #[arg(long)]
    target: Target,
    /// Optimize as what is delivered is optimized, strip, and pack target/dist/yuexiang-VERSION-TARGET.tar.zst
    #[arg(long)]
    release: bool,
    /// Run `yuexiang selftest` of that processor under qemu
    #[arg(long)]
    selftest: bool,
    /// Draw every screen by the program of that processor, under qemu, and by this machine's, and compare the pixels
    #[arg(long)]
    frames: bool,
    /// Build these examples of the crates, too: CRATE/EXAMPLE, into target/dist/examples-TARGET
    #[arg(long, value_name = "CRATE/EXAMPLE")]
    example: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    Aarch64,
    Armv7,
}

impl Target {
    pub const ALL: [Target; 2] = [Target::Aarch64, Target::Armv7];

    pub fn name(self) -> &'static str {
        match self {
            Target::Aarch64 => "aarch64",
            Target::Armv7 => "armv7",
        }
    }

    /// Rust's name.
    pub fn triple(self) -> &'static str {
        match self {
            Target::Aarch64 => "aarch64-unknown-linux-gnu",
            Target::Armv7 => "armv7-unknown-linux-gnueabihf",
        }
    }

    /// The GNU tools' name, which is Debian's multi-arch folder, too.
    pub fn gnu(self) -> &'static str {
        match self {
            Target::Aarch64 => "aarch64-linux-gnu",
            Target::Armv7 => "arm-linux-gnueabihf",
        }
    }

    pub fn debian(self) -> &'static str {
        match self {
            Target::Aarch64 => "arm64",
            Target::Armv7 => "armhf",
        }
    }

    pub fn qemu(self) -> &'static str {
        match self {
            Target::Aarch64 => "qemu-aarch64-static",
            Target::Armv7 => "qemu-arm-static",
        }
    }
}

pub fn run(options: &Options) -> Result {
    setup::install_missing()?;
    setup::install(&["cross/packages-host.txt"])?;
    let toolchain = Toolchain::prepare(options.target)?;
    let profile = if options.release { "dist" } else { "dev" };
    let mut build = toolchain.cargo("build");
    build.args(["--package", "yuexiang", NO_WINDOW, "--profile", profile]);
    run::run(&mut build)?;
    let program = toolchain.output(profile).join("yuexiang");
    toolchain.examples(&options.example, profile)?;
    if options.release {
        dist::pack(options.target, &program)?;
    }
    dist::describe(options.target, &program)?;
    if options.frames {
        run_there::compare_frames(&toolchain, profile)?;
    }
    if options.selftest { run_there::selftest(&toolchain, &program) } else { Ok(()) }
}

/// What tests do: runs the self-test of every processor whose cross build is there already, brought up to date.
pub fn test_what_is_there() -> Result {
    for target in Target::ALL {
        if Toolchain::built(target).is_dir() {
            build_and_selftest(target)?;
        }
    }
    Ok(())
}

/// What CI does for one processor: builds the box's program fast and runs its self-test. Where compiler and libraries cannot
/// be had, such as without a network, there is nothing to test.
pub fn build_and_selftest(target: Target) -> Result {
    setup::install(&["cross/packages-host.txt"])?;
    if let Err(error) = Toolchain::prepare(target) {
        eprintln!("xtask: {}: not built, because its tools cannot be had: {error}", target.name());
        return Ok(());
    }
    run(&Options { target, release: false, selftest: true, frames: false, example: Vec::new() })
}

/// What a cross build needs, ready on this machine.
pub struct Toolchain {
    pub target: Target,
    pub sysroot: PathBuf,
    compiler: compiler::Compiler,
}

impl Toolchain {
    pub fn prepare(target: Target) -> Result<Toolchain> {
        let sysroot = sysroot::prepare(target)?;
        let compiler = compiler::prepare(target, &sysroot)?;
        Ok(Toolchain { target, sysroot, compiler })
    }

    /// Where cargo puts what it builds. Apart from the host's own builds, because the compiler may be another one.
    fn target_dir() -> PathBuf {
        run::target_dir().join("cross")
    }

    /// There when the program has been built in the fast profile.
    fn built(target: Target) -> PathBuf {
        Toolchain::target_dir().join(target.triple()).join("debug/examples")
    }

    pub fn output(&self, profile: &str) -> PathBuf {
        let folder = if profile == "dev" { "debug" } else { profile };
        Toolchain::target_dir().join(self.target.triple()).join(folder)
    }

    /// cargo for the target, with linker, sysroot and pkg-config set.
    pub fn cargo(&self, command: &str) -> Command {
        let target = self.target;
        let (gnu, sysroot) = (target.gnu(), self.sysroot.display());
        let mut cargo = cargo();
        self.compiler.apply(&mut cargo);
        cargo.arg(command).args(["--target", target.triple(), "--target-dir"]).arg(Toolchain::target_dir());
        let upper = target.triple().to_uppercase().replace('-', "_");
        let lower = target.triple().replace('-', "_");
        cargo.env(format!("CARGO_TARGET_{upper}_LINKER"), format!("{gnu}-gcc"));
        let flags = format!("-Clink-arg=--sysroot={sysroot} {LINK_FLAGS}");
        cargo.env(format!("CARGO_TARGET_{upper}_RUSTFLAGS"), flags);
        cargo.env(format!("CARGO_TARGET_{upper}_RUNNER"), format!("{} -L {sysroot}", target.qemu()));
        for (name, program) in [("CC", "gcc"), ("CXX", "g++"), ("AR", "ar")] {
            cargo.env(format!("{name}_{lower}"), format!("{gnu}-{program}"));
        }
        for name in ["CFLAGS", "CXXFLAGS"] {
            cargo.env(format!("{name}_{lower}"), format!("--sysroot={sysroot}"));
        }
        let libraries = [format!("usr/lib/{gnu}/pkgconfig"), "usr/share/pkgconfig".into()];
        let libraries = libraries.map(|folder| self.sysroot.join(folder).display().to_string()).join(":");
        cargo.env("PKG_CONFIG_ALLOW_CROSS", "1");
        cargo.env(format!("PKG_CONFIG_SYSROOT_DIR_{lower}"), &self.sysroot);
        cargo.env(format!("PKG_CONFIG_LIBDIR_{lower}"), libraries);
        cargo
    }

    fn examples(&self, examples: &[String], profile: &str) -> Result {
        let out = dist::folder().join(format!("examples-{}", self.target.name()));
        for example in examples {
            let (package, name) = example.split_once('/').ok_or_else(|| format!("`{example}` is not CRATE/EXAMPLE"))?;
            run::run(self.cargo("build").args([
                "--package",
                package,
                "--example",
                name,
                NO_WINDOW,
                "--profile",
                profile,
            ]))?;
            run::run(
                run::program("install").arg("-Dt").arg(&out).arg(self.output(profile).join("examples").join(name)),
            )?;
        }
        Ok(())
    }
}

/// Where sysroots and compilers are kept: outside of the clone, so that the next one finds them.
fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = base.or_else(home).ok_or("neither HOME nor XDG_CACHE_HOME is set")?;
    Ok(base.join("yuexiang/cross"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(path: &str) -> String {
        fs::read_to_string(run::root().join(path)).expect("the file is in the tree")
    }

    /// Who builds with containers gets what `cargo xtask cross` makes: same targets, same packages, same flags.
    #[test]
    fn the_container_recipe_is_in_step() {
        let (recipe, container) = (read("Cross.toml"), read("cross/Dockerfile"));
        for list in ["packages-host.txt", "packages-target.txt"] {
            assert!(container.contains(list), "cross/Dockerfile does not install {list}");
        }
        assert!(recipe.contains(NO_WINDOW), "Cross.toml does not say {NO_WINDOW}");
        let targets: Vec<&str> = recipe.lines().filter_map(|line| line.strip_prefix("[target.")).collect();
        assert_eq!(targets.len(), Target::ALL.len());
        for target in Target::ALL {
            let name = target.triple();
            assert!(targets.iter().any(|line| line.trim_end_matches(']') == name), "Cross.toml lacks {name}");
            let arguments = format!("DEBIAN = \"{}\", GNU = \"{}\"", target.debian(), target.gnu());
            assert!(recipe.contains(&arguments), "Cross.toml lacks {arguments}");
            let (upper, lower) = (name.to_uppercase().replace('-', "_"), name.replace('-', "_"));
            for setting in [
                format!("CARGO_TARGET_{upper}_LINKER={}-gcc", target.gnu()),
                format!("CARGO_TARGET_{upper}_RUSTFLAGS={LINK_FLAGS}"),
                format!("CC_{lower}={}-gcc", target.gnu()),
                format!("CXX_{lower}={}-g++", target.gnu()),
                format!("PKG_CONFIG_LIBDIR_{lower}=/usr/lib/{}/pkgconfig:/usr/share/pkgconfig", target.gnu()),
            ] {
                assert!(container.contains(&setting), "cross/Dockerfile lacks {setting}");
            }
        }
    }

    #[test]
    fn what_links_on_the_host_is_in_the_sysroot() {
        // Development packages of the list for the host that the box's program links against.
        let host = crate::setup::packages("xtask/packages.txt").expect("the list can be read");
        let target = crate::setup::packages("cross/packages-target.txt").expect("the list can be read");
        let missing: Vec<&String> =
            host.iter().filter(|name| name.ends_with("-dev") && !target.contains(name)).collect();
        assert!(missing.is_empty(), "cross/packages-target.txt lacks {missing:?}");
    }
}
