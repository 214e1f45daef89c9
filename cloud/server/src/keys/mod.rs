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
use crate::tuf::{Role, RootPlan, TufError};

pub mod master;
pub mod people;
pub mod pem;
pub mod request;
pub mod roots;
pub mod rotate;
pub mod offline;
pub mod import;
pub mod revoke;
pub mod reviewers;
pub mod seal;
pub mod status;

pub use roots::{KeyActionError, RootOutcome};
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
    #[error("the key {0} was revoked")]
    Revoked(String),
    #[error("the key {public} of {account} is on a token of its own: the signature has to be made there")]
    Elsewhere { account: String, public: String },
    #[error("the key of {0} is kept here: approvals are signed here")]
    Here(String),
    #[error(
        "the statement of {at} was not signed within a quarter of an hour, or is older than the key's place among the reviewers"
    )]
    Stale { at: i64 },
    #[error("this is no signature of the key {public} of {account} over the approval")]
    Signature { account: String, public: String },
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
    /// Signs nothing yet: the root that names it waits for signatures.
    pub waiting: bool,
    /// No longer named by the root in force; its secret is gone.
    pub retired: Option<i64>,
}

impl RegionKey {
    fn is_in_force(&self) -> bool {
        !self.waiting && self.retired.is_none()
    }
}

/// The keys of one region: waiting, in force and retired. What is in force is said by the published root alone; the
/// table follows it in the same transaction.
pub struct Keyring {
    pub region: RegionCode,
    pub keys: Vec<RegionKey>,
}

type KeyRow = (String, String, Option<Vec<u8>>, i64, i64, Option<i64>);

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
        let sql = "SELECT role, public, secret, created, waiting, retired FROM region_key WHERE region = $1
                   ORDER BY created, public";
        let rows: Vec<KeyRow> = change.tx.all("reading a region's keys", sql, args![region]).await?;
        let mut keys = Vec::new();
        for (role, public, secret, created, waiting, retired) in rows {
            let Some(role) = Role::named(&role) else { continue };
            let secret = secret.map(|sealed| master.open_sealed(&name(region, role), &sealed)).transpose()?;
            keys.push(RegionKey { role, public, secret, created, waiting: waiting != 0, retired });
        }
        Ok(Keyring { region, keys })
    }

    /// The key that signs for a role now.
    pub fn current(&self, role: Role) -> Option<&RegionKey> {
        self.keys.iter().rev().find(|key| key.role == role && key.is_in_force())
    }

    /// The root keys in force.
    pub fn root_keys(&self) -> impl Iterator<Item = &RegionKey> {
        self.keys.iter().filter(|key| key.role == Role::Root && key.is_in_force())
    }

    /// What the first root names: the keys that are here.
    pub fn plan(&self) -> Result<RootPlan, TufError> {
        let region = self.region;
        let public = |role: Role| {
            let key = self.current(role).ok_or(TufError::NoKey { region, role: role.name() })?;
            Ok::<_, TufError>(key.public.clone())
        };
        Ok(RootPlan {
            root: [public(Role::Root)?].into(),
            threshold: 1,
            targets: public(Role::Targets)?,
            snapshot: public(Role::Snapshot)?,
            timestamp: public(Role::Timestamp)?,
        })
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
        let NewKey { secret, public } = key;
        self.insert(
            master,
            change,
            RegionKey { role, public, secret: Some(secret), created: now, waiting: false, retired: None },
        )
        .await
    }

    /// Adds a key that signs from the publication of a root on that names it. Without a secret it is kept offline.
    pub async fn add_waiting(
        &mut self,
        master: &Master,
        change: &mut Change,
        role: Role,
        public: String,
        secret: Option<Vec<u8>>,
        now: i64,
    ) -> Result<(), KeyError> {
        self.insert(master, change, RegionKey { role, public, secret, created: now, waiting: true, retired: None })
            .await
    }

    async fn insert(&mut self, master: &Master, change: &mut Change, key: RegionKey) -> Result<(), KeyError> {
        let name = name(self.region, key.role);
        let sealed = key.secret.as_ref().map(|secret| master.seal(&name, secret)).transpose()?;
        let sql = "INSERT INTO region_key (region, role, public, secret, created, waiting)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = args![self.region, key.role.name(), &key.public, sealed, key.created, key.waiting];
        change.tx.execute("keeping a region's key", sql, values).await?;
        self.keys.push(key);
        Ok(())
    }
}

/// What a key's secret is sealed under.
fn name(region: RegionCode, role: Role) -> String {
    format!("{region}/{}", role.name())
}

/// Where earlier versions kept a key, each in a file of its own.
fn earlier_path(data: &Path, region: RegionCode, role: Role) -> std::path::PathBuf {
    data.join("keys").join(region.to_string()).join(role.name())
}

fn earlier(data: &Path, region: RegionCode, role: Role) -> Result<Option<Vec<u8>>, KeyError> {
    let path = earlier_path(data, region, role);
    match std::fs::read(&path) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Earlier { region, path, source }),
    }
}
