//! What synchronizing costs: throughput, a poll without news, one changed item.

use crate::{Figure, figure};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, copy_linked, demo_region, publish};
use yuexiang_tests::path_from_environment;
use yuexiang_tests::proxy::Proxy;

pub async fn measure() -> Vec<Figure> {
    let mut figures = throughput().await;
    figures.extend(polls().await);
    figures
}

/// The demo village's objects: the box's first synchronization against curl fetching the same files.
async fn throughput() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = Cloud::demo(folder.path()).await;
    let options = BoxOptions { size: (1_280, 720), ..BoxOptions::new(folder.path(), &cloud.url) };
    let tv = TvBox::start(folder.path(), &options).await;
    let mut started = None;
    let took = loop {
        let view = tv.remote.view().await;
        let pending = view["sync"]["pending_bytes"].as_u64().unwrap_or(0);
        if pending > 0 && started.is_none() {
            started = Some(Instant::now());
        }
        match started {
            Some(started) if pending == 0 && view["sync"]["running"] == false => break started.elapsed(),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let objects = objects(&options.data.join("objects"));
    let bytes: u64 = objects.iter().map(|(_, length)| length).sum();
    let curl = curl(&cloud.url, &objects, folder.path());
    let rate = |time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let value = format!(
        "{:.0} MB/s for {} objects, {:.1} MB; curl {:.0} MB/s; ratio {:.2}",
        rate(took),
        objects.len(),
        bytes as f64 / 1e6,
        rate(curl),
        curl.as_secs_f64() / took.as_secs_f64()
    );
    vec![figure("first synchronization against curl of the same objects", value, "≥ 0.8")]
}

fn objects(folder: &Path) -> Vec<(String, u64)> {
    let mut objects = Vec::new();
    for shelf in std::fs::read_dir(folder).expect("objects were stored").flatten() {
        for file in std::fs::read_dir(shelf.path()).expect("a shelf can be read").flatten() {
            objects
                .push((file.file_name().to_string_lossy().into_owned(), file.metadata().map_or(0, |meta| meta.len())));
        }
    }
    objects
}

/// One curl process with one connection after the other kept alive, writing files, as the box does.
fn curl(url: &str, objects: &[(String, u64)], folder: &Path) -> Duration {
    let out = folder.join("curl");
    std::fs::create_dir_all(&out).expect("a folder can be made");
    let lines = objects
        .iter()
        .map(|(name, _)| format!("url = \"{url}objects/{name}\"\noutput = \"{}/{name}\"\n", out.display()));
    let config: String = lines.collect();
    let started = Instant::now();
    let mut child = Command::new("curl")
        .args(["--silent", "--fail", "--config", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("curl is installed");
    child.stdin.take().expect("a pipe").write_all(config.as_bytes()).expect("curl reads its configuration");
    assert!(child.wait().expect("curl ends").success());
    started.elapsed()
}

/// Polls of the demo village, and one of its items changed. Live television uses the same line; only metadata and pages
/// are counted.
async fn polls() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let cloud = Cloud::demo(folder.path()).await;
    let proxy = Proxy::start(cloud.port, 0).await;
    let mut options = BoxOptions::new(folder.path(), &proxy.url);
    options.more = vec!["--poll-interval".into(), "10s".into()];
    let tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;

    let requests = || proxy.counters.tuf_requests.load(Ordering::SeqCst);
    proxy.counters.take_tuf();
    while requests() == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (count, up, down) = proxy.counters.take_tuf();
    let poll = format!("{count} requests, {} bytes ({up} up, {down} down)", up + down);

    let before = targets(&cloud.url).await;
    let pack = folder.path().join("village");
    copy_linked(&path_from_environment("YUEXIANG_DEMO_PACKS").join("village"), &pack);
    change_an_item(&pack);
    publish(&cloud.data, &pack);
    let target = loop {
        let now = targets(&cloud.url).await;
        if now != before {
            break changed(&before, &now);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let page = reqwest::get(format!("{}{target}", cloud.url)).await.expect("the page is served");
    let compressed = gzip(&page.bytes().await.expect("the page comes whole"));
    // A round without the news may have begun before; more than five requests are a round with it.
    let changed = loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let counted = proxy.counters.take_tuf();
        if counted.0 > 5 {
            break counted;
        }
    };
    let (count, up, down) = changed;
    let change = format!(
        "{} bytes in {count} requests ({up} up, {down} down); the page is {compressed} bytes with gzip; ratio {:.2}",
        up + down,
        (up + down) as f64 / compressed as f64
    );
    vec![
        figure("a poll without news", poll, "5 requests, ≤ 3 KB"),
        figure("synchronizing one changed item", change, "≤ 1.5 × the compressed page"),
    ]
}

/// Adds a sentence to the village's largest page: a notice of the month.
fn change_an_item(pack: &Path) {
    let path = pack.join("items").join("water-off.md");
    let text = std::fs::read_to_string(&path).expect("the demo village has this item");
    std::fs::remove_file(&path).expect("the copy can be changed");
    std::fs::write(&path, text + "\n\n各位乡亲，时间如有变动，会再通知。\n").expect("the copy can be changed");
}

type Targets = std::collections::BTreeMap<String, String>;

/// Path → hash of the village's targets.
async fn targets(cloud: &str) -> Targets {
    let get = async |name: String| -> serde_json::Value {
        let answer = reqwest::get(format!("{cloud}tuf/{}/{name}", demo_region())).await.expect("the cloud answers");
        answer.json().await.expect("metadata is JSON")
    };
    let version = |metadata: &serde_json::Value, name: &str| metadata["signed"]["meta"][name]["version"].to_string();
    let timestamp = get("timestamp.json".into()).await;
    let snapshot = get(format!("{}.snapshot.json", version(&timestamp, "snapshot.json"))).await;
    let targets = get(format!("{}.targets.json", version(&snapshot, "targets.json"))).await;
    let named = targets["signed"]["targets"].as_object().cloned().unwrap_or_default();
    named
        .into_iter()
        .map(|(path, target)| (path, target["hashes"]["sha256"].as_str().unwrap_or_default().into()))
        .collect()
}

/// Where the page lies that is new.
fn changed(before: &Targets, now: &Targets) -> String {
    let (path, hash) = now.iter().find(|(path, hash)| before.get(*path) != Some(hash)).expect("a page changed");
    let (folder, name) = path.rsplit_once('/').expect("pages lie in folders");
    format!("tuf/{}/targets/{folder}/{hash}.{name}", demo_region())
}

fn gzip(bytes: &[u8]) -> usize {
    let mut child =
        Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip is there");
    let mut input = child.stdin.take().expect("a pipe");
    let owned = bytes.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&owned));
    let output = child.wait_with_output().expect("gzip ends");
    writer.join().expect("the writer ends").expect("gzip reads");
    output.stdout.len()
}
