//! Signing in at a real OpenID provider (npm package oidc-provider) with real redirections and real signatures.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::routing::get;
use reqwest::{Client, Response};
use sha2::{Digest, Sha256};
use url::Url;
use yuexiang_cloud::accounts::oidc::{Answer, LinkBy, OidcSettings};
use yuexiang_cloud::accounts::sessions::{Browser, NewSession};
use yuexiang_cloud::accounts::web::{RequireSession, routes};
use yuexiang_cloud::accounts::{AccountError, Accounts, Oidc, Settings};
use yuexiang_cloud::db::Value;
use yuexiang_cloud::desk::rights::Actor;

use crate::fixture::{VILLAGE, World};

/// The provider's script with its packages beside it.
static SCRIPT: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/openid-provider");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openid-provider");
    std::fs::create_dir_all(&folder).expect("a folder");
    let lock = folder.join("package-lock.json");
    let is_installed = std::fs::read(&lock).ok() == std::fs::read(source.join("package-lock.json")).ok()
        && folder.join("node_modules/.package-lock.json").exists();
    for file in ["package.json", "package-lock.json", "provider.mjs"] {
        std::fs::copy(source.join(file), folder.join(file)).expect("copies");
    }
    if !is_installed {
        let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output();
        let npm = npm.expect("npm is installed");
        assert!(npm.status.success(), "{}", String::from_utf8_lossy(&npm.stderr));
    }
    folder.join("provider.mjs")
});

struct Provider {
    process: Child,
    /// Kept open: the provider ends when it cannot write its warnings.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Provider {
    fn start(redirect: &str, claims: &str) -> Provider {
        let mut process = Command::new("node")
            .arg(&*SCRIPT)
            .args([redirect, claims])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is installed");
        let mut issuer = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        output.read_line(&mut issuer).expect("a line");
        Provider { process, _output: output, issuer: issuer.trim().to_owned() }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The cloud with a page, and the provider.
struct Site {
    _world: World,
    accounts: Arc<Accounts>,
    provider: Provider,
    url: String,
}

impl Site {
    async fn new(link_by: LinkBy, claims: &str) -> Site {
        let world = World::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let provider = Provider::start(&format!("{url}/console/login/oidc/callback"), claims);
        let settings = Settings { public_url: Some(url.parse().expect("a URL")), ..Settings::default() };
        let oidc = Oidc::new(provider_settings(&provider, "yuexiang", link_by), &settings).expect("a provider");
        let accounts = Accounts::new(world.publisher().await, settings).expect("accounts").with_oidc(oidc).shared();
        let app = Router::new()
            .route("/console/", get(async |RequireSession(visitor): RequireSession| visitor.login.unwrap_or_default()))
            .merge(routes())
            .with_state(accounts.clone());
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Site { _world: world, accounts, provider, url }
    }

    /// An account that has no password.
    async fn account(&self, login: &str) -> String {
        let root = Actor::command_line();
        let login = login.parse().expect("a login");
        let region = VILLAGE.parse().expect("a code");
        self.accounts.create(&root, &login, "陈文秀", region, now()).await.expect("makes").id
    }

    /// Goes to the provider from here as a browser does, signs in there, and returns the address that it sends back to.
    async fn visit(&self, browser: &Client, name: &str) -> Url {
        let start = format!("{}/console/login/oidc?next=/console/?a=1", self.url);
        let url = redirected(&browser.get(start).send().await.expect("an answer"));
        assert!(url.as_str().starts_with(&self.provider.issuer), "{url}");
        self.sign_in_there(browser, url, name).await
    }

    /// Follows the provider's redirections and fills in its forms until it sends the browser back to us.
    async fn sign_in_there(&self, browser: &Client, mut url: Url, name: &str) -> Url {
        for _ in 0..12 {
            if url.as_str().starts_with(&self.url) {
                return url;
            }
            let answer = browser.get(url.clone()).send().await.expect("an answer");
            if answer.status().is_redirection() {
                url = redirected(&answer);
                continue;
            }
            assert_eq!(answer.status(), 200);
            let page = answer.text().await.expect("text");
            let submit = page.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form");
            let submit = url.join(submit).expect("an address");
            let prompt = if page.contains("value=\"login\"") { "login" } else { "consent" };
            let form = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("prompt", prompt), ("login", name), ("password", "x")])
                .finish();
            let request = browser.post(submit).header("content-type", "application/x-www-form-urlencoded").body(form);
            url = redirected(&request.send().await.expect("an answer"));
        }
        panic!("the provider never sends the browser back");
    }

    /// Signs in from the beginning to the end; returns where the browser ends up.
    async fn sign_in(&self, browser: &Client, name: &str) -> String {
        let back = self.visit(browser, name).await;
        let answer = browser.get(back).send().await.expect("an answer");
        redirected(&answer).as_str().trim_start_matches(&self.url).to_owned()
    }

    /// Who the browser is.
    async fn whoami(&self, browser: &Client) -> Option<String> {
        let answer = browser.get(format!("{}/console/", self.url)).send().await.expect("an answer");
        (answer.status() == 200).then_some(answer.text().await.expect("text"))
    }

    /// Begins without a browser's cookies: the cookie's value, and what the provider has sent back.
    async fn begun(&self, name: &str) -> (String, Answer) {
        let (url, cookie) = self.accounts.begin_oidc(None, now()).await.expect("begins");
        let back = self.sign_in_there(&browser(), url.parse().expect("a URL"), name).await;
        let find = |key: &str| back.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
        (cookie, Answer { code: find("code"), state: find("state"), error: find("error") })
    }

    async fn finish(&self, cookie: &str, answer: &Answer, now: i64) -> Result<NewSession, AccountError> {
        let browser = Browser::default();
        self.accounts.finish_oidc(cookie, answer, &browser, None, now).await.map(|(session, _)| session)
    }
}

fn provider_settings(provider: &Provider, client: &str, link_by: LinkBy) -> OidcSettings {
    OidcSettings {
        issuer: provider.issuer.clone(),
        client_id: client.to_owned(),
        client_secret: Some(secret(client)),
        name: "统一身份认证".to_owned(),
        link_by,
    }
}

fn secret(client: &str) -> String {
    format!("{client}-secret-of-at-least-32-characters")
}

fn browser() -> Client {
    let none = reqwest::redirect::Policy::none();
    Client::builder().no_proxy().cookie_store(true).redirect(none).build().expect("a client")
}

fn redirected(answer: &Response) -> Url {
    let status = answer.status();
    let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
    answer.url().join(location.unwrap_or_else(|| panic!("no redirection but {status}"))).expect("an address")
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[track_caller]
fn check_refused<T>(result: Result<T, AccountError>, expected: &str) {
    match result {
        Err(AccountError::Oidc(reason)) => {
            assert!(reason.to_lowercase().contains(expected), "{reason}");
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was believed"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_account_signs_in_at_the_provider() {
    let site = Site::new(LinkBy::Subject, "plain").await;
    let id = site.account("chen").await;
    site.accounts.link_subject(&Actor::command_line(), &id, Some("person-17"), now()).await.expect("links");
    let browser = browser();
    assert_eq!(site.sign_in(&browser, "person-17").await, "/console/?a=1");
    assert_eq!(site.whoami(&browser).await.as_deref(), Some("chen"));
    let db = &site.accounts.publisher.store.db;
    let sql = "SELECT detail FROM log WHERE action = $1";
    let rows: Vec<(String,)> = db.all("reading the log", sql, vec![Value::from("sign-in")]).await.expect("reads");
    assert_eq!(rows, [("{\"by\":\"oidc\"}".to_owned(),)]);
    // The provider remembers the browser, so that signing in again asks nothing.
    assert_eq!(site.sign_in(&browser, "nobody").await, "/console/?a=1");

    site.accounts.disable(&Actor::command_line(), &id, now()).await.expect("disables");
    assert_eq!(site.whoami(&browser).await, None);
    assert_eq!(site.sign_in(&browser, "person-17").await, "/console/login?error=oidc-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_account_gets_none_by_signing_in_elsewhere() {
    let site = Site::new(LinkBy::Subject, "plain").await;
    site.account("chen").await;
    // Not even with a user name that equals a login, unless that is configured.
    for name in ["stranger", "stranger+chen"] {
        let browser = browser();
        assert_eq!(site.sign_in(&browser, name).await, "/console/login?error=oidc-unknown");
        assert_eq!(site.whoami(&browser).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_time_links_by_name_where_that_is_configured() {
    for claims in ["plain", "userinfo"] {
        let site = Site::new(LinkBy::Login, claims).await;
        site.account("chen").await;
        site.account("li@example.cn").await;
        let (first, second) = (browser(), browser());
        assert_eq!(site.sign_in(&first, "p1+chen").await, "/console/?a=1");
        assert_eq!(site.whoami(&first).await.as_deref(), Some("chen"), "{claims}");
        assert_eq!(site.sign_in(&second, "p2+li@example.cn").await, "/console/?a=1");
        assert_eq!(site.whoami(&second).await.as_deref(), Some("li@example.cn"));
        // The link is to the person, not to the name: another with this name stays out.
        assert_eq!(site.sign_in(&browser(), "p3+chen").await, "/console/login?error=oidc-unknown");
        site.account("unverified@example.cn").await;
        assert_eq!(site.sign_in(&browser(), "p4+unverified@example.cn").await, "/console/login?error=oidc-unknown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_for_the_attempt_that_asked_for_it_alone() {
    let site = Site::new(LinkBy::Login, "plain").await;
    site.account("chen").await;
    let (cookie, answer) = site.begun("p1+chen").await;
    let (other, _) = site.begun("p1+chen").await;
    let with = |state: Option<&str>| Answer { state: state.map(str::to_owned), ..answer.clone() };
    check_refused(site.finish(&other, &answer, now()).await, "another attempt");
    check_refused(site.finish(&cookie, &with(None), now()).await, "another attempt");
    check_refused(site.finish(&cookie, &with(Some("guess")), now()).await, "another attempt");
    check_refused(site.finish("", &answer, now()).await, "");
    let changed = format!("{}{}", if cookie.starts_with('A') { 'B' } else { 'A' }, &cookie[1..]);
    check_refused(site.finish(&changed, &answer, now()).await, "");
    check_refused(site.finish(&cookie, &answer, now() + 601).await, "too long");
    let denied = Answer { code: None, error: Some("access_denied".into()), ..answer.clone() };
    check_refused(site.finish(&cookie, &denied, now()).await, "access_denied");
    site.finish(&cookie, &answer, now()).await.expect("signs in");
    check_refused(site.finish(&cookie, &answer, now()).await, "");

    // Another browser's answer, as in a link that somebody sends around, leads nowhere.
    let back = site.visit(&browser(), "p1+chen").await;
    let victim = browser();
    let answer = victim.get(back).send().await.expect("an answer");
    assert!(redirected(&answer).as_str().ends_with("/console/login?error=oidc"));
    assert_eq!(site.whoami(&victim).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_not_believed() {
    let site = Site::new(LinkBy::Login, "plain").await;
    site.account("chen").await;
    let (cookie, answer) = site.begun("p1+chen").await;
    // The provider's ID tokens hold for a minute; the attempt itself for ten.
    check_refused(site.finish(&cookie, &answer, now() + 120).await, "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_or_from_another_attempt_is_not_believed() {
    let site = Site::new(LinkBy::Login, "plain").await;
    let settings = site.accounts.settings.clone();
    let ours = Oidc::new(provider_settings(&site.provider, "yuexiang", LinkBy::Login), &settings).expect("ours");
    let token = raw_token(&site, "yuexiang", "p1+chen", "the-nonce").await;
    let person = ours.verify(&token, "the-nonce", now()).await.expect("is believed");
    assert_eq!(person.subject, format!("{} p1+chen", site.provider.issuer));
    assert_eq!(person.names, ["chen"]);
    check_refused(ours.verify(&token, "another", now()).await, "nonce");
    check_refused(ours.verify(&token, "the-nonce", now() + 120).await, "expired");

    let foreign = raw_token(&site, "other", "p1+chen", "the-nonce").await;
    check_refused(ours.verify(&foreign, "the-nonce", now()).await, "audience");

    let mut parts: Vec<&str> = token.split('.').collect();
    let foreign: Vec<&str> = foreign.split('.').collect();
    parts[1] = foreign[1];
    check_refused(ours.verify(&parts.join("."), "the-nonce", now()).await, "");
    parts[1] = token.split('.').nth(1).expect("claims");
    parts[2] = foreign[2];
    check_refused(ours.verify(&parts.join("."), "the-nonce", now()).await, "signature");
}

/// A genuine ID token of the provider, got by hand for any of its clients.
async fn raw_token(site: &Site, client: &str, name: &str, nonce: &str) -> String {
    use base64::Engine;
    let redirect = format!("{}/console/login/oidc/callback", site.url);
    let verifier = "a-verifier-of-at-least-forty-three-characters-long";
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let query = [
        ("client_id", client),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("redirect_uri", &redirect),
        ("nonce", nonce),
        ("state", "s"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let url = Url::parse_with_params(&format!("{}/auth", site.provider.issuer), query).expect("an address");
    let back = site.sign_in_there(&browser(), url, name).await;
    let code = back.query_pairs().find(|(key, _)| key == "code").expect("a code").1.into_owned();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect),
            ("code_verifier", verifier),
        ])
        .finish();
    let request = browser()
        .post(format!("{}/token", site.provider.issuer))
        .basic_auth(client, Some(secret(client)))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: serde_json::Value = request.send().await.expect("an answer").json().await.expect("JSON");
    answer["id_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
