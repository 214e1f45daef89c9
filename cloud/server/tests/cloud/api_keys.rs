//! Keys of regions over the API.

use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::keys::NewKey;
use yuexiang_cloud::keys::request::RequestFile;

use crate::api::{OTHER_TOWN, Site, TOWN, now};
use crate::fixture::{PROVINCE, VILLAGE};

const COUNTY: &str = "440224000000";

/// A site whose village and town have published something.
async fn published() -> Site {
    let site = Site::new().await;
    site.world.publish_at(&[&site.world.village()], now()).await.expect("publishes");
    site
}

fn publics(status: &Json, role: &str) -> Vec<String> {
    let roles = status["roles"].as_array().expect("roles");
    let role = roles.iter().find(|one| one["role"] == role).expect("the role");
    let keys = role["keys"].as_array().expect("keys").iter();
    keys.filter(|key| key["waiting"] == false).map(|key| key["public"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_replaces_a_key_and_those_that_vouch_for_it() {
    let site = published().await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let auditor = site.token("auditor", Role::Auditor, TOWN).await;
    let path = format!("/keys/{VILLAGE}");
    let before = site.get(&path, &auditor).await.1;
    assert_eq!(site.send(Method::POST, &format!("{path}/roles/snapshot/rotate"), &auditor).await.0, 403);
    let (status, outcome) = site.send(Method::POST, &format!("{path}/roles/snapshot/rotate"), &operator).await;
    assert_eq!((status, &outcome["outcome"], &outcome["version"]), (200, &json!("published"), &json!(2)), "{outcome}");
    let after = site.get(&path, &auditor).await.1;
    for (role, is_same) in [("root", true), ("targets", true), ("snapshot", false), ("timestamp", false)] {
        assert_eq!(publics(&before, role) == publics(&after, role), is_same, "{role}");
    }
    let (_, log) = site.get(&format!("/log?region={VILLAGE}&action=key-rotate"), &auditor).await;
    assert_eq!((log["lines"].as_array().map(Vec::len), &log["lines"][0]["object"]), (Some(1), &json!("snapshot")));
    assert_eq!(site.send(Method::POST, &format!("{path}/roles/admin/rotate"), &operator).await.0, 400);
    let (status, problem) = site.send(Method::POST, "/keys/440224103202/roles/targets/rotate", &operator).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no-keys")), "it has published nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_region_above_ends_the_keys_of_one_below_and_that_one_does_not() {
    let site = published().await;
    let county = site.token("county", Role::Operator, COUNTY).await;
    let town = site.token("town", Role::Operator, TOWN).await;
    let path = format!("/keys/{TOWN}/revoke");
    let why = json!({ "reason": "密钥可能泄露" });
    assert_eq!(site.post(&path, &town, &why).await.0, 403, "nobody ends his own keys");
    let (status, problem) = site.post(&path, &county, &json!({ "reason": " " })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("reason")));
    let before = site.get(&format!("/keys/{TOWN}"), &county).await.1;
    let (status, revoked) = site.post(&path, &county, &why).await;
    assert_eq!((status, &revoked["version"]), (200, &json!(2)), "{revoked}");
    let after = site.get(&format!("/keys/{TOWN}"), &county).await.1;
    for role in ["root", "targets", "snapshot", "timestamp"] {
        assert_ne!(publics(&before, role), publics(&after, role), "{role}");
    }
    let (_, children) = site.get(&format!("/keys/{COUNTY}/children"), &county).await;
    let child = children.as_array().expect("a list").iter().find(|child| child["region"] == TOWN).expect("the town");
    assert_eq!((&child["version"], &child["reason"]), (&json!(2), &why["reason"]));
    let other = children.as_array().expect("a list").iter().find(|child| child["region"] == OTHER_TOWN);
    assert_eq!(other.expect("the other town")["version"], Json::Null);
    let province = site.token("province", Role::Operator, PROVINCE).await;
    assert_eq!(site.post(&format!("/keys/{PROVINCE}/revoke"), &province, &why).await.1["code"], "nothing-above");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_root_is_prepared_signed_elsewhere_and_published() {
    let site = published().await;
    let operator = site.token("operator", Role::Operator, TOWN).await;
    let path = format!("/keys/{TOWN}/root");
    let (status, problem) = site.get(&format!("{path}/request"), &operator).await;
    assert_eq!((status, &problem["code"]), (404, &json!("no-request")));
    let keeper = NewKey::make("a keeper").expect("a key");
    let wish = json!({ "keys": [keeper.public], "threshold": 1 });
    for (wrong, code) in [
        (json!({ "keys": ["/etc/passwd"], "threshold": 1 }), "key"),
        (json!({ "keys": [keeper.public], "threshold": 2 }), "threshold"),
    ] {
        assert_eq!(site.post(&path, &operator, &wrong).await.1["code"], code);
    }
    let (status, outcome) = site.post(&path, &operator, &wish).await;
    assert_eq!((status, &outcome["outcome"]), (200, &json!("waiting")), "{outcome}");
    assert_eq!(outcome["next"], json!({ "have": 0, "need": 1 }));
    assert_eq!(site.send(Method::DELETE, &format!("{path}/request"), &operator).await.0, 204);
    assert_eq!(site.send(Method::DELETE, &format!("{path}/request"), &operator).await.0, 404);

    assert_eq!(site.post(&path, &operator, &wish).await.0, 200);
    let (_, request) = site.get(&format!("{path}/request"), &operator).await;
    let file = RequestFile::read(request.to_string().as_bytes()).expect("what the offline computer reads");
    let signature = serde_json::to_value(file.sign(&keeper).expect("signs")).expect("JSON");
    let place = format!("{path}/signatures");
    let mut other = signature.clone();
    other["signature"] = json!("0".repeat(128));
    assert_eq!(site.post(&place, &operator, &other).await.1["code"], "signature");
    let elsewhere = format!("/keys/{VILLAGE}/root/signatures");
    assert_eq!(site.post(&elsewhere, &operator, &signature).await.1["code"], "region");
    for _ in 0..2 {
        let (status, outcome) = site.post(&place, &operator, &signature).await;
        assert_eq!((status, &outcome["outcome"]), (200, &json!("published")), "{outcome}");
    }
    let (_, status) = site.get(&format!("/keys/{TOWN}"), &operator).await;
    assert_eq!(publics(&status, "root"), std::slice::from_ref(&keeper.public));
    let rotated = site.send(Method::POST, &format!("/keys/{TOWN}/roles/root/rotate"), &operator).await;
    assert_eq!((rotated.0, &rotated.1["code"]), (409, &json!("offline-root")));
}
