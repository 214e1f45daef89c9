//! What every released version has published and stored is read by this one: `tests/corpus/<version>`, by the version of the
//! database. A version whose database is another has its own, made by the program itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Line;
use common::server::Server;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use yuexiang_core::catalog::Kind;
use yuexiang_core::event::{Document, NetEvent, NetRequest, RegionTrust, Saved, StoreEvent, StoreRequest};
use yuexiang_core::library::Library;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_core::uplink::{MessageId, Payload};
use yuexiang_net::WireCodec;
use yuexiang_store::{Store, VERSION};

const VILLAGE: &str = "440224103999";
/// Of documents; [`kind_of`] names each.
const DOCUMENTS: [&str; 6] = ["region", "channels", "page", "review", "child's root", "move"];
const ITEMS: [Kind; 9] = [
    Kind::Article,
    Kind::Notice,
    Kind::Story,
    Kind::Video,
    Kind::Disclosure,
    Kind::Activity,
    Kind::Product,
    Kind::Spot,
    Kind::Job,
];

/// Whoever adds a kind adds it to [`DOCUMENTS`], and one of it to the corpus.
fn kind_of(document: &Document) -> &'static str {
    match document {
        Document::Region(_) => DOCUMENTS[0],
        Document::Channels(_) => DOCUMENTS[1],
        Document::Page(_) => DOCUMENTS[2],
        Document::Review(_) => DOCUMENTS[3],
        Document::ChildRoot(_) => DOCUMENTS[4],
        Document::Moved(_) => DOCUMENTS[5],
    }
}

/// The same for [`ITEMS`].
fn place_of(kind: Kind) -> usize {
    match kind {
        Kind::Article => 0,
        Kind::Notice => 1,
        Kind::Story => 2,
        Kind::Video => 3,
        Kind::Disclosure => 4,
        Kind::Activity => 5,
        Kind::Product => 6,
        Kind::Spot => 7,
        Kind::Job => 8,
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

/// Folders of versions that have this, the oldest first.
fn versions(part: &str) -> Vec<(usize, PathBuf)> {
    let folders = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path());
    let named = folders.filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path.join(part))));
    let mut versions: Vec<(usize, PathBuf)> = named.filter(|(_, path)| path.exists()).collect();
    versions.sort();
    assert!(!versions.is_empty(), "the corpus is there");
    versions
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// (region, path, bytes)
fn documents(folder: &Path) -> Vec<(RegionCode, String, Vec<u8>)> {
    let read = |file: PathBuf| {
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let (region, path) = name.split_once('/').unwrap();
        (region.parse().unwrap(), path.to_owned(), fs::read(&file).unwrap())
    };
    files(folder).into_iter().map(read).collect()
}

#[test]
fn every_document_that_was_ever_published_is_read_with_all_its_items_and_approvals() {
    for (version, folder) in versions("documents") {
        for (region, path, bytes) in documents(&folder) {
            let document = WireCodec.decode(region, &path, &bytes);
            let document = document.unwrap_or_else(|reason| panic!("{version}: {region} {path}: {reason}"));
            let Document::Page(items) = document else { continue };
            let published: Value = serde_json::from_slice(&bytes).unwrap();
            let published = published["items"].as_array().unwrap();
            assert_eq!(items.len(), published.len(), "{version}: {region} {path}");
            for (item, published) in items.iter().zip(published) {
                let approvals = published["approvals"].as_array().map_or(0, Vec::len);
                assert_eq!(item.approvals.len(), approvals, "{version}: {}", item.id);
            }
            let stored = WireCodec.bodies(&bytes, &items);
            let stored: Vec<_> = stored.iter().map(|body| WireCodec.item(body).unwrap()).collect();
            assert_eq!(stored, items, "{version}: {region} {path}");
        }
    }
}

#[test]
fn every_kind_of_document_and_of_item_is_in_the_corpus() {
    let (mut documents_seen, mut items_seen) = (BTreeSet::new(), BTreeSet::new());
    for (_, folder) in versions("documents") {
        for (region, path, bytes) in documents(&folder) {
            let document = WireCodec.decode(region, &path, &bytes).unwrap();
            documents_seen.insert(kind_of(&document));
            if let Document::Page(items) = document {
                items_seen.extend(items.iter().map(|item| place_of(item.kind())));
            }
        }
    }
    assert_eq!(documents_seen, DOCUMENTS.into());
    assert_eq!(items_seen, ITEMS.map(place_of).into());
}

#[test]
fn all_metadata_that_was_ever_signed_is_followed_from_its_first_root() {
    for (version, folder) in versions("metadata") {
        for region in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let code: RegionCode = region.file_name().unwrap().to_str().unwrap().parse().unwrap();
            let server = Server::start();
            for file in files(&region) {
                let name = file.file_name().unwrap().to_str().unwrap();
                server.put(format!("/tuf/{code}/{name}"), fs::read(&file).unwrap());
            }
            let timestamp: Value = serde_json::from_slice(&fs::read(region.join("timestamp.json")).unwrap()).unwrap();
            let expires: jiff::Timestamp = timestamp["signed"]["expires"].as_str().unwrap().parse().unwrap();
            let root = fs::read(region.join("1.root.json")).unwrap();
            let trust = RegionTrust { files: [("root.json".to_owned(), root)].into(), etag: None };
            let line = Line::to(&server);
            line.net.handle(NetRequest::Refresh { region: code, trust, now: expires.as_second() - 3_600 });
            let result = loop {
                if let NetEvent::Refreshed { result, .. } = line.event() {
                    break result;
                }
            };
            assert!(result.is_ok(), "{version}: {code}: {result:?}");
        }
    }
}

// --------------------------------------------------------------------------------------------------------- databases

struct Opened {
    store: Store,
    saved: Saved,
    events: Receiver<StoreEvent>,
}

impl Opened {
    fn new(dir: &Path) -> Opened {
        let (send, events) = channel();
        let (store, saved) = Store::open(dir, Arc::new(WireCodec), move |event| drop(send.send(event))).unwrap();
        Opened { store, saved, events }
    }
}

fn unpack(database: &Path, dir: &Path) {
    let mut packed = GzDecoder::new(fs::File::open(database).unwrap());
    std::io::copy(&mut packed, &mut fs::File::create(dir.join("cache.db")).unwrap()).unwrap();
}

/// What a box must not lose by an upgrade, whichever version it comes from.
fn check(version: usize, saved: &Saved) {
    let village: RegionCode = VILLAGE.parse().unwrap();
    let lineage = village.lineage();
    assert_eq!(saved.trust.keys().copied().collect::<BTreeSet<_>>(), lineage.iter().copied().collect(), "{version}");
    for (region, trust) in &saved.trust {
        assert_eq!(trust.files["root.json"], trust.files["1.root.json"], "{version}: {region}");
        for name in ["timestamp.json", "snapshot.json", "targets.json"] {
            assert!(trust.files.contains_key(name), "{version}: {region} {name}");
        }
    }
    assert_eq!(saved.settings["volume"], "30", "{version}");
    assert_eq!(saved.positions["440224103999/film"], 61_000, "{version}");
    assert!(saved.channels.values().map(Vec::len).sum::<usize>() > 0, "{version}: live television goes on");
    assert_eq!(saved.regions.len(), 5, "{version}");
    if version >= 2 {
        // Items and their reviewers: they are shown.
        let library = Library::from_saved(saved, village);
        assert!(library.items().count() > 0 && library.withheld().count() == 0, "{version}");
        // What was counted: one day is open, one batch is sealed.
        let item = "440224103000/join-the-party";
        let open: Vec<_> = saved.view_counts.values().map(|batch| batch.counts[item].views).collect();
        assert_eq!(open, [1], "{version}");
        let id = MessageId(std::array::from_fn(|index| index as u8));
        let Payload::Views(sealed) = &saved.uplink[&id].payload;
        assert_eq!((sealed.counts[item].views, sealed.counts[item].seconds), (3, 61), "{version}");
    }
}

#[test]
fn every_database_that_a_released_version_has_written_is_gone_on_with() {
    for (version, database) in versions("cache.db.gz") {
        let dir = tempfile::tempdir().unwrap();
        unpack(&database, dir.path());
        // The second start finds what the first has migrated.
        for _ in 0..2 {
            let opened = Opened::new(dir.path());
            check(version, &opened.saved);
            for item in &opened.saved.items {
                opened.store.handle(StoreRequest::LoadItem { id: item.id.clone() });
                let loaded = loop {
                    let event = opened.events.recv_timeout(Duration::from_secs(60)).expect("the store answers");
                    if let StoreEvent::Item { result, .. } = event {
                        break result;
                    }
                };
                assert_eq!(loaded.map(|item| item.summarize()), Ok(item.clone()), "{version}");
            }
        }
        assert!(!dir.path().join("cache.db.broken").exists(), "{version}");
    }
}

/// Fails when somebody adds a migration and no database. How to make one stands in the corpus's README; the folders of
/// released versions stay as they are.
#[test]
fn this_versions_database_is_in_the_corpus() {
    let (newest, database) = versions("cache.db.gz").pop().unwrap();
    assert_eq!(newest, VERSION);
    let dir = tempfile::tempdir().unwrap();
    unpack(&database, dir.path());
    let connection = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
    let version: usize = connection.query_row("SELECT version FROM schema_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, VERSION);
    let documents: usize = connection.query_row("SELECT count(*) FROM documents", [], |row| row.get(0)).unwrap();
    assert!(documents > 0, "the program itself has filled it");
    let size: u64 = files(&corpus()).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(size < 1 << 20, "the corpus stays small: {size} bytes");
}
