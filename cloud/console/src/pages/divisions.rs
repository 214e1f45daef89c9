//! Regions that go on under another code: the form, what it would do, and what was done before.

use maud::{Markup, html};
use yuexiang_wire::limits;

use crate::context::{Context, Place};
use crate::layout::Page;
use crate::parts::{Input, csrf, day, heading, nothing};

/// `/console/divisions`.
#[derive(Clone, Debug, Default)]
pub struct Divisions {
    pub form: Form,
    /// Why it cannot be done as it was asked for.
    pub problem: Option<String>,
    /// What the form would do, or has done.
    pub outcome: Option<Outcome>,
    /// Old code, new code, Unix seconds; the newest first.
    pub moved: Vec<(String, String, i64)>,
    /// How many regions the list in force has, and its version; 0 for the one that came with the program.
    pub list: (usize, i64),
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Codes, separated by spaces or lines.
    pub from: String,
    pub to: String,
    pub name: String,
    /// Lines of `OLD=NEW`.
    pub below: String,
    /// Lines of `CODE=ITEM,ITEM`.
    pub split: String,
    pub copy: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub done: bool,
    pub already: bool,
    /// For each region a heading and what goes along: what it is and how much.
    pub regions: Vec<(String, Vec<(String, String)>)>,
    /// What both sides have and what somebody should know.
    pub notes: Vec<String>,
}

/// Posts the form with `act` (`preview` or `carry-out`) to `/console/divisions`.
pub fn page(cx: &Context, view: &Divisions) -> Markup {
    let (regions, version) = view.list;
    let (count, version) = (regions.to_string(), version.to_string());
    let line = match view.list.1 {
        0 => cx.fill("名单随程序带来，共 {} 个地区", "The list came with the program: {} regions", &[&count]),
        _ => cx.fill("名单第 {} 版，共 {} 个地区", "List version {}: {} regions", &[&version, &count]),
    };
    let body = html! {
        (heading(cx.t("区划变更", "Divisions"), html! { (line) }, html! {}))
        div.stack {
            @if let Some(outcome) = &view.outcome { (told(cx, view, outcome)) }
            (ask(cx, view))
            (moved(cx, view))
        }
    };
    Page { title: Place::Divisions.word(cx.lang), place: Some(Place::Divisions), scripts: &[], body }.draw(cx)
}

fn told(cx: &Context, view: &Divisions, outcome: &Outcome) -> Markup {
    html! {
        section.card {
            h2 {
                @if outcome.already { (cx.t("已经变更过，不用再做", "This was done before: nothing is left to do")) }
                @else if outcome.done { (cx.t("已变更", "Done")) }
                @else { (cx.t("变更以后会是这样，现在还没有改", "This is what will happen; nothing has been changed yet")) }
            }
            @for (title, rows) in &outcome.regions {
                h3 { (title) }
                table {
                    caption.unseen { (title) }
                    tbody { @for (what, much) in rows { tr { th scope="row" { (what) } td { (much) } } } }
                }
            }
            @if !outcome.notes.is_empty() { ul { @for note in &outcome.notes { li { (note) } } } }
            @if !outcome.done && !outcome.already {
                form.row.end method="post" action="/console/divisions" {
                    (csrf(cx))
                    @for (name, value) in fields(&view.form) { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="act" value="carry-out";
                    button.button.primary type="submit" { (cx.t("确认变更", "Carry it out")) }
                }
            }
        }
    }
}

fn fields(form: &Form) -> Vec<(&'static str, &str)> {
    let Form { from, to, name, below, split, copy } = form;
    let mut fields: Vec<(&'static str, &str)> =
        vec![("from", from), ("to", to), ("name", name), ("below", below), ("split", split)];
    fields.extend(copy.then_some(("copy", "1")));
    fields
}

fn ask(cx: &Context, view: &Divisions) -> Markup {
    let form = &view.form;
    html! {
        section.card {
            h2 { (cx.t("哪些地区变成什么", "Which regions become what")) }
            @if let Some(problem) = &view.problem { p.bad-text role="alert" { (problem) } }
            form.fields method="post" action="/console/divisions" {
                (csrf(cx))
                input type="hidden" name="act" value="preview";
                (Input { required: true, hint: cx.t("12 位代码；几个合并就写几个，用空格隔开", "12 digits; several for a merger, separated by spaces"),
                    ..Input::text("from", "from", cx.t("现在的代码", "Codes now"), &form.from) }.draw())
                (Input { required: true, hint: cx.t("只改名称时与现在的相同", "The same when only the name changes"),
                    ..Input::text("to", "to", cx.t("以后的代码", "Code from then on"), &form.to) }.draw())
                (Input { limit: limits::NAME, hint: cx.t("不填就用名单里的名称", "As in the list when empty"),
                    ..Input::text("name", "name", cx.t("以后的名称", "Name from then on"), &form.name) }.draw())
                div.field {
                    label for="below" { (cx.t("下级里最后几位也变的", "Below: those that do not keep their last digits")) }
                    textarea #below name="below" rows="3" placeholder="440224103201=440224005001" { (form.below) }
                }
                div.field {
                    label for="split" { (cx.t("拆分出去的地区和归它的内容", "Parts that leave, with their items")) }
                    textarea #split name="split" rows="3" placeholder="440224103302=440224103201/water" { (form.split) }
                }
                label.check {
                    input type="checkbox" name="copy" value="1" checked[form.copy];
                    span { (cx.t("正在播出的内容在拆出的地区也存一份草稿", "What is on the air becomes drafts in the parts as well")) }
                }
                div.row.end { button.button.primary type="submit" { (cx.t("先看看会怎样", "Preview")) } }
            }
        }
    }
}

fn moved(cx: &Context, view: &Divisions) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("变更过的代码", "Codes that are no more")) }
            @if view.moved.is_empty() { (nothing(cx.t("还没有变更过。", "There are none."))) } @else {
                table {
                    caption.unseen { (cx.t("旧代码和新代码", "Old and new codes")) }
                    thead { tr {
                        th scope="col" { (cx.t("旧代码", "Old")) }
                        th scope="col" { (cx.t("新代码", "New")) }
                        th scope="col" { (cx.t("日期", "Since")) }
                    } }
                    tbody {
                        @for (from, to, at) in &view.moved {
                            tr { th scope="row" { (from) } td { (to) } td { (day(cx, *at)) } }
                        }
                    }
                }
            }
        }
    }
}
