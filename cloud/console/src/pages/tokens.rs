//! Tokens for programs that use the API.

use maud::{Markup, html};
use yuexiang_wire::limits;

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::accounts::copy_button;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, button_form, csrf, day, form_problems, heading, nothing, region_name, select};
use crate::words::Role;

/// `/console/tokens?region=`.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub region: Region,
    pub tokens: Vec<Token>,
    /// Made just now and shown once: name and secret.
    pub created: Option<(String, String)>,
    /// Roles that a token can have.
    pub grantable: Vec<Role>,
    /// What was typed into the form: the token's name, what the account logs in with, and the role.
    pub name: String,
    pub account: String,
    pub role: Option<Role>,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub name: String,
    /// The name of the account that it acts as.
    pub account: String,
    pub role: Role,
    pub region: Region,
    /// Unix seconds, and by whom.
    pub created: i64,
    pub created_by: String,
    pub expires: i64,
    pub revoked: Option<i64>,
}

/// Posts `region`, `name`, `account` (its login), `role`, `days` (validity) to `/console/tokens`, nothing else to
/// `/console/tokens/{id}/revoke`.
pub fn page(cx: &Context, view: &Tokens) -> Markup {
    let line = html! {
        (view.region.full_name()) " · "
        (cx.t("给融媒体平台等程序用，接口说明在 ", "For programs such as a media platform; the API is described at "))
        a href="/api/openapi.json" { "/api/openapi.json" }
    };
    let body = html! {
        (heading(cx.t("接口令牌", "API tokens"), line, html! {}))
        @if let Some((name, secret)) = &view.created {
            section.card.once {
                h2 { (cx.fill("“{}”的令牌", "The token of “{}”", &[name])) }
                p { (cx.t("只显示这一次，请马上存到程序的配置里。丢了就重开一个。", "It is shown once: put it into the program's configuration now. If it is lost, make another one.")) }
                code.secret #secret { (secret) }
                (copy_button(cx, "secret"))
            }
        }
        div.stack { (list(cx, view)) (make(cx, view)) }
    };
    Page { title: Place::Tokens.word(cx.lang), place: Some(Place::Tokens), scripts: &["regions.js"], body }.draw(cx)
}

fn list(cx: &Context, view: &Tokens) -> Markup {
    html! {
        @if view.tokens.is_empty() { div.card { (nothing(cx.t("还没有令牌。要让别的系统推送内容，就在下面开一个。", "There are no tokens yet. Make one below for a system that is to push content."))) } } @else {
            div.card.flush {
                table.people {
                    caption.unseen { (cx.t("令牌列表", "Tokens")) }
                    thead { tr {
                        th scope="col" { (cx.t("名称", "Name")) }
                        th scope="col" { (cx.t("角色和地区", "Role and region")) }
                        th scope="col" { (cx.t("建", "Made")) }
                        th scope="col" { (cx.t("有效到", "Until")) }
                        th scope="col" { span.unseen { (cx.t("操作", "Actions")) } }
                    } }
                    tbody { @for token in &view.tokens { (row(cx, token)) } }
                }
            }
        }
    }
}

fn row(cx: &Context, token: &Token) -> Markup {
    let over = token.expires <= cx.now;
    html! {
        tr {
            th scope="row" { (token.name) p.muted { (token.account) } }
            td { span.chip { (token.role.word(cx.lang)) } " " (region_name(&token.region)) }
            td { (day(cx, token.created)) p.muted { (token.created_by) } }
            td { (day(cx, token.expires)) }
            td.right {
                @if token.revoked.is_some() { span.chip.state-withdrawn { (cx.t("已作废", "Revoked")) } }
                @else if over { span.chip.state-expired { (cx.t("已过期", "Expired")) } }
                @else {
                    (button_form(cx, &format!("/console/tokens/{}/revoke", token.id), &[], cx.t("作废", "Revoke"), "link bad",
                        &cx.fill("“{}”的令牌马上失效，程序会连不上。确定吗？", "The token of “{}” stops working at once. Revoke it?", &[&token.name])))
                }
            }
        }
    }
}

fn make(cx: &Context, view: &Tokens) -> Markup {
    let roles: Vec<_> = view.grantable.iter().map(|role| (role.slug(), role.word(cx.lang))).collect();
    let days = [("30", cx.t("30 天", "30 days")), ("90", cx.t("90 天", "90 days")), ("365", cx.t("一年", "a year"))];
    let role = view.role.map_or("", Role::slug);
    html! {
        @if !roles.is_empty() {
            section.card {
                h2 { (cx.t("开一个令牌", "Make a token")) }
                (form_problems(cx, &view.problems))
                form.fields method="post" action="/console/tokens" novalidate {
                    (csrf(cx))
                    div.fields.two {
                        (Input { required: true, limit: limits::NAME, problems: &view.problems, hint: cx.t("给哪个程序用", "Which program it is for"),
                            ..Input::text("name", "name", cx.t("名称", "Name"), &view.name) }.draw())
                        (Input { required: true, problems: &view.problems, hint: cx.t("令牌代表谁，须在那里有这个角色", "Whom it acts as; with this role in that region"),
                            ..Input::text("account", "account", cx.t("账号", "Account"), &view.account) }.draw())
                        (select("role", "role", cx.t("角色", "Role"), role, &roles))
                        (regions::picker(cx, &Picker {
                            id: "token-region",
                            label: cx.t("在哪个地区用", "For which region"),
                            root: cx.viewer.as_ref().map_or(&view.region, |viewer| &viewer.region),
                            mode: Mode::One { name: "region", chosen: Some(&view.region) },
                        }))
                        (select("days", "days", cx.t("有效期", "Validity"), "365", &days))
                    }
                    div.row.end { button.button.primary type="submit" { (cx.t("开令牌", "Make it")) } }
                }
            }
        }
    }
}
