//! The signing keys of regions and of reviewers.
//!
//! Every region has a key for each of the four TUF roles. Secrets lie sealed in the database; a root key may be kept
//! offline, then its secret is not there and the next root waits for a signature made elsewhere. docs/KEYS.md tells the
//! ceremony.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use crate::db::args;
use crate::objects::hex;
use crate::region::RegionCode;
use crate::store::{Change, StoreError};
use crate::tuf::{Role, TufError, key_id};

pub mod people;
pub mod seal;

pub use seal::{Master, SealError};

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("making a key for {0}")]
    Make(String),
    #[error("the key {0} is no Ed25519 key")]
    Unusable(String),
    #[error("reading the earlier keys of region {region} in {path}: {source}")]
    Earlier { region: RegionCode, path: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Tuf(#[from] TufError),
}

/// A new Ed25519 key pair as PKCS #8, and its public half.
pub struct NewKey {
    pub secret: Vec<u8>,
    /// 64 hexadecimal digits.
    pub public: String,
}

impl NewKey {
    pub fn make(of: &str) -> Result<NewKey, KeyError> {
        let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        NewKey::from_pkcs8(secret.map_err(|_| KeyError::Make(of.to_owned()))?.as_ref().to_vec(), of)
    }

    pub fn from_pkcs8(secret: Vec<u8>, of: &str) -> Result<NewKey, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(&secret).map_err(|_| KeyError::Unusable(of.to_owned()))?;
        Ok(NewKey { public: hex(pair.public_key().as_ref()), secret })
    }
}

/// A key of a region.
#[derive(Clone)]
pub struct RegionKey {
    pub role: Role,
    /// 64 hexadecimal digits.
    pub public: String,
    /// PKCS #8; none when it is kept offline.
    pub secret: Option<Vec<u8>>,
    pub created: i64,
    /// Replaced by another; a retired root key still signs the root that follows the last one it was named in.
    pub retired: Option<i64>,
}

/// The keys of one region, current and retired.
pub struct Keyring {
    pub region: RegionCode,
    pub keys: Vec<RegionKey>,
}

type KeyRow = (String, String, Option<Vec<u8>>, i64, Option<i64>);

impl Keyring {
    /// The keys of a region; those that it does not have yet are made. `data` is where earlier versions kept keys as
    /// files: they are taken over.
    pub async fn open(
        data: &Path,
        master: &Master,
        change: &mut Change,
        region: RegionCode,
        now: i64,
    ) -> Result<Keyring, KeyError> {
        let mut ring = Keyring::read(master, change, region).await?;
        for role in Role::ALL {
            if ring.current(role).is_none() {
                let of = name(region, role);
                let key = match earlier(data, region, role)? {
                    Some(secret) => NewKey::from_pkcs8(secret, &of)?,
                    None => NewKey::make(&of)?,
                };
                ring.add(master, change, role, key, now).await?;
            }
        }
        Ok(ring)
    }

    /// The keys that there are.
    pub async fn read(master: &Master, change: &mut Change, region: RegionCode) -> Result<Keyring, KeyError> {
        let sql = "SELECT role, public, secret, created, retired FROM region_key WHERE region = $1 ORDER BY created";
        let rows: Vec<KeyRow> = change.tx.all("reading a region's keys", sql, args![region]).await?;
        let mut keys = Vec::new();
        for (role, public, secret, created, retired) in rows {
            let Some(role) = Role::named(&role) else { continue };
            let secret = secret.map(|sealed| master.open_sealed(&name(region, role), &sealed)).transpose()?;
            keys.push(RegionKey { role, public, secret, created, retired });
        }
        Ok(Keyring { region, keys })
    }

    /// The key that signs for a role now.
    pub fn current(&self, role: Role) -> Option<&RegionKey> {
        self.keys.iter().rev().find(|key| key.role == role && key.retired.is_none())
    }

    /// The keys that sign a root: the current root key, and those that the root before it names (TUF specification, 6.1).
    /// `named` are key ids.
    pub fn root_signers(&self, named: &[String]) -> Vec<&RegionKey> {
        let is_named = |key: &&RegionKey| key_id(&key.public).is_some_and(|id| named.contains(&id));
        let current = self.current(Role::Root);
        let others = self.keys.iter().filter(|key| key.role == Role::Root && key.retired.is_some()).filter(is_named);
        current.into_iter().chain(others).collect()
    }

    /// Adds a key that signs from now on.
    pub async fn add(
        &mut self,
        master: &Master,
        change: &mut Change,
        role: Role,
        key: NewKey,
        now: i64,
    ) -> Result<(), KeyError> {
        let sealed = master.seal(&name(self.region, role), &key.secret)?;
        let sql = "INSERT INTO region_key (region, role, public, secret, created) VALUES ($1, $2, $3, $4, $5)";
        let values = args![self.region, role.name(), &key.public, sealed, now];
        change.tx.execute("keeping a region's key", sql, values).await?;
        let NewKey { secret, public } = key;
        self.keys.push(RegionKey { role, public, secret: Some(secret), created: now, retired: None });
        Ok(())
    }
}

/// What a key's secret is sealed under.
fn name(region: RegionCode, role: Role) -> String {
    format!("{region}/{}", role.name())
}

/// Earlier versions kept each key in a file of its own.
fn earlier(data: &Path, region: RegionCode, role: Role) -> Result<Option<Vec<u8>>, KeyError> {
    let path = data.join("keys").join(region.to_string()).join(role.name());
    match std::fs::read(&path) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Earlier { region, path, source }),
    }
}
