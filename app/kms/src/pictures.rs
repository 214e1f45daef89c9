//! Decoded pictures as framebuffers: memory of the decoder is imported, bytes are copied.

use crate::device::{Device, FramebufferLayout, FramebufferPlane};
use crate::framebuffer::{Buffer, Canvas, Framebuffer};
use drm::buffer::DrmFourcc;
use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Weak};
use yuexiang_core::ports::{Nv12Picture, PictureMemory, PlaneLayout};

/// Copies of pictures: one on the screen, one on its way, one being made.
const COPIES: usize = 3;
/// More than the buffers that decoders work with.
const MOST_IMPORTS: usize = 32;

/// A picture that can be shown. Whoever shows it keeps it until it has left the screen.
pub(crate) struct Picture {
    // The framebuffer goes first: the owner gives the memory back to the decoder.
    pub framebuffer: Arc<Framebuffer>,
    pub size: (u32, u32),
    pub pixel_aspect: (u32, u32),
    pub bt709: bool,
    _owner: Option<Arc<dyn Any + Send + Sync>>,
}

pub(crate) struct Pictures {
    device: Arc<dyn Device>,
    copies: Vec<Canvas>,
    /// Framebuffers of the decoder's memory, the one that was used last at the end.
    imports: Vec<(FramebufferLayout, Arc<Framebuffer>)>,
    /// Handles that are open. As long as one is, importing the same memory gives the same handle, which therefore says
    /// what memory it is; the number of a file descriptor would not, for decoders close and open them again.
    open: HashMap<u32, Weak<Buffer>>,
}

impl Pictures {
    pub fn new(device: &Arc<dyn Device>) -> Pictures {
        Pictures { device: device.clone(), copies: Vec::new(), imports: Vec::new(), open: HashMap::new() }
    }

    pub fn prepare(&mut self, picture: Nv12Picture) -> io::Result<Picture> {
        let size = (picture.width, picture.height);
        if size.0 < 2 || size.1 < 2 || !size.0.is_multiple_of(2) || !size.1.is_multiple_of(2) {
            return Err(invalid(format!("its size is {}×{}", size.0, size.1)));
        }
        let (framebuffer, owner) = match picture.memory {
            PictureMemory::Bytes(bytes) => (self.copy((*bytes).as_ref(), size, picture.planes)?, None),
            PictureMemory::DmaBuf { planes, owner } => (self.import(planes, size, picture.planes)?, Some(owner)),
        };
        let Nv12Picture { pixel_aspect, bt709, .. } = picture;
        Ok(Picture { framebuffer, size, pixel_aspect, bt709, _owner: owner })
    }

    /// Lets go of everything that is not being shown.
    pub fn forget(&mut self) {
        self.copies.clear();
        self.imports.clear();
        self.open.retain(|_, buffer| buffer.strong_count() > 0);
    }

    fn copy(&mut self, bytes: &[u8], size: (u32, u32), planes: [PlaneLayout; 2]) -> io::Result<Arc<Framebuffer>> {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let rows = [height, height / 2];
        let mut parts = [(&bytes[..0], 0); 2];
        for ((part, plane), rows) in parts.iter_mut().zip(planes).zip(rows) {
            let needed = plane.stride.checked_mul(rows - 1).and_then(|length| length.checked_add(width));
            let whole = bytes.get(plane.offset..).filter(|rest| needed.is_some_and(|needed| needed <= rest.len()));
            *part = (whole.ok_or_else(|| invalid("its bytes end early".to_owned()))?, plane.stride);
        }
        self.copies.retain(|copy| copy.size == size);
        let unused = |copy: &Canvas| Arc::strong_count(&copy.framebuffer) == 1;
        let index = match self.copies.iter().position(unused) {
            Some(index) => index,
            None if self.copies.len() < COPIES => {
                self.copies.push(Canvas::for_video(&self.device, size)?);
                self.copies.len() - 1
            }
            None => return Err(io::Error::from(io::ErrorKind::ResourceBusy)),
        };
        let copy = &mut self.copies[index];
        copy.fill(parts);
        Ok(copy.framebuffer.clone())
    }

    fn import(&mut self, fds: [RawFd; 2], size: (u32, u32), planes: [PlaneLayout; 2]) -> io::Result<Arc<Framebuffer>> {
        let buffers = [self.buffer(fds[0])?, self.buffer(fds[1])?];
        let number = |value: usize| u32::try_from(value).map_err(|_| invalid("it is too large".to_owned()));
        let plane = |index: usize| {
            let PlaneLayout { offset, stride } = planes[index];
            let (offset, pitch) = (number(offset)?, number(stride)?);
            io::Result::Ok(Some(FramebufferPlane { handle: buffers[index].handle, pitch, offset }))
        };
        let layout = FramebufferLayout { size, format: DrmFourcc::Nv12, planes: [plane(0)?, plane(1)?] };
        // Another size is another decoder.
        self.imports.retain(|(known, _)| known.size == size);
        let framebuffer = match self.imports.iter().position(|(known, _)| *known == layout) {
            Some(index) => self.imports.remove(index).1,
            None => Arc::new(Framebuffer::new(&layout, buffers.into())?),
        };
        self.imports.push((layout, framebuffer.clone()));
        if self.imports.len() > MOST_IMPORTS {
            self.imports.remove(0);
        }
        self.open.retain(|_, buffer| buffer.strong_count() > 0);
        Ok(framebuffer)
    }

    fn buffer(&mut self, fd: RawFd) -> io::Result<Arc<Buffer>> {
        let handle = self.device.import(fd)?;
        if let Some(buffer) = self.open.get(&handle).and_then(Weak::upgrade) {
            return Ok(buffer);
        }
        let buffer = Buffer::adopt(&self.device, handle);
        self.open.insert(handle, Arc::downgrade(&buffer));
        Ok(buffer)
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
