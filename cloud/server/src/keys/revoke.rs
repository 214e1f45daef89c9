//! A region above puts new keys in charge of one below, whatever has become of the old ones.
//!
//! # How boxes follow
//!
//! The new root has the version after the last one, is signed by the new keys alone, and is what the region above
//! introduces from now on (`children/<code>.root.json`). A box that trusts the old root finds it as
//! `<n+1>.root.json` too and refuses it there, as it must: the old keys have not signed it. So for the moment nothing of
//! the region reaches it, neither ours nor the thief's. In the same round it learns from the region above, whose keys
//! are untouched, that another root is in charge; it replaces the one that it had and asks again.
//!
//! The order matters only in that the box gives the word of the region above precedence over anything that it was about
//! to accept from the region itself (`app/core/src/sync`, "A round"). A chain of roots that a thief has continued with
//! the old keys, `<n+1>.root.json` and beyond, is left behind with the root that it started from: the next one that the
//! box asks for is `<n+2>.root.json`, and that must be signed by the new keys. All four keys are new, so whatever the
//! thief's timestamp and snapshot have said of versions is void as well.

use serde_json::json;

use super::roots::{KeyActionError, forget_request, in_force};
use super::rotate::note;
use super::{Keyring, NewKey};
use crate::db::args;
use crate::publish::Publisher;
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::repository::{keep_root, sign_from};
use crate::store::Change;
use crate::tuf::{Role, Version};

impl Publisher {
    /// Replaces all keys of a region, in the name of the region above. Its old keys, offline ones included, are worth
    /// nothing afterwards. Returns the version of the new first root.
    pub async fn revoke_child(&self, child: RegionCode, by: &str, now: i64) -> Result<u64, KeyActionError> {
        self.revoke_child_because(child, "", by, now).await
    }

    /// The same with a reason for the log.
    pub async fn revoke_child_because(
        &self,
        child: RegionCode,
        reason: &str,
        by: &str,
        now: i64,
    ) -> Result<u64, KeyActionError> {
        let parent = child.parent().ok_or(KeyActionError::NothingAbove(child))?;
        let mut change = self.store.change().await?;
        // The code of a region above is always the smaller one.
        change.lock(parent).await?;
        change.lock(child).await?;
        let before = in_force(&mut change, child).await?;
        retire_all(&mut change, child, now).await?;
        forget_request(&mut change, child).await?;

        // Not `Keyring::open`, which would take a key over that an earlier version has left on disk.
        let mut keys = Keyring::read(&self.master, &mut change, child).await?;
        for role in Role::ALL {
            let key = NewKey::make(&format!("{child}/{}", role.name()))?;
            keys.add(&self.master, &mut change, role, key, now).await?;
        }
        let version = Version::after(Some(before.version), Role::Root, now);
        let root = new_first_root(&mut change, &keys, version).await?;
        let targets = change.targets(child).await?;
        sign_from(&mut change, &keys, child, Role::Targets, &targets, now).await?;

        let mut drafts = Drafts::new(self, now);
        drafts.name_child(&mut change, parent, child, root).await?;
        drafts.finish(&mut change).await?;
        let detail = json!({ "version": version.version, "retired": before.plan.root, "reason": reason });
        note(&mut change, parent, now, by, "key-revoke", &child.to_string(), detail.clone()).await?;
        note(&mut change, child, now, by, "key-revoked", &parent.to_string(), detail).await?;
        self.conclude(change, &[child, parent]).await?;
        Ok(version.version)
    }
}

async fn new_first_root(change: &mut Change, keys: &Keyring, version: Version) -> Result<Vec<u8>, KeyActionError> {
    let region = keys.region;
    let document = keys.plan()?.document(region, version)?;
    let mut signatures = Vec::new();
    for key in keys.root_keys() {
        signatures.push(keys.signature(key, &document)?);
    }
    let root = keys.assemble(Role::Root, document, signatures)?;
    keep_root(change, region, version, &root).await?;
    let sql = "INSERT INTO first_root (region, version) VALUES ($1, $2)
               ON CONFLICT (region) DO UPDATE SET version = excluded.version";
    change.tx.execute("keeping the new first root", sql, args![region, version.version]).await?;
    Ok(root)
}

/// Nothing that any of the keys has a secret for will be signed with it again.
async fn retire_all(change: &mut Change, region: RegionCode, now: i64) -> Result<(), KeyActionError> {
    let sql = "DELETE FROM region_key WHERE region = $1 AND waiting = 1";
    change.tx.execute("forgetting keys that waited", sql, args![region]).await?;
    let sql = "UPDATE region_key SET secret = NULL, retired = coalesce(retired, $1) WHERE region = $2";
    change.tx.execute("retiring keys", sql, args![now, region]).await?;
    Ok(())
}
