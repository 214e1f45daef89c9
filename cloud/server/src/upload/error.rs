//! What can go wrong with an upload.

use std::io;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;

use crate::messages::Told;

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("nobody is logged in")]
    NobodyLoggedIn,
    #[error("there is no such upload")]
    Unknown,
    #[error("the upload was silent for too long and has been given up")]
    Expired,
    #[error("the file has {} MB, at most {} MB are accepted", megabytes(*length), megabytes(*most))]
    TooLarge { length: u64, most: u64 },
    #[error("more came than the {length} bytes that were announced")]
    TooMuch { length: u64 },
    #[error("you have {most} uploads already: use or delete one first")]
    TooMany { most: usize },
    #[error("the server has no room for {} MB more: please tell the operators", megabytes(*length))]
    NoSpace { length: u64 },
    #[error("the upload is at byte {offset}, not at byte {asked}")]
    Offset { offset: u64, asked: u64 },
    #[error("another connection is sending to this upload")]
    Locked,
    #[error("only {offset} of {length} bytes have come")]
    Unfinished { offset: u64, length: u64 },
    #[error("what came does not have the checksum that was announced")]
    Checksum,
    #[error("this server speaks version 1.0.0 of tus")]
    Version,
    #[error("the body must be application/offset+octet-stream")]
    ContentType,
    #[error("this address does not take {0}")]
    Method(String),
    #[error("the header {0} is missing or wrong")]
    Header(&'static str),
    #[error("{operation} {path}: {source}")]
    Disk { operation: &'static str, path: PathBuf, source: io::Error },
    #[error("a thread of the upload ended early")]
    Thread,
}

impl UploadError {
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.told().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Names what was done to which file when it fails.
pub trait Failed<T> {
    fn failed(self, operation: &'static str, path: &Path) -> Result<T, UploadError>;
}

impl<T> Failed<T> for io::Result<T> {
    fn failed(self, operation: &'static str, path: &Path) -> Result<T, UploadError> {
        self.map_err(|source| UploadError::Disk { operation, path: path.to_owned(), source })
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
