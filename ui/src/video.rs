//! Frames on their way from the decoder to the screen: at most one, and always the newest.

use slint::{Rgb8Pixel, SharedPixelBuffer};
use std::sync::{Mutex, MutexGuard, PoisonError};
use yuexiang_core::ports::VideoFrame;

type Buffer = SharedPixelBuffer<Rgb8Pixel>;

#[derive(Default)]
pub(crate) struct FrameSlot {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Option<Buffer>,
    /// The buffers of the last two frames. By the time one is filled again the screen has let go of it; were it not so,
    /// filling it would make a copy, which is slower but not wrong.
    used: [Option<Buffer>; 2],
    turn: usize,
}

impl FrameSlot {
    /// Copies a frame in. True when the screen has to be told; false when it has not yet taken the one before, which this
    /// one replaces.
    pub fn put(&self, frame: VideoFrame<'_>) -> bool {
        let row = frame.width as usize * 3;
        let needed = frame.stride * (frame.height as usize).saturating_sub(1) + row;
        if row == 0 || frame.height == 0 || frame.stride < row || frame.rgb.len() < needed {
            tracing::warn!(
                width = frame.width,
                height = frame.height,
                stride = frame.stride,
                "invalid video frame dropped"
            );
            return false;
        }
        let mut state = self.lock();
        let stale = state.waiting.take().is_some();
        if !stale {
            state.turn = 1 - state.turn;
        }
        let turn = state.turn;
        let fits = |buffer: &Buffer| buffer.width() == frame.width && buffer.height() == frame.height;
        let buffer = state.used[turn].take().filter(fits);
        let mut buffer = buffer.unwrap_or_else(|| Buffer::new(frame.width, frame.height));
        for (target, source) in buffer.make_mut_bytes().chunks_exact_mut(row).zip(frame.rgb.chunks(frame.stride)) {
            target.copy_from_slice(&source[..row]);
        }
        state.used[turn] = Some(buffer.clone());
        state.waiting = Some(buffer);
        !stale
    }

    pub fn take(&self) -> Option<Buffer> {
        self.lock().waiting.take()
    }

    /// Gives the memory back while no picture is shown.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rgb: &[u8]) -> VideoFrame<'_> {
        VideoFrame { width: 2, height: 2, stride: 8, rgb }
    }

    #[test]
    fn a_frame_that_was_not_taken_is_replaced_and_not_announced_twice() {
        let slot = FrameSlot::default();
        assert!(slot.put(frame(&[1; 14])));
        assert!(!slot.put(frame(&[2; 14])));
        let taken = slot.take().map(|buffer| buffer.as_bytes().to_vec());
        assert_eq!(taken, Some(vec![2; 12]));
        assert!(slot.take().is_none());
        assert!(slot.put(frame(&[3; 16])));
    }

    #[test]
    fn a_frame_shorter_than_it_says_is_refused() {
        assert!(!FrameSlot::default().put(frame(&[0; 13])));
    }
}
