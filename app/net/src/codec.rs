//! The wire format as the store's own, so that the store needs none.

use crate::convert;
use crate::documents;
use crate::trust;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use yuexiang_core::catalog::{Approval, Board, Item, ReviewKey, Sha256, Step};
use yuexiang_core::event::{Document, RegionTrust};
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_wire as wire;

/// Grows with every change of what [`documents::parse`] or a conversion makes of the same bytes: a member that is read
/// now and was not, a bound that is another. Boxes then read again what they have, without a download.
///
/// 1: before the bytes were kept. 2: what a region has taken over from others.
const VERSION: u32 = 2;

/// Reads documents in the wire format. What is kept of an item are its bytes as they were signed, beside what its page says
/// and the approvals whose signatures held. The form of a body is older than that and stays: a box may go back to a program
/// that reads no other.
#[derive(Clone, Copy, Debug, Default)]
pub struct WireCodec;

#[derive(Serialize)]
struct Body<'a> {
    board: wire::Board,
    region: String,
    item: &'a RawValue,
    approvals: Vec<StoredApproval>,
}

#[derive(Deserialize)]
struct Stored {
    board: wire::Board,
    /// Whose page it came with; earlier versions knew only items whose ids said it.
    #[serde(default)]
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

/// A page whose items stay as they came.
#[derive(Deserialize)]
struct RawPage<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

impl DocumentCodec for WireCodec {
    fn version(&self) -> u32 {
        VERSION
    }

    fn decode(&self, region: RegionCode, path: &str, bytes: &[u8]) -> Result<Document, String> {
        documents::parse(region, path, bytes)
    }

    fn bodies(&self, page: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        // A page whose items were read is JSON; what is no item of it has no body, and is cut out of its page when it is
        // asked for.
        let page: RawPage<'_> = serde_json::from_slice(page).unwrap_or(RawPage { items: Vec::new() });
        let mut by_id: BTreeMap<String, &RawValue> = BTreeMap::new();
        for raw in page.items {
            if let Ok(Named { id }) = serde_json::from_str(raw.get()) {
                // Of two with one id the first is the one that was read.
                by_id.entry(id).or_insert(raw);
            }
        }
        items.iter().map(|item| by_id.get(&item.id).map_or_else(Vec::new, |raw| body(item, raw))).collect()
    }

    fn item(&self, body: &[u8]) -> Result<Item, String> {
        let stored = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let Stored { board, region, item, approvals } = stored;
        let region = region.as_deref().or(item.id.split('/').next()).unwrap_or_default();
        let region = region.parse().map_err(|error| format!("{error}"))?;
        let approvals = approvals.iter().map(approval).collect::<Result<_, _>>()?;
        convert::item(item, region, from_wire_board(board), approvals)
    }

    fn mend(&self, region: RegionCode, stored: &RegionTrust) -> (RegionTrust, Vec<(String, String)>) {
        trust::mend(region, stored)
    }
}

fn body(item: &Item, raw: &RawValue) -> Vec<u8> {
    let approvals = item.approvals.iter().map(stored_approval).collect();
    let body = Body { board: to_wire_board(item.board), region: item.region.to_string(), item: raw, approvals };
    // Serializing fails only for maps with keys that are no strings; there are none.
    serde_json::to_vec(&body).unwrap_or_default()
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
