//! The wire format as the store's own, so that the store needs none.

use crate::convert;
use serde::{Deserialize, Serialize};
use yuexiang_core::catalog::{
    Approval, Audience, Block, Board, Column, Content, Item, ObjectRef, Picture, ReviewKey, Sha256, Step, Table,
    TableRow, Video,
};
use yuexiang_core::ports::ItemCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_wire as wire;

/// Keeps items as wire items, together with what their page would have said. Approvals stand beside the item and without
/// their signatures: these were checked when the item came, over bytes that are no longer there.
#[derive(Clone, Copy, Debug, Default)]
pub struct WireCodec;

#[derive(Serialize, Deserialize)]
struct Stored {
    board: wire::Board,
    /// Whose page it came with; earlier versions knew only items whose ids said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    item: wire::Item,
    approvals: Vec<StoredApproval>,
}

#[derive(Serialize, Deserialize)]
struct StoredApproval {
    step: wire::Step,
    region: String,
    key: String,
    at: i64,
}

impl ItemCodec for WireCodec {
    fn encode(&self, item: &Item) -> Vec<u8> {
        let approvals = item.approvals.iter().map(stored_approval).collect();
        let (board, region) = (to_wire_board(item.board), Some(item.region.to_string()));
        let stored = Stored { board, region, item: to_wire(item), approvals };
        // Serializing fails only for maps with keys that are no strings; there are none.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Item, String> {
        let stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let Stored { board, region, item, approvals } = stored;
        let region = region.as_deref().or(item.id.split('/').next()).unwrap_or_default();
        let region = region.parse().map_err(|error| format!("{error}"))?;
        let approvals = approvals.iter().map(approval).collect::<Result<_, _>>()?;
        convert::item(item, region, from_wire_board(board), approvals)
    }
}

fn stored_approval(approval: &Approval) -> StoredApproval {
    let Approval { step, region, key: ReviewKey(key), at } = *approval;
    StoredApproval { step: to_wire_step(step), region: region.to_string(), key: Sha256(key).to_string(), at }
}

fn approval(stored: &StoredApproval) -> Result<Approval, String> {
    let Sha256(key) = stored.key.parse().map_err(|error| format!("{error}"))?;
    let region = stored.region.parse().map_err(|error| format!("{error}"))?;
    Ok(Approval { step: from_wire_step(stored.step), region, key: ReviewKey(key), at: stored.at })
}

pub(crate) fn from_wire_step(step: wire::Step) -> Step {
    match step {
        wire::Step::First => Step::First,
        wire::Step::Second => Step::Second,
        wire::Step::Final => Step::Final,
    }
}

fn to_wire_step(step: Step) -> wire::Step {
    match step {
        Step::First => wire::Step::First,
        Step::Second => wire::Step::Second,
        Step::Final => wire::Step::Final,
    }
}

pub(crate) fn from_wire_board(board: wire::Board) -> Board {
    match board {
        wire::Board::Party => Board::Party,
        wire::Board::Governance => Board::Governance,
        wire::Board::Culture => Board::Culture,
        wire::Board::Business => Board::Business,
    }
}

fn to_wire_board(board: Board) -> wire::Board {
    match board {
        Board::Party => wire::Board::Party,
        Board::Governance => wire::Board::Governance,
        Board::Culture => wire::Board::Culture,
        Board::Business => wire::Board::Business,
    }
}

fn to_wire(item: &Item) -> wire::Item {
    wire::Item {
        id: item.id.clone(),
        section: item.section.clone(),
        title: item.title.clone(),
        summary: item.summary.clone(),
        publisher: item.publisher.clone(),
        published: item.published,
        not_before: item.not_before,
        not_after: item.not_after,
        pinned: item.pinned,
        priority: item.priority,
        audience: (item.audience != Audience::default()).then(|| audience(&item.audience)),
        author: item.author.clone(),
        approvals: Vec::new(),
        cover: item.cover.as_ref().map(picture),
        body: item.body.iter().map(block).collect(),
        kind: kind(&item.content),
    }
}

fn audience(audience: &Audience) -> wire::Audience {
    let codes = |regions: &[RegionCode]| regions.iter().map(ToString::to_string).collect();
    wire::Audience { only: codes(&audience.only), except: codes(&audience.except) }
}

fn kind(content: &Content) -> wire::Kind {
    match content.clone() {
        Content::Article => wire::Kind::Article,
        Content::Notice => wire::Kind::Notice,
        Content::Story { pictures } => wire::Kind::Story { pictures: list(&pictures) },
        Content::Video { video: it } => wire::Kind::Video { video: video(&it) },
        Content::Disclosure { table: it, receipts } => {
            wire::Kind::Disclosure { table: table(it), receipts: list(&receipts) }
        }
        Content::Activity { starts, ends, place, contact } => wire::Kind::Activity { starts, ends, place, contact },
        Content::Product { price, unit, origin, seller, phone, order, pictures } => {
            wire::Kind::Product { price, unit, origin, seller, phone, order, pictures: list(&pictures) }
        }
        Content::Spot { address, hours, phone, pictures } => {
            wire::Kind::Spot { address, hours, phone, pictures: list(&pictures) }
        }
        Content::Job { employer, pay, place, headcount, phone } => {
            wire::Kind::Job { employer, pay, place, headcount, phone }
        }
    }
}

fn list(pictures: &[Picture]) -> Vec<wire::Picture> {
    pictures.iter().map(picture).collect()
}

fn picture(picture: &Picture) -> wire::Picture {
    wire::Picture {
        sha256: picture.object.sha256.to_string(),
        length: picture.object.length,
        width: picture.width,
        height: picture.height,
        caption: picture.caption.clone(),
        thumbnail: object(picture.thumbnail),
    }
}

fn video(video: &Video) -> wire::Video {
    wire::Video {
        sha256: video.object.sha256.to_string(),
        length: video.object.length,
        width: video.width,
        height: video.height,
        duration: video.duration,
        poster: picture(&video.poster),
    }
}

fn object(object: ObjectRef) -> wire::Object {
    wire::Object { sha256: object.sha256.to_string(), length: object.length }
}

fn block(block: &Block) -> wire::Block {
    match block.clone() {
        Block::Heading(text) => wire::Block::Heading { text },
        Block::Paragraph(text) => wire::Block::Paragraph { text },
        Block::Entry { number, text } => wire::Block::Entry { number, text },
        Block::Quote(text) => wire::Block::Quote { text },
        Block::Figure(figure) => wire::Block::Figure { picture: picture(&figure) },
    }
}

fn table(table: Table) -> wire::Table {
    let column = |Column { title, numeric }| wire::Column { title, numeric };
    let row = |TableRow { cells, total }| wire::Row { cells, total };
    wire::Table {
        columns: table.columns.into_iter().map(column).collect(),
        rows: table.rows.into_iter().map(row).collect(),
    }
}
