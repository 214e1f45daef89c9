//! Reviewers who are away, and who reviews for them: with the rules intact, and so that boxes believe it.

use jiff::civil::Date;
use serde_json::Value as Json;
use yuexiang_cloud::accounts::substitutes::{SubstitutionError, Terms, standing_in};
use yuexiang_cloud::accounts::{Account, AccountError, Accounts, Settings};
use yuexiang_cloud::db::Value;
use yuexiang_cloud::desk::rights::{Action, Actor, Grant, Role, Via};
use yuexiang_cloud::desk::state::State;
use yuexiang_cloud::desk::{Desk, DeskError};
use yuexiang_wire::Step;

use crate::desk::Staff;
use crate::desk::{code, desk, hash_of, notice, state_of, submitted};
use crate::fixture::{LINEAGE, NOW, PROVINCE, VILLAGE, World};
use crate::keys_box::{Television, memory, now};

const TOWN: &str = LINEAGE[3];
const OTHER_TOWN: &str = "440224104000";
const DAY: i64 = 86_400;
/// `NOW` is the midnight with which this day begins in China.
const FIRST: Date = Date::constant(2026, 11, 1);

struct House {
    world: World,
    accounts: Accounts,
    desk: Desk,
}

impl House {
    async fn new() -> House {
        let world = World::new();
        let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts");
        let desk = desk(&world).await;
        House { world, accounts, desk }
    }

    async fn person(&self, login: &str, region: &str, grants: &[(Role, &str)]) -> Account {
        self.person_at(login, region, grants, NOW).await
    }

    async fn person_at(&self, login: &str, region: &str, grants: &[(Role, &str)], at: i64) -> Account {
        let root = Actor::command_line();
        let name = login.parse().expect("a login");
        let account = self.accounts.create(&root, &name, login, code(region), at).await.expect("makes");
        for (role, region) in grants {
            let grant = Grant { role: *role, region: code(region) };
            self.accounts.grant(&root, &account.id, grant, at).await.expect("grants");
        }
        self.accounts.account(&account.id).await.expect("is there")
    }

    /// Somebody as they come in at a moment.
    async fn acting(&self, account: &Account, at: i64) -> Actor {
        let account = self.accounts.account(&account.id).await.expect("is there");
        let db = &self.accounts.publisher.store.db;
        let standing_in = standing_in(db, &account.id, at).await.expect("reads");
        let own = Actor::new(&account.id, &account.name, account.grants, Via::Session("none".into()));
        Actor { standing_in, ..own }
    }

    /// An editor and three reviewers of the village.
    async fn staff(&self, at: i64) -> (Staff, [Account; 3]) {
        let roles = [Role::FirstReviewer, Role::SecondReviewer, Role::FinalReviewer];
        let mut accounts = Vec::new();
        for role in roles {
            accounts.push(self.person_at(role.slug(), VILLAGE, &[(role, VILLAGE)], at).await);
        }
        let editor = self.person_at("editor", VILLAGE, &[(Role::Editor, VILLAGE)], at).await;
        let mut reviewers = Vec::new();
        for account in &accounts {
            reviewers.push(self.acting(account, at).await);
        }
        let staff = Staff { editor: self.acting(&editor, at).await, reviewers: reviewers.try_into().expect("three") };
        (staff, accounts.try_into().expect("three"))
    }

    async fn name(
        &self,
        actor: &Actor,
        of: &Account,
        to: &Account,
        rights: &[(Role, &str)],
        days: (Date, Date),
        at: i64,
    ) -> Result<Vec<String>, AccountError> {
        let grants = rights.iter().map(|(role, region)| Grant { role: *role, region: code(region) }).collect();
        let substitute = to.login.parse().expect("a login");
        let terms = Terms { account: of.id.clone(), substitute, grants, first: days.0, last: days.1 };
        self.accounts.substitute(actor, &terms, at).await
    }

    /// What boxes read of a region's reviewers: person, steps, since, until.
    fn reviewers(&self, region: &str) -> Vec<(String, Vec<String>, i64, Option<i64>)> {
        let review = self.world.target(region, "review.json");
        let text = |value: &Json| value.as_str().expect("text").to_owned();
        let read = |one: &Json| {
            let steps = one["steps"].as_array().expect("steps").iter().map(text).collect();
            (text(&one["person"]), steps, one["from"].as_i64().expect("a moment"), one["until"].as_i64())
        };
        review["reviewers"].as_array().expect("a list").iter().map(read).collect()
    }

    /// Action and detail of each line in the log of a region about substitutes.
    async fn logged(&self, region: &str) -> Vec<(String, Json)> {
        let sql = "SELECT action, detail FROM log WHERE region = $1 ORDER BY seq";
        let db = &self.accounts.publisher.store.db;
        let rows: Vec<(String, String)> = db.all("reading", sql, vec![Value::from(region)]).await.expect("reads");
        let is_about = |row: &(String, Json)| row.0.starts_with("substitute-") || !row.1["for"].is_null();
        let read = |(action, detail): (String, String)| (action, serde_json::from_str(&detail).expect("JSON"));
        rows.into_iter().map(read).filter(is_about).collect()
    }
}

const VILLAGE_FIRST: [(Role, &str); 1] = [(Role::FirstReviewer, VILLAGE)];

#[tokio::test(flavor = "multi_thread")]
async fn a_substitute_reviews_during_these_days_and_not_a_second_before_or_after() {
    let house = House::new().await;
    let (staff, [first, ..]) = house.staff(NOW).await;
    let other = house.person("other", TOWN, &[(Role::SecondReviewer, TOWN)]).await;
    let days = (Date::constant(2026, 11, 3), Date::constant(2026, 11, 4));
    house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, days, NOW).await.expect("names");
    let id = submitted(&house.desk, &staff, VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&house.desk, &id).await;
    let (begins, ends) = (NOW + 2 * DAY, NOW + 4 * DAY);
    for outside in [NOW, begins - 1, ends, ends + DAY] {
        let actor = house.acting(&other, outside).await;
        assert!(!actor.may(Action::Approve(Step::First), code(VILLAGE)), "{outside}");
        let refused = house.desk.approve(&actor, &id, Step::First, &hash, outside).await;
        assert!(matches!(refused, Err(DeskError::Forbidden(_))), "{outside}: {refused:?}");
    }
    // Whoever came in just before the end acts just after it: the right is looked at once more.
    let late = house.acting(&other, ends - 1).await;
    assert!(matches!(house.desk.approve(&late, &id, Step::First, &hash, ends).await, Err(DeskError::Forbidden(_))));
    let listed = house.reviewers(VILLAGE);
    assert!(listed.iter().all(|(person, ..)| *person != other.id), "no key is named before its time: {listed:?}");

    let actor = house.acting(&other, begins).await;
    let next = house.desk.approve(&actor, &id, Step::First, &hash, begins).await.expect("approves");
    assert_eq!(next, State::Review(Step::Second));
    let text = house.desk.publisher.store.item(&id).await.expect("reads").expect("an item").revision;
    let given = house.desk.publisher.store.approvals(&id, text).await.expect("reads");
    assert_eq!((&given[0].account, given[0].principal.as_ref()), (&other.id, Some(&first.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_substitutes_key_is_named_when_the_days_begin_and_closed_when_they_end() {
    let house = House::new().await;
    let (staff, [first, ..]) = house.staff(NOW).await;
    let other = house.person("other", TOWN, &[(Role::SecondReviewer, TOWN)]).await;
    let days = (Date::constant(2026, 11, 3), Date::constant(2026, 11, 4));
    house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, days, NOW).await.expect("names");
    let (begins, ends) = (NOW + 2 * DAY, NOW + 4 * DAY);
    assert_eq!(house.accounts.turn(begins - 1).await.expect("turns"), 0);
    assert_eq!(house.accounts.turn(begins + 20).await.expect("turns"), 1);
    assert_eq!(house.accounts.turn(begins + 30).await.expect("turns"), 0, "once");
    let mine = |house: &House| house.reviewers(VILLAGE).into_iter().find(|(person, ..)| *person == other.id);
    assert_eq!(mine(&house), Some((other.id.clone(), vec!["first".to_owned()], begins + 20, None)));
    // The cloud was down when the days ended: the key counts until their end all the same.
    assert_eq!(house.accounts.turn(ends + 5 * DAY).await.expect("turns"), 1);
    assert_eq!(mine(&house), Some((other.id.clone(), vec!["first".to_owned()], begins + 20, Some(ends))));
    let own = house.reviewers(TOWN).into_iter().find(|(person, ..)| *person == other.id).expect("is there");
    assert_eq!(own.3, None, "the substitute's own right stays");
    let first_own = house.reviewers(VILLAGE).into_iter().find(|(person, ..)| *person == first.id).expect("is there");
    assert_eq!(first_own.3, None, "and so does that of the one who was away");
    let log = house.logged(VILLAGE).await;
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["substitute-name", "substitute-begin", "substitute-end"]);
    assert!(log.iter().all(|(_, detail)| detail["substitute"] == other.id.as_str()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_of_a_substitute_says_for_whom() {
    let house = House::new().await;
    let (staff, [first, second, _]) = house.staff(NOW).await;
    let other = house.person("other", TOWN, &[(Role::FinalReviewer, TOWN)]).await;
    house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, (FIRST, FIRST), NOW).await.expect("names");
    let second_right = [(Role::SecondReviewer, VILLAGE)];
    house.name(&staff.reviewers[1], &second, &other, &second_right, (FIRST, FIRST), NOW).await.expect("names");
    let actor = house.acting(&other, NOW).await;
    let (one, two) = (notice("停水通知"), notice("荔枝文化节"));
    let id = submitted(&house.desk, &staff, VILLAGE, &one).await;
    let hash = hash_of(&house.desk, &id).await;
    house.desk.approve(&actor, &id, Step::First, &hash, NOW).await.expect("approves");
    let again = house.desk.approve(&actor, &id, Step::Second, &hash, NOW).await;
    assert!(matches!(again, Err(DeskError::SecondReview(Step::First))), "one person counts once: {again:?}");
    let id = submitted(&house.desk, &staff, VILLAGE, &two).await;
    let hash = hash_of(&house.desk, &id).await;
    house.desk.reject(&actor, &id, Step::First, &hash, "错别字", NOW).await.expect("rejects");
    let log = house.logged(VILLAGE).await;
    let acts: Vec<(&str, &Json)> = log
        .iter()
        .filter(|(action, _)| !action.starts_with("substitute-"))
        .map(|(action, detail)| (action.as_str(), &detail["for"]))
        .collect();
    let principal = Json::from(first.id.as_str());
    assert_eq!(acts, [("approve", &principal), ("reject", &principal)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reviews_for_the_author_and_a_person_counts_once_in_whatever_hands() {
    let house = House::new().await;
    let roles = [(Role::Editor, VILLAGE), (Role::FirstReviewer, VILLAGE), (Role::SecondReviewer, VILLAGE)];
    let author = house.person("author", VILLAGE, &roles).await;
    let other = house.person("other", TOWN, &[(Role::FinalReviewer, TOWN)]).await;
    let third = house.person("third", VILLAGE, &[(Role::FirstReviewer, VILLAGE)]).await;
    let acting = house.acting(&author, NOW).await;
    let rights = [(Role::FirstReviewer, VILLAGE), (Role::SecondReviewer, VILLAGE)];
    house.name(&acting, &author, &other, &rights, (FIRST, FIRST), NOW).await.expect("names");
    let substitute = house.acting(&other, NOW).await;
    let staff =
        |editor: Actor| Staff { editor, reviewers: [substitute.clone(), substitute.clone(), substitute.clone()] };
    let id = submitted(&house.desk, &staff(acting.clone()), VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&house.desk, &id).await;
    let refused = house.desk.approve(&substitute, &id, Step::First, &hash, NOW).await;
    assert!(matches!(refused, Err(DeskError::TextOfPrincipal)), "{refused:?}");

    // A text of somebody else: the person reviews it first, so the substitute does not review it second in the same name.
    let writer = house.person("writer", VILLAGE, &[(Role::Editor, VILLAGE)]).await;
    let id = submitted(&house.desk, &staff(house.acting(&writer, NOW).await), VILLAGE, &notice("荔枝文化节")).await;
    let hash = hash_of(&house.desk, &id).await;
    house.desk.approve(&acting, &id, Step::First, &hash, NOW).await.expect("approves");
    let refused = house.desk.approve(&substitute, &id, Step::Second, &hash, NOW).await;
    assert!(matches!(refused, Err(DeskError::PrincipalCounted(Step::First))), "{refused:?}");

    // And the other way round: reviewed by the substitute, it is none of the person's any more.
    let id = submitted(&house.desk, &staff(house.acting(&writer, NOW).await), VILLAGE, &notice("清淤")).await;
    let hash = hash_of(&house.desk, &id).await;
    house.desk.approve(&substitute, &id, Step::First, &hash, NOW).await.expect("approves");
    let refused = house.desk.approve(&acting, &id, Step::Second, &hash, NOW).await;
    assert!(matches!(refused, Err(DeskError::SecondReview(Step::First))), "{refused:?}");

    // Who wrote a text reviews it for nobody.
    let editor = house.person("both", VILLAGE, &[(Role::Editor, VILLAGE), (Role::SecondReviewer, VILLAGE)]).await;
    let third_acting = house.acting(&third, NOW).await;
    house.name(&third_acting, &third, &editor, &VILLAGE_FIRST, (FIRST, FIRST), NOW).await.expect("names");
    let editor = house.acting(&editor, NOW).await;
    let id = submitted(&house.desk, &staff(editor.clone()), VILLAGE, &notice("修路")).await;
    let hash = hash_of(&house.desk, &id).await;
    let refused = house.desk.approve(&editor, &id, Step::First, &hash, NOW).await;
    assert!(matches!(refused, Err(DeskError::OwnText)), "{refused:?}");
    assert_eq!(state_of(&house.desk, &id).await, State::Review(Step::First));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_handed_on_by_those_who_have_them_to_those_who_review() {
    let house = House::new().await;
    let (staff, [first, ..]) = house.staff(NOW).await;
    let chief = &staff.reviewers[0];
    let near = house.person("near", TOWN, &[(Role::FinalReviewer, TOWN)]).await;
    let far = house.person("far", OTHER_TOWN, &[(Role::FinalReviewer, OTHER_TOWN)]).await;
    let plain = house.person("plain", VILLAGE, &[(Role::Auditor, VILLAGE)]).await;
    let admin = house.person("admin", TOWN, &[(Role::Administrator, TOWN)]).await;
    let admin = house.acting(&admin, NOW).await;
    let days = (FIRST, FIRST);
    let refused = async |actor: &Actor, to: &Account, rights: &[(Role, &str)], days: (Date, Date)| match house
        .name(actor, &first, to, rights, days, NOW)
        .await
    {
        Err(AccountError::Substitution(why)) => why,
        other => panic!("{other:?}"),
    };
    let own = &VILLAGE_FIRST[..];
    assert_eq!(refused(chief, &far, own, days).await, SubstitutionError::NoReviewer);
    assert_eq!(refused(chief, &plain, own, days).await, SubstitutionError::NoReviewer);
    assert_eq!(refused(chief, &first, own, days).await, SubstitutionError::Same);
    assert_eq!(refused(chief, &near, &[], days).await, SubstitutionError::NoRight);
    assert_eq!(refused(chief, &near, &[(Role::FinalReviewer, VILLAGE)], days).await, SubstitutionError::NotTheirs);
    assert_eq!(refused(chief, &near, &[(Role::FirstReviewer, TOWN)], days).await, SubstitutionError::NotTheirs);
    assert_eq!(refused(chief, &near, own, (Date::constant(2026, 10, 31), FIRST)).await, SubstitutionError::Over);
    let token = Actor { via: Via::Token("t".into()), ..chief.clone() };
    assert_eq!(refused(&token, &near, own, days).await, SubstitutionError::ByToken);
    // Another reviewer is nobody to hand on somebody else's right, and no administrator names himself.
    let others = house.name(&staff.reviewers[1], &first, &near, own, days, NOW).await;
    assert!(matches!(others, Err(AccountError::Forbidden(_))), "{others:?}");
    let himself = house.accounts.account(&admin.account).await.expect("is there");
    assert_eq!(refused(&admin, &himself, own, days).await, SubstitutionError::Own);
    let elsewhere = house.person("elsewhere", OTHER_TOWN, &[(Role::Administrator, OTHER_TOWN)]).await;
    let elsewhere = house.acting(&elsewhere, NOW).await;
    let others = house.name(&elsewhere, &first, &near, own, days, NOW).await;
    assert!(matches!(others, Err(AccountError::Forbidden(_))), "{others:?}");
    // An administrator makes a reviewer of somebody who is none; a second one at the same time would be one too many.
    house.name(&admin, &first, &plain, own, days, NOW).await.expect("names");
    assert_eq!(refused(chief, &near, own, days).await, SubstitutionError::Taken);
    // What one has as a substitute is not handed on.
    let substitute = house.acting(&plain, NOW).await;
    assert!(substitute.may(Action::Approve(Step::First), code(VILLAGE)));
    let handed_on = house.name(&substitute, &plain, &near, own, days, NOW).await;
    assert!(matches!(handed_on, Err(AccountError::Substitution(SubstitutionError::NotTheirs))), "{handed_on:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_substitutes_right_ends_with_the_right_it_comes_from() {
    let root = Actor::command_line();
    let right = Grant { role: Role::FirstReviewer, region: code(VILLAGE) };
    // What ends it: the role is taken away, either of the two is disabled, or one of them ends it.
    for end in 0..5 {
        let house = House::new().await;
        let (staff, [first, ..]) = house.staff(NOW).await;
        let other = house.person("other", TOWN, &[(Role::SecondReviewer, TOWN)]).await;
        let named = house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, (FIRST, FIRST), NOW).await;
        let id = named.expect("names").remove(0);
        assert!(house.acting(&other, NOW + 1).await.may(Action::Approve(Step::First), code(VILLAGE)));
        let accounts = &house.accounts;
        match end {
            0 => accounts.revoke(&root, &first.id, right, NOW + 10).await.expect("revokes"),
            1 => accounts.disable(&root, &first.id, NOW + 10).await.expect("disables"),
            2 => accounts.disable(&root, &other.id, NOW + 10).await.expect("disables"),
            3 => accounts.end_substitution(&staff.reviewers[0], &id, NOW + 10).await.expect("ends"),
            _ => {
                let actor = house.acting(&other, NOW + 10).await;
                accounts.end_substitution(&actor, &id, NOW + 10).await.expect("ends");
            }
        }
        let actor = house.acting(&other, NOW + 11).await;
        assert!(!actor.may(Action::Approve(Step::First), code(VILLAGE)), "{end}");
        let listed = house.reviewers(VILLAGE).into_iter().find(|(person, ..)| *person == other.id).expect("is there");
        assert_eq!(listed.3, Some(NOW + 11), "{end}: the key counts until then");
        let bystander = house.acting(&house.person("by", VILLAGE, &[]).await, NOW).await;
        let over = accounts.end_substitution(&bystander, &id, NOW + 12).await;
        assert!(matches!(over, Err(AccountError::Substitution(SubstitutionError::Unknown))), "{over:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_counts_by_two_rights_is_closed_with_the_last_of_them() {
    let house = House::new().await;
    let root = Actor::command_line();
    let (staff, [first, ..]) = house.staff(NOW).await;
    let other = house.person("other", VILLAGE, &[(Role::FirstReviewer, VILLAGE)]).await;
    let days = (FIRST, Date::constant(2026, 11, 2));
    house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, days, NOW).await.expect("names");
    let until = |house: &House| {
        let mut all = house.reviewers(VILLAGE).into_iter().filter(|(person, ..)| *person == other.id);
        let one = all.next().expect("is there");
        assert!(all.next().is_none(), "one row for one key");
        one.3
    };
    let right = Grant { role: Role::FirstReviewer, region: code(VILLAGE) };
    house.accounts.revoke(&root, &other.id, right, NOW + 10).await.expect("revokes");
    assert_eq!(until(&house), None, "as a substitute it still counts");
    house.accounts.turn(NOW + 2 * DAY).await.expect("turns");
    assert_eq!(until(&house), Some(NOW + 2 * DAY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_shows_what_a_substitute_let_through_and_goes_on_when_the_days_are_over() {
    let house = House::new().await;
    let at = now();
    let (staff, [first, ..]) = house.staff(at - 10).await;
    let other = house.person_at("other", TOWN, &[(Role::SecondReviewer, TOWN)], at - 10).await;
    let today = yuexiang_cloud::pack::china_date(at);
    house.name(&staff.reviewers[0], &first, &other, &VILLAGE_FIRST, (today, today), at - 9).await.expect("names");
    let draft = notice("停水通知");
    let origin = yuexiang_cloud::desk::items::Origin::Desk;
    let saved = house.desk.create(&staff.editor, code(VILLAGE), &draft, origin, at - 8).await.expect("creates");
    house.desk.submit(&staff.editor, &saved.id, saved.revision, at - 8).await.expect("submits");
    let hash = hash_of(&house.desk, &saved.id).await;
    let substitute = house.acting(&other, at - 7).await;
    house.desk.approve(&substitute, &saved.id, Step::First, &hash, at - 7).await.expect("approves");
    for (reviewer, step) in staff.reviewers.iter().zip(Step::ALL).skip(1) {
        house.desk.approve(reviewer, &saved.id, step, &hash, at - 6).await.expect("approves");
    }
    let root = house.desk.publisher.store.file(code(PROVINCE), "1.root.json").await.expect("reads").expect("a root");
    let server = house.world.serve();
    let mut television = Television::start(&server.url, root, memory());
    television.round();
    assert_eq!(television.shown(), ["停水通知"], "{:?}", television.trouble());
    // The days are over: the key is closed, and what it let through stays.
    let found = house.accounts.substitutions(&staff.reviewers[0], &first.id).await.expect("lists");
    house.accounts.end_substitution(&staff.reviewers[0], &found[0].id, now()).await.expect("ends");
    let listed = house.reviewers(VILLAGE).into_iter().find(|(person, ..)| *person == other.id).expect("is there");
    assert!(listed.3.is_some());
    let seen = crate::fixture::eventually("the server serves the new list of reviewers", async || {
        television.watch(1_000_000);
        (television.shown() == ["停水通知"]).then_some(())
    });
    seen.await;
}
