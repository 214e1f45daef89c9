//! What goes into the core and what comes out.

use crate::catalog::{Channel, Item, ItemId, ItemSummary, ObjectRef, RegionInfo, Review, Sha256};
use crate::convenience::Convenience;
use crate::key::KeyEvent;
use crate::moves::{Move, Relocation};
use crate::region::RegionCode;
use crate::reports::Report;
use crate::time::UnixSeconds;
use crate::uplink::{Message, MessageId, Payload};
use crate::view_counts::{Day, ViewBatch};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum Event {
    Key(KeyEvent),
    /// The moment that `App::poll_timeout` named has come.
    Timeout,
    Net(NetEvent),
    Store(StoreEvent),
    Media(MediaEvent),
    /// A picture could not be decoded although its bytes are stored.
    PictureBroken(Sha256),
    /// Answers [`Effect::DrawMessageId`].
    MessageId(MessageId),
    /// Something that the box does without has failed, or works again.
    Convenience {
        what: Convenience,
        works: bool,
    },
    /// The program is about to end: what only the memory knows is to be kept.
    Ending,
}

/// In which order events are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody waits for it.
    Urgent,
    /// In the order in which it came, after everything urgent.
    Normal,
}

impl Event {
    /// A sync that brings thousands of items must delay neither a key nor the end, whose time the service manager has
    /// measured out.
    pub fn class(&self) -> Class {
        match self {
            Event::Key(_) | Event::Ending => Class::Urgent,
            Event::Timeout
            | Event::Net(_)
            | Event::Store(_)
            | Event::Media(_)
            | Event::PictureBroken(_)
            | Event::MessageId(_)
            | Event::Convenience { .. } => Class::Normal,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Net(NetRequest),
    Store(StoreRequest),
    Media(MediaRequest),
    /// The display is to be switched off or on.
    Display {
        on: bool,
    },
    /// 16 bytes are to be drawn at random and given back as [`Event::MessageId`]. Where that fails nothing comes back, and
    /// they are asked for again later.
    DrawMessageId,
}

// ---------------------------------------------------------------------------------------------------------- network

/// Verified TUF metadata of one region, as opaque files. It is the cursor of the synchronization with that region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionTrust {
    /// File name (`root.json`, `timestamp.json`, `snapshot.json`, `targets.json`) → bytes. The roots that were followed lie
    /// beside them under their versions (`7.root.json`); one without bytes says that this version was known once.
    pub files: BTreeMap<String, Vec<u8>>,
    /// `ETag` of the timestamp, for the next conditional request.
    pub etag: Option<String>,
}

/// A file that a region's verified targets name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// Such as `pages/governance/2026-11.json`.
    pub path: String,
    pub object: ObjectRef,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NetRequest {
    /// Ask for the region's timestamp and, when it changed, for the metadata that follows; verify it against `trust` at
    /// `now`. Answered by any number of [`NetEvent::MetadataVerified`] and one [`NetEvent::Refreshed`].
    Refresh { region: RegionCode, trust: RegionTrust, now: UnixSeconds },
    /// Get a target's bytes, verify and parse them. Answered by [`NetEvent::Fetched`].
    FetchTarget { region: RegionCode, target: Target },
    /// Stream an object into the store's partial file, continuing where it stopped. Answered by any number of
    /// [`NetEvent::ObjectProgress`] and one [`NetEvent::ObjectFetched`].
    FetchObject { object: ObjectRef },
    /// The same into the memory of the store, because its disk has no room and somebody looks at the object;
    /// `instead_of` is dropped from there first. Answered in the same way.
    BorrowObject { object: ObjectRef, instead_of: Vec<Sha256> },
    /// Give up a running [`NetRequest::FetchObject`] or [`NetRequest::BorrowObject`]; what came stays for the next time. It is still answered.
    CancelObject { sha256: Sha256 },
    /// Give the cloud a message of the [uplink](crate::uplink). Answered by [`NetEvent::Sent`].
    Send { id: MessageId, payload: Payload },
    /// Tell the cloud what is refused. Answered by [`NetEvent::ReportSent`].
    SendReport { report: Report },
    /// Wait for news of these regions, and no longer of those before.
    Listen { regions: Vec<RegionCode> },
}

#[derive(Clone, Debug)]
pub enum NetEvent {
    /// A step of a refresh has verified newer metadata of the region. It is to be stored at once and to be trusted from
    /// now on, whatever becomes of the steps after it.
    MetadataVerified {
        region: RegionCode,
        trust: RegionTrust,
    },
    Refreshed {
        region: RegionCode,
        result: Result<Refreshed, NetError>,
        /// The `Date` that the server's answer carried: not authenticated, a hint for a box without a clock.
        server_time: Option<UnixSeconds>,
    },
    Fetched {
        region: RegionCode,
        target: Target,
        result: Result<Fetched, NetError>,
    },
    ObjectProgress {
        sha256: Sha256,
        received: u64,
    },
    ObjectFetched {
        object: ObjectRef,
        result: Result<(), NetError>,
    },
    /// The cloud says that a region has published. It is a hint that nobody has signed: it brings the next question
    /// forward and nothing more.
    Woken {
        region: RegionCode,
        /// The question is put within so many milliseconds, at a moment left to chance: others have been woken as well.
        within: u64,
    },
    Sent {
        id: MessageId,
        /// `Ok` when the cloud has taken the message, or has said that it never will; after an error it may be tried again.
        result: Result<(), NetError>,
    },
    ReportSent {
        /// `Ok` when it need not be sent again.
        result: Result<(), NetError>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The trusted metadata is still the newest.
    Unchanged {
        targets: Vec<Target>,
    },
    Changed {
        trust: RegionTrust,
        targets: Vec<Target>,
    },
}

/// A target whose bytes have been verified: what this version makes of them, and the bytes as they were signed, which are
/// kept for the versions to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    pub document: Document,
    pub bytes: Arc<[u8]>,
}

/// A parsed target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    Region(RegionInfo),
    Channels(Vec<Channel>),
    Page(Vec<Item>),
    Review(Review),
    /// The first TUF root of a child region.
    ChildRoot(Vec<u8>),
    /// A region below goes on under another code.
    Moved(Move),
}

/// Why a request failed. The text names the object and the reason, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct NetError {
    pub kind: NetErrorKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetErrorKind {
    /// No connection, no answer in time, connection lost: worth another try soon.
    Unreachable,
    /// The server answered with an error of its own (5xx, 429) or with something that is not the protocol (HTML).
    Server,
    /// What was asked for is not there (404).
    Missing,
    /// Signatures, hashes, versions or lengths do not agree with what is trusted.
    Untrusted,
    /// The metadata is authentic but its time is over.
    Expired,
    /// Authentic bytes that do not parse or break a bound.
    Malformed,
    /// The store could not take the bytes.
    Storage,
    Cancelled,
}

// ------------------------------------------------------------------------------------------------------------ store

/// Everything that is remembered over a restart, as the store loads it.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    pub trust: BTreeMap<RegionCode, RegionTrust>,
    pub regions: BTreeMap<RegionCode, RegionInfo>,
    pub channels: BTreeMap<RegionCode, Vec<Channel>>,
    pub reviews: BTreeMap<RegionCode, Review>,
    /// (region, target path) → hash of the page whose rows are stored.
    pub pages: BTreeMap<(RegionCode, String), Sha256>,
    pub items: Vec<ItemSummary>,
    /// Item → path of the page that brought it; an item that is missing here lies in the page of its board and month.
    pub item_pages: BTreeMap<ItemId, String>,
    /// Objects whose bytes are whole.
    pub objects: BTreeMap<Sha256, StoredObject>,
    /// Bytes that lie in unfinished files.
    pub partial: BTreeMap<Sha256, u64>,
    pub settings: BTreeMap<String, String>,
    /// Item → position in milliseconds at which a video stopped.
    pub positions: BTreeMap<ItemId, u64>,
    /// What is being counted.
    pub view_counts: BTreeMap<Day, ViewBatch>,
    /// What waits to be sent.
    pub uplink: BTreeMap<MessageId, Message>,
    pub space: Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredObject {
    pub length: u64,
    /// When it was last shown.
    pub last_used: UnixSeconds,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of all objects, whole and partial.
    pub used: u64,
    /// Bytes that the file system still has for us.
    pub free: u64,
}

/// A region and a path among its targets.
pub type TargetPlace = (RegionCode, String);

/// What belongs together and is written in one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Carried out before everything else: what is held of the old regions is the new regions' from then on.
    pub relocation: Option<Relocation>,
    /// Trust without files forgets the region's.
    pub trust: Vec<(RegionCode, RegionTrust)>,
    pub regions: Vec<(RegionCode, Target, RegionInfo)>,
    pub channels: Vec<(RegionCode, Target, Vec<Channel>)>,
    pub reviews: Vec<(RegionCode, Target, Review)>,
    /// A page's rows replace those that were there under the same path. A child's root is recorded as a page without
    /// rows, so that a change of it is noticed.
    pub pages: Vec<(RegionCode, Target, Vec<Item>)>,
    /// (region, target path) → bytes as they were signed, of targets that are written in the same transaction. They go with
    /// the target.
    pub documents: Vec<(TargetPlace, Arc<[u8]>)>,
    /// Targets that the region no longer names; their rows go too.
    pub removed_targets: Vec<(RegionCode, String)>,
    /// Objects whose bytes are now whole in the store.
    pub objects_whole: Vec<ObjectRef>,
    /// Objects to forget; their files are removed after the transaction.
    pub objects_removed: Vec<Sha256>,
    pub objects_used: Vec<(Sha256, UnixSeconds)>,
    pub settings: Vec<(String, String)>,
    /// `None` forgets the position.
    pub positions: Vec<(ItemId, Option<u64>)>,
    /// What a day's counts are now; `None` forgets them.
    pub view_counts: Vec<(Day, Option<ViewBatch>)>,
    /// Messages to be sent; `None` forgets one.
    pub uplink: Vec<(MessageId, Option<Message>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StoreRequest {
    /// Answered by [`StoreEvent::Committed`].
    Commit { serial: u64, changes: Box<Changes> },
    /// Answered by [`StoreEvent::Item`].
    LoadItem { id: ItemId },
    /// Read the object and compare its hash; when it differs the object is forgotten and its file removed. Answered by
    /// [`StoreEvent::Verified`].
    Verify { object: ObjectRef },
}

#[derive(Clone, Debug)]
pub enum StoreEvent {
    Committed {
        serial: u64,
        result: Result<(), StoreError>,
        space: Space,
    },
    Item {
        id: ItemId,
        result: Result<Box<Item>, StoreError>,
    },
    Verified {
        object: ObjectRef,
        whole: bool,
    },
    /// What another version of the program had decoded has been decoded anew from the bytes as they were signed, and
    /// committed.
    Decoded {
        changes: Box<Changes>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct StoreError {
    pub kind: StoreErrorKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    Full,
    NotFound,
    Corrupt,
    Io,
}

// ------------------------------------------------------------------------------------------------------------ media

/// Counts the loads, so that what comes late from an earlier one is recognised.
pub type Generation = u64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A whole object of the store.
    Object(Sha256),
    /// HLS or a plain file over HTTP.
    Url(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum MediaRequest {
    /// Play this instead of what plays. The old picture stays (and goes on) until the first frame of the new one.
    Load {
        generation: Generation,
        source: Source,
        live: bool,
        start: u64,
        paused: bool,
    },
    Pause {
        generation: Generation,
    },
    Resume {
        generation: Generation,
    },
    /// To a position in milliseconds.
    Seek {
        generation: Generation,
        position: u64,
    },
    Stop,
    /// 0–100; `muted` leaves the volume as it is.
    Volume {
        percent: u8,
        muted: bool,
    },
    /// Where the picture is shown, so that it is scaled once, by the pipeline.
    Place(VideoPlace),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoPlace {
    /// Nothing of the picture is visible: frames need not be converted.
    Hidden,
    /// The home page's window.
    Window,
    Full,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MediaEvent {
    pub generation: Generation,
    pub kind: MediaEventKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MediaEventKind {
    /// The first picture of this load has been handed to the screen.
    FirstFrame {
        width: u32,
        height: u32,
    },
    Playing,
    Paused,
    /// Percent of the buffer, 0–99; playing goes on with [`MediaEventKind::Playing`].
    Buffering(u8),
    /// Milliseconds; `duration` 0 when not known. About once a second and after each seek.
    Position {
        position: u64,
        duration: u64,
    },
    /// No data has come for a while although it should.
    Stalled,
    EndOfStream,
    Failed(MediaError),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct MediaError {
    pub kind: MediaErrorKind,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaErrorKind {
    /// The server cannot be reached or does not answer.
    Network,
    /// The stream or file is not there.
    Missing,
    /// No decoder, or bytes that are no video.
    Undecodable,
    Other,
}
