//! Accounts: who may do what in which region.

use maud::{Markup, html};
use yuexiang_wire::limits;

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::regions::{self, Mode, Picker};
use crate::parts::{Input, csrf, form_problems, heading, icon, moment, pager, query, select};
use crate::words::{Role, Step};

mod one;

pub use one::account;
pub(crate) use one::{copy_button, reviewer_key};

/// `/console/accounts?region=&role=&q=&disabled=1&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Those with a role in this region or below.
    pub region: Region,
    pub role: Option<Role>,
    pub q: String,
    /// Whether disabled ones are listed too.
    pub disabled: bool,
    pub accounts: Vec<AccountLine>,
    pub next: Option<String>,
    pub further: bool,
    pub may_create: bool,
}

#[derive(Clone, Debug)]
pub struct AccountLine {
    pub id: String,
    /// What one logs in with.
    pub login: String,
    /// The person's name.
    pub name: String,
    pub state: AccountState,
    pub roles: Vec<Grant>,
    /// Unix seconds.
    pub last_seen: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    Active,
    /// The first password has not been chosen yet.
    Invited,
    Disabled,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub role: Role,
    pub region: Region,
    /// Whether the viewer may take it away.
    pub revocable: bool,
}

/// `/console/accounts/new`.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub region: Region,
    pub login: String,
    pub name: String,
    /// Roles that the viewer may give, in the region.
    pub grantable: Vec<Role>,
    pub chosen: Vec<Role>,
    pub problems: Vec<Problem>,
}

/// `/console/accounts/{id}`.
#[derive(Clone, Debug)]
pub struct Account {
    pub line: AccountLine,
    /// Unix seconds.
    pub created: i64,
    /// Who made it.
    pub created_by: String,
    /// Made just now and shown once.
    pub link: Option<OneTimeLink>,
    pub sessions: Vec<Session>,
    /// The keys it approves with.
    pub keys: Vec<ReviewerKey>,
    /// Roles that the viewer may give.
    pub grantable: Vec<Role>,
    /// Where the tree of regions to give a role in begins.
    pub root: Region,
    /// Whether the viewer may disable it, reset the password and end sessions.
    pub may_manage: bool,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// Absolute, to be handed on.
    pub url: String,
    /// Unix seconds.
    pub until: i64,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    /// Unix seconds.
    pub began: i64,
    pub last_seen: i64,
    /// Browser and system, coarsely.
    pub client: String,
    pub address: String,
    /// The one that shows this page.
    pub current: bool,
}

#[derive(Clone, Debug)]
pub struct ReviewerKey {
    /// Ed25519 public key, 64 hexadecimal digits.
    pub key: String,
    /// The account's id.
    pub account: String,
    /// The person's name.
    pub name: String,
    pub steps: Vec<Step>,
    /// Approvals count from this moment on, Unix seconds.
    pub since: i64,
    /// And until this one; without an end when absent.
    pub until: Option<i64>,
}

pub fn list(cx: &Context, view: &Accounts) -> Markup {
    let actions = html! {
        @if view.may_create { a.button.primary href="/console/accounts/new" { (icon("plus")) (cx.t("新建账号", "New account")) } }
    };
    let url = |after: &str| {
        let role = view.role.map_or("", Role::slug);
        let disabled = if view.disabled { "1" } else { "" };
        let pairs = [
            ("region", view.region.code.as_str()),
            ("role", role),
            ("q", &view.q),
            ("disabled", disabled),
            ("after", after),
        ];
        format!("/console/accounts{}", query(&pairs))
    };
    let body = html! {
        (heading(cx.t("账号", "Accounts"), html! { (view.region.full_name()) }, actions))
        (filters(cx, view))
        @if view.accounts.is_empty() {
            div.card { p.nothing.big { (cx.t("没有符合条件的账号。", "No account matches.")) } }
        } @else {
            div.card.flush {
                table.people {
                    caption.unseen { (cx.t("账号列表", "Accounts")) }
                    thead { tr {
                        th scope="col" { (cx.t("姓名", "Name")) }
                        th scope="col" { (cx.t("账号", "Account")) }
                        th scope="col" { (cx.t("角色和地区", "Roles and regions")) }
                        th scope="col" { (cx.t("状态", "State")) }
                        th scope="col" { (cx.t("上次登录", "Last seen")) }
                    } }
                    tbody { @for line in &view.accounts { (row(cx, line)) } }
                }
            }
        }
        (pager(cx, view.further.then(|| url("")).as_deref(), view.next.as_deref().map(url).as_deref()))
    };
    Page { title: Place::Accounts.word(cx.lang), place: Some(Place::Accounts), scripts: &["regions.js"], body }.draw(cx)
}

fn filters(cx: &Context, view: &Accounts) -> Markup {
    let roles: Vec<_> = [("", cx.t("全部", "All"))]
        .into_iter()
        .chain(Role::ALL.iter().map(|role| (role.slug(), role.word(cx.lang))))
        .collect();
    html! {
        form.card.filters.short method="get" action="/console/accounts" role="search" {
            div.search {
                label for="q" { (cx.t("姓名或账号", "Name or account")) }
                div.line { (icon("search")) input #q name="q" type="search" value=(view.q); }
            }
            (regions::picker(cx, &Picker {
                id: "accounts-region",
                label: cx.t("地区（含下级）", "Region and below"),
                root: cx.viewer.as_ref().map_or(&view.region, |viewer| &viewer.region),
                mode: Mode::One { name: "region", chosen: Some(&view.region) },
            }))
            (select("accounts-role", "role", cx.t("角色", "Role"), view.role.map_or("", Role::slug), &roles))
            label.check { input type="checkbox" name="disabled" value="1" checked[view.disabled]; (cx.t("含停用", "Disabled too")) }
            button.button type="submit" { (cx.t("筛选", "Filter")) }
        }
    }
}

fn row(cx: &Context, line: &AccountLine) -> Markup {
    html! {
        tr {
            td { a.title href=(format!("/console/accounts/{}", line.id)) { (line.name) } }
            td { code { (line.login) } }
            td {
                @if line.roles.is_empty() { span.muted { (cx.t("没有角色", "no role")) } }
                ul.grants { @for grant in &line.roles { li { span.chip { (grant.role.word(cx.lang)) } " " (grant.region.short_name()) } } }
            }
            td.nowrap { (account_state(cx, line.state)) }
            td.nowrap { @match line.last_seen { Some(at) => (moment(cx, at)), None => span.muted { "–" } } }
        }
    }
}

fn account_state(cx: &Context, state: AccountState) -> Markup {
    let (class, word) = match state {
        AccountState::Active => ("state-published", cx.t("正常", "Active")),
        AccountState::Invited => ("state-first-review", cx.t("等设密码", "Invited")),
        AccountState::Disabled => ("state-withdrawn", cx.t("已停用", "Disabled")),
    };
    html! { span.chip.(class) { (word) } }
}

/// Posts `region`, `login`, `name`, repeated `role` to `/console/accounts`.
pub fn new(cx: &Context, view: &NewAccount) -> Markup {
    let line = cx.fill(
        "角色授在{}，以后可以再加别处的。",
        "Roles are given in {}; others can be added later.",
        &[&view.region.full_name()],
    );
    let body = html! {
        (heading(cx.t("新建账号", "New account"), html! { (line) }, html! {}))
        (form_problems(cx, &view.problems))
        form.card.fields.narrow method="post" action="/console/accounts" novalidate {
            (csrf(cx))
            input type="hidden" name="region" value=(view.region.code);
            (Input { required: true, problems: &view.problems, limit: limits::NAME, ..Input::text("name", "name", cx.t("姓名", "Name"), &view.name) }.draw())
            (Input { required: true, problems: &view.problems, hint: cx.t("登录用，小写字母和数字", "For logging in: a-z and digits"),
                ..Input::text("login", "login", cx.t("账号", "Account"), &view.login) }.draw())
            fieldset {
                legend { (cx.t("角色", "Roles")) }
                ul.role-list {
                    @for &role in &view.grantable {
                        li { label.check {
                            input type="checkbox" name="role" value=(role.slug()) checked[view.chosen.contains(&role)];
                            span { strong { (role.word(cx.lang)) } " " span.muted { (role_hint(cx, role)) } }
                        } }
                    }
                }
            }
            div.row.end { button.button.primary type="submit" { (cx.t("建账号", "Create")) } }
            p.hint { (cx.t("建好以后给一个一次性链接，由本人设密码。", "A one-time link follows, with which the person chooses a password.")) }
        }
    };
    Page { title: cx.t("新建账号", "New account"), place: Some(Place::Accounts), scripts: &[], body }.draw(cx)
}

fn role_hint(cx: &Context, role: Role) -> &'static str {
    match role {
        Role::Editor => cx.t("写稿、上传、提交", "writes, uploads, submits"),
        Role::FirstReviewer => cx.t("审第一遍", "reviews first"),
        Role::SecondReviewer => cx.t("审第二遍", "reviews second"),
        Role::FinalReviewer => cx.t("最后放行", "lets it out"),
        Role::Operator => cx.t("管栏目、密钥，可撤回内容", "sections, keys, takes items off the air"),
        Role::AlertOfficer => cx.t("发应急广播", "sends emergency alerts"),
        Role::Installer => cx.t("上门装机", "installs boxes"),
        Role::Auditor => cx.t("只看，查日志", "reads everything, checks the log"),
        Role::Administrator => cx.t("管账号、审核规则、接口令牌、密钥", "accounts, review rules, API tokens, keys"),
    }
}
