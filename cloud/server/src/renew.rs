//! Signs metadata anew before they expire. Only repositories that exist are signed, and of those only what is due: for
//! most of a week nothing, then one timestamp per region, about 30 µs each.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::args;
use crate::keys::roots::renew_root;
use crate::keys::{KeyActionError, Keyring, RootOutcome};
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::repository::sign_from;
use crate::store::{Behind, Change, StoreError, expiries};
use crate::tuf::{Role, Version};

/// Regions signed in one transaction, so that a publisher does not wait long.
const BATCH: i64 = 200;

/// Signs everything that is due at `now` and returns the regions that changed. A root whose keys are offline is put down
/// as a request for their signatures; everything else of its region is renewed as ever. A region that cannot be signed is
/// named in the program's log and keeps nobody else from being renewed.
pub async fn renew_due(publisher: &Publisher, now: i64) -> Result<Vec<RegionCode>, KeyActionError> {
    let mut changed = BTreeSet::new();
    // Codes that were given up so long ago that nobody follows them any more count as those that cannot be signed.
    let given_up = now - publisher.keep_moved;
    let moved = crate::moves::closed(&publisher.store.db).await?;
    let mut failed: BTreeSet<RegionCode> =
        moved.into_iter().filter(|(.., at)| *at < given_up).map(|(region, ..)| region).collect();
    for role in Role::ALL {
        // A region that fails stays due, so the next batch begins behind this one.
        let mut behind = Behind::BEGINNING;
        loop {
            let due = match role {
                Role::Root => expiring_roots(publisher, now, behind).await?,
                role => publisher.store.expiring(role, now + role.margin(), behind, BATCH).await?,
            };
            let Some(&last) = due.last() else { break };
            behind = last;
            let regions: BTreeSet<RegionCode> = due.into_iter().map(|place| place.region).collect();
            let regions: Vec<RegionCode> = regions.difference(&failed).copied().collect();
            renew_batch(publisher, &regions, now, &mut changed, &mut failed).await;
        }
    }
    warn_of_waiting(publisher, now).await?;
    Ok(changed.into_iter().collect())
}

/// Signs regions, in the order of their codes, in one transaction: a commit costs far more than a signature. When one of
/// them fails, each gets a transaction of its own.
async fn renew_batch(
    publisher: &Publisher,
    regions: &[RegionCode],
    now: i64,
    changed: &mut BTreeSet<RegionCode>,
    failed: &mut BTreeSet<RegionCode>,
) {
    match renew_together(publisher, regions, now).await {
        Ok(signed) => return changed.extend(signed),
        Err(error) => tracing::warn!(%error, "regions that are due are signed one by one"),
    }
    for &region in regions {
        match renew_together(publisher, &[region], now).await {
            Ok(signed) => changed.extend(signed),
            Err(error) => {
                tracing::error!(%error, %region, "signing a region's metadata before they expire");
                failed.insert(region);
            }
        }
    }
}

/// Signs regions in one transaction, and returns those that changed.
async fn renew_together(
    publisher: &Publisher,
    regions: &[RegionCode],
    now: i64,
) -> Result<Vec<RegionCode>, KeyActionError> {
    let mut signed = Vec::new();
    if regions.is_empty() {
        return Ok(signed);
    }
    let mut change = publisher.store.change().await?;
    for &region in regions {
        change.lock(region).await?;
        if renew(publisher, &mut change, region, now).await? {
            signed.push(region);
        }
    }
    change.commit().await?;
    Ok(signed)
}

/// Regions whose root expires soon and that have not asked for signatures lately. A request grows old as well: its
/// document carries the expiry of the day on which it was made.
async fn expiring_roots(publisher: &Publisher, now: i64, behind: Behind) -> Result<Vec<Behind>, StoreError> {
    let sql = "SELECT expires, region FROM role WHERE role = 'root' AND expires < $1 AND NOT EXISTS
               (SELECT 1 FROM root_request q WHERE q.region = role.region AND q.created >= $2)
               AND (expires, region) > ($3, $4) ORDER BY expires, region LIMIT $5";
    let (margin, lifetime) = (Role::Root.margin(), Role::Root.lifetime());
    let values = args![now + margin, now + margin - lifetime, behind.expires, behind.region, BATCH];
    Ok(expiries(publisher.store.db.all("looking for roots that expire", sql, values).await?))
}

/// Signs what is due in one region, and returns whether that was anything. Another process may have done so since the
/// region was found: then nothing is.
async fn renew(
    publisher: &Publisher,
    change: &mut Change,
    region: RegionCode,
    now: i64,
) -> Result<bool, KeyActionError> {
    let is_due = |versions: &BTreeMap<Role, Version>, role: Role| {
        versions.get(&role).is_some_and(|version| version.expires < now + role.margin())
    };
    let mut signed = false;
    let versions = change.versions(region).await?;
    if is_due(&versions, Role::Root) && !has_fresh_request(change, region, now).await? {
        signed = matches!(renew_root(publisher, change, region, now).await?, RootOutcome::Published { .. });
    }
    // What vouches for a role is signed with it. A new root has had some signed already.
    let versions = change.versions(region).await?;
    let due = [Role::Targets, Role::Snapshot, Role::Timestamp].into_iter().find(|&role| is_due(&versions, role));
    if let Some(first) = due {
        let keys = Keyring::open(&publisher.data, &publisher.master, change, region, now).await?;
        let targets = change.targets(region).await?;
        sign_from(change, &keys, region, first, &targets, now).await?;
        signed = true;
    }
    Ok(signed)
}

async fn has_fresh_request(change: &mut Change, region: RegionCode, now: i64) -> Result<bool, StoreError> {
    let sql = "SELECT created FROM root_request WHERE region = $1 AND created >= $2";
    let values = args![region, now + Role::Root.margin() - Role::Root.lifetime()];
    Ok(change.tx.optional::<(i64,)>("looking for what waits for signatures", sql, values).await?.is_some())
}

/// Says which roots will expire unless somebody brings signatures.
async fn warn_of_waiting(publisher: &Publisher, now: i64) -> Result<(), StoreError> {
    let sql = "SELECT q.region, r.expires FROM root_request q JOIN role r ON r.region = q.region AND r.role = 'root'
               WHERE r.expires < $1 ORDER BY r.expires LIMIT $2";
    let rows: Vec<(String, i64)> = publisher
        .store
        .db
        .all("listing what waits for signatures", sql, args![now + Role::Root.margin(), BATCH])
        .await?;
    for (region, expires) in rows {
        let days = (expires - now) / (24 * 60 * 60);
        tracing::warn!(
            region,
            days,
            "the root expires and its keys are offline; see `yuexiang-cloud keys request {region}`"
        );
    }
    Ok(())
}
