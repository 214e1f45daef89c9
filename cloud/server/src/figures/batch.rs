//! A batch of counts that makes sense.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use yuexiang_wire::FORMAT;
use yuexiang_wire::views::{COUNTS, MOST, ViewBatch};

use super::Sum;
use crate::pack::china_date;
use crate::region::{Level, RegionCode};

/// Days after which nobody asks for a batch any more: boxes that were off for longer have lost theirs.
pub const OLDEST: i64 = 60;
/// Hexadecimal digits of a batch's name.
const ID: usize = 32;

/// Why a batch is not taken. It would not be taken later either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("the batch is no JSON document of its kind: {0}")]
    Shape(String),
    #[error("the format {0} is not known: this server reads {FORMAT}")]
    Format(u32),
    #[error("`{0}` is no batch id: it has {ID} digits 0-9 and a-f")]
    Id(String),
    #[error("`{0}` is not the code of a village")]
    Village(String),
    #[error("`{day}` is no day from {first} to {last}")]
    Day { day: String, first: Date, last: Date },
    #[error("the batch has {0} counts, it must have 1 to {COUNTS}")]
    Length(usize),
    #[error("`{0}` is no item's id")]
    Item(String),
    #[error("the count of {0} is beyond {MOST}")]
    Count(String),
}

/// A batch whose every part is in order. Which of its items exist is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: String,
    pub village: RegionCode,
    pub day: Date,
    /// In the order of the items, which is the order in which rows are written.
    pub counts: BTreeMap<String, Sum>,
}

impl Batch {
    /// `now` is in Unix seconds.
    pub fn parse(body: &[u8], now: i64) -> Result<Batch, BatchError> {
        let batch: ViewBatch = serde_json::from_slice(body).map_err(|error| BatchError::Shape(error.to_string()))?;
        if batch.format != FORMAT {
            return Err(BatchError::Format(batch.format));
        }
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if batch.id.len() != ID || !batch.id.bytes().all(is_digit) {
            return Err(BatchError::Id(batch.id));
        }
        let village = batch.village.parse::<RegionCode>().ok();
        let is_village = |code: &RegionCode| code.level() == Level::Village && code.to_string() == batch.village;
        let village = village.filter(is_village).ok_or(BatchError::Village(batch.village))?;
        if !(1..=COUNTS).contains(&batch.counts.len()) {
            return Err(BatchError::Length(batch.counts.len()));
        }
        let mut counts: BTreeMap<String, Sum> = BTreeMap::new();
        for count in batch.counts {
            if !is_item(&count.item) {
                return Err(BatchError::Item(count.item));
            }
            if [count.views, count.plays, count.seconds].into_iter().any(|number| number > MOST) {
                return Err(BatchError::Count(count.item));
            }
            let [views, plays, seconds] = [count.views, count.plays, count.seconds].map(i64::from);
            *counts.entry(count.item).or_default() += Sum { views, plays, seconds };
        }
        Ok(Batch { id: batch.id, village, day: day(&batch.day, now)?, counts })
    }
}

fn day(text: &str, now: i64) -> Result<Date, BatchError> {
    let last = china_date(now);
    let first = last.saturating_sub(OLDEST.days());
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text && (first..=last).contains(day));
    day.ok_or_else(|| BatchError::Day { day: text.to_owned(), first, last })
}

/// `<12-digit region>/<slug>`
fn is_item(id: &str) -> bool {
    id.split_once('/').is_some_and(|(region, slug)| {
        region.len() == 12 && region.parse::<RegionCode>().is_ok() && crate::pack::manifest::is_slug(slug, 64)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// 2026-11-01 00:00 in China.
    const NOW: i64 = 1_793_462_400;

    fn batch() -> Value {
        json!({
            "format": FORMAT, "id": "0123456789abcdef0123456789abcdef", "village": "440224103201", "day": "2026-11-01",
            "counts": [{ "item": "440224103201/water", "views": 3, "plays": 1, "seconds": 90 }],
        })
    }

    fn parsed(batch: &Value) -> Result<Batch, BatchError> {
        Batch::parse(batch.to_string().as_bytes(), NOW)
    }

    #[track_caller]
    fn check(pointer: &str, value: Value) {
        let mut batch = batch();
        *batch.pointer_mut(pointer).expect("a member") = value.clone();
        assert!(parsed(&batch).is_err(), "{pointer} {value} was taken");
    }

    #[test]
    fn counts_of_the_same_item_are_added_up() {
        let mut twice = batch();
        twice["counts"] = json!([{ "item": "440224103201/a", "views": 1 }, { "item": "440224103201/a", "views": 2 }]);
        assert_eq!(parsed(&twice).expect("a batch").counts["440224103201/a"].views, 3);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parsed(&batch()).is_ok());
        check("/format", json!(FORMAT + 1));
        check("/id", json!("0123"));
        check("/id", json!("0123456789ABCDEF0123456789ABCDEF"));
        for village in ["440224103000", "44", "4402241032", "水", "440224000201"] {
            check("/village", json!(village));
        }
        for day in ["2026-11-02", "2026-09-01", "2026-13-01", "2026-11-01T00:00", "20261101", ""] {
            check("/day", json!(day));
        }
        check("/counts", json!([]));
        check("/counts", json!(vec![json!({ "item": "440224103201/a" }); COUNTS + 1]));
        for item in ["water", "440224103201/", "440224103201/a b", "4402/water", "440224103201/../x"] {
            check("/counts/0/item", json!(item));
        }
        for member in ["views", "plays", "seconds"] {
            check(&format!("/counts/0/{member}"), json!(MOST + 1));
            check(&format!("/counts/0/{member}"), json!(-1));
        }
        assert!(Batch::parse(b"{", NOW).is_err());
    }

    #[test]
    fn a_batch_of_sixty_days_ago_is_the_last_that_is_taken() {
        let mut old = batch();
        old["day"] = json!("2026-09-02");
        assert!(parsed(&old).is_ok());
        old["day"] = json!("2026-09-01");
        assert!(parsed(&old).is_err());
    }
}
