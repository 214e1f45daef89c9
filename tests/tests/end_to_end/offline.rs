//! The network dies, the power fails, and the box shows what it has.

use crate::tour;
use yuexiang_tests::house::{BoxOptions, Cloud, TvBox};

#[tokio::test]
async fn without_the_cloud_everything_still_works_from_the_cache_and_its_age_is_said() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut cloud = Cloud::demo(folder.path()).await;
    let options = BoxOptions::new(folder.path(), &cloud.url);
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;

    cloud.process.kill();
    tv.process.kill();
    let mut tv = TvBox::start(folder.path(), &options).await;
    let view =
        tv.remote.until("the age is said", |view| view["notice"].is_string() && view["sync"]["online"] == false).await;
    let notice = view["notice"].as_str().unwrap_or_default();
    assert!(notice.contains("网络断了") && notice.contains("今天"), "{notice}");
    // Whoever switches on sees more than a black screen.
    let view = tv.remote.until("home is offered", |view| view["player"]["offer"].is_string()).await;
    assert_eq!((&view["screen"], &view["focused"]), (&"live".into(), &"live/home".into()));
    tv.remote.keys("ok").await;
    let view = tv.remote.until_screen("home").await;
    assert!(view["focused"].as_str().is_some_and(|focus| focus.starts_with("item/")), "{}", view["focused"]);
    tv.remote.keys("home").await;
    tv.remote.until_screen("live").await;
    tour::take(&tv.remote).await;

    // The network returns; nobody touches the box.
    let _cloud = Cloud::serve(folder.path(), cloud.data.clone(), cloud.port).await;
    tv.remote.until("the notice goes", |view| view["notice"].is_null() && view["player"]["state"] == "playing").await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
