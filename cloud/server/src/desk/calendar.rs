//! The calendar of publish windows.

use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::db::{Value, args};
use crate::figures::read::Range;
use crate::pack::CHINA;
use crate::region::{Level, RegionCode};
use crate::store::StoreError;
use crate::store::items::{ItemRecord, ItemRow};

/// Windows that a month has room for.
const SHOWN: i64 = 200;

/// The windows of a month, and how many more there are than those shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    pub items: Vec<ItemRow>,
    pub more: i64,
}

/// When an item's window begins, in Unix seconds.
pub fn begins(item: &ItemRow) -> i64 {
    item.not_before.or(item.live.as_ref().map(|live| live.published)).unwrap_or(item.created)
}

impl Desk {
    /// What begins or ends in the month or lasts through it, the earliest first. What has begun before and never ends is
    /// no window any more. A city and the province see what they and their counties have planned: the villages' plans
    /// are too many.
    pub async fn windows(&self, actor: &Actor, region: RegionCode, days: Range) -> Result<Windows, DeskError> {
        actor.check(Action::SeePublished, region)?;
        self.name_of(region).await?;
        let second = |date: jiff::civil::Date| {
            let midnight = CHINA.to_timestamp(date.at(0, 0, 0, 0));
            midnight.map_or(0, |midnight| midnight.as_second())
        };
        let (start, end) = (second(days.from), second(days.to) + 86_400);
        let wide = matches!(region.level(), Level::Province | Level::City);
        let wide = if wide { "AND i.town = ''" } else { "" };
        let drafts = actor.may(Action::SeeDrafts, region);
        let states = if drafts { "i.state NOT IN ('withdrawn', 'rejected')" } else { "i.live IS NOT NULL" };
        let begin = "coalesce(i.not_before, i.published, i.created)";
        let condition = format!(
            "i.region >= $1 AND i.region < $2 {wide} AND (i.not_before IS NOT NULL OR i.not_after IS NOT NULL)
             AND {begin} < $4 AND (i.not_after > $3 OR (i.not_after IS NULL AND i.not_before >= $3)) AND {states}"
        );
        let (from, to) = region.range();
        let values = || -> Vec<Value> { args![&from, &to, start, end] };
        let db = &self.publisher.store.db;
        let sql = format!("SELECT i.* FROM item i WHERE {condition} ORDER BY {begin}, i.id LIMIT {SHOWN}");
        let records: Vec<ItemRecord> = db.all("reading publish windows", &sql, values()).await?;
        let items: Result<Vec<ItemRow>, _> = records.into_iter().map(ItemRow::try_from).collect();
        let items = items.map_err(StoreError::from)?;
        let mut more = 0;
        if items.len() as i64 == SHOWN {
            let sql = format!("SELECT count(*) FROM item i WHERE {condition}");
            let (count,): (i64,) = db.one("counting publish windows", &sql, values()).await?;
            more = count - SHOWN;
        }
        Ok(Windows { items, more })
    }
}
