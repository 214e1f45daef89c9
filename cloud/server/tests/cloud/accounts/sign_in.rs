//! Signing in, sessions, and setting passwords.

use super::*;

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
    let everything = match desk.world.database() {
        Some(address) => std::process::Command::new("pg_dump").arg(address).output().expect("pg_dump").stdout,
        None => {
            desk.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
            std::fs::read(desk.world.data().join("cloud.sqlite")).expect("reads")
        }
    };
    let holds = |text: &str| everything.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(&actor.account), "this is the right database");
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
