//! The console's pages about people, tokens, keys and the log, used as a browser without scripts uses them.

use std::collections::BTreeMap;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::Value as Json;
use yuexiang_cloud::accounts::{Account, Accounts, Settings};
use yuexiang_cloud::desk::rights::{Actor, Grant, Role};
use yuexiang_cloud::desk::{audit, log};
use yuexiang_cloud::keys::NewKey;
use yuexiang_cloud::keys::request::RequestFile;
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::region::RegionCode;

use crate::fixture::{PROVINCE, Server, VILLAGE, World, unguard_log};

const COUNTY: &str = "440224000000";
const TOWN: &str = "440224103000";
const OTHER_TOWN: &str = "440224104000";
const PASSWORD: &str = "水稻 and 2 buffaloes";

fn code(text: &str) -> RegionCode {
    text.parse().expect("a code")
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A server whose regions have published something, and the accounts of its database.
struct Office {
    world: World,
    publisher: Publisher,
    accounts: Accounts,
    server: Server,
}

impl Office {
    async fn open() -> Office {
        let world = World::new();
        let (town, other) = (world.pack("town", TOWN), world.pack("other", OTHER_TOWN));
        town.item("bridge", "");
        other.item("road", "");
        world.publish_at(&[&world.village(), &town, &other], now()).await.expect("publishes");
        let publisher = world.publisher().await;
        let accounts = Accounts::new(publisher.clone(), Settings::default()).expect("accounts");
        let server = world.serve();
        Office { world, publisher, accounts, server }
    }

    /// An account with a password, made by the command line.
    async fn person(&self, login: &str, name: &str, region: &str, roles: &[Role]) -> Account {
        let root = Actor::command_line();
        let made = self.accounts.create(&root, &login.parse().expect("a login"), name, code(region), now()).await;
        let account = made.expect("makes");
        self.accounts.set_password(&root, &account.id, PASSWORD, now()).await.expect("sets");
        for &role in roles {
            let grant = Grant { role, region: code(region) };
            self.accounts.grant(&root, &account.id, grant, now()).await.expect("grants");
        }
        account
    }

    /// A browser in which somebody has logged in through the form.
    async fn logged_in(&self, login: &str) -> Browser {
        let mut browser = Browser::new(&self.server);
        let page = browser.log_in(login, PASSWORD).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/console/password"), "{}", page.text);
        browser
    }
}

/// What a browser without scripts does: it keeps cookies, follows redirections and sends the forms of its page.
struct Browser {
    client: Client,
    url: String,
    page: Page,
}

#[derive(Clone, Default)]
struct Page {
    status: u16,
    /// Path and query.
    path: String,
    text: String,
}

impl Page {
    #[track_caller]
    fn has(&self, text: &str) -> &Page {
        assert!(self.text.contains(text), "{} ({}) lacks {text}: {}", self.path, self.status, self.text);
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Page {
        assert!(!self.text.contains(text), "{} has {text}: {}", self.path, self.text);
        self
    }

    /// The fields of the form that posts to an address and has all these fields, as the page filled them.
    #[track_caller]
    fn form(&self, action: &str, with: &[(&str, &str)]) -> BTreeMap<String, String> {
        let forms = self.text.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
        let known = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let known: Vec<(String, String)> = known.collect();
        let mut fitting = forms.filter_map(|form| {
            let head = form.split('>').next()?;
            let is_it = attribute(head, "action").as_deref() == Some(action)
                && attribute(head, "method").as_deref() == Some("post");
            let fields = fields(form);
            (is_it && known.iter().all(|(name, value)| fields.get(name) == Some(value))).then_some(fields)
        });
        fitting.next().unwrap_or_else(|| panic!("{} has no form for {action} {with:?}: {}", self.path, self.text))
    }

    /// What stands between the tags of the element with an id.
    #[track_caller]
    fn element(&self, id: &str) -> String {
        let (_, rest) =
            self.text.split_once(&format!(" id=\"{id}\">")).unwrap_or_else(|| panic!("no #{id}: {}", self.text));
        rest.split('<').next().expect("text").replace("&amp;", "&")
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&").replace("&lt;", "<").replace("&quot;", "\""))
}

/// Names and values of what a form sends by itself: its inputs, without boxes that are not ticked.
fn fields(form: &str) -> BTreeMap<String, String> {
    let inputs = form.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    let sent = inputs.filter(|tag| !tag.contains("type=\"checkbox\"") || tag.contains(" checked"));
    sent.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))).collect()
}

impl Browser {
    fn new(server: &Server) -> Browser {
        let client = Client::builder().no_proxy().cookie_store(true).redirect(Policy::limited(5)).build();
        Browser { client: client.expect("a client"), url: server.url.clone(), page: Page::default() }
    }

    async fn keep(&mut self, answer: Response) -> &Page {
        let url = answer.url();
        let path = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let status = answer.status().as_u16();
        self.page = Page { status, path, text: answer.text().await.expect("text") };
        &self.page
    }

    async fn open(&mut self, path: &str) -> &Page {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        self.keep(answer).await
    }

    /// Sends a form with the headers that browsers add.
    async fn post(&mut self, path: &str, fields: &[(String, String)]) -> &Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.url)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("origin", &self.url).header("sec-fetch-site", "same-origin");
        let answer = request.send().await.expect("an answer");
        self.keep(answer).await
    }

    /// Fills a form of the page in and sends it.
    async fn send(&mut self, action: &str, filled: &[(&str, &str)]) -> &Page {
        self.send_one(action, &[], filled).await
    }

    /// The same of the form among several that has these fields.
    async fn send_one(&mut self, action: &str, with: &[(&str, &str)], filled: &[(&str, &str)]) -> &Page {
        let mut fields = self.page.form(action, with);
        for (name, _) in filled {
            fields.remove(*name);
        }
        let mut fields: Vec<(String, String)> = fields.into_iter().collect();
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(action, &fields).await
    }

    /// Fills the form to log in, which leads to the page on one's password.
    async fn log_in(&mut self, login: &str, password: &str) -> Page {
        self.open("/console/login?next=/console/password").await;
        self.send("/console/login", &[("account", login), ("password", password)]).await.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_gets_its_password_by_a_link_and_goes_no_further_than_its_roles() {
    let office = Office::open().await;
    office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    let mut admin = office.logged_in("huang").await;

    let form = "/console/accounts/new?region=440224103000";
    admin.open(form).await.has("新建账号");
    admin.send("/console/accounts", &[("name", "陈文秀"), ("login", "huang"), ("role", "editor")]).await;
    admin.page.has("已经有人用了。请换一个。").has("value=\"陈文秀\"").has("value=\"editor\" checked");
    admin.send("/console/accounts", &[("login", "chen"), ("role", "editor"), ("role", "installer")]).await;
    admin.page.has("一次性链接").has("陈文秀").has("采编").has("装维").has("等设密码").has("黄志明 建");
    let link = admin.page.element("one-time-link");
    let path = link.strip_prefix(&office.server.url).expect("an address of this server").to_owned();
    admin.open("/console/accounts?region=440224103000").await.has("陈文秀").lacks("黄志明</a>");

    let mut chen = Browser::new(&office.server);
    let action = path.as_str();
    chen.open(&path).await.has("设置密码").has("chen");
    chen.send(action, &[("password", "short"), ("repeat", "short")]).await.has("新密码：不到 10 个字符。");
    chen.send(action, &[("password", PASSWORD), ("repeat", "another one")]).await.has("两次输入的不一样");
    chen.send(action, &[("password", "chen and 2 buffaloes"), ("repeat", "chen and 2 buffaloes")])
        .await
        .has("新密码：里面有账号名，");
    chen.send(action, &[("password", PASSWORD), ("repeat", PASSWORD)]).await.has("密码已设置，请登录");
    let mut late = Browser::new(&office.server);
    late.open(&path).await.has("这个链接已经用过、换过或过期了").lacks("name=\"password\"");

    let page = chen.log_in("chen", "not the password").await;
    page.has("账号或密码不对").has("value=\"chen\"");
    assert_eq!(chen.log_in("chen", PASSWORD).await.path, "/console/password");
    for closed in ["accounts", "accounts/new", "tokens", "keys", "log", "log/export"] {
        assert_eq!(chen.open(&format!("/console/{closed}")).await.status, 403, "{closed}");
    }

    let wrong = [("current", "wrong"), ("password", "新的密码也要很长很长"), ("repeat", "新的密码也要很长很长")];
    chen.open("/console/password").await;
    chen.send("/console/password", &wrong).await.has("现在的密码不对");
    let right = [("current", PASSWORD), wrong[1], wrong[2]];
    assert_eq!(chen.send("/console/password", &right).await.path, "/console/?done=saved");
    let mut again = Browser::new(&office.server);
    again.log_in("chen", PASSWORD).await.has("账号或密码不对");
    assert_eq!(again.log_in("chen", wrong[1].1).await.path, "/console/password");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_sessions_and_the_account_itself_end_in_the_browser_that_manages_them() {
    let office = Office::open().await;
    let admin = office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    let chen = office.person("chen", "陈文秀", TOWN, &[]).await;
    let mut browser = office.logged_in("huang").await;
    let mut hers = office.logged_in("chen").await;
    let page = format!("/console/accounts/{}", chen.id);

    browser.open(&page).await.has("没有角色");
    browser.send(&format!("{page}/grant"), &[("role", "first"), ("region", TOWN)]).await.has("已授权").has("初审");
    let keys = office.publisher.reviewing(&chen.id).await.expect("reads");
    assert_eq!((keys.len(), keys[0].region.as_str()), (1, TOWN));
    browser.page.has(&keys[0].public).has("在用");
    browser.send(&format!("{page}/key"), &[]).await.has("已更换密钥");
    let keys = office.publisher.reviewing(&chen.id).await.expect("reads");
    assert_eq!(keys.iter().filter(|key| key.until.is_none()).count(), 1);
    assert_eq!(keys.len(), 2);

    // A reviewer's key can be taken back altogether on the page of keys.
    browser.open(&format!("/console/keys?region={TOWN}")).await.has("陈文秀");
    let current = keys.iter().find(|key| key.until.is_none()).expect("one").public.clone();
    browser.send_one("/console/keys/reviewer/revoke", &[("key", &current)], &[]).await.has("已收回").lacks(&current);

    browser.open(&page).await;
    let first = [("role", "first"), ("region", TOWN)];
    browser.send_one(&format!("{page}/revoke"), &first, &[]).await.has("已收回").has("还没有角色");

    assert_eq!(hers.open("/console/password").await.path, "/console/password");
    browser.send_one(&format!("{page}/sessions/end"), &[("session", "all")], &[]).await.has("现在没有登录");
    hers.open("/console/password").await.has("账号");
    assert!(hers.page.path.starts_with("/console/login"), "{}", hers.page.path);

    browser.send(&format!("{page}/disable"), &[]).await.has("已停用");
    hers.log_in("chen", PASSWORD).await.has("账号或密码不对");
    browser.send(&format!("{page}/enable"), &[]).await.has("已启用");
    assert_eq!(hers.log_in("chen", PASSWORD).await.path, "/console/password");

    // Nobody gives himself a role; the page says so, and nothing has changed.
    let own = format!("/console/accounts/{}", admin.id);
    browser.open(&own).await.lacks("授予</button>");
    let csrf = browser.page.form("/console/logout", &[])["csrf"].clone();
    let fields = [("csrf", csrf.as_str()), ("role", "final"), ("region", TOWN)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    browser.post(&format!("{own}/grant"), &fields).await.has("不能给自己授权");
    assert_eq!(office.accounts.account(&admin.id).await.expect("is there").grants.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_and_a_region_are_chosen_once_and_kept() {
    let office = Office::open().await;
    let huang = office.person("huang", "黄志明", TOWN, &[Role::Administrator]).await;
    let elsewhere = Grant { role: Role::Auditor, region: code(OTHER_TOWN) };
    office.accounts.grant(&Actor::command_line(), &huang.id, elsewhere, now()).await.expect("grants");

    let mut browser = Browser::new(&office.server);
    browser.open("/console/login").await.has("账号").lacks("Log in</button>");
    browser.send("/console/language", &[("lang", "en")]).await.has("lang=\"en\"").lacks("密码");
    assert_eq!(browser.page.path, "/console/login");
    browser.log_in("huang", PASSWORD).await.has("lang=\"en\"");

    browser.open("/console/log").await;
    browser.send("/console/region", &[("region", OTHER_TOWN)]).await.has(OTHER_TOWN);
    assert_eq!(browser.page.path, "/console/log");
    browser.send("/console/region", &[("region", COUNTY)]).await;
    assert_eq!(browser.open("/console/log").await.status, 200, "where one has no role is not gone to");
    browser.send("/console/language", &[("lang", "zh")]).await.has("lang=\"zh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_made_in_the_console_works_until_it_is_revoked_and_nowhere_else() {
    let office = Office::open().await;
    office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    office.person("media", "融媒体中心", TOWN, &[Role::Editor]).await;
    let mut admin = office.logged_in("huang").await;
    let page = format!("/console/tokens?region={TOWN}");
    admin.open(&page).await.has("还没有令牌");
    let form = [("name", "平台"), ("account", "media"), ("role", "final"), ("days", "90")];
    admin
        .send("/console/tokens", &form)
        .await
        .has("审核和管理的令牌只能由本人开")
        .has("value=\"平台\"")
        .has("value=\"media\"");
    admin.send("/console/tokens", &[("account", "nobody-at-all"), ("role", "editor")]).await.has("没有这个账号");
    admin
        .send("/console/tokens", &[("account", "media"), ("role", "editor"), ("days", "90")])
        .await
        .has("只显示这一次");
    let token = admin.page.element("secret");
    assert!(token.starts_with("yxt_"), "{token}");
    admin.open(&page).await.has("平台").has("融媒体中心").lacks(&token);

    let upload = async |token: Option<&str>| {
        let client = Client::builder().no_proxy().build().expect("a client");
        let request = client.post(format!("{}/api/v1/uploads", office.server.url));
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", "5");
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(upload(Some(&token)).await, 201);
    assert_eq!(upload(None).await, 401);
    assert_eq!(upload(Some("yxt_0000000000000000000000000000000000000000000")).await, 401);
    // Pages are for people.
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = office.server.get_with("/console/accounts", &headers).await;
    assert_eq!(answer.url().path(), "/console/login");

    let lines = office.accounts.tokens(&Actor::command_line()).await.expect("lists");
    admin.send(&format!("/console/tokens/{}/revoke", lines[0].id), &[]).await.has("已收回").has("已作废");
    assert_eq!(upload(Some(&token)).await, 401);
    admin.open("/console/log?action=token-revoke").await.has("平台").lacks(&lines[0].id);
}

/// The version of a region's root.
async fn root(office: &Office, region: &str) -> u64 {
    office.publisher.root_of(code(region)).await.expect("reads").expect("has keys").0
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_and_a_towns_are_revoked_by_its_county() {
    let office = Office::open().await;
    office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    office.person("chen", "陈文秀", TOWN, &[Role::Administrator]).await;
    let mut town = office.logged_in("chen").await;
    let before = root(&office, TOWN).await;
    town.open("/console/keys").await.has("扶溪镇");
    let targets = [("role", "targets"), ("region", TOWN)];
    town.send_one("/console/keys/rotate", &targets, &[]).await.has("已更换密钥");
    assert_eq!(root(&office, TOWN).await, before + 1);
    let served = office.server.get(&format!("/tuf/{TOWN}/{}.root.json", before + 1)).await;
    assert_eq!(served.status().as_u16(), 200);

    // The town has nothing to say about its neighbour, nor the county's business with itself.
    let csrf = town.page.form("/console/logout", &[])["csrf"].clone();
    for (path, region, child) in [
        ("/console/keys/rotate", OTHER_TOWN, ""),
        ("/console/keys/rotate", COUNTY, ""),
        ("/console/keys/revoke", COUNTY, OTHER_TOWN),
        ("/console/keys/revoke", TOWN, TOWN),
        ("/console/keys/ceremony", OTHER_TOWN, ""),
    ] {
        let fields =
            [("csrf", csrf.as_str()), ("region", region), ("role", "targets"), ("child", child), ("reason", "x")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(town.post(path, &fields).await.status, 403, "{path} {region} {child}");
    }
    assert_eq!(root(&office, OTHER_TOWN).await, 1);

    let mut county = office.logged_in("huang").await;
    county.open("/console/keys").await.has("扶溪镇").has("可信");
    let child = [("child", TOWN)];
    county.send_one("/console/keys/revoke", &child, &[("reason", " ")]).await.has("请填写理由");
    county
        .send_one("/console/keys/revoke", &child, &[("reason", "密钥电脑失窃")])
        .await
        .has("吊销并换新：密钥电脑失窃");
    assert_eq!(root(&office, TOWN).await, before + 2);
    let status = office.publisher.key_status(code(TOWN)).await.expect("reads");
    assert_eq!(status.first_root, before + 2, "the county introduces the town anew");
    let first = office.world.target(COUNTY, &format!("children/{TOWN}.root.json"));
    assert_eq!(first["signed"]["version"].as_u64(), Some(before + 2));
    // Another county has no say.
    let csrf = county.page.form("/console/logout", &[])["csrf"].clone();
    let fields = [("csrf", csrf.as_str()), ("child", COUNTY), ("reason", "x")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(county.post("/console/keys/revoke", &fields).await.status, 403, "that is the city's business");
}

/// A form with a file, as a browser sends it.
fn with_file(fields: &[(&str, &str)], name: &str, file: &[u8]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.json\"\r\n");
    body.extend(head.bytes());
    body.extend(b"content-type: application/json\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge", body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceremony_of_an_offline_root_goes_through_the_browser() {
    let office = Office::open().await;
    office.person("chen", "陈文秀", TOWN, &[Role::Administrator]).await;
    let mut browser = office.logged_in("chen").await;
    let before = root(&office, TOWN).await;
    let (key, strange) = (NewKey::make("a root").expect("makes"), NewKey::make("a root").expect("makes"));
    browser.open("/console/keys").await;
    browser
        .send("/console/keys/ceremony", &[("keys", "/etc/passwd"), ("threshold", "1")])
        .await
        .has("公钥应为 64 位十六进制数");
    browser.page.has("/etc/passwd");
    browser.send("/console/keys/ceremony", &[("keys", &key.public), ("threshold", "1")]).await;
    browser.page.has("等离线签名").has("旧的根密钥 1 / 1，新的根密钥 0 / 1");
    assert_eq!(root(&office, TOWN).await, before);

    let answer = browser.client.get(format!("{}/console/keys/ceremony/request?region={TOWN}", office.server.url));
    let answer = answer.send().await.expect("an answer");
    assert!(answer.headers()["content-disposition"].to_str().expect("text").starts_with("attachment; filename="));
    let request = RequestFile::read(&answer.bytes().await.expect("bytes")).expect("a request");
    browser.page.has(&request.sha256());
    assert!(request.sign(&strange).is_err());
    let signature = serde_json::to_vec(&request.sign(&key).expect("signs")).expect("JSON");

    let path = "/console/keys/ceremony/signature";
    let csrf = browser.page.form(path, &[])["csrf"].clone();
    let url = format!("{}{path}", office.server.url);
    let send = async |fields: &[(&str, &str)], file: &[u8]| {
        let (kind, body) = with_file(fields, "signature", file);
        let request = browser.client.post(&url).header("content-type", kind).header("origin", &office.server.url);
        let answer = request.body(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    assert_eq!(send(&[("region", TOWN)], &signature).await.0, 403, "without the token of the session");
    let fields = [("csrf", csrf.as_str()), ("region", TOWN)];
    assert!(send(&fields, b"{}").await.1.contains("这不是所需的签名文件"));
    let (status, text) = send(&fields, &signature).await;
    assert!(status == 200 && text.contains("已导入签名") && text.contains("离线"), "{text}");
    assert_eq!(root(&office, TOWN).await, before + 1);

    // With the root offline a new key waits, and the wish can be given up.
    browser.open("/console/keys").await;
    browser.send_one("/console/keys/rotate", &[("role", "timestamp")], &[]).await.has("已准备好，等离线签名");
    browser.send("/console/keys/ceremony/cancel", &[]).await.has("已取消").lacks("等离线签名");
    assert_eq!(root(&office, TOWN).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_lists_what_was_done_and_its_export_is_proof_of_it() {
    let office = Office::open().await;
    office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    let chen = office.person("chen", "陈文秀", TOWN, &[]).await;
    let mut browser = office.logged_in("huang").await;
    browser.open(&format!("/console/accounts/{}", chen.id)).await;
    let page = format!("/console/accounts/{}/grant", chen.id);
    browser.send(&page, &[("role", "operator"), ("region", TOWN)]).await.has("已授权");
    browser.open(&format!("/console/keys?region={TOWN}")).await;
    browser.send_one("/console/keys/rotate", &[("role", "snapshot")], &[]).await;

    browser
        .open("/console/log")
        .await
        .has("授予角色")
        .has("换密钥")
        .has("陈文秀")
        .has("黄志明")
        .has("启动以来还没有核对过");
    browser.open("/console/log?action=key-rotate").await.has("snapshot").lacks("<strong>授予角色</strong>");
    browser
        .open("/console/log?who=%E9%BB%84%E5%BF%97")
        .await
        .has("<strong>授予角色</strong>")
        .lacks("导入内容包</strong>");
    browser.open("/console/log?from=2020-01-01&to=2020-01-02").await.has("没有符合条件的记录");
    browser.open("/console/log").await;
    browser.send("/console/log/verify", &[]).await.has("日志完整");

    let path = format!("{}/console/log/export?region={COUNTY}", office.server.url);
    let answer = browser.client.get(path).send().await.expect("an answer");
    assert!(answer.headers()["content-disposition"].to_str().expect("text").contains(COUNTY));
    let export = answer.text().await.expect("text");
    let store = &office.publisher.store;
    assert_eq!(audit::compare(store, export.as_bytes()).await.expect("compares"), []);
    let verdict = log::verify(store, code(COUNTY)).await.expect("verifies");
    assert_eq!(export.lines().count(), verdict.lines + 1);
    let last: Json = serde_json::from_str(export.lines().last().expect("a line")).expect("JSON");
    assert!(last["heads"].as_array().is_some_and(|heads| heads.len() == verdict.chains));

    // Whoever changes a line afterwards is found out in the browser as well.
    unguard_log(&store.db).await;
    let sql = format!("UPDATE log SET account = 'u-nobody' WHERE region = '{TOWN}' AND action = 'role-grant'");
    store.db.execute("forging the log", &sql, vec![]).await.expect("forges");
    browser.open("/console/log").await;
    browser.send("/console/log/verify", &[]).await.has("扶溪镇的日志在第").has("断了");
    assert!(
        !audit::compare(store, export.as_bytes()).await.expect("compares").is_empty()
            || !log::verify(store, code(COUNTY)).await.expect("verifies").broken.is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_one_town_sees_nothing_of_the_next() {
    let office = Office::open().await;
    office.person("chen", "陈文秀", TOWN, &[Role::Administrator]).await;
    let other = office.person("li", "罗建军", OTHER_TOWN, &[Role::FirstReviewer]).await;
    let mut browser = office.logged_in("chen").await;
    for page in ["accounts", "accounts/new", "tokens", "keys", "log", "log/export", "keys/ceremony/request"] {
        for region in [OTHER_TOWN, COUNTY, PROVINCE] {
            let page = browser.open(&format!("/console/{page}?region={region}")).await;
            assert_eq!(page.status, 403, "{} {region}", page.path);
            page.lacks("罗建军");
        }
    }
    assert_eq!(browser.open(&format!("/console/accounts?region={VILLAGE}")).await.status, 200);
    browser.open("/console/accounts").await.has("陈文秀").lacks("罗建军");
    browser.open("/console/log").await.lacks(OTHER_TOWN).lacks("罗建军");

    let theirs = format!("/console/accounts/{}", other.id);
    // To this administrator there is no such person.
    assert_eq!(browser.open(&theirs).await.status, 404);
    let csrf = office_csrf(&mut browser).await;
    let key = office.publisher.reviewing(&other.id).await.expect("reads")[0].public.clone();
    for (path, more) in [
        (format!("{theirs}/disable"), vec![]),
        (format!("{theirs}/enable"), vec![]),
        (format!("{theirs}/link"), vec![]),
        (format!("{theirs}/key"), vec![]),
        (format!("{theirs}/sessions/end"), vec![("session", "all")]),
        (format!("{theirs}/grant"), vec![("role", "editor"), ("region", TOWN)]),
        (format!("{theirs}/revoke"), vec![("role", "first"), ("region", OTHER_TOWN)]),
    ] {
        let mut fields = vec![("csrf", csrf.as_str())];
        fields.extend(more);
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let page = browser.post(&path, &fields).await;
        assert_eq!(page.status, 404, "{path}: {}", page.text);
        page.lacks("罗建军");
    }
    let fields = [("csrf", csrf.as_str()), ("region", TOWN), ("account", &other.id), ("key", &key)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = browser.post("/console/keys/reviewer/revoke", &fields).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(office.publisher.reviewing(&other.id).await.expect("reads").iter().any(|row| row.until.is_none()));
    let after = office.accounts.account(&other.id).await.expect("is there");
    assert_eq!((after.disabled, after.grants.len()), (false, 1));
}

async fn office_csrf(browser: &mut Browser) -> String {
    browser.open("/console/password").await;
    browser.page.form("/console/logout", &[])["csrf"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_page_does_nothing() {
    let office = Office::open().await;
    office.person("huang", "黄志明", COUNTY, &[Role::Administrator]).await;
    let chen = office.person("chen", "陈文秀", TOWN, &[]).await;
    let mut browser = office.logged_in("huang").await;
    let disable = format!("/console/accounts/{}/disable", chen.id);
    let csrf = office_csrf(&mut browser).await;
    assert_eq!(browser.post(&disable, &[]).await.status, 403);
    assert_eq!(browser.post(&disable, &[("csrf".to_owned(), "guessed".to_owned())]).await.status, 403);
    // Even with the right token, when it comes from elsewhere.
    let body = format!("csrf={csrf}");
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let request = browser.client.post(format!("{}{disable}", office.server.url)).body(body.clone());
        let request = request.header("content-type", "application/x-www-form-urlencoded").header(name, value);
        assert_eq!(request.send().await.expect("an answer").status().as_u16(), 403, "{name}");
    }
    assert!(!office.accounts.account(&chen.id).await.expect("is there").disabled);

    // Nor can another site log somebody in here, though nobody has a session yet.
    let stranger = Browser::new(&office.server);
    let request = stranger.client.post(format!("{}/console/login", office.server.url));
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("origin", "https://evil.example");
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("account", "huang"), ("password", PASSWORD)])
        .finish();
    let answer = request.body(form).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers().get("set-cookie")), (403, None));
}
