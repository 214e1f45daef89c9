//! Signs what changed in one region's repository, within a transaction.

use std::collections::BTreeMap;

use crate::objects::Stored;
use crate::region::RegionCode;
use crate::store::{Change, StoreError};
use crate::tuf::{Keys, Role, TufError, Version, target_path};

/// Replaced files stay this long for boxes in the middle of an update, in seconds.
const GRACE: i64 = 24 * 60 * 60;

#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tuf(#[from] TufError),
    #[error("region {region} lacks its file {path}")]
    Missing { region: RegionCode, path: String },
}

/// Signs a first or next root. Every root names the same keys and is signed with them, so a box of any age can follow.
pub async fn sign_root(
    change: &mut Change,
    keys: &Keys,
    region: RegionCode,
    now: i64,
) -> Result<Vec<u8>, RepositoryError> {
    let previous = change.versions(region).await?.get(&Role::Root).copied();
    let version = Version::after(previous, Role::Root, now);
    let body = keys.root(version).await?;
    change.keep_file(region, &Role::Root.file(version.version), &body).await?;
    change.keep_version(region, Role::Root, version).await?;
    Ok(body)
}

/// Signs `first` and the roles that vouch for it: targets, then snapshot, then timestamp.
pub async fn sign_from(
    change: &mut Change,
    keys: &Keys,
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
            let body = keys.targets(version, targets).await?;
            signer.keep(Role::Targets, version, body).await?
        }
        false => signer.current(Role::Targets).await?,
    };
    let snapshot_body = match first <= Role::Snapshot {
        true => {
            let version = signer.next(Role::Snapshot);
            let body = keys.snapshot(version, signer.versions[&Role::Targets], &targets_body).await?;
            signer.keep(Role::Snapshot, version, body).await?
        }
        false => signer.current(Role::Snapshot).await?,
    };
    let version = signer.next(Role::Timestamp);
    let body = keys.timestamp(version, signer.versions[&Role::Snapshot], &snapshot_body).await?;
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
