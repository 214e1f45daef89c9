//! On every screen and in every question the arrows follow what is seen.
//!
//! The box's own core is asked what has the focus and what can have it; the user interface draws each of these views, and
//! where a thing stands is read from the drawn picture: from the ring around it, or, where there is none, from the words
//! that are drawn for it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drawn;
mod tv;

use drawn::{Drawn, Rect};
use std::collections::{BTreeMap, VecDeque};
use tv::Tv;
use yuexiang_core::key::{Key, Layer};
use yuexiang_core::view::{Language, Osd, Screen, TextSize, View};

/// So often a key may do something else in its place before it moves the focus: it turns to the next picture.
const PATIENCE: usize = 8;

/// Keys that lead to a screen, and the item that is opened then.
struct Start {
    keys: &'static str,
    item: Option<String>,
    /// How many items there are.
    items: usize,
}

fn starts() -> Vec<Start> {
    let start = |keys| Start { keys, item: None, items: usize::MAX };
    let mut starts = vec![
        start("home"),
        start("red"),
        start("green"),
        start("yellow"),
        start("blue"),
        start("home menu"),
        start("ok"),
        start("home menu down down down down down down ok"),
        start("home menu down down down down down ok"),
    ];
    starts.extend((0..4).map(|items| Start { keys: "home", item: None, items }));
    starts.extend(tv::one_of_each().into_iter().map(|id| Start { keys: "home", item: Some(id), items: usize::MAX }));
    starts
}

/// What is on the screen and has been reached by these keys.
type Path = Vec<Key>;

struct Walk<'a> {
    start: &'a Start,
    size: TextSize,
    language: Language,
    drawn: &'a mut Drawn,
    wrong: Vec<String>,
}

impl Walk<'_> {
    fn tv(&self, path: &[Key]) -> Tv {
        let mut tv = Tv::new(self.size, self.language, self.start.items);
        tv.keys(self.start.keys);
        if let Some(item) = &self.start.item {
            tv.open(item);
        }
        for key in path {
            tv.press(*key);
        }
        tv
    }

    /// From everything that can be reached, in all four directions.
    fn everywhere(&mut self) {
        let first = self.tv(&[]).view();
        let mut known: BTreeMap<String, Path> = [(first.focus, Path::new())].into();
        let mut next: VecDeque<Path> = [Path::new()].into();
        while let Some(path) = next.pop_front() {
            for key in [Key::Up, Key::Down, Key::Left, Key::Right] {
                let (focus, path) = self.step(&path, key);
                known.entry(focus).or_insert_with(|| {
                    next.push_back(path.clone());
                    path
                });
            }
        }
    }

    /// Presses the key until the focus moves, and looks whether it has gone where the key points.
    fn step(&mut self, path: &[Key], key: Key) -> (String, Path) {
        let mut tv = self.tv(path);
        let before = tv.view();
        let mut path = path.to_vec();
        for _ in 0..PATIENCE {
            tv.press(key);
            path.push(key);
            let after = tv.view();
            if (before.layer, after.layer) == (Layer::Osd, Layer::Screen) {
                // What lies over the picture is put away; there is no focus to go wrong.
                return (before.focus, path);
            }
            assert_eq!(name(&after), name(&before), "arrows alone never leave a screen");
            if after.focus != before.focus {
                self.check_move(&before, &after, key);
                return (after.focus, path);
            }
        }
        self.check_end(&before, key);
        (before.focus, path)
    }

    fn check_move(&mut self, before: &View, after: &View, key: Key) {
        // Both as they stand now: the list may have moved below the focus.
        let Some(to) = self.place(after, &after.focus) else { return };
        let seen = can_be_seen(after, &before.focus);
        let Some(from) = seen.then(|| self.place(after, &before.focus)).flatten() else { return };
        if !to.lies(key, from) {
            let (old, new, of) = (&before.focus, &after.focus, kind(after));
            self.wrong.push(format!("{key:?} leads from {old} at {from:?} to {new} at {to:?}: {of}"));
        }
    }

    /// The focus stays: nothing stands in that direction.
    fn check_end(&mut self, view: &View, key: Key) {
        let others = view.elements.iter().filter(|element| element.id != view.focus && can_be_seen(view, &element.id));
        for element in others {
            let (here, there) = (self.place(view, &view.focus), self.place(view, &element.id));
            let (Some(here), Some(there)) = (here, there) else { continue };
            if there.lies(key, here) && there.is_beside(key, here) {
                let (at, to, of) = (&view.focus, &element.id, kind(view));
                self.wrong.push(format!("{key:?} does not lead from {at} at {here:?} to {to} at {there:?}: {of}"));
            }
        }
    }

    /// Where it is seen: of several things one has to know which has the focus.
    fn place(&mut self, view: &View, id: &str) -> Option<Rect> {
        let place = self.drawn.place(view, id);
        if place.is_none() {
            self.wrong.push(format!("nothing is seen of {id}, which can have the focus: {}", kind(view)));
        }
        place
    }
}

fn name(view: &View) -> String {
    let screen = format!("{:?}", view.screen);
    format!("{} {:?}", screen.split(['(', ' ']).next().unwrap_or_default(), view.layer)
}

fn kind(view: &View) -> String {
    format!("{} {:?} {:?}", name(view), view.text_size, view.language)
}

/// Of a long list only a part is in sight.
fn can_be_seen(view: &View, id: &str) -> bool {
    if !view.elements.iter().any(|element| element.id == id) {
        return false;
    }
    if let Some(Osd::Channels(list)) = &view.osd {
        let at = list.rows.iter().position(|row| row.id == id);
        return at.is_some_and(|at| (list.first_row..list.first_row + list.visible_rows).contains(&at));
    }
    if let (Screen::Settings(settings), Layer::Screen) = (&view.screen, view.layer) {
        let at = settings.rows.iter().position(|row| row.id == id);
        return at.is_some_and(|at| (settings.first_row..settings.first_row + settings.visible_rows).contains(&at));
    }
    let Screen::Board(board) = &view.screen else { return true };
    let row = board.rows.iter().find(|row| row.id == id).map(|row| row.index);
    let section = board.sections.iter().position(|section| section.id == id);
    let sections = if view.text_size == TextSize::Large { 6 } else { 8 };
    row.is_some_and(|row| (board.first_row..board.first_row + board.visible_rows).contains(&row))
        || section.is_some_and(|at| (board.first_section..board.first_section + sections).contains(&at))
}

fn walk_over_everything(size: TextSize, language: Language) {
    let mut drawn = Drawn::new();
    let mut wrong = Vec::new();
    for start in &starts() {
        let mut walk = Walk { start, size, language, drawn: &mut drawn, wrong: Vec::new() };
        walk.everywhere();
        wrong.extend(walk.wrong);
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn in_normal_type_the_arrows_follow_what_is_seen() {
    walk_over_everything(TextSize::Normal, Language::Chinese);
}

#[test]
fn in_large_type_and_in_english_the_arrows_follow_what_is_seen() {
    walk_over_everything(TextSize::Large, Language::English);
}

/// Somebody sits on the remote control. What has been drawn piece by piece is, whenever it comes to rest, what would
/// have been drawn at once.
#[test]
fn after_a_storm_of_keys_the_screen_shows_what_it_would_show_at_once() {
    let mut tv = Tv::new(TextSize::Normal, Language::Chinese, usize::MAX);
    let drawn = Drawn::new();
    let mut state: u32 = 7;
    let mut roll = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % bound
    };
    const KEYS: [Key; 16] = [
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Ok,
        Key::Ok,
        Key::Ok,
        Key::Back,
        Key::Home,
        Key::Menu,
        Key::Green,
        Key::Yellow,
    ];
    for _ in 0..12 {
        for _ in 0..60 {
            let key = KEYS[roll(16) as usize];
            tv.hold(key, if roll(6) == 0 { roll(12) } else { 0 });
            drawn.send(tv.view());
            if roll(4) == 0 {
                drawn.draw_for(u64::from(roll(120)));
            }
        }
        let view = tv.view();
        let kind = kind(&view);
        let differing = drawn::differing(&drawn.draw(view.clone()), &drawn::drawn_at_once(view));
        assert!(differing < 100, "{differing} pixels differ: {kind}");
    }
}
