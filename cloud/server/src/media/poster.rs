//! Chooses the frame that stands for a video: early, but neither black nor a plain title card.

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use image::RgbImage;

/// Frames looked at between a tenth and a quarter of the video.
const LOOKS: u64 = 12;

/// Sees frames go by and keeps the best.
#[derive(Default)]
pub struct PosterPicker {
    /// Frames expected in all; 0 when not known.
    expected: u64,
    best: Option<(f64, gstreamer::Buffer)>,
}

impl PosterPicker {
    pub fn new(expected: u64) -> PosterPicker {
        PosterPicker { expected, best: None }
    }

    /// Whether frame `number` is one to look at. The first is, so that there is always one.
    fn looks_at(&self, number: u64) -> bool {
        let (from, to) = (self.expected / 10, self.expected / 4);
        let step = ((to - from) / LOOKS).max(1);
        number == 0 || ((from..=to).contains(&number) && (number - from).is_multiple_of(step))
    }

    pub fn see(&mut self, number: u64, buffer: &gstreamer::Buffer, info: &gst_video::VideoInfo) {
        if !self.looks_at(number) {
            return;
        }
        let Some(score) = score(buffer, info) else { return };
        // The first frame is often black or a logo: it wins only when there is no other.
        let score = if number == 0 { -1.0 } else { score };
        if self.best.as_ref().is_none_or(|(best, _)| score > *best) {
            self.best = Some((score, buffer.clone()));
        }
    }

    pub fn into_picture(self, info: &gst_video::VideoInfo) -> Option<RgbImage> {
        let (_, buffer) = self.best?;
        to_rgb(&buffer, info)
    }
}

/// Contrast of the brightness over a coarse grid, less when the frame is very dark or very bright.
fn score(buffer: &gstreamer::Buffer, info: &gst_video::VideoInfo) -> Option<f64> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let (stride, luma) = (frame.plane_stride()[0] as usize, frame.plane_data(0).ok()?);
    let (width, height) = (info.width() as usize, info.height() as usize);
    let samples: Vec<f64> = (0..height)
        .step_by((height / 48).max(1))
        .flat_map(|y| (0..width).step_by((width / 64).max(1)).map(move |x| (x, y)))
        .filter_map(|(x, y)| luma.get(y * stride + x).map(|&value| f64::from(value)))
        .collect();
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let deviation = (samples.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let exposure = (1.0 - ((mean - 120.0) / 120.0).abs()).clamp(0.0, 1.0);
    Some(deviation * (0.2 + exposure))
}

/// I420 in the limited range to RGB, by the matrix that the stream names.
fn to_rgb(buffer: &gstreamer::Buffer, info: &gst_video::VideoInfo) -> Option<RgbImage> {
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info).ok()?;
    let planes = [frame.plane_data(0).ok()?, frame.plane_data(1).ok()?, frame.plane_data(2).ok()?];
    let strides = [0, 1, 2].map(|plane| frame.plane_stride()[plane] as usize);
    let (red_v, green_u, green_v, blue_u) = match info.colorimetry().matrix() {
        gst_video::VideoColorMatrix::Bt709 => (1.793, 0.213, 0.533, 2.112),
        _ => (1.596, 0.392, 0.813, 2.017),
    };
    Some(RgbImage::from_fn(info.width(), info.height(), |x, y| {
        let at = |plane: usize, x: u32, y: u32| f32::from(planes[plane][y as usize * strides[plane] + x as usize]);
        let luma = (at(0, x, y) - 16.0) * 1.164;
        let (u, v) = (at(1, x / 2, y / 2) - 128.0, at(2, x / 2, y / 2) - 128.0);
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        image::Rgb([byte(luma + red_v * v), byte(luma - green_u * u - green_v * v), byte(luma + blue_u * u)])
    }))
}
