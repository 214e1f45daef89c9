//! What programs present instead of a password. Tokens are made by people who are signed in, never with another token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, Name, Place};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::tokens::{self, TokenTerms};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::rights::{Grant, Role};
use crate::region::RegionCode;
use crate::serve::Served;

/// A token without its secret.
#[derive(Serialize, ToSchema)]
pub struct TokenLine {
    id: String,
    name: String,
    /// Whose it is.
    account: String,
    #[schema(schema_with = names::role)]
    role: String,
    #[schema(schema_with = names::region)]
    region: String,
    /// Who made it.
    granter: String,
    created: i64,
    expires: i64,
    revoked: Option<i64>,
}

impl From<tokens::TokenLine> for TokenLine {
    fn from(line: tokens::TokenLine) -> TokenLine {
        let tokens::TokenLine { id, name, account, role, region, granter, created, expires, revoked } = line;
        TokenLine { id, name, account, role, region, granter, created, expires, revoked }
    }
}

/// Lists one's own tokens and those of the regions that one administers, the newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, description = "Tokens", body = [TokenLine]), Reading))]
pub async fn list(State(served): State<Arc<Served>>, visitor: Visitor) -> Result<Json<Vec<TokenLine>>, Problem> {
    let tokens = served.accounts.tokens(&visitor).await?;
    Ok(Json(tokens.into_iter().map(TokenLine::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What people call it.
    #[schema(min_length = 1, max_length = 40, example = "县融媒体平台")]
    name: String,
    /// Whose it is; one's own when nothing is given.
    account: Option<String>,
    #[schema(schema_with = names::role)]
    role: Role,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// How long it holds.
    #[schema(minimum = 1, maximum = 366)]
    days: i64,
}

/// A token as it is shown this once.
#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    id: String,
    /// What the program presents as `Authorization: Bearer`.
    secret: String,
}

/// Makes a token. Its secret is in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, description = "The token", body = MadeToken), Changing))]
pub async fn create(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let terms = TokenTerms {
        name: new.name,
        account: new.account.unwrap_or_else(|| visitor.actor.account.clone()),
        grant: Grant { role: new.role, region: new.region },
        days: new.days,
    };
    let (id, secret) = served.accounts.new_token(&visitor, &terms, now()).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { id, secret })))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TokenPlace {
    /// Id of the token.
    #[param(value_type = String, example = "t0123456789abcdef")]
    id: Name,
}

/// Ends a token: one's own, or one for a region that one administers.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(TokenPlace),
    responses((status = 204, description = "It no longer holds"), Changing))]
pub async fn revoke(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<TokenPlace>,
) -> Result<StatusCode, Problem> {
    served.accounts.revoke_token(&visitor, &place.id.0, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
