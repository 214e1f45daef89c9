//! Pages from the items on the air.
//!
//! A month of a board is one page as long as that is small. A busy one has several, and which item is in which is decided by
//! its id alone: an item that is added, changed or taken off changes one of them. Their number is a power of two, so when
//! it doubles, half of each part stays where it is.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yuexiang_wire::{Approval, Board, FORMAT, Step, limits, part_month, part_target};

use super::drafts::Drafts;
use super::{PublishError, documents};
use crate::db::args;
use crate::region::RegionCode;
use crate::store::{Change, unreadable};

/// Item, revision on the air, pinned, priority, published, content.
type LiveRow = (String, i64, i64, i64, i64, String);
/// Item, step, region, key, at, signature.
type ApprovalRow = (String, String, String, String, i64, String);

/// Bytes of a part. Boxes fetch a part as a whole when one of its items changes, over poor lines.
const PART: usize = 256 << 10;
/// So many parts hold a hundred times more than anybody publishes in a month.
const MOST_PARTS: usize = 256;

/// Brings the pages of a month of a board in an open draft up to date. What is over at `now` is left out; a page
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
    rows.sort_by(|a, b| (-a.2, -a.3, -a.4, &a.0).cmp(&(-b.2, -b.3, -b.4, &b.0)));
    let mut approvals = approvals(change, region, board, month).await?;
    let mut items = Vec::with_capacity(rows.len());
    for (id, _, _, _, _, content) in rows {
        // What was approved goes out as it was, members that this version does not know included.
        let mut item: Value = serde_json::from_str(&content).map_err(unreadable("content", &id))?;
        item["approvals"] = json!(approvals.remove(&id).unwrap_or_default());
        let length = item.to_string().len();
        items.push(Placed { bucket: bucket(&id), length, item });
    }
    let before = (0..MOST_PARTS).take_while(|part| drafts.has(region, &part_target(board, month, *part))).count();
    let parts = parts(&items.iter().map(|item| (item.bucket, item.length)).collect::<Vec<_>>(), before);
    let mut pages = vec![Vec::new(); parts];
    for Placed { bucket, item, .. } in items {
        pages[bucket % parts].push(item);
    }
    for (part, items) in pages.into_iter().enumerate() {
        let name = part_target(board, month, part);
        // Of several parts the empty ones stay, so that their number can be told from what is there.
        if items.is_empty() && parts == 1 {
            drafts.remove(region, &name);
            continue;
        }
        let month = part_month(month, part);
        let page = json!({ "format": FORMAT, "region": region, "board": board, "month": month, "items": items });
        let body = documents::json(&page);
        if body.len() > limits::DOCUMENT {
            return Err(PublishError::Full { region, page: name, length: body.len() });
        }
        drafts.put(region, &name, body);
    }
    for part in parts..before {
        drafts.remove(region, &part_target(board, month, part));
    }
    Ok(())
}

/// An item on its way into a part.
struct Placed {
    bucket: usize,
    /// Bytes.
    length: usize,
    item: Value,
}

/// Where an item belongs, modulo the number of parts.
fn bucket(id: &str) -> usize {
    let hash = crate::objects::hash(id.as_bytes());
    // The hash is hexadecimal.
    usize::from_str_radix(&hash[..4], 16).unwrap_or(0)
}

/// How many parts items make, of which bucket and length are known. It stays what it was as long as that will do: every
/// change of it moves items about.
fn parts(items: &[(usize, usize)], before: usize) -> usize {
    let largest = |parts: usize| {
        let mut lengths = vec![0; parts];
        for (bucket, length) in items {
            lengths[bucket % parts] += length + 1;
        }
        lengths.into_iter().max().unwrap_or(0)
    };
    let total: usize = items.iter().map(|(_, length)| length).sum();
    if before.is_power_of_two() && before <= MOST_PARTS && largest(before) <= PART && total > before / 2 * PART / 4 {
        return before;
    }
    let mut parts = 1;
    // One item may be larger than a part; more parts do not make it smaller.
    let most = items.iter().map(|(_, length)| length + 1).max().unwrap_or(0).max(PART);
    while largest(parts) > most && parts < MOST_PARTS {
        parts *= 2;
    }
    parts
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

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize, length: usize) -> Vec<(usize, usize)> {
        (0..count).map(|number| (bucket(&format!("440224103201/{number}")), length)).collect()
    }

    #[test]
    fn a_month_has_as_many_parts_as_it_needs_and_keeps_them() {
        assert_eq!(parts(&[], 0), 1);
        assert_eq!(parts(&items(50, 4_000), 1), 1);
        let busy = items(300, 4_000);
        let needed = parts(&busy, 1);
        assert!((8..=16).contains(&needed), "{needed}");
        assert_eq!(parts(&busy, 0), needed, "whatever was before");
        // Half of it was withdrawn: nothing moves. Nearly all of it: one page will do.
        assert_eq!(parts(&busy[..150], needed), needed);
        assert_eq!(parts(&busy[..3], needed), 1);
    }

    #[test]
    fn items_as_large_as_they_may_be_fit_into_pages() {
        let large = items(40, limits::ITEM);
        let parts = parts(&large, 1);
        let mut lengths = vec![0; parts];
        for (bucket, length) in large {
            lengths[bucket % parts] += length;
        }
        assert!(lengths.iter().all(|length| *length <= limits::DOCUMENT), "{lengths:?}");
    }
}
