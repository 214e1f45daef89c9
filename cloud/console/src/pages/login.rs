//! The ways in: logging in, choosing the first password, changing it.

use maud::{Markup, html};

use crate::context::Context;
use crate::layout::{self, Page};
use crate::parts::{Input, csrf, encode};
use crate::time;

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
    /// OpenID Connect failed, and what it said.
    SingleSignOn(String),
}

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
                    p.flash.bad role="alert" { (login_problem(cx, problem)) }
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

fn login_problem(cx: &Context, problem: &LoginProblem) -> String {
    match problem {
        LoginProblem::WrongPassword => {
            cx.t("账号或密码不对，请再试一次。", "The account or the password is wrong. Please try again.").to_owned()
        }
        LoginProblem::TooMany { seconds } => cx.fill(
            "试的次数太多了，请过 {} 再试。",
            "Too many attempts. Please try again in {}.",
            &[&time::span(cx.lang, *seconds)],
        ),
        LoginProblem::Disabled => {
            cx.t("这个账号已停用，请找管理员。", "This account is disabled. Please ask an administrator.").to_owned()
        }
        LoginProblem::Expired => {
            cx.t("登录已过期，请重新登录。", "Your session has ended. Please log in again.").to_owned()
        }
        LoginProblem::Internal => cx
            .t(
                "云端出了点问题，这次没有登录成功。不是您的错，请过一会儿再试；还不行就找运维。",
                "The cloud has a problem and could not log you in. It is not your fault: try again later, or ask the operators.",
            )
            .to_owned(),
        LoginProblem::SingleSignOn(said) => {
            cx.fill("统一身份登录没有成功：{}", "Single sign-on did not succeed: {}", &[said])
        }
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
                    p.flash.bad role="alert" { (password_problem(cx, problem)) }
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

fn password_problem(cx: &Context, problem: PasswordProblem) -> &'static str {
    match problem {
        PasswordProblem::CurrentWrong => cx.t("现在的密码不对。", "The current password is wrong."),
        PasswordProblem::TooShort => cx.t("新密码太短。", "The new password is too short."),
        PasswordProblem::TooCommon => {
            cx.t("这个密码太常见，别人一猜就中。", "This password is too common; others would guess it.")
        }
        PasswordProblem::TooLong => cx.t("新密码太长。", "The new password is too long."),
        PasswordProblem::ContainsLogin => {
            cx.t("密码里不能有账号名，别人会先试它。", "The password must not contain the account's name.")
        }
        PasswordProblem::TooMany => {
            cx.t("试的次数太多了，请过一会儿再试。", "Too many attempts. Please try again in a while.")
        }
        PasswordProblem::NotRepeated => cx.t("两次输入的不一样。", "The two do not match."),
        PasswordProblem::Internal => cx.t(
            "云端出了点问题，密码没有改。请过一会儿再试；还不行就找运维。",
            "The cloud has a problem; the password was not changed. Try again later, or ask the operators.",
        ),
        PasswordProblem::LinkOver => cx.t(
            "这个链接已经用过或过期了，请找管理员再开一个。",
            "This link was used or is too old. Please ask an administrator for another one.",
        ),
    }
}
