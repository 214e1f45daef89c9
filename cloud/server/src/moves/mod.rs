//! Regions that go on under another code: 撤镇设街, 撤村并居, every January and July.
//!
//! One operation carries a region over ([`change`]): everything that names it in the database goes along in one
//! transaction ([`carry`]), a preview of which is the same transaction, taken back. What boxes trust stays as it was
//! signed: items keep their ids and their approvals, the new region's `review.json` names the old one's reviewers, and the
//! nearest region around both says where the old one has gone (docs/KEYS.md). The old region's repository is renewed as
//! it is, for boxes of earlier versions, and its log stays readable under its code.
//!
//! [`list`] is the list of divisions, [`web`] leads links with old codes to where they mean.

use crate::db::{Db, DbError, Tx, args};
use crate::region::RegionCode;
use crate::store::codes;

pub mod carry;
pub mod change;
pub mod list;
pub mod report;
pub mod web;

pub use change::{MoveError, Split, Wanted};
pub use report::Outcome;

/// Moves one after the other that are followed.
const LONGEST: usize = 32;

/// Where a region has gone itself.
const NEXT: &str = "SELECT code FROM region_move WHERE former = $1 AND main = 1";

/// All regions that have become this one in any number of steps.
const FORMER: &str = "WITH RECURSIVE past (code, depth) AS (
    SELECT former, 1 FROM region_move WHERE code = $1
    UNION SELECT m.former, p.depth + 1 FROM region_move m JOIN past p ON m.code = p.code WHERE p.depth < 32)
    SELECT DISTINCT code FROM past ORDER BY code";

/// All regions that this one has become.
const LATER: &str = "WITH RECURSIVE later (code, depth) AS (
    SELECT code, 1 FROM region_move WHERE former = $1
    UNION SELECT m.code, l.depth + 1 FROM region_move m JOIN later l ON m.former = l.code WHERE l.depth < 32)
    SELECT DISTINCT code FROM later ORDER BY code";

/// The code under which a region goes on; its own when it has not moved.
pub async fn forward(db: &Db, region: RegionCode) -> Result<RegionCode, DbError> {
    let mut at = region;
    for _ in 0..LONGEST {
        match next(db.optional("looking where a region has gone", NEXT, args![at]).await?) {
            Some(code) => at = code,
            None => break,
        }
    }
    Ok(at)
}

/// Where a region has gone itself, within a change.
pub async fn moved_to(tx: &mut Tx, region: RegionCode) -> Result<Option<RegionCode>, DbError> {
    Ok(next(tx.optional("looking where a region has gone", NEXT, args![region]).await?))
}

/// The code under which a region goes on, within a change.
pub async fn end_of(tx: &mut Tx, region: RegionCode) -> Result<RegionCode, DbError> {
    let mut at = region;
    for _ in 0..LONGEST {
        match moved_to(tx, at).await? {
            Some(code) => at = code,
            None => break,
        }
    }
    Ok(at)
}

/// The regions that have become this one.
pub async fn former(tx: &mut Tx, region: RegionCode) -> Result<Vec<RegionCode>, DbError> {
    let all = codes(tx.all("reading what a region has taken over", FORMER, args![region]).await?);
    Ok(all.into_iter().filter(|code| *code != region).collect())
}

/// The regions that this one has become.
pub async fn later(tx: &mut Tx, region: RegionCode) -> Result<Vec<RegionCode>, DbError> {
    let all = codes(tx.all("reading what has taken a region over", LATER, args![region]).await?);
    Ok(all.into_iter().filter(|code| *code != region).collect())
}

/// Regions that go on under another code, with when.
pub async fn closed(db: &Db) -> Result<Vec<(RegionCode, RegionCode, i64)>, DbError> {
    let sql = "SELECT former, code, at FROM region_move WHERE main = 1 ORDER BY at DESC, former";
    let rows: Vec<(String, String, i64)> = db.all("listing moves", sql, args![]).await?;
    Ok(rows.into_iter().filter_map(|(from, to, at)| Some((from.parse().ok()?, to.parse().ok()?, at))).collect())
}

fn next(row: Option<(String,)>) -> Option<RegionCode> {
    row.and_then(|(code,)| code.parse().ok())
}
