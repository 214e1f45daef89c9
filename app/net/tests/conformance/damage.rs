//! The disk has damaged the trusted root: the way on is found from what was kept, and never leads back.

use crate::common::village;
use crate::scene::Scene;
use yuexiang_core::event::NetErrorKind::Untrusted;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_net::WireCodec;

/// A box that has followed the root to version 3.
fn at_version_three() -> Scene {
    let mut scene = Scene::refreshed();
    scene.bump_root();
    scene.bump_root();
    scene.bump("timestamp");
    scene.check(Ok(()), [3, 2, 1, 1]);
    scene
}

fn damage(scene: &mut Scene, names: &[&str]) {
    for name in names {
        let bytes = scene.trust.files.get_mut(*name).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }
}

/// What the store makes of the trust at the next start. Returns the names of what was damaged.
fn restart(scene: &mut Scene) -> Vec<String> {
    let (trust, damaged) = WireCodec.mend(village(), &scene.trust);
    scene.trust = trust;
    damaged.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_sound_root_is_kept_a_second_time_and_nothing_else_changes() {
    let mut scene = at_version_three();
    let before = scene.trust.clone();
    assert!(restart(&mut scene).is_empty());
    assert_eq!(scene.trust, before);
    // As the program before this one has left it.
    scene.trust.files.retain(|name, _| !name.ends_with(".root.json"));
    assert!(restart(&mut scene).is_empty());
    assert_eq!(scene.trust.files["3.root.json"], before.files["root.json"]);
}

#[test]
fn a_damaged_root_is_replaced_by_the_one_that_was_kept() {
    let mut scene = at_version_three();
    damage(&mut scene, &["root.json"]);
    assert_eq!(restart(&mut scene), ["root.json"]);
    scene.check(Ok(()), [3, 2, 1, 1]);
}

#[test]
fn whichever_byte_of_a_root_is_damaged_a_sound_one_is_found() {
    let scene = at_version_three();
    for at in 0..scene.trust.files["root.json"].len() {
        let mut trust = scene.trust.clone();
        trust.files.get_mut("root.json").unwrap()[at] ^= 0x10;
        let (mended, _) = WireCodec.mend(village(), &trust);
        let (again, damaged) = WireCodec.mend(village(), &mended);
        assert!(damaged.is_empty() && again == mended, "byte {at}");
    }
}

#[test]
fn from_an_older_root_the_box_goes_on_to_the_newest_it_has_known_and_no_less() {
    let mut scene = at_version_three();
    damage(&mut scene, &["root.json", "3.root.json"]);
    assert_eq!(restart(&mut scene), ["root.json", "3.root.json"]);
    assert_eq!(scene.stored(), [2, 2, 1, 1]);
    let newest = scene.path("3.root.json");
    let hidden = scene.server.file(&newest).unwrap();
    scene.server.remove(&newest);
    scene.check(Err(Untrusted), [2, 2, 1, 1]);
    // Nor after another start.
    assert!(restart(&mut scene).is_empty());
    scene.check(Err(Untrusted), [2, 2, 1, 1]);
    scene.server.put(newest, hidden);
    scene.check(Ok(()), [3, 2, 1, 1]);
    assert!(restart(&mut scene).is_empty());
}

#[test]
fn without_any_root_the_first_one_leads_on_to_the_newest_the_box_has_known_and_no_less() {
    let mut scene = at_version_three();
    let first = scene.trust.files["1.root.json"].clone();
    damage(&mut scene, &["root.json", "1.root.json", "2.root.json", "3.root.json"]);
    assert_eq!(restart(&mut scene).len(), 4);
    assert!(!scene.trust.files.contains_key("root.json"), "the image or the region above is asked for it");
    scene.trust.files.insert("root.json".to_owned(), first);
    let newest = scene.path("3.root.json");
    let hidden = scene.server.file(&newest).unwrap();
    scene.server.remove(&newest);
    scene.check(Err(Untrusted), [2, 2, 1, 1]);
    scene.server.put(newest, hidden);
    scene.check(Ok(()), [3, 2, 1, 1]);
}

#[test]
fn the_timestamps_version_holds_although_the_root_was_damaged() {
    let mut scene = at_version_three();
    damage(&mut scene, &["root.json"]);
    restart(&mut scene);
    scene.role("timestamp").version = 1;
    scene.write();
    scene.check(Err(Untrusted), [3, 2, 1, 1]);
}

#[test]
fn roots_of_keys_that_are_in_charge_no_more_are_not_gone_back_to() {
    let mut scene = at_version_three();
    // An earlier program has taken the root that the region above put in charge, and knows nothing of those that are kept.
    let other = Scene::new().signed_root();
    scene.trust.files.insert("root.json".to_owned(), other.clone());
    assert!(restart(&mut scene).is_empty());
    let kept: Vec<&String> = scene.trust.files.keys().filter(|name| name.ends_with(".root.json")).collect();
    assert_eq!(kept, ["1.root.json"]);
    assert_eq!(scene.trust.files["1.root.json"], other);
}

#[test]
fn a_root_that_an_earlier_program_has_followed_is_kept_among_the_others() {
    let mut scene = at_version_three();
    scene.bump_root();
    scene.trust.files.insert("root.json".to_owned(), scene.signed_root());
    assert!(restart(&mut scene).is_empty());
    let kept = scene.trust.files.keys().filter(|name| name.ends_with(".root.json"));
    assert_eq!(kept.count(), 4);
}
