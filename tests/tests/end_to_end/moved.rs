//! A cloud that has moved to another address.

use yuexiang_tests::house::{BoxOptions, Cloud, TvBox, free_port};

#[tokio::test]
async fn a_box_that_is_told_of_another_address_asks_nothing_of_the_old_one() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut old = Cloud::demo(folder.path()).await;
    let mut options = BoxOptions::new(folder.path(), &old.url);
    let mut tv = TvBox::start(folder.path(), &options).await;
    tv.remote.until_synced().await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
    old.process.kill();

    // Nothing is published anew: what the box has stored is all that it has of its channels.
    let new = Cloud::serve(folder.path(), old.data.clone(), free_port()).await;
    options.cloud = new.url.clone();
    let mut tv = TvBox::start(folder.path(), &options).await;
    let view = tv
        .remote
        .until("live television plays", |view| view["player"]["state"] == "playing" && view["player"]["fresh"] == true)
        .await;
    assert!(view["player"]["source"].as_str().is_some_and(|source| source.starts_with("live/")), "{view:#}");
    tv.remote.until("the new cloud has answered", |view| view["sync"]["online"] == true).await;
    assert!(tv.process.terminate(), "the box ends cleanly:\n{}", tv.process.log_text());
}
