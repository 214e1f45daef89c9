//! Who reviews for somebody who is away.

use maud::{Markup, html};

use crate::context::{Context, Problem, Region};
use crate::layout::Page;
use crate::parts::{
    Input, button_form, csrf, day, described_by, field_problem, form_problems, has_problem, heading, nothing,
    region_name, required_mark,
};
use crate::words::Role;

/// `/console/substitutes?account=`.
#[derive(Clone, Debug)]
pub struct Substitutes {
    /// Whose reviews are handed on: an account's id and name.
    pub account: String,
    pub name: String,
    /// Whether that is the viewer.
    pub is_own: bool,
    /// The reviews that the person has and the viewer may hand on.
    pub rights: Vec<Right>,
    /// Who may be asked: login and name. Empty where anybody may be named.
    pub candidates: Vec<(String, String)>,
    pub lines: Vec<Line>,
    /// What was typed: login, first and last day (`2026-11-25`).
    pub typed: (String, String, String),
    pub problems: Vec<Problem>,
}

/// One review in one region.
#[derive(Clone, Debug)]
pub struct Right {
    pub role: Role,
    pub region: Region,
    pub is_chosen: bool,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    /// Who is away, and who stands in.
    pub name: String,
    pub substitute: String,
    pub role: Role,
    pub region: Region,
    pub begins: i64,
    /// The first moment after it.
    pub ends: i64,
    pub ended: Option<i64>,
    pub may_end: bool,
}

/// Posts `account`, `right` (role and region with an `@` between, any number), `substitute` (a login), `first` and `last`
/// to `/console/substitutes`, `account` to `/console/substitutes/{id}/end`.
pub fn page(cx: &Context, view: &Substitutes) -> Markup {
    let line = match view.is_own {
        true => cx
            .t(
                "不在的几天，请人代您审稿。代审人用自己的密钥签，日志里写明是代谁审的。",
                "Somebody reviews for you while you are away, with a key of their own; the log says for whom.",
            )
            .to_owned(),
        false => cx.fill("{}不在的几天由谁审稿。", "Who reviews while {} is away.", &[&view.name]),
    };
    let body = html! {
        (heading(cx.t("代审", "Substitutes"), html! { (line) }, html! {}))
        (form_problems(cx, &view.problems))
        div.columns.two { (list(cx, view)) (form(cx, view)) }
    };
    Page { title: cx.t("代审", "Substitutes"), place: None, scripts: &[], body }.draw(cx)
}

fn list(cx: &Context, view: &Substitutes) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("安排", "Arrangements")) }
            @if view.lines.is_empty() { (nothing(cx.t("还没有安排过代审。", "Nobody has stood in yet."))) } @else {
                ul.lines.substitutes { @for line in &view.lines { (arrangement(cx, view, line)) } }
            }
        }
    }
}

fn arrangement(cx: &Context, view: &Substitutes, line: &Line) -> Markup {
    let is_over = line.ended.is_some() || line.ends <= cx.now;
    let question = match line.begins <= cx.now {
        true => cx.t("现在就结束这项代审？", "End it now?"),
        false => cx.t("取消这项代审？", "Call it off?"),
    };
    html! {
        li {
            div.grow {
                p {
                    strong { (line.substitute) } (cx.t(" 代 ", " for ")) strong { (line.name) } " "
                    span.chip { (line.role.word(cx.lang)) } " " (region_name(&line.region))
                }
                p.muted { (day(cx, line.begins)) (cx.t(" 到 ", " to ")) (day(cx, line.ends - 1)) }
            }
            @if is_over {
                span.chip.state-withdrawn { (cx.t("已结束", "Over")) }
            } @else if line.begins > cx.now {
                span.chip.state-scheduled { (cx.t("还没开始", "To come")) }
            } @else {
                span.chip.state-published { (cx.t("正在代审", "Now")) }
            }
            @if !is_over && line.may_end {
                (button_form(cx, &format!("/console/substitutes/{}/end", line.id), &[("account", &view.account)],
                    cx.t("结束", "End"), "link bad", question))
            }
        }
    }
}

fn form(cx: &Context, view: &Substitutes) -> Markup {
    html! {
        section.card {
            h2 { (cx.t("请人代审", "Name a substitute")) }
            @if view.rights.is_empty() {
                (nothing(cx.t("没有可以交代的审核。", "There is no review to hand on.")))
            } @else {
                form.fields method="post" action="/console/substitutes" {
                    (csrf(cx))
                    input type="hidden" name="account" value=(view.account);
                    fieldset.choices {
                        legend { (cx.t("交代哪几项", "Which reviews")) }
                        @for right in &view.rights {
                            label.check {
                                input type="checkbox" name="right" value=(format!("{}@{}", right.role.slug(), right.region.code)) checked[right.is_chosen];
                                span { (right.role.word(cx.lang)) " · " (region_name(&right.region)) }
                            }
                        }
                    }
                    (person(cx, view))
                    div.fields.two {
                        (Input { kind: "date", required: true, problems: &view.problems, ..Input::text("first", "first", cx.t("从哪天", "First day"), &view.typed.1) }.draw())
                        (Input { kind: "date", required: true, problems: &view.problems, ..Input::text("last", "last", cx.t("到哪天（含）", "Last day, included"), &view.typed.2) }.draw())
                    }
                    div.row.end { button.button.primary type="submit" { (cx.t("定下来", "Name")) } }
                }
                p.hint { (cx.t("代审的人不能审自己写的，也不能代作者审；一个人在一条内容上只算一审。您自己的审核权不变。",
                    "A substitute reviews no text of their own or of the one they stand in for, and counts once per item. Your own rights stay.")) }
            }
        }
    }
}

fn person(cx: &Context, view: &Substitutes) -> Markup {
    let label = cx.t("请谁", "Whom");
    if view.candidates.is_empty() {
        let hint = cx.t("填对方登录用的账号名。", "What the person logs in with.");
        return Input {
            required: true,
            hint,
            problems: &view.problems,
            ..Input::text("substitute", "substitute", label, &view.typed.0)
        }
        .draw();
    }
    let wrong = has_problem("substitute", &view.problems);
    html! {
        div.field.wrong[wrong] {
            label for="substitute" { (label) (required_mark(true)) }
            select #substitute name="substitute" required aria-describedby=[described_by("substitute", false, wrong)] {
                option value="" { (cx.t("请选择", "Choose")) }
                @for (login, name) in &view.candidates {
                    option value=(login) selected[*login == view.typed.0] { (name) " (" (login) ")" }
                }
            }
            (field_problem("substitute", "substitute", &view.problems))
        }
    }
}
