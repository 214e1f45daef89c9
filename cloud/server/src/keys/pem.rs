//! Keys as files: PKCS #8 and SubjectPublicKeyInfo in PEM (RFC 7468, RFC 8410), as `openssl` writes and reads them.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{KeyError, NewKey};
use crate::objects::{hex, sync_folder};
use crate::tuf::key_id;

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Characters of one line (RFC 7468, 2).
const LINE: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum PemError {
    #[error("writing the key to {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("reading the key {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} holds no `{label}` in PEM")]
    Shape { path: PathBuf, label: &'static str },
    #[error("the key of {path}: {source}")]
    Key { path: PathBuf, source: KeyError },
    #[error("`{0}` is neither an Ed25519 public key of 64 hexadecimal digits nor a PEM file with one")]
    Public(String),
}

/// Writes a secret key into a new file that only its owner can read. A file that is there already is left alone: it may
/// be the only copy of another key.
pub fn write_secret(path: &Path, key: &NewKey) -> Result<(), PemError> {
    let failed = |source| PemError::Write { path: path.to_owned(), source };
    let unusable = || PemError::Key { path: path.to_owned(), source: KeyError::Unusable(key.public.clone()) };
    // The first version of the format, since not every openssl reads the second.
    let pair = Ed25519KeyPair::from_pkcs8(&key.secret).map_err(|_| unusable())?;
    let document = pair.to_pkcs8v1().map_err(|_| unusable())?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(encode("PRIVATE KEY", document.as_ref()).as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_folder(folder).map_err(failed)
}

/// Reads a secret key.
pub fn read_secret(path: &Path) -> Result<NewKey, PemError> {
    let secret = read(path, "PRIVATE KEY")?;
    NewKey::from_pkcs8(secret, "Ed25519").map_err(|source| PemError::Key { path: path.to_owned(), source })
}

/// A public key as somebody names it: 64 hexadecimal digits, or a PEM file. Answers the digits.
pub fn public(named: &str) -> Result<String, PemError> {
    let no_key = || PemError::Public(named.to_owned());
    let digits = named.to_ascii_lowercase();
    if key_id(&digits).is_some() {
        return Ok(digits);
    }
    let path = Path::new(named);
    if !path.is_file() {
        return Err(no_key());
    }
    let document = read(path, "PUBLIC KEY")?;
    let bytes = document.strip_prefix(SPKI.as_slice()).ok_or_else(no_key)?;
    let digits = hex(bytes);
    key_id(&digits).map(|_| digits).ok_or_else(no_key)
}

fn read(path: &Path, label: &'static str) -> Result<Vec<u8>, PemError> {
    let text = std::fs::read_to_string(path).map_err(|source| PemError::Read { path: path.to_owned(), source })?;
    decode(&text, label).ok_or_else(|| PemError::Shape { path: path.to_owned(), label })
}

fn encode(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + &format!("\n-----END {label}-----\n")
}

fn decode(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_once_and_is_nobody_elses_to_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("root.pem");
        let key = NewKey::make("a test").expect("a key");
        write_secret(&path, &key).expect("writes");
        assert_eq!(path.metadata().expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(read_secret(&path).expect("reads").public, key.public);
        let other = NewKey::make("a test").expect("a key");
        assert!(matches!(write_secret(&path, &other), Err(PemError::Write { .. })), "nothing is overwritten");
        assert_eq!(read_secret(&path).expect("reads").public, key.public);
    }

    #[test]
    fn public_keys_are_digits_or_files() {
        // The public key of RFC 8410, 10.1.
        let digits = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("public.pem");
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                   -----END PUBLIC KEY-----\n";
        std::fs::write(&path, pem).expect("writes");
        assert_eq!(public(&path.to_string_lossy()).expect("a key"), digits);
        assert_eq!(public(&digits.to_uppercase()).expect("a key"), digits);
        for wrong in ["", "19bf", "nowhere.pem", &digits[1..]] {
            assert!(matches!(public(wrong), Err(PemError::Public(_))), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_files_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("root.pem");
        assert!(matches!(read_secret(&path), Err(PemError::Read { .. })));
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").expect("writes");
        assert!(matches!(read_secret(&path), Err(PemError::Key { .. })));
        std::fs::write(&path, "nothing").expect("writes");
        let error = read_secret(&path).err().expect("refused").to_string();
        assert!(error.contains("root.pem"), "{error}");
    }
}
