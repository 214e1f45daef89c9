//! The program of database version 3, which has been released and compares nothing but `user_version`, goes on with what this
//! one leaves: a box may go back to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, village};
use rusqlite::Connection;
use yuexiang_core::event::{Changes, RegionTrust};
use yuexiang_core::sync::testing::samples::{item, target};
use yuexiang_core::uplink::{Class, Message, MessageId, Payload};
use yuexiang_core::view_counts::{ViewBatch, ViewCount};

const PATH: &str = "pages/party/2026-10.json";

/// What it reads at its start, and of an item.
const READS: [&str; 17] = [
    "SELECT name, value FROM settings",
    "SELECT item, position FROM positions",
    "SELECT id, bytes FROM item_bodies",
    "SELECT region, etag FROM trust",
    "SELECT region, name, bytes FROM trust_files",
    "SELECT region, path, sha256 FROM pages",
    "SELECT regions.page, pages.region, regions.name FROM regions JOIN pages ON pages.id = regions.page",
    "SELECT page, id, board, name, name_en, sequence FROM sections ORDER BY page, position",
    "SELECT page, channel, title, duration FROM programmes ORDER BY page, channel, position",
    "SELECT channels.page, position, pages.region, channels.id, number, name, url, loop_start
     FROM channels JOIN pages ON pages.id = channels.page ORDER BY channels.page, position",
    "SELECT reviews.page, pages.region, reviews_below FROM reviews JOIN pages ON pages.id = reviews.page",
    "SELECT page, key, person, name, steps, since, until FROM reviewers ORDER BY page, position",
    "SELECT batch, day, item, village, views, plays, seconds FROM view_counts",
    "SELECT id, path FROM pages",
    "SELECT page, id, region, board, section, kind, title, summary, publisher, published, not_before, not_after,
            pinned, priority, author, approvals, audience_only, audience_except, thumbnail, starts, price, duration,
            objects FROM items",
    "SELECT sha256, length, last_used FROM objects",
    "SELECT bytes FROM item_bodies WHERE id = '440224103201/a'",
];

/// What it writes: trust by its steps, each kind of target, an object, settings, and counts that are open, sealed and sent.
const WRITES: &str = "
    INSERT INTO trust (region, etag) VALUES ('440224103201', '\"8\"') ON CONFLICT DO UPDATE SET etag = excluded.etag;
    INSERT INTO trust_files (region, name, bytes) VALUES ('440224103201', 'root.json', x'08')
        ON CONFLICT DO UPDATE SET bytes = excluded.bytes WHERE bytes IS NOT excluded.bytes;
    DELETE FROM pages WHERE region = '440224103201' AND path = 'pages/party/2026-10.json';
    INSERT INTO pages (region, path, sha256) VALUES ('440224103201', 'pages/party/2026-10.json', zeroblob(32));
    INSERT OR REPLACE INTO items (page, id, region, board, section, kind, title, summary, publisher, published,
            not_before, not_after, pinned, priority, author, approvals, audience_only, audience_except, thumbnail, starts,
            price, duration, objects)
        VALUES (last_insert_rowid(), '440224103201/c', '440224103201', 0, 'news', 0, '题', '', '', 1790812800, NULL, NULL, 0,
            0, 'zuozhe', x'', '', '', NULL, NULL, NULL, NULL, x'');
    INSERT OR REPLACE INTO item_bodies (id, bytes) VALUES ('440224103201/c', x'00');
    DELETE FROM pages WHERE region = '440224103201' AND path = 'region.json';
    INSERT INTO pages (region, path, sha256) VALUES ('440224103201', 'region.json', zeroblob(32));
    INSERT INTO regions (page, name) VALUES (last_insert_rowid(), '村');
    DELETE FROM objects WHERE sha256 = zeroblob(32);
    INSERT INTO objects (sha256, length) VALUES (zeroblob(32), 5) ON CONFLICT DO UPDATE SET length = excluded.length;
    INSERT OR REPLACE INTO settings (name, value) VALUES ('volume', '8');
    INSERT OR REPLACE INTO positions (item, position) VALUES ('440224103201/a', 5);
    DELETE FROM view_counts WHERE batch = x'' AND day = '2026-11-02';
    INSERT INTO view_counts (batch, day, item, village, views, plays, seconds)
        VALUES (x'', '2026-11-02', '440224103201/a', '440224103201', 1, 0, 0);
    DELETE FROM view_counts WHERE batch = x'07070707070707070707070707070707';
    INSERT INTO view_counts (batch, day, item, village, views, plays, seconds)
        VALUES (x'01010101010101010101010101010101', '2026-11-02', '440224103201/a', '440224103201', 1, 0, 0);";

fn filled(dir: &std::path::Path) {
    let batch = |day: i8| {
        let counts = [("440224103201/a".to_owned(), ViewCount { views: 2, plays: 0, seconds: 0 })].into();
        ViewBatch { village: village(), day: format!("2026-11-0{day}").parse().unwrap(), counts }
    };
    let message = |sequence| {
        let (payload, expires) = (Payload::Views(batch(1)), batch(1).expires());
        Some(Message { class: Class::Bulk, sequence, expires, payload })
    };
    let trust = RegionTrust { files: [("root.json".to_owned(), vec![7])].into(), etag: None };
    let changes = Changes {
        pages: vec![(village(), target(PATH, 1), vec![item("440224103201/a"), item("440224103201/b")])],
        documents: vec![((village(), PATH.to_owned()), b"page".as_slice().into())],
        trust: vec![(village(), trust)],
        view_counts: vec![(batch(2).day, Some(batch(2)))],
        uplink: vec![(MessageId([7; 16]), message(1)), (MessageId([8; 16]), message(2))],
        ..Changes::default()
    };
    Opened::new(dir).commit(changes).0.unwrap();
}

#[test]
fn the_released_program_before_reads_and_writes_what_this_one_leaves_and_this_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let connection = Connection::open(dir.path().join("cache.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    let user_version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert!(user_version <= 3, "it sets aside what has a greater one");
    for sql in READS {
        let mut select = connection.prepare(sql).unwrap();
        let rows = select.query_map([], |_| Ok(())).unwrap().map(Result::unwrap).count();
        let filled = ["item_bodies", "FROM items", "trust", "view_counts", "SELECT id, path FROM pages"];
        assert!(rows > 0 || !filled.iter().any(|table| sql.contains(table)), "{sql}");
    }
    // Messages are batches to it, with all that it needs to send them.
    let sealed: usize = connection
        .query_row("SELECT count(DISTINCT batch) FROM view_counts WHERE batch != x''", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sealed, 2);
    connection.execute_batch(WRITES).unwrap();
    drop(connection);
    let saved = Opened::new(dir.path()).saved;
    assert!(!dir.path().join("cache.db.broken").exists());
    assert_eq!(saved.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["440224103201/c"]);
    assert_eq!(saved.trust[&village()].files["root.json"], [8]);
    assert_eq!(saved.settings["volume"], "8");
    // What it has sent is not sent again, what it has sealed is.
    let waiting: Vec<MessageId> = saved.uplink.keys().copied().collect();
    assert_eq!(waiting, [MessageId([1; 16]), MessageId([8; 16])]);
    // A page that it has replaced has lost the bytes of the one before.
    let connection = Connection::open(dir.path().join("cache.db")).unwrap();
    let documents: usize = connection.query_row("SELECT count(*) FROM documents", [], |row| row.get(0)).unwrap();
    assert_eq!(documents, 0);
}
