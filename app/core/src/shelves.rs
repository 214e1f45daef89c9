//! The library in the order in which it is shown: which items may be seen now, in which section, in which order.
//!
//! Five levels are merged into one fixed order:
//!
//! 1. pinned items before all others,
//! 2. the higher priority (9 before 0),
//! 3. the newer publication,
//! 4. the nearer region, the village before the town,
//! 5. the id, in the order of its bytes.
//!
//! The cloud lists items in the same order.

use crate::RegionCode;
use crate::catalog::{Board, ItemId, ItemSummary, Kind, Section};
use crate::library::Library;
use crate::time::UnixSeconds;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

#[derive(Clone, Debug, Default)]
pub struct Shelves {
    revision: Option<u64>,
    /// These lists hold in this span of time: from, until.
    valid: (UnixSeconds, UnixSeconds),
    sections: BTreeMap<Board, Vec<Section>>,
    lists: BTreeMap<(Board, String), Vec<ItemId>>,
    fresh: Vec<ItemId>,
    today: BTreeMap<Board, usize>,
    week: BTreeMap<Board, usize>,
}

impl Shelves {
    /// Brings the lists up to date, when the library or the time ask for it. Returns whether they were made anew.
    pub fn update(&mut self, library: &Library, lineage: &[RegionCode], now: UnixSeconds) -> bool {
        if self.revision == Some(library.revision()) && self.valid.0 <= now && now < self.valid.1 {
            return false;
        }
        self.revision = Some(library.revision());
        self.valid = validity(library, now);
        let mut shown: Vec<&ItemSummary> = library.items().filter(|item| is_shown(item, now)).collect();
        shown.sort_by(|a, b| {
            (b.pinned, b.priority, b.published, b.region.level())
                .cmp(&(a.pinned, a.priority, a.published, a.region.level()))
                .then(a.id.cmp(&b.id))
        });
        self.lists.clear();
        for item in &shown {
            self.lists.entry((item.board, item.section.clone())).or_default().push(item.id.clone());
        }
        self.sections = merge_sections(library, lineage, &shown);
        for (board, sections) in &mut self.sections {
            // Whoever opens a board sees first what there is to see. The sort is stable: the order stays otherwise.
            sections.sort_by_key(|section| !self.lists.contains_key(&(*board, section.id.clone())));
        }
        self.fresh = pick_fresh(&shown);
        let midnight = midnight_before(now);
        let since = |start: i64| {
            let mut counts = BTreeMap::new();
            for item in shown.iter().filter(|item| item.published >= start && item.published <= now) {
                *counts.entry(item.board).or_insert(0) += 1;
            }
            counts
        };
        self.today = since(midnight);
        self.week = since(midnight - 6 * DAY);
        true
    }

    /// In the order of their numbers; those with nothing in them come last.
    pub fn sections(&self, board: Board) -> &[Section] {
        self.sections.get(&board).map_or(&[], Vec::as_slice)
    }

    pub fn list(&self, board: Board, section: &str) -> &[ItemId] {
        self.lists.get(&(board, section.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// What is new, the most worth showing first; no two of a section before every section had its turn.
    pub fn fresh(&self) -> &[ItemId] {
        &self.fresh
    }

    pub fn new_today(&self, board: Board) -> usize {
        self.today.get(&board).copied().unwrap_or(0)
    }

    pub fn new_this_week(&self, board: Board) -> usize {
        self.week.get(&board).copied().unwrap_or(0)
    }

    /// When the lists change by themselves.
    pub fn valid_until(&self) -> UnixSeconds {
        self.valid.1
    }
}

pub fn is_shown(item: &ItemSummary, now: UnixSeconds) -> bool {
    item.not_before.is_none_or(|at| at <= now) && item.not_after.is_none_or(|at| now < at)
}

fn midnight_before(now: UnixSeconds) -> UnixSeconds {
    // China Standard Time is eight hours ahead all year.
    now - (now + 8 * 3_600).rem_euclid(DAY)
}

fn validity(library: &Library, now: UnixSeconds) -> (UnixSeconds, UnixSeconds) {
    let midnight = midnight_before(now);
    let mut valid = (midnight, midnight + DAY);
    for edge in library.items().flat_map(|item| [item.not_before, item.not_after]).flatten() {
        if edge <= now {
            valid.0 = valid.0.max(edge);
        } else {
            valid.1 = valid.1.min(edge);
        }
    }
    valid
}

fn merge_sections(library: &Library, lineage: &[RegionCode], shown: &[&ItemSummary]) -> BTreeMap<Board, Vec<Section>> {
    let mut merged: BTreeMap<(Board, String), Section> = BTreeMap::new();
    for region in lineage.iter().filter_map(|code| library.region(*code)) {
        for section in &region.sections {
            merged.insert((section.board, section.id.clone()), section.clone());
        }
    }
    // An item whose section nobody describes is not lost.
    for item in shown {
        merged.entry((item.board, item.section.clone())).or_insert_with(|| Section {
            id: item.section.clone(),
            board: item.board,
            name: item.section.clone(),
            name_en: item.section.clone(),
            order: u16::MAX,
        });
    }
    let mut sections: BTreeMap<Board, Vec<Section>> = BTreeMap::new();
    for section in merged.into_values() {
        sections.entry(section.board).or_default().push(section);
    }
    for sections in sections.values_mut() {
        sections.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.id.cmp(&b.id)));
    }
    sections
}

fn pick_fresh(shown: &[&ItemSummary]) -> Vec<ItemId> {
    const WANTED: usize = 8;
    let notices_first = |item: &&&ItemSummary| !(item.pinned && item.kind == Kind::Notice);
    let mut candidates: Vec<&&ItemSummary> = shown.iter().collect();
    candidates.sort_by_key(notices_first);
    let mut sections = std::collections::BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for item in candidates {
        if first.len() == WANTED {
            break;
        }
        if sections.insert((item.board, &item.section)) { first.push(item) } else { rest.push(item) }
    }
    first.into_iter().chain(rest).take(WANTED).map(|item| item.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Item, RegionInfo};
    use crate::event::Saved;
    use crate::sync::testing::samples::{BUILT, item, reviews};

    #[test]
    fn five_levels_are_merged_in_one_fixed_order() {
        let village: RegionCode = "440224103201".parse().expect("a village");
        let ordered = [
            Item { pinned: true, published: BUILT - 9, ..item("440000000000/pinned") },
            Item { priority: 9, published: BUILT - 8, ..item("440000000000/nine") },
            Item { priority: 2, published: BUILT - 7, ..item("440224103201/two-newer") },
            Item { priority: 2, published: BUILT - 8, ..item("440224103201/two-older") },
            Item { published: BUILT, ..item("440000000000/newest") },
            Item { published: BUILT - 1, ..item("440224103201/b") },
            Item { published: BUILT - 1, ..item("440224103201/c") },
            Item { published: BUILT - 1, ..item("440224103000/a") },
            Item { published: BUILT - 1, ..item("440224000000/a") },
        ];
        let items = ordered.iter().rev().map(Item::summarize).collect();
        let library = Library::from_saved(&Saved { items, reviews: reviews(), ..Saved::default() }, village);
        let mut shelves = Shelves::default();
        shelves.update(&library, &village.lineage(), BUILT + 1);
        let expected: Vec<&str> = ordered.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(shelves.list(Board::Party, "news"), expected);
    }

    #[test]
    fn sections_with_nothing_in_them_come_last() {
        let village: RegionCode = "440224103201".parse().expect("a village");
        let section = |id: &str, order| Section {
            id: id.into(),
            board: Board::Party,
            name: id.into(),
            name_en: String::new(),
            order,
        };
        let sections = vec![section("empty-1", 1), section("news", 2), section("empty-3", 3), section("study", 4)];
        let info = RegionInfo { code: village, name: "榕树村".into(), sections };
        let study = Item { section: "study".into(), ..item("440224103201/b") };
        let saved = Saved {
            items: vec![item("440224103201/a").summarize(), study.summarize()],
            regions: [(village, info)].into(),
            reviews: reviews(),
            ..Saved::default()
        };
        let library = Library::from_saved(&saved, village);
        let mut shelves = Shelves::default();
        shelves.update(&library, &village.lineage(), BUILT + 1);
        let ids: Vec<&str> = shelves.sections(Board::Party).iter().map(|section| section.id.as_str()).collect();
        assert_eq!(ids, ["news", "study", "empty-1", "empty-3"]);
    }
}
