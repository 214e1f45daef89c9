//! Object files: written beside, then moved into place.

use crate::database::StoreOpenError;
use crate::hex;
use crate::memory::Borrowed;
use crate::writer::{Adopted, Unfinished, hash_file};
use rustix::fs::{AtFlags, FileType};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{Space, StoreError, StoreErrorKind};
use yuexiang_core::ports::{ObjectPaths, ObjectSink, ObjectWriter};

/// The folder of object files. Cloning it gives another handle to the same one.
#[derive(Clone)]
pub struct ObjectFiles {
    root: PathBuf,
    objects: PathBuf,
    /// `objects`, opened: looking at a file from here is a third of the work of looking from the root.
    folder: Arc<File>,
    partial: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Objects that were opened for writing since the start; the collection of stray files leaves them alone.
    touched: HashSet<Sha256>,
    /// Bytes of the unfinished files that this process has written.
    written: HashMap<Sha256, u64>,
    /// Objects for which the disk has no room.
    borrowed: HashMap<Sha256, Arc<[u8]>>,
}

impl ObjectFiles {
    pub(crate) fn open(dir: &Path) -> Result<ObjectFiles, StoreOpenError> {
        let (objects, partial) = (dir.join("objects"), dir.join("partial"));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreOpenError::Folder { path, source }
        };
        for folder in [&objects, &partial] {
            fs::create_dir_all(folder).map_err(failed(folder))?;
        }
        let folder = Arc::new(File::open(&objects).map_err(failed(&objects))?);
        Ok(ObjectFiles { root: dir.to_owned(), objects, folder, partial, state: Arc::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The sets stay usable whatever happened to a thread that held them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn partial_path(&self, sha256: Sha256) -> PathBuf {
        self.partial.join(hex::name(sha256))
    }

    /// Length of the whole file, if there is one.
    pub(crate) fn whole_length(&self, sha256: Sha256) -> Option<u64> {
        let name = hex::Relative::new(sha256);
        let stat = rustix::fs::statat(&*self.folder, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        FileType::from_raw_mode(stat.st_mode).is_file().then_some(stat.st_size as u64)
    }

    /// Sizes of the unfinished files. What is no unfinished object is removed.
    pub(crate) fn unfinished(&self) -> BTreeMap<Sha256, u64> {
        let mut sizes = BTreeMap::new();
        for entry in entries(&self.partial) {
            match entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                Some(sha256) => {
                    sizes.insert(sha256, entry.metadata().map_or(0, |metadata| metadata.len()));
                }
                None => remove_file(&entry.path()),
            }
        }
        sizes
    }

    /// Makes sure that these objects' files are found under their names after a power cut. Their bytes were synced before
    /// they were moved; here the folders follow, each once.
    pub(crate) fn make_durable(&self, objects: &[ObjectRef]) -> Result<(), StoreError> {
        let paths = objects.iter().map(|object| self.path(object.sha256));
        let mut folders: BTreeSet<PathBuf> = paths.filter_map(|path| path.parent().map(Path::to_owned)).collect();
        if !objects.is_empty() {
            folders.insert(self.objects.clone());
        }
        for folder in folders {
            File::open(&folder).and_then(|folder| folder.sync_all()).map_err(|error| StoreError {
                kind: io_kind(&error),
                detail: format!("sync the folder {}: {error}", folder.display()),
            })?;
        }
        Ok(())
    }

    /// How much of an unfinished file this process has written: there was no power cut since.
    pub(crate) fn written(&self, sha256: Sha256) -> Option<u64> {
        self.state().written.get(&sha256).copied()
    }

    pub(crate) fn note_written(&self, sha256: Sha256, bytes: u64) {
        self.state().written.insert(sha256, bytes);
    }

    /// Holds an object in memory.
    pub(crate) fn lend(&self, sha256: Sha256, bytes: Arc<[u8]>) {
        self.state().borrowed.insert(sha256, bytes);
    }

    /// Drops objects from memory: they are not wanted any more, or lie on the disk by now.
    pub(crate) fn give_back(&self, objects: impl IntoIterator<Item = Sha256>) {
        let mut state = self.state();
        for sha256 in objects {
            state.borrowed.remove(&sha256);
        }
    }

    pub(crate) fn remove(&self, sha256: Sha256) {
        remove_file(&self.path(sha256));
        remove_file(&self.partial_path(sha256));
        self.state().written.remove(&sha256);
    }

    /// Removes all unfinished files: the last resort for a disk so full that the database cannot be opened.
    pub(crate) fn remove_unfinished(&self) -> bool {
        let mut any = false;
        for entry in entries(&self.partial) {
            remove_file(&entry.path());
            any = true;
        }
        any
    }

    /// Removes the largest whole file, if it has so many bytes. Its row is dropped when it is found missing.
    pub(crate) fn remove_largest(&self, at_least: u64) -> bool {
        let all = entries(&self.objects).flat_map(|folder| entries(&folder.path()).collect::<Vec<_>>());
        let sized = all.filter_map(|entry| Some((entry.metadata().ok()?.len(), entry.path())));
        match sized.max().filter(|(length, _)| *length >= at_least) {
            Some((_, path)) => {
                remove_file(&path);
                !path.exists()
            }
            None => false,
        }
    }

    /// Removes whole files that `keep` does not name, unless they were touched since the start.
    pub(crate) fn collect(&self, keep: &HashSet<Sha256>) -> usize {
        let mut removed = 0;
        for folder in entries(&self.objects) {
            for entry in entries(&folder.path()) {
                let sha256 = entry.file_name().to_str().and_then(|name| name.parse::<Sha256>().ok());
                let state = self.state();
                let stray = sha256.is_none_or(|sha256| !keep.contains(&sha256) && !state.touched.contains(&sha256));
                if stray {
                    remove_file(&entry.path());
                    removed += 1;
                }
            }
        }
        removed
    }

    pub(crate) fn space(&self, whole: u64) -> Space {
        let used = whole + self.unfinished().values().sum::<u64>();
        let free = rustix::fs::statvfs(&self.root).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        Space { used, free }
    }

    /// Whether the whole file has the length and hash of its name.
    pub(crate) fn verify(&self, object: ObjectRef) -> Result<bool, StoreError> {
        let path = self.path(object.sha256);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(io_error("open", object, &error)),
        };
        let (length, sha256) = hash_file(&mut file).map_err(|error| io_error("read", object, &error))?;
        Ok(ObjectRef { sha256, length } == object)
    }
}

impl ObjectPaths for ObjectFiles {
    fn path(&self, sha256: Sha256) -> PathBuf {
        hex::path(&self.objects, sha256)
    }

    fn in_memory(&self, sha256: Sha256) -> Option<Arc<[u8]>> {
        self.state().borrowed.get(&sha256).cloned()
    }
}

impl ObjectSink for ObjectFiles {
    fn open(&self, object: ObjectRef) -> Result<Box<dyn ObjectWriter>, StoreError> {
        self.state().touched.insert(object.sha256);
        let whole = self.path(object.sha256);
        if self.whole_length(object.sha256) == Some(object.length) {
            // Left over from before the database was rebuilt, or from a cut between the file and its row.
            return Ok(Box::new(Adopted::new(self.clone(), object)));
        }
        Ok(Box::new(Unfinished::open(self.clone(), object, whole, self.partial_path(object.sha256))?))
    }

    fn open_in_memory(&self, object: ObjectRef, instead_of: &[Sha256]) -> Box<dyn ObjectWriter> {
        self.give_back(instead_of.iter().copied());
        Box::new(Borrowed::new(self.clone(), object))
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

/// A file that is not there is as good as removed; one that cannot be removed is tried again at the next start.
pub(crate) fn remove_file(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file of the store could not be removed");
    }
}

pub(crate) fn io_error(what: &str, object: ObjectRef, error: &io::Error) -> StoreError {
    StoreError { kind: io_kind(error), detail: format!("{what} object {}: {error}", object.sha256) }
}

/// A full disk, a quota and a limit on file sizes are the same to us: there is no room.
fn io_kind(error: &io::Error) -> StoreErrorKind {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreErrorKind::Full,
        ErrorKind::NotFound => StoreErrorKind::NotFound,
        _ => StoreErrorKind::Io,
    }
}
