//! What the API must not give away: nothing of one town to another, and not even whether it is there.

use reqwest::Method;
use serde_json::{Value as Json, json};
use yuexiang_cloud::desk::rights::Role;

use crate::api::{OTHER_TOWN, REVIEWERS, Site, TOWN, answer, draft, id, pushed};
use crate::fixture::VILLAGE;

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_one_town_reach_nothing_of_another() {
    let site = Site::new().await;
    let others = site.token("others", Role::Editor, OTHER_TOWN).await;
    let (_, item) = site.push(&others, "k", &pushed(OTHER_TOWN, "停水通知")).await;
    let path = format!("/items/{}", id(&item));
    let hash = site.get(&path, &others).await.1["hash"].clone();
    let bystander = site.person("bystander", &[(Role::Editor, OTHER_TOWN)]).await.id;
    for role in Role::ALL {
        let token = site.token(&format!("own-{}", role.slug()), role, TOWN).await;
        let denied = async |method: Method, path: &str, body: Json| {
            let request = site.request(method.clone(), path, &token).header("Idempotency-Key", "k");
            let request = if method == Method::GET { request } else { request.json(&body) };
            let (status, problem) = answer(request).await;
            assert!(matches!(status, 403 | 404), "{role:?} {method} {path}: {status} {problem}");
        };
        let grant = json!({ "role": "editor", "region": OTHER_TOWN });
        for region in [OTHER_TOWN, "440224000000"] {
            denied(Method::GET, &format!("/items?region={region}"), Json::Null).await;
            denied(Method::GET, &format!("/counts?region={region}"), Json::Null).await;
            denied(Method::GET, &format!("/log?region={region}"), Json::Null).await;
            denied(Method::GET, &format!("/log/export?region={region}"), Json::Null).await;
            for place in ["", "/children", "/reviewers", "/root/request"] {
                denied(Method::GET, &format!("/keys/{region}{place}"), Json::Null).await;
            }
            for what in ["overview", "calendar", "channels", "figures"] {
                denied(Method::GET, &format!("/{what}?region={region}"), Json::Null).await;
            }
            denied(Method::GET, &format!("/figures/export?region={region}&month=2026-11"), Json::Null).await;
            denied(Method::GET, &format!("/figures{path}?region={region}"), Json::Null).await;
            denied(Method::GET, &format!("/accounts?region={region}"), Json::Null).await;
            denied(Method::POST, "/log/verify", json!({ "region": region })).await;
            denied(Method::GET, &format!("/regions/{region}/sections"), Json::Null).await;
            denied(Method::PUT, &format!("/regions/{region}/sections"), json!({ "own": [] })).await;
            denied(Method::GET, &format!("/regions/{region}/reviews"), Json::Null).await;
            denied(Method::PUT, &format!("/regions/{region}/reviews"), json!({ "below": 1 })).await;
            for key in ["root", "targets", "snapshot", "timestamp"] {
                denied(Method::POST, &format!("/keys/{region}/roles/{key}/rotate"), Json::Null).await;
            }
            denied(Method::POST, &format!("/keys/{region}/revoke"), json!({ "reason": "x" })).await;
            denied(Method::POST, &format!("/keys/{region}/root"), json!({ "keys": ["a"], "threshold": 1 })).await;
            denied(Method::DELETE, &format!("/keys/{region}/root/request"), Json::Null).await;
            let hash = "0".repeat(64);
            let signature = json!({
                "format": "yuexiang root signature 1", "region": region, "version": 2, "sha256": hash,
                "public": hash, "signature": hash.repeat(2),
            });
            denied(Method::POST, &format!("/keys/{region}/root/signatures"), signature).await;
            denied(Method::POST, "/items", json!({ "region": region, "draft": draft("x") })).await;
            denied(Method::POST, "/push", pushed(region, "x")).await;
            let account = json!({ "login": "nobody", "name": "甲", "region": region });
            denied(Method::POST, "/accounts", account).await;
        }
        denied(Method::GET, &path, Json::Null).await;
        denied(Method::GET, &format!("{path}/preview"), Json::Null).await;
        denied(Method::POST, &format!("{path}/copy"), json!({ "region": TOWN })).await;
        denied(Method::PUT, &format!("{path}/draft"), json!({ "revision": 1, "draft": draft("x") })).await;
        denied(Method::POST, &format!("{path}/submit"), json!({ "revision": 1 })).await;
        for (_, step) in REVIEWERS {
            denied(Method::POST, &format!("{path}/approve"), json!({ "step": step, "hash": hash })).await;
            let rejection = json!({ "step": step, "hash": hash, "reason": "x" });
            denied(Method::POST, &format!("{path}/reject"), rejection).await;
            let hash = hash.as_str().expect("a hash");
            denied(Method::GET, &format!("{path}/statement?step={step}&hash={hash}"), Json::Null).await;
            let (_, inbox) = site.get(&format!("/inbox?step={step}"), &token).await;
            assert_eq!(inbox["items"], json!([]), "{role:?}");
        }
        denied(Method::POST, &format!("{path}/withdraw"), json!({ "reason": "x" })).await;
        for what in ["", "/sessions", "/keys"] {
            denied(Method::GET, &format!("/accounts/{bystander}{what}"), Json::Null).await;
        }
        denied(Method::PUT, &format!("/accounts/{bystander}/name"), json!({ "name": "甲" })).await;
        denied(Method::POST, &format!("/accounts/{bystander}/password-link"), Json::Null).await;
        denied(Method::DELETE, &format!("/accounts/{bystander}/sessions"), Json::Null).await;
        denied(Method::DELETE, &format!("/accounts/{bystander}/sessions/x"), Json::Null).await;
        denied(Method::POST, &format!("/accounts/{bystander}/keys"), Json::Null).await;
        denied(Method::DELETE, &format!("/accounts/{bystander}/keys/{}", "0".repeat(64)), Json::Null).await;
        denied(Method::POST, &format!("/accounts/{bystander}/disable"), Json::Null).await;
        denied(Method::POST, &format!("/accounts/{bystander}/enable"), Json::Null).await;
        denied(Method::POST, &format!("/accounts/{bystander}/grants"), grant).await;
        denied(Method::DELETE, &format!("/accounts/{bystander}/grants/editor/{OTHER_TOWN}"), Json::Null).await;
        let (_, seen) = site.get("/accounts", &token).await;
        let logins: Vec<&Json> = seen.as_array().into_iter().flatten().map(|account| &account["login"]).collect();
        assert!(logins.iter().all(|login| **login != "bystander" && **login != "others"), "{role:?} {seen}");
    }
    assert_eq!(site.get(&path, &others).await.1["item"]["state"], "first", "nothing of it was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_one_may_not_see_answers_as_one_that_is_not_there() {
    let site = Site::new().await;
    let others = site.token("others", Role::Editor, OTHER_TOWN).await;
    let (_, item) = site.push(&others, "k", &pushed(OTHER_TOWN, "停水通知")).await;
    let hidden = id(&item);
    let hash = site.get(&format!("/items/{hidden}"), &others).await.1["hash"].clone();
    let missing = format!("{OTHER_TOWN}/20200101-00000");
    for role in Role::ALL {
        let token = site.token(&format!("own-{}", role.slug()), role, TOWN).await;
        let mut tries: Vec<(Method, String, Json)> = vec![
            (Method::GET, String::new(), Json::Null),
            (Method::GET, "/preview".into(), Json::Null),
            (Method::PUT, "/draft".into(), json!({ "revision": 1, "draft": draft("x") })),
            (Method::POST, "/submit".into(), json!({ "revision": 1 })),
            (Method::POST, "/withdraw".into(), json!({ "reason": "x" })),
            (Method::POST, "/copy".into(), json!({ "region": TOWN })),
        ];
        for (_, step) in REVIEWERS {
            tries.push((Method::POST, "/approve".into(), json!({ "step": step, "hash": hash })));
            tries.push((Method::POST, "/reject".into(), json!({ "step": step, "hash": hash, "reason": "x" })));
            let query = format!("/statement?step={step}&hash={}", hash.as_str().expect("a hash"));
            tries.push((Method::GET, query, Json::Null));
        }
        for (method, place, body) in tries {
            let ask = async |item: &str| {
                let request = site.request(method.clone(), &format!("/items/{item}{place}"), &token);
                let request = if body.is_null() { request } else { request.json(&body) };
                let (status, problem) = answer(request).await;
                // The problem names what was asked for.
                (status, problem.to_string().replace(item, ""))
            };
            let (found, not_found) = (ask(&hidden).await, ask(&missing).await);
            assert_eq!(found, not_found, "{role:?} {method} {place}");
            assert_eq!(found.0, 404, "{role:?} {method} {place}");
        }
    }
    // Whoever sees the item is told what he lacks.
    let auditor = site.token("their-auditor", Role::Auditor, OTHER_TOWN).await;
    let (status, problem) = site.post(&format!("/items/{hidden}/submit"), &auditor, &json!({ "revision": 1 })).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_pushed_to_two_regions_at_once_makes_one_item() {
    let site = Site::new().await;
    let platform = site.token("rongmei", Role::Editor, "440224000000").await;
    for round in 0..10 {
        let key = format!("rm-{round}");
        let (one, other) = (pushed(VILLAGE, "停水通知"), pushed(OTHER_TOWN, "停水通知"));
        let (one, other) = tokio::join!(site.push(&platform, &key, &one), site.push(&platform, &key, &other));
        let mut statuses = [one.0, other.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", one.1, other.1);
        let refused = if one.0 == 409 { one.1 } else { other.1 };
        assert_eq!(refused["code"], "pushed");
    }
}
