//! One account over the API: its name, its password link, its sessions, its keys.

use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;

use crate::api::{OTHER_TOWN, Site, TOWN, answer};
use crate::fixture::VILLAGE;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_renamed_and_its_sessions_end() {
    let site = Site::new().await;
    let administrator = site.token("administrator", Role::Administrator, "440000000000").await;
    let chen = site.person("chen", &[(Role::Editor, VILLAGE), (Role::FirstReviewer, VILLAGE)]).await.id;
    let path = format!("/accounts/{chen}");
    let name = json!({ "name": "陈文秀（扶溪）" });
    assert_eq!(site.put(&format!("{path}/name"), &administrator, &name).await.0, 204);
    let (_, account) = site.get(&path, &administrator).await;
    assert_eq!(account["name"], name["name"]);
    assert_eq!(site.world.target(VILLAGE, "review.json")["reviewers"][0]["name"], name["name"], "boxes are told");
    assert_eq!(site.put(&format!("{path}/name"), &administrator, &json!({ "name": " " })).await.1["code"], "name");
    let (_, list) = site.get(&format!("/accounts?region={VILLAGE}&words=chen"), &administrator).await;
    assert_eq!(list[0]["id"], json!(chen));
    let (_, list) = site.get(&format!("/accounts?region={OTHER_TOWN}&words=chen"), &administrator).await;
    assert_eq!(list, json!([]));

    let (first, _) = site.sign_in("chen").await;
    let (second, _) = site.sign_in("chen").await;
    let me = async |cookie: &str| {
        let request = site.client.get(format!("{}/api/v1/me", site.server.url)).header("cookie", cookie);
        answer(request).await.0
    };
    let (_, sessions) = site.get(&format!("{path}/sessions"), &administrator).await;
    let sessions: Vec<&str> =
        sessions.as_array().expect("a list").iter().filter_map(|session| session["id"].as_str()).collect();
    assert_eq!(sessions.len(), 2);
    let one = format!("{path}/sessions/{}", sessions[0]);
    assert_eq!(site.send(Method::DELETE, &one, &administrator).await, (200, json!({ "sessions": 1 })));
    assert_eq!(site.send(Method::DELETE, &one, &administrator).await, (200, json!({ "sessions": 0 })));
    assert_eq!([me(&first).await, me(&second).await].iter().filter(|status| **status == 200).count(), 1);
    let all = site.send(Method::DELETE, &format!("{path}/sessions"), &administrator).await;
    assert_eq!(all, (200, json!({ "sessions": 1 })));
    assert_eq!([me(&first).await, me(&second).await], [401, 401]);
    assert_eq!(site.get(&path, &site.token("other", Role::Administrator, OTHER_TOWN).await).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_takes_a_session_and_works_once() {
    let site = Site::new().await;
    let token = site.token("administrator", Role::Administrator, "440000000000").await;
    let chen = site.person("chen", &[(Role::Editor, VILLAGE)]).await.id;
    let path = format!("/accounts/{chen}/password-link");
    let (status, problem) = site.send(Method::POST, &path, &token).await;
    assert_eq!((status, &problem["code"]), (403, &json!("link-by-token")), "a stolen token makes no session");
    let (cookie, csrf) = site.sign_in("administrator").await;
    let request = site.client.post(format!("{}/api/v1{path}", site.server.url)).header("cookie", cookie);
    let (status, link) = answer(request.header("x-csrf-token", csrf)).await;
    assert_eq!(status, 201, "{link}");
    let address = format!("{}{}", site.server.url, link["path"].as_str().expect("a path"));
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("password", "another 12 buffaloes"), ("repeat", "another 12 buffaloes")])
        .finish();
    let set = async || {
        let request = site.client.post(&address).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.clone()).send().await.expect("answers");
        answer.headers()["location"].to_str().expect("text").to_owned()
    };
    assert!(set().await.contains("done"), "the password is set");
    assert!(set().await.contains("error=link"), "and no second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewers_key_is_replaced_and_revoked() {
    let site = Site::new().await;
    let administrator = site.token("administrator", Role::Administrator, "440000000000").await;
    let auditor = site.token("auditor", Role::Auditor, TOWN).await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let path = site.on_air(&editor, "k", VILLAGE, "停水通知").await;
    let (_, reviewers) = site.get(&format!("/keys/{VILLAGE}/reviewers"), &auditor).await;
    let first = reviewers.as_array().expect("a list").iter().find(|one| one["steps"] == json!(["first"]));
    let first = first.expect("the first reviewer");
    let keys = format!("/accounts/{}/keys", first["account"].as_str().expect("an account"));
    let (_, known) = site.get(&keys, &auditor).await;
    assert_eq!((&known[0]["key"], &known[0]["region"]), (&first["key"], &json!(VILLAGE)));
    assert_eq!(site.send(Method::POST, &keys, &auditor).await.0, 403, "an auditor changes nothing");

    let (status, new) = site.send(Method::POST, &keys, &administrator).await;
    assert_eq!((status, &new["regions"]), (201, &json!([VILLAGE])), "{new}");
    let review = site.world.target(VILLAGE, "review.json");
    let until = |key: &Json| {
        let all = review["reviewers"].as_array().expect("a list");
        all.iter().find(|one| one["key"] == *key).map(|one| one["until"].is_i64())
    };
    assert_eq!((until(&first["key"]), until(&new["key"])), (Some(true), Some(false)));
    assert_eq!(site.get(&path, &editor).await.1["item"]["state"], "published", "what was approved stays");

    let old = format!("{keys}/{}", first["key"].as_str().expect("a key"));
    assert_eq!(site.send(Method::DELETE, &old, &auditor).await.0, 403);
    let (status, revoked) = site.send(Method::DELETE, &old, &administrator).await;
    let item = path.trim_start_matches("/items/");
    assert_eq!((status, &revoked["off_air"]), (200, &json!([item])), "{revoked}");
    assert_eq!(site.get(&path, &editor).await.1["item"]["state"], "first", "that review is waited for again");
    assert_eq!(site.send(Method::DELETE, &old, &administrator).await.1["code"], "no-key");
    let (_, log) = site.get(&format!("/log?region={TOWN}&action=reviewer-revoke"), &auditor).await;
    assert_eq!(log["lines"].as_array().map(Vec::len), Some(1), "{log}");
}
