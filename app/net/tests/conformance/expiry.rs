//! What has run out of time, and what is held back until it has (5.3.10, 5.4.4, 5.5.6, 5.6.5).

use crate::common::DAY;
use crate::scene::Scene;
use yuexiang_core::event::NetErrorKind::{Expired, Untrusted};

#[test]
fn expired_metadata_are_refused_at_every_role_and_what_was_before_them_is_kept() {
    let expected =
        [("root", [2, 1, 1, 1]), ("timestamp", [2, 1, 1, 1]), ("snapshot", [2, 2, 1, 1]), ("targets", [2, 2, 2, 1])];
    for (role, stored) in expected {
        let mut scene = Scene::refreshed();
        scene.role(role).expires = scene.now - DAY;
        scene.bump_root();
        scene.bump("targets");
        scene.check(Err(Expired), stored);
        // Once it is signed anew all is well.
        scene.role(role).expires = scene.now + DAY;
        scene.bump_root();
        scene.bump("targets");
        scene.check(Ok(()), [3, 3, 3, 3]);
    }
}

#[test]
fn a_box_whose_metadata_have_expired_takes_newer_ones() {
    let mut scene = Scene::refreshed();
    scene.now += 40 * DAY;
    for role in crate::scene::ROLES {
        scene.role(role).expires = scene.now + DAY;
    }
    scene.bump_root();
    scene.bump("targets");
    scene.check(Ok(()), [2, 2, 2, 2]);
}

#[test]
fn expired_metadata_still_keep_rollbacks_out() {
    let mut scene = Scene::refreshed();
    scene.bump("targets");
    scene.check(Ok(()), [1, 2, 2, 2]);
    scene.now += 40 * DAY;
    for role in crate::scene::ROLES {
        scene.role(role).expires = scene.now + DAY;
    }
    scene.bump_root();
    scene.role("timestamp").version = 1;
    scene.write();
    scene.check(Err(Untrusted), [2, 2, 2, 2]);
    scene.role("timestamp").version = 3;
    scene.role("snapshot").version = 3;
    scene.role("targets").version = 1;
    scene.write();
    scene.check(Err(Untrusted), [2, 3, 2, 2]);
}

#[test]
fn a_cloud_that_is_frozen_is_refused_when_the_time_of_its_metadata_is_over() {
    let mut scene = Scene::refreshed();
    for (role, other) in [("timestamp", 29), ("snapshot", 28), ("targets", 27)] {
        scene.role(role).expires = scene.now + other * DAY;
    }
    scene.bump("targets");
    scene.check(Ok(()), [1, 2, 2, 2]);
    scene.now += 26 * DAY;
    scene.check(Ok(()), [1, 2, 2, 2]);
    for _ in 0..3 {
        scene.now += DAY + 1;
        scene.check(Err(Expired), [1, 2, 2, 2]);
    }
}

#[test]
fn the_last_second_is_still_in_time() {
    let mut scene = Scene::refreshed();
    scene.now = scene.role("timestamp").expires;
    scene.check(Ok(()), [1, 1, 1, 1]);
    scene.now += 1;
    scene.check(Err(Expired), [1, 1, 1, 1]);
}
