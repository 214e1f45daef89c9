//! Writing, reviewing and deleting in the console: nothing that people do to it loses a text, publishes one unseen or makes
//! one twice.

use reqwest::header::HeaderMap;
use yuexiang_cloud::desk::Desk;
use yuexiang_cloud::desk::state::State;
use yuexiang_wire::Step;

use super::*;
use crate::desk::{hash_of, state_of};

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    #[track_caller]
    fn has(&self, text: &str) -> &Answer {
        assert!(self.text.contains(text), "{} lacks {text}: {}", self.status, self.text);
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Answer {
        assert!(!self.text.contains(text), "{} has {text}: {}", self.status, self.text);
        self
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of the first hidden field of a name.
    #[track_caller]
    fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split(&start).nth(1).unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split('"').next().expect("a value").to_owned()
    }
}

/// How a request comes.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// Somebody presses a button of a page.
    Page,
    Script,
}

impl Site {
    async fn also(&self, login: &str, role: Role, region: &str) {
        let accounts = Accounts::new(self.world.publisher().await, Settings::default()).expect("accounts");
        let account = accounts.account_with_login(&login.parse().expect("a login")).await.expect("is there");
        let grant = Grant { role, region: code(region) };
        accounts.grant(&Actor::command_line(), &account.id, grant, NOW).await.expect("grants");
    }

    async fn desk(&self) -> Desk {
        desk(&self.world).await
    }
}

impl Browser<'_> {
    async fn look(&self, path: &str, by: By) -> Answer {
        let request = self.client.get(format!("{}{path}", self.site.server.url)).header("cookie", &self.cookie);
        answered(marked(request, by)).await
    }

    /// Sends exactly these fields, with the headers that browsers add.
    async fn send(&self, path: &str, fields: &[(&str, &str)], by: By) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.site.server.url)).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let request = request.header("origin", &self.site.server.url).header("sec-fetch-site", "same-origin");
        answered(marked(request, by)).await
    }

    async fn look_at_picture(&self, action: &str) -> u16 {
        self.look(&format!("{action}/preview.png?screen=item&page=0"), By::Script).await.status
    }

    async fn csrf(&self) -> String {
        self.look("/console/", By::Page).await.field("csrf")
    }

    /// Opens the form for a new notice: where it is sent, and the token of its page.
    async fn new_notice(&self) -> (String, String) {
        let page = self.look("/console/items/new?kind=notice", By::Page).await;
        let action =
            page.text.split("id=\"editor\" method=\"post\" action=\"").nth(1).and_then(|rest| rest.split('"').next());
        (action.unwrap_or_else(|| panic!("no form: {}", page.text)).to_owned(), page.field("csrf"))
    }

    /// Ends the session behind the browser's back.
    async fn end_session(&self) {
        let csrf = self.csrf().await;
        assert_eq!(self.send("/console/logout", &[("csrf", &csrf)], By::Page).await.status, 303);
    }
}

fn marked(request: RequestBuilder, by: By) -> RequestBuilder {
    match by {
        By::Page => request.header("sec-fetch-mode", "navigate"),
        By::Script => request.header("sec-fetch-mode", "cors").header("hx-request", "true"),
    }
}

async fn answered(request: RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, text: answer.text().await.expect("text") }
}

/// The fields of a notice, as its form sends them.
fn typed<'a>(csrf: &'a str, revision: &'a str, title: &'a str, then: &'a str) -> Vec<(&'a str, &'a str)> {
    let fields = [
        ("csrf", csrf),
        ("kind", "notice"),
        ("revision", revision),
        ("title", title),
        ("place_in", "governance/notice"),
        ("body", "明日停水。"),
        ("priority", "0"),
        ("then", then),
    ];
    fields.into()
}

/// The item that a form is about.
fn id_of(action: &str) -> String {
    let segment = action.rsplit('/').next().expect("a segment");
    segment.replacen('-', "/", 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_in_the_console_stays_the_text_of_whoever_wrote_it() {
    let site = Site::new(&[("author", Role::Editor, VILLAGE), ("copier", Role::Editor, VILLAGE)]).await;
    site.also("author", Role::FirstReviewer, VILLAGE).await;
    let (author, copier) = (site.sign_in("author").await, site.sign_in("copier").await);
    let (action, csrf) = author.new_notice().await;
    assert_eq!(author.send(&action, &typed(&csrf, "0", "停电通知", "save"), By::Page).await.status, 303);

    let csrf = copier.csrf().await;
    let copied = copier.send(&format!("{action}/copy"), &[("csrf", &csrf), ("region", VILLAGE)], By::Page).await;
    let to = copied.header("location").split("/edit").next().expect("a path").to_owned();
    assert!(copied.status == 303 && to != action, "{}", copied.text);
    let handed_in = copier.send(&to, &typed(&csrf, "1", "停电通知", "submit"), By::Page).await;
    assert_eq!(handed_in.status, 303, "{}", handed_in.text);

    let desk = site.desk().await;
    let hash = hash_of(&desk, &id_of(&to)).await;
    let decision = [("csrf", &*author.csrf().await), ("hash", &hash), ("step", "first")];
    author.send(&format!("{to}/approve"), &decision, By::Page).await.has("不能审核自己写的内容");
    assert_eq!(state_of(&desk, &id_of(&to)).await, State::Review(Step::First));
    author.look("/console/inbox", By::Page).await.has("不能审核自己写的内容。请另一位审核人来审。");
    let lost = copier.send(&format!("{action}/copy"), &[("csrf", &csrf), ("region", "x")], By::Page).await;
    assert_eq!(lost.status, 409, "{}", lost.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_whose_session_has_ended_is_told_so_and_gets_no_page() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE)]).await;
    let editor = site.sign_in("editor").await;
    let (action, csrf) = editor.new_notice().await;
    editor.end_session().await;
    let fields = typed(&csrf, "0", "停电通知", "save");
    for path in [format!("{action}/autosave"), action.clone(), format!("{action}/approve")] {
        let answer = editor.send(&path, &fields, By::Script).await;
        assert_eq!((answer.status, answer.header("content-type")), (401, "application/problem+json"), "{path}");
    }
    for path in ["/console/regions?parent=440224103000", "/console/session", "/console/inbox"] {
        assert_eq!(editor.look(path, By::Script).await.status, 401, "{path}");
    }
    let page = editor.look("/console/items", By::Page).await;
    assert_eq!((page.status, page.header("location")), (303, "/console/login?next=%2Fconsole%2Fitems"));

    // Signed in beside the text, the page has the new token and goes on.
    let back = editor.send("/console/login", &[("account", "editor"), ("password", PASSWORD)], By::Script).await;
    assert_eq!(back.status, 204, "{}", back.text);
    let cookie = back.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let again = Browser { site: &site, client: editor.client.clone(), cookie };
    let session = again.look("/console/session", By::Script).await;
    let session: serde_json::Value = serde_json::from_str(&session.text).expect("JSON");
    let csrf = session["csrf"].as_str().expect("a token");
    again.send(&format!("{action}/autosave"), &typed(csrf, "0", "停电通知", ""), By::Script).await.has("已保存");
    let wrong = again.send("/console/login", &[("account", "editor"), ("password", "x")], By::Script).await;
    assert_eq!((wrong.status, wrong.header("content-type")), (403, "application/problem+json"), "{}", wrong.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_after_its_session_has_ended_comes_back_with_all_that_was_typed() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE)]).await;
    let editor = site.sign_in("editor").await;
    let (action, old) = editor.new_notice().await;
    editor.end_session().await;
    let fields = typed(&old, "0", "停电通知", "submit");
    let lost = editor.send(&action, &fields, By::Page).await;
    lost.has("您写的没有丢").has("明日停水。").has("value=\"停电通知\"").has(&format!("action=\"{action}\""));
    assert_eq!((lost.status, lost.header("content-type")), (401, "text/html; charset=utf-8"));

    // A page of an earlier session asks once more, and never shows what programs read.
    let again = site.sign_in("editor").await;
    let stale = again.send(&action, &fields, By::Page).await;
    stale.has("再提交一次").has("明日停水。").lacks("\"code\"");
    assert_eq!((stale.status, stale.header("content-type")), (403, "text/html; charset=utf-8"));
    let csrf = stale.field("csrf");
    assert_ne!(csrf, old);
    let sent = again.send(&action, &typed(&csrf, "0", "停电通知", "submit"), By::Page).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert_eq!(state_of(&site.desk().await, &id_of(&action)).await, State::Review(Step::First));

    // Somebody else's page gets neither the fields nor the token.
    let request = again.client.post(format!("{}{action}", site.server.url)).header("cookie", &again.cookie);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body("title=evil");
    let foreign =
        answered(request.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site")).await;
    foreign.lacks("evil").lacks(&csrf).lacks("\"code\"");
    assert_eq!(foreign.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_twice_is_done_once() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE), ("first", Role::FirstReviewer, VILLAGE)]).await;
    let (editor, first) = (site.sign_in("editor").await, site.sign_in("first").await);
    let (action, csrf) = editor.new_notice().await;
    let fields = typed(&csrf, "0", "停电通知", "submit");
    let (one, other) = tokio::join!(editor.send(&action, &fields, By::Page), editor.send(&action, &fields, By::Page));
    for answer in [&one, &other] {
        let to = format!("{action}?done=submitted");
        assert_eq!((answer.status, answer.header("location")), (303, &*to), "{}", answer.text);
    }
    let list = editor.look("/console/items?q=停电通知", By::Page).await;
    assert_eq!(list.text.matches("class=\"title\"").count(), 1, "{}", list.text);
    // An answer that got lost: the same text again is the revision that it has become.
    let late = editor.send(&format!("{action}/autosave"), &fields, By::Script).await;
    assert!(late.status == 200 && late.text.contains("data-revision=\"1\""), "{}", late.text);

    let desk = site.desk().await;
    let id = id_of(&action);
    let hash = hash_of(&desk, &id).await;
    let csrf = first.csrf().await;
    let decision = [("csrf", &*csrf), ("hash", &hash), ("step", "first"), ("return", "/console/inbox")];
    for _ in 0..2 {
        let answer = first.send(&format!("{action}/approve"), &decision, By::Page).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/console/inbox?done=approved"),
            "{}",
            answer.text
        );
    }
    assert_eq!(state_of(&desk, &id).await, State::Review(Step::Second));
    let approvals = desk.publisher.store.approvals(&id, 1).await.expect("reads");
    assert_eq!(approvals.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_makes_something_makes_one_of_it_however_often_it_is_sent() {
    let site = Site::new(&[("administrator", Role::Administrator, COUNTY)]).await;
    let administrator = site.sign_in("administrator").await;
    let page = administrator.look("/console/tokens", By::Page).await;
    let (csrf, once) = (page.field("csrf"), page.field("once"));
    let region = COUNTY;
    let fields = [
        ("csrf", &*csrf),
        ("once", &once),
        ("region", region),
        ("name", "推送程序"),
        ("account", "administrator"),
        ("role", "administrator"),
        ("days", "30"),
    ];
    let both = tokio::join!(
        administrator.send("/console/tokens", &fields, By::Page),
        administrator.send("/console/tokens", &fields, By::Page)
    );
    assert_eq!((both.0.status, &both.0.text), (200, &both.1.text), "the same answer, with the same secret");
    let page = administrator.look("/console/tokens", By::Page).await;
    assert_eq!(page.text.matches(">推送程序<").count(), 1, "{}", page.text);
    assert_ne!(page.field("once"), once, "each showing of a page has a number of its own");
    // The next showing of the page is another act.
    let more = [fields[0], ("once", &page.field("once")), fields[2], fields[3], fields[4], fields[5], fields[6]];
    administrator.send("/console/tokens", &more, By::Page).await;
    let page = administrator.look("/console/tokens", By::Page).await;
    assert_eq!(page.text.matches(">推送程序<").count(), 2, "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_under_review_is_changed_only_by_somebody_who_said_so() {
    let people = [("editor", Role::Editor, VILLAGE), ("first", Role::FirstReviewer, VILLAGE)];
    let site = Site::new(&people).await;
    let (editor, first) = (site.sign_in("editor").await, site.sign_in("first").await);
    let (action, csrf) = editor.new_notice().await;
    editor.send(&action, &typed(&csrf, "0", "停电通知", "submit"), By::Page).await;
    let (desk, id) = (site.desk().await, id_of(&action));
    let hash = hash_of(&desk, &id).await;
    let decision = [("csrf", &*first.csrf().await), ("hash", &hash), ("step", "first")];
    first.send(&format!("{action}/approve"), &decision, By::Page).await;
    let waits = async || {
        assert_eq!(state_of(&desk, &id).await, State::Review(Step::Second));
        assert_eq!(desk.publisher.store.approvals(&id, 1).await.expect("reads").len(), 1);
    };
    waits().await;

    editor.look(&format!("{action}/edit"), By::Page).await.has("data-guard=\"这条正在审核。改动会撤回审核");
    // Opened and sent as it was, with a blank more, and with other ends of lines.
    for same in ["停电通知", " 停电通知 "] {
        let kept = editor.send(&format!("{action}/autosave"), &typed(&csrf, "1", same, ""), By::Script).await;
        assert!(kept.status == 200 && kept.text.contains("data-revision=\"1\""), "{}", kept.text);
        waits().await;
    }
    let other = typed(&csrf, "1", "停电改期", "save");
    let refused = editor.send(&format!("{action}/autosave"), &other, By::Script).await;
    refused.has("data-guard=").has("请先确认要改");
    assert_eq!(refused.status, 409);
    let asked = editor.send(&action, &other, By::Page).await;
    asked.has("这条正在审核").has("value=\"停电改期\"").has("name=\"withdraw\" value=\"1\"");
    assert_eq!(asked.status, 409);
    waits().await;

    let sure: Vec<(&str, &str)> = other.into_iter().chain([("withdraw", "1")]).collect();
    let saved = editor.send(&format!("{action}/autosave"), &sure, By::Script).await;
    saved.has("data-revision=\"2\"").lacks("data-guard");
    assert_eq!(state_of(&desk, &id).await, State::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_or_number_that_cannot_be_read_keeps_a_text_from_being_handed_in() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE)]).await;
    let editor = site.sign_in("editor").await;
    for (field, value, words) in [
        ("not_before", "2026-12-31", "日期和时间都要填"),
        ("not_after", "2026/12/31", "日期和时间都要填"),
        ("priority", "300", "请填写 0 到 9 的整数"),
        ("unreadable", "not_after", "日期和时间都要填"),
    ] {
        let (action, csrf) = editor.new_notice().await;
        let mut fields = typed(&csrf, "0", "停电通知", "submit");
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let answer = editor.send(&action, &fields, By::Page).await;
        answer.has(words);
        assert_eq!(
            (answer.status, state_of(&site.desk().await, &id_of(&action)).await),
            (422, State::Draft),
            "{field}"
        );
    }
    for path in ["/console/items?from=2026/12/31", "/console/items?region=here", "/console/calendar?month=2026-13"] {
        let refused = editor.look(path, By::Page).await;
        assert!(matches!(refused.status, 404 | 409), "{path}: {}", refused.status);
    }
    editor.look("/console/items?from=2026/12/31", By::Page).await.has("从：日期看不懂：2026/12/31");
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_deleted_after_a_question_and_what_was_shown_is_kept() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE), ("chief", Role::FinalReviewer, VILLAGE)]).await;
    let (editor, chief) = (site.sign_in("editor").await, site.sign_in("chief").await);
    let mut actions = Vec::new();
    for title in ["甲", "乙", "丙"] {
        let (action, csrf) = editor.new_notice().await;
        editor.send(&action, &typed(&csrf, "0", title, "save"), By::Page).await;
        actions.push(action);
    }
    let desk = site.desk().await;
    let segment = |action: &str| action.rsplit('/').next().expect("a segment").to_owned();
    let csrf = editor.csrf().await;
    // One by one, on its own page.
    editor.look(&actions[0], By::Page).await.has("删除草稿");
    let gone = editor.send(&format!("{}/delete", actions[0]), &[("csrf", &csrf)], By::Page).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/console/items?done=deleted"), "{}", gone.text);
    assert_eq!(editor.look(&actions[0], By::Page).await.status, 404);
    // A form of it that is still open says so, and makes nothing of it.
    let late = editor.send(&format!("{}/autosave", actions[0]), &typed(&csrf, "1", "甲二", ""), By::Script).await;
    late.has("这条已经删除");
    assert_eq!(late.status, 410);

    // Several at once, with what is on the air among them.
    let shown = editor.look("/console/items?q=停水通知", By::Page).await;
    let shown = shown.text.split("name=\"item\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let shown = shown.expect("the item on the air").to_owned();
    let (one, other) = (segment(&actions[1]), segment(&actions[2]));
    let chosen = [("csrf", &*csrf), ("act", "delete"), ("item", &one), ("item", &other), ("item", &shown)];
    editor.send("/console/items/many", &chosen, By::Page).await.has("这几条都删除？").has("乙").has("丙");
    assert_eq!(state_of(&desk, &id_of(&actions[1])).await, State::Draft, "nothing happens before the answer");
    let sure: Vec<(&str, &str)> = chosen.into_iter().chain([("sure", "1")]).collect();
    let done = editor.send("/console/items/many", &sure, By::Page).await;
    done.has("2 条已完成").has("1 条没有做").has("只有草稿和退回的稿子能删除");
    assert!(desk.publisher.store.item(&id_of(&actions[2])).await.expect("reads").is_none());
    assert_eq!(state_of(&desk, &shown.replacen('-', "/", 1)).await, State::Published);
    let log = "SELECT count(*) FROM log WHERE action = 'delete'";
    let (lines,): (i64,) = desk.publisher.store.db.one("counting", log, vec![]).await.expect("reads");
    assert_eq!(lines, 3);
    // What was on the air is kept after it was withdrawn and written anew.
    let csrf = chief.csrf().await;
    let many = [("csrf", &*csrf), ("act", "withdraw"), ("item", &shown), ("sure", "1")];
    assert_eq!(chief.send("/console/items/many", &many, By::Page).await.status, 422, "it asks why");
    let many: Vec<(&str, &str)> = many.into_iter().chain([("reason", "日期有误")]).collect();
    chief.send("/console/items/many", &many, By::Page).await.has("1 条已完成");
    let csrf = editor.csrf().await;
    editor.send(&format!("/console/items/{shown}"), &typed(&csrf, "1", "停水改期", "save"), By::Page).await;
    let kept = editor.send(&format!("/console/items/{shown}/delete"), &[("csrf", &csrf)], By::Page).await;
    kept.has("播出过的内容要留存");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_handed_in_at_once_and_each_that_is_not_says_why() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE)]).await;
    let editor = site.sign_in("editor").await;
    let mut items = Vec::new();
    for title in ["甲", "乙", ""] {
        let (action, csrf) = editor.new_notice().await;
        editor.send(&action, &typed(&csrf, "0", title, "save"), By::Page).await;
        items.push(action.rsplit('/').next().expect("a segment").to_owned());
    }
    let csrf = editor.csrf().await;
    let mut fields = vec![("csrf", &*csrf), ("act", "submit"), ("sure", "1"), ("return", "/console/items?mine=1")];
    fields.extend(items.iter().map(|item| ("item", item.as_str())));
    let done = editor.send("/console/items/many", &fields, By::Page).await;
    done.has("2 条已完成")
        .has("1 条没有做")
        .has("要修改，不能提交。请按各处的提示改好。")
        .has("href=\"/console/items?mine=1\"");
    let desk = site.desk().await;
    assert_eq!(state_of(&desk, &items[0].replacen('-', "/", 1)).await, State::Review(Step::First));
    assert_eq!(state_of(&desk, &items[2].replacen('-', "/", 1)).await, State::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_does_not_show_to_its_end_is_not_approved_there() {
    let site = Site::new(&[("editor", Role::Editor, VILLAGE), ("first", Role::FirstReviewer, VILLAGE)]).await;
    let (editor, first) = (site.sign_in("editor").await, site.sign_in("first").await);
    let page = editor.look("/console/items/new?kind=disclosure", By::Page).await;
    let csrf = page.field("csrf");
    let action =
        page.text.split("method=\"post\" action=\"/console/items/").nth(1).and_then(|rest| rest.split('"').next());
    let action = format!("/console/items/{}", action.expect("a form"));
    let fields = [
        ("csrf", &*csrf),
        ("kind", "disclosure"),
        ("revision", "0"),
        ("title", "三季度财务收支"),
        ("place_in", "governance/finance"),
        ("table", "项目\t金额\n挖机\t21,600.00"),
        ("then", "submit"),
    ];
    let sent = editor.send(&action, &fields, By::Page).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let (desk, id) = (site.desk().await, id_of(&action));
    let hash = hash_of(&desk, &id).await;
    first.look("/console/inbox", By::Page).await.has("1 行的表格").has("打开看完再审").lacks("data-approve");
    let csrf = first.csrf().await;
    for by in [By::Page, By::Script] {
        let decision = [("csrf", &*csrf), ("hash", &hash), ("step", "first"), ("from", "list"), ("seen", "9")];
        let refused = first.send(&format!("{action}/approve"), &decision, by).await;
        refused.has("还没看完");
        assert_eq!((refused.status, state_of(&desk, &id).await), (409, State::Review(Step::First)));
    }
    let decision = [("csrf", &*csrf), ("hash", &hash), ("step", "first")];
    assert_eq!(first.send(&format!("{action}/approve"), &decision, By::Page).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_is_answered_while_a_picture_of_the_screen_is_still_being_drawn() {
    // A program that draws nothing, ever.
    let slow = |world: &World| {
        let program = world.folder.path().join("slow");
        std::fs::write(&program, "#!/bin/sh\nexec sleep 60\n").expect("writes");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("can be run");
        world.serve_with(&format!("preview = \"{}\"\n", program.display()))
    };
    let site = Site::served(&[("editor", Role::Editor, VILLAGE)], slow).await;
    let editor = site.sign_in("editor").await;
    let (action, csrf) = editor.new_notice().await;
    editor.send(&format!("{action}/autosave"), &typed(&csrf, "0", "停电通知", ""), By::Script).await.has("已保存");
    let picture = editor.look_at_picture(&action);
    tokio::pin!(picture);
    let saves = async {
        for (revision, title) in [("1", "停电改期"), ("2", "停电再改期")] {
            let saved =
                editor.send(&format!("{action}/autosave"), &typed(&csrf, revision, title, ""), By::Script).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
        }
        let sent = editor.send(&action, &typed(&csrf, "3", "停电再改期", "submit"), By::Script).await;
        assert_eq!(sent.header("x-location"), format!("{action}?done=submitted"));
        editor.look(&format!("{action}/edit"), By::Page).await.has("停电再改期");
    };
    tokio::select! {
        () = saves => {}
        status = &mut picture => panic!("the picture came first: {status}"),
    }
}
