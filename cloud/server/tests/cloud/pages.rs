//! The pages of the console in a browser: who sees them, and who is told why not.

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use yuexiang_cloud::accounts::{Accounts, Settings};
use yuexiang_cloud::desk::draft::Draft;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role};

use crate::desk::{approve_all, code, desk, notice, staff, submitted};
use crate::fixture::{NOW, Server, VILLAGE, World};

mod editing;

const COUNTY: &str = "440224000000";
const OTHER_COUNTY: &str = "440205000000";
const PASSWORD: &str = "水稻 and 2 buffaloes";

/// A running server with something on the air, and people who sign in.
struct Site {
    world: World,
    server: Server,
}

/// A browser in which somebody is signed in.
struct Browser<'a> {
    site: &'a Site,
    client: Client,
    cookie: String,
}

impl Site {
    async fn new(people: &[(&str, Role, &str)]) -> Site {
        Site::served(people, World::serve).await
    }

    async fn served(people: &[(&str, Role, &str)], serve: impl FnOnce(&World) -> Server) -> Site {
        let world = World::new();
        let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts");
        let root = Actor::command_line();
        for (login, role, region) in people {
            let name = login.parse().expect("a login");
            let account = accounts.create(&root, &name, login, code(region), NOW).await.expect("makes");
            accounts.set_password(&root, &account.id, PASSWORD, NOW).await.expect("sets");
            let grant = Grant { role: *role, region: code(region) };
            accounts.grant(&root, &account.id, grant, NOW).await.expect("grants");
        }
        let desk = desk(&world).await;
        let staff = staff(&desk, "a", VILLAGE).await;
        let mut draft = notice("停水通知");
        draft.not_after = Some(jiff::Timestamp::now().as_second() + 86_400);
        let id = submitted(&desk, &staff, VILLAGE, &draft).await;
        approve_all(&desk, &staff, &id).await;
        let server = serve(&world);
        Site { world, server }
    }

    async fn sign_in(&self, login: &str) -> Browser<'_> {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        let form = [("login", login), ("password", PASSWORD)];
        let request = client.post(format!("{}/console/login", self.server.url));
        let answer = posted(request, &form).await;
        let cookie = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie");
        Browser { site: self, cookie: cookie.to_owned(), client }
    }
}

async fn posted(request: RequestBuilder, fields: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    request.send().await.expect("an answer")
}

impl Browser<'_> {
    async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.site.server.url)).header("cookie", &self.cookie);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let (_, page) = self.get("/console/").await;
        let csrf =
            page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf)]).collect();
        let request = self.client.post(format!("{}{path}", self.site.server.url)).header("cookie", &self.cookie);
        posted(request, &fields).await.status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_for_whoever_may_see_it_and_says_why_to_others() {
    let people = [
        ("administrator", Role::Administrator, COUNTY),
        ("operator", Role::Operator, COUNTY),
        ("editor", Role::Editor, VILLAGE),
        ("installer", Role::Installer, VILLAGE),
    ];
    let site = Site::new(&people).await;
    let month = jiff::Timestamp::now().strftime("%Y-%m").to_string();
    let calendar = format!("/console/calendar?month={month}");
    let table = format!("/console/views.csv?month={month}");
    // Path, what stands on it, and who may see it.
    let pages: [(&str, &str, &[&str]); 7] = [
        ("/console/", "总览", &["administrator", "operator", "editor", "installer"]),
        (&calendar, "停水通知", &["administrator", "operator", "editor", "installer"]),
        ("/console/channels", "频道", &["administrator", "operator", "editor", "installer"]),
        ("/console/sections", "便民通知", &["operator", "editor"]),
        ("/console/policy", "审核规则", &["administrator"]),
        ("/console/views", "收视", &["administrator", "operator", "editor"]),
        (&table, "村,编码,内容,栏目,观看,播放,分钟", &["administrator", "operator"]),
    ];
    for (login, ..) in people {
        let browser = site.sign_in(login).await;
        for (path, text, who) in pages {
            let (status, page) = browser.get(path).await;
            let expected = if who.contains(&login) { 200 } else { 403 };
            assert_eq!(status, expected, "{login} {path}: {page}");
            assert!(expected == 403 || page.contains(text), "{login} {path}: {page}");
            let elsewhere = format!("{path}{}region={OTHER_COUNTY}", if path.contains('?') { '&' } else { '?' });
            assert_eq!(browser.get(&elsewhere).await.0, 403, "{login} {elsewhere}");
        }
    }
    let browser = site.sign_in("administrator").await;
    for path in ["/console/?region=nowhere", "/console/?region=440224999000", "/console/views.csv?month=2026-13"] {
        assert_eq!(browser.get(path).await.0, 404, "{path}");
    }
    for path in ["/console/nowhere", "/console/items/a/b/c"] {
        let (status, page) = browser.get(path).await;
        assert!(status == 404 && page.contains("没有找到"), "{path}: {page}");
    }
    assert_eq!(browser.get("/console/inbox").await.0, 403, "who reviews nothing has no inbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_beyond_one_page_is_counted_and_stands_on_the_next() {
    let site = Site::new(&[("reviewer", Role::FirstReviewer, VILLAGE)]).await;
    let desk = desk(&site.world).await;
    let staff = staff(&desk, "b", VILLAGE).await;
    for number in 0..13 {
        submitted(&desk, &staff, VILLAGE, &notice(&format!("第 {number} 号通知"))).await;
    }
    let reviewer = site.sign_in("reviewer").await;
    let (_, page) = reviewer.get("/console/inbox").await;
    assert_eq!(page.matches("class=\"card entry\"").count(), 12, "{page}");
    assert!(page.contains("后面还有 1 条"), "{page}");
    let link = page.split("/console/inbox?step=first&amp;after=").nth(1).and_then(|rest| rest.split('"').next());
    let next = link.expect("a link to the next page");
    let (_, page) = reviewer.get(&format!("/console/inbox?step=first&after={next}")).await;
    assert_eq!(page.matches("class=\"card entry\"").count(), 1, "{page}");
    assert!(!page.contains("后面还有"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_tells_what_went_out_and_who_is_silent() {
    let site = Site::new(&[("operator", Role::Operator, COUNTY), ("editor", Role::Editor, VILLAGE)]).await;
    let now = jiff::Timestamp::now().as_second();
    let desk = desk(&site.world).await;
    let staff = staff(&desk, "b", VILLAGE).await;
    let later = Draft { not_before: Some(now + 86_400), ..notice("元旦值班电话") };
    let id = submitted(&desk, &staff, VILLAGE, &later).await;
    approve_all(&desk, &staff, &id).await;
    // The village has published at a fixed time, which is long ago or yet to come; now it was just now.
    let sql = format!("UPDATE region SET last_published = {now}");
    desk.publisher.store.db.execute("publishing now", &sql, vec![]).await.expect("runs");
    let (_, page) = site.sign_in("operator").await.get("/console/").await;
    assert!(page.contains("停水通知") && page.contains("存储和转码"), "{page}");
    assert!(page.contains("1 个有更新"), "{page}");
    assert!(!page.contains("元旦值班电话"), "what waits for its time has not gone out yet: {page}");
    let (_, page) = site.sign_in("editor").await.get("/console/").await;
    assert!(page.contains("最近更新") && !page.contains("1 个有更新"), "{page}");
    assert!(!page.contains("存储和转码"), "an editor does not see storage");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_with_a_way_back() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE), ("auditor", Role::Auditor, VILLAGE)]).await;
    site.world.publish(&[&site.world.village()]).await;
    let (editor, auditor) = (site.sign_in("editor").await, site.sign_in("auditor").await);
    let item = format!("/console/items/{VILLAGE}-water");
    let (status, page) = editor.get(&item).await;
    assert!(status == 200 && page.contains("随系统装入") && !page.contains("命令行"), "{page}");
    let (status, page) = editor.get(&format!("{item}/edit")).await;
    assert!(status == 409 && page.contains("这条是随系统装入的，改不了"), "{page}");
    assert!(page.contains(&format!("href=\"{item}\"")), "{page}");
    let (status, page) = auditor.get("/console/items/new").await;
    assert!(status == 403 && page.contains("这一步您不能做"), "{page}");
    let (status, page) = editor.get("/console/log").await;
    assert!(status == 403 && page.contains("这个您不能看"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_sections_and_review_rules_do_what_they_say() {
    let people = [("operator", Role::Operator, VILLAGE), ("administrator", Role::Administrator, COUNTY)];
    let site = Site::new(&people).await;
    let operator = site.sign_in("operator").await;
    let new = [("region", VILLAGE), ("board", "culture"), ("id", "lychee"), ("name", "荔枝"), ("name_en", "Lychees")];
    assert_eq!(operator.post("/console/sections", &new).await, 303);
    assert!(operator.get("/console/sections").await.1.contains("荔枝"));
    let bad = [("region", VILLAGE), ("board", "culture"), ("id", "荔枝"), ("name", "荔枝二")];
    assert_eq!(operator.post("/console/sections", &bad).await, 422);
    let elsewhere = [("region", COUNTY), ("board", "culture"), ("id", "a"), ("name", "荔枝")];
    assert_eq!(operator.post("/console/sections", &elsewhere).await, 403);
    let up = [("region", VILLAGE), ("direction", "up")];
    assert_eq!(operator.post("/console/sections/culture/lychee/move", &up).await, 303);
    let page = operator.get("/console/sections").await.1;
    assert!(page.find("荔枝").expect("it is there") < page.find("健康生活").expect("it is there"));
    assert_eq!(operator.post("/console/sections/culture/lychee/remove", &[("region", VILLAGE)]).await, 303);
    assert!(!operator.get("/console/sections").await.1.contains("荔枝"));

    let administrator = site.sign_in("administrator").await;
    let two = [("region", COUNTY), ("reviews", "2")];
    assert_eq!(administrator.post("/console/policy", &two).await, 303);
    assert!(administrator.get("/console/policy").await.1.contains("value=\"2\" checked"));
    assert_eq!(administrator.post("/console/policy", &[("region", COUNTY), ("reviews", "4")]).await, 409);
    assert_eq!(administrator.post("/console/policy", &[("region", OTHER_COUNTY), ("reviews", "1")]).await, 403);
}
