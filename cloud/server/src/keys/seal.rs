//! Secrets in the database are sealed with the installation's master key, so that a copy of the database alone publishes
//! nothing, and processes side by side share one set of keys.
//!
//! AES-256-GCM with a random nonce; the name of the secret is authenticated with it, so that one row's secret put into
//! another row does not open.

use std::io::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::objects::sync_folder;

const LENGTH: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the master key {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the master key {path} has {length} bytes, 32 are needed")]
    Length { path: PathBuf, length: usize },
    #[error(
        "the master key {path} is missing, and {keys} keys in the database are sealed with it: put the file back from \
         where it is kept (docs/KEYS.md, \"Backup\"). A new one would open none of them, so none was made; if every copy is \
         lost, see `yuexiang-cloud keys lost-master --help`"
    )]
    Missing { path: PathBuf, keys: i64 },
    #[error(
        "the master key {path} is not the one with which the keys in this database are sealed: {key} does not open. Put \
         the right file there (docs/KEYS.md, \"Backup\"), or name the database that belongs to this one"
    )]
    Other { path: PathBuf, key: String },
    #[error("the master key {path} opens the keys in this database: nothing is lost")]
    NotLost { path: PathBuf },
    #[error("sealing the key {0}")]
    Seal(String),
    #[error("the key {0} does not open with this installation's master key")]
    Open(String),
}

/// The key that seals all others.
pub struct Master(LessSafeKey);

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master(secret)")
    }
}

impl Master {
    /// Reads the master key, if there is one.
    pub fn read(path: &Path) -> Result<Option<Master>, SealError> {
        match std::fs::read(path) {
            Ok(bytes) => Master::of(path, &bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SealError::File { path: path.to_owned(), source }),
        }
    }

    /// Makes the master key of an installation in which nothing is sealed yet. Another process may do so at the same time:
    /// both get the one that came first.
    pub fn make(path: &Path) -> Result<Master, SealError> {
        let bytes = make(path).map_err(|source| SealError::File { path: path.to_owned(), source })?;
        Master::of(path, &bytes)
    }

    fn of(path: &Path, bytes: &[u8]) -> Result<Master, SealError> {
        let length = || SealError::Length { path: path.to_owned(), length: bytes.len() };
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| length())?;
        Ok(Master(LessSafeKey::new(key)))
    }

    pub fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let failed = || SealError::Seal(name.to_owned());
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| failed())?;
        let mut sealed = secret.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut sealed)
            .map_err(|_| failed())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn open_sealed(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let failed = || SealError::Open(name.to_owned());
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut secret = sealed.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(name), &mut secret).map_err(|_| failed())?.len();
        secret.truncate(length);
        Ok(secret)
    }
}

/// Two processes may start at once: whoever puts the file in place first wins, and both read what is there.
fn make(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut key = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| std::io::Error::other("no random numbers"))?;
    // A temporary file is private to its owner from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(folder)?,
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error),
    }
    std::fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> (tempfile::TempDir, Master) {
        let folder = tempfile::tempdir().expect("a folder");
        let master = Master::make(&folder.path().join("keys/master")).expect("makes");
        (folder, master)
    }

    #[test]
    fn what_was_sealed_opens_under_its_name_alone() {
        let (_folder, master) = master();
        let sealed = master.seal("440000000000/root", b"secret").expect("seals");
        assert_eq!(master.open_sealed("440000000000/root", &sealed).expect("opens"), b"secret");
        assert!(master.open_sealed("440200000000/root", &sealed).is_err());
        assert!(master.open_sealed("440000000000/root", &sealed[..10]).is_err());
    }

    #[test]
    fn another_installation_opens_nothing() {
        let ((_one, one), (_other, other)) = (master(), master());
        let sealed = one.seal("a", b"secret").expect("seals");
        assert!(other.open_sealed("a", &sealed).is_err());
    }

    #[test]
    fn the_master_key_is_made_once_and_is_nobody_elses_to_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/master");
        assert!(Master::read(&path).expect("reads").is_none());
        let sealed = Master::make(&path).expect("makes").seal("a", b"secret").expect("seals");
        for again in [Master::make(&path).expect("reads"), Master::read(&path).expect("reads").expect("is there")] {
            assert_eq!(again.open_sealed("a", &sealed).expect("opens"), b"secret");
        }
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o077, 0);
        std::fs::write(&path, "short").expect("writes");
        assert!(matches!(Master::read(&path), Err(SealError::Length { length: 5, .. })));
    }
}
