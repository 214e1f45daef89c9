//! The store as its neighbours see it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, TestCodec, hash, object, village};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yuexiang_core::catalog::Sha256;
use yuexiang_core::event::{Changes, Saved, StoreEvent, StoreRequest};
use yuexiang_core::ports::{ObjectPaths, ObjectSink};
use yuexiang_core::sync::testing::conformance::{self, Subject};
use yuexiang_core::sync::testing::samples::{item, picture_item, target};
use yuexiang_store::{Store, StoreOpenError};

const PATH: &str = "pages/party/2026-10.json";
const MIB: usize = 1 << 20;

fn page(id: &str) -> Changes {
    Changes { pages: vec![(village(), target(PATH, 1), vec![item(id)])], ..Changes::default() }
}

fn setting(value: &str) -> Changes {
    Changes { settings: vec![("volume".to_owned(), value.to_owned())], ..Changes::default() }
}

fn object_path(dir: &Path, sha256: Sha256) -> PathBuf {
    let name = sha256.to_string();
    dir.join("objects").join(&name[..2]).join(name)
}

struct OnDisk {
    dir: tempfile::TempDir,
    codec: Arc<TestCodec>,
    opened: Option<Opened>,
}

impl OnDisk {
    fn opened(&self) -> &Opened {
        self.opened.as_ref().unwrap()
    }
}

impl Subject for OnDisk {
    fn handle(&mut self, request: StoreRequest) -> StoreEvent {
        self.opened().ask(request)
    }

    fn sink(&self) -> Box<dyn ObjectSink + '_> {
        Box::new(yuexiang_store::ObjectFiles::clone(&self.opened().store.objects()))
    }

    fn reopen(&mut self) -> Saved {
        self.opened = None;
        self.opened = Some(Opened::with_codec(self.dir.path(), Arc::clone(&self.codec) as _));
        self.opened().saved.clone()
    }

    fn hash(&self, bytes: &[u8]) -> Sha256 {
        hash(bytes)
    }

    fn damage(&mut self, sha256: Sha256) {
        let path = self.opened().store.objects().path(sha256);
        let mut bytes = fs::read(&path).unwrap();
        bytes[0] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn the_store_on_disk_behaves_as_a_store() {
    conformance::check(&|| {
        let dir = tempfile::tempdir().unwrap();
        let codec = Arc::new(TestCodec::default());
        let opened = Opened::with_codec(dir.path(), Arc::clone(&codec) as _);
        Box::new(OnDisk { dir, codec, opened: Some(opened) })
    });
}

#[test]
fn a_store_is_open_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = Opened::new(dir.path());
    let second = Store::open(dir.path(), Arc::new(TestCodec::default()), |_| {});
    assert!(matches!(second, Err(StoreOpenError::InUse { .. })));
    drop(first);
    Opened::new(dir.path());
}

#[test]
fn objects_whose_files_are_gone_or_too_short_are_not_called_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (gone, short, sound) = {
        let opened = Opened::new(dir.path());
        (opened.store_object(b"gone"), opened.store_object(b"short"), opened.store_object(b"sound"))
    };
    fs::remove_file(object_path(dir.path(), gone.sha256)).unwrap();
    fs::write(object_path(dir.path(), short.sha256), b"sho").unwrap();
    let saved = Opened::new(dir.path()).saved;
    assert_eq!(saved.objects.keys().collect::<Vec<_>>(), [&sound.sha256]);
    assert_eq!(saved.space.used, 5);
}

#[test]
fn what_is_held_in_memory_is_read_from_there_until_it_lies_on_the_disk_or_gives_way() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Opened::new(dir.path());
    let files = opened.store.objects();
    let borrow = |bytes: &[u8], instead_of: &[Sha256]| {
        let mut writer = files.open_in_memory(object(bytes), instead_of);
        writer.write(bytes).unwrap();
        writer.finish().unwrap();
        object(bytes)
    };
    let first = borrow(b"first", &[]);
    assert_eq!(files.in_memory(first.sha256).as_deref(), Some(&b"first"[..]));
    assert!(!object_path(dir.path(), first.sha256).exists());
    let second = borrow(b"second", &[first.sha256]);
    assert_eq!(files.in_memory(first.sha256), None);
    // The disk has room again.
    opened.store_object(b"second");
    assert_eq!(files.in_memory(second.sha256), None);
    assert!(object_path(dir.path(), second.sha256).exists());
}

#[test]
fn a_file_that_nothing_refers_to_is_collected_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let stray = Opened::new(dir.path()).write(b"stray");
    drop(Opened::new(dir.path()));
    assert!(object_path(dir.path(), stray.sha256).exists(), "before any page has come nobody knows what is needed");
    Opened::new(dir.path()).commit(page("440224103201/a")).0.unwrap();
    drop(Opened::new(dir.path()));
    assert!(!object_path(dir.path(), stray.sha256).exists());
}

#[test]
fn a_file_that_an_item_needs_is_kept_without_a_row_and_adopted_without_a_byte() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = [7; 1000];
    let needed = {
        let opened = Opened::new(dir.path());
        let mut item = picture_item("440224103201/a", 1);
        item.cover.as_mut().unwrap().object = object(&bytes);
        let pages = vec![(village(), target(PATH, 1), vec![item])];
        opened.commit(Changes { pages, ..Changes::default() }).0.unwrap();
        opened.write(&bytes)
    };
    drop(Opened::new(dir.path()));
    let opened = Opened::new(dir.path());
    let writer = opened.store.objects().open(needed).unwrap();
    assert_eq!(writer.offset(), 1000);
    writer.finish().unwrap();
}

#[test]
fn a_leftover_file_with_wrong_bytes_is_not_adopted() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Opened::new(dir.path());
    let right = object(b"right");
    let path = object_path(dir.path(), right.sha256);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"wrong").unwrap();
    assert!(opened.store.objects().open(right).unwrap().finish().is_err());
    assert_eq!(opened.store.objects().open(right).unwrap().offset(), 0);
    assert_eq!(opened.write(b"right"), right);
}

#[test]
fn after_a_restart_an_unfinished_file_is_believed_but_for_the_zeros_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..9 * MIB).map(|index| (index % 251) as u8).collect();
    let whole = object(&bytes);
    let part = 5 * MIB + 100;
    {
        let opened = Opened::new(dir.path());
        opened.store.objects().open(whole).unwrap().write(&bytes[..part]).unwrap();
    }
    let partial = dir.path().join("partial").join(whole.sha256.to_string());
    // A file system that lengthened the file but lost what was to be in it.
    fs::File::options().write(true).open(&partial).unwrap().set_len(part as u64 + 70_000).unwrap();
    let opened = Opened::new(dir.path());
    let mut writer = opened.store.objects().open(whole).unwrap();
    assert_eq!(writer.offset(), part as u64);
    writer.write(&bytes[part..]).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read(object_path(dir.path(), whole.sha256)).unwrap(), bytes);
}

#[test]
fn after_a_restart_an_unfinished_file_goes_on_where_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..MIB).map(|index| (index % 251) as u8).collect();
    let whole = object(&bytes);
    Opened::new(dir.path()).store.objects().open(whole).unwrap().write(&bytes[..70_001]).unwrap();
    let opened = Opened::new(dir.path());
    let mut writer = opened.store.objects().open(whole).unwrap();
    assert_eq!(writer.offset(), 70_001);
    writer.write(&bytes[70_001..]).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read(object_path(dir.path(), whole.sha256)).unwrap(), bytes);
}

#[test]
fn used_space_counts_whole_and_unfinished_objects() {
    let dir = tempfile::tempdir().unwrap();
    let opened = Opened::new(dir.path());
    opened.store_object(b"whole");
    opened.store.objects().open(object(b"unfinished")).unwrap().write(b"unf").unwrap();
    let (_, space) = opened.commit(setting("1"));
    assert_eq!(space.used, 8);
    assert!(space.free > 0);
}

// --------------------------------------------------------------------------------------------------- damaged databases

/// A store with an item, settings and an object, closed; then `damage` is done to its database.
#[track_caller]
fn check_damage(damage: impl FnOnce(&Path), settings_survive: bool) {
    let dir = tempfile::tempdir().unwrap();
    let kept = {
        let opened = Opened::new(dir.path());
        opened.commit(page("440224103201/a")).0.unwrap();
        opened.commit(setting("7")).0.unwrap();
        opened.store_object(b"kept")
    };
    damage(&dir.path().join("cache.db"));
    {
        let opened = Opened::new(dir.path());
        assert!(opened.saved.items.is_empty() && opened.saved.objects.is_empty());
        let volume = opened.saved.settings.get("volume").map(String::as_str);
        assert_eq!(volume, settings_survive.then_some("7"));
        assert!(dir.path().join("cache.db.broken").exists());
        let writer = opened.store.objects().open(kept).unwrap();
        assert_eq!(writer.offset(), kept.length, "the object's file is still there");
        writer.finish().unwrap();
        opened.commit(page("440224103201/b")).0.unwrap();
        opened.commit(Changes { objects_whole: vec![kept], ..Changes::default() }).0.unwrap();
    }
    let saved = Opened::new(dir.path()).saved;
    assert_eq!(saved.items.len(), 1);
    assert!(saved.objects.contains_key(&kept.sha256));
    assert_eq!(saved.settings.get("volume").map(String::as_str), settings_survive.then_some("7"));
}

#[test]
fn a_database_that_is_none_is_rebuilt_and_objects_are_kept() {
    check_damage(|path| fs::write(path, vec![0x55; 100_000]).unwrap(), false);
}

#[test]
fn a_database_that_was_cut_short_is_rebuilt() {
    check_damage(
        |path| {
            let length = fs::metadata(path).unwrap().len();
            fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
        },
        false,
    );
}

#[test]
fn a_database_of_a_later_program_is_rebuilt_and_settings_are_taken_over() {
    check_damage(
        |path| {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.pragma_update(None, "user_version", 99).unwrap();
        },
        true,
    );
}

#[test]
fn a_database_with_a_row_that_cannot_be_is_rebuilt_and_settings_are_taken_over() {
    check_damage(
        |path| {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute("UPDATE items SET board = 77", []).unwrap();
        },
        true,
    );
}

#[test]
fn of_a_database_from_before_approvals_the_items_are_fetched_again_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    {
        let connection = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
        let rows = format!(
            "{}
            INSERT INTO pages VALUES (1, '440224103201', 'region.json', x'{hash}');
            INSERT INTO pages VALUES (2, '440224103201', '{PATH}', x'{hash}');
            INSERT INTO regions VALUES (1, '榕树村');
            INSERT INTO items VALUES ('440224103201/a', 2, '440224103201', 0, 'news', 0, '标题', '', '', 1, NULL, NULL, 0,
                3, NULL, NULL, NULL, NULL, x'');
            INSERT INTO item_bodies VALUES ('440224103201/a', x'00');
            INSERT INTO settings VALUES ('volume', '12');
            PRAGMA user_version = 1;",
            include_str!("../migrations/0001_initial.sql"),
            hash = "ab".repeat(32),
        );
        connection.execute_batch(&rows).unwrap();
    }
    let opened = Opened::new(dir.path());
    assert!(opened.saved.items.is_empty());
    assert_eq!(opened.saved.pages.keys().map(|(_, path)| path.as_str()).collect::<Vec<_>>(), ["region.json"]);
    assert_eq!(opened.saved.regions[&village()].name, "榕树村");
    assert_eq!(opened.saved.settings["volume"], "12");
    opened.commit(page("440224103201/a")).0.unwrap();
    assert!(!dir.path().join("cache.db.broken").exists());
}

#[test]
fn damage_that_is_found_while_the_store_is_open_is_mended_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("cache.db.damaged");
    {
        let opened = Opened::new(dir.path());
        let items = (0..300).map(|index| item(&format!("440224103201/{index}"))).collect();
        let pages = vec![(village(), target(PATH, 1), items)];
        opened.commit(Changes { pages, ..Changes::default() }).0.unwrap();
    }
    // Texts lie at the end, behind everything that is read at the start.
    let path = dir.path().join("cache.db");
    let mut bytes = fs::read(&path).unwrap();
    let page_size = 4096;
    let last = bytes.len() - bytes.len() / page_size / 3 * page_size;
    bytes[last..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    // Closing waits for the look through the database that every start begins.
    drop(Opened::new(dir.path()));
    if mark.exists() {
        let saved = Opened::new(dir.path()).saved;
        assert!(saved.items.is_empty());
    }
    assert!(!mark.exists());
    assert!(dir.path().join("cache.db.broken").exists());
    Opened::new(dir.path()).commit(page("440224103201/b")).0.unwrap();
}
