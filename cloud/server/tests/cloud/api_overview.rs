//! Overviews over the API: numbers, calendar, channels, pictures of the television, the log's check.

use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::pack::china_date;

use crate::api::{OTHER_TOWN, Site, TOWN, draft, id, now, pushed};
use crate::fixture::{PROVINCE, VILLAGE, unguard_log};

#[tokio::test(flavor = "multi_thread")]
async fn an_overview_counts_villages_months_and_media() {
    let site = Site::new().await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let path = format!("/overview?region={TOWN}");
    let (_, before) = site.get(&path, &operator).await;
    assert_eq!(before["active"], 0);
    site.on_air(&editor, "k", VILLAGE, "停水通知").await;
    let (status, after) = site.get(&path, &operator).await;
    assert_eq!((status, &after["active"], &after["villages"]), (200, &json!(1), &before["villages"]), "{after}");
    let silent = after["silent"].as_array().expect("a list");
    assert_eq!(silent.len() as i64, after["villages"].as_i64().expect("a number") - 1);
    assert!(silent.iter().all(|one| one["region"] != VILLAGE));
    let area = after["areas"].as_array().expect("a list").iter().find(|area| area["region"] == VILLAGE);
    assert_eq!(area.expect("the village")["active"], 1);
    let months = after["months"].as_array().expect("months");
    assert_eq!((months.len(), &months[11]), (12, &json!(china_date(now()).strftime("%Y-%m").to_string())));
    let village = after["published"].as_array().expect("levels").iter().find(|one| one["level"] == "village");
    assert_eq!(village.expect("villages")["items"][11], 1);
    assert!(after["storage"]["used"].is_u64() && after["transcoding"]["waiting"] == 0);
    let (_, seen) = site.get(&format!("/overview?region={VILLAGE}"), &editor).await;
    assert_eq!((&seen["storage"], &seen["transcoding"]), (&Json::Null, &Json::Null), "not an editor's business");
    assert_eq!(site.get(&format!("/overview?region={PROVINCE}"), &operator).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_has_the_windows_of_a_month_and_no_drafts_for_others() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let installer = site.token("installer", Role::Installer, VILLAGE).await;
    let mut text = draft("赶圩");
    // 2030-05-10 to 2030-05-12 in China.
    text["not_before"] = json!(1_904_572_800);
    text["not_after"] = json!(1_904_745_600);
    let (_, item) = site.post("/items", &editor, &json!({ "region": VILLAGE, "draft": text })).await;
    let windows = async |token: &str, month: &str| {
        let (status, calendar) = site.get(&format!("/calendar?region={TOWN}&month={month}"), token).await;
        (status, calendar["windows"].as_array().map(Vec::len).unwrap_or_default())
    };
    let path = format!("/calendar?region={VILLAGE}&month=2030-05");
    let (_, may) = site.get(&path, &editor).await;
    assert_eq!((&may["windows"][0]["item"]["id"], &may["more"]), (&item["id"], &json!(0)), "{may}");
    assert_eq!(may["windows"][0]["until"], 1_904_745_600);
    let (_, june) = site.get(&format!("/calendar?region={VILLAGE}&month=2030-06"), &editor).await;
    assert_eq!(june["windows"], json!([]));
    assert_eq!(site.get(&path, &installer).await.1["windows"], json!([]), "what is not approved is not told");
    assert_eq!(windows(&editor, "2030-05").await.0, 403, "the town is beyond the editor");
    assert_eq!(site.get(&format!("/calendar?region={VILLAGE}&month=May"), &editor).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_of_a_region_and_those_above_are_told_with_what_is_on() {
    let site = Site::new().await;
    let installer = site.token("installer", Role::Installer, VILLAGE).await;
    let path = format!("/channels?region={VILLAGE}");
    assert_eq!(site.get(&path, &installer).await, (200, json!([])));
    let pack = site.world.village();
    pack.video("a.mkv", &crate::fixture::clip(2.0, "ball"));
    pack.channel("rongshu", 7, &[("榕树下", "a.mkv")]);
    site.world.publish_at(&[&pack], now()).await.expect("publishes");
    let (_, channels) = site.get(&path, &installer).await;
    assert_eq!((&channels[0]["number"], &channels[0]["from"]), (&json!(7), &json!(VILLAGE)), "{channels}");
    assert_eq!((&channels[0]["now"]["title"], &channels[0]["next"]["title"]), (&json!("榕树下"), &json!("榕树下")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_air_is_listed_while_a_new_text_is_written_and_is_copied() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, TOWN).await;
    let path = site.on_air(&editor, "k", VILLAGE, "停水通知").await;
    let text = json!({ "revision": 1, "draft": draft("停水改期") });
    assert_eq!(site.put(&format!("{path}/draft"), &editor, &text).await.0, 200);
    site.push(&editor, "other", &pushed(VILLAGE, "停电通知")).await;
    let (_, item) = site.get(&path, &editor).await;
    assert_eq!((&item["content"], &item["on_air"]["title"]), (&Json::Null, &json!("停水通知")), "both can be compared");
    let (_, published) = site.get(&format!("/items?region={VILLAGE}&state=published"), &editor).await;
    assert_eq!(published["items"], json!([]), "its state speaks of the new text");
    let (_, live) = site.get(&format!("/items?region={VILLAGE}&on_air=true"), &editor).await;
    assert_eq!(live["items"].as_array().map(Vec::len), Some(1), "{live}");
    assert_eq!(live["items"][0]["live"], 1);

    let (status, copied) = site.post(&format!("{path}/copy"), &editor, &json!({ "region": TOWN })).await;
    assert_eq!(status, 201, "{copied}");
    let (_, copy) = site.get(&format!("/items/{}", id(&copied)), &editor).await;
    assert_eq!((&copy["draft"]["title"], &copy["item"]["region"]), (&json!("停水改期"), &json!(TOWN)));
    assert_eq!(site.post(&format!("{path}/copy"), &editor, &json!({ "region": OTHER_TOWN })).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_deletes_a_draft_and_nothing_that_was_on_the_air() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, TOWN).await;
    let (_, item) = site.post("/items", &editor, &json!({ "region": VILLAGE, "draft": draft("停电通知") })).await;
    let path = format!("/items/{}", id(&item));
    let shown = site.on_air(&editor, "k", VILLAGE, "停水通知").await;
    for (path, expected, left) in [(&path, 204, 404), (&path, 404, 404), (&shown, 409, 200)] {
        let answer = site.request(Method::DELETE, path, &editor).send().await.expect("answers");
        assert_eq!((answer.status().as_u16(), site.get(path, &editor).await.0), (expected, left), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_drawn_as_the_television_shows_it_or_said_to_be_wrong() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let (_, item) = site.post("/items", &editor, &json!({ "region": VILLAGE, "draft": draft("停水通知") })).await;
    let path = format!("/items/{}/preview", id(&item));
    for query in ["", "?screen=list", "?screen=item&page=0&text_size=large&language=en"] {
        let answer = site.request(Method::GET, &format!("{path}{query}"), &editor).send().await.expect("answers");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"image/png".parse().expect("a value"))
        );
        assert!(answer.headers()["x-pages"].to_str().is_ok_and(|pages| pages.parse::<u32>().is_ok()));
        let picture = image::load_from_memory(&answer.bytes().await.expect("bytes")).expect("a picture");
        assert_eq!((picture.width(), picture.height()), (1280, 720), "{query}");
    }
    assert_eq!(site.get(&format!("{path}?screen=cinema"), &editor).await.0, 400);
    let (_, item) = site.post("/items", &editor, &json!({ "region": VILLAGE, "draft": draft("") })).await;
    let (status, problem) = site.get(&format!("/items/{}/preview", id(&item)), &editor).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("title")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_found_by_who_and_what_and_a_changed_line_is_found_out() {
    let site = Site::new().await;
    let auditor = site.token("auditor", Role::Auditor, TOWN).await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    site.push(&editor, "k", &pushed(VILLAGE, "停水通知")).await;
    let (_, log) = site.get(&format!("/log?region={TOWN}&action=submit&who=edit"), &auditor).await;
    assert_eq!((log["lines"].as_array().map(Vec::len), &log["lines"][0]["action"]), (Some(1), &json!("submit")));
    for nothing in ["who=nobody", "action=expire", "until=1000", &format!("from={}", now() + 1_000)] {
        let (_, log) = site.get(&format!("/log?region={TOWN}&{nothing}"), &auditor).await;
        assert_eq!(log["lines"], json!([]), "{nothing}");
    }
    let check = json!({ "region": TOWN });
    let (status, verdict) = site.post("/log/verify", &auditor, &check).await;
    assert_eq!((status, &verdict["broken"]), (200, &json!([])), "{verdict}");
    assert!(verdict["lines"].as_u64().is_some_and(|lines| lines >= 2));
    assert_eq!(site.post("/log/verify", &editor, &json!({ "region": VILLAGE })).await.0, 403);
    let db = &site.accounts.publisher.store.db;
    unguard_log(db).await;
    let sql = format!("UPDATE log SET account = 'u-nobody' WHERE region = '{VILLAGE}' AND action = 'submit'");
    db.execute("forging the log", &sql, vec![]).await.expect("forges");
    let (_, verdict) = site.post("/log/verify", &auditor, &check).await;
    assert_eq!(
        (&verdict["broken"][0]["region"], verdict["broken"].as_array().map(Vec::len)),
        (&json!(VILLAGE), Some(1))
    );
}
