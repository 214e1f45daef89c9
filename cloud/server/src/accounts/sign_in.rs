//! Signing in with a login and a password.

use std::net::IpAddr;

use serde_json::json;

use super::attempts::Who;
use super::people::{account_in, note};
use super::sessions::{self, Browser, NewSession};
use super::{AccountError, Accounts, Login};
use crate::db::args;
use crate::desk::rights::{Actor, Via};

/// What somebody presents.
pub struct Credentials<'a> {
    pub login: &'a str,
    pub password: &'a str,
    pub address: Option<IpAddr>,
    pub browser: Browser,
    /// The cookie that the browser has already; it ends when a new one is given.
    pub previous: Option<&'a str>,
}

impl Accounts {
    /// Opens a session. Unknown logins, disabled accounts and wrong passwords all get [`AccountError::Wrong`] after the
    /// same time.
    pub async fn sign_in(&self, credentials: Credentials<'_>, now: i64) -> Result<NewSession, AccountError> {
        let who = Who::new(credentials.login, credentials.address);
        self.begin_attempt(&who, now).await?;
        let login = credentials.login.parse::<Login>().ok();
        let row = match &login {
            Some(login) => self.password_of(login).await?,
            None => None,
        };
        let phc = row.as_ref().map(|(_, phc)| phc.as_str());
        let is_right = self.hasher.verify(credentials.password, phc).await?;
        let Some((id, _)) = row.filter(|_| is_right) else {
            tracing::warn!(address = ?credentials.address, "somebody could not sign in");
            return Err(AccountError::Wrong);
        };
        self.forget_attempt(&who).await?;
        self.open_session(&id, &credentials.browser, credentials.previous, "password", now).await
    }

    /// Id and PHC string of an account that may sign in with a password.
    async fn password_of(&self, login: &Login) -> Result<Option<(String, String)>, AccountError> {
        let sql = "SELECT id, password FROM account WHERE login = $1 AND disabled = 0 AND password IS NOT NULL";
        Ok(self.publisher.store.db.optional("reading a password", sql, args![login.as_str()]).await?)
    }

    /// Opens a session for an account whose person has been recognised, and notes how.
    pub(super) async fn open_session(
        &self,
        id: &str,
        browser: &Browser,
        previous: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<NewSession, AccountError> {
        self.sweep(now).await?;
        let mut tx = self.publisher.store.db.begin().await?;
        let account = account_in(&mut tx, id).await?;
        if account.disabled {
            return Err(AccountError::Wrong);
        }
        // Before the row, so that whoever disables the account at this moment comes before or after, not between.
        let actor = Actor::new(id, account.name, Vec::new(), Via::CommandLine);
        note(&mut tx, &actor, account.region, "sign-in", id, json!({ "by": by }), now).await?;
        let session = sessions::open(&mut tx, id, browser, previous, now).await?;
        tx.commit().await?;
        Ok(session)
    }
}
