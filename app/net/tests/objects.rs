//! Objects: resumed, replaced, truncated, given up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::server::{Manner, Server};
use common::{Line, object};
use std::time::Duration;
use yuexiang_core::catalog::ObjectRef;
use yuexiang_core::event::{Changes, NetErrorKind, NetRequest, StoreRequest};
use yuexiang_core::ports::ObjectSink;

fn bytes() -> Vec<u8> {
    (0..300_000_u32).map(|index| (index % 253) as u8).collect()
}

fn path(object: ObjectRef) -> String {
    format!("/objects/{}", object.sha256)
}

/// A server with one object, and a box that has its first `held` bytes.
fn scene(held: usize, manner: Manner) -> (Server, Line, ObjectRef) {
    let server = Server::start();
    let line = Line::impatient(&server);
    let object = object(&bytes());
    server.put(path(object), bytes());
    server.behave(path(object), manner);
    if held > 0 {
        line.store.open(object).unwrap().write(&bytes()[..held]).unwrap();
    }
    (server, line, object)
}

#[track_caller]
fn check_whole(line: &Line, object: ObjectRef) {
    let (result, progress) = line.fetch_object(object);
    assert_eq!(result, Ok(()));
    assert_eq!(progress.last(), Some(&object.length));
    let changes = Changes { objects_whole: vec![object], ..Changes::default() };
    line.store.handle(StoreRequest::Commit { serial: 1, changes: Box::new(changes) });
    assert!(line.store.saved().objects.contains_key(&object.sha256));
}

#[track_caller]
fn check_refused(held: usize, manner: Manner, kind: NetErrorKind, says: &str) -> (Server, Line, ObjectRef) {
    let (server, line, object) = scene(held, manner);
    let error = line.fetch_object(object).0.expect_err("the object is refused");
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.detail.contains(&object.sha256.to_string()), "the object is named: {error}");
    assert!(error.detail.contains(says), "`{says}` is said: {error}");
    (server, line, object)
}

fn held(line: &Line, object: ObjectRef) -> Option<u64> {
    line.store.saved().partial.get(&object.sha256).copied()
}

#[test]
fn an_object_is_fetched_and_verified() {
    let (server, line, object) = scene(0, Manner::Well);
    check_whole(&line, object);
    assert_eq!(server.take_log(), [object.sha256.to_string()]);
}

#[test]
fn an_object_is_continued_where_it_stopped() {
    let (server, line, object) = scene(200_000, Manner::Well);
    check_whole(&line, object);
    assert_eq!(server.take_log(), [format!("{} bytes=200000-", object.sha256)]);
}

#[test]
fn an_object_of_which_all_bytes_are_there_is_not_asked_for() {
    let (server, line, object) = scene(300_000, Manner::Well);
    assert_eq!(line.fetch_object(object).0, Ok(()));
    assert!(server.take_log().is_empty());
}

#[test]
fn a_server_that_knows_no_ranges_sends_all_of_it_again() {
    let (server, line, object) = scene(200_000, Manner::NoRanges);
    check_whole(&line, object);
    assert_eq!(server.take_log().len(), 1);
}

#[test]
fn a_server_that_refuses_the_range_or_sends_another_is_asked_from_the_beginning() {
    for manner in [Manner::Refuses416, Manner::OtherRange] {
        let (server, line, object) = scene(200_000, manner);
        check_whole(&line, object);
        let name = object.sha256.to_string();
        assert_eq!(server.take_log(), [format!("{name} bytes=200000-"), name]);
    }
}

#[test]
fn an_object_of_another_length_is_refused_before_it_is_fetched() {
    check_refused(200_000, Manner::OtherTotal, NetErrorKind::Untrusted, "300001 bytes are offered");
    let (server, line, object) = scene(0, Manner::Well);
    server.put(path(object), b"short".to_vec());
    let error = line.fetch_object(object).0.unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Untrusted);
    assert!(error.detail.contains("5 bytes are offered, its page says 300000"), "{error}");
}

#[test]
fn a_replaced_object_is_refused_and_leaves_nothing() {
    for start in [0, 200_000] {
        let (server, line, object) = scene(start, Manner::Well);
        let mut other = bytes();
        other[250_000] ^= 1;
        server.put(path(object), other);
        let error = line.fetch_object(object).0.unwrap_err();
        assert_eq!(error.kind, NetErrorKind::Untrusted, "{error}");
        assert_eq!(held(&line, object), None);
        server.put(path(object), bytes());
        check_whole(&line, object);
    }
}

#[test]
fn a_connection_that_is_lost_keeps_what_came() {
    let (server, line, object) = check_refused(0, Manner::CutAfter(120_000), NetErrorKind::Unreachable, "");
    assert_eq!(held(&line, object), Some(120_000));
    server.behave(path(object), Manner::Well);
    check_whole(&line, object);
    assert_eq!(server.take_log().last(), Some(&format!("{} bytes=120000-", object.sha256)));
}

#[test]
fn slow_and_silent_servers_are_given_up() {
    check_refused(0, Manner::Silence, NetErrorKind::Unreachable, "timed out");
    check_refused(0, Manner::Drip, NetErrorKind::Unreachable, "not there after");
}

#[test]
fn web_pages_odd_redirects_and_errors_are_no_objects() {
    check_refused(0, Manner::Html, NetErrorKind::Server, "web page");
    check_refused(0, Manner::Redirect(302, "ftp://cdn.example/".to_owned()), NetErrorKind::Server, "redirected");
    check_refused(0, Manner::Status(500), NetErrorKind::Server, "500");
    check_refused(0, Manner::Status(404), NetErrorKind::Missing, "not there");
}

/// A cloud whose objects lie on another host, and a box that has the first `held` bytes of one. The cloud is asked with a
/// name and a password.
fn scattered_scene(status: u16, held: usize) -> (Server, Server, Line, ObjectRef) {
    let (server, elsewhere) = (Server::start(), Server::start_at("127.0.0.2"));
    let object = object(&bytes());
    let there = format!("{}/bucket/{}", elsewhere.url(), object.sha256);
    elsewhere.put(format!("/bucket/{}", object.sha256), bytes());
    server.behave(path(object), Manner::Redirect(status, there));
    let line = Line::configured(&server, |config| config.base_url = config.base_url.replace("//", "//me:secret@"));
    if held > 0 {
        line.store.open(object).unwrap().write(&bytes()[..held]).unwrap();
    }
    (server, elsewhere, line, object)
}

#[test]
fn an_object_that_lies_on_another_host_is_fetched_and_continued_there() {
    for status in [301, 302, 303, 307, 308] {
        let (server, elsewhere, line, object) = scattered_scene(status, 200_000);
        check_whole(&line, object);
        let asked = [format!("{} bytes=200000-", object.sha256)];
        assert_eq!((server.take_log(), elsewhere.take_log()), (asked.to_vec(), asked.to_vec()), "{status}");
    }
}

#[test]
fn the_other_host_learns_nothing_that_opens_the_cloud() {
    let (server, elsewhere, line, object) = scattered_scene(307, 0);
    check_whole(&line, object);
    assert!(server.take_headers()[0].contains_key("authorization"), "the cloud is opened");
    let told: Vec<_> = elsewhere.take_headers().remove(0).keys().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(told, ["accept", "user-agent", "host"]);
}

#[test]
fn one_redirect_is_followed_and_no_second_one() {
    let (_server, elsewhere, line, object) = scattered_scene(307, 0);
    let there = format!("/bucket/{}", object.sha256);
    elsewhere.behave(&there, Manner::Redirect(307, format!("{}{there}", elsewhere.url())));
    let error = line.fetch_object(object).0.unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Server, "{error}");
    assert!(error.detail.contains("at http://127.0.0.2") && error.detail.contains("redirected"), "{error}");
    assert_eq!(elsewhere.take_log().len(), 1);
}

#[test]
fn what_the_other_host_sends_is_believed_no_more_than_what_the_cloud_sends() {
    let (_server, elsewhere, line, object) = scattered_scene(307, 0);
    let there = format!("/bucket/{}", object.sha256);
    elsewhere.behave(&there, Manner::Html);
    assert_eq!(line.fetch_object(object).0.unwrap_err().kind, NetErrorKind::Server);
    elsewhere.behave(&there, Manner::Well);
    let mut other = bytes();
    other[7] ^= 1;
    elsewhere.put(&there, other);
    assert_eq!(line.fetch_object(object).0.unwrap_err().kind, NetErrorKind::Untrusted);
    elsewhere.put(&there, bytes());
    check_whole(&line, object);
}

#[test]
fn pages_and_metadata_follow_no_redirect() {
    let (server, elsewhere) = (Server::start(), Server::start_at("127.0.0.2"));
    let target = yuexiang_core::event::Target { path: "region.json".to_owned(), object: object(b"{}") };
    let name = format!("/tuf/440224103201/targets/{}.region.json", target.object.sha256);
    elsewhere.put(&name, "{}");
    server.behave(&name, Manner::Redirect(307, format!("{}{name}", elsewhere.url())));
    let error = Line::to(&server).fetch(&target).unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Server, "{error}");
    assert!(error.detail.contains("redirected"), "{error}");
    assert!(elsewhere.take_log().is_empty());
}

#[test]
fn a_login_page_in_an_objects_place_is_wrong_and_leaves_nothing_to_be_continued() {
    let (server, line, object) = check_refused(0, Manner::LoginPage, NetErrorKind::Untrusted, "26 bytes are offered");
    assert_eq!(held(&line, object).unwrap_or(0), 0);
    server.behave(path(object), Manner::Well);
    check_whole(&line, object);
}

#[test]
fn an_object_without_end_is_refused() {
    let (_, line, object) = check_refused(0, Manner::Endless, NetErrorKind::Untrusted, "300000 bytes");
    assert_eq!(held(&line, object), None);
}

#[test]
fn a_full_disk_is_the_disks_trouble_and_not_the_lines() {
    let (server, line, object) = scene(0, Manner::Well);
    line.store.set_capacity(Some(100_000));
    let error = line.fetch_object(object).0.unwrap_err();
    assert_eq!(error.kind, NetErrorKind::Storage, "{error}");
    line.store.set_capacity(None);
    check_whole(&line, object);
    assert_eq!(server.take_log().len(), 2);
}

#[test]
fn an_object_for_which_the_disk_has_no_room_is_verified_and_held_in_memory() {
    let (server, line, object) = scene(0, Manner::Well);
    line.store.set_capacity(Some(0));
    line.net.handle(NetRequest::BorrowObject { object, instead_of: Vec::new() });
    assert_eq!(line.object_answer(object).0, Ok(()));
    assert_eq!(line.store.borrowed(), [object.sha256]);
    assert_eq!(line.store.used(), 0);
    // Another one in its place; wrong bytes are refused there too.
    let mut other = bytes();
    other[7] ^= 1;
    let next = common::object(&other);
    server.put(path(next), bytes());
    line.net.handle(NetRequest::BorrowObject { object: next, instead_of: vec![object.sha256] });
    assert_eq!(line.object_answer(next).0.map_err(|error| error.kind), Err(NetErrorKind::Untrusted));
    assert!(line.store.borrowed().is_empty());
}

#[test]
fn a_download_that_is_given_up_answers_and_keeps_what_came() {
    let server = Server::start();
    let line = Line::configured(&server, |config| config.idle_timeout = Duration::from_secs(10));
    let object = object(&bytes());
    server.put(path(object), bytes());
    server.behave(path(object), Manner::Drip);
    line.net.handle(NetRequest::FetchObject { object });
    // The first progress says that bytes have come.
    let first = line.event();
    assert!(matches!(first, yuexiang_core::event::NetEvent::ObjectProgress { received: 1.., .. }), "{first:?}");
    line.net.handle(NetRequest::CancelObject { sha256: object.sha256 });
    let (result, _) = line.object_answer(object);
    assert_eq!(result.unwrap_err().kind, NetErrorKind::Cancelled);
    assert!(held(&line, object).is_some_and(|held| held > 0));
    // Giving up what is not running is no error.
    line.net.handle(NetRequest::CancelObject { sha256: object.sha256 });
    server.behave(path(object), Manner::Well);
    check_whole(&line, object);
}

#[test]
fn progress_is_told_four_times_a_second_at_most() {
    let server = Server::start();
    let line = Line::configured(&server, |config| {
        config.base_timeout = Duration::from_secs(2);
        config.slowest = 1 << 30;
    });
    let object = object(&bytes());
    server.put(path(object), bytes());
    server.behave(path(object), Manner::Drip);
    let (_, progress) = line.fetch_object(object);
    assert!((4..=9).contains(&progress.len()), "{progress:?}");
}
