//! Regions that get another code, merge, split, and lists of them: what the cloud makes of it and where boxes arrive.

use std::collections::BTreeMap;

use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::items::Origin;
use yuexiang_cloud::desk::log;
use yuexiang_cloud::desk::rights::{Action, Role};
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::divisions::Divisions;
use yuexiang_cloud::figures::batch::Batch;
use yuexiang_cloud::keys::Keyring;
use yuexiang_cloud::messages::Told;
use yuexiang_cloud::moves::list::{self, ListError};
use yuexiang_cloud::moves::{MoveError, Outcome, Split, Wanted, forward};
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::publish::drafts::Drafts;
use yuexiang_core::event::NetErrorKind;
use yuexiang_wire::{FORMAT, Moved, Step, moved_target};

use crate::api::Site;
use crate::desk::{Staff, code, desk, hash_of, notice, staff, state_of};
use crate::fixture::{LINEAGE, Server, VILLAGE, World, clip, eventually};
use crate::keys_box::{Television, memory, now, province_root};

const COUNTY: &str = LINEAGE[2];
const TOWN: &str = LINEAGE[3];
/// The village's next code, which nobody has.
const NEXT: &str = "440224103301";
const PREVIEW: bool = false;
const CARRY_OUT: bool = true;

fn wanted(from: &[&str], to: &str) -> Wanted {
    Wanted { from: from.iter().map(|one| code(one)).collect(), to: Some(code(to)), ..Wanted::default() }
}

fn named(from: &[&str], to: &str, name: &str) -> Wanted {
    Wanted { name: Some(name.to_owned()), ..wanted(from, to) }
}

async fn change(publisher: &Publisher, wanted: &Wanted) -> Outcome {
    publisher.change_divisions(wanted, "command-line", CARRY_OUT, now()).await.expect("changes divisions")
}

/// A village with a notice from a pack and one from its desk, and a television that shows both.
struct Story {
    /// Its folder goes with it.
    _world: World,
    desk: Desk,
    staff: Staff,
    server: Server,
    root: Vec<u8>,
    item: String,
}

impl Story {
    async fn begin() -> Story {
        let world = World::new();
        world.publish_at(&[&world.village()], now() - 100).await.expect("publishes");
        let desk = desk(&world).await;
        let staff = staff(&desk, "a", VILLAGE).await;
        let item = on_air(&desk, &staff, VILLAGE, "村民大会").await;
        let root = province_root(&desk.publisher).await;
        let server = world.serve();
        Story { _world: world, desk, staff, server, root, item }
    }

    fn television(&self, village: &str) -> Television {
        Television::start_in(&self.server.url, self.root.clone(), memory(), village)
    }

    /// Until the server serves what is in the database.
    async fn served(&self, region: &str) {
        served(&self.desk.publisher, &self.server, region).await;
    }
}

async fn served(publisher: &Publisher, server: &Server, region: &str) {
    let body = publisher.store.file(code(region), "timestamp.json").await.expect("reads").expect("a timestamp");
    eventually("serving a timestamp", async || {
        let answer = server.get(&format!("/tuf/{region}/timestamp.json")).await;
        (answer.status().is_success() && answer.bytes().await.is_ok_and(|bytes| bytes == body)).then_some(())
    })
    .await;
}

async fn on_air(desk: &Desk, staff: &Staff, region: &str, title: &str) -> String {
    let saved = desk.create(&staff.editor, code(region), &notice(title), Origin::Desk, now()).await.expect("creates");
    desk.submit(&staff.editor, &saved.id, saved.revision, now()).await.expect("submits");
    let hash = hash_of(desk, &saved.id).await;
    for (reviewer, step) in staff.reviewers.iter().zip(Step::ALL) {
        desk.approve(reviewer, &saved.id, step, &hash, now()).await.expect("approves");
    }
    saved.id
}

fn sorted(mut titles: Vec<String>) -> Vec<String> {
    titles.sort();
    titles
}

/// The same people where they work from then on.
fn carried(staff: &Staff, to: &str) -> Staff {
    let carried = |actor: &yuexiang_cloud::desk::rights::Actor| {
        let mut actor = actor.clone();
        actor.grants.iter_mut().for_each(|grant| grant.region = code(to));
        actor
    };
    Staff { editor: carried(&staff.editor), reviewers: [0, 1, 2].map(|at| carried(&staff.reviewers[at])) }
}

async fn grant(desk: &Desk, account: &str, role: Role, region: &str) {
    let sql = format!(
        "INSERT INTO role_grant (account, role, region, granter, granted) VALUES ('{account}', '{}', '{region}', 'x', 0)",
        role.slug()
    );
    desk.publisher.store.db.execute("granting", &sql, vec![]).await.expect("grants");
}

async fn count(desk: &Desk, sql: &str) -> i64 {
    let (count,): (i64,) = desk.publisher.store.db.one("counting", sql, vec![]).await.expect("counts");
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_that_gets_another_code_takes_everything_along_and_its_boxes_go_on() {
    let story = Story::begin().await;
    let Story { desk, staff, server, .. } = &story;
    grant(desk, &staff.editor.account, Role::Editor, VILLAGE).await;
    let waiting = submitted_now(desk, staff, "还在审核").await;
    let hash = hash_of(desk, &waiting).await;
    desk.approve(&staff.reviewers[0], &waiting, Step::First, &hash, now()).await.expect("approves");
    let draft =
        desk.create(&staff.editor, code(VILLAGE), &notice("还在写"), Origin::Desk, now()).await.expect("creates");
    let mut tv = story.television(VILLAGE);
    story.served(VILLAGE).await;
    tv.round();
    assert_eq!(sorted(tv.shown()), ["停水通知", "村民大会"]);

    let change_it = named(&[VILLAGE], NEXT, "左龙社区");
    let before = desk.publisher.store.file(code(TOWN), "timestamp.json").await.expect("reads");
    let preview = desk.publisher.change_divisions(&change_it, "command-line", PREVIEW, now()).await.expect("previews");
    assert!(!preview.done && preview.regions.len() == 1, "{preview}");
    let carried_over = &preview.regions[0];
    let items: BTreeMap<&str, i64> = carried_over.items.iter().map(|(state, count)| (state.as_str(), *count)).collect();
    assert_eq!(items, BTreeMap::from([("draft", 1), ("published", 2), ("second", 1)]));
    assert_eq!((carried_over.grants, carried_over.exists, carried_over.name.as_str()), (1, false, "左龙社区"));
    assert_eq!(preview.said_by, TOWN);
    assert_eq!(desk.publisher.store.file(code(TOWN), "timestamp.json").await.expect("reads"), before);
    assert_eq!(forward(&desk.publisher.store.db, code(VILLAGE)).await.expect("reads"), code(VILLAGE));

    let done = change(&desk.publisher, &change_it).await;
    assert_eq!(Outcome { done: false, ..done }, preview, "the preview is what happens");
    assert!(change(&desk.publisher, &change_it).await.already);
    assert_eq!(count(desk, &format!("SELECT count(*) FROM role_grant WHERE region = '{NEXT}'")).await, 1);
    assert_eq!(count(desk, &format!("SELECT count(*) FROM account WHERE region = '{VILLAGE}'")).await, 0);
    story.served(NEXT).await;
    story.served(TOWN).await;
    tv.round();
    tv.round();
    assert_eq!(tv.village(), NEXT, "{:?}", tv.trouble());
    assert_eq!(sorted(tv.shown()), ["停水通知", "村民大会"], "{:?}", tv.trouble());
    assert_eq!(tv.name(NEXT).as_deref(), Some("左龙社区"));

    // What was under review goes on where it stood, and the draft and a new text under the new code.
    let moved = carried(staff, NEXT);
    for (reviewer, step) in moved.reviewers.iter().zip(Step::ALL).skip(1) {
        desk.approve(reviewer, &waiting, step, &hash, now()).await.expect("approves");
    }
    desk.submit(&moved.editor, &draft.id, draft.revision, now()).await.expect("submits");
    let fresh = on_air(desk, &moved, NEXT, "新的通知").await;
    assert!(fresh.starts_with(NEXT) && draft.id.starts_with(VILLAGE));
    story.served(NEXT).await;
    tv.round();
    assert_eq!(sorted(tv.shown()), ["停水通知", "新的通知", "村民大会", "还在审核"]);

    // One that was off all the time, one that is set up with the old code years later, one with the new code.
    for village in [VILLAGE, NEXT] {
        let mut other = story.television(village);
        other.round();
        other.round();
        assert_eq!((other.village(), other.shown().len()), (NEXT.to_owned(), 4), "{:?}", other.trouble());
    }
    // The old repository stays for programs that know nothing of moves.
    let old = server.get(&format!("/tuf/{VILLAGE}/timestamp.json")).await;
    assert!(old.status().is_success());
    // Who says the old code where one is asked for means the new one.
    let counted = Batch {
        id: "b".repeat(32),
        village: code(VILLAGE),
        day: jiff::civil::date(2026, 11, 20),
        counts: BTreeMap::from([(story.item.clone(), Default::default())]),
    };
    assert!(desk.take_views(&counted, now()).await.expect("takes"));
    assert_eq!(count(desk, &format!("SELECT count(*) FROM viewed WHERE village = '{NEXT}'")).await, 1);
    let again =
        desk.create(&moved.editor, code(VILLAGE), &notice("旧代码"), Origin::Desk, now()).await.expect("creates");
    assert!(again.id.starts_with(NEXT));

    // The log of the old code can be read as it was, and the new one names its last line.
    let verdict = log::verify(&desk.publisher.store, code(TOWN)).await.expect("verifies");
    assert_eq!(verdict.broken, []);
    let sql = format!("SELECT detail FROM log WHERE region = '{NEXT}' AND action = 'division-taken-over'");
    let (detail,): (String,) = desk.publisher.store.db.one("reading", &sql, vec![]).await.expect("a line");
    let detail: serde_json::Value = serde_json::from_str(&detail).expect("JSON");
    let head = log::verify(&desk.publisher.store, code(VILLAGE)).await.expect("verifies").head;
    assert_eq!(detail["log"]["hash"].as_str(), head.as_deref());
}

async fn submitted_now(desk: &Desk, staff: &Staff, title: &str) -> String {
    let saved = desk.create(&staff.editor, code(VILLAGE), &notice(title), Origin::Desk, now()).await.expect("creates");
    desk.submit(&staff.editor, &saved.id, saved.revision, now()).await.expect("submits");
    saved.id
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_follow_a_chain_of_codes_and_come_back_with_a_code_that_comes_back() {
    let story = Story::begin().await;
    let publisher = &story.desk.publisher;
    let mut tv = story.television(VILLAGE);
    story.served(VILLAGE).await;
    tv.round();
    change(publisher, &named(&[VILLAGE], NEXT, "甲")).await;
    change(publisher, &named(&[NEXT], "440224103302", "乙")).await;
    story.served(TOWN).await;
    story.served("440224103302").await;
    (0..3).for_each(|_| tv.round());
    assert_eq!((tv.village().as_str(), tv.shown().len()), ("440224103302", 2), "{:?}", tv.trouble());
    assert_eq!(forward(&publisher.store.db, code(VILLAGE)).await.expect("reads"), code("440224103302"));
    // It was a mistake: back to the first code.
    change(publisher, &named(&["440224103302"], VILLAGE, "左龙村")).await;
    story.served(TOWN).await;
    story.served(VILLAGE).await;
    (0..3).for_each(|_| tv.round());
    assert_eq!((tv.village().as_str(), tv.shown().len()), (VILLAGE, 2), "{:?}", tv.trouble());
    let mut late = story.television(NEXT);
    (0..3).for_each(|_| late.round());
    assert_eq!((late.village().as_str(), late.shown().len()), (VILLAGE, 2), "{:?}", late.trouble());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_villages_merge_and_what_both_have_goes_on_under_two_names() {
    let world = World::new();
    let neighbour = "440224103202";
    let village = world.village();
    let other = world.pack("other", neighbour);
    other.item("water", "");
    for pack in [&village, &other] {
        pack.video("clip.mkv", &clip(2.0, "ball"));
        pack.channel("general", 5, &[("新闻", "clip.mkv")]);
        pack.append("pack.toml", "[[section]]\nboard = \"governance\"\nid = \"water\"\nname = \"水务\"\norder = 90\n");
    }
    world.publish_at(&[&village, &other], now() - 100).await.expect("publishes");
    let publisher = world.publisher().await;
    let server = world.serve();
    let root = province_root(&publisher).await;
    let start = |village| Television::start_in(&server.url, root.clone(), memory(), village);
    let (mut one, mut two) = (start(VILLAGE), start(neighbour));
    one.round();
    two.round();
    assert_eq!((one.shown().len(), two.shown().len()), (1, 1));
    let done = change(&publisher, &named(&[VILLAGE, neighbour], NEXT, "双龙村")).await;
    assert!(done.conflicts.iter().any(|conflict| conflict.en.contains("general-2")), "{done}");
    served(&publisher, &server, NEXT).await;
    served(&publisher, &server, TOWN).await;
    for tv in [&mut one, &mut two] {
        tv.round();
        tv.round();
        assert_eq!(tv.village(), NEXT, "{:?}", tv.trouble());
        assert_eq!(tv.ids(), ["440224103201/water", "440224103202/water"]);
        assert_eq!(tv.channels(NEXT), [("general".to_owned(), 5), ("general-2".to_owned(), 1)]);
    }
    // Both are sent, the old names for boxes that know no other.
    for name in [format!("{NEXT}-general"), format!("{NEXT}-general-2"), format!("{neighbour}-general")] {
        let answer = server.get(&format!("/live/{name}/index.m3u8")).await;
        assert!(answer.status().is_success(), "{name}: {}", answer.status());
    }
    let row = publisher.store.region(code(NEXT)).await.expect("reads").expect("a region");
    assert_eq!((row.name.as_str(), row.sections.len()), ("双龙村", 1));
    // A pack for a code that is no more is told where it goes.
    let refused = world.publish_at(&[&village], now()).await.expect_err("a pack for a code that is no more");
    assert!(refused.to_string().contains(&format!("goes on as {NEXT}")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_takes_its_villages_along_with_approvals_audiences_and_exceptions() {
    let world = World::new();
    let (next_town, exception) = ("440224105000", "440224105001");
    world.publish_at(&[&world.village(), &world.pack("second", "440224103202")], now() - 100).await.expect("publishes");
    let desk = desk(&world).await;
    let publisher = &desk.publisher;
    let town = staff(&desk, "town", TOWN).await;
    let county = staff(&desk, "county", COUNTY).await;
    let in_town = on_air(&desk, &town, TOWN, "镇里的通知").await;
    // The town's people write and review for the village as well.
    on_air(&desk, &town, VILLAGE, "镇里审的村务").await;
    let mut for_one = notice("县里给左龙的通知");
    for_one.only = vec![VILLAGE.to_owned()];
    let saved = desk.create(&county.editor, code(COUNTY), &for_one, Origin::Desk, now()).await.expect("creates");
    desk.submit(&county.editor, &saved.id, saved.revision, now()).await.expect("submits");
    approve_now(&desk, &county, &saved.id).await;
    let mut draft = notice("还在写的通知");
    draft.except = vec!["440224103202".to_owned()];
    let draft = desk.create(&county.editor, code(COUNTY), &draft, Origin::Desk, now()).await.expect("creates");
    let server = world.serve();
    let root = province_root(publisher).await;
    let start = |village| Television::start_in(&server.url, root.clone(), memory(), village);
    let (mut one, mut two) = (start(VILLAGE), start("440224103202"));
    one.round();
    two.round();
    let (at_one, at_two) = (sorted(one.shown()), sorted(two.shown()));
    assert_eq!((at_one.len(), at_two.len()), (4, 1), "{at_one:?} {at_two:?}");

    let below = BTreeMap::from([(code(VILLAGE), code(exception))]);
    let wanted = Wanted { below, ..named(&[TOWN], next_town, "扶溪街道") };
    let done = change(publisher, &wanted).await;
    let pairs: Vec<(&str, &str)> = done.regions.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
    assert!(pairs.contains(&(TOWN, next_town)) && pairs.contains(&(VILLAGE, exception)), "{done}");
    assert!(pairs.contains(&("440224103202", "440224105202")), "{done}");
    assert_eq!(done.audiences.len(), 2, "{done}");
    for region in [COUNTY, next_town, exception, "440224105202"] {
        served(publisher, &server, region).await;
    }
    for (tv, village, titles) in [(&mut one, exception, at_one), (&mut two, "440224105202", at_two)] {
        tv.round();
        tv.round();
        assert_eq!(tv.village(), village, "{:?}", tv.trouble());
        assert_eq!(sorted(tv.shown()), titles, "{:?}", tv.trouble());
    }
    let row = publisher.store.item(&in_town).await.expect("reads").expect("an item");
    assert_eq!(row.region, code(next_town));
    let text = publisher.store.revision(&draft.id, draft.revision).await.expect("reads").expect("a text");
    assert!(text.draft.contains("440224105202") && !text.draft.contains("440224103202"), "{}", text.draft);
    // A reviewer of the old town whose key is revoked takes the item off the air under the new codes too.
    publisher.revoke_reviewer(&town.reviewers[2].account, None, "x", now()).await.expect("revokes");
    assert_ne!(state_of(&desk, &in_town).await, State::Published);
    served(publisher, &server, exception).await;
    served(publisher, &server, next_town).await;
    one.round();
    assert!(!one.shown().contains(&"镇里的通知".to_owned()) && !one.shown().contains(&"镇里审的村务".to_owned()));
}

async fn approve_now(desk: &Desk, staff: &Staff, id: &str) {
    let hash = hash_of(desk, id).await;
    for (reviewer, step) in staff.reviewers.iter().zip(Step::ALL) {
        desk.approve(reviewer, id, step, &hash, now()).await.expect("approves");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_that_goes_to_another_town_keeps_what_its_town_has_approved() {
    let world = World::new();
    let elsewhere = "440224104301";
    world.publish_at(&[&world.village()], now() - 100).await.expect("publishes");
    let desk = desk(&world).await;
    let town = staff(&desk, "town", TOWN).await;
    on_air(&desk, &town, VILLAGE, "镇里审的村务").await;
    on_air(&desk, &town, TOWN, "镇里的通知").await;
    let server = world.serve();
    let root = province_root(&desk.publisher).await;
    let mut tv = Television::start_in(&server.url, root, memory(), VILLAGE);
    tv.round();
    assert_eq!(tv.shown().len(), 3);
    let done = change(&desk.publisher, &named(&[VILLAGE], elsewhere, "左龙村")).await;
    assert_eq!(done.said_by, COUNTY);
    served(&desk.publisher, &server, COUNTY).await;
    served(&desk.publisher, &server, elsewhere).await;
    (0..2).for_each(|_| tv.round());
    assert_eq!(tv.village(), elsewhere, "{:?}", tv.trouble());
    assert_eq!(sorted(tv.shown()), ["停水通知", "镇里审的村务"], "the town that it has left is not its town any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_is_split_with_its_items_where_somebody_has_said() {
    let story = Story::begin().await;
    let Story { desk, staff, .. } = &story;
    grant(desk, &staff.editor.account, Role::Editor, VILLAGE).await;
    let part = "440224103302";
    let split =
        Split { code: code(part), name: Some("下龙村".to_owned()), items: vec![story.item.clone()], copy: false };
    let wanted = Wanted { split: vec![split], ..named(&[VILLAGE], NEXT, "上龙村") };
    let done = change(&desk.publisher, &wanted).await;
    assert!(done.remarks.iter().any(|remark| remark.en.contains(part)), "{done}");
    for region in [TOWN, NEXT, part] {
        story.served(region).await;
    }
    let (mut one, mut two) = (story.television(VILLAGE), story.television(part));
    (0..2).for_each(|_| one.round());
    two.round();
    assert_eq!((one.village(), one.shown()), (NEXT.to_owned(), vec!["停水通知".to_owned()]));
    assert_eq!((two.village(), two.shown()), (part.to_owned(), vec!["村民大会".to_owned()]), "{:?}", two.trouble());
    assert_eq!(count(desk, "SELECT count(*) FROM role_grant WHERE role = 'editor'").await, 2);
    assert!(change(&desk.publisher, &wanted).await.already);
    // A part that leaves later, with copies of what stays.
    let third = "440224103303";
    let copy = Split { code: code(third), name: Some("新龙村".to_owned()), items: Vec::new(), copy: true };
    let moved = carried(staff, NEXT);
    on_air(desk, &moved, NEXT, "新的通知").await;
    change(&desk.publisher, &Wanted { split: vec![copy], ..wanted_of(NEXT) }).await;
    let sql = format!("SELECT count(*) FROM item WHERE region = '{third}' AND state = 'draft'");
    assert_eq!(count(desk, &sql).await, 1);
}

fn wanted_of(region: &str) -> Wanted {
    wanted(&[region], region)
}

#[track_caller]
fn check_refused(result: Result<Outcome, MoveError>, words: &str) {
    let error = result.map(|done| done.to_string()).expect_err(words);
    assert!(error.to_string().contains(words), "{error}");
    assert!((400..500).contains(&error.told().status()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_is_refused_by_name_and_changes_nothing() {
    let world = World::new();
    world.publish_at(&[&world.village()], now() - 100).await.expect("publishes");
    let publisher = world.publisher().await;
    let attempt = async |wanted: Wanted| publisher.change_divisions(&wanted, "x", CARRY_OUT, now()).await;
    check_refused(attempt(wanted(&[VILLAGE], TOWN)).await, "stays a village");
    check_refused(attempt(wanted(&["44"], "44")).await, "has nothing above it");
    check_refused(attempt(wanted(&["440224103777"], NEXT)).await, "is nowhere");
    check_refused(attempt(wanted(&[VILLAGE], "440224103999")).await, "import the new list first");
    check_refused(attempt(named(&[VILLAGE], NEXT, &"龙".repeat(41))).await, "1 to 40");
    check_refused(attempt(Wanted { from: Vec::new(), ..wanted(&[VILLAGE], NEXT) }).await, "say which regions");
    let astray = BTreeMap::from([(code("440224104001"), code("440224105001"))]);
    check_refused(attempt(Wanted { below: astray, ..named(&[TOWN], "440224105000", "街") }).await, "does not lie in");
    let nothing =
        Split {
            code: code(NEXT), name: Some("村".to_owned()), items: vec!["440224103201/no".to_owned()], copy: false
        };
    check_refused(attempt(Wanted { split: vec![nothing], ..wanted_of(VILLAGE) }).await, "is no item of");
    let sql = format!(
        "INSERT INTO medium (id, region, account, name, state, kind, created) VALUES ('m', '{VILLAGE}', 'x', '龙舟.mp4', 'working', 'video', 0)"
    );
    publisher.store.db.execute("beginning a medium", &sql, vec![]).await.expect("begins");
    check_refused(attempt(named(&[VILLAGE], NEXT, "村")).await, "龙舟.mp4");
    publisher.store.db.execute("ending it", "DELETE FROM medium", vec![]).await.expect("ends");
    change(&publisher, &named(&[VILLAGE], NEXT, "村")).await;
    check_refused(attempt(named(&[VILLAGE], "440224103302", "村")).await, "goes on as 440224103301 already");
    check_refused(attempt(named(&["440224103202"], VILLAGE, "村")).await, "goes on as 440224103301 already");
    // A town whose village would land on another one.
    let taken = world.pack("taken", "440224104301");
    let manifest = crate::fixture::manifest("440224104301");
    taken.write("pack.toml", &manifest.replace("publisher", "name = \"别的村\"\npublisher"));
    world.publish_at(&[&taken], now()).await.expect("publishes");
    check_refused(attempt(wanted(&[TOWN], "440224104000")).await, "--below 440224103301=CODE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_leads_out_of_the_region_that_signed_it_moves_no_box_whatever_the_cloud_says() {
    let story = Story::begin().await;
    let publisher = &story.desk.publisher;
    let mut tv = story.television(VILLAGE);
    story.served(VILLAGE).await;
    tv.round();
    // Who holds the town's keys can move its villages within the town and no further.
    let sign = async |signer: &str, from: &str, to: &str| {
        let moved = Moved {
            format: FORMAT,
            region: signer.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            at: now(),
            below: BTreeMap::new(),
            channels: BTreeMap::new(),
        };
        let mut change = publisher.store.change().await.expect("begins");
        let mut drafts = Drafts::new(publisher, now());
        Drafts::lock(&mut change, &[code(signer)]).await.expect("locks");
        drafts.open(&mut change, code(signer), None).await.expect("opens");
        drafts.put(code(signer), &moved_target(from), serde_json::to_vec(&moved).expect("JSON"));
        drafts.finish(&mut change).await.expect("signs");
        change.commit().await.expect("commits");
    };
    sign(TOWN, VILLAGE, "440224104001").await;
    sign(VILLAGE, VILLAGE, NEXT).await;
    story.served(TOWN).await;
    story.served(VILLAGE).await;
    (0..2).for_each(|_| tv.round());
    assert_eq!((tv.village().as_str(), tv.shown().len()), (VILLAGE, 2));
    assert_eq!(tv.trouble(), Some((TOWN.parse().expect("a code"), NetErrorKind::Untrusted)));
    // A server that puts the document where it would lie has not signed it.
    let mut change = publisher.store.change().await.expect("begins");
    let mut targets = change.targets(code(COUNTY)).await.expect("reads");
    let body = br#"{"format":2}"#;
    let sha256 = yuexiang_cloud::objects::hash(body);
    let stored = yuexiang_cloud::objects::Stored { sha256: sha256.clone(), length: body.len() as u64 };
    targets.insert(moved_target(VILLAGE), stored);
    // Its own keys are good for another region: the box does not take their word for the county's.
    let ring = Keyring::read(&publisher.master, &mut change, code(VILLAGE)).await.expect("reads");
    let version = change.versions(code(COUNTY)).await.expect("reads")[&yuexiang_cloud::tuf::Role::Targets];
    let forged = ring.targets(yuexiang_cloud::tuf::Version { version: version.version + 1, ..version }, &targets);
    let path = format!("{}.targets.json", version.version);
    change.keep_file(code(COUNTY), &path, &forged.expect("signs")).await.expect("keeps");
    change.commit().await.expect("commits");
    let mut fresh = story.television(VILLAGE);
    fresh.round();
    assert_eq!(fresh.village(), VILLAGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_with_the_old_code_lead_to_the_new_one_and_its_log_stays_where_it_is() {
    let story = Story::begin().await;
    change(&story.desk.publisher, &named(&[VILLAGE], NEXT, "左龙社区")).await;
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("builds");
    let led = async |path: &str| {
        let answer = client.get(format!("{}{path}", story.server.url)).send().await.expect("an answer");
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        (answer.status().as_u16(), to)
    };
    let to = |path: &str| (308, Some(path.to_owned()));
    assert_eq!(
        led(&format!("/console/items?region={VILLAGE}&q=a+b")).await,
        to(&format!("/console/items?region={NEXT}&q=a+b"))
    );
    assert_eq!(
        led(&format!("/api/v1/regions/{VILLAGE}/sections")).await,
        to(&format!("/api/v1/regions/{NEXT}/sections"))
    );
    assert_eq!(led(&format!("/api/v1/regions?parent={TOWN}")).await.0, 401);
    assert_eq!(led(&format!("/api/v1/items/{VILLAGE}/water")).await.0, 401, "an item keeps its id");
    assert_eq!(led(&format!("/api/v1/log?region={VILLAGE}")).await.0, 401);
}

fn csv(list: &Divisions) -> String {
    list.iter().map(|one| format!("{},{}\n", one.code, one.name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_divisions_is_put_in_while_the_cloud_runs() {
    let world = World::new();
    world.publish_at(&[&world.village()], now() - 100).await.expect("publishes");
    let (publisher, server) = (world.publisher().await, world.serve());
    let site = Site::of(world, publisher.clone(), server);
    let token = site.token("guanli", Role::Administrator, "44").await;
    let store = &publisher.store;
    let before = csv(&Divisions::current());
    let newer = before
        .replace("440224103201,左龙村委会", "440224103301,左龙社区")
        .replace("440224103000,扶溪镇", "440224103000,扶溪街道");
    let preview = list::import(store, &newer, "new.csv", "x", PREVIEW, now()).await.expect("previews");
    assert_eq!((preview.added.len(), preview.gone.len(), preview.renamed.len()), (1, 1, 1), "{preview}");
    let gone = &preview.gone[0];
    assert_eq!((gone.code.as_str(), gone.in_use, gone.perhaps.as_deref()), (VILLAGE, true, Some(NEXT)));
    assert_eq!(Divisions::current().name(code(NEXT)), None);
    let broken = list::import(store, &(newer.clone() + "440224103301,别的\n"), "new.csv", "x", CARRY_OUT, now()).await;
    assert!(matches!(broken, Err(ListError::Problems(problems)) if problems.len() == 1));
    let done = list::import(store, &newer, "new.csv", "x", CARRY_OUT, now()).await.expect("imports");
    assert_eq!((done.done, done.version), (true, 1));
    assert!(list::import(store, &newer, "new.csv", "x", CARRY_OUT, now()).await.expect("imports").same);
    assert_eq!(list::put_in_once(store, &newer, "cloud.toml", now()).await.expect("looks"), None);
    assert_eq!(Divisions::current().name(code(NEXT)), Some("左龙社区"));
    // The running server, another process, goes by it; the village is still where it was until somebody moves it.
    eventually("the server goes by the new list", async || {
        let (_, regions) = site.get("/regions?parent=440224", &token).await;
        regions.to_string().contains("扶溪街道").then_some(())
    })
    .await;
    // With the list in place nobody has to type a name.
    let done = change(&publisher, &wanted(&[VILLAGE], NEXT)).await;
    assert_eq!(done.regions[0].name, "左龙社区");
}

#[test]
fn only_administrators_change_divisions() {
    use yuexiang_cloud::desk::rights::roles_for;
    assert_eq!(roles_for(Action::ChangeDivisions), [Role::Administrator]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repository_of_a_code_that_is_no_more_is_renewed_for_as_long_as_somebody_has_said() {
    let world = World::new();
    world.publish_at(&[&world.village()], now() - 100).await.expect("publishes");
    let mut publisher = world.publisher().await;
    change(&publisher, &named(&[VILLAGE], NEXT, "左龙社区")).await;
    let week = 6 * 86_400;
    let renewed = yuexiang_cloud::renew::renew_due(&publisher, now() + week).await.expect("renews");
    assert!(renewed.contains(&code(VILLAGE)) && renewed.contains(&code(NEXT)), "{renewed:?}");
    publisher.keep_moved = 10 * 86_400;
    let renewed = yuexiang_cloud::renew::renew_due(&publisher, now() + 2 * week).await.expect("renews");
    assert!(!renewed.contains(&code(VILLAGE)) && renewed.contains(&code(NEXT)), "{renewed:?}");
}
