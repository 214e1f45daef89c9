//! Copying what changed of a frame into a buffer of the display.

use drm::buffer::DrmFourcc;
use yuexiang_core::ports::Rect;

/// With more rectangles than this their common frame is copied: it is cheaper than many small pieces.
const MOST_PIECES: usize = 24;

/// What a buffer has missed of the frames that went into others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Vec<Rect>);

impl Damage {
    pub fn add(&mut self, changed: &[Rect]) {
        let parts = &mut self.0;
        let new = changed.iter().filter(|rect| rect.width > 0 && rect.height > 0);
        parts.extend(new.copied());
        if parts.len() > MOST_PIECES {
            let common = parts.iter().copied().reduce(union);
            parts.clear();
            parts.extend(common);
        }
    }

    /// The parts, cut to a frame's size.
    pub fn within(&self, (width, height): (u32, u32)) -> Vec<Rect> {
        let frame = Rect { x: 0, y: 0, width, height };
        self.0.iter().filter_map(|part| intersection(*part, frame)).collect()
    }
}

fn union(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.width).max(b.x.saturating_add(b.width));
    let bottom = a.y.saturating_add(a.height).max(b.y.saturating_add(b.height));
    Rect { x, y, width: right - x, height: bottom - y }
}

fn intersection(part: Rect, frame: Rect) -> Option<Rect> {
    let width = part.width.min(frame.width.checked_sub(part.x)?);
    let height = part.height.min(frame.height.checked_sub(part.y)?);
    (width > 0 && height > 0).then_some(Rect { width, height, ..part })
}

/// Copies parts of a frame of red, green, blue, alpha, `width` pixels a row, to memory of a format that the UI is shown
/// in, `pitch` bytes a row. The parts lie within the frame.
pub(crate) fn copy(rgba: &[u8], width: u32, parts: &[Rect], format: DrmFourcc, memory: &mut [u8], pitch: u32) {
    let same_order = matches!(format, DrmFourcc::Abgr8888 | DrmFourcc::Xbgr8888);
    let bytes = |pixels: u32| pixels as usize * 4;
    for part in parts {
        for row in part.y..part.y + part.height {
            let from = row as usize * bytes(width) + bytes(part.x);
            let to = row as usize * pitch as usize + bytes(part.x);
            let source = rgba.get(from..from + bytes(part.width));
            let target = memory.get_mut(to..to + bytes(part.width));
            let (Some(source), Some(target)) = (source, target) else { return };
            if same_order {
                target.copy_from_slice(source);
            } else {
                swap_red_and_blue(source, target);
            }
        }
    }
}

/// Whole words, so that the compiler makes vector instructions of it on every machine.
fn swap_red_and_blue(source: &[u8], target: &mut [u8]) {
    let (source, _) = source.as_chunks::<4>();
    let (target, _) = target.as_chunks_mut::<4>();
    for (target, source) in target.iter_mut().zip(source) {
        let pixel = u32::from_le_bytes(*source);
        let swapped = (pixel & 0xff00_ff00) | (pixel >> 16 & 0xff) | (pixel & 0xff) << 16;
        *target = swapped.to_le_bytes();
    }
}

/// Copies rows of bytes from one pitch to another.
pub(crate) fn copy_rows(source: &[u8], stride: usize, target: &mut [u8], pitch: usize, length: usize, rows: usize) {
    for row in 0..rows {
        let from = source.get(row * stride..row * stride + length);
        let to = target.get_mut(row * pitch..row * pitch + length);
        let (Some(from), Some(to)) = (from, to) else { return };
        to.copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parts_are_copied_and_red_and_blue_change_places() {
        let rgba: Vec<u8> = (0..24).collect();
        let mut memory = vec![255; 2 * 16];
        let part = Rect { x: 1, y: 1, width: 2, height: 1 };
        copy(&rgba, 3, &[part], DrmFourcc::Argb8888, &mut memory, 16);
        assert_eq!(memory[..20], [255; 20]);
        assert_eq!(memory[20..28], [18, 17, 16, 19, 22, 21, 20, 23]);
        assert_eq!(memory[28..], [255; 4]);
        copy(&rgba, 3, &[part], DrmFourcc::Abgr8888, &mut memory, 16);
        assert_eq!(memory[20..28], [16, 17, 18, 19, 20, 21, 22, 23]);
    }

    #[test]
    fn many_pieces_become_one() {
        let mut damage = Damage::default();
        for index in 0..100 {
            damage.add(&[Rect { x: index * 10, y: 5, width: 4, height: 4 }]);
        }
        let parts = damage.within((500, 8));
        assert!(parts.len() <= MOST_PIECES, "{parts:?}");
        let reach = parts.iter().map(|part| part.x + part.width).max();
        assert_eq!(reach, Some(500));
        assert!(parts.iter().all(|part| part.y + part.height <= 8));
    }
}
