//! The demo: the cloud on its embedded defaults, the demo village in it, and a box that shows it.

use crate::run::{self, Result, cargo, program};
use crate::setup;
use clap::Args;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[derive(Args, Default)]
pub struct Options {
    /// Show nothing here; watch and steer with the web remote
    #[arg(long)]
    headless: bool,
    /// Forget what an earlier demo has stored
    #[arg(long)]
    fresh: bool,
    /// Size of the screen, WIDTHxHEIGHT
    #[arg(long, default_value = "1920x1080")]
    size: String,
    #[arg(long, default_value = "127.0.0.1:8500")]
    cloud: String,
    #[arg(long, default_value = "127.0.0.1:8600")]
    web_remote: String,
}

pub fn run(options: &Options) -> Result {
    let steps = Steps::begin();
    setup::install_missing()?;
    steps.done("the Debian packages are there");
    // Most of a build keeps both processors busy, but its long last units leave one for the media.
    let media = std::thread::spawn(prepare_packs);
    // What runs, and nothing else; with the features of the whole workspace, so that the tests compile no dependency again.
    run::run(cargo().args(["build", "--workspace", "--bin", "yuexiang", "--bin", "yuexiang-cloud"]))?;
    steps.done("both programs are built");
    let packs = media.join().map_err(|_| "preparing the demo's media panicked".to_owned())??;
    steps.done("the demo's pictures and clips are made");
    let data = run::target_dir().join("demo");
    if options.fresh {
        for folder in ["cloud", "box"] {
            remove(&data.join(folder))?;
        }
    }
    let programs = run::target_dir().join("debug");
    let (cloud_program, box_program) = (programs.join("yuexiang-cloud"), programs.join("yuexiang"));
    let Published { data: cloud_data, root, .. } = publish(&cloud_program, packs, "demo", None)?;
    steps.done("the demo village is published");

    let password = people(&cloud_program, &cloud_data)?;
    let mut serve = program(&cloud_program);
    serve.arg("serve").arg("--data").arg(&cloud_data).args(["--listen", &options.cloud]);
    let cloud = Running::start(serve)?;
    wait_for_http(&options.cloud, "/healthz", Duration::from_secs(30))?;

    let headless = options.headless || std::env::var_os("DISPLAY").is_none();
    let mut watch = program(&box_program);
    watch.arg("run").args(["--display", if headless { "headless" } else { "window" }]);
    watch.args(["--size", &options.size, "--region", &demo_region()?, "--web-remote", &options.web_remote]);
    watch.args(["--cloud", &format!("http://{}/", options.cloud)]).arg("--root").arg(&root);
    watch.arg("--data").arg(data.join("box"));
    let watched = Running::start(watch)?;
    wait_for_http(&options.web_remote, "/healthz", Duration::from_secs(30))?;
    steps.done("cloud and box are running");
    println!();
    println!("  the box:        http://{}/   (picture and remote control)", options.web_remote);
    println!("  the cloud:      http://{}/", options.cloud);
    println!("  its console:    http://{}/console/", options.cloud);
    println!("                  sign in as {}, with the password {password}", logins().join(", "));
    println!("                  the bell beside the region tells who is waited for and what became of a text;");
    println!("                  /console/divisions previews what follows a village to another code");
    println!("  to stop both:   Ctrl-C");
    println!();
    std::io::stdout().flush().map_err(|error| format!("cannot write to standard output: {error}"))?;
    watched.wait("the box")?;
    drop(cloud);
    Ok(())
}

/// Says what has been done, and when: somebody who waits sees that it goes on.
struct Steps(Instant);

impl Steps {
    fn begin() -> Steps {
        Steps(Instant::now())
    }

    fn done(&self, what: &str) {
        let seconds = self.0.elapsed().as_secs();
        eprintln!("[{:2} min {:02} s] {what}", seconds / 60, seconds % 60);
    }
}

/// The staff of the demo village's desk: login, name, role.
const STAFF: [(&str, &str, &str); 5] = [
    ("editor", "陈晓", "editor"),
    ("first", "李洁", "first-reviewer"),
    ("second", "黄波", "second-reviewer"),
    ("final", "张镇", "final-reviewer"),
    ("admin", "林站长", "administrator"),
];

fn logins() -> Vec<&'static str> {
    STAFF.iter().map(|(login, ..)| *login).collect()
}

/// Makes the accounts of the demo's desk, once. They share a password that is drawn on this machine and kept beside the
/// demo's data, since none is built in.
fn people(cloud: &Path, data: &Path) -> Result<String> {
    let kept = data.join("demo-password");
    if let Ok(password) = fs::read_to_string(&kept) {
        return Ok(password.trim().to_owned());
    }
    let password = random_words()?;
    for (login, name, role) in STAFF {
        let mut create = program(cloud);
        create.args(["admin", "create", login, "--name", name, "--role", role, "--region", &demo_region()?]);
        create.arg("--password-stdin").arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::null());
        let line = run::describe(&create);
        let mut child = create.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            writeln!(input, "{password}").map_err(|error| format!("cannot write to `{line}`: {error}"))?;
        }
        let status = child.wait().map_err(|error| format!("cannot wait for `{line}`: {error}"))?;
        if !status.success() {
            return Err(format!("`{line}` failed: {status}"));
        }
    }
    fs::write(&kept, &password).map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
    Ok(password)
}

/// Twelve hexadecimal digits in three groups.
fn random_words() -> Result<String> {
    let mut bytes = [0; 6];
    let mut source = fs::File::open("/dev/urandom").map_err(|error| format!("cannot open /dev/urandom: {error}"))?;
    source.read_exact(&mut bytes).map_err(|error| format!("cannot read /dev/urandom: {error}"))?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}", &digits[..4], &digits[4..8], &digits[8..]))
}

/// The demo village's packs with their media, made once. Returns the folder.
fn prepare_packs() -> Result<PathBuf> {
    let out = run::target_dir().join("demo").join("packs");
    fs::create_dir_all(&out).map_err(|error| format!("cannot make {}: {error}", out.display()))?;
    run::run(program("bash").arg("assets/demo/prepare.sh").arg(&out))?;
    Ok(out)
}

/// A cloud's data folder with the demo village in it, and the province's first TUF root.
pub struct Published {
    pub packs: PathBuf,
    pub data: PathBuf,
    pub root: PathBuf,
}

/// Publishes the demo village for tests, who do not share it with those who try the demo, on a day that stays the same:
/// what screens say of time follows from it.
pub fn publish_for_tests(cloud: &Path) -> Result<Published> {
    publish(cloud, prepare_packs()?, "tests", Some("2026-11-23T08:00:00+08:00"))
}

/// Publishes the demo village into a folder of the target folder; what has not changed is not made again.
fn publish(cloud: &Path, packs: PathBuf, folder: &str, at: Option<&str>) -> Result<Published> {
    let folder = run::target_dir().join(folder);
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let (data, root) = (folder.join("cloud"), folder.join("province.root.json"));
    let mut command = program(cloud);
    command.arg("publish").arg("--data").arg(&data);
    // From the province down, so that every region's name is there before what lies below it.
    for level in ["province", "city", "county", "town", "village"] {
        command.arg(packs.join(level));
    }
    if let Some(at) = at {
        command.args(["--at", at]);
    }
    run::run(&mut command)?;
    run::run(program(cloud).arg("root").arg("--data").arg(&data).arg("--out").arg(&root))?;
    Ok(Published { packs, data, root })
}

/// The village of the demo, from `assets/demo/demo.toml`.
fn demo_region() -> Result<String> {
    let path = run::root().join("assets/demo/demo.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("region")).unwrap_or_default();
    let code: String = line.chars().filter(char::is_ascii_digit).collect();
    if code.len() == 12 { Ok(code) } else { Err(format!("{} names no region of 12 digits", path.display())) }
}

fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// A program that ends when this does.
struct Running {
    child: Child,
}

impl Running {
    fn start(mut command: Command) -> Result<Running> {
        let line = run::describe(&command);
        eprintln!("$ {line} &");
        let child = command.stdin(Stdio::null()).spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        Ok(Running { child })
    }

    fn wait(mut self, name: &str) -> Result {
        let status = self.child.wait().map_err(|error| format!("cannot wait for {name}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{name} ended: {status}")) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks until the answer is 200.
fn wait_for_http(address: &str, path: &str, patience: Duration) -> Result {
    let started = Instant::now();
    let answers = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head.ends_with(b" 200"))
    };
    while !answers().unwrap_or(false) {
        if started.elapsed() > patience {
            return Err(format!("http://{address}{path} does not answer after {} s", patience.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
