//! A cloud that keeps pictures and videos in a bucket and sends boxes there: two hosts, and an S3 server that shares no
//! code with ours.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, cloud_command, demo_region, free_port};
use yuexiang_tests::village::write_pack;

/// Another host than the cloud's, and than the box's.
const HOST: &str = "127.0.0.2";

struct S3 {
    process: Child,
    url: String,
}

impl S3 {
    async fn start() -> S3 {
        let port = TcpListener::bind((HOST, 0)).and_then(|free| free.local_addr()).expect("a free port").port();
        // `cargo xtask test` installs it and says where.
        let program = std::env::var_os("YUEXIANG_MOTO").unwrap_or_else(|| "moto_server".into());
        let mut command = Command::new(program);
        command.args(["-H", HOST, "-p", &port.to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("moto_server starts");
        let s3 = S3 { process, url: format!("http://{HOST}:{port}") };
        let started = Instant::now();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let bucket = format!("{}/yuexiang", s3.url);
        while !client.put(&bucket).send().await.is_ok_and(|made| made.status().is_success()) {
            assert!(started.elapsed() < Duration::from_secs(60), "the S3 server does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let open_to_all = serde_json::json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::yuexiang/*",
        }] });
        let policy = client.put(format!("{bucket}?policy")).body(open_to_all.to_string()).send().await;
        assert!(policy.expect("the S3 server answers").status().is_success(), "the bucket is open to all");
        s3
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A village with some pictures and a video of eight seconds.
fn pack(folder: &Path) -> PathBuf {
    let pack = write_pack(folder, &demo_region(), 5);
    let status = Command::new("gst-launch-1.0")
        .args(["-q", "mp4mux", "name=mux", "!", "filesink"])
        .arg(format!("location={}", pack.join("media/ball.mp4").display()))
        .args("videotestsrc num-buffers=200 pattern=ball ! video/x-raw,width=640,height=360,framerate=25/1".split(' '))
        .args("! videoconvert ! x264enc speed-preset=ultrafast ! h264parse ! mux.".split(' '))
        .status()
        .expect("gst-launch-1.0 starts");
    assert!(status.success());
    let text = "+++\nkind = \"video\"\nboard = \"culture\"\nsection = \"video\"\ntitle = \"村里的球赛\"\n\
                summary = \"八秒钟\"\npublished = 2026-11-02T08:00:00\nvideo = \"media/ball.mp4\"\n+++\n";
    std::fs::write(pack.join("items/ball.md"), text).expect("the item can be written");
    pack
}

/// A cloud with the pack, whose objects anybody can read in the bucket.
async fn cloud(folder: &Path, s3: &S3) -> (Cloud, BoxOptions) {
    let data = folder.join("cloud");
    let configuration = folder.join("cloud.toml");
    let text = format!(
        "data = {data:?}\n[s3]\nendpoint = {url:?}\nbucket = \"yuexiang\"\naccess_key = \"test\"\n\
         secret_key = \"test\"\npublic_url = \"{url}/yuexiang/\"\n",
        url = s3.url
    );
    std::fs::write(&configuration, text).expect("the configuration can be written");
    let root = folder.join("province.root.json");
    let pack = pack(folder);
    cloud_command(&["publish".as_ref(), "--config".as_ref(), configuration.as_ref(), pack.as_ref()]);
    cloud_command(&["root".as_ref(), "--config".as_ref(), configuration.as_ref(), "--out".as_ref(), root.as_ref()]);
    let cloud = Cloud::serve_with(folder, data, free_port(), None, Some(&configuration)).await;
    let options = BoxOptions { root, size: (1_280, 720), ..BoxOptions::new(folder, &cloud.url) };
    (cloud, options)
}

/// The names of all whole objects.
fn stored(data: &Path) -> Vec<String> {
    let shelves = std::fs::read_dir(data.join("objects")).into_iter().flatten().flatten();
    let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf.path()).into_iter().flatten().flatten());
    files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn pictures_and_videos_are_fetched_from_the_host_to_which_the_cloud_sends_the_box() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let s3 = S3::start().await;
    let (cloud, options) = cloud(folder.path(), &s3).await;
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    let stored = stored(&options.data);
    assert!(stored.len() > 5, "{stored:?}");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("a client");
    for object in &stored {
        let answer = client.get(format!("{}objects/{object}", cloud.url)).send().await.expect("the cloud answers");
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        assert_eq!((answer.status().as_u16(), to), (307, format!("{}/yuexiang/objects/{object}", s3.url).as_str()));
    }
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

#[tokio::test]
async fn a_video_that_has_no_room_is_played_from_the_host_to_which_the_cloud_sends_the_box() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let s3 = S3::start().await;
    let (_cloud, mut options) = cloud(folder.path(), &s3).await;
    options.more = vec!["--quota".into(), "1kB".into()];
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("the first synchronization", |view| view["sync"]["last_success"].is_number()).await;
    tv.remote.open_first("yellow", "video").await;
    tv.remote.keys("ok").await;
    tv.remote
        .until("the video plays", |view| {
            let player = &view["player"];
            player["state"] == "playing"
                && player["fresh"] == true
                && player["source"].as_str().is_some_and(|source| source.starts_with("item/"))
        })
        .await;
    assert!(stored(&options.data).is_empty(), "nothing of it is stored");
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
