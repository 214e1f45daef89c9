//! Finding steps in the log.

use std::fmt;
use std::str::FromStr;

use super::log::Line;
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::accounts::people::pattern;
use crate::db::args;
use crate::region::RegionCode;

/// Which steps a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter {
    /// Of this region and everything below.
    pub region: RegionCode,
    /// Part of the name or login of whoever took it, or the whole id; empty for all.
    pub who: String,
    /// Empty for all.
    pub action: String,
    /// At or after this moment, and before that one; Unix seconds.
    pub from: Option<i64>,
    pub until: Option<i64>,
    /// Where the page before ended.
    pub after: Option<LogCursor>,
    pub limit: i64,
}

/// The last step of a page: when it was taken, and its place in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCursor {
    pub at: i64,
    pub region: RegionCode,
    pub seq: i64,
}

impl fmt::Display for LogCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.region, self.seq)
    }
}

/// The text is no place in the log.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no place in the log")]
pub struct LogCursorError(String);

impl FromStr for LogCursor {
    type Err = LogCursorError;

    fn from_str(text: &str) -> Result<LogCursor, LogCursorError> {
        let read = || {
            let mut parts = text.split('.');
            let (at, region, seq) = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            Some(LogCursor { at: at.parse().ok()?, region: region.parse().ok()?, seq: seq.parse().ok()? })
        };
        read().ok_or_else(|| LogCursorError(text.chars().take(60).collect()))
    }
}

impl Desk {
    /// The steps that the filter names, the newest first.
    pub async fn log_lines(&self, actor: &Actor, filter: &LogFilter) -> Result<Vec<Line>, DeskError> {
        actor.check(Action::SeeLog, filter.region)?;
        let (from, to) = filter.region.range();
        let sql = "SELECT l.* FROM log l WHERE l.region >= $1 AND l.region < $2 AND l.at >= $3 AND l.at < $4
                   AND ($5 = '' OR l.action = $5)
                   AND ($6 = '' OR l.account = $6 OR EXISTS (SELECT 1 FROM account a WHERE a.id = l.account
                        AND (lower(a.name) LIKE $7 ESCAPE '\\' OR a.login LIKE $7 ESCAPE '\\')))
                   AND (l.at, l.region, l.seq) < ($8, $9, $10)
                   ORDER BY l.at DESC, l.region DESC, l.seq DESC LIMIT $11";
        let (at, region, seq) = match &filter.after {
            Some(cursor) => (cursor.at, cursor.region.to_string(), cursor.seq),
            None => (i64::MAX, String::new(), 0),
        };
        let values = args![
            from,
            to,
            filter.from.unwrap_or(0),
            filter.until.unwrap_or(i64::MAX),
            &filter.action,
            filter.who.trim(),
            pattern(&filter.who),
            at,
            region,
            seq,
            filter.limit,
        ];
        Ok(self.publisher.store.db.all("listing the log", sql, values).await?)
    }

    /// Who made an account, and when, as the log has it.
    pub async fn maker_of(&self, account: &str) -> Result<Option<String>, DeskError> {
        let sql = "SELECT account FROM log WHERE object = $1 AND action = 'account-create' LIMIT 1";
        let row: Option<(String,)> =
            self.publisher.store.db.optional("looking for who made an account", sql, args![account]).await?;
        Ok(row.map(|(account,)| account))
    }

    /// When a region's keys were revoked by the one above, and what the log says of it: the newest first.
    pub async fn revocations(&self, parent: RegionCode) -> Result<Vec<Line>, DeskError> {
        let sql = "SELECT * FROM log WHERE region = $1 AND action = 'key-revoke' ORDER BY seq DESC";
        Ok(self.publisher.store.db.all("listing revocations", sql, args![parent]).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_log_comes_back_from_its_text() {
        let cursor = LogCursor { at: 1_793_462_400, region: RegionCode::GUANGDONG, seq: 7 };
        assert_eq!(cursor.to_string().parse::<LogCursor>().expect("reads"), cursor);
        for odd in ["", "1", "1.2", "1.440000000000.x", "a.440000000000.1", "1.44.2.3", "1.9.1", "1.44."] {
            assert!(odd.parse::<LogCursor>().is_err(), "{odd}");
        }
    }
}
