//! How long a start reads: `cargo run -p yuexiang-store --example load_time -- [ITEMS]`.

use std::sync::Arc;
use std::time::Instant;
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::{Item, ObjectRef};
use yuexiang_core::event::{Changes, Document, StoreRequest, Target};
use yuexiang_core::ports::{DocumentCodec, ObjectPaths};
use yuexiang_core::sync::testing::samples::{sha, video_item};
use yuexiang_store::Store;

/// As large as the text of a real item.
struct Padding;

impl DocumentCodec for Padding {
    fn version(&self) -> u32 {
        1
    }

    fn decode(&self, _: RegionCode, _: &str, _: &[u8]) -> Result<Document, String> {
        Err("nothing is read back".to_owned())
    }

    fn bodies(&self, _: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        vec![vec![b'x'; 3_000]; items.len()]
    }

    fn item(&self, _: &[u8]) -> Result<Item, String> {
        Err("nothing is read back".to_owned())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(1_000), |count| count.parse())?;
    let dir = std::env::temp_dir().join(format!("yuexiang-load-time-{}", std::process::id()));
    let (store, _) = Store::open(&dir, Arc::new(Padding), |_| {})?;
    let mut changes = Changes::default();
    for page in 0..count.div_ceil(25) {
        let numbers = page * 25..(page * 25 + 25).min(count);
        let items: Vec<Item> =
            numbers.map(|number| video_item(&format!("440224103201/{number}"), number * 3, 100)).collect();
        let object = ObjectRef { sha256: sha(page), length: 1_000 };
        let region = items.first().map(|item| item.region).ok_or("no items")?;
        for needed in items.iter().flat_map(|item| item.summarize().objects) {
            let path = store.objects().path(needed.object.sha256);
            std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
            std::fs::write(path, [0; 100])?;
            changes.objects_whole.push(ObjectRef { length: 100, ..needed.object });
        }
        changes.pages.push((region, Target { path: format!("pages/party/{page}.json"), object }, items));
    }
    store.handle(StoreRequest::Commit { serial: 1, changes: Box::new(changes) });
    drop(store);
    for _ in 0..5 {
        let start = Instant::now();
        let (store, saved) = Store::open(&dir, Arc::new(Padding), |_| {})?;
        let (items, objects) = (saved.items.len(), saved.objects.len());
        println!("{items} items, {objects} objects: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
        drop(store);
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}
