//! Pages from the items on the air.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yuexiang_wire::{Approval, Board, FORMAT, Step, limits, page_target};

use super::drafts::Drafts;
use super::{PublishError, documents};
use crate::db::args;
use crate::region::RegionCode;
use crate::store::{Change, unreadable};

/// Item, revision on the air, pinned, priority, published, content.
type LiveRow = (String, i64, i64, i64, i64, String);
/// Item, step, region, key, at, signature.
type ApprovalRow = (String, String, String, String, i64, String);

/// Brings one page of an open draft up to date: one month of one board. What is over at `now` is left out; a page
/// without items goes.
///
/// Items are in the order in which a board shows them: pinned ones first, then the higher priority, then the newer, then
/// by id.
pub async fn put_page(
    change: &mut Change,
    drafts: &mut Drafts<'_>,
    region: RegionCode,
    board: Board,
    month: &str,
    now: i64,
) -> Result<(), PublishError> {
    let sql = "SELECT i.id, i.live, i.pinned, i.priority, i.published, r.content FROM item i
               JOIN revision r ON r.item = i.id AND r.number = i.live
               WHERE i.region = $1 AND i.board = $2 AND i.month = $3 AND i.live IS NOT NULL
               AND (i.not_after IS NULL OR i.not_after > $4)";
    let values = args![region, board.slug(), month, now];
    let mut rows: Vec<LiveRow> = change.tx.all("reading a page's items", sql, values).await?;
    let name = page_target(board, month);
    if rows.is_empty() {
        drafts.remove(region, &name);
        return Ok(());
    }
    rows.sort_by(|a, b| (-a.2, -a.3, -a.4, &a.0).cmp(&(-b.2, -b.3, -b.4, &b.0)));
    let mut approvals = approvals(change, region, board, month).await?;
    let mut items = Vec::with_capacity(rows.len());
    for (id, _, _, _, _, content) in rows {
        // What was approved goes out as it was, members that this version does not know included.
        let mut item: Value = serde_json::from_str(&content).map_err(unreadable("content", &id))?;
        item["approvals"] = json!(approvals.remove(&id).unwrap_or_default());
        items.push(item);
    }
    let page = json!({ "format": FORMAT, "region": region, "board": board, "month": month, "items": items });
    let body = documents::json(&page);
    if body.len() > limits::DOCUMENT {
        return Err(PublishError::Full { region, page: name, length: body.len() });
    }
    drafts.put(region, &name, body);
    Ok(())
}

async fn approvals(
    change: &mut Change,
    region: RegionCode,
    board: Board,
    month: &str,
) -> Result<BTreeMap<String, Vec<Approval>>, PublishError> {
    let sql = "SELECT a.item, a.step, a.region, a.key, a.at, a.signature FROM item i
               JOIN approval a ON a.item = i.id AND a.revision = i.live
               WHERE i.region = $1 AND i.board = $2 AND i.month = $3 AND i.live IS NOT NULL";
    let values = args![region, board.slug(), month];
    let rows: Vec<ApprovalRow> = change.tx.all("reading a page's approvals", sql, values).await?;
    let mut approvals: BTreeMap<String, Vec<Approval>> = BTreeMap::new();
    for (item, step, region, key, at, signature) in rows {
        let Some(step) = Step::named(&step) else { continue };
        approvals.entry(item).or_default().push(Approval { step, region, key, at, signature });
    }
    approvals.values_mut().for_each(|list| list.sort_by_key(|approval| approval.step));
    Ok(approvals)
}
