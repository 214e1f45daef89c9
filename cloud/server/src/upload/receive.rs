//! Carries the body of a request to the end of a part, in constant memory.

use std::io::Write;
use std::sync::Arc;

use aws_lc_rs::digest;
use axum::body::{Body, Bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;

use super::error::Failed;
use super::folder::{Folder, Locked};
use super::{UploadError, Uploads};

/// Bytes that are gathered before a thread is asked to write them.
const BATCH: usize = 1 << 20;
/// Bytes after which the disk is waited for. A power cut costs no more of a long chunk than this, and the page cache
/// does not fill with gigabytes that one fsync at the end would have to wait for.
const SYNC_EVERY: u64 = 64 << 20;

/// The checksum that the client announces for a chunk.
#[derive(Clone)]
pub struct Checksum {
    algorithm: &'static digest::Algorithm,
    expected: Vec<u8>,
}

impl Checksum {
    pub const ALGORITHMS: &str = "sha1,sha256";

    pub fn parse(header: &str) -> Result<Checksum, UploadError> {
        const WRONG: UploadError = UploadError::Header("Upload-Checksum");
        let (algorithm, expected) = header.split_once(' ').ok_or(WRONG)?;
        let algorithm = match algorithm {
            "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &digest::SHA256,
            _ => return Err(WRONG),
        };
        Ok(Checksum { algorithm, expected: STANDARD.decode(expected.trim()).map_err(|_| WRONG)? })
    }
}

/// One chunk to be appended.
pub struct Chunk {
    pub id: String,
    pub account: String,
    /// Where the client believes the upload to be.
    pub offset: u64,
    /// Bytes of the body, where the client says so.
    pub announced: Option<u64>,
    pub checksum: Option<Checksum>,
}

/// Appends a body. What has come before a connection breaks stays. Gives the new offset.
pub async fn receive(uploads: Arc<Uploads>, chunk: Chunk, body: Body) -> Result<u64, UploadError> {
    let stall = uploads.limits.stall;
    let mut writer = blocking(move || Writer::open(&uploads, chunk)).await?;
    let mut body = body.into_data_stream();
    let mut batch: Vec<Bytes> = Vec::new();
    let mut gathered = 0;
    let end = loop {
        match tokio::time::timeout(stall, body.next()).await {
            Ok(Some(Ok(bytes))) => {
                gathered += bytes.len();
                batch.push(bytes);
                if gathered < BATCH {
                    continue;
                }
                let full = std::mem::take(&mut batch);
                gathered = 0;
                writer = blocking(move || writer.write(&full)).await?;
            }
            Ok(None) => break End::Whole,
            // Nobody is there any more to be told why.
            Ok(Some(Err(_))) | Err(_) => break End::Broken,
        }
    };
    blocking(move || writer.write(&batch)?.finish(end)).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

struct Writer {
    folder: Folder,
    locked: Locked,
    /// Where this chunk begins.
    start: u64,
    offset: u64,
    length: u64,
    unsynced: u64,
    checksum: Option<(Checksum, digest::Context)>,
}

impl Writer {
    fn open(uploads: &Uploads, chunk: Chunk) -> Result<Writer, UploadError> {
        let (folder, info) = uploads.own(&chunk.id, &chunk.account)?;
        if folder.last_change()? + uploads.limits.silence <= std::time::SystemTime::now() {
            return Err(UploadError::Expired);
        }
        let locked = folder.lock()?;
        let offset = folder.length(&locked)?;
        if offset != chunk.offset {
            return Err(UploadError::Offset { offset, asked: chunk.offset });
        }
        if chunk.announced.is_some_and(|announced| announced > info.length - offset.min(info.length)) {
            return Err(UploadError::TooMuch { length: info.length });
        }
        let checksum = chunk.checksum.map(|checksum| (checksum.clone(), digest::Context::new(checksum.algorithm)));
        if checksum.is_some() {
            folder.doubt(&locked)?;
        }
        Ok(Writer { folder, locked, start: offset, offset, length: info.length, unsynced: 0, checksum })
    }

    fn write(mut self, batch: &[Bytes]) -> Result<Writer, UploadError> {
        for bytes in batch {
            self.offset += bytes.len() as u64;
            if self.offset > self.length {
                self.take_back()?;
                return Err(UploadError::TooMuch { length: self.length });
            }
            self.locked.file.write_all(bytes).failed("write", &self.folder.part())?;
            if let Some((_, context)) = &mut self.checksum {
                context.update(bytes);
            }
            self.unsynced += bytes.len() as u64;
        }
        if self.unsynced >= SYNC_EVERY {
            self.locked.file.sync_data().failed("sync", &self.folder.part())?;
            self.unsynced = 0;
        }
        Ok(self)
    }

    fn finish(mut self, end: End) -> Result<u64, UploadError> {
        match self.checksum.take() {
            None => self.locked.file.sync_all().failed("sync", &self.folder.part())?,
            // Half a chunk cannot be verified, so it does not count.
            Some(_) if end == End::Broken => self.take_back()?,
            Some((checksum, context)) => {
                if context.finish().as_ref() != checksum.expected {
                    self.take_back()?;
                    return Err(UploadError::Checksum);
                }
                self.folder.verify(&self.locked)?;
            }
        }
        Ok(self.offset)
    }

    /// As if this chunk had never come.
    fn take_back(&mut self) -> Result<(), UploadError> {
        self.locked.file.set_len(self.start).failed("shorten", &self.folder.part())?;
        self.offset = self.start;
        // The doubt, if there is one, is settled by whoever locks next: the part is as long as it was then.
        self.locked.file.sync_all().failed("sync", &self.folder.part())
    }
}

pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
) -> Result<T, UploadError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(UploadError::Thread))
}
