//! The icons: line drawings of our own, drawn as masks at the size at which they are shown. (The software renderer draws
//! paths too, but a translucent path that is redrawn in part comes out wrong with Slint 1.18.1.)

use crate::generated::{Art, IconName, MainWindow};
use slint::{ComponentHandle, Image, Rgba8Pixel, SharedPixelBuffer};
use std::cell::RefCell;
use std::collections::HashMap;

/// Answers the scene's question for an icon at a size.
pub(crate) fn serve(window: &MainWindow) {
    /// Icon, pixels, hundredths of the line's thickness, filled.
    type Key = (u8, u32, u32, bool);
    let drawn: RefCell<HashMap<Key, Image>> = RefCell::default();
    window.global::<Art>().on_icon(move |icon, size, weight, filled, scale| {
        let side = (size * scale).round().clamp(1.0, 512.0) as u32;
        let key = (icon as u8, side, (weight * 100.0) as u32, filled);
        drawn.borrow_mut().entry(key).or_insert_with(|| draw(outline(icon), side, weight, filled)).clone()
    });
}

/// The drawing on a grid of 24 × 24, in the path language of SVG: M, L, H, V, C, A (circular) and Z, absolute.
fn outline(icon: IconName) -> &'static str {
    match icon {
        IconName::None => "",
        IconName::Article => "M6 3H15L19 7V21H6ZM14.5 3.5V7.5H18.5M9 12H16M9 16H16",
        IconName::Notice => "M4 10V14H7L15 18V6L7 10ZM18 9.5A3.5 3.5 0 0 1 18 14.5M8 14.5V20H11V16",
        IconName::Story => "M3 5H21V19H3ZM3 16L9 10.5L14 15.5L16.5 13L21 17M16.4 8.4A1 1 0 1 1 16.39 8.4",
        IconName::Video => "M3 5H21V19H3ZM10 9L15.5 12L10 15Z",
        IconName::Disclosure => "M5 3H19V21H5ZM9 7L12 11L15 7M12 11V18M9 12H15M9 15H15",
        IconName::Activity => "M4 5.5H20V20.5H4ZM4 10.5H20M8 3V7.5M16 3V7.5M8 14.5H10.5M13.5 14.5H16M8 17.5H10.5",
        IconName::Product => "M4.5 8.5H19.5L18 21H6ZM8.5 11V7A3.5 3.5 0 0 1 15.5 7V11",
        IconName::Spot => {
            "M12 21.5C7 16 5 13 5 9.8A7 7 0 0 1 19 9.8C19 13 17 16 12 21.5ZM12 7.3A2.4 2.4 0 1 1 11.99 7.3"
        }
        IconName::Job => "M3 8H21V20H3ZM8.5 8V4.5H15.5V8M3 13H21M12 12V14.5",
        IconName::Party => "M12 2.8L14.7 9L21.4 9.6L16.3 14L17.8 20.6L12 17.1L6.2 20.6L7.7 14L2.6 9.6L9.3 9Z",
        IconName::Governance => "M3 11L12 3.5L21 11M5.5 9.5V20.5H18.5V9.5M10 20.5V14.5H14V20.5",
        IconName::Culture => {
            "M12 1.8V4.5M8 4.5H16M8 18.5H16M8 4.5C3 7.5 3 15.5 8 18.5M16 4.5C21 7.5 21 15.5 16 18.5M12 4.5C10.5 8 10.5 15 12 18.5C13.5 15 13.5 8 12 4.5M12 18.5V22.5M9.5 18.5V21M14.5 18.5V21"
        }
        IconName::Business => {
            "M12 21.5V11.5M12 14.5C12 9.5 8.5 7 3 7C3 12 6.5 14.5 12 14.5ZM12 11.5C12 7 15.5 3.5 21 3.5C21 8.5 17.5 11.5 12 11.5Z"
        }
        IconName::Settings => {
            "M12 8.7A3.3 3.3 0 1 1 11.99 8.7M12 5A7 7 0 1 1 11.99 5M12 2V5M12 19V22M2 12H5M19 12H22M4.9 4.9L7 7M17 17L19.1 19.1M4.9 19.1L7 17M17 7L19.1 4.9"
        }
        IconName::Offline => {
            "M3.5 3.5L20.5 20.5M8.4 15.6A5.2 5.2 0 0 1 14 14.5M4.8 12A10.4 10.4 0 0 1 9.6 9.2M19.2 12A10.4 10.4 0 0 0 13.6 9M1.8 8.4A15 15 0 0 1 6.2 5.6M22.2 8.4A15 15 0 0 0 10.6 4.2M12 19.4V19.5"
        }
        IconName::Empty => "M3 13L6 5H18L21 13V19.5H3ZM3 13H8A4 4 0 0 0 16 13H21",
        IconName::Loading => "M6 2.5H18M6 21.5H18M7.5 2.5V7L12 12L16.5 7V2.5M7.5 21.5V17L12 12L16.5 17V21.5",
        IconName::Error => "M12 3L22 20.5H2ZM12 9.5V14.5M12 17.4V17.5",
        IconName::Speaker => {
            "M3.5 9V15H7.5L13 19.5V4.5L7.5 9ZM16 8.8A4.5 4.5 0 0 1 16 15.2M18.8 6A8.5 8.5 0 0 1 18.8 18"
        }
        IconName::Muted => "M3.5 9V15H7.5L13 19.5V4.5L7.5 9ZM16.5 9.5L21.5 14.5M21.5 9.5L16.5 14.5",
        IconName::Play => "M8 4.8L19 12L8 19.2Z",
        IconName::Pause => "M8 5V19M16 5V19",
        IconName::Missing => "M12 3.5V15M7 10.5L12 15.5L17 10.5M4.5 20H19.5",
        IconName::Info => "M12 3A9 9 0 1 1 11.99 3M12 11V16.5M12 7.4V7.5",
        IconName::Storage => {
            "M4 6C4 2.5 20 2.5 20 6V18C20 21.5 4 21.5 4 18ZM4 6C4 9.5 20 9.5 20 6M4 12C4 15.5 20 15.5 20 12"
        }
        IconName::Refused => {
            "M12 3L20 6V11C20 16 16.5 19.5 12 21.5C7.5 19.5 4 16 4 11V6ZM9.3 9.3L14.7 14.7M14.7 9.3L9.3 14.7"
        }
        IconName::Done => "M4.5 12.5L10 18L20 6.5",
    }
}

type Point = (f32, f32);

/// The mask of a drawing: lines with round ends, and what they enclose when it is `filled`.
fn draw(outline: &str, side: u32, weight: f32, filled: bool) -> Image {
    let scale = side as f32 / 24.0;
    let lines = flatten(outline);
    let half = weight * scale / 2.0;
    let mut away = vec![f32::MAX; (side * side) as usize];
    for line in &lines {
        for pair in line.windows(2) {
            let [from, to] = [pair[0], pair[1]].map(|(x, y)| (x * scale, y * scale));
            let reach = half + 1.0;
            let span = |a: f32, b: f32| {
                let first = (a.min(b) - reach).floor().max(0.0) as u32;
                first..((a.max(b) + reach).ceil().max(0.0) as u32).min(side)
            };
            for y in span(from.1, to.1) {
                for x in span(from.0, to.0) {
                    let known = &mut away[(y * side + x) as usize];
                    *known = known.min(distance((x as f32 + 0.5, y as f32 + 0.5), from, to));
                }
            }
        }
    }
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let mut cover = (half + 0.5 - away[index]).clamp(0.0, 1.0);
        if filled {
            let point = ((index as u32 % side) as f32 + 0.5, (index as u32 / side) as f32 + 0.5);
            if encloses(&lines, (point.0 / scale, point.1 / scale)) {
                cover = 1.0;
            }
        }
        *pixel = Rgba8Pixel { r: 0, g: 0, b: 0, a: (cover * 255.0 + 0.5) as u8 };
    }
    Image::from_rgba8(buffer)
}

fn distance(point: Point, from: Point, to: Point) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 { ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

fn encloses(lines: &[Vec<Point>], (x, y): Point) -> bool {
    let edges = lines.iter().flat_map(|line| line.windows(2));
    let crossed = edges.filter(|edge| {
        let ((ax, ay), (bx, by)) = (edge[0], edge[1]);
        (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
    });
    crossed.count() % 2 == 1
}

/// The lines of a path, curves in short pieces.
fn flatten(path: &str) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = Vec::new();
    let mut at = (0.0, 0.0);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|character: char| character.is_ascii_alphabetic()).map_or(rest.len(), |end| end + 1);
        let numbers: Vec<f32> = rest[1..end].split([' ', ',']).filter_map(|number| number.parse().ok()).collect();
        rest = &rest[end..];
        if command == 'M' {
            lines.push(Vec::new());
        }
        let Some(line) = lines.last_mut() else { break };
        match (command, numbers.as_slice()) {
            ('M' | 'L', [x, y]) => line.push((*x, *y)),
            ('H', [x]) => line.push((*x, at.1)),
            ('V', [y]) => line.push((at.0, *y)),
            ('C', [ax, ay, bx, by, x, y]) => curve(line, at, (*ax, *ay), (*bx, *by), (*x, *y)),
            ('A', [radius, _, _, large, sweep, x, y]) => arc(line, at, *radius, *large > 0.5, *sweep > 0.5, (*x, *y)),
            ('Z', _) => line.extend(line.first().copied()),
            _ => debug_assert!(false, "an icon's path: {command} {numbers:?}"),
        }
        at = line.last().copied().unwrap_or(at);
    }
    lines
}

const PIECES: u32 = 24;

fn curve(line: &mut Vec<Point>, from: Point, a: Point, b: Point, to: Point) {
    for step in 1..=PIECES {
        let t = step as f32 / PIECES as f32;
        let s = 1.0 - t;
        let mixed = |from: f32, a: f32, b: f32, to: f32| {
            s * s * s * from + 3.0 * s * s * t * a + 3.0 * s * t * t * b + t * t * t * to
        };
        line.push((mixed(from.0, a.0, b.0, to.0), mixed(from.1, a.1, b.1, to.1)));
    }
}

/// An arc of a circle, as SVG defines it (SVG 1.1, F.6.5), for one radius.
fn arc(line: &mut Vec<Point>, from: Point, radius: f32, large: bool, sweep: bool, to: Point) {
    let (half_x, half_y) = ((from.0 - to.0) / 2.0, (from.1 - to.1) / 2.0);
    let chord = half_x.hypot(half_y);
    let radius = radius.max(chord);
    let off = (radius * radius - chord * chord).max(0.0).sqrt() / chord.max(1e-6);
    let sign = if large == sweep { -1.0 } else { 1.0 };
    let center = ((from.0 + to.0) / 2.0 + sign * off * half_y, (from.1 + to.1) / 2.0 - sign * off * half_x);
    let angle = |point: Point| (point.1 - center.1).atan2(point.0 - center.0);
    let (start, mut end) = (angle(from), angle(to));
    let turn = std::f32::consts::TAU;
    if sweep && end < start {
        end += turn;
    }
    if !sweep && end > start {
        end -= turn;
    }
    for step in 1..=PIECES {
        let at = start + (end - start) * step as f32 / PIECES as f32;
        line.push((center.0 + radius * at.cos(), center.1 + radius * at.sin()));
    }
}
