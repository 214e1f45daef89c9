//! The content-addressed store: `objects/ab/<sha256>`. An object that is there is whole, and never changes.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

#[derive(Clone, Debug)]
pub struct Objects {
    root: PathBuf,
    /// On the same file system, so that a rename is atomic.
    temporary: PathBuf,
}

/// What an object is known by.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stored {
    pub sha256: String,
    pub length: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the object store {path}: {source}")]
pub struct ObjectError {
    path: PathBuf,
    source: io::Error,
}

impl Objects {
    pub fn open(data: &Path) -> Result<Objects, ObjectError> {
        let objects = Objects { root: data.join("objects"), temporary: data.join("tmp") };
        for folder in [&objects.root, &objects.temporary] {
            fs::create_dir_all(folder).map_err(|source| ObjectError { path: folder.clone(), source })?;
        }
        Ok(objects)
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
            .map_err(|source| ObjectError { path: self.temporary.clone(), source })
    }

    /// A folder for work in progress, deleted when dropped.
    pub fn temporary_folder(&self) -> Result<tempfile::TempDir, ObjectError> {
        tempfile::TempDir::new_in(&self.temporary)
            .map_err(|source| ObjectError { path: self.temporary.clone(), source })
    }

    pub fn put(&self, bytes: &[u8]) -> Result<Stored, ObjectError> {
        let sha256 = hex(&Sha256::digest(bytes));
        let stored = Stored { sha256, length: bytes.len() as u64 };
        if !self.has(&stored.sha256, stored.length) {
            let mut file = self.temporary()?;
            file.write_all(bytes).map_err(|source| ObjectError { path: file.path().to_owned(), source })?;
            self.keep(file, &stored)?;
        }
        Ok(stored)
    }

    /// Makes an object of a finished file.
    pub fn put_file(&self, file: tempfile::NamedTempFile) -> Result<Stored, ObjectError> {
        let failed = |source| ObjectError { path: file.path().to_owned(), source };
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
        let failed = |source| ObjectError { path: path.clone(), source };
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
