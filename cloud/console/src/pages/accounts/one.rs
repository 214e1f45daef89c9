//! One account: its roles, sessions and keys.

use maud::{Markup, html};

use super::{Account, AccountState, OneTimeLink, ReviewerKey, Session, account_state};
use crate::context::{Context, Place};
use crate::layout::Page;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{
    button_form, csrf, day, form_problems, full_moment, heading, moment, nothing, region_name, select, short,
};
use crate::words::{Role, Step};

/// Posts to `/console/accounts/{id}/…`: `grant` and `revoke` with `role` and `region`, `disable`, `enable`, `link` (makes
/// a one-time link), `sessions/end` with `session` (an id, or `all`), `key` (makes a new key, retires the old one).
pub fn account(cx: &Context, view: &Account) -> Markup {
    let line = &view.line;
    let head = html! {
        code { (line.login) } " · "
        @if view.created_by.is_empty() { (cx.t("建于", "made on")) } @else { (cx.fill("{} 建", "made by {}", &[&view.created_by])) }
        " " (day(cx, view.created))
    };
    let body = html! {
        (heading(&line.name, head, html! { (account_state(cx, line.state)) (actions(cx, view)) }))
        (form_problems(cx, &view.problems))
        @if let Some(link) = &view.link { (one_time_link(cx, link)) }
        div.columns.two {
            div.stack { (roles(cx, view)) }
            div.stack { (sessions(cx, view)) (keys(cx, view)) }
        }
    };
    Page { title: &line.name, place: Some(Place::Accounts), scripts: &["regions.js"], body }.draw(cx)
}

fn actions(cx: &Context, view: &Account) -> Markup {
    let base = format!("/console/accounts/{}", view.line.id);
    let reviews = |role| matches!(role, Role::FirstReviewer | Role::SecondReviewer | Role::FinalReviewer);
    html! {
        @if view.line.roles.iter().any(|grant| reviews(grant.role) && grant.revocable) {
            a.button href=(format!("/console/substitutes?account={}", view.line.id)) { (cx.t("代审", "Substitutes")) }
        }
        @if view.may_manage {
            (button_form(cx, &format!("{base}/link"), &[], cx.t("重设密码链接", "Password link"), "button", ""))
            @if view.line.state == AccountState::Disabled {
                (button_form(cx, &format!("{base}/enable"), &[], cx.t("启用", "Enable"), "button", ""))
            } @else {
                (button_form(cx, &format!("{base}/disable"), &[], cx.t("停用", "Disable"), "button bad",
                    cx.t("停用后马上退出登录，密钥也停用。确定吗？", "It is logged out at once and its keys are retired. Disable it?")))
            }
        }
    }
}

fn one_time_link(cx: &Context, link: &OneTimeLink) -> Markup {
    html! {
        section.card.once {
            h2 { (cx.t("一次性链接", "One-time link")) }
            p { (cx.t("请马上交给本人，只显示这一次，用过就失效。有效到 ", "Hand it to the person now: it is shown once and works once, until ")) (full_moment(cx, link.until)) }
            code.secret #one-time-link { (link.url) }
            (copy_button(cx, "one-time-link"))
        }
    }
}

/// Copies what an element says; nothing is lost without scripts, since the text can be selected.
pub fn copy_button(cx: &Context, id: &str) -> Markup {
    html! {
        button.button.small type="button" data-copy=(id) data-copied=(cx.t("已复制", "Copied")) { (cx.t("复制", "Copy")) }
    }
}

fn roles(cx: &Context, view: &Account) -> Markup {
    let base = format!("/console/accounts/{}", view.line.id);
    let roles: Vec<_> = view.grantable.iter().map(|role| (role.slug(), role.word(cx.lang))).collect();
    html! {
        section.card.stack {
            h2 { (cx.t("角色", "Roles")) }
            @if view.line.roles.is_empty() { (nothing(cx.t("还没有角色，登录后什么也做不了。", "No role yet: nothing can be done with it."))) } @else {
                ul.lines {
                    @for grant in &view.line.roles {
                        li {
                            span.chip { (grant.role.word(cx.lang)) }
                            span.grow { (region_name(&grant.region)) " " span.muted { (cx.t("及下级", "and below")) } }
                            @if grant.revocable {
                                (button_form(cx, &format!("{base}/revoke"), &[("role", grant.role.slug()), ("region", &grant.region.code)],
                                    cx.t("收回", "Take away"), "link bad",
                                    &cx.fill("收回{}的{}角色？", "Take away the role in {}: {}?", &[&grant.region.name, &grant.role.word(cx.lang)])))
                            }
                        }
                    }
                }
            }
            @if !roles.is_empty() {
                form.fields method="post" action=(format!("{base}/grant")) {
                    (csrf(cx))
                    div.fields.two {
                        (select("grant-role", "role", cx.t("加一个角色", "Add a role"), "", &roles))
                        (regions::picker(cx, &Picker {
                            id: "grant-region",
                            label: cx.t("地区", "Region"),
                            root: &view.root,
                            mode: Mode::One { name: "region", chosen: Some(&view.root) },
                        }))
                    }
                    div.row.end { button.button type="submit" { (cx.t("授予", "Give")) } }
                }
            }
        }
    }
}

fn sessions(cx: &Context, view: &Account) -> Markup {
    let action = format!("/console/accounts/{}/sessions/end", view.line.id);
    html! {
        section.card {
            div.card-head {
                h2 { (cx.t("登录的设备", "Sessions")) }
                @if view.may_manage && !view.sessions.is_empty() {
                    (button_form(cx, &action, &[("session", "all")], cx.t("全部退出", "End all"), "link bad", ""))
                }
            }
            @if view.sessions.is_empty() { (nothing(cx.t("现在没有登录。", "Not logged in anywhere."))) } @else {
                ul.lines { @for session in &view.sessions { (session_line(cx, session, &action, view.may_manage)) } }
            }
        }
    }
}

fn session_line(cx: &Context, session: &Session, action: &str, may_manage: bool) -> Markup {
    html! {
        li {
            div.grow {
                p { @if session.client.is_empty() { (cx.t("不明的设备", "Unknown device")) } @else { (session.client) } @if session.current { " " span.chip.state-published { (cx.t("就是这台", "this one")) } } }
                p.muted { (session.address) " · " (moment(cx, session.began)) (cx.t(" 登录，最近 ", " logged in, seen ")) (moment(cx, session.last_seen)) }
            }
            @if may_manage && !session.current {
                (button_form(cx, action, &[("session", &session.id)], cx.t("退出", "End"), "link bad", ""))
            }
        }
    }
}

fn keys(cx: &Context, view: &Account) -> Markup {
    let reviews = |role| matches!(role, Role::FirstReviewer | Role::SecondReviewer | Role::FinalReviewer);
    let is_reviewer = view.line.roles.iter().any(|grant| reviews(grant.role));
    html! {
        section.card {
            div.card-head {
                h2 { (cx.t("审核密钥", "Reviewing keys")) }
                @if view.may_manage && is_reviewer {
                    (button_form(cx, &format!("/console/accounts/{}/key", view.line.id), &[], cx.t("换新密钥", "New key"), "link",
                        cx.t("旧密钥从现在起不能再签，以前签的仍然有效。换吗？", "The old key signs no more; what it signed stays valid. Go on?")))
                }
            }
            @if view.keys.is_empty() { (nothing(cx.t("不是审核员，没有密钥。", "No reviewer, no key."))) } @else {
                ul.lines { @for key in &view.keys { li { (reviewer_key(cx, key, false)) } } }
            }
        }
    }
}

/// A reviewer's key, what it approves and since when.
pub fn reviewer_key(cx: &Context, key: &ReviewerKey, named: bool) -> Markup {
    let steps: Vec<&str> = key.steps.iter().copied().map(|step: Step| step.word(cx.lang)).collect();
    html! {
        div.grow {
            p { @if named { strong { (key.name) } " " } (steps.join(cx.t("、", ", "))) }
            p.muted { code title=(key.key) { (short(&key.key)) } " · " (cx.t("启用于 ", "since ")) (day(cx, key.since)) }
        }
        @match key.until {
            Some(until) => span.chip.state-withdrawn { (cx.t("停用于 ", "until ")) (day(cx, until)) },
            None => span.chip.state-published { (cx.t("在用", "In use")) },
        }
    }
}
