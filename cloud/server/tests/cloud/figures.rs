//! What boxes count: once, within bounds, and told to nobody else.

use futures_util::TryStreamExt;
use reqwest::Client;
use serde_json::{Value, json};
use yuexiang_cloud::desk::rights::{Actor, Role};
use yuexiang_cloud::desk::{Desk, DeskError};
use yuexiang_cloud::figures::Sum;
use yuexiang_cloud::figures::batch::Batch;
use yuexiang_cloud::figures::read::Range;
use yuexiang_wire::FORMAT;

use crate::desk::{approve_all, code, desk, notice, person, staff, submitted};
use crate::fixture::{NOW, PROVINCE, VILLAGE, World};

const COUNTY: &str = "440224000000";
const TOWN: &str = "440224103000";
const NEIGHBOUR: &str = "440224103202";
const OTHER_COUNTY: &str = "440205000000";

fn batch(number: u32, village: &str, day: &str, item: &str, views: u32) -> Value {
    json!({
        "format": FORMAT, "id": format!("{number:032x}"), "village": village, "day": day,
        "counts": [{ "item": item, "views": views, "plays": 2, "seconds": 125 }],
    })
}

async fn take(desk: &Desk, batch: &Value) -> bool {
    let batch = Batch::parse(batch.to_string().as_bytes(), NOW).expect("a batch");
    desk.take_views(&batch, NOW).await.expect("takes")
}

/// An item of the village that is on the air.
async fn on_air(desk: &Desk, region: &str, title: &str) -> String {
    let staff = staff(desk, &format!("s{region}"), region).await;
    let id = submitted(desk, &staff, region, &notice(title)).await;
    approve_all(desk, &staff, &id).await;
    id
}

fn days() -> Range {
    Range::last(30, NOW)
}

async fn total(desk: &Desk, actor: &Actor, region: &str) -> Sum {
    let mut total = Sum::default();
    for (_, sum) in desk.views_by_day(actor, code(region), days()).await.expect("reads") {
        total += sum;
    }
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_sent_twice_counts_once_on_every_level() {
    let world = World::new();
    let desk = desk(&world).await;
    let item = on_air(&desk, VILLAGE, "停水通知").await;
    assert!(take(&desk, &batch(1, VILLAGE, "2026-10-31", &item, 3)).await);
    assert!(!take(&desk, &batch(1, VILLAGE, "2026-10-31", &item, 3)).await);
    assert!(take(&desk, &batch(2, VILLAGE, "2026-11-01", &item, 4)).await);
    let editor = person(&desk, "editor", &[(Role::Editor, PROVINCE)]).await;
    for region in [VILLAGE, TOWN, COUNTY, PROVINCE] {
        assert_eq!(total(&desk, &editor, region).await, Sum { views: 7, plays: 4, seconds: 250 }, "{region}");
        let most = desk.most_viewed(&editor, code(region), days(), 5).await.expect("reads");
        assert_eq!((most.len(), most[0].item.id.as_str(), most[0].sum.views), (1, item.as_str(), 7), "{region}");
    }
    let below = desk.views_by_region(&editor, code(TOWN), days()).await.expect("reads");
    assert_eq!(below, [(code(VILLAGE), Sum { views: 7, plays: 4, seconds: 250 })]);
    let by_village = desk.views_of_item(&editor, code(PROVINCE), &item, days()).await.expect("reads");
    assert_eq!(by_village[0].0, code(VILLAGE));
    let per_day = desk.views_by_day(&editor, code(VILLAGE), days()).await.expect("reads");
    assert_eq!((per_day.len(), per_day[28].1.views, per_day[29].1.views), (30, 3, 4));
    // Long after, the names of batches are forgotten; the counts are not.
    assert_eq!(desk.forget_batches(NOW + 91 * 86_400).await.expect("forgets"), 2);
    assert_eq!(total(&desk, &editor, VILLAGE).await.views, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_the_village_was_never_shown_are_passed_over() {
    let world = World::new();
    let desk = desk(&world).await;
    let elsewhere = on_air(&desk, NEIGHBOUR, "邻村的通知").await;
    let staff = staff(&desk, "own", VILLAGE).await;
    let draft = submitted(&desk, &staff, VILLAGE, &notice("还没审完")).await;
    for (number, item) in [(1, elsewhere.as_str()), (2, &draft), (3, "440224103201/unknown")] {
        assert!(!take(&desk, &batch(number, VILLAGE, "2026-11-01", item, 3)).await, "{item}");
    }
    assert_eq!(total(&desk, &staff.editor, VILLAGE).await, Sum::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_one_region_are_not_told_in_another() {
    let world = World::new();
    let desk = desk(&world).await;
    let item = on_air(&desk, VILLAGE, "停水通知").await;
    take(&desk, &batch(1, VILLAGE, "2026-11-01", &item, 3)).await;
    let outsider = person(&desk, "outsider", &[(Role::Administrator, OTHER_COUNTY)]).await;
    let villager = person(&desk, "villager", &[(Role::Editor, VILLAGE)]).await;
    assert_eq!(total(&desk, &outsider, OTHER_COUNTY).await, Sum::default());
    let forbidden = |result: Result<(), DeskError>| matches!(result, Err(DeskError::Forbidden(_)));
    for region in [VILLAGE, TOWN, PROVINCE] {
        let region = code(region);
        assert!(forbidden(desk.views_by_day(&outsider, region, days()).await.map(drop)));
        assert!(forbidden(desk.views_by_region(&outsider, region, days()).await.map(drop)));
        assert!(forbidden(desk.most_viewed(&outsider, region, days(), 5).await.map(drop)));
        assert!(forbidden(desk.views_of_item(&outsider, region, &item, days()).await.map(drop)));
        assert!(forbidden(desk.export_views(&outsider, region, days()).await.map(drop)));
    }
    assert!(forbidden(desk.export_views(&villager, code(VILLAGE), days()).await.map(drop)), "an editor reads only");
    assert!(forbidden(desk.views_by_day(&villager, code(TOWN), days()).await.map(drop)), "nor of the town");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_a_table_that_excel_reads() {
    let world = World::new();
    let desk = desk(&world).await;
    let item = on_air(&desk, VILLAGE, "停水,停电").await;
    take(&desk, &batch(1, VILLAGE, "2026-10-30", &item, 3)).await;
    take(&desk, &batch(2, VILLAGE, "2026-10-31", &item, 4)).await;
    take(&desk, &batch(3, VILLAGE, "2026-11-01", &item, 9)).await;
    let operator = person(&desk, "operator", &[(Role::Operator, COUNTY)]).await;
    let table = async || {
        let month = Range::month("2026-10").expect("a month");
        let lines = desk.export_views(&operator, code(COUNTY), month).await.expect("exports");
        let parts: Vec<bytes::Bytes> = lines.try_collect().await.expect("all lines");
        String::from_utf8(parts.concat()).expect("text")
    };
    let titles = "\u{feff}村,编码,内容,栏目,观看,播放,分钟\r\n";
    let line = "左龙村委会,440224103201,\"停水,停电\",便民通知,7,4,4\r\n";
    assert_eq!(table().await, format!("{titles}{line}"));
    // What is being rewritten after it was withdrawn is nobody else's business.
    let chief = person(&desk, "chief", &[(Role::FinalReviewer, VILLAGE), (Role::Editor, VILLAGE)]).await;
    desk.withdraw(&chief, &item, "有误", NOW + 2).await.expect("withdraws");
    let before = desk.publisher.store.item(&item).await.expect("reads").expect("an item").revision;
    desk.save(&chief, &item, before, &notice("还没审的标题"), NOW + 3).await.expect("saves");
    let hidden = "左龙村委会,440224103201,（已下线）,便民通知,7,4,4\r\n";
    assert_eq!(table().await, format!("{titles}{hidden}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_are_told_whether_their_batch_was_taken() {
    let world = World::new();
    let item = on_air(&desk(&world).await, VILLAGE, "停水通知").await;
    let server = world.serve();
    let client = Client::builder().no_proxy().build().expect("a client");
    let send = async |body: String| {
        let answer = client.post(format!("{}/views", server.url)).body(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let today = yuexiang_cloud::pack::china_date(jiff::Timestamp::now().as_second()).to_string();
    let good = batch(1, VILLAGE, &today, &item, 3);
    for _ in 0..2 {
        assert_eq!(send(good.to_string()).await, (204, String::new()));
    }
    let mut unknown = good.clone();
    unknown["village"] = json!("440224103999");
    for bad in [unknown.to_string(), "{".to_owned(), batch(2, VILLAGE, "2020-01-01", &item, 3).to_string()] {
        let (status, problem) = send(bad).await;
        let problem: Value = serde_json::from_str(&problem).expect("a problem");
        assert_eq!((status, problem["code"].as_str()), (422, Some("batch")), "{problem}");
    }
    assert_eq!(send(" ".repeat(200_000)).await.0, 413);
    let desk = desk(&world).await;
    let editor = person(&desk, "editor", &[(Role::Editor, VILLAGE)]).await;
    let range = Range::last(1, jiff::Timestamp::now().as_second());
    let days = desk.views_by_day(&editor, code(VILLAGE), range).await.expect("reads");
    assert_eq!(days[0].1.views, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_nobody_let_through_is_told_to_nobody_who_sees_no_drafts() {
    let world = World::new();
    let desk = desk(&world).await;
    let staff = staff(&desk, "own", VILLAGE).await;
    let item = submitted(&desk, &staff, VILLAGE, &notice("停水通知")).await;
    approve_all(&desk, &staff, &item).await;
    take(&desk, &batch(1, VILLAGE, "2026-11-01", &item, 3)).await;
    let chief = person(&desk, "chief", &[(Role::Administrator, VILLAGE)]).await;
    let title =
        async |actor: &Actor| desk.most_viewed(actor, code(VILLAGE), days(), 5).await.expect("reads").remove(0).title;
    desk.withdraw(&staff.reviewers[2], &item, "日期有误", NOW + 1).await.expect("withdraws");
    assert_eq!(title(&chief).await.as_deref(), Some("停水通知"));
    let saved = desk.save(&staff.editor, &item, 1, &notice("还没审的话"), NOW + 2).await.expect("saves");
    desk.submit(&staff.editor, &item, saved.revision, NOW + 2).await.expect("submits");
    assert_eq!(title(&chief).await, None);
    desk.withdraw(&staff.reviewers[2], &item, "不要了", NOW + 3).await.expect("withdraws");
    assert_eq!(title(&chief).await, None);
    assert_eq!(title(&staff.editor).await.as_deref(), Some("还没审的话"));
}
