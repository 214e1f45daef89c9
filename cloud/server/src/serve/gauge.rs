//! How much the object store holds: measured now and then, since walking through millions of files takes a while.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::objects::Objects;

/// How long a measurement is good enough.
pub const FRESH: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    pub objects: u64,
    /// Bytes.
    pub used: u64,
    /// Bytes that the store has and could still get; unknown when the file system does not say.
    pub capacity: Option<u64>,
}

/// The last measurement.
pub struct Gauge {
    folder: PathBuf,
    last: Mutex<Option<Stock>>,
}

impl Gauge {
    pub fn new(objects: &Objects) -> Gauge {
        Gauge { folder: objects.folder().to_owned(), last: Mutex::default() }
    }

    /// What was measured last. Only the first to ask after a start may have to wait.
    pub async fn read(&self) -> Stock {
        let known = *self.last.lock().await;
        match known {
            Some(stock) => stock,
            None => self.measure().await,
        }
    }

    /// Measures anew.
    pub async fn measure(&self) -> Stock {
        let folder = self.folder.clone();
        let measured = tokio::task::spawn_blocking(move || walk(&folder)).await.map_err(io::Error::other);
        match measured.flatten() {
            Ok(stock) => {
                *self.last.lock().await = Some(stock);
                stock
            }
            Err(error) => {
                tracing::warn!(%error, folder = %self.folder.display(), "measuring the object store");
                self.last.lock().await.unwrap_or_default()
            }
        }
    }
}

/// Objects lie one level down, by the first two digits of their names.
fn walk(folder: &Path) -> io::Result<Stock> {
    let mut stock = Stock::default();
    for shelf in std::fs::read_dir(folder)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for object in std::fs::read_dir(shelf.path())? {
            let metadata = object?.metadata()?;
            if metadata.is_file() {
                stock.objects += 1;
                stock.used += metadata.len();
            }
        }
    }
    let free = rustix::fs::statvfs(folder).ok().map(|system| system.f_bavail * system.f_frsize);
    stock.capacity = free.map(|free| stock.used + free);
    Ok(stock)
}
