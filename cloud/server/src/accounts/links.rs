//! Setting a password: with a one-time link, or by whoever knows the one before.

use serde_json::json;

use super::attempts::Who;
use super::password::Password;
use super::people::{account_in, end_everything, managed, note};
use super::{AccountError, Accounts, Login, secret};
use crate::db::{Tx, args};
use crate::desk::rights::{Actor, Via};

/// How long a link holds, in seconds.
pub const LINK_LIFE: i64 = 24 * 3_600;

impl Accounts {
    /// Makes a link's secret, with which the account's password is set once; earlier ones no longer hold. No token makes
    /// one: a stolen token could become a session, and a session makes tokens.
    pub async fn new_password_link(&self, actor: &Actor, id: &str, now: i64) -> Result<String, AccountError> {
        if matches!(actor.via, Via::Token(_)) {
            return Err(AccountError::LinkByToken);
        }
        let secret = secret::new_secret()?;
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        if account.disabled {
            return Err(AccountError::Disabled);
        }
        change.tx.execute("ending links", "DELETE FROM password_link WHERE account = $1", args![id]).await?;
        let sql = "INSERT INTO password_link (secret, account, expires) VALUES ($1, $2, $3)";
        let values = args![secret::kept(&secret), id, now + LINK_LIFE];
        change.tx.execute("making a link", sql, values).await?;
        note(&mut change.tx, actor, account.region, "password-link", id, json!({}), now).await?;
        change.commit().await?;
        Ok(secret)
    }

    /// Whose password a link sets: login and name.
    pub async fn password_link(&self, link: &str, now: i64) -> Result<(Login, String), AccountError> {
        let sql = "SELECT a.login, a.name FROM password_link l JOIN account a ON a.id = l.account
                   WHERE l.secret = $1 AND l.expires > $2 AND a.disabled = 0 AND a.login IS NOT NULL";
        let values = args![secret::kept(link), now];
        let row: Option<(String, String)> = self.publisher.store.db.optional("reading a link", sql, values).await?;
        let (login, name) = row.ok_or(AccountError::Link)?;
        Ok((login.parse()?, name))
    }

    /// Sets the password that a link is for. The link is used up, and whoever was signed in is so no longer.
    pub async fn use_password_link(&self, link: &str, password: &str, now: i64) -> Result<(), AccountError> {
        let (login, _) = self.password_link(link, now).await?;
        // Hashed before the transaction, which then holds nobody up.
        let hash = self.hasher.hash(&Password::new(&login, password)?).await?;
        let mut change = self.account_change().await?;
        let sql = "DELETE FROM password_link WHERE secret = $1 AND expires > $2 RETURNING account";
        let values = args![secret::kept(link), now];
        let row: Option<(String,)> = change.tx.optional("using a link", sql, values).await?;
        let (id,) = row.ok_or(AccountError::Link)?;
        let account = account_in(&mut change.tx, &id).await?;
        if account.disabled {
            return Err(AccountError::Disabled);
        }
        keep_password(&mut change.tx, &id, &hash).await?;
        end_sessions(&mut change.tx, &id, None).await?;
        // A person who has just proved to be the one need not wait for what others have guessed.
        let actor = Actor::new(&id, account.name, Vec::new(), Via::CommandLine);
        note(&mut change.tx, &actor, account.region, "password-set", &id, json!({ "by": "link" }), now).await?;
        change.commit().await?;
        self.forget_attempt(&Who::new(login.as_str(), None)).await
    }

    /// Sets a password without a link, as the command line does. Sessions, links and tokens end.
    pub async fn set_password(&self, actor: &Actor, id: &str, password: &str, now: i64) -> Result<(), AccountError> {
        let login: Login = self.account(id).await?.login.parse()?;
        let hash = self.hasher.hash(&Password::new(&login, password)?).await?;
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        keep_password(&mut change.tx, id, &hash).await?;
        end_everything(&mut change.tx, id, now).await?;
        note(&mut change.tx, actor, account.region, "password-set", id, json!({ "by": "administrator" }), now).await?;
        change.commit().await?;
        self.forget_attempt(&Who::new(login.as_str(), None)).await
    }

    /// Sets one's own password. All other sessions end.
    pub async fn change_password(
        &self,
        actor: &Actor,
        before: &str,
        password: &str,
        now: i64,
    ) -> Result<(), AccountError> {
        let account = self.account(&actor.account).await?;
        let login: Login = account.login.parse()?;
        let who = Who::new(login.as_str(), None);
        self.begin_attempt(&who, now).await?;
        let sql = "SELECT password FROM account WHERE id = $1";
        let (phc,): (Option<String>,) =
            self.publisher.store.db.one("reading a password", sql, args![&account.id]).await?;
        if !self.hasher.verify(before, phc.as_deref()).await? {
            return Err(AccountError::Wrong);
        }
        self.forget_attempt(&who).await?;
        let hash = self.hasher.hash(&Password::new(&login, password)?).await?;
        let mut change = self.account_change().await?;
        keep_password(&mut change.tx, &account.id, &hash).await?;
        let own = match &actor.via {
            Via::Session(id) => Some(id.as_str()),
            Via::Token(_) | Via::CommandLine => None,
        };
        end_sessions(&mut change.tx, &account.id, own).await?;
        let detail = json!({ "by": "owner" });
        note(&mut change.tx, actor, account.region, "password-set", &account.id, detail, now).await?;
        Ok(change.commit().await?)
    }
}

async fn keep_password(tx: &mut Tx, id: &str, hash: &str) -> Result<(), AccountError> {
    let sql = "UPDATE account SET password = $1 WHERE id = $2";
    tx.execute("keeping a password", sql, args![hash, id]).await?;
    Ok(())
}

async fn end_sessions(tx: &mut Tx, id: &str, but: Option<&str>) -> Result<(), AccountError> {
    let sql = "DELETE FROM session WHERE account = $1 AND id <> $2";
    tx.execute("ending sessions", sql, args![id, but.unwrap_or("")]).await?;
    Ok(())
}
