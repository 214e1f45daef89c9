//! What a version of the program does not know of a signed document is there for the version that does, without a network.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::repository::Repository;
use common::{hash, object, village};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use yuexiang_core::catalog::{Item, Sha256};
use yuexiang_core::event::{Changes, Document, Saved, StoreErrorKind, StoreEvent, StoreRequest, Target};
use yuexiang_core::library::Library;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_net::WireCodec;
use yuexiang_store::Store;

const ITEM: &str = "440224103201/one";
const PAGE: &str = "pages/culture/2026-11.json";

/// The next version: it knows of a subtitle, which it shows behind the title, and of what a region calls itself in English.
struct Next;

impl DocumentCodec for Next {
    fn version(&self) -> u32 {
        WireCodec.version() + 1
    }

    fn decode(&self, region: RegionCode, path: &str, bytes: &[u8]) -> Result<Document, String> {
        let mut document = WireCodec.decode(region, path, bytes)?;
        let json: Value = serde_json::from_slice(bytes).unwrap();
        match &mut document {
            Document::Page(items) => {
                for (item, json) in items.iter_mut().zip(json["items"].as_array().unwrap()) {
                    item.title += json["subtitle"].as_str().unwrap_or_default();
                }
            }
            Document::Region(info) => info.name += json["name_en"].as_str().unwrap_or_default(),
            _ => {}
        }
        Ok(document)
    }

    fn bodies(&self, page: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        WireCodec.bodies(page, items)
    }

    fn item(&self, body: &[u8]) -> Result<Item, String> {
        let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut item = WireCodec.item(body)?;
        item.title += json["item"]["subtitle"].as_str().unwrap_or_default();
        Ok(item)
    }
}

/// The last version that kept no bytes.
struct First;

impl DocumentCodec for First {
    fn version(&self) -> u32 {
        1
    }

    fn decode(&self, region: RegionCode, path: &str, bytes: &[u8]) -> Result<Document, String> {
        WireCodec.decode(region, path, bytes)
    }

    fn bodies(&self, page: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        WireCodec.bodies(page, items)
    }

    fn item(&self, body: &[u8]) -> Result<Item, String> {
        WireCodec.item(body)
    }
}

struct Opened {
    store: Store,
    saved: Saved,
    events: Receiver<StoreEvent>,
}

impl Opened {
    fn by(codec: impl DocumentCodec + 'static, dir: &Path) -> Opened {
        let (send, events) = channel();
        let (store, saved) = Store::open(dir, Arc::new(codec), move |event| drop(send.send(event))).unwrap();
        Opened { store, saved, events }
    }

    fn event(&self) -> StoreEvent {
        self.events.recv_timeout(Duration::from_secs(60)).expect("the store answers")
    }

    #[track_caller]
    fn commit(&self, changes: Changes) {
        self.store.handle(StoreRequest::Commit { serial: 1, changes: Box::new(changes) });
        let event = self.event();
        assert!(matches!(&event, StoreEvent::Committed { result: Ok(()), .. }), "{event:?}");
    }

    /// What the library takes over of this start's decoding, document by document.
    fn decoded(&self, documents: usize) -> Vec<Changes> {
        let changes = |event| match event {
            StoreEvent::Decoded { changes } => *changes,
            other => panic!("a document was to be decoded anew, not {other:?}"),
        };
        (0..documents).map(|_| changes(self.event())).collect()
    }

    fn load(&self) -> Result<Item, StoreErrorKind> {
        self.store.handle(StoreRequest::LoadItem { id: ITEM.to_owned() });
        match self.event() {
            StoreEvent::Item { result, .. } => result.map(|item| *item).map_err(|error| error.kind),
            other => panic!("an item was asked for, not {other:?}"),
        }
    }
}

fn page() -> Vec<u8> {
    let item = json!({
        "id": ITEM, "section": "news", "title": "标题", "publisher": "村委会", "published": 1_793_491_200, "author": "zhang", "kind": "article",
        "subtitle": "·副题",
    });
    let page = json!({
        "format": 2, "region": "440224103201", "board": "culture", "month": "2026-11", "items": [item],
    });
    page.to_string().into_bytes()
}

fn region() -> Vec<u8> {
    json!({ "format": 2, "code": "440224103201", "name": "榕树村", "sections": [], "name_en": " Rongshu" })
        .to_string()
        .into()
}

fn target(path: &str, bytes: &[u8]) -> Target {
    Target { path: path.to_owned(), object: object(bytes) }
}

/// What this version makes of the documents, as it comes from the network.
fn fetched() -> Changes {
    let (page, region) = (page(), region());
    let decode = |path, bytes: &[u8]| WireCodec.decode(village(), path, bytes).unwrap();
    let (Document::Page(items), Document::Region(info)) = (decode(PAGE, &page), decode("region.json", &region)) else {
        panic!("a page and a region were expected")
    };
    Changes {
        pages: vec![(village(), target(PAGE, &page), items)],
        regions: vec![(village(), target("region.json", &region), info)],
        documents: vec![
            ((village(), PAGE.to_owned()), page.into()),
            ((village(), "region.json".to_owned()), region.into()),
        ],
        ..Changes::default()
    }
}

fn titles(saved: &Saved) -> Vec<&str> {
    saved.items.iter().map(|item| item.title.as_str()).collect()
}

fn sql(dir: &Path, sql: &str) {
    rusqlite::Connection::open(dir.join("cache.db")).unwrap().execute_batch(sql).unwrap();
}

fn page_hash(saved: &Saved) -> Sha256 {
    saved.pages[&(village(), PAGE.to_owned())]
}

#[test]
fn a_box_filled_by_this_version_shows_what_only_the_next_one_knows_without_a_network() {
    let dir = tempfile::tempdir().unwrap();
    Opened::by(WireCodec, dir.path()).commit(fetched());
    {
        let next = Opened::by(Next, dir.path());
        // What was there is there at once, and what is new follows.
        assert_eq!((titles(&next.saved), next.saved.regions[&village()].name.as_str()), (vec!["标题"], "榕树村"));
        let mut library = Library::from_saved(&next.saved, village());
        for changes in next.decoded(2) {
            library.apply(&changes);
        }
        assert_eq!(library.region(village()).unwrap().name, "榕树村 Rongshu");
        let withheld: Vec<_> = library.withheld().map(|(item, _)| item.title.as_str()).collect();
        assert_eq!(withheld, ["标题·副题"], "nobody has approved it, which nobody has to be asked about");
        assert_eq!(next.load().unwrap().title, "标题·副题");
    }
    // It is done once, and undone by whoever goes back to the version before.
    let next = Opened::by(Next, dir.path());
    assert_eq!(titles(&next.saved), ["标题·副题"]);
    assert_eq!(page_hash(&next.saved), hash(&page()));
    drop(next);
    let back = Opened::by(WireCodec, dir.path());
    back.decoded(2);
    assert_eq!(back.load().unwrap().title, "标题");
    drop(back);
    assert_eq!(titles(&Opened::by(WireCodec, dir.path()).saved), ["标题"]);
}

#[test]
fn a_start_that_ends_before_everything_is_decoded_leaves_the_rest_to_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    Opened::by(WireCodec, dir.path()).commit(fetched());
    // One document was reached before the power went.
    let reached = "WHERE page = (SELECT page FROM regions)";
    sql(dir.path(), &format!("UPDATE documents SET decoded_by = {} {reached}", Next.version()));
    let next = Opened::by(Next, dir.path());
    let [changes] = next.decoded(1).try_into().unwrap();
    assert_eq!(changes.pages[0].2[0].title, "标题·副题");
}

#[test]
fn what_was_stored_without_its_bytes_is_shown_and_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    Opened::by(First, dir.path()).commit(Changes { documents: Vec::new(), ..fetched() });
    assert_eq!(page_hash(&Opened::by(First, dir.path()).saved), hash(&page()), "the same version needs nothing");
    let next = Opened::by(WireCodec, dir.path());
    assert_eq!(titles(&next.saved), ["标题"]);
    assert_eq!(page_hash(&next.saved), Sha256([0; 32]), "which no document has");
}

#[test]
fn a_damaged_document_is_fetched_again_and_its_rows_are_shown_until_then() {
    let dir = tempfile::tempdir().unwrap();
    Opened::by(WireCodec, dir.path()).commit(fetched());
    sql(dir.path(), "UPDATE documents SET bytes = x'0102' WHERE page != (SELECT page FROM regions)");
    Opened::by(Next, dir.path()).decoded(1);
    let saved = Opened::by(Next, dir.path()).saved;
    assert_eq!((titles(&saved), page_hash(&saved)), (vec!["标题"], Sha256([0; 32])));
}

#[test]
fn a_damaged_root_is_mended_at_the_next_start_and_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let trust = Repository::new().first_trust();
    Opened::by(WireCodec, dir.path()).commit(Changes { trust: vec![(village(), trust.clone())], ..Changes::default() });
    drop(Opened::by(WireCodec, dir.path()));
    sql(dir.path(), "UPDATE trust_files SET bytes = x'00' WHERE name = 'root.json'");
    for _ in 0..2 {
        let saved = Opened::by(WireCodec, dir.path()).saved;
        assert_eq!(saved.trust[&village()].files["root.json"], trust.files["root.json"]);
        assert!(!dir.path().join("cache.db.broken").exists(), "the rest of the database is sound");
    }
    let connection = rusqlite::Connection::open(dir.path().join("cache.db")).unwrap();
    let aside = "SELECT bytes FROM damaged_trust WHERE name = 'root.json' AND reason LIKE '440224103201: %'";
    assert_eq!(connection.query_row(aside, [], |row| row.get::<_, Vec<u8>>(0)).unwrap(), [0]);
}

#[test]
fn of_a_damaged_database_sound_roots_are_taken_over_and_damaged_ones_are_not() {
    for damage in
        ["UPDATE regions SET name = x'ff'", "UPDATE regions SET name = x'ff'; UPDATE trust_files SET bytes = x'00'"]
    {
        let dir = tempfile::tempdir().unwrap();
        let trust = Repository::new().first_trust();
        let changes = Changes { trust: vec![(village(), trust.clone())], ..fetched() };
        Opened::by(WireCodec, dir.path()).commit(changes);
        sql(dir.path(), damage);
        let saved = Opened::by(WireCodec, dir.path()).saved;
        assert!(dir.path().join("cache.db.broken").exists() && saved.pages.is_empty());
        let root = saved.trust.get(&village()).and_then(|trust| trust.files.get("root.json"));
        let sound = !damage.contains("trust_files");
        assert_eq!(root, sound.then_some(&trust.files["root.json"]));
    }
}

#[test]
fn an_item_whose_text_is_gone_or_damaged_is_read_from_the_page_that_brought_it() {
    for damage in ["DELETE FROM item_bodies", "UPDATE item_bodies SET bytes = x'00'"] {
        let dir = tempfile::tempdir().unwrap();
        Opened::by(WireCodec, dir.path()).commit(fetched());
        sql(dir.path(), damage);
        let opened = Opened::by(WireCodec, dir.path());
        assert_eq!(opened.load().unwrap().title, "标题", "{damage}");
        sql(dir.path(), "DELETE FROM documents");
        assert!(opened.load().is_err(), "{damage}");
    }
}
