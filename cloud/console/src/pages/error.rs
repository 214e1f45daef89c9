//! What is said when a page cannot be shown, and what to do next.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::Page;

#[derive(Clone, Debug)]
pub struct ErrorPage {
    pub kind: ErrorKind,
    /// What exactly, in the reader's language; may be empty.
    pub detail: String,
    /// Where to go on: a word and a URL.
    pub way_out: Option<(String, String)>,
    /// What the log calls this incident; empty when there is none.
    pub reference: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 403
    Forbidden,
    /// 403, because of a missing or old CSRF token.
    StaleForm,
    /// 404
    NotFound,
    /// 409: somebody else was quicker.
    Conflict,
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
            ErrorKind::Forbidden | ErrorKind::StaleForm => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Conflict => 409,
            ErrorKind::TooLarge => 413,
            ErrorKind::TooMany => 429,
            ErrorKind::Internal => 500,
        }
    }
}

pub fn page(cx: &Context, view: &ErrorPage) -> Markup {
    let body = html! { h1 { (view.kind.status()) } };
    Page { title: cx.t("出了点问题", "Something is wrong"), place: None, scripts: &[], body }.draw(cx)
}
