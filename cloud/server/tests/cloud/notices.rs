//! Who is told of what: in the transaction in which it happens, once, and nobody who may not know.

use yuexiang_cloud::db::{Db, Value};
use yuexiang_cloud::desk::rights::{Actor, Grant, Role};
use yuexiang_cloud::desk::{Desk, DeskError};
use yuexiang_cloud::notices::config::NoticesConfig;
use yuexiang_cloud::notices::read::{self, About, Notice, Wanted, Which};
use yuexiang_cloud::notices::{Kind, Sender};
use yuexiang_wire::Step;

use crate::desk::{Staff, approve_all, code, desk, hash_of, notice, person, submitted};
use crate::fixture::{LINEAGE, NOW, VILLAGE, World};

mod delivery;
mod servers;
mod whole;

const TOWN: &str = LINEAGE[3];
const OTHER_VILLAGE: &str = "440224103202";
const HOUR: i64 = 3_600;

/// Somebody who can sign in and has roles, in the database too.
async fn somebody(desk: &Desk, id: &str, grants: &[(Role, &str)]) -> Actor {
    let actor = person(desk, id, grants).await;
    execute(desk, &format!("UPDATE account SET login = '{id}' WHERE id = '{id}'")).await;
    for (role, region) in grants {
        let sql = format!(
            "INSERT INTO role_grant (account, role, region, granter, granted)
             VALUES ('{id}', '{}', '{region}', 'test', {NOW})",
            role.slug()
        );
        execute(desk, &sql).await;
    }
    actor
}

async fn execute(desk: &Desk, sql: &str) {
    desk.publisher.store.db.execute("preparing", sql, vec![]).await.expect("runs");
}

/// An editor and three reviewers of the village who can sign in.
async fn staff(desk: &Desk) -> Staff {
    Staff {
        editor: somebody(desk, "editor", &[(Role::Editor, VILLAGE)]).await,
        reviewers: [
            somebody(desk, "first", &[(Role::FirstReviewer, VILLAGE)]).await,
            somebody(desk, "second", &[(Role::SecondReviewer, VILLAGE)]).await,
            somebody(desk, "final", &[(Role::FinalReviewer, VILLAGE)]).await,
        ],
    }
}

/// Somebody's notices, the newest first.
async fn told(desk: &Desk, actor: &Actor) -> Vec<Notice> {
    let wanted = Wanted { unread: false, after: "", limit: 200 };
    read::list(&desk.publisher.store.db, actor, wanted).await.expect("lists")
}

async fn kinds(desk: &Desk, actor: &Actor) -> Vec<Kind> {
    told(desk, actor).await.into_iter().map(|notice| notice.kind).collect()
}

async fn unread(desk: &Desk, actor: &Actor) -> i64 {
    read::unread(&desk.publisher.store.db, &actor.account).await.expect("counts")
}

fn sender(desk: &Desk, config: NoticesConfig) -> Sender {
    let url = "https://tv.example.cn/".parse().expect("an address");
    Sender::open(desk.publisher.store.clone(), config, Some(&url)).expect("opens")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_review_a_text_now_is_told_and_nobody_else() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let above = somebody(&desk, "town-first", &[(Role::FirstReviewer, TOWN)]).await;
    let beside = somebody(&desk, "beside", &[(Role::FirstReviewer, OTHER_VILLAGE)]).await;
    let writes_too = somebody(&desk, "writes", &[(Role::Editor, VILLAGE), (Role::FirstReviewer, VILLAGE)]).await;
    let auditor = somebody(&desk, "auditor", &[(Role::Auditor, TOWN)]).await;
    let away = somebody(&desk, "gone", &[(Role::FirstReviewer, VILLAGE)]).await;
    execute(&desk, "UPDATE account SET disabled = 1 WHERE id = 'gone'").await;
    let all = |staff: &Staff| [staff.editor.clone(), staff.reviewers[1].clone(), staff.reviewers[2].clone()];

    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    for reviewer in [&staff.reviewers[0], &above, &writes_too] {
        assert_eq!(kinds(&desk, reviewer).await, [Kind::Waits], "{}", reviewer.account);
    }
    for other in all(&staff).iter().chain([&beside, &auditor, &away]) {
        assert!(kinds(&desk, other).await.is_empty(), "{}", other.account);
    }
    let waits = &told(&desk, &above).await[0];
    let expected = About::Item { id: id.clone(), title: "停水通知".to_owned(), is_on_air: false };
    assert_eq!((&waits.item, waits.step, waits.actor.as_str()), (&expected, Some(Step::First), "editor"));

    // One step on: the next are told, and nothing is left for those before.
    let hash = hash_of(&desk, &id).await;
    desk.approve(&staff.reviewers[0], &id, Step::First, &hash, NOW + 1).await.expect("approves");
    assert_eq!(unread(&desk, &above).await, 0, "it is settled");
    assert_eq!(kinds(&desk, &staff.reviewers[1]).await, [Kind::Waits]);
    assert!(kinds(&desk, &staff.editor).await.is_empty());
    desk.approve(&staff.reviewers[1], &id, Step::Second, &hash, NOW + 2).await.expect("approves");
    desk.approve(&staff.reviewers[2], &id, Step::Final, &hash, NOW + 3).await.expect("approves");
    let published = &told(&desk, &staff.editor).await[0];
    assert_eq!((published.kind, published.actor.as_str()), (Kind::Published, "final"));
    assert_eq!(unread(&desk, &staff.reviewers[2]).await, 0);
    desk.withdraw(&staff.reviewers[2], &id, "时间有误", NOW + 4).await.expect("withdraws");
    let withdrawn = &told(&desk, &staff.editor).await[0];
    assert_eq!((withdrawn.kind, withdrawn.detail["reason"].as_str()), (Kind::Withdrawn, Some("时间有误")));

    // A text of somebody who reviews as well is nothing for that person to review.
    let own = Staff { editor: writes_too.clone(), reviewers: staff.reviewers.clone() };
    submitted(&desk, &own, VILLAGE, &notice("荔枝文化节")).await;
    assert_eq!(told(&desk, &writes_too).await.len(), 1, "of the other text alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_or_has_ended_is_told_to_its_writers_with_the_reason() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let helper = somebody(&desk, "helper", &[(Role::Editor, VILLAGE)]).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&desk, &id).await;
    desk.reject(&staff.reviewers[0], &id, Step::First, &hash, "缺时间", NOW + 1).await.expect("rejects");
    let returned = &told(&desk, &staff.editor).await[0];
    assert_eq!((returned.kind, returned.detail["reason"].as_str()), (Kind::Returned, Some("缺时间")));
    assert_eq!(returned.actor, "first");
    // Another person goes on with the text: from now on it is the text of both.
    let mut draft = notice("停水通知");
    draft.body = "明日上午停水。".to_owned();
    draft.not_after = Some(NOW + HOUR);
    let saved = desk.save(&helper, &id, 1, &draft, NOW + 2).await.expect("saves");
    desk.submit(&helper, &id, saved.revision, NOW + 2).await.expect("submits");
    approve_all(&desk, &staff, &id).await;
    assert_eq!(kinds(&desk, &helper).await, [Kind::Published]);
    desk.expire(NOW + 2 * HOUR).await.expect("expires");
    for writer in [&staff.editor, &helper] {
        assert_eq!(kinds(&desk, writer).await[0], Kind::Expired, "{}", writer.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_twice_or_refused_is_told_once_or_not_at_all() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let saved = desk
        .create(&staff.editor, code(VILLAGE), &notice("停水通知"), yuexiang_cloud::desk::items::Origin::Desk, NOW)
        .await
        .expect("creates");
    for _ in 0..3 {
        desk.submit(&staff.editor, &saved.id, saved.revision, NOW).await.expect("submits");
    }
    let hash = hash_of(&desk, &saved.id).await;
    assert_eq!(kinds(&desk, &staff.reviewers[0]).await, [Kind::Waits]);
    for _ in 0..3 {
        desk.approve(&staff.reviewers[0], &saved.id, Step::First, &hash, NOW).await.expect("approves");
    }
    assert_eq!(kinds(&desk, &staff.reviewers[1]).await, [Kind::Waits]);
    for _ in 0..3 {
        desk.reject(&staff.reviewers[1], &saved.id, Step::Second, &hash, "缺时间", NOW).await.expect("rejects");
    }
    assert_eq!(kinds(&desk, &staff.editor).await, [Kind::Returned]);
    let refused = desk.approve(&staff.reviewers[1], &saved.id, Step::Second, &hash, NOW).await;
    assert!(matches!(refused, Err(DeskError::Denied { .. })), "{refused:?}");
    assert_eq!(kinds(&desk, &staff.reviewers[2]).await, [], "what was not done is not told");
    // A transaction that does not come to its end leaves nothing behind.
    let mut change = desk.publisher.store.change().await.expect("begins");
    change.set_state(&saved.id, yuexiang_cloud::desk::state::State::Review(Step::Final), NOW).await.expect("moves");
    change.abandon().await.expect("ends");
    assert_eq!(kinds(&desk, &staff.reviewers[2]).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_right_to_see_an_item_reads_neither_title_nor_reason() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let hash = hash_of(&desk, &id).await;
    desk.reject(&staff.reviewers[0], &id, Step::First, &hash, "缺时间", NOW + 1).await.expect("rejects");
    let check = async |role: Option<Role>, sees: bool| {
        let grants = role.map(|role| Grant { role, region: code(VILLAGE) }).into_iter().collect();
        let now = Actor { grants, ..staff.editor.clone() };
        let notice = told(&desk, &now).await.remove(0);
        assert_eq!(matches!(notice.item, About::Item { .. }), sees, "{role:?}");
        assert_eq!(notice.detail["reason"].is_string(), sees, "{role:?}");
    };
    check(Some(Role::Editor), true).await;
    check(Some(Role::Auditor), true).await;
    check(Some(Role::Installer), false).await;
    check(Some(Role::Operator), false).await;
    check(None, false).await;
    // A draft that was deleted is gone for everybody.
    desk.delete(&staff.editor, &id, NOW + 2).await.expect("deletes");
    assert_eq!(told(&desk, &staff.editor).await[0].item, About::Hidden);
    assert_eq!(unread(&desk, &staff.reviewers[0]).await, 0, "nothing is left to be reviewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_read_one_by_one_or_all_that_were_shown() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    for number in 0..5 {
        submitted(&desk, &staff, VILLAGE, &notice(&format!("第 {number} 号"))).await;
    }
    let (db, me) = (&desk.publisher.store.db, &staff.reviewers[0]);
    assert_eq!(unread(&desk, me).await, 5);
    let shown = told(&desk, me).await;
    submitted(&desk, &staff, VILLAGE, &notice("后来的")).await;
    let one = [shown[3].id.clone()];
    assert_eq!(read::mark(db, &me.account, &Which::These(&one), NOW).await.expect("marks"), 1);
    assert_eq!(read::mark(db, &me.account, &Which::These(&one), NOW).await.expect("marks"), 0, "once");
    assert_eq!(unread(&desk, me).await, 5);
    assert_eq!(read::mark(db, &me.account, &Which::UpTo(&shown[0].id), NOW).await.expect("marks"), 4);
    let left: Vec<Notice> = read::list(db, me, Wanted { unread: true, after: "", limit: 10 }).await.expect("lists");
    assert_eq!(left.len(), 1, "what came after it was shown stays unread");
    assert_eq!(read::mark(db, "second", &Which::UpTo(&left[0].id), NOW).await.expect("marks"), 0, "one's own alone");
    let page = read::list(db, me, Wanted { unread: false, after: &shown[1].id, limit: 2 }).await.expect("lists");
    assert_eq!(page.iter().map(|notice| &notice.id).collect::<Vec<_>>(), [&shown[2].id, &shown[3].id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_is_waited_for_too_long_is_told_once_and_what_boxes_refuse_once_a_day() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let operator = somebody(&desk, "operator", &[(Role::Operator, TOWN)]).await;
    let sender = sender(&desk, NoticesConfig::default());
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    sender.keep_house(NOW + 47 * HOUR).await.expect("looks");
    assert_eq!(kinds(&desk, &staff.reviewers[0]).await, [Kind::Waits]);
    for _ in 0..3 {
        sender.keep_house(NOW + 48 * HOUR).await.expect("looks");
    }
    assert_eq!(kinds(&desk, &staff.reviewers[0]).await, [Kind::Overdue, Kind::Waits]);
    let hash = hash_of(&desk, &id).await;
    desk.approve(&staff.reviewers[0], &id, Step::First, &hash, NOW + 49 * HOUR).await.expect("approves");
    assert_eq!(unread(&desk, &staff.reviewers[0]).await, 0, "both are settled");
    sender.keep_house(NOW + 50 * HOUR).await.expect("looks");
    assert_eq!(kinds(&desk, &staff.reviewers[1]).await, [Kind::Waits], "the next review begins to be waited for");

    let report = async |at: i64| {
        let sql = "INSERT INTO box_report (day, object, why, village, boxes, version, seen)
                   VALUES ($1, $2, 'untrusted', $2, 3, 1, $3)";
        let day = yuexiang_cloud::pack::china_date(at).to_string();
        let values = vec![Value::from(day), Value::from(VILLAGE), Value::from(at)];
        desk.publisher.store.db.execute("reporting", sql, values).await.expect("reports");
        for _ in 0..3 {
            sender.keep_house(at).await.expect("looks");
        }
    };
    report(NOW + 51 * HOUR).await;
    assert_eq!(kinds(&desk, &operator).await, [Kind::Refused]);
    assert_eq!(told(&desk, &operator).await[0].detail["boxes"], 3);
    report(NOW + 75 * HOUR).await;
    assert_eq!(kinds(&desk, &operator).await, [Kind::Refused, Kind::Refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_loses_a_review_is_told_to_its_writers_and_to_those_who_give_that_review_anew() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    let other = somebody(&desk, "other-first", &[(Role::FirstReviewer, VILLAGE)]).await;
    let id = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    approve_all(&desk, &staff, &id).await;
    desk.publisher.revoke_reviewer("first", None, "test", NOW + 2).await.expect("revokes");
    assert_eq!(kinds(&desk, &staff.editor).await, [Kind::OffAir, Kind::Published]);
    assert_eq!(kinds(&desk, &other).await, [Kind::Waits, Kind::Waits], "once at first, and once more");
    assert_eq!(unread(&desk, &other).await, 1);
}

/// How many rows a table has.
async fn count(db: &Db, table: &str) -> i64 {
    let (count,): (i64,) = db.one("counting", &format!("SELECT count(*) FROM {table}"), vec![]).await.expect("counts");
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn old_notices_are_forgotten_with_everything_that_hangs_on_them() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk).await;
    submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    let sender = sender(&desk, NoticesConfig { overdue: 1_000 * 86_400, ..NoticesConfig::default() });
    sender.keep_house(NOW + 179 * 86_400).await.expect("looks");
    let db = &desk.publisher.store.db;
    assert_eq!((count(db, "notice").await, count(db, "notice_event").await), (1, 1));
    sender.keep_house(NOW + 181 * 86_400).await.expect("looks");
    assert_eq!((count(db, "notice").await, count(db, "notice_event").await), (0, 0));
}
