//! The database: everything below `/tuf`, what channels play, and what was prepared before.
//!
//! One transaction publishes. The files below `DATA/tuf` are a copy of the rows for mirrors and carousels, written
//! after the commit; `export` brings them up to date again whenever a process was stopped in between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use yuexiang_wire::Section;

use crate::live::LineUp;
use crate::objects::Stored;
use crate::region::RegionCode;
use crate::tuf::{Role, Version};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the data folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the database, {what}: {source}")]
    Query { what: &'static str, source: sqlx::Error },
    #[error("the database, bringing it up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database holds an unreadable {what} of region {region}: {source}")]
    Unreadable { what: &'static str, region: RegionCode, source: serde_json::Error },
}

/// For `map_err`: names the query that failed.
fn query(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |source| StoreError::Query { what, source }
}

#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

/// One transaction of a publisher. Only one is open at a time, across processes; readers are not disturbed.
pub struct Change {
    transaction: Transaction<'static, Sqlite>,
    generation: i64,
}

#[derive(Clone, Debug)]
pub struct RegionRow {
    pub name: String,
    pub sections: Vec<Section>,
}

impl Store {
    /// Opens or makes the database in the data folder.
    pub async fn open(data: &Path) -> Result<Store, StoreError> {
        std::fs::create_dir_all(data).map_err(|source| StoreError::Folder { path: data.to_owned(), source })?;
        let options = SqliteConnectOptions::new()
            .filename(data.join("cloud.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With a write-ahead log, FULL is what makes a commit survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(60));
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await.map_err(query("opening"))?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Store { pool })
    }

    pub async fn change(&self) -> Result<Change, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(query("beginning a change"))?;
        let generation: i64 =
            sqlx::query_scalar("UPDATE state SET value = value + 1 WHERE name = 'generation' RETURNING value")
                .fetch_one(&mut *transaction)
                .await
                .map_err(query("counting the change"))?;
        Ok(Change { transaction, generation })
    }

    pub async fn generation(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar("SELECT value FROM state WHERE name = 'generation'")
            .fetch_one(&self.pool)
            .await
            .map_err(query("reading the generation"))
    }

    pub async fn region_count(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar("SELECT count(*) FROM region").fetch_one(&self.pool).await.map_err(query("counting regions"))
    }

    /// Regions whose files changed after a generation.
    pub async fn changed_since(&self, generation: i64) -> Result<Vec<RegionCode>, StoreError> {
        let codes: Vec<String> = sqlx::query_scalar("SELECT code FROM region WHERE generation > $1 ORDER BY code")
            .bind(generation)
            .fetch_all(&self.pool)
            .await
            .map_err(query("reading what changed"))?;
        Ok(codes.iter().filter_map(|code| code.parse().ok()).collect())
    }

    pub async fn region(&self, code: RegionCode) -> Result<Option<RegionRow>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(query("connecting"))?;
        region(&mut connection, code).await
    }

    /// The body of a file below `/tuf/<region>/`.
    pub async fn file(&self, region: &str, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT body FROM file WHERE region = $1 AND path = $2")
            .bind(region)
            .bind(path)
            .fetch_optional(&self.pool)
            .await
            .map_err(query("reading a file"))
    }

    pub async fn files(&self, region: RegionCode) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        sqlx::query_as("SELECT path, body FROM file WHERE region = $1 ORDER BY path")
            .bind(region.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(query("reading the files of a region"))
    }

    /// What the channels of a region play, by channel and in the order of time.
    pub async fn line_ups(&self, region: RegionCode) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(query("connecting"))?;
        line_ups(&mut connection, region).await
    }

    /// Regions with a role that expires before a moment, at most `limit`.
    pub async fn expiring(&self, role: Role, before: i64, limit: i64) -> Result<Vec<RegionCode>, StoreError> {
        let codes: Vec<String> =
            sqlx::query_scalar("SELECT region FROM role WHERE role = $1 AND expires < $2 ORDER BY expires LIMIT $3")
                .bind(role.name())
                .bind(before)
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(query("looking for what expires"))?;
        Ok(codes.iter().filter_map(|code| code.parse().ok()).collect())
    }

    pub async fn prepared(&self, source: &str, recipe: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT result FROM prepared WHERE source = $1 AND recipe = $2")
            .bind(source)
            .bind(recipe)
            .fetch_optional(&self.pool)
            .await
            .map_err(query("looking for prepared media"))
    }

    /// Kept at once rather than with the publication, so that an interrupted run goes on where it stopped.
    pub async fn keep_prepared(&self, source: &str, recipe: &str, result: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO prepared (source, recipe, result) VALUES ($1, $2, $3)")
            .bind(source)
            .bind(recipe)
            .bind(result)
            .execute(&self.pool)
            .await
            .map_err(query("keeping prepared media"))?;
        Ok(())
    }
}

impl Change {
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(query("committing"))
    }

    /// Ends without a change, not even of the generation.
    pub async fn abandon(self) -> Result<(), StoreError> {
        self.transaction.rollback().await.map_err(query("rolling back"))
    }

    pub async fn region(&mut self, code: RegionCode) -> Result<Option<RegionRow>, StoreError> {
        region(&mut self.transaction, code).await
    }

    pub async fn keep_region(&mut self, code: RegionCode, row: &RegionRow) -> Result<(), StoreError> {
        let sections = serde_json::to_string(&row.sections).map_err(|source| StoreError::Unreadable {
            what: "list of sections",
            region: code,
            source,
        })?;
        sqlx::query(
            "INSERT INTO region (code, name, sections, generation) VALUES ($1, $2, $3, $4)
             ON CONFLICT (code) DO UPDATE SET name = excluded.name, sections = excluded.sections,
             generation = excluded.generation",
        )
        .bind(code.to_string())
        .bind(&row.name)
        .bind(sections)
        .bind(self.generation)
        .execute(&mut *self.transaction)
        .await
        .map_err(query("keeping a region"))?;
        Ok(())
    }

    pub async fn versions(&mut self, region: RegionCode) -> Result<BTreeMap<Role, Version>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as("SELECT role, version, expires FROM role WHERE region = $1")
            .bind(region.to_string())
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(query("reading versions"))?;
        let role = |name: &str| Role::ALL.into_iter().find(|role| role.name() == name);
        Ok(rows
            .into_iter()
            .filter_map(|(name, version, expires)| Some((role(&name)?, Version { version: version as u64, expires })))
            .collect())
    }

    pub async fn keep_version(&mut self, region: RegionCode, role: Role, version: Version) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO role (region, role, version, expires) VALUES ($1, $2, $3, $4)")
            .bind(region.to_string())
            .bind(role.name())
            .bind(version.version as i64)
            .bind(version.expires)
            .execute(&mut *self.transaction)
            .await
            .map_err(query("keeping a version"))?;
        Ok(())
    }

    pub async fn targets(&mut self, region: RegionCode) -> Result<BTreeMap<String, Stored>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT name, sha256, length FROM target WHERE region = $1")
                .bind(region.to_string())
                .fetch_all(&mut *self.transaction)
                .await
                .map_err(query("reading targets"))?;
        Ok(rows.into_iter().map(|(name, sha256, length)| (name, Stored { sha256, length: length as u64 })).collect())
    }

    pub async fn keep_targets(
        &mut self,
        region: RegionCode,
        targets: &BTreeMap<String, Stored>,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM target WHERE region = $1")
            .bind(region.to_string())
            .execute(&mut *self.transaction)
            .await
            .map_err(query("forgetting targets"))?;
        for (name, stored) in targets {
            sqlx::query("INSERT INTO target (region, name, sha256, length) VALUES ($1, $2, $3, $4)")
                .bind(region.to_string())
                .bind(name)
                .bind(&stored.sha256)
                .bind(stored.length as i64)
                .execute(&mut *self.transaction)
                .await
                .map_err(query("keeping a target"))?;
        }
        Ok(())
    }

    pub async fn file(&mut self, region: RegionCode, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT body FROM file WHERE region = $1 AND path = $2")
            .bind(region.to_string())
            .bind(path)
            .fetch_optional(&mut *self.transaction)
            .await
            .map_err(query("reading a file"))
    }

    pub async fn keep_file(&mut self, region: RegionCode, path: &str, body: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO file (region, path, body, superseded) VALUES ($1, $2, $3, NULL)")
            .bind(region.to_string())
            .bind(path)
            .bind(body)
            .execute(&mut *self.transaction)
            .await
            .map_err(query("keeping a file"))?;
        sqlx::query("UPDATE region SET generation = $1 WHERE code = $2")
            .bind(self.generation)
            .bind(region.to_string())
            .execute(&mut *self.transaction)
            .await
            .map_err(query("marking a region"))?;
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
        let paths: Vec<String> = sqlx::query_scalar("SELECT path FROM file WHERE region = $1 AND superseded IS NULL")
            .bind(region.to_string())
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(query("listing files"))?;
        for path in paths.iter().filter(|path| !path.ends_with(".root.json") || path.contains('/')) {
            if current.contains(path) {
                continue;
            }
            sqlx::query("UPDATE file SET superseded = $1 WHERE region = $2 AND path = $3")
                .bind(now)
                .bind(region.to_string())
                .bind(path)
                .execute(&mut *self.transaction)
                .await
                .map_err(query("replacing a file"))?;
        }
        sqlx::query("DELETE FROM file WHERE region = $1 AND superseded < $2")
            .bind(region.to_string())
            .bind(forget)
            .execute(&mut *self.transaction)
            .await
            .map_err(query("forgetting files"))?;
        Ok(())
    }

    pub async fn line_ups(&mut self, region: RegionCode) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
        line_ups(&mut self.transaction, region).await
    }

    pub async fn keep_line_up(
        &mut self,
        region: RegionCode,
        channel: &str,
        line_up: &LineUp,
    ) -> Result<(), StoreError> {
        let programmes = serde_json::to_string(&line_up.programmes).map_err(|source| StoreError::Unreadable {
            what: "line-up",
            region,
            source,
        })?;
        sqlx::query(
            "INSERT OR REPLACE INTO line_up (region, channel, effective_from, loop_start, discontinuity, programmes)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(region.to_string())
        .bind(channel)
        .bind(line_up.effective_from)
        .bind(line_up.loop_start)
        .bind(line_up.discontinuity as i64)
        .bind(programmes)
        .execute(&mut *self.transaction)
        .await
        .map_err(query("keeping a line-up"))?;
        Ok(())
    }

    /// Forgets line-ups that were over before a moment: all but the newest that began before it.
    pub async fn forget_line_ups(&mut self, region: RegionCode, channel: &str, before: i64) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM line_up WHERE region = $1 AND channel = $2 AND effective_from <
             (SELECT max(effective_from) FROM line_up WHERE region = $1 AND channel = $2 AND effective_from < $3)",
        )
        .bind(region.to_string())
        .bind(channel)
        .bind(before)
        .execute(&mut *self.transaction)
        .await
        .map_err(query("forgetting line-ups"))?;
        Ok(())
    }

    pub async fn note_publication(
        &mut self,
        region: RegionCode,
        at: i64,
        items: usize,
        reviewed_by: &[String],
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO publication (region, at, items, reviewed_by, targets)
             SELECT $1, $2, $3, $4, version FROM role WHERE region = $1 AND role = 'targets'",
        )
        .bind(region.to_string())
        .bind(at)
        .bind(items as i64)
        .bind(reviewed_by.join("、"))
        .execute(&mut *self.transaction)
        .await
        .map_err(query("noting the publication"))?;
        Ok(())
    }
}

async fn region(connection: &mut SqliteConnection, code: RegionCode) -> Result<Option<RegionRow>, StoreError> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT name, sections FROM region WHERE code = $1")
        .bind(code.to_string())
        .fetch_optional(connection)
        .await
        .map_err(query("reading a region"))?;
    row.map(|(name, sections)| {
        let sections = serde_json::from_str(&sections).map_err(|source| StoreError::Unreadable {
            what: "list of sections",
            region: code,
            source,
        })?;
        Ok(RegionRow { name, sections })
    })
    .transpose()
}

async fn line_ups(
    connection: &mut SqliteConnection,
    region: RegionCode,
) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, String)> = sqlx::query_as(
        "SELECT channel, effective_from, loop_start, discontinuity, programmes FROM line_up
         WHERE region = $1 ORDER BY channel, effective_from",
    )
    .bind(region.to_string())
    .fetch_all(connection)
    .await
    .map_err(query("reading line-ups"))?;
    let mut line_ups: BTreeMap<String, Vec<LineUp>> = BTreeMap::new();
    for (channel, effective_from, loop_start, discontinuity, programmes) in rows {
        let programmes = serde_json::from_str(&programmes).map_err(|source| StoreError::Unreadable {
            what: "line-up",
            region,
            source,
        })?;
        let discontinuity = discontinuity as u64;
        line_ups.entry(channel).or_default().push(LineUp { effective_from, loop_start, discontinuity, programmes });
    }
    Ok(line_ups)
}
