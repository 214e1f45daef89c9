//! Accounts: who may do what in which region.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::words::{Role, Step};

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
    pub phone: String,
    /// Roles that the viewer may give, in the region.
    pub grantable: Vec<Role>,
    pub chosen: Vec<Role>,
    pub problems: Vec<Problem>,
}

/// `/console/accounts/{id}`.
#[derive(Clone, Debug)]
pub struct Account {
    pub line: AccountLine,
    pub phone: String,
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
    /// The person's name.
    pub name: String,
    pub steps: Vec<Step>,
    /// Approvals count from this moment on, Unix seconds.
    pub since: i64,
    /// And until this one; without an end when absent.
    pub until: Option<i64>,
}

pub fn list(cx: &Context, view: &Accounts) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Accounts.word(cx.lang), place: Some(Place::Accounts), scripts: &["regions.js"], body }.draw(cx)
}

/// Posts `region`, `login`, `name`, `phone`, repeated `role` to `/console/accounts`.
pub fn new(cx: &Context, view: &NewAccount) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: cx.t("新建账号", "New account"), place: Some(Place::Accounts), scripts: &[], body }.draw(cx)
}

/// Posts to `/console/accounts/{id}/…`: `grant` and `revoke` with `role` and `region`, `disable`, `enable`, `link` (makes
/// a one-time link), `sessions/end` with `session` (an id, or `all`), `key` (makes a new key, retires the old one).
pub fn account(cx: &Context, view: &Account) -> Markup {
    let body = html! { h1 { (view.line.name) } };
    Page { title: &view.line.name, place: Some(Place::Accounts), scripts: &["regions.js"], body }.draw(cx)
}
