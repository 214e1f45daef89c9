//! The ways in: logging in, choosing the first password, changing it.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::{self, Page};
use crate::messages::Message;
use crate::messages::account::{Account, SignIn};
use crate::parts::{Input, csrf, encode};

/// `/console/login`.
#[derive(Clone, Debug, Default)]
pub struct Login {
    /// What was typed before, to be corrected.
    pub account: String,
    /// A path to go to afterwards; empty for the dashboard.
    pub next: String,
    pub problem: Option<LoginProblem>,
    /// Whether OpenID Connect is configured.
    pub single_sign_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    /// The same words for an unknown account, so that nobody learns which exist.
    WrongPassword,
    /// Too many attempts; the next is possible in so many seconds.
    TooMany {
        seconds: i64,
    },
    Disabled,
    /// The session or the form is too old.
    Expired,
    /// The cloud failed; signing in again would not help.
    Internal,
    /// OpenID Connect failed, or knows nobody here.
    SingleSignOn,
}

/// Bytes of the longest password.
const LONGEST: usize = 1_024;

/// `/console/password`.
#[derive(Clone, Debug)]
pub struct Password {
    pub account: String,
    pub why: PasswordReason,
    /// The fewest characters a password may have.
    pub minimum: usize,
    pub problem: Option<PasswordProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordReason {
    /// One is logged in and wants another one.
    Change,
    /// Through a one-time link, to whose address the form goes.
    Link { token: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    CurrentWrong,
    TooShort,
    TooLong,
    TooCommon,
    /// It has the account's name in it.
    ContainsLogin,
    /// Too many wrong ones; the next is possible later.
    TooMany,
    NotRepeated,
    /// The one-time link was used or is too old.
    LinkOver,
    /// The cloud failed; the password is what it was.
    Internal,
}

/// Posts `account`, `password`, `next` to `/console/login`; the other way is a `GET` of `/console/login/oidc?next=…`.
pub fn login(cx: &Context, view: &Login) -> Markup {
    let body = html! {
        div.door {
            div.door-brand {
                span.seal aria-hidden="true" { "粤" }
                div {
                    p.name { (cx.t("粤乡", "Yuexiang")) }
                    p { (cx.t("乡村公共服务电视 · 采编与管理", "Television for villages · newsroom and operations")) }
                }
            }
            section.card {
                h1 { (cx.t("登录", "Log in")) }
                @if let Some(problem) = &view.problem {
                    p.flash.bad role="alert" { (login_problem(problem).sentence(cx.lang)) }
                }
                form method="post" action="/console/login" {
                    (csrf(cx))
                    input type="hidden" name="next" value=(view.next);
                    (Input { required: true, autocomplete: "username", ..Input::text("account", "account", cx.t("账号", "Account"), &view.account) }.draw())
                    (Input { kind: "password", required: true, autocomplete: "current-password", ..Input::text("password", "password", cx.t("密码", "Password"), "") }.draw())
                    button.button.primary.wide type="submit" { (cx.t("登录", "Log in")) }
                }
                @if view.single_sign_on {
                    p.or { (cx.t("或者", "or")) }
                    a.button.wide href=(format!("/console/login/oidc?next={}", encode(&view.next))) {
                        (cx.t("统一身份登录", "Single sign-on"))
                    }
                }
            }
            p.muted.center {
                (cx.t("没有账号或忘了密码，请找本地区的管理员开一个一次性链接。",
                      "No account, or the password is lost? Your region's administrator makes a one-time link."))
            }
            (layout::language_switch(cx))
        }
    };
    Page { title: cx.t("登录", "Log in"), place: None, scripts: &[], body }.draw(cx)
}

fn login_problem(problem: &LoginProblem) -> Message {
    match problem {
        LoginProblem::WrongPassword => Account::Wrong.into(),
        LoginProblem::TooMany { seconds } => Account::Wait { seconds: *seconds }.into(),
        LoginProblem::Disabled => SignIn::Disabled.into(),
        LoginProblem::Expired => SignIn::Expired.into(),
        LoginProblem::Internal => SignIn::NotLoggedIn.into(),
        LoginProblem::SingleSignOn => SignIn::SingleSignOn.into(),
    }
}

/// Posts `password` and `repeat` to `/console/password/{token}` with a link; without one, with `current`, to
/// `/console/password`.
pub fn password(cx: &Context, view: &Password) -> Markup {
    let title = match view.why {
        PasswordReason::Change => cx.t("修改密码", "Change the password"),
        PasswordReason::Link { .. } => cx.t("设置密码", "Choose a password"),
    };
    let hint = cx.fill(
        "至少 {} 个字符。一句好记的话就很好，不必夹杂符号。",
        "At least {} characters. A sentence one remembers is fine; symbols are not needed.",
        &[&view.minimum],
    );
    let over = view.problem == Some(PasswordProblem::LinkOver);
    let action = match &view.why {
        PasswordReason::Change => "/console/password".to_owned(),
        PasswordReason::Link { token } => format!("/console/password/{}", encode(token)),
    };
    let body = html! {
        div.door {
            section.card {
                h1 { (title) }
                @if !view.account.is_empty() { p.muted { (cx.t("账号：", "Account: ")) strong { (view.account) } } }
                @if let Some(problem) = view.problem {
                    p.flash.bad role="alert" { (password_problem(problem, view.minimum).sentence(cx.lang)) }
                }
                @if over {
                    p { a.button.primary href="/console/login" { (cx.t("去登录", "To the log-in")) } }
                } @else {
                    form method="post" action=(action) {
                        (csrf(cx))
                        // For password managers, which want to know whose password it is.
                        input.unseen type="text" name="account" value=(view.account) autocomplete="username"
                            aria-label=(cx.t("账号", "Account")) readonly tabindex="-1";
                        @if view.why == PasswordReason::Change {
                            (secret("current", cx.t("现在的密码", "Current password"), "current-password", ""))
                        }
                        (secret("password", cx.t("新密码", "New password"), "new-password", &hint))
                        (secret("repeat", cx.t("再输一次", "Once more"), "new-password", ""))
                        button.button.primary.wide type="submit" { (cx.t("保存", "Save")) }
                    }
                }
            }
        }
    };
    Page { title, place: None, scripts: &[], body }.draw(cx)
}

fn secret(name: &str, label: &str, autocomplete: &str, hint: &str) -> Markup {
    Input { kind: "password", required: true, autocomplete, hint, ..Input::text(name, name, label, "") }.draw()
}

fn password_problem(problem: PasswordProblem, least: usize) -> Message {
    match problem {
        PasswordProblem::CurrentWrong => Account::CurrentWrong.into(),
        PasswordProblem::TooShort => Account::PasswordShort { least }.into(),
        PasswordProblem::TooCommon => Account::PasswordCommon.into(),
        PasswordProblem::TooLong => Account::PasswordLong { most: LONGEST }.into(),
        PasswordProblem::ContainsLogin => Account::PasswordHasLogin.into(),
        PasswordProblem::TooMany => SignIn::TooMany.into(),
        PasswordProblem::NotRepeated => Account::NotRepeated.into(),
        PasswordProblem::Internal => SignIn::NotChanged.into(),
        PasswordProblem::LinkOver => Account::Link.into(),
    }
}
