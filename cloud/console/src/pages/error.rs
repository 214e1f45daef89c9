//! What is said when a page cannot be shown, and what to do next.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::Page;

#[derive(Clone, Debug)]
pub struct ErrorPage {
    pub kind: ErrorKind,
    /// What exactly, in the reader's language; may be empty.
    pub detail: String,
    /// Where to go on, a word and a URL; the overview when there is nothing better.
    pub way_out: Option<(String, String)>,
    /// What the log calls this incident; empty when there is none.
    pub reference: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 403: a page.
    Forbidden,
    /// 403: something that one wants to do.
    Barred,
    /// 403, because of a missing or old CSRF token.
    StaleForm,
    /// 404
    NotFound,
    /// 409: somebody else was quicker.
    Conflict,
    /// 409: it cannot be done, for a reason that `detail` tells.
    Refused,
    /// 413
    TooLarge,
    /// 429
    TooMany,
    /// 500
    Internal,
}

impl ErrorKind {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            ErrorKind::Forbidden | ErrorKind::Barred | ErrorKind::StaleForm => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Conflict | ErrorKind::Refused => 409,
            ErrorKind::TooLarge => 413,
            ErrorKind::TooMany => 429,
            ErrorKind::Internal => 500,
        }
    }
}

pub fn page(cx: &Context, view: &ErrorPage) -> Markup {
    let (title, what) = words(cx, view.kind);
    let body = html! {
        section.card.error-card {
            p.status aria-hidden="true" { (view.kind.status()) }
            div.grow.stack {
                h1 { (title) }
                @if !view.detail.is_empty() { p { strong { (view.detail) } } }
                p { (what) }
                div.row {
                    @if let Some((word, url)) = &view.way_out { a.button.primary href=(url) { (word) } }
                    @else { a.button.primary href="/console/" { (cx.t("回到总览", "To the overview")) } }
                }
                @if !view.reference.is_empty() {
                    p.muted { (cx.t("编号 ", "Reference ")) code { (view.reference) } (cx.t("，找运维时报这个号。", "; operators find it in the log.")) }
                }
            }
        }
    };
    Page { title, place: None, scripts: &[], body }.draw(cx)
}

/// What has happened, and what to do next.
fn words(cx: &Context, kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Forbidden => (
            cx.t("这个您不能看", "This is not yours to see"),
            cx.t(
                "您在这个地区没有相应的角色。需要的话，请找本地区的管理员授权。",
                "You have no role for it in this region. If you need one, ask the region's administrator.",
            ),
        ),
        ErrorKind::Barred => (
            cx.t("这一步您不能做", "This is not yours to do"),
            cx.t(
                "您在这个地区没有相应的角色，所以什么也没有改动。需要的话，请找本地区的管理员授权。",
                "Nothing was changed: you have no role for it in this region. The region's administrator can give you one.",
            ),
        ),
        ErrorKind::StaleForm => (
            cx.t("页面放得太久了", "The page is too old"),
            cx.t(
                "为了安全，表单过一段时间就失效。请退回上一页，刷新后再提交一次；写好的字可以先复制下来。",
                "For safety, forms expire. Go back, reload and send it again; copy what you have typed first.",
            ),
        ),
        ErrorKind::NotFound => (
            cx.t("没有找到", "Not found"),
            cx.t(
                "它可能已经删除、搬走，或者地址少了几个字。",
                "It may have been deleted or moved, or the address is incomplete.",
            ),
        ),
        ErrorKind::Conflict => (
            cx.t("别人快了一步", "Somebody was quicker"),
            cx.t(
                "您看到的和现在的不一样了，所以这一步没有做。请看看现在的样子再决定。",
                "It is no longer what you saw, so nothing was done. Look at it as it is now, then decide.",
            ),
        ),
        ErrorKind::Refused => (
            cx.t("这一步没有做", "This was not done"),
            cx.t("什么也没有改动。", "Nothing was changed."),
        ),
        ErrorKind::TooLarge => (
            cx.t("内容太大了", "Too large"),
            cx.t(
                "请分几次提交，或者把图片、视频用上传的办法放进去。",
                "Send it in parts, or upload pictures and videos instead.",
            ),
        ),
        ErrorKind::TooMany => (
            cx.t("请求太多了", "Too many requests"),
            cx.t("请过一两分钟再试。", "Please try again in a minute or two."),
        ),
        ErrorKind::Internal => (
            cx.t("云端出了点问题", "Something went wrong in the cloud"),
            cx.t(
                "不是您的错，已经记下来了。请过一会儿再试；还不行就找运维。",
                "It is not your fault, and it has been noted. Try again later, or ask the operators.",
            ),
        ),
    }
}
