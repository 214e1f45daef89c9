//! Adding a batch up, once.

use super::batch::Batch;
use super::{Sum, county_of};
use crate::db::{DbError, Tx, args};
use crate::desk::{Desk, DeskError};
use crate::region::RegionCode;

/// Days for which it is remembered that a batch was counted: longer than a box may keep it.
const REMEMBERED: i64 = 90;

impl Desk {
    /// Adds a batch up, unless it was counted before. Items that this cloud has never shown in that village are passed
    /// over. Returns whether anything was counted.
    pub async fn take_views(&self, batch: &Batch, now: i64) -> Result<bool, DeskError> {
        // A box that does not know yet that its village goes on under another code.
        let village = crate::moves::forward(&self.publisher.store.db, batch.village).await?;
        let batch = &Batch { village, ..batch.clone() };
        self.name_of(batch.village).await?;
        let mut counts = Vec::new();
        for (item, sum) in &batch.counts {
            if self.was_shown(item, batch.village).await? {
                counts.push((item.as_str(), *sum));
            }
        }
        let mut tx = self.publisher.store.db.begin().await?;
        let sql = "INSERT INTO view_batch (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        if tx.execute("noting a batch", sql, args![&batch.id, now]).await? == 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        add(&mut tx, batch, &counts).await?;
        tx.commit().await?;
        Ok(!counts.is_empty())
    }

    /// Whether a village's televisions can have shown an item: it was on the air at some time, in a region around them.
    async fn was_shown(&self, item: &str, village: RegionCode) -> Result<bool, DeskError> {
        let sql = "SELECT region FROM item WHERE id = $1 AND published IS NOT NULL";
        let row: Option<(String,)> =
            self.publisher.store.db.optional("looking for a viewed item", sql, args![item]).await?;
        let region = row.and_then(|(code,)| code.parse::<RegionCode>().ok());
        Ok(region.is_some_and(|region| region.contains(village)))
    }

    /// Forgets the names of batches that no box has any more.
    pub async fn forget_batches(&self, now: i64) -> Result<u64, DeskError> {
        let sql = "DELETE FROM view_batch WHERE at < $1";
        let values = args![now - REMEMBERED * 86_400];
        Ok(self.publisher.store.db.execute("forgetting batches", sql, values).await?)
    }
}

/// Adds to the rows and to each of their sums, always in the same order, so that two batches never wait for each other.
async fn add(tx: &mut Tx, batch: &Batch, counts: &[(&str, Sum)]) -> Result<(), DbError> {
    if counts.is_empty() {
        return Ok(());
    }
    let (village, day) = (batch.village, batch.day.to_string());
    let mut total = Sum::default();
    for (item, sum) in counts {
        let sql = "INSERT INTO viewed (item, village, day, views, plays, seconds) VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (item, village, day) DO UPDATE SET views = viewed.views + excluded.views,
                   plays = viewed.plays + excluded.plays, seconds = viewed.seconds + excluded.seconds";
        let values = args![*item, village, &day, sum.views, sum.plays, sum.seconds];
        tx.execute("counting views", sql, values).await?;
        total += *sum;
    }
    let by = "INTO {table} ({place}, day, views, plays, seconds) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT ({place}, day) DO UPDATE SET views = {table}.views + excluded.views,
              plays = {table}.plays + excluded.plays, seconds = {table}.seconds + excluded.seconds";
    let town = village.parent().unwrap_or(village);
    for (table, place, code) in [("viewed_by_village", "village", village), ("viewed_by_town", "town", town)] {
        let sql = format!("INSERT {}", by.replace("{table}", table).replace("{place}", place));
        let values = args![code, &day, total.views, total.plays, total.seconds];
        tx.execute("adding views up", &sql, values).await?;
    }
    let month = batch.day.strftime("%Y-%m").to_string();
    let county = county_of(village);
    for (item, sum) in counts {
        let sql = "INSERT INTO viewed_by_item (month, county, item, views, plays, seconds)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (month, county, item) DO UPDATE SET views = viewed_by_item.views + excluded.views,
                   plays = viewed_by_item.plays + excluded.plays, seconds = viewed_by_item.seconds + excluded.seconds";
        let values = args![&month, county, *item, sum.views, sum.plays, sum.seconds];
        tx.execute("adding an item's views up", sql, values).await?;
    }
    Ok(())
}
