//! Naming who reviews for somebody who is away.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::civil::Date;
use serde::Deserialize;
use yuexiang_console::Problem;
use yuexiang_console::messages::notices::Substitute;
use yuexiang_console::substitutes::{self as pages, Line, Right, Substitutes};
use yuexiang_console::words::Role as RoleWord;

use super::form::Fields;
use super::{Visit, page, right, role};
use crate::accounts::substitutes::{Substitution, SubstitutionError, Terms};
use crate::accounts::{Account, AccountError};
use crate::desk::rights::{Action, Grant};
use crate::messages::{Field, Message, Told};
use crate::pack::china_date;
use crate::serve::Shared;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/substitutes", get(index).post(name)).route("/console/substitutes/{id}/end", post(end))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    account: String,
}

/// What was typed, when a form comes back.
struct Typed {
    rights: Vec<Grant>,
    substitute: String,
    first: String,
    last: String,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    show(&visit, &asked.account, None, Vec::new()).await
}

async fn show(visit: &Visit, account: &str, typed: Option<Typed>, problems: Vec<Problem>) -> Response {
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    match view(visit, account, typed, problems).await {
        Ok(view) => page(status, pages::page(&visit.cx, &view)),
        Err(error) => visit.trouble(error),
    }
}

async fn view(
    visit: &Visit,
    account: &str,
    typed: Option<Typed>,
    problems: Vec<Problem>,
) -> Result<Substitutes, AccountError> {
    let accounts = &visit.served.accounts;
    let own = &visit.visitor.account;
    let account = accounts.account_seen(&visit.visitor, if account.is_empty() { own } else { account }).await?;
    let is_own = account.id == *own;
    let may_hand_on = |grant: &&Grant| {
        grant.role.step().is_some() && (is_own || visit.visitor.may(Action::ManageAccounts, grant.region))
    };
    let grants: Vec<Grant> = account.grants.iter().filter(may_hand_on).copied().collect();
    let today = china_date(visit.now).to_string();
    let typed = typed.unwrap_or_else(|| Typed {
        rights: grants.clone(),
        substitute: String::new(),
        first: today.clone(),
        last: today,
    });
    let mut rights = Vec::new();
    for grant in &grants {
        rights.push(Right {
            role: role(grant.role),
            region: visit.region_of(grant.region).await,
            is_chosen: typed.rights.contains(grant),
        });
    }
    let mut lines = Vec::new();
    for found in accounts.substitutions(&visit.visitor, &account.id).await? {
        lines.push(line(visit, found).await);
    }
    Ok(Substitutes {
        candidates: candidates(visit, &account, &grants).await?,
        account: account.id,
        name: account.name,
        is_own,
        rights,
        lines,
        typed: (typed.substitute, typed.first, typed.last),
        problems,
    })
}

/// Whom a reviewer may ask. An administrator may name anybody, so there is no list.
async fn candidates(visit: &Visit, account: &Account, grants: &[Grant]) -> Result<Vec<(String, String)>, AccountError> {
    if grants.iter().any(|grant| visit.visitor.may(Action::ManageAccounts, grant.region)) {
        return Ok(Vec::new());
    }
    let mut found = visit.served.accounts.reviewers_near(grants).await?;
    found.retain(|(id, ..)| *id != account.id);
    Ok(found.into_iter().map(|(_, login, name)| (login, name)).collect())
}

async fn line(visit: &Visit, found: Substitution) -> Line {
    let own = &visit.visitor.account;
    let is_party = [&found.account, &found.substitute].contains(&own);
    Line {
        may_end: is_party || visit.visitor.may(Action::ManageAccounts, found.grant.region),
        id: found.id,
        name: found.name,
        substitute: found.substitute_name,
        role: role(found.grant.role),
        region: visit.region_of(found.grant.region).await,
        begins: found.begins,
        ends: found.ends,
        ended: found.ended,
    }
}

async fn name(visit: Visit, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let account = form.get("account").to_owned();
    let read = |right: &String| grant(right);
    let chosen = form.all("right");
    let rights: Option<Vec<Grant>> = chosen.iter().map(read).collect();
    let typed = Typed {
        rights: rights.clone().unwrap_or_default(),
        substitute: form.get("substitute").to_owned(),
        first: form.get("first").to_owned(),
        last: form.get("last").to_owned(),
    };
    let problem = |field: &str, why: Substitute| {
        let message = Message::from(why);
        let message = if field == "last" { message.about(Field::LastDay) } else { message };
        Problem::new(visit.lang(), field, &message)
    };
    let day = |name: &str| form.get(name).trim().parse::<Date>();
    let (first, last) = match (day("first"), day("last")) {
        (Ok(first), Ok(last)) => (first, last),
        (first, _) => {
            let field = if first.is_err() { "first" } else { "last" };
            let text = if first.is_err() { &typed.first } else { &typed.last };
            let wrong = problem(field, Substitute::Day(text.clone()));
            return show(&visit, &account, Some(typed), vec![wrong]).await;
        }
    };
    let Some(grants) = rights else {
        let wrong = problem("", Substitute::NoSuchRight);
        return show(&visit, &account, Some(typed), vec![wrong]).await;
    };
    let Ok(substitute) = typed.substitute.parse() else {
        let wrong = problem("substitute", Substitute::NoName);
        return show(&visit, &account, Some(typed), vec![wrong]).await;
    };
    let own = visit.visitor.account.clone();
    let terms =
        Terms { account: if account.is_empty() { own } else { account.clone() }, substitute, grants, first, last };
    match visit.served.accounts.substitute(&visit.visitor, &terms, visit.now).await {
        Ok(_) => {
            // The list of reviewers may have changed.
            visit.desk().published.notify_one();
            visit.done(&format!("/console/substitutes?account={}", terms.account), "named")
        }
        Err(error) => match refusal(&visit, &error) {
            Some(wrong) => show(&visit, &account, Some(typed), vec![wrong]).await,
            None => visit.trouble(error),
        },
    }
}

/// `first@440224103201`.
fn grant(text: &str) -> Option<Grant> {
    let (role, region) = text.split_once('@')?;
    Some(Grant { role: RoleWord::from_slug(role).and_then(right)?, region: region.parse().ok()? })
}

fn refusal(visit: &Visit, error: &AccountError) -> Option<Problem> {
    let AccountError::Substitution(wrong) = error else {
        let field = if matches!(error, AccountError::Unknown(_)) { "substitute" } else { "" };
        return super::accounts::problem(visit, error, field);
    };
    let field = match wrong {
        SubstitutionError::Backwards | SubstitutionError::TooLong => "last",
        SubstitutionError::Over => "first",
        SubstitutionError::Same | SubstitutionError::Own | SubstitutionError::NoReviewer => "substitute",
        _ => "",
    };
    Some(Problem::new(visit.lang(), field, &wrong.told()))
}

async fn end(visit: Visit, Path(id): Path<String>, body: Bytes) -> Response {
    let account = Fields::read(&body).get("account").to_owned();
    match visit.served.accounts.end_substitution(&visit.visitor, &id, visit.now).await {
        Ok(()) => {
            visit.desk().published.notify_one();
            visit.done(&format!("/console/substitutes?account={account}"), "ended-substitute")
        }
        Err(error) => match refusal(&visit, &error) {
            Some(wrong) => show(&visit, &account, None, vec![wrong]).await,
            None => visit.trouble(error),
        },
    }
}
