//! Tokens for programs that use the API.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::words::Role;

/// `/console/tokens?region=`.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub region: Region,
    pub tokens: Vec<Token>,
    /// Made just now and shown once: name and secret.
    pub created: Option<(String, String)>,
    /// Roles that the viewer may give.
    pub grantable: Vec<Role>,
    /// What was typed into the form.
    pub name: String,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub name: String,
    /// How it begins, to tell it apart.
    pub prefix: String,
    pub role: Role,
    pub region: Region,
    /// Unix seconds, and by whom.
    pub created: i64,
    pub created_by: String,
    pub last_used: Option<i64>,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
}

/// Posts `region`, `name`, `role`, `days` (validity; `0` for no end) to `/console/tokens`, nothing else to
/// `/console/tokens/{id}/revoke`.
pub fn page(cx: &Context, view: &Tokens) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Tokens.word(cx.lang), place: Some(Place::Tokens), scripts: &[], body }.draw(cx)
}
