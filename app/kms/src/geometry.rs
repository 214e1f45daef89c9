//! Where a picture lies on the screen.

use yuexiang_core::ports::Rect;

/// What of a picture is shown, and where: pixels of the picture (all even) and of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub source: Rect,
    pub destination: Rect,
}

/// The largest area of the shape `width` : `height` in the middle of `within`.
pub(crate) fn fit((width, height): (u64, u64), within: Rect) -> Rect {
    let (width, height) = (width.max(1), height.max(1));
    let (available_width, available_height) = (u64::from(within.width), u64::from(within.height));
    let (fitted_width, fitted_height) = if width * available_height > height * available_width {
        (available_width, divide(available_width * height, width).max(1))
    } else {
        (divide(available_height * width, height).max(1), available_height)
    };
    centred((pixels(fitted_width), pixels(fitted_height)), within)
}

/// An area of this size in the middle of a larger one.
pub(crate) fn centred((width, height): (u32, u32), within: Rect) -> Rect {
    let (width, height) = (width.min(within.width), height.min(within.height));
    let middle = |start: u32, available: u32, length: u32| start.saturating_add((available - length) / 2);
    Rect { x: middle(within.x, within.width, width), y: middle(within.y, within.height, height), width, height }
}

/// A part of the UI's frame, of which the whole is shown at `ui` on the screen.
pub(crate) fn on_screen(part: Rect, frame: (u32, u32), ui: Rect) -> Rect {
    let x = |position: u64| divide(position * u64::from(ui.width), frame.0.max(1).into());
    let y = |position: u64| divide(position * u64::from(ui.height), frame.1.max(1).into());
    let (left, top) = (x(part.x.into()), y(part.y.into()));
    let (right, bottom) = (x(u64::from(part.x) + u64::from(part.width)), y(u64::from(part.y) + u64::from(part.height)));
    Rect {
        x: ui.x.saturating_add(pixels(left)),
        y: ui.y.saturating_add(pixels(top)),
        width: pixels(right - left),
        height: pixels(bottom - top),
    }
}

/// Fits a picture into a window with its aspect kept; where the window leaves the screen, the picture is cropped. A plane
/// that cannot scale shows the middle of the picture. `None`: nothing of it can be seen.
pub(crate) fn place(
    size: (u32, u32),
    pixel_aspect: (u32, u32),
    window: Rect,
    screen: (u32, u32),
    scales: bool,
) -> Option<Placement> {
    if size.0 < 2 || size.1 < 2 || window.width == 0 || window.height == 0 {
        return None;
    }
    let (wide, high) = if pixel_aspect.0 == 0 || pixel_aspect.1 == 0 { (1, 1) } else { pixel_aspect };
    let shape = (u64::from(size.0) * u64::from(wide), u64::from(size.1) * u64::from(high));
    let (source, whole) = if scales {
        (Rect { x: 0, y: 0, width: size.0, height: size.1 }, fit(shape, window))
    } else {
        let shown = (even(size.0.min(window.width)), even(size.1.min(window.height)));
        (centred(shown, Rect { x: 0, y: 0, width: size.0, height: size.1 }), centred(shown, window))
    };
    let (x, width) = crop((source.x, source.width), (whole.x, whole.width), screen.0)?;
    let (y, height) = crop((source.y, source.height), (whole.y, whole.height), screen.1)?;
    Some(Placement {
        source: Rect { x: x.0, y: y.0, width: x.1, height: y.1 },
        destination: Rect { x: width.0, y: height.0, width: width.1, height: height.1 },
    })
}

/// Start and length in the source, start and length on the screen.
type Cropped = ((u32, u32), (u32, u32));

/// Leaves out what lies beyond the edge of the screen. The rest of the source is rounded to even pixels, since two pixels
/// share their colour.
fn crop((from, length): (u32, u32), (start, shown): (u32, u32), edge: u32) -> Option<Cropped> {
    let visible = shown.min(edge.checked_sub(start)?);
    if visible == 0 {
        return None;
    }
    let part = divide(u64::from(length) * u64::from(visible), u64::from(shown));
    Some(((even(from), even(pixels(part)).max(2)), (start, visible)))
}

fn even(value: u32) -> u32 {
    value & !1
}

/// Rounded to the nearest.
fn divide(value: u64, by: u64) -> u64 {
    (value + by / 2) / by
}

fn pixels(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: (u32, u32) = (1920, 1080);
    const FULL: Rect = Rect { x: 0, y: 0, width: 1920, height: 1080 };
    const LIVE: Rect = Rect { x: 96, y: 200, width: 960, height: 540 };

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[track_caller]
    fn check(size: (u32, u32), aspect: (u32, u32), window: Rect, source: Rect, destination: Rect) {
        assert_eq!(place(size, aspect, window, SCREEN, true), Some(Placement { source, destination }));
    }

    #[test]
    fn pictures_fill_the_screen_with_their_aspect_kept() {
        check((1920, 1080), (1, 1), FULL, rect(0, 0, 1920, 1080), FULL);
        check((1280, 720), (1, 1), FULL, rect(0, 0, 1280, 720), FULL);
        // 4:3, with bars at the sides; the same from PAL's pixels, which are not square.
        check((640, 480), (1, 1), FULL, rect(0, 0, 640, 480), rect(240, 0, 1440, 1080));
        check((704, 576), (12, 11), FULL, rect(0, 0, 704, 576), rect(240, 0, 1440, 1080));
        // PAL's wide pixels make 16:9.
        check((704, 576), (16, 11), FULL, rect(0, 0, 704, 576), FULL);
        // Cinema, with bars above and below; a telephone's upright picture.
        check((1920, 800), (1, 1), FULL, rect(0, 0, 1920, 800), rect(0, 140, 1920, 800));
        check((720, 1280), (1, 1), FULL, rect(0, 0, 720, 1280), rect(656, 0, 608, 1080));
    }

    #[test]
    fn pictures_fit_into_the_live_window() {
        check((1920, 1080), (1, 1), LIVE, rect(0, 0, 1920, 1080), LIVE);
        check((640, 480), (1, 1), LIVE, rect(0, 0, 640, 480), rect(216, 200, 720, 540));
        check((720, 1280), (1, 1), LIVE, rect(0, 0, 720, 1280), rect(424, 200, 304, 540));
    }

    #[test]
    fn what_leaves_the_screen_is_cropped_from_the_picture() {
        let window = rect(1440, 810, 960, 540);
        check((1920, 1080), (1, 1), window, rect(0, 0, 960, 540), rect(1440, 810, 480, 270));
        assert_eq!(place((1920, 1080), (1, 1), rect(1920, 0, 960, 540), SCREEN, true), None);
        assert_eq!(place((1920, 1080), (1, 1), rect(4000, 4000, 9, 9), SCREEN, true), None);
    }

    #[test]
    fn nonsense_is_not_placed() {
        assert_eq!(place((0, 0), (1, 1), FULL, SCREEN, true), None);
        assert_eq!(place((64, 64), (1, 1), rect(5, 5, 0, 9), SCREEN, true), None);
        check((1280, 720), (0, 1), FULL, rect(0, 0, 1280, 720), FULL);
    }

    #[test]
    fn a_plane_that_cannot_scale_shows_the_middle() {
        let placed = place((1280, 720), (1, 1), FULL, SCREEN, false);
        let destination = rect(320, 180, 1280, 720);
        assert_eq!(placed, Some(Placement { source: rect(0, 0, 1280, 720), destination }));
        let placed = place((1920, 1080), (1, 1), rect(100, 100, 641, 361), SCREEN, false);
        let destination = rect(100, 100, 640, 360);
        assert_eq!(placed, Some(Placement { source: rect(640, 360, 640, 360), destination }));
    }

    #[test]
    fn the_window_follows_the_ui_onto_a_larger_screen() {
        let twice = rect(0, 0, 3840, 2160);
        assert_eq!(on_screen(LIVE, (1920, 1080), twice), rect(192, 400, 1920, 1080));
        assert_eq!(on_screen(LIVE, (1920, 1080), rect(0, 60, 1920, 1080)), rect(96, 260, 960, 540));
    }
}
