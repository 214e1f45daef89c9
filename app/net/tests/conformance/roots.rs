//! The chain of roots (5.3).

use crate::common::DAY;
use crate::common::server::Manner;
use crate::scene::Scene;
use serde_json::json;
use yuexiang_core::event::NetErrorKind::{Expired, Server, Untrusted};

#[test]
fn the_chain_is_walked_to_its_end_and_every_root_is_stored_on_the_way() {
    let mut scene = Scene::refreshed();
    for _ in 0..3 {
        let old = scene.role("root").rotate();
        scene.role("root").signing.extend(old);
        scene.bump_root();
    }
    scene.bump("timestamp");
    let (steps, ..) = scene.line.refresh_in_steps(&scene.trust, scene.now);
    let versions: Vec<u64> = steps
        .iter()
        .map(|step| serde_json::from_slice::<serde_json::Value>(&step.files["root.json"]).unwrap())
        .map(|root| root["signed"]["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [2, 3, 4, 4], "the roots, then the timestamp");
    scene.check(Ok(()), [4, 2, 1, 1]);
}

#[test]
fn the_next_root_has_exactly_the_next_version() {
    for wrong in [1, 3, 77] {
        let mut scene = Scene::refreshed();
        scene.role("root").edit(move |root| root["version"] = json!(wrong));
        scene.bump_root();
        scene.bump("timestamp");
        scene.check(Err(Untrusted), [1, 1, 1, 1]);
    }
}

#[test]
fn roots_in_between_may_have_expired_and_the_last_may_not() {
    let mut scene = Scene::refreshed();
    scene.role("root").expires = scene.now - DAY;
    scene.bump_root();
    scene.bump_root();
    scene.role("root").expires = scene.now + DAY;
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Ok(()), [4, 2, 1, 1]);
    scene.role("root").expires = scene.now - 1;
    scene.bump_root();
    scene.bump("timestamp");
    // It is the newest all the same (5.3.8 comes before 5.3.10), and nothing is believed on its word.
    scene.check(Err(Expired), [5, 2, 1, 1]);
    assert_eq!(scene.asked().last().map(String::as_str), Some("6.root.json"));
    scene.role("root").expires = scene.now + DAY;
    scene.bump_root();
    scene.check(Ok(()), [6, 3, 1, 1]);
}

#[test]
fn more_roots_than_are_taken_at_once_are_taken_by_and_by() {
    let mut scene = Scene::refreshed();
    for _ in 0..130 {
        scene.bump_root();
    }
    scene.bump("timestamp");
    scene.check(Ok(()), [129, 2, 1, 1]);
    let roots = scene.asked().iter().filter(|name| name.ends_with(".root.json")).count();
    assert_eq!(roots, 128);
    scene.bump("timestamp");
    scene.check(Ok(()), [131, 3, 1, 1]);
}

#[test]
fn a_root_without_end_is_refused() {
    let mut scene = Scene::refreshed();
    scene.role("root").edit(|root| root["padding"] = json!("x".repeat(65 << 10)));
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Err(Untrusted), [1, 1, 1, 1]);
}

#[test]
fn what_is_no_root_is_refused_under_a_roots_name() {
    let mut scene = Scene::refreshed();
    scene.bump("timestamp");
    let name = scene.path("2.root.json");
    for wrong in [&b"{"[..], b"{}", b"[]", b"<html>", br#"{"signed":{},"signatures":[]}"#] {
        scene.server.put(&name, wrong);
        scene.check(Err(Untrusted), [1, 1, 1, 1]);
    }
    let targets = scene.trust.files["targets.json"].clone();
    scene.server.put(&name, targets);
    scene.check(Err(Untrusted), [1, 1, 1, 1]);
    scene.role("root").edit(|root| root["_type"] = json!("timestamp"));
    scene.bump_root();
    scene.check(Err(Untrusted), [1, 1, 1, 1]);
}

#[test]
fn a_root_that_is_not_there_ends_the_chain_and_one_that_cannot_be_had_ends_the_refresh() {
    let mut scene = Scene::refreshed();
    let name = scene.path("2.root.json");
    for (status, ends, timestamp) in [(404, Ok(()), 2), (410, Ok(()), 3), (500, Err(Server), 3), (403, Err(Server), 3)]
    {
        scene.bump("timestamp");
        scene.server.behave(&name, Manner::Status(status));
        scene.check(ends, [1, timestamp, 1, 1]);
    }
}

#[test]
fn a_root_that_names_nobody_for_a_role_leaves_nobody_to_be_believed() {
    let mut scene = Scene::refreshed();
    scene.role("root").edit(|root| drop(root["roles"].as_object_mut().unwrap().remove("timestamp")));
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Err(Untrusted), [2, 0, 0, 1]);
}
