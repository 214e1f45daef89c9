//! What the server answers, byte by byte where it matters.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::fixture::{LINEAGE, NOW, Server, VILLAGE, World, eventually};

async fn served() -> (World, Server) {
    let world = World::new();
    let village = world.village();
    village.picture("media/a.png", 640, 480);
    village.item("cover", "cover = \"media/a.png\"\n");
    // Publishing now rather than at a fixed time keeps the metadata from being renewed.
    world.publish_at(&[&village], jiff::Timestamp::now().as_second()).await.expect("publishes");
    let server = world.serve();
    (world, server)
}

/// The cover's hash and length.
fn cover(world: &World) -> (String, u64) {
    let page = world.target(VILLAGE, "pages/governance/2026-10.json");
    let cover =
        page["items"].as_array().expect("items").iter().find_map(|item| item.get("cover")).expect("a cover").clone();
    (cover["sha256"].as_str().expect("a hash").to_owned(), cover["length"].as_u64().expect("a length"))
}

#[tokio::test(flavor = "multi_thread")]
async fn five_polls_of_a_box_that_has_everything_take_three_kilobytes() {
    let (_world, server) = served().await;
    let mut tags = Vec::new();
    for region in LINEAGE {
        let answer = server.get(&format!("/tuf/{region}/timestamp.json")).await;
        tags.push((region, answer.headers()["etag"].to_str().expect("a tag").to_owned()));
    }
    let mut connection = TcpStream::connect(server.address()).expect("connects");
    let mut bytes = 0;
    for (region, tag) in tags {
        let request = format!(
            "GET /tuf/{region}/timestamp.json HTTP/1.1\r\nhost: {}\r\naccept: */*\r\nif-none-match: {tag}\r\n\r\n",
            server.address()
        );
        connection.write_all(request.as_bytes()).expect("writes");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).expect("reads");
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 304 "), "{}", String::from_utf8_lossy(&answer));
        bytes += request.len() + answer.len();
    }
    println!("five polls: {bytes} bytes");
    assert!(bytes <= 3_000, "{bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_timestamp_is_asked_for_each_time() {
    let (_world, server) = served().await;
    let caching = async |path: &str| {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.headers()["cache-control"].to_str().expect("text").to_owned()
    };
    assert_eq!(caching(&format!("/tuf/{VILLAGE}/timestamp.json")).await, "no-cache");
    assert!(caching(&format!("/tuf/{VILLAGE}/1.root.json")).await.contains("immutable"));
    assert!(caching(&format!("/tuf/{VILLAGE}/1.targets.json")).await.contains("immutable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_sent_whole_in_parts_or_not_at_all() {
    let (world, server) = served().await;
    let (sha256, length) = cover(&world);
    let path = format!("/objects/{sha256}");
    let tag = format!("\"{sha256}\"");

    let whole = server.get(&path).await;
    assert_eq!((whole.status().as_u16(), whole.headers()["etag"].to_str().expect("text")), (200, tag.as_str()));
    assert!(whole.headers()["cache-control"].to_str().expect("text").contains("immutable"));
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let body = whole.bytes().await.expect("a body");
    assert_eq!(body.len() as u64, length);

    let part = server.get_with(&path, &[("range", "bytes=100-199")]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 100-199/{length}"));
    assert_eq!(part.headers()["etag"], tag);
    assert_eq!(part.bytes().await.expect("a body"), body.slice(100..200));

    let rest = server.get_with(&path, &[("range", "bytes=100-"), ("if-range", &tag)]).await;
    assert_eq!((rest.status().as_u16(), rest.bytes().await.expect("a body")), (206, body.slice(100..)));
    let other = server.get_with(&path, &[("range", "bytes=100-"), ("if-range", "\"other\"")]).await;
    assert_eq!(other.status(), 200);
    let beyond = server.get_with(&path, &[("range", &format!("bytes={length}-"))]).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{length}"));

    let known = server.get_with(&path, &[("if-none-match", &format!("\"x\", {tag}"))]).await;
    assert_eq!((known.status().as_u16(), known.headers()["etag"].to_str().expect("text")), (304, tag.as_str()));
    assert_eq!(known.bytes().await.expect("a body").len(), 0);
    let weak = server.get_with(&path, &[("if-none-match", &format!("W/{tag}"))]).await;
    assert_eq!(weak.status(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_anywhere_else() {
    let (_world, server) = served().await;
    for path in [
        "/objects/../cloud.sqlite",
        "/objects/..%2Fcloud.sqlite",
        "/objects/%2e%2e/%2e%2e/etc/passwd",
        "/objects/00",
        "/tuf/440224103201/../../keys/440000000000/root",
        "/tuf/440224103201/..%2F..%2Fkeys%2F440000000000%2Froot",
        "/tuf/44/timestamp.json",
        "/tuf/440224103999/timestamp.json",
        "/tuf/x/timestamp.json",
        "/live/x/index.m3u8",
        "/keys/440000000000/root",
    ] {
        // A client's library would tidy up such paths, so this goes out as it stands.
        let mut connection = TcpStream::connect(server.address()).expect("connects");
        write!(connection, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").expect("writes");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("reads");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_and_a_page_tell_what_runs() {
    let (_world, server) = served().await;
    let state: serde_json::Value =
        serde_json::from_str(&server.get("/healthz").await.text().await.expect("text")).expect("JSON");
    assert_eq!((state["status"].as_str(), state["regions"].as_u64()), (Some("ok"), Some(5)));
    assert_eq!(state["version"], env!("CARGO_PKG_VERSION"));
    let page = server.get("/").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.expect("text").contains("粤乡"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_over_what_another_process_publishes() {
    let (world, server) = served().await;
    let path = format!("/tuf/{VILLAGE}/timestamp.json");
    let before = server.get(&path).await.headers()["etag"].clone();
    let village = world.village();
    village.item("second", "");
    world.publish_at(&[&village], jiff::Timestamp::now().as_second()).await.expect("publishes");
    eventually("the new timestamp", async || {
        let answer = server.get(&path).await;
        (answer.headers()["etag"] != before).then_some(())
    })
    .await;
    // A box that is still reading the version before finds its files.
    assert_eq!(server.get(&format!("/tuf/{VILLAGE}/1.targets.json")).await.status(), 200);
    assert_eq!(server.get(&format!("/tuf/{VILLAGE}/2.targets.json")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_late_signs_what_is_about_to_expire() {
    let world = World::new();
    let village = world.village();
    let now = jiff::Timestamp::now().as_second();
    world.publish_at(&[&village], now - 100 * 24 * 3_600).await.expect("publishes");
    let server = world.serve();
    for region in LINEAGE {
        eventually("the renewal", async || {
            let timestamp: serde_json::Value =
                serde_json::from_str(&server.get(&format!("/tuf/{region}/timestamp.json")).await.text().await.ok()?)
                    .ok()?;
            let expires: jiff::Timestamp = timestamp["signed"]["expires"].as_str()?.parse().ok()?;
            (expires.as_second() > now).then_some(())
        })
        .await;
    }
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_anything_published_waits_for_it() {
    let world = World::new();
    let server = world.serve();
    assert_eq!(server.get("/healthz").await.status(), 200);
    world.publish_at(&[&world.village()], NOW).await.expect("publishes");
    eventually("the first publication", async || {
        (server.get(&format!("/tuf/{VILLAGE}/timestamp.json")).await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_when_it_is_told_to() {
    let (_world, server) = served().await;
    // An open connection must not keep it.
    let _idle = TcpStream::connect(server.address()).expect("connects");
    assert!(server.stop().success());
}
