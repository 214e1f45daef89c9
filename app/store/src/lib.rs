//! The box's offline cache: one SQLite database and a folder of object files.
//!
//! ```text
//! DIR/cache.db          rows: trust, documents and what they say, which objects are whole, settings, view counts
//! DIR/objects/ab/<sha>  whole objects
//! DIR/partial/<sha>     objects that are still being written
//! DIR/lock              held while a store is open
//! DIR/cache.db.broken   the last database that had to be given up, for whoever wants to know why
//! ```
//!
//! # What survives a power cut
//!
//! A commit is one transaction (WAL, `synchronous = FULL`): after a cut it is there wholly or not at all. An object's
//! bytes are written and synced and the file is moved into place; the commit that calls the object whole first syncs the
//! folder. Files are removed after the transaction that forgets them. So a row never promises a file that is not there;
//! a file without a row is adopted when its object is needed again, and collected when no item needs it.
//!
//! A database that is damaged or foreign is set aside and built anew, one that is in use or may not be written is left as it
//! is and not opened.
//!
//! # Other versions of the program
//!
//! A target's bytes are kept as they were signed, beside the rows that this version makes of them. Another version makes its
//! own at its first start, one page at a time between other work, without a download; each is one transaction.
//!
//! A database tells which version has made it and since which version programs can go on with it. An earlier program than
//! that sets it aside and takes over what cannot be had again: trust, settings, positions and what waits to be sent.
//!
//! # Threads
//!
//! One writes, one reads items beside it, one hashes; none decides anything. Answers come through one callback, from
//! any of the three.

mod database;
mod documents;
mod files;
mod hex;
mod load;
mod memory;
mod packed;
mod selftest;
mod threads;
mod trust;
mod write;
mod writer;

#[cfg(test)]
mod tests;

pub use database::{StoreOpenError, VERSION};
pub use files::ObjectFiles;
pub use selftest::{WriteError, Written, check_writing};

use database::Folder;
use std::path::Path;
use std::sync::Arc;
use threads::Threads;
use yuexiang_core::event::{Saved, StoreEvent, StoreRequest};
use yuexiang_core::ports::DocumentCodec;

/// The open store. Dropping it waits until everything that was requested is written.
pub struct Store {
    files: Arc<ObjectFiles>,
    threads: Threads,
}

impl Store {
    /// Opens the store in `dir`, which is made if it is missing, and reads everything that is held in memory. A
    /// database that is damaged or made for later programs alone is set aside and built anew; object files stay and are
    /// adopted as they become needed. `events` takes the answers, from the store's threads.
    pub fn open(
        dir: &Path,
        codec: Arc<dyn DocumentCodec>,
        events: impl Fn(StoreEvent) + Send + Sync + 'static,
    ) -> Result<(Store, Saved), StoreOpenError> {
        let folder = Folder::lock(dir)?;
        let files = Arc::new(ObjectFiles::open(dir)?);
        let (mut connection, mut loaded) = database::open(&folder, &files, codec.version())?;
        trust::mend(&mut connection, &mut loaded.saved.trust, &*codec);
        let threads = Threads::start(folder, connection, Arc::clone(&files), codec, Arc::new(events), &loaded)?;
        Ok((Store { files, threads }, loaded.saved))
    }

    pub fn handle(&self, request: StoreRequest) {
        self.threads.handle(request);
    }

    /// Where the network puts objects and the decoders find them.
    pub fn objects(&self) -> Arc<ObjectFiles> {
        Arc::clone(&self.files)
    }
}
