//! Objects in an S3-compatible store: moto, an S3 server that shares no code with this one.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use yuexiang_cloud::backup::backup;
use yuexiang_cloud::backup::restore::restore;
use yuexiang_cloud::bucket::Bucket;
use yuexiang_cloud::config::{Config, Overrides};
use yuexiang_cloud::console::preview::{Preview, Wanted};
use yuexiang_cloud::desk::screen::Screen;
use yuexiang_cloud::objects::{Objects, Place};
use yuexiang_cloud::progress::Progress;
use yuexiang_cloud::publish::publish;

use crate::fixture::{NOW, World, eventually};

/// An S3 server with an empty bucket.
struct S3 {
    process: Child,
    url: String,
}

impl S3 {
    async fn start() -> S3 {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        // `cargo xtask test` installs it and says where.
        let program = std::env::var_os("YUEXIANG_MOTO").unwrap_or_else(|| "moto_server".into());
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("moto_server starts");
        let s3 = S3 { process, url: format!("http://127.0.0.1:{port}") };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        eventually("the S3 server", async || {
            let made = client.put(format!("{}/yuexiang", s3.url)).send().await.ok()?;
            made.status().is_success().then_some(())
        })
        .await;
        s3
    }

    /// A configuration file that names the bucket.
    fn config(&self, world: &World, more: &str) -> PathBuf {
        let path = world.folder.path().join("cloud.toml");
        let (data, database) = (world.data(), world.database());
        let database = database.map(|address| format!("database = {address:?}\n")).unwrap_or_default();
        let s3 = format!(
            "[s3]\nendpoint = {:?}\nbucket = \"yuexiang\"\naccess_key = \"test\"\nsecret_key = \"test\"\n{more}",
            self.url
        );
        std::fs::write(&path, format!("data = {data:?}\n{database}{s3}")).expect("writes");
        path
    }

    fn load(&self, world: &World, more: &str) -> Config {
        let overrides = Overrides { config: Some(self.config(world, more)), ..Overrides::default() };
        Config::load(overrides).expect("loads")
    }

    fn bucket(&self, world: &World) -> Bucket {
        Bucket::open(self.load(world, "").s3.as_ref().expect("a bucket")).expect("opens")
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program with a configuration file.
struct Serving {
    process: Child,
    url: String,
}

impl Serving {
    fn start(config: &Path) -> Serving {
        let mut process = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        Serving { process, url: line.trim().rsplit(' ').next().expect("an address").to_owned() }
    }

    async fn get(&self, sha256: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let request = client.build().expect("a client").get(format!("{}/objects/{sha256}", self.url));
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .send()
            .await
            .expect("an answer")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Bytes that differ from one another, more than one part of an upload and more than is brought here at once.
fn long() -> Vec<u8> {
    (0..20_000_003_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_shares_another_serves_in_parts_and_as_a_whole() {
    let (world, elsewhere) = (World::new(), World::new());
    let s3 = S3::start().await;
    let objects = Objects::open(&world.data()).expect("opens").with_bucket(Some(s3.bucket(&world)));
    let bytes = long();
    let (long, short) = (objects.put(&bytes).expect("stores"), objects.put(b"a picture").expect("stores"));
    objects.share([(&*long.sha256, long.length), (&*short.sha256, short.length)]).await.expect("shares");
    // Another data folder: nothing of it is there.
    let server = Serving::start(&s3.config(&elsewhere, ""));
    let whole = server.get(&long.sha256, &[]).await;
    assert_eq!((whole.status().as_u16(), header(&whole, "content-length")), (200, "20000003"));
    assert_eq!(header(&whole, "etag"), format!("\"{}\"", long.sha256));
    assert!(header(&whole, "cache-control").contains("immutable"));
    assert!(whole.bytes().await.expect("a body")[..] == bytes[..], "the same bytes");
    let part = server.get(&long.sha256, &[("range", "bytes=19999990-")]).await;
    assert_eq!((part.status().as_u16(), header(&part, "content-range")), (206, "bytes 19999990-20000002/20000003"));
    assert_eq!(part.bytes().await.expect("a body")[..], bytes[19_999_990..]);
    let beyond = server.get(&long.sha256, &[("range", "bytes=20000003-")]).await;
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-range")), (416, "bytes */20000003"));
    let tag = format!("\"{}\"", long.sha256);
    assert_eq!(server.get(&long.sha256, &[("if-none-match", &tag)]).await.status(), 304);
    for _ in 0..2 {
        let picture = server.get(&short.sha256, &[("range", "bytes=2-4")]).await;
        assert_eq!((picture.status().as_u16(), &picture.bytes().await.expect("a body")[..]), (206, &b"pic"[..]));
    }
    assert_eq!(server.get(&"0".repeat(64), &[]).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_object_is_kept_here_once_it_was_asked_for() {
    let (world, elsewhere) = (World::new(), World::new());
    let s3 = S3::start().await;
    let objects = Objects::open(&world.data()).expect("opens").with_bucket(Some(s3.bucket(&world)));
    let stored = objects.put(b"a picture").expect("stores");
    let other = Objects::open(&elsewhere.data()).expect("opens").with_bucket(Some(s3.bucket(&world)));
    assert!(matches!(other.find(&stored.sha256).await, Ok(Place::Nowhere)), "it was not shared yet");
    objects.share([(&*stored.sha256, stored.length)]).await.expect("shares");
    assert!(matches!(other.find(&stored.sha256).await, Ok(Place::Here(_))));
    drop(s3);
    assert!(matches!(other.find(&stored.sha256).await, Ok(Place::Here(_))), "also without the bucket");
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_are_sent_to_a_bucket_that_is_open_to_all() {
    let world = World::new();
    let s3 = S3::start().await;
    let server = Serving::start(&s3.config(&world, "public_url = \"https://cdn.example.cn/yuexiang/\"\n"));
    let sha256 = "a".repeat(64);
    let moved = server.get(&sha256, &[]).await;
    let expected = format!("https://cdn.example.cn/yuexiang/objects/{sha256}");
    assert_eq!((moved.status().as_u16(), header(&moved, "location")), (307, expected.as_str()));
    assert_eq!(server.get(&sha256.to_uppercase(), &[]).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_published_only_when_its_pictures_are_in_the_bucket() {
    let world = World::new();
    let s3 = S3::start().await;
    let pack = world.village();
    pack.picture("media/well.png", 640, 480);
    pack.item("well", "cover = \"media/well.png\"\n");
    let publisher = s3.load(&world, "").publisher().await.expect("opens");
    let folders = [pack.path.clone()];
    publish(&publisher, &folders, NOW, &Progress::silent()).await.expect("publishes");
    let page = world.target(crate::fixture::VILLAGE, "pages/governance/2026-10.json");
    let item = page["items"].as_array().expect("items").iter().find(|item| !item["cover"].is_null()).expect("a cover");
    let bucket = s3.bucket(&world);
    for object in [&item["cover"], &item["cover"]["thumbnail"]] {
        let length = bucket.length(object["sha256"].as_str().expect("a hash")).await.expect("asks");
        assert_eq!(length, object["length"].as_u64());
    }
    // Without the bucket nothing new is published.
    drop(s3);
    pack.picture("media/well.png", 641, 480);
    let before = world.published();
    let refused = publish(&publisher, &folders, NOW + 1, &Progress::silent()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("in the bucket")));
    assert!(world.published() == before, "what was published is untouched");
}

/// A program that draws nothing: an empty picture for whatever is asked.
fn drawing_program(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("draw");
    let script = r#"#!/bin/sh
while read -r line; do
    out=${line##*\"out\":\"}
    : > "${out%%\"*}"
    echo '{"ok":true,"pages":1}'
done
"#;
    std::fs::write(&path, script).expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("may run");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_has_the_pictures_that_another_process_made_and_does_without_one_that_is_gone() {
    let (world, elsewhere) = (World::new(), World::new());
    let s3 = S3::start().await;
    let objects = Objects::open(&world.data()).expect("opens").with_bucket(Some(s3.bucket(&world)));
    let picture = |bytes: &[u8]| {
        let stored = objects.put(bytes).expect("stores");
        let thumbnail = json!({ "sha256": stored.sha256, "length": stored.length });
        let picture = json!({ "sha256": stored.sha256, "length": stored.length, "width": 1, "height": 1, "thumbnail": thumbnail });
        (stored, picture)
    };
    let (there, cover) = picture(b"in the bucket");
    let (gone, figure) = picture(b"nowhere");
    objects.share([(&*there.sha256, there.length)]).await.expect("shares");
    let item = json!({
        "id": format!("{}/a", crate::fixture::VILLAGE), "section": "notice", "title": "a", "publisher": "b",
        "published": NOW, "author": "c", "kind": "story", "cover": cover, "pictures": [figure],
    });
    let screen = Screen {
        item: serde_json::from_value(item).expect("an item"),
        board: yuexiang_wire::Board::Governance,
        village: crate::fixture::VILLAGE.parse().expect("a code"),
        above: Vec::new(),
        village_name: String::new(),
        sections: Vec::new(),
        reviews: 3,
        reviewers: Vec::new(),
    };
    let here = Objects::open(&elsewhere.data()).expect("opens").with_bucket(Some(s3.bucket(&world)));
    let preview = Preview::new(drawing_program(elsewhere.folder.path()), &here);
    let wanted = Wanted { screen: &screen, page: None, large_letters: false, english: false, now: NOW };
    preview.draw(&wanted).await.expect("draws");
    assert!(here.has(&there.sha256, there.length) && !here.has(&gone.sha256, gone.length));
    // Once the picture is there, it is shown.
    objects.share([(&*gone.sha256, gone.length)]).await.expect("shares");
    preview.draw(&wanted).await.expect("draws");
    assert!(here.has(&gone.sha256, gone.length));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_what_lies_in_the_bucket_alone_and_comes_back_into_another_one() {
    let (world, other) = (World::new(), World::new());
    let (s3, empty) = (S3::start().await, S3::start().await);
    let village = world.village();
    village.picture("media/a.png", 640, 480);
    village.item("cover", "cover = \"media/a.png\"\n");
    let config = s3.load(&world, "");
    let publisher = config.publisher().await.expect("opens");
    let now = jiff::Timestamp::now().as_second();
    publish(&publisher, std::slice::from_ref(&village.path), now, &Progress::silent()).await.expect("publishes");
    let cover = world.target(crate::fixture::VILLAGE, "pages/governance/2026-10.json");
    let cover = cover["items"].as_array().expect("items").iter().find_map(|item| item.get("cover")).expect("a cover");
    let (sha256, length) = (cover["sha256"].as_str().expect("a name"), cover["length"].as_u64().expect("a length"));
    // The folder beside the bucket is a cache.
    std::fs::remove_dir_all(world.data().join("objects")).expect("clears the cache");
    let out = world.folder.path().join("backups");
    let made = backup(&publisher, config.database.as_deref(), &out, None, now).await.expect("backs up");
    assert_eq!((made.new_objects, made.manifest.objects), (2, 2), "a picture and its thumbnail");

    let master = world.data().join("keys/master");
    let restored = restore(&empty.load(&other, ""), &made.path, Some(&master), now).await.expect("restores");
    assert!(restored.recovered.needs.is_empty(), "{restored:?}");
    assert_eq!(empty.bucket(&other).length(sha256).await.expect("asks"), Some(length));
    let server = Serving::start(&empty.config(&other, ""));
    let answer = server.get(sha256, &[]).await;
    assert_eq!(answer.bytes().await.expect("a body").len() as u64, length);
}
