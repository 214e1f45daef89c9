//! Browsers that are signed in.
//!
//! A session ends after twelve hours without a request, and after seven days in any case. Its row is found by the hash of
//! the cookie; the hash also names it in lists, since nothing leads from it back to the cookie.

use serde::Serialize;
use serde_json::json;

use super::people::{account_in, managed, note, read_grants};
use super::substitutes::standing_in;
use super::{AccountError, Accounts, secret};
use crate::db::{Tx, args};
use crate::desk::rights::{Actor, Via};
use crate::region::RegionCode;

/// Without a request for so long a session ends, in seconds.
pub const IDLE: i64 = 12 * 3_600;
/// A session ends after so long in any case, in seconds.
pub const LIFE: i64 = 7 * 24 * 3_600;
/// How exactly the last request is known, in seconds; a write for each request would be dear.
const SEEN_EVERY: i64 = 60;
/// What is kept of how a browser calls itself, in characters.
const AGENT: usize = 160;

/// Where a browser comes from, as it says itself.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub agent: String,
    pub address: String,
}

/// What the browser gets.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The cookie's value.
    pub secret: String,
    pub account: String,
}

/// Who sits behind a session.
#[derive(Clone, Debug)]
pub struct Session {
    pub actor: Actor,
    pub login: String,
    /// Where the person works.
    pub region: RegionCode,
    /// What forms and scripts of this session carry.
    pub csrf: String,
}

crate::db::row! {
    /// A session in the list of an account.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct SessionLine {
        pub id: String,
        pub agent: String,
        pub address: String,
        pub created: i64,
        pub seen: i64,
        pub expires: i64,
    }
}

crate::db::row! {
    struct Record {
        account: String,
        csrf: String,
        seen: i64,
        login: String,
        name: String,
        region: String,
    }
}

impl Accounts {
    /// The session that a cookie belongs to, if it holds.
    pub async fn session(&self, cookie: &str, now: i64) -> Result<Option<Session>, AccountError> {
        let db = &self.publisher.store.db;
        let id = secret::kept(cookie);
        let sql = "SELECT s.account, s.csrf, s.seen, a.login, a.name, a.region
                   FROM session s JOIN account a ON a.id = s.account
                   WHERE s.id = $1 AND s.expires > $2 AND s.seen > $3 AND a.disabled = 0 AND a.login IS NOT NULL";
        let row: Option<Record> = db.optional("reading a session", sql, args![&id, now, now - IDLE]).await?;
        let Some(row) = row else { return Ok(None) };
        if now - row.seen >= SEEN_EVERY {
            db.execute("noting a request", "UPDATE session SET seen = $1 WHERE id = $2", args![now, &id]).await?;
        }
        let sql = "SELECT role, region FROM role_grant WHERE account = $1 ORDER BY region, role";
        let grants = read_grants(db.all("reading roles", sql, args![&row.account]).await?);
        let standing_in = standing_in(db, &row.account, now).await?;
        let actor = Actor { standing_in, ..Actor::new(row.account, row.name, grants, Via::Session(id)) };
        let region = row.region.parse().unwrap_or(RegionCode::GUANGDONG);
        Ok(Some(Session { actor, login: row.login, region, csrf: row.csrf }))
    }

    /// Ends the session of a cookie.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), AccountError> {
        let sql = "DELETE FROM session WHERE id = $1";
        self.publisher.store.db.execute("ending a session", sql, args![secret::kept(cookie)]).await?;
        Ok(())
    }

    /// The sessions of an account, for itself and for those who manage it.
    pub async fn sessions(&self, actor: &Actor, id: &str, now: i64) -> Result<Vec<SessionLine>, AccountError> {
        let mut tx = self.publisher.store.db.begin().await?;
        if actor.account != id {
            managed(&mut tx, actor, id).await?;
        }
        let sql = "SELECT id, agent, address, created, seen, expires FROM session
                   WHERE account = $1 AND expires > $2 AND seen > $3 ORDER BY seen DESC, id";
        let lines = tx.all("listing sessions", sql, args![id, now, now - IDLE]).await?;
        tx.rollback().await?;
        Ok(lines)
    }

    /// Ends one session of an account, or all of them. Returns how many there were.
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        id: &str,
        session: Option<&str>,
        now: i64,
    ) -> Result<u64, AccountError> {
        let mut tx = self.publisher.store.db.begin().await?;
        let account = match actor.account == id {
            true => account_in(&mut tx, id).await?,
            false => managed(&mut tx, actor, id).await?,
        };
        let sql = "DELETE FROM session WHERE account = $1 AND ($2 = '' OR id = $2)";
        let ended = tx.execute("ending sessions", sql, args![id, session.unwrap_or("")]).await?;
        if ended > 0 {
            note(&mut tx, actor, account.region, "session-end", id, json!({ "sessions": ended }), now).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }
}

/// Opens a session for an account, in place of the one that the browser had.
pub(super) async fn open(
    tx: &mut Tx,
    account: &str,
    browser: &Browser,
    previous: Option<&str>,
    now: i64,
) -> Result<NewSession, AccountError> {
    if let Some(previous) = previous {
        let sql = "DELETE FROM session WHERE id = $1";
        tx.execute("ending a session", sql, args![secret::kept(previous)]).await?;
    }
    let secret = secret::new_secret()?;
    let agent: String = browser.agent.chars().filter(|c| !c.is_control()).take(AGENT).collect();
    let sql = "INSERT INTO session (id, account, csrf, agent, address, created, seen, expires)
               VALUES ($1, $2, $3, $4, $5, $6, $6, $7)";
    let csrf = secret::new_secret()?;
    let values = args![secret::kept(&secret), account, csrf, agent, &browser.address, now, now + LIFE];
    tx.execute("opening a session", sql, values).await?;
    tx.execute("noting who was here", "UPDATE account SET seen = $1 WHERE id = $2", args![now, account]).await?;
    Ok(NewSession { secret, account: account.to_owned() })
}
