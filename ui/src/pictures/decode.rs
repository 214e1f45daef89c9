//! The worker that decodes JPEG files: cut, scaled, with round corners, ready to be drawn.

use super::{Corners, Key};
use image::codecs::jpeg::JpegDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder};
use slint::{Rgba8Pixel, SharedPixelBuffer};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use yuexiang_core::ports::ObjectPaths;

pub(crate) type Decoded = Result<SharedPixelBuffer<Rgba8Pixel>, DecodeError>;

/// Larger pictures are refused: decoded they would take more memory than the box has to spare.
const MAX_PIXELS: u64 = 24_000_000;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("the file cannot be opened: {0}")]
    Open(#[from] std::io::Error),
    #[error("it is no JPEG picture: {0}")]
    Decode(#[from] image::ImageError),
    #[error("{width} × {height} pixels are too many")]
    TooLarge { width: u32, height: u32 },
    #[error("the decoder gave up")]
    Panicked,
}

pub(crate) struct Worker {
    shared: Arc<Shared>,
    /// Asked for and not yet finished, on the UI's thread.
    pending: Vec<Key>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Key>,
    closed: bool,
}

impl Worker {
    pub fn start(objects: Arc<dyn ObjectPaths>, done: impl Fn(Key, Decoded) + Send + 'static) -> Worker {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("pictures".into());
        let spawned = thread.spawn(move || {
            while let Some(key) = theirs.next() {
                let (path, bytes) = (objects.path(key.sha256), objects.in_memory(key.sha256));
                // A decoder that stumbles over a crafted file must not take the pictures of all others with it.
                let result = std::panic::catch_unwind(|| match bytes {
                    Some(bytes) => decode(Cursor::new(&*bytes), key),
                    None => decode(BufReader::new(File::open(&path)?), key),
                });
                done(key, result.unwrap_or(Err(DecodeError::Panicked)));
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "cannot start the picture thread; showing placeholders");
        }
        Worker { shared, pending: Vec::new() }
    }

    pub fn want(&mut self, key: Key) {
        if self.pending.contains(&key) {
            return;
        }
        self.pending.push(key);
        self.shared.lock().waiting.push_back(key);
        self.shared.filled.notify_one();
    }

    pub fn forget_waiting(&mut self) {
        let forgotten: VecDeque<Key> = std::mem::take(&mut self.shared.lock().waiting);
        self.pending.retain(|key| !forgotten.contains(key));
    }

    pub fn finished(&mut self, key: Key) {
        self.pending.retain(|pending| *pending != key);
    }

    pub fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
    }
}

impl Shared {
    fn next(&self) -> Option<Key> {
        let is_idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let mut state = self.filled.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        if state.closed { None } else { state.waiting.pop_front() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn decode(bytes: impl BufRead + Seek, key: Key) -> Decoded {
    let mut decoder = JpegDecoder::new(bytes)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(DecodeError::TooLarge { width, height });
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(fit(picture, key))
}

/// Scales in two steps: a quick average down to twice the size, then a filter that keeps edges clean.
fn fit(picture: DynamicImage, key: Key) -> SharedPixelBuffer<Rgba8Pixel> {
    let (width, height) = (picture.width().max(1), picture.height().max(1));
    let (across, down) = (key.width as f32 / width as f32, key.height as f32 / height as f32);
    let (scale, target) = (across.max(down), (key.width, key.height));
    // The part of the picture that is shown.
    let part = |target: u32, whole: u32| ((target as f32 / scale).round() as u32).clamp(1, whole);
    let (part_width, part_height) = (part(target.0, width), part(target.1, height));
    let mut picture = picture.crop_imm((width - part_width) / 2, (height - part_height) / 2, part_width, part_height);
    if scale < 0.4 {
        picture = picture.thumbnail_exact(target.0 * 2, target.1 * 2);
    }
    if (picture.width(), picture.height()) != target {
        picture = picture.resize_exact(target.0, target.1, FilterType::CatmullRom);
    }
    let rgba = picture.into_rgba8();
    let mut buffer = SharedPixelBuffer::clone_from_slice(rgba.as_raw(), target.0, target.1);
    round(&mut buffer, key.radius, key.corners);
    buffer
}

/// Makes the corners round by alpha; colours are premultiplied.
fn round(buffer: &mut SharedPixelBuffer<Rgba8Pixel>, radius: u32, corners: Corners) {
    let (width, height) = (buffer.width(), buffer.height());
    let radius = radius.min(width / 2).min(height / 2);
    let pixels = buffer.make_mut_slice();
    for y in 0..radius {
        for x in 0..radius {
            let inward = |at: u32| radius as f32 - at as f32 - 0.5;
            let alpha = (radius as f32 + 0.5 - inward(x).hypot(inward(y))).clamp(0.0, 1.0);
            let columns: &[u32] = match corners {
                Corners::All => &[x, width - 1 - x],
                Corners::Left => &[x],
            };
            for line in [y, height - 1 - y] {
                for column in columns {
                    let pixel = &mut pixels[(line * width + column) as usize];
                    let faded = |value: u8| (f32::from(value) * alpha + 0.5) as u8;
                    *pixel = Rgba8Pixel { r: faded(pixel.r), g: faded(pixel.g), b: faded(pixel.b), a: faded(pixel.a) };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuexiang_core::catalog::Sha256;

    fn key(width: u32, height: u32) -> Key {
        Key { sha256: Sha256([0; 32]), width, height, corners: Corners::All, radius: 6 }
    }

    #[test]
    fn a_wide_picture_is_cut_to_cover_its_place_and_its_corners_are_clear() {
        let picture = DynamicImage::new_rgb8(400, 100);
        let buffer = fit(picture, key(50, 50));
        assert_eq!((buffer.width(), buffer.height()), (50, 50));
        assert_eq!(buffer.as_slice()[0].a, 0);
        assert_eq!(buffer.as_slice()[25 * 50 + 25].a, 255);
    }

    /// A store whose disk is full: there are no files.
    struct InMemory(Vec<u8>);

    impl ObjectPaths for InMemory {
        fn path(&self, _: Sha256) -> std::path::PathBuf {
            "/nonexistent".into()
        }

        fn in_memory(&self, _: Sha256) -> Option<Arc<[u8]>> {
            Some(self.0.as_slice().into())
        }
    }

    #[test]
    fn a_picture_that_is_held_in_memory_is_drawn_without_a_file() {
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(64, 64).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let done = move |_, result: Decoded| drop(sender.send(result.map(|buffer| (buffer.width(), buffer.height()))));
        let mut worker = Worker::start(Arc::new(InMemory(jpeg.into_inner())), done);
        worker.want(key(20, 10));
        assert_eq!(receiver.recv().unwrap().unwrap(), (20, 10));
    }

    #[test]
    fn a_text_file_is_no_picture() {
        assert!(matches!(decode(Cursor::new("not a picture"), key(10, 10)), Err(DecodeError::Decode(_))));
    }
}
