//! Deleting a draft: of what was never on the air nothing but its line in the log remains.

use serde_json::json;

use super::items::note;
use super::rights::{Action, Actor};
use super::state::{Denied, State};
use super::{Desk, DeskError};
use crate::db::args;
use crate::notices::record;
use crate::search;

impl Desk {
    /// Deletes an item that is a draft or was sent back. What was ever on the air is kept, since people have seen it; what
    /// is under review is withdrawn first.
    pub async fn delete(&self, actor: &Actor, id: &str, now: i64) -> Result<(), DeskError> {
        let (mut change, item) = self.open(actor, id).await?;
        actor.check(Action::Write, item.region)?;
        if item.origin == "pack" {
            return Err(DeskError::FromPack(item.id));
        }
        if !matches!(item.state, State::Draft | State::Rejected) {
            return Err(DeskError::Denied { item: item.id, state: item.state, why: Denied::NotDeletable });
        }
        let sql = "SELECT count(*) FROM item WHERE id = $1 AND published IS NOT NULL";
        let (was_shown,): (i64,) = change.tx.one("looking whether it was on the air", sql, args![id]).await?;
        if was_shown > 0 {
            return Err(DeskError::Kept(item.id));
        }
        let detail = json!({ "name": item.title, "revision": item.revision });
        note(&mut change, &item, actor, "delete", detail, now).await?;
        for sql in ["DELETE FROM approval WHERE item = $1", "DELETE FROM revision WHERE item = $1"] {
            change.tx.execute("deleting a draft's texts", sql, args![id]).await?;
        }
        record::settle(&mut change.tx, id, now).await?;
        search::forget(&mut change.tx, item.serial).await?;
        change.tx.execute("deleting a draft", "DELETE FROM item WHERE id = $1", args![id]).await?;
        change.commit().await?;
        Ok(())
    }
}
