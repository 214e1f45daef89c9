//! Packs made on the spot, and a server to publish them with.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gstreamer as gst;
use gstreamer::prelude::*;
use tempfile::TempDir;
use yuexiang_cloud::db::{Db, Kind};
use yuexiang_cloud::progress::Progress;
use yuexiang_cloud::publish::{PublishError, Published, Publisher, publish};

pub const PROVINCE: &str = "440000000000";
pub const LINEAGE: [&str; 5] = [PROVINCE, "440200000000", "440224000000", "440224103000", VILLAGE];
pub const VILLAGE: &str = "440224103201";
/// 2026-11-01 00:00 in China.
pub const NOW: i64 = 1_793_462_400;

/// A folder with a data folder and packs in it. With `YUEXIANG_TEST_POSTGRES` in the environment, the address of a
/// PostgreSQL server without a database's name, its database lies there; else it is SQLite's file.
pub struct World {
    pub folder: TempDir,
    database: Option<Postgres>,
}

/// A database of this world's own, which goes with it.
struct Postgres {
    server: String,
    name: String,
}

impl Postgres {
    fn new(server: String) -> Postgres {
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).expect("random numbers");
        let database = Postgres { server, name: format!("yx_{:016x}", u64::from_le_bytes(random)) };
        database.run(&format!("CREATE DATABASE {}", database.name));
        database
    }

    fn address(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    fn run(&self, statement: &str) {
        let address = format!("{}/postgres", self.server);
        let status = Command::new("psql").args([&address, "-q", "-c", statement]).status().expect("psql");
        assert!(status.success(), "{statement}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Takes the guard off the log, as somebody does who has the database in his hands.
pub async fn unguard_log(db: &Db) {
    let statements: &[&str] = match db.kind() {
        Kind::Sqlite => &["DROP TRIGGER log_is_kept", "DROP TRIGGER log_is_true"],
        Kind::Postgres => &["DROP TRIGGER log_is_kept ON log"],
    };
    for statement in statements {
        db.execute("taking the guard off the log", statement, Vec::new()).await.expect("runs");
    }
}

/// One pack's folder, to be written into.
pub struct TestPack {
    pub path: PathBuf,
}

impl World {
    pub fn new() -> World {
        let database = std::env::var("YUEXIANG_TEST_POSTGRES").ok().map(Postgres::new);
        World { folder: tempfile::tempdir().expect("a folder"), database }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn publisher(&self) -> Publisher {
        Publisher::open(&self.data(), self.database().as_deref()).await.expect("opens")
    }

    /// The address of the database when it is not a file.
    pub fn database(&self) -> Option<String> {
        self.database.as_ref().map(Postgres::address)
    }

    /// The program, serving this world.
    pub fn serve(&self) -> Server {
        Server::start(&self.data(), self.database().as_deref(), None)
    }

    /// The same with more in its configuration file.
    pub fn serve_with(&self, configuration: &str) -> Server {
        let file = self.folder.path().join("cloud.toml");
        std::fs::write(&file, configuration).expect("writes");
        Server::start(&self.data(), self.database().as_deref(), Some(&file))
    }

    /// A pack for a region of the list of divisions, without any content.
    pub fn pack(&self, name: &str, region: &str) -> TestPack {
        let pack = TestPack { path: self.folder.path().join(name) };
        pack.write("pack.toml", &manifest(region));
        pack
    }

    /// A village's pack with a notice.
    pub fn village(&self) -> TestPack {
        let pack = self.pack("village", VILLAGE);
        pack.item("water", "");
        pack
    }

    pub async fn publish_at(&self, packs: &[&TestPack], now: i64) -> Result<Published, PublishError> {
        let folders: Vec<PathBuf> = packs.iter().map(|pack| pack.path.clone()).collect();
        publish(&self.publisher().await, &folders, now, &Progress::silent()).await
    }

    pub async fn publish(&self, packs: &[&TestPack]) -> Published {
        self.publish_at(packs, NOW).await.expect("publishes")
    }

    /// Every file that boxes can read, with its content.
    pub fn published(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.data().join("tuf"), &mut files);
        files.sort();
        files
    }

    pub fn target(&self, region: &str, name: &str) -> serde_json::Value {
        let root = self.data().join("tuf").join(region);
        let timestamp = read(&root.join("timestamp.json"));
        let snapshot =
            read(&root.join(format!("{}.snapshot.json", timestamp["signed"]["meta"]["snapshot.json"]["version"])));
        let targets =
            read(&root.join(format!("{}.targets.json", snapshot["signed"]["meta"]["targets.json"]["version"])));
        let hash = targets["signed"]["targets"][name]["hashes"]["sha256"].as_str().expect("the target").to_owned();
        let (folder, file) = name.rsplit_once('/').map_or((None, name), |(folder, file)| (Some(folder), file));
        let folder = folder.map_or(root.join("targets"), |folder| root.join("targets").join(folder));
        read(&folder.join(format!("{hash}.{file}")))
    }
}

impl TestPack {
    pub fn write(&self, file: &str, text: &str) {
        self.bytes(file, text.as_bytes());
    }

    pub fn bytes(&self, file: &str, bytes: &[u8]) {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("writes");
    }

    pub fn append(&self, file: &str, text: &str) {
        let before = std::fs::read_to_string(self.path.join(file)).expect("reads");
        self.write(file, &(before + text));
    }

    /// A notice with more lines of front matter.
    pub fn item(&self, name: &str, more: &str) {
        self.write(&format!("items/{name}.md"), &item("notice", more));
    }

    pub fn picture(&self, file: &str, width: u32, height: u32) {
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 96])
        });
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        picture.save(path).expect("saves");
    }

    /// A video described as a GStreamer pipeline that ends in this file.
    pub fn video(&self, file: &str, pipeline: &str) {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        run(&format!("{pipeline} ! filesink name=file"), &path);
    }

    pub fn channel(&self, id: &str, number: u32, programmes: &[(&str, &str)]) {
        let mut text = format!("[[channel]]\nid = \"{id}\"\nnumber = {number}\nname = \"榕树频道\"\n");
        for (title, video) in programmes {
            text += &format!("[[channel.programme]]\ntitle = \"{title}\"\nvideo = \"{video}\"\n");
        }
        self.append("pack.toml", &text);
    }
}

pub fn manifest(region: &str) -> String {
    format!(
        "format = 1\nregion = \"{region}\"\npublisher = \"村委会\"\n\
         [review]\nfirst = \"陈文秀\"\nsecond = \"李国强\"\nfinal = \"黄志明\"\n"
    )
}

pub fn item(kind: &str, more: &str) -> String {
    let section = if kind == "video" { "culture\"\nsection = \"video" } else { "governance\"\nsection = \"notice" };
    format!(
        "+++\nkind = \"{kind}\"\nboard = \"{section}\"\ntitle = \"停水通知\"\npublished = 2026-10-08T09:00:00\n{more}+++\n明日停水。\n"
    )
}

/// Seconds of a moving picture and a tone, as Matroska.
pub fn clip(seconds: f64, pattern: &str) -> String {
    let frames = (seconds * 25.0).round();
    let sound = (seconds * 48_000.0 / 1_024.0).round();
    format!(
        "matroskamux name=mux videotestsrc num-buffers={frames} pattern={pattern} \
         ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! x264enc speed-preset=ultrafast ! mux. \
         audiotestsrc num-buffers={sound} ! audio/x-raw,rate=48000,channels=2 ! voaacenc ! mux. mux."
    )
}

/// The same without sound.
pub fn silent_clip(frames: u32, pattern: &str, size: &str, rate: u32) -> String {
    format!(
        "videotestsrc num-buffers={frames} pattern={pattern} ! video/x-raw,format=I420,{size},framerate={rate}/1 \
         ! x264enc speed-preset=ultrafast ! matroskamux"
    )
}

/// Runs a pipeline to its end; the element called `file` writes to `file`.
pub fn run(pipeline: &str, file: &Path) {
    gst::init().expect("GStreamer");
    let pipeline = gst::parse::launch(pipeline).expect("a pipeline").downcast::<gst::Pipeline>().expect("a pipeline");
    pipeline.by_name("file").expect("the sink").set_property("location", file);
    pipeline.set_state(gst::State::Playing).expect("plays");
    let bus = pipeline.bus().expect("a bus");
    let end = bus.timed_pop_filtered(None, &[gst::MessageType::Eos, gst::MessageType::Error]).expect("an end");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).expect("stops");
}

fn read(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("JSON")
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let body = std::fs::read(&path).expect("reads");
            files.push((path, body));
        }
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_yuexiang-cloud");

/// The real program, serving.
pub struct Server {
    process: Child,
    pub url: String,
}

impl Server {
    pub fn start(data: &Path, database: Option<&str>, configuration: Option<&Path>) -> Server {
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(database.into_iter().flat_map(|address| ["--database", address]))
            .args(configuration.into_iter().flat_map(|file| [Path::new("--config"), file]));
        Server::run(&mut command)
    }

    /// The program with a copy of a data folder on a disk of its own of so many MiB, which goes with it. What is on it
    /// lies below [`Server::inside`].
    pub fn on_small_disk(mib: u32, data: &Path, from: &Path) -> Server {
        std::fs::create_dir_all(data).expect("a folder");
        let mount = format!(
            "mount -t tmpfs -o size={mib}m none \"$1\" && cp -a \"$2\"/. \"$1\"/ && \
             exec \"$0\" serve --listen 127.0.0.1:0 --wake off --data \"$1\""
        );
        // Who is not root is so in a user namespace.
        let namespaces = if rustix::process::geteuid().is_root() { "--mount" } else { "--map-root-user" };
        let mut command = Command::new("unshare");
        command.args(["--mount", namespaces, "sh", "-c", &mount, PROGRAM]).arg(data).arg(from);
        Server::run(&mut command)
    }

    fn run(command: &mut Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let url = line.trim().rsplit(' ').next().expect("an address").to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Server { process, url }
    }

    /// A path as the program sees it, whatever is mounted there for it alone.
    pub fn inside(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.process.id()));
        root.join(path.strip_prefix("/").expect("an absolute path"))
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.get(format!("{}{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("an answer")
    }

    /// Asks it to stop and says how it ended.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        self.process.wait().expect("an end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for something that another process does within a second or two.
pub async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(std::time::Instant::now() < deadline, "{what} did not happen");
        tokio::task::yield_now().await;
    }
}
