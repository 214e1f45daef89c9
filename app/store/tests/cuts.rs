//! What is left when the power goes or the disk is full. Each test runs a second copy of this program that does the
//! writing, and looks at what it leaves behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, object, village};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use yuexiang_core::catalog::Item;
use yuexiang_core::event::{Changes, StoreErrorKind};
use yuexiang_core::sync::testing::samples::{item, target};

/// Set in the copies: the folder they write to.
const DIR: &str = "YUEXIANG_STORE_TEST_DIR";

fn writer_dir() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

fn integrity(dir: &Path) {
    let connection = rusqlite::Connection::open(dir.join("cache.db")).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut broken = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!broken.exists([]).unwrap(), "every row's page is there");
}

/// Ten items that belong together and one object, again and again.
fn batch(opened: &Opened, number: u32) -> Changes {
    let bytes: Vec<u8> = number.to_be_bytes().iter().copied().cycle().take(20_000).collect();
    let object = opened.write(&bytes);
    let items: Vec<Item> = (0..10).map(|index| item(&format!("440224103201/{number}-{index}"))).collect();
    Changes {
        pages: vec![(village(), target(&format!("pages/party/{number}.json"), number.into()), items)],
        objects_whole: vec![object],
        settings: vec![("last".to_owned(), number.to_string())],
        ..Changes::default()
    }
}

#[test]
fn a_process_that_is_killed_leaves_whole_batches_only() {
    if let Some(dir) = writer_dir() {
        let opened = Opened::new(&dir);
        let start: u32 = opened.saved.settings.get("last").map_or(0, |last| last.parse().unwrap());
        for number in start + 1.. {
            opened.commit(batch(&opened, number)).0.unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for delay in [150, 90, 211, 60, 133] {
        let this = std::env::current_exe().unwrap();
        let mut child = Command::new(this)
            .args(["--exact", "a_process_that_is_killed_leaves_whole_batches_only"])
            .env(DIR, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let opened = Opened::new(dir.path());
        let reached: u32 = opened.saved.settings.get("last").map_or(0, |last| last.parse().unwrap());
        assert!(reached >= last, "what was committed stays");
        last = reached;
        assert_eq!(opened.saved.items.len(), 10 * last as usize);
        assert_eq!(opened.saved.pages.len(), last as usize);
        assert_eq!(opened.saved.objects.len(), last as usize, "no row without its file");
        drop(opened);
        integrity(dir.path());
        assert!(!dir.path().join("cache.db.broken").exists());
    }
    assert!(last > 0, "something was written at all");
}

/// The copy runs under a limit on the size of files, so that writing fails in the middle, in the kernel, as on a full
/// disk. Its shell ignores the signal that comes with it.
#[test]
fn writing_that_fails_in_the_kernel_spoils_nothing() {
    if let Some(dir) = writer_dir() {
        let opened = Opened::new(&dir);
        let large = vec![9; 2 << 20];
        let mut writer = yuexiang_core::ports::ObjectSink::open(&*opened.store.objects(), object(&large)).unwrap();
        let refused = large.chunks(100_000).find_map(|piece| writer.write(piece).err()).expect("the file is too large");
        assert_eq!(refused.kind, StoreErrorKind::Full);
        drop(writer);
        let mut number = 0;
        loop {
            number += 1;
            let (result, _) = opened.commit(batch(&opened, number));
            if result.is_err() {
                break;
            }
            assert!(number < 1_000, "the database never became too large");
        }
        // It goes on to answer, and what was there is still there.
        let (result, _) = opened.commit(batch(&opened, number));
        assert!(result.is_err());
        std::process::exit(40);
    }
    let dir = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1024; exec '{}' --exact writing_that_fails_in_the_kernel_spoils_nothing --nocapture",
        this.display()
    );
    let status = Command::new("sh").args(["-c", &script]).env(DIR, dir.path()).stdout(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(40));
    let opened = Opened::new(dir.path());
    let last: usize = opened.saved.settings["last"].parse().unwrap();
    assert!(last > 0);
    assert_eq!(opened.saved.items.len(), 10 * last);
    assert_eq!(opened.saved.objects.len(), last);
    opened.commit(batch(&opened, 5_000)).0.unwrap();
    drop(opened);
    integrity(dir.path());
    assert!(!dir.path().join("cache.db.broken").exists());
}
