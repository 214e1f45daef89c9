//! The folder of one upload.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::UploadError;
use super::error::Failed;
use super::info::Info;
use crate::objects::{hash_file, sync_folder};

/// A folder that is being built.
const NEW: &str = ".new-";
/// A folder that is being deleted.
pub const GONE: &str = ".gone-";
/// Random bytes of an id, so that it cannot be guessed.
const ID_BYTES: usize = 16;

#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    id: String,
}

/// The part, opened for writing by the only one who may write.
#[derive(Debug)]
pub struct Locked {
    pub file: File,
}

impl Folder {
    pub fn create(root: &Path, info: &Info) -> Result<Folder, UploadError> {
        let mut random = [0; ID_BYTES];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|error| io::Error::other(error.to_string()))
            .failed("draw a random id in", root)?;
        let folder = Folder { root: root.to_owned(), id: random.iter().map(|byte| format!("{byte:02x}")).collect() };
        let new = root.join(format!("{NEW}{}", folder.id));
        fs::create_dir(&new).failed("create", &new)?;
        let info = serde_json::to_vec(info).map_err(io::Error::other).failed("describe", &new)?;
        write(&new.join("info.json"), &info)?;
        write(&new.join("part"), &[])?;
        sync_folder(&new).failed("sync", &new)?;
        fs::rename(&new, folder.path()).failed("create", &folder.path())?;
        sync_folder(root).failed("sync", root)?;
        Ok(folder)
    }

    /// An upload that exists. Whatever is not an id, such as `..`, does not.
    pub fn open(root: &Path, id: &str) -> Result<Folder, UploadError> {
        let valid = id.len() == ID_BYTES * 2 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let folder = Folder { root: root.to_owned(), id: id.to_owned() };
        if valid && folder.part().is_file() { Ok(folder) } else { Err(UploadError::Unknown) }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn part(&self) -> PathBuf {
        self.path().join("part")
    }

    pub fn info(&self) -> Result<Info, UploadError> {
        let path = self.path().join("info.json");
        let bytes = found(fs::read(&path), "read", &path)?;
        serde_json::from_slice(&bytes).map_err(io::Error::other).failed("read", &path)
    }

    /// Bytes that have come and count.
    pub fn offset(&self) -> Result<u64, UploadError> {
        let part = self.part();
        let length = found(fs::metadata(&part), "look at", &part)?.len();
        Ok(self.verified()?.map_or(length, |verified| verified.min(length)))
    }

    /// When the last byte came.
    pub fn last_change(&self) -> Result<SystemTime, UploadError> {
        let part = self.part();
        let metadata = found(fs::metadata(&part), "look at", &part)?;
        metadata.modified().failed("look at", &part)
    }

    /// Takes the right to change this upload, and throws away what an interrupted chunk with a checksum has left.
    pub fn lock(&self) -> Result<Locked, UploadError> {
        let part = self.part();
        let file = found(OpenOptions::new().append(true).open(&part), "open", &part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(UploadError::Locked),
            Err(TryLockError::Error(source)) => return Err(source).failed("lock", &part),
        }
        // Deleted between opening and locking: the lock is one on nothing.
        if !part.is_file() {
            return Err(UploadError::Unknown);
        }
        let locked = Locked { file };
        if let Some(verified) = self.verified()? {
            locked.file.set_len(verified.min(self.length(&locked)?)).failed("shorten", &part)?;
            self.verify(&locked)?;
        }
        Ok(locked)
    }

    /// From here on what comes counts only after `verify`.
    pub fn doubt(&self, locked: &Locked) -> Result<(), UploadError> {
        let length = self.length(locked)?;
        let (path, new) = (self.path().join("verified"), self.path().join("verified.new"));
        write(&new, length.to_string().as_bytes())?;
        fs::rename(&new, &path).failed("write", &path)?;
        sync_folder(&self.path()).failed("sync", &self.path())
    }

    /// What has come counts. The data must reach the disk before the doubt leaves it.
    pub fn verify(&self, locked: &Locked) -> Result<(), UploadError> {
        locked.file.sync_data().failed("sync", &self.part())?;
        let path = self.path().join("verified");
        fs::remove_file(&path).failed("delete", &path)?;
        sync_folder(&self.path()).failed("sync", &self.path())
    }

    pub fn length(&self, locked: &Locked) -> Result<u64, UploadError> {
        Ok(locked.file.metadata().failed("look at", &self.part())?.len())
    }

    /// The hash of the part, which must be whole.
    pub fn sha256(&self) -> Result<String, UploadError> {
        let path = self.path().join("sha256");
        if let Ok(known) = fs::read_to_string(&path)
            && known.len() == 64
        {
            return Ok(known);
        }
        let part = self.part();
        let sha256 = found(hash_file(&part), "hash", &part)?;
        let new = self.path().join(format!("sha256.{}", std::process::id()));
        write(&new, sha256.as_bytes())?;
        fs::rename(&new, &path).failed("write", &path)?;
        Ok(sha256)
    }

    /// Deletes the folder. Its name is gone at once, whatever happens after.
    pub fn remove(&self, locked: Locked) -> Result<(), UploadError> {
        let gone = self.root.join(format!("{GONE}{}", self.id));
        fs::rename(self.path(), &gone).failed("delete", &self.path())?;
        drop(locked);
        delete(&gone)
    }

    fn verified(&self) -> Result<Option<u64>, UploadError> {
        let path = self.path().join("verified");
        match fs::read_to_string(&path) {
            Ok(text) => text.parse().map(Some).map_err(io::Error::other).failed("read", &path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).failed("read", &path),
        }
    }

    fn path(&self) -> PathBuf {
        self.root.join(&self.id)
    }
}

/// Held until dropped: nobody else creates an upload meanwhile.
pub fn lock_creation(root: &Path) -> Result<File, UploadError> {
    let path = root.join(".lock");
    let file = OpenOptions::new().create(true).append(true).open(&path).failed("open", &path)?;
    file.lock().failed("lock", &path)?;
    Ok(file)
}

/// Bytes that this process may still write to the disk.
pub fn free_space(root: &Path) -> Result<u64, UploadError> {
    let disk = rustix::fs::statvfs(root).map_err(io::Error::from).failed("look at the disk of", root)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

pub fn names(root: &Path) -> Result<Vec<String>, UploadError> {
    let entries = fs::read_dir(root).failed("list", root)?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// Deletes folders that a killed process was building or deleting.
pub fn sweep_unfinished(root: &Path, now: SystemTime, silence: Duration) -> Result<(), UploadError> {
    for name in names(root)?.iter().filter(|name| name.starts_with(NEW) || name.starts_with(GONE)) {
        let path = root.join(name);
        let old = fs::metadata(&path).and_then(|metadata| metadata.modified()).is_ok_and(|at| at + silence <= now);
        if old {
            delete(&path)?;
        }
    }
    Ok(())
}

/// Deletes a folder that another process may be deleting too.
pub fn delete(path: &Path) -> Result<(), UploadError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).failed("delete", path),
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), UploadError> {
    use std::io::Write;
    let mut file = File::create(path).failed("create", path)?;
    file.write_all(bytes).failed("write", path)?;
    file.sync_all().failed("sync", path)
}

/// What has been deleted meanwhile is unknown, not an error of the disk.
fn found<T>(result: io::Result<T>, operation: &'static str, path: &Path) -> Result<T, UploadError> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(UploadError::Unknown),
        other => other.failed(operation, path),
    }
}
