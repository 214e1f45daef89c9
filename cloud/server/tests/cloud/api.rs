//! The API over HTTP against the real program: what programs send, and what they must not get.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value as Json, json};
use yuexiang_cloud::accounts::tokens::TokenTerms;
use yuexiang_cloud::accounts::{Account, Accounts, Settings};
use yuexiang_cloud::desk::rights::{Actor, Grant, Role, Via};
use yuexiang_cloud::publish::Publisher;

use crate::desk::code;
use crate::fixture::{PROVINCE, Server, VILLAGE, World, eventually};

pub const PASSWORD: &str = "水稻 and 2 buffaloes";
pub const TOWN: &str = "440224103000";
pub const OTHER_TOWN: &str = "440224104000";
pub const REVIEWERS: [(Role, &str); 3] =
    [(Role::FirstReviewer, "first"), (Role::SecondReviewer, "second"), (Role::FinalReviewer, "final")];

/// A server with people, and programs that have tokens.
pub struct Site {
    pub world: World,
    pub accounts: Arc<Accounts>,
    pub server: Server,
    pub client: Client,
}

/// The machine's time: the server knows no other.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl Site {
    pub async fn new() -> Site {
        let world = World::new();
        let publisher = world.publisher().await;
        let server = world.serve();
        Site::of(world, publisher, server)
    }

    /// A site whose server runs already; `publisher` opens what it serves.
    pub fn of(world: World, publisher: Publisher, server: Server) -> Site {
        let accounts = Accounts::new(publisher, Settings::default()).expect("accounts").shared();
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Site { world, accounts, server, client }
    }

    /// An account with a password and roles.
    pub async fn person(&self, login: &str, grants: &[(Role, &str)]) -> Account {
        let root = Actor::command_line();
        let name = login.parse().expect("a login");
        let account = self.accounts.create(&root, &name, "陈文秀", code(PROVINCE), now()).await.expect("makes");
        self.accounts.set_password(&root, &account.id, PASSWORD, now()).await.expect("sets");
        for (role, region) in grants {
            let grant = Grant { role: *role, region: code(region) };
            self.accounts.grant(&root, &account.id, grant, now()).await.expect("grants");
        }
        self.accounts.account(&account.id).await.expect("is there")
    }

    /// A token of an account that has one role in one region.
    pub async fn token(&self, login: &str, role: Role, region: &str) -> String {
        let account = self.person(login, &[(role, region)]).await;
        let via = Via::Session("none".into());
        let actor = Actor::new(&account.id, account.name, account.grants, via);
        let grant = Grant { role, region: code(region) };
        let terms = TokenTerms { name: login.to_owned(), account: account.id, grant, days: 1 };
        self.accounts.new_token(&actor, &terms, now()).await.expect("makes").1
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.server.url)).bearer_auth(token)
    }

    pub async fn get(&self, path: &str, token: &str) -> (u16, Json) {
        answer(self.request(Method::GET, path, token)).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Json) -> (u16, Json) {
        answer(self.request(Method::POST, path, token).json(body)).await
    }

    pub async fn put(&self, path: &str, token: &str, body: &Json) -> (u16, Json) {
        answer(self.request(Method::PUT, path, token).json(body)).await
    }

    /// The same without a body.
    pub async fn send(&self, method: Method, path: &str, token: &str) -> (u16, Json) {
        answer(self.request(method, path, token)).await
    }

    pub async fn push(&self, token: &str, key: &str, body: &Json) -> (u16, Json) {
        answer(self.request(Method::POST, "/push", token).header("Idempotency-Key", key).json(body)).await
    }

    /// Tokens of the three reviewers of a region.
    pub async fn reviewers(&self, name: &str, region: &str) -> Vec<(String, &'static str)> {
        let mut tokens = Vec::new();
        for (role, step) in REVIEWERS {
            tokens.push((self.token(&format!("{name}-{step}"), role, region).await, step));
        }
        tokens
    }

    /// Pushes a notice and has it pass all three reviews. Returns its path.
    pub async fn on_air(&self, editor: &str, key: &str, region: &str, title: &str) -> String {
        let (status, item) = self.push(editor, key, &pushed(region, title)).await;
        assert_eq!(status, 201, "{item}");
        let path = format!("/items/{}", id(&item));
        for (token, step) in self.reviewers(key, region).await {
            let hash = self.get(&path, &token).await.1["hash"].clone();
            let approval = json!({ "step": step, "hash": hash });
            let (status, moved) = self.post(&format!("{path}/approve"), &token, &approval).await;
            assert_eq!(status, 200, "{moved}");
        }
        path
    }

    /// Cookie and form token of a person who has signed in.
    pub async fn sign_in(&self, login: &str) -> (String, String) {
        let form = [("login", login), ("password", PASSWORD)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.client.post(format!("{}/console/login", self.server.url)).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.expect("answers");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let request = self.client.get(format!("{}/api/v1/me", self.server.url)).header("cookie", &cookie);
        let me: Json = request.send().await.expect("answers").json().await.expect("JSON");
        (cookie, me["csrf"].as_str().expect("a token for forms").to_owned())
    }
}

/// Status and body; a body that is not 2xx must be a problem of that status.
pub async fn answer(request: RequestBuilder) -> (u16, Json) {
    let answer: Response = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().expect("text").to_owned());
    let text = answer.text().await.expect("a body");
    let body: Json = if text.is_empty() { Json::Null } else { serde_json::from_str(&text).expect("JSON") };
    if status >= 400 {
        assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
        assert_eq!(body["status"], status, "{text}");
    }
    (status, body)
}

pub fn draft(title: &str) -> Json {
    json!({ "kind": "notice", "board": "governance", "section": "notice", "title": title, "body": "明日停水。" })
}

pub fn pushed(region: &str, title: &str) -> Json {
    json!({ "region": region, "submit": true, "draft": draft(title) })
}

pub fn id(body: &Json) -> String {
    body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_pushed_and_after_three_approvals_boxes_read_it() {
    let site = Site::new().await;
    let platform = site.token("rongmei", Role::Editor, "440224000000").await;
    let reviewers = site.reviewers("village", VILLAGE).await;
    let (status, first) = site.push(&platform, "rm-1", &pushed(VILLAGE, "停水通知")).await;
    assert_eq!((status, &first["state"]), (201, &json!("first")), "{first}");
    let (status, again) = site.push(&platform, "rm-1", &pushed(VILLAGE, "停水通知")).await;
    assert_eq!((status, &again), (200, &first), "the same call makes no second item");
    let (status, other) = site.push(&platform, "rm-1", &pushed(VILLAGE, "停电通知")).await;
    assert_eq!((status, &other["code"]), (409, &json!("pushed")));

    let path = format!("/items/{}", id(&first));
    for (token, step) in &reviewers {
        let (_, inbox) = site.get(&format!("/inbox?step={step}"), token).await;
        assert_eq!((&inbox["count"], &inbox["items"][0]["id"]), (&json!(1), &first["id"]), "{inbox}");
        let (_, item) = site.get(&path, token).await;
        let approval = json!({ "step": step, "hash": item["hash"] });
        let (status, moved) = site.post(&format!("{path}/approve"), token, &approval).await;
        assert_eq!(status, 200, "{moved}");
    }
    let (_, item) = site.get(&path, &platform).await;
    assert_eq!(item["item"]["state"], "published");
    assert_eq!(item["approvals"].as_array().map(Vec::len), Some(3));
    let actions: Vec<&str> =
        item["history"].as_array().expect("steps").iter().map(|step| step["action"].as_str().expect("text")).collect();
    assert_eq!(actions, ["create", "submit", "approve", "approve", "approve", "publish"]);

    let shown = eventually("the item on the air", async || {
        let targets = site.server.get(&format!("/tuf/{VILLAGE}/timestamp.json")).await;
        if !targets.status().is_success() {
            return None;
        }
        let month = item["content"]["published"].as_i64().map(yuexiang_cloud::publish::month_of)?;
        let folder = site.world.data().join("tuf").join(VILLAGE).join("targets/pages/governance");
        let pages: Vec<_> = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()).collect();
        let page = pages.iter().find(|page| page.file_name().to_string_lossy().ends_with(&format!("{month}.json")))?;
        let name = page.file_name().into_string().ok()?;
        let page = site.server.get(&format!("/tuf/{VILLAGE}/targets/pages/governance/{name}")).await;
        page.json::<Json>().await.ok()
    })
    .await;
    assert_eq!((&shown["items"][0]["id"], &shown["items"][0]["title"]), (&first["id"], &json!("停水通知")));
    assert_eq!(shown["items"][0]["approvals"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_cannot_be_submitted_names_every_fault_and_is_kept() {
    let site = Site::new().await;
    let platform = site.token("rongmei", Role::Editor, VILLAGE).await;
    let mut wrong = pushed(VILLAGE, "");
    wrong["draft"]["section"] = json!("nowhere");
    let (status, problem) = site.push(&platform, "rm-1", &wrong).await;
    assert_eq!((status, &problem["code"]), (422, &json!("faults")), "{problem}");
    let fields: Vec<&Json> = problem["errors"].as_array().expect("a list").iter().map(|one| &one["field"]).collect();
    assert!(fields.contains(&&json!("title")) && fields.contains(&&json!("section")), "{problem}");
    let kept = problem["item"].as_str().expect("the draft's id");
    let (_, item) = site.get(&format!("/items/{kept}"), &platform).await;
    assert_eq!((&item["item"]["state"], &item["hash"]), (&json!("draft"), &Json::Null));
    let text = json!({ "revision": 1, "draft": draft("停水通知") });
    let request = site.request(Method::PUT, &format!("/items/{kept}/draft"), &platform).json(&text);
    let (status, saved) = answer(request).await;
    assert_eq!((status, &saved["revision"]), (200, &json!(2)));
    let (status, moved) = site.post(&format!("/items/{kept}/submit"), &platform, &json!({ "revision": 2 })).await;
    assert_eq!((status, &moved["state"]), (200, &json!("first")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_needs_a_key_that_can_be_told_again() {
    let site = Site::new().await;
    let platform = site.token("rongmei", Role::Editor, VILLAGE).await;
    let (status, problem) = site.post("/push", &platform, &pushed(VILLAGE, "停水")).await;
    assert_eq!((status, &problem["code"]), (400, &json!("idempotency-key")));
    for key in ["", "a b", &"k".repeat(201)] {
        assert_eq!(site.push(&platform, key, &pushed(VILLAGE, "停水")).await.0, 400, "{key:?}");
    }
    assert_eq!(site.push(&platform, &"k".repeat(200), &pushed(VILLAGE, "停水")).await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_anything_without_a_token() {
    let site = Site::new().await;
    let description: Json = site.server.get("/api/openapi.json").await.json().await.expect("JSON");
    for (path, operations) in description["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            let place = path.replace(['{', '}'], "");
            let method: Method = method.to_uppercase().parse().expect("a method");
            for token in ["", "yxt_wrong"] {
                let request = site.client.request(method.clone(), format!("{}{place}", site.server.url));
                let request = if token.is_empty() { request } else { request.bearer_auth(token) };
                let (status, _) = answer(request).await;
                assert!(matches!(status, 400 | 401), "{method} {path}: {status}");
                if status == 400 {
                    panic!("{method} {path} looks at what was sent before it looks at who sends it");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_refused_by_name() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    for path in [
        "/items",
        "/items?region=9",
        "/items?region=440224103201&colour=red",
        "/items?region=440224103201&state=lost",
        "/items?region=440224103201&board=sports",
        "/items?region=440224103201&after=yesterday",
        "/items?region=440224103201&limit=many",
        "/items?region=440224103201&limit=0",
        "/log?region=440224103201&limit=201",
        "/items?region=440224103201&words=%00",
        "/items/9/x",
        "/items/440224103201/%00",
        "/inbox?step=fourth",
        "/regions?parent=x",
        "/log?region=440224103201&after=1.2",
    ] {
        let (status, problem) = site.get(path, &editor).await;
        assert_eq!(status, 400, "{path}: {problem}");
    }
    for (body, status, problem) in [
        ("{", 400, "json"),
        (r#"{ "region": "440224103201" }"#, 422, "body"),
        (
            r#"{ "region": "440224103201", "draft": { "kind": "notice", "board": "governance", "section": "notice", "titel": "x" } }"#,
            422,
            "body",
        ),
        (
            r#"{ "region": "440224103201", "draft": { "kind": "notice", "board": "governance", "section": "notice", "title": "\u0000" } }"#,
            422,
            "body",
        ),
        (
            r#"{ "region": "9", "draft": { "kind": "notice", "board": "governance", "section": "notice" } }"#,
            422,
            "body",
        ),
    ] {
        let request = site.request(Method::POST, "/items", &editor).header("content-type", "application/json");
        let (got, said) = answer(request.body(body)).await;
        assert_eq!((got, &said["code"]), (status, &json!(problem)), "{body}");
    }
    let request = site.request(Method::POST, "/items", &editor).body("region=44");
    assert_eq!(answer(request).await.0, 415);
    let huge = json!({ "region": VILLAGE, "draft": { "kind": "notice", "body": "x".repeat(3 << 20) } });
    assert_eq!(site.post("/items", &editor, &huge).await.0, 413);
    assert_eq!(site.get("/nothing", &editor).await.1["code"], "no-address");
    assert_eq!(answer(site.request(Method::PATCH, "/items", &editor)).await.1["code"], "method");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_see_drafts_is_shown_what_is_on_the_air_alone() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let installer = site.token("installer", Role::Installer, VILLAGE).await;
    let (_, item) = site.push(&editor, "k", &pushed(VILLAGE, "停水通知")).await;
    let path = format!("/items/{}", id(&item));
    assert_eq!(site.get(&path, &installer).await.0, 404);
    for (token, step) in site.reviewers("village", VILLAGE).await {
        let hash = site.get(&path, &token).await.1["hash"].clone();
        let (status, _) = site.post(&format!("{path}/approve"), &token, &json!({ "step": step, "hash": hash })).await;
        assert_eq!(status, 200);
    }
    let text = json!({ "revision": 1, "draft": draft("停水改期") });
    let (status, _) = answer(site.request(Method::PUT, &format!("{path}/draft"), &editor).json(&text)).await;
    assert_eq!(status, 200);
    let (_, seen) = site.get(&path, &installer).await;
    assert_eq!(seen["content"]["title"], "停水通知");
    assert_eq!((&seen["draft"], &seen["history"]), (&Json::Null, &json!([])));
    assert_eq!((&seen["item"]["state"], &seen["item"]["revision"]), (&json!("published"), &json!(1)));
    let (_, list) = site.get(&format!("/items?region={VILLAGE}"), &installer).await;
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["title"]), (&json!("published"), &json!("停水通知")));
    assert_eq!(site.get(&path, &editor).await.1["draft"]["title"], "停水改期");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_accounts_and_an_auditor_exports_who_did() {
    let site = Site::new().await;
    let administrator = site.token("administrator", Role::Administrator, TOWN).await;
    let auditor = site.token("auditor", Role::Auditor, TOWN).await;
    let new = json!({ "login": "chen.wenxiu", "name": "陈文秀", "region": VILLAGE });
    let (status, account) = site.post("/accounts", &administrator, &new).await;
    assert_eq!((status, &account["grants"]), (201, &json!([])), "{account}");
    assert_eq!(site.post("/accounts", &administrator, &new).await.1["code"], "taken");
    let path = format!("/accounts/{}", id(&account));
    let grant = json!({ "role": "editor", "region": VILLAGE });
    assert_eq!(site.post(&format!("{path}/grants"), &administrator, &grant).await.0, 204);
    let (_, found) = site.get("/accounts?words=chen&role=editor", &administrator).await;
    assert_eq!((found.as_array().map(Vec::len), &found[0]["grants"]), (Some(1), &json!([grant])));
    let taken = site.request(Method::DELETE, &format!("{path}/grants/editor/{VILLAGE}"), &administrator);
    assert_eq!(answer(taken).await.0, 204);
    let token = json!({ "name": "x", "role": "administrator", "region": TOWN, "days": 1 });
    assert_eq!(site.post("/tokens", &administrator, &token).await.1["code"], "token-by-token");

    let mut steps = Vec::new();
    let mut after = String::new();
    loop {
        let (_, log) = site.get(&format!("/log?region={TOWN}&limit=2{after}"), &auditor).await;
        steps.extend(log["lines"].as_array().expect("lines").clone());
        let Some(next) = log["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let actions: Vec<&str> = steps.iter().filter_map(|line| line["action"].as_str()).collect();
    for action in ["account-create", "role-grant", "role-revoke"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
    let export = site.request(Method::GET, &format!("/log/export?region={TOWN}"), &auditor).send().await;
    let text = export.expect("answers").text().await.expect("a log");
    assert_eq!(text.lines().count(), steps.len() + 1, "every step and the heads");
    assert!(text.lines().last().is_some_and(|line| line.starts_with(r#"{"heads""#)), "{text}");
    let wrong = yuexiang_cloud::desk::audit::compare(&site.accounts.publisher.store, text.as_bytes()).await;
    assert_eq!(wrong.expect("compares"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_makes_and_ends_its_own_token() {
    let site = Site::new().await;
    site.person("chen", &[(Role::Editor, VILLAGE)]).await;
    let (cookie, csrf) = site.sign_in("chen").await;
    let new = json!({ "name": "县融媒体平台", "role": "editor", "region": VILLAGE, "days": 30 });
    let request =
        || site.client.post(format!("{}/api/v1/tokens", site.server.url)).header("cookie", &cookie).json(&new);
    assert_eq!(answer(request()).await.1["code"], "forged", "a page of somebody else's could send the cookie");
    let (status, made) = answer(request().header("x-csrf-token", csrf)).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["secret"].as_str().expect("a secret");
    let (_, me) = site.get("/me", secret).await;
    assert_eq!((&me["via"], &me["grants"]), (&json!("token"), &json!([{ "role": "editor", "region": VILLAGE }])));
    let (_, tokens) = site.get("/tokens", secret).await;
    assert_eq!(tokens[0]["id"], made["id"]);
    let ended = site.request(Method::DELETE, &format!("/tokens/{}", id(&made)), secret);
    assert_eq!(answer(ended).await.0, 204);
    assert_eq!(site.get("/me", secret).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_medium_is_taken_in_once_and_seen_by_its_region_alone() {
    let site = Site::new().await;
    let editor = site.token("editor", Role::Editor, VILLAGE).await;
    let stranger = site.token("stranger", Role::Editor, OTHER_TOWN).await;
    let text = "<svg onload=\"alert(1)\"/>";
    let created = site
        .request(Method::POST, "/uploads", &editor)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", text.len())
        .header("upload-metadata", "filename Yi5zdmc=")
        .send()
        .await
        .expect("answers");
    assert_eq!(created.status(), 201);
    let place = created.headers()["location"].to_str().expect("text").to_owned();
    let upload = place.rsplit('/').next().expect("an id").to_owned();
    let path = format!("/media/{upload}");
    let early = answer(site.request(Method::POST, &path, &editor)).await;
    assert_eq!(early.0, 409, "what has not come whole is not taken in: {}", early.1);
    let sent = site
        .request(Method::PATCH, &format!("/uploads/{upload}"), &editor)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .body(text);
    assert_eq!(sent.send().await.expect("answers").status(), 204);
    assert_eq!(answer(site.request(Method::POST, &path, &stranger)).await.0, 404);
    let (status, medium) = answer(site.request(Method::POST, &path, &editor)).await;
    assert_eq!((status, &medium["state"]), (200, &json!("refused")), "{medium}");
    assert!(medium["refused"]["zh"].as_str().is_some_and(|why| why.contains("b.svg")), "{medium}");
    assert_eq!(answer(site.request(Method::POST, &path, &editor)).await, (200, medium.clone()));
    assert_eq!(site.get(&path, &editor).await, (200, medium));
    assert_eq!(site.get(&path, &stranger).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_are_listed_and_found_by_pinyin() {
    let site = Site::new().await;
    let token = site.token("installer", Role::Installer, VILLAGE).await;
    let (_, cities) = site.get("/regions", &token).await;
    assert_eq!(cities.as_array().map(Vec::len), Some(21));
    let (_, found) = site.get("/regions?q=fuxizhen&parent=440224", &token).await;
    assert_eq!(found[0]["full_name"], "广东省 韶关市 仁化县 扶溪镇");
    assert_eq!((&found[0]["level"], &found[0]["has_children"]), (&json!("town"), &json!(true)));
}

#[test]
fn every_operation_is_described_in_full() {
    let document = serde_json::to_value(yuexiang_cloud::api::openapi()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            let name = format!("{method} {path}");
            operations += 1;
            assert!(operation["summary"].is_string(), "{name} says what it does");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name} has its place");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name} says what comes");
            for status in ["400", "401", "403", "404", "500"] {
                let problem = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem", "{name} {status}");
            }
            let named: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one["name"].as_str())
                .collect();
            for word in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(named.contains(&word), "{name} describes {word}");
            }
        }
    }
    assert_eq!(operations, 67, "an operation more or less is told here and in docs/API.md");
    check_references(&document, &document);
    let schemes = document["components"]["securitySchemes"].as_object().expect("security schemes");
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["bearer", "session"]);
}

/// Every reference leads somewhere.
fn check_references(document: &Json, part: &Json) {
    match part {
        Json::Object(fields) => {
            if let Some(target) = fields.get("$ref").and_then(Json::as_str) {
                let place = target.strip_prefix('#').expect("a reference within the document");
                assert!(document.pointer(place).is_some(), "{target} leads nowhere");
            }
            fields.values().for_each(|part| check_references(document, part));
        }
        Json::Array(parts) => parts.iter().for_each(|part| check_references(document, part)),
        _ => {}
    }
}
