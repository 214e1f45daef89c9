//! What the core's neighbours offer one another; real I/O lives in the sibling crates, the shell wires them together.

use crate::catalog::{Item, ObjectRef, Sha256};
use crate::event::{Document, RegionTrust, StoreError};
use crate::region::RegionCode;
use std::any::Any;
use std::os::fd::RawFd;
use std::sync::Arc;

/// Reads the documents whose bytes the store keeps as they were signed. The network crate implements it with the wire
/// format, so that the store needs no format of its own. Errors name what is wrong.
pub trait DocumentCodec: Send + Sync {
    /// Another number for each version that makes something else of the same bytes; the first is 1. What has been decoded
    /// under another number is decoded anew.
    fn version(&self) -> u32;
    /// What the bytes of a target say; they have been verified before they were stored.
    fn decode(&self, region: RegionCode, path: &str, bytes: &[u8]) -> Result<Document, String>;
    /// What is kept of each of these items by itself, cut out of the page that brought them: their members as they were
    /// signed, the unknown ones too.
    fn bodies(&self, page: &[u8], items: &[Item]) -> Vec<Vec<u8>>;
    /// The item of a body.
    fn item(&self, body: &[u8]) -> Result<Item, String>;
    /// What can be used of a region's metadata after a disk may have damaged it, and the damaged files with the reasons.
    /// Whoever knows no metadata takes all of it as it is.
    fn mend(&self, region: RegionCode, trust: &RegionTrust) -> (RegionTrust, Vec<(String, String)>) {
        let _ = region;
        (trust.clone(), Vec::new())
    }
}

/// Where the network puts an object's bytes as they arrive.
pub trait ObjectSink: Send + Sync {
    /// Opens the unfinished file of an object, with what an earlier attempt left in it.
    fn open(&self, object: ObjectRef) -> Result<Box<dyn ObjectWriter>, StoreError>;
    /// Opens an object that is held in memory only, from its beginning, after `instead_of` has been dropped from there.
    fn open_in_memory(&self, object: ObjectRef, instead_of: &[Sha256]) -> Box<dyn ObjectWriter>;
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
    /// The bytes of an object that lies in no file, because the disk has no room for it.
    fn in_memory(&self, sha256: Sha256) -> Option<Arc<[u8]>> {
        let _ = sha256;
        None
    }
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

/// Where decoded pictures go. Chosen once, when the program starts.
#[derive(Clone)]
pub enum VideoOutput {
    /// Into the UI's scene: the decoder's side makes RGB of the size in which it is shown, the UI draws it.
    Scene(Arc<dyn FrameSink>),
    /// Onto a plane of the display, which converts and scales by itself: the picture as it was decoded.
    Plane(Arc<dyn VideoPlane>),
}

/// A plane of the display for pictures in NV12. Where it lies on the screen is said by [`UiFrame::video`].
pub trait VideoPlane: Send + Sync {
    /// Shows a picture with the next refresh of the screen; one that has not been shown by then is replaced.
    fn show(&self, picture: Nv12Picture);
    /// Shows nothing until the next picture, and lets go of the last one.
    fn clear(&self);
}

/// A picture in NV12 (BT.601 or BT.709, limited range): a luma plane, and a chroma plane of half the size in both
/// directions with Cb and Cr side by side.
pub struct Nv12Picture {
    /// Pixels, both even.
    pub width: u32,
    pub height: u32,
    /// Shape of a pixel, width to height; (1, 1) is square.
    pub pixel_aspect: (u32, u32),
    /// BT.709, else BT.601.
    pub bt709: bool,
    /// Luma, then chroma.
    pub planes: [PlaneLayout; 2],
    pub memory: PictureMemory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneLayout {
    /// Bytes from the start of the memory.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
}

pub enum PictureMemory {
    Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>),
    /// A DMABUF of each plane (both may be the same), which the display reads itself. `owner` keeps them alive and is
    /// dropped when the picture is on the screen no more.
    DmaBuf {
        planes: [RawFd; 2],
        owner: Arc<dyn Any + Send + Sync>,
    },
}

/// What the UI is shown on: the screen of a box.
pub trait Panel {
    /// Width and height of the frames that are expected, in pixels. Changes when another screen has been connected.
    fn size(&self) -> (u32, u32);
    /// Whether there is a plane for video of its own, so that the UI leaves a transparent hole for it.
    fn has_video_plane(&self) -> bool;
    /// False while the last frame is waiting for the screen's next refresh. The panel tells when that has happened by
    /// the callback that it was opened with.
    fn is_ready(&self) -> bool;
    /// Shows a frame. Returns at once; a frame of another size than [`Panel::size`] is dropped.
    fn present(&mut self, frame: UiFrame<'_>);
}

/// A frame of the UI.
#[derive(Clone, Copy)]
pub struct UiFrame<'a> {
    /// Four bytes a pixel: red, green, blue, alpha, premultiplied; row by row without padding. Transparent pixels show the
    /// video's plane.
    pub rgba: &'a [u8],
    /// All that differs from the frame before lies within these.
    pub changed: &'a [Rect],
    /// Where the video is to be from this frame on; the picture is fitted into it with its aspect kept.
    pub video: Option<Rect>,
}

/// In pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}
