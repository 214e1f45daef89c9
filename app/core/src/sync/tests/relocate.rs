//! Regions that go on under another code.

use super::world::{LATENCY, POLL, Repo};
use super::*;
use crate::catalog::Former;
use crate::sync::testing::samples::{BUILT, item, picture_item, region_info, review};

const PAGE: &str = "pages/party/2026-10.json";

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn town() -> RegionCode {
    code("440224103000")
}

fn county() -> RegionCode {
    code("440224000000")
}

/// A cloud with something in every region, and a box that is up to date.
fn world() -> World {
    let mut world = World::new(|_| {});
    for code in village().lineage() {
        world.cloud.publish(PAGE, vec![item(&format!("{code}/a"))]);
    }
    world.drive(10_000);
    world.assert_complete();
    world
}

impl World {
    /// Brings a region into being that goes on for another one, with everything that this one has published.
    fn take_over(&mut self, old: RegionCode, new: RegionCode) {
        let root = format!("root of {new}").into_bytes();
        let repo = Repo { root: root.clone(), version: 0, expires: BUILT + 300 * 86_400, documents: BTreeMap::new() };
        self.cloud.repos.entry(new).or_insert(repo);
        self.cloud.put(new, "region.json", Document::Region(region_info(new)));
        let former = Former { region: old, reviewers: Vec::new() };
        let review = crate::catalog::Review { former: vec![former], reviewers: Vec::new(), ..review() };
        self.cloud.put(new, "review.json", Document::Review(review));
        let taken = self.cloud.repos[&old].documents.clone();
        for (path, (_, document)) in taken {
            if let Document::Page(items) = document {
                let items = items.into_iter().map(|item| crate::catalog::Item { region: new, ..item }).collect();
                self.cloud.put(new, &path, Document::Page(items));
            }
        }
        let child = Document::ChildRoot(root);
        self.cloud.put(new.parent().unwrap(), &format!("children/{new}.root.json"), child);
    }

    fn say(&mut self, signer: RegionCode, from: RegionCode, to: RegionCode, at: i64) {
        let moved = Move { from, to, at, below: BTreeMap::new(), channels: BTreeMap::new() };
        self.cloud.put(signer, &format!("moved/{from}.json"), Document::Moved(moved));
    }

    #[track_caller]
    fn assert_stands_in(&self, village: &str, ids: &[&str]) {
        assert_eq!(self.sync.village(), code(village), "{:?}", self.sync.status());
        assert_eq!(self.ids(), ids);
        let saved = self.store.saved();
        assert!(saved.trust.keys().all(|region| code(village).lineage().contains(region)), "{:?}", saved.trust.keys());
        assert!(saved.pages.keys().all(|(region, _)| code(village).lineage().contains(region)));
        assert_eq!(Place::of(self.config.village, &saved.settings).village, code(village));
    }
}

const BEFORE: [&str; 5] = ["440000000000/a", "440200000000/a", "440224000000/a", "440224103000/a", "440224103201/a"];

#[test]
fn a_village_that_gets_another_code_takes_its_box_along_with_all_that_it_holds() {
    let mut world = world();
    let picture = world.cloud.object(1_000);
    let thumbnail = world.cloud.object(100);
    let mut with_picture = picture_item("440224103201/b", 1);
    with_picture.cover = Some(crate::sync::testing::samples::picture(picture, thumbnail));
    with_picture.content = crate::catalog::Content::Article;
    world.cloud.publish("pages/party/2026-11.json", vec![with_picture]);
    world.drive(POLL * 2);
    world.assert_complete();
    world.take_over(village(), code("440224103301"));
    world.say(town(), village(), code("440224103301"), BUILT);
    world.take_log();
    // Nothing of the new village can be had for a while, as when the line breaks just then.
    world.fault = Box::new(|request| {
        matches!(request, NetRequest::Refresh { region, .. } if *region == "440224103301".parse().unwrap())
            .then_some(NetErrorKind::Unreachable)
    });
    world.drive(POLL * 2);
    let mut expected = BEFORE.to_vec();
    expected.push("440224103201/b");
    world.assert_stands_in("440224103301", &expected);
    assert!(
        world.library.items().filter(|item| item.id.contains("103201")).all(|item| item.region == code("440224103301"))
    );
    world.restart();
    assert_eq!(world.ids(), expected, "as it was written");
    world.fault = Box::new(|_| None);
    world.drive(POLL * 2);
    world.cloud.repos.remove(&village());
    world.assert_stands_in("440224103301", &expected);
    assert_eq!(world.library.region(code("440224103301")), Some(&region_info(code("440224103301"))));
    assert_eq!(world.requests("object"), Vec::<&str>::new(), "nothing is fetched a second time");
    assert_eq!(world.sync.status().last_trouble, None);
}

#[test]
fn a_town_takes_its_villages_along() {
    let mut world = world();
    world.take_over(town(), code("440224002000"));
    world.take_over(village(), code("440224002201"));
    world.say(county(), town(), code("440224002000"), BUILT);
    world.drive(POLL * 2);
    world.assert_stands_in("440224002201", &BEFORE);
}

#[test]
fn a_box_that_was_off_during_several_moves_follows_one_after_the_other() {
    let mut world = world();
    world.take_over(village(), code("440224103301"));
    world.say(town(), village(), code("440224103301"), BUILT);
    world.take_over(town(), code("440224104000"));
    world.take_over(code("440224103301"), code("440224104301"));
    let chain = |region| Former { region: code(region), reviewers: Vec::new() };
    let former = vec![chain("440224103201"), chain("440224103301")];
    let review = crate::catalog::Review { former, reviewers: Vec::new(), ..review() };
    world.cloud.put(code("440224104301"), "review.json", Document::Review(review));
    world.say(county(), code("440224103301"), code("440224104301"), BUILT + 1);
    world.restart();
    world.drive(POLL * 3);
    world.assert_stands_in(
        "440224104301",
        &["440000000000/a", "440200000000/a", "440224000000/a", "440224103000/a", "440224103201/a"],
    );
    world.restart();
    world.drive(POLL * 2);
    assert_eq!(world.sync.village(), code("440224104301"), "and it stays there");
}

#[test]
fn what_the_box_was_set_up_for_later_counts_more_than_where_it_has_gone() {
    let mut world = world();
    world.take_over(village(), code("440224103301"));
    world.say(town(), village(), code("440224103301"), BUILT);
    world.drive(POLL * 2);
    assert_eq!(world.sync.village(), code("440224103301"));
    world.config.village = code("440224103202");
    world.restart();
    assert_eq!(world.sync.village(), code("440224103202"));
}

#[track_caller]
fn check_refused(signer: RegionCode, from: RegionCode, to: RegionCode, words: &str) {
    let mut world = world();
    world.cloud.repos.entry(signer).or_insert_with(|| {
        let root = format!("root of {signer}").into_bytes();
        Repo { root, version: 0, expires: BUILT + 300 * 86_400, documents: BTreeMap::new() }
    });
    world.take_over(from, code("440224103301"));
    world.say(signer, from, to, BUILT);
    world.drive(POLL * 2 + LATENCY);
    world.assert_stands_in("440224103201", &BEFORE);
    let trouble = world.sync.status().last_trouble.map(|(_, _, detail)| detail).unwrap_or_default();
    assert!(trouble.contains(words), "{trouble}");
}

#[test]
fn a_move_out_of_the_region_that_signed_it_is_refused_by_name() {
    for parent in ["440224104000", "440300001000"] {
        let mut elsewhere = parent.to_owned();
        elsewhere.replace_range(9.., "201");
        check_refused(town(), village(), code(&elsewhere), "out of the region that signed it");
    }
}

#[test]
fn a_move_that_a_neighbour_or_the_village_itself_signs_moves_nobody() {
    // It is not even asked for: the box reads what its own ancestors say.
    check_refused(code("440224104000"), village(), code("440224104201"), "");
    check_refused(village(), village(), code("440224103301"), "");
}

#[test]
fn moves_in_a_circle_end_where_they_were_made_last() {
    let mut world = world();
    world.take_over(village(), code("440224103301"));
    world.say(town(), village(), code("440224103301"), BUILT);
    world.say(town(), code("440224103301"), village(), BUILT);
    world.drive(POLL * 4);
    world.assert_stands_in("440224103301", &BEFORE);
    let trouble = world.sync.status().last_trouble.map(|(_, _, detail)| detail).unwrap_or_default();
    assert!(trouble.contains("not later than the move"), "{trouble}");
}

#[test]
fn a_move_to_where_nobody_introduces_anything_waits() {
    let mut world = world();
    world.say(town(), village(), code("440224103301"), BUILT);
    world.drive(POLL * 2);
    world.assert_stands_in("440224103201", &BEFORE);
    world.take_over(village(), code("440224103301"));
    world.drive(POLL * 2);
    world.assert_stands_in("440224103301", &BEFORE);
}

#[test]
fn a_power_cut_anywhere_on_the_way_leaves_a_box_that_arrives() {
    for cut in (0..2_000).step_by(7) {
        let mut world = world();
        world.take_over(village(), code("440224103301"));
        world.say(town(), village(), code("440224103301"), BUILT);
        world.sync.request_now(world.now());
        world.drive(cut);
        world.restart();
        assert_eq!(world.ids(), BEFORE, "cut after {cut} ms");
        world.drive(POLL * 3);
        world.assert_stands_in("440224103301", &BEFORE);
    }
}
