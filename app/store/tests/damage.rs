//! Databases that are damaged, foreign, in use or not to be written, and disks without room. Whatever was done to it, a box
//! starts, keeps what can be kept, and writes again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, TestCodec, object, village};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use yuexiang_core::catalog::ObjectRef;
use yuexiang_core::event::{Changes, RegionTrust};
use yuexiang_core::ports::ObjectSink;
use yuexiang_core::sync::testing::samples::{item, target};
use yuexiang_core::uplink::{Class, Message, MessageId, Payload, Uplink};
use yuexiang_core::view_counts::{ViewBatch, ViewCount};
use yuexiang_store::{Store, StoreOpenError, VERSION};

const PATH: &str = "pages/party/2026-10.json";
/// Bytes.
const PAGE: usize = 4096;

fn page(id: &str) -> Changes {
    Changes { pages: vec![(village(), target(PATH, 1), vec![item(id)])], ..Changes::default() }
}

fn trust() -> RegionTrust {
    RegionTrust { files: [("root.json".to_owned(), vec![7; 300])].into(), etag: Some("\"7\"".to_owned()) }
}

/// A store with an item, a setting, trust, a whole object and an unfinished one, closed.
fn store(dir: &Path) -> ObjectRef {
    let opened = Opened::new(dir);
    opened.commit(page("440224103201/a")).0.unwrap();
    let settings = vec![("volume".to_owned(), "7".to_owned())];
    opened.commit(Changes { settings, trust: vec![(village(), trust())], ..Changes::default() }).0.unwrap();
    opened.store.objects().open(object(b"unfinished")).unwrap().write(b"unf").unwrap();
    opened.store_object(b"kept")
}

fn integrity(dir: &Path) {
    let connection = rusqlite::Connection::open(dir.join("cache.db")).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let readable_since: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let version: usize = connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0)).unwrap();
    assert_eq!((readable_since, version), (3, VERSION));
}

/// After the damage a box starts, still has the object's file, and keeps what it writes. Damage that is found only while
/// the store is open is mended by the next start. Answers the saved setting.
#[track_caller]
fn check_mended(damage: impl FnOnce(&Path)) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let kept = store(dir.path());
    damage(&dir.path().join("cache.db"));
    drop(Opened::new(dir.path()));
    let volume = {
        let opened = Opened::new(dir.path());
        let writer = opened.store.objects().open(kept).unwrap();
        assert_eq!(writer.offset(), kept.length, "the object's file is still there");
        writer.finish().unwrap();
        opened.commit(page("440224103201/b")).0.unwrap();
        opened.commit(Changes { objects_whole: vec![kept], ..Changes::default() }).0.unwrap();
        opened.saved.settings.get("volume").cloned()
    };
    let saved = Opened::new(dir.path()).saved;
    assert_eq!(saved.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["440224103201/b"]);
    assert!(saved.objects.contains_key(&kept.sha256));
    assert_eq!(saved.settings.get("volume"), volume.as_ref());
    integrity(dir.path());
    volume
}

fn execute(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
}

#[test]
fn a_database_that_was_cut_anywhere_is_mended() {
    for length in [0, 1, 99, PAGE, PAGE + 1, 5 * PAGE] {
        check_mended(|path| fs::File::options().write(true).open(path).unwrap().set_len(length as u64).unwrap());
    }
}

#[test]
fn a_database_that_is_gone_costs_no_objects() {
    let volume = check_mended(|path| fs::remove_file(path).unwrap());
    assert_eq!(volume, None);
}

#[test]
fn a_database_with_a_page_of_zeros_is_mended_whichever_it_is() {
    let pages = {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        fs::metadata(dir.path().join("cache.db")).unwrap().len() as usize / PAGE
    };
    assert!(pages > 20, "{pages}");
    for number in 0..pages {
        check_mended(|path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[number * PAGE..(number + 1) * PAGE].fill(0);
            fs::write(path, bytes).unwrap();
        });
    }
}

#[test]
fn a_database_whose_first_bytes_are_others_is_mended() {
    for (at, other) in [(0, &b"SQLite format 4"[..]), (16, &[0, 3]), (18, &[9, 9]), (44, &[0, 0, 0, 77])] {
        check_mended(|path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[at..at + other.len()].copy_from_slice(other);
            fs::write(path, bytes).unwrap();
        });
    }
}

#[test]
fn a_database_without_one_of_its_tables_is_mended_whichever_it_is() {
    let tables: Vec<String> = {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        let connection = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
        let mut select = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(tables.len() > 12, "{tables:?}");
    for table in tables {
        let volume = check_mended(|path| execute(path, &format!("DROP TABLE {table}")));
        let is_personal = table == "settings" || table == "positions";
        assert_eq!(volume.as_deref(), (!is_personal).then_some("7"), "settings are taken over, without {table}");
    }
}

#[test]
fn a_database_of_another_program_is_set_aside() {
    let foreign = |sql: &'static str| {
        move |path: &Path| {
            fs::remove_file(path).unwrap();
            execute(path, sql);
        }
    };
    for sql in [
        "CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT); PRAGMA user_version = 4",
        "CREATE TABLE settings (owner TEXT, rows BLOB); INSERT INTO settings VALUES ('me', x'00')",
        "CREATE TABLE items (id INTEGER); PRAGMA user_version = 1",
        "CREATE TABLE items (id INTEGER); PRAGMA user_version = -5",
    ] {
        assert_eq!(check_mended(foreign(sql)), None);
    }
}

#[test]
fn what_a_later_program_left_for_later_ones_alone_is_set_aside_but_for_what_cannot_be_had_again() {
    // What the migration of a later program may do to the rest.
    let unreadable = "DROP TABLE items; UPDATE schema_version SET version = 99";
    for sql in ["CREATE TABLE more (id INTEGER); PRAGMA user_version = 99", unreadable] {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        Opened::new(dir.path()).commit(outgoing()).0.unwrap();
        execute(&dir.path().join("cache.db"), sql);
        for _ in 0..2 {
            let saved = Opened::new(dir.path()).saved;
            assert_eq!(saved.trust, [(village(), trust())].into(), "no way back to keys that were revoked");
            assert_eq!(saved.settings["volume"], "7");
            assert!(saved.items.is_empty() && saved.pages.is_empty());
            let Changes { view_counts, uplink, .. } = outgoing();
            assert_eq!(
                saved.view_counts.into_iter().map(|(day, batch)| (day, Some(batch))).collect::<Vec<_>>(),
                view_counts
            );
            assert_eq!(saved.uplink.into_iter().map(|(id, message)| (id, Some(message))).collect::<Vec<_>>(), uplink);
        }
    }
}

/// Counts of two days: one that is being counted, and one that waits to be sent.
fn outgoing() -> Changes {
    let batch = |day: i8| {
        let counts = [("440224103201/a".to_owned(), ViewCount { views: 2, plays: 0, seconds: 0 })].into();
        ViewBatch { village: village(), day: format!("2026-11-0{day}").parse().unwrap(), counts }
    };
    let (payload, expires) = (Payload::Views(batch(1)), batch(1).expires());
    let message = Message { class: Class::Bulk, sequence: 5, expires, payload };
    Changes {
        view_counts: vec![(batch(2).day, Some(batch(2)))],
        uplink: vec![(MessageId([7; 16]), Some(message))],
        ..Changes::default()
    }
}

#[test]
fn what_a_later_program_left_for_this_one_too_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    execute(
        &dir.path().join("cache.db"),
        "CREATE TABLE more (page INTEGER PRIMARY KEY REFERENCES pages ON DELETE CASCADE);
         INSERT INTO more SELECT id FROM pages; ALTER TABLE items ADD COLUMN subtitle TEXT;
         UPDATE schema_version SET version = 99",
    );
    check_untouched(dir.path());
    let connection = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
    let version: usize = connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 99, "the later program finds its own again");
}

/// The outbox as programs before the uplink kept it.
#[test]
fn batches_that_an_earlier_program_has_sealed_become_messages_the_oldest_first_and_go_when_it_sends_them() {
    let dir = tempfile::tempdir().unwrap();
    Opened::new(dir.path()).commit(outgoing()).0.unwrap();
    let database = dir.path().join("cache.db");
    execute(
        &database,
        "INSERT INTO view_counts VALUES (x'0102030405060708090a0b0c0d0e0f10', '2026-10-09', 'a', '440224103201', 1, 0, 0);
         INSERT INTO view_counts VALUES (x'ff02030405060708090a0b0c0d0e0f10', '2026-10-08', 'a', '440224103201', 1, 0, 0)",
    );
    let saved = Opened::new(dir.path()).saved;
    let uplink = Uplink::new(&saved.uplink, 1, 0);
    assert!(uplink.holds(|message| message.class == Class::Bulk));
    let mut messages: Vec<_> =
        saved.uplink.into_values().map(|Message { sequence, payload, .. }| (sequence, payload)).collect();
    messages.sort_by_key(|(sequence, _)| *sequence);
    let days: Vec<String> = messages.into_iter().map(|(_, Payload::Views(batch))| batch.day.to_string()).collect();
    assert_eq!(days, ["2026-11-01", "2026-10-08", "2026-10-09"]);
    // What the earlier program does when it has sent a batch, whoever has sealed it.
    execute(&database, "DELETE FROM view_counts WHERE batch != x''");
    let connection = rusqlite::Connection::open(&database).unwrap();
    let queued: usize = connection.query_row("SELECT count(*) FROM uplink", [], |row| row.get(0)).unwrap();
    assert_eq!((queued, Opened::new(dir.path()).saved.uplink.len()), (0, 0));
}

#[test]
fn of_trust_nothing_but_roots_is_taken_over_from_damaged_bytes() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    let mut whole = trust();
    whole.files.insert("3.root.json".to_owned(), vec![3]);
    whole.files.insert("timestamp.json".to_owned(), vec![8]);
    Opened::new(dir.path()).commit(Changes { trust: vec![(village(), whole)], ..Changes::default() }).0.unwrap();
    execute(&dir.path().join("cache.db"), "UPDATE items SET board = 77");
    let saved = Opened::new(dir.path()).saved;
    let names: Vec<&str> = saved.trust[&village()].files.keys().map(String::as_str).collect();
    assert_eq!((names, &saved.trust[&village()].etag), (vec!["3.root.json", "root.json"], &None));
    assert_eq!(Opened::new(dir.path()).saved.trust, saved.trust);
}

#[test]
fn a_log_full_of_garbage_costs_nothing() {
    for garbage in [vec![], vec![0; 100], vec![0xff; 3 * PAGE + 17], b"SQLite".repeat(5_000)] {
        let dir = tempfile::tempdir().unwrap();
        store(dir.path());
        fs::write(dir.path().join("cache.db-wal"), &garbage).unwrap();
        fs::write(dir.path().join("cache.db-shm"), &garbage).unwrap();
        let opened = Opened::new(dir.path());
        assert_eq!((opened.saved.items.len(), opened.saved.objects.len(), opened.saved.trust.len()), (1, 1, 1));
        opened.commit(page("440224103201/b")).0.unwrap();
        assert!(!dir.path().join("cache.db.broken").exists());
    }
}

/// The power goes while the log is being written: what was committed before its last transaction is there.
#[test]
fn a_log_that_is_torn_at_its_end_costs_its_last_transaction_at_most() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let opened = Opened::new(from.path());
    for number in 0..5 {
        let settings = vec![("last".to_owned(), number.to_string())];
        opened.commit(Changes { settings, ..Changes::default() }).0.unwrap();
    }
    for name in ["cache.db", "cache.db-wal"] {
        fs::copy(from.path().join(name), to.path().join(name)).unwrap();
    }
    let log = fs::File::options().write(true).open(to.path().join("cache.db-wal")).unwrap();
    let length = log.metadata().unwrap().len();
    assert!(length > 0, "the log has not been written back yet");
    log.set_len(length - 700).unwrap();
    assert_eq!(Opened::new(to.path()).saved.settings["last"], "3");
    integrity(to.path());
}

#[track_caller]
fn check_refused(dir: &Path) -> StoreOpenError {
    match Store::open(dir, Arc::new(TestCodec::default()), |_| {}) {
        Ok(_) => panic!("the store is not to be opened"),
        Err(error) => error,
    }
}

/// Everything that [`store`] put there is still there.
#[track_caller]
fn check_untouched(dir: &Path) {
    assert!(!dir.join("cache.db.broken").exists());
    let opened = Opened::new(dir);
    assert_eq!((opened.saved.items.len(), opened.saved.objects.len(), opened.saved.trust.len()), (1, 1, 1));
    assert_eq!(opened.saved.partial.values().collect::<Vec<_>>(), [&3], "nor is an unfinished download thrown away");
    opened.commit(page("440224103201/b")).0.unwrap();
}

#[test]
fn a_database_that_another_process_has_locked_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    let other = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM items; ROLLBACK").unwrap();
    let error = check_refused(dir.path());
    assert!(matches!(error, StoreOpenError::Database { .. }) && error.to_string().contains("locked"), "{error}");
    drop(other);
    check_untouched(dir.path());
}

/// Runs it as somebody who may not do everything, if whoever runs the tests may.
fn as_nobody(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // SAFETY: the plain system call changes this thread's user only, and those that it starts.
            let uid = unsafe {
                libc::syscall(libc::SYS_setresuid, 65_534, 65_534, 65_534);
                libc::geteuid()
            };
            assert_ne!(uid, 0);
            run();
        });
        thread.join().unwrap();
    });
}

/// Sets the modes of all folders and files, the folder itself last.
fn set_modes(dir: &Path, folders: u32, files: u32) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            set_modes(&entry.path(), folders, files);
        } else {
            fs::set_permissions(entry.path(), Permissions::from_mode(files)).unwrap();
        }
    }
    fs::set_permissions(dir, Permissions::from_mode(folders)).unwrap();
}

#[test]
fn a_store_that_may_only_be_read_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    set_modes(dir.path(), 0o555, 0o444);
    as_nobody(|| {
        assert!(matches!(check_refused(dir.path()), StoreOpenError::Lock { .. }));
    });
    set_modes(dir.path(), 0o755, 0o644);
    check_untouched(dir.path());
}

#[test]
fn a_database_that_may_only_be_read_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    set_modes(dir.path(), 0o777, 0o666);
    fs::set_permissions(dir.path().join("cache.db"), Permissions::from_mode(0o444)).unwrap();
    as_nobody(|| {
        let error = check_refused(dir.path());
        assert!(matches!(error, StoreOpenError::Database { .. }) && error.to_string().contains("readonly"), "{error}");
    });
    set_modes(dir.path(), 0o755, 0o644);
    check_untouched(dir.path());
}

/// Set in the copy of this program that runs under a limit: the folder it opens.
const DIR: &str = "YUEXIANG_STORE_TEST_DIR";

/// Not even the files beside the database can be made, as on a disk without a free block.
#[test]
fn a_disk_without_any_room_costs_nothing_but_unfinished_downloads() {
    if let Some(dir) = std::env::var_os(DIR) {
        assert!(matches!(check_refused(Path::new(&dir)), StoreOpenError::Database { .. }));
        std::process::exit(41);
    }
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' --exact a_disk_without_any_room_costs_nothing_but_unfinished_downloads",
        this.display()
    );
    let status = Command::new("sh").args(["-c", &script]).env(DIR, dir.path()).stdout(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(41));
    assert!(!dir.path().join("cache.db.broken").exists());
    let opened = Opened::new(dir.path());
    assert_eq!((opened.saved.items.len(), opened.saved.objects.len(), opened.saved.trust.len()), (1, 1, 1));
    opened.commit(page("440224103201/b")).0.unwrap();
}

#[test]
fn channels_of_an_earlier_program_are_brought_again_and_shown_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let rows = format!(
        "{}\n{}
        INSERT INTO pages VALUES (1, '440224103201', 'channels.json', x'{hash}');
        INSERT INTO pages VALUES (2, '440224103201', 'region.json', x'{hash}');
        INSERT INTO channels VALUES (1, 0, 'news', 1, '新闻', 'http://old.example/live/news/index.m3u8', 0);
        INSERT INTO programmes VALUES (1, 0, 0, '早间', 60);
        PRAGMA user_version = 2;",
        include_str!("../migrations/0001_initial.sql"),
        include_str!("../migrations/0002_approvals.sql"),
        hash = "ab".repeat(32),
    );
    execute(&dir.path().join("cache.db"), &rows);
    let saved = Opened::new(dir.path()).saved;
    assert_eq!(saved.channels[&village()][0].url, "http://old.example/live/news/index.m3u8");
    let hash = |path: &str| saved.pages[&(village(), path.to_owned())].0;
    assert_eq!((hash("channels.json"), hash("region.json")), ([0; 32], [0xab; 32]));
}
