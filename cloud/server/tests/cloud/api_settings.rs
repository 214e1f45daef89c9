//! What regions set over the API: sections, and the number of reviews below.

use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;

use crate::api::{Site, TOWN, id, pushed};
use crate::desk::code;
use crate::fixture::VILLAGE;

fn shown<'a>(sections: &'a Json, section: &str) -> Option<&'a Json> {
    sections["shown"].as_array().expect("a list").iter().find(|one| one["id"] == section)
}

/// What the village's boxes read of it.
async fn told(site: &Site) -> Json {
    let store = &site.accounts.publisher.store;
    let mut change = store.change().await.expect("begins");
    let stored = change.targets(code(VILLAGE)).await.expect("reads").remove("region.json").expect("the target");
    change.abandon().await.expect("ends");
    let path = yuexiang_cloud::tuf::target_path("region.json", &stored.sha256);
    let body = store.file(code(VILLAGE), &path).await.expect("reads").expect("its body");
    serde_json::from_slice(&body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_sections_and_one_in_use_stays() {
    let site = Site::new().await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let path = format!("/regions/{VILLAGE}/sections");
    let (status, before) = site.get(&path, &editor).await;
    assert_eq!((status, &before["own"]), (200, &json!([])), "{before}");
    assert!(shown(&before, "notice").is_some_and(|notice| notice["before"].is_null()), "{before}");

    let lychee = json!({ "board": "governance", "id": "lychee", "name": "荔枝", "name_en": "Lychees", "order": 15 });
    let notice = json!({ "board": "governance", "id": "notice", "name": "村里通知", "order": 20 });
    let (status, problem) = site.put(&path, &editor, &json!({ "own": [lychee] })).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "an editor looks and does not set");
    let (status, after) = site.put(&path, &operator, &json!({ "own": [lychee, notice] })).await;
    assert_eq!((status, after["own"].as_array().map(Vec::len)), (200, Some(2)), "{after}");
    assert_eq!(shown(&after, "lychee").expect("is shown")["from"], VILLAGE);
    assert_eq!(shown(&after, "notice").expect("is shown")["name"], "村里通知");
    assert!(shown(&after, "notice").expect("is shown")["before"].is_string(), "what it is called above");
    assert_eq!(told(&site).await["sections"].as_array().map(Vec::len), Some(2), "boxes are told");

    let mut item = pushed(VILLAGE, "荔枝节");
    item["draft"]["section"] = json!("lychee");
    let (_, item) = site.push(&editor, "k", &item).await;
    for (token, step) in site.reviewers("village", VILLAGE).await {
        let path = format!("/items/{}", id(&item));
        let hash = site.get(&path, &token).await.1["hash"].clone();
        assert_eq!(site.post(&format!("{path}/approve"), &token, &json!({ "step": step, "hash": hash })).await.0, 200);
    }
    assert_eq!(shown(&site.get(&path, &editor).await.1, "lychee").expect("is shown")["items"], 1);
    let (status, problem) = site.put(&path, &operator, &json!({ "own": [] })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("in-use")), "{problem}");
    let wrong = json!({ "board": "governance", "id": "lychee", "name": "一二三四五六七八九", "order": 1 });
    let (status, problem) = site.put(&path, &operator, &json!({ "own": [wrong] })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("settings")), "{problem}");
    assert_eq!(site.get("/regions/440224103999/sections", &operator).await.1["code"], "no-region");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_the_reviews_below_and_is_told_what_moved() {
    let site = Site::new().await;
    let administrator = site.token("administrator", Role::Administrator, TOWN).await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let path = format!("/regions/{TOWN}/reviews");
    assert_eq!(site.get(&path, &operator).await.0, 403);
    let (_, reviews) = site.get(&path, &administrator).await;
    assert_eq!((&reviews["own"], &reviews["below"]), (&json!(3), &json!(3)), "{reviews}");
    let (status, moved) = site.put(&path, &administrator, &json!({ "below": 1 })).await;
    assert_eq!((status, &moved), (200, &json!({ "off_air": [], "waiting": [] })));
    let (_, item) = site.push(&editor, "k", &pushed(VILLAGE, "停水通知")).await;
    assert_eq!(item["state"], "final", "one review is enough now");
    let last = site.reviewers("village", VILLAGE).await.pop().expect("three").0;
    let place = format!("/items/{}", id(&item));
    let hash = site.get(&place, &last).await.1["hash"].clone();
    let approval = json!({ "step": "final", "hash": hash });
    assert_eq!(site.post(&format!("{place}/approve"), &last, &approval).await.1["state"], "published");

    let (_, moved) = site.put(&path, &administrator, &json!({ "below": 3 })).await;
    assert_eq!(moved, json!({ "off_air": [item["id"]], "waiting": [] }));
    let (_, village) = site.get(&format!("/regions/{VILLAGE}/reviews"), &administrator).await;
    assert_eq!((&village["own"], &village["below"]), (&json!(3), &Json::Null));
    assert_eq!(village["reviewers"][2], json!({ "step": "final", "count": 1 }));
    for (path, below) in [(path.as_str(), 4), (path.as_str(), 0), (&format!("/regions/{VILLAGE}/reviews"), 1)] {
        let (status, problem) = site.put(path, &administrator, &json!({ "below": below })).await;
        assert_eq!((status, &problem["code"]), (422, &json!("settings")), "{path} {below}");
    }
}
