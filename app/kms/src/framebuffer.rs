//! Framebuffers and modes that free themselves. Whoever shows one keeps it until it has left the screen.

use crate::device::{Device, DumbBuffer, FramebufferLayout, FramebufferPlane, Memory, Mode};
use crate::pixels;
use drm::buffer::DrmFourcc;
use std::io;
use std::sync::Arc;
use yuexiang_core::ports::Rect;

/// A handle of memory, closed when nobody uses it any more.
pub(crate) struct Buffer {
    device: Arc<dyn Device>,
    pub handle: u32,
}

impl Buffer {
    /// The kernel gives one handle for the same memory however often it is imported, and one close ends it: the caller
    /// holds at most one `Buffer` for a handle.
    pub fn adopt(device: &Arc<dyn Device>, handle: u32) -> Arc<Buffer> {
        Arc::new(Buffer { device: device.clone(), handle })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.device.close_buffer(self.handle);
    }
}

pub(crate) struct Framebuffer {
    pub id: u32,
    buffers: Vec<Arc<Buffer>>,
}

impl Framebuffer {
    pub fn new(layout: &FramebufferLayout, buffers: Vec<Arc<Buffer>>) -> io::Result<Framebuffer> {
        let device = buffers.first().map(|buffer| &buffer.device);
        let device = device.ok_or_else(|| io::Error::other("a framebuffer needs memory"))?;
        Ok(Framebuffer { id: device.add_framebuffer(layout)?, buffers })
    }
}

impl Drop for Framebuffer {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffers.first() {
            buffer.device.remove_framebuffer(self.id);
        }
    }
}

/// A framebuffer in memory that the processor draws into.
pub(crate) struct Canvas {
    pub framebuffer: Arc<Framebuffer>,
    pub size: (u32, u32),
    format: DrmFourcc,
    pitch: u32,
    memory: Box<dyn Memory>,
}

impl Canvas {
    /// Four bytes a pixel, zeroed.
    pub fn for_ui(device: &Arc<dyn Device>, size: (u32, u32), format: DrmFourcc) -> io::Result<Canvas> {
        let DumbBuffer { handle, pitch, memory } = device.create_buffer(size, 32)?;
        let planes = [Some(FramebufferPlane { handle, pitch, offset: 0 }), None];
        let buffer = Buffer::adopt(device, handle);
        let framebuffer = Framebuffer::new(&FramebufferLayout { size, format, planes }, vec![buffer])?;
        Ok(Canvas { framebuffer: Arc::new(framebuffer), size, format, pitch, memory })
    }

    /// A picture in NV12: both planes in one buffer, which is half as high again. The size is even.
    pub fn for_video(device: &Arc<dyn Device>, size: (u32, u32)) -> io::Result<Canvas> {
        let DumbBuffer { handle, pitch, memory } = device.create_buffer((size.0, size.1 / 2 * 3), 8)?;
        let offset = pitch.checked_mul(size.1).ok_or_else(|| io::Error::other("the picture is too large"))?;
        let planes = [0, offset].map(|offset| Some(FramebufferPlane { handle, pitch, offset }));
        let format = DrmFourcc::Nv12;
        let buffer = Buffer::adopt(device, handle);
        let framebuffer = Framebuffer::new(&FramebufferLayout { size, format, planes }, vec![buffer])?;
        Ok(Canvas { framebuffer: Arc::new(framebuffer), size, format, pitch, memory })
    }

    pub fn format(&self) -> DrmFourcc {
        self.format
    }

    /// Takes over parts of a frame of this size.
    pub fn draw(&mut self, rgba: &[u8], parts: &[Rect]) {
        let (width, format, pitch) = (self.size.0, self.format, self.pitch);
        self.memory.write(&mut |memory| pixels::copy(rgba, width, parts, format, memory, pitch));
    }

    /// Takes over a picture in NV12 of this size: luma and chroma, each with its stride.
    pub fn fill(&mut self, [luma, chroma]: [(&[u8], usize); 2]) {
        let (width, height, pitch) = (self.size.0 as usize, self.size.1 as usize, self.pitch as usize);
        self.memory.write(&mut |memory| {
            let (above, below) = memory.split_at_mut((pitch * height).min(memory.len()));
            pixels::copy_rows(luma.0, luma.1, above, pitch, width, height);
            pixels::copy_rows(chroma.0, chroma.1, below, pitch, width, height / 2);
        });
    }
}

/// A mode as a property blob.
pub(crate) struct ModeBlob {
    device: Arc<dyn Device>,
    pub id: u32,
}

impl ModeBlob {
    pub fn new(device: &Arc<dyn Device>, mode: &Mode) -> io::Result<ModeBlob> {
        Ok(ModeBlob { device: device.clone(), id: device.create_mode(mode)? })
    }
}

impl Drop for ModeBlob {
    fn drop(&mut self) {
        self.device.destroy_blob(self.id);
    }
}
