//! Draws views without a screen, and finds in the picture where things stand.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use yuexiang_core::catalog::Sha256;
use yuexiang_core::key::Key;
use yuexiang_core::ports::ObjectPaths;
use yuexiang_core::view::{Screen, TextPage, Travel, View};
use yuexiang_ui::{Display, Frame, Ui, UiOptions};

const SIZE: (u32, u32) = (1280, 720);
/// `Theme.focus`.
const FOCUS: [u8; 3] = [0xff, 0xcf, 0x6b];
/// Thickness of the ring at 720p, and of what is blended at its edges.
const RING: usize = 4;

/// In pixels; the far edges belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Rect {
    fn centre(self) -> (usize, usize) {
        ((self.left + self.right) / 2, (self.top + self.bottom) / 2)
    }

    /// Whether its middle is beyond the other's edge, where the key points.
    pub fn lies(self, key: Key, from: Rect) -> bool {
        let (x, y) = self.centre();
        match key {
            Key::Up => y < from.top,
            Key::Down => y > from.bottom,
            Key::Left => x < from.left,
            _ => x > from.right,
        }
    }

    /// Whether somebody who goes straight on from the other meets it.
    pub fn is_beside(self, key: Key, from: Rect) -> bool {
        // Two rings reach into the space between two cards.
        const TOUCH: usize = 24;
        let overlap = |a: (usize, usize), b: (usize, usize)| (a.1.min(b.1)).saturating_sub(a.0.max(b.0)) > TOUCH;
        match key {
            Key::Up | Key::Down => overlap((self.left, self.right), (from.left, from.right)),
            _ => overlap((self.top, self.bottom), (from.top, from.bottom)),
        }
    }
}

struct NoPictures;

impl ObjectPaths for NoPictures {
    fn path(&self, sha256: Sha256) -> PathBuf {
        PathBuf::from(format!("/nonexistent/{sha256}"))
    }
}

pub struct Drawn {
    ui: Ui,
    /// By the view without its focus, and by what has it.
    places: HashMap<(String, String), Option<Rect>>,
}

impl Drawn {
    pub fn new() -> Drawn {
        let (display, objects) = (Display::Headless, Arc::new(NoPictures));
        let ui = Ui::new(UiOptions { display, size: SIZE, objects, on_event: Box::new(drop) }).unwrap();
        Drawn { ui, places: HashMap::new() }
    }

    pub fn send(&self, view: View) {
        self.ui.handle().show(view);
    }

    /// Draws for so many milliseconds, whether anything still moves or not.
    pub fn draw_for(&self, milliseconds: u64) {
        self.ui.settle(Duration::from_millis(milliseconds)).unwrap();
    }

    pub fn draw(&self, view: View) -> Arc<Frame> {
        self.send(view);
        assert!(self.ui.settle(Duration::from_secs(60)).unwrap(), "the screen does not come to rest");
        let (sender, receiver) = mpsc::channel();
        self.ui.handle().screenshot(move |frame| drop(sender.send(frame)));
        self.ui.settle(Duration::from_secs(60)).unwrap();
        receiver.recv().unwrap()
    }

    /// Where a thing stands on a view.
    pub fn place(&mut self, view: &View, id: &str) -> Option<Rect> {
        // Nothing slides: the pages are looked at, not arrived at.
        let mut view = View { serial: 1, travel: Travel::None, focus: String::new(), ..view.clone() };
        let key = (format!("{view:?}"), id.to_owned());
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        view.focus = id.to_owned();
        if let Screen::Board(board) = &mut view.screen
            && let Some(section) = board.sections.iter().position(|section| section.id == id)
        {
            // A section that has the focus is the selected one.
            board.selected_section = section;
        }
        let seen = self.draw(view.clone());
        let place = ring(&seen).or_else(|| {
            let without = without_words(view, id)?;
            changed(&seen, &self.draw(without))
        });
        self.places.insert(key, place);
        place
    }
}

/// What a new user interface draws when it is shown nothing but this view.
pub fn drawn_at_once(view: View) -> Arc<Frame> {
    std::thread::spawn(move || Drawn::new().draw(view)).join().unwrap()
}

pub fn differing(one: &Frame, other: &Frame) -> usize {
    one.rgba.chunks(4).zip(other.rgba.chunks(4)).filter(|(one, other)| one != other).count()
}

/// A text that has the focus wears no ring; it is where its words are.
fn without_words(mut view: View, id: &str) -> Option<View> {
    match &mut view.screen {
        Screen::Reader(reader) if id == "reader/text" => reader.page = TextPage::default(),
        Screen::Product(product) if id == "product/text" => product.text = TextPage::default(),
        Screen::Table(table) if id == "table/note" => table.note = TextPage::default(),
        _ => return None,
    }
    Some(view)
}

/// What differs between two pictures.
fn changed(one: &Frame, other: &Frame) -> Option<Rect> {
    let width = one.width as usize;
    let pixels = one.rgba.chunks(4).zip(other.rgba.chunks(4)).enumerate();
    around(pixels.filter(|(_, (one, other))| one != other).map(|(at, _)| (at % width, at / width)))
}

fn around(points: impl Iterator<Item = (usize, usize)>) -> Option<Rect> {
    points.fold(None, |rect, (x, y)| {
        let Rect { left, top, right, bottom } = rect.unwrap_or(Rect { left: x, top: y, right: x, bottom: y });
        Some(Rect { left: left.min(x), top: top.min(y), right: right.max(x), bottom: bottom.max(y) })
    })
}

/// The ring: what is connected in its colour and is a line on all four sides, with something else within. Nothing when
/// there is none or when there are several, and when it is not whole on the screen.
fn ring(frame: &Frame) -> Option<Rect> {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let is_focus = |pixel: &[u8]| pixel.iter().zip(FOCUS).all(|(value, wanted)| value.abs_diff(wanted) <= 3);
    let lit: Vec<bool> = frame.rgba.chunks(4).map(|pixel| is_focus(&pixel[..3])).collect();
    let mut seen = vec![false; lit.len()];
    let mut rings = Vec::new();
    for start in 0..lit.len() {
        if !lit[start] || seen[start] {
            continue;
        }
        let mut points = vec![start];
        seen[start] = true;
        let mut at = 0;
        while let Some(&point) = points.get(at) {
            at += 1;
            let (x, y) = (point % width, point / width);
            for (x, y) in (y.saturating_sub(1)..(y + 2).min(height))
                .flat_map(|y| (x.saturating_sub(1)..(x + 2).min(width)).map(move |x| (x, y)))
            {
                let near = y * width + x;
                if lit[near] && !seen[near] {
                    seen[near] = true;
                    points.push(near);
                }
            }
        }
        let rect = around(points.iter().map(|point| (point % width, point / width)))?;
        let wide = rect.right - rect.left > 60 && rect.bottom - rect.top > 36;
        if wide && is_hollow(rect, |x, y| lit[y * width + x]) {
            rings.push(rect);
        }
    }
    let [ring] = rings.as_slice() else { return None };
    let inside = ring.left > 0 && ring.top > 0 && ring.right + 1 < width && ring.bottom + 1 < height;
    inside.then_some(*ring)
}

/// In the middle of each side there is a line of the ring's thickness, and something else behind it.
fn is_hollow(rect: Rect, lit: impl Fn(usize, usize) -> bool) -> bool {
    let (x, y) = rect.centre();
    let line = |at: &dyn Fn(usize) -> bool| {
        let thick = (0..2 * RING).take_while(|depth| at(*depth)).count();
        (RING - 1..=RING + 1).contains(&thick)
    };
    line(&|depth| lit(x, rect.top + depth))
        && line(&|depth| lit(x, rect.bottom - depth))
        && line(&|depth| lit(rect.left + depth, y))
        && line(&|depth| lit(rect.right - depth, y))
}
