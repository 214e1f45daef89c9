//! Writing and reviewing in a browser, on lines as slow as villages have them: nothing that people do there loses a text,
//! makes an item twice or publishes one unseen.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::{Value, json};
use yuexiang_tests::house::{Cloud, free_port};

use crate::browser::{Browser, Driver};
use crate::desk::{PASSWORD, account_in, log_in};
use crate::slow::slow_line;

/// Milliseconds that a request and its answer take.
const LATENCIES: [u64; 2] = [300, 800];
/// A village of the list of divisions.
const VILLAGE: &str = "440224103201";
const EDITOR: &str = "xiaochen";
const REVIEWER: &str = "lijie";

/// A cloud with an editor and somebody who gives the first review, and a browser.
struct Newsroom {
    cloud: Cloud,
    browser: Browser,
    // End with it.
    _driver: Driver,
    _folder: tempfile::TempDir,
}

impl Newsroom {
    async fn open() -> Newsroom {
        Newsroom::open_on(false).await
    }

    async fn open_on(phone: bool) -> Newsroom {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let data = folder.path().join("cloud");
        std::fs::create_dir(&data).expect("a folder for the cloud");
        account_in(VILLAGE, &data, EDITOR, "陈晓", "editor");
        account_in(VILLAGE, &data, REVIEWER, "李洁", "first-reviewer");
        account_in("440224103000", &data, "huangbo", "黄波", "administrator");
        let cloud = Cloud::serve(folder.path(), data, free_port()).await;
        let driver = Driver::start().await;
        let browser = match phone {
            true => Browser::start_phone(&driver, folder.path()).await,
            false => Browser::start(&driver, folder.path()).await,
        };
        Newsroom { cloud, browser, _driver: driver, _folder: folder }
    }

    async fn line(&self, latency: u64) -> String {
        slow_line(self.cloud.port, Duration::from_millis(latency)).await
    }

    async fn script(&self, script: &str) -> Value {
        self.browser.page.execute(script, Vec::new()).await.expect("the script runs")
    }

    async fn text(&self, css: &str) -> String {
        self.browser.until("a text", css).await.text().await.expect("its text")
    }

    /// What a field holds.
    async fn value(&self, name: &str) -> String {
        let script = format!("return document.querySelector('#editor [name={name}]').value");
        self.script(&script).await.as_str().expect("a text").to_owned()
    }

    /// Titles and states of all items of the editor that the list shows.
    async fn listed(&self, url: &str) -> Vec<(String, String)> {
        self.browser.goto(&format!("{url}console/items?mine=1")).await;
        self.browser.until("the list", "#results").await;
        let script = "return [...document.querySelectorAll('.items tbody tr')].map((row) =>
                      [row.querySelector('.title').textContent, row.querySelector('.chip').textContent])";
        let rows: Vec<(String, String)> = serde_json::from_value(self.script(script).await).expect("rows");
        rows
    }

    /// Writes a notice and hands it in.
    async fn hand_in(&self, url: &str, title: &str) {
        self.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
        self.browser.fill("#title", title).await;
        self.browser.fill("#body", "明日停水。").await;
        self.browser.click("button[name=then][value=submit]").await;
        self.browser.until("the item's page", ".timeline").await;
    }

    async fn end(self) {
        self.browser.page.clone().close().await.expect("the browser ends");
    }
}

#[tokio::test]
async fn a_text_handed_in_while_it_is_being_saved_is_one_item() {
    let room = Newsroom::open().await;
    log_in(&room.browser, &room.cloud.url, EDITOR).await;
    for latency in LATENCIES {
        let url = room.line(latency).await;
        log_in(&room.browser, &url, EDITOR).await;
        let mut expected = Vec::new();
        // From the moment at which the script begins to save to the one at which its answer is on the way.
        for pause in [1_450, 1_600, 1_800, 2_000] {
            let title = format!("停水通知 {latency} {pause}");
            room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
            room.browser.fill("#title", &title).await;
            room.browser.send("#body", "明日停水。").await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            room.browser.click("button[name=then][value=submit]").await;
            room.browser.until("the item's page", ".timeline").await;
            expected.push((title, "待初审".to_owned()));
        }
        let mut listed = room.listed(&url).await;
        listed.retain(|(title, _)| title.starts_with(&format!("停水通知 {latency}")));
        listed.sort();
        assert_eq!(listed, expected, "at {latency} ms");
    }
    room.end().await;
}

#[tokio::test]
async fn impatient_presses_hand_a_text_in_once() {
    let room = Newsroom::open().await;
    for latency in LATENCIES {
        let url = room.line(latency).await;
        log_in(&room.browser, &url, EDITOR).await;
        room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
        let title = format!("停水通知 {latency}");
        room.browser.fill("#title", &title).await;
        room.browser.fill("#body", "明日停水。").await;
        room.script(
            "const [button] = document.querySelectorAll('button[name=then][value=submit]');
             for (let press = 0; press < 5; press++) button.click()",
        )
        .await;
        room.browser.until("the item's page", ".timeline").await;
        let listed = room.listed(&url).await;
        let mine = listed.iter().filter(|(known, _)| *known == title).count();
        assert_eq!(mine, 1, "at {latency} ms: {listed:?}");
    }
    room.end().await;
}

#[tokio::test]
async fn who_is_signed_out_while_writing_signs_in_beside_the_text_and_loses_nothing() {
    let room = Newsroom::open().await;
    for latency in LATENCIES {
        let url = room.line(latency).await;
        log_in(&room.browser, &url, EDITOR).await;
        room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
        let action = room.script("return document.getElementById('editor').action").await;
        room.browser.page.delete_all_cookies().await.expect("cookies go");
        let title = format!("停水通知 {latency}");
        room.browser.fill("#title", &title).await;
        room.browser.fill("#body", "写了半个钟头。").await;
        // The script saves, is told that nobody is signed in, and asks on this very page.
        room.browser.until("the question", "#sign-in[open]").await;
        room.browser.fill("#sign-in-account", EDITOR).await;
        room.browser.fill("#sign-in-password", "wrong").await;
        room.browser.click("#sign-in button[type=submit]").await;
        room.browser.until("why not", "#sign-in [data-said]:not([hidden])").await;
        room.browser.fill("#sign-in-password", PASSWORD).await;
        room.browser.click("#sign-in button[type=submit]").await;
        room.browser.until("what was kept", "#save-state .saved").await;
        assert_eq!(room.value("body").await, "写了半个钟头。");
        assert_eq!(room.script("return document.getElementById('editor').action").await, action);
        let fields = "return [...new FormData(document.getElementById('editor')).keys()].includes('password')";
        assert_eq!(room.script(fields).await, false, "no password is among the fields of the text");
        room.browser.click("button[name=then][value=submit]").await;
        room.browser.until("the item's page", ".timeline").await;
        assert!(room.text("main").await.contains("写了半个钟头。"));
    }
    room.end().await;
}

#[tokio::test]
async fn a_reason_that_was_typed_when_the_session_ended_is_given_after_signing_in() {
    let room = Newsroom::open().await;
    let url = room.line(LATENCIES[1]).await;
    log_in(&room.browser, &url, EDITOR).await;
    room.hand_in(&url, "停水通知").await;
    let item = room.browser.page.current_url().await.expect("an address");
    log_in(&room.browser, &url, REVIEWER).await;
    room.browser.goto(&format!("{url}console/inbox")).await;
    room.browser.click("#inbox [data-reject] > summary").await;
    room.browser.fill("#inbox [name=reason]", "请写明哪几条街停水。").await;
    room.browser.page.delete_all_cookies().await.expect("cookies go");
    room.browser.click("#inbox [data-reject] button[type=submit]").await;
    room.browser.until("the question", "#sign-in[open]").await;
    // Somebody else does not go on with it.
    for (login, what, css) in [
        (EDITOR, "that it is another's page", "#sign-in [data-said]:not([hidden])"),
        (REVIEWER, "the decision", ".entry.done"),
    ] {
        room.browser.fill("#sign-in-account", login).await;
        room.browser.fill("#sign-in-password", PASSWORD).await;
        room.browser.click("#sign-in button[type=submit]").await;
        room.browser.until(what, css).await;
    }
    room.browser.goto(item.as_str()).await;
    assert!(room.text(".timeline").await.contains("请写明哪几条街停水。"));
    room.end().await;
}

#[tokio::test]
async fn on_a_telephone_every_page_fits_and_a_village_head_reviews() {
    let room = Newsroom::open_on(true).await;
    let url = room.line(LATENCIES[0]).await;
    let width = "return [document.documentElement.scrollWidth, innerWidth]";
    let pages = [
        (
            EDITOR,
            "",
            "items items/new items/new?kind=article items/new?kind=disclosure items/new?kind=product calendar",
        ),
        (EDITOR, "", "sections channels views notices notices/settings substitutes password nowhere"),
        ("huangbo", "", "accounts accounts/new tokens keys log policy sections"),
    ];
    for (login, first, more) in pages {
        log_in(&room.browser, &url, login).await;
        for page in [first].into_iter().chain(more.split(' ')) {
            room.browser.goto(&format!("{url}console/{page}")).await;
            assert_eq!(room.script(width).await, json!([390, 390]), "{page}");
        }
    }
    log_in(&room.browser, &url, EDITOR).await;
    room.hand_in(&url, "停水通知").await;
    let item = room.browser.page.current_url().await.expect("an address");
    log_in(&room.browser, &url, REVIEWER).await;
    // By the menu, which has room when it is asked for alone.
    assert!(!room.browser.until("the menu", "nav.menu").await.is_displayed().await.expect("is known"));
    room.browser.click("label.menu-button").await;
    room.browser.click("nav.menu a[href='/console/inbox']").await;
    room.browser.until("the list", "#inbox .entry").await;
    assert_eq!(room.script(width).await, json!([390, 390]), "the inbox");
    room.browser.click("#inbox h2 a").await;
    room.browser.until("the decision", "#review").await;
    assert_eq!(room.script(width).await, json!([390, 390]), "the item");
    // It stays under the thumb while one reads to the end.
    let under_thumb = "const { top, bottom } = document.querySelector('#review .button').getBoundingClientRect();
                       return top > 0 && bottom <= innerHeight";
    assert_eq!(room.script(under_thumb).await, true);
    room.browser.until("the picture looked at", "form[data-review]:not([data-question*='电视画面'])").await;
    room.script("document.querySelector('[data-end]').scrollIntoView({ block: 'center' })").await;
    room.browser.until("all of it looked at", "form[data-review]:not([data-question])").await;
    room.browser.click("form[data-review] button").await;
    room.browser.until("the next step", ".flash.good").await;
    room.browser.goto(item.as_str()).await;
    assert!(room.text(".timeline").await.contains("初审通过"));
    room.end().await;
}

#[tokio::test]
async fn a_change_of_a_text_under_review_is_asked_for_first() {
    let room = Newsroom::open().await;
    let url = room.line(LATENCIES[0]).await;
    log_in(&room.browser, &url, EDITOR).await;
    room.hand_in(&url, "停水通知").await;
    room.browser.click(".heading .actions a").await;
    room.browser.send("#body", " 还有一句").await;
    let question = room.text("#guard[open]").await;
    assert!(question.contains("改动会撤回审核"), "{question}");
    // Longer than the script waits before it saves.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let edit = room.browser.page.current_url().await.expect("an address");
    assert_eq!(room.listed(&url).await, [("停水通知".to_owned(), "待初审".to_owned())]);

    room.browser.goto(edit.as_str()).await;
    room.browser.send("#body", "x").await;
    room.browser.click("#guard button[value=leave]").await;
    room.browser.until("the page again", "#editor.scripted:not(:has(~ #guard))").await;
    assert_eq!(room.value("body").await, "明日停水。");
    assert_eq!(room.listed(&url).await, [("停水通知".to_owned(), "待初审".to_owned())]);

    room.browser.goto(edit.as_str()).await;
    room.browser.send("#body", "改到后天。").await;
    room.browser.click("#guard button[value=go-on]").await;
    room.browser.until("what was kept", "#save-state .saved:not([data-guard])").await;
    assert_eq!(room.listed(&url).await, [("停水通知".to_owned(), "草稿".to_owned())]);
    room.end().await;
}

#[tokio::test]
async fn what_was_not_saved_when_the_editor_was_left_is_offered_again() {
    let room = Newsroom::open().await;
    let url = room.line(LATENCIES[1]).await;
    log_in(&room.browser, &url, EDITOR).await;
    room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
    room.browser.send("#body", "没有标题的半篇稿子").await;
    let asks = "const leaving = new Event('beforeunload', { cancelable: true });
                dispatchEvent(leaving);
                return leaving.defaultPrevented";
    assert_eq!(room.script(asks).await, true, "leaving is asked about");
    room.browser.goto("about:blank").await;
    room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
    let offered = room.text("#kept:not([hidden])").await;
    assert!(offered.contains("没存上的改动"), "{offered}");
    assert_eq!(room.value("body").await, "", "nothing comes back without being asked for");
    room.browser.click("#kept [data-take]").await;
    assert_eq!(room.value("body").await, "没有标题的半篇稿子");
    // Without a title too it is kept in the cloud, and then nothing is left to be asked about or offered.
    room.browser.until("what was kept", "#save-state .saved").await;
    assert_eq!(room.script(asks).await, false);
    room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
    room.browser.until("the form", "#editor.scripted").await;
    assert_eq!(room.script("return document.getElementById('kept').hidden").await, true);
    assert_eq!(room.listed(&url).await, [("（无标题）".to_owned(), "草稿".to_owned())]);
    room.end().await;
}

#[tokio::test]
async fn a_date_without_a_time_is_refused_by_name_and_nothing_is_handed_in() {
    let room = Newsroom::open().await;
    let url = room.line(LATENCIES[0]).await;
    log_in(&room.browser, &url, EDITOR).await;
    room.browser.goto(&format!("{url}console/items/new?kind=notice")).await;
    room.browser.fill("#title", "元旦值班电话").await;
    // A day and no time: the browser has nothing to send.
    room.browser.send("#not_before", "12312026").await;
    let half = "const field = document.getElementById('not_before');
                return field.validity.badInput && field.value === ''";
    assert_eq!(room.script(half).await, true);
    room.browser.click("button[name=then][value=submit]").await;
    let said = room.text("#save-state").await;
    assert!(said.contains("没有提交") && said.contains("开始播"), "{said}");
    room.browser.until("what is wrong, at the field", ".field.wrong:has(#not_before) .problem").await;
    // The draft that the script keeps meanwhile has it as something that cannot be read, not as nothing.
    room.browser.send("#body", "值班电话见下。").await;
    room.browser.until("what was kept", "#save-state .saved [data-problems] li[data-field=not_before]").await;
    assert_eq!(room.listed(&url).await, [("元旦值班电话".to_owned(), "草稿".to_owned())]);
    room.end().await;
}

/// What a keyboard sends for a key that is held: one press, then repetitions.
const HOLD: &str = "const press = (repeat) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
                        { key: 'a', bubbles: true, cancelable: true, repeat }));
                    press(false);
                    for (let times = 0; times < 60; times++) press(true);
                    const end = performance.now() + 3000;
                    const held = setInterval(() => performance.now() < end ? press(true) : clearInterval(held), 33);";

#[tokio::test]
async fn a_held_key_approves_nothing_that_was_not_looked_at() {
    let room = Newsroom::open().await;
    let url = room.line(LATENCIES[0]).await;
    log_in(&room.browser, &url, EDITOR).await;
    for number in 1..=4 {
        room.hand_in(&url, &format!("停水通知 {number}")).await;
    }
    log_in(&room.browser, &url, REVIEWER).await;
    room.browser.goto(&format!("{url}console/inbox")).await;
    room.browser.until("the list", "#inbox .entry").await;
    let decided = "return document.querySelectorAll('.entry.done').length";
    // At once, before anything can have been looked at.
    room.script("document.querySelector('#inbox .entry').focus()").await;
    room.script(HOLD).await;
    assert_eq!(room.script(decided).await, 0);
    room.browser.until("a picture that was looked at", "#inbox li:first-child [data-approve]:enabled").await;
    room.script("document.querySelector('#inbox .entry').focus()").await;
    room.script(HOLD).await;
    room.browser.until("the one decision", "#inbox li:first-child .entry.done").await;
    // For as long as the key is held, nothing else follows.
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(room.script(decided).await, 1);
    // The others were further down: they are approved once they were looked at, with one question that names them.
    room.script("for (const entry of document.querySelectorAll('#inbox .entry')) entry.scrollIntoView()").await;
    let waiting = room.browser.page.find_all(Locator::Css("#inbox [data-approve]")).await.expect("buttons");
    for at in 0..waiting.len() {
        let show = format!(
            "document.querySelectorAll('#inbox .entry:not(.done)')[{at}].scrollIntoView({{ block: 'center' }})"
        );
        room.script(&show).await;
        let seen = format!("#inbox li:nth-child({}) [data-approve]:enabled", at + 2);
        room.browser.until("a picture that was looked at", &seen).await;
    }
    room.script("globalThis.confirm = (question) => { globalThis.asked = question; return true }").await;
    room.browser.click("#seen-all button").await;
    room.browser.until("all decisions", "#inbox:not(:has([data-approve]))").await;
    let asked = room.script("return globalThis.asked").await;
    assert!((2..=4).all(|number| asked.as_str().is_some_and(|asked| asked.contains(&format!("停水通知 {number}")))));
    assert_eq!(room.script(decided).await, json!(4));
    room.end().await;
}
