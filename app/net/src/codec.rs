//! The wire format as the store's own, so that the store needs none.

use crate::convert;
use serde::{Deserialize, Serialize};
use yuexiang_core::catalog::{Block, Board, Column, Content, Item, ObjectRef, Picture, Table, TableRow, Video};
use yuexiang_core::ports::ItemCodec;
use yuexiang_wire as wire;

/// Keeps items as wire items, together with what their page would have said.
#[derive(Clone, Copy, Debug, Default)]
pub struct WireCodec;

#[derive(Serialize, Deserialize)]
struct Stored {
    board: wire::Board,
    item: wire::Item,
}

impl ItemCodec for WireCodec {
    fn encode(&self, item: &Item) -> Vec<u8> {
        let stored = Stored { board: to_wire_board(item.board), item: to_wire(item) };
        // Serializing fails only for maps with keys that are no strings; there are none.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Item, String> {
        let Stored { board, item } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let region = item.id.split('/').next().unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
        convert::item(item, region, from_wire_board(board))
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
        reviewed_by: item.reviewed_by.clone(),
        cover: item.cover.as_ref().map(picture),
        body: item.body.iter().map(block).collect(),
        kind: kind(&item.content),
    }
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
