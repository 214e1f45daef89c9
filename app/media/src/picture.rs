//! Decoded pictures as the core's ports name them.

use gstreamer as gst;
use gstreamer_allocators as gst_allocators;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use std::sync::Arc;
use yuexiang_core::ports::{Nv12Picture, PictureMemory, PlaneLayout, VideoFrame};

/// Shows a picture in RGB to `take`, without copying it.
pub fn with_rgb(sample: &gst::Sample, take: impl FnOnce(VideoFrame<'_>)) -> Result<(), gst::FlowError> {
    let wrong = |_| gst::FlowError::NotNegotiated;
    let (buffer, info) = parts(sample)?;
    let mapped = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).map_err(wrong)?;
    let stride = usize::try_from(mapped.plane_stride()[0]).map_err(|_| gst::FlowError::NotNegotiated)?;
    let rgb = mapped.plane_data(0).map_err(wrong)?;
    take(VideoFrame { width: info.width(), height: info.height(), stride, rgb });
    Ok(())
}

/// A picture in NV12: the decoder's DMABUF where it has one, else its bytes.
pub fn nv12(sample: &gst::Sample) -> Result<Nv12Picture, gst::FlowError> {
    let (buffer, info) = parts(sample)?;
    if info.format() != gst_video::VideoFormat::Nv12 {
        return Err(gst::FlowError::NotNegotiated);
    }
    let (planes, layout) = match buffer.meta::<gst_video::VideoMeta>() {
        Some(meta) => (meta.n_planes(), layout(meta.offset(), meta.stride())),
        None => (info.n_planes(), layout(info.offset(), info.stride())),
    };
    let layout = layout.filter(|_| planes == 2).ok_or(gst::FlowError::NotNegotiated)?;
    let aspect = info.par();
    let positive = |number: i32| u32::try_from(number).ok().filter(|number| *number > 0).unwrap_or(1);
    let (planes, memory) = match dma_buf(buffer, &layout) {
        Some((fds, planes)) => {
            let owner = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
            (planes, PictureMemory::DmaBuf { planes: fds, owner: Arc::new(owner) })
        }
        None => {
            let owned = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
            let bytes = owned.into_mapped_buffer_readable().map_err(|_| gst::FlowError::Error)?;
            (layout, PictureMemory::Bytes(Arc::new(bytes)))
        }
    };
    Ok(Nv12Picture {
        width: info.width(),
        height: info.height(),
        pixel_aspect: (positive(aspect.numer()), positive(aspect.denom())),
        bt709: info.colorimetry().matrix() == gst_video::VideoColorMatrix::Bt709,
        planes,
        memory,
    })
}

fn parts(sample: &gst::Sample) -> Result<(&gst::BufferRef, gst_video::VideoInfo), gst::FlowError> {
    let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
    let caps = sample.caps().ok_or(gst::FlowError::NotNegotiated)?;
    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| gst::FlowError::NotNegotiated)?;
    Ok((buffer, info))
}

fn layout(offsets: &[usize], strides: &[i32]) -> Option<[PlaneLayout; 2]> {
    let plane =
        |at: usize| Some(PlaneLayout { offset: *offsets.get(at)?, stride: usize::try_from(*strides.get(at)?).ok()? });
    Some([plane(0)?, plane(1)?])
}

/// The memories of both planes, if all of the picture lies in DMABUFs; offsets count from the start of each.
fn dma_buf(buffer: &gst::BufferRef, layout: &[PlaneLayout; 2]) -> Option<([i32; 2], [PlaneLayout; 2])> {
    let place = |plane: &PlaneLayout| {
        let (memories, skip) = buffer.find_memory(plane.offset..plane.offset + 1)?;
        let memory = buffer.peek_memory(memories.start);
        let shared = memory.downcast_memory_ref::<gst_allocators::DmaBufMemory>()?;
        let offset = memory.offset() + skip;
        Some((shared.fd(), PlaneLayout { offset, stride: plane.stride }))
    };
    let (luma, chroma) = (place(&layout[0])?, place(&layout[1])?);
    Some(([luma.0, chroma.0], [luma.1, chroma.1]))
}
