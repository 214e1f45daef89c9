//! Signs what changed in one region's repository, within a transaction.

use std::collections::BTreeMap;

use crate::db::args;
use crate::keys::{KeyError, Keyring};
use crate::objects::Stored;
use crate::region::RegionCode;
use crate::store::{Change, StoreError};
use crate::tuf::{Role, TufError, Version, target_path};

/// Replaced files stay this long for boxes in the middle of an update, in seconds.
const GRACE: i64 = 24 * 60 * 60;

#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error(transparent)]
    Tuf(#[from] TufError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("region {region} lacks its file {path}")]
    Missing { region: RegionCode, path: String },
}

/// Signs a first or next root with the current root key and with those it follows, so that a box of any age can follow.
/// A key that is offline makes this an error.
pub async fn sign_root(
    change: &mut Change,
    keys: &Keyring,
    region: RegionCode,
    now: i64,
) -> Result<Vec<u8>, RepositoryError> {
    let previous = change.versions(region).await?.get(&Role::Root).copied();
    let version = Version::after(previous, Role::Root, now);
    let document = keys.root_document(version)?;
    let named = match previous {
        Some(previous) => root_keys(change, region, previous).await?,
        None => Vec::new(),
    };
    let mut signatures = Vec::new();
    for key in keys.root_signers(&named) {
        signatures.push(keys.signature(key, &document)?);
    }
    let body = keys.assemble(Role::Root, document, signatures)?;
    keep_root(change, region, version, &body).await?;
    Ok(body)
}

/// Ids of the root keys that a published root names.
pub async fn root_keys(change: &mut Change, region: RegionCode, root: Version) -> Result<Vec<String>, RepositoryError> {
    let path = Role::Root.file(root.version);
    let body = change.file(region, &path).await?;
    let body = body.ok_or_else(|| RepositoryError::Missing { region, path })?;
    let document: serde_json::Value =
        serde_json::from_slice(&body).map_err(crate::store::unreadable("root", region))?;
    let ids = document["signed"]["roles"]["root"]["keyids"].as_array().into_iter().flatten();
    Ok(ids.filter_map(|id| id.as_str().map(str::to_owned)).collect())
}

/// Takes a signed root into the repository.
pub async fn keep_root(
    change: &mut Change,
    region: RegionCode,
    version: Version,
    body: &[u8],
) -> Result<(), RepositoryError> {
    change.keep_file(region, &Role::Root.file(version.version), body).await?;
    change.keep_version(region, Role::Root, version).await?;
    Ok(())
}

/// The root with which the region above introduces this one: the first, unless the region above has put new keys in
/// charge since.
pub async fn first_root(change: &mut Change, region: RegionCode) -> Result<Option<Vec<u8>>, RepositoryError> {
    let sql = "SELECT version FROM first_root WHERE region = $1";
    let row: Option<(i64,)> = change.tx.optional("reading the first root", sql, args![region]).await?;
    let version = row.map_or(1, |(version,)| version as u64);
    Ok(change.file(region, &Role::Root.file(version)).await?)
}

/// Signs `first` and the roles that vouch for it: targets, then snapshot, then timestamp.
pub async fn sign_from(
    change: &mut Change,
    keys: &Keyring,
    region: RegionCode,
    first: Role,
    targets: &BTreeMap<String, Stored>,
    now: i64,
) -> Result<(), RepositoryError> {
    let mut signer = Signer { change, region, versions: BTreeMap::new(), now };
    signer.versions = signer.change.versions(region).await?;
    let targets_body = match first <= Role::Targets {
        true => {
            let version = signer.next(Role::Targets);
            let body = keys.targets(version, targets)?;
            signer.keep(Role::Targets, version, body).await?
        }
        false => signer.current(Role::Targets).await?,
    };
    let snapshot_body = match first <= Role::Snapshot {
        true => {
            let version = signer.next(Role::Snapshot);
            let body = keys.snapshot(version, signer.versions[&Role::Targets], &targets_body)?;
            signer.keep(Role::Snapshot, version, body).await?
        }
        false => signer.current(Role::Snapshot).await?,
    };
    let version = signer.next(Role::Timestamp);
    let body = keys.timestamp(version, signer.versions[&Role::Snapshot], &snapshot_body)?;
    signer.keep(Role::Timestamp, version, body).await?;

    let roles = signer.versions.iter().map(|(role, version)| role.file(version.version));
    let files = targets.iter().map(|(name, stored)| target_path(name, &stored.sha256));
    let current: Vec<String> = roles.chain(files).collect();
    change.supersede(region, &current, now, now - GRACE).await?;
    Ok(())
}

struct Signer<'a> {
    change: &'a mut Change,
    region: RegionCode,
    versions: BTreeMap<Role, Version>,
    now: i64,
}

impl Signer<'_> {
    fn next(&self, role: Role) -> Version {
        Version::after(self.versions.get(&role).copied(), role, self.now)
    }

    async fn keep(&mut self, role: Role, version: Version, body: Vec<u8>) -> Result<Vec<u8>, RepositoryError> {
        self.change.keep_file(self.region, &role.file(version.version), &body).await?;
        self.change.keep_version(self.region, role, version).await?;
        self.versions.insert(role, version);
        Ok(body)
    }

    async fn current(&mut self, role: Role) -> Result<Vec<u8>, RepositoryError> {
        let path = role.file(self.versions.get(&role).map_or(0, |version| version.version));
        match self.change.file(self.region, &path).await? {
            Some(body) => Ok(body),
            None => Err(RepositoryError::Missing { region: self.region, path }),
        }
    }
}
