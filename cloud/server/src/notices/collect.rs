//! Putting what is due into messages: many notices for one recipient are one message, and the next one waits a while.

use super::record::new_id;
use super::{HOOK, NoticeError, Sender};
use crate::db::{Kind, args};

/// Recipients that are looked at in one go.
const BATCH: i64 = 100;
/// Notices of one message.
const MOST: i64 = 500;

impl Sender {
    /// Makes messages of what is due to recipients that this process can reach. Returns how many.
    pub async fn collect(&self, now: i64) -> Result<usize, NoticeError> {
        let mut made = 0;
        if self.mailer.is_some() {
            let mut behind = String::new();
            loop {
                let sql = "SELECT DISTINCT recipient FROM notice WHERE due IS NOT NULL AND message IS NULL
                           AND due <= $1 AND recipient NOT LIKE 'hook:%' AND recipient > $2
                           ORDER BY recipient LIMIT $3";
                let rows: Vec<(String,)> =
                    self.store.db.all("looking for what is to be sent", sql, args![now, &behind, BATCH]).await?;
                let Some((last,)) = rows.last() else { break };
                behind = last.clone();
                for (recipient,) in &rows {
                    made += usize::from(self.gather(recipient, self.config.gap, now).await?);
                }
            }
        }
        for hook in &self.config.hooks {
            made += usize::from(self.gather(&format!("{HOOK}{}", hook.name), hook.gap, now).await?);
        }
        Ok(made)
    }

    /// One message of all that is due to a recipient, unless another one went there a moment ago.
    async fn gather(&self, recipient: &str, gap: i64, now: i64) -> Result<bool, NoticeError> {
        let db = &self.store.db;
        let sql = "SELECT event FROM notice WHERE recipient = $1 AND due IS NOT NULL AND message IS NULL AND due <= $2
                   LIMIT 1";
        if db.optional::<(String,)>("looking for what is due", sql, args![recipient, now]).await?.is_none() {
            return Ok(false);
        }
        let sql = "SELECT max(created) FROM notice_message WHERE recipient = $1";
        let (last,): (Option<i64>,) = db.one("looking for the last message", sql, args![recipient]).await?;
        // A moment that is yet to come was taken from a clock that was fast.
        if last.is_some_and(|last| last <= now && last > now - gap) {
            return Ok(false);
        }
        let mut tx = db.begin().await?;
        // What another process is putting into a message is its business.
        let held = if tx.kind() == Kind::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "SELECT event FROM notice WHERE recipient = $1 AND due IS NOT NULL AND message IS NULL AND due <= $2
             ORDER BY event LIMIT $3 {held}"
        );
        let events: Vec<(String,)> = tx.all("reading what is due", &sql, args![recipient, now, MOST]).await?;
        if events.is_empty() {
            tx.rollback().await?;
            return Ok(false);
        }
        let id = new_id(now)?;
        let sql = "INSERT INTO notice_message (id, recipient, created, state, attempts, due)
                   VALUES ($1, $2, $3, 'waiting', 0, $3)";
        tx.execute("making a message", sql, args![&id, recipient, now]).await?;
        for (event,) in events {
            let sql = "UPDATE notice SET message = $1 WHERE recipient = $2 AND event = $3";
            tx.execute("putting a notice into a message", sql, args![&id, recipient, event]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
