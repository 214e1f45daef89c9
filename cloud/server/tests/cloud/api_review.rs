//! Reviews over the API: paging through what waits, and approvals that are signed on a token.

use aws_lc_rs::signature::Ed25519KeyPair;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;
use yuexiang_cloud::keys::NewKey;

use crate::api::{Site, id, now, pushed};
use crate::fixture::VILLAGE;

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_goes_on_page_by_page_until_its_end() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let first = site.token("first", Role::FirstReviewer, VILLAGE).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let (_, item) = site.push(&editor, &format!("k{number}"), &pushed(VILLAGE, &format!("通知{number}"))).await;
        expected.push(id(&item));
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let (status, page) = site.get(&format!("/inbox?step=first&limit=2{after}"), &first).await;
        assert_eq!((status, &page["count"]), (200, &json!(5)), "{page}");
        seen.extend(page["items"].as_array().expect("a list").iter().map(id));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, 3);
    let mut sorted = (seen.clone(), expected);
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1, "every item once");
    assert_eq!(site.get("/inbox?step=first&after=x", &first).await.0, 400);
}

fn signed(key: &NewKey, statement: &Json) -> Json {
    let pair = Ed25519KeyPair::from_pkcs8(&key.secret).expect("a key");
    let text = statement["text"].as_str().expect("text");
    let signature = yuexiang_cloud::objects::hex(pair.sign(text.as_bytes()).as_ref());
    json!({ "key": key.public, "at": statement["at"], "signature": signature })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_signed_on_the_token_that_the_reviewer_carries() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let reviewers = site.reviewers("village", VILLAGE).await;
    let (first, _) = &reviewers[0];
    let (_, me) = site.get("/me", first).await;
    let account = me["account"].as_str().expect("an account");
    let key = NewKey::make("a token").expect("a key");
    let publisher = &site.accounts.publisher;
    publisher.rotate_reviewer(account, Some(&key.public), "command-line", now()).await.expect("registers");

    let (_, item) = site.push(&editor, "k", &pushed(VILLAGE, "停水通知")).await;
    let path = format!("/items/{}", id(&item));
    let hash = site.get(&path, first).await.1["hash"].as_str().expect("a hash").to_owned();
    let approve = async |signed: Json| {
        let approval = json!({ "step": "first", "hash": hash, "signed": signed });
        site.post(&format!("{path}/approve"), first, &approval).await
    };
    assert_eq!(approve(Json::Null).await.1["code"], "key-elsewhere", "the server cannot sign in his place");
    let (status, statement) = site.get(&format!("{path}/statement?step=first&hash={hash}"), first).await;
    assert_eq!((status, &statement["key"], &statement["region"]), (200, &json!(key.public), &json!(VILLAGE)));
    let good = signed(&key, &statement);
    let thief = NewKey::make("a thief").expect("a key");
    let mut forged = signed(&thief, &statement);
    assert_eq!(approve(forged.clone()).await.1["code"], "signature", "another key");
    forged["key"] = json!(key.public);
    assert_eq!(approve(forged).await.1["code"], "signature", "another key's signature");
    for shift in [-1_000, 1_000] {
        let mut late = good.clone();
        late["at"] = json!(good["at"].as_i64().expect("a time") + shift);
        assert_eq!(approve(late).await.1["code"], "stale");
    }
    assert_eq!(site.get(&path, first).await.1["item"]["state"], "first", "nothing of that has passed");
    let (status, moved) = approve(good.clone()).await;
    assert_eq!((status, &moved["state"]), (200, &json!("second")), "{moved}");

    // The others' keys are on the server, which signs for them and takes nothing from outside.
    for (token, step) in &reviewers[1..] {
        let query = format!("{path}/statement?step={step}&hash={hash}");
        assert_eq!(site.get(&query, token).await.1["code"], "key-here");
        let foreign = json!({ "step": step, "hash": hash, "signed": good });
        assert_eq!(site.post(&format!("{path}/approve"), token, &foreign).await.1["code"], "key-here");
        let approval = json!({ "step": step, "hash": hash });
        assert_eq!(site.post(&format!("{path}/approve"), token, &approval).await.0, 200);
    }
    let (_, item) = site.get(&path, &editor).await;
    assert_eq!((&item["item"]["state"], &item["approvals"][0]["key"]), (&json!("published"), &json!(key.public)));
    let review = site.world.target(VILLAGE, "review.json");
    let listed = review["reviewers"].as_array().expect("a list").iter().find(|one| one["key"] == key.public.as_str());
    assert!(listed.is_some_and(|one| one["from"].as_i64() <= good["at"].as_i64()), "boxes believe it: {review}");
}
