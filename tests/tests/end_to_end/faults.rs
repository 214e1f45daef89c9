//! A login page in the cloud's place, a storage without room, and a clock that is decades off.

use std::path::Path;
use std::sync::atomic::Ordering;
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port, publish};
use yuexiang_tests::proxy::Proxy;
use yuexiang_tests::village::write_pack;

const REGION: &str = "440224103998";

/// A village with 60 articles and 40 pictures, and a box that reaches it through a relay. For each of `years` one more
/// article, which stands before all others, is shown from its beginning on.
async fn village(folder: &Path, years: &[u32]) -> (Cloud, Proxy, BoxOptions) {
    let data = folder.join("cloud");
    let pack = write_pack(folder, REGION, 60);
    for year in years {
        let text = format!(
            "+++\nkind = \"article\"\nboard = \"party\"\nsection = \"study\"\ntitle = \"{year} 年起显示\"\nsummary = \"\"\n\
             published = 2026-01-01T00:00:00\nnot_before = {year}-01-01T00:00:00\npinned = true\n+++\n正文\n"
        );
        std::fs::write(pack.join(format!("items/from-{year}.md")), text).expect("the item can be written");
    }
    let root = publish(&data, &pack);
    let cloud = Cloud::serve(folder, data, free_port()).await;
    let proxy = Proxy::start(cloud.port, 0).await;
    let options = BoxOptions { region: REGION.to_owned(), root, ..BoxOptions::new(folder, &proxy.url) };
    (cloud, proxy, options)
}

#[tokio::test]
async fn a_login_page_in_the_place_of_pictures_is_said_and_when_it_is_gone_they_come_by_themselves() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (_cloud, proxy, options) = village(folder.path(), &[]).await;
    proxy.set_portal(true);
    let tv = TvBox::start(folder.path(), &options).await;
    let view = tv.remote.until("the way is doubted", |view| view["sync"]["way_doubted"] == true).await;
    assert!(view["sync"]["pending_objects"].as_u64() > Some(40), "{:#}", view["sync"]);
    tv.remote.keys("home").await;
    let view = tv.remote.until("it is said", |view| view["notice"].is_string()).await;
    assert_eq!(view["notice"], "收到的图片和视频不对，没有采用，会自动再试");
    tv.remote.keys("menu down down down down down ok").await;
    let view = tv.remote.until_screen("about").await;
    assert!(view["facts"].to_string().contains("收到的图片和视频不对"), "{view:#}");
    let asked = proxy.counters.requests.load(Ordering::SeqCst) - proxy.counters.tuf_requests.load(Ordering::SeqCst);
    assert!(asked < 40, "{asked} requests for objects");
    proxy.set_portal(false);
    let view = tv.remote.until_synced().await;
    assert_eq!(view["sync"]["way_doubted"], false);
    tv.remote.until("all is well", |view| view["facts"].to_string().contains("正常")).await;
}

#[tokio::test]
async fn a_box_without_room_shows_the_pictures_of_the_page_and_of_what_is_opened_from_memory() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (_cloud, _proxy, options) = village(folder.path(), &[]).await;
    // The text takes none of it.
    let more = vec!["--quota".into(), "1KiB".into()];
    let tv = TvBox::start(folder.path(), &BoxOptions { more, ..options.clone() }).await;
    tv.remote.until("the storage is full", |view| view["sync"]["storage_full"] == true).await;
    tv.remote.keys("red right").await;
    let there = |view: &serde_json::Value| {
        let rows = view["rows"].as_array().cloned().unwrap_or_default();
        !rows.is_empty() && rows.iter().all(|row| row["thumbnail"]["sha256"].is_string())
    };
    let view = tv.remote.until("the thumbnails of the page", there).await;
    assert_eq!(view["rows"][0]["missing"], "图片存不下，联网时可看");
    assert_eq!(view["notice"], "本机存储满了，新的图片暂时存不下，联网时照样能看");
    tv.remote.keys("ok").await;
    tv.remote.until_screen("reader").await;
    tv.remote.until("the opened picture", |view| view["side"]["picture"]["sha256"].is_string()).await;
    let stored = std::fs::read_dir(options.data.join("objects")).map_or(0, Iterator::count);
    assert_eq!(stored, 0, "and nothing is on the disk");
}

/// Titles of the pinned rows of the open board.
fn pinned(view: &serde_json::Value) -> Vec<String> {
    let rows = view["rows"].as_array().cloned().unwrap_or_default();
    let titles = rows.iter().filter_map(|row| row["title"].as_str());
    titles.filter(|title| title.contains("年起显示")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_box_whose_clock_is_decades_off_shows_what_has_begun_and_says_no_time_until_it_knows_it() {
    for clock in ["1971-01-01 08:00:00", "2040-01-01 08:00:00"] {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let (mut cloud, _proxy, options) = village(folder.path(), &[2026, 2039]).await;
        let wrong = BoxOptions { time: Some(clock.to_owned()), ..options };
        let mut tv = TvBox::start(folder.path(), &wrong).await;
        tv.remote.until("the time", |view| view["header"]["time"] != "").await;
        tv.remote.until_synced().await;
        tv.remote.keys("red").await;
        assert_eq!(pinned(&tv.remote.until_screen("board").await), ["2026 年起显示"], "{clock}");
        cloud.process.kill();
        tv.process.kill();
        // Without a network it knows no more than the time that was reached.
        let tv = TvBox::start(folder.path(), &wrong).await;
        tv.remote.keys("red").await;
        let view = tv.remote.until_screen("board").await;
        assert_eq!(pinned(&view), ["2026 年起显示"], "{clock}");
        assert_eq!(view["header"]["time"], "", "{clock}: nobody can say it");
    }
}
