//! Accounts and their roles. What is done with one account beyond those is in `person`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, Name, Place, Words, known, page_size};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::people::Filter;
use crate::accounts::web::{Problem, Visitor};
use crate::accounts::{Account, Login};
use crate::desk::rights::{Grant, Role, Via};
use crate::region::RegionCode;
use crate::serve::Served;

/// Accounts of one page.
const PAGE: i64 = 50;

/// A role in a region and everything below.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGrant {
    #[schema(schema_with = names::role)]
    role: Role,
    #[schema(schema_with = names::region)]
    region: RegionCode,
}

impl From<Grant> for RoleGrant {
    fn from(grant: Grant) -> RoleGrant {
        RoleGrant { role: grant.role, region: grant.region }
    }
}

impl From<RoleGrant> for Grant {
    fn from(grant: RoleGrant) -> Grant {
        Grant { role: grant.role, region: grant.region }
    }
}

fn grants(grants: &[Grant]) -> Vec<RoleGrant> {
    grants.iter().map(|grant| RoleGrant::from(*grant)).collect()
}

/// Who sends the request.
#[derive(Serialize, ToSchema)]
pub struct Me {
    account: String,
    name: String,
    /// Where a person works; where a token holds.
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// What counts now: of a token, the one role that it has.
    grants: Vec<RoleGrant>,
    via: ViaWord,
    /// Of a session: what requests that change something carry as `x-csrf-token`.
    csrf: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ViaWord {
    Session,
    Token,
}

/// Who sends the request, and what they may do where.
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, description = "The visitor", body = Me), Reading))]
pub async fn me(visitor: Visitor) -> Json<Me> {
    let via = if matches!(visitor.actor.via, Via::Token(_)) { ViaWord::Token } else { ViaWord::Session };
    Json(Me {
        grants: grants(&visitor.actor.grants),
        account: visitor.actor.account,
        name: visitor.actor.name,
        region: visitor.region,
        via,
        csrf: visitor.csrf,
    })
}

/// A person or a program that can be granted roles.
#[derive(Serialize, ToSchema)]
pub struct AccountLine {
    id: String,
    login: String,
    name: String,
    /// Where the person works.
    #[schema(schema_with = names::region)]
    region: RegionCode,
    disabled: bool,
    has_password: bool,
    /// Whether the account is linked to one at the OpenID provider.
    is_linked: bool,
    created: i64,
    /// Signed in last.
    seen: Option<i64>,
    grants: Vec<RoleGrant>,
}

impl From<Account> for AccountLine {
    fn from(account: Account) -> AccountLine {
        AccountLine {
            grants: grants(&account.grants),
            id: account.id,
            login: account.login,
            name: account.name,
            region: account.region,
            disabled: account.disabled,
            has_password: account.has_password,
            is_linked: account.is_linked,
            created: account.created,
            seen: account.seen,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// Part of a login or a name.
    words: Option<String>,
    #[param(schema_with = names::role, required = false)]
    role: Option<String>,
    /// Of this region and everything below alone.
    #[param(schema_with = names::region, required = false)]
    region: Option<RegionCode>,
    /// The login after which the list goes on.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Lists accounts that work in the regions whose accounts one sees, or have a role there, in the order of their logins.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(AccountQuery),
    responses((status = 200, description = "Accounts", body = [AccountLine]), Reading))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<AccountQuery>,
) -> Result<Json<Vec<AccountLine>>, Problem> {
    let filter = Filter {
        role: known("role", query.role.as_deref(), Role::named)?,
        words: query.words.unwrap_or_default(),
        after: query.after.unwrap_or_default(),
        limit: page_size(query.limit, PAGE)?,
    };
    let accounts = match query.region {
        Some(region) => served.accounts.accounts_in(&visitor, region, &filter, true).await?,
        None => served.accounts.accounts(&visitor, &filter).await?,
    };
    Ok(Json(accounts.into_iter().map(AccountLine::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// What the person types to sign in.
    #[schema(pattern = "^[a-z0-9][a-z0-9._@-]{1,39}$", example = "chen.wenxiu")]
    login: String,
    #[schema(min_length = 1, max_length = 40, example = "陈文秀")]
    name: String,
    /// Where the person works.
    #[schema(schema_with = names::region)]
    region: RegionCode,
}

/// Makes an account. It can sign in once an administrator has given it a link for a password.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccount,
    responses((status = 201, description = "The account", body = AccountLine), Changing))]
pub async fn create(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<AccountLine>), Problem> {
    let login: Login = new.login.parse()?;
    let account = served.accounts.create(&visitor, &login, &new.name, new.region, now()).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct AccountPlace {
    /// Id of the account.
    #[param(value_type = String, example = "u0123456789abcdef")]
    pub id: Name,
}

/// Keeps an account out at once: its sessions and tokens end, and its keys review nothing from now on.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/disable", tag = "accounts", params(AccountPlace),
    responses((status = 204, description = "It is out"), Changing))]
pub async fn disable(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<StatusCode, Problem> {
    served.accounts.disable(&visitor, &place.id.0, now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a disabled account in again, with the roles it has. Its tokens stay revoked.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/enable", tag = "accounts", params(AccountPlace),
    responses((status = 204, description = "It may come in"), Changing))]
pub async fn enable(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<StatusCode, Problem> {
    served.accounts.enable(&visitor, &place.id.0, now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Grants a role. Granting what is granted already changes nothing; nobody grants a role to himself.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/grants", tag = "accounts", params(AccountPlace),
    request_body = RoleGrant,
    responses((status = 204, description = "It is granted"), Changing))]
pub async fn grant(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
    Body(grant): Body<RoleGrant>,
) -> Result<StatusCode, Problem> {
    served.accounts.grant(&visitor, &place.id.0, grant.into(), now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct GrantPlace {
    /// Id of the account.
    #[param(value_type = String, example = "u0123456789abcdef")]
    id: Name,
    #[param(schema_with = names::role)]
    role: Role,
    #[param(schema_with = names::region)]
    region: RegionCode,
}

/// Takes a role back. Taking back what is not granted changes nothing.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/grants/{role}/{region}", tag = "accounts", params(GrantPlace),
    responses((status = 204, description = "It is not granted"), Changing))]
pub async fn revoke(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<GrantPlace>,
) -> Result<StatusCode, Problem> {
    let grant = Grant { role: place.role, region: place.region };
    served.accounts.revoke(&visitor, &place.id.0, grant, now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
