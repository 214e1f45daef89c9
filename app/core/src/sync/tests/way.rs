//! Login pages, proxies and disks that return something else than what was published.

use super::world::POLL;
use super::*;
use crate::catalog::{Item, ObjectRef};
use crate::sync::testing::samples::{BUILT, item, picture};

const VILLAGE: &str = "440224103201";
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A world whose village publishes so many items with a picture of 1000 + n bytes and a thumbnail of 100, all pages
/// stored and no picture yet.
fn world_of_pictures(count: u64) -> (World, Vec<ObjectRef>) {
    let mut world = World::new(|config| config.parallel_downloads = 6);
    let mut pictures = Vec::new();
    let items = (0..count).map(|number| {
        let object = world.cloud.object(1_000 + number);
        pictures.push(object);
        let cover = picture(object, world.cloud.object(100));
        Item { cover: Some(cover), published: BUILT + number as i64, ..item(&format!("{VILLAGE}/p{number}")) }
    });
    let items: Vec<_> = items.collect();
    world.cloud.publish("pages/party/2026-10.json", items);
    (world, pictures)
}

type Fault = Box<dyn FnMut(&NetRequest) -> Option<NetErrorKind>>;

fn objects_answer(kind: NetErrorKind) -> Fault {
    Box::new(move |request| matches!(request, NetRequest::FetchObject { .. }).then_some(kind))
}

#[test]
fn twenty_seconds_of_wrong_bytes_cost_a_minute_and_not_a_day() {
    for kind in [NetErrorKind::Untrusted, NetErrorKind::Missing] {
        let (mut world, _) = world_of_pictures(105);
        world.fault = objects_answer(kind);
        world.drive(20_000);
        assert!(world.requests("object").len() < 20, "{:?}", world.requests("object"));
        assert!(world.sync.status().way_doubted);
        world.fault = Box::new(|_| None);
        world.drive(MINUTE);
        world.assert_complete();
        let status = world.sync.status();
        assert_eq!((status.way_doubted, status.wrong_objects, status.absent_objects), (false, 0, 0));
    }
}

#[test]
fn a_login_page_that_stays_is_asked_ever_more_slowly_and_everything_comes_when_it_is_gone() {
    let (mut world, _) = world_of_pictures(105);
    world.fault = objects_answer(NetErrorKind::Untrusted);
    world.drive(12 * HOUR);
    let asked = world.requests("object").len();
    assert!((30..100).contains(&asked), "a probe every few minutes, then every half hour: {asked}");
    world.fault = Box::new(|_| None);
    world.drive(35 * MINUTE);
    world.assert_complete();
}

#[test]
fn a_login_page_that_comes_and_goes_all_day_keeps_nothing_away() {
    let (mut world, _) = world_of_pictures(105);
    // So slow that a good phase does not bring everything.
    world.rate = 1;
    for _ in 0..12 {
        world.fault = objects_answer(NetErrorKind::Untrusted);
        world.drive(20_000);
        world.fault = Box::new(|_| None);
        world.drive(5_000);
    }
    world.drive(10 * MINUTE);
    world.assert_complete();
}

#[test]
fn objects_that_are_wrong_by_themselves_stop_no_other_and_are_asked_ever_less_often() {
    for bad in [1, 3, 8] {
        let (mut world, pictures) = world_of_pictures(60);
        let wrong: Vec<_> = pictures.iter().step_by(7).take(bad).map(|object| object.sha256).collect();
        let fault = wrong.clone();
        world.fault = Box::new(move |request| match request {
            NetRequest::FetchObject { object } if fault.contains(&object.sha256) => Some(NetErrorKind::Untrusted),
            _ => None,
        });
        world.drive(10 * MINUTE);
        let lacking: Vec<_> =
            pictures.iter().filter(|object| !world.has(**object)).map(|object| object.sha256).collect();
        let mut expected = wrong.clone();
        expected.sort_unstable();
        let mut found = lacking.clone();
        found.sort_unstable();
        assert_eq!(found, expected, "all others are there");
        assert_eq!(world.sync.status().wrong_objects, bad);
        world.take_log();
        world.drive(24 * HOUR);
        let asked = world.requests("object").len();
        assert!(asked <= 12 * bad + 100, "{bad} wrong objects were asked for {asked} times in a day");
        // What is published meanwhile comes with the next probe.
        let late = world.cloud.object(5_000);
        let cover = picture(late, world.cloud.object(101));
        let news = Item { cover: Some(cover), published: BUILT + 999, ..item(&format!("{VILLAGE}/late")) };
        world.cloud.publish("pages/party/2026-11.json", vec![news]);
        world.drive(40 * MINUTE);
        assert!(world.has(late), "{bad} wrong objects keep a right one away");
        // And once the server has been put right, they come too.
        world.fault = Box::new(|_| None);
        world.sync.request_now(world.now());
        world.drive(MINUTE);
        world.assert_complete();
    }
}

#[test]
fn a_viewer_who_opens_something_does_not_wait_for_the_next_probe() {
    let (mut world, pictures) = world_of_pictures(30);
    world.fault = objects_answer(NetErrorKind::Untrusted);
    world.drive(6 * HOUR);
    world.fault = Box::new(|_| None);
    world.take_log();
    let needed = crate::catalog::NeededObject { object: pictures[3], role: crate::catalog::ObjectRole::Picture };
    world.sync.want(vec![needed], world.now());
    world.drive(10_000);
    world.assert_complete();
}

#[test]
fn the_way_is_not_doubted_for_what_is_withdrawn_meanwhile() {
    let (mut world, _) = world_of_pictures(20);
    world.fault = objects_answer(NetErrorKind::Missing);
    world.drive(30_000);
    assert!(world.sync.status().way_doubted);
    world.cloud.withdraw(village(), "pages/party/2026-10.json");
    world.drive(POLL * 2);
    assert!(!world.sync.status().way_doubted);
}

#[test]
fn a_way_that_brings_wrong_pages_is_not_asked_for_every_page() {
    let mut world = World::new(|_| {});
    for month in 1..=60 {
        let path = format!("pages/party/{}-{:02}.json", 2020 + month / 12, month % 12 + 1);
        world.cloud.publish(&path, vec![item(&format!("{VILLAGE}/i{month}"))]);
    }
    world.fault = Box::new(|request| match request {
        NetRequest::FetchTarget { target, .. } if target.path.starts_with("pages/") => Some(NetErrorKind::Untrusted),
        _ => None,
    });
    world.drive(MINUTE);
    let asked = world.requests("fetch 440224103201 pages/").len();
    assert!(asked < 40, "{asked} requests in a minute");
    world.fault = Box::new(|_| None);
    world.drive(POLL * 2);
    world.assert_complete();
}

#[test]
fn a_disk_that_damages_what_it_keeps_is_not_fed_at_full_speed() {
    let (mut world, pictures) = world_of_pictures(3);
    world.drive(MINUTE);
    world.assert_complete();
    world.take_log();
    // Whenever the picture is there again, it is damaged again.
    for _ in 0..3_600 {
        if world.has(pictures[0]) {
            world.store.damage(pictures[0].sha256);
            world.sync.report_broken(pictures[0].sha256);
        }
        world.drive(1_000);
    }
    let asked = world.requests("object 1000 ").len();
    assert!((2..8).contains(&asked), "{asked} downloads in an hour");
    assert_eq!(world.sync.status().wrong_objects, 1, "and it is said");
    world.drive(12 * HOUR);
    world.assert_complete();
}
