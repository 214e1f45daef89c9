//! Letters and posts: once for each event, whatever dies or fails on the way.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use yuexiang_cloud::config::Secret;
use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::rights::{Actor, Role};
use yuexiang_cloud::notices::config::{HookConfig, HookKind, NoticesConfig, Security, Titles};
use yuexiang_cloud::notices::send::ATTEMPTS;
use yuexiang_cloud::notices::{Kind, Sender, read};
use yuexiang_wire::Step;

use super::servers::{MailServer, Manner, Receiver};
use super::{HOUR, TOWN, execute, kinds, sender, somebody, staff, told};
use crate::desk::{Staff, approve_all, code, desk, hash_of, notice, submitted};
use crate::fixture::{NOW, VILLAGE, World, eventually};

/// Longer than a process may try a message before another one does.
const LEASE: i64 = 121;
const DAY: i64 = 86_400;
/// The town beside.
const BESIDE: &str = "440224104000";

/// Has somebody told by mail, at an address of the same name.
async fn address(desk: &Desk, actor: &Actor, manner: &str) {
    let sql = format!(
        "INSERT INTO notice_setting (account, address, waiting, own, operation, hour, lang)
         VALUES ('{0}', '{0}@example.cn', '{manner}', '{manner}', '{manner}', 8, 'zh')",
        actor.account
    );
    execute(desk, &sql).await;
}

fn mailing(desk: &Desk, server: &MailServer) -> Sender {
    sender(desk, NoticesConfig { gap: 0, mail: Some(server.config()), ..NoticesConfig::default() })
}

/// A village's people, all of whom get letters at once, and a mail server.
async fn set_up(world: &World) -> (Desk, Staff, MailServer) {
    let desk = desk(world).await;
    let staff = staff(&desk).await;
    for actor in staff.reviewers.iter().chain([&staff.editor]) {
        address(&desk, actor, "now").await;
    }
    (desk, staff, MailServer::start(Security::None).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_says_what_waits_and_leads_there_and_is_sent_once() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    let sender = mailing(&desk, &server);
    assert_eq!(sender.round(NOW).await.expect("sends"), 0, "nothing has happened");
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    for later in [0, 1, LEASE, DAY] {
        sender.round(NOW + later).await.expect("sends");
    }
    let letters = server.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = &letters[0];
    assert_eq!(letter.to, ["first@example.cn"]);
    assert_eq!(letter.header("subject"), "【粤乡】“停水通知”等您初审");
    assert_eq!(letter.header("auto-submitted"), "auto-generated");
    assert!(letter.header("from").contains("notice@example.cn"), "{letter:?}");
    assert!(letter.id().ends_with("@example.cn>"), "{letter:?}");
    let link = format!("https://tv.example.cn/console/items/{}", id.replacen('/', "-", 1));
    assert!(letter.body.contains(&link) && letter.body.contains("first，您好"), "{}", letter.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_a_heap_is_told_in_one_letter_that_counts_it() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    let config = NoticesConfig { gap: 600, mail: Some(server.config()), ..NoticesConfig::default() };
    let sender = sender(&desk, config);
    submitted(&desk, &staff, VILLAGE, &notice("第一篇")).await;
    sender.round(NOW).await.expect("sends");
    for number in 0..40 {
        submitted(&desk, &staff, VILLAGE, &notice(&format!("第 {number} 号"))).await;
        sender.round(NOW + number).await.expect("sends");
    }
    assert_eq!(server.letters().len(), 1, "no storm");
    sender.round(NOW + 601).await.expect("sends");
    let letters = server.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[1].header("subject"), "【粤乡】40 条等您审核");
    assert!(letters[1].body.contains("第 0 号") && letters[1].body.contains("第 39 号"), "{}", letters[1].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_the_commit_and_the_letter_leaves_it_to_the_next_one() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    // It dies before it has looked at all.
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    // It dies after it has put the message together.
    mailing(&desk, &server).collect(NOW).await.expect("collects");
    mailing(&desk, &server).round(NOW + 1).await.expect("sends");
    assert_eq!(server.letters().len(), 1);
    // The answer is lost: it may have arrived, so it is sent once more, as the same letter.
    server.behave(Manner { breaks_off: true, ..Manner::default() });
    submitted(&desk, &staff, VILLAGE, &notice("荔枝文化节")).await;
    mailing(&desk, &server).round(NOW + 2).await.expect("tries");
    server.behave(Manner::default());
    mailing(&desk, &server).round(NOW + 3).await.expect("waits");
    assert_eq!(server.letters().len(), 2, "not at once");
    mailing(&desk, &server).round(NOW + 2 + 60).await.expect("sends");
    mailing(&desk, &server).round(NOW + DAY).await.expect("has nothing to do");
    let letters = server.letters();
    assert_eq!(letters.len(), 3);
    assert_eq!(letters[1].id(), letters[2].id(), "known again by its id");
    assert_ne!(letters[0].id(), letters[1].id());
    assert_eq!(letters[1].header("subject"), letters[2].header("subject"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_while_it_sends_has_its_letter_sent_by_the_next_one() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    server.behave(Manner { hangs: true, ..Manner::default() });
    let program = world.serve_with(&server.configuration());
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    eventually("the program begins to send", async || (!server.letters().is_empty()).then_some(())).await;
    // SIGKILL, in the middle of it.
    drop(program);
    server.behave(Manner::default());
    let now = jiff::Timestamp::now().as_second();
    mailing(&desk, &server).round(now).await.expect("waits");
    assert_eq!(server.letters().len(), 1, "it is the dead one's for a while");
    mailing(&desk, &server).round(now + LEASE).await.expect("sends");
    mailing(&desk, &server).round(now + DAY).await.expect("has nothing to do");
    let letters = server.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].id(), letters[1].id(), "whoever got both sees one");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_send_each_letter_once() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    for number in 0..10 {
        let other = somebody(&desk, &format!("reviewer-{number}"), &[(Role::FirstReviewer, TOWN)]).await;
        address(&desk, &other, "now").await;
    }
    for number in 0..3 {
        submitted(&desk, &staff, VILLAGE, &notice(&format!("第 {number} 号"))).await;
    }
    let senders: Vec<Sender> = (0..4).map(|_| mailing(&desk, &server)).collect();
    let rounds = senders.iter().map(|sender| sender.round(NOW));
    for sent in futures_util::future::join_all(rounds).await {
        sent.expect("sends");
    }
    let mut told: Vec<(String, String)> = Vec::new();
    for letter in server.letters() {
        let titles =
            (0..3).map(|number| format!("第 {number} 号")).filter(|title| letter.body.contains(title.as_str()));
        told.extend(titles.map(|title| (letter.to[0].clone(), title)));
    }
    let distinct: BTreeSet<&(String, String)> = told.iter().collect();
    assert_eq!((told.len(), distinct.len()), (33, 33), "eleven people, three texts, each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_down_for_hours_delays_letters_and_loses_none() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    let down = {
        let mut config = server.config();
        // Nobody listens on the port of a listener that is gone.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
        config.port = listener.local_addr().expect("an address").port();
        NoticesConfig { gap: 0, mail: Some(config), ..NoticesConfig::default() }
    };
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let failing = sender(&desk, down);
    let mut tries = 0;
    for minute in 0..5 * 60 {
        failing.round(NOW + minute * 60).await.expect("tries");
        let (attempts,): (i64,) =
            desk.publisher.store.db.one("reading", "SELECT attempts FROM notice_message", vec![]).await.expect("reads");
        tries = attempts;
    }
    assert!((8..ATTEMPTS).contains(&tries), "{tries} tries in five hours");
    assert_eq!(mailing(&desk, &server).round(NOW + 6 * HOUR).await.expect("sends"), 1);
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_waited_out_until_somebody_puts_them_right() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    server.behave(Manner { password: Some("another one"), ..Manner::default() });
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let failing = mailing(&desk, &server);
    for later in [0, 60, 180, 420, 900, 1_900] {
        assert_eq!(failing.round(NOW + later).await.expect("tries"), 0);
    }
    assert!(server.letters().is_empty());
    let sql = "SELECT problem FROM notice_message WHERE state = 'waiting'";
    let (problem,): (Option<String>,) =
        desk.publisher.store.db.one("reading", sql, vec![]).await.expect("it still waits");
    assert!(problem.as_deref().is_some_and(|problem| problem.contains("535")), "{problem:?}");
    server.behave(Manner::default());
    assert_eq!(failing.round(NOW + 2 * HOUR).await.expect("sends"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_given_up_with_a_line_in_the_log_and_a_word_to_the_operator() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    let operator = somebody(&desk, "operator", &[(Role::Operator, TOWN)]).await;
    address(&desk, &operator, "now").await;
    server.behave(Manner { refuse: Some("550 5.1.1 no such user"), ..Manner::default() });
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let failing = mailing(&desk, &server);
    for later in [0, 60, 180, HOUR, DAY, 2 * DAY] {
        failing.round(NOW + later).await.expect("tries");
    }
    let db = &desk.publisher.store.db;
    let sql = "SELECT state, attempts FROM notice_message";
    let messages: Vec<(String, i64)> = db.all("reading", sql, vec![]).await.expect("reads");
    assert_eq!(messages, [("failed".to_owned(), 3)], "and nothing tells by mail that mail fails");
    let sql = "SELECT object, detail FROM log WHERE action = 'notice-failed'";
    let logged: Vec<(String, String)> = db.all("reading", sql, vec![]).await.expect("reads");
    assert!(logged.len() == 1 && logged[0].0 == "first" && logged[0].1.contains("no such user"), "{logged:?}");
    assert_eq!(kinds(&desk, &operator).await, [Kind::Failed]);
    let found = read::delivery(db, &operator, NOW).await.expect("reads");
    assert!(found.waiting == 0 && found.failed.len() == 1 && found.failed[0].0 == "first", "{found:?}");
    let elsewhere = read::delivery(db, &staff.editor, NOW).await.expect("reads");
    assert!(elsewhere.failed.is_empty(), "an editor is not told of others' addresses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_with_line_breaks_begins_no_header_of_its_own() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    // No form takes such a title; whatever else has written it is not trusted either.
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let title = "停水\r\nBcc: all@example.cn\r\n\r\n<b>";
    let values = vec![yuexiang_cloud::db::Value::from(title)];
    desk.publisher.store.db.execute("spoiling", "UPDATE item SET title = $1", values).await.expect("runs");
    mailing(&desk, &server).round(NOW).await.expect("sends");
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, ["first@example.cn"], "to nobody else");
    assert_eq!(letters[0].header("bcc"), "");
    assert!(letters[0].header("subject").starts_with("【粤乡】“停水 Bcc: all@example.cn"), "{:?}", letters[0].headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_as_they_have_chosen() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let server = MailServer::start(Security::None).await;
    for manner in ["daily", "never"] {
        let other = somebody(&desk, manner, &[(Role::FirstReviewer, TOWN)]).await;
        address(&desk, &other, manner).await;
    }
    // Without a confirmed address nothing is sent.
    let sender = mailing(&desk, &server);
    submitted(&desk, &staff, VILLAGE, &notice("第一篇")).await;
    submitted(&desk, &staff, VILLAGE, &notice("第二篇")).await;
    sender.round(NOW + 8 * HOUR - 1).await.expect("waits");
    assert!(server.letters().is_empty(), "{:?}", server.letters());
    sender.round(NOW + 8 * HOUR).await.expect("sends");
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0].to[0], letters[0].header("subject")),
        (&"daily@example.cn".to_owned(), "【粤乡】2 条等您审核")
    );
    // Whoever changes their mind is not told what was to come.
    submitted(&desk, &staff, VILLAGE, &notice("第三篇")).await;
    execute(&desk, "UPDATE notice_setting SET waiting = 'never'").await;
    sender.round(NOW + 2 * DAY).await.expect("drops it");
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_tells_nothing_that_is_settled_read_or_no_longer_ones_business() {
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    let sender = mailing(&desk, &server);
    let (one, two, three) = (notice("停水通知"), notice("荔枝文化节"), notice("修路"));
    let settled = submitted(&desk, &staff, VILLAGE, &one).await;
    let hash = hash_of(&desk, &settled).await;
    desk.reject(&staff.reviewers[0], &settled, Step::First, &hash, "缺时间", NOW).await.expect("rejects");
    submitted(&desk, &staff, VILLAGE, &two).await;
    let read = told(&desk, &staff.reviewers[0]).await[0].id.clone();
    let db = &desk.publisher.store.db;
    read::mark(db, "first", &read::Which::These(&[read]), NOW).await.expect("marks");
    submitted(&desk, &staff, VILLAGE, &three).await;
    sender.round(NOW).await.expect("sends");
    let to_first: Vec<_> = server.letters().into_iter().filter(|letter| letter.to[0].starts_with("first@")).collect();
    assert_eq!(to_first.len(), 1);
    let body = &to_first[0].body;
    assert!(body.contains("修路") && !body.contains("停水") && !body.contains("荔枝"), "{body}");
    // The role is taken away between the event and the letter.
    submitted(&desk, &staff, VILLAGE, &notice("秘密")).await;
    execute(&desk, "DELETE FROM role_grant WHERE account = 'first'").await;
    sender.round(NOW + 1).await.expect("drops it");
    assert!(server.letters().iter().all(|letter| !letter.body.contains("秘密")));
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_go_over_tls_when_that_is_asked_for_and_to_no_server_that_cannot_prove_its_name() {
    for security in [Security::Tls, Security::Starttls] {
        let world = World::new();
        let (desk, staff, _) = set_up(&world).await;
        let server = MailServer::start(security).await;
        submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
        let mut stranger = server.config();
        stranger.ca_file = None;
        let config = NoticesConfig { gap: 0, mail: Some(stranger), ..NoticesConfig::default() };
        assert_eq!(sender(&desk, config).round(NOW).await.expect("tries"), 0);
        assert!(server.letters().is_empty(), "{security:?}: nobody knows whose certificate that is");
        assert_eq!(mailing(&desk, &server).round(NOW + 60).await.expect("sends"), 1, "{security:?}");
        assert_eq!(server.letters().len(), 1);
    }
    // A server that offers no STARTTLS gets neither password nor letter.
    let world = World::new();
    let (desk, staff, server) = set_up(&world).await;
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let mut config = server.config();
    config.security = Security::Starttls;
    let config = NoticesConfig { gap: 0, mail: Some(config), ..NoticesConfig::default() };
    assert_eq!(sender(&desk, config).round(NOW).await.expect("tries"), 0);
    assert!(server.letters().is_empty());
}

fn hook(name: &str, kind: HookKind, receiver: &Receiver, titles: Titles) -> HookConfig {
    HookConfig {
        name: name.to_owned(),
        kind,
        url: Secret::new(&receiver.url),
        secret: (kind == HookKind::Dingtalk).then(|| Secret::new("SECtest")),
        region: code(TOWN),
        events: vec![Kind::Waits, Kind::Published, Kind::Returned],
        titles,
        gap: 0,
    }
}

async fn posting(desk: &Desk, hooks: Vec<HookConfig>) -> Sender {
    let sender = sender(desk, NoticesConfig { gap: 0, hooks, ..NoticesConfig::default() });
    sender.announce(NOW).await.expect("announces");
    sender
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_told_by_their_robots_each_in_its_own_way() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let [wecom, dingtalk, generic] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let hooks = vec![
        hook("工作群", HookKind::Wecom, &wecom, Titles::All),
        hook("钉钉群", HookKind::Dingtalk, &dingtalk, Titles::All),
        hook("值班系统", HookKind::Generic, &generic, Titles::All),
    ];
    let sender = posting(&desk, hooks).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    for later in [0, 1, DAY] {
        sender.round(NOW + later).await.expect("posts");
    }
    for receiver in [&wecom, &dingtalk] {
        let posts = receiver.posts();
        assert_eq!(posts.len(), 1);
        assert_eq!((&posts[0].body["msgtype"], posts[0].query["key"].as_str()), (&Json::from("text"), "k"));
        let text = posts[0].body["text"]["content"].as_str().expect("a text");
        assert!(text.contains("“停水通知”等待初审") && text.contains("扶溪镇"), "{text}");
    }
    let query = dingtalk.posts()[0].query.clone();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"SECtest");
    let signed = format!("{}\nSECtest", query["timestamp"]);
    let sign = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &query["sign"]).expect("base64");
    aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &sign).expect("signed as the robot asks");
    let posted = generic.posts().remove(0);
    let notice = &posted.body["notices"][0];
    assert_eq!((notice["kind"].as_str(), notice["item"].as_str()), (Some("waits"), Some(id.as_str())));
    assert_eq!(posted.body["id"].as_str(), Some(posted.key.as_str()));
    // What is beside the region is told to nobody.
    let beside = Staff {
        editor: somebody(&desk, "beside", &[(Role::Editor, BESIDE)]).await,
        reviewers: staff.reviewers.clone(),
    };
    submitted(&desk, &beside, BESIDE, &crate::desk::notice("别处")).await;
    sender.round(NOW + 2 * DAY).await.expect("posts");
    assert_eq!(wecom.posts().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_reads_the_titles_that_the_configuration_lets_it_read() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let [published, none, all] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let hooks = vec![
        hook("published", HookKind::Wecom, &published, Titles::Published),
        hook("none", HookKind::Generic, &none, Titles::None),
        hook("all", HookKind::Wecom, &all, Titles::All),
    ];
    let sender = posting(&desk, hooks).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    sender.round(NOW).await.expect("posts");
    let hash = hash_of(&desk, &id).await;
    desk.reject(&staff.reviewers[0], &id, Step::First, &hash, "内情", NOW).await.expect("rejects");
    sender.round(NOW + 1).await.expect("posts");
    desk.submit(&staff.editor, &id, 1, NOW + 2).await.expect("submits");
    approve_all(&desk, &staff, &id).await;
    sender.round(NOW + 3).await.expect("posts");
    let texts = |receiver: &Receiver| -> Vec<String> {
        receiver.posts().into_iter().map(|posted| posted.body.to_string()).collect()
    };
    let (published, none, all) = (texts(&published), texts(&none), texts(&all));
    assert_eq!((published.len(), none.len(), all.len()), (3, 3, 3), "{published:?}");
    assert!(!published[0].contains("停水") && !published[1].contains("停水"), "not published yet: {published:?}");
    assert!(published[2].contains("“停水通知”已发布"), "{published:?}");
    assert!(published.iter().chain(&none).all(|text| !text.contains("内情")), "no reason either");
    assert!(none.iter().all(|text| !text.contains("停水") && !text.contains(&id)), "{none:?}");
    assert!(all[0].contains("停水通知") && all[1].contains("内情"), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_does_not_take_a_post_gets_it_again_under_the_same_number() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let (limited, broken) = (Receiver::start().await, Receiver::start().await);
    let hooks = vec![
        hook("limited", HookKind::Wecom, &limited, Titles::All),
        hook("broken", HookKind::Generic, &broken, Titles::All),
    ];
    let sender = posting(&desk, hooks).await;
    limited.answer(200, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}");
    broken.answer(503, "later");
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    assert_eq!(sender.round(NOW).await.expect("tries"), 0);
    let sql = "SELECT recipient, problem FROM notice_message ORDER BY recipient";
    let rows: Vec<(String, Option<String>)> = desk.publisher.store.db.all("reading", sql, vec![]).await.expect("reads");
    let problems = format!("{rows:?}");
    assert!(problems.contains("45009") && problems.contains("503"), "{problems}");
    assert!(!problems.contains("key=k"), "the address is a secret: {problems}");
    limited.answer(200, "{\"errcode\":0}");
    broken.answer(200, "");
    assert_eq!(sender.round(NOW + 60).await.expect("posts"), 2);
    assert_eq!(sender.round(NOW + DAY).await.expect("has nothing to do"), 0);
    let keys: Vec<String> = broken.posts().into_iter().map(|posted| posted.key).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1] && !keys[0].is_empty(), "{keys:?}");
}
