//! Accounts, from the first administrator on the command line to a browser that is signed in.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value as Json;
use yuexiang_cloud::accounts::people::Filter;
use yuexiang_cloud::accounts::sessions::{Browser, IDLE, LIFE};
use yuexiang_cloud::accounts::sign_in::Credentials;
use yuexiang_cloud::accounts::tokens::TokenTerms;
use yuexiang_cloud::accounts::web::{RequireSession, Visitor, console_headers, protect, routes};
use yuexiang_cloud::accounts::{Account, AccountError, Accounts, Settings};
use yuexiang_cloud::db::Value;
use yuexiang_cloud::desk::rights::{Action, Actor, Grant, Role, Via};
use yuexiang_cloud::desk::{audit, log};
use yuexiang_cloud::region::RegionCode;

use crate::fixture::{NOW, PROVINCE, VILLAGE, World};

const COUNTY: &str = "440224000000";
const TOWN: &str = "440224103000";
const OTHER_TOWN: &str = "440224104000";
const PASSWORD: &str = "水稻 and 2 buffaloes";

fn code(text: &str) -> RegionCode {
    text.parse().expect("a code")
}

fn grant(role: Role, region: &str) -> Grant {
    Grant { role, region: code(region) }
}

/// A data folder with accounts.
struct Desk {
    world: World,
    accounts: Arc<Accounts>,
}

impl Desk {
    async fn new() -> Desk {
        let world = World::new();
        let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts").shared();
        Desk { world, accounts }
    }

    /// An account with a password and roles, made by the command line.
    async fn person(&self, login: &str, region: &str, grants: &[Grant]) -> Account {
        let root = Actor::command_line();
        let login = login.parse().expect("a login");
        let account = self.accounts.create(&root, &login, "陈文秀", code(region), NOW).await.expect("makes");
        self.accounts.set_password(&root, &account.id, PASSWORD, NOW).await.expect("sets");
        for grant in grants {
            self.accounts.grant(&root, &account.id, *grant, NOW).await.expect("grants");
        }
        self.accounts.account(&account.id).await.expect("is there")
    }

    /// Like [`Desk::person`], as the one who acts.
    async fn actor(&self, login: &str, region: &str, grants: &[Grant]) -> Actor {
        acting(&self.person(login, region, grants).await)
    }

    async fn sign_in(&self, login: &str, password: &str, now: i64) -> Result<String, AccountError> {
        self.sign_in_from("192.0.2.1", login, password, now).await
    }

    async fn sign_in_from(&self, address: &str, login: &str, password: &str, now: i64) -> Result<String, AccountError> {
        let address = Some(address.parse().expect("an address"));
        let browser = Browser { agent: "test".into(), address: String::new() };
        let credentials = Credentials { login, password, address, browser, previous: None };
        self.accounts.sign_in(credentials, now).await.map(|session| session.secret)
    }

    async fn is_in(&self, cookie: &str, now: i64) -> bool {
        self.accounts.session(cookie, now).await.expect("looks").is_some()
    }

    /// What boxes read of a region's reviewers: person, steps, until.
    fn reviewers(&self, region: &str) -> Vec<(String, Vec<String>, Option<i64>)> {
        let review = self.world.target(region, "review.json");
        let text = |value: &Json| value.as_str().expect("text").to_owned();
        let list = review["reviewers"].as_array().expect("a list");
        let read = |one: &Json| {
            let steps = one["steps"].as_array().expect("steps").iter().map(text).collect();
            (text(&one["person"]), steps, one["until"].as_i64())
        };
        list.iter().map(read).collect()
    }

    /// Actions in the log of a region.
    async fn logged(&self, region: &str) -> Vec<String> {
        let sql = "SELECT action FROM log WHERE region = $1 ORDER BY seq";
        let db = &self.accounts.publisher.store.db;
        let rows: Vec<(String,)> = db.all("reading the log", sql, vec![Value::from(region)]).await.expect("reads");
        rows.into_iter().map(|(action,)| action).collect()
    }

    async fn execute(&self, sql: &str) {
        self.accounts.publisher.store.db.execute("tampering", sql, Vec::new()).await.expect("runs");
    }
}

fn acting(account: &Account) -> Actor {
    let via = Via::Session("none".into());
    Actor { account: account.id.clone(), name: account.name.clone(), grants: account.grants.clone(), via }
}

#[track_caller]
fn check_forbidden<T>(result: Result<T, AccountError>) {
    assert!(matches!(result.err(), Some(AccountError::Forbidden(_))), "was allowed or failed otherwise");
}

// ---- signing in ----

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_of_an_enabled_account_signs_in() {
    let desk = Desk::new().await;
    let account = desk.person("chen", VILLAGE, &[grant(Role::Editor, VILLAGE)]).await;
    let cookie = desk.sign_in(" Chen ", PASSWORD, NOW).await.expect("signs in");
    let session = desk.accounts.session(&cookie, NOW).await.expect("looks").expect("a session");
    assert_eq!((session.actor.account.as_str(), session.login.as_str()), (account.id.as_str(), "chen"));
    assert!(session.actor.may(Action::Write, code(VILLAGE)));

    for (login, password) in [("chen", "wrong"), ("nobody", PASSWORD), ("", ""), ("陈文秀", PASSWORD)] {
        let error = desk.sign_in(login, password, NOW).await.expect_err("is refused");
        assert!(matches!(error, AccountError::Wrong), "{login}: {error}");
    }
    desk.accounts.disable(&Actor::command_line(), &account.id, NOW).await.expect("disables");
    assert!(matches!(desk.sign_in("chen", PASSWORD, NOW).await, Err(AccountError::Wrong)));
    assert!(!desk.is_in(&cookie, NOW).await, "a disabled account is out at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_password_cannot_sign_in() {
    let desk = Desk::new().await;
    let login = "chen".parse().expect("a login");
    desk.accounts.create(&Actor::command_line(), &login, "陈", code(VILLAGE), NOW).await.expect("makes");
    for password in ["", "chen", "password", "admin"] {
        assert!(desk.sign_in("chen", password, NOW).await.is_err());
    }
    // Nor can the names that only content packs know.
    desk.world.publish(&[&desk.world.village()]).await;
    let everybody = desk.accounts.accounts(&Actor::command_line(), &filter("")).await.expect("lists");
    assert_eq!(everybody.iter().map(|account| account.login.as_str()).collect::<Vec<_>>(), ["chen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_waits_longer_each_time() {
    let desk = Desk::new().await;
    desk.person("chen", VILLAGE, &[]).await;
    for _ in 0..5 {
        assert!(matches!(desk.sign_in("chen", "wrong", NOW).await, Err(AccountError::Wrong)));
    }
    let wait = async |now| match desk.sign_in("chen", PASSWORD, now).await {
        Err(AccountError::Wait { seconds }) => seconds,
        other => panic!("{other:?}"),
    };
    assert_eq!((wait(NOW).await, wait(NOW + 1).await), (2, 1), "even the right password waits");
    assert!(matches!(desk.sign_in("chen", "wrong", NOW + 2).await, Err(AccountError::Wrong)));
    assert_eq!(wait(NOW + 2).await, 4);
    desk.sign_in("chen", PASSWORD, NOW + 6).await.expect("signs in");
    for _ in 0..5 {
        assert!(matches!(desk.sign_in("chen", "wrong", NOW + 6).await, Err(AccountError::Wrong)), "starts afresh");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_way_around_the_limit() {
    let desk = Desk::new().await;
    desk.person("chen", VILLAGE, &[]).await;
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..24 {
        let accounts = desk.accounts.clone();
        guesses.spawn(async move {
            // Each from another address, so that only the login's own limit counts.
            let address = Some(format!("192.0.2.{n}").parse().expect("an address"));
            let browser = Browser::default();
            let credentials = Credentials { login: "chen", password: "wrong", address, browser, previous: None };
            matches!(accounts.sign_in(credentials, NOW).await, Err(AccountError::Wrong))
        });
    }
    let tried = guesses.join_all().await.into_iter().filter(|tried| *tried).count();
    assert_eq!(tried, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_try_all_logins() {
    let desk = Desk::new().await;
    desk.person("chen", VILLAGE, &[]).await;
    for n in 0..30 {
        let error = desk.sign_in(&format!("guess-{n}"), "wrong", NOW).await.expect_err("is refused");
        assert!(matches!(error, AccountError::Wrong), "{n}: {error}");
    }
    assert!(matches!(desk.sign_in("chen", PASSWORD, NOW).await, Err(AccountError::Wait { .. })));
    desk.sign_in_from("198.51.100.7", "chen", PASSWORD, NOW).await.expect("signs in from elsewhere");
    // A day later nobody remembers.
    desk.sign_in("chen", PASSWORD, NOW + 24 * 3_600).await.expect("signs in");
}

// ---- sessions ----

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_not_used_and_after_a_week_in_any_case() {
    let desk = Desk::new().await;
    desk.person("chen", VILLAGE, &[]).await;
    let idle = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    assert!(desk.is_in(&idle, NOW + IDLE - 1).await);
    assert!(desk.is_in(&idle, NOW + 2 * IDLE - 2).await, "the request before counts");
    assert!(!desk.is_in(&idle, NOW + 3 * IDLE).await);

    let used = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    for hour in 1..7 * 24 {
        assert!(desk.is_in(&used, NOW + hour * 3_600).await, "hour {hour}");
    }
    assert!(!desk.is_in(&used, NOW + LIFE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_and_no_token_lies_in_the_database() {
    let desk = Desk::new().await;
    let actor = desk.actor("chen", VILLAGE, &[grant(Role::Editor, VILLAGE)]).await;
    let cookie = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    let terms = TokenTerms {
        name: "融媒体".into(),
        account: actor.account.clone(),
        grant: grant(Role::Editor, VILLAGE),
        days: 1,
    };
    let (_, token) = desk.accounts.new_token(&actor, &terms, NOW).await.expect("makes");
    let link = desk.accounts.new_password_link(&Actor::command_line(), &actor.account, NOW).await.expect("makes");
    desk.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
    let file = std::fs::read(desk.world.data().join("cloud.sqlite")).expect("reads");
    let holds = |text: &str| file.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&actor.account), "the file is the right one");
    for secret in [cookie.as_str(), token.trim_start_matches("yxt_"), link.as_str(), PASSWORD] {
        assert!(!holds(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_by_their_person_and_by_administrators() {
    let desk = Desk::new().await;
    let chen = desk.actor("chen", VILLAGE, &[]).await;
    let stranger = desk.actor("stranger", VILLAGE, &[grant(Role::Editor, PROVINCE)]).await;
    let admin = desk.actor("admin-town", TOWN, &[grant(Role::Administrator, TOWN)]).await;
    let first = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    let second = desk.sign_in("chen", PASSWORD, NOW + 1).await.expect("signs in");
    let list = desk.accounts.sessions(&chen, &chen.account, NOW + 1).await.expect("lists");
    assert_eq!(list.iter().map(|session| session.created).collect::<Vec<_>>(), [NOW + 1, NOW]);
    check_forbidden(desk.accounts.sessions(&stranger, &chen.account, NOW).await);
    check_forbidden(desk.accounts.end_sessions(&stranger, &chen.account, None, NOW).await);

    let ended = desk.accounts.end_sessions(&chen, &chen.account, Some(&list[1].id), NOW).await.expect("ends");
    assert_eq!((ended, desk.is_in(&first, NOW).await, desk.is_in(&second, NOW + 1).await), (1, false, true));
    assert_eq!(desk.accounts.end_sessions(&admin, &chen.account, None, NOW).await.expect("ends"), 1);
    assert!(!desk.is_in(&second, NOW + 1).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_password_once_and_within_a_day() {
    let desk = Desk::new().await;
    let chen = desk.person("chen", VILLAGE, &[]).await;
    let root = Actor::command_line();
    let session = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    let replaced = desk.accounts.new_password_link(&root, &chen.id, NOW).await.expect("makes");
    let link = desk.accounts.new_password_link(&root, &chen.id, NOW).await.expect("makes");
    let set = async |link: &str, password: &str, now| desk.accounts.use_password_link(link, password, now).await;
    assert!(matches!(set(&replaced, "a new password", NOW).await, Err(AccountError::Link)));
    assert!(matches!(set("", "a new password", NOW).await, Err(AccountError::Link)));
    assert!(matches!(set(&link, "short", NOW).await, Err(AccountError::Weak(_))));
    assert!(matches!(set(&link, "a new password", NOW + 24 * 3_600).await, Err(AccountError::Link)));
    set(&link, "a new password", NOW).await.expect("sets");
    assert!(matches!(set(&link, "another password", NOW).await, Err(AccountError::Link)), "once");
    assert!(!desk.is_in(&session, NOW).await, "who was signed in is so no longer");
    assert!(desk.sign_in("chen", PASSWORD, NOW).await.is_err());
    desk.sign_in("chen", "a new password", NOW).await.expect("signs in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_changes_the_own_password_knowing_the_one_before() {
    let desk = Desk::new().await;
    desk.person("chen", VILLAGE, &[]).await;
    let own = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    let other = desk.sign_in("chen", PASSWORD, NOW).await.expect("signs in");
    let actor = desk.accounts.session(&own, NOW).await.expect("looks").expect("a session").actor;
    let change = async |before: &str| desk.accounts.change_password(&actor, before, "a new password", NOW).await;
    assert!(matches!(change("wrong").await, Err(AccountError::Wrong)));
    change(PASSWORD).await.expect("changes");
    assert_eq!((desk.is_in(&own, NOW).await, desk.is_in(&other, NOW).await), (true, false));
    desk.sign_in("chen", "a new password", NOW).await.expect("signs in");
}

// ---- who manages whom ----

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_manages_his_region_and_nothing_else() {
    let desk = Desk::new().await;
    let admin = desk.actor("admin-town", TOWN, &[grant(Role::Administrator, TOWN)]).await;
    let accounts = &desk.accounts;
    let own = accounts.create(&admin, &"own".parse().expect("a login"), "甲", code(VILLAGE), NOW).await.expect("makes");
    accounts.grant(&admin, &own.id, grant(Role::Editor, VILLAGE), NOW).await.expect("grants");
    for region in [OTHER_TOWN, COUNTY, PROVINCE, "440224104200"] {
        let login = "elsewhere".parse().expect("a login");
        check_forbidden(accounts.create(&admin, &login, "乙", code(region), NOW).await);
        for role in Role::ALL {
            check_forbidden(accounts.grant(&admin, &own.id, grant(role, region), NOW).await);
        }
    }
    let other = desk.person("other", OTHER_TOWN, &[grant(Role::Editor, OTHER_TOWN)]).await;
    check_forbidden(accounts.grant(&admin, &other.id, grant(Role::Editor, TOWN), NOW).await);
    check_forbidden(accounts.revoke(&admin, &other.id, grant(Role::Editor, OTHER_TOWN), NOW).await);
    check_forbidden(accounts.disable(&admin, &other.id, NOW).await);
    check_forbidden(accounts.enable(&admin, &other.id, NOW).await);
    check_forbidden(accounts.rename(&admin, &other.id, "丙", NOW).await);
    check_forbidden(accounts.new_password_link(&admin, &other.id, NOW).await);
    check_forbidden(accounts.set_password(&admin, &other.id, "a new password", NOW).await);
    let seen = accounts.accounts(&admin, &filter("")).await.expect("lists");
    assert_eq!(seen.iter().map(|account| account.login.as_str()).collect::<Vec<_>>(), ["admin-town", "own"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_over_an_account_with_more_rights_than_his_own() {
    let desk = Desk::new().await;
    let admin = desk.actor("admin-town", TOWN, &[grant(Role::Administrator, TOWN)]).await;
    // She works in the town, and reviews for the whole county.
    let reviewer = desk.person("reviewer", TOWN, &[grant(Role::FinalReviewer, COUNTY)]).await;
    check_forbidden(desk.accounts.new_password_link(&admin, &reviewer.id, NOW).await);
    check_forbidden(desk.accounts.set_password(&admin, &reviewer.id, "a new password", NOW).await);
    check_forbidden(desk.accounts.disable(&admin, &reviewer.id, NOW).await);
    check_forbidden(desk.accounts.end_sessions(&admin, &reviewer.id, None, NOW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_administrators_manages_accounts_and_nobody_grants_to_himself() {
    let desk = Desk::new().await;
    let chen = desk.person("chen", VILLAGE, &[]).await;
    for role in Role::ALL {
        let login = format!("has-{}", role.slug());
        let actor = desk.actor(&login, PROVINCE, &[grant(role, PROVINCE)]).await;
        let granted = desk.accounts.grant(&actor, &chen.id, grant(Role::Editor, VILLAGE), NOW).await;
        match role {
            Role::Administrator => granted.expect("grants"),
            _ => check_forbidden(granted),
        }
        if role == Role::Administrator {
            let own = desk.accounts.grant(&actor, &actor.account, grant(Role::FinalReviewer, PROVINCE), NOW).await;
            assert!(matches!(own, Err(AccountError::Own)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_of_the_province_stays() {
    let desk = Desk::new().await;
    let top = grant(Role::Administrator, PROVINCE);
    let first = desk.person("first", PROVINCE, &[top]).await;
    let root = Actor::command_line();
    let is_last = |result| matches!(result, Err(AccountError::LastAdministrator));
    assert!(is_last(desk.accounts.disable(&root, &first.id, NOW).await));
    assert!(is_last(desk.accounts.revoke(&root, &first.id, top, NOW).await));
    let second = desk.person("second", PROVINCE, &[top, grant(Role::Auditor, PROVINCE)]).await;
    desk.accounts.revoke(&root, &second.id, grant(Role::Auditor, PROVINCE), NOW).await.expect("another role goes");
    desk.accounts.disable(&root, &second.id, NOW).await.expect("disables");
    assert!(is_last(desk.accounts.disable(&root, &first.id, NOW).await), "a disabled one does not count");
    desk.accounts.enable(&root, &second.id, NOW).await.expect("enables");
    desk.accounts.revoke(&root, &first.id, top, NOW).await.expect("revokes");
    assert!(is_last(desk.accounts.revoke(&root, &second.id, top, NOW).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_found_by_name_login_and_role_page_by_page() {
    let desk = Desk::new().await;
    for n in 0..5 {
        desk.person(&format!("editor-{n}"), VILLAGE, &[grant(Role::Editor, VILLAGE)]).await;
    }
    let admin = desk.actor("admin", TOWN, &[grant(Role::Administrator, TOWN)]).await;
    desk.accounts.rename(&admin, &admin.account, "李_100%", NOW).await.expect("renames");
    let found = async |filter: &Filter| {
        let accounts = desk.accounts.accounts(&admin, filter).await.expect("lists");
        accounts.into_iter().map(|account| account.login).collect::<Vec<_>>()
    };
    assert_eq!(found(&filter("_100%")).await, ["admin"]);
    assert!(found(&filter("_200%")).await.is_empty(), "wildcards are letters");
    assert_eq!(found(&filter("OR-3")).await, ["editor-3"]);
    let administrators = Filter { role: Some(Role::Administrator), ..filter("") };
    assert_eq!(found(&administrators).await, ["admin"]);
    let page = Filter { limit: 2, after: "editor-0".into(), ..filter("editor") };
    assert_eq!(found(&page).await, ["editor-1", "editor-2"]);
}

fn filter(words: &str) -> Filter {
    Filter { words: words.into(), limit: 100, ..Filter::default() }
}

// ---- reviewers, as boxes see them ----

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_granted_a_review_is_named_in_what_boxes_read() {
    let desk = Desk::new().await;
    let root = Actor::command_line();
    let chen = desk.person("chen", TOWN, &[grant(Role::FirstReviewer, TOWN)]).await;
    let named = |until| vec![(chen.id.clone(), vec!["first".to_owned()], until)];
    assert_eq!(desk.reviewers(TOWN), named(None));
    assert_eq!(desk.world.target(TOWN, "review.json")["reviewers"][0]["name"], "陈文秀");

    desk.accounts.rename(&root, &chen.id, "陈文锦", NOW + 10).await.expect("renames");
    assert_eq!(desk.world.target(TOWN, "review.json")["reviewers"][0]["name"], "陈文锦");

    desk.accounts.grant(&root, &chen.id, grant(Role::Editor, TOWN), NOW + 20).await.expect("grants");
    assert_eq!(desk.reviewers(TOWN), named(None), "an editor is no reviewer");

    desk.accounts.revoke(&root, &chen.id, grant(Role::FirstReviewer, TOWN), NOW + 30).await.expect("revokes");
    assert_eq!(desk.reviewers(TOWN), named(Some(NOW + 31)), "what was approved before stays approved");
    assert_eq!(
        desk.logged(TOWN).await,
        ["account-create", "password-set", "role-grant", "account-rename", "role-grant", "role-revoke"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_reviewer_approves_nothing_until_enabled_again() {
    let desk = Desk::new().await;
    let root = Actor::command_line();
    let roles = [grant(Role::FirstReviewer, TOWN), grant(Role::FinalReviewer, COUNTY)];
    let chen = desk.person("chen", COUNTY, &roles).await;
    desk.accounts.disable(&root, &chen.id, NOW + 10).await.expect("disables");
    for region in [TOWN, COUNTY] {
        assert_eq!(desk.reviewers(region).iter().map(|one| one.2).collect::<Vec<_>>(), [Some(NOW + 11)]);
    }
    let again = desk.accounts.grant(&root, &chen.id, grant(Role::SecondReviewer, TOWN), NOW + 15).await;
    assert!(matches!(again, Err(AccountError::Disabled)));
    desk.accounts.enable(&root, &chen.id, NOW + 20).await.expect("enables");
    for region in [TOWN, COUNTY] {
        assert_eq!(desk.reviewers(region).iter().map(|one| one.2).collect::<Vec<_>>(), [Some(NOW + 11), None]);
    }
}

// ---- tokens ----

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_never_more_than_its_account() {
    let desk = Desk::new().await;
    let root = Actor::command_line();
    let both = [grant(Role::Editor, TOWN), grant(Role::Operator, TOWN)];
    let chen = desk.actor("chen", TOWN, &both).await;
    let terms = |role, region| TokenTerms {
        name: "推送".into(),
        account: chen.account.clone(),
        grant: grant(role, region),
        days: 30,
    };
    let new = async |actor: &Actor, terms| desk.accounts.new_token(actor, &terms, NOW).await;
    assert!(matches!(new(&root, terms(Role::Editor, COUNTY)).await, Err(AccountError::TokenBeyond)));
    assert!(matches!(new(&root, terms(Role::Auditor, TOWN)).await, Err(AccountError::TokenBeyond)));
    let too_long = TokenTerms { days: 400, ..terms(Role::Editor, TOWN) };
    assert!(matches!(new(&root, too_long).await, Err(AccountError::TokenTerms)));

    let (_, secret) = new(&root, terms(Role::Editor, VILLAGE)).await.expect("makes");
    assert!(secret.starts_with("yxt_") && secret.len() == 47, "{secret}");
    let token = async |now| desk.accounts.token(&secret, now).await.expect("looks");
    let actor = token(NOW).await.expect("holds");
    assert!(actor.may(Action::Write, code(VILLAGE)));
    assert!(!actor.may(Action::Write, code(TOWN)), "its own region alone");
    assert!(!actor.may(Action::EditSections, code(VILLAGE)), "its own role alone");
    assert!(matches!(new(&actor, terms(Role::Editor, VILLAGE)).await, Err(AccountError::TokenByToken)));
    assert!(token(NOW + 30 * 24 * 3_600).await.is_none(), "it expires");

    desk.accounts.revoke(&root, &chen.account, grant(Role::Editor, TOWN), NOW).await.expect("revokes");
    assert!(token(NOW).await.is_none(), "without the role the token is nothing");
    desk.accounts.grant(&root, &chen.account, grant(Role::Editor, TOWN), NOW).await.expect("grants");
    assert!(token(NOW).await.is_some());
    desk.accounts.disable(&root, &chen.account, NOW).await.expect("disables");
    assert!(token(NOW).await.is_none());
    desk.accounts.enable(&root, &chen.account, NOW).await.expect("enables");
    assert!(token(NOW).await.is_none(), "tokens do not come back");
    assert!(desk.accounts.token("yxt_", NOW).await.expect("looks").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_a_token_that_reviews_in_another_name() {
    let desk = Desk::new().await;
    let admin = desk.actor("admin", PROVINCE, &[grant(Role::Administrator, PROVINCE)]).await;
    let reviewer = desk.actor("reviewer", TOWN, &[grant(Role::FinalReviewer, TOWN), grant(Role::Editor, TOWN)]).await;
    let terms =
        |role| TokenTerms { name: "a".into(), account: reviewer.account.clone(), grant: grant(role, TOWN), days: 1 };
    let by_admin = desk.accounts.new_token(&admin, &terms(Role::FinalReviewer), NOW).await;
    assert!(matches!(by_admin, Err(AccountError::TokenOfOther)));
    let other = desk.actor("other", OTHER_TOWN, &[grant(Role::Administrator, OTHER_TOWN)]).await;
    check_forbidden(desk.accounts.new_token(&other, &terms(Role::Editor), NOW).await);
    let (id, secret) = desk.accounts.new_token(&reviewer, &terms(Role::FinalReviewer), NOW).await.expect("makes");
    assert_eq!(desk.accounts.tokens(&admin).await.expect("lists").len(), 1);
    assert!(desk.accounts.tokens(&other).await.expect("lists").is_empty());
    check_forbidden(desk.accounts.revoke_token(&other, &id, NOW).await);
    desk.accounts.revoke_token(&admin, &id, NOW).await.expect("revokes");
    assert!(desk.accounts.token(&secret, NOW).await.expect("looks").is_none());
}

// ---- the log ----

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_was_kept_shows_that_the_end_of_the_log_was_cut_off() {
    let desk = Desk::new().await;
    let store = &desk.accounts.publisher.store;
    desk.person("chen", TOWN, &[grant(Role::Editor, VILLAGE)]).await;
    let mut kept = Vec::new();
    assert_eq!(audit::export(store, RegionCode::GUANGDONG, &mut kept).await.expect("exports"), 3);
    desk.person("li", TOWN, &[]).await;
    let found = async |export: &[u8]| audit::compare(store, export).await.expect("compares");
    assert_eq!(found(&kept).await, [], "what came later does no harm");
    let verdict = log::verify(store, RegionCode::GUANGDONG).await.expect("verifies");
    assert_eq!((verdict.chains, verdict.lines, verdict.broken.len()), (2, 5, 0));

    let text = String::from_utf8(kept.clone()).expect("text");
    let changed = text.replacen("account-create", "account-enable", 1);
    assert_eq!(found(changed.as_bytes()).await.len(), 1, "an export that was changed is found out");
    let cut: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    assert!(audit::compare(store, cut.as_bytes()).await.is_err());

    desk.execute("DROP TRIGGER log_is_kept").await;
    desk.execute(&format!("DELETE FROM log WHERE region = '{TOWN}' AND seq >= 2")).await;
    let verdict = log::verify(store, RegionCode::GUANGDONG).await.expect("verifies");
    assert!(verdict.broken.is_empty(), "the chain alone does not show it");
    let wrong = found(&kept).await;
    assert_eq!(wrong.len(), 1);
    assert_eq!((wrong[0].0.as_str(), wrong[0].1), (TOWN, 2));
}

// ---- the command line ----

fn program(world: &World, arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
        .args(arguments)
        .arg("--data")
        .arg(world.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    // It may have ended before it reads anything.
    let _ = process.stdin.take().expect("its input").write_all(input.as_bytes());
    process.wait_with_output().expect("ends")
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_makes_the_first_administrator() {
    let world = World::new();
    let create = ["admin", "create", "Chief", "--name", "黄志明", "--region", "44", "--role", "administrator"];
    let with = |more: &[&'static str]| [create.as_slice(), more].concat();
    let refused = program(&world, &create, "");
    assert!(!refused.status.success(), "there is no default password");
    assert!(!program(&world, &with(&["--password-stdin"]), "password123\n").status.success());
    succeeds(&program(&world, &with(&["--password-stdin"]), &format!("{PASSWORD}\n")));
    assert!(!program(&world, &with(&["--password-stdin"]), PASSWORD).status.success(), "the login is taken");

    let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts").shared();
    let desk = Desk { world, accounts };
    let cookie = desk.sign_in("chief", PASSWORD, NOW).await.expect("signs in");
    let chief = desk.accounts.session(&cookie, NOW).await.expect("looks").expect("a session").actor;
    assert!(chief.may(Action::ManageAccounts, code(VILLAGE)) && !chief.may(Action::Write, code(VILLAGE)));

    let list = succeeds(&program(&desk.world, &["admin", "list"], ""));
    assert_eq!(list, "chief\t黄志明\t440000000000\tenabled\tadministrator@440000000000\n");
    assert!(!program(&desk.world, &["admin", "disable", "chief"], "").status.success(), "the last administrator");
    let verify = succeeds(&program(&desk.world, &["audit", "verify"], ""));
    assert!(verify.contains("1 chains, 4 lines"), "{verify}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_grants_resets_and_audits() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let create = ["admin", "create", "li", "--name", "李国强", "--region", TOWN, "--link", "https://tv.example.cn/"];
    let link = succeeds(&program(world, &create, ""));
    let secret = link.trim().strip_prefix("https://tv.example.cn/console/password/").expect("a link");
    let now = jiff::Timestamp::now().as_second();
    desk.accounts.use_password_link(secret, PASSWORD, now).await.expect("sets");
    desk.sign_in("li", PASSWORD, now).await.expect("signs in");

    let role = ["--role", "final-reviewer", "--region", TOWN];
    succeeds(&program(world, &[["admin", "grant", "li"].as_slice(), &role].concat(), ""));
    assert_eq!(desk.reviewers(TOWN).len(), 1);
    succeeds(&program(world, &[["admin", "revoke", "li"].as_slice(), &role].concat(), ""));
    assert!(desk.reviewers(TOWN)[0].2.is_some());

    let sessions = succeeds(&program(world, &["admin", "sessions", "li"], ""));
    assert_eq!(sessions.lines().count(), 1);
    succeeds(&program(world, &["admin", "sessions", "li", "--end"], ""));
    succeeds(&program(world, &["admin", "reset-password", "li", "--password-stdin"], "another password"));
    desk.sign_in("li", "another password", now).await.expect("signs in");
    succeeds(&program(world, &["admin", "disable", "li"], ""));
    assert!(desk.sign_in("li", "another password", now).await.is_err());
    assert!(!program(world, &["admin", "grant", "li", "--role", "root", "--region", "44"], "").status.success());

    let out = world.folder.path().join("log.jsonl");
    let out = out.to_str().expect("text");
    succeeds(&program(world, &["audit", "export", "--out", out], ""));
    succeeds(&program(world, &["audit", "verify", "--against", out], ""));
    desk.execute("DROP TRIGGER log_is_kept").await;
    desk.execute(&format!("DELETE FROM log WHERE region = '{TOWN}' AND seq > 3")).await;
    let found = program(world, &["audit", "verify", "--against", out], "");
    assert!(!found.status.success() && String::from_utf8_lossy(&found.stdout).contains("lost its end"));
}

// ---- over HTTP ----

/// A server with a page, a form and an interface, as the console and the API will have them.
struct Site {
    desk: Desk,
    url: String,
    client: Client,
}

impl Site {
    async fn new() -> Site {
        let desk = Desk::new().await;
        let accounts = desk.accounts.clone();
        let app = Router::new()
            .route("/console/", get(async |RequireSession(visitor): RequireSession| visitor.csrf().to_owned()))
            .route(
                "/console/rename",
                post(async |RequireSession(visitor): RequireSession, body: String| format!("{} {body}", visitor.name)),
            )
            .route("/api/me", get(async |visitor: Visitor| visitor.account.clone()).post(async |_: Visitor| "done"))
            .route(
                "/api/drafts",
                get(async |visitor: Visitor| {
                    let checked = visitor.check(Action::SeeDrafts, code(OTHER_TOWN));
                    checked.map(|()| "drafts").map_err(yuexiang_cloud::accounts::web::Problem::from)
                }),
            )
            .route("/api/maybe", get(async |visitor: Option<Visitor>| visitor.is_some().to_string()))
            .merge(routes())
            .layer(from_fn_with_state(accounts.clone(), protect::<Arc<Accounts>>))
            .layer(from_fn(console_headers))
            .with_state(accounts);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Site { desk, url, client }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Signs in as a browser does and returns the cookie.
    async fn cookie(&self, login: &str) -> String {
        let form = [("login", login), ("password", PASSWORD), ("next", "/console/?a=1")];
        let answer = send(self.post("/console/login").header("origin", &self.url).body(encoded(&form))).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/console/?a=1"));
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        cookie.split(';').next().expect("a cookie").to_owned()
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(request: RequestBuilder) -> Response {
    let (client, request) = request.build_split();
    let mut request = request.expect("a request");
    if request.body().is_some() && !request.headers().contains_key("content-type") {
        let form = "application/x-www-form-urlencoded".parse().expect("a value");
        request.headers_mut().insert("content-type", form);
    }
    client.execute(request).await.expect("an answer")
}

fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().expect("text")
}

async fn problem(answer: Response) -> (u16, String) {
    let kind: &HeaderMap = answer.headers();
    assert_eq!(kind["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Json = answer.json().await.expect("JSON");
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().expect("a code").to_owned())
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_people_to_sign_in_and_back_and_an_interface_says_401() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[grant(Role::Editor, TOWN)]).await;
    let answer = send(site.get("/console/?q=%E6%B0%B4")).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(location(&answer), "/console/login?next=%2Fconsole%2F%3Fq%3D%25E6%25B0%25B4");
    assert_eq!(problem(send(site.get("/api/me")).await).await, said(401, "unauthorized"));
    assert_eq!(send(site.get("/api/maybe")).await.text().await.expect("text"), "false");

    let cookie = site.cookie("chen").await;
    assert_eq!(send(site.get("/console/").header("cookie", &cookie)).await.status(), 200);
    assert_eq!(send(site.get("/api/maybe").header("cookie", &cookie)).await.text().await.expect("text"), "true");
    let forbidden = send(site.get("/api/drafts").header("cookie", &cookie)).await;
    assert_eq!(problem(forbidden).await, said(403, "forbidden"));

    let form = [("login", "chen"), ("password", "wrong"), ("next", "https://evil.example/")];
    let answer = send(site.post("/console/login").body(encoded(&form))).await;
    assert_eq!(location(&answer), "/console/login?error=wrong&next=%2Fconsole%2F");
    assert!(!answer.headers().contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_pages_do_nothing_through_a_signed_in_browser() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[]).await;
    let cookie = site.cookie("chen").await;
    let csrf = send(site.get("/console/").header("cookie", &cookie)).await.text().await.expect("text");
    let other = {
        let cookie = site.cookie("chen").await;
        send(site.get("/console/").header("cookie", &cookie)).await.text().await.expect("text")
    };
    assert_ne!(csrf, other);
    let post = |path: &str| site.post(path).header("cookie", &cookie);
    let refused = async |request| assert_eq!(problem(send(request).await).await, said(403, "forged"));

    refused(post("/console/rename").body("a=1")).await;
    refused(post("/console/rename").body(encoded(&[("csrf", &other)]))).await;
    refused(post("/console/rename").body(encoded(&[("csrf", "")]))).await;
    refused(post("/api/me")).await;
    refused(post("/api/me").header("x-csrf-token", &other)).await;
    // The right token does not help another site.
    let right = encoded(&[("a", "1"), ("csrf", &csrf)]);
    refused(post("/console/rename").header("origin", "https://evil.example").body(right.clone())).await;
    refused(post("/console/rename").header("origin", "null").body(right.clone())).await;
    refused(post("/console/rename").header("sec-fetch-site", "cross-site").body(right.clone())).await;
    refused(post("/console/rename").header("sec-fetch-site", "same-site").body(right.clone())).await;
    // Nor does another site sign anybody in.
    let form = encoded(&[("login", "chen"), ("password", PASSWORD)]);
    refused(site.post("/console/login").header("origin", "https://evil.example").body(form)).await;

    let answer = send(post("/console/rename").header("origin", &site.url).body(right.clone())).await;
    assert_eq!(answer.text().await.expect("text"), format!("陈文秀 {right}"), "the form arrives whole");
    let answer = send(post("/api/me").header("x-csrf-token", &csrf).header("sec-fetch-site", "same-origin")).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_presents_a_token_and_nothing_else_counts_then() {
    let site = Site::new().await;
    let chen = site.desk.actor("chen", TOWN, &[grant(Role::Editor, TOWN)]).await;
    let now = jiff::Timestamp::now().as_second();
    let terms =
        TokenTerms { name: "a".into(), account: chen.account.clone(), grant: grant(Role::Editor, TOWN), days: 1 };
    let (_, token) = site.desk.accounts.new_token(&chen, &terms, now).await.expect("makes");
    let answer = send(site.post("/api/me").bearer_auth(&token)).await;
    assert_eq!(answer.status(), 200, "without a form's token");
    let answer = send(site.get("/console/").bearer_auth(&token)).await;
    assert_eq!(answer.status(), 303, "pages are for people");
    let cookie = site.cookie("chen").await;
    let answer = send(site.post("/api/me").header("cookie", &cookie).bearer_auth("yxt_wrong")).await;
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"yuexiang\"");
    assert_eq!(problem(answer).await, said(401, "unauthorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[]).await;
    let before = site.cookie("chen").await;
    let csrf = send(site.get("/console/").header("cookie", &before)).await.text().await.expect("text");
    let form = encoded(&[("login", "chen"), ("password", PASSWORD), ("csrf", &csrf)]);
    let answer = send(site.post("/console/login").header("cookie", &before).body(form)).await;
    let after = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let status = async |cookie: &str| send(site.get("/console/").header("cookie", cookie)).await.status().as_u16();
    assert_eq!((status(&before).await, status(&after).await), (303, 200));

    let csrf = send(site.get("/console/").header("cookie", &after)).await.text().await.expect("text");
    let answer = send(site.post("/console/logout").header("cookie", &after).body(encoded(&[("csrf", &csrf)]))).await;
    assert_eq!(location(&answer), "/console/login");
    assert!(answer.headers()["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert_eq!(status(&after).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_the_password_with_the_link_that_was_sent() {
    let site = Site::new().await;
    let chen = site.desk.person("chen", TOWN, &[]).await;
    let now = jiff::Timestamp::now().as_second();
    let link = site.desk.accounts.new_password_link(&Actor::command_line(), &chen.id, now).await.expect("makes");
    let path = format!("/console/password/{link}");
    let set = async |password: &str, again: &str| {
        let form = encoded(&[("password", password), ("again", again)]);
        location(&send(site.post(&path).body(form)).await).to_owned()
    };
    assert_eq!(set("a new password", "a new passwort").await, format!("{path}?error=different"));
    assert_eq!(set("short", "short").await, format!("{path}?error=short"));
    assert_eq!(set("a new password", "a new password").await, "/console/login?done=password");
    assert_eq!(set("a new password", "a new password").await, format!("{path}?error=link"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_run_no_script_of_others_and_are_stored_nowhere() {
    let site = Site::new().await;
    let answer = send(site.get("/console/")).await;
    let policy = answer.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}
