//! People and programs: how they are known, what they have been granted, and how they come in.
//!
//! In reading order: accounts ([`people`]), roles ([`grants`]), who reviews for whom ([`substitutes`]), what they review with ([`keys`]), passwords ([`password`], [`links`]), signing in
//! ([`sign_in`], [`attempts`]), what a browser keeps ([`sessions`]) and what a program presents ([`tokens`]), signing in
//! elsewhere ([`oidc`]), and all of that as parts of a web server ([`web`]).
//!
//! Three rules hold throughout:
//! - An administrator manages accounts that work in his region or below and whose every role lies there. Whoever could
//!   set the password of somebody with more rights would have these rights.
//! - Nobody grants a role to himself.
//! - Secrets that others present (cookies, tokens, links) lie in the database as hashes alone.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use url::Url;

use crate::db::{DbError, args};
use crate::desk::rights::Forbidden;
use crate::export::ExportError;
use crate::keys::{KeyActionError, KeyError};
use crate::publish::{PublishError, Publisher};
use crate::region::RegionCode;
use crate::store::StoreError;

pub mod attempts;
pub mod grants;
pub mod keys;
pub mod links;
pub mod oidc;
pub mod password;
pub mod people;
pub mod secret;
pub mod sessions;
pub mod sign_in;
pub mod substitutes;
pub mod tokens;
pub mod web;

pub use oidc::Oidc;
pub use people::{Account, Login};

use password::{Hasher, WeakPassword};
use substitutes::SubstitutionError;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("`{0}` is no login: 2 to 40 of a-z, 0-9, `.`, `_`, `-` and `@`, beginning with a letter or a digit")]
    Login(String),
    #[error("the login `{0}` is taken")]
    Taken(String),
    #[error("a name has 1 to 40 characters, none of them a control character")]
    Name,
    #[error("there is no account `{0}`")]
    Unknown(String),
    #[error("region {0} is not in the list of divisions, and nothing has been published there")]
    Region(RegionCode),
    #[error("nobody grants a role to himself")]
    Own,
    #[error("this is the last administrator of the province who can sign in")]
    LastAdministrator,
    #[error("the account is disabled")]
    Disabled,
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    #[error("the password is wrong")]
    Wrong,
    #[error("too many failed attempts: wait {seconds} s")]
    Wait { seconds: i64 },
    #[error("too many people sign in at this moment")]
    Busy,
    #[error("the link was used, replaced or has expired")]
    Link,
    #[error("a token has a name of 1 to 40 characters and holds for 1 to 366 days")]
    TokenTerms,
    #[error("a token is made by a person who is signed in, not with another token")]
    TokenByToken,
    #[error("a link for a password is made by a person who is signed in, not with a token")]
    LinkByToken,
    #[error("a token that reviews or administers is made by its own account alone")]
    TokenOfOther,
    #[error("the account does not have this role there")]
    TokenBeyond,
    #[error(transparent)]
    Substitution(#[from] SubstitutionError),
    #[error("signing in at the OpenID provider: {0}")]
    Oidc(String),
    #[error("the OpenID provider knows the person, but no account is linked to it")]
    OidcUnknown,
    #[error("the operating system gives no random numbers")]
    Random,
    #[error("hashing a password: {0}")]
    Hash(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Keys(#[from] KeyActionError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// What the outside of the server looks like.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Under which address people reach the console. With https, cookies are sent over https alone.
    pub public_url: Option<Url>,
    /// Whether a proxy that we trust stands before the server and adds the client's address to `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// Where such proxies are; everybody who connects counts as one when none is named.
    pub proxies: Vec<IpNet>,
}

impl Settings {
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Whether what this address says of others is to be believed.
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.behind_proxy && (self.proxies.is_empty() || self.proxies.iter().any(|network| network.contains(&peer)))
    }
}

/// Everything about accounts that a server shares among its requests.
pub struct Accounts {
    pub publisher: Publisher,
    pub settings: Settings,
    pub oidc: Option<Oidc>,
    repeats: web::once::Repeats,
    hasher: Hasher,
}

impl Accounts {
    pub fn new(publisher: Publisher, settings: Settings) -> Result<Accounts, AccountError> {
        Ok(Accounts { publisher, settings, oidc: None, repeats: Default::default(), hasher: Hasher::new()? })
    }

    /// Lets people sign in at an OpenID provider too.
    pub fn with_oidc(mut self, oidc: Oidc) -> Accounts {
        self.oidc = Some(oidc);
        self
    }

    pub fn shared(self) -> Arc<Accounts> {
        Arc::new(self)
    }

    /// Forgets what has expired: sessions, links, and attempts that no longer count.
    pub async fn sweep(&self, now: i64) -> Result<(), AccountError> {
        let db = &self.publisher.store.db;
        let sql = "DELETE FROM session WHERE expires <= $1 OR seen <= $2";
        db.execute("forgetting sessions", sql, args![now, now - sessions::IDLE]).await?;
        db.execute("forgetting links", "DELETE FROM password_link WHERE expires <= $1", args![now]).await?;
        let sql = "DELETE FROM attempt WHERE since <= $1";
        db.execute("forgetting attempts", sql, args![now - attempts::WINDOW]).await?;
        Ok(())
    }
}
