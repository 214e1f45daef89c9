//! What tells people without anybody doing anything: a review that is waited for too long, boxes that refuse, and the
//! order among what was told before.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use yuexiang_wire::Step;

use super::record::{self, CLOCK, Event};
use super::{Kind, NoticeError, Sender};
use crate::db::{self, args};
use crate::region::RegionCode;
use crate::reports;
use crate::serve::Served;

/// How often it is looked whether something is to be sent.
const LOOK: Duration = Duration::from_secs(2);
/// Every how many looks there is housekeeping.
const KEEP_HOUSE: u64 = 30;
/// Items of one round.
const BATCH: i64 = 200;
/// Seconds for which a notice can be read.
const KEPT: i64 = 180 * 86_400;

/// Sends what is due, for ever.
pub async fn watch(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count: u64 = 0;
    loop {
        ticks.tick().await;
        let now = jiff::Timestamp::now().as_second();
        if count.is_multiple_of(KEEP_HOUSE)
            && let Err(error) = served.notices.keep_house(now).await
        {
            tracing::error!(%error, "looking for what people are to be told");
        }
        count += 1;
        if let Err(error) = served.notices.round(now).await {
            tracing::error!(%error, "sending notices");
        }
    }
}

impl Sender {
    /// Everything that is looked at now and then.
    pub async fn keep_house(&self, now: i64) -> Result<(), NoticeError> {
        self.announce(now).await?;
        self.look_for_overdue(now).await?;
        self.look_for_refused(now).await?;
        self.tidy(now).await
    }

    /// Names the webhooks of this process, so that whatever happens anywhere is noted for them.
    pub async fn announce(&self, now: i64) -> Result<(), NoticeError> {
        for hook in &self.config.hooks {
            let kinds: Vec<&str> = hook.events.iter().map(|kind| kind.slug()).collect();
            let sql = "INSERT INTO notice_hook (name, region, kinds, seen) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (name) DO UPDATE SET region = excluded.region, kinds = excluded.kinds,
                       seen = excluded.seen";
            let values = args![&hook.name, hook.region, json!(kinds).to_string(), now];
            self.store.db.execute("naming a webhook", sql, values).await?;
        }
        let sql = "DELETE FROM notice_hook WHERE seen < $1";
        self.store.db.execute("forgetting webhooks", sql, args![now - record::HOOK_LIFE]).await?;
        Ok(())
    }

    /// Tells of reviews that have been waited for too long; each once.
    async fn look_for_overdue(&self, now: i64) -> Result<(), NoticeError> {
        // The list of states leads to the small index of what is on its way.
        let sql = "SELECT i.id, i.region, i.state, i.updated FROM item i
                   WHERE i.state IN ('draft', 'first', 'second', 'final', 'rejected')
                   AND i.state IN ('first', 'second', 'final') AND i.updated <= $1
                   AND NOT EXISTS (SELECT 1 FROM notice_event e WHERE e.once =
                       'overdue/' || i.id || '/' || i.revision || '/' || i.state || '/' || i.updated)
                   ORDER BY i.updated LIMIT $2";
        let rows: Vec<(String, String, String, i64)> =
            self.store.db.all("looking for overdue reviews", sql, args![now - self.config.overdue, BATCH]).await?;
        for (item, region, state, since) in rows {
            let (Ok(region), Some(step)) = (region.parse::<RegionCode>(), Step::named(&state)) else { continue };
            let mut tx = self.store.db.begin().await?;
            tx.lock(region.number()).await?;
            // Somebody may have reviewed it this very moment.
            let sql = "SELECT serial FROM item WHERE id = $1 AND state = $2 AND updated = $3";
            let row: Option<(i64,)> =
                tx.optional("looking whether a review is overdue", sql, args![&item, &state, since]).await?;
            if row.is_some() {
                record::overdue(&mut tx, &item, step, since, now).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Tells operators of what boxes refuse; each object and cause once a day.
    async fn look_for_refused(&self, now: i64) -> Result<(), NoticeError> {
        for refused in reports::refused(&self.store, now).await? {
            let (region, item) = match refused.object.split_once('/') {
                Some((region, _)) => (region, Some(refused.object.as_str())),
                None => (refused.object.as_str(), None),
            };
            let Ok(region) = region.parse::<RegionCode>() else { continue };
            let once = format!("refused/{}/{}/{}", refused.object, refused.why, record::today(refused.seen));
            let sql = "SELECT at FROM notice_event WHERE once = $1";
            let known: Option<(i64,)> =
                self.store.db.optional("looking whether operators know", sql, args![&once]).await?;
            if known.is_some() {
                continue;
            }
            let mut tx = self.store.db.begin().await?;
            let event = Event {
                kind: Kind::Refused,
                region,
                item,
                step: None,
                actor: CLOCK,
                at: now,
                detail: json!({ "boxes": refused.boxes, "why": refused.why }),
                once: Some(once),
            };
            record::operators(&mut tx, event).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// What is settled counts as read, and what is old is forgotten.
    async fn tidy(&self, now: i64) -> Result<(), NoticeError> {
        let db = &self.store.db;
        let held =
            if db.kind() == db::Kind::Postgres { "ORDER BY recipient, event FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE notice SET seen = $1 WHERE (recipient, event) IN (SELECT recipient, event FROM notice
             WHERE seen IS NULL AND event IN (SELECT id FROM notice_event
                 WHERE settled IS NOT NULL AND settled <= $1 AND settled > $2) {held})"
        );
        db.execute("tidying settled notices", &sql, args![now, now - 3_600]).await?;
        let old = now - KEPT;
        let sql = "DELETE FROM notice WHERE event IN (SELECT id FROM notice_event WHERE at < $1)";
        db.execute("forgetting old notices", sql, args![old]).await?;
        let sql = "DELETE FROM notice_event WHERE at < $1
                   AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event = notice_event.id)";
        db.execute("forgetting old events", sql, args![old]).await?;
        let sql = "DELETE FROM notice_message WHERE created < $1 AND state <> 'waiting'";
        db.execute("forgetting old messages", sql, args![old]).await?;
        let sql = "DELETE FROM notice_address WHERE expires <= $1";
        db.execute("forgetting addresses that nobody confirmed", sql, args![now]).await?;
        Ok(())
    }
}
