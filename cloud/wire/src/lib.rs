//! The documents that cloud and box exchange, as JSON. They are the only thing the two share.
//!
//! Every document is a TUF target of one region's repository, so its bytes are authenticated by that region's keys
//! before they are parsed. Parsing still checks every bound: a signed document may be wrong.
//!
//! Layout of one region's repository, below `/tuf/<12-digit code>/`:
//!
//! | path | what |
//! |---|---|
//! | `timestamp.json`, `N.snapshot.json`, `N.targets.json`, `N.root.json` | TUF metadata, consistent snapshots |
//! | `targets/<sha256>.region.json` | target `region.json`: [`Region`] |
//! | `targets/<sha256>.channels.json` | target `channels.json`: [`Channels`] |
//! | `targets/pages/<board>/<sha256>.<YYYY-MM>.json` | target `pages/<board>/<YYYY-MM>.json`: [`Page`]; of a busy month also `<YYYY-MM>_2.json` and on |
//! | `targets/children/<sha256>.<12-digit code>.root.json` | target `children/<code>.root.json`: the child's first TUF root |
//!
//! | `targets/moved/<sha256>.<12-digit code>.json` | target `moved/<code>.json`: [`Moved`], of a region below that goes on under another code |
//! | `targets/<sha256>.review.json` | target `review.json`: [`Review`], absent where nobody reviews |
//!
//! Media are not targets: a page names them by SHA-256 and length, and they lie at `/objects/<sha256>`, immutable.
//! What boxes tell the cloud is [`views`] and [`report`], and what tells them to ask is [`wake`].

use serde::{Deserialize, Serialize};

pub mod approval;
pub mod moved;
pub mod report;
pub mod views;
pub mod wake;

pub use approval::{Approval, Former, Review, Reviewer, Step};
pub use moved::{Moved, moved_target};

/// The version of these documents. A box refuses a page of another version by name and keeps what it has.
/// Version 2 has the approvals travel with the item.
pub const FORMAT: u32 = 2;

/// Name of the target that describes the region itself.
pub const REGION_TARGET: &str = "region.json";
/// Name of the target that lists the region's live channels.
pub const CHANNELS_TARGET: &str = "channels.json";
/// Name of the target that says who reviews for the region, and how many reviews the regions directly below need.
pub const REVIEW_TARGET: &str = "review.json";

/// Upper bounds, in characters unless said otherwise. The cloud publishes nothing beyond them; a box may refuse it.
pub mod limits {
    pub const TITLE: usize = 60;
    pub const SUMMARY: usize = 200;
    /// Names of regions, publishers, reviewers, employers, sellers and places.
    pub const NAME: usize = 40;
    /// Names of sections and channels.
    pub const SHORT_NAME: usize = 8;
    pub const CAPTION: usize = 60;
    /// One block of running text.
    pub const BLOCK: usize = 2_000;
    /// Blocks of one item.
    pub const BLOCKS: usize = 200;
    /// One cell of a table.
    pub const CELL: usize = 60;
    pub const COLUMNS: usize = 8;
    /// Rows of a table. Below as many, one row of totals may stand: [`too_many_rows`](super::too_many_rows).
    pub const ROWS: usize = 200;
    /// Pictures of one item, figures in its text not counted.
    pub const PICTURES: usize = 30;
    /// Characters of the URI in a QR code, all of them ASCII.
    pub const ORDER: usize = 200;
    pub const SECTIONS: usize = 64;
    pub const CHANNELS: usize = 64;
    pub const PROGRAMMES: usize = 200;
    /// Reviewers that one region names.
    pub const REVIEWERS: usize = 500;
    /// Regions that one region has taken over.
    pub const FORMER: usize = 64;
    /// Regions or channels that one move names besides.
    pub const MOVED: usize = 5_000;
    /// Regions that an audience lists on each side.
    pub const AUDIENCE: usize = 200;
    /// The highest priority of an item.
    pub const PRIORITY: u8 = 9;
    /// Bytes of one document (one TUF target).
    pub const DOCUMENT: usize = 1 << 20;
    /// Bytes of one item as JSON, without its approvals: any two fit into a document.
    pub const ITEM: usize = DOCUMENT / 2 - 8_192;
}

/// Whether a table has more rows than are shown; its last one, when it has the totals, comes on top of [`limits::ROWS`].
pub fn too_many_rows(rows: &[Row]) -> bool {
    rows.len() > most_rows(rows.last().is_some_and(|row| row.total))
}

/// Rows of a table at the most, by whether its last one has the totals.
pub fn most_rows(ends_with_totals: bool) -> usize {
    limits::ROWS + usize::from(ends_with_totals)
}

/// The target name of a page, such as `pages/governance/2026-11.json`.
pub fn page_target(board: Board, month: &str) -> String {
    format!("pages/{}/{month}.json", board.slug())
}

/// The target name of a part of a month that one page does not hold, counted from 0: the first has the page's own name.
///
/// A part is a [`Page`] whose `month` is that of its name, such as `2026-11_2`; boxes of all versions read it like any
/// other page. By their names parts come after the months before and, for boxes fetch the highest name first, before the
/// first part: an item that moves is there before it is gone from where it was.
pub fn part_target(board: Board, month: &str, part: usize) -> String {
    page_target(board, &part_month(month, part))
}

/// What the page of a part says as its month.
pub fn part_month(month: &str, part: usize) -> String {
    if part == 0 { month.to_owned() } else { format!("{month}_{}", part + 1) }
}

/// The target name of a child's first root; `code` has 12 digits.
pub fn child_target(code: &str) -> String {
    format!("children/{code}.root.json")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Board {
    /// 乡村党建
    Party,
    /// 乡村治理
    Governance,
    /// 乡村文明
    Culture,
    /// 乡村创业
    Business,
}

impl Board {
    pub const ALL: [Board; 4] = [Board::Party, Board::Governance, Board::Culture, Board::Business];

    pub fn slug(self) -> &'static str {
        match self {
            Board::Party => "party",
            Board::Governance => "governance",
            Board::Culture => "culture",
            Board::Business => "business",
        }
    }

    pub fn named(slug: &str) -> Option<Board> {
        Board::ALL.into_iter().find(|board| board.slug() == slug)
    }
}

/// What a region says of itself: its name and the sections it adds to the boards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    pub format: u32,
    /// 12 digits.
    pub code: String,
    pub name: String,
    /// Sections of this region; a box shows those of all five levels, a lower level's name winning over a higher one's.
    #[serde(default)]
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// `[a-z0-9-]{1,32}`, unique within its board.
    pub id: String,
    pub board: Board,
    /// Name shown to viewers, at most 8 characters.
    pub name: String,
    /// The same in English.
    #[serde(default)]
    pub name_en: String,
    /// Position within the board, ascending.
    pub order: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    pub format: u32,
    pub region: String,
    pub channels: Vec<Channel>,
}

/// A live channel and its endless schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    /// The number typed on the remote, 1–999.
    pub number: u16,
    pub name: String,
    /// HLS media playlist: an absolute `http(s)` URL, or a path on the cloud such as `/live/<id>/index.m3u8`.
    pub url: String,
    /// The programmes repeat for ever from here, in Unix seconds.
    pub loop_start: i64,
    pub programmes: Vec<Programme>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    pub title: String,
    /// Seconds, at least 1.
    pub duration: u32,
}

/// One month of one board of one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub format: u32,
    /// 12 digits; must be the region whose repository the page lies in.
    pub region: String,
    pub board: Board,
    /// `YYYY-MM` of the items' publication, in China Standard Time; with `_2`, `_3` … behind it in further parts.
    pub month: String,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// `<12-digit region>/<slug>`, slug `[a-z0-9-]{1,64}`; the same for ever.
    pub id: String,
    pub section: String,
    /// At most 60 characters.
    pub title: String,
    /// One or two lines for lists, at most 200 characters; may be empty.
    #[serde(default)]
    pub summary: String,
    /// Who publishes it, as shown.
    pub publisher: String,
    /// Unix seconds.
    pub published: i64,
    /// Not shown before, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// Not shown from this moment on, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// 0–9; after the pinned items a board shows the higher priority first, then the newer item.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u8,
    /// Which of the region's villages see it; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// The person who wrote it, `[a-z0-9-]{1,40}`; not shown. Nobody approves a text of their own.
    pub author: String,
    /// Who let it through. They are no part of what is approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Picture>,
    /// Running text; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<Block>,
    #[serde(flatten)]
    pub kind: Kind,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// A part of the villages below the item's region, as 12-digit codes of regions of any level. A village sees the item
/// when `only` is empty or names the village or a region that it lies in, and `except` names neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    Article,
    Notice,
    /// A picture story, told by its pictures' captions.
    Story {
        pictures: Vec<Picture>,
    },
    Video {
        video: Video,
    },
    /// 党务 / 村务 / 财务公开.
    Disclosure {
        table: Table,
        #[serde(default)]
        receipts: Vec<Picture>,
    },
    Activity {
        /// Unix seconds.
        starts: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<i64>,
        place: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        contact: String,
    },
    Product {
        /// Hundredths of a yuan (分).
        price: u64,
        /// What the price is for, such as `每箱 5 斤`.
        unit: String,
        origin: String,
        seller: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        phone: String,
        /// What the QR code holds: an `https:` or `tel:` URI.
        order: String,
        #[serde(default)]
        pictures: Vec<Picture>,
    },
    /// A place to visit.
    Spot {
        address: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        hours: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        phone: String,
        #[serde(default)]
        pictures: Vec<Picture>,
    },
    Job {
        employer: String,
        /// As shown, such as `4,500–6,000 元/月`.
        pay: String,
        place: String,
        /// How many are sought; 0 when not said.
        #[serde(default)]
        headcount: u32,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        phone: String,
    },
}

impl Kind {
    /// As `kind` says it in JSON.
    pub fn slug(&self) -> &'static str {
        match self {
            Kind::Article => "article",
            Kind::Notice => "notice",
            Kind::Story { .. } => "story",
            Kind::Video { .. } => "video",
            Kind::Disclosure { .. } => "disclosure",
            Kind::Activity { .. } => "activity",
            Kind::Product { .. } => "product",
            Kind::Spot { .. } => "spot",
            Kind::Job { .. } => "job",
        }
    }
}

/// A block of running text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "block", rename_all = "lowercase")]
pub enum Block {
    Heading {
        text: String,
    },
    Paragraph {
        text: String,
    },
    /// One entry of a list; `number` is 0 for a bullet.
    Entry {
        number: u32,
        text: String,
    },
    Quote {
        text: String,
    },
    Figure {
        picture: Picture,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub title: String,
    /// Money and counts: right-aligned on the decimal point.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub numeric: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub cells: Vec<String>,
    /// A row of totals.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
}

/// A JPEG picture and its thumbnail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub sha256: String,
    /// Bytes.
    pub length: u64,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caption: String,
    /// At most 480 pixels wide.
    pub thumbnail: Object,
}

/// An H.264/AAC MP4 file with its index in front.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    pub sha256: String,
    pub length: u64,
    pub width: u32,
    pub height: u32,
    /// Milliseconds.
    pub duration: u64,
    /// A frame of the video.
    pub poster: Picture,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub sha256: String,
    pub length: u64,
}
