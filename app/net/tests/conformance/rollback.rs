//! No way back (5.4.3, 5.5.4, 5.5.5).

use crate::scene::Scene;
use serde_json::json;
use yuexiang_core::event::NetErrorKind::{Missing, Untrusted};

#[test]
fn a_timestamp_of_an_earlier_version_is_refused() {
    let mut scene = Scene::refreshed();
    scene.bump("timestamp");
    scene.check(Ok(()), [1, 2, 1, 1]);
    scene.role("timestamp").version = 1;
    scene.write();
    scene.check(Err(Untrusted), [1, 2, 1, 1]);
    assert_eq!(scene.asked().last().map(String::as_str), Some("2.root.json"));
}

#[test]
fn a_timestamp_of_the_same_version_changes_nothing_whatever_it_says() {
    let mut scene = Scene::refreshed();
    let before = scene.trust.files.clone();
    scene.role("timestamp").edit(|signed| signed["meta"]["snapshot.json"]["version"] = json!(100));
    scene.write();
    scene.check(Ok(()), [1, 1, 1, 1]);
    assert_eq!(scene.trust.files, before);
}

#[test]
fn a_timestamp_that_names_an_earlier_snapshot_is_refused() {
    for pins in [true, false] {
        let mut scene = Scene::new();
        scene.pins = pins;
        scene.bump("snapshot");
        scene.check(Ok(()), [1, 2, 2, 1]);
        scene.role("snapshot").version = 1;
        scene.bump("timestamp");
        scene.asked();
        scene.check(Err(Untrusted), [1, 2, 2, 1]);
        assert!(!scene.asked().contains(&"1.snapshot.json".to_owned()));
    }
}

#[test]
fn a_snapshot_that_is_rolled_back_behind_the_timestamp_is_not_even_asked_for() {
    let mut scene = Scene::refreshed();
    scene.bump("snapshot");
    scene.check(Ok(()), [1, 2, 2, 1]);
    scene.asked();
    let name = scene.path("2.snapshot.json");
    scene.server.put(name, scene.trust.files["targets.json"].clone());
    scene.check(Ok(()), [1, 2, 2, 1]);
    assert_eq!(scene.asked(), ["timestamp.json"]);
}

#[test]
fn a_snapshot_of_another_version_than_the_timestamp_names_is_refused() {
    for version in [1, 3] {
        let mut scene = Scene::refreshed();
        scene.pins = false;
        scene.role("snapshot").edit(move |signed| signed["version"] = json!(version));
        scene.bump("snapshot");
        scene.check(Err(Untrusted), [1, 2, 1, 1]);
    }
}

/// Again and again: the timestamp that was kept on the way names the new snapshot, and the old one still counts.
#[test]
fn a_snapshot_that_names_earlier_targets_is_refused_however_often_it_is_offered() {
    for pins in [true, false] {
        let mut scene = Scene::new();
        scene.pins = pins;
        scene.bump("targets");
        scene.bump("targets");
        scene.check(Ok(()), [1, 3, 3, 3]);
        scene.role("targets").version = 1;
        scene.bump("snapshot");
        for _ in 0..3 {
            scene.check(Err(Untrusted), [1, 4, 3, 3]);
        }
        // The timestamp names yet another one.
        scene.bump("snapshot");
        scene.check(Err(Untrusted), [1, 5, 3, 3]);
        scene.role("targets").version = 3;
        scene.bump("targets");
        scene.check(Ok(()), [1, 6, 6, 4]);
    }
}

#[test]
fn a_snapshot_that_no_longer_names_what_it_named_is_refused_however_often_it_is_offered() {
    let mut scene = Scene::new();
    scene.role("snapshot").edit(|signed| signed["meta"]["other.json"] = json!({ "version": 7 }));
    scene.write();
    scene.check(Ok(()), [1, 1, 1, 1]);
    scene.role("snapshot").edit(|signed| signed["meta"]["other.json"] = json!({ "version": 6 }));
    scene.bump("snapshot");
    scene.check(Err(Untrusted), [1, 2, 1, 1]);
    scene.role("snapshot").keep_as_it_is();
    scene.bump("snapshot");
    for _ in 0..2 {
        scene.check(Err(Untrusted), [1, 3, 1, 1]);
    }
    scene.role("snapshot").edit(|signed| signed["meta"]["other.json"] = json!({ "version": 7 }));
    scene.bump("snapshot");
    scene.check(Ok(()), [1, 4, 4, 1]);
}

#[test]
fn a_timestamp_counts_against_those_before_it_although_nothing_after_it_could_be_had() {
    let mut scene = Scene::refreshed();
    scene.bump("snapshot");
    let old = scene.trust.files["timestamp.json"].clone();
    let hidden = scene.path("2.snapshot.json");
    scene.server.remove(&hidden);
    scene.check(Err(Missing), [1, 2, 1, 1]);
    let name = scene.path("timestamp.json");
    scene.server.put(name, old);
    scene.check(Err(Untrusted), [1, 2, 1, 1]);
}
