//! Objects that are held in memory, because the disk has no room for them and somebody looks at them.

use crate::files::ObjectFiles;
use sha2::{Digest, Sha256 as Hasher};
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{StoreError, StoreErrorKind};
use yuexiang_core::ports::ObjectWriter;

/// One of them on its way in. What is given up leaves nothing behind.
pub(crate) struct Borrowed {
    files: ObjectFiles,
    object: ObjectRef,
    bytes: Vec<u8>,
}

impl Borrowed {
    pub(crate) fn new(files: ObjectFiles, object: ObjectRef) -> Borrowed {
        Borrowed { files, object, bytes: Vec::new() }
    }

    fn refuse(&self, reason: &str) -> StoreError {
        let detail = format!("object {}: {reason}", self.object.sha256);
        StoreError { kind: StoreErrorKind::Corrupt, detail }
    }
}

impl ObjectWriter for Borrowed {
    fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.offset() + bytes.len() as u64 > self.object.length {
            return Err(self.refuse(&format!("more than its {} bytes came", self.object.length)));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        self.bytes.clear();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        if self.offset() != self.object.length {
            return Err(self.refuse(&format!("{} of its {} bytes came", self.offset(), self.object.length)));
        }
        let sha256 = Sha256(Hasher::digest(&self.bytes).into());
        if sha256 != self.object.sha256 {
            return Err(self.refuse(&format!("its bytes have the hash {sha256}")));
        }
        self.files.lend(sha256, self.bytes.into());
        Ok(())
    }
}
