//! New keys in place of old ones. Boxes notice nothing: each root is signed by the keys of the one before.

use serde_json::json;

use super::roots::{KeyActionError, RootOutcome, call_for_root, in_force, make_waiting, wished};
use super::{Keyring, roots};
use crate::db::args;
use crate::desk::log::{self, Entry};
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::store::Change;
use crate::tuf::Role;

impl Publisher {
    /// Replaces the key of a role, and with it those of the roles that vouch for it: targets → snapshot → timestamp.
    ///
    /// That is what makes a stolen key harmless for boxes to which a thief has served versions from the far future
    /// (TUF specification, 5.3.11): a box drops a timestamp and a snapshot that the keys of its root no longer vouch
    /// for, and with them the versions below which it would not go. A new targets key alone would leave the thief's
    /// snapshot, and its floor for the version of targets, in force.
    ///
    /// With a root key that is offline the new keys wait for its signature, and the old ones go on signing until then.
    pub async fn rotate_key(
        &self,
        region: RegionCode,
        role: Role,
        by: &str,
        now: i64,
    ) -> Result<RootOutcome, KeyActionError> {
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        in_force(&mut change, region).await?;
        let mut plan = wished(&mut change, region).await?;
        let mut ring = Keyring::read(&self.master, &mut change, region).await?;
        if role == Role::Root {
            only_root_here(&ring, &plan.root)?;
            plan.root = [make_waiting(self, &mut change, &mut ring, role, now).await?].into();
        } else {
            for role in [Role::Targets, Role::Snapshot, Role::Timestamp].into_iter().filter(|other| *other >= role) {
                let public = make_waiting(self, &mut change, &mut ring, role, now).await?;
                match role {
                    Role::Targets => plan.targets = public,
                    Role::Snapshot => plan.snapshot = public,
                    _ => plan.timestamp = public,
                }
            }
        }
        let outcome = call_for_root(self, &mut change, region, &plan, now).await?;
        let keys = plan.publics(role).concat();
        let detail = json!({ "role": role.name(), "key": keys, "outcome": outcome });
        note(&mut change, region, now, by, "key-rotate", role.name(), detail).await?;
        self.conclude(change, &[region]).await?;
        Ok(outcome)
    }
}

/// A root that is here and alone can be replaced without anybody's help.
fn only_root_here(ring: &Keyring, root: &std::collections::BTreeSet<String>) -> Result<(), KeyActionError> {
    let is_here = |public: &String| ring.keys.iter().any(|key| key.public == *public && key.secret.is_some());
    if !root.iter().all(is_here) {
        return Err(KeyActionError::OfflineRoot(ring.region));
    }
    if root.len() != 1 {
        return Err(KeyActionError::ManyRoots(ring.region));
    }
    Ok(())
}

/// Notes a step with keys in the region's chain.
pub(super) async fn note(
    change: &mut Change,
    region: RegionCode,
    at: i64,
    account: &str,
    action: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), KeyActionError> {
    log::append(&mut change.tx, Entry { region, at, account, action, object, detail }).await?;
    Ok(())
}

impl Publisher {
    /// Gives up a root that waits for signatures, with the keys that wait for it.
    pub async fn cancel_root(&self, region: RegionCode, by: &str, now: i64) -> Result<u64, KeyActionError> {
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        let pending = roots::pending(&mut change, region).await?.ok_or(KeyActionError::NoRequest(region))?;
        roots::forget_request(&mut change, region).await?;
        let sql = "DELETE FROM region_key WHERE region = $1 AND waiting = 1";
        change.tx.execute("forgetting keys that waited", sql, args![region]).await?;
        let detail = json!({ "version": pending.version });
        note(&mut change, region, now, by, "root-cancel", "root", detail).await?;
        change.commit().await?;
        Ok(pending.version)
    }
}
