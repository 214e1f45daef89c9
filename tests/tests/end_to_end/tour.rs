//! A viewer's tour: live television, the four boards, an article, a table, a product's QR code, a video.

use serde_json::Value;
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};
use yuexiang_tests::remote::Remote;

/// Everything that must work from the network and from the cache alike.
pub async fn take(remote: &Remote) {
    boards(remote).await;
    article(remote).await;
    table(remote).await;
    product(remote).await;
    video(remote).await;
    remote.keys("home").await;
    remote.until_screen("home").await;
}

async fn boards(remote: &Remote) {
    remote.keys("home").await;
    let home = remote.until_screen("home").await;
    assert_eq!(home["boards"].as_array().map(Vec::len), Some(4), "{home:#}");
    assert!(home["fresh"].as_array().is_some_and(|fresh| fresh.len() == 4), "{home:#}");
    for (downs, board) in ["party", "governance", "culture", "business"].into_iter().enumerate() {
        remote.keys("home").await;
        if remote.view().await["screen"] == "live" {
            remote.keys("home").await;
        }
        remote.keys("right").await;
        for _ in 0..downs {
            remote.keys("down").await;
        }
        remote.keys("ok").await;
        let view = remote.until_screen("board").await;
        assert_eq!(view["board"], board);
        assert!(view["total_rows"].as_u64().is_some_and(|rows| rows > 0), "{board} shows nothing");
        remote.keys("back").await;
        remote.until_screen("home").await;
    }
}

async fn article(remote: &Remote) {
    remote.open_first("red", "article").await;
    let view = remote.until("the article's text", |view| view["lines"].as_array().is_some_and(|l| l.len() > 3)).await;
    assert_eq!(view["screen"], "reader");
    assert!(view["empty"].is_null());
    remote.keys("back").await;
    remote.until_screen("board").await;
}

async fn table(remote: &Remote) {
    remote.open_first("green", "disclosure").await;
    let view = remote.until("the table's rows", |view| view["rows"].as_array().is_some_and(|r| r.len() > 1)).await;
    assert_eq!(view["screen"], "table");
}

async fn product(remote: &Remote) {
    remote.open_first("blue", "product").await;
    let view = remote.until("the order address", |view| view["order"].as_str().is_some_and(|o| !o.is_empty())).await;
    assert_eq!(view["screen"], "product");
    let order = view["order"].as_str().unwrap_or_default();
    // The page slides in; the code is read as soon as it stands still.
    let mut read = Vec::new();
    for _ in 0..50 {
        read = codes(&remote.screenshot().await);
        if read.iter().any(|code| code == order) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the QR code does not read `{order}` but {read:?}");
}

fn codes(screen: &image::RgbaImage) -> Vec<String> {
    let grey = image::DynamicImage::ImageRgba8(screen.clone()).to_luma8();
    let (width, height) = grey.dimensions();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
        grey.get_pixel(x as u32, y as u32).0[0]
    });
    prepared.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, content)| content).collect()
}

async fn video(remote: &Remote) {
    let id = remote.open_where("yellow", |row| row["kind"] == "video" && row["missing"] == "").await.expect("a video");
    remote.until_screen("videodetail").await;
    remote.keys("ok").await;
    let plays = |view: &Value| {
        let player = &view["player"];
        player["source"] == format!("item/{id}") && player["state"] == "playing" && player["fresh"] == true
    };
    remote.until("the video plays", plays).await;
    assert!(moves(remote).await, "the video's picture stands still");
    remote.until("the position grows", |view| view["player"]["position_ms"].as_u64() > Some(500)).await;
    remote.keys("back").await;
    remote.until_screen("videodetail").await;
}

/// Whether two pictures of the screen differ within a few seconds.
pub async fn moves(remote: &Remote) -> bool {
    let first = remote.screenshot().await;
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let now = remote.screenshot().await;
        let changed = first.pixels().zip(now.pixels()).filter(|(a, b)| a != b).count();
        // More than a clock that moves on.
        if changed > first.pixels().len() / 50 {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn the_box_shows_live_television_and_the_keys_lead_everywhere() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let cloud = Cloud::demo(folder.path()).await;
    let tv = TvBox::start(folder.path(), &BoxOptions::new(folder.path(), &cloud.url)).await;
    tv.remote
        .until("live television in full", |view| {
            view["screen"] == "live" && view["player"]["state"] == "playing" && view["player"]["fresh"] == true
        })
        .await;
    assert!(moves(&tv.remote).await, "live television stands still");
    tv.remote.until_synced().await;
    take(&tv.remote).await;
}
