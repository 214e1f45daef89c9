//! The whole of it in a browser: a text is handed in, the bell rings, it is returned, the bell rings elsewhere, and a letter
//! arrives.

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use yuexiang_cloud::accounts::{Accounts, Settings};
use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::items::Origin;
use yuexiang_cloud::desk::rights::{Actor, Grant, Role, Via};
use yuexiang_cloud::notices::config::Security;

use super::servers::{Letter, MailServer};
use crate::desk::{code, desk};
use crate::fixture::{NOW, Server, VILLAGE, World, eventually};

const PASSWORD: &str = "水稻 and 2 buffaloes";

struct Browser {
    client: Client,
    url: String,
    cookie: String,
}

impl Browser {
    async fn sign_in(server: &Server, login: &str) -> Browser {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        let mut browser = Browser { client, url: server.url.clone(), cookie: String::new() };
        let answer = browser.send("/console/login", &[("login", login), ("password", PASSWORD)]).await;
        let cookie = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie");
        browser.cookie = cookie.to_owned();
        browser
    }

    async fn get(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        request.send().await.expect("an answer").text().await.expect("text")
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        request.send().await.expect("an answer")
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let page = self.get("/console/notices").await;
        let csrf = between(&page, "name=\"csrf\" value=\"", "\"").expect("a token").to_owned();
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.send(path, &fields).await.status().as_u16()
    }

    /// The number on the bell.
    async fn bell(&self) -> i64 {
        let page = self.get("/console/items").await;
        let bell = between(&page, "class=\"bell\"", "</a>").expect("a bell");
        between(bell, "aria-hidden=\"true\">", "</span>")
            .filter(|text| !text.contains('<'))
            .map_or(0, |count| count.parse().expect("a number"))
    }

    async fn api(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(&format!("/api/v1{path}")).await).expect("JSON")
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(text, _)| text)
}

struct Site {
    server: Server,
    mail: MailServer,
    desk: Desk,
    _world: World,
}

async fn site(people: &[(&str, Role)]) -> Site {
    let world = World::new();
    let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts");
    let root = Actor::command_line();
    for (login, role) in people {
        let name = login.parse().expect("a login");
        let account = accounts.create(&root, &name, login, code(VILLAGE), NOW).await.expect("makes");
        accounts.set_password(&root, &account.id, PASSWORD, NOW).await.expect("sets");
        let grant = Grant { role: *role, region: code(VILLAGE) };
        accounts.grant(&root, &account.id, grant, NOW).await.expect("grants");
    }
    let mail = MailServer::start(Security::None).await;
    let server = world.serve_with(&mail.configuration().replace("http://tv.example.cn/", "http://localhost/"));
    let desk = desk(&world).await;
    Site { server, mail, desk, _world: world }
}

impl Site {
    async fn letters_to(&self, address: &str, count: usize) -> Vec<Letter> {
        eventually("the letters arrive", async || {
            let mine: Vec<Letter> = self.mail.letters().into_iter().filter(|letter| letter.to == [address]).collect();
            (mine.len() >= count).then_some(mine)
        })
        .await
    }

    /// Enters an address and opens the link in the letter, as whoever reads it there does.
    async fn confirm(&self, browser: &Browser, address: &str) {
        assert_eq!(browser.post("/console/notices/address", &[("address", address)]).await, 303);
        let letter = self.letters_to(address, 1).await.remove(0);
        assert_eq!(letter.header("subject"), "【粤乡】请确认邮箱");
        let link = between(&letter.body, "http://localhost", "\n").expect("a link").to_owned();
        assert!(!browser.get("/console/notices/settings").await.contains("已确认"));
        // Whatever looks at letters for viruses opens links: that alone confirms nothing.
        let stranger = Browser { client: browser.client.clone(), url: browser.url.clone(), cookie: String::new() };
        assert!(stranger.get(&link).await.contains(address));
        assert!(!browser.get("/console/notices/settings").await.contains("已确认"));
        assert_eq!(stranger.send(&link, &[]).await.status(), 200);
        assert!(browser.get("/console/notices/settings").await.contains("已确认"));
        assert_eq!(stranger.send(&link, &[]).await.status(), 410, "a link is used once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_handed_in_and_returned_and_both_are_told_on_the_bell_and_by_mail() {
    let site = site(&[("ann", Role::Editor), ("ben", Role::FirstReviewer)]).await;
    let (ann, ben) = (Browser::sign_in(&site.server, "ann").await, Browser::sign_in(&site.server, "ben").await);
    site.confirm(&ann, "ann@example.cn").await;
    assert_eq!((ann.bell().await, ben.bell().await), (0, 0));

    // Ann writes a notice and hands it in.
    let me = ann.api("/me").await;
    let account = me["account"].as_str().expect("an account");
    let grants = vec![Grant { role: Role::Editor, region: code(VILLAGE) }];
    let actor = Actor::new(account, "ann", grants, Via::CommandLine);
    let draft = crate::desk::notice("停水通知");
    let id = site.desk.create(&actor, code(VILLAGE), &draft, Origin::Desk, NOW).await.expect("creates").id;
    let segment = id.replacen('/', "-", 1);
    assert_eq!(ann.post(&format!("/console/items/{segment}/submit"), &[("revision", "1")]).await, 303);
    assert_eq!(ben.bell().await, 1, "Ben's bell rings");
    assert_eq!(ann.bell().await, 0);
    let page = ben.get("/console/notices").await;
    assert!(page.contains("“停水通知”等您初审") && page.contains("全部标为已看"), "{page}");
    let notice = ben.api("/notices?unread=true").await;
    assert_eq!((&notice["unread"], &notice["notices"][0]["item"]["id"]), (&1.into(), &id.as_str().into()));

    // Ben returns it.
    let item = ben.get(&format!("/console/items/{segment}")).await;
    let hash = between(&item, "name=\"hash\" value=\"", "\"").expect("a hash").to_owned();
    let decision = [("hash", hash.as_str()), ("step", "first"), ("reason", "缺时间")];
    assert_eq!(ben.post(&format!("/console/items/{segment}/reject"), &decision).await, 303);
    assert_eq!(ben.bell().await, 0, "nothing is left for Ben");
    assert_eq!(ann.bell().await, 1, "Ann's bell rings");
    let letter = site.letters_to("ann@example.cn", 2).await.remove(1);
    assert_eq!(letter.header("subject"), "【粤乡】“停水通知”被退回：缺时间");
    assert!(letter.body.contains(&format!("http://localhost/console/items/{segment}")), "{}", letter.body);

    // Following the notice reads it.
    let page = ann.get("/console/notices").await;
    let link = between(&page, "href=\"/console/notices/1", "\"").expect("a notice").to_owned();
    let request = ann.client.get(format!("{}/console/notices/1{link}", ann.url)).header("cookie", &ann.cookie);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["location"], format!("/console/items/{segment}"));
    assert_eq!(ann.bell().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_on_the_pages_of_notices_is_refused_by_name() {
    let people = [("ann", Role::Editor), ("ben", Role::FirstReviewer), ("sue", Role::SecondReviewer)];
    let site = site(&people).await;
    let ben = Browser::sign_in(&site.server, "ben").await;
    for wrong in ["ben", "ben@example.cn\r\nBcc: all@example.cn", ""] {
        assert_eq!(ben.post("/console/notices/address", &[("address", wrong)]).await, 422, "{wrong:?}");
    }
    assert_eq!(ben.post("/console/notices/settings", &[("hour", "25")]).await, 422);
    assert_eq!(ben.post("/console/notices/settings", &[("hour", "8"), ("waiting", "often")]).await, 422);
    assert_eq!(ben.post("/console/notices/settings", &[("hour", "9"), ("waiting", "daily")]).await, 303);
    assert_eq!(ben.get("/console/notices/nothing").await.matches("没有这条通知").count(), 1);
    assert!(site.mail.letters().is_empty());

    // A substitute is named with days that can be read, by somebody who has something to hand on.
    let right = format!("first@{VILLAGE}");
    let form = |first: &'static str, last: &'static str| {
        [
            ("right", right.clone()),
            ("substitute", "sue".to_owned()),
            ("first", first.to_owned()),
            ("last", last.to_owned()),
        ]
    };
    let send = async |form: [(&'static str, String); 4]| {
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ben.post("/console/substitutes", &fields).await
    };
    let today = yuexiang_cloud::pack::china_date(jiff::Timestamp::now().as_second()).to_string();
    let today: &'static str = today.leak();
    assert_eq!(send(form("明天", today)).await, 422);
    assert_eq!(send(form(today, "2026/12/31")).await, 422);
    assert_eq!(send(form("2020-01-01", today)).await, 422);
    let sue = Browser::sign_in(&site.server, "sue").await;
    assert!(!sue.get("/console/inbox").await.contains("?step=first"), "no first reviews for Sue");
    assert_eq!(send(form(today, today)).await, 303);
    assert!(sue.get("/console/inbox").await.contains("step=first"), "now there are");
    assert_eq!(sue.bell().await, 1);
    let page = ben.get("/console/substitutes").await;
    assert!(page.contains("正在代审"), "{page}");
    let id = between(&page, "/console/substitutes/s-", "/end").expect("a form").to_owned();
    assert_eq!(ben.post(&format!("/console/substitutes/s-{id}/end"), &[]).await, 303);
    assert!(!sue.get("/console/inbox").await.contains("?step=first"), "and no more");
    assert_eq!(ben.send("/console/substitutes", &[]).await.status(), 403, "a form of another page");
}
