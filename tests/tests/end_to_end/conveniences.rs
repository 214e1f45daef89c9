//! What fails and is done without: television goes on, and the page about this box says what is missing.

use serde_json::Value;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port};

/// The values on the page about this box.
pub async fn about(tv: &TvBox) -> Vec<String> {
    tv.remote.keys("home").await;
    if tv.remote.view().await["screen"] != "home" {
        // From the home page that key leads to live television.
        tv.remote.keys("home").await;
    }
    tv.remote.keys("menu").await;
    while tv.remote.view().await["focused"] != "settings/about" {
        tv.remote.keys("down").await;
    }
    tv.remote.keys("ok").await;
    let view = tv.remote.until_screen("about").await;
    let facts = view["facts"].as_array().cloned().unwrap_or_default();
    facts.iter().filter_map(|fact| fact["value"].as_str().map(str::to_owned)).collect()
}

fn plays(view: &Value) -> bool {
    view["player"]["state"] == "playing"
}

#[tokio::test]
async fn a_web_remote_whose_port_is_taken_comes_when_the_port_is_free() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let port = free_port();
    let taken = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let options = BoxOptions { port: Some(port), ..BoxOptions::new(folder.path(), &cloud.url) };
    let mut tv = TvBox::launch(folder.path(), &options);
    let started = Instant::now();
    while !tv.process.log_text().contains("first moving picture") {
        assert!(!tv.process.has_ended(), "the box ended:\n{}", tv.process.log_text());
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is shown:\n{}", tv.process.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = tv.process.log_text();
    assert!(log.contains(&format!("the web remote cannot listen on 127.0.0.1:{port}")), "{log}");
    drop(taken);
    // It is tried again a minute later at most.
    let freed = Instant::now();
    while TcpListener::bind(("127.0.0.1", port)).is_ok() {
        assert!(freed.elapsed() < Duration::from_secs(90), "nobody listens:\n{}", tv.process.log_text());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tv.until_it_answers().await;
    let facts = about(&tv).await;
    assert!(!facts.iter().any(|fact| fact.contains(&port.to_string())), "all is well again: {facts:?}");
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

#[tokio::test]
async fn with_every_convenience_gone_at_once_television_goes_on() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let configuration = folder.path().join("yuexiang.toml");
    let wrong = "quota = 'much'\nvideo-output = 'best'\nkeymaps = 7\nwep-remote = 'off'\n";
    std::fs::write(&configuration, wrong).expect("the configuration can be written");
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    // A broker that is not there.
    options.wake = Some("mqtt://127.0.0.1:1".into());
    options.more = vec!["--config".into(), configuration.into()];
    options.environment = [
        ("NOTIFY_SOCKET", "/nowhere/notify"),
        ("WATCHDOG_USEC", "a while"),
        ("SSL_CERT_FILE", "/nowhere/certificates"),
        ("SSL_CERT_DIR", "/nowhere"),
        ("RUST_LOG", "=,no filter["),
        ("YUEXIANG_POLL_INTERVAL", "now and then"),
        ("YUEXIANG_VIDEO_OUTPUT", "everywhere"),
    ]
    .map(|(name, value)| (name, value.into()))
    .to_vec();
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("live television plays", plays).await;
    let facts = about(&tv).await.join("\n");
    for said in ["quota", "video-output", "keymaps", "wep-remote", "YUEXIANG_POLL_INTERVAL", "https"] {
        assert!(facts.contains(said), "{said} is said: {facts}");
    }
    let log = tv.process.log_text();
    for said in ["is no filter for the log", "`much` is not a size", "`now and then` is not a time", "HTTPS cannot"] {
        assert!(log.contains(said), "{said} is said:\n{log}");
    }
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}

#[tokio::test]
async fn a_log_on_a_full_disk_ends_nothing() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    // Whatever the box says is refused as by a disk without room.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("box.log")).expect("a link can be made");
    let mut tv = TvBox::start(folder.path(), &BoxOptions::new(folder.path(), &cloud.url)).await;
    tv.remote.until("live television plays", plays).await;
    assert!(tv.process.terminate(), "the box ends cleanly");
}

#[tokio::test]
async fn a_box_that_has_verified_its_provinces_root_needs_the_one_of_its_image_no_more() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &cloud.url);
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("the first synchronization", |view| view["sync"]["last_success"].is_number()).await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
    options.root = folder.path().join("gone.json");
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until("the cloud is believed", |view| view["sync"]["online"] == true && plays(view)).await;
    assert!(tv.process.log_text().contains("using the stored one"), "{}", tv.process.log_text());
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
