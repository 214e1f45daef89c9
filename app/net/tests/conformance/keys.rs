//! Keys: counted once, revoked for good.

use crate::common::hash;
use crate::scene::{Scene, keys};
use serde_json::json;
use std::sync::Arc;
use yuexiang_core::event::NetErrorKind::{Malformed, Missing, Untrusted};

#[test]
fn one_key_under_many_names_counts_once() {
    for role in ["timestamp", "snapshot", "targets", "root"] {
        let mut scene = Scene::refreshed();
        let key = scene.role(role).signing[0].clone();
        let names = (0..6).map(|number| (hash(&[number]).to_string(), Arc::clone(&key)));
        let keys = names.collect();
        let one = scene.role(role);
        one.keys = keys;
        one.threshold = 6;
        if role == "root" {
            // So that the old root's name for it is among them.
            one.keys.push((key.id(), key));
        }
        scene.bump_root();
        scene.bump("targets");
        scene.check(Err(Malformed), [1, 1, 1, 1]);
    }
}

#[test]
fn a_key_that_signs_twice_counts_once() {
    let mut scene = Scene::refreshed();
    let pair = keys(2);
    let snapshot = scene.role("snapshot");
    snapshot.set_keys(&pair, 2);
    snapshot.signing = vec![pair[0].clone(), pair[0].clone()];
    scene.bump_root();
    scene.bump("snapshot");
    scene.check(Err(Untrusted), [2, 2, 0, 1]);
    scene.role("snapshot").signing = pair;
    scene.bump("snapshot");
    scene.check(Ok(()), [2, 3, 3, 1]);
}

#[test]
fn a_key_that_the_root_names_without_showing_it_counts_for_nothing() {
    let mut scene = Scene::refreshed();
    let pair = keys(2);
    let snapshot = scene.role("snapshot");
    snapshot.set_keys(&pair, 2);
    snapshot.signing = pair.clone();
    let hidden = pair[1].id();
    scene.role("root").edit(move |root| drop(root["keys"].as_object_mut().unwrap().remove(&hidden)));
    scene.bump_root();
    scene.bump("snapshot");
    scene.check(Err(Untrusted), [2, 2, 0, 1]);
}

#[test]
fn keys_of_the_root_that_are_not_named_for_the_role_do_not_sign_it() {
    for role in ["timestamp", "snapshot", "targets"] {
        let mut scene = Scene::new();
        scene.role(role).signing = scene.role("root").signing.clone();
        scene.write();
        let stored = match role {
            "timestamp" => [1, 0, 0, 0],
            "snapshot" => [1, 1, 0, 0],
            _ => [1, 1, 1, 0],
        };
        scene.check(Err(Untrusted), stored);
    }
}

#[test]
fn no_role_is_signed_by_nobody() {
    let mut scene = Scene::refreshed();
    scene.role("snapshot").threshold = 0;
    scene.role("snapshot").signing.clear();
    scene.bump_root();
    scene.bump("snapshot");
    scene.check(Err(Untrusted), [2, 2, 1, 1]);
    let mut scene = Scene::refreshed();
    scene.role("root").threshold = 0;
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Err(Untrusted), [1, 1, 1, 1]);
}

#[test]
fn signatures_that_are_none_are_passed_over() {
    let mut scene = Scene::refreshed();
    scene.bump("timestamp");
    let name = scene.path("timestamp.json");
    let mut document: serde_json::Value = serde_json::from_slice(&scene.server.file(&name).unwrap()).unwrap();
    let id = document["signatures"][0]["keyid"].clone();
    let others = [json!({ "keyid": id, "sig": "" }), json!({ "keyid": "ab", "sig": "no hex" })];
    document["signatures"].as_array_mut().unwrap().extend(others);
    scene.server.put(name, document.to_string().into_bytes());
    scene.check(Ok(()), [1, 2, 1, 1]);
}

/// The reason why each step is kept at once.
#[test]
fn a_key_that_was_revoked_stays_revoked_although_the_refresh_that_brought_it_failed() {
    for role in ["timestamp", "snapshot", "targets"] {
        let mut scene = Scene::refreshed();
        let stolen = scene.role(role).rotate();
        scene.bump_root();
        scene.bump("targets");
        let hidden = scene.path("2.targets.json");
        scene.server.remove(&hidden);
        scene.check(Err(Missing), [2, 2, 2, 1]);
        // The thief hides the new root and signs with what he has.
        let root = scene.path("2.root.json");
        scene.server.remove(&root);
        scene.role(role).signing = stolen;
        scene.bump("targets");
        let stored = match role {
            "timestamp" => [2, 2, 2, 1],
            "snapshot" => [2, 3, 2, 1],
            _ => [2, 3, 3, 1],
        };
        scene.check(Err(Untrusted), stored);
    }
}
