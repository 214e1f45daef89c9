//! Every step is kept as soon as it has been verified (5.3.8, 5.4.5, 5.5.7, 5.6.6), whatever becomes of the rest.

use crate::common::DAY;
use crate::common::server::Manner;
use crate::scene::Scene;
use serde_json::json;
use yuexiang_core::event::NetErrorKind::{Expired, Malformed, Missing, Server, Untrusted};

#[test]
fn what_is_to_be_stored_grows_by_one_file_with_each_step() {
    let scene = Scene::new();
    let (steps, result, _) = scene.line.refresh_in_steps(&scene.trust, scene.now);
    let names: Vec<Vec<&str>> =
        steps.iter().map(|step| step.files.keys().map(|name| name.trim_end_matches(".json")).collect()).collect();
    assert_eq!(
        names,
        [
            vec!["1.root", "root", "timestamp"],
            vec!["1.root", "root", "snapshot", "timestamp"],
            vec!["1.root", "root", "snapshot", "targets", "timestamp"],
        ]
    );
    assert!(result.is_ok());
}

#[test]
fn a_poll_that_finds_nothing_new_stores_nothing() {
    let mut scene = Scene::refreshed();
    let (steps, ..) = scene.line.refresh_in_steps(&scene.trust, scene.now);
    assert!(steps.is_empty());
    // Nor does one that has to go all the way to find that out.
    scene.trust.etag = None;
    let (steps, ..) = scene.line.refresh_in_steps(&scene.trust, scene.now);
    assert!(steps.is_empty());
}

/// A new root, and then something goes wrong.
#[track_caller]
fn check(spoil: impl Fn(&mut Scene), ends: yuexiang_core::event::NetErrorKind, stored: [u64; 4]) {
    let mut scene = Scene::refreshed();
    let old = scene.role("root").rotate();
    scene.role("root").signing.extend(old);
    scene.bump_root();
    scene.role("root").signing.truncate(1);
    scene.bump("targets");
    spoil(&mut scene);
    scene.check(Err(ends), stored);
    // The box remembers, even if the new root is never seen again.
    let root = scene.path("2.root.json");
    scene.server.remove(&root);
    scene.check(Err(ends), stored);
}

#[test]
fn a_new_root_is_kept_whatever_goes_wrong_after_it() {
    let behave = |name: &'static str, manner: Manner| {
        move |scene: &mut Scene| scene.server.behave(scene.path(name), manner.clone())
    };
    check(behave("2.snapshot.json", Manner::Status(404)), Missing, [2, 2, 1, 1]);
    check(behave("2.targets.json", Manner::Status(404)), Missing, [2, 2, 2, 1]);
    check(behave("2.snapshot.json", Manner::Status(500)), Server, [2, 2, 1, 1]);
    check(
        behave("2.targets.json", Manner::CutAfter(10)),
        yuexiang_core::event::NetErrorKind::Unreachable,
        [2, 2, 2, 1],
    );
    let expire = |role: &'static str| {
        move |scene: &mut Scene| {
            scene.role(role).expires = scene.now - DAY;
            scene.write();
        }
    };
    check(expire("timestamp"), Expired, [2, 1, 1, 1]);
    check(expire("snapshot"), Expired, [2, 2, 1, 1]);
    check(expire("targets"), Expired, [2, 2, 2, 1]);
    let of_another_type = |role: &'static str| {
        move |scene: &mut Scene| {
            scene.role(role).edit(|signed| signed["_type"] = json!("root"));
            scene.write();
        }
    };
    check(of_another_type("timestamp"), Untrusted, [2, 1, 1, 1]);
    check(of_another_type("snapshot"), Untrusted, [2, 2, 1, 1]);
    check(of_another_type("targets"), Untrusted, [2, 2, 2, 1]);
    let unsigned = |role: &'static str| {
        move |scene: &mut Scene| {
            scene.role(role).signing.clear();
            scene.write();
        }
    };
    check(unsigned("timestamp"), Untrusted, [2, 1, 1, 1]);
    check(unsigned("snapshot"), Untrusted, [2, 2, 1, 1]);
    check(unsigned("targets"), Untrusted, [2, 2, 2, 1]);
    let without_targets = |scene: &mut Scene| {
        scene.role("snapshot").edit(|signed| signed["meta"] = json!({}));
        scene.write();
    };
    check(without_targets, Untrusted, [2, 2, 1, 1]);
    let too_many_targets = |scene: &mut Scene| {
        scene.role("targets").edit(|signed| {
            let entry = json!({ "length": 1, "hashes": { "sha256": "ab" } });
            let many = (0..20_001).map(|number| (number.to_string(), entry.clone()));
            signed["targets"] = many.collect::<serde_json::Map<_, _>>().into();
        });
        scene.write();
    };
    check(too_many_targets, Malformed, [2, 2, 2, 2]);
}
