//! What is said when a page cannot be shown, and what to do next.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::Page;
use crate::messages::Message;
use crate::messages::request::Page as Words;

#[derive(Clone, Debug)]
pub struct ErrorPage {
    pub kind: ErrorKind,
    /// What exactly, and the way out, where there is more to say.
    pub detail: Option<Message>,
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
    /// 503: a reason that goes away, which `detail` tells.
    Unavailable,
    /// 507
    DiskFull,
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
            ErrorKind::Unavailable => 503,
            ErrorKind::DiskFull => 507,
        }
    }

    fn words(self) -> Words {
        match self {
            ErrorKind::Forbidden => Words::Forbidden,
            ErrorKind::Barred => Words::Barred,
            ErrorKind::StaleForm => Words::StaleForm,
            ErrorKind::NotFound => Words::NotFound,
            ErrorKind::Conflict => Words::Conflict,
            ErrorKind::Refused => Words::Refused,
            ErrorKind::TooLarge => Words::TooLarge,
            ErrorKind::TooMany => Words::TooMany,
            ErrorKind::Internal => Words::Internal,
            ErrorKind::Unavailable | ErrorKind::DiskFull => Words::Unavailable,
        }
    }

    /// Whether something was to be changed, and was not.
    fn left_as_it_was(self) -> bool {
        matches!(self, ErrorKind::Barred | ErrorKind::Conflict | ErrorKind::Refused)
    }
}

pub fn page(cx: &Context, view: &ErrorPage) -> Markup {
    let words = Message::from(view.kind.words());
    let title = words.heading(cx.lang);
    let body = html! {
        section.card.error-card {
            p.status aria-hidden="true" { (view.kind.status()) }
            div.grow.stack {
                h1 { (title) }
                @if let Some(detail) = &view.detail {
                    p { strong { (detail.what(cx.lang)) } }
                    p {
                        (detail.way_out(cx.lang))
                        @if view.kind.left_as_it_was() { (cx.t("什么也没有改动。", " Nothing was changed.")) }
                    }
                } @else {
                    p { (words.way_out(cx.lang)) }
                }
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
    Page { title: &title, place: None, scripts: &[], body }.draw(cx)
}
