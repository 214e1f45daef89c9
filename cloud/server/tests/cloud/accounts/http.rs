//! Accounts over HTTP: what browsers and programs send and get.

use super::*;

/// A server with a page, a form and an interface, as the console and the API will have them.
struct Site {
    desk: Desk,
    url: String,
    client: Client,
}

impl Site {
    async fn new() -> Site {
        let desk = Desk::new().await;
        let accounts = desk.accounts.clone();
        let app = Router::new()
            .route("/console/", get(async |RequireSession(visitor): RequireSession| visitor.csrf().to_owned()))
            .route(
                "/console/rename",
                post(async |RequireSession(visitor): RequireSession, body: String| format!("{} {body}", visitor.name)),
            )
            .route("/api/me", get(async |visitor: Visitor| visitor.account.clone()).post(async |_: Visitor| "done"))
            .route(
                "/api/drafts",
                get(async |visitor: Visitor| {
                    let checked = visitor.check(Action::SeeDrafts, code(OTHER_TOWN));
                    checked.map(|()| "drafts").map_err(yuexiang_cloud::accounts::web::Problem::from)
                }),
            )
            .route("/api/maybe", get(async |visitor: Option<Visitor>| visitor.is_some().to_string()))
            .merge(routes())
            .layer(from_fn_with_state(accounts.clone(), protect::<Arc<Accounts>>))
            .layer(from_fn(console_headers))
            .with_state(accounts);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Site { desk, url, client }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Signs in as a browser does and returns the cookie.
    async fn cookie(&self, login: &str) -> String {
        let form = [("login", login), ("password", PASSWORD), ("next", "/console/?a=1")];
        let answer = send(self.post("/console/login").header("origin", &self.url).body(encoded(&form))).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/console/?a=1"));
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        cookie.split(';').next().expect("a cookie").to_owned()
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn send(request: RequestBuilder) -> Response {
    let (client, request) = request.build_split();
    let mut request = request.expect("a request");
    if request.body().is_some() && !request.headers().contains_key("content-type") {
        let form = "application/x-www-form-urlencoded".parse().expect("a value");
        request.headers_mut().insert("content-type", form);
    }
    client.execute(request).await.expect("an answer")
}

fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().expect("text")
}

async fn problem(answer: Response) -> (u16, String) {
    let kind: &HeaderMap = answer.headers();
    assert_eq!(kind["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Json = answer.json().await.expect("JSON");
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().expect("a code").to_owned())
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_people_to_sign_in_and_back_and_an_interface_says_401() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[grant(Role::Editor, TOWN)]).await;
    let answer = send(site.get("/console/?q=%E6%B0%B4")).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(location(&answer), "/console/login?next=%2Fconsole%2F%3Fq%3D%25E6%25B0%25B4");
    assert_eq!(problem(send(site.get("/api/me")).await).await, said(401, "unauthorized"));
    assert_eq!(send(site.get("/api/maybe")).await.text().await.expect("text"), "false");

    let cookie = site.cookie("chen").await;
    assert_eq!(send(site.get("/console/").header("cookie", &cookie)).await.status(), 200);
    assert_eq!(send(site.get("/api/maybe").header("cookie", &cookie)).await.text().await.expect("text"), "true");
    let forbidden = send(site.get("/api/drafts").header("cookie", &cookie)).await;
    assert_eq!(problem(forbidden).await, said(403, "forbidden"));

    let form = [("login", "chen"), ("password", "wrong"), ("next", "https://evil.example/")];
    let answer = send(site.post("/console/login").body(encoded(&form))).await;
    assert_eq!(location(&answer), "/console/login?error=wrong&account=chen&next=%2Fconsole%2F");
    assert!(!answer.headers().contains_key("set-cookie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_pages_do_nothing_through_a_signed_in_browser() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[]).await;
    let cookie = site.cookie("chen").await;
    let csrf = send(site.get("/console/").header("cookie", &cookie)).await.text().await.expect("text");
    let other = {
        let cookie = site.cookie("chen").await;
        send(site.get("/console/").header("cookie", &cookie)).await.text().await.expect("text")
    };
    assert_ne!(csrf, other);
    let post = |path: &str| site.post(path).header("cookie", &cookie);
    let refused = async |request| assert_eq!(problem(send(request).await).await, said(403, "forged"));

    refused(post("/console/rename").body("a=1")).await;
    refused(post("/console/rename").body(encoded(&[("csrf", &other)]))).await;
    refused(post("/console/rename").body(encoded(&[("csrf", "")]))).await;
    refused(post("/api/me")).await;
    refused(post("/api/me").header("x-csrf-token", &other)).await;
    // The right token does not help another site.
    let right = encoded(&[("a", "1"), ("csrf", &csrf)]);
    refused(post("/console/rename").header("origin", "https://evil.example").body(right.clone())).await;
    refused(post("/console/rename").header("origin", "null").body(right.clone())).await;
    refused(post("/console/rename").header("sec-fetch-site", "cross-site").body(right.clone())).await;
    refused(post("/console/rename").header("sec-fetch-site", "same-site").body(right.clone())).await;
    // Nor does another site sign anybody in.
    let form = encoded(&[("login", "chen"), ("password", PASSWORD)]);
    refused(site.post("/console/login").header("origin", "https://evil.example").body(form)).await;

    let answer = send(post("/console/rename").header("origin", &site.url).body(right.clone())).await;
    assert_eq!(answer.text().await.expect("text"), format!("陈文秀 {right}"), "the form arrives whole");
    let answer = send(post("/api/me").header("x-csrf-token", &csrf).header("sec-fetch-site", "same-origin")).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_presents_a_token_and_nothing_else_counts_then() {
    let site = Site::new().await;
    let chen = site.desk.actor("chen", TOWN, &[grant(Role::Editor, TOWN)]).await;
    let now = jiff::Timestamp::now().as_second();
    let terms =
        TokenTerms { name: "a".into(), account: chen.account.clone(), grant: grant(Role::Editor, TOWN), days: 1 };
    let (_, token) = site.desk.accounts.new_token(&chen, &terms, now).await.expect("makes");
    let answer = send(site.post("/api/me").bearer_auth(&token)).await;
    assert_eq!(answer.status(), 200, "without a form's token");
    let answer = send(site.get("/console/").bearer_auth(&token)).await;
    assert_eq!(answer.status(), 303, "pages are for people");
    let cookie = site.cookie("chen").await;
    let answer = send(site.post("/api/me").header("cookie", &cookie).bearer_auth("yxt_wrong")).await;
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"yuexiang\"");
    assert_eq!(problem(answer).await, said(401, "unauthorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let site = Site::new().await;
    site.desk.person("chen", TOWN, &[]).await;
    let before = site.cookie("chen").await;
    let csrf = send(site.get("/console/").header("cookie", &before)).await.text().await.expect("text");
    let form = encoded(&[("login", "chen"), ("password", PASSWORD), ("csrf", &csrf)]);
    let answer = send(site.post("/console/login").header("cookie", &before).body(form)).await;
    let after = answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let status = async |cookie: &str| send(site.get("/console/").header("cookie", cookie)).await.status().as_u16();
    assert_eq!((status(&before).await, status(&after).await), (303, 200));

    let csrf = send(site.get("/console/").header("cookie", &after)).await.text().await.expect("text");
    let answer = send(site.post("/console/logout").header("cookie", &after).body(encoded(&[("csrf", &csrf)]))).await;
    assert_eq!(location(&answer), "/console/login");
    assert!(answer.headers()["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    assert_eq!(status(&after).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_the_password_with_the_link_that_was_sent() {
    let site = Site::new().await;
    let chen = site.desk.person("chen", TOWN, &[]).await;
    let now = jiff::Timestamp::now().as_second();
    let link = site.desk.accounts.new_password_link(&Actor::command_line(), &chen.id, now).await.expect("makes");
    let path = format!("/console/password/{link}");
    let set = async |password: &str, again: &str| {
        let form = encoded(&[("password", password), ("again", again)]);
        location(&send(site.post(&path).body(form)).await).to_owned()
    };
    assert_eq!(set("a new password", "a new passwort").await, format!("{path}?error=different"));
    assert_eq!(set("short", "short").await, format!("{path}?error=short"));
    assert_eq!(set("a new password", "a new password").await, "/console/login?done=password");
    assert_eq!(set("a new password", "a new password").await, format!("{path}?error=link"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_run_no_script_of_others_and_are_stored_nowhere() {
    let site = Site::new().await;
    let answer = send(site.get("/console/")).await;
    let policy = answer.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}
