//! Pictures that somebody looks at while the disk has no room for them.

use super::world::POLL;
use super::*;
use crate::catalog::{Item, ObjectRole, Picture};
use crate::sync::testing::samples::{BUILT, item, picture};

const VILLAGE: &str = "440224103201";
const MIB: u64 = 1 << 20;

/// A world whose village publishes an item for each picture of these lengths, with a thumbnail of 10 bytes.
fn world_of_pictures(quota: u64, lengths: &[u64]) -> (World, Vec<Picture>) {
    let mut world = World::new(|config| config.quota = quota);
    world.rate = 10_000;
    let pictures: Vec<_> =
        lengths.iter().map(|length| picture(world.cloud.object(*length), world.cloud.object(10))).collect();
    let items = pictures.iter().enumerate().map(|(number, cover)| Item {
        cover: Some(cover.clone()),
        published: BUILT + number as i64,
        ..item(&format!("{VILLAGE}/p{number}"))
    });
    let items = items.collect();
    world.cloud.publish("pages/party/2026-10.json", items);
    (world, pictures)
}

fn look_at(world: &mut World, pictures: &[&Picture]) {
    let shown = |picture: &&&Picture| world.library.shows(picture.object.sha256);
    let shown: BTreeSet<Sha256> = pictures.iter().filter(shown).map(|picture| picture.object.sha256).collect();
    let lacking = pictures.iter().map(|picture| picture.object.sha256).filter(|sha256| !shown.contains(sha256));
    let lacking = lacking.collect();
    world.sync.set_on_screen(shown);
    world.sync.look_at(lacking, &world.library, world.now());
}

#[test]
fn what_somebody_looks_at_is_shown_from_memory_when_the_disk_has_no_room() {
    let (mut world, pictures) = world_of_pictures(100, &[1_000, 1_001]);
    world.drive(POLL);
    assert!(world.sync.status().storage_full);
    assert_eq!(world.requests("object 1000").len(), 0);
    assert_eq!(world.sync.fate(pictures[0].object.sha256), Fate::NoRoom);
    world.take_log();
    look_at(&mut world, &[&pictures[0]]);
    world.drive(1_000);
    assert_eq!(world.log, ["borrow 1000"]);
    assert!(world.library.shows(pictures[0].object.sha256) && !world.library.shows(pictures[1].object.sha256));
    assert!(!world.has(pictures[0].object), "it is not called stored");
    assert!(world.sync.status().storage_full);
    // Nothing is fetched twice for as long as it is looked at.
    look_at(&mut world, &[&pictures[0]]);
    world.drive(POLL * 3);
    assert_eq!(world.requests("borrow").len(), 1);
}

#[test]
fn what_an_opened_item_needs_is_fetched_into_memory_too() {
    let (mut world, pictures) = world_of_pictures(100, &[1_000]);
    world.drive(POLL);
    let needed = NeededObject { object: pictures[0].object, role: ObjectRole::Picture };
    world.sync.want(vec![needed], world.now());
    world.drive(1_000);
    assert!(world.library.shows(pictures[0].object.sha256));
}

#[test]
fn memory_is_bounded_and_what_is_out_of_sight_makes_room() {
    let (mut world, pictures) = world_of_pictures(100, &[6 * MIB, 6 * MIB + 1, 6 * MIB + 2, 6 * MIB + 3]);
    world.drive(POLL);
    for picture in &pictures {
        look_at(&mut world, &[picture]);
        world.drive(5_000);
        assert!(world.library.shows(picture.object.sha256));
        look_at(&mut world, &[picture]);
        let held: u64 = world.store.borrowed().len() as u64 * 6 * MIB;
        assert!(held <= 16 * MIB, "{held} bytes");
        let known: BTreeSet<_> = pictures.iter().map(|picture| picture.object.sha256).collect();
        let shown = known.iter().filter(|sha256| world.library.shows(**sha256)).count();
        assert_eq!(shown, world.store.borrowed().len(), "the library knows what the store has dropped");
    }
    // All at once do not fit: what fits is shown, and the box comes to rest.
    let all: Vec<_> = pictures.iter().collect();
    look_at(&mut world, &all);
    world.drive(5_000);
    look_at(&mut world, &all);
    world.take_log();
    world.drive(POLL * 2);
    assert_eq!(world.requests("borrow").len(), 0);
}

#[test]
fn pictures_that_were_opened_do_not_take_turns_in_memory() {
    let (mut world, pictures) = world_of_pictures(100, &[6 * MIB, 6 * MIB + 1, 6 * MIB + 2, 6 * MIB + 3]);
    world.drive(POLL);
    for picture in &pictures {
        let needed = NeededObject { object: picture.object, role: ObjectRole::Picture };
        world.sync.want(vec![needed], world.now());
        world.drive(5_000);
    }
    world.take_log();
    world.drive(POLL * 5);
    assert_eq!(world.requests("borrow").len(), 0, "{:?}", world.log);
}

#[test]
fn a_disk_that_somebody_else_has_filled_does_not_keep_a_picture_from_who_looks_at_it() {
    let (mut world, pictures) = world_of_pictures(1_000_000, &[2_000]);
    world.store.set_capacity(Some(50));
    world.restart();
    look_at(&mut world, &[&pictures[0]]);
    world.drive(10_000);
    assert!(world.library.shows(pictures[0].object.sha256), "{:?}", world.log);
    assert!(world.requests("object 2000").len() < 5, "{:?}", world.log);
}

#[test]
fn what_was_held_in_memory_is_stored_as_soon_as_there_is_room() {
    let (mut world, pictures) = world_of_pictures(1_000_000, &[2_000]);
    world.store.set_capacity(Some(1_000));
    world.restart();
    look_at(&mut world, &[&pictures[0]]);
    world.drive(60_000);
    assert!(world.library.shows(pictures[0].object.sha256) && !world.has(pictures[0].object));
    world.store.set_capacity(None);
    world.drive(7 * 3_600_000);
    world.assert_complete();
    assert!(world.store.borrowed().is_empty());
}

#[test]
fn what_is_in_sight_comes_before_what_is_not() {
    let lengths: Vec<u64> = (0..60).map(|number| 50_000 + number).collect();
    let (mut world, pictures) = world_of_pictures(100_000_000, &lengths);
    world.rate = 100;
    world.drive(2_000);
    // The oldest, which would be the last to come.
    look_at(&mut world, &[&pictures[0], &pictures[1]]);
    world.drive(4_000);
    assert!(world.has(pictures[0].object) && world.has(pictures[1].object), "{:?}", world.log);
}

#[test]
fn a_line_that_fails_is_tried_every_few_minutes_for_who_looks() {
    let (mut world, pictures) = world_of_pictures(1_000_000, &[2_000]);
    let bad = pictures[0].object.sha256;
    world.fault = Box::new(move |request| match request {
        NetRequest::FetchObject { object } if object.sha256 == bad => Some(NetErrorKind::Missing),
        _ => None,
    });
    world.drive(12 * 3_600_000);
    world.take_log();
    look_at(&mut world, &[&pictures[0]]);
    world.drive(3_600_000);
    let asked = world.requests("object 2000").len();
    assert!((8..=30).contains(&asked), "{asked} times in an hour");
}
