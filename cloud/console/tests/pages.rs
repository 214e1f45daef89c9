//! What must hold for every page in every state that the gallery shows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod html;
#[path = "../examples/pages/samples.rs"]
mod samples;

use std::collections::BTreeSet;

use html::{Document, Element};
use samples::Sample;
use yuexiang_console::words::{Lang, State};
use yuexiang_console::*;

/// Looks at every sample in both languages.
#[track_caller]
fn on_every_page(check: impl Fn(&Sample, &Document, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for lang in Lang::ALL {
        for sample in samples::all(lang) {
            let mut here = Vec::new();
            match Document::parse(&sample.page.0) {
                Ok(document) => check(&sample, &document, &mut here),
                Err(error) => here.push(error),
            }
            wrong.extend(here.into_iter().map(|what| format!("{} ({}): {what}", sample.name, lang.slug())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_page(sample: &Sample) -> bool {
    sample.page.0.starts_with("<!DOCTYPE html>")
}

#[test]
fn every_page_is_well_formed_with_one_heading_and_its_language() {
    on_every_page(|sample, document, wrong| {
        if !is_page(sample) {
            return;
        }
        if document.named("h1").count() != 1 {
            wrong.push("has not one h1".into());
        }
        let lang = document.named("html").next().and_then(|html| html.get("lang"));
        if !matches!(lang, Some("zh-CN" | "en")) {
            wrong.push(format!("is in {lang:?}"));
        }
        if !document.elements.iter().any(|element| element.get("href") == Some("#main")) || !document.has_id("main") {
            wrong.push("has no link to skip the menu".into());
        }
    });
}

#[test]
fn nothing_on_a_page_needs_more_than_the_content_security_policy_allows() {
    on_every_page(|_, document, wrong| {
        for element in &document.elements {
            for (name, value) in &element.attributes {
                if name.starts_with("on") || name.starts_with("hx-on") || name == "style" {
                    wrong.push(format!("<{}> has {name}", element.name));
                }
                if value.trim_start().to_ascii_lowercase().starts_with("javascript:") || value.starts_with("js:") {
                    wrong.push(format!("<{}> has a script as {name}", element.name));
                }
                if name == "hx-trigger" && value.contains('[') {
                    wrong.push(format!("<{}> has a trigger that needs eval", element.name));
                }
                let foreign = value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//");
                if matches!(name.as_str(), "src" | "href" | "action") && foreign {
                    wrong.push(format!("<{}> leads to {value}", element.name));
                }
            }
            if element.name == "style" {
                wrong.push("has a style element".into());
            }
            if element.name == "script" {
                check_script(element, wrong);
            }
        }
    });
}

fn check_script(script: &Element, wrong: &mut Vec<String>) {
    let data = script.get("type") == Some("application/json");
    match script.get("src") {
        Some(src) if asset(src.trim_start_matches("/console/assets/")).is_none() => {
            wrong.push(format!("the script {src} does not exist"));
        }
        Some(_) if !script.text.is_empty() => wrong.push("a script has both an address and a text".into()),
        None if !data => wrong.push("has an inline script".into()),
        _ => {}
    }
    if data && script.text.contains('<') {
        wrong.push("data could end its script".into());
    }
}

#[test]
fn every_asset_that_a_page_names_exists() {
    on_every_page(|sample, _, wrong| {
        if sample.page.0.contains("/console/assets/missing") {
            wrong.push("names an asset that does not exist".into());
        }
    });
}

#[test]
fn every_icon_that_a_page_names_is_drawn() {
    let icons = assets().iter().find(|asset| asset.name.ends_with("icons.svg")).unwrap();
    let icons = String::from_utf8(icons.body()).unwrap();
    on_every_page(|_, document, wrong| {
        for used in document.named("use") {
            let name = used.get("href").and_then(|href| href.split_once('#')).map_or("", |(_, name)| name);
            if !icons.contains(&format!("<symbol id=\"{name}\"")) {
                wrong.push(format!("the icon {name:?} does not exist"));
            }
        }
    });
}

#[test]
fn every_form_that_changes_something_carries_the_csrf_token_and_no_other_does() {
    on_every_page(|_, document, wrong| {
        for (at, form) in document.elements.iter().enumerate().filter(|(_, form)| form.name == "form") {
            let token = document.elements.iter().any(|input| {
                input.ancestors.contains(&at)
                    && input.get("name") == Some("csrf")
                    && input.get("type") == Some("hidden")
            });
            let changes = form.get("method") == Some("post") || form.get("hx-post").is_some();
            if changes != token {
                wrong.push(format!("the form to {:?} has a token: {token}", form.get("action")));
            }
            if form.get("action").is_none() || document.within(form, "form").is_some() {
                wrong.push("a form leads nowhere or lies in another".into());
            }
        }
    });
}

#[test]
fn every_field_has_a_label() {
    on_every_page(|_, document, wrong| {
        let labelled: BTreeSet<&str> = document.named("label").filter_map(|label| label.get("for")).collect();
        for field in
            document.elements.iter().filter(|field| matches!(field.name.as_str(), "input" | "select" | "textarea"))
        {
            let named = field.get("id").is_some_and(|id| labelled.contains(id))
                || field.get("aria-label").is_some()
                || document.within(field, "label").is_some();
            if field.get("type") != Some("hidden") && !named {
                wrong.push(format!("the field {:?} has no label", field.get("name")));
            }
        }
        for button in document.named("button").filter(|button| button.get("type").is_none()) {
            wrong.push(format!("the button {:?} has no type", button.text));
        }
    });
}

#[test]
fn ids_are_unique_and_what_refers_to_one_finds_it() {
    on_every_page(|_, document, wrong| {
        let mut seen = BTreeSet::new();
        for id in document.elements.iter().filter_map(|element| element.get("id")) {
            if id.is_empty() || !seen.insert(id) {
                wrong.push(format!("the id {id:?} is there twice"));
            }
        }
        for element in &document.elements {
            for name in ["for", "aria-labelledby", "aria-describedby", "aria-controls", "data-source", "data-copy"] {
                for id in element.get(name).unwrap_or_default().split(' ').filter(|id| !id.is_empty()) {
                    if !seen.contains(id) {
                        wrong.push(format!("{name} of <{}> points to {id}, which is not there", element.name));
                    }
                }
            }
            let target = element.get("hx-target").and_then(|target| target.strip_prefix('#'));
            if target.is_some_and(|target| !seen.contains(target)) {
                wrong.push(format!("hx-target points to {target:?}, which is not there"));
            }
        }
    });
}

#[test]
fn tables_say_what_they_hold_and_pictures_what_they_show() {
    on_every_page(|_, document, wrong| {
        let tables = document.named("table").count();
        if document.named("caption").count() != tables {
            wrong.push("a table has no caption".into());
        }
        for heading in document.named("th").filter(|heading| heading.get("scope").is_none()) {
            wrong.push(format!("the heading {:?} has no scope", heading.text));
        }
        for picture in document.named("img").filter(|picture| picture.get("alt").is_none()) {
            wrong.push(format!("the picture {:?} has no alt", picture.get("src")));
        }
        for chart in document.elements.iter().filter(|chart| chart.get("data-chart").is_some()) {
            if chart.get("aria-label").is_none() || document.within(chart, "figure").is_none() {
                wrong.push("a chart is not told in words".into());
            }
        }
    });
}

/// Everything Chinese on an English page comes from the data.
#[test]
fn english_pages_have_no_chinese_words_of_their_own() {
    const NAMES: [&str; 2] = ["中文", "粤"];
    let mut wrong = Vec::new();
    for sample in samples::all(Lang::En) {
        for words in chinese(&sample.page.0) {
            if !NAMES.contains(&words.as_str()) && !sample.view.contains(&words) {
                wrong.push(format!("{}: {words}", sample.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn chinese_pages_are_in_chinese() {
    for (zh, en) in samples::all(Lang::Zh).iter().zip(samples::all(Lang::En)) {
        assert_eq!(zh.name, en.name);
        if !zh.name.starts_with("regions-hits") {
            assert_ne!(zh.page.0, en.page.0, "{} is the same in both languages", zh.name);
        }
        assert!(chinese(&zh.page.0).len() >= chinese(&en.page.0).len(), "{} is less Chinese than in English", zh.name);
    }
}

/// Runs of Chinese characters and full-width punctuation.
fn chinese(html: &str) -> Vec<String> {
    let is_chinese = |c: char| matches!(c, '\u{3001}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}');
    html.split(|c: char| !is_chinese(c)).filter(|run| !run.is_empty()).map(str::to_owned).collect()
}

#[test]
fn both_languages_have_every_word() {
    let mut phrases = 0;
    for path in sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        for call in ["cx.t(", "cx.fill(", "lang.pick("] {
            for after in text.split(call).skip(1) {
                let literals: Vec<&str> = after.splitn(5, '"').collect();
                // Both are literals: opening quote, Chinese, what lies between, English.
                let [before, zh, between, en, _] = literals[..] else { continue };
                if !before.trim().is_empty() || between.trim() != "," {
                    continue;
                }
                phrases += 1;
                assert!(!zh.is_empty() && !en.is_empty(), "{}: {zh:?} / {en:?}", path.display());
                assert!(chinese(en).is_empty(), "{}: {en:?} is not English", path.display());
                assert_eq!(
                    zh.matches("{}").count() >= 1,
                    en.matches("{}").count() >= 1,
                    "{}: {zh:?} / {en:?}",
                    path.display()
                );
            }
        }
    }
    assert!(phrases > 300, "only {phrases} phrases were found");
}

fn sources() -> Vec<std::path::PathBuf> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

const HOSTILE: &str = "</title></script><script>alert(1)</script>\"' onload=\"x&<b>";

#[test]
fn hostile_text_stays_text() {
    let mut cx = samples::context(Lang::Zh, HOSTILE);
    cx.csrf = HOSTILE.into();
    cx.flashes.push(Flash { tone: Tone::Bad, text: HOSTILE.into() });
    let mut line =
        samples::line("7", HOSTILE, words::Kind::Article, (words::Board::Party, HOSTILE), State::Rejected, 60);
    line.reason = Some(HOSTILE.into());
    line.thumbnail = Some(HOSTILE.into());
    line.region.name = HOSTILE.into();
    let view = items::Items {
        filter: items::Filter {
            region: line.region.clone(),
            board: None,
            section: Some(HOSTILE.into()),
            state: None,
            kind: None,
            mine: false,
            from: HOSTILE.into(),
            to: HOSTILE.into(),
            q: HOSTILE.into(),
        },
        sections: vec![items::SectionOption { id: HOSTILE.into(), board: words::Board::Party, name: HOSTILE.into() }],
        states: Vec::new(),
        items: vec![line],
        next: Some(HOSTILE.into()),
        further: true,
        may_create: true,
        acts: many::Act::ALL.to_vec(),
    };
    check_harmless(&items::page(&cx, &view).0);
    let area =
        charts::CoverageArea { code: HOSTILE.into(), name: HOSTILE.into(), villages: 1, active: 1, areas: Vec::new() };
    let chart = charts::coverage(&cx, "chart", &[area]);
    check_harmless(&chart.0);
    assert!(chart.0.contains("\\u003cscript\\u003e"), "the data is there all the same");
}

#[track_caller]
fn check_harmless(html: &str) {
    let document = Document::parse(html).unwrap();
    for script in document.named("script") {
        assert!(!script.text.contains("<script"), "{}", script.text);
        assert!(script.get("src").is_some() || script.get("type") == Some("application/json"));
    }
    assert!(document.elements.iter().all(|element| element.get("onload").is_none() && element.name != "b"));
    assert!(!html.contains("<script>alert"));
}

#[test]
fn a_reviewer_without_the_right_sees_no_buttons_to_decide() {
    let sample = samples::all(Lang::Zh).into_iter().find(|sample| sample.name == "inbox").unwrap();
    let document = Document::parse(&sample.page.0).unwrap();
    let forms = |id: &str| {
        let entry = document.elements.iter().position(|element| element.get("id") == Some(id)).unwrap();
        document.elements.iter().filter(|form| form.name == "form" && form.ancestors.contains(&entry)).count()
    };
    assert_eq!(forms("entry-3001"), 2, "approve and send back");
    assert_eq!(
        forms("entry-301"),
        1,
        "what the list does not show is sent back from there, and approved on its own page"
    );
    assert_eq!(forms("entry-30"), 0, "one's own text");
}

#[test]
fn the_menu_shows_only_what_one_may_open() {
    let mut cx = samples::context(Lang::Zh, "/console/");
    if let Some(viewer) = &mut cx.viewer {
        viewer.places = vec![Place::Dashboard, Place::Items];
    }
    let page = error::page(
        &cx,
        &error::ErrorPage { kind: error::ErrorKind::NotFound, detail: None, way_out: None, reference: String::new() },
    );
    assert!(page.0.contains("href=\"/console/items\""));
    for place in [Place::Keys, Place::Log, Place::Accounts, Place::Inbox] {
        assert!(!page.0.contains(&format!("href=\"{}\"", place.url())), "{place:?}");
    }
}

#[test]
fn own_scripts_use_nothing_that_the_policy_forbids() {
    for script in assets().iter().filter(|asset| asset.content_type.starts_with("text/javascript")) {
        let library = ["htmx.js", "tus.js", "echarts.js"].iter().any(|name| script.name.ends_with(name));
        let text = String::from_utf8(script.body()).unwrap();
        for word in ["eval(", "new Function", "style=", "setAttribute(\"style\"", "document.write"] {
            assert!(library || !text.contains(word), "{} uses {word}", script.name);
        }
    }
}
