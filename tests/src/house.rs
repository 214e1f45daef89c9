//! A cloud and a box as processes, each with its own folder and ports, ended when dropped.

use crate::path_from_environment;
use crate::remote::Remote;
use std::ffi::OsString;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// The demo village's code.
pub fn demo_region() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/demo.toml");
    let text = std::fs::read_to_string(path).expect("demo.toml can be read");
    let line = text.lines().find(|line| line.trim_start().starts_with("region")).expect("demo.toml names the region");
    line.chars().filter(char::is_ascii_digit).collect()
}

/// A program that is killed when dropped. What it says goes into a file.
pub struct Process {
    child: Child,
    pub log: PathBuf,
}

impl Process {
    pub fn start(program: &str, arguments: &[OsString], log: PathBuf) -> Process {
        Process::start_with(program, arguments, log, None, &[])
    }

    /// Starts it with a system clock that begins at `time`, such as `2026-11-23 19:42:00` in China, and with variables in
    /// its environment.
    pub fn start_with(
        program: &str,
        arguments: &[OsString],
        log: PathBuf,
        time: Option<&str>,
        environment: &[(&str, OsString)],
    ) -> Process {
        let path = path_from_environment("YUEXIANG_PROGRAMS").join(program);
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("the log can be written");
        let mut command = Command::new(&path);
        if let Some(time) = time {
            // Only the wall clock is made up; whoever waits for a second waits for a second.
            command
                .env("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
                .env("FAKETIME", format!("@{time}"))
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("TZ", "CST-8");
        }
        let child = command
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file handle can be cloned"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", path.display()));
        Process { child, log }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: what a power cut is to a program.
    pub fn kill(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and whether it ended well.
    pub fn terminate(&mut self) -> bool {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        self.child.wait().is_ok_and(|status| status.success())
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Waits until it has ended by itself, and says with what; `None` after a signal, or when it does not end.
    pub fn exit_code(&mut self, patience: Duration) -> Option<i32> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    pub fn log_text(&self) -> String {
        // A device that stands for a full disk can be read without end.
        let mut text = Vec::new();
        let read = std::fs::File::open(&self.log).and_then(|log| log.take(64 << 20).read_to_end(&mut text));
        read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A cloud that serves a published data folder.
pub struct Cloud {
    pub process: Process,
    pub url: String,
    /// Where it wakes boxes.
    pub wake: String,
    pub data: PathBuf,
    pub port: u16,
}

impl Cloud {
    /// Serves a copy of the demo's data, which may be changed; objects are hard links.
    pub async fn demo(folder: &Path) -> Cloud {
        let data = folder.join("cloud");
        copy_linked(&path_from_environment("YUEXIANG_DEMO_CLOUD"), &data);
        Cloud::serve(folder, data, free_port()).await
    }

    pub async fn serve(folder: &Path, data: PathBuf, port: u16) -> Cloud {
        Cloud::serve_at(folder, data, port, None).await
    }

    pub async fn serve_at(folder: &Path, data: PathBuf, port: u16, time: Option<&str>) -> Cloud {
        Cloud::serve_with(folder, data, port, time, None).await
    }

    /// With a configuration file, too.
    pub async fn serve_with(
        folder: &Path,
        data: PathBuf,
        port: u16,
        time: Option<&str>,
        configuration: Option<&Path>,
    ) -> Cloud {
        let wake = free_port();
        let mut arguments: Vec<OsString> = vec![
            "serve".into(),
            "--data".into(),
            data.clone().into(),
            "--listen".into(),
            format!("127.0.0.1:{port}").into(),
            "--wake".into(),
            format!("127.0.0.1:{wake}").into(),
        ];
        if let Some(path) = configuration {
            arguments.extend(["--config".into(), path.into()]);
        }
        let process = Process::start_with("yuexiang-cloud", &arguments, folder.join("cloud.log"), time, &[]);
        let url = format!("http://127.0.0.1:{port}/");
        wait_for(&format!("{url}healthz"), &process).await;
        Cloud { process, url, wake: format!("mqtt://127.0.0.1:{wake}"), data, port }
    }
}

/// Runs the cloud's program to its end.
pub fn cloud_command(arguments: &[&std::ffi::OsStr]) {
    let path = path_from_environment("YUEXIANG_PROGRAMS").join("yuexiang-cloud");
    let output = Command::new(&path).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("cannot start {}: {error}", path.display()));
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Publishes a pack into a data folder, and exports the province's root beside it. Returns the root's path.
pub fn publish(data: &Path, pack: &Path) -> PathBuf {
    cloud_command(&["publish".as_ref(), "--data".as_ref(), data.as_ref(), pack.as_ref()]);
    let root = data.with_extension("root.json");
    cloud_command(&["root".as_ref(), "--data".as_ref(), data.as_ref(), "--out".as_ref(), root.as_ref()]);
    root
}

/// How a box is started.
#[derive(Clone)]
pub struct BoxOptions {
    pub cloud: String,
    /// Where the cloud wakes it; without one it goes its rounds.
    pub wake: Option<String>,
    pub region: String,
    pub root: PathBuf,
    pub data: PathBuf,
    pub size: (u32, u32),
    /// `None`: as the environment says.
    pub display: Option<&'static str>,
    /// What the box's clock says when it starts.
    pub time: Option<String>,
    /// Of the web remote; `None` for one that is free.
    pub port: Option<u16>,
    pub more: Vec<OsString>,
    pub environment: Vec<(&'static str, OsString)>,
}

impl BoxOptions {
    pub fn new(folder: &Path, cloud: &str) -> BoxOptions {
        BoxOptions {
            cloud: cloud.to_owned(),
            wake: None,
            region: demo_region(),
            root: path_from_environment("YUEXIANG_DEMO_ROOT"),
            data: folder.join("box"),
            size: (1_920, 1_080),
            display: Some("headless"),
            time: None,
            port: None,
            more: Vec::new(),
            environment: Vec::new(),
        }
    }
}

/// A running box without a display.
pub struct TvBox {
    pub process: Process,
    pub remote: Remote,
}

impl TvBox {
    pub async fn start(folder: &Path, options: &BoxOptions) -> TvBox {
        let tv = TvBox::launch(folder, options);
        tv.until_it_answers().await;
        tv
    }

    pub async fn until_it_answers(&self) {
        wait_for(&format!("{}healthz", self.remote.url), &self.process).await;
    }

    /// Starts it without waiting.
    pub fn launch(folder: &Path, options: &BoxOptions) -> TvBox {
        let port = options.port.unwrap_or_else(free_port);
        let mut arguments: Vec<OsString> = vec!["run".into()];
        if let Some(display) = options.display {
            arguments.extend(["--display".into(), display.into()]);
        }
        arguments.extend(["--size".into(), format!("{}x{}", options.size.0, options.size.1).into()]);
        arguments.extend([
            "--region".into(),
            options.region.clone().into(),
            "--cloud".into(),
            options.cloud.clone().into(),
        ]);
        arguments.extend(["--root".into(), options.root.clone().into(), "--data".into(), options.data.clone().into()]);
        arguments.extend(["--web-remote".into(), format!("127.0.0.1:{port}").into(), "--no-sound".into()]);
        arguments.extend(["--wake".into(), options.wake.clone().unwrap_or("off".to_owned()).into()]);
        arguments.extend(options.more.iter().cloned());
        let (log, time) = (folder.join("box.log"), options.time.as_deref());
        // As its unit has it.
        let mut environment = vec![("G_SLICE", "always-malloc".into())];
        environment.extend(options.environment.iter().cloned());
        let process = Process::start_with("yuexiang", &arguments, log, time, &environment);
        TvBox { process, remote: Remote::new(port) }
    }
}

/// Until the address answers 200. Panics with the program's last words when it does not.
async fn wait_for(url: &str, process: &Process) {
    let started = Instant::now();
    loop {
        if reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{url} does not answer:\n{}", process.log_text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Copies a folder; files under `objects` and `live`, which are never changed, are linked.
pub fn copy_linked(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a test folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        let path = entry.path();
        if path.is_dir() {
            copy_linked(&path, &target);
        } else if path
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("objects" | "live" | "segments")))
        {
            std::fs::hard_link(&path, &target).expect("test folders lie on one file system");
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
