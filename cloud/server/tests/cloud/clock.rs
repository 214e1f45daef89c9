//! Nothing is signed with a wrong clock, and what was is found and healed: the box itself says so.

use std::io::{Read, Write};
use std::net::TcpListener;

use yuexiang_cloud::clock::heal::{find, heal};
use yuexiang_cloud::clock::{Doubt, Verdict};
use yuexiang_cloud::publish::{PublishError, Publisher};
use yuexiang_cloud::store::StoreError;

use crate::fixture::{NOW, PROVINCE, VILLAGE, World};
use crate::keys_box::{Television, memory, now, province_root};

const DAY: i64 = 24 * 3_600;

/// A web server that tells a time so many seconds from ours, for ever.
fn web_clock(ahead: i64) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 1024]);
            let at = jiff::Timestamp::from_second(now() + ahead).expect("a time");
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).expect("a date");
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    url
}

async fn asking(world: &World, source: &str) -> Publisher {
    let publisher = world.publisher().await;
    publisher.store.clock.ask(vec![source.parse().expect("a source")]);
    publisher
}

fn is_doubted<T: std::fmt::Debug>(result: Result<T, PublishError>) -> Doubt {
    match result {
        Err(PublishError::Store(StoreError::Clock(doubt))) => doubt,
        Err(PublishError::Repository(error)) => match error {
            yuexiang_cloud::repository::RepositoryError::Store(StoreError::Clock(doubt)) => doubt,
            error => panic!("{error}"),
        },
        Err(PublishError::Key(yuexiang_cloud::keys::KeyError::Store(StoreError::Clock(doubt)))) => doubt,
        other => panic!("{other:?}"),
    }
}

async fn publish_with(
    publisher: &Publisher,
    world: &World,
) -> Result<yuexiang_cloud::publish::Published, PublishError> {
    let folders = [world.folder.path().join("village")];
    let progress = yuexiang_cloud::progress::Progress::silent();
    yuexiang_cloud::publish::publish(publisher, &folders, now(), &progress).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_while_somebody_contradicts_the_clock() {
    let world = World::new();
    world.village();
    let publisher = asking(&world, &web_clock(-2 * 3_600)).await;
    let doubt = is_doubted(publish_with(&publisher, &world).await);
    assert!(doubt.to_string().contains("2 h fast"), "{doubt}");
    assert!(publisher.store.file(PROVINCE.parse().expect("a code"), "timestamp.json").await.expect("reads").is_none());
    let publisher = asking(&world, &web_clock(0)).await;
    publish_with(&publisher, &world).await.expect("everybody agrees");
    assert_eq!(publisher.store.clock.last().expect("a look").verdict, Verdict::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_does_not_answer_stops_nobody() {
    let world = World::new();
    world.village();
    let gone = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
    let publisher = asking(&world, &format!("http://{gone}/")).await;
    publish_with(&publisher, &world).await.expect("publishes");
    assert_eq!(publisher.store.clock.last().expect("a look").silent.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_signs_nothing_that_would_be_older_than_what_is_there() {
    let world = World::new();
    if world.database().is_some() {
        // PostgreSQL confirms the clock: then it is what was signed before that is wrong, as below.
        return;
    }
    let village = world.village();
    world.publish_at(&[&village], NOW).await.expect("publishes");
    village.item("news", "");
    let before = world.published();
    let doubt = is_doubted(world.publish_at(&[&village], NOW - DAY).await);
    assert!(doubt.to_string().contains("slow"), "{doubt}");
    assert_eq!(world.published(), before);
    world.publish_at(&[&village], NOW + 1).await.expect("goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_with_a_clock_of_next_year_is_shown_again_once_it_is_right() {
    let world = World::new();
    let village = world.village();
    world.publish_at(&[&village], now() + 400 * DAY).await.expect("publishes, a year too early");
    let publisher = world.publisher().await;
    // The clock is right again, and the village goes on; its reviewers were named next year.
    village.item("news", "");
    let publishing = asking(&world, &web_clock(0)).await;
    let sql = "UPDATE reviewer SET since = since + 1";
    publish_with(&publishing, &world).await.expect("a confirmed clock goes on");
    // As earlier versions did: the reviewer's place stays in the future, and the approval is of now.
    publishing.store.db.execute("as it was", sql, Vec::new()).await.expect("writes");
    let sql = "UPDATE reviewer SET since = since + 34560000";
    publishing.store.db.execute("as it was", sql, Vec::new()).await.expect("writes");
    let found = find(&publisher, now()).await.expect("looks");
    assert!(!found.places.is_empty() && !found.withheld.is_empty(), "{found:?}");

    publisher.store.clock.vouch();
    let healed = heal(&publisher, now()).await.expect("heals");
    assert!(healed.left.is_empty(), "{healed:?}");
    assert!(find(&publisher, now()).await.expect("looks").is_empty());
    let server = world.serve();
    let mut television = Television::start(&server.url, province_root(&publisher).await, memory());
    tokio::task::block_in_place(|| television.watch(60_000));
    assert_eq!(television.trouble(), None);
    assert_eq!(television.shown(), ["停水通知", "停水通知"], "boxes admit both");
    let again = heal(&publisher, now()).await.expect("looks");
    assert!(again.regions.is_empty(), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_heals_by_itself_and_says_how_its_clock_stands() {
    let world = World::new();
    let village = world.village();
    world.publish_at(&[&village], now()).await.expect("publishes");
    let publisher = world.publisher().await;
    // Approved when nobody was named yet.
    let sql = "UPDATE reviewer SET since = since + 3";
    publisher.store.db.execute("named too late", sql, Vec::new()).await.expect("writes");
    let found = find(&publisher, now()).await.expect("looks");
    assert_eq!(found.withheld.len(), 1, "{found:?}");
    let config = world.folder.path().join("cloud.toml");
    std::fs::write(&config, format!("clock = [\"{}\"]\n", web_clock(7_500))).expect("writes");
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
        .args(["clock", "--config"])
        .arg(&config)
        .arg("--data")
        .arg(world.data())
        .args(world.database().iter().flat_map(|address| ["--database", address]))
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("2 h slow") && said.contains("1 items"), "{said}");
    crate::fixture::eventually("that the reviewers count by now", async || {
        (find(&publisher, now()).await.expect("looks").withheld.len() == 1 && now() > found_after(&publisher).await)
            .then_some(())
    })
    .await;
    let _server = world.serve();
    crate::fixture::eventually("that the item is approved anew", async || {
        find(&publisher, now()).await.expect("looks").is_empty().then_some(())
    })
    .await;
    let page = world.target(VILLAGE, "pages/governance/2026-10.json");
    assert_eq!(page["items"][0]["approvals"].as_array().map(Vec::len), Some(3));
}

/// When all reviewers have been named.
async fn found_after(publisher: &Publisher) -> i64 {
    let sql = "SELECT max(since) FROM reviewer";
    let (since,): (i64,) = publisher.store.db.one("reading", sql, Vec::new()).await.expect("reads");
    since
}
