//! Who reviews for somebody who is away.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_console::messages::notices::Substitute;

use super::extract::{Body, Name, Place};
use super::people::{AccountPlace, RoleGrant};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::Login;
use crate::accounts::substitutes::{Substitution, Terms};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::rights::{Grant, Role};
use crate::region::RegionCode;
use crate::serve::Served;

/// One review in somebody else's hands.
#[derive(Serialize, ToSchema)]
pub struct SubstitutionLine {
    id: String,
    /// Account of who is away.
    account: String,
    /// Account of who stands in.
    substitute: String,
    #[schema(schema_with = names::role)]
    role: Role,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    begins: i64,
    /// The first moment after it.
    ends: i64,
    /// When it came to its end.
    ended: Option<i64>,
}

impl From<Substitution> for SubstitutionLine {
    fn from(found: Substitution) -> SubstitutionLine {
        let Grant { role, region } = found.grant;
        let Substitution { id, account, substitute, begins, ends, ended, .. } = found;
        SubstitutionLine { id, account, substitute, role, region, begins, ends, ended }
    }
}

/// The substitutions of which an account is a part: those that are over last, at most 50.
#[utoipa::path(get, path = "/api/v1/accounts/{id}/substitutions", tag = "accounts", params(AccountPlace),
    responses((status = 200, description = "The substitutions", body = [SubstitutionLine]), Reading))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<Json<Vec<SubstitutionLine>>, Problem> {
    let found = served.accounts.substitutions(&visitor, &place.id.0).await?;
    Ok(Json(found.into_iter().map(SubstitutionLine::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubstitution {
    /// Login of who stands in.
    #[schema(pattern = "^[a-z0-9][a-z0-9._@-]{1,39}$", example = "li.guoqiang")]
    substitute: String,
    /// The reviews that are handed on.
    grants: Vec<RoleGrant>,
    /// The first day and the last one, in China.
    #[schema(format = Date, example = "2026-12-01")]
    first: String,
    #[schema(format = Date, example = "2026-12-07")]
    last: String,
}

#[derive(Serialize, ToSchema)]
pub struct MadeSubstitutions {
    ids: Vec<String>,
}

/// Names somebody who reviews for the account on some days. It takes a session: no token hands a right on.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/substitutions", tag = "accounts", params(AccountPlace),
    request_body = NewSubstitution,
    responses((status = 201, description = "The substitutions, one for each review", body = MadeSubstitutions), Changing))]
pub async fn name(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
    Body(new): Body<NewSubstitution>,
) -> Result<(StatusCode, Json<MadeSubstitutions>), Problem> {
    let substitute: Login = new.substitute.parse()?;
    let account = served.accounts.account_seen(&visitor, &place.id.0).await?.id;
    let grants = new.grants.into_iter().map(Grant::from).collect();
    let terms = Terms { account, substitute, grants, first: day(&new.first)?, last: day(&new.last)? };
    let ids = served.accounts.substitute(&visitor, &terms, now()).await?;
    served.desk.published.notify_one();
    Ok((StatusCode::CREATED, Json(MadeSubstitutions { ids })))
}

fn day(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| Problem::of(Substitute::Day(text.to_owned())))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SubstitutionPlace {
    /// Id of the substitution.
    #[param(value_type = String, example = "s-0123456789abcdef0123")]
    id: Name,
}

/// Ends a substitution, or calls it off: by either of the two, or by who administers the accounts there.
#[utoipa::path(delete, path = "/api/v1/substitutions/{id}", tag = "accounts", params(SubstitutionPlace),
    responses((status = 204, description = "It is over"), Changing))]
pub async fn end(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<SubstitutionPlace>,
) -> Result<StatusCode, Problem> {
    served.accounts.end_substitution(&visitor, &place.id.0, now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
