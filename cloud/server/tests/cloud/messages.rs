//! What people are told when something is not done: in their language, with field, place and way out, and of the table of
//! messages alone.

use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_TYPE, COOKIE};
use serde_json::json;
use yuexiang_cloud::desk::rights::Role;
use yuexiang_console::messages;

use crate::api::{Site, answer, draft};
use crate::fixture::VILLAGE;
use crate::writing::Editor;

/// What the page says is wrong: its problems and its cards of errors, without tags.
fn told(page: &str) -> Vec<String> {
    let mut told = Vec::new();
    let page = page.replace("<noscript>", "<!--").replace("</noscript>", "-->");
    let page: String = page.split("<!--").map(|part| part.split_once("-->").map_or(part, |(_, rest)| rest)).collect();
    for mark in ["class=\"problem\"", "<li data-field=", "<strong>"] {
        for found in page.split(mark).skip(1) {
            let text = found.split_once('>').map_or(found, |(_, text)| text);
            let text = if mark == "<strong>" { found } else { text };
            told.extend(text.split('<').next().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
        }
    }
    told
}

fn says(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chinese_console_names_field_place_and_way_out_of_what_is_wrong() {
    let editor = Editor::sign_in().await;
    let paragraph = "水".repeat(2_001);
    let body = format!("各位村民：\n\n{paragraph}\n\n明日\u{202E}停水");
    let title = "长".repeat(61);
    let page = editor.submit("notice", "governance/notice", &[("title", &title), ("body", &body)]).await;
    let page = page.expect_err("it cannot be shown");
    says(
        &page,
        &[
            "标题：有 61 个字，最多 60 个。请缩短。",
            "正文第 3 行“水水水水水水水水水水水水…”：这一段有 2001 个字，一段最多 2000 个。请在中间空一行，分成几段。",
            "正文第 5 行“明日\u{202E}停水”：含有看不见的字符 U+202E。请把它前后的字删掉重打，不要粘贴。",
        ],
    );
    let caption = "字".repeat(61);
    let fields = [("title", "修渠"), ("picture", "gone"), ("picture_caption", caption.as_str())];
    let page = editor.submit("story", "culture/stories", &fields).await.expect_err("the caption is too long");
    says(
        &page,
        &[
            "图片第 1 张：图片说明有 61 个字，最多 60 个。请缩短图片说明。",
            "图片第 1 张：还没有文件，或文件已经不在。请上传文件。",
        ],
    );
    for said in told(&page) {
        let latin = said.replace("U+", "").chars().any(|character| character.is_ascii_alphabetic());
        assert!(!latin, "Latin words in the Chinese console: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_program_wrote_is_explained_in_chinese_to_the_editor_who_opens_it() {
    let site = Site::new().await;
    let program = site.token("program", Role::Editor, VILLAGE).await;
    let mut written = draft("停水");
    let paragraph = "水".repeat(2_001);
    written["body"] = json!(format!("好\n\n{paragraph}\n\n停\u{200B}水\n\n```\nx\n```\n\n![图](media:gone)"));
    let (status, saved) = site.post("/items", &program, &json!({ "region": VILLAGE, "draft": written })).await;
    assert_eq!(status, 201, "{saved}");
    let id = saved["id"].as_str().expect("an id");
    let (status, problem) = site.post(&format!("/items/{id}/submit"), &program, &json!({ "revision": 1 })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("faults")), "{problem}");
    let errors = problem["errors"].as_array().expect("a list");
    let codes: Vec<&str> = errors.iter().filter_map(|error| error["code"].as_str()).collect();
    assert_eq!(codes, ["paragraph-too-long", "invisible-character", "code", "no-figure"], "{problem}");
    for (error, line) in errors.iter().zip([3, 5, 7, 11]) {
        let (zh, en) = (error["zh"].as_str().expect("Chinese"), error["en"].as_str().expect("English"));
        assert!(zh.starts_with(&format!("正文第 {line} 行")) && zh.ends_with('。') && zh.contains("请"), "{zh}");
        assert!(en.starts_with(&format!("Text, line {line}")) && en.ends_with('.'), "{en}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_is_told_so_in_the_language_of_its_sender() {
    let editor = Editor::sign_in().await;
    // A little more than a form may have, so that its end is still on its way when the answer comes.
    let body = "水".repeat(234_000);
    let fields = [("csrf", editor.csrf.as_str()), ("title", "停水"), ("body", &body)];
    let (status, _, page) = editor.post("/console/items/440224103201-x", &fields).await;
    assert_eq!(status, 413, "{page}");
    says(&page, &["lang=\"zh-CN\"", "表单太大，超过 2 MB。", "请分成几条；图片和视频用上传的办法放进去。"]);
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let send = || {
        let request = editor.client.post(format!("{}/console/items/440224103201-x", editor.server.url));
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
    };
    let english = send().header(COOKIE, "lang=en").send().await.expect("an answer");
    let page = english.text().await.expect("a page");
    says(&page, &["lang=\"en\"", "The form is larger than 2 MiB.", "Make several items of it;"]);
    // A script shows one of the two in its own place.
    let (status, problem) = answer(send().header("hx-request", "true")).await;
    assert_eq!((status, &problem["code"]), (413, &json!("form-too-large")));
    let expected = "表单太大，超过 2 MB。请分成几条；图片和视频用上传的办法放进去。";
    assert_eq!(problem["title"], expected, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_a_wrong_field_is_told_which() {
    let site = Site::new().await;
    let token = site.token("program", Role::Editor, VILLAGE).await;
    for (body, field) in [
        (json!({ "region": VILLAGE, "draft": { "kind": "notice", "board": "governance" } }), "draft.section"),
        (json!({ "region": VILLAGE, "draft": { "titel": "x" } }), "draft.titel"),
        (
            json!({ "region": VILLAGE, "draft": { "pictures": [{ "medium": "a" }, { "medium": 7 }] } }),
            "draft.pictures[1].medium",
        ),
        (json!({ "region": VILLAGE }), "draft"),
    ] {
        let (status, problem) = site.post("/items", &token, &body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("body")), "{problem}");
        let title = problem["title"].as_str().expect("Chinese");
        assert_eq!(title, format!("请求体的字段“{field}”有误。请按接口说明改正。"), "{problem}");
    }
    let (status, problem) = site.get(&format!("/items?region={VILLAGE}&limit=0"), &token).await;
    assert_eq!(
        (status, problem["title"].as_str()),
        (400, Some("每页条数：不是 1 到 200 的整数。请给 1 到 200 的数。"))
    );
}

/// Texts that are no messages: names, words that are looked for in what people write, what goes into documents, pages and
/// lists, and what is noted for the log.
const NO_MESSAGES: [&str; 34] = [
    "api/mod.rs",
    "console/divisions.rs",
    "moves/carry.rs",
    "moves/change.rs",
    "moves/list.rs",
    "moves/report.rs",
    "notices/words.rs",
    "command/admin.rs",
    "config.rs",
    "console/accounts.rs",
    "console/inbox.rs",
    "console/item.rs",
    "console/items.rs",
    "console/log.rs",
    "console/log/detail.rs",
    "console/many.rs",
    "console/mod.rs",
    "console/views.rs",
    "desk/order.rs",
    "desk/rights.rs",
    "divisions.rs",
    "figures/export.rs",
    "keys/request.rs",
    "media/mod.rs",
    "pack/fields.rs",
    "pack/sections.rs",
    "publish/commit.rs",
    "serve/page.rs",
    "sheet/file.rs",
    "sheet/number.rs",
    "sheet/shape.rs",
    "sheet/total.rs",
    "upload/info.rs",
    "desk/media.rs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// A text in a program's line, without what is only a comment.
fn chinese(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains('"') && code.chars().any(|character| matches!(character, '\u{4E00}'..='\u{9FFF}'))
}

/// The types see to most of it: a page of errors, a form's problem and a program's are made of a [`messages::Message`],
/// and that of a line of the table. What is left is a text of its own in the answer to a request.
#[test]
fn nothing_is_said_to_people_that_does_not_stand_in_the_table_of_messages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "the sources were found");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).expect("inside").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a text");
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_test = name.ends_with("tests.rs");
        for (at, line) in own.lines().enumerate().filter(|_| !is_test) {
            let in_api =
                (name.starts_with("api/") || name.starts_with("accounts/")) && !NO_MESSAGES.contains(&name.as_str());
            // The API's description has words and examples in Chinese.
            let is_example =
                in_api && (line.contains("example") || line.contains("one_of(") || line.contains("\": \""));
            if chinese(line) && !NO_MESSAGES.contains(&name.as_str()) && !is_example {
                wrong.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
            // An answer of an error with words of its own: status and text, side by side.
            let is_answer = ["(StatusCode::BAD_REQUEST, \"", "(StatusCode::NOT_FOUND, \"", "(StatusCode::CONFLICT, \""];
            if is_answer.iter().any(|answer| line.contains(answer)) {
                wrong.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "said, but not in the table of messages:\n{}", wrong.join("\n"));
}

#[test]
fn the_documentation_of_the_api_knows_every_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/API.md");
    let text = std::fs::read_to_string(root).expect("the documentation");
    let files: Vec<&str> = messages::files::File::samples().iter().map(messages::files::File::name).collect();
    let all = messages::all();
    let codes: std::collections::BTreeSet<&str> = all
        .iter()
        .map(|(_, message)| message.code())
        // Those of pages alone; and a file that cannot be used is `refused` to programs.
        .filter(|code| !matches!(*code, "pack" | "choice" | "sheet" | "day" | "days") && !files.contains(code))
        .collect();
    let unknown: Vec<&&str> = codes.iter().filter(|code| !text.contains(&format!("`{code}`"))).collect();
    assert!(unknown.is_empty(), "docs/API.md does not name {unknown:?}");
}
