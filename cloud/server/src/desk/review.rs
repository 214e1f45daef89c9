//! Reviewing: letting a text through, and sending it back.
//!
//! An approval names the hash of what the reviewer has seen. It is signed with the reviewer's key for the region of the
//! grant that gives the right: the nearest one that holds for the item's region.

use serde_json::json;
use yuexiang_wire::Step;
use yuexiang_wire::approval::required_steps;

use super::items::note;
use super::rights::{Action, Actor};
use super::state::{Act, State, after, first_missing};
use super::{Desk, DeskError};
use crate::keys::people::{PersonKey, reviews_needed};
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;

/// Characters of a reason.
const REASON: usize = 500;

impl Desk {
    /// Lets a text through a review; the last one puts it on the air.
    pub async fn approve(&self, actor: &Actor, id: &str, step: Step, hash: &str, now: i64) -> Result<State, DeskError> {
        let missing = || DeskError::NoItem(id.to_owned());
        let region: RegionCode = id.split('/').next().and_then(|code| code.parse().ok()).ok_or_else(missing)?;
        actor.check(Action::Approve(step), region)?;
        let granted = nearest(actor, step, region);
        let mut change = self.publisher.store.change().await?;
        Drafts::lock(&mut change, &[granted, region]).await?;
        let item = change.item(id).await?.ok_or_else(missing)?;
        let text = self.text(&mut change, &item).await?;
        let reviews = reviews_needed(&mut change, region).await?;
        let next = after(item.state, Act::Approve(step), reviews, item.live.is_some())
            .map_err(|why| DeskError::Denied { item: item.id.clone(), state: item.state, why })?;
        if text.content.is_none() || text.hash.as_deref() != Some(hash) {
            return Err(DeskError::Changed { item: item.id });
        }
        if text.writers.contains(&actor.account) || text.author == actor.account {
            return Err(DeskError::OwnText);
        }
        let given = change.approvals(id, text.number).await?;
        if let Some(given) = given.iter().find(|given| given.account == actor.account) {
            return Err(DeskError::SecondReview(given.approval.step));
        }
        // A text that lost one approval to a revoked key waits for that one alone, and one of which more reviews are asked
        // than when it was submitted goes nowhere without them.
        let steps: Vec<Step> = given.iter().map(|given| given.approval.step).chain([step]).collect();
        let next = match next {
            State::Review(_) | State::Published => {
                first_missing(required_steps(reviews), &steps).map_or(State::Published, State::Review)
            }
            next => next,
        };
        let mut drafts = Drafts::new(&self.publisher, now);
        let key = PersonKey::open(&self.publisher.master, &mut change, &actor.account, now).await?;
        if key.enlist(&mut change, granted, step, now).await? {
            drafts.open(&mut change, granted, None).await?;
            drafts.put_review(&mut change, granted).await?;
        }
        let approval = key.approve(id, hash, step, granted, now)?;
        change.keep_approval(id, text.number, &actor.account, &approval).await?;
        let detail = json!({ "step": step, "revision": text.number, "hash": hash, "as": granted, "key": key.public });
        note(&mut change, &item, actor, "approve", detail, now).await?;
        if next == State::Published {
            self.put_on_air(&mut change, &mut drafts, &item, &text, now).await?;
            let detail = json!({ "revision": text.number, "hash": hash });
            note(&mut change, &item, actor, "publish", detail, now).await?;
        } else {
            change.set_state(id, next, now).await?;
        }
        drafts.finish(&mut change).await?;
        change.commit().await?;
        self.published.notify_one();
        Ok(next)
    }

    /// Sends a text back to whoever wrote it.
    pub async fn reject(
        &self,
        actor: &Actor,
        id: &str,
        step: Step,
        hash: &str,
        reason: &str,
        now: i64,
    ) -> Result<State, DeskError> {
        let reason = checked_reason(reason)?;
        let (mut change, item) = self.open(id).await?;
        actor.check(Action::Reject(step), item.region)?;
        let text = self.text(&mut change, &item).await?;
        let next = after(item.state, Act::Reject(step), 3, item.live.is_some()).map_err(|why| DeskError::Denied {
            item: item.id.clone(),
            state: item.state,
            why,
        })?;
        if text.hash.as_deref() != Some(hash) {
            return Err(DeskError::Changed { item: item.id });
        }
        change.set_state(id, next, now).await?;
        let detail = json!({ "step": step, "revision": text.number, "hash": hash, "reason": reason });
        note(&mut change, &item, actor, "reject", detail, now).await?;
        change.commit().await?;
        Ok(next)
    }
}

/// The nearest region whose grant gives the right.
fn nearest(actor: &Actor, step: Step, region: RegionCode) -> RegionCode {
    let grants = actor.grants.iter().filter(|grant| grant.gives(Action::Approve(step), region));
    grants.map(|grant| grant.region).max_by_key(|region| region.level()).unwrap_or(region)
}

/// A reason that says something.
pub(super) fn checked_reason(reason: &str) -> Result<String, DeskError> {
    let reason = reason.trim();
    if reason.is_empty() { Err(DeskError::NoReason) } else { Ok(reason.chars().take(REASON).collect()) }
}
