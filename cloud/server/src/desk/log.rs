//! The log of every step: rows are only ever added, and each carries the hash of the one before in its region.
//!
//! A region has a chain of its own, so that publishing in one does not wait for another. Who changes or removes a row
//! breaks the chain from there on; who cuts the end off is found out by an export that was kept, since every export names
//! the last hash of each chain.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::db::{DbError, Tx, args};
use crate::objects::hex;
use crate::region::RegionCode;
use crate::store::{Store, StoreError};

/// The hash before the first row of a chain.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A step to be noted.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Whose chain it goes into: the region that the step is about.
    pub region: RegionCode,
    /// Unix seconds.
    pub at: i64,
    /// Who: an account's id, or a word for what is no person.
    pub account: &'a str,
    /// What: a word such as `submit`.
    pub action: &'a str,
    /// Of what: an item's id, an account, a key.
    pub object: &'a str,
    pub detail: Value,
}

crate::db::row! {
    /// A step as it was noted.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Line {
        pub region: String,
        pub seq: i64,
        pub at: i64,
        pub account: String,
        pub action: String,
        pub object: String,
        pub detail: String,
        pub before: String,
        pub hash: String,
    }
}

impl Line {
    /// Whether it carries the hash of what it says.
    pub fn is_whole(&self) -> bool {
        self.hash == self.expected()
    }

    /// The hash that this line must carry: SHA-256 over its parts, each with its length before it.
    fn expected(&self) -> String {
        let mut hasher = Sha256::new();
        let numbers = [self.seq.to_string(), self.at.to_string()];
        let parts = [&self.before, &self.region, &numbers[0], &numbers[1], &self.account, &self.action, &self.object];
        for part in parts.into_iter().chain([&self.detail]) {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hex(&hasher.finalize())
    }
}

/// Adds a step, in the transaction that takes it. The caller holds the region's lock, or the insertion fails when
/// somebody else was faster.
pub async fn append(tx: &mut Tx, entry: Entry<'_>) -> Result<(), DbError> {
    tx.lock(entry.region.number()).await?;
    let sql = "SELECT seq, hash FROM log WHERE region = $1 ORDER BY seq DESC LIMIT 1";
    let last: Option<(i64, String)> = tx.optional("reading the end of the log", sql, args![entry.region]).await?;
    let (seq, before) = last.map_or((1, BEGINNING.to_owned()), |(seq, hash)| (seq + 1, hash));
    let mut line = Line {
        region: entry.region.to_string(),
        seq,
        at: entry.at,
        account: entry.account.to_owned(),
        action: entry.action.to_owned(),
        object: entry.object.to_owned(),
        detail: entry.detail.to_string(),
        before,
        hash: String::new(),
    };
    line.hash = line.expected();
    let sql = "INSERT INTO log (region, seq, at, account, action, object, detail, before, hash)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Line { region, seq, at, account, action, object, detail, before, hash } = line;
    let values = args![region, seq, at, account, action, object, detail, before, hash];
    tx.execute("adding to the log", sql, values).await?;
    Ok(())
}

/// What a check of the log has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub chains: usize,
    pub lines: usize,
    /// The hash of the last line of the region's own chain.
    pub head: Option<String>,
    /// Region, number of the first line that is wrong, and what is wrong with it.
    pub broken: Vec<(String, i64, String)>,
}

/// Checks every chain of a region and of everything below it.
pub async fn verify(store: &Store, within: RegionCode) -> Result<Verdict, StoreError> {
    let (from, to) = within.range();
    let sql = "SELECT DISTINCT region FROM log WHERE region >= $1 AND region < $2 ORDER BY region";
    let regions: Vec<(String,)> = store.db.all("listing the log's chains", sql, args![from, to]).await?;
    let mut verdict = Verdict { chains: regions.len(), ..Verdict::default() };
    for (region,) in regions {
        let head = verify_chain(store, &region, &mut verdict).await?;
        if region == within.to_string() {
            verdict.head = head;
        }
    }
    Ok(verdict)
}

/// Lines read at once.
const BATCH: i64 = 1_000;

/// Returns the hash of the last line, if the chain is whole and not empty.
async fn verify_chain(store: &Store, region: &str, verdict: &mut Verdict) -> Result<Option<String>, StoreError> {
    let mut before = (0, BEGINNING.to_owned());
    loop {
        let sql = "SELECT * FROM log WHERE region = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let lines: Vec<Line> = store.db.all("reading the log", sql, args![region, before.0, BATCH]).await?;
        let is_last = (lines.len() as i64) < BATCH;
        for line in lines {
            let wrong = if line.seq != before.0 + 1 {
                Some(format!("line {} is missing", before.0 + 1))
            } else if line.before != before.1 {
                Some("it does not follow the line before".to_owned())
            } else if line.hash != line.expected() {
                Some("it was changed".to_owned())
            } else {
                None
            };
            if let Some(wrong) = wrong {
                verdict.broken.push((region.to_owned(), line.seq, wrong));
                return Ok(None);
            }
            verdict.lines += 1;
            before = (line.seq, line.hash);
        }
        if is_last {
            return Ok((before.0 > 0).then_some(before.1));
        }
    }
}
