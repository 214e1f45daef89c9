//! Frames as files.

use super::Picture;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use std::sync::Arc;
use std::time::{Duration, Instant};
use yuexiang_ui::Frame;

const QUALITY: u8 = 80;
/// Longer than a moving picture of 25 frames a second or a page's motion leaves between two frames.
const AT_REST: Duration = Duration::from_millis(60);
const REST_AT_MOST: Duration = Duration::from_secs(3);

pub fn png(frame: &Frame) -> ImageResult<Vec<u8>> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive).write_image(
        &rgb(frame),
        frame.width,
        frame.height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(png)
}

/// A quarter of a core for fifteen of them a second at 1920 × 1080; the encoder of `image` takes four times as long.
pub fn jpeg(frame: &Frame) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut jpeg = Vec::with_capacity(256 << 10);
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    // No screen is wider or higher than 65,535 pixels.
    let pixels = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    encoder.encode(&frame.rgba, pixels(frame.width), pixels(frame.height), jpeg_encoder::ColorType::Rgba)?;
    Ok(jpeg)
}

/// The screen is opaque.
fn rgb(frame: &Frame) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(frame.rgba.len() / 4 * 3);
    for pixel in frame.rgba.chunks_exact(4) {
        rgb.extend_from_slice(&pixel[..3]);
    }
    rgb
}

/// The first frame that is still there a moment later; the last one when something goes on moving.
pub async fn at_rest(picture: &dyn Picture) -> Option<Arc<Frame>> {
    let deadline = Instant::now() + REST_AT_MOST;
    let mut frame = picture.now().await?;
    while Instant::now() < deadline {
        tokio::time::sleep(AT_REST).await;
        let later = picture.now().await?;
        if later.serial == frame.serial {
            return Some(later);
        }
        frame = later;
    }
    Some(frame)
}
