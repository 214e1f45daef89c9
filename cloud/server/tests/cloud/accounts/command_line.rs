//! The log as a file, and the command line.

use super::*;
use crate::fixture::unguard_log;

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

    unguard_log(&desk.accounts.publisher.store.db).await;
    desk.execute(&format!("DELETE FROM log WHERE region = '{TOWN}' AND seq >= 2")).await;
    let verdict = log::verify(store, RegionCode::GUANGDONG).await.expect("verifies");
    assert!(verdict.broken.is_empty(), "the chain alone does not show it");
    let wrong = found(&kept).await;
    assert_eq!(wrong.len(), 1);
    assert_eq!((wrong[0].0.as_str(), wrong[0].1), (TOWN, 2));
}

fn program(world: &World, arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud"))
        .args(arguments)
        .arg("--data")
        .arg(world.data())
        .envs(world.database().map(|address| ("YUEXIANG_DATABASE", address)))
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
    unguard_log(&desk.accounts.publisher.store.db).await;
    desk.execute(&format!("DELETE FROM log WHERE region = '{TOWN}' AND seq > 3")).await;
    let found = program(world, &["audit", "verify", "--against", out], "");
    assert!(!found.status.success() && String::from_utf8_lossy(&found.stdout).contains("lost its end"));
}
