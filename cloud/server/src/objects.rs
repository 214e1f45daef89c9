//! The content-addressed store: `objects/ab/<sha256>`. An object that is there is whole, and never changes.
//!
//! Several processes that do not share a disk share a bucket: what is made here is put there before anything names it
//! ([`Objects::share`]), and the folder becomes a cache, from which anything may be deleted that the bucket has.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::bucket::{Bucket, BucketError};

/// Objects up to this length are brought here whole when they are asked for; longer ones are passed through.
const BROUGHT: u64 = 16 << 20;

#[derive(Clone, Debug)]
pub struct Objects {
    root: PathBuf,
    /// On the same file system, so that a rename is atomic.
    temporary: PathBuf,
    shared: Option<Shared>,
}

/// The bucket, and what this process knows to be in it.
#[derive(Clone, Debug)]
struct Shared {
    bucket: Bucket,
    known: Arc<Mutex<HashSet<String>>>,
}

/// Where an object is.
#[derive(Debug)]
pub enum Place {
    Here(PathBuf),
    /// In the bucket, of this length in bytes.
    Bucket(Bucket, u64),
    Nowhere,
}

/// What an object is known by.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stored {
    pub sha256: String,
    pub length: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("the object store {path}: {source}")]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

impl Objects {
    pub fn open(data: &Path) -> Result<Objects, ObjectError> {
        let objects = Objects { root: data.join("objects"), temporary: data.join("tmp"), shared: None };
        for folder in [&objects.root, &objects.temporary] {
            fs::create_dir_all(folder).map_err(|source| ObjectError::Folder { path: folder.clone(), source })?;
        }
        Ok(objects)
    }

    /// The same, shared with other processes through a bucket.
    pub fn with_bucket(self, bucket: Option<Bucket>) -> Objects {
        Objects { shared: bucket.map(|bucket| Shared { bucket, known: Arc::default() }), ..self }
    }

    pub fn bucket(&self) -> Option<&Bucket> {
        self.shared.as_ref().map(|shared| &shared.bucket)
    }

    /// Puts objects into the bucket, if there is one. Whoever is about to name objects calls this first, so that nothing
    /// is ever named that other processes do not have.
    pub async fn share(&self, objects: impl IntoIterator<Item = (&str, u64)>) -> Result<(), ObjectError> {
        let Some(Shared { bucket, known }) = &self.shared else { return Ok(()) };
        for (sha256, length) in objects {
            let Some(path) = self.path(sha256) else { continue };
            if known.lock().unwrap_or_else(PoisonError::into_inner).contains(sha256) {
                continue;
            }
            bucket.put(sha256, length, &path).await?;
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(sha256.to_owned());
        }
        Ok(())
    }

    /// Where an object is to be read. One that is only in the bucket is brought here unless it is long.
    pub async fn find(&self, sha256: &str) -> Result<Place, ObjectError> {
        let Some(path) = self.path(sha256) else { return Ok(Place::Nowhere) };
        if path.is_file() {
            return Ok(Place::Here(path));
        }
        let Some(bucket) = self.bucket() else { return Ok(Place::Nowhere) };
        let Some(length) = bucket.length(sha256).await? else { return Ok(Place::Nowhere) };
        if length > BROUGHT {
            return Ok(Place::Bucket(bucket.clone(), length));
        }
        let bytes = bucket.whole(sha256).await?;
        let objects = self.clone();
        let kept = tokio::task::spawn_blocking(move || objects.put(&bytes)).await;
        let failed = |source| ObjectError::Folder { path: path.clone(), source };
        let stored = kept.map_err(|error| failed(io::Error::other(error)))??;
        match stored.sha256 == sha256 {
            true => Ok(Place::Here(path)),
            false => Err(BucketError::Spoilt { sha256: sha256.to_owned() }.into()),
        }
    }

    /// The folder in which objects lie as `ab/ab…`.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Where an object lies if it is there; none when the name is not 64 lower-case hexadecimal digits.
    pub fn path(&self, sha256: &str) -> Option<PathBuf> {
        let hexadecimal = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        hexadecimal.then(|| self.root.join(&sha256[..2]).join(sha256))
    }

    pub fn has(&self, sha256: &str, length: u64) -> bool {
        let metadata = self.path(sha256).and_then(|path| path.metadata().ok());
        metadata.is_some_and(|metadata| metadata.is_file() && metadata.len() == length)
    }

    /// A file that is deleted unless it becomes an object.
    pub fn temporary(&self) -> Result<tempfile::NamedTempFile, ObjectError> {
        tempfile::NamedTempFile::new_in(&self.temporary)
            .map_err(|source| ObjectError::Folder { path: self.temporary.clone(), source })
    }

    /// A folder for work in progress, deleted when dropped.
    pub fn temporary_folder(&self) -> Result<tempfile::TempDir, ObjectError> {
        tempfile::TempDir::new_in(&self.temporary)
            .map_err(|source| ObjectError::Folder { path: self.temporary.clone(), source })
    }

    pub fn put(&self, bytes: &[u8]) -> Result<Stored, ObjectError> {
        let sha256 = hex(&Sha256::digest(bytes));
        let stored = Stored { sha256, length: bytes.len() as u64 };
        if !self.has(&stored.sha256, stored.length) {
            let mut file = self.temporary()?;
            file.write_all(bytes).map_err(|source| ObjectError::Folder { path: file.path().to_owned(), source })?;
            self.keep(file, &stored)?;
        }
        Ok(stored)
    }

    /// Makes an object of a finished file.
    pub fn put_file(&self, file: tempfile::NamedTempFile) -> Result<Stored, ObjectError> {
        let failed = |source| ObjectError::Folder { path: file.path().to_owned(), source };
        let stored = Stored {
            sha256: hash_file(file.path()).map_err(failed)?,
            length: file.path().metadata().map_err(failed)?.len(),
        };
        if !self.has(&stored.sha256, stored.length) {
            self.keep(file, &stored)?;
        }
        Ok(stored)
    }

    /// Data first, then the name, then the folder that holds the name: a power cut leaves the object whole or absent.
    fn keep(&self, file: tempfile::NamedTempFile, stored: &Stored) -> Result<(), ObjectError> {
        let path = self.root.join(&stored.sha256[..2]).join(&stored.sha256);
        let failed = |source| ObjectError::Folder { path: path.clone(), source };
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(failed)?;
        set_readable(file.path()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        sync_folder(folder).map_err(failed)
    }
}

/// Temporary files are private to their owner; a web server beside this one may read what is published.
fn set_readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// None for what is no pairs of hexadecimal digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_by_its_hash_and_nothing_else_is() {
        let data = tempfile::tempdir().expect("a folder");
        let objects = Objects::open(data.path()).expect("opens");
        let stored = objects.put(b"abc").expect("stores");
        assert_eq!(stored.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(objects.has(&stored.sha256, 3) && !objects.has(&stored.sha256, 4));
        for name in ["..", "", "../../etc/passwd", &stored.sha256.to_uppercase(), &stored.sha256[1..]] {
            assert_eq!(objects.path(name), None, "{name}");
        }
    }
}
