//! Reading the log: a page at a time, and what happened to one item.

use super::log::Line;
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::db::args;
use crate::region::RegionCode;

/// Lines of one page, at most.
const LARGEST_PAGE: i64 = 200;
/// Steps that are told of one item, the last ones.
const STEPS: i64 = 500;

/// The last line of a page: when, in which region, and which of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(pub i64, pub RegionCode, pub i64);

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl std::str::FromStr for Mark {
    type Err = ();

    fn from_str(text: &str) -> Result<Mark, ()> {
        let mut parts = text.split('.');
        let (Some(at), Some(region), Some(seq), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(());
        };
        Ok(Mark(at.parse().map_err(drop)?, region.parse().map_err(drop)?, seq.parse().map_err(drop)?))
    }
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    pub lines: Vec<Line>,
    pub next: Option<Mark>,
}

impl Desk {
    /// The steps of a region and everything below, the newest first.
    pub async fn log(
        &self,
        actor: &Actor,
        within: RegionCode,
        after: Option<Mark>,
        limit: i64,
    ) -> Result<LogPage, DeskError> {
        actor.check(Action::SeeLog, within)?;
        let limit = limit.clamp(1, LARGEST_PAGE);
        let (from, to) = within.range();
        let sql = "SELECT * FROM log WHERE region >= $1 AND region < $2 AND (at, region, seq) < ($3, $4, $5)
                   ORDER BY at DESC, region DESC, seq DESC LIMIT $6";
        let (at, region, seq) = match after {
            Some(Mark(at, region, seq)) => (at, region.to_string(), seq),
            // After every moment there is.
            None => (i64::MAX, String::new(), 0),
        };
        let values = args![from, to, at, region, seq, limit + 1];
        let mut lines: Vec<Line> = self.publisher.store.db.all("reading the log", sql, values).await?;
        let is_last = lines.len() as i64 <= limit;
        lines.truncate(limit as usize);
        let last = lines.last().filter(|_| !is_last);
        let next = last.and_then(|line| Some(Mark(line.at, line.region.parse().ok()?, line.seq)));
        Ok(LogPage { lines, next })
    }

    /// What happened to an item, the oldest first.
    pub(super) async fn steps_of(&self, region: RegionCode, item: &str) -> Result<Vec<Line>, DeskError> {
        let sql = "SELECT * FROM log WHERE object = $1 AND region = $2 ORDER BY seq DESC LIMIT $3";
        let values = args![item, region, STEPS];
        let mut lines: Vec<Line> = self.publisher.store.db.all("reading the log of an item", sql, values).await?;
        lines.reverse();
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_is_written() {
        let mark = Mark(1_793_462_400, "440224103201".parse().expect("a code"), 17);
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in ["", "1", "1.44", "1.44.2.3", "a.44.1", "1.9.1", "1.44.", "99999999999999999999.44.1"] {
            assert!(text.parse::<Mark>().is_err(), "{text}");
        }
    }
}
