//! The chain of trust from the reviewers to an item, with real signatures: what a box makes of items and of review
//! documents as they come over the line.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::repository::Key;
use common::server::Server;
use common::{Line, NOW, object, village};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yuexiang_core::admission::{Admission, Refusal, Reviews, admit};
use yuexiang_core::catalog::{Item, Step};
use yuexiang_core::event::{Document, Target};
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_net::WireCodec;
use yuexiang_wire::approval::{content_hash, statement};
use yuexiang_wire::{self as wire};

const PROVINCE: &str = "440000000000";
const COUNTY: &str = "440224000000";
const TOWN: &str = "440224103000";
const VILLAGE: &str = "440224103201";
const STRANGER: &str = "440300000000";

/// Reviewers of the county, one for each step, and what the box is told.
struct Scene {
    keys: [Key; 3],
    item: Value,
    reviews: BTreeMap<&'static str, Value>,
}

fn reviewer(key: &Key, person: &str, steps: &[&str]) -> Value {
    json!({ "key": key.public(), "person": person, "name": person.to_uppercase(), "steps": steps, "from": 0 })
}

fn review(region: &str, reviews_below: u8, reviewers: &[Value]) -> Value {
    json!({ "format": 2, "region": region, "reviews_below": reviews_below, "reviewers": reviewers })
}

impl Scene {
    fn new() -> Scene {
        let keys = [Key::new(), Key::new(), Key::new()];
        let reviewers = [
            reviewer(&keys[0], "chen", &["first"]),
            reviewer(&keys[1], "li", &["second"]),
            reviewer(&keys[2], "huang", &["final"]),
        ];
        let item = json!({
            "id": format!("{VILLAGE}/one"), "section": "news", "title": "禁毒宣传", "publisher": "村委会",
            "published": NOW, "author": "zhang", "kind": "article",
        });
        let mut scene = Scene { keys, item, reviews: [(COUNTY, review(COUNTY, 3, &reviewers))].into() };
        scene.approve_by_all();
        scene
    }

    fn approve_by_all(&mut self) {
        self.item["approvals"] = json!([]);
        let approvals = [(wire::Step::First, 0), (wire::Step::Second, 1), (wire::Step::Final, 2)];
        for (step, key) in approvals {
            let approval = approval(&self.item, &self.keys[key], step, COUNTY, NOW);
            self.add(approval);
        }
    }

    fn add(&mut self, approval: Value) {
        self.item["approvals"].as_array_mut().unwrap().push(approval);
    }

    fn replace(&mut self, index: usize, approval: Value) {
        self.item["approvals"][index] = approval;
    }

    /// What the box says of the item after it has fetched everything.
    fn outcome(&self) -> Result<Admission, Refusal> {
        let (item, page) = self.fetch_item();
        let reviews = self.fetch_reviews();
        let outcome = admit(&item.summarize(), &village().lineage(), &reviews);
        // A restart changes nothing.
        let bodies = WireCodec.bodies(page.to_string().as_bytes(), std::slice::from_ref(&item));
        let stored = WireCodec.item(&bodies[0]).unwrap();
        assert_eq!(admit(&stored.summarize(), &village().lineage(), &reviews), outcome);
        outcome
    }

    /// With the page that brings it.
    fn fetch_item(&self) -> (Item, Value) {
        let page = json!({
            "format": 2, "region": VILLAGE, "board": "governance", "month": "2026-11", "items": [self.item],
        });
        match fetch(VILLAGE, "pages/governance/2026-11.json", &page) {
            Document::Page(items) => (items.into_iter().next().expect("the item is within its bounds"), page),
            other => panic!("a page was expected, not {other:?}"),
        }
    }

    fn fetch_reviews(&self) -> Reviews {
        let fetched = self.reviews.iter().map(|(region, document)| match fetch(region, "review.json", document) {
            Document::Review(review) => (region.parse().unwrap(), review),
            other => panic!("a review document was expected, not {other:?}"),
        });
        fetched.collect()
    }

    #[track_caller]
    fn refused(&self, expected: Refusal) {
        assert_eq!(self.outcome(), Err(expected));
    }
}

fn fetch(region: &str, path: &str, document: &Value) -> Document {
    let bytes = document.to_string();
    let server = Server::start();
    let target = Target { path: path.to_owned(), object: object(bytes.as_bytes()) };
    let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(dir, name)| (format!("{dir}/"), name));
    server.put(format!("/tuf/{region}/targets/{folder}{}.{name}", target.object.sha256), bytes);
    let region: RegionCode = region.parse().unwrap();
    Line::to(&server).fetch_of(region, &target).unwrap()
}

fn approval(item: &Value, key: &Key, step: wire::Step, region: &str, at: i64) -> Value {
    let hash = content_hash(item).unwrap();
    let signature = key.sign(&statement(item["id"].as_str().unwrap(), &hash, step, region, at));
    json!({ "step": step.slug(), "region": region, "key": key.public(), "at": at, "signature": signature })
}

#[test]
fn an_item_that_three_people_have_approved_is_shown_with_their_names() {
    let reviewers = Scene::new().outcome().unwrap().reviewers;
    let expected = [(Step::First, "CHEN"), (Step::Second, "LI"), (Step::Final, "HUANG")];
    assert_eq!(reviewers, expected.map(|(step, name)| (step, name.to_owned())));
}

#[test]
fn two_approvals_of_three_do_not_suffice() {
    for (index, missing) in [(0, Step::First), (1, Step::Second), (2, Step::Final)] {
        let mut scene = Scene::new();
        scene.item["approvals"].as_array_mut().unwrap().remove(index);
        scene.refused(Refusal::IncompleteChain { missing });
    }
}

#[test]
fn an_approval_of_other_content_does_not_count() {
    let mut scene = Scene::new();
    scene.item["title"] = json!("禁毒宣传（改）");
    scene.refused(Refusal::IncompleteChain { missing: Step::First });
    // Whatever it is that was changed, though this program may not know it.
    let mut scene = Scene::new();
    scene.item["colour"] = json!("red");
    scene.refused(Refusal::IncompleteChain { missing: Step::First });
    // One that was made for another item.
    let mut scene = Scene::new();
    let mut other = scene.item.clone();
    other["id"] = json!(format!("{VILLAGE}/two"));
    let borrowed = approval(&other, &scene.keys[2], wire::Step::Final, COUNTY, NOW);
    scene.replace(2, borrowed);
    scene.refused(Refusal::IncompleteChain { missing: Step::Final });
}

#[test]
fn a_forged_signature_does_not_count() {
    for change in [
        json!({ "signature": "0".repeat(128) }),
        json!({ "signature": "ab" }),
        json!({ "signature": "G".repeat(128) }),
        json!({ "at": NOW + 1 }),
        json!({ "region": VILLAGE }),
        json!({ "region": "4402" }),
        json!({ "key": "0".repeat(64) }),
    ] {
        let mut scene = Scene::new();
        scene.item["approvals"][2].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        scene.refused(Refusal::IncompleteChain { missing: Step::Final });
    }
    // A signature for one step does not stand for another.
    let mut scene = Scene::new();
    scene.item["approvals"][2]["step"] = json!("first");
    scene.refused(Refusal::IncompleteChain { missing: Step::Final });
}

#[test]
fn a_key_that_nobody_lists_is_refused() {
    let mut scene = Scene::new();
    let stranger = approval(&scene.item, &Key::new(), wire::Step::Final, COUNTY, NOW);
    scene.replace(2, stranger);
    scene.refused(Refusal::UnknownKey { step: Step::Final });
    let mut scene = Scene::new();
    scene.reviews.clear();
    scene.refused(Refusal::UnknownKey { step: Step::First });
}

#[test]
fn one_person_counts_once_even_with_two_keys() {
    let mut scene = Scene::new();
    let second = Key::new();
    scene.reviews.insert(TOWN, review(TOWN, 3, &[reviewer(&second, "chen", &["second"])]));
    let again = approval(&scene.item, &second, wire::Step::Second, TOWN, NOW);
    scene.replace(1, again);
    scene.refused(Refusal::SamePerson);
}

#[test]
fn one_key_is_one_person_whatever_it_is_called_elsewhere() {
    let mut scene = Scene::new();
    let alias = reviewer(&scene.keys[0], "somebody-else", &["second"]);
    scene.reviews.insert(TOWN, review(TOWN, 3, &[alias]));
    let again = approval(&scene.item, &scene.keys[0], wire::Step::Second, TOWN, NOW);
    scene.replace(1, again);
    scene.refused(Refusal::SamePerson);
}

#[test]
fn a_reviewer_of_another_region_is_refused() {
    let mut scene = Scene::new();
    let key = Key::new();
    scene.reviews.insert(STRANGER, review(STRANGER, 3, &[reviewer(&key, "wu", &["final"])]));
    let foreign = approval(&scene.item, &key, wire::Step::Final, STRANGER, NOW);
    scene.replace(2, foreign);
    scene.refused(Refusal::WrongRegion { step: Step::Final });
}

#[test]
fn nobody_approves_a_text_of_their_own() {
    let mut scene = Scene::new();
    scene.item["author"] = json!("huang");
    scene.approve_by_all();
    scene.refused(Refusal::OwnText { step: Step::Final });
}

#[test]
fn a_key_counts_for_its_steps_and_within_its_time() {
    let mut scene = Scene::new();
    scene.reviews.get_mut(COUNTY).unwrap()["reviewers"][2]["steps"] = json!(["first", "second"]);
    scene.refused(Refusal::WrongStep { step: Step::Final });
    for (field, value) in [("from", NOW + 1), ("until", NOW)] {
        let mut scene = Scene::new();
        scene.reviews.get_mut(COUNTY).unwrap()["reviewers"][2][field] = json!(value);
        scene.refused(Refusal::OutsideTime { step: Step::Final });
    }
    let mut scene = Scene::new();
    let last = &mut scene.reviews.get_mut(COUNTY).unwrap()["reviewers"][2];
    last["from"] = json!(NOW);
    last["until"] = json!(NOW + 1);
    assert!(scene.outcome().is_ok());
}

#[test]
fn how_many_reviews_are_needed_is_said_by_the_region_directly_above() {
    let mut scene = Scene::new();
    scene.item["approvals"].as_array_mut().unwrap().remove(1);
    // The county and the village have no say.
    scene.reviews.get_mut(COUNTY).unwrap()["reviews_below"] = json!(1);
    scene.reviews.insert(VILLAGE, review(VILLAGE, 1, &[]));
    scene.refused(Refusal::IncompleteChain { missing: Step::Second });
    scene.reviews.insert(TOWN, review(TOWN, 2, &[]));
    let steps: Vec<Step> = scene.outcome().unwrap().reviewers.into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [Step::First, Step::Final]);
    scene.reviews.insert(TOWN, review(TOWN, 1, &[]));
    assert_eq!(scene.outcome().unwrap().reviewers, [(Step::Final, "HUANG".to_owned())]);
}

#[test]
fn approvals_of_several_levels_go_together() {
    let mut scene = Scene::new();
    let (own, high) = (Key::new(), Key::new());
    scene.reviews.insert(VILLAGE, review(VILLAGE, 3, &[reviewer(&own, "village-reviewer", &["first"])]));
    scene.reviews.insert(PROVINCE, review(PROVINCE, 3, &[reviewer(&high, "province-reviewer", &["final"])]));
    let first = approval(&scene.item, &own, wire::Step::First, VILLAGE, NOW);
    let last = approval(&scene.item, &high, wire::Step::Final, PROVINCE, NOW);
    scene.replace(0, first);
    scene.replace(2, last);
    assert!(scene.outcome().is_ok());
}

#[test]
fn an_item_for_other_villages_is_not_shown_here() {
    let mut scene = Scene::new();
    for (audience, shown) in [
        (json!({ "only": [VILLAGE] }), true),
        (json!({ "only": [VILLAGE], "except": [VILLAGE] }), false),
        (json!({ "except": [VILLAGE] }), false),
        (json!({}), true),
    ] {
        scene.item["audience"] = audience;
        scene.approve_by_all();
        let expected = if shown { None } else { Some(Refusal::OtherAudience) };
        assert_eq!(scene.outcome().err(), expected);
    }
}
