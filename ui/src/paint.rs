//! Pictures that are computed instead of shipped: what the software renderer cannot draw itself (shadows, gradients with
//! round corners, round corners over a moving picture), at the resolution of the window, so that nothing is scaled.

use crate::generated::{Art, MainWindow};
use slint::{ComponentHandle, Image, ModelRc, Rgb8Pixel, Rgba8Pixel, SharedPixelBuffer, VecModel};
use yuexiang_core::catalog::Board;

type Rgb = [f32; 3];

const GROUND: Rgb = [0x15 as f32, 0x11 as f32, 0x0e as f32];
const LIGHT: Rgb = [0x36 as f32, 0x29 as f32, 0x1e as f32];

/// Size of the lit part of the ground, at the top right.
const LIT: (f32, f32) = (1280.0, 640.0);

/// Corner of the home page's window, and of its corner masks.
const WINDOW: (f32, f32, f32, f32) = (96.0, 136.0, 1216.0, 684.0);
const MASK: f32 = 24.0;
const RADIUS: f32 = 20.0;

const BOARD: (f32, f32) = (472.0, 159.0);

/// From the scene of 1920 × 1080 to a display.
pub(crate) fn scale_for((width, height): (u32, u32)) -> f32 {
    (width as f32 / 1920.0).min(height as f32 / 1080.0).max(0.1)
}

/// Paints everything for a scale.
pub(crate) fn paint(window: &MainWindow, scale: f32) {
    let art = window.global::<Art>();
    art.set_light(light(scale));
    art.set_shadow(shadow(false));
    art.set_shadow_around(shadow(true));
    art.set_scale(scale);
    let (x, y, width, height) = WINDOW;
    let corner = |right: bool, bottom: bool| {
        let at = (if right { x + width - MASK } else { x }, if bottom { y + height - MASK } else { y });
        corner(scale, at, right, bottom)
    };
    art.set_corner_top_left(corner(false, false));
    art.set_corner_top_right(corner(true, false));
    art.set_corner_bottom_left(corner(false, true));
    art.set_corner_bottom_right(corner(true, true));
    art.set_boards(boards(scale, 0.0, 0.0));
    // What `Growth` adds to a card of this size.
    art.set_boards_focused(boards(scale, (BOARD.0 * 0.02).min(12.0), (BOARD.1 * 0.02).clamp(3.0, 12.0)));
}

fn pixels(length: f32, scale: f32) -> u32 {
    (length * scale).round().max(1.0) as u32
}

fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    [0, 1, 2].map(|channel| from[channel] + (to[channel] - from[channel]) * share)
}

/// The colour of the ground at a point of the scene: a soft light from the top right.
fn ground(x: f32, y: f32) -> Rgb {
    let (dx, dy) = ((x - 1600.0) / 640.0, (y + 40.0) / 380.0);
    let share = ((-(dx * dx + dy * dy)).exp() - 0.11).max(0.0) / 0.89;
    mix(GROUND, LIGHT, share)
}

/// Noise of one step of the scale, the same every time: without it the few dark steps of a gradient show as bands on a
/// large screen.
fn dither(x: u32, y: u32) -> f32 {
    let mut hash = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2C1B_3C6D);
    hash ^= hash >> 12;
    (hash & 0xFFFF) as f32 / 65_536.0
}

fn light(scale: f32) -> Image {
    let (width, height) = (pixels(LIT.0, scale), pixels(LIT.1, scale));
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(width, height);
    let left = 1920.0 - LIT.0;
    // The light is a product of two bells: one exponential per column and per row instead of one per pixel.
    let across: Vec<f32> = (0..width).map(|x| (-((left + x as f32 / scale - 1600.0) / 640.0).powi(2)).exp()).collect();
    for (y, row) in buffer.make_mut_slice().chunks_exact_mut(width as usize).enumerate() {
        let down = (-((y as f32 / scale + 40.0) / 380.0).powi(2)).exp();
        for (x, pixel) in row.iter_mut().enumerate() {
            let share = (across[x] * down - 0.11).max(0.0) / 0.89;
            let noise = if share > 0.0 { dither(x as u32, y as u32) } else { 0.5 };
            let [r, g, b] = mix(GROUND, LIGHT, share).map(|value| (value + noise) as u8);
            *pixel = Rgb8Pixel { r, g, b };
        }
    }
    Image::from_rgb8(buffer)
}

/// Distance from a rounded rectangle around the origin; negative inside.
fn distance(x: f32, y: f32, half_width: f32, half_height: f32, radius: f32) -> f32 {
    let (qx, qy) = (x.abs() - half_width + radius, y.abs() - half_height + radius);
    qx.max(0.0).hypot(qy.max(0.0)) + qx.max(qy).min(0.0) - radius
}

/// A shadow that falls a little downwards as a nine-slice picture: 72 px beyond the card, 24 px within; `around` it is
/// empty inside.
fn shadow(around: bool) -> Image {
    const OUT: f32 = 72.0;
    const EDGE: f32 = 96.0;
    const MIDDLE: f32 = 8.0;
    const DOWN: f32 = 10.0;
    let side = (2.0 * EDGE + MIDDLE) as u32;
    let half = side as f32 / 2.0 - OUT;
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let x = (index as u32 % side) as f32 + 0.5 - side as f32 / 2.0;
        let y = (index as u32 / side) as f32 + 0.5 - side as f32 / 2.0;
        let inside = (0.5 - distance(x, y, half, half, RADIUS)).clamp(0.0, 1.0);
        let away = (distance(x, y - DOWN, half, half, RADIUS + 6.0) / 30.0).max(0.0);
        let alpha = 0.62 * (-away * away).exp() * if around { 1.0 - inside } else { 1.0 };
        *pixel = Rgba8Pixel {
            r: 0,
            g: 0,
            b: 0,
            a: (alpha * 255.0 + dither(index as u32 % side, index as u32 / side)) as u8,
        };
        if alpha < 0.004 {
            pixel.a = 0;
        }
    }
    let mut image = Image::from_rgba8_premultiplied(buffer);
    let edge = EDGE as u16;
    image.set_nine_slice_edges(edge, edge, edge, edge);
    image
}

/// Covers one corner of the moving picture with the ground behind it.
fn corner(scale: f32, (left, top): (f32, f32), right: bool, bottom: bool) -> Image {
    let side = pixels(MASK, scale);
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    let radius = RADIUS * scale;
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let (x, y) = ((index as u32 % side) as f32 + 0.5, (index as u32 / side) as f32 + 0.5);
        let inward_x = if right { side as f32 - x } else { x };
        let inward_y = if bottom { side as f32 - y } else { y };
        let away = (radius - inward_x).max(0.0).hypot((radius - inward_y).max(0.0)) - radius;
        let alpha = (away + 0.5).clamp(0.0, 1.0);
        let [r, g, b] = ground(left + x / scale, top + y / scale).map(|value| (value * alpha + 0.5) as u8);
        *pixel = Rgba8Pixel { r, g, b, a: (alpha * 255.0 + 0.5) as u8 };
    }
    Image::from_rgba8_premultiplied(buffer)
}

/// Light and dark end, and how far the dark end may be lit so that the words on it keep their contrast.
fn board_colours(board: Board) -> (Rgb, Rgb) {
    let (from, to, lit): ([u8; 3], [u8; 3], f32) = match board {
        Board::Party => ([0xC4, 0x39, 0x2B], [0x7E, 0x1F, 0x18], 0.15),
        Board::Governance => ([0x2B, 0x7A, 0x9B], [0x17, 0x46, 0x5C], 0.15),
        Board::Culture => ([0x4C, 0x8C, 0x52], [0x27, 0x51, 0x2D], 0.1),
        Board::Business => ([0xD8, 0x8A, 0x2B], [0x80, 0x49, 0x0F], 0.0),
    };
    let (from, to) = (from.map(f32::from), to.map(f32::from));
    (from, mix(to, from, lit))
}

/// The board cards, lit from the top right like everything else: dark where the words begin, so that they keep a
/// contrast of 7 : 1 on all four colours.
fn boards(scale: f32, more_x: f32, more_y: f32) -> ModelRc<Image> {
    let size = (pixels(BOARD.0 + 2.0 * more_x, scale), pixels(BOARD.1 + 2.0 * more_y, scale));
    let images: Vec<Image> = Board::ALL.into_iter().map(|board| board_card(board, size, RADIUS * scale)).collect();
    ModelRc::new(VecModel::from(images))
}

fn board_card(board: Board, (width, height): (u32, u32), radius: f32) -> Image {
    let (from, to) = board_colours(board);
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(width, height);
    let (half_width, half_height) = (width as f32 / 2.0, height as f32 / 2.0);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let (column, line) = (index as u32 % width, index as u32 / width);
        let (x, y) = (column as f32 + 0.5, line as f32 + 0.5);
        let along = (x / width as f32) * 0.86 + (1.0 - y / height as f32) * 0.24;
        let share = ((along - 0.4) / 0.68).clamp(0.0, 1.0);
        let colour = mix(to, from, share * share * (3.0 - 2.0 * share));
        let alpha = (0.5 - distance(x - half_width, y - half_height, half_width, half_height, radius)).clamp(0.0, 1.0);
        let noise = dither(column, line);
        let [r, g, b] = colour.map(|value| ((value + noise) * alpha).min(255.0) as u8);
        *pixel = Rgba8Pixel { r, g, b, a: (alpha * 255.0 + 0.5) as u8 };
    }
    Image::from_rgba8_premultiplied(buffer)
}
