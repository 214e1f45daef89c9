//! The screens: each is a small struct that knows its focus, answers commands with an [`Action`], and describes itself
//! as a part of the view. Nothing here performs anything.

pub mod home;
pub mod board;
pub mod opened;
pub mod reader;
pub mod table;
pub mod row;
pub mod story;
pub mod video;
pub mod product;
pub mod settings;
pub mod about;

use crate::catalog::{Block, Board, Channel, Content, Item, ItemId, ItemSummary, ObjectRef, Picture, Sha256, Step};
use crate::convenience::Convenience;
use crate::event::MediaErrorKind;
use crate::layout::Layout;
use crate::library::Library;
use crate::player::Player;
use crate::ports::TextMeasure;
use crate::settings::Settings;
use crate::shelves::Shelves;
use crate::sync::{Sync, SyncStatus};
use crate::text::{Matter, width};
use crate::time::UnixSeconds;
use crate::tuner::{OnAir, Tuner, on_air};
use crate::view::{
    self, Element, ElementId, EmptyIcon, EmptyView, Fact, FactRow, Hint, PictureView, TextLine, TextPage,
};
use crate::words::{BackTo, EmptyWord, HintWord, Label, Words};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What screens may read.
pub struct Context<'a> {
    pub library: &'a Library,
    pub shelves: &'a Shelves,
    pub settings: &'a Settings,
    pub words: Words,
    pub layout: Layout,
    pub measure: &'a dyn TextMeasure,
    pub player: &'a Player,
    pub tuner: &'a Tuner,
    pub sync: &'a SyncStatus,
    /// Where videos stopped, in milliseconds.
    pub positions: &'a BTreeMap<ItemId, u64>,
    pub facts: &'a SystemFacts,
    pub missing: &'a BTreeSet<Convenience>,
    /// Milliseconds of the clock that never jumps.
    pub monotonic: u64,
    /// The time, where it is said; `None` while it is not known.
    pub now: Option<UnixSeconds>,
    /// Where Back leads from the top screen.
    pub back: BackTo,
    /// Why there is no live picture, from the first failure until it plays again.
    pub live_trouble: Option<MediaErrorKind>,
    /// Every object that is on the screen, for who evicts.
    pub shown: RefCell<BTreeSet<Sha256>>,
    /// Pictures that would be on the screen if they were there, for who fetches.
    pub lacking: RefCell<BTreeSet<Sha256>>,
    /// Why they are not there.
    pub fates: &'a Sync,
}

/// What does not change while the program runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemFacts {
    pub version: String,
    /// Base URL of the cloud, ending in `/`.
    pub cloud: String,
    pub village: Option<crate::RegionCode>,
    /// Bytes.
    pub quota: u64,
    /// The storage cannot be written: everything is kept in memory, and gone with the power.
    pub storage_lost: bool,
    /// The configuration allows counting what is watched; the viewer may still switch it off.
    pub view_counts: bool,
}

impl SystemFacts {
    /// The URL of something that is published under an absolute URL or under a path on the cloud.
    pub fn absolute(&self, url: &str) -> String {
        match url.strip_prefix('/') {
            Some(path) => format!("{}{path}", self.cloud),
            None => url.to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `by` is 1, and more when the key is held for long.
    Move {
        direction: Direction,
        by: usize,
    },
    Ok,
    Back,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
    Left,
    Right,
}

/// What a screen wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Nothing,
    /// Leave this screen.
    Leave,
    Live,
    OpenBoard(Board),
    Open(ItemId),
    ShowPictures {
        board: Board,
        title: String,
        pictures: Vec<Picture>,
        index: usize,
    },
    /// Play a video from a position in milliseconds.
    Play {
        item: Box<Item>,
        from: u64,
    },
    /// The row of the table that has the focus, in full.
    OpenRow,
    /// The words that belong to the pictures or the video on the screen.
    OpenText,
    OpenSettings,
    OpenAbout,
    Set(Box<Settings>),
    SyncNow,
    AskReset,
}

impl Context<'_> {
    /// The time of the schedule at which what is seen now was sent; `None` while the time is not known.
    pub fn seen(&self) -> Option<UnixSeconds> {
        self.now.map(|now| now - crate::tuner::LIVE_DELAY)
    }

    /// What is seen on a channel now and what follows; a box that does not know the time does not say.
    pub fn on_air<'a>(&self, channel: &'a Channel) -> Option<(OnAir<'a>, OnAir<'a>)> {
        on_air(channel, self.seen()?)
    }

    /// The picture itself, its thumbnail while the picture is not stored, or nothing.
    pub fn picture(&self, picture: &Picture) -> PictureView {
        let stored = [picture.object, picture.thumbnail].into_iter().find(|object| self.there(*object));
        self.shown.borrow_mut().extend(stored.map(|object| object.sha256));
        PictureView {
            sha256: stored.map(|object| object.sha256),
            width: picture.width,
            height: picture.height,
            caption: picture.caption.clone(),
        }
    }

    pub fn thumbnail(&self, thumbnail: ObjectRef) -> PictureView {
        let sha256 = self.there(thumbnail).then_some(thumbnail.sha256);
        self.shown.borrow_mut().extend(sha256);
        PictureView { sha256, width: 480, height: 300, caption: String::new() }
    }

    /// Whether an object can be drawn; what cannot is noted.
    fn there(&self, object: ObjectRef) -> bool {
        let there = self.library.shows(object.sha256);
        if !there {
            self.lacking.borrow_mut().insert(object.sha256);
        }
        there
    }

    pub fn hints(&self, hints: &[HintWord]) -> Vec<Hint> {
        hints
            .iter()
            .map(|hint| {
                let (keys, text) = self.words.hint(*hint);
                Hint { keys, text }
            })
            .collect()
    }

    pub fn empty(&self, word: EmptyWord) -> EmptyView {
        let (title, text) = self.words.empty(word);
        let icon = match word {
            EmptyWord::Section => EmptyIcon::Empty,
            EmptyWord::FirstStart | EmptyWord::Loading => EmptyIcon::Loading,
            EmptyWord::FirstStartOffline | EmptyWord::NoChannels => EmptyIcon::Offline,
            EmptyWord::NotBroadcast => EmptyIcon::Empty,
            EmptyWord::Unreadable | EmptyWord::Broken | EmptyWord::Withdrawn | EmptyWord::Refused => EmptyIcon::Error,
        };
        EmptyView { icon, title, text }
    }

    pub fn section_name(&self, board: Board, id: &str) -> String {
        let section = self.shelves.sections(board).iter().find(|section| section.id == id);
        match (section, self.words.language()) {
            (Some(section), view::Language::English) if !section.name_en.is_empty() => section.name_en.clone(),
            (Some(section), _) => section.name.clone(),
            (None, _) => id.to_owned(),
        }
    }

    pub fn crumb(&self, board: Board, section: &str) -> String {
        format!("{} › {}", self.words.board(board), self.section_name(board, section))
    }

    /// `榕树村村民委员会　10月8日　初审 陈伟民 · 复审 李玉兰 · 终审 黄志强`. Where the names have no room it says that there
    /// were reviews; the names are then below the text: [`Context::imprint`].
    pub fn meta(&self, publisher: &str, published: UnixSeconds, reviewers: &[(Step, String)]) -> String {
        let join = |reviewed: String| {
            let parts = [publisher.to_owned(), self.words.day(published), reviewed];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("　")
        };
        let whole = join(self.words.reviewed(reviewers));
        if self.fits_a_line(&whole) { whole } else { join(self.words.reviewed_short(reviewers.len())) }
    }

    fn fits_a_line(&self, text: &str) -> bool {
        width(text, false, self.measure) <= self.layout.second_line_width() * 0.99
    }

    /// Everything there is to read of an item: `facts`, and what no other place shows as a whole.
    pub fn matter<'a>(&self, item: &'a Item, facts: Vec<Fact>) -> Matter<'a> {
        Matter { facts, lead: self.lead(item), blocks: &item.body, imprint: self.imprint(item) }
    }

    /// The summary, when neither the list shows it as a whole nor the text says it again.
    fn lead<'a>(&self, item: &'a Item) -> &'a str {
        let text = |block: &'a Block| match block {
            Block::Heading(text) | Block::Paragraph(text) | Block::Quote(text) | Block::Entry { text, .. } => text,
            Block::Figure(picture) => &picture.caption,
        };
        if item.body.iter().any(|block| text(block).contains(&item.summary)) {
            return "";
        }
        let before = match item.content {
            Content::Activity { starts, .. } => format!("{}　", self.words.appointment(starts)),
            _ => String::new(),
        };
        let in_list = width(&before, false, self.measure) + width(&item.summary, false, self.measure);
        let fits = in_list <= Layout::row_line_width() * 0.99;
        if fits && !item.body.is_empty() { "" } else { &item.summary }
    }

    /// Who published and who reviewed it, when [`Context::meta`] has no room for the names.
    fn imprint(&self, item: &Item) -> Vec<Fact> {
        let reviewers = self.library.reviewers(&item.id);
        let parts = [item.publisher.clone(), self.words.day(item.published), self.words.reviewed(reviewers)];
        if self.fits_a_line(&parts.join("　")) {
            return Vec::new();
        }
        let publisher = Fact { label: self.words.label(Label::Publisher), value: item.publisher.clone() };
        let reviewer = |(step, name): &(Step, String)| Fact { label: self.words.step(*step), value: name.clone() };
        [publisher].into_iter().chain(reviewers.iter().map(reviewer)).filter(|fact| !fact.value.is_empty()).collect()
    }

    /// What broken lines are made for.
    pub fn type_of_text(&self) -> (view::TextSize, view::Language) {
        (self.settings.text_size, self.settings.language)
    }

    pub fn online(&self) -> bool {
        self.sync.online != Some(false)
    }

    /// Why there are no items where there could be some.
    pub fn nothing(&self) -> EmptyWord {
        match (self.sync.last_success, self.sync.online) {
            (Some(_), _) => EmptyWord::Section,
            (None, Some(false)) => EmptyWord::FirstStartOffline,
            (None, _) if self.sync.is_refused() => EmptyWord::Refused,
            (None, _) => EmptyWord::FirstStart,
        }
    }

    /// Why there are no channels.
    pub fn no_channels(&self) -> EmptyWord {
        match self.nothing() {
            EmptyWord::Section => EmptyWord::NotBroadcast,
            EmptyWord::FirstStartOffline => EmptyWord::NoChannels,
            word => word,
        }
    }

    /// A small card for an item: on the home page, below a video.
    pub fn card(&self, item: &ItemSummary) -> view::FreshCard {
        view::FreshCard {
            id: item_element(&item.id),
            item: item.id.clone(),
            tag: self.section_name(item.board, &item.section),
            title: item.title.clone(),
            board: item.board,
            thumbnail: item.thumbnail.map(|thumbnail| self.thumbnail(thumbnail)),
        }
    }
}

pub fn item_element(id: &str) -> ElementId {
    format!("item/{id}")
}

pub fn element(id: impl Into<ElementId>, label: impl Into<String>) -> Element {
    Element { id: id.into(), label: label.into() }
}

pub fn text_page(page: Option<&crate::text::Page>, context: &Context) -> TextPage {
    use crate::text::Placed;
    let mut shown = TextPage::default();
    for placed in page.iter().flat_map(|page| &page.placed) {
        match placed {
            Placed::Line { text, style, top, indent } => {
                shown.lines.push(TextLine { text: text.clone(), style: *style, top: *top, indent: *indent });
            }
            Placed::Figure { picture, caption, top, height } => shown.figures.push(view::FigureView {
                picture: context.picture(picture),
                caption: caption.clone(),
                top: *top,
                height: *height,
            }),
            Placed::Fact(placed) => shown.facts.push(FactRow {
                label: placed.fact.label.clone(),
                value: placed.fact.value.clone(),
                label_lines: placed.label.clone(),
                value_lines: placed.value.clone(),
                indent: placed.indent,
                top: placed.top,
                height: placed.height,
            }),
        }
    }
    shown
}

/// The screens on top of one another; the lowest is live television.
#[derive(Clone, Debug)]
pub enum ScreenState {
    Live,
    Home(home::Home),
    Board(board::BoardScreen),
    Reader(reader::Reader),
    Table(table::TableScreen),
    Row(row::RowScreen),
    Story(story::Story),
    Video(video::VideoDetail),
    Product(product::Product),
    /// A video in full; the App itself answers its keys.
    Player,
    Settings(settings::SettingsScreen),
    About(about::AboutScreen),
}

impl ScreenState {
    /// The screen that shows an item of this kind.
    pub fn open(summary: &ItemSummary, monotonic: u64) -> ScreenState {
        use crate::catalog::Kind;
        let opened = opened::Opened::new(summary, monotonic);
        match summary.kind {
            Kind::Article | Kind::Notice | Kind::Activity | Kind::Spot | Kind::Job => {
                ScreenState::Reader(reader::Reader::new(opened))
            }
            Kind::Disclosure => ScreenState::Table(table::TableScreen::new(opened)),
            Kind::Story => ScreenState::Story(story::Story::new(opened)),
            Kind::Video => ScreenState::Video(video::VideoDetail::new(opened)),
            Kind::Product => ScreenState::Product(product::Product::new(opened)),
        }
    }

    /// The item this screen has open.
    pub fn opened(&self) -> Option<&opened::Opened> {
        match self {
            ScreenState::Reader(screen) => Some(&screen.opened),
            ScreenState::Table(screen) => Some(&screen.opened),
            ScreenState::Row(screen) => Some(&screen.opened),
            ScreenState::Story(screen) => screen.opened.as_ref(),
            ScreenState::Video(screen) => Some(&screen.opened),
            ScreenState::Product(screen) => Some(&screen.opened),
            _ => None,
        }
    }

    pub fn opened_mut(&mut self) -> Option<&mut opened::Opened> {
        match self {
            ScreenState::Reader(screen) => Some(&mut screen.opened),
            ScreenState::Table(screen) => Some(&mut screen.opened),
            ScreenState::Row(screen) => Some(&mut screen.opened),
            ScreenState::Story(screen) => screen.opened.as_mut(),
            ScreenState::Video(screen) => Some(&mut screen.opened),
            ScreenState::Product(screen) => Some(&mut screen.opened),
            _ => None,
        }
    }

    /// Keeps focus and page inside what there is now.
    pub fn settle(&mut self, context: &Context) {
        match self {
            ScreenState::Home(screen) => screen.settle(context),
            ScreenState::Board(screen) => screen.settle(context),
            ScreenState::Reader(screen) => screen.settle(context),
            ScreenState::Table(screen) => screen.settle(context),
            ScreenState::Row(screen) => screen.settle(context),
            ScreenState::Story(screen) => screen.settle(context),
            ScreenState::Video(screen) => screen.settle(context),
            ScreenState::Product(screen) => screen.settle(context),
            ScreenState::Settings(screen) => screen.settle(context),
            ScreenState::About(screen) => screen.settle(context),
            ScreenState::Live | ScreenState::Player => {}
        }
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        match self {
            ScreenState::Home(screen) => screen.handle(command, context),
            ScreenState::Board(screen) => screen.handle(command, context),
            ScreenState::Reader(screen) => screen.handle(command, context),
            ScreenState::Table(screen) => screen.handle(command),
            ScreenState::Row(screen) => screen.handle(command, context),
            ScreenState::Story(screen) => screen.handle(command),
            ScreenState::Video(screen) => screen.handle(command, context),
            ScreenState::Product(screen) => screen.handle(command, context),
            ScreenState::Settings(screen) => screen.handle(command, context),
            ScreenState::About(screen) => screen.handle(command, context),
            ScreenState::Live | ScreenState::Player => match command {
                Command::Back => Action::Leave,
                _ => Action::Nothing,
            },
        }
    }

    pub fn view(&self, context: &Context) -> view::Screen {
        match self {
            ScreenState::Live => view::Screen::Live,
            ScreenState::Player => view::Screen::Player,
            ScreenState::Home(screen) => view::Screen::Home(screen.view(context)),
            ScreenState::Board(screen) => view::Screen::Board(screen.view(context)),
            ScreenState::Reader(screen) => view::Screen::Reader(screen.view(context)),
            ScreenState::Table(screen) => view::Screen::Table(screen.view(context)),
            ScreenState::Row(screen) => view::Screen::Reader(screen.view(context)),
            ScreenState::Story(screen) => view::Screen::Story(screen.view(context)),
            ScreenState::Video(screen) => view::Screen::VideoDetail(screen.view(context)),
            ScreenState::Product(screen) => view::Screen::Product(screen.view(context)),
            ScreenState::Settings(screen) => view::Screen::Settings(screen.view(context)),
            ScreenState::About(screen) => view::Screen::About(screen.view(context)),
        }
    }

    /// What can have the focus, and what has it.
    pub fn elements(&self, context: &Context) -> (Vec<Element>, ElementId) {
        match self {
            ScreenState::Live => (Vec::new(), "live".into()),
            ScreenState::Player => (Vec::new(), "player".into()),
            ScreenState::Home(screen) => screen.elements(context),
            ScreenState::Board(screen) => screen.elements(context),
            ScreenState::Reader(screen) => screen.elements(),
            ScreenState::Table(screen) => screen.elements(),
            ScreenState::Row(screen) => screen.elements(),
            ScreenState::Story(_) => (vec![element("story/picture", "")], "story/picture".into()),
            ScreenState::Video(screen) => screen.elements(context),
            ScreenState::Product(screen) => screen.elements(),
            ScreenState::Settings(screen) => screen.elements(context),
            ScreenState::About(_) => (vec![element("about/text", "")], "about/text".into()),
        }
    }
}
