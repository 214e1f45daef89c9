//! Signs metadata anew before they expire. Only repositories that exist are signed, and of those only what is due: for
//! most of a week nothing, then one timestamp per region, about 30 µs each.

use std::collections::BTreeSet;

use crate::keys::Keyring;
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::repository::{RepositoryError, sign_from, sign_root};
use crate::store::Change;
use crate::tuf::Role;

/// Regions signed in one transaction, so that a publisher does not wait long.
const BATCH: i64 = 200;

/// Signs everything that is due at `now` and returns the regions that changed.
pub async fn renew_due(publisher: &Publisher, now: i64) -> Result<Vec<RegionCode>, RepositoryError> {
    let mut changed = BTreeSet::new();
    for role in Role::ALL {
        loop {
            let due = publisher.store.expiring(role, now + role.margin(), BATCH).await?;
            if due.is_empty() {
                break;
            }
            let mut change = publisher.store.change().await?;
            for &region in &due {
                renew(publisher, &mut change, region, now).await?;
            }
            change.commit().await?;
            changed.extend(due);
        }
    }
    Ok(changed.into_iter().collect())
}

/// Signs what is due in one region. Another process may have done so since the region was found: then nothing is.
async fn renew(
    publisher: &Publisher,
    change: &mut Change,
    region: RegionCode,
    now: i64,
) -> Result<(), RepositoryError> {
    let versions = change.versions(region).await?;
    let due = |role: Role| versions.get(&role).is_some_and(|version| version.expires < now + role.margin());
    let keys = Keyring::open(&publisher.data, &publisher.master, change, region, now).await?;
    if due(Role::Root) {
        sign_root(change, &keys, region, now).await?;
    }
    // What vouches for a role is signed with it.
    if let Some(first) = [Role::Targets, Role::Snapshot, Role::Timestamp].into_iter().find(|&role| due(role)) {
        let targets = change.targets(region).await?;
        sign_from(change, &keys, region, first, &targets, now).await?;
    }
    Ok(())
}
