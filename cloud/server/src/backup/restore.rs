//! Puts a backup in place of what is there.
//!
//! What is there is moved aside and nothing of it is deleted: SQLite's files into `DATA/replaced-…`, PostgreSQL's tables
//! into a schema of that name. It may hold roots that are newer than the backup, and boxes believe nothing else.
//!
//! Until the last step a file `DATA/restoring` keeps a server from starting with half of it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::recover::{Recovered, Salvage, recover};
use super::{BackupError, DATABASE, Manifest, OBJECTS, failed, fingerprint, listed, place, stamp};
use super::{copy_blocking, run, tool, word};
use crate::config::Config;
use crate::db::{Db, Kind, args};
use crate::keys::master;
use crate::objects::{hash_file, sync_folder};
use crate::publish::Publisher;

/// While it is there, no server starts.
pub const RESTORING: &str = "restoring";
/// A server holds its lock.
pub const IN_USE: &str = "serve.lock";
/// How often it is looked whether the last connection to the database has gone.
const LEAVING: usize = 25;
const SQLITE: [&str; 3] = ["cloud.sqlite", "cloud.sqlite-wal", "cloud.sqlite-shm"];

/// A backup that is in place.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Where what was there before lies now: a folder or a schema.
    pub aside: Option<String>,
    pub objects: usize,
    pub recovered: Recovered,
}

/// Brings a backup back. Nothing is touched before it is known that the backup is whole, that no server runs and that
/// there is a master key that opens what it holds. `master` is a copy of that key, unless it is in its place already.
pub async fn restore(config: &Config, backup: &Path, master: Option<&Path>, now: i64) -> Result<Restored, BackupError> {
    let data = &config.data;
    let manifest = Manifest::read(backup)?;
    let database = backup.join(DATABASE);
    if hash_file(&database).map_err(failed("reading", &database))? != manifest.database {
        return Err(BackupError::Spoilt { path: database });
    }
    let wanted = if config.database.is_some() { Kind::Postgres } else { Kind::Sqlite };
    if manifest.kind != word(wanted) {
        let found = if wanted == Kind::Sqlite { "postgres" } else { "sqlite" };
        return Err(BackupError::OtherKind { found, wanted: word(wanted) });
    }
    fs::create_dir_all(data).map_err(failed("making", data))?;
    let _lock = nobody_serves(data)?;
    let key = right_master(data, master, &manifest)?;
    let mut salvage = Salvage::of_folder(&data.join("tuf"));
    for older in replaced(data)? {
        salvage.take_file(&older.join(SQLITE[0])).await;
    }

    let marker = data.join(RESTORING);
    super::write(&marker, backup.to_string_lossy().as_bytes())?;
    let aside = match &config.database {
        Some(address) => restore_postgres(address, &database, &mut salvage, now).await?,
        None => restore_sqlite(data, &database, &mut salvage, now).await?,
    };
    if let Some(key) = key {
        put_master(data, &key)?;
    }
    let publisher = config.publisher().await?;
    let objects = bring_objects(&publisher, backup).await?;
    let recovered = recover(&publisher, salvage, manifest.at, now).await?;
    fs::remove_file(&marker).map_err(failed("removing", &marker))?;
    Ok(Restored { manifest, aside, objects, recovered })
}

/// The lock that a server holds as long as it runs.
fn nobody_serves(data: &Path) -> Result<File, BackupError> {
    let path = data.join(IN_USE);
    let file = File::create(&path).map_err(failed("opening", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BackupError::InUse(data.display().to_string())),
        Err(fs::TryLockError::Error(source)) => Err(failed("locking", &path)(source)),
    }
}

/// Checks that the master key is the backup's. The bytes are those that have yet to be put in place.
fn right_master(data: &Path, given: Option<&Path>, manifest: &Manifest) -> Result<Option<Vec<u8>>, BackupError> {
    let own = master::path(data);
    let path = match given {
        Some(path) => path,
        None => &own,
    };
    let no = |reason: String| BackupError::NoBackup { path: path.to_owned(), reason };
    if !path.is_file() {
        let reason = "the master key is not there; name its copy with --master (docs/KEYS.md, \"Backup\")";
        return Err(no(reason.to_owned()));
    }
    let found = fingerprint(path)?;
    if found != manifest.master {
        let reason = format!("this master key ({found}) does not open the backup, which needs {}", manifest.master);
        return Err(no(reason));
    }
    if given.is_none() || (own.is_file() && fingerprint(&own)? == manifest.master) {
        return Ok(None);
    }
    if own.exists() {
        let reason = format!("another master key lies in {}: put it aside first", own.display());
        return Err(no(reason));
    }
    fs::read(path).map(Some).map_err(failed("reading", path))
}

fn put_master(data: &Path, key: &[u8]) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt;
    let path = master::path(data);
    let folder = path.parent().unwrap_or(data);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("making", folder))?;
    // A temporary file is private to its owner from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("writing", &path))?;
    file.write_all(key).and_then(|()| file.as_file().sync_all()).map_err(failed("writing", &path))?;
    file.persist_noclobber(&path).map_err(|error| failed("writing", &path)(error.error))?;
    sync_folder(folder).map_err(failed("writing", folder))
}

/// Folders of earlier restorations, a broken one included.
fn replaced(data: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut all = Vec::new();
    for entry in fs::read_dir(data).map_err(failed("reading", data))? {
        let path = entry.map_err(failed("reading", data))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("replaced-")) {
            all.push(path);
        }
    }
    Ok(all)
}

async fn restore_sqlite(
    data: &Path,
    database: &Path,
    salvage: &mut Salvage,
    now: i64,
) -> Result<Option<String>, BackupError> {
    let place = data.join(SQLITE[0]);
    let mut aside = None;
    if place.exists() {
        salvage.take_file(&place).await;
        let folder = data.join(format!("replaced-{}", stamp(now)));
        fs::create_dir_all(&folder).map_err(failed("making", &folder))?;
        // The write-ahead log belongs to its database and to no other.
        for name in SQLITE.into_iter().rev().filter(|name| data.join(name).exists()) {
            fs::rename(data.join(name), folder.join(name)).map_err(failed("moving", &data.join(name)))?;
        }
        sync_folder(&folder).map_err(failed("writing", &folder))?;
        aside = Some(folder.display().to_string());
    }
    let new = data.join("cloud.sqlite.new");
    fs::copy(database, &new).map_err(failed("copying", database))?;
    File::open(&new).and_then(|file| file.sync_all()).map_err(failed("writing", &new))?;
    fs::rename(&new, &place).map_err(failed("naming", &place))?;
    sync_folder(data).map_err(failed("writing", data))?;
    Ok(aside)
}

async fn restore_postgres(
    address: &str,
    database: &Path,
    salvage: &mut Salvage,
    now: i64,
) -> Result<Option<String>, BackupError> {
    let db = Db::connect(Path::new(""), Some(address)).await?;
    nobody_connects(&db).await?;
    let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    let (tables,): (i64,) = db.one("looking for tables", sql, args![]).await?;
    let mut aside = None;
    if tables > 0 {
        salvage.take(&db).await;
        let name = format!("replaced_{}", stamp(now).to_lowercase());
        let rename = format!("ALTER SCHEMA public RENAME TO {name}");
        let mut tx = db.begin().await?;
        tx.execute("moving tables aside", &rename, args![]).await?;
        tx.execute("making room", "CREATE SCHEMA public", args![]).await?;
        tx.commit().await?;
        aside = Some(format!("schema {name}"));
    }
    drop(db);
    let mut put = tool("pg_restore", address)?;
    // The schema itself is there; what an earlier restoration has moved aside is in others.
    put.args(["--schema=public", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]);
    put.arg(database);
    run(put, "pg_restore").await?;
    Ok(aside)
}

/// Waits a moment for those that are just leaving.
async fn nobody_connects(db: &Db) -> Result<(), BackupError> {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let mut others: i64 = 0;
    for _ in 0..LEAVING {
        (others,) = db.one("looking for servers", sql, args![]).await?;
        if others == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    Err(BackupError::InUse(format!("the database ({others} connections)")))
}

/// Brings the backup's objects to where they are served from, those that are not there.
async fn bring_objects(publisher: &Publisher, backup: &Path) -> Result<usize, BackupError> {
    let pool = backup.parent().unwrap_or(backup).join(OBJECTS);
    let objects = publisher.objects()?;
    let (mut brought, mut missing) = (0, Vec::new());
    for (sha256, length) in listed(backup)? {
        let from = place(&pool, &sha256);
        if let Some(bucket) = &publisher.bucket {
            match from.metadata().is_ok_and(|metadata| metadata.len() == length) {
                true => bucket.put(&sha256, length, &from).await?,
                false if bucket.length(&sha256).await? == Some(length) => {}
                false => missing.push(sha256),
            }
            continue;
        }
        if objects.has(&sha256, length) {
            continue;
        }
        let Some(to) = objects.path(&sha256) else { continue };
        match from.is_file() && copy_blocking(from, to, sha256.clone()).await? {
            true => brought += 1,
            false => missing.push(sha256),
        }
    }
    match missing.first() {
        None => Ok(brought),
        // The rest is worth more than nothing: what is missing is named, and the texts go on without it.
        Some(first) => {
            tracing::error!(objects = missing.len(), first, "the backup lacks objects that it names");
            Ok(brought)
        }
    }
}
