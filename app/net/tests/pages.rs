//! Targets: what is accepted, what is refused, and what is left out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::server::{Manner, Server};
use common::{Line, hash, object, village};
use serde_json::{Value, json};
use yuexiang_core::catalog::ObjectRef;
use yuexiang_core::event::{Document, NetErrorKind, Target};

const PAGE: &str = "pages/governance/2026-11.json";

fn article(slug: &str) -> Value {
    json!({
        "id": format!("{}/{slug}", village()), "section": "news", "title": "禁毒宣传", "publisher": "村委会",
        "published": 1_793_491_200, "author": "person-1", "kind": "article",
    })
}

fn page(items: &[Value]) -> Value {
    json!({ "format": 2, "region": village().to_string(), "board": "governance", "month": "2026-11", "items": items })
}

/// Puts a target on a new server.
fn serve(path: &str, bytes: &[u8]) -> (Server, Line, Target) {
    let server = Server::start();
    let target = Target { path: path.to_owned(), object: object(bytes) };
    server.put(url(&target), bytes);
    let line = Line::impatient(&server);
    (server, line, target)
}

fn url(target: &Target) -> String {
    let (folder, name) = target
        .path
        .rsplit_once('/')
        .map_or((String::new(), &*target.path), |(folder, name)| (format!("{folder}/"), name));
    format!("/tuf/{}/targets/{folder}{}.{name}", village(), target.object.sha256)
}

#[track_caller]
fn fetch(path: &str, document: &Value) -> Document {
    let (_server, line, target) = serve(path, document.to_string().as_bytes());
    line.fetch(&target).unwrap()
}

#[track_caller]
fn check_refused(path: &str, document: &str, says: &str) {
    let (_server, line, target) = serve(path, document.as_bytes());
    let error = line.fetch(&target).expect_err("the document is refused");
    assert_eq!(error.kind, NetErrorKind::Malformed, "{error}");
    assert!(error.detail.starts_with(&format!("{} {path}: ", village())), "the object is named: {error}");
    assert!(error.detail.contains(says), "`{says}` is said: {error}");
}

#[track_caller]
fn check_ids(document: &Document, expected: &[&str]) {
    let Document::Page(items) = document else { panic!("a page was expected, not {document:?}") };
    let ids: Vec<_> = items.iter().map(|item| item.id.split_once('/').unwrap().1).collect();
    assert_eq!(ids, expected);
}

#[test]
fn a_page_brings_its_items() {
    check_ids(&fetch(PAGE, &page(&[article("a"), article("b")])), &["a", "b"]);
}

#[test]
fn an_item_that_breaks_a_bound_is_left_out_and_the_others_stay() {
    let long = json!({ "title": "长".repeat(61) });
    let foreign = json!({ "id": "440300000000/a" });
    let strange = json!({ "kind": "advertisement" });
    let mut items = vec![article("a")];
    for change in [long, foreign, strange] {
        let mut item = article("bad");
        item.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        items.push(item);
    }
    items.extend([json!("no item at all"), article("b"), article("a")]);
    check_ids(&fetch(PAGE, &page(&items)), &["a", "b"]);
}

#[test]
fn fields_that_a_later_cloud_adds_are_passed_over() {
    let mut item = article("a");
    item["colour"] = json!("red");
    check_ids(&fetch(PAGE, &page(&[item])), &["a"]);
}

#[test]
fn a_document_that_is_not_what_its_place_says_is_refused() {
    let changed = |field: &str, value: Value| {
        let mut document = page(&[article("a")]);
        document[field] = value;
        document.to_string()
    };
    check_refused(PAGE, "<html>", "expected value");
    check_refused(PAGE, "{}", "missing field");
    check_refused(PAGE, &changed("format", json!(1)), "format 1, this program reads 2");
    check_refused(PAGE, &changed("region", json!("440300000000")), "440300000000");
    check_refused(PAGE, &changed("board", json!("party")), "party/2026-11");
    check_refused(PAGE, &changed("month", json!("2026-10")), "governance/2026-10");
    check_refused("pages/sports/2026-11.json", &page(&[]).to_string(), "no such board");
    check_refused("advertisements.json", "{}", "nothing is known under this name");
    check_refused("children/440224103202.root.json", "{}", "no usable root");
}

#[test]
fn a_region_and_its_sections_are_read() {
    let section = |id: &str, name: &str| json!({ "id": id, "board": "party", "name": name, "order": 1 });
    let sections = [section("news", "新闻"), section("too-long", "一二三四五六七八九"), section("news", "又新闻")];
    let region = json!({ "format": 2, "code": village().to_string(), "name": "示范村", "sections": sections });
    let Document::Region(info) = fetch("region.json", &region) else { panic!("a region was expected") };
    assert_eq!((info.code, info.name.as_str()), (village(), "示范村"));
    assert_eq!(info.sections.len(), 1);
}

#[test]
fn channels_on_the_cloud_stay_relative_and_others_absolute() {
    let channel = |id: &str, url: &str| {
        let programmes = [json!({ "title": "早间", "duration": 60 })];
        json!({ "id": id, "number": 1, "name": "新闻", "url": url, "loop_start": 1_700_000_000, "programmes": programmes })
    };
    let mut bare = channel("bare", "https://cdn.example/live.m3u8");
    bare["programmes"] = json!([]);
    let channels = [
        channel("own", "/live/own/index.m3u8"),
        bare,
        channel("bare-path", "live/own/index.m3u8?kind=hls"),
        channel("file", "file:///etc/passwd"),
        channel("up", "/live/../../admin"),
        channel("host", "///evil.example/live.m3u8"),
        channel("no-address", "http://"),
    ];
    // A list with a channel of another form cannot be read at all, one with a wrong value can.
    let document = json!({ "format": 2, "region": village().to_string(), "channels": channels });
    let Document::Channels(list) = fetch("channels.json", &document) else { panic!("channels were expected") };
    let urls: Vec<_> = list.iter().map(|channel| channel.url.as_str()).collect();
    let expected = ["/live/own/index.m3u8", "https://cdn.example/live.m3u8", "/live/own/index.m3u8?kind=hls"];
    assert_eq!(urls, expected);
    assert_eq!(list[1].programmes.len(), 1, "something to show in the schedule");
}

#[test]
fn a_tampered_page_is_refused() {
    let bytes = page(&[article("a")]).to_string();
    let (server, line, target) = serve(PAGE, bytes.as_bytes());
    server.put(url(&target), bytes.replace("村委会", "骗子们"));
    let error = line.fetch(&target).unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Untrusted);
    assert!(error.detail.contains(PAGE) && error.detail.contains("hash"), "{error}");
}

#[test]
fn a_page_that_is_shorter_or_longer_than_was_signed_is_refused() {
    let bytes = page(&[article("a")]).to_string();
    let (server, line, target) = serve(PAGE, bytes.as_bytes());
    server.put(url(&target), &bytes.as_bytes()[..bytes.len() - 1]);
    assert_eq!(line.fetch(&target).unwrap_err().kind, NetErrorKind::Untrusted);
    server.put(url(&target), format!("{bytes} "));
    assert_eq!(line.fetch(&target).unwrap_err().kind, NetErrorKind::Untrusted);
    server.behave(url(&target), Manner::Endless);
    assert_eq!(line.fetch(&target).unwrap_err().kind, NetErrorKind::Untrusted);
}

#[test]
fn a_packed_page_is_unpacked_as_far_as_it_was_signed() {
    let bytes = page(&[article("a")]).to_string();
    let (server, line, target) = serve(PAGE, bytes.as_bytes());
    server.behave(url(&target), Manner::Gzip);
    check_ids(&line.fetch(&target).unwrap(), &["a"]);
    server.behave(url(&target), Manner::Bomb);
    assert_eq!(line.fetch(&target).unwrap_err().kind, NetErrorKind::Untrusted);
    server.behave(url(&target), Manner::NotReallyGzip);
    assert_eq!(line.fetch(&target).unwrap_err().kind, NetErrorKind::Server);
}

#[test]
fn a_page_of_fifty_megabytes_is_refused_before_it_is_fetched() {
    let server = Server::start();
    let line = Line::to(&server);
    let object = ObjectRef { sha256: hash(b"huge"), length: 50 << 20 };
    let error = line.fetch(&Target { path: PAGE.to_owned(), object }).unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Malformed);
    assert!(error.detail.contains("52428800 bytes, 4194304 are allowed"), "{error}");
    assert!(server.take_log().is_empty());
}

#[test]
fn a_page_that_does_not_come_is_told_from_one_that_is_not_there() {
    let bytes = page(&[article("a")]).to_string();
    let (server, line, target) = serve(PAGE, bytes.as_bytes());
    for (manner, kind) in [
        (Manner::Silence, NetErrorKind::Unreachable),
        (Manner::CutAfter(30), NetErrorKind::Unreachable),
        (Manner::Html, NetErrorKind::Server),
        (Manner::Status(500), NetErrorKind::Server),
        (Manner::Status(404), NetErrorKind::Missing),
    ] {
        server.behave(url(&target), manner);
        let error = line.fetch(&target).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains(&target.object.sha256.to_string()), "the object is named: {error}");
    }
}
