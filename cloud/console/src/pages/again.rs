//! A form that could not be carried out yet: why, and a button that sends it once more, with everything that was typed.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::Page;
use crate::parts::csrf;

#[derive(Clone, Debug)]
pub struct Again {
    pub why: Why,
    /// Where the form goes.
    pub action: String,
    /// What it has brought, in order.
    pub fields: Vec<(String, String)>,
    /// What the button adds.
    pub more: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The session has ended.
    SignedOut,
    /// The page belongs to another session than the browser has now.
    Stale,
    /// A text under review or on the air would be changed.
    Unasked { on_air: bool },
}

impl Again {
    pub fn new(why: Why, action: &str, fields: Vec<(String, String)>) -> Again {
        Again { why, action: action.to_owned(), fields, more: Vec::new() }
    }
}

/// Posts the same fields to the same address again.
pub fn page(cx: &Context, view: &Again) -> Markup {
    let (title, what, button) = words(cx, view.why);
    let typed: Vec<&(String, String)> = view.fields.iter().filter(|(name, value)| is_text(name, value)).collect();
    let body = html! {
        section.card.error-card {
            div.grow.stack {
                h1 { (title) }
                p { (what) }
                @if view.why == Why::SignedOut {
                    p {
                        a.button href="/console/login?next=/console/password" target="_blank" rel="noopener" {
                            (cx.t("在新窗口登录", "Sign in, in a new window"))
                        }
                    }
                }
                form method="post" action=(view.action) {
                    (csrf(cx))
                    @for (name, value) in view.fields.iter().chain(&view.more) {
                        input type="hidden" name=(name) value=(value);
                    }
                    button.button.primary type="submit" { (button) }
                }
                @if !typed.is_empty() {
                    details.more {
                        summary { (cx.t("您写的内容（都还在）", "What you have written (all of it is here)")) }
                        dl.typed { @for (name, value) in typed { dt { (name) } dd { (value) } } }
                    }
                }
            }
        }
    };
    Page { title, place: None, scripts: &[], body }.draw(cx)
}

/// Whether a person has typed it: ids and choices are short.
fn is_text(name: &str, value: &str) -> bool {
    matches!(name, "title" | "summary" | "body" | "reason" | "table" | "name") && !value.trim().is_empty()
        || value.chars().count() > 40
}

/// What has happened, what to do, and what the button says.
fn words(cx: &Context, why: Why) -> (&'static str, &'static str, &'static str) {
    match why {
        Why::SignedOut => (
            cx.t("登录已过期，您写的没有丢", "Your session has ended; nothing that you wrote is lost"),
            cx.t(
                "请不要关这一页。先在新窗口登录，再回到这里提交一次。",
                "Do not close this page. Sign in, in a new window, then come back and send it once more.",
            ),
            cx.t("已经登录了，再提交一次", "Signed in now: send it again"),
        ),
        Why::Stale => (
            cx.t("这一页是上一次登录时打开的", "This page is of an earlier session"),
            cx.t(
                "所以还没有提交。内容都在；看看右边或上面的账号没有错，就再提交一次。",
                "So nothing was sent yet. All of it is here; if the account is still yours, send it once more.",
            ),
            cx.t("再提交一次", "Send it again"),
        ),
        Why::Unasked { on_air: false } => (
            cx.t("这条正在审核", "This is under review"),
            cx.t(
                "改动会撤回审核，已经通过的也要从头再审。继续吗？",
                "A change takes it out of review, and what has been approved starts again. Go on?",
            ),
            cx.t("继续，撤回审核并保存", "Go on: withdraw it from review and save"),
        ),
        Why::Unasked { on_air: true } => (
            cx.t("这条正在电视上播", "This is on the air"),
            cx.t(
                "改动会成为新的一稿，审核通过以后才换上；现在播的不变。继续吗？",
                "A change becomes a new draft, which replaces what is shown once it is approved. Go on?",
            ),
            cx.t("继续，存成新的一稿", "Go on: save it as a new draft"),
        ),
    }
}
