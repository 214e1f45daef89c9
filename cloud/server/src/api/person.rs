//! One account: its name, its sessions, the link that sets its password, and the keys that it reviews with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, Name, Place};
use super::people::{AccountLine, AccountPlace};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::links::LINK_LIFE;
use crate::accounts::sessions;
use crate::accounts::web::{Problem, Visitor};
use crate::keys::reviewers::ReviewerRevoked;
use crate::keys::status::Reviewing;
use crate::region::RegionCode;
use crate::serve::Served;

/// An account that one sees.
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "accounts", params(AccountPlace),
    responses((status = 200, description = "The account", body = AccountLine), Reading))]
pub async fn read(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<Json<AccountLine>, Problem> {
    Ok(Json(served.accounts.account_seen(&visitor, &place.id.0).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewName {
    #[schema(min_length = 1, max_length = 40, example = "陈文秀")]
    name: String,
}

/// Gives an account another name, also where it is named as reviewer.
#[utoipa::path(put, path = "/api/v1/accounts/{id}/name", tag = "accounts", params(AccountPlace),
    request_body = NewName,
    responses((status = 204, description = "It is called so"), Changing))]
pub async fn rename(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
    Body(new): Body<NewName>,
) -> Result<StatusCode, Problem> {
    served.accounts.rename(&visitor, &place.id.0, &new.name, now()).await?;
    served.desk.published.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// A link with which a password is set once.
#[derive(Serialize, ToSchema)]
pub struct PasswordLink {
    /// The address's path; the console's own address stands before it.
    #[schema(example = "/console/password/…")]
    path: String,
    until: i64,
}

/// Makes a link with which the account's password is set once; earlier ones no longer hold. It takes a session: no token
/// makes one, for a stolen token could become a session.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/password-link", tag = "accounts", params(AccountPlace),
    responses((status = 201, description = "The link, which is shown this once", body = PasswordLink), Changing))]
pub async fn password_link(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<(StatusCode, Json<PasswordLink>), Problem> {
    let now = now();
    let secret = served.accounts.new_password_link(&visitor, &place.id.0, now).await?;
    let link = PasswordLink { path: format!("/console/password/{secret}"), until: now + LINK_LIFE };
    Ok((StatusCode::CREATED, Json(link)))
}

/// A browser that is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionLine {
    id: String,
    /// How the browser calls itself.
    agent: String,
    address: String,
    created: i64,
    /// Of its last request, to the minute.
    seen: i64,
    expires: i64,
}

impl From<sessions::SessionLine> for SessionLine {
    fn from(line: sessions::SessionLine) -> SessionLine {
        let sessions::SessionLine { id, agent, address, created, seen, expires } = line;
        SessionLine { id, agent, address, created, seen, expires }
    }
}

/// The sessions of an account: of one's own, or one that one manages.
#[utoipa::path(get, path = "/api/v1/accounts/{id}/sessions", tag = "accounts", params(AccountPlace),
    responses((status = 200, description = "Its sessions", body = [SessionLine]), Reading))]
pub async fn sessions(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<Json<Vec<SessionLine>>, Problem> {
    let lines = served.accounts.sessions(&visitor, &place.id.0, now()).await?;
    Ok(Json(lines.into_iter().map(SessionLine::from).collect()))
}

/// How many sessions have ended.
#[derive(Serialize, ToSchema)]
pub struct Ended {
    sessions: u64,
}

/// Ends all sessions of an account; its tokens go on.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/sessions", tag = "accounts", params(AccountPlace),
    responses((status = 200, description = "Nobody is signed in as this account", body = Ended), Changing))]
pub async fn end_sessions(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<Json<Ended>, Problem> {
    let sessions = served.accounts.end_sessions(&visitor, &place.id.0, None, now()).await?;
    Ok(Json(Ended { sessions }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SessionPlace {
    /// Id of the account.
    #[param(value_type = String, example = "u0123456789abcdef")]
    id: Name,
    /// Id of the session.
    #[param(value_type = String)]
    session: Name,
}

/// Ends one session of an account. One that has ended already changes nothing.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/sessions/{session}", tag = "accounts", params(SessionPlace),
    responses((status = 200, description = "It has ended", body = Ended), Changing))]
pub async fn end_session(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<SessionPlace>,
) -> Result<Json<Ended>, Problem> {
    let sessions = served.accounts.end_sessions(&visitor, &place.id.0, Some(&place.session.0), now()).await?;
    Ok(Json(Ended { sessions }))
}

/// Where a person's key counts, or has counted.
#[derive(Serialize, ToSchema)]
pub struct ReviewingLine {
    /// Whose `review.json` names it.
    #[schema(schema_with = names::region)]
    region: String,
    #[schema(schema_with = names::hash)]
    key: String,
    #[schema(schema_with = names::step)]
    step: String,
    since: i64,
    until: Option<i64>,
}

impl From<Reviewing> for ReviewingLine {
    fn from(row: Reviewing) -> ReviewingLine {
        let Reviewing { region, public, step, since, until } = row;
        ReviewingLine { region, key: public, step, since, until }
    }
}

/// Where the keys of an account that one sees count or have counted, the newest first. Revoked ones are left out.
#[utoipa::path(get, path = "/api/v1/accounts/{id}/keys", tag = "keys", params(AccountPlace),
    responses((status = 200, description = "Its keys", body = [ReviewingLine]), Reading))]
pub async fn keys(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<Json<Vec<ReviewingLine>>, Problem> {
    let rows = served.accounts.reviewing(&visitor, &place.id.0).await?;
    Ok(Json(rows.into_iter().map(ReviewingLine::from).collect()))
}

/// A person's new key.
#[derive(Serialize, ToSchema)]
pub struct NewKey {
    #[schema(schema_with = names::hash)]
    key: String,
    /// Regions whose `review.json` names it now.
    #[schema(schema_with = names::regions)]
    regions: Vec<RegionCode>,
}

/// Gives a person a new key, which takes over all that the old one may approve. What was approved with the old one stays.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/keys", tag = "keys", params(AccountPlace),
    responses((status = 201, description = "The new key", body = NewKey), Changing))]
pub async fn rotate_key(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<AccountPlace>,
) -> Result<(StatusCode, Json<NewKey>), Problem> {
    let rotated = served.accounts.rotate_key(&visitor, &place.id.0, now()).await?;
    served.desk.published.notify_one();
    Ok((StatusCode::CREATED, Json(NewKey { key: rotated.public, regions: rotated.regions })))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyPlace {
    /// Id of the account.
    #[param(value_type = String, example = "u0123456789abcdef")]
    id: Name,
    /// The public key.
    #[param(schema_with = names::hash)]
    key: Name,
}

/// What a revocation took back.
#[derive(Serialize, ToSchema)]
pub struct RevokedKey {
    /// Regions whose `review.json` or pages changed.
    #[schema(schema_with = names::regions)]
    regions: Vec<RegionCode>,
    /// Items that went off the air.
    off_air: Vec<String>,
    /// Items under review that wait for an earlier review again.
    set_back: Vec<String>,
}

/// Ends a person's key, wherever it counts: nothing that it signed is believed any more, and what is on the air by it goes
/// off the air until that review has been given again.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/keys/{key}", tag = "keys", params(KeyPlace),
    responses((status = 200, description = "It counts nowhere", body = RevokedKey), Changing))]
pub async fn revoke_key(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<KeyPlace>,
) -> Result<Json<RevokedKey>, Problem> {
    let revoked = served.accounts.revoke_key(&visitor, &place.id.0, &place.key.0, now()).await?;
    served.desk.published.notify_one();
    let ReviewerRevoked { regions, off_air, set_back, .. } = revoked;
    Ok(Json(RevokedKey { regions, off_air, set_back }))
}
