//! Backups of a running cloud, and bringing one back.
//!
//! ```text
//! OUT/objects/ab/<sha256>                 shared by all backups: an object never changes
//! OUT/20261101T031000Z/manifest.json      what it is; written last, so what has one is whole
//!                     /database           SQLite's file, or PostgreSQL's dump (custom format)
//!                     /objects.txt        names and lengths of its objects
//! ```
//!
//! The database is copied first, as of one moment (`VACUUM INTO`, `pg_dump`), and the objects after it: an object is there
//! before anything names it and is never taken away, so what the copy names is among them. The master key is no part of a
//! backup: whoever has one of the two has nothing.
//!
//! [`restore`] puts a backup in place of what is there, which it moves aside. [`recover`] makes boxes go on with it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::bucket::{Bucket, BucketError};
use crate::db::{Db, DbError, Kind, args};
use crate::keys::{KeyActionError, master};
use crate::objects::{ObjectError, hash_file, hex, sync_folder};
use crate::publish::{PublishError, Publisher};
use crate::store::StoreError;

pub mod recover;
pub mod restore;

/// What a manifest calls itself. A later version only adds.
const FORMAT: &str = "yuexiang backup 1";
const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "database";
const LIST: &str = "objects.txt";
const OBJECTS: &str = "objects";
/// What is not whole yet; a later backup clears it away.
const PARTIAL: &str = ".partial";

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{what} {path}: {source}")]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} is no backup: {reason}")]
    NoBackup { path: PathBuf, reason: String },
    #[error("{path} is spoilt: its SHA-256 is not the one in the manifest")]
    Spoilt { path: PathBuf },
    #[error("{0} objects are spoilt or missing, such as {1}: the backup has all others")]
    Objects(usize, String),
    #[error("{program}: {source}")]
    Start { program: &'static str, source: io::Error },
    #[error("{program} failed: {said}")]
    Tool { program: &'static str, said: String },
    #[error("the database's address cannot be read: {0}")]
    Address(String),
    #[error("the backup is one of {found}, and the database to restore into is {wanted}")]
    OtherKind { found: &'static str, wanted: &'static str },
    #[error("a server still uses {0}: stop it first")]
    InUse(String),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Keys(#[from] KeyActionError),
}

/// For `map_err`: names the file.
fn failed(what: &'static str, path: &Path) -> impl Fn(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { what, path: path.clone(), source }
}

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: String,
    /// Version of the program that made it.
    pub program: String,
    /// When the database was copied, Unix seconds.
    pub at: i64,
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// SHA-256 of the database's copy.
    pub database: String,
    pub objects: usize,
    /// Bytes of all objects.
    pub bytes: u64,
    /// Regions with a repository.
    pub regions: i64,
    /// The beginning of the SHA-256 of the master key that opens its keys: which one it is, and nothing more.
    pub master: String,
}

impl Manifest {
    /// Reads the manifest of a backup.
    pub fn read(backup: &Path) -> Result<Manifest, BackupError> {
        let path = backup.join(MANIFEST);
        let no = |reason: String| BackupError::NoBackup { path: backup.to_owned(), reason };
        let bytes = fs::read(&path).map_err(|error| no(format!("{MANIFEST}: {error}")))?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| no(format!("{MANIFEST}: {error}")))?;
        match manifest.format == FORMAT {
            true => Ok(manifest),
            false => Err(no(format!("it calls itself `{}`", manifest.format))),
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    }
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub path: PathBuf,
    pub manifest: Manifest,
    /// Objects that no earlier backup had.
    pub new_objects: usize,
    /// Older backups that were cleared away.
    pub removed: Vec<PathBuf>,
}

/// Backs up a cloud that may be running. `address` is the database's when it is not a file; of older backups in `out`,
/// `keep` stay.
pub async fn backup(
    publisher: &Publisher,
    address: Option<&str>,
    out: &Path,
    keep: Option<usize>,
    now: i64,
) -> Result<Made, BackupError> {
    let pool = out.join(OBJECTS);
    fs::create_dir_all(&pool).map_err(failed("making", &pool))?;
    let name = stamp(now);
    let folder = out.join(format!("{name}{PARTIAL}"));
    remove_partial(out)?;
    private_folder(&folder)?;
    let database = folder.join(DATABASE);
    let regions = publisher.store.region_count().await?;
    copy_database(&publisher.store.db, address, &database).await?;
    let listed = list(publisher).await?;
    let new_objects = copy_objects(publisher, &listed, &pool).await?;
    let lines: String = listed.iter().map(|(sha256, length)| format!("{sha256} {length}\n")).collect();
    write(&folder.join(LIST), lines.as_bytes())?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        at: now,
        kind: word(publisher.store.db.kind()).to_owned(),
        database: hash_file(&database).map_err(failed("reading", &database))?,
        objects: listed.len(),
        bytes: listed.iter().map(|(_, length)| length).sum(),
        regions,
        master: fingerprint(&master::path(&publisher.data))?,
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::other).map_err(failed("writing", &folder))?;
    write(&folder.join(MANIFEST), &text)?;
    sync_folder(&folder).map_err(failed("writing", &folder))?;
    let path = out.join(name);
    fs::rename(&folder, &path).map_err(failed("naming", &path))?;
    sync_folder(out).map_err(failed("writing", out))?;
    let removed = match keep {
        Some(keep) => clear(out, keep.max(1))?,
        None => Vec::new(),
    };
    Ok(Made { path, manifest, new_objects, removed })
}

/// Sorts by time.
fn stamp(now: i64) -> String {
    let at = jiff::Timestamp::from_second(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A new folder that nobody else reads: a database tells who works where.
fn private_folder(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path).map_err(failed("making", path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = File::create(path).map_err(failed("writing", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("writing", path))
}

/// What a backup that was broken off has left.
fn remove_partial(out: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(out).map_err(failed("reading", out))? {
        let path = entry.map_err(failed("reading", out))?.path();
        if path.is_dir() && path.to_string_lossy().ends_with(PARTIAL) {
            fs::remove_dir_all(&path).map_err(failed("removing", &path))?;
        }
    }
    Ok(())
}

/// Which master key it is.
pub fn fingerprint(path: &Path) -> Result<String, BackupError> {
    let key = fs::read(path).map_err(failed("reading", path))?;
    let mut hash = Sha256::new();
    hash.update(b"yuexiang master key\n");
    hash.update(key);
    Ok(hex(&hash.finalize()[..8]))
}

async fn copy_database(db: &Db, address: Option<&str>, to: &Path) -> Result<(), BackupError> {
    match db.kind() {
        // One read transaction: writers go on meanwhile, and nothing of what they do is seen.
        Kind::Sqlite => {
            let path = to.to_string_lossy().into_owned();
            db.execute("copying the database", "VACUUM INTO $1", args![path]).await?;
        }
        Kind::Postgres => {
            let address = address.ok_or_else(|| BackupError::Address("none is given".to_owned()))?;
            let mut dump = tool("pg_dump", address)?;
            dump.args(["--format=custom", "--schema=public", "--no-owner", "--no-privileges", "--file"]).arg(to);
            run(dump, "pg_dump").await?;
        }
    }
    let file = File::open(to).map_err(failed("reading", to))?;
    file.sync_all().map_err(failed("writing", to))
}

/// One of PostgreSQL's programs for a database. The password goes into its environment: everybody sees arguments.
pub(super) fn tool(program: &'static str, address: &str) -> Result<Command, BackupError> {
    let mut url: Url = address.parse().map_err(|error: url::ParseError| BackupError::Address(error.to_string()))?;
    let mut command = Command::new(program);
    if let Some(password) = url.password() {
        let password: String = percent_decoded(password);
        command.env("PGPASSWORD", password);
        url.set_password(None).map_err(|()| BackupError::Address("it takes no password".to_owned()))?;
    }
    command.arg(format!("--dbname={url}"));
    Ok(command)
}

fn percent_decoded(text: &str) -> String {
    // A form's `+` is a space; in an address it is itself.
    let form = format!("p={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

pub(super) async fn run(mut command: Command, program: &'static str) -> Result<(), BackupError> {
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(io::Error::other).flatten().map_err(|source| BackupError::Start { program, source })?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(BackupError::Tool { program, said })
        }
    }
}

/// Names and lengths of all objects, in the bucket and in the folder.
async fn list(publisher: &Publisher) -> Result<BTreeSet<(String, u64)>, BackupError> {
    let folder = publisher.objects()?.folder().to_owned();
    let walked = tokio::task::spawn_blocking(move || walk(&folder)).await;
    let mut all = walked.map_err(io::Error::other).map_err(failed("reading", &publisher.data))??;
    if let Some(bucket) = &publisher.bucket {
        all.extend(bucket.list().await?);
    }
    Ok(all)
}

/// Objects lie one level down, by the first two digits of their names.
pub(super) fn walk(folder: &Path) -> Result<BTreeSet<(String, u64)>, BackupError> {
    let mut all = BTreeSet::new();
    for shelf in fs::read_dir(folder).map_err(failed("reading", folder))? {
        let shelf = shelf.map_err(failed("reading", folder))?.path();
        if !shelf.is_dir() {
            continue;
        }
        for object in fs::read_dir(&shelf).map_err(failed("reading", &shelf))? {
            let object = object.map_err(failed("reading", &shelf))?;
            let (name, metadata) = (object.file_name(), object.metadata().map_err(failed("reading", &shelf))?);
            if let Some(name) = name.to_str().filter(|name| metadata.is_file() && is_name(name)) {
                all.insert((name.to_owned(), metadata.len()));
            }
        }
    }
    Ok(all)
}

pub(super) fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn place(pool: &Path, sha256: &str) -> PathBuf {
    pool.join(&sha256[..2]).join(sha256)
}

/// Brings what is not there yet into the pool, each object only if it holds what its name says.
async fn copy_objects(
    publisher: &Publisher,
    listed: &BTreeSet<(String, u64)>,
    pool: &Path,
) -> Result<usize, BackupError> {
    let folder = publisher.objects()?.folder().to_owned();
    let (mut new, mut spoilt) = (0, Vec::new());
    for (sha256, length) in listed {
        let to = place(pool, sha256);
        if to.metadata().is_ok_and(|metadata| metadata.len() == *length) {
            continue;
        }
        let from = place(&folder, sha256);
        let whole = match (from.is_file(), &publisher.bucket) {
            (true, _) => copy_blocking(from, to, sha256.clone()).await?,
            (false, Some(bucket)) => fetch(bucket, sha256, *length, &to).await?,
            (false, None) => false,
        };
        match whole {
            true => new += 1,
            false => spoilt.push(sha256.clone()),
        }
    }
    match spoilt.first() {
        None => Ok(new),
        Some(first) => Err(BackupError::Objects(spoilt.len(), first.clone())),
    }
}

pub(super) async fn copy_blocking(from: PathBuf, to: PathBuf, sha256: String) -> Result<bool, BackupError> {
    let failed = failed("copying", &from);
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to, &sha256)).await;
    copied.map_err(io::Error::other).flatten().map_err(failed)
}

/// Copies an object and says whether it is whole; one that is not is not kept.
fn copy(from: &Path, to: &Path, sha256: &str) -> io::Result<bool> {
    let (mut source, mut target) = (File::open(from)?, temporary(to)?);
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        target.write_all(&buffer[..read])?;
    }
    if hex(&hash.finalize()) != sha256 {
        return Ok(false);
    }
    keep(target, to)?;
    Ok(true)
}

fn temporary(to: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    tempfile::Builder::new().prefix(".new-").tempfile_in(folder)
}

fn keep(file: tempfile::NamedTempFile, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // As in the object store: a web server beside this one may read what is published.
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(to).map_err(|error| error.error)?;
    sync_folder(to.parent().unwrap_or(to))
}

async fn fetch(bucket: &Bucket, sha256: &str, length: u64, to: &Path) -> Result<bool, BackupError> {
    let failed = failed("writing", to);
    let file = temporary(to).map_err(&failed)?;
    let mut out = tokio::fs::File::from_std(file.reopen().map_err(&failed)?);
    let mut parts = Box::pin(bucket.read(sha256, 0..length).await?);
    let mut hash = Sha256::new();
    while let Some(part) = parts.try_next().await.map_err(io::Error::other).map_err(&failed)? {
        hash.update(&part);
        out.write_all(&part).await.map_err(&failed)?;
    }
    out.flush().await.map_err(&failed)?;
    if hex(&hash.finalize()) != sha256 {
        return Ok(false);
    }
    keep(file, to).map_err(&failed)?;
    Ok(true)
}

/// Whole backups in a folder, the oldest first.
pub fn backups(out: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut all = Vec::new();
    for entry in fs::read_dir(out).map_err(failed("reading", out))? {
        let path = entry.map_err(failed("reading", out))?.path();
        if path.join(MANIFEST).is_file() && !path.to_string_lossy().ends_with(PARTIAL) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Clears all but the newest away, and objects that none of these names.
fn clear(out: &Path, keep: usize) -> Result<Vec<PathBuf>, BackupError> {
    let mut all = backups(out)?;
    let old: Vec<PathBuf> = all.drain(..all.len().saturating_sub(keep)).collect();
    if old.is_empty() {
        return Ok(old);
    }
    let mut named = BTreeSet::new();
    for backup in &all {
        named.extend(listed(backup)?.into_iter().map(|(sha256, _)| sha256));
    }
    for backup in &old {
        fs::remove_dir_all(backup).map_err(failed("removing", backup))?;
    }
    let pool = out.join(OBJECTS);
    for (sha256, _) in walk(&pool)? {
        if !named.contains(&sha256) {
            let path = place(&pool, &sha256);
            fs::remove_file(&path).map_err(failed("removing", &path))?;
        }
    }
    Ok(old)
}

/// The objects of a backup.
fn listed(backup: &Path) -> Result<Vec<(String, u64)>, BackupError> {
    let path = backup.join(LIST);
    let text = fs::read_to_string(&path).map_err(failed("reading", &path))?;
    let line = |line: &str| {
        let (sha256, length) = line.split_once(' ')?;
        Some((sha256.to_owned(), length.parse().ok()?)).filter(|(sha256, _)| is_name(sha256))
    };
    let no = || BackupError::NoBackup { path: path.clone(), reason: "its list of objects cannot be read".to_owned() };
    text.lines().map(|text| line(text).ok_or_else(no)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_to_postgres_programs_in_the_environment_alone() {
        let command = tool("pg_dump", "postgres://yuexiang:p%40ss+w@db.example.cn/yuexiang").expect("an address");
        let arguments: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert_eq!(arguments, ["--dbname=postgres://yuexiang@db.example.cn/yuexiang"]);
        let password = command.get_envs().find(|(name, _)| *name == "PGPASSWORD").and_then(|(_, value)| value);
        assert_eq!(password, Some(std::ffi::OsStr::new("p@ss+w")));
    }

    #[test]
    fn an_object_that_is_spoilt_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("ab/to"));
        fs::write(&from, b"abc").expect("writes");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(copy(&from, &to, sha256).expect("copies"));
        assert_eq!(fs::read(&to).expect("reads"), b"abc");
        let other = folder.path().join("ab/other");
        assert!(!copy(&from, &other, &sha256.replace('b', "c")).expect("reads"));
        assert_eq!(fs::read_dir(folder.path().join("ab")).expect("reads").count(), 1, "nothing is left of it");
    }
}
