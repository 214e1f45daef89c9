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

/// Signs the first root of a region with the keys made for it. Those that follow it go through [`crate::keys::roots`].
pub async fn sign_first_root(
    change: &mut Change,
    keys: &Keyring,
    region: RegionCode,
    now: i64,
) -> Result<Vec<u8>, RepositoryError> {
    change.may_sign(&format!("region {region}"), now, None)?;
    let version = Version::after(None, Role::Root, now);
    let document = keys.plan()?.document(region, version)?;
    let mut signatures = Vec::new();
    for key in keys.root_keys() {
        signatures.push(keys.signature(key, &document)?);
    }
    let body = keys.assemble(Role::Root, document, signatures)?;
    keep_root(change, region, version, &body).await?;
    Ok(body)
}

/// The root in force: its version and its whole file.
pub async fn current_root(change: &mut Change, region: RegionCode) -> Result<(Version, Vec<u8>), RepositoryError> {
    let missing = |path: String| RepositoryError::Missing { region, path };
    let version = change.versions(region).await?.get(&Role::Root).copied();
    let version = version.ok_or_else(|| missing(Role::Root.file(1)))?;
    let path = Role::Root.file(version.version);
    match change.file(region, &path).await? {
        Some(body) => Ok((version, body)),
        None => Err(missing(path)),
    }
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

/// Signs `first` and the roles that vouch for it: targets, then snapshot, then timestamp. What boxes may have seen in a
/// higher version than there is gets a higher one in any case, and with it what vouches for it.
pub async fn sign_from(
    change: &mut Change,
    keys: &Keyring,
    region: RegionCode,
    first: Role,
    targets: &BTreeMap<String, Stored>,
    now: i64,
) -> Result<(), RepositoryError> {
    let floors = change.floors(region).await?;
    let mut signer = Signer { change, region, versions: BTreeMap::new(), floors, now };
    signer.versions = signer.change.versions(region).await?;
    let last = signer.versions.get(&Role::Timestamp).map(|version| version.expires - Role::Timestamp.lifetime());
    signer.change.may_sign(&format!("region {region}"), now, last)?;
    let below = Role::ALL.into_iter().find(|role| signer.is_below_floor(*role));
    let first = below.map_or(first, |role| role.min(first));
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
    floors: BTreeMap<Role, u64>,
    now: i64,
}

impl Signer<'_> {
    fn next(&self, role: Role) -> Version {
        let next = Version::after(self.versions.get(&role).copied(), role, self.now);
        let floor = self.floors.get(&role).copied().unwrap_or(0);
        Version { version: next.version.max(floor + 1), ..next }
    }

    fn is_below_floor(&self, role: Role) -> bool {
        let version = self.versions.get(&role).map_or(0, |version| version.version);
        self.floors.get(&role).is_some_and(|floor| version <= *floor)
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
