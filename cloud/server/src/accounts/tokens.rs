//! What programs present instead of a password: `yxt_` and 256 random bits.
//!
//! A token acts as its account, with one role in one region. **It is never more than its account**: it does something
//! only while the account itself has that role there, is not disabled, and the token has neither expired nor been
//! revoked. What its granter may still do does not matter, for a person's work goes on when an administrator leaves; who
//! wants a program's rights to end takes the role from the program's account.
//!
//! Administrators make tokens for the accounts they manage. Tokens that review or administer are made by their own
//! account alone, else an administrator could review in another's name. No token makes tokens: a stolen one would never
//! end.

use serde::Serialize;
use serde_json::json;

use super::people::{account_in, note};
use super::{Account, AccountError, Accounts, secret};
use crate::db::args;
use crate::desk::rights::{Action, Actor, Grant, Role, Via};
use crate::region::RegionCode;

/// What every token begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "yxt_";
/// In days.
pub const LONGEST_LIFE: i64 = 366;
const DAY: i64 = 24 * 3_600;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct TokenTerms {
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub account: String,
    pub grant: Grant,
    pub days: i64,
}

crate::db::row! {
    /// A token in a list.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct TokenLine {
        pub id: String,
        pub name: String,
        pub account: String,
        pub role: String,
        pub region: String,
        pub granter: String,
        pub created: i64,
        pub expires: i64,
        pub revoked: Option<i64>,
    }
}

crate::db::row! {
    struct Record {
        id: String,
        account: String,
        role: String,
        region: String,
        name: String,
    }
}

const COLUMNS: &str = "id, name, account, role, region, granter, created, expires, revoked";

impl Accounts {
    /// Makes a token. Returns its id, and the secret that is shown this once.
    pub async fn new_token(
        &self,
        actor: &Actor,
        terms: &TokenTerms,
        now: i64,
    ) -> Result<(String, String), AccountError> {
        let name = terms.name.trim();
        let fits = (1..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !fits || !(1..=LONGEST_LIFE).contains(&terms.days) {
            return Err(AccountError::TokenTerms);
        }
        let secret = format!("{PREFIX}{}", secret::new_secret()?);
        let id = secret::new_id("t")?;
        let mut change = self.account_change().await?;
        let account = account_in(&mut change.tx, &terms.account).await?;
        check_maker(actor, &account, terms.grant)?;
        let Grant { role, region } = terms.grant;
        let sql = "INSERT INTO token (id, secret, name, account, role, region, granter, created, expires)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let expires = now + terms.days * DAY;
        let kept = secret::kept(&secret);
        let values = args![&id, kept, name, &account.id, role.slug(), region, &actor.account, now, expires];
        change.tx.execute("making a token", sql, values).await?;
        let detail = json!({ "name": name, "account": account.id, "role": role, "expires": expires });
        note(&mut change.tx, actor, region, "token-create", &id, detail, now).await?;
        change.commit().await?;
        Ok((id, secret))
    }

    /// Who presents a token, if it holds; with the one right that it has.
    pub async fn token(&self, token: &str, now: i64) -> Result<Option<Actor>, AccountError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let db = &self.publisher.store.db;
        let sql = "SELECT t.id, t.account, t.role, t.region, a.name FROM token t JOIN account a ON a.id = t.account
                   WHERE t.secret = $1 AND t.revoked IS NULL AND t.expires > $2 AND a.disabled = 0";
        let row: Option<Record> = db.optional("reading a token", sql, args![secret::kept(token), now]).await?;
        let Some(row) = row else { return Ok(None) };
        let (Some(role), Ok(region)) = (Role::named(&row.role), row.region.parse::<RegionCode>()) else {
            return Ok(None);
        };
        let sql = "SELECT region FROM role_grant WHERE account = $1 AND role = $2";
        let rows: Vec<(String,)> = db.all("reading roles", sql, args![&row.account, role.slug()]).await?;
        if !crate::store::codes(rows).iter().any(|granted| granted.contains(region)) {
            return Ok(None);
        }
        let grants = vec![Grant { role, region }];
        Ok(Some(Actor::new(row.account, row.name, grants, Via::Token(row.id))))
    }

    /// Tokens of the regions that the actor administers, and his own; the newest first.
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<TokenLine>, AccountError> {
        let db = &self.publisher.store.db;
        let sql = format!("SELECT {COLUMNS} FROM token WHERE account = $1");
        let mut found: Vec<TokenLine> = db.all("listing tokens", &sql, args![&actor.account]).await?;
        for within in actor.regions(Action::ManageTokens) {
            let (from, to) = within.range();
            let sql = format!("SELECT {COLUMNS} FROM token WHERE region >= $1 AND region < $2");
            found.extend(db.all::<TokenLine>("listing tokens", &sql, args![from, to]).await?);
        }
        found.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
        found.dedup_by(|one, other| one.id == other.id);
        Ok(found)
    }

    /// Ends a token: one's own, or one for a region that one administers.
    pub async fn revoke_token(&self, actor: &Actor, id: &str, now: i64) -> Result<(), AccountError> {
        let mut tx = self.publisher.store.db.begin().await?;
        let sql = format!("SELECT {COLUMNS} FROM token WHERE id = $1");
        let row: Option<TokenLine> = tx.optional("reading a token", &sql, args![id]).await?;
        let row = row.ok_or_else(|| AccountError::Unknown(id.to_owned()))?;
        let region = row.region.parse().unwrap_or(RegionCode::GUANGDONG);
        if row.account != actor.account {
            actor.check(Action::ManageTokens, region)?;
        }
        let sql = "UPDATE token SET revoked = $1 WHERE id = $2 AND revoked IS NULL";
        if tx.execute("ending a token", sql, args![now, id]).await? > 0 {
            note(&mut tx, actor, region, "token-revoke", id, json!({ "account": row.account }), now).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Whether the actor may make such a token for the account.
fn check_maker(actor: &Actor, account: &Account, grant: Grant) -> Result<(), AccountError> {
    if matches!(actor.via, Via::Token(_)) {
        return Err(AccountError::TokenByToken);
    }
    if account.disabled {
        return Err(AccountError::Disabled);
    }
    if actor.account != account.id {
        actor.check(Action::ManageTokens, grant.region)?;
        actor.check(Action::ManageTokens, account.region)?;
        if grant.role.step().is_some() || grant.role == Role::Administrator {
            return Err(AccountError::TokenOfOther);
        }
    }
    let has = account.grants.iter().any(|own| own.role == grant.role && own.region.contains(grant.region));
    if has { Ok(()) } else { Err(AccountError::TokenBeyond) }
}
