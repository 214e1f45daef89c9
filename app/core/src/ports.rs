//! What the core's neighbours offer one another; real I/O lives in the sibling crates, the shell wires them together.

use crate::catalog::{Item, ObjectRef, Sha256};
use crate::event::StoreError;

/// Turns an item into the bytes in which the store keeps it, and back. The network crate implements it with the wire
/// format, so that the store needs no format of its own.
pub trait ItemCodec: Send + Sync {
    fn encode(&self, item: &Item) -> Vec<u8>;
    /// The error names what is wrong.
    fn decode(&self, bytes: &[u8]) -> Result<Item, String>;
}

/// Where the network puts an object's bytes as they arrive.
pub trait ObjectSink: Send + Sync {
    /// Opens the unfinished file of an object, with what an earlier attempt left in it.
    fn open(&self, object: ObjectRef) -> Result<Box<dyn ObjectWriter>, StoreError>;
}

/// One object being written. Dropping it keeps what has been written for the next attempt.
pub trait ObjectWriter: Send {
    /// Bytes that are there already; the transport asks for the rest.
    fn offset(&self) -> u64;
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;
    /// Throws away what was written, when the server cannot continue in the middle.
    fn restart(&mut self) -> Result<(), StoreError>;
    /// Checks length and hash, syncs and moves the file to its final name. On a mismatch
    /// ([`StoreErrorKind::Corrupt`](crate::event::StoreErrorKind::Corrupt)) the unfinished file is removed.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}

/// Where whole objects lie as files, for the decoders.
pub trait ObjectPaths: Send + Sync {
    fn path(&self, sha256: Sha256) -> std::path::PathBuf;
}

/// Takes the decoder's pictures to the screen. At most one is in flight: a picture that the screen has not taken when
/// the next one comes is dropped.
pub trait FrameSink: Send + Sync {
    fn frame(&self, frame: VideoFrame<'_>);
}

/// One picture in 8-bit RGB without padding inside a pixel.
#[derive(Clone, Copy)]
pub struct VideoFrame<'a> {
    pub width: u32,
    pub height: u32,
    /// Bytes from one row to the next.
    pub stride: usize,
    pub rgb: &'a [u8],
}

/// How wide a character is drawn, from the font that the UI uses, so that the core can break lines and count pages.
pub trait TextMeasure: Send + Sync {
    /// Advance in em (1 em = the type size).
    fn advance(&self, character: char, bold: bool) -> f32;
}
