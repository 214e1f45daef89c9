//! What the screen shows, as plain data in the screen's own words. The UI draws it and adds nothing but geometry and
//! motion; the web remote serves it as `/view.json`; the tests read it.
//!
//! All texts are ready to be shown, in the viewer's language. Ids are stable: the same thing has the same id in every
//! view, so that the UI can move what moved instead of drawing everything anew.

use crate::catalog::{Board, ItemId, Kind, Sha256};
use crate::event::VideoPlace;
use crate::key::Layer;

/// The stable name of something that can have the focus, such as `home/live`, `board/section/finance`,
/// `item/440224103999/canal` or `settings/language`.
pub type ElementId = String;

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub language: Language,
    pub text_size: TextSize,
    pub header: Header,
    pub screen: Screen,
    /// Grows with every change from one screen to another, for the page motion.
    pub serial: u64,
    pub travel: Travel,
    /// The top layer: what the keys go to.
    pub layer: Layer,
    /// What has the focus on the top layer; always one of [`View::elements`], except where there is nothing to choose.
    pub focus: ElementId,
    /// Everything on the top layer that can have the focus.
    pub elements: Vec<Element>,
    pub video: VideoView,
    pub osd: Option<Osd>,
    pub dialog: Option<Dialog>,
    /// One line about the network or the age of what is shown, such as `网络断了，正在看的是昨天 18:30 存下的内容`.
    pub notice: Option<String>,
    /// The drawing before the notice.
    pub notice_sign: NoticeSign,
    /// A short message at the lower edge that goes by itself.
    pub toast: Option<String>,
    pub standby: bool,
    /// For `/view.json` and whoever is asked on the phone; the screens say it in words.
    pub sync: SyncView,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoticeSign {
    /// No network.
    #[default]
    Offline,
    /// The storage is full or cannot be written.
    Storage,
    /// What came could not be verified.
    Refused,
    Receiving,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncView {
    pub running: bool,
    /// Whether the cloud answered the last time; `None` before the first answer.
    pub online: Option<bool>,
    /// Unix seconds of the last complete synchronization.
    pub last_success: Option<i64>,
    pub pending_objects: usize,
    /// Bytes.
    pub pending_bytes: u64,
    pub storage_full: bool,
    /// Several objects in a row were wrong: all wait until one is right.
    pub way_doubted: bool,
    /// Objects in whose place something else came, those that the server does not have, and pictures without room.
    pub wrong_objects: usize,
    pub absent_objects: usize,
    pub unfit_pictures: usize,
    /// The last refusal or failure, naming the region and the reason.
    pub trouble: Option<String>,
    /// Items that are stored and may be shown, all levels.
    pub items: usize,
    /// Items that are stored and kept from the screen, because their reviews do not suffice.
    pub withheld: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    Chinese,
    English,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextSize {
    Normal,
    /// All type × 1.25, fewer rows.
    Large,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Travel {
    None,
    /// Deeper: the new page comes from the right.
    Forward,
    /// Back: the new page comes from the left.
    Back,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub id: ElementId,
    pub label: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// `榕树村`
    pub village: String,
    /// First character of the name, for the seal.
    pub seal: String,
    /// `广东省 · 韶关市 · 仁化县 · 丹霞街道`
    pub lineage: String,
    /// `11月23日 星期一`; empty while the time is not known.
    pub date: String,
    /// `19:42`; empty while the time is not known.
    pub time: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Nothing but the picture; what lies over it is [`View::osd`].
    Live,
    Home(HomeView),
    Board(BoardView),
    Reader(ReaderView),
    Table(TableView),
    Story(StoryView),
    VideoDetail(VideoDetailView),
    Product(ProductView),
    /// A video from the library, full screen; its controls are [`View::osd`].
    Player,
    Settings(SettingsView),
    About(AboutView),
}

// ------------------------------------------------------------------------------------------------------------- parts

/// A picture to draw. Not stored yet: `sha256` is `None` and the place holder of `kind` is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureView {
    pub sha256: Option<Sha256>,
    /// Pixels of the stored picture.
    pub width: u32,
    pub height: u32,
    pub caption: String,
}

/// What stands where there is nothing to show, and what one can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmptyView {
    pub icon: EmptyIcon,
    pub title: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyIcon {
    /// Nothing published here yet.
    Empty,
    /// Not stored, and no network.
    Offline,
    /// Being fetched.
    Loading,
    Error,
}

/// A key and what it does here, for the bottom line: `◀ ▶` `翻看票据`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub keys: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

// -------------------------------------------------------------------------------------------------------------- home

/// Focus ids: `home/live`, `home/board/<slug>`, `home/settings`, `item/<id>` of the fresh items.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeView {
    pub live: LiveCard,
    pub boards: Vec<BoardCard>,
    /// Up to four (three in large type): what is new, pinned notices first.
    pub fresh: Vec<FreshCard>,
    /// Instead of the fresh items when there are none.
    pub empty: Option<EmptyView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCard {
    /// `3 榕树村频道 · 乡村新闻`. OK leads to the banner, where a long one stands whole.
    pub title: String,
    /// `19:30 – 20:00　接着播：农技课堂`
    pub line: String,
    /// `19:30 – 20:00`, for where there is no room for the whole line.
    pub times: String,
    /// Set while there is no picture: why, in words.
    pub trouble: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCard {
    pub id: ElementId,
    pub board: Board,
    pub title: String,
    /// `学党史 · 党务公开`; as many names as stand there whole.
    pub line: String,
    /// `今日更新 3`; empty when there is nothing new.
    pub badge: String,
    /// The badge stands beside the line: there is no room beside the title.
    pub badge_below: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshCard {
    pub id: ElementId,
    pub item: ItemId,
    /// The section's name.
    pub tag: String,
    pub title: String,
    pub board: Board,
    pub thumbnail: Option<PictureView>,
}

// ------------------------------------------------------------------------------------------------------------- board

/// Sections to the left, the list of the selected one to the right.
///
/// Focus ids: `board/section/<id>` and `item/<id>`.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardView {
    pub board: Board,
    pub title: String,
    pub sections: Vec<SectionTab>,
    /// Index of the first section drawn, when there are more than fit.
    pub first_section: usize,
    pub selected_section: usize,
    /// The rows to draw and a few on either side; [`RowView::index`] says where each belongs.
    pub rows: Vec<RowView>,
    /// Index of the row at the top of the list.
    pub first_row: usize,
    /// How many rows fit: five, four in large type.
    pub visible_rows: usize,
    pub total_rows: usize,
    pub empty: Option<EmptyView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionTab {
    pub id: ElementId,
    pub name: String,
    /// How many items.
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RowView {
    pub id: ElementId,
    pub item: ItemId,
    /// Position in the whole list.
    pub index: usize,
    pub kind: Kind,
    pub title: String,
    /// Second line: the summary, or what matters for its kind (when and where, price, duration).
    pub line: String,
    /// Third line: `榕树村村民委员会 · 三审通过`.
    pub meta: String,
    /// `今天`, `昨天`, `10月8日`.
    pub date: String,
    /// `置顶`, `68.00 元`, `03:25`; may be empty.
    pub badge: String,
    pub thumbnail: Option<PictureView>,
    /// Empty when everything is stored; otherwise what is not: `视频未存到本机，联网时可看`.
    pub missing: String,
}

// ------------------------------------------------------------------------------------------------------------ reader

/// An article, notice, activity, job or spot, page by page; also the text of a picture story or a video, and one row of
/// a table in full.
///
/// Focus ids: `reader/text` and, with a side picture, `reader/picture`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReaderView {
    pub board: Board,
    /// `乡村治理 › 普法教育`
    pub crumb: String,
    pub title: String,
    /// `榕树村村民委员会　10月8日　初审、复审、终审已通过`
    pub meta: String,
    /// The text, with date, place, pay and the like above it.
    pub page: TextPage,
    /// From 0.
    pub page_index: usize,
    pub page_count: usize,
    /// To the right of the text.
    pub side: Option<SidePicture>,
    pub hints: Vec<Hint>,
    /// `第 1 页 / 共 2 页`
    pub position: String,
    /// Instead of the text while it is being read from the store, or when it cannot be.
    pub empty: Option<EmptyView>,
}

/// One page of running text, already broken into lines. Positions count in body lines of the text size: 54 px at 1080p,
/// 68 px in large type; 1 em is 32 px, 40 px in large type. What the UI draws must agree with `layout`:
///
/// - reader: text from y = 264, 1728 px wide, 1120 px beside a side picture (which takes x = 1216–1824, y = 264–960);
/// - table: the note begins half a body line below the table, and is as wide;
/// - product: text from y = 366, 1120 px wide; video detail: text 800 px wide, four lines at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextPage {
    pub lines: Vec<TextLine>,
    pub figures: Vec<FigureView>,
    pub facts: Vec<FactRow>,
}

/// What something is, and what is said of it, side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct FactRow {
    pub label: String,
    pub value: String,
    /// The same, broken into lines.
    pub label_lines: Vec<String>,
    pub value_lines: Vec<String>,
    /// Where the values begin, in em.
    pub indent: f32,
    /// In body lines.
    pub top: f32,
    pub height: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TextLine {
    pub text: String,
    pub style: LineStyle,
    /// Distance from the top of the text, in body lines.
    pub top: f32,
    /// Indent from the left edge, in em of the body.
    pub indent: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineStyle {
    Body,
    Heading,
    Quote,
    /// First line of a list entry; the marker is part of the text.
    Entry,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FigureView {
    pub picture: PictureView,
    /// Broken into lines for the width of the text.
    pub caption: Vec<String>,
    pub top: f32,
    /// In body lines, the caption's lines below it included.
    pub height: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SidePicture {
    pub picture: PictureView,
    /// From 0, of `count`.
    pub index: usize,
    pub count: usize,
    /// `票据 1 / 4　按 OK 放大`
    pub label: String,
}

// ------------------------------------------------------------------------------------------------------------- table

/// A disclosure table. Its lengths are pixels at 1080p, from the table's own left upper corner at (96, 262).
///
/// Columns that do not fit side by side are seen one part after the other; the first column stays. Nothing in a cell is
/// cut: figures have the width they need, words are broken into lines.
///
/// Focus ids: `table/row/<index>` of the rows of this page, `table/note` on a page without rows, and `table/receipts`
/// when there are receipts. They stand beside a table of 1120 px; beside a wider one a tile leads to them.
#[derive(Clone, Debug, PartialEq)]
pub struct TableView {
    pub board: Board,
    pub crumb: String,
    pub title: String,
    pub meta: String,
    /// Those of this part.
    pub columns: Vec<TableColumn>,
    /// How many of the pages have rows; the others follow with the rest of the note.
    pub row_pages: usize,
    /// From 0; ◀ ▶ lead from one to the next.
    pub part: usize,
    pub part_count: usize,
    pub width: f32,
    pub header_height: f32,
    /// Rows of this page.
    pub rows: Vec<TableRowView>,
    /// Below the table, already broken into lines; on the last page of the table, or on pages of its own.
    pub note: TextPage,
    pub page_index: usize,
    pub page_count: usize,
    pub receipts: Option<SidePicture>,
    pub hints: Vec<Hint>,
    pub position: String,
    pub empty: Option<EmptyView>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    pub title: String,
    /// The title, broken into lines.
    pub lines: Vec<String>,
    pub numeric: bool,
    pub left: f32,
    pub width: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableRowView {
    pub id: ElementId,
    /// Position in the whole table.
    pub index: usize,
    /// Of the columns of this part.
    pub cells: Vec<String>,
    /// The cells, broken into lines.
    pub lines: Vec<Vec<String>>,
    pub total: bool,
    /// Below the header's upper edge.
    pub top: f32,
    pub height: f32,
}

// ------------------------------------------------------------------------------------------------------------- story

/// A picture story, or the enlarged receipts and pictures of another item: one picture at a time, full screen.
/// Focus id: `story/picture`. The words of a story are a [`ReaderView`], one key away.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryView {
    pub board: Board,
    pub title: String,
    /// The title, broken into lines.
    pub heading: Vec<String>,
    pub picture: PictureView,
    /// Broken into lines.
    pub caption: Vec<String>,
    /// What is left for the picture above the words: pixels at 1080p, from y = 48.
    pub picture_height: f32,
    pub index: usize,
    pub count: usize,
    /// Pages of the text that belongs to the pictures; 0 when there is none.
    pub text_pages: usize,
    /// The neighbours, to be decoded ahead.
    pub ahead: Vec<PictureView>,
    pub hints: Vec<Hint>,
    pub position: String,
    pub empty: Option<EmptyView>,
}

// ------------------------------------------------------------------------------------------------------------- video

/// Focus ids: `video/play`, `video/restart` (when it can be resumed), `video/text` (when there is more text than stands
/// here), and `item/<id>` of what follows.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoDetailView {
    pub board: Board,
    pub crumb: String,
    pub title: String,
    pub meta: String,
    pub poster: Option<PictureView>,
    /// `03:25`
    pub duration: String,
    /// `已存到本机，没有网络也能看` or the like.
    pub availability: String,
    /// Side by side.
    pub buttons: Vec<ButtonView>,
    /// First lines of the text.
    pub text: TextPage,
    /// In the place of the last line when there is more: `按 OK 看全文`.
    pub more: Option<String>,
    /// Pages of the whole text; 0 when it is seen here as a whole.
    pub text_pages: usize,
    /// `更多视频`: the next videos of the section.
    pub next: Vec<FreshCard>,
    pub hints: Vec<Hint>,
    pub empty: Option<EmptyView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButtonView {
    pub id: ElementId,
    pub label: String,
}

// ----------------------------------------------------------------------------------------------------------- product

/// Focus ids: `product/text` and, when there are pictures, `product/picture`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductView {
    pub board: Board,
    pub crumb: String,
    pub title: String,
    pub meta: String,
    /// `68.00`
    pub price: String,
    /// `元 / 每箱 5 斤`
    pub unit: String,
    pub pictures: Option<SidePicture>,
    /// What the QR code holds.
    pub order: String,
    /// `手机扫一扫下单`
    pub order_label: String,
    /// With origin, seller and telephone above it.
    pub text: TextPage,
    pub page_index: usize,
    pub page_count: usize,
    pub hints: Vec<Hint>,
    pub position: String,
    pub empty: Option<EmptyView>,
}

// ---------------------------------------------------------------------------------------------------- settings, about

/// Focus ids: `settings/<id>`.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsView {
    pub title: String,
    pub rows: Vec<SettingRow>,
    /// Index of the first row drawn.
    pub first_row: usize,
    pub visible_rows: usize,
    pub hints: Vec<Hint>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    pub id: ElementId,
    pub label: String,
    /// The chosen value, or what OK does.
    pub value: String,
    /// What it means, in a sentence.
    pub text: String,
    /// Left and right change the value.
    pub choice: bool,
}

/// Focus id: `about/text`.
#[derive(Clone, Debug, PartialEq)]
pub struct AboutView {
    pub title: String,
    /// All of them.
    pub facts: Vec<Fact>,
    /// Those of this page, broken into lines.
    pub page: TextPage,
    pub position: String,
    pub hints: Vec<Hint>,
    /// Corner for who is asked on the phone: version and the last error's code.
    pub technical: String,
}

// ------------------------------------------------------------------------------------------------------------- video

#[derive(Clone, Debug, PartialEq)]
pub struct VideoView {
    pub place: VideoPlace,
    /// False until the first picture of what was asked for is there; the last picture stays on the screen meanwhile.
    pub fresh: bool,
    /// What is played, for `/view.json`: `live/440224103999/rongshu` or `item/<id>`.
    pub source: String,
    pub state: PlayState,
    /// Milliseconds; 0 for live.
    pub position: u64,
    /// Milliseconds; 0 when not known or live.
    pub duration: u64,
    /// Shown over the picture: `正在加载画面 45%`, or what is wrong and what one can do.
    pub message: Option<String>,
    /// Below the message while there is no live picture: what OK opens instead. Focus id `live/home`.
    pub offer: Option<String>,
    /// Shown for as long as it lasts, wherever there is a picture.
    pub muted: bool,
    pub volume: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlayState {
    Idle,
    Loading,
    Buffering,
    Playing,
    Paused,
    Failed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Osd {
    Banner(BannerView),
    /// Digits typed so far, and the channel they lead to.
    Digits {
        typed: String,
        channel: String,
    },
    /// Focus ids: `channel/<number>`.
    Channels(ChannelListView),
    /// Focus id: `player/bar`.
    Player(PlayerBarView),
    Volume {
        percent: u8,
        muted: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BannerView {
    pub number: String,
    pub name: String,
    /// `19:30 乡村新闻`
    pub current: String,
    /// Thousandths of the programme that have gone by.
    pub progress: u16,
    /// `20:00 农技课堂`
    pub next: String,
    pub time: String,
    /// `主页键 打开榕树村主页`
    pub hint: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelListView {
    pub title: String,
    pub rows: Vec<ChannelRow>,
    /// Index of the first row drawn.
    pub first_row: usize,
    pub visible_rows: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRow {
    pub id: ElementId,
    pub number: String,
    pub name: String,
    /// What is on.
    pub line: String,
    pub playing: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerBarView {
    pub title: String,
    pub state: PlayState,
    /// `01:05`
    pub position: String,
    /// `03:25`
    pub duration: String,
    /// Thousandths.
    pub progress: u16,
    /// While seeking by holding: where it would go on; thousandths and `01:45`.
    pub seek: Option<(u16, String)>,
    /// `接着播：…`; may be empty.
    pub next: String,
    pub hints: Vec<Hint>,
}

/// A question over everything else. Focus ids: `dialog/<id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    pub title: String,
    pub text: String,
    pub buttons: Vec<ButtonView>,
}
