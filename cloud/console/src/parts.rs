//! What pages are put together from.

use maud::{Markup, PreEscaped, html};

use crate::assets::asset_url;
use crate::context::{Context, ItemLine, Problem, Region};
use crate::time;
use crate::words::{Board, State};

/// The hidden fields that every form begins with.
pub fn csrf(cx: &Context) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(cx.csrf);
        @if !cx.once.is_empty() { input type="hidden" name="once" value=(cx.once); }
    }
}

/// A drawing of `static/icons.svg`; it says nothing that the words beside it do not say.
pub fn icon(name: &str) -> Markup {
    html! {
        svg.icon aria-hidden="true" width="20" height="20" { use href=(format!("{}#{name}", asset_url("icons.svg"))) {} }
    }
}

/// The heading of a page, a line below it, and what one can do at its right.
pub fn heading(title: &str, line: Markup, actions: Markup) -> Markup {
    html! {
        div.heading {
            div { h1 { (title) } @if !line.0.is_empty() { p.muted { (line) } } }
            @if !actions.0.is_empty() { div.actions { (actions) } }
        }
    }
}

/// A moment as a list says it; the whole date shows when one points at it.
pub fn moment(cx: &Context, unix: i64) -> Markup {
    html! {
        time datetime=(time::machine(unix)) title=(time::date_time(cx.lang, unix)) { (time::near(cx.lang, unix, cx.now)) }
    }
}

/// A moment in full.
pub fn full_moment(cx: &Context, unix: i64) -> Markup {
    html! { time datetime=(time::machine(unix)) { (time::date_time(cx.lang, unix)) } }
}

/// A day.
pub fn day(cx: &Context, unix: i64) -> Markup {
    html! { time datetime=(time::machine(unix)) { (time::date(cx.lang, unix)) } }
}

pub fn state_chip(cx: &Context, state: State) -> Markup {
    html! { span.chip.(format!("state-{}", state.slug())) { (state.word(cx.lang)) } }
}

pub fn board_chip(cx: &Context, board: Board) -> Markup {
    html! { span.board.(board.slug()) { (board.word(cx.lang)) } }
}

/// Where a region lies and what it is called, the name in bold.
pub fn region_name(region: &Region) -> Markup {
    html! { span.region title=(region.full_name()) { (region.short_name()) } }
}

pub fn item_url(id: &str) -> String {
    format!("/console/items/{id}")
}

/// An item in a short list: title, what it is, where it stands.
pub fn item_row(cx: &Context, line: &ItemLine) -> Markup {
    html! {
        li.item-row {
            div.grow {
                a.title href=(item_url(&line.id)) { (line.title) }
                p.muted {
                    (board_chip(cx, line.board)) " " (line.section) " · " (line.region.short_name()) " · "
                    (line.author) " · " (moment(cx, line.published.unwrap_or(line.changed)))
                }
                @if let Some(reason) = &line.reason {
                    p.reason { (cx.t("原因：", "Reason: ")) (reason) }
                }
            }
            (state_chip(cx, line.state))
        }
    }
}

/// What stands behind a preview of the TV until it has been drawn, and in its place when it cannot be.
pub fn drawing(cx: &Context) -> Markup {
    html! {
        span.drawing aria-hidden="true" data-none=(cx.t("这里现在画不出电视画面", "The TV's screen cannot be drawn here now")) {
            (cx.t("正在画预览", "Drawing the preview"))
        }
    }
}

/// The TV's screen with all its pages: the script asks how many there are, turns them, and notes which were looked at.
/// `url` is that of the first page.
pub fn tv_pages(cx: &Context, url: &str, alt: &str, is_big: bool) -> Markup {
    html! {
        div.tv-pages data-tv=(url) {
            div.screen.big[is_big] {
                (drawing(cx))
                img src=(url) width="712" height="400" loading="lazy" alt=(alt);
            }
            div.row.turn data-turns hidden {
                button.button.small type="button" data-turn="-1" aria-label=(cx.t("上一页", "Previous page")) { "‹" }
                span.muted data-at aria-live="polite" {}
                button.button.small type="button" data-turn="1" aria-label=(cx.t("下一页", "Next page")) { "›" }
            }
        }
    }
}

/// What is said where a list has nothing.
pub fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}

/// What is wrong with the form as a whole, above it.
pub fn form_problems(cx: &Context, problems: &[Problem]) -> Markup {
    let whole: Vec<&Problem> = problems.iter().filter(|problem| problem.field.is_empty()).collect();
    html! {
        @if !problems.is_empty() {
            div.flash.bad role="alert" {
                @if whole.is_empty() {
                    (cx.fill("有 {} 处要改，已在下面标出。", "{} fields need a change; they are marked below.", &[&problems.len()]))
                } @else {
                    @for problem in whole { p { (problem.message) } }
                }
            }
        }
    }
}

/// What is wrong with one field, below it; `id` is the field's.
pub fn field_problem(id: &str, name: &str, problems: &[Problem]) -> Markup {
    let mine: Vec<&str> =
        problems.iter().filter(|problem| problem.field == name).map(|problem| problem.message.as_str()).collect();
    html! {
        @if !mine.is_empty() { p.problem #(format!("{id}-problem")) { (mine.join(" ")) } }
    }
}

pub fn has_problem(name: &str, problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.field == name)
}

/// A labelled line of text in a form.
pub struct Input<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub label: &'a str,
    /// The `type` attribute.
    pub kind: &'a str,
    pub value: &'a str,
    pub hint: &'a str,
    pub required: bool,
    /// At most so many characters, counted as one types; 0 for no limit.
    pub limit: usize,
    pub autocomplete: &'a str,
    pub problems: &'a [Problem],
}

impl<'a> Input<'a> {
    pub fn text(id: &'a str, name: &'a str, label: &'a str, value: &'a str) -> Input<'a> {
        Input {
            id,
            name,
            label,
            kind: "text",
            value,
            hint: "",
            required: false,
            limit: 0,
            autocomplete: "off",
            problems: &[],
        }
    }

    pub fn draw(self) -> Markup {
        let wrong = has_problem(self.name, self.problems);
        let described = described_by(self.id, !self.hint.is_empty(), wrong);
        html! {
            div.field.wrong[wrong] {
                label for=(self.id) { (self.label) (required_mark(self.required)) }
                input id=(self.id) name=(self.name) type=(self.kind) value=(self.value) autocomplete=(self.autocomplete)
                    required[self.required]
                    aria-invalid=[wrong.then_some("true")] aria-describedby=[described];
                @if self.limit > 0 {
                    output.counter for=(self.id) data-limit=(self.limit) {
                        (self.value.chars().count()) " / " (self.limit)
                    }
                }
                @if !self.hint.is_empty() { p.hint #(format!("{}-hint", self.id)) { (self.hint) } }
                (field_problem(self.id, self.name, self.problems))
            }
        }
    }
}

pub fn described_by(id: &str, hint: bool, problem: bool) -> Option<String> {
    let ids: Vec<String> = [(hint, "hint"), (problem, "problem")]
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, what)| format!("{id}-{what}"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

pub fn required_mark(required: bool) -> Markup {
    html! { @if required { span.required aria-hidden="true" { " *" } } }
}

/// A labelled choice; each option has a value and a word.
pub fn select(id: &str, name: &str, label: &str, chosen: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, word) in options {
                    option value=(value) selected[*value == chosen] { (word) }
                }
            }
        }
    }
}

/// A form with nothing but a button; asks first when `question` is not empty.
pub fn button_form(
    cx: &Context,
    action: &str,
    fields: &[(&str, &str)],
    label: &str,
    class: &str,
    question: &str,
) -> Markup {
    html! {
        form.inline method="post" action=(action) data-question=[(!question.is_empty()).then_some(question)] {
            (csrf(cx))
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button.(class) type="submit" { (label) }
        }
    }
}

/// The way to what follows in a list that is read by cursor: back to its beginning, and on.
pub fn pager(cx: &Context, first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label=(cx.t("翻页", "Pages")) {
                @if let Some(url) = first { a.button href=(url) { (cx.t("回到第一页", "First page")) } }
                @if let Some(url) = next { a.button href=(url) rel="next" { (cx.t("下一页", "Next page")) } }
            }
        }
    }
}

/// The beginning of a hash or key, enough to tell it apart at a glance.
pub fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// Text as a value in a query string.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A query string of the pairs whose value is not empty, with its question mark.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// JSON for a script to read, which nothing in it can end or escape from.
pub fn data(id: &str, value: &serde_json::Value) -> Markup {
    let json = value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    html! { script type="application/json" #(id) { (PreEscaped(json)) } }
}
