//! Which mode of a screen is used, and how large the UI is in it.

use crate::device::Mode;
use crate::geometry::{centred, fit};
use std::cmp::Reverse;
use yuexiang_core::ports::Rect;

const HD: (u32, u32) = (1280, 720);
const FULL_HD: (u32, u32) = (1920, 1080);
const ULTRA_HD: (u32, u32) = (3840, 2160);

/// A mode with the UI in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub mode: Mode,
    /// Size of the UI's frames.
    pub frame: (u32, u32),
    /// Where they are shown; larger or smaller than the frame when the plane scales.
    pub ui: Rect,
}

/// Size of the frames where there is no screen yet.
pub(crate) const USUAL_FRAME: (u32, u32) = FULL_HD;

/// All that may be tried, best first, in two classes: those in which the screen is meant to be used, and makeshifts.
pub(crate) fn layouts(modes: &[Mode]) -> [Vec<Layout>; 2] {
    let mut modes: Vec<&Mode> = modes.iter().filter(|mode| mode.width > 0 && mode.height > 0).collect();
    let preferred = modes.iter().find(|mode| mode.preferred).or(modes.first()).map(|mode| mode.size());
    modes.sort_by_key(|mode| Reverse(rank(mode, preferred)));
    let (mut proper, mut makeshift) = (Vec::new(), Vec::new());
    let Some(best) = modes.first().map(|mode| mode.size()) else { return [proper, makeshift] };
    for mode in &modes {
        // The UI has 1080 lines on a 2160-line screen, too: when the display cannot scale it, the screen does.
        let meant = mode.size() == best || (best == ULTRA_HD && mode.size() == FULL_HD);
        let fitted = fitted(mode);
        if meant && is_television(mode) { proper.push(fitted) } else { makeshift.push(fitted) }
    }
    for layout in modes.iter().filter_map(|mode| unscaled(mode)) {
        if !proper.contains(&layout) && !makeshift.contains(&layout) {
            makeshift.push(layout);
        }
    }
    [proper, makeshift]
}

/// More is better; the first difference decides.
fn rank(mode: &Mode, preferred: Option<(u32, u32)>) -> impl Ord + use<> {
    let (width, height) = mode.size();
    // Where the screen's own size is none of television's, 1080p comes first: every set takes it.
    let size = [ULTRA_HD, HD, FULL_HD].iter().position(|size| *size == (width, height));
    (
        !mode.interlaced,
        size.is_some(),
        matches!(mode.refresh, 50 | 60),
        preferred == Some((width, height)),
        size,
        mode.preferred,
        Reverse(mode.refresh.abs_diff(60)),
        u64::from(width) * u64::from(height),
    )
}

/// A size and a rate of television, progressive.
fn is_television(mode: &Mode) -> bool {
    !mode.interlaced && matches!(mode.refresh, 50 | 60) && [HD, FULL_HD, ULTRA_HD].contains(&mode.size())
}

fn frame(mode: &Mode) -> (u32, u32) {
    if mode.width >= FULL_HD.0 && mode.height >= FULL_HD.1 { FULL_HD } else { HD }
}

fn whole(mode: &Mode) -> Rect {
    Rect { x: 0, y: 0, width: mode.width, height: mode.height }
}

/// The UI as large as possible.
fn fitted(mode: &Mode) -> Layout {
    let frame = frame(mode);
    let ui = fit((frame.0.into(), frame.1.into()), whole(mode));
    Layout { mode: mode.clone(), frame, ui }
}

/// The UI pixel by pixel in the middle, for displays that do not scale.
fn unscaled(mode: &Mode) -> Option<Layout> {
    let frame = frame(mode);
    let fits = frame.0 <= mode.width && frame.1 <= mode.height;
    fits.then(|| Layout { mode: mode.clone(), frame, ui: centred(frame, whole(mode)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::modes::{interlaced, mode, preferred};

    #[track_caller]
    fn check(modes: &[Mode], best: Mode, ui: (u32, u32)) {
        let [proper, makeshift] = layouts(modes);
        let layout = proper.first().or(makeshift.first()).expect("a layout");
        assert_eq!(layout.mode, best);
        assert_eq!((layout.ui.width, layout.ui.height), ui);
    }

    #[test]
    fn the_screen_s_preferred_size_is_used_with_50_or_60_pictures_a_second() {
        let full = preferred(1920, 1080, 60);
        check(&[mode(1280, 720, 60), full.clone(), mode(1920, 1080, 50)], full, (1920, 1080));
        let hd = preferred(1280, 720, 50);
        check(&[mode(1920, 1080, 60), mode(1280, 720, 60), hd.clone()], hd, (1280, 720));
        let ultra = preferred(3840, 2160, 60);
        check(&[ultra.clone(), mode(1920, 1080, 60)], ultra, (3840, 2160));
        check(&[preferred(1920, 1080, 24), mode(1920, 1080, 50)], mode(1920, 1080, 50), (1920, 1080));
    }

    #[test]
    fn progressive_modes_come_before_interlaced_ones() {
        let preferred_interlaced = Mode { preferred: true, ..interlaced(1920, 1080, 60) };
        check(&[preferred_interlaced.clone(), mode(1920, 1080, 50)], mode(1920, 1080, 50), (1920, 1080));
        check(&[preferred_interlaced.clone(), mode(1280, 720, 60)], mode(1280, 720, 60), (1280, 720));
        check(std::slice::from_ref(&preferred_interlaced), preferred_interlaced.clone(), (1920, 1080));
    }

    #[test]
    fn a_2160_line_screen_of_30_pictures_a_second_is_used_with_1080_lines() {
        check(&[preferred(3840, 2160, 30), mode(1920, 1080, 60)], mode(1920, 1080, 60), (1920, 1080));
    }

    #[test]
    fn sizes_that_are_none_of_television_s_are_avoided_and_else_filled_as_far_as_possible() {
        check(&[preferred(1366, 768, 60), mode(1920, 1080, 60)], mode(1920, 1080, 60), (1920, 1080));
        check(&[preferred(1024, 768, 60)], preferred(1024, 768, 60), (1024, 576));
        check(&[preferred(1680, 1050, 60)], preferred(1680, 1050, 60), (1680, 945));
        check(&[preferred(4096, 2160, 60)], preferred(4096, 2160, 60), (3840, 2160));
    }

    #[test]
    fn a_display_that_cannot_scale_is_offered_the_ui_as_it_is() {
        let [_, makeshift] = layouts(&[preferred(1680, 1050, 60)]);
        assert!(makeshift.iter().any(|layout| layout.ui == Rect { x: 200, y: 165, width: 1280, height: 720 }));
        let [proper, _] = layouts(&[preferred(3840, 2160, 60), mode(1920, 1080, 60)]);
        assert_eq!(proper[1].mode, mode(1920, 1080, 60));
    }
}
