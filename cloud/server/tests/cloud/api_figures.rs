//! What viewers did, as programs read it.

use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::pack::china_date;
use yuexiang_wire::FORMAT;

use crate::api::{OTHER_TOWN, Site, TOWN, now};
use crate::fixture::VILLAGE;

/// Sends what a box has counted.
async fn count(site: &Site, number: u32, item: &str, views: u32) {
    let batch = json!({
        "format": FORMAT, "id": format!("{number:032x}"), "village": VILLAGE, "day": china_date(now()).to_string(),
        "counts": [{ "item": item, "views": views, "plays": 2, "seconds": 125 }],
    });
    let sent = site.client.post(format!("{}/views", site.server.url)).body(batch.to_string()).send().await;
    assert_eq!(sent.expect("answers").status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_read_by_day_region_and_item_and_a_month_as_a_table() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let stranger = site.token("stranger", Role::Operator, OTHER_TOWN).await;
    let path = site.on_air(&editor, "k", VILLAGE, "停水,停电").await;
    let item = path.trim_start_matches("/items/").to_owned();
    count(&site, 1, &item, 3).await;
    count(&site, 2, &item, 4).await;
    let month = china_date(now()).strftime("%Y-%m").to_string();
    let sum = json!({ "views": 7, "plays": 4, "minutes": 4 });
    for query in [String::new(), format!("&month={month}")] {
        let (status, figures) = site.get(&format!("/figures?region={TOWN}{query}"), &operator).await;
        assert_eq!((status, &figures["total"]), (200, &sum), "{figures}");
        assert_eq!(figures["regions"], json!([{ "region": VILLAGE, "figures": sum }]));
        assert_eq!((&figures["items"][0]["item"], &figures["items"][0]["figures"]), (&json!(item), &sum));
        let of_days: i64 = figures["days"].as_array().expect("days").iter().filter_map(views).sum();
        assert_eq!(of_days, 7);
    }
    let (_, before) = site.get(&format!("/figures?region={TOWN}&month=2020-01"), &operator).await;
    assert_eq!((&before["total"]["views"], before["days"].as_array().map(Vec::len)), (&json!(0), Some(31)));
    let (_, village) = site.get(&format!("/figures?region={VILLAGE}&month={month}"), &editor).await;
    assert_eq!((&village["items"][0]["title"], &village["items_by_month"]), (&json!("停水,停电"), &json!(false)));
    let (_, seen) = site.get(&format!("/figures{path}?region={TOWN}&month={month}"), &operator).await;
    assert_eq!(seen["villages"], json!([{ "region": VILLAGE, "figures": sum }]), "{seen}");
    let (_, elsewhere) = site.get(&format!("/figures{path}?region={OTHER_TOWN}"), &stranger).await;
    assert_eq!((&elsewhere["total"]["views"], &elsewhere["villages"]), (&json!(0), &json!([])));

    let table = format!("/figures/export?region={TOWN}&month={month}");
    let answer = site.request(Method::GET, &table, &operator).send().await.expect("answers");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let text = answer.text().await.expect("text");
    assert!(
        text.starts_with('\u{feff}') && text.contains(&format!("{VILLAGE},\"停水,停电\",便民通知,7,4,4")),
        "{text}"
    );
    let village = format!("/figures/export?region={VILLAGE}&month={month}");
    assert_eq!(site.get(&village, &editor).await.0, 403, "an editor reads and exports nothing");
    for odd in ["month=2026-13", "month=2026-11&from=2026-11-01", "from=2026-11-02&to=2026-11-01", "from=2026-11-01"] {
        assert_eq!(site.get(&format!("/figures?region={TOWN}&{odd}"), &operator).await.0, 400, "{odd}");
    }
}

fn views(day: &Json) -> Option<i64> {
    day["figures"]["views"].as_i64()
}
