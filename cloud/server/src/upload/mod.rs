//! Resumable uploads: a server of the tus protocol 1.0.0 (<https://tus.io/protocols/resumable-upload>).
//!
//! An upload is a folder, so it needs no database and survives whatever happens to the program:
//!
//! ```text
//! <data>/uploads/<id>/info.json   who, how long, what it is called; written once, before the first byte
//!                     part        what has come; its length *is* the offset
//!                     verified    only while a chunk with a checksum is under way: the length before it
//!                     sha256      the hash of a finished upload, so that it is computed once
//! ```
//!
//! A folder appears under its name when it is whole (built as `.new-<id>`) and disappears at once (renamed to
//! `.gone-<id>` first), so a power cut leaves nothing half. Whoever changes an upload holds a lock on its part, which
//! holds across processes and is let go by the kernel when a process dies.
//!
//! That the length of a file is what has come is true after a power cut too, because the file only ever grows by
//! writing: ext4 (data=ordered) and XFS move the length after the data. The extensions are creation,
//! creation-with-upload, termination, expiration and checksum.
//!
//! Rejected: `fileloft` 0.3 and `tus-protocol` 0.1, the servers that crates.io has for axum 0.8. Both keep the offset in
//! a document beside the data, so a server killed in the middle of a chunk forgets all of the chunk, which is the whole
//! file with the usual client; and neither knows owners or a reserve of disk space.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

mod error;
mod folder;
mod info;
mod protocol;
mod receive;

pub use error::UploadError;
pub use protocol::router;

use error::Failed;
use folder::Folder;
use info::Info;

/// Who uploads. The middleware that knows the session or the token puts it into the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploader {
    pub account: String,
}

/// What one server takes.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one upload.
    pub size: u64,
    /// Bytes that stay free on the disk after everything that has been promised has come.
    pub reserve: u64,
    /// Uploads that one account may have, finished ones that nobody has taken included.
    pub open: usize,
    /// An upload that has not grown for so long is deleted.
    pub silence: Duration,
    /// A chunk that brings no byte for so long is over; until then a second connection is told to wait.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            size: 8 << 30,
            reserve: 2 << 30,
            open: 20,
            silence: Duration::from_secs(24 * 3_600),
            stall: Duration::from_secs(20),
        }
    }
}

/// The uploads below one data folder.
#[derive(Debug)]
pub struct Uploads {
    root: PathBuf,
    limits: Limits,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub id: String,
    pub offset: u64,
    pub length: u64,
    /// What to call it; never a path. Cleaned from what the client said.
    pub name: String,
    /// What the client says it is, such as `video/mp4`; not to be believed.
    pub declared: Option<String>,
    pub expires: SystemTime,
}

/// An upload of which every byte has come and is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedUpload {
    pub path: PathBuf,
    pub name: String,
    pub length: u64,
    pub sha256: String,
    pub declared: Option<String>,
}

/// What a new upload is to be.
#[derive(Clone, Debug)]
pub struct NewUpload {
    pub account: String,
    pub length: u64,
    pub name: String,
    pub declared: Option<String>,
}

/// All of these block on the disk: from asynchronous code they belong into `spawn_blocking`.
impl Uploads {
    pub fn open(data: &Path, limits: Limits) -> Result<Uploads, UploadError> {
        let root = data.join("uploads");
        std::fs::create_dir_all(&root).failed("create", &root)?;
        let uploads = Uploads { root, limits };
        for name in folder::names(&uploads.root)?.iter().filter(|name| name.starts_with(folder::GONE)) {
            folder::delete(&uploads.root.join(name))?;
        }
        Ok(uploads)
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Promises room for a new upload and makes its folder.
    pub fn create(&self, new: NewUpload) -> Result<State, UploadError> {
        if new.length > self.limits.size {
            return Err(UploadError::TooLarge { length: new.length, most: self.limits.size });
        }
        // Two processes that both find room for the last gigabytes would promise them twice.
        let _one_at_a_time = folder::lock_creation(&self.root)?;
        let mut own = 0;
        let mut promised: u64 = 0;
        for folder in self.folders()? {
            // An upload that is deleted at this moment holds nothing any more.
            let (Ok(info), Ok(offset)) = (folder.info(), folder.offset()) else { continue };
            own += usize::from(info.account == new.account);
            promised = promised.saturating_add(info.length.saturating_sub(offset));
        }
        if own >= self.limits.open {
            return Err(UploadError::TooMany { most: self.limits.open });
        }
        let needed = promised.saturating_add(new.length).saturating_add(self.limits.reserve);
        if folder::free_space(&self.root)? < needed {
            return Err(UploadError::NoSpace { length: new.length });
        }
        let info = Info { account: new.account, length: new.length, name: new.name, declared: new.declared };
        let folder = Folder::create(&self.root, &info)?;
        self.state_of(&folder, info)
    }

    /// How far an upload of this account is. Another account's upload is not there.
    pub fn state(&self, id: &str, account: &str) -> Result<State, UploadError> {
        let (folder, info) = self.own(id, account)?;
        self.state_of(&folder, info)
    }

    /// A finished upload. Computes its hash at the first call, which reads the whole file.
    pub fn finished(&self, id: &str, account: &str) -> Result<FinishedUpload, UploadError> {
        let (folder, info) = self.own(id, account)?;
        let offset = folder.offset()?;
        if offset != info.length {
            return Err(UploadError::Unfinished { offset, length: info.length });
        }
        let sha256 = folder.sha256()?;
        Ok(FinishedUpload {
            path: folder.part(),
            name: info.name,
            length: info.length,
            sha256,
            declared: info.declared,
        })
    }

    /// Moves a finished upload's file to `to`, which must be on the same disk, and forgets the upload. Work on a file
    /// begins with this, because what nobody takes is deleted in the end.
    pub fn take(&self, id: &str, account: &str, to: &Path) -> Result<FinishedUpload, UploadError> {
        let finished = self.finished(id, account)?;
        let folder = Folder::open(&self.root, id)?;
        let lock = folder.lock()?;
        std::fs::rename(folder.part(), to).failed("move", &folder.part())?;
        folder.remove(lock)?;
        Ok(FinishedUpload { path: to.to_owned(), ..finished })
    }

    /// Deletes an upload unless somebody is writing to it.
    pub fn remove(&self, id: &str, account: &str) -> Result<(), UploadError> {
        let (folder, _) = self.own(id, account)?;
        let lock = folder.lock()?;
        folder.remove(lock)
    }

    /// Deletes what has been silent for too long, and says how many uploads that were. To be called every few minutes.
    pub fn sweep(&self, now: SystemTime) -> Result<usize, UploadError> {
        let mut swept = 0;
        for folder in self.folders()? {
            if !folder.last_change().is_ok_and(|at| at + self.limits.silence <= now) {
                continue;
            }
            // One that somebody writes to is not silent; one that is gone already needs no deleting.
            let Ok(lock) = folder.lock() else { continue };
            folder.remove(lock)?;
            swept += 1;
        }
        folder::sweep_unfinished(&self.root, now, self.limits.silence)?;
        Ok(swept)
    }

    fn folders(&self) -> Result<Vec<Folder>, UploadError> {
        let names = folder::names(&self.root)?;
        Ok(names.iter().filter_map(|name| Folder::open(&self.root, name).ok()).collect())
    }

    fn own(&self, id: &str, account: &str) -> Result<(Folder, Info), UploadError> {
        let folder = Folder::open(&self.root, id)?;
        let info = folder.info()?;
        if info.account == account { Ok((folder, info)) } else { Err(UploadError::Unknown) }
    }

    fn state_of(&self, folder: &Folder, info: Info) -> Result<State, UploadError> {
        let expires = folder.last_change()? + self.limits.silence;
        Ok(State {
            id: folder.id().to_owned(),
            offset: folder.offset()?,
            length: info.length,
            name: info.name,
            declared: info.declared,
            expires,
        })
    }
}
