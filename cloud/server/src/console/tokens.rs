//! API tokens: the list, making and revoking them. A token's secret is in the answer to the form that made it, and
//! nowhere else.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::Problem;
use yuexiang_console::tokens::{self as page, Token};
use yuexiang_console::words::Role;

use super::accounts::problem;
use super::form::Fields;
use super::items::person_name;
use super::{Trouble, Visit, right, role};
use crate::accounts::AccountError;
use crate::accounts::tokens::{TokenLine, TokenTerms};
use crate::desk::rights::{self, Action, Grant};
use crate::region::RegionCode;
use crate::serve::Shared;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/tokens", get(list).post(make)).route("/console/tokens/{id}/revoke", post(revoke))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    region: String,
}

async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match visit.region_for(&asked.region, Action::ManageTokens) {
        Ok(region) => show(&visit, region, &Fields::default(), None, Vec::new()).await,
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn show(
    visit: &Visit,
    region: RegionCode,
    form: &Fields,
    created: Option<(String, String)>,
    problems: Vec<Problem>,
) -> Response {
    match view(visit, region, form, created, problems).await {
        Ok(view) => visit.page(page::page(&visit.cx, &view)),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn view(
    visit: &Visit,
    region: RegionCode,
    form: &Fields,
    created: Option<(String, String)>,
    problems: Vec<Problem>,
) -> Result<page::Tokens, Trouble> {
    let mut tokens = Vec::new();
    for line in visit.served.accounts.tokens(&visit.visitor).await? {
        let Some((of, role)) = line.region.parse().ok().zip(rights::Role::named(&line.role).map(role)) else {
            continue;
        };
        if region.contains(of) {
            tokens.push(token(visit, line, of, role).await);
        }
    }
    Ok(page::Tokens {
        region: visit.region_of(region).await,
        tokens,
        created,
        grantable: Role::ALL.to_vec(),
        name: form.get("name").to_owned(),
        account: form.get("account").to_owned(),
        role: Role::from_slug(form.get("role")),
        problems,
    })
}

async fn token(visit: &Visit, line: TokenLine, region: RegionCode, role: Role) -> Token {
    Token {
        account: person_name(visit, &line.account).await,
        created_by: person_name(visit, &line.granter).await,
        region: visit.region_of(region).await,
        id: line.id,
        name: line.name,
        role,
        created: line.created,
        expires: line.expires,
        revoked: line.revoked,
    }
}

async fn make(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::ManageTokens) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    match made(&visit, region, &form).await {
        Ok(secret) => {
            let created = Some((form.get("name").trim().to_owned(), secret));
            show(&visit, region, &Fields::default(), created, Vec::new()).await
        }
        Err(error) => match problem(&visit, &error, field_of(&error)) {
            Some(problem) => show(&visit, region, &form, None, vec![problem]).await,
            None => visit.trouble(error),
        },
    }
}

async fn made(visit: &Visit, region: RegionCode, form: &Fields) -> Result<String, AccountError> {
    let login = form.get("account").parse()?;
    let account = visit.served.accounts.account_with_login(&login).await?;
    let role = Role::from_slug(form.get("role")).and_then(right).ok_or(AccountError::TokenBeyond)?;
    let terms = TokenTerms {
        name: form.get("name").to_owned(),
        account: account.id,
        grant: Grant { role, region },
        days: form.get("days").parse().unwrap_or(0),
    };
    let (_, secret) = visit.served.accounts.new_token(&visit.visitor, &terms, visit.now).await?;
    Ok(secret)
}

fn field_of(error: &AccountError) -> &'static str {
    match error {
        AccountError::TokenTerms => "name",
        AccountError::Login(_) | AccountError::Unknown(_) | AccountError::TokenBeyond | AccountError::Disabled => {
            "account"
        }
        _ => "",
    }
}

async fn revoke(visit: Visit, Path(id): Path<String>) -> Response {
    match visit.served.accounts.revoke_token(&visit.visitor, &id, visit.now).await {
        Ok(()) => visit.done("/console/tokens", "revoked"),
        Err(error) => visit.trouble(error),
    }
}
