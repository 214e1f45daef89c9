//! Wrong clocks, expiry, long sleep.

use super::world::{DAY, POLL};
use super::*;
use crate::sync::testing::samples::{BUILT, item};

const YEAR: i64 = 365 * DAY;

fn world(wall_ahead: i64) -> World {
    let mut world = World::new(|_| {});
    world.cloud.publish("pages/party/2026-10.json", vec![item("440224103201/a")]);
    world.wall_ahead = wall_ahead;
    world.restart();
    world
}

/// Seconds between what the box takes for the time and the true time.
#[track_caller]
fn error_of_clock(world: &World) -> i64 {
    world.sync.true_time(world.now()).expect("the time is known") - world.true_time()
}

#[test]
fn a_box_without_a_battery_synchronizes_and_learns_the_time() {
    let mut world = world(-BUILT - DAY);
    assert_eq!(world.sync.true_time(world.now()), None);
    world.drive(10_000);
    world.assert_complete();
    assert!(error_of_clock(&world).abs() < 60);
    assert!(world.sync.status().clock_corrected);
}

#[test]
fn a_box_whose_clock_is_fourteen_years_ahead_synchronizes_and_learns_the_time() {
    let mut world = world(14 * YEAR);
    world.drive(10_000);
    world.assert_complete();
    assert!(error_of_clock(&world).abs() < 60);
}

#[test]
fn a_box_whose_clock_is_a_year_ahead_synchronizes_and_learns_the_time() {
    let mut world = world(YEAR);
    world.drive(10_000);
    world.assert_complete();
    assert!(error_of_clock(&world).abs() < 60);
}

#[test]
fn metadata_whose_time_is_over_is_refused_and_content_stays() {
    let mut world = world(0);
    world.drive(10_000);
    world.monotonic += 40 * 86_400_000;
    world.drive(POLL * 2);
    let status = world.sync.status();
    assert_eq!(status.last_trouble.map(|trouble| trouble.1), Some(NetErrorKind::Expired));
    assert_eq!(status.online, Some(true));
    assert_eq!(world.ids(), ["440224103201/a"]);
}

#[test]
fn metadata_whose_time_is_over_is_refused_by_a_box_without_a_clock_too() {
    let mut world = world(-BUILT - DAY);
    world.monotonic += 40 * 86_400_000;
    world.restart();
    world.drive(10_000);
    assert_eq!(world.sync.status().last_trouble.map(|trouble| trouble.1), Some(NetErrorKind::Expired));
    assert!(world.ids().is_empty());
}

#[test]
fn after_a_year_in_a_cupboard_everything_comes_back_by_itself() {
    for wall_ahead in [0, -BUILT - DAY - YEAR, 14 * YEAR] {
        let mut world = world(0);
        world.drive(10_000);
        world.monotonic += YEAR as u64 * 1000;
        world.wall_ahead = wall_ahead;
        for repo in world.cloud.repos.values_mut() {
            repo.expires += YEAR;
            repo.version += 1;
        }
        world.cloud.publish("pages/party/2027-09.json", vec![item("440224103201/b")]);
        world.restart();
        world.drive(10_000);
        world.assert_complete();
        assert!(error_of_clock(&world).abs() < 60);
    }
}

#[test]
fn the_time_that_was_reached_is_remembered_over_a_restart() {
    let mut world = world(-BUILT - DAY);
    world.monotonic += 20 * 86_400_000;
    world.restart();
    world.drive(10_000);
    let reached = world.true_time();
    // A server that is days behind cannot turn the box back.
    world.server_ahead = Some(-10 * DAY);
    world.restart();
    world.drive(10_000);
    assert!(world.sync.clock.verification_time(world.now()) >= reached - 60);
    assert_eq!(world.sync.true_time(world.now()), None);
}

#[test]
fn a_server_far_ahead_can_stop_the_synchronization_but_leaves_nothing_behind() {
    let mut world = world(0);
    world.drive(10_000);
    world.server_ahead = Some(3 * YEAR);
    world.drive(POLL * 3);
    assert_eq!(world.sync.status().last_trouble.map(|trouble| trouble.1), Some(NetErrorKind::Expired));
    assert!(error_of_clock(&world).abs() < 60, "screens do not follow");
    world.server_ahead = Some(0);
    world.drive(POLL * 2);
    world.assert_complete();
    assert_eq!(world.sync.status().last_trouble, None);
    world.restart();
    world.drive(10_000);
    world.assert_complete();
}

#[test]
fn a_server_whose_clock_jumps_at_every_answer_does_not_make_the_box_ask_without_end() {
    let mut world = world(0);
    world.drive(10_000);
    world.take_log();
    let jump = std::rc::Rc::new(std::cell::Cell::new(0));
    for round in 0..5 {
        jump.set(round);
        world.server_ahead = Some(if round % 2 == 0 { DAY } else { 3 * DAY });
        world.sync.request_now(world.now());
        world.drive(1_000);
    }
    assert!(world.requests("refresh").len() <= 5 * 5 * 2, "{}", world.log.len());
}

#[test]
fn a_server_that_tells_no_time_leaves_the_wall_clock_in_charge() {
    let mut world = world(0);
    world.server_ahead = None;
    world.drive(10_000);
    world.assert_complete();
    assert!(!world.sync.status().clock_corrected);
}

#[test]
fn the_last_success_survives_a_restart() {
    let mut world = world(0);
    world.drive(10_000);
    let success = world.sync.status().last_success;
    assert!(success.is_some());
    world.restart();
    assert_eq!(world.sync.status().last_success, success);
}
