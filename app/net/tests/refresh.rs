//! Metadata: what is accepted, what is refused, and what it costs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::repository::{Key, Repository};
use common::server::{Manner, Server};
use common::{DAY, Line, NOW, object};
use std::time::{Duration, Instant};
use yuexiang_core::event::{NetErrorKind, Refreshed, RegionTrust, Target};

const TIMESTAMP: &str = "/tuf/440224103201/timestamp.json";

/// A published repository with one target, and a box that knows its root.
fn scene() -> (Server, Repository, Line, RegionTrust) {
    let server = Server::start();
    let mut repository = Repository::new();
    repository.targets.insert("pages/party/2026-11.json".to_owned(), b"{}".to_vec());
    repository.publish(&server);
    let line = Line::to(&server);
    let trust = repository.first_trust();
    (server, repository, line, trust)
}

/// As [`scene`], and the box has refreshed once.
fn refreshed_scene() -> (Server, Repository, Line, RegionTrust) {
    let (server, repository, line, trust) = scene();
    let (trust, _) = line.renew(&trust, NOW);
    server.take_log();
    (server, repository, line, trust)
}

#[test]
fn a_root_is_enough_to_get_and_verify_everything() {
    let (server, _, line, trust) = scene();
    let (trust, targets) = line.renew(&trust, NOW);
    let expected = Target { path: "pages/party/2026-11.json".to_owned(), object: object(b"{}") };
    assert_eq!(targets, [expected]);
    let files: Vec<_> = trust.files.keys().map(String::as_str).collect();
    assert_eq!(files, ["1.root.json", "root.json", "snapshot.json", "targets.json", "timestamp.json"]);
    assert!(trust.etag.is_some());
    assert_eq!(server.take_log(), ["2.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"]);
}

#[test]
fn a_poll_that_finds_nothing_new_is_one_request() {
    let (server, _, line, trust) = refreshed_scene();
    let (result, _) = line.refresh(&trust, NOW + DAY);
    assert!(matches!(result, Ok(Refreshed::Unchanged { targets }) if targets.len() == 1));
    assert_eq!(server.take_log(), ["timestamp.json"]);
}

#[test]
fn a_change_costs_only_what_changed() {
    let (server, mut repository, line, trust) = refreshed_scene();
    repository.targets.insert("region.json".to_owned(), b"{}".to_vec());
    repository.publish(&server);
    let (_, targets) = line.renew(&trust, NOW);
    assert_eq!(targets.len(), 2);
    assert_eq!(server.take_log(), ["timestamp.json", "2.root.json", "3.snapshot.json", "3.targets.json"]);
}

#[test]
fn a_timestamp_that_lost_its_etag_on_the_way_brings_nothing_new() {
    let (server, _, line, mut trust) = refreshed_scene();
    trust.etag = Some("\"another\"".to_owned());
    let (trust, _) = line.renew(&trust, NOW);
    assert_eq!(server.take_log(), ["timestamp.json", "2.root.json"]);
    assert!(matches!(line.refresh(&trust, NOW).0, Ok(Refreshed::Unchanged { .. })));
}

#[test]
fn metadata_may_come_packed_but_the_poll_is_kept_short() {
    let (server, _, line, trust) = scene();
    for name in ["2.snapshot.json", "2.targets.json"] {
        server.behave(format!("/tuf/440224103201/{name}"), Manner::Gzip);
    }
    let (trust, targets) = line.renew(&trust, NOW);
    assert_eq!(targets.len(), 1);
    assert!(matches!(line.refresh(&trust, NOW).0, Ok(Refreshed::Unchanged { .. })));
}

// ------------------------------------------------------------------------------------------------------------ attacks

#[test]
fn a_tampered_timestamp_is_refused() {
    let (server, repository, line, trust) = scene();
    let mut forged = Repository { expires: repository.expires + DAY, ..repository };
    forged.timestamp_key = Key::new();
    forged.publish(&server);
    line.refused(&trust, NOW, NetErrorKind::Untrusted, "timestamp");
}

#[test]
fn a_repository_signed_with_the_keys_of_another_region_is_refused() {
    let (server, _, line, trust) = scene();
    Repository::new().publish(&server);
    line.refused(&trust, NOW, NetErrorKind::Untrusted, "threshold not met");
}

#[test]
fn a_repository_that_is_rolled_back_is_refused() {
    let (server, mut repository, line, trust) = refreshed_scene();
    repository.publish(&server);
    let (trust, _) = line.renew(&trust, NOW);
    repository.version -= 1;
    repository.publish_again(&server);
    line.refused(&trust, NOW, NetErrorKind::Untrusted, "rollback");
}

#[test]
fn metadata_of_different_times_do_not_mix() {
    let (server, mut repository, line, trust) = refreshed_scene();
    repository.targets.insert("region.json".to_owned(), b"old".to_vec());
    repository.publish(&server);
    // The same version once more, with other content: the timestamp pins the first.
    let pinned = repository.version;
    repository.targets.insert("region.json".to_owned(), b"new".to_vec());
    let other = Server::start();
    repository.publish_again(&other);
    let stolen = Line::to(&other).renew(&repository.first_trust(), NOW).0;
    server.put(format!("/tuf/440224103201/{pinned}.targets.json"), stolen.files["targets.json"].clone());
    line.refused(&trust, NOW, NetErrorKind::Untrusted, "targets.json");
}

#[test]
fn metadata_whose_time_is_over_is_refused() {
    let (_server, _, line, trust) = scene();
    line.refused(&trust, NOW + 8 * DAY, NetErrorKind::Expired, "expired");
}

#[test]
fn metadata_whose_time_is_over_is_refused_although_it_is_unchanged() {
    let (_server, _, line, trust) = refreshed_scene();
    line.refused(&trust, NOW + 8 * DAY, NetErrorKind::Expired, "expired");
}

#[test]
fn a_root_that_the_old_keys_did_not_sign_is_refused() {
    let (server, mut repository, line, trust) = refreshed_scene();
    repository.root_key = Key::new();
    repository.root_version += 1;
    server.put("/tuf/440224103201/2.root.json", repository.root(&[&repository.root_key]));
    repository.publish(&server);
    line.refused(&trust, NOW, NetErrorKind::Untrusted, "root");
}

#[test]
fn odd_target_names_are_left_out() {
    let (server, mut repository, line, trust) = scene();
    for name in ["../secret", "/etc/passwd", "pages//x.json", "pages/.hidden", "页"] {
        repository.targets.insert(name.to_owned(), b"x".to_vec());
    }
    repository.publish(&server);
    let (_, targets) = line.renew(&trust, NOW);
    assert_eq!(targets.len(), 1);
}

// -------------------------------------------------------------------------------------------------------------- sleep

#[test]
fn after_years_of_new_roots_the_chain_is_walked_to_its_end() {
    let (server, mut repository, line, trust) = refreshed_scene();
    for _ in 0..24 {
        let old = std::mem::replace(&mut repository.root_key, Key::new());
        repository.root_expires += 30 * DAY;
        repository.root_version += 1;
        let root = repository.root(&[&old, &repository.root_key]);
        server.put(format!("/tuf/440224103201/{}.root.json", repository.root_version), root);
    }
    repository.expires = NOW + 730 * DAY;
    repository.publish(&server);
    let (trust, targets) = line.renew(&trust, NOW + 720 * DAY);
    assert_eq!(targets.len(), 1);
    assert_eq!(root_version(&trust), 25);
    assert!(matches!(line.refresh(&trust, NOW + 720 * DAY).0, Ok(Refreshed::Unchanged { .. })));
}

fn root_version(trust: &RegionTrust) -> u64 {
    let root: serde_json::Value = serde_json::from_slice(&trust.files["root.json"]).unwrap();
    root["signed"]["version"].as_u64().unwrap()
}

#[test]
fn new_keys_for_the_timestamp_undo_a_version_that_ran_ahead() {
    let (server, mut repository, line, trust) = refreshed_scene();
    // A thief of the timestamp key has published version 1000.
    let version = repository.version;
    repository.version = 1000;
    repository.publish(&server);
    let (trust, _) = line.renew(&trust, NOW);
    repository.version = version + 1;
    repository.timestamp_key = Key::new();
    repository.snapshot_key = Key::new();
    repository.root_version += 1;
    let root = repository.root(&[&repository.root_key]);
    server.put("/tuf/440224103201/2.root.json", root);
    repository.publish(&server);
    let (trust, targets) = line.renew(&trust, NOW);
    assert_eq!(targets.len(), 1);
    assert!(matches!(line.refresh(&trust, NOW).0, Ok(Refreshed::Unchanged { .. })));
}

#[test]
fn stored_metadata_that_was_damaged_is_had_again() {
    let (_server, _, line, mut trust) = refreshed_scene();
    trust.files.insert("snapshot.json".to_owned(), b"spoilt".to_vec());
    let (trust, _) = line.renew(&trust, NOW);
    assert!(matches!(line.refresh(&trust, NOW).0, Ok(Refreshed::Unchanged { .. })));
}

// ---------------------------------------------------------------------------------------------------------- the line

#[track_caller]
fn check_manner(manner: Manner, kind: NetErrorKind, says: &str) {
    let (server, _, _, trust) = scene();
    server.behave(TIMESTAMP, manner);
    Line::impatient(&server).refused(&trust, NOW, kind, says);
}

#[test]
fn a_captive_portal_is_no_cloud() {
    check_manner(Manner::Html, NetErrorKind::Server, "web page");
    check_manner(
        Manner::Redirect(302, "http://login.example/".to_owned()),
        NetErrorKind::Server,
        "redirected to http://login.example/",
    );
}

#[test]
fn a_web_page_that_says_it_is_none_is_no_metadata() {
    let (server, _, line, trust) = scene();
    server.put(TIMESTAMP, "<html>登录</html>");
    line.refused(&trust, NOW, NetErrorKind::Server, "no TUF metadata");
}

#[test]
fn errors_of_the_server_are_told_from_missing_files() {
    check_manner(Manner::Status(503), NetErrorKind::Server, "503");
    check_manner(Manner::Status(429), NetErrorKind::Server, "429");
    check_manner(Manner::Status(404), NetErrorKind::Missing, "not there");
}

#[test]
fn a_timestamp_without_end_is_refused_early() {
    check_manner(Manner::Endless, NetErrorKind::Untrusted, "16384 are allowed");
}

#[test]
fn answers_that_do_not_come_are_given_up() {
    let start = Instant::now();
    check_manner(Manner::Silence, NetErrorKind::Unreachable, "timestamp.json");
    check_manner(Manner::Drip, NetErrorKind::Unreachable, "no whole answer");
    check_manner(Manner::CutAfter(20), NetErrorKind::Unreachable, "timestamp.json");
    assert!(start.elapsed() < Duration::from_secs(6));
}

#[test]
fn a_cloud_that_is_not_there_is_unreachable() {
    let (server, _, _, trust) = scene();
    let line = Line::impatient(&server);
    drop(server);
    line.refused(&trust, NOW, NetErrorKind::Unreachable, "2.root.json");
}

#[test]
fn a_file_that_is_missing_behind_the_timestamp_is_named() {
    let (server, _, line, trust) = scene();
    server.remove("/tuf/440224103201/2.snapshot.json");
    line.refused(&trust, NOW, NetErrorKind::Missing, "2.snapshot.json");
}

#[test]
fn the_servers_time_is_told_whatever_becomes_of_the_answer() {
    let (server, _, line, trust) = scene();
    server.set_date("Sun, 01 Nov 2026 08:00:00 GMT");
    assert_eq!(line.refresh(&trust, NOW).1, Some(NOW + 8 * 3600));
    server.behave(TIMESTAMP, Manner::Status(500));
    assert_eq!(line.refresh(&trust, NOW).1, Some(NOW + 8 * 3600));
    server.set_date("yesterday");
    assert_eq!(line.refresh(&trust, NOW).1, None);
}

/// Set in the copy of this program that runs on a system without certificates.
const BARE: &str = "YUEXIANG_NET_TEST_BARE";

#[test]
fn a_system_without_root_certificates_still_has_everything_over_http() {
    const NAME: &str = "a_system_without_root_certificates_still_has_everything_over_http";
    if std::env::var_os(BARE).is_some() {
        let (server, _, line, trust) = scene();
        assert!(!line.net.has_certificates());
        line.renew(&trust, NOW);
        let secure = Line::configured(&server, |config| config.base_url = config.base_url.replace("http:", "https:"));
        secure.refused(&trust, NOW, NetErrorKind::Unreachable, "root.json");
        std::process::exit(42);
    }
    let mut copy = std::process::Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", NAME]).env(BARE, "1").stdout(std::process::Stdio::null());
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        copy.env(name, "/nowhere");
    }
    assert_eq!(copy.status().unwrap().code(), Some(42));
}
