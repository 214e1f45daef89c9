//! An item with everything about it, as far as one may see it.

use super::log::Line;
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::store::items::{ApprovalRow, ItemRow, RevisionRow};

/// An item, one of its texts, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    pub item: ItemRow,
    /// Whether the actor sees the text that the item's state speaks of, or the one on the air alone.
    pub sees_drafts: bool,
    pub text: RevisionRow,
    /// The document on the air, while `text` is another.
    pub on_air: Option<String>,
    /// Of that text.
    pub approvals: Vec<ApprovalRow>,
    /// What happened to the item, the oldest first; nothing for those who see what is on the air alone.
    pub history: Vec<Line>,
}

impl Desk {
    /// Everything about an item that the actor may see. To others it does not exist.
    pub async fn whole(&self, actor: &Actor, id: &str) -> Result<Whole, DeskError> {
        let item = self.item(actor, id).await?;
        let sees_drafts = actor.may(Action::SeeDrafts, item.region);
        let live = item.live.as_ref().map(|live| live.revision);
        let number = live.filter(|_| !sees_drafts).unwrap_or(item.revision);
        let store = &self.publisher.store;
        let text = store.revision(id, number).await?.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
        let on_air = match live.filter(|live| *live != number) {
            Some(live) => store.revision(id, live).await?.and_then(|text| text.content),
            None => None,
        };
        let approvals = store.approvals(id, number).await?;
        let history = if sees_drafts { self.steps_of(item.region, id).await? } else { Vec::new() };
        Ok(Whole { item, sees_drafts, text, on_air, approvals, history })
    }
}
