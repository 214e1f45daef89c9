//! A village that gets another code: while its box runs, and while another one is off.

use crate::conveniences::about;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, cloud_command, demo_region};

const NEXT: &str = "440224103998";
const LAST: &str = "440224103997";

fn change(cloud: &Cloud, from: &str, to: &str, name: &str) {
    let mut arguments: Vec<&OsStr> = ["divisions", "change", from, "--to", to, "--name", name].map(OsStr::new).to_vec();
    arguments.extend([OsStr::new("--data"), cloud.data.as_os_str()]);
    cloud_command(&arguments);
}

fn is_called(view: &Value, name: &str) -> bool {
    view["header"]["village"] == name
}

/// Titles on the village's home page, in their order.
async fn news(tv: &TvBox) -> Vec<String> {
    tv.remote.keys("home").await;
    let view = tv.remote.until_screen("home").await;
    let cards = view["fresh"].as_array().cloned().unwrap_or_default();
    cards.iter().filter_map(|card| card["title"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn boxes_follow_a_village_to_its_new_code_and_lose_nothing_on_or_off() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut cloud = Cloud::demo(folder.path()).await;
    let old = demo_region();
    let quick: Vec<OsString> = vec!["--poll-interval".into(), "1s".into()];
    let on = BoxOptions { more: quick, wake: Some(cloud.wake.clone()), ..BoxOptions::new(folder.path(), &cloud.url) };
    let off = BoxOptions { data: folder.path().join("other"), ..on.clone() };

    // Both have everything; one is switched off.
    let mut sleeper = TvBox::start(folder.path(), &off).await;
    sleeper.remote.until_synced().await;
    assert!(sleeper.process.terminate(), "the box ends cleanly:\n{}", sleeper.process.log_text());
    let mut tv = TvBox::start(folder.path(), &on).await;
    tv.remote.until_synced().await;
    let before = news(&tv).await;
    assert!(!before.is_empty());
    tv.remote.keys("red").await;
    tv.remote.until_screen("board").await;

    // In January the village gets a new code and a new name. Whoever watches sees the name change and nothing else.
    change(&cloud, &old, NEXT, "榕树社区");
    let view = tv.remote.until("the new name", |view| is_called(view, "榕树社区")).await;
    assert_eq!(view["screen"], "board", "nobody is led away from what they look at");
    tv.remote.until_synced().await;
    assert_eq!(news(&tv).await, before);
    assert!(about(&tv).await.iter().any(|fact| fact.contains("榕树社区") && fact.contains(NEXT)));

    // In July once more; this one is off for both.
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
    change(&cloud, NEXT, LAST, "榕树新村");
    for options in [&on, &off] {
        let mut tv = TvBox::start(folder.path(), options).await;
        tv.remote.until("the newest name", |view| is_called(view, "榕树新村")).await;
        tv.remote.until_synced().await;
        assert_eq!(news(&tv).await, before);
        assert!(about(&tv).await.iter().any(|fact| fact.contains(LAST)));
        assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
    }

    // Without the cloud it is where it was, and it still shows what it has.
    cloud.process.kill();
    let mut tv = TvBox::start(folder.path(), &off).await;
    tv.remote.until("what is stored", |view| is_called(view, "榕树新村")).await;
    assert_eq!(news(&tv).await, before);
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
