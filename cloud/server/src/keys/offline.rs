//! Root keys that are kept offline: taken out of the database, or made where no network is.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::roots::{KeyActionError, RootOutcome, call_for_root, in_force, wished};
use super::rotate::note;
use super::{Keyring, NewKey, earlier_path, pem};
use crate::db::args;
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::store::Change;
use crate::tuf::Role;

/// Root keys of one region; nobody gets more people around a table.
const MOST_KEYS: usize = 15;

impl Publisher {
    /// Writes the root key of a region into a new file, for its owner alone to read. The key stays here as well until
    /// [`Publisher::confirm_root`] has seen that the file can be read. Returns the public key.
    pub async fn export_root(
        &self,
        region: RegionCode,
        out: &Path,
        by: &str,
        now: i64,
    ) -> Result<String, KeyActionError> {
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        in_force(&mut change, region).await?;
        let ring = Keyring::read(&self.master, &mut change, region).await?;
        let key = ring.root_keys().find(|key| key.secret.is_some());
        let (key, secret) =
            key.and_then(|key| Some((key, key.secret.clone()?))).ok_or(KeyActionError::NothingToExport(region))?;
        let new = NewKey { secret, public: key.public.clone() };
        pem::write_secret(out, &new)?;
        note(&mut change, region, now, by, "root-export", &key.public, json!({})).await?;
        change.commit().await?;
        Ok(new.public)
    }

    /// Removes a root key from the database after its file was read again and found to be the same key: from now on
    /// every root of the region waits for a signature made with the file. Returns the public key.
    pub async fn confirm_root(
        &self,
        region: RegionCode,
        file: &Path,
        by: &str,
        now: i64,
    ) -> Result<String, KeyActionError> {
        // Reading it derives the public key from the secret, so equal public keys mean equal secrets.
        let public = pem::read_secret(file)?.public;
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        in_force(&mut change, region).await?;
        let ring = Keyring::read(&self.master, &mut change, region).await?;
        if !ring.root_keys().any(|key| key.secret.is_some() && key.public == public) {
            return Err(KeyActionError::NotExported { region, public });
        }
        let sql = "UPDATE region_key SET secret = NULL WHERE region = $1 AND role = $2 AND public = $3";
        let values = args![region, Role::Root.name(), &public];
        change.tx.execute("taking a root key offline", sql, values).await?;
        note(&mut change, region, now, by, "root-offline", &public, json!({})).await?;
        change.commit().await?;
        self.remove_earlier_root(region);
        Ok(public)
    }

    /// Names root keys that were made elsewhere: the next root asks for `threshold` of their signatures. It waits until
    /// enough of them, and of those before, have signed. Keys that are root keys already may be among them.
    pub async fn adopt_root(
        &self,
        region: RegionCode,
        publics: &BTreeSet<String>,
        threshold: u64,
        by: &str,
        now: i64,
    ) -> Result<RootOutcome, KeyActionError> {
        let keys = publics.len();
        if threshold == 0 || threshold > keys as u64 || keys > MOST_KEYS {
            return Err(KeyActionError::Threshold { threshold, keys, most: MOST_KEYS });
        }
        let mut change = self.store.change().await?;
        change.lock(region).await?;
        let in_force = in_force(&mut change, region).await?;
        let mut plan = wished(&mut change, region).await?;
        let mut ring = Keyring::read(&self.master, &mut change, region).await?;
        for public in publics {
            let is_known = in_force.plan.root.contains(public)
                || ring.keys.iter().any(|key| key.waiting && key.role == Role::Root && key.public == *public);
            if !is_known {
                unused(&mut change, public).await?;
                ring.add_waiting(&self.master, &mut change, Role::Root, public.clone(), None, now).await?;
            }
        }
        plan.root = publics.clone();
        plan.threshold = threshold;
        let outcome = call_for_root(self, &mut change, region, &plan, now).await?;
        let detail = json!({ "keys": publics, "threshold": threshold, "outcome": outcome });
        note(&mut change, region, now, by, "root-adopt", "root", detail).await?;
        self.conclude(change, &[region]).await?;
        Ok(outcome)
    }

    /// Earlier versions kept the key in a file, which must not stay behind when the key is offline.
    fn remove_earlier_root(&self, region: RegionCode) {
        let path = earlier_path(&self.data, region, Role::Root);
        match std::fs::remove_file(&path) {
            Ok(()) => tracing::info!(path = %path.display(), "removed the root key of an earlier version"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, path = %path.display(), "remove this root key by hand"),
        }
    }
}

/// A root names neither its region nor anything else that a signature for another region's root would not fit, so a key
/// is used once.
async fn unused(change: &mut Change, public: &str) -> Result<(), KeyActionError> {
    let sql = "SELECT region, role FROM region_key WHERE public = $1 ORDER BY region, role LIMIT 1";
    let row: Option<(String, String)> = change.tx.optional("looking for a key", sql, args![public]).await?;
    match row.and_then(|(region, role)| Some((region.parse().ok()?, role))) {
        Some((region, role)) => Err(KeyActionError::InUse { public: public.to_owned(), role, region }),
        None => Ok(()),
    }
}
