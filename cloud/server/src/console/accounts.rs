//! Accounts: the list, making one, and one account with its roles, sessions and keys.
//!
//! Links with which a password is set are shown in the answer to the form that asked for them and nowhere else: no
//! address, and so no history of a browser, has them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use yuexiang_console::accounts::{self as pages, AccountLine, AccountState, NewAccount, OneTimeLink, ReviewerKey};
use yuexiang_console::messages::account::Account as Words;
use yuexiang_console::words::{Role, Step};
use yuexiang_console::{Markup, Problem};
use yuexiang_wire::limits;

use super::form::Fields;
use super::items::person_name;
use super::{Trouble, Visit, right, role};
use crate::accounts::links::LINK_LIFE;
use crate::accounts::people::Filter;
use crate::accounts::{Account, AccountError, web};
use crate::desk::rights::{Action, Grant, Via};
use crate::keys::status::Reviewing;
use crate::messages::Told;
use crate::region::RegionCode;
use crate::serve::Shared;

/// Accounts of one page.
const PAGE: i64 = 50;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/accounts", get(list).post(create))
        .route("/console/accounts/new", get(new))
        .route("/console/accounts/{id}", get(one))
        .route("/console/accounts/{id}/grant", post(grant))
        .route("/console/accounts/{id}/revoke", post(revoke))
        .route("/console/accounts/{id}/disable", post(disable))
        .route("/console/accounts/{id}/enable", post(enable))
        .route("/console/accounts/{id}/link", post(link))
        .route("/console/accounts/{id}/sessions/end", post(end_sessions))
        .route("/console/accounts/{id}/key", post(new_key))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    region: String,
    role: String,
    q: String,
    disabled: String,
    after: String,
}

async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match list_view(&visit, asked).await {
        Ok(view) => visit.page(pages::list(&visit.cx, &view)),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn list_view(visit: &Visit, asked: Asked) -> Result<pages::Accounts, Trouble> {
    let region = visit.region_for(&asked.region, Action::SeeAccounts)?;
    let wanted = Role::from_slug(&asked.role);
    let disabled = asked.disabled == "1";
    let filter =
        Filter { words: asked.q.clone(), role: wanted.and_then(right), after: asked.after.clone(), limit: PAGE + 1 };
    let mut found = visit.served.accounts.accounts_in(&visit.visitor, region, &filter, disabled).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|account| account.login.clone());
    let mut accounts = Vec::new();
    for account in &found {
        accounts.push(line(visit, account).await);
    }
    Ok(pages::Accounts {
        region: visit.region_of(region).await,
        role: wanted,
        q: asked.q,
        disabled,
        accounts,
        next,
        further: !asked.after.is_empty(),
        may_create: visit.visitor.may(Action::ManageAccounts, region),
    })
}

async fn line(visit: &Visit, account: &Account) -> AccountLine {
    let mut roles = Vec::new();
    for grant in &account.grants {
        roles.push(pages::Grant {
            role: role(grant.role),
            region: visit.region_of(grant.region).await,
            revocable: visit.visitor.may(Action::ManageAccounts, grant.region),
        });
    }
    let state = match (account.disabled, account.has_password || account.is_linked) {
        (true, _) => AccountState::Disabled,
        (false, true) => AccountState::Active,
        (false, false) => AccountState::Invited,
    };
    AccountLine {
        id: account.id.clone(),
        login: account.login.clone(),
        name: account.name.clone(),
        state,
        roles,
        last_seen: account.seen,
    }
}

async fn new(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match visit.region_for(&asked.region, Action::ManageAccounts) {
        Ok(region) => visit.page(new_form(&visit, region, &Fields::default(), Vec::new()).await),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn new_form(visit: &Visit, region: RegionCode, form: &Fields, problems: Vec<Problem>) -> Markup {
    let view = NewAccount {
        region: visit.region_of(region).await,
        login: form.get("login").to_owned(),
        name: form.get("name").to_owned(),
        grantable: grantable(visit, region),
        chosen: form.all("role").iter().filter_map(|slug| Role::from_slug(slug)).collect(),
        problems,
    };
    pages::new(&visit.cx, &view)
}

/// Whoever manages accounts in a region gives every role there.
fn grantable(visit: &Visit, region: RegionCode) -> Vec<Role> {
    match visit.visitor.may(Action::ManageAccounts, region) {
        true => Role::ALL.to_vec(),
        false => Vec::new(),
    }
}

async fn create(visit: Visit, headers: HeaderMap, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let region = match visit.region_for(form.get("region"), Action::ManageAccounts) {
        Ok(region) => region,
        Err(trouble) => return trouble.page(&visit.cx),
    };
    // A role that is none is no reason to make an account with fewer of them.
    if form.all("role").iter().any(|slug| Role::from_slug(slug).and_then(right).is_none()) {
        let problem = Problem::new(visit.lang(), "role", &Words::NoRole.into());
        return visit.page(new_form(&visit, region, &form, vec![problem]).await);
    }
    let account = match created(&visit, region, &form).await {
        Ok(account) => account,
        Err(error) => {
            return match problem(&visit, &error, field_of(&error)) {
                Some(problem) => visit.page(new_form(&visit, region, &form, vec![problem]).await),
                None => visit.trouble(error),
            };
        }
    };
    // From here on the account is there, so what is wrong now is said on its own page.
    let granted = grant_all(&visit, &account.id, region, &form).await;
    let link = match granted {
        Ok(()) => visit.served.accounts.new_password_link(&visit.visitor, &account.id, visit.now).await,
        Err(error) => Err(error),
    };
    visit.desk().published.notify_one();
    show_with_link(visit, &headers, &account.id, link).await
}

async fn created(visit: &Visit, region: RegionCode, form: &Fields) -> Result<Account, AccountError> {
    let login = form.get("login").parse()?;
    visit.served.accounts.create(&visit.visitor, &login, form.get("name"), region, visit.now).await
}

async fn grant_all(visit: &Visit, id: &str, region: RegionCode, form: &Fields) -> Result<(), AccountError> {
    let chosen = form.all("role");
    for role in chosen.iter().filter_map(|slug| Role::from_slug(slug)).filter_map(right) {
        visit.served.accounts.grant(&visit.visitor, id, Grant { role, region }, visit.now).await?;
    }
    Ok(())
}

/// The field that a form's error is about; empty for the form as a whole.
fn field_of(error: &AccountError) -> &'static str {
    match error {
        AccountError::Login(_) | AccountError::Taken(_) => "login",
        AccountError::Name => "name",
        _ => "",
    }
}

/// What a form says of an error that its sender can do something about; none for all others.
pub fn problem(visit: &Visit, error: &AccountError, field: &str) -> Option<Problem> {
    let message = match error {
        AccountError::Forbidden(_) => Words::Beyond.into(),
        AccountError::Login(_)
        | AccountError::Taken(_)
        | AccountError::Name
        | AccountError::Region(_)
        | AccountError::Own
        | AccountError::LastAdministrator
        | AccountError::Disabled
        | AccountError::TokenTerms
        | AccountError::TokenOfOther
        | AccountError::TokenBeyond
        | AccountError::Unknown(_) => error.told(),
        _ => return None,
    };
    Some(Problem::new(visit.lang(), field, &message))
}

async fn one(visit: Visit, Path(id): Path<String>) -> Response {
    show(&visit, &id, None, Vec::new()).await
}

/// The page of an account after a form of it was sent.
async fn show_with_link(
    mut visit: Visit,
    headers: &HeaderMap,
    id: &str,
    link: Result<String, AccountError>,
) -> Response {
    visit.cx.path = format!("/console/accounts/{id}");
    match link {
        Ok(secret) => {
            let url = format!("{}/console/password/{secret}", outside(&visit, headers));
            show(&visit, id, Some(OneTimeLink { url, until: visit.now + LINK_LIFE }), Vec::new()).await
        }
        Err(error) => show_error(visit, id, error).await,
    }
}

async fn show_error(mut visit: Visit, id: &str, error: AccountError) -> Response {
    visit.cx.path = format!("/console/accounts/{id}");
    match problem(&visit, &error, "") {
        Some(problem) => show(&visit, id, None, vec![problem]).await,
        None => visit.trouble(error),
    }
}

/// Under which address people reach the console: the configured one, or the one that this browser has asked for.
pub fn outside(visit: &Visit, headers: &HeaderMap) -> String {
    match &visit.served.accounts.settings.public_url {
        Some(url) => url.origin().ascii_serialization(),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            format!("http://{}", host.unwrap_or("localhost"))
        }
    }
}

async fn show(visit: &Visit, id: &str, link: Option<OneTimeLink>, problems: Vec<Problem>) -> Response {
    match view(visit, id, link, problems).await {
        Ok(view) => visit.page(pages::account(&visit.cx, &view)),
        Err(trouble) => trouble.page(&visit.cx),
    }
}

async fn view(
    visit: &Visit,
    id: &str,
    link: Option<OneTimeLink>,
    problems: Vec<Problem>,
) -> Result<pages::Account, Trouble> {
    let accounts = &visit.served.accounts;
    let account = accounts.account_seen(&visit.visitor, id).await?;
    let may_manage = manages(visit, &account);
    let lines = match may_manage || visit.visitor.account == account.id {
        true => accounts.sessions(&visit.visitor, id, visit.now).await?,
        false => Vec::new(),
    };
    let own = match &visit.visitor.via {
        Via::Session(own) => own.as_str(),
        Via::Token(_) | Via::CommandLine => "",
    };
    let session = |line: crate::accounts::sessions::SessionLine| pages::Session {
        current: line.id == own,
        id: line.id,
        began: line.created,
        last_seen: line.seen,
        client: client(&line.agent),
        address: line.address,
    };
    let created_by = match visit.desk().maker_of(id).await? {
        Some(maker) if maker == crate::desk::rights::COMMAND_LINE => {
            visit.cx.t("命令行", "the command line").to_owned()
        }
        Some(maker) => person_name(visit, &maker).await,
        None => String::new(),
    };
    let root = visit.visitor.regions(Action::ManageAccounts).first().copied().unwrap_or(account.region);
    let own_account = visit.visitor.account == account.id;
    Ok(pages::Account {
        line: line(visit, &account).await,
        created: account.created,
        created_by,
        link,
        sessions: lines.into_iter().map(session).collect(),
        keys: keys(&accounts.reviewing(&visit.visitor, id).await?, &account),
        grantable: if own_account || account.disabled { Vec::new() } else { grantable(visit, account.region) },
        root: visit.region_of(root).await,
        may_manage,
        problems,
    })
}

/// Whether everything that the account is lies where one manages accounts.
fn manages(visit: &Visit, account: &Account) -> bool {
    let manages = |region| visit.visitor.may(Action::ManageAccounts, region);
    manages(account.region) && account.grants.iter().all(|grant| manages(grant.region))
}

/// A person's keys, each once with all that it approves or approved.
fn keys(rows: &[Reviewing], account: &Account) -> Vec<ReviewerKey> {
    let mut keys: Vec<ReviewerKey> = Vec::new();
    for row in rows {
        let Some(step) = Step::from_slug(&row.step) else { continue };
        let at = keys.iter().position(|key| key.key == row.public);
        let Some(key) = at.and_then(|at| keys.get_mut(at)) else {
            keys.push(ReviewerKey {
                key: row.public.clone(),
                account: account.id.clone(),
                name: account.name.clone(),
                steps: vec![step],
                since: row.since,
                until: row.until,
            });
            continue;
        };
        if !key.steps.contains(&step) {
            key.steps.push(step);
            key.steps.sort();
        }
        key.since = key.since.min(row.since);
        // In use as long as it counts anywhere.
        key.until = key.until.zip(row.until).map(|(one, other)| one.max(other));
    }
    keys
}

/// Browser and system, as coarsely as one tells one's devices apart.
fn client(agent: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    // The order matters: most browsers name others as well.
    let browser = first(&[
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("HarmonyOS", "HarmonyOS"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(limits::NAME).collect(),
    }
}

/// The role and the region that a form names, or what of them is none.
fn chosen(visit: &Visit, form: &Fields) -> Result<Grant, Problem> {
    let problem = |why: Words| Problem::new(visit.lang(), "", &why.into());
    let role = Role::from_slug(form.get("role")).and_then(right);
    let role = role.ok_or_else(|| problem(Words::NoRole))?;
    let region = form.get("region").parse();
    let region = region.map_err(|_| problem(Words::NoRegion))?;
    Ok(Grant { role, region })
}

async fn grant(visit: Visit, Path(id): Path<String>, body: Bytes) -> Response {
    let grant = match chosen(&visit, &Fields::read(&body)) {
        Ok(grant) => grant,
        Err(problem) => return show(&visit, &id, None, vec![problem]).await,
    };
    let done = visit.served.accounts.grant(&visit.visitor, &id, grant, visit.now).await;
    finish(visit, &id, done, "granted").await
}

async fn revoke(visit: Visit, Path(id): Path<String>, body: Bytes) -> Response {
    let grant = match chosen(&visit, &Fields::read(&body)) {
        Ok(grant) => grant,
        Err(problem) => return show(&visit, &id, None, vec![problem]).await,
    };
    let done = visit.served.accounts.revoke(&visit.visitor, &id, grant, visit.now).await;
    finish(visit, &id, done, "revoked").await
}

async fn disable(visit: Visit, Path(id): Path<String>) -> Response {
    let done = visit.served.accounts.disable(&visit.visitor, &id, visit.now).await;
    finish(visit, &id, done, "disabled").await
}

async fn enable(visit: Visit, Path(id): Path<String>) -> Response {
    let done = visit.served.accounts.enable(&visit.visitor, &id, visit.now).await;
    finish(visit, &id, done, "enabled").await
}

/// Back to the account. What was refused is said there, unless the account is none of one's business at all.
async fn finish(visit: Visit, id: &str, done: Result<(), AccountError>, word: &str) -> Response {
    match done {
        Ok(()) => {
            // Reviewers' keys may have changed with it.
            visit.desk().published.notify_one();
            visit.done(&format!("/console/accounts/{id}"), word)
        }
        Err(error) => show_error(visit, id, error).await,
    }
}

async fn link(visit: Visit, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let link = visit.served.accounts.new_password_link(&visit.visitor, &id, visit.now).await;
    show_with_link(visit, &headers, &id, link).await
}

async fn end_sessions(visit: Visit, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Fields::read(&body);
    let session = Some(form.get("session")).filter(|session| *session != "all");
    if session == Some("") {
        return show(&visit, &id, None, Vec::new()).await;
    }
    let ended = visit.served.accounts.end_sessions(&visit.visitor, &id, session, visit.now).await;
    let is_own = visit.visitor.account == id && session.is_none();
    match ended {
        // One's own session has ended with the others.
        Ok(_) if is_own => visit.done(web::LOGIN, "ended"),
        ended => finish(visit, &id, ended.map(|_| ()), "ended").await,
    }
}

/// A new reviewing key in place of the old one, by whoever manages the account and its regions' keys.
async fn new_key(visit: Visit, Path(id): Path<String>) -> Response {
    match visit.served.accounts.rotate_key(&visit.visitor, &id, visit.now).await {
        Ok(_) => {
            visit.desk().published.notify_one();
            visit.done(&format!("/console/accounts/{id}"), "rotated")
        }
        Err(error) => visit.trouble(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_from_the_others_that_it_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(client(edge), "Edge · Windows");
        let phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36";
        assert_eq!(client(phone), "Chrome · Android");
        assert_eq!(client("curl/8.5"), "curl/8.5");
        assert_eq!(client(""), "");
    }
}
