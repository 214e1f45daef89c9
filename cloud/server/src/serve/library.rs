//! The files below `/tuf` that were asked for, in memory until their region changes.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::objects::hash;
use crate::region::RegionCode;
use crate::store::{Store, StoreError};

/// Bytes of files in memory. All 28,743 regions take about 20 KB each; a server that is asked for more than fits
/// starts over, since a CDN or the next request fills it again.
const CAPACITY: usize = 512 << 20;
/// Hexadecimal digits of an entity tag: enough to tell versions of one file apart, short enough for slow lines.
const TAG: usize = 16;

#[derive(Clone, Debug)]
pub struct TufFile {
    pub etag: String,
    pub body: Bytes,
    /// The same with gzip, where that is worth it on a slow line.
    pub gzip: Option<Bytes>,
}

/// Shorter bodies fit into one packet with their headers anyway.
const WORTH_COMPRESSING: usize = 1_000;

fn compress(body: &[u8]) -> Option<Bytes> {
    if body.len() < WORTH_COMPRESSING {
        return None;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing into memory does not fail.
    std::io::Write::write_all(&mut encoder, body).ok()?;
    encoder.finish().ok().filter(|compressed| compressed.len() < body.len()).map(Bytes::from)
}

#[derive(Default)]
pub struct Library(RwLock<Shelves>);

#[derive(Default)]
struct Shelves {
    generation: i64,
    /// Counts the times that something was forgotten.
    epoch: u64,
    bytes: usize,
    regions: HashMap<RegionCode, HashMap<String, TufFile>>,
}

impl Library {
    pub fn generation(&self) -> i64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    pub async fn file(&self, store: &Store, region: RegionCode, path: &str) -> Result<Option<TufFile>, StoreError> {
        let epoch = {
            let shelves = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(file) = shelves.regions.get(&region).and_then(|files| files.get(path)) {
                return Ok(Some(file.clone()));
            }
            shelves.epoch
        };
        let Some(body) = store.file(region, path).await? else { return Ok(None) };
        let mut etag = hash(&body);
        etag.truncate(TAG);
        let file = TufFile { etag, gzip: compress(&body), body: Bytes::from(body) };
        self.keep(epoch, region, path, &file);
        Ok(Some(file))
    }

    /// Keeps what was read in an epoch, unless something was forgotten in the meantime.
    fn keep(&self, epoch: u64, region: RegionCode, path: &str, file: &TufFile) {
        let mut shelves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shelves.epoch != epoch {
            return;
        }
        if shelves.bytes > CAPACITY {
            shelves.regions.clear();
            shelves.bytes = 0;
        }
        shelves.bytes += file.body.len();
        shelves.regions.entry(region).or_default().insert(path.to_owned(), file.clone());
    }

    /// Forgets the regions that changed up to a generation.
    pub fn refresh(&self, generation: i64, changed: &[RegionCode]) {
        let mut shelves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for region in changed {
            let files = shelves.regions.remove(region).unwrap_or_default();
            shelves.bytes -= files.values().map(|file| file.body.len()).sum::<usize>();
        }
        shelves.generation = generation;
        shelves.epoch += u64::from(!changed.is_empty());
    }
}
