//! The way of a text from a village's desk to its boxes, and everything that must not get there.

use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::items::Origin;
use yuexiang_cloud::desk::list::Filter;
use yuexiang_cloud::desk::log;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role, Via};
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::desk::{Desk, DeskError};
use yuexiang_cloud::divisions::Divisions;
use yuexiang_cloud::objects::Objects;
use yuexiang_cloud::region::{Level, RegionCode};
use yuexiang_wire::{Board, Page, Step};

use crate::fixture::{LINEAGE, NOW, VILLAGE, World};

/// A desk over a world's data.
pub async fn desk(world: &World) -> Desk {
    let publisher = world.publisher().await;
    let objects = Objects::open(&publisher.data).expect("opens");
    Desk { publisher, objects, published: Default::default() }
}

/// A person who is known to the database, with roles.
pub async fn person(desk: &Desk, id: &str, grants: &[(Role, &str)]) -> Actor {
    let sql = format!("INSERT INTO account (id, name, region, created) VALUES ('{id}', '{id}', '{VILLAGE}', {NOW})");
    desk.publisher.store.db.execute("adding a person", &sql, vec![]).await.expect("adds");
    let grants = grants.iter().map(|(role, region)| Grant { role: *role, region: code(region) }).collect();
    Actor::new(id, id, grants, Via::CommandLine)
}

pub fn code(text: &str) -> RegionCode {
    text.parse().expect("a code")
}

pub fn notice(title: &str) -> Draft {
    Draft {
        title: title.to_owned(),
        body: "明日停水。".to_owned(),
        ..Draft::new("notice", Board::Governance, "notice")
    }
}

/// An editor and three reviewers of one village.
pub struct Staff {
    pub editor: Actor,
    pub reviewers: [Actor; 3],
}

pub async fn staff(desk: &Desk, name: &str, region: &str) -> Staff {
    let roles = [Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
    let mut reviewers = Vec::new();
    for role in roles {
        reviewers.push(person(desk, &format!("{name}-{}", role.slug()), &[(role, region)]).await);
    }
    Staff {
        editor: person(desk, &format!("{name}-editor"), &[(Role::Editor, region)]).await,
        reviewers: reviewers.try_into().expect("three"),
    }
}

pub async fn hash_of(desk: &Desk, id: &str) -> String {
    let item = desk.publisher.store.item(id).await.expect("reads").expect("an item");
    let text = desk.publisher.store.revision(id, item.revision).await.expect("reads").expect("a text");
    text.hash.expect("a submitted text")
}

pub async fn state_of(desk: &Desk, id: &str) -> State {
    desk.publisher.store.item(id).await.expect("reads").expect("an item").state
}

/// Writes a text and hands it in.
pub async fn submitted(desk: &Desk, staff: &Staff, region: &str, draft: &Draft) -> String {
    let saved = desk.create(&staff.editor, code(region), draft, Origin::Desk, NOW).await.expect("creates");
    desk.submit(&staff.editor, &saved.id, saved.revision, NOW).await.expect("submits");
    saved.id
}

/// All three let it through.
pub async fn approve_all(desk: &Desk, staff: &Staff, id: &str) {
    let hash = hash_of(desk, id).await;
    for (reviewer, step) in staff.reviewers.iter().zip(Step::ALL) {
        desk.approve(reviewer, id, step, &hash, NOW + 1).await.expect("approves");
    }
}

/// A page as the database serves it, or none.
pub async fn page(desk: &Desk, region: &str, name: &str) -> Option<Page> {
    let store = &desk.publisher.store;
    let mut change = store.change().await.expect("begins");
    let stored = change.targets(code(region)).await.expect("reads").remove(name)?;
    change.abandon().await.expect("ends");
    let path = yuexiang_cloud::tuf::target_path(name, &stored.sha256);
    let body = store.file(code(region), &path).await.expect("reads").expect("the page's body");
    Some(serde_json::from_slice(&body).expect("a page"))
}

const PAGE: &str = "pages/governance/2026-11.json";

#[tokio::test(flavor = "multi_thread")]
async fn three_people_let_a_text_through_and_it_is_on_the_air() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
    assert!(page(&desk, VILLAGE, PAGE).await.is_none(), "nothing that is not approved is in a page");
    approve_all(&desk, &staff, &id).await;
    assert_eq!(state_of(&desk, &id).await, State::Published);
    let shown = page(&desk, VILLAGE, PAGE).await.expect("a page");
    assert_eq!(shown.items.len(), 1);
    let item = &shown.items[0];
    assert_eq!((item.id.as_str(), item.title.as_str(), item.author.as_str()), (id.as_str(), "停水通知", "a-editor"));
    let value = serde_json::to_value(item).expect("JSON");
    let hash = yuexiang_wire::approval::content_hash(&value).expect("a hash");
    assert_eq!(hash, hash_of(&desk, &id).await, "what boxes hash is what was approved");
    let signed: Vec<Step> = item.approvals.iter().map(|approval| approval.step).collect();
    assert_eq!(signed, Step::ALL);
    for approval in &item.approvals {
        let statement =
            yuexiang_wire::approval::statement(&item.id, &hash, approval.step, &approval.region, approval.at);
        let unhex = |text| yuexiang_cloud::objects::unhex(text).expect("hexadecimal");
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, unhex(&approval.key));
        key.verify(statement.as_bytes(), &unhex(&approval.signature)).expect("a signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_is_off_the_air_at_once() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    approve_all(&desk, &staff, &id).await;
    let chief = &staff.reviewers[2];
    assert!(matches!(desk.withdraw(chief, &id, "  ", NOW + 2).await, Err(DeskError::NoReason)));
    desk.withdraw(chief, &id, "时间有误", NOW + 2).await.expect("withdraws");
    assert!(page(&desk, VILLAGE, PAGE).await.is_none());
    assert_eq!(state_of(&desk, &id).await, State::Withdrawn);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_holds_for_the_text_that_was_seen() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let seen = hash_of(&desk, &id).await;
    desk.approve(&staff.reviewers[0], &id, Step::First, &seen, NOW).await.expect("approves");
    let other = notice("停电通知");
    desk.save(&staff.editor, &id, 1, &other, NOW).await.expect("saves");
    assert_eq!(state_of(&desk, &id).await, State::Draft, "a change starts again");
    desk.submit(&staff.editor, &id, 2, NOW).await.expect("submits");
    let changed = desk.approve(&staff.reviewers[0], &id, Step::First, &seen, NOW).await;
    assert!(matches!(changed, Err(DeskError::Changed { .. })), "{changed:?}");
    approve_all(&desk, &staff, &id).await;
    assert_eq!(page(&desk, VILLAGE, PAGE).await.expect("a page").items[0].title, "停电通知");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_air_stays_until_its_new_text_has_passed() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    approve_all(&desk, &staff, &id).await;
    let saved = desk.save(&staff.editor, &id, 1, &notice("停水改期"), NOW).await.expect("saves");
    assert_eq!(page(&desk, VILLAGE, PAGE).await.expect("a page").items[0].title, "停水通知");
    desk.submit(&staff.editor, &id, saved.revision, NOW).await.expect("submits");
    assert_eq!(page(&desk, VILLAGE, PAGE).await.expect("a page").items[0].title, "停水通知");
    approve_all(&desk, &staff, &id).await;
    let page = page(&desk, VILLAGE, PAGE).await.expect("a page");
    assert_eq!(page.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["停水改期"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reviews_a_text_of_their_own_and_one_person_counts_once() {
    let world = World::new();
    let desk = desk(&world).await;
    let all = [Role::Editor, Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
    let grants: Vec<(Role, &str)> = all.into_iter().map(|role| (role, VILLAGE)).collect();
    let (one, other) = (person(&desk, "one", &grants).await, person(&desk, "other", &grants).await);
    let saved = desk.create(&one, code(VILLAGE), &notice("停水"), Origin::Desk, NOW).await.expect("creates");
    // The second to write something of it is an author too, and the first one still is.
    let saved = desk.save(&other, &saved.id, saved.revision, &notice("停水通知"), NOW).await.expect("saves");
    desk.submit(&other, &saved.id, saved.revision, NOW).await.expect("submits");
    let hash = hash_of(&desk, &saved.id).await;
    for author in [&one, &other] {
        let denied = desk.approve(author, &saved.id, Step::First, &hash, NOW).await;
        assert!(matches!(denied, Err(DeskError::OwnText)), "{denied:?}");
    }
    let third = person(&desk, "third", &grants).await;
    desk.approve(&third, &saved.id, Step::First, &hash, NOW).await.expect("approves");
    let denied = desk.approve(&third, &saved.id, Step::Second, &hash, NOW).await;
    assert!(matches!(denied, Err(DeskError::SecondReview(Step::First))), "{denied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_of_one_town_does_nothing_in_another() {
    let world = World::new();
    let desk = desk(&world).await;
    let (a, b) = ("440224103000", "440224104000");
    let (own, others) = (staff(&desk, "a", a).await, staff(&desk, "b", b).await);
    let id = submitted(&desk, &others, "440224104201", &notice("停水通知")).await;
    let hash = hash_of(&desk, &id).await;
    let created = desk.create(&own.editor, code(b), &notice("x"), Origin::Desk, NOW).await;
    assert!(matches!(created, Err(DeskError::Forbidden(_))));
    assert!(matches!(desk.list(&own.editor, &Filter::of(code(b))).await, Err(DeskError::Forbidden(_))));
    assert!(matches!(desk.list(&own.editor, &Filter::of(code("44"))).await, Err(DeskError::Forbidden(_))));
    // It does not even exist.
    assert!(matches!(desk.item(&own.editor, &id).await, Err(DeskError::NoItem(_))));
    assert!(matches!(desk.save(&own.editor, &id, 1, &notice("x"), NOW).await, Err(DeskError::NoItem(_))));
    assert!(matches!(desk.submit(&own.editor, &id, 1, NOW).await, Err(DeskError::NoItem(_))));
    for (reviewer, step) in own.reviewers.iter().zip(Step::ALL) {
        assert!(matches!(desk.approve(reviewer, &id, step, &hash, NOW).await, Err(DeskError::NoItem(_))));
        assert!(matches!(desk.reject(reviewer, &id, step, &hash, "x", NOW).await, Err(DeskError::NoItem(_))));
        assert!(matches!(desk.withdraw(reviewer, &id, "x", NOW).await, Err(DeskError::NoItem(_))));
    }
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::First));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_drafts_finds_what_is_on_the_air_alone() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let shown = submitted(&desk, &staff, VILLAGE, &notice("停水通知一")).await;
    approve_all(&desk, &staff, &shown).await;
    let hidden = submitted(&desk, &staff, VILLAGE, &notice("停水通知二")).await;
    let installer = person(&desk, "installer", &[(Role::Installer, "440224")]).await;
    let find = async |actor: &Actor, words: &str| -> Vec<String> {
        let filter = Filter { words: words.to_owned(), ..Filter::of(code(VILLAGE)) };
        desk.list(actor, &filter).await.expect("lists").items.into_iter().map(|item| item.id).collect()
    };
    assert_eq!(find(&installer, "").await, [shown.as_str()]);
    assert_eq!(find(&installer, "停水通知").await, [shown.as_str()]);
    assert_eq!(find(&staff.editor, "停水通知").await.len(), 2);
    assert_eq!(find(&staff.editor, "通知二").await, [hidden.as_str()]);
    assert!(find(&staff.editor, "停电").await.is_empty());
    assert!(desk.item(&installer, &hidden).await.is_err());
    assert!(desk.item(&installer, &shown).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_where_the_page_before_ended() {
    // More than make words common, so that a search begins in one way and ends in the other.
    const COUNT: i64 = 30;
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    for number in 0..COUNT {
        let draft = notice(&format!("停水通知{number}"));
        desk.create(&staff.editor, code(VILLAGE), &draft, Origin::Desk, NOW + number / 2).await.expect("creates");
    }
    // Of the same words and moments, and somewhere else.
    let list = Divisions::current();
    let mut divisions = list.iter().map(|division| division.code);
    let is_elsewhere = |region: &RegionCode| region.level() == Level::Village && region.lineage()[1] != code("4402");
    let elsewhere = divisions.find(is_elsewhere).expect("another city has villages");
    let stranger = person(&desk, "stranger", &[(Role::Editor, &elsewhere.to_string())]).await;
    for number in 0..COUNT {
        let draft = notice(&format!("停水安排{number}"));
        desk.create(&stranger, elsewhere, &draft, Origin::Desk, NOW + number / 2).await.expect("creates");
    }
    for (words, region) in [("", "440224103"), ("停水", "440224103"), ("", "4402"), ("停水", "4402")] {
        let mut filter = Filter { limit: 3, words: words.to_owned(), ..Filter::of(code(region)) };
        let reader = person(&desk, &format!("reader{region}{}", words.len()), &[(Role::Editor, region)]).await;
        let mut seen = Vec::new();
        loop {
            let found = desk.list(&reader, &filter).await.expect("lists");
            seen.extend(found.items.into_iter().map(|item| item.title));
            let Some(next) = found.next else { break };
            filter.after = Some(next);
        }
        let mut all: Vec<String> = (0..COUNT).map(|number| format!("停水通知{number}")).collect();
        assert_eq!(seen.len(), COUNT as usize, "{words} in {region}: {seen:?}");
        seen.sort();
        all.sort();
        assert_eq!(seen, all, "{words} in {region}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_under_the_same_key_makes_one_item() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let push = async |key: &'static str, title: &str| {
        desk.create(&staff.editor, code(VILLAGE), &notice(title), Origin::Api(key), NOW).await
    };
    let first = push("k-1", "停水").await.expect("creates");
    let again = push("k-1", "停水").await.expect("knows it");
    assert_eq!((again.id.as_str(), again.revision), (first.id.as_str(), first.revision));
    assert!(first.is_new && !again.is_new);
    assert!(matches!(push("k-1", "停电").await, Err(DeskError::Pushed(id)) if id == first.id));
    assert_ne!(push("k-2", "停水").await.expect("creates").id, first.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_to_its_end_leaves_the_pages() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let draft = Draft { not_after: Some(NOW + 3_600), ..notice("今晚放映") };
    let id = submitted(&desk, &staff, VILLAGE, &draft).await;
    approve_all(&desk, &staff, &id).await;
    assert_eq!(desk.expire(NOW + 3_599).await.expect("looks"), 0);
    assert!(page(&desk, VILLAGE, PAGE).await.is_some());
    assert_eq!(desk.expire(NOW + 3_600).await.expect("ends"), 1);
    assert!(page(&desk, VILLAGE, PAGE).await.is_none());
    assert_eq!(state_of(&desk, &id).await, State::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_do_not_overwrite_each_other() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let saved = desk.create(&staff.editor, code(VILLAGE), &notice("一"), Origin::Desk, NOW).await.expect("creates");
    desk.save(&staff.editor, &saved.id, 1, &notice("二"), NOW).await.expect("saves");
    let late = desk.save(&staff.editor, &saved.id, 1, &notice("三"), NOW).await;
    assert!(matches!(late, Err(DeskError::Conflict { .. })), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_in_the_log_and_nobody_changes_it() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&desk, &id).await;
    desk.reject(&staff.reviewers[0], &id, Step::First, &hash, "没有日期", NOW).await.expect("rejects");
    desk.save(&staff.editor, &id, 1, &notice("明日停水通知"), NOW).await.expect("saves");
    desk.submit(&staff.editor, &id, 2, NOW).await.expect("submits");
    approve_all(&desk, &staff, &id).await;
    let store = &desk.publisher.store;
    let lines: Vec<(String, String)> =
        store.db.all("reading", "SELECT action, account FROM log ORDER BY region, seq", vec![]).await.expect("reads");
    let actions: Vec<&str> = lines.iter().map(|(action, _)| action.as_str()).collect();
    let expected = ["create", "submit", "reject", "edit", "submit", "approve", "approve", "approve", "publish"];
    assert_eq!(actions, expected);
    let verdict = log::verify(store, code("44")).await.expect("verifies");
    assert_eq!((verdict.chains, verdict.lines, verdict.broken.len()), (1, 9, 0));
    for statement in ["UPDATE log SET account = 'x'", "DELETE FROM log"] {
        let refused = store.db.execute("tampering", statement, vec![]).await;
        assert!(refused.is_err(), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_level_above_sets_how_many_reviews_are_needed() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    let town = LINEAGE[3];
    let sql = format!("INSERT INTO review_policy (region, reviews) VALUES ('{town}', 1)");
    desk.publisher.store.db.execute("setting", &sql, vec![]).await.expect("sets");
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::Final));
    let hash = hash_of(&desk, &id).await;
    desk.approve(&staff.reviewers[2], &id, Step::Final, &hash, NOW).await.expect("approves");
    assert_eq!(state_of(&desk, &id).await, State::Published);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_what_is_on_the_air_does_not_review_what_becomes_of_it() {
    let world = World::new();
    let desk = desk(&world).await;
    let all = [Role::Editor, Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
    let grants: Vec<(Role, &str)> = all.into_iter().map(|role| (role, VILLAGE)).collect();
    let [one, two, three, four] = ["one", "two", "three", "four"];
    let one = person(&desk, one, &grants).await;
    let others =
        [person(&desk, two, &grants).await, person(&desk, three, &grants).await, person(&desk, four, &grants).await];
    let saved = desk.create(&one, code(VILLAGE), &notice("停水"), Origin::Desk, NOW).await.expect("creates");
    desk.submit(&one, &saved.id, saved.revision, NOW).await.expect("submits");
    let hash = hash_of(&desk, &saved.id).await;
    for (reviewer, step) in others.iter().zip(Step::ALL) {
        desk.approve(reviewer, &saved.id, step, &hash, NOW).await.expect("approves");
    }
    let saved = desk.save(&others[0], &saved.id, 1, &notice("停水。"), NOW + 1).await.expect("saves");
    desk.submit(&others[0], &saved.id, saved.revision, NOW + 1).await.expect("submits");
    let hash = hash_of(&desk, &saved.id).await;
    let denied = desk.approve(&one, &saved.id, Step::First, &hash, NOW + 1).await;
    assert!(matches!(denied, Err(DeskError::OwnText)), "{denied:?}");
    // The same holds for a copy of it.
    let copy = desk.copy(&others[1], &saved.id, code(VILLAGE), NOW + 2).await.expect("copies");
    desk.submit(&others[1], &copy.id, copy.revision, NOW + 2).await.expect("submits");
    let hash = hash_of(&desk, &copy.id).await;
    let denied = desk.approve(&one, &copy.id, Step::First, &hash, NOW + 2).await;
    assert!(matches!(denied, Err(DeskError::OwnText)), "{denied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_box_would_show_is_not_handed_in() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "a", VILLAGE).await;
    // Milliseconds instead of seconds.
    let draft = Draft { not_after: Some(NOW * 1_000), ..notice("停水") };
    let saved = desk.create(&staff.editor, code(VILLAGE), &draft, Origin::Desk, NOW).await.expect("is kept");
    let refused = desk.submit(&staff.editor, &saved.id, saved.revision, NOW).await.expect_err("refused");
    assert!(
        matches!(&refused, DeskError::Faults(faults) if faults.iter().any(|fault| fault.field.name() == "not_after"))
    );
    // What does not suit the database is not even kept.
    for draft in [
        Draft { kind: "x".repeat(3_000), ..notice("停水") },
        Draft { section: "n\0".to_owned(), ..notice("停水") },
        notice(&"a".repeat(3_000)),
    ] {
        let refused = desk.create(&staff.editor, code(VILLAGE), &draft, Origin::Desk, NOW).await.expect_err("refused");
        assert!(matches!(refused, DeskError::Faults(_)), "{refused}");
    }
    // A word of any length is found by its beginning.
    let long = notice(&format!("编号 {}", "k".repeat(1_000)));
    desk.create(&staff.editor, code(VILLAGE), &long, Origin::Desk, NOW).await.expect("is kept");
    let filter = Filter { words: "k".repeat(900), ..Filter::of(code(VILLAGE)) };
    assert_eq!(desk.list(&staff.editor, &filter).await.expect("finds").items.len(), 1);
}
