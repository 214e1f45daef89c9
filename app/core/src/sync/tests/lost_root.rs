//! The disk has damaged a region's root, and the store has set it aside.

use super::world::{World, village};
use crate::event::{Changes, Document, RegionTrust, StoreRequest};
use crate::region::RegionCode;

/// A box that is up to date, and starts again without the root of this region. That it had come to version 7 is known.
fn without_root_of(code: RegionCode) -> World {
    let mut world = World::new(|_| {});
    world.drive(10_000);
    let mut trust = world.store.saved().trust[&code].clone();
    trust.files.remove("root.json");
    trust.files.insert("7.root.json".to_owned(), Vec::new());
    trust.etag = None;
    let changes = Changes { trust: vec![(code, trust)], ..Changes::default() };
    world.store.handle(StoreRequest::Commit { serial: 0, changes: Box::new(changes) });
    world.restart();
    world.take_log();
    world
}

fn trust(world: &World, code: RegionCode) -> RegionTrust {
    world.store.saved().trust[&code].clone()
}

#[test]
fn the_region_above_is_asked_for_a_lost_root_and_what_was_known_of_versions_holds() {
    for code in &village().lineage()[1..] {
        let mut world = without_root_of(*code);
        world.drive(10_000);
        world.assert_complete();
        assert_eq!(world.requests("fetch").len(), 1, "{:?}", world.log);
        assert_eq!(trust(&world, *code).files["root.json"], format!("root of {code}").into_bytes());
        assert!(trust(&world, *code).files.contains_key("7.root.json"), "no older root is accepted");
        assert!(trust(&world, *code).files.contains_key("timestamp.json"));
    }
}

/// As after a damaged database: roots have been taken over, and nothing is known of pages.
#[test]
fn a_first_root_that_was_followed_once_does_not_lead_back_from_the_newest() {
    let mut world = World::new(|_| {});
    world.cloud.repos.get_mut(&village()).unwrap().root = b"newest root".to_vec();
    let kept = [("1.root.json", format!("root of {}", village()).into_bytes()), ("root.json", b"newest root".to_vec())];
    let files = kept.map(|(name, bytes)| (name.to_owned(), bytes)).into();
    let trust = vec![(village(), RegionTrust { files, etag: None })];
    world.store.handle(StoreRequest::Commit { serial: 0, changes: Box::new(Changes { trust, ..Changes::default() }) });
    world.restart();
    world.drive(10_000);
    world.assert_complete();
    assert_eq!(self::trust(&world, village()).files["root.json"], b"newest root");
    assert!(self::trust(&world, village()).files.contains_key("1.root.json"));
}

#[test]
fn the_province_begins_again_from_the_image_and_what_was_known_of_versions_holds() {
    let province = village().lineage()[0];
    let mut world = without_root_of(province);
    world.drive(10_000);
    world.assert_complete();
    assert!(trust(&world, province).files.contains_key("7.root.json"));
}

#[test]
fn when_the_region_above_has_put_other_keys_in_charge_the_versions_of_the_old_ones_matter_no_more() {
    let mut world = without_root_of(village());
    let town = village().lineage()[3];
    let path = format!("children/{}.root.json", village());
    world.cloud.put(town, &path, Document::ChildRoot(b"new root".to_vec()));
    world.cloud.repos.get_mut(&village()).unwrap().root = b"new root".to_vec();
    world.drive(10_000);
    world.assert_complete();
    assert_eq!(trust(&world, village()).files["root.json"], b"new root");
    assert!(!trust(&world, village()).files.contains_key("7.root.json"));
}
