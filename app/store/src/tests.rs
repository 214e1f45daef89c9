//! What cannot be seen from outside: a database that has reached its greatest size.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::database::{self, Folder, sqlite_kind};
use crate::files::ObjectFiles;
use crate::{load, write};
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::Item;
use yuexiang_core::event::{Changes, Document, StoreErrorKind};
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::sync::testing::samples::{item, target};

struct Padding;

impl DocumentCodec for Padding {
    fn version(&self) -> u32 {
        1
    }

    fn decode(&self, _: RegionCode, _: &str, _: &[u8]) -> Result<Document, String> {
        Err("nothing is read back".to_owned())
    }

    fn bodies(&self, _: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        vec![vec![b'x'; 10_000]; items.len()]
    }

    fn item(&self, _: &[u8]) -> Result<Item, String> {
        Err("nothing is read back".to_owned())
    }
}

#[test]
fn a_commit_that_does_not_fit_changes_nothing_and_a_smaller_one_still_fits() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::lock(dir.path()).unwrap();
    let files = ObjectFiles::open(dir.path()).unwrap();
    let (mut connection, _) = database::open(&folder, &files, 1).unwrap();
    let page = |number: usize, count: usize| {
        let items: Vec<Item> = (0..count).map(|index| item(&format!("440224103201/{number}-{index}"))).collect();
        let target = target(&format!("pages/party/{number}.json"), number as u64);
        Changes { pages: vec![(items[0].region, target, items)], ..Changes::default() }
    };
    write::commit(&mut connection, &page(1, 10), &Padding).unwrap();
    connection.pragma_update(None, "max_page_count", 100).unwrap();
    let refused = write::commit(&mut connection, &page(2, 100), &Padding).unwrap_err();
    assert_eq!(sqlite_kind(&refused), StoreErrorKind::Full);
    assert_eq!(load::load(&connection, &files, 1).unwrap().saved.items.len(), 10);
    write::commit(&mut connection, &page(3, 2), &Padding).unwrap();
    assert_eq!(load::load(&connection, &files, 1).unwrap().saved.items.len(), 12);
}
