//! What a village's television would show of an item that nobody has published yet.
//!
//! A box of its own is set up in memory, with nothing stored but the item and the regions above it, and the keys are
//! pressed that a viewer would press; so what is seen is what the box decides, not what this file thinks it would.
//! Three things are taken for granted, because the picture is about how the item looks and not about whether it may be
//! seen: that the reviews have been passed, that the item is for this village, and that its time has come.

use crate::admission::Reviews;
use crate::app::{App, AppConfig};
use crate::catalog::{
    Approval, Audience, Board, Item, ItemId, ObjectRef, RegionInfo, Review, ReviewKey, Reviewer, Step,
};
use crate::event::{Effect, Event, Saved, StoreEvent, StoreRequest, StoredObject};
use crate::key::{Key, KeyEvent, Press};
use crate::ports::TextMeasure;
use crate::region::{Level, RegionCode};
use crate::screens::{SystemFacts, item_element};
use crate::settings::{BootMode, Settings};
use crate::sync::{LAST_SUCCESS, SyncConfig};
use crate::time::{Now, UnixSeconds};
use crate::view::{Language, Screen, TextSize, Travel, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is to be shown, and on whose television.
#[derive(Clone, Debug)]
pub struct Preview {
    pub village: RegionCode,
    /// What the village and the regions above it say of themselves; those of other regions are ignored.
    pub regions: Vec<RegionInfo>,
    pub item: Item,
    /// The item's objects that are there; a placeholder is shown for the others.
    pub stored: Vec<ObjectRef>,
    pub reviews: PreviewReviews,
    pub language: Language,
    pub text_size: TextSize,
    pub place: Place,
    /// What the clock on the screen shows.
    pub now: UnixSeconds,
}

/// The reviews as they will have been made when the item is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewReviews {
    /// How many of the three are needed: 1 to 3, and 3 for every other number.
    pub needed: u8,
    /// Who has made them so far.
    pub names: BTreeMap<Step, String>,
}

/// Where on the television.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The board, with the item in the focus.
    List,
    /// The opened item; its pages, or a story's pictures and then the pages of its text, count from 0.
    Item { page: usize },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    pub view: View,
    /// How many pages the place has, at least 1.
    pub pages: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreviewError {
    #[error("{0} is not a village: boxes stand in villages")]
    NotAVillage(RegionCode),
    #[error("the item is of {region}, which is neither the village {village} nor above it")]
    OtherLineage { region: RegionCode, village: RegionCode },
    #[error("there is no page {page}: the item has {pages}, counted from 0")]
    NoSuchPage { page: usize, pages: usize },
    #[error("the item {0} cannot be reached with the remote control")]
    Unreachable(ItemId),
}

/// Steps to the last page of any table, from row to row.
const MOST_ROWS: usize = 1_000;

/// Presses the keys that lead to the place. `measure` must be the one of the screen that draws the view.
pub fn preview(preview: Preview, measure: Arc<dyn TextMeasure>) -> Result<Previewed, PreviewError> {
    let (village, place) = (preview.village, preview.place);
    if village.level() != Level::Village {
        return Err(PreviewError::NotAVillage(village));
    }
    let lineage = village.lineage();
    if !lineage.contains(&preview.item.region) {
        return Err(PreviewError::OtherLineage { region: preview.item.region, village });
    }
    let mut viewer = Viewer::switch_on(preview, &lineage, measure);
    let item = viewer.item.id.clone();
    viewer.press(colour(viewer.item.board));
    viewer.press(Key::Right);
    if viewer.app.view().focus != item_element(&item) {
        return Err(PreviewError::Unreachable(item));
    }
    let mut pages = 1;
    if let Place::Item { page } = place {
        viewer.press(Key::Ok);
        pages = self::pages(&viewer.app.view().screen);
        viewer.turn_to(page)?;
    }
    let mut view = viewer.app.view();
    // It is looked at, not arrived at.
    view.travel = Travel::None;
    Ok(Previewed { view, pages })
}

/// A box, and somebody with its remote control in hand.
struct Viewer {
    app: App,
    item: Box<Item>,
    now: Now,
}

impl Viewer {
    fn switch_on(preview: Preview, lineage: &[RegionCode], measure: Arc<dyn TextMeasure>) -> Viewer {
        let village = preview.village;
        // Time stands still: nothing goes by itself, and every look is the same.
        let now = Now { monotonic: 0, wall: preview.now.saturating_mul(1_000) };
        let config = AppConfig {
            sync: SyncConfig {
                village,
                province_root: Vec::new(),
                poll_interval_ms: u64::MAX / 4,
                quota: 0,
                reserve_free: 0,
                parallel_downloads: 0,
                seed: 0,
                // So that the clock is believed, whatever it shows.
                built: preview.now,
            },
            facts: SystemFacts { village: Some(village), ..SystemFacts::default() },
        };
        let (saved, item) = stored(preview, lineage);
        let mut viewer = Viewer { app: App::new(config, saved, measure, now), item: Box::new(item), now };
        viewer.serve();
        viewer
    }

    fn press(&mut self, key: Key) {
        for press in [Press::Down, Press::Up] {
            self.app.handle(Event::Key(KeyEvent { key, press }), self.now);
            self.serve();
        }
    }

    /// Stands for the store; the network and the media are never asked in earnest.
    fn serve(&mut self) {
        while let Some(effect) = self.app.poll_effect() {
            if let Effect::Store(StoreRequest::LoadItem { id }) = effect
                && id == self.item.id
            {
                let event = StoreEvent::Item { id, result: Ok(self.item.clone()) };
                self.app.handle(Event::Store(event), self.now);
            }
        }
    }

    fn turn_to(&mut self, page: usize) -> Result<(), PreviewError> {
        let screen = self.app.view().screen;
        if matches!(screen, Screen::Board(_)) {
            return Err(PreviewError::Unreachable(self.item.id.clone()));
        }
        let pages = pages(&screen);
        if page >= pages {
            return Err(PreviewError::NoSuchPage { page, pages });
        }
        match &screen {
            Screen::Table(view) => {
                let of_rows = view.row_pages * view.part_count;
                let (sheet, part) = match page.checked_sub(of_rows) {
                    Some(note) => (view.row_pages + note, 0),
                    None => (page / view.part_count, page % view.part_count),
                };
                // From row to row; a page of the explanation is one step.
                for _ in 0..MOST_ROWS {
                    if self.index() >= sheet {
                        break;
                    }
                    self.press(Key::Down);
                }
                self.press_often(Key::Right, part);
            }
            Screen::Story(view) if page >= view.count.max(1) => {
                self.press(Key::Ok);
                self.press_often(Key::Down, page - view.count.max(1));
            }
            Screen::Story(_) => self.press_often(Key::Right, page),
            Screen::VideoDetail(_) if page > 0 => {
                self.press(Key::Down);
                self.press(Key::Ok);
                self.press_often(Key::Down, page - 1);
            }
            _ => self.press_often(Key::Down, page),
        }
        Ok(())
    }

    fn press_often(&mut self, key: Key, times: usize) {
        for _ in 0..times {
            self.press(key);
        }
    }

    /// The page of a table that is shown; past the end of anything else, so that nobody waits for it.
    fn index(&self) -> usize {
        match self.app.view().screen {
            Screen::Table(view) => view.page_index,
            _ => usize::MAX,
        }
    }
}

/// How many pages there are in all: every part of a table's pages, the pictures of a story and then its words, a video's
/// own page and then its words.
fn pages(screen: &Screen) -> usize {
    let pages = match screen {
        Screen::Reader(view) => view.page_count,
        Screen::Table(view) => view.row_pages * view.part_count + view.page_count.saturating_sub(view.row_pages),
        Screen::Product(view) => view.page_count,
        Screen::Story(view) => view.count.max(1) + view.text_pages,
        Screen::VideoDetail(view) => 1 + view.text_pages,
        _ => 1,
    };
    pages.max(1)
}

fn colour(board: Board) -> Key {
    match board {
        Board::Party => Key::Red,
        Board::Governance => Key::Green,
        Board::Culture => Key::Yellow,
        Board::Business => Key::Blue,
    }
}

/// What a box has stored to which the item has come, and the item as it has come.
fn stored(preview: Preview, lineage: &[RegionCode]) -> (Saved, Item) {
    let item = Item {
        approvals: approvals(lineage[0]),
        audience: Audience::default(),
        not_before: None,
        not_after: None,
        ..preview.item
    };
    let settings = Settings {
        boot: BootMode::Home,
        language: preview.language,
        text_size: preview.text_size,
        ..Settings::default()
    };
    let mut settings: BTreeMap<String, String> = settings.to_saved().into_iter().collect();
    settings.insert(LAST_SUCCESS.to_owned(), preview.now.to_string());
    let whole = |object: ObjectRef| (object.sha256, StoredObject { length: object.length, last_used: preview.now });
    let saved = Saved {
        regions: preview.regions.into_iter().map(|region| (region.code, region)).collect(),
        reviews: reviews(&preview.reviews, preview.language, lineage),
        items: vec![item.summarize()],
        objects: preview.stored.into_iter().map(whole).collect(),
        settings,
        ..Saved::default()
    };
    (saved, item)
}

/// As if every region had named three persons, none of them the author, and asked for as many reviews.
fn reviews(reviews: &PreviewReviews, language: Language, lineage: &[RegionCode]) -> Reviews {
    let unknown = match language {
        Language::Chinese => "待定",
        Language::English => "(pending)",
    };
    let reviewer = |step: Step| Reviewer {
        key: key(step),
        // No person of the cloud is called so: theirs have no slash.
        person: format!("preview/{}", step.slug()),
        name: reviews.names.get(&step).map_or(unknown, String::as_str).to_owned(),
        steps: vec![step],
        from: UnixSeconds::MIN,
        until: None,
    };
    let review =
        Review { reviews_below: reviews.needed, reviewers: Step::ALL.map(reviewer).to_vec(), former: Vec::new() };
    lineage.iter().map(|region| (*region, review.clone())).collect()
}

fn approvals(region: RegionCode) -> Vec<Approval> {
    Step::ALL.map(|step| Approval { step, region, key: key(step), at: 0 }).to_vec()
}

fn key(step: Step) -> ReviewKey {
    ReviewKey([step as u8; 32])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::catalog::{Block, Content, Picture, Section, Sha256};
    use crate::text::PlainMeasure;

    /// The evening of 2026-11-23.
    const NOW: UnixSeconds = 1_795_434_120;

    fn village() -> RegionCode {
        "440224103999".parse().unwrap()
    }

    fn item(content: Content) -> Item {
        Item {
            id: "440224103999/draft".into(),
            region: village(),
            board: Board::Culture,
            section: "news".into(),
            title: "稿件".into(),
            summary: String::new(),
            publisher: "村委会".into(),
            published: NOW,
            not_before: Some(NOW + 86_400),
            not_after: Some(NOW + 90_000),
            pinned: false,
            priority: 0,
            audience: Audience { only: vec!["440300000000".parse().unwrap()], except: vec![village()] },
            author: "preview".into(),
            approvals: Vec::new(),
            cover: None,
            body: (0..60).map(|line| Block::Paragraph(format!("第{line}段"))).collect(),
            content,
        }
    }

    fn a_preview(content: Content, place: Place) -> Preview {
        let section = |id: &str, order| Section {
            id: id.into(),
            board: Board::Culture,
            name: id.into(),
            name_en: String::new(),
            order,
        };
        let sections = vec![section("other", 1), section("news", 2)];
        Preview {
            village: village(),
            regions: vec![RegionInfo { code: village(), name: "新村".into(), sections }],
            item: item(content),
            stored: Vec::new(),
            reviews: PreviewReviews { needed: 3, names: [(Step::First, "陈伟民".to_owned())].into() },
            language: Language::Chinese,
            text_size: TextSize::Normal,
            place,
            now: NOW,
        }
    }

    fn seen(wanted: Preview) -> Result<Previewed, PreviewError> {
        preview(wanted, Arc::new(PlainMeasure))
    }

    #[test]
    fn a_draft_for_others_and_for_tomorrow_stands_in_its_section_with_the_focus_on_it_and_nothing_over_it() {
        let view = seen(a_preview(Content::Article, Place::List)).unwrap().view;
        assert_eq!(view.focus, "item/440224103999/draft");
        assert_eq!((view.header.village.as_str(), view.header.time.as_str()), ("新村", "19:42"));
        assert_eq!((view.notice, view.toast, view.osd), (None, None, None));
        let Screen::Board(board) = view.screen else { panic!("not the board") };
        assert_eq!(board.sections[board.selected_section].name, "news");
    }

    #[test]
    fn the_pages_are_those_that_the_reader_turns_and_the_next_one_after_the_last_is_an_error() {
        let first = seen(a_preview(Content::Article, Place::Item { page: 0 })).unwrap();
        assert!(first.pages > 2, "{}", first.pages);
        let last = first.pages - 1;
        let Screen::Reader(reader) = seen(a_preview(Content::Article, Place::Item { page: last })).unwrap().view.screen
        else {
            panic!("not the reader")
        };
        assert_eq!((reader.page_index, reader.page_count), (last, first.pages));
        let beyond = seen(a_preview(Content::Article, Place::Item { page: first.pages }));
        assert_eq!(beyond, Err(PreviewError::NoSuchPage { page: first.pages, pages: first.pages }));
    }

    #[test]
    fn the_pages_of_a_story_are_its_pictures_and_those_of_its_text() {
        let picture = |byte: u8| {
            let object = ObjectRef { sha256: Sha256([byte; 32]), length: 1 };
            Picture { object, width: 16, height: 9, caption: format!("{byte}"), thumbnail: object }
        };
        let story = Content::Story { pictures: vec![picture(1), picture(2), picture(3)] };
        let shown = seen(a_preview(story.clone(), Place::Item { page: 2 })).unwrap();
        let Screen::Story(view) = shown.view.screen else { panic!("no story") };
        assert_eq!((view.index, view.picture.sha256), (2, None));
        assert!(view.text_pages > 1 && shown.pages == 3 + view.text_pages, "{}", shown.pages);
        let first = seen(a_preview(story.clone(), Place::Item { page: 3 })).unwrap();
        let Screen::Reader(text) = first.view.screen else { panic!("no text") };
        assert_eq!((text.page_index, text.page_count), (0, view.text_pages));
        let last = seen(a_preview(story, Place::Item { page: shown.pages - 1 })).unwrap();
        let Screen::Reader(text) = last.view.screen else { panic!("no text") };
        assert_eq!((text.page_index, last.pages), (view.text_pages - 1, shown.pages));
    }

    #[test]
    fn the_pages_of_a_video_are_its_own_and_those_of_its_text() {
        let object = ObjectRef { sha256: Sha256([1; 32]), length: 10 };
        let poster = Picture { object, width: 16, height: 9, caption: String::new(), thumbnail: object };
        let video = crate::catalog::Video { object, width: 16, height: 9, duration: 90_000, poster };
        let at = |page| seen(a_preview(Content::Video { video: video.clone() }, Place::Item { page })).unwrap();
        let own = at(0);
        assert!(matches!(own.view.screen, Screen::VideoDetail(_)) && own.pages > 2);
        for page in 1..own.pages {
            let Screen::Reader(text) = at(page).view.screen else { panic!("no text") };
            assert_eq!((text.page_index, text.page_count), (page - 1, own.pages - 1));
        }
    }

    #[test]
    fn the_pages_of_a_table_are_all_its_rows_all_its_columns_and_its_explanation() {
        use crate::catalog::{Column, Table, TableRow};
        let column = |number: usize| Column { title: format!("第{number}栏金额"), numeric: number > 0 };
        let row = |row: usize| TableRow {
            cells: (0..8).map(|column| format!("{row}{column},234,567.89")).collect(),
            total: false,
        };
        let table = Table { columns: (0..8).map(column).collect(), rows: (0..20).map(row).collect() };
        let content = Content::Disclosure { table, receipts: Vec::new() };
        let at = |page| seen(a_preview(content.clone(), Place::Item { page })).unwrap();
        let pages = at(0).pages;
        let (mut cells, mut notes) = (std::collections::BTreeSet::new(), 0);
        for page in 0..pages {
            let shown = at(page);
            assert_eq!(shown.pages, pages);
            let Screen::Table(view) = shown.view.screen else { panic!("no table") };
            cells.extend(view.rows.iter().flat_map(|row| row.cells.clone()));
            notes += view.note.lines.len();
        }
        assert_eq!((cells.len(), notes), (160, 60));
        let beyond = seen(a_preview(content, Place::Item { page: pages }));
        assert_eq!(beyond, Err(PreviewError::NoSuchPage { page: pages, pages }));
    }

    #[test]
    fn who_has_reviewed_is_named_and_who_will_is_left_open() {
        let meta = |needed: u8| {
            let mut wanted = a_preview(Content::Article, Place::Item { page: 0 });
            wanted.reviews.needed = needed;
            let Screen::Reader(reader) = seen(wanted).unwrap().view.screen else { panic!("not the reader") };
            reader.meta
        };
        assert!(meta(3).ends_with("初审 陈伟民 · 复审 待定 · 终审 待定"), "{}", meta(3));
        assert!(meta(1).ends_with("　终审 待定"), "{}", meta(1));
    }

    #[test]
    fn an_item_of_another_village_and_a_box_in_a_town_are_refused() {
        let mut elsewhere = a_preview(Content::Article, Place::List);
        elsewhere.village = "440224103001".parse().unwrap();
        let village = elsewhere.village;
        let refused = Err(PreviewError::OtherLineage { region: self::village(), village });
        assert_eq!(seen(elsewhere), refused);
        let mut in_town = a_preview(Content::Article, Place::List);
        in_town.village = "440224103000".parse().unwrap();
        assert!(matches!(seen(in_town), Err(PreviewError::NotAVillage(_))));
    }

    #[test]
    fn an_item_of_the_county_is_shown_in_its_village() {
        let mut wanted = a_preview(Content::Article, Place::List);
        wanted.item.region = "440224000000".parse().unwrap();
        wanted.item.id = "440224000000/draft".into();
        assert_eq!(seen(wanted).unwrap().view.focus, "item/440224000000/draft");
    }
}
