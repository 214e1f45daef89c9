//! One act on several items: the question that names each of them, and what became of it.

use maud::{Markup, html};

use crate::context::{Context, Place};
use crate::layout::Page;
use crate::messages::Message;
use crate::parts::{csrf, heading, item_url};

/// What can be done with several items at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Submit,
    Withdraw,
    Delete,
}

impl Act {
    pub const ALL: [Act; 3] = [Act::Submit, Act::Withdraw, Act::Delete];

    pub fn slug(self) -> &'static str {
        match self {
            Act::Submit => "submit",
            Act::Withdraw => "withdraw",
            Act::Delete => "delete",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.slug() == slug)
    }

    pub fn word(self, cx: &Context) -> &'static str {
        match self {
            Act::Submit => cx.t("提交审核", "Submit for review"),
            Act::Withdraw => cx.t("撤回", "Withdraw"),
            Act::Delete => cx.t("删除", "Delete"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Many {
    pub act: Act,
    pub lines: Vec<Line>,
    /// Whether it was done; else it is asked.
    pub is_done: bool,
    /// Why, for what is withdrawn.
    pub reason: String,
    /// What is missing before it can be done, if anything is.
    pub problem: Option<Message>,
    /// The list that one came from.
    pub back: String,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub title: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Asked,
    Done,
    Refused(Message),
}

/// Posts `act`, repeated `item`, `return`, `reason` and `sure` (`1`) to `/console/items/many`.
pub fn page(cx: &Context, view: &Many) -> Markup {
    let body = if view.is_done { done(cx, view) } else { question(cx, view) };
    let title = view.act.word(cx);
    let line = cx.fill("{} 条", "{} items", &[&view.lines.len()]);
    let body = html! { (heading(title, html! { (line) }, html! {})) (body) };
    Page { title, place: Some(Place::Items), scripts: &[], body }.draw(cx)
}

fn question(cx: &Context, view: &Many) -> Markup {
    let asked = match view.act {
        Act::Submit => cx.t("这几条都提交审核？", "Submit all of these for review?"),
        Act::Withdraw => {
            cx.t("这几条都撤回？电视上会马上消失。", "Withdraw all of these? They disappear from the TVs at once.")
        }
        Act::Delete => cx.t("这几条都删除？删除后找不回来。", "Delete all of these? They cannot be brought back."),
    };
    html! {
        form.card.fields.narrow method="post" action="/console/items/many" {
            (csrf(cx))
            input type="hidden" name="act" value=(view.act.slug());
            input type="hidden" name="return" value=(view.back);
            input type="hidden" name="sure" value="1";
            p { strong { (asked) } }
            ul.lines { @for line in &view.lines {
                li {
                    input type="hidden" name="item" value=(line.id);
                    a.grow href=(item_url(&line.id)) { (line.title) }
                }
            } }
            @if view.act == Act::Withdraw {
                div.field.wrong[view.problem.is_some()] {
                    label for="reason" { (cx.t("为什么撤回（作者会看到）", "Why (the authors read this)")) }
                    textarea #reason name="reason" rows="2" required maxlength="500" { "\n" (view.reason) }
                    @if let Some(problem) = &view.problem { p.problem { (problem.sentence(cx.lang)) } }
                }
            }
            div.row.end {
                a.button href=(view.back) { (cx.t("不了，返回", "No, go back")) }
                @let look = if view.act == Act::Submit { "button primary" } else { "button bad full" };
                button.(look) type="submit" { (view.act.word(cx)) }
            }
        }
    }
}

fn done(cx: &Context, view: &Many) -> Markup {
    let done = view.lines.iter().filter(|line| line.outcome == Outcome::Done).count();
    let refused = view.lines.len() - done;
    html! {
        @if done > 0 { p.flash.good role="status" { (cx.fill("{} 条已完成", "{} done", &[&done])) } }
        @if refused > 0 { p.flash.bad role="alert" { (cx.fill("{} 条没有做，原因在下面", "{} were not done; see why below", &[&refused])) } }
        div.card.narrow {
            ul.lines { @for line in &view.lines {
                li {
                    @match &line.outcome {
                        // What was deleted has no page any more.
                        Outcome::Done if view.act == Act::Delete => { span.grow { (line.title) } span.ready { "✓" } },
                        Outcome::Done | Outcome::Asked => { a.grow href=(item_url(&line.id)) { (line.title) } span.ready { "✓" } },
                        Outcome::Refused(why) => { div.grow { a href=(item_url(&line.id)) { (line.title) } p.reason { (why.sentence(cx.lang)) } } },
                    }
                }
            } }
            div.row.end { a.button.primary href=(view.back) { (cx.t("回到列表", "Back to the list")) } }
        }
    }
}
