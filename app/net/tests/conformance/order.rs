//! What is asked for, and in which order (5.3 before 5.4 before 5.5 before 5.6).

use crate::scene::Scene;
use serde_json::{Value, json};
use yuexiang_core::event::NetErrorKind::{Missing, Untrusted};

#[test]
fn the_next_root_is_asked_for_first_then_timestamp_snapshot_and_targets() {
    let mut scene = Scene::new();
    scene.check(Ok(()), [1, 1, 1, 1]);
    assert_eq!(scene.asked(), ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]);
}

/// The deviation that the module `refresh` names.
#[test]
fn while_all_that_is_stored_is_in_time_the_timestamp_is_asked_for_alone() {
    let mut scene = Scene::refreshed();
    scene.check(Ok(()), [1, 1, 1, 1]);
    assert_eq!(scene.asked(), ["timestamp.json"]);
}

#[test]
fn before_a_new_timestamp_is_believed_the_next_root_is_asked_for() {
    let mut scene = Scene::refreshed();
    scene.bump("timestamp");
    scene.check(Ok(()), [1, 2, 1, 1]);
    assert_eq!(scene.asked(), ["timestamp.json", "2.root.json"]);
}

#[test]
fn after_a_new_root_the_timestamp_is_asked_for_again() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").rotate();
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Ok(()), [2, 2, 1, 1]);
    let expected = ["timestamp.json", "2.root.json", "3.root.json", "timestamp.json", "1.snapshot.json"];
    assert_eq!(scene.asked(), expected);
}

#[test]
fn once_something_that_is_stored_has_expired_the_next_root_is_asked_for_although_the_timestamp_is_not_new() {
    let mut scene = Scene::refreshed();
    scene.now = scene.role("timestamp").expires + 1;
    scene.role("timestamp").expires += 100_000;
    scene.role("snapshot").expires += 100_000;
    scene.role("targets").expires += 100_000;
    scene.role("root").expires += 100_000;
    scene.bump_root();
    scene.bump("targets");
    scene.check(Ok(()), [2, 2, 2, 2]);
    assert_eq!(scene.asked()[..2], ["2.root.json", "3.root.json"]);
}

#[test]
fn a_refresh_that_failed_is_taken_up_again_with_the_root() {
    let mut scene = Scene::refreshed();
    scene.bump("snapshot");
    let hidden = scene.path("2.snapshot.json");
    scene.server.remove(&hidden);
    scene.check(Err(Missing), [1, 2, 1, 1]);
    scene.asked();
    scene.write();
    scene.check(Ok(()), [1, 2, 2, 1]);
    assert_eq!(scene.asked(), ["2.root.json", "timestamp.json", "2.snapshot.json"]);
}

#[test]
fn with_a_first_root_that_is_none_nothing_is_asked_for() {
    let without_version = |document: &mut Value| drop(document["signed"].as_object_mut().unwrap().remove("version"));
    let unsigned = |document: &mut Value| document["signatures"] = json!([]);
    let wrongly_signed = |document: &mut Value| document["signatures"][0]["sig"] = json!("00".repeat(64));
    for spoil in [without_version as fn(&mut Value), unsigned, wrongly_signed] {
        let mut scene = Scene::new();
        let mut root: Value = serde_json::from_slice(&scene.trust.files["root.json"]).unwrap();
        spoil(&mut root);
        scene.trust.files.insert("root.json".to_owned(), root.to_string().into_bytes());
        let (steps, result, _) = scene.line.refresh_in_steps(&scene.trust, scene.now);
        assert_eq!(result.unwrap_err().kind, Untrusted);
        assert!(steps.is_empty() && scene.asked().is_empty());
    }
}

#[test]
fn members_that_nobody_knows_are_part_of_what_is_signed_and_change_nothing() {
    let mut scene = Scene::refreshed();
    scene.role("root").edit(|root| {
        root["custom"] = json!("value");
        root["roles"]["root"]["another"] = json!([1, { "b": 2 }]);
        for key in root["keys"].as_object_mut().unwrap().values_mut() {
            key["keyid_hash_algorithms"] = json!(["md5"]);
        }
    });
    for role in ["timestamp", "snapshot", "targets"] {
        scene.role(role).edit(|signed| signed["custom"] = json!({ "a": 1 }));
    }
    scene.bump_root();
    scene.bump("targets");
    scene.check(Ok(()), [2, 2, 2, 2]);
}

#[test]
fn metadata_of_another_major_version_of_the_specification_are_refused() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").edit(|signed| signed["spec_version"] = json!("2.0.0"));
    scene.bump("timestamp");
    scene.check(Err(Untrusted), [1, 1, 1, 1]);
}
