//! Sections that a region adds, and the number of reviews that it asks of those below.

use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::desk::settings::SettingsError;
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::desk::{Desk, DeskError};
use yuexiang_cloud::region::RegionCode;
use yuexiang_wire::{Board, Region, Review, Section, Step};

use crate::desk::{approve_all, code, desk, hash_of, notice, page, person, staff, state_of, submitted};
use crate::fixture::{NOW, VILLAGE, World};

const TOWN: &str = "440224103000";
const PAGE: &str = "pages/governance/2026-11.json";

fn section(id: &str, name: &str) -> Section {
    Section { id: id.into(), board: Board::Governance, name: name.into(), name_en: "Lychees".into(), order: 15 }
}

/// A target of a region as the database serves it.
async fn target<T: serde::de::DeserializeOwned>(desk: &Desk, region: RegionCode, name: &str) -> T {
    let store = &desk.publisher.store;
    let mut change = store.change().await.expect("begins");
    let stored = change.targets(region).await.expect("reads").remove(name).expect("the target");
    change.abandon().await.expect("ends");
    let path = yuexiang_cloud::tuf::target_path(name, &stored.sha256);
    let body = store.file(region, &path).await.expect("reads").expect("its body");
    serde_json::from_slice(&body).expect("a document")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_adds_a_section_and_writes_in_it() {
    let world = World::new();
    let desk = desk(&world).await;
    let operator = person(&desk, "operator", &[(Role::Operator, VILLAGE)]).await;
    let village = code(VILLAGE);
    desk.set_sections(&operator, village, vec![section("lychee", "荔枝")], NOW).await.expect("sets");
    let region: Region = target(&desk, village, "region.json").await;
    assert_eq!(region.sections, [section("lychee", "荔枝")]);

    let staff = staff(&desk, "a", VILLAGE).await;
    let mut draft = notice("荔枝节");
    draft.section = "lychee".to_owned();
    let id = submitted(&desk, &staff, VILLAGE, &draft).await;
    approve_all(&desk, &staff, &id).await;
    let error = desk.set_sections(&operator, village, Vec::new(), NOW + 2).await.expect_err("in use");
    assert!(
        matches!(&error, DeskError::Settings(SettingsError::InUse { item, .. }) if *item == id),
        "the error names the item: {error}"
    );
    desk.set_sections(&operator, village, vec![section("lychee", "荔枝文化")], NOW + 3).await.expect("renames");
    let chief = &staff.reviewers[2];
    desk.withdraw(chief, &id, "过季", NOW + 4).await.expect("withdraws");
    desk.set_sections(&operator, village, Vec::new(), NOW + 5).await.expect("removes");
    let region: Region = target(&desk, village, "region.json").await;
    assert!(region.sections.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_section_may_be_called_otherwise_and_back_with_items_in_it() {
    let world = World::new();
    let desk = desk(&world).await;
    let operator = person(&desk, "operator", &[(Role::Operator, VILLAGE)]).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    approve_all(&desk, &staff, &id).await;
    desk.set_sections(&operator, code(VILLAGE), vec![section("notice", "村里通知")], NOW).await.expect("renames");
    desk.set_sections(&operator, code(VILLAGE), Vec::new(), NOW + 1).await.expect("takes the name back");
}

#[tokio::test(flavor = "multi_thread")]
async fn sections_that_boxes_could_not_show_are_refused_and_others_may_not_set_any() {
    let world = World::new();
    let desk = desk(&world).await;
    let operator = person(&desk, "operator", &[(Role::Operator, VILLAGE)]).await;
    let village = code(VILLAGE);
    let many: Vec<Section> = (0..65).map(|number| section(&format!("s{number}"), "荔枝")).collect();
    for wrong in [
        vec![section("荔枝", "荔枝")],
        vec![section("", "荔枝")],
        vec![section("a", "")],
        vec![section("a", "一二三四五六七八九")],
        vec![section("a", "荔\u{200b}枝")],
        vec![section("a", "荔枝"), section("a", "荔枝")],
        many,
    ] {
        let error = desk.set_sections(&operator, village, wrong.clone(), NOW).await.expect_err("is refused");
        assert!(matches!(error, DeskError::Settings(_)), "{wrong:?}: {error}");
    }
    let editor = person(&desk, "editor", &[(Role::Editor, VILLAGE)]).await;
    for (actor, region) in [(&editor, village), (&operator, code(TOWN))] {
        let error = desk.set_sections(actor, region, Vec::new(), NOW).await.expect_err("is forbidden");
        assert!(matches!(error, DeskError::Forbidden(_)), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_too_few_reviews_after_a_raise_goes_off_the_air_and_waits_for_them() {
    let world = World::new();
    let desk = desk(&world).await;
    let chief = person(&desk, "chief", &[(Role::Administrator, TOWN)]).await;
    let town = code(TOWN);
    desk.set_reviews_below(&chief, town, 1, NOW).await.expect("sets");
    let review: Review = target(&desk, town, "review.json").await;
    assert_eq!(review.reviews_below, 1);

    let staff = staff(&desk, "a", VILLAGE).await;
    let [first, second, last] = &staff.reviewers;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let waiting = submitted(&desk, &staff, VILLAGE, &notice("停电通知")).await;
    let hash = hash_of(&desk, &id).await;
    let state = desk.approve(last, &id, Step::Final, &hash, NOW + 1).await.expect("approves");
    assert_eq!(state, State::Published, "one review was enough");
    assert!(page(&desk, VILLAGE, PAGE).await.is_some());

    let moved = desk.set_reviews_below(&chief, town, 3, NOW + 2).await.expect("raises");
    assert_eq!((moved.off_air, moved.waiting), (vec![id.clone()], vec![waiting.clone()]));
    assert!(page(&desk, VILLAGE, PAGE).await.is_none(), "boxes would refuse it");
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
    assert_eq!(state_of(&desk, &waiting).await, State::Review(Step::First));

    // The final review that was given stays: two more, and it is back.
    let state = desk.approve(first, &id, Step::First, &hash, NOW + 3).await.expect("approves");
    assert_eq!(state, State::Review(Step::Second));
    let state = desk.approve(second, &id, Step::Second, &hash, NOW + 4).await.expect("approves");
    assert_eq!(state, State::Published);
    assert_eq!(page(&desk, VILLAGE, PAGE).await.expect("a page").items[0].approvals.len(), 3);

    // After a reduction it goes on by the smaller number, and nothing leaves the air.
    let moved = desk.set_reviews_below(&chief, town, 2, NOW + 5).await.expect("lowers");
    assert!(moved.off_air.is_empty());
    let hash = hash_of(&desk, &waiting).await;
    desk.approve(first, &waiting, Step::First, &hash, NOW + 6).await.expect("approves");
    assert_eq!(state_of(&desk, &waiting).await, State::Review(Step::Final));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_reviews_is_one_to_three_and_set_by_the_level_above_alone() {
    let world = World::new();
    let desk = desk(&world).await;
    let chief = person(&desk, "chief", &[(Role::Administrator, TOWN)]).await;
    for (region, reviews) in [(TOWN, 0), (TOWN, 4), (VILLAGE, 2)] {
        let error = desk.set_reviews_below(&chief, code(region), reviews, NOW).await.expect_err("makes no sense");
        assert!(matches!(error, DeskError::Settings(_)), "{error}");
    }
    let villager = person(&desk, "villager", &[(Role::Administrator, VILLAGE), (Role::Operator, TOWN)]).await;
    let error = desk.set_reviews_below(&villager, code(TOWN), 1, NOW).await.expect_err("is forbidden");
    assert!(matches!(error, DeskError::Forbidden(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_stays_while_a_text_in_it_is_under_review_and_when_a_pack_comes() {
    let world = World::new();
    let desk = desk(&world).await;
    let operator = person(&desk, "operator", &[(Role::Operator, VILLAGE)]).await;
    let village = code(VILLAGE);
    desk.set_sections(&operator, village, vec![section("lychee", "荔枝")], NOW).await.expect("sets");
    let staff = staff(&desk, "a", VILLAGE).await;
    let draft = Draft { section: "lychee".to_owned(), ..notice("荔枝节") };
    let id = submitted(&desk, &staff, VILLAGE, &draft).await;
    let error = desk.set_sections(&operator, village, Vec::new(), NOW + 1).await.expect_err("in use");
    assert!(matches!(&error, DeskError::Settings(SettingsError::InUse { item, .. }) if *item == id), "{error}");
    approve_all(&desk, &staff, &id).await;
    world.publish(&[&world.village()]).await;
    let region: Region = target(&desk, village, "region.json").await;
    assert_eq!(region.sections, [section("lychee", "荔枝")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packs_item_of_which_more_reviews_are_asked_comes_back_with_them() {
    let world = World::new();
    let desk = desk(&world).await;
    let chief = person(&desk, "chief", &[(Role::Administrator, TOWN)]).await;
    desk.set_reviews_below(&chief, code(TOWN), 1, NOW).await.expect("sets");
    world.publish(&[&world.village()]).await;
    let id = format!("{VILLAGE}/water");
    assert_eq!(state_of(&desk, &id).await, State::Published);
    desk.set_reviews_below(&chief, code(TOWN), 3, NOW + 1).await.expect("raises");
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
    let staff = staff(&desk, "a", VILLAGE).await;
    let hash = hash_of(&desk, &id).await;
    for (reviewer, step) in staff.reviewers.iter().zip([Step::First, Step::Second]) {
        desk.approve(reviewer, &id, step, &hash, NOW + 2).await.expect("approves");
    }
    assert_eq!(state_of(&desk, &id).await, State::Published);
    let error = desk.submit(&staff.editor, &id, 1, NOW + 3).await.expect_err("is a pack's");
    assert!(matches!(error, DeskError::FromPack(_)), "{error}");
}
