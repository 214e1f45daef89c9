//! The database: opening it, bringing its form up to date, and building it anew when it is beyond use.

use crate::files::ObjectFiles;
use crate::load::{self, Loaded};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use yuexiang_core::event::{RegionTrust, StoreErrorKind};

/// Applied in order. How many have been is the database's *version*.
///
/// Boxes go back to an earlier program when a new one does not start, and that one finds this one's database. So from the
/// fourth on a migration adds and takes nothing away ([`READABLE_SINCE`]): tables, columns with a default, triggers. What
/// earlier programs read and write keeps its meaning, and no column that they read is given a value that they do not know
/// (another kind of item lies in a table of its own). The tables of trust, settings, positions and of what waits to be sent
/// are added to and never changed, whatever happens to the others: they are taken over from a database that is too new.
const MIGRATIONS: [&str; VERSION] = [
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_approvals.sql"),
    include_str!("../migrations/0003_relative_channels.sql"),
    include_str!("../migrations/0004_former_regions.sql"),
    include_str!("../migrations/0005_documents.sql"),
    include_str!("../migrations/0006_trust.sql"),
    include_str!("../migrations/0007_uplink.sql"),
];

/// With fewer bytes than this a file system is full: an open database needs files beside it.
pub(crate) const FULL: u64 = 1 << 20;
/// No picture has so many bytes.
const VIDEO: u64 = 16 << 20;

/// Of the databases that this program makes.
pub const VERSION: usize = 7;
/// The earliest version whose programs go on with what this one leaves: the database's `user_version`. Programs of version
/// 3 compare it with their own version and know no more of the matter. It moves when a migration takes something away.
const READABLE_SINCE: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    #[error("make the store's folder {path}: {source}", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the store {path} is open in another process", path = path.display())]
    InUse { path: PathBuf },
    #[error("lock the store {path}: {source}", path = path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("open the database {path}: {source}", path = path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("set the damaged database {path} aside: {source}", path = path.display())]
    SetAside { path: PathBuf, source: io::Error },
    #[error("start a thread of the store: {0}")]
    Thread(io::Error),
}

/// The locked folder of a store.
pub(crate) struct Folder {
    dir: PathBuf,
    /// Unlocked when it is closed.
    _lock: File,
}

impl Folder {
    pub fn lock(dir: &Path) -> Result<Folder, StoreOpenError> {
        fs::create_dir_all(dir).map_err(|source| StoreOpenError::Folder { path: dir.to_owned(), source })?;
        let path = dir.join("lock");
        let lock = File::create(&path).map_err(|source| StoreOpenError::Lock { path: path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreOpenError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(StoreOpenError::Lock { path, source }),
        }
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join("cache.db")
    }

    /// Exists when damage was found while the database was in use.
    fn damage_mark(&self) -> PathBuf {
        self.dir.join("cache.db.damaged")
    }

    /// The next start builds the database anew.
    pub fn mark_damaged(&self, detail: &str) {
        tracing::error!(database = %self.database().display(), detail, "the database is damaged; it is rebuilt at the next start");
        if let Err(error) = fs::write(self.damage_mark(), detail) {
            tracing::error!(%error, "the damage could not be marked");
        }
    }
}

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("it is readable since version {0}, and this program's is {VERSION}")]
    Later(usize),
    #[error("{0}")]
    Content(String),
    #[error("damage was found while it was in use: {0}")]
    Marked(String),
}

impl Unusable {
    /// Whether a new database would help. A full or failing disk is no reason to throw the cache away.
    fn is_damage(&self) -> bool {
        match self {
            Unusable::Sqlite(error) => !matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::PermissionDenied
                        | ErrorCode::ReadOnly
                        | ErrorCode::OutOfMemory
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                )
            ),
            Unusable::Later(_) | Unusable::Content(_) | Unusable::Marked(_) => true,
        }
    }

    /// Whether it may be that the disk has no room for the files that an open database needs beside it.
    fn may_want_room(&self) -> bool {
        let code = match self {
            Unusable::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
    }
}

pub(crate) fn open(folder: &Folder, files: &ObjectFiles, decoder: u32) -> Result<(Connection, Loaded), StoreOpenError> {
    let unusable = match try_open(folder, files, decoder) {
        Ok(opened) => return Ok(opened),
        Err(unusable) => unusable,
    };
    if unusable.is_damage() {
        set_aside(folder, &unusable)?;
    } else {
        let opened = make_room(unusable, files, || files.space(0).free, || try_open(folder, files, decoder));
        return opened.map_err(|error| cannot_open(folder, error));
    }
    let (mut connection, mut loaded) = try_open(folder, files, decoder).map_err(|error| cannot_open(folder, error))?;
    salvage(folder, &unusable, &mut connection, &mut loaded);
    loaded.rebuilt = true;
    Ok((connection, loaded))
}

/// Opens a database that the disk has no room for, at the cost of what is worth less than all texts: unfinished downloads,
/// and, when not a byte is free, whole videos, the largest first. What cannot be opened with room either is left in peace.
fn make_room<T>(
    mut unusable: Unusable,
    files: &ObjectFiles,
    free: impl Fn() -> u64,
    mut try_open: impl FnMut() -> Result<T, Unusable>,
) -> Result<T, Unusable> {
    let mut removed = unusable.may_want_room() && files.remove_unfinished();
    loop {
        if !removed && unusable.may_want_room() && free() < FULL {
            removed = files.remove_largest(VIDEO);
        }
        if !removed {
            return Err(unusable);
        }
        tracing::warn!(reason = %unusable, "removed downloads to be able to open the database");
        match try_open() {
            Ok(opened) => return Ok(opened),
            Err(error) => (unusable, removed) = (error, false),
        }
    }
}

fn cannot_open(folder: &Folder, error: Unusable) -> StoreOpenError {
    let source = match error {
        Unusable::Sqlite(source) => source,
        other => rusqlite::Error::ToSqlConversionFailure(other.to_string().into()),
    };
    StoreOpenError::Database { path: folder.database(), source }
}

fn try_open(folder: &Folder, files: &ObjectFiles, decoder: u32) -> Result<(Connection, Loaded), Unusable> {
    if let Ok(detail) = fs::read_to_string(folder.damage_mark()) {
        return Err(Unusable::Marked(detail));
    }
    let connection = Connection::open(folder.database())?;
    // SQLite opens what it may only read, and fails when somebody writes.
    if connection.is_readonly("main")? {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(rusqlite::Error::SqliteFailure(code, None).into());
    }
    prepare(&connection)?;
    let (user_version, version) = migrate(&connection)?;
    let mut loaded = load::load(&connection, files, decoder).map_err(|error| match error {
        // It is not damage that a later program has written what this one cannot read.
        unreadable if version > VERSION && unreadable.is_damage() => Unusable::Later(version),
        error => error,
    })?;
    // If there was another one, somebody has removed it, or a file system has emptied it: objects are still there.
    loaded.rebuilt = user_version == 0;
    Ok((connection, loaded))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A first synchronization writes much; afterwards the log need not keep that size.
    connection.pragma_update(None, "journal_size_limit", 1 << 20)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))
}

/// Answers the `user_version` and the version that the database had; both are 0 when it is new.
fn migrate(connection: &Connection) -> Result<(usize, usize), Unusable> {
    let readable_since: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if readable_since > VERSION {
        return Err(Unusable::Later(readable_since));
    }
    let version = version(connection, readable_since)?;
    if version > VERSION {
        tracing::info!(version, known = VERSION, readable_since, "the database is a later program's; going on with it");
    }
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        let number = index + 1;
        let note = match number {
            ..5 => format!("PRAGMA user_version = {number};"),
            _ => format!("PRAGMA user_version = {READABLE_SINCE}; UPDATE schema_version SET version = {number};"),
        };
        connection.execute_batch(&format!("BEGIN;\n{migration}\n{note}\nCOMMIT;"))?;
    }
    Ok((readable_since, version))
}

/// Up to the fourth the version was the `user_version`.
fn version(connection: &Connection, user_version: usize) -> rusqlite::Result<usize> {
    let has_table = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'";
    match connection.query_row(has_table, [], |row| row.get(0))? {
        0_usize => Ok(user_version),
        _ => connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0)),
    }
}

pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(connection)
}

fn broken_path(folder: &Folder) -> PathBuf {
    folder.dir.join("cache.db.broken")
}

/// The form of a damaged database's name is kept for its log, which it cannot be read without.
fn set_aside(folder: &Folder, reason: &Unusable) -> Result<(), StoreOpenError> {
    let (from, to) = (folder.database(), broken_path(folder));
    tracing::error!(
        database = %from.display(), kept = %to.display(), %reason,
        "the database cannot be used: it is set aside and built anew; object files are kept"
    );
    for suffix in ["", "-wal", "-shm"] {
        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        match fs::rename(with(&from), with(&to)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => crate::files::remove_file(&with(&to)),
            Err(source) => return Err(StoreOpenError::SetAside { path: with(&from), source }),
        }
    }
    crate::files::remove_file(&folder.damage_mark());
    Ok(())
}

/// Settings and positions cannot be had from the network: what can still be read of them is taken over. So are, of a database
/// that is not damaged, only from a later program, the verified metadata and what waits to be sent: whoever goes back to an
/// earlier program must not go back to keys that have been revoked, nor forget what was counted. Of damaged bytes nothing is
/// to be trusted but roots, which vouch for themselves: each is looked at before it is used.
fn salvage(folder: &Folder, reason: &Unusable, connection: &mut Connection, loaded: &mut Loaded) {
    let broken = broken_path(folder);
    let is_later = matches!(reason, Unusable::Later(_));
    let read = || -> Result<_, Unusable> {
        let mut trust = load::trust(&open_reader(&broken)?)?;
        if !is_later {
            trust.values_mut().for_each(keep_roots);
        }
        Ok(trust)
    };
    match read().and_then(|trust| Ok(crate::write::all_trust(connection, &trust).map(|()| trust)?)) {
        Ok(trust) => loaded.saved.trust = trust,
        Err(error) => tracing::warn!(%error, "metadata could not be taken over from the database that was set aside"),
    }
    if is_later {
        let read = || -> Result<_, Unusable> { load::outgoing(&open_reader(&broken)?) };
        match read().and_then(|outgoing| Ok(crate::write::outgoing(connection, &outgoing).map(|()| outgoing)?)) {
            Ok(outgoing) => (loaded.saved.view_counts, loaded.saved.uplink) = (outgoing.view_counts, outgoing.uplink),
            Err(error) => tracing::warn!(%error, "view counts could not be taken over from the later database"),
        }
    }
    let read = || -> rusqlite::Result<load::Personal> { load::personal(&open_reader(&broken)?) };
    match read() {
        Ok(personal) => {
            if let Err(error) = crate::write::personal(connection, &personal) {
                tracing::warn!(%error, "settings were read from the damaged database but could not be written");
            }
            (loaded.saved.settings, loaded.saved.positions) = personal;
        }
        Err(error) => tracing::warn!(%error, "settings could not be read from the damaged database"),
    }
}

fn keep_roots(trust: &mut RegionTrust) {
    trust.files.retain(|name, _| name.ends_with("root.json"));
    trust.etag = None;
}

pub(crate) fn sqlite_kind(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Corrupt,
        _ if matches!(error, rusqlite::Error::QueryReturnedNoRows) => StoreErrorKind::NotFound,
        _ => StoreErrorKind::Io,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::cell::Cell;
    use yuexiang_core::catalog::Sha256;
    use yuexiang_core::ports::ObjectPaths;

    fn unusable(code: std::os::raw::c_int) -> Unusable {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into()
    }

    /// A picture, two videos and an unfinished file. Answers which are left when the disk has so many bytes free and the
    /// database opens at the attempt with this number.
    fn left(code: std::os::raw::c_int, free: u64, opens_at: usize) -> (bool, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let files = ObjectFiles::open(dir.path()).unwrap();
        for (number, length) in [(1, 1_000), (2, VIDEO + 1), (3, VIDEO)] {
            let path = files.path(Sha256([number; 32]));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(&path).unwrap().set_len(length).unwrap();
        }
        fs::write(files.partial_path(Sha256([4; 32])), b"unf").unwrap();
        let attempts = Cell::new(0);
        let try_open = || {
            attempts.set(attempts.get() + 1);
            if attempts.get() == opens_at { Ok(()) } else { Err(unusable(code)) }
        };
        let opened = make_room(unusable(code), &files, || free, try_open).is_ok();
        let whole = (1..=3).filter(|number| files.path(Sha256([*number; 32])).exists());
        let unfinished = files.partial_path(Sha256([4; 32])).exists().then_some(4);
        (opened, whole.chain(unfinished).collect())
    }

    #[test]
    fn on_a_full_disk_unfinished_downloads_go_first_then_videos_from_the_largest_and_never_pictures() {
        use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR};
        for code in [SQLITE_FULL, SQLITE_IOERR] {
            assert_eq!(left(code, 0, 1), (true, vec![1, 2, 3]));
            assert_eq!(left(code, 0, 2), (true, vec![1, 3]));
            assert_eq!(left(code, 0, 3), (true, vec![1]));
            assert_eq!(left(code, 0, 9), (false, vec![1]));
        }
    }

    #[test]
    fn what_is_no_want_of_room_costs_no_video() {
        use rusqlite::ffi::{SQLITE_BUSY, SQLITE_IOERR};
        assert_eq!(left(SQLITE_IOERR, FULL, 9), (false, vec![1, 2, 3]), "the disk fails, and has room");
        assert_eq!(left(SQLITE_BUSY, 0, 9), (false, vec![1, 2, 3, 4]));
    }
}
