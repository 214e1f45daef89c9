//! The master key and the database belong together. One that is missing or another one opens nothing of what is sealed, so
//! the program does not start with it, and never makes a new one beside keys that it would not open: what was sealed from
//! then on would be lost with the return of the right one.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::seal::{Master, SealError};
use super::{KeyError, name};
use crate::db::args;
use crate::desk::log::{self, Entry};
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::store::Store;
use crate::tuf::Role;

/// Where an installation has its master key.
pub fn path(data: &Path) -> PathBuf {
    data.join("keys").join("master")
}

/// The master key that opens what is sealed in this database; a new one when nothing is.
pub async fn open(data: &Path, store: &Store) -> Result<Master, KeyError> {
    let path = path(data);
    match Master::read(&path)? {
        Some(master) => {
            check(&path, &master, store).await?;
            Ok(master)
        }
        None => match sealed(store).await? {
            0 => {
                let master = Master::make(&path)?;
                // Somebody may have put his own there and sealed with it in the meantime.
                check(&path, &master, store).await?;
                Ok(master)
            }
            keys => Err(SealError::Missing { path, keys }.into()),
        },
    }
}

/// How many secrets are sealed.
async fn sealed(store: &Store) -> Result<i64, KeyError> {
    let sql = "SELECT (SELECT count(*) FROM region_key WHERE secret IS NOT NULL)
               + (SELECT count(*) FROM person_key WHERE secret IS NOT NULL)";
    let (keys,): (i64,) = store.db.one("counting what is sealed", sql, args![]).await?;
    Ok(keys)
}

/// Opens the oldest and the newest secret of each kind. A database in which two master keys have sealed is found out by
/// that, whichever of them is there now.
async fn check(path: &Path, master: &Master, store: &Store) -> Result<(), KeyError> {
    for order in ["", "DESC"] {
        let sql = format!(
            "SELECT region, role, secret FROM region_key WHERE secret IS NOT NULL
             ORDER BY created {order}, region {order}, role {order} LIMIT 1"
        );
        let row: Option<(String, String, Vec<u8>)> = store.db.optional("reading a sealed key", &sql, args![]).await?;
        if let Some((region, role, secret)) = row {
            // A role that this version does not know was sealed under its name as well.
            let key = match (region.parse(), Role::named(&role)) {
                (Ok(region), Some(role)) => name(region, role),
                _ => format!("{region}/{role}"),
            };
            opens(path, master, key, &secret)?;
        }
        let sql = format!(
            "SELECT account, secret FROM person_key WHERE secret IS NOT NULL
             ORDER BY created {order}, account {order}, public {order} LIMIT 1"
        );
        let row: Option<(String, Vec<u8>)> = store.db.optional("reading a sealed key", &sql, args![]).await?;
        if let Some((account, secret)) = row {
            opens(path, master, account, &secret)?;
        }
    }
    Ok(())
}

/// What was given up with a master key that is lost for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// Secrets of regions' keys.
    pub regions: u64,
    /// Keys of reviewers, who get new ones with their next approval.
    pub reviewers: u64,
}

/// Gives up everything that only a lost master key would open, and makes a new one. Each region then stands as if its keys
/// were kept elsewhere: whoever keeps an offline root, or the region above, puts new ones in charge. A master key that opens
/// what is there is no lost one.
pub async fn give_up(data: &Path, store: &Store, now: i64) -> Result<GivenUp, KeyError> {
    let path = path(data);
    if let Some(master) = Master::read(&path)? {
        if check(&path, &master, store).await.is_ok() {
            return Err(SealError::NotLost { path }.into());
        }
        // Whose it is will be found out later; that nothing is deleted makes that possible.
        let aside = path.with_extension(format!("replaced-{now}"));
        std::fs::rename(&path, aside).map_err(|source| SealError::File { path: path.clone(), source })?;
    }
    let mut change = store.change().await?;
    let sql = "UPDATE region_key SET secret = NULL WHERE secret IS NOT NULL";
    let regions = change.tx.execute("giving up sealed keys", sql, args![]).await?;
    let sql = "UPDATE person_key SET retired = coalesce(retired, $1), secret = NULL WHERE secret IS NOT NULL";
    let reviewers = change.tx.execute("giving up sealed keys", sql, args![now]).await?;
    let sql = "UPDATE reviewer SET until = $1 WHERE until IS NULL
               AND public IN (SELECT public FROM person_key WHERE retired IS NOT NULL)";
    change.tx.execute("ending reviewers' keys", sql, args![now + 1]).await?;
    let detail = json!({ "regions": regions, "reviewers": reviewers });
    let (region, account) = (RegionCode::GUANGDONG, "command-line");
    let entry = Entry { region, at: now, account, action: "master-lost", object: "", detail };
    log::append(&mut change.tx, entry).await?;
    change.commit().await?;
    Master::make(&path)?;
    Ok(GivenUp { regions, reviewers })
}

fn opens(path: &Path, master: &Master, key: String, secret: &[u8]) -> Result<(), KeyError> {
    match master.open_sealed(&key, secret) {
        Ok(_) => Ok(()),
        Err(_) => Err(SealError::Other { path: path.to_owned(), key }.into()),
    }
}

impl Publisher {
    /// Whether the master key in memory opens what is in the database now.
    pub async fn check_master(&self) -> Result<(), KeyError> {
        check(&path(&self.data), &self.master, &self.store).await
    }
}
