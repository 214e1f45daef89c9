//! A thief has driven versions up; new keys bring the box back (5.3.11).

use crate::scene::Scene;
use serde_json::json;
use yuexiang_core::event::NetErrorKind::{Missing, Untrusted};

#[test]
fn a_new_key_for_the_timestamp_undoes_its_version() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").version = 100;
    scene.write();
    scene.check(Ok(()), [1, 100, 1, 1]);
    scene.role("timestamp").version = 1;
    scene.role("timestamp").rotate();
    scene.bump_root();
    scene.write();
    scene.check(Ok(()), [2, 1, 1, 1]);
}

#[test]
fn new_keys_for_snapshot_and_timestamp_undo_the_snapshots_version() {
    let mut scene = Scene::refreshed();
    scene.role("snapshot").version = 99_999;
    scene.bump("timestamp");
    scene.check(Ok(()), [1, 2, 99_999, 1]);
    scene.role("snapshot").version = 1;
    scene.role("snapshot").rotate();
    scene.role("timestamp").rotate();
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Ok(()), [2, 3, 1, 1]);
}

#[test]
fn a_new_key_for_the_snapshot_undoes_the_targets_version() {
    let mut scene = Scene::refreshed();
    scene.role("targets").version = 100;
    scene.bump("snapshot");
    scene.check(Ok(()), [1, 2, 2, 100]);
    scene.role("targets").version = 1;
    scene.role("snapshot").rotate();
    scene.bump_root();
    scene.bump("targets");
    scene.check(Ok(()), [2, 3, 3, 2]);
}

/// The stored timestamp still verifies: one of the keys that signed it stays.
#[test]
fn a_version_is_undone_although_one_of_two_keys_stays() {
    let mut scene = Scene::new();
    let pair = crate::scene::keys(2);
    scene.role("timestamp").set_keys(&pair, 1);
    scene.role("timestamp").signing = pair.clone();
    scene.write_root();
    scene.trust.files.insert("root.json".to_owned(), scene.signed_root());
    scene.role("timestamp").version = 100;
    scene.write();
    scene.check(Ok(()), [1, 100, 1, 1]);
    scene.role("timestamp").set_keys(&pair[..1], 1);
    scene.role("timestamp").signing.truncate(1);
    scene.role("timestamp").version = 1;
    scene.bump_root();
    scene.write();
    scene.check(Ok(()), [2, 1, 1, 1]);
}

#[test]
fn another_key_beside_the_old_one_undoes_nothing() {
    let mut scene = Scene::refreshed();
    scene.bump("timestamp");
    scene.check(Ok(()), [1, 2, 1, 1]);
    let mut both = scene.role("timestamp").signing.clone();
    both.extend(crate::scene::keys(1));
    scene.role("timestamp").set_keys(&both, 1);
    scene.role("timestamp").version = 1;
    scene.bump_root();
    scene.write();
    scene.check(Err(Untrusted), [2, 2, 1, 1]);
}

#[test]
fn without_a_new_key_no_version_is_undone() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").version = 100;
    scene.write();
    scene.check(Ok(()), [1, 100, 1, 1]);
    scene.role("timestamp").version = 2;
    scene.bump_root();
    scene.write();
    scene.check(Err(Untrusted), [2, 100, 1, 1]);
}

#[test]
fn what_new_keys_undo_is_undone_together_with_the_root_that_names_them() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").version = 100;
    scene.write();
    scene.check(Ok(()), [1, 100, 1, 1]);
    scene.role("timestamp").version = 1;
    scene.role("timestamp").rotate();
    scene.bump_root();
    scene.write();
    let hidden = scene.path("timestamp.json");
    scene.server.remove(&hidden);
    // As if the power went: what the step wanted stored is all that there is.
    scene.trust.etag = None;
    scene.check(Err(Missing), [2, 0, 0, 1]);
    scene.write();
    scene.check(Ok(()), [2, 1, 1, 1]);
}

#[test]
fn two_rotations_at_once_undo_as_much_as_one() {
    let mut scene = Scene::refreshed();
    scene.role("timestamp").version = 100;
    scene.write();
    scene.check(Ok(()), [1, 100, 1, 1]);
    let first = scene.role("timestamp").rotate();
    scene.bump_root();
    // Back to the first key, which has been found again.
    scene.role("timestamp").set_keys(&first, 1);
    scene.role("timestamp").signing = first;
    scene.role("timestamp").version = 1;
    scene.bump_root();
    scene.write();
    scene.check(Ok(()), [3, 1, 1, 1]);
}

#[test]
fn a_timestamp_that_names_no_snapshot_does_not_open_the_way_back() {
    let mut scene = Scene::refreshed();
    scene.bump("snapshot");
    scene.check(Ok(()), [1, 2, 2, 1]);
    scene.role("timestamp").edit(|signed| signed["meta"] = json!({}));
    scene.bump("timestamp");
    scene.check(Err(yuexiang_core::event::NetErrorKind::Malformed), [1, 2, 2, 1]);
    scene.role("timestamp").keep_as_it_is();
    scene.role("snapshot").version = 1;
    scene.bump("timestamp");
    scene.check(Err(Untrusted), [1, 2, 2, 1]);
}
