//! The pixel formats that are used, and which of a plane's formats may lie in linear memory.

use drm::buffer::DrmFourcc;

/// Formats for the UI that let the video shine through, best first. The first has the same bytes in another order, the
/// second is what the renderer makes.
pub(crate) const TRANSPARENT: [DrmFourcc; 2] = [DrmFourcc::Argb8888, DrmFourcc::Abgr8888];

/// Formats for the UI where there is no video below it, best first: without alpha there is nothing to blend.
pub(crate) const OPAQUE: [DrmFourcc; 4] =
    [DrmFourcc::Xrgb8888, DrmFourcc::Argb8888, DrmFourcc::Xbgr8888, DrmFourcc::Abgr8888];

/// `DRM_FORMAT_MOD_LINEAR`.
const LINEAR: u64 = 0;

/// Reads an `IN_FORMATS` blob (`struct drm_format_modifier_blob` of `drm_mode.h`) and gives the formats that the plane
/// takes without tiling. `None`: it is not such a blob.
pub(crate) fn linear_formats(blob: &[u8]) -> Option<Vec<u32>> {
    let word = |offset: usize| Some(u32::from_le_bytes(blob.get(offset..offset + 4)?.try_into().ok()?));
    let long = |offset: usize| Some(u64::from_le_bytes(blob.get(offset..offset + 8)?.try_into().ok()?));
    let place = |offset: usize| usize::try_from(word(offset)?).ok();
    let (format_count, formats_at) = (place(8)?, place(12)?);
    let (modifier_count, modifiers_at) = (place(16)?, place(20)?);
    let mut linear = Vec::new();
    for index in 0..modifier_count {
        // A bit for each of 64 formats, the number of the first of them, padding, the modifier.
        let entry = modifiers_at + index * 24;
        let (bits, first, modifier) = (long(entry)?, place(entry + 8)?, long(entry + 16)?);
        if modifier != LINEAR {
            continue;
        }
        for bit in (0..64).filter(|bit| bits & (1 << bit) != 0 && first + bit < format_count) {
            linear.push(word(formats_at + (first + bit) * 4)?);
        }
    }
    Some(linear)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blob with three formats, of which the given bits are linear; all are tiled, too.
    fn blob(linear: u64) -> Vec<u8> {
        let mut blob: Vec<u8> = [1_u32, 0, 3, 24, 2, 40].iter().flat_map(|word| word.to_le_bytes()).collect();
        for format in [DrmFourcc::Argb8888, DrmFourcc::Xrgb8888, DrmFourcc::Nv12] {
            blob.extend((format as u32).to_le_bytes());
        }
        blob.extend([0; 4]);
        for (bits, modifier) in [(0b111, 1_u64), (linear, 0)] {
            blob.extend(u64::to_le_bytes(bits));
            blob.extend([0; 8]);
            blob.extend(modifier.to_le_bytes());
        }
        blob
    }

    #[test]
    fn only_linear_formats_are_taken_from_in_formats() {
        assert_eq!(linear_formats(&blob(0b101)), Some(vec![DrmFourcc::Argb8888 as u32, DrmFourcc::Nv12 as u32]));
        assert_eq!(linear_formats(&blob(0)), Some(vec![]));
    }

    #[test]
    fn a_blob_that_ends_early_is_not_believed() {
        let whole = blob(0b101);
        assert_eq!(linear_formats(&whole[..whole.len() - 1]), None);
        assert_eq!(linear_formats(&[]), None);
    }
}
