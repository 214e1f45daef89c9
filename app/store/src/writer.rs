//! One object on its way into the store.

use crate::files::{ObjectFiles, io_error, remove_file};
use sha2::{Digest, Sha256 as Hasher};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{StoreError, StoreErrorKind};
use yuexiang_core::ports::{ObjectPaths, ObjectWriter};

/// An unfinished file is synced each time this much has been added: 4 MiB, so that a power cut costs no more of it.
const SYNC_EVERY: u64 = 4 << 20;

/// A file in `partial` that grows.
pub(crate) struct Unfinished {
    files: ObjectFiles,
    object: ObjectRef,
    whole: PathBuf,
    partial: PathBuf,
    file: File,
    /// Of the first `written` bytes.
    hasher: Hasher,
    written: u64,
    synced: u64,
}

impl Unfinished {
    pub(crate) fn open(
        files: ObjectFiles,
        object: ObjectRef,
        whole: PathBuf,
        partial: PathBuf,
    ) -> Result<Unfinished, StoreError> {
        let open = || -> io::Result<(File, Hasher, u64)> {
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&partial)?;
            let length = file.metadata()?.len();
            let sound = match files.written(object.sha256) {
                Some(written) => written.min(length),
                None => believable(&file, length)?,
            };
            let sound = if sound > object.length { 0 } else { sound };
            file.set_len(sound)?;
            let hasher = hash_start(&mut file)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, hasher, sound))
        };
        let (file, hasher, written) =
            open().map_err(|error| io_error("open the unfinished file of", object, &error))?;
        Ok(Unfinished { files, object, whole, partial, file, hasher, written, synced: written })
    }

    fn give_up(&self, reason: &str) -> StoreError {
        self.files.remove(self.object.sha256);
        let detail = format!("object {}: {reason}", self.object.sha256);
        StoreError { kind: StoreErrorKind::Corrupt, detail }
    }

    /// The move is made durable by the commit that calls the object whole, for many objects at once.
    fn move_into_place(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let folder = self.whole.parent().unwrap_or(Path::new("."));
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(&self.partial, &self.whole)
    }
}

impl ObjectWriter for Unfinished {
    fn offset(&self) -> u64 {
        self.written
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let after = self.written + bytes.len() as u64;
        if after > self.object.length {
            return Err(self.give_up(&format!("more than its {} bytes came", self.object.length)));
        }
        if let Err(error) = self.file.write_all(bytes) {
            // Some of the bytes may have been written; the hash knows nothing of them.
            self.file.set_len(self.written).and_then(|()| self.file.seek(SeekFrom::End(0))).ok();
            return Err(io_error("write", self.object, &error));
        }
        self.hasher.update(bytes);
        self.written = after;
        if self.written - self.synced >= SYNC_EVERY {
            self.file.sync_data().map_err(|error| io_error("sync", self.object, &error))?;
            self.synced = self.written;
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        let truncate = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        truncate.map_err(|error| io_error("truncate", self.object, &error))?;
        self.hasher = Hasher::new();
        self.written = 0;
        self.synced = 0;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.written != self.object.length {
            return Err(self.give_up(&format!("{} of its {} bytes came", self.written, self.object.length)));
        }
        let sha256 = Sha256(self.hasher.finalize_reset().into());
        if sha256 != self.object.sha256 {
            return Err(self.give_up(&format!("its bytes have the hash {sha256}")));
        }
        self.move_into_place().map_err(|error| io_error("move into place", self.object, &error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.partial.exists() {
            self.files.note_written(self.object.sha256, self.written);
        }
    }
}

/// A whole file that no row tells of: nothing is left to fetch, but its hash is to be checked.
pub(crate) struct Adopted {
    files: ObjectFiles,
    object: ObjectRef,
    /// What takes over when the transport starts from the beginning all the same.
    anew: Option<Unfinished>,
}

impl Adopted {
    pub(crate) fn new(files: ObjectFiles, object: ObjectRef) -> Adopted {
        Adopted { files, object, anew: None }
    }
}

impl ObjectWriter for Adopted {
    fn offset(&self) -> u64 {
        self.anew.as_ref().map_or(self.object.length, ObjectWriter::offset)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.anew {
            Some(unfinished) => unfinished.write(bytes),
            None if bytes.is_empty() => Ok(()),
            None => {
                let detail = format!("object {}: more than its {} bytes came", self.object.sha256, self.object.length);
                Err(StoreError { kind: StoreErrorKind::Corrupt, detail })
            }
        }
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        let whole = self.files.path(self.object.sha256);
        remove_file(&whole);
        let partial = self.files.partial_path(self.object.sha256);
        let mut unfinished = Unfinished::open(self.files.clone(), self.object, whole, partial)?;
        unfinished.restart()?;
        self.anew = Some(unfinished);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        if let Some(unfinished) = self.anew {
            return Box::new(unfinished).finish();
        }
        if self.files.verify(self.object)? {
            tracing::info!(object = %self.object.sha256, "adopted an object file that was there already");
            return Ok(());
        }
        remove_file(&self.files.path(self.object.sha256));
        let detail = format!("object {}: the file that was there has another hash", self.object.sha256);
        Err(StoreError { kind: StoreErrorKind::Corrupt, detail })
    }
}

/// Length and hash of a whole file.
pub(crate) fn hash_file(file: &mut File) -> io::Result<(u64, Sha256)> {
    let hasher = hash_start(file)?;
    let length = file.stream_position()?;
    Ok((length, Sha256(hasher.finalize().into())))
}

fn hash_start(file: &mut File) -> io::Result<Hasher> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    file.seek(SeekFrom::Start(0))?;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// How much of a file that an earlier process left is believed: all but the zeros at its end, since a file system may
/// have lengthened a file whose bytes a power cut took. What is believed wrongly all the same does not match the hash in
/// the end, and the object is fetched from its beginning.
fn believable(file: &File, length: u64) -> io::Result<u64> {
    const BLOCK: u64 = 4_096;
    let mut block = [0; BLOCK as usize];
    let mut end = length;
    while end > 0 {
        let start = (end - 1) / BLOCK * BLOCK;
        // At most a block.
        let bytes = &mut block[..(end - start) as usize];
        std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)?;
        if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
