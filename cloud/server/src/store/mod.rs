//! The database: everything below `/tuf`, what channels play, and what was prepared before.
//!
//! One transaction publishes. The files below `DATA/tuf` are a copy of the rows for mirrors and carousels, written
//! after the commit; `export` brings them up to date again whenever a process was stopped in between.
//!
//! Publishing is serialised per region: who changes a region's repository holds its lock until the commit. How other
//! processes learn of it is the region's *generation*. With SQLite it counts the changes; with PostgreSQL it is the
//! transaction's number, since a common counter would let one region wait for another. Numbers of transactions do not
//! commit in their order, so a reader remembers which were still under way when it looked ([`Store::news`]).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};

use yuexiang_wire::Section;

use crate::clock::{Clock, Doubt, TOLERANCE, Verdict};
use crate::db::{Db, DbError, Kind, Tx, args};
use crate::live::LineUp;
use crate::objects::Stored;
use crate::region::RegionCode;
use crate::tuf::{Role, Version};

pub mod items;
mod line_ups;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Odd(#[from] items::OddItem),
    // As a cause of its own, so that people can be told of it whatever has called.
    #[error("{0}")]
    Clock(#[from] Doubt),
    #[error("the database holds an unreadable {what} of {of}: {source}")]
    Unreadable { what: &'static str, of: String, source: serde_json::Error },
}

/// For `map_err`: names what cannot be read.
pub(crate) fn unreadable(what: &'static str, of: impl ToString) -> impl FnOnce(serde_json::Error) -> StoreError {
    move |source| StoreError::Unreadable { what, of: of.to_string(), source }
}

#[derive(Clone, Debug)]
pub struct Store {
    pub db: Db,
    /// Whether what is signed may carry this machine's time.
    pub clock: Arc<Clock>,
    /// The version of the list of divisions that this process goes by.
    pub(crate) divisions: Arc<AtomicI64>,
    /// Of PostgreSQL: what was to be seen at the last looks, by the generation that was returned for them.
    looks: Arc<Mutex<BTreeMap<i64, String>>>,
}

/// Looks that are remembered. The newest and the one before are needed: what was told last may not have been taken over.
const LOOKS: usize = 8;

/// Where a walk through what expires has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    pub expires: i64,
    pub region: RegionCode,
}

impl Behind {
    pub const BEGINNING: Behind = Behind { expires: i64::MIN, region: RegionCode::GUANGDONG };
}

/// One transaction of a publisher.
pub struct Change {
    pub tx: Tx,
    generation: i64,
    clock: Verdict,
}

#[derive(Clone, Debug)]
pub struct RegionRow {
    pub name: String,
    pub sections: Vec<Section>,
}

/// The statement that reads a region; the same within and without a transaction.
const REGION: &str = "SELECT name, sections FROM region WHERE code = $1";
const FILE: &str = "SELECT body FROM file WHERE region = $1 AND path = $2";

impl Store {
    /// Opens or makes the database: the one at `address`, or a file in the data folder.
    pub async fn open(data: &Path, address: Option<&str>) -> Result<Store, StoreError> {
        Ok(Store {
            db: Db::open(data, address).await?,
            clock: Arc::default(),
            divisions: Arc::default(),
            looks: Arc::default(),
        })
    }

    pub async fn change(&self) -> Result<Change, StoreError> {
        let clock = self.clock.verdict(&self.db).await;
        let mut tx = self.db.begin().await?;
        let count = match tx.kind() {
            Kind::Sqlite => "UPDATE state SET value = value + 1 WHERE name = 'generation' RETURNING value",
            Kind::Postgres => "SELECT pg_current_xact_id()::text::bigint",
        };
        let (generation,): (i64,) = tx.one("counting the change", count, args![]).await?;
        Ok(Change { tx, generation, clock })
    }

    /// Regions whose files changed after the generation that was known, and the generation to ask with the next time.
    /// Whoever could not take over what was told asks with the earlier one again.
    pub async fn news(&self, known: i64) -> Result<(i64, Vec<RegionCode>), StoreError> {
        if self.db.kind() == Kind::Postgres {
            return self.newly_visible(known).await;
        }
        let now = "SELECT value FROM state WHERE name = 'generation'";
        let (generation,): (i64,) = self.db.one("reading the generation", now, args![]).await?;
        if generation == known {
            return Ok((known, Vec::new()));
        }
        Ok((generation, self.changed_since(known).await?))
    }

    /// The same with PostgreSQL: changes that are to be seen now and were not at the look that `known` names, so that each
    /// is told once however long a transaction beside it stays open, and one that commits late is not missed. An unknown
    /// look has seen nothing. One statement reads both, since it sees one state of the database.
    async fn newly_visible(&self, known: i64) -> Result<(i64, Vec<RegionCode>), StoreError> {
        let seen = self.looks().get(&known).cloned().unwrap_or_else(|| "1:1:".to_owned());
        let sql = "SELECT look.seen, look.newest, r.code
                   FROM (SELECT pg_current_snapshot()::text AS seen,
                         pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1 AS newest) look
                   LEFT JOIN region r ON r.generation >= pg_snapshot_xmin($1::text::pg_snapshot)::text::bigint
                   AND NOT pg_visible_in_snapshot(r.generation::text::xid8, $1::text::pg_snapshot)
                   ORDER BY r.code";
        let rows: Vec<(String, i64, Option<String>)> = self.db.all("reading what changed", sql, args![seen]).await?;
        let Some((seen, newest, _)) = rows.first().cloned() else { return Ok((known, Vec::new())) };
        let changed = codes(rows.into_iter().filter_map(|(.., code)| Some((code?,))).collect());
        if changed.is_empty() {
            return Ok((known, changed));
        }
        let mut looks = self.looks();
        // Two looks may end at the same transaction, and each needs a number of its own.
        let generation = looks.last_key_value().map_or(newest, |(last, _)| newest.max(last + 1)).max(known + 1);
        looks.insert(generation, seen);
        while looks.len() > LOOKS {
            looks.pop_first();
        }
        Ok((generation, changed))
    }

    fn looks(&self) -> std::sync::MutexGuard<'_, BTreeMap<i64, String>> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Regions whose files changed after a generation.
    pub async fn changed_since(&self, generation: i64) -> Result<Vec<RegionCode>, StoreError> {
        let sql = "SELECT code FROM region WHERE generation > $1 ORDER BY code";
        Ok(codes(self.db.all("reading what changed", sql, args![generation]).await?))
    }

    pub async fn region_count(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = self.db.one("counting regions", "SELECT count(*) FROM region", args![]).await?;
        Ok(count)
    }

    pub async fn region(&self, code: RegionCode) -> Result<Option<RegionRow>, StoreError> {
        read_region(code, self.db.optional("reading a region", REGION, args![code]).await?)
    }

    /// The body of a file below `/tuf/<region>/`.
    pub async fn file(&self, region: RegionCode, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = self.db.optional("reading a file", FILE, args![region, path]).await?;
        Ok(row.map(|(body,)| body))
    }

    pub async fn files(&self, region: RegionCode) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let sql = "SELECT path, body FROM file WHERE region = $1 ORDER BY path";
        Ok(self.db.all("reading the files of a region", sql, args![region]).await?)
    }

    /// Regions with a role that expires before a moment, the first to expire first, at most `limit`.
    pub async fn expiring(
        &self,
        role: Role,
        before: i64,
        behind: Behind,
        limit: i64,
    ) -> Result<Vec<Behind>, StoreError> {
        let sql = "SELECT expires, region FROM role WHERE role = $1 AND expires < $2
                   AND (expires, region) > ($3, $4) ORDER BY expires, region LIMIT $5";
        let values = args![role.name(), before, behind.expires, behind.region, limit];
        Ok(expiries(self.db.all("looking for what expires", sql, values).await?))
    }

    pub async fn prepared(&self, source: &str, recipe: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT result FROM prepared WHERE source = $1 AND recipe = $2";
        let row: Option<(String,)> = self.db.optional("looking for prepared media", sql, args![source, recipe]).await?;
        Ok(row.map(|(result,)| result))
    }

    /// Kept at once rather than with the publication, so that an interrupted run goes on where it stopped.
    pub async fn keep_prepared(&self, source: &str, recipe: &str, result: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO prepared (source, recipe, result) VALUES ($1, $2, $3)
                   ON CONFLICT (source, recipe) DO UPDATE SET result = excluded.result";
        self.db.execute("keeping prepared media", sql, args![source, recipe, result]).await?;
        Ok(())
    }
}

impl Change {
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }

    /// Whether something may be signed with the moment `at`, when `before` is the moment of what was signed last of it.
    /// Only a clock that somebody confirms goes behind that: then what was signed before lies in a wrong future.
    pub fn may_sign(&self, of: &str, at: i64, before: Option<i64>) -> Result<(), StoreError> {
        match (&self.clock, before) {
            (Verdict::Doubted(doubt), _) => Err(doubt.clone().into()),
            (Verdict::Unconfirmed, Some(before)) if at < before - TOLERANCE => {
                Err(Doubt::Past { of: of.to_owned(), behind: before - at }.into())
            }
            _ => Ok(()),
        }
    }

    /// Ends without a change, not even of the generation.
    pub async fn abandon(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }

    /// Holds other publishers off this region until the end of the change.
    pub async fn lock(&mut self, region: RegionCode) -> Result<(), StoreError> {
        Ok(self.tx.lock(region.number()).await?)
    }

    pub async fn region(&mut self, code: RegionCode) -> Result<Option<RegionRow>, StoreError> {
        read_region(code, self.tx.optional("reading a region", REGION, args![code]).await?)
    }

    pub async fn keep_region(&mut self, code: RegionCode, row: &RegionRow) -> Result<(), StoreError> {
        let sections = serde_json::to_string(&row.sections).map_err(unreadable("list of sections", code))?;
        let sql = "INSERT INTO region (code, name, sections, generation) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (code) DO UPDATE SET name = excluded.name, sections = excluded.sections,
                   generation = excluded.generation";
        self.tx.execute("keeping a region", sql, args![code, &row.name, sections, self.generation]).await?;
        Ok(())
    }

    pub async fn versions(&mut self, region: RegionCode) -> Result<BTreeMap<Role, Version>, StoreError> {
        let sql = "SELECT role, version, expires FROM role WHERE region = $1";
        let rows: Vec<(String, i64, i64)> = self.tx.all("reading versions", sql, args![region]).await?;
        let versions = rows.into_iter().filter_map(|(name, version, expires)| {
            Some((Role::named(&name)?, Version { version: version as u64, expires }))
        });
        Ok(versions.collect())
    }

    pub async fn keep_version(&mut self, region: RegionCode, role: Role, version: Version) -> Result<(), StoreError> {
        let sql = "INSERT INTO role (region, role, version, expires) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (region, role) DO UPDATE SET version = excluded.version, expires = excluded.expires";
        let values = args![region, role.name(), version.version, version.expires];
        self.tx.execute("keeping a version", sql, values).await?;
        Ok(())
    }

    /// Versions that boxes may have seen of what is signed in a region, beyond what the database knows.
    pub async fn floors(&mut self, region: RegionCode) -> Result<BTreeMap<Role, u64>, StoreError> {
        let sql = "SELECT role, version FROM version_floor WHERE region = $1";
        let rows: Vec<(String, i64)> = self.tx.all("reading floors", sql, args![region]).await?;
        Ok(rows.into_iter().filter_map(|(name, version)| Some((Role::named(&name)?, version as u64))).collect())
    }

    /// Raises a floor; none is ever lowered.
    pub async fn keep_floor(&mut self, region: RegionCode, role: Role, version: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO version_floor (region, role, version) VALUES ($1, $2, $3)
                   ON CONFLICT (region, role) DO UPDATE SET version = excluded.version
                   WHERE version_floor.version < excluded.version";
        self.tx.execute("keeping a floor", sql, args![region, role.name(), version]).await?;
        Ok(())
    }

    pub async fn targets(&mut self, region: RegionCode) -> Result<BTreeMap<String, Stored>, StoreError> {
        let sql = "SELECT name, sha256, length FROM target WHERE region = $1";
        let rows: Vec<(String, String, i64)> = self.tx.all("reading targets", sql, args![region]).await?;
        Ok(rows.into_iter().map(|(name, sha256, length)| (name, Stored { sha256, length: length as u64 })).collect())
    }

    pub async fn keep_target(&mut self, region: RegionCode, name: &str, stored: &Stored) -> Result<(), StoreError> {
        let sql = "INSERT INTO target (region, name, sha256, length) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (region, name) DO UPDATE SET sha256 = excluded.sha256, length = excluded.length";
        self.tx.execute("keeping a target", sql, args![region, name, &stored.sha256, stored.length]).await?;
        Ok(())
    }

    pub async fn forget_target(&mut self, region: RegionCode, name: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM target WHERE region = $1 AND name = $2";
        self.tx.execute("forgetting a target", sql, args![region, name]).await?;
        Ok(())
    }

    pub async fn file(&mut self, region: RegionCode, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = self.tx.optional("reading a file", FILE, args![region, path]).await?;
        Ok(row.map(|(body,)| body))
    }

    pub async fn keep_file(&mut self, region: RegionCode, path: &str, body: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO file (region, path, body, superseded) VALUES ($1, $2, $3, NULL)
                   ON CONFLICT (region, path) DO UPDATE SET body = excluded.body, superseded = NULL";
        self.tx.execute("keeping a file", sql, args![region, path, body]).await?;
        let sql = "UPDATE region SET generation = $1 WHERE code = $2";
        self.tx.execute("marking a region", sql, args![self.generation, region]).await?;
        Ok(())
    }

    /// Marks every file of a region but roots and those named here as replaced, and forgets what was replaced before
    /// `forget`.
    pub async fn supersede(
        &mut self,
        region: RegionCode,
        current: &[String],
        now: i64,
        forget: i64,
    ) -> Result<(), StoreError> {
        let sql = "SELECT path FROM file WHERE region = $1 AND superseded IS NULL";
        let paths: Vec<(String,)> = self.tx.all("listing files", sql, args![region]).await?;
        for (path,) in paths.iter().filter(|(path,)| !path.ends_with(".root.json") || path.contains('/')) {
            if !current.contains(path) {
                let sql = "UPDATE file SET superseded = $1 WHERE region = $2 AND path = $3";
                self.tx.execute("replacing a file", sql, args![now, region, path]).await?;
            }
        }
        let sql = "DELETE FROM file WHERE region = $1 AND superseded < $2";
        self.tx.execute("forgetting files", sql, args![region, forget]).await?;
        Ok(())
    }

    /// Notes which people's items a pack has published.
    pub async fn note_publication(
        &mut self,
        region: RegionCode,
        at: i64,
        items: usize,
        reviewed_by: &[String],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO publication (region, at, items, reviewed_by, targets)
                   SELECT $1, $2, $3, $4, version FROM role WHERE region = $1 AND role = 'targets'";
        let values = args![region, at, items, reviewed_by.join("、")];
        self.tx.execute("noting the publication", sql, values).await?;
        Ok(())
    }
}

/// What is no code in the database was not written by this program.
pub(crate) fn codes(rows: Vec<(String,)>) -> Vec<RegionCode> {
    rows.iter().filter_map(|(code,)| code.parse().ok()).collect()
}

pub(crate) fn expiries(rows: Vec<(i64, String)>) -> Vec<Behind> {
    rows.iter().filter_map(|(expires, code)| Some(Behind { expires: *expires, region: code.parse().ok()? })).collect()
}

fn read_region(code: RegionCode, row: Option<(String, String)>) -> Result<Option<RegionRow>, StoreError> {
    row.map(|(name, sections)| {
        let sections = serde_json::from_str(&sections).map_err(unreadable("list of sections", code))?;
        Ok(RegionRow { name, sections })
    })
    .transpose()
}
