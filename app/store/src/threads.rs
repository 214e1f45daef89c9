//! The store's threads: one writes, one reads items beside it, one hashes.

use crate::database::{FULL, Folder, StoreOpenError, Unusable, open_reader, sqlite_kind};
use crate::documents;
use crate::files::ObjectFiles;
use crate::load::Loaded;
use crate::write;
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use yuexiang_core::catalog::{Item, ObjectRef, Sha256};
use yuexiang_core::event::{Changes, StoreError, StoreErrorKind, StoreEvent, StoreRequest};
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;

type Events = Arc<dyn Fn(StoreEvent) + Send + Sync>;

pub(crate) struct Threads {
    /// `None` once the store is being dropped.
    queues: Option<Queues>,
    handles: Vec<JoinHandle<()>>,
}

struct Queues {
    writer: Sender<Write>,
    reader: Sender<String>,
    hasher: Sender<Hash>,
}

enum Write {
    Commit {
        serial: u64,
        changes: Box<Changes>,
    },
    /// The object's bytes are not what they should be.
    Forget(ObjectRef),
}

enum Hash {
    /// Looks through the whole database for damage.
    Database,
    Object(ObjectRef),
}

impl Threads {
    pub fn start(
        folder: Folder,
        connection: Connection,
        files: Arc<ObjectFiles>,
        codec: Arc<dyn DocumentCodec>,
        events: Events,
        loaded: &Loaded,
    ) -> Result<Threads, StoreOpenError> {
        let folder = Arc::new(folder);
        let (to_writer, writes) = channel();
        let (to_reader, reads) = channel();
        let (to_hasher, hashes) = channel();
        let writer = Writer {
            folder: Arc::clone(&folder),
            connection,
            files: Arc::clone(&files),
            codec: Arc::clone(&codec),
            events: Arc::clone(&events),
            objects: loaded.saved.objects.iter().map(|(sha256, object)| (*sha256, object.length)).collect(),
        };
        // A database that was built anew knows nothing of the files that are there, until pages have come that need them.
        let knows_its_files = !loaded.rebuilt && !loaded.saved.pages.is_empty();
        let tidy = Tidy {
            lost: loaded.lost.clone(),
            keep: knows_its_files.then(|| needed(loaded)),
            to_decode: loaded.to_decode.clone(),
        };
        let reader = Reader { folder: Arc::clone(&folder), connection: None, codec, events: Arc::clone(&events) };
        let hasher = Hasher { folder, files, writer: to_writer.clone(), events };
        // Nobody is there to receive when the store is dropped at once.
        let _ = to_hasher.send(Hash::Database);
        let handles = vec![
            spawn("store-write", move || writer.run(writes, tidy))?,
            spawn("store-read", move || reader.run(reads))?,
            spawn("store-hash", move || hasher.run(hashes))?,
        ];
        let queues = Queues { writer: to_writer, reader: to_reader, hasher: to_hasher };
        Ok(Threads { queues: Some(queues), handles })
    }

    pub fn handle(&self, request: StoreRequest) {
        let Some(queues) = &self.queues else { return };
        // A queue is closed only when its thread has panicked; the request then stays unanswered, as it must.
        let _ = match request {
            StoreRequest::Commit { serial, changes } => {
                queues.writer.send(Write::Commit { serial, changes }).map_err(drop)
            }
            StoreRequest::LoadItem { id } => queues.reader.send(id).map_err(drop),
            StoreRequest::Verify { object } => queues.hasher.send(Hash::Object(object)).map_err(drop),
        };
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.queues = None;
        for handle in self.handles.drain(..) {
            if handle.join().is_err() {
                tracing::error!("a thread of the store has panicked");
            }
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreOpenError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreOpenError::Thread)
}

/// Every object that a row or an item refers to.
fn needed(loaded: &Loaded) -> HashSet<Sha256> {
    let by_items = loaded.saved.items.iter().flat_map(|item| &item.objects).map(|needed| needed.object.sha256);
    loaded.saved.objects.keys().copied().chain(by_items).collect()
}

// ----------------------------------------------------------------------------------------------------------- writing

struct Writer {
    folder: Arc<Folder>,
    connection: Connection,
    files: Arc<ObjectFiles>,
    codec: Arc<dyn DocumentCodec>,
    events: Events,
    /// Length of every whole object.
    objects: HashMap<Sha256, u64>,
}

/// What the start has left to do.
struct Tidy {
    lost: Vec<Sha256>,
    keep: Option<HashSet<Sha256>>,
    /// Pages whose rows another version of the program has made.
    to_decode: Vec<i64>,
}

impl Writer {
    fn run(mut self, requests: Receiver<Write>, mut tidy: Tidy) {
        let to_decode = std::mem::take(&mut tidy.to_decode);
        self.tidy(tidy);
        self.decode_again(&requests, to_decode);
        for request in requests {
            self.handle(request);
        }
        // What the log holds goes into the database, so that the next start reads one file.
        if let Err(error) = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::debug!(%error, "no checkpoint at the end");
        }
    }

    fn handle(&mut self, request: Write) {
        match request {
            Write::Commit { serial, changes } => self.commit(serial, &changes),
            Write::Forget(object) => self.forget(object),
        }
    }

    /// Page by page; what is asked for meanwhile comes between. What is left when the store is dropped waits for the next
    /// start.
    fn decode_again(&mut self, requests: &Receiver<Write>, pages: Vec<i64>) {
        let (began, all) = (std::time::Instant::now(), pages.len());
        for page in pages {
            loop {
                match requests.try_recv() {
                    Ok(request) => self.handle(request),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            match documents::decode_again(&mut self.connection, page, &*self.codec) {
                Ok(Some(changes)) => (self.events)(StoreEvent::Decoded { changes: Box::new(changes) }),
                Ok(None) => {}
                Err(error) => {
                    // A full or failing disk fails for the others as well.
                    self.failure("decode a document anew", &error);
                    return;
                }
            }
        }
        if all > 0 {
            let milliseconds = began.elapsed().as_millis() as u64;
            tracing::info!(documents = all, milliseconds, "decoded stored documents of another version anew");
        }
    }

    fn tidy(&mut self, tidy: Tidy) {
        if !tidy.lost.is_empty() {
            tracing::warn!(
                objects = tidy.lost.len(),
                "object files are missing or have another length; forgetting them"
            );
            if let Err(error) = write::forget_objects(&mut self.connection, &tidy.lost) {
                tracing::warn!(%error, "missing objects could not be forgotten");
            }
        }
        if let Some(keep) = tidy.keep {
            let removed = self.files.collect(&keep);
            if removed > 0 {
                tracing::info!(removed, "removed object files that nothing refers to");
            }
        }
    }

    fn commit(&mut self, serial: u64, changes: &Changes) {
        let result = self.files.make_durable(&changes.objects_whole).and_then(|()| self.transact(changes));
        if result.is_ok() {
            self.remove_files(changes);
            let on_disk = changes.objects_whole.iter().map(|object| object.sha256);
            self.files.give_back(on_disk.chain(changes.objects_removed.iter().copied()));
            for sha256 in &changes.objects_removed {
                self.objects.remove(sha256);
            }
            self.objects.extend(changes.objects_whole.iter().map(|object| (object.sha256, object.length)));
        }
        let space = self.files.space(self.objects.values().sum());
        // Beside the database SQLite needs files for which it says no more than that they cannot be written.
        let result = result.map_err(|error| match error.kind {
            StoreErrorKind::Io if space.free < FULL => StoreError { kind: StoreErrorKind::Full, ..error },
            _ => error,
        });
        (self.events)(StoreEvent::Committed { serial, result, space });
    }

    fn transact(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut result = write::commit(&mut self.connection, changes, &*self.codec);
        let full = result.as_ref().is_err_and(|error| sqlite_kind(error) == StoreErrorKind::Full);
        if full && !changes.objects_removed.is_empty() {
            // What goes anyway goes first, to make room for saying so. Rows whose files are gone are dropped at the
            // next start, should this transaction fail too.
            self.remove_files(changes);
            result = write::commit(&mut self.connection, changes, &*self.codec);
        }
        result.map_err(|error| self.failure("commit", &error))
    }

    fn remove_files(&self, changes: &Changes) {
        let whole: HashSet<Sha256> = changes.objects_whole.iter().map(|object| object.sha256).collect();
        for sha256 in changes.objects_removed.iter().filter(|sha256| !whole.contains(sha256)) {
            self.files.remove(*sha256);
        }
    }

    fn forget(&mut self, object: ObjectRef) {
        tracing::warn!(object = %object.sha256, "the object's bytes have changed in the store; it is fetched again");
        self.objects.remove(&object.sha256);
        if let Err(error) = write::forget_objects(&mut self.connection, &[object.sha256]) {
            self.failure("forget an object", &error);
        }
        self.files.remove(object.sha256);
        (self.events)(StoreEvent::Verified { object, whole: false });
    }

    fn failure(&self, operation: &str, error: &rusqlite::Error) -> StoreError {
        let failure = StoreError { kind: sqlite_kind(error), detail: format!("{operation}: {error}") };
        tracing::warn!(detail = failure.detail, "the store failed");
        if failure.kind == StoreErrorKind::Corrupt {
            self.folder.mark_damaged(&failure.detail);
        }
        failure
    }
}

// ----------------------------------------------------------------------------------------------------------- reading

struct Reader {
    folder: Arc<Folder>,
    connection: Option<Connection>,
    codec: Arc<dyn DocumentCodec>,
    events: Events,
}

impl Reader {
    fn run(mut self, requests: Receiver<String>) {
        for id in requests {
            let result = self.load(&id);
            (self.events)(StoreEvent::Item { id, result });
        }
    }

    fn load(&mut self, id: &str) -> Result<Box<Item>, StoreError> {
        let codec = Arc::clone(&self.codec);
        let (kind, reason) = match self.body(id).map(|(body, region)| (codec.item(&body), region)) {
            // The row knows in whose library it is; its region may have been taken over since the text came.
            Ok((Ok(item), region)) => return Ok(Box::new(Item { region: region.unwrap_or(item.region), ..item })),
            Ok((Err(reason), _)) => (StoreErrorKind::Corrupt, reason),
            Err(error) if sqlite_kind(&error) == StoreErrorKind::NotFound => {
                (StoreErrorKind::NotFound, error.to_string())
            }
            Err(error) => return Err(self.failure(id, &error)),
        };
        let whole = self.connection().and_then(|connection| documents::item_of_page(connection, id, &*codec));
        let whole = whole.map_err(|error| self.failure(id, &error))?;
        whole.map(Box::new).ok_or_else(|| StoreError { kind, detail: format!("load item {id}: {reason}") })
    }

    fn body(&mut self, id: &str) -> rusqlite::Result<(Vec<u8>, Option<RegionCode>)> {
        let sql = "SELECT bytes, region FROM item_bodies JOIN items USING (id) WHERE id = ?1";
        let mut select = self.connection()?.prepare_cached(sql)?;
        select.query_row([id], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.parse().ok())))
    }

    fn connection(&mut self) -> rusqlite::Result<&mut Connection> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(open_reader(&self.folder.database())?)),
        }
    }

    fn failure(&self, id: &str, error: &rusqlite::Error) -> StoreError {
        let failure = StoreError { kind: sqlite_kind(error), detail: format!("load item {id}: {error}") };
        if failure.kind == StoreErrorKind::Corrupt {
            self.folder.mark_damaged(&failure.detail);
        }
        failure
    }
}

// ----------------------------------------------------------------------------------------------------------- hashing

struct Hasher {
    folder: Arc<Folder>,
    files: Arc<ObjectFiles>,
    writer: Sender<Write>,
    events: Events,
}

impl Hasher {
    fn run(self, requests: Receiver<Hash>) {
        for request in requests {
            match request {
                Hash::Database => self.check_database(),
                Hash::Object(object) => self.check_object(object),
            }
        }
    }

    fn check_object(&self, object: ObjectRef) {
        match self.files.verify(object) {
            Ok(false) => {
                // Sending fails only when the writer has panicked.
                let _ = self.writer.send(Write::Forget(object));
            }
            Ok(true) => (self.events)(StoreEvent::Verified { object, whole: true }),
            Err(error) => {
                // A disk that cannot be read will not be mended by fetching the object again.
                tracing::warn!(%error, "an object could not be checked");
                (self.events)(StoreEvent::Verified { object, whole: true });
            }
        }
    }

    fn check_database(&self) {
        let check = || -> Result<(), Unusable> {
            let connection = open_reader(&self.folder.database())?;
            let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if verdict == "ok" { Ok(()) } else { Err(Unusable::Content(verdict)) }
        };
        match check() {
            Ok(()) => {}
            Err(Unusable::Content(verdict)) => self.folder.mark_damaged(&verdict),
            Err(Unusable::Sqlite(error)) if sqlite_kind(&error) == StoreErrorKind::Corrupt => {
                self.folder.mark_damaged(&error.to_string());
            }
            Err(error) => tracing::debug!(%error, "the database could not be checked"),
        }
    }
}
