//! Who manages whom, what boxes are told of reviewers, and what tokens may do.

use super::*;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_granted_and_taken_back_although_the_copy_for_mirrors_cannot_be_written() {
    let desk = Desk::new().await;
    let reviewer = desk.person("reviewer", VILLAGE, &[]).await;
    let copies = desk.world.data().join("tuf");
    std::fs::remove_dir_all(&copies).ok();
    std::fs::write(&copies, "no folder").expect("writes");
    let (root, role) = (Actor::command_line(), grant(Role::FinalReviewer, VILLAGE));
    desk.accounts.grant(&root, &reviewer.id, role, NOW).await.expect("grants");
    assert_eq!(desk.accounts.account(&reviewer.id).await.expect("reads").grants, [role]);
    desk.accounts.rename(&root, &reviewer.id, "陈秀文", NOW).await.expect("renames");
    desk.accounts.disable(&root, &reviewer.id, NOW).await.expect("disables");
    desk.accounts.enable(&root, &reviewer.id, NOW).await.expect("enables");
    desk.accounts.revoke(&root, &reviewer.id, role, NOW).await.expect("revokes");
    assert_eq!(desk.accounts.account(&reviewer.id).await.expect("reads").grants, []);
}

/// On PostgreSQL, where changes of regions wait for one another.
#[tokio::test(flavor = "multi_thread")]
async fn renaming_somebody_who_reviews_above_where_he_works_never_waits_in_a_circle() {
    let desk = Desk::new().await;
    let reviewer = desk.person("reviewer", VILLAGE, &[grant(Role::FinalReviewer, COUNTY)]).await;
    let store = &desk.accounts.publisher.store;
    // Somebody who changes the county and then the village.
    let mut change = store.change().await.expect("begins");
    change.lock(code(COUNTY)).await.expect("locks");
    let (accounts, id) = (desk.accounts.clone(), reviewer.id.clone());
    let renaming = tokio::spawn(async move { accounts.rename(&Actor::command_line(), &id, "陈秀文", NOW).await });
    if store.db.kind() == yuexiang_cloud::db::Kind::Postgres {
        crate::fixture::eventually("the renaming waits", async || {
            let sql = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                       WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()";
            let (waiting,): (i64,) = store.db.one("looking who waits", sql, Vec::new()).await.ok()?;
            (waiting > 0).then_some(())
        })
        .await;
    }
    change.lock(code(VILLAGE)).await.expect("nobody holds it who waits for the county");
    change.abandon().await.expect("ends");
    renaming.await.expect("ends").expect("renames");
}
