//! Files that are missing, too long, of another kind, or not what was promised (5.5.1, 5.5.2, 5.6.1, 5.6.2).

use crate::common::server::Manner;
use crate::scene::Scene;
use serde_json::json;
use yuexiang_core::event::NetErrorKind::{Malformed, Missing, Server, Untrusted};

const AFTER: [(&str, [u64; 4]); 3] =
    [("timestamp.json", [2, 1, 1, 1]), ("2.snapshot.json", [2, 2, 1, 1]), ("2.targets.json", [2, 2, 2, 1])];

/// A new root and new targets; one of the files is then served like this.
fn scene(name: &str, manner: Manner) -> Scene {
    let mut scene = Scene::refreshed();
    scene.bump_root();
    scene.bump("targets");
    // All the way, whatever the timestamp does.
    scene.trust.etag = None;
    scene.server.behave(scene.path(name), manner);
    scene
}

#[test]
fn a_file_that_is_missing_ends_the_refresh_and_what_was_before_it_is_kept() {
    for (name, stored) in AFTER {
        let mut scene = scene(name, Manner::Status(404));
        scene.check(Err(Missing), stored);
        scene.server.behave(scene.path(name), Manner::Well);
        scene.check(Ok(()), [2, 2, 2, 2]);
    }
}

#[test]
fn a_server_that_fails_on_the_way_takes_nothing_back() {
    for (name, stored) in AFTER {
        for manner in [Manner::Status(503), Manner::Html, Manner::Redirect(307, "http://127.0.0.1:1/".to_owned())] {
            scene(name, manner).check(Err(Server), stored);
        }
    }
}

#[test]
fn a_file_without_end_is_refused() {
    for (name, stored) in AFTER {
        scene(name, Manner::Endless).check(Err(Untrusted), stored);
    }
}

#[test]
fn a_file_that_is_not_what_was_promised_is_refused() {
    for (name, stored) in &AFTER[1..] {
        let mut scene = scene(name, Manner::Well);
        // As long as it should be, and signed by the right keys; but promised was another one.
        let role = name.split('.').nth(1).unwrap();
        scene.role(role).edit(|signed| signed["spec_version"] = json!("1.0.32"));
        let timestamp = scene.path("timestamp.json");
        let promised = on_server(&scene, "timestamp.json");
        let snapshot = on_server(&scene, "2.snapshot.json");
        scene.write();
        scene.server.put(timestamp, promised);
        if role == "targets" {
            let path = scene.path("2.snapshot.json");
            scene.server.put(path, snapshot);
        }
        scene.check(Err(Untrusted), *stored);
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    for (name, stored) in &AFTER[1..] {
        for longer in [true, false] {
            let mut scene = scene(name, Manner::Well);
            let mut bytes = on_server(&scene, name);
            if longer {
                bytes.push(b' ');
            } else {
                bytes.pop();
            }
            scene.server.put(scene.path(name), bytes);
            scene.check(Err(Untrusted), *stored);
        }
    }
}

#[test]
fn a_file_of_another_version_than_was_promised_is_refused() {
    for (role, stored) in [("snapshot", [1, 2, 1, 1]), ("targets", [1, 2, 2, 1])] {
        let mut scene = Scene::refreshed();
        scene.pins = false;
        scene.role(role).edit(|signed| signed["version"] = json!(9));
        scene.bump("targets");
        scene.check(Err(Untrusted), stored);
    }
}

#[test]
fn metadata_of_another_type_are_refused_although_the_right_keys_signed_them() {
    for (role, stored) in [("timestamp", [1, 1, 1, 1]), ("snapshot", [1, 2, 1, 1]), ("targets", [1, 2, 2, 1])] {
        for wrong in ["root", "timestamp", "snapshot", "targets", "mirrors"] {
            if wrong == role {
                continue;
            }
            let mut scene = Scene::refreshed();
            scene.role(role).edit(move |signed| signed["_type"] = json!(wrong));
            scene.bump("targets");
            scene.check(Err(Untrusted), stored);
        }
    }
}

#[test]
fn metadata_that_name_nothing_are_refused() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").edit(|signed| signed["meta"] = json!({ "other.json": { "version": 1 } }));
    scene.bump("targets");
    scene.check(Err(Malformed), [1, 1, 1, 1]);
    let mut scene = Scene::new();
    scene.role("snapshot").edit(|signed| signed["meta"] = json!({ "other.json": { "version": 1 } }));
    scene.write();
    scene.check(Err(Malformed), [1, 1, 0, 0]);
}

#[test]
fn a_hash_that_cannot_be_computed_is_no_hash() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").edit(|signed| signed["meta"]["snapshot.json"]["hashes"] = json!({ "md5": "00" }));
    scene.bump("snapshot");
    scene.check(Err(Untrusted), [1, 2, 1, 1]);
}

#[test]
fn without_lengths_and_hashes_the_version_and_the_signatures_are_enough() {
    let mut scene = Scene::new();
    scene.pins = false;
    scene.write();
    scene.check(Ok(()), [1, 1, 1, 1]);
    scene.bump("targets");
    scene.check(Ok(()), [1, 2, 2, 2]);
}

#[test]
fn without_consistent_snapshots_names_carry_no_version() {
    let mut scene = Scene::new();
    scene.role("root").edit(|root| root["consistent_snapshot"] = json!(false));
    scene.write_root();
    scene.trust.files.insert("root.json".to_owned(), scene.signed_root());
    for name in ["snapshot.json", "targets.json"] {
        let bytes = on_server(&scene, &format!("1.{name}"));
        scene.server.put(scene.path(name), bytes);
    }
    scene.asked();
    scene.check(Ok(()), [1, 1, 1, 1]);
    assert_eq!(scene.asked(), ["2.root.json", "timestamp.json", "snapshot.json", "targets.json"]);
}

/// What lies on the server under this name.
fn on_server(scene: &Scene, name: &str) -> Vec<u8> {
    scene.server.file(&scene.path(name)).unwrap()
}
