//! Small values for tests.

use crate::admission::Reviews;
use crate::catalog::{
    Approval, Audience, Block, Board, Content, Item, ObjectRef, Picture, RegionInfo, Review, ReviewKey, Reviewer,
    Sha256, Step, Video,
};
use crate::event::{Document, Fetched, Target};
use crate::region::RegionCode;
use crate::time::Now;

/// 2026-10-01T00:00:00Z.
pub const BUILT: i64 = 1_790_812_800;

pub fn sha(number: u64) -> Sha256 {
    let mut bytes = [0xab; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Sha256(bytes)
}

pub fn object(number: u64, length: u64) -> ObjectRef {
    ObjectRef { sha256: sha(number), length }
}

pub fn target(path: &str, number: u64) -> Target {
    Target { path: path.to_owned(), object: object(number, 100) }
}

/// A document with bytes that stand for it.
pub fn fetched(document: Document) -> Fetched {
    let bytes = format!("{document:?}").into_bytes().into();
    Fetched { document, bytes }
}

/// A moment `monotonic` milliseconds after the start, on a box with a right clock.
pub fn at(monotonic: u64) -> Now {
    Now { monotonic, wall: (BUILT + 3600) * 1000 + monotonic as i64 }
}

pub fn region_info(code: RegionCode) -> RegionInfo {
    RegionInfo { code, name: format!("地方{code}"), sections: Vec::new() }
}

/// The three reviewers of the samples' province, 甲, 乙 and 丙, one for each step. All three reviews are needed below.
pub fn review() -> Review {
    let reviewer = |(step, person, name): (Step, &str, &str)| Reviewer {
        key: review_key(step),
        person: person.to_owned(),
        name: name.to_owned(),
        steps: vec![step],
        from: 0,
        until: None,
    };
    let reviewers = [(Step::First, "jia", "甲"), (Step::Second, "yi", "乙"), (Step::Final, "bing", "丙")];
    Review { reviews_below: 3, reviewers: reviewers.map(reviewer).to_vec(), former: Vec::new() }
}

/// What a box knows of reviewers when the samples' province has [`review`] and nobody else says anything.
pub fn reviews() -> Reviews {
    [(province(), review())].into()
}

/// What the three of [`review`] have signed.
pub fn approvals() -> Vec<Approval> {
    Step::ALL.map(|step| Approval { step, region: province(), key: review_key(step), at: BUILT }).to_vec()
}

fn review_key(step: Step) -> ReviewKey {
    ReviewKey([step as u8 + 1; 32])
}

fn province() -> RegionCode {
    "440000000000".parse().expect("it is the code of a province")
}

/// An article of 2026-10-01 in the region that its id begins with.
pub fn item(id: &str) -> Item {
    let region = id.get(..12).and_then(|code| code.parse().ok());
    Item {
        id: id.to_owned(),
        region: region.expect("a sample's id begins with a region"),
        board: Board::Party,
        section: "news".to_owned(),
        title: format!("标题 {id}"),
        summary: "摘要".to_owned(),
        publisher: "村委会".to_owned(),
        published: BUILT,
        not_before: None,
        not_after: None,
        pinned: false,
        priority: 0,
        audience: Audience::default(),
        author: "zuozhe".to_owned(),
        approvals: approvals(),
        cover: None,
        body: vec![Block::Paragraph("正文".to_owned())],
        content: Content::Article,
    }
}

pub fn picture(picture: ObjectRef, thumbnail: ObjectRef) -> Picture {
    Picture { object: picture, width: 1280, height: 720, caption: String::new(), thumbnail }
}

/// An article with one picture, the object `number`, and its thumbnail, the object after it.
pub fn picture_item(id: &str, number: u64) -> Item {
    Item { cover: Some(picture(object(number, 1000), object(number + 1, 100))), ..item(id) }
}

/// An item with a video of `length` bytes; its poster and thumbnail are the two objects after it, 100 bytes each.
pub fn video_item(id: &str, number: u64, length: u64) -> Item {
    let poster = picture(object(number + 1, 100), object(number + 2, 100));
    let video = Video { object: object(number, length), width: 1280, height: 720, duration: 60_000, poster };
    Item { content: Content::Video { video }, ..item(id) }
}
