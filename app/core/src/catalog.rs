//! Content as the box knows it, parsed and within its bounds.

use crate::region::RegionCode;
use crate::time::UnixSeconds;
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of an object's bytes: its name in the store and on every transport.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256: 64 lower-case hexadecimal digits are needed")]
pub struct InvalidSha256(pub String);

impl FromStr for Sha256 {
    type Err = InvalidSha256;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSha256(text.chars().take(80).collect());
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(invalid());
        }
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(invalid()),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Sha256(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The same on one board of several regions is the same section: the nearest region gives it its name.
    pub id: String,
    pub board: Board,
    pub name: String,
    pub name_en: String,
    pub order: u16,
}

/// What a region says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionInfo {
    pub code: RegionCode,
    pub name: String,
    pub sections: Vec<Section>,
}

/// `<12-digit region>/<id>`: which channel of which region.
pub type ChannelKey = String;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Unique within its region only; see [`ChannelKey`].
    pub id: String,
    /// 1–999.
    pub number: u16,
    pub name: String,
    /// The HLS playlist: an absolute `http(s)` URL, or a path on the cloud such as `/live/news/index.m3u8`. A path stays
    /// one wherever it is kept, since the cloud may have another address tomorrow; see
    /// [`SystemFacts::absolute`](crate::screens::SystemFacts::absolute).
    pub url: String,
    pub loop_start: UnixSeconds,
    /// Played one after the other for ever from `loop_start`. Each lasts at least a second.
    pub programmes: Vec<Programme>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    pub title: String,
    /// Seconds, at least 1.
    pub duration: u32,
}

/// A stored object as a page names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    pub sha256: Sha256,
    /// Bytes.
    pub length: u64,
}

/// A JPEG picture and its thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub object: ObjectRef,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// May be empty.
    pub caption: String,
    /// At most 480 pixels wide.
    pub thumbnail: ObjectRef,
}

/// An H.264/AAC MP4 file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    pub object: ObjectRef,
    pub width: u32,
    pub height: u32,
    /// Milliseconds.
    pub duration: u64,
    pub poster: Picture,
}

/// `<12-digit region>/<slug>`; the same for ever.
pub type ItemId = String;

/// A whole item, as it is read from the store when somebody opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub region: RegionCode,
    pub board: Board,
    pub section: String,
    pub title: String,
    /// May be empty.
    pub summary: String,
    pub publisher: String,
    pub published: UnixSeconds,
    /// Not shown before.
    pub not_before: Option<UnixSeconds>,
    /// Not shown from this moment on.
    pub not_after: Option<UnixSeconds>,
    pub pinned: bool,
    /// 0–9; the higher comes first.
    pub priority: u8,
    pub audience: Audience,
    /// The person who wrote it; not shown.
    pub author: String,
    /// Whose signatures hold for exactly this content. Whether they suffice is decided by [`crate::admission`].
    pub approvals: Vec<Approval>,
    pub cover: Option<Picture>,
    pub body: Vec<Block>,
    pub content: Content,
}

/// Which of its region's villages an item is for; all of them when both lists are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Villages and regions of villages; empty for all.
    pub only: Vec<RegionCode>,
    pub except: Vec<RegionCode>,
}

/// One of the three reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// 初审
    First,
    /// 复审
    Second,
    /// 终审
    Final,
}

impl Step {
    pub const ALL: [Step; 3] = [Step::First, Step::Second, Step::Final];

    pub fn slug(self) -> &'static str {
        match self {
            Step::First => "first",
            Step::Second => "second",
            Step::Final => "final",
        }
    }
}

/// The public key of a reviewer (Ed25519).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReviewKey(pub [u8; 32]);

impl fmt::Debug for ReviewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// That the holder of a key let an item through. Its signature has been checked before it came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    pub step: Step,
    /// Whose review document names the key.
    pub region: RegionCode,
    pub key: ReviewKey,
    pub at: UnixSeconds,
}

/// Who reviews for a region and for everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// How many of the three reviews an item of a region directly below needs: 1 to 3.
    pub reviews_below: u8,
    pub reviewers: Vec<Reviewer>,
    /// Regions that this one has taken over: what they published is its own now.
    pub former: Vec<Former>,
}

/// A region that goes on as another one, and who reviewed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    pub region: RegionCode,
    pub reviewers: Vec<Reviewer>,
}

/// A key and what may be approved with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    pub key: ReviewKey,
    /// The same for all keys of one person, in every region.
    pub person: String,
    /// As shown.
    pub name: String,
    /// At least one.
    pub steps: Vec<Step>,
    pub from: UnixSeconds,
    /// Approvals of this moment and later do not count.
    pub until: Option<UnixSeconds>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Article,
    Notice,
    Story {
        pictures: Vec<Picture>,
    },
    Video {
        video: Video,
    },
    Disclosure {
        table: Table,
        receipts: Vec<Picture>,
    },
    Activity {
        starts: UnixSeconds,
        ends: Option<UnixSeconds>,
        place: String,
        contact: String,
    },
    Product {
        /// Hundredths of a yuan (分).
        price: u64,
        unit: String,
        origin: String,
        seller: String,
        phone: String,
        /// The URI that the QR code holds.
        order: String,
        pictures: Vec<Picture>,
    },
    Spot {
        address: String,
        hours: String,
        phone: String,
        pictures: Vec<Picture>,
    },
    Job {
        employer: String,
        pay: String,
        place: String,
        headcount: u32,
        phone: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Paragraph(String),
    /// One entry of a list; `number` is 0 for a bullet.
    Entry {
        number: u32,
        text: String,
    },
    Quote(String),
    Figure(Picture),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<TableRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    pub numeric: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// As many as there are columns.
    pub cells: Vec<String>,
    pub total: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Article,
    Notice,
    Story,
    Video,
    Disclosure,
    Activity,
    Product,
    Spot,
    Job,
}

/// What lists need of an item; all of them are held in memory, so this is kept small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSummary {
    pub id: ItemId,
    pub region: RegionCode,
    pub board: Board,
    pub section: String,
    pub kind: Kind,
    pub title: String,
    pub summary: String,
    pub publisher: String,
    pub published: UnixSeconds,
    pub not_before: Option<UnixSeconds>,
    pub not_after: Option<UnixSeconds>,
    pub pinned: bool,
    pub priority: u8,
    pub audience: Audience,
    pub author: String,
    pub approvals: Vec<Approval>,
    /// The thumbnail of the cover, or of the first picture, or of the poster.
    pub thumbnail: Option<ObjectRef>,
    /// Start of an activity.
    pub starts: Option<UnixSeconds>,
    /// Price of a product, in hundredths of a yuan.
    pub price: Option<u64>,
    /// Duration of a video, in milliseconds.
    pub duration: Option<u64>,
    /// Every object the item needs, in the order in which it is wanted.
    pub objects: Vec<NeededObject>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NeededObject {
    pub object: ObjectRef,
    pub role: ObjectRole,
}

/// What an object is to an item; in the order in which they are downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectRole {
    Thumbnail,
    Picture,
    Video,
}

impl Item {
    pub fn kind(&self) -> Kind {
        match self.content {
            Content::Article => Kind::Article,
            Content::Notice => Kind::Notice,
            Content::Story { .. } => Kind::Story,
            Content::Video { .. } => Kind::Video,
            Content::Disclosure { .. } => Kind::Disclosure,
            Content::Activity { .. } => Kind::Activity,
            Content::Product { .. } => Kind::Product,
            Content::Spot { .. } => Kind::Spot,
            Content::Job { .. } => Kind::Job,
        }
    }

    /// All pictures in reading order, the poster of a video included.
    pub fn pictures(&self) -> Vec<&Picture> {
        let of_content: Vec<&Picture> = match &self.content {
            Content::Story { pictures } | Content::Product { pictures, .. } | Content::Spot { pictures, .. } => {
                pictures.iter().collect()
            }
            Content::Disclosure { receipts, .. } => receipts.iter().collect(),
            Content::Video { video } => vec![&video.poster],
            _ => Vec::new(),
        };
        let of_body = self.body.iter().filter_map(|block| match block {
            Block::Figure(picture) => Some(picture),
            _ => None,
        });
        self.cover.iter().chain(of_content).chain(of_body).collect()
    }

    pub fn summarize(&self) -> ItemSummary {
        let pictures = self.pictures();
        let mut objects: Vec<NeededObject> = Vec::new();
        let mut need = |object, role| {
            if !objects.iter().any(|needed: &NeededObject| needed.object == object) {
                objects.push(NeededObject { object, role });
            }
        };
        for picture in &pictures {
            need(picture.thumbnail, ObjectRole::Thumbnail);
        }
        for picture in &pictures {
            need(picture.object, ObjectRole::Picture);
        }
        if let Content::Video { video } = &self.content {
            need(video.object, ObjectRole::Video);
        }
        ItemSummary {
            id: self.id.clone(),
            region: self.region,
            board: self.board,
            section: self.section.clone(),
            kind: self.kind(),
            title: self.title.clone(),
            summary: self.summary.clone(),
            publisher: self.publisher.clone(),
            published: self.published,
            not_before: self.not_before,
            not_after: self.not_after,
            pinned: self.pinned,
            priority: self.priority,
            audience: self.audience.clone(),
            author: self.author.clone(),
            approvals: self.approvals.clone(),
            thumbnail: pictures.first().map(|picture| picture.thumbnail),
            starts: match self.content {
                Content::Activity { starts, .. } => Some(starts),
                _ => None,
            },
            price: match self.content {
                Content::Product { price, .. } => Some(price),
                _ => None,
            },
            duration: match &self.content {
                Content::Video { video } => Some(video.duration),
                _ => None,
            },
            objects,
        }
    }
}
