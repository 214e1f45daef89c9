//! Login pages, wrong clocks and bad disks, replayed in the simulated world.

use std::collections::BTreeSet;
use yuexiang_core::RegionCode;
use yuexiang_core::event::NetErrorKind::{Missing, Server, Untrusted};
use yuexiang_core::view::Screen;
use yuexiang_tests::world::{Portal, SimulatedCloud, World};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

fn village() -> RegionCode {
    "440224103999".parse().expect("a village")
}

fn world(seed: u64, items: usize) -> World {
    let mut cloud = SimulatedCloud::new(village());
    let lineage = village().lineage();
    for number in 0..items {
        let region = lineage[number % lineage.len()];
        cloud.publish(region, &format!("item-{number}"), 1 + number as u32 % 11, 1_795_000_000 - number as i64 * 3_600);
    }
    World::new(cloud, village(), seed)
}

fn publish_news(world: &mut World, count: usize) {
    let published = world.truth / 1_000;
    for number in 0..count {
        world.cloud.publish(village(), &format!("news-{number}"), 11, published + number as i64);
    }
}

/// A web page, a redirect, the same as bytes of no kind, nothing at all, and a proxy that spoils objects only.
const PORTALS: [Portal; 5] = [
    Portal { metadata: Some(Server), objects: Server },
    Portal { metadata: Some(Server), objects: Untrusted },
    Portal { metadata: Some(Missing), objects: Missing },
    Portal { metadata: None, objects: Untrusted },
    Portal { metadata: None, objects: Missing },
];

#[test]
fn twenty_seconds_behind_a_login_page_cost_no_more_than_minutes() {
    for portal in PORTALS {
        let mut world = world(1, 30);
        world.power_on();
        assert!(world.run_until_synced(2 * HOUR));
        // A slow line: the text comes at once, pictures and videos for ten minutes.
        world.network.bytes_per_second = 20_000;
        publish_news(&mut world, 35);
        // The text is there and the first pictures are on their way.
        world.run(75 * SECOND);
        assert!(!world.is_synced());
        world.network.portal = Some(portal);
        let before = world.object_requests;
        world.run(20 * SECOND);
        assert!(world.object_requests - before < 20, "{portal:?}: {} requests", world.object_requests - before);
        world.network.portal = None;
        assert!(world.run_until_synced(20 * MINUTE), "{portal:?}: {:?}", world.app().view().sync);
        world.run(2 * MINUTE);
        assert_eq!(world.app().view().notice, None, "{portal:?}");
    }
}

#[test]
fn behind_a_login_page_something_is_said_little_is_asked_and_everything_comes_when_it_is_gone() {
    for portal in PORTALS {
        let mut world = world(2, 30);
        world.power_on();
        assert!(world.run_until_synced(2 * HOUR));
        // A slow line: the text comes at once, pictures and videos for ten minutes.
        world.network.bytes_per_second = 20_000;
        publish_news(&mut world, 35);
        world.run(75 * SECOND);
        world.network.portal = Some(portal);
        world.run(5 * MINUTE);
        assert_ne!(world.app().view().notice, None, "{portal:?}: all is well, says the screen");
        world.press("home menu down down down down down ok");
        let Screen::About(about) = world.app().view().screen else { panic!("the page about the box") };
        assert_ne!(about.facts[4].value, "正常", "{portal:?}");
        let before = world.object_requests;
        world.run(8 * HOUR);
        let asked = world.object_requests - before;
        assert!(asked < 600, "{portal:?}: {asked} requests for objects");
        world.network.portal = None;
        assert!(world.run_until_synced(60 * MINUTE), "{portal:?}: {:?}", world.app().view().sync);
    }
}

fn ids(world: &World) -> BTreeSet<String> {
    match world.app().view().screen {
        Screen::Board(board) => board.rows.into_iter().map(|row| row.item).collect(),
        other => panic!("a board was expected, not {other:?}"),
    }
}

#[test]
fn whatever_the_clock_says_nothing_is_shown_before_its_time_and_nothing_that_began_is_missing() {
    for online in [true, false] {
        let mut world = world(3, 0);
        let now = world.truth / 1_000;
        world.cloud.publish_within(village(), "began", 11, now - 9 * DAY, (Some(now - 8 * DAY), None));
        world.cloud.publish_within(village(), "begins", 11, now - 9 * DAY, (Some(now + 30 * DAY), None));
        world.cloud.publish_within(village(), "over", 11, now - 9 * DAY, (None, Some(now - 2 * DAY)));
        world.cloud.publish_within(village(), "ends", 11, now - 9 * DAY, (None, Some(now + 5 * YEAR)));
        world.power_on();
        world.run(2 * MINUTE);
        world.press("red");
        let expected: BTreeSet<String> =
            ["began", "ends"].into_iter().map(|name| format!("{}/{name}", village())).collect();
        assert_eq!(ids(&world), expected);
        world.network.up = online;
        for error in [-now, -10 * YEAR, 40 * DAY, 14 * YEAR, 200 * YEAR] {
            world.clock_error = error * 1_000;
            world.run(2 * MINUTE);
            assert_eq!(ids(&world), expected, "online {online}, {error} s off");
        }
        for error in [-now, -10 * YEAR, 14 * YEAR, 200 * YEAR] {
            world.power_cut();
            world.clock_error = error * 1_000;
            world.power_on();
            world.run(2 * MINUTE);
            world.press("red");
            assert_eq!(ids(&world), expected, "online {online}, {error} s off, after a power cut");
        }
    }
}

#[test]
fn a_clock_that_was_found_wrong_is_not_believed_when_the_power_returns_without_a_network() {
    let mut world = world(4, 0);
    let now = world.truth / 1_000;
    world.cloud.publish_within(village(), "begins", 11, now, (Some(now + 30 * DAY), None));
    // Half a year ahead: nothing but the server can tell.
    world.clock_error = 180 * DAY * 1_000;
    world.power_on();
    world.run(2 * MINUTE);
    world.press("red");
    assert!(ids(&world).is_empty());
    world.network.up = false;
    world.power_cut();
    world.power_on();
    world.run(2 * MINUTE);
    world.press("red");
    assert!(ids(&world).is_empty());
    assert_eq!(world.app().view().header.time, "", "no time is said");
    // Somebody has put it right.
    world.network.up = true;
    world.clock_error = 0;
    world.run(2 * MINUTE);
    world.network.up = false;
    world.power_cut();
    world.power_on();
    world.run(2 * MINUTE);
    assert_ne!(world.app().view().header.time, "");
}

#[test]
fn a_server_that_lies_about_the_time_shows_nothing_early_and_leaves_nothing_behind() {
    for clock_error in [0, -1_795_434_120, 14 * YEAR] {
        let mut world = world(5, 0);
        let now = world.truth / 1_000;
        world.cloud.publish_within(village(), "begins", 11, now, (Some(now + 30 * DAY), None));
        world.cloud.publish(village(), "there", 11, now);
        world.clock_error = clock_error * 1_000;
        world.power_on();
        world.run(3 * MINUTE);
        world.network.date_error = 3 * YEAR;
        world.run(20 * MINUTE);
        world.press("red");
        assert_eq!(ids(&world).len(), 1, "{clock_error}");
        world.power_cut();
        world.power_on();
        world.run(20 * MINUTE);
        world.press("red");
        assert_eq!(ids(&world).len(), 1, "{clock_error}");
        world.network.date_error = 0;
        world.cloud.publish(village(), "news", 11, now);
        world.run(5 * MINUTE);
        assert_eq!(ids(&world).len(), 2, "{clock_error}");
        assert!(world.app().view().header.date.starts_with("11月23日"), "{clock_error}");
    }
}

#[test]
fn a_full_disk_says_so_shows_what_is_opened_and_fills_up_by_itself_when_there_is_room() {
    let mut world = world(6, 20);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    world.disk.leave_free(100_000);
    // More than goes into what the videos have left.
    publish_news(&mut world, 150);
    world.run(10 * MINUTE);
    let notice = world.app().view().notice.unwrap_or_default();
    assert!(notice.contains("满了") && notice.contains("联网时照样能看"), "{notice}");
    world.press("red right");
    world.run(MINUTE);
    let Screen::Board(board) = world.app().view().screen else { panic!("a board") };
    let visible = board.rows.iter().filter(|row| row.index < board.first_row + board.visible_rows);
    for row in visible {
        let thumbnail = row.thumbnail.as_ref().and_then(|thumbnail| thumbnail.sha256);
        assert!(thumbnail.is_some(), "{} has no picture", row.item);
    }
    world.press("ok");
    world.run(MINUTE);
    let shown = match world.app().view().screen {
        Screen::Reader(reader) => reader.side.and_then(|side| side.picture.sha256),
        Screen::VideoDetail(detail) => detail.poster.and_then(|poster| poster.sha256),
        other => panic!("an item was expected, not {other:?}"),
    };
    assert!(shown.is_some(), "what is opened is shown");
    world.disk.others = 0;
    assert!(world.run_until_synced(8 * HOUR), "{:?}", world.app().view().sync);
    world.run(10 * MINUTE);
    assert_eq!(world.app().view().notice, None);
}

#[test]
fn a_disk_that_turns_read_only_is_said_and_everything_comes_when_it_is_mended() {
    let mut world = world(7, 20);
    world.power_on();
    assert!(world.run_until_synced(2 * HOUR));
    world.disk.read_only = true;
    publish_news(&mut world, 12);
    world.run(10 * MINUTE);
    let notice = world.app().view().notice.unwrap_or_default();
    assert!(notice.contains("写不进去"), "{notice}");
    world.disk.read_only = false;
    assert!(world.run_until_synced(8 * HOUR), "{:?}", world.app().view().sync);
    world.run(2 * MINUTE);
    assert_eq!(world.app().view().notice, None);
}
