//! The log as a file, and what an earlier file proves.
//!
//! An export is JSON, one object a line: every step as `{"line": …}` in the order of regions and numbers, and last
//! `{"heads": …}`, the number and hash with which each chain ended. The chain in the database alone cannot show that its
//! end was cut off; an export that was kept elsewhere can.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::log::{BEGINNING, Line};
use crate::db::args;
use crate::region::RegionCode;
use crate::store::{Store, StoreError};

/// Lines read at once.
const BATCH: i64 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error("writing the log: {0}")]
    Write(io::Error),
    #[error("reading the export: {0}")]
    Read(io::Error),
    #[error("line {line} of the export is not one of the log: {source}")]
    Parse { line: usize, source: serde_json::Error },
    #[error("the export was cut off: it does not end with the heads of the chains")]
    Cut,
}

crate::db::row! {
    /// Where a chain ends.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Head {
        pub region: String,
        pub seq: i64,
        pub hash: String,
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Record {
    Line(Line),
    Heads(Vec<Head>),
}

/// The log of a region and of everything below, on its way out.
pub struct Exporter {
    store: Store,
    heads: Vec<Head>,
    /// The chain that is being read, and the last of its lines that was.
    chain: usize,
    after: i64,
    ended: bool,
}

/// A part of an export.
pub struct Batch {
    pub text: Vec<u8>,
    pub lines: usize,
}

impl Exporter {
    /// The ends are read first: what is added meanwhile belongs to the next export.
    pub async fn new(store: &Store, within: RegionCode) -> Result<Exporter, AuditError> {
        let heads = heads(store, within).await?;
        Ok(Exporter { store: store.clone(), heads, chain: 0, after: 0, ended: false })
    }

    /// What comes next; none after the heads.
    pub async fn next(&mut self) -> Result<Option<Batch>, AuditError> {
        let mut text = Vec::new();
        while let Some(head) = self.heads.get(self.chain) {
            let sql = "SELECT * FROM log WHERE region = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4";
            let values = args![&head.region, self.after, head.seq, BATCH];
            let lines: Vec<Line> = self.store.db.all("reading the log", sql, values).await?;
            let Some(last) = lines.last() else {
                (self.chain, self.after) = (self.chain + 1, 0);
                continue;
            };
            self.after = last.seq;
            if last.seq == head.seq {
                (self.chain, self.after) = (self.chain + 1, 0);
            }
            let count = lines.len();
            for line in lines {
                write(&mut text, &Record::Line(line))?;
            }
            return Ok(Some(Batch { text, lines: count }));
        }
        if std::mem::replace(&mut self.ended, true) {
            return Ok(None);
        }
        write(&mut text, &Record::Heads(std::mem::take(&mut self.heads)))?;
        Ok(Some(Batch { text, lines: 0 }))
    }
}

/// Writes the log of a region and of everything below. Returns the number of lines.
pub async fn export(store: &Store, within: RegionCode, out: &mut impl Write) -> Result<usize, AuditError> {
    let mut exporter = Exporter::new(store, within).await?;
    let mut count = 0;
    while let Some(batch) = exporter.next().await? {
        out.write_all(&batch.text).map_err(AuditError::Write)?;
        count += batch.lines;
    }
    out.flush().map_err(AuditError::Write)?;
    Ok(count)
}

async fn heads(store: &Store, within: RegionCode) -> Result<Vec<Head>, AuditError> {
    let (from, to) = within.range();
    let sql = "SELECT l.region, l.seq, l.hash FROM log l
               JOIN (SELECT region, max(seq) AS seq FROM log WHERE region >= $1 AND region < $2 GROUP BY region) e
               ON e.region = l.region AND e.seq = l.seq ORDER BY l.region";
    Ok(store.db.all("reading the ends of the log", sql, args![from, to]).await?)
}

fn write(out: &mut impl Write, record: &Record) -> Result<(), AuditError> {
    serde_json::to_writer(&mut *out, record).map_err(|error| AuditError::Write(error.into()))?;
    out.write_all(b"\n").map_err(AuditError::Write)
}

/// What an earlier export says against the log of today: region, number of the line, and what is wrong.
pub async fn compare(store: &Store, export: impl BufRead) -> Result<Vec<(String, i64, String)>, AuditError> {
    let mut wrong = Vec::new();
    let mut ends: BTreeMap<String, (i64, String)> = BTreeMap::new();
    let mut heads = None;
    for (number, line) in export.lines().enumerate() {
        let line = line.map_err(AuditError::Read)?;
        let parse = |source| AuditError::Parse { line: number + 1, source };
        match serde_json::from_str(&line).map_err(parse)? {
            Record::Line(line) => {
                let end = ends.entry(line.region.clone()).or_insert((0, BEGINNING.to_owned()));
                if line.seq != end.0 + 1 || line.before != end.1 || !line.is_whole() {
                    wrong.push((line.region.clone(), line.seq, "the export itself was changed here".to_owned()));
                }
                *end = (line.seq, line.hash);
            }
            Record::Heads(list) => heads = Some(list),
        }
    }
    for head in heads.ok_or(AuditError::Cut)? {
        if ends.get(&head.region) != Some(&(head.seq, head.hash.clone())) {
            wrong.push((head.region.clone(), head.seq, "the export lacks lines that it speaks of".to_owned()));
        }
        let sql = "SELECT hash FROM log WHERE region = $1 AND seq = $2";
        let row: Option<(String,)> =
            store.db.optional("looking for a line of the log", sql, args![&head.region, head.seq]).await?;
        match row {
            None => wrong.push((head.region, head.seq, "the log has lost its end since the export".to_owned())),
            Some((hash,)) if hash != head.hash => {
                wrong.push((head.region, head.seq, "the log is another than when it was exported".to_owned()));
            }
            Some(_) => {}
        }
    }
    Ok(wrong)
}
