//! A board: its sections to the left, the items of the selected one to the right. Where one was in each section is
//! remembered for as long as the board is open.

use super::{Action, Command, Context, Direction, element, item_element};
use crate::catalog::{Board, ItemId, ItemSummary, Kind, ObjectRole};
use crate::view::{BoardView, Element, ElementId, RowView, SectionTab};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct BoardScreen {
    pub board: Board,
    /// Id of the selected section; the first one while empty.
    section: String,
    first_section: usize,
    in_list: bool,
    places: BTreeMap<String, Place>,
}

/// Where one is in a list.
#[derive(Clone, Debug, Default)]
struct Place {
    item: Option<ItemId>,
    index: usize,
    first_row: usize,
}

impl BoardScreen {
    pub fn new(board: Board) -> BoardScreen {
        BoardScreen { board, section: String::new(), first_section: 0, in_list: false, places: BTreeMap::new() }
    }

    pub fn settle(&mut self, context: &Context) {
        let sections = context.shelves.sections(self.board);
        if !sections.iter().any(|section| section.id == self.section) {
            // First visit: the first section that has something to show.
            let filled = sections.iter().find(|section| !context.shelves.list(self.board, &section.id).is_empty());
            self.section = filled.or(sections.first()).map(|section| section.id.clone()).unwrap_or_default();
        }
        let list = context.shelves.list(self.board, &self.section);
        self.in_list &= !list.is_empty();
        let rows = context.layout.list_rows();
        let place = self.places.entry(self.section.clone()).or_default();
        place.settle(list, rows);
        let selected = self.selected(context);
        let shown = context.layout.sections();
        self.first_section = scroll(self.first_section, selected, shown, sections.len());
    }

    fn selected(&self, context: &Context) -> usize {
        let sections = context.shelves.sections(self.board);
        sections.iter().position(|section| section.id == self.section).unwrap_or(0)
    }

    fn place(&self) -> Place {
        self.places.get(&self.section).cloned().unwrap_or_default()
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        use Direction::{Down, Left, Right, Up};
        let list = context.shelves.list(self.board, &self.section);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.in_list => {
                return self.place().item.map_or(Action::Nothing, Action::Open);
            }
            Command::Ok => self.in_list = !list.is_empty(),
            Command::Move { direction: Right, .. } => self.in_list = !list.is_empty(),
            Command::Move { direction: Left, .. } => self.in_list = false,
            Command::Move { direction, by } if self.in_list => {
                let place = self.places.entry(self.section.clone()).or_default();
                place.index = match direction {
                    Up => place.index.saturating_sub(by),
                    _ => (place.index + by).min(list.len().saturating_sub(1)),
                };
                place.item = list.get(place.index).cloned();
            }
            Command::Move { direction, .. } => {
                let sections = context.shelves.sections(self.board);
                let at = self.selected(context);
                let to = if direction == Down { at + 1 } else { at.saturating_sub(1) };
                if let Some(section) = sections.get(to) {
                    self.section = section.id.clone();
                }
            }
        }
        self.settle(context);
        Action::Nothing
    }

    pub fn elements(&self, context: &Context) -> (Vec<Element>, ElementId) {
        let mut elements: Vec<Element> = context
            .shelves
            .sections(self.board)
            .iter()
            .map(|section| element(section_id(&section.id), context.section_name(self.board, &section.id)))
            .collect();
        // Of a thousand rows only those that are drawn are named; the others come into sight as one moves.
        let list = context.shelves.list(self.board, &self.section);
        for item in self.drawn(context).filter_map(|index| context.library.item(list.get(index)?)) {
            elements.push(element(item_element(&item.id), item.title.clone()));
        }
        let focus = match self.place().item {
            Some(item) if self.in_list => item_element(&item),
            _ => section_id(&self.section),
        };
        (elements, focus)
    }

    pub fn view(&self, context: &Context) -> BoardView {
        let list = context.shelves.list(self.board, &self.section);
        let place = self.place();
        let visible_rows = context.layout.list_rows();
        let rows = self
            .drawn(context)
            .filter_map(|index| Some((index, context.library.item(list.get(index)?)?)))
            .map(|(index, item)| row(index, item, context))
            .collect();
        BoardView {
            board: self.board,
            title: context.words.board(self.board),
            sections: context
                .shelves
                .sections(self.board)
                .iter()
                .map(|section| self.tab(&section.id, context))
                .collect(),
            first_section: self.first_section,
            selected_section: self.selected(context),
            rows,
            first_row: place.first_row,
            visible_rows,
            total_rows: list.len(),
            empty: list.is_empty().then(|| context.empty(context.nothing())),
        }
    }

    /// The rows in sight and two on either side, so that a row is there before it moves into sight.
    fn drawn(&self, context: &Context) -> std::ops::Range<usize> {
        let total = context.shelves.list(self.board, &self.section).len();
        let first = self.place().first_row;
        first.saturating_sub(2)..(first + context.layout.list_rows() + 2).min(total)
    }

    fn tab(&self, section: &str, context: &Context) -> SectionTab {
        SectionTab {
            id: section_id(section),
            name: context.section_name(self.board, section),
            count: context.shelves.list(self.board, section).len(),
        }
    }
}

fn section_id(section: &str) -> ElementId {
    format!("board/section/{section}")
}

impl Place {
    /// Follows its item when the list changed around it; stays at the same place when the item is gone.
    fn settle(&mut self, list: &[ItemId], rows: usize) {
        if let Some(item) = &self.item
            && list.get(self.index) != Some(item)
            && let Some(index) = list.iter().position(|id| id == item)
        {
            self.index = index;
        }
        self.index = self.index.min(list.len().saturating_sub(1));
        self.item = list.get(self.index).cloned();
        self.first_row = scroll(self.first_row, self.index, rows, list.len());
    }
}

/// The first row drawn so that `focus` is in sight, moving as little as possible.
pub fn scroll(first: usize, focus: usize, visible: usize, total: usize) -> usize {
    let first = first.min(focus).max((focus + 1).saturating_sub(visible));
    first.min(total.saturating_sub(visible))
}

fn row(index: usize, item: &ItemSummary, context: &Context) -> RowView {
    let words = context.words;
    let badge = match item.kind {
        _ if item.pinned => words.pinned(),
        Kind::Product => item.price.map_or_else(String::new, |price| words.price(price)),
        Kind::Video => item.duration.map_or_else(String::new, |duration| words.duration(duration)),
        _ => String::new(),
    };
    let line = match (item.kind, item.starts) {
        (Kind::Activity, Some(starts)) => format!("{}　{}", words.appointment(starts), item.summary),
        _ => item.summary.clone(),
    };
    let meta = [item.publisher.clone(), words.reviewed_short(context.library.reviewers(&item.id).len())];
    RowView {
        id: item_element(&item.id),
        item: item.id.clone(),
        index,
        kind: item.kind,
        title: item.title.clone(),
        line,
        meta: meta.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
        date: words.day(item.published),
        badge,
        thumbnail: item.thumbnail.map(|thumbnail| context.thumbnail(thumbnail)),
        missing: missing(item, context),
    }
}

/// What of the item is not stored, in words; empty when nothing is missing.
pub fn missing(item: &ItemSummary, context: &Context) -> String {
    let lacking = |video: bool| {
        let objects = item.objects.iter().filter(move |needed| (needed.role == ObjectRole::Video) == video);
        objects.map(|needed| needed.object.sha256).find(|sha256| !context.library.has(*sha256))
    };
    let video = lacking(true).map(|sha256| (true, sha256));
    let first = video.or_else(|| lacking(false).map(|sha256| (false, sha256)));
    first.map_or_else(String::new, |(video, sha256)| {
        context.words.missing(video, context.fates.fate(sha256), context.online())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_scrolls_no_further_than_needed() {
        assert_eq!(scroll(0, 4, 5, 100), 0);
        assert_eq!(scroll(0, 5, 5, 100), 1);
        assert_eq!(scroll(10, 9, 5, 100), 9);
        assert_eq!(scroll(0, 99, 5, 100), 95);
        assert_eq!(scroll(7, 0, 5, 3), 0);
    }

    #[test]
    fn the_focus_follows_its_item_when_a_new_one_comes_in_above() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let mut place = Place { item: Some("b".into()), index: 1, first_row: 0 };
        place.settle(&ids(&["new", "a", "b", "c"]), 5);
        assert_eq!((place.index, place.item.as_deref()), (2, Some("b")));
        place.settle(&ids(&["new", "a", "c"]), 5);
        assert_eq!((place.index, place.item.as_deref()), (2, Some("c")));
        place.settle(&[], 5);
        assert_eq!((place.index, place.item), (0, None));
    }
}
