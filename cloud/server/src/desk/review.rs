//! Reviewing: letting a text through, and sending it back.
//!
//! An approval names the hash of what the reviewer has seen. It is signed with the reviewer's key for the region of the
//! grant that gives the right: the nearest one that holds for the item's region. Who carries the key on a token asks for
//! the statement, signs it there, and sends the signature with the approval.
//!
//! Who stands in for somebody reviews by that person's right and with a key of their own; the approval and the log say for
//! whom. Such a right is no better than it was: it is none for a text that the person has written or has reviewed.

use serde_json::json;
use yuexiang_wire::approval::{required_steps, statement};
use yuexiang_wire::{Approval, Step};

use super::items::{did_last, note, region_of};
use super::rights::{Action, Actor, Forbidden, StandIn};
use super::state::{Act, State, after, first_missing};
use super::{Desk, DeskError};
use crate::accounts::substitutes::still_holds;
use crate::keys::KeyError;
use crate::keys::people::{PersonKey, reviews_needed};
use crate::notices::Kind;
use crate::notices::record::{self, Said};
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::store::Change;
use crate::store::items::{ApprovalRow, ItemRow, RevisionRow};

/// Characters of a reason.
const REASON: usize = 500;
/// How long a statement may take to be signed and sent, in seconds: a key on a token is not always at hand.
const SIGNING: i64 = 900;

/// What has to be signed for an approval with a key that the person carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Exactly these bytes, UTF-8.
    pub text: String,
    /// Public key that has to sign, 64 hexadecimal digits.
    pub key: String,
    /// The region as whose reviewer.
    pub region: RegionCode,
    /// Unix seconds.
    pub at: i64,
    /// Until when the signature is taken.
    pub until: i64,
}

/// A signature that was made on a person's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Public key, 64 hexadecimal digits.
    pub key: String,
    /// The moment in the statement.
    pub at: i64,
    /// 128 hexadecimal digits.
    pub signature: String,
}

impl Desk {
    /// Lets a text through a review; the last one puts it on the air.
    pub async fn approve(&self, actor: &Actor, id: &str, step: Step, hash: &str, now: i64) -> Result<State, DeskError> {
        self.approve_signed(actor, id, step, hash, None, now).await
    }

    /// What somebody signs on a token to let a text through a review.
    pub async fn statement(
        &self,
        actor: &Actor,
        id: &str,
        step: Step,
        hash: &str,
        now: i64,
    ) -> Result<Statement, DeskError> {
        let item = self.item(actor, id).await?;
        actor.check(Action::Approve(step), item.region)?;
        let mut change = self.publisher.store.change().await?;
        let key = PersonKey::current(&self.publisher.master, &mut change, &actor.account).await?;
        change.abandon().await?;
        let key = key.filter(PersonKey::is_on_token).ok_or_else(|| KeyError::Here(actor.account.clone()))?;
        let region = self.capacity(actor, &item, step).await?.region;
        let text = statement(id, hash, step, &region.to_string(), now);
        Ok(Statement { text, key: key.public, region, at: now, until: now + SIGNING })
    }

    /// As what an actor may review the text that an item has now.
    pub async fn capacity<'a>(&self, actor: &'a Actor, item: &ItemRow, step: Step) -> Result<Capacity<'a>, DeskError> {
        let store = &self.publisher.store;
        let text = store.revision(&item.id, item.revision).await?;
        let text = text.ok_or_else(|| DeskError::NoItem(item.id.clone()))?;
        capacity(actor, step, item.region, &text, &store.approvals(&item.id, item.revision).await?)
    }

    /// The same as [`Desk::approve`], with the signature of whoever carries the key on a token.
    pub async fn approve_signed(
        &self,
        actor: &Actor,
        id: &str,
        step: Step,
        hash: &str,
        signed: Option<&Signed>,
        now: i64,
    ) -> Result<State, DeskError> {
        let region = region_of(id)?;
        self.item(actor, id).await?;
        actor.check(Action::Approve(step), region)?;
        let mut change = self.publisher.store.change().await?;
        Drafts::lock(&mut change, &reachable(actor, step, region)).await?;
        let item = change.item(id).await?.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
        let text = self.text(&mut change, &item).await?;
        let given = change.approvals(id, text.number).await?;
        // Pressed twice, or sent again because no answer came.
        let is_mine = |row: &ApprovalRow| row.account == actor.account && row.approval.step == step;
        if item.state != State::Review(step) && text.hash.as_deref() == Some(hash) && given.iter().any(is_mine) {
            change.abandon().await?;
            return Ok(item.state);
        }
        let reviews = reviews_needed(&mut change, region).await?;
        let next = after(item.state, Act::Approve(step), reviews, item.live.is_some())
            .map_err(|why| DeskError::Denied { item: item.id.clone(), state: item.state, why })?;
        if text.content.is_none() || text.hash.as_deref() != Some(hash) {
            return Err(DeskError::Changed { item: item.id });
        }
        let Capacity { region: granted, stands_in } = capacity(actor, step, region, &text, &given)?;
        check_still(&mut change, stands_in, Action::Approve(step), actor, region, now).await?;
        let principal = stands_in.map(|right| right.principal.as_str());
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
        // Boxes believe no approval that is older than the key's place among the reviewers.
        let since = key.since(&mut change, granted, step).await?.unwrap_or(i64::MIN);
        let approval = match signed {
            Some(signed) if signed.at < since => return Err(KeyError::Stale { at: signed.at }.into()),
            Some(signed) => verified(&key, id, hash, step, granted, signed, now)?,
            None => key.approve(id, hash, step, granted, now)?,
        };
        if key.enlist(&mut change, granted, step, approval.at).await? {
            drafts.open(&mut change, granted, None).await?;
            drafts.put_review(&mut change, granted).await?;
        }
        change.keep_approval(id, text.number, &actor.account, principal, &approval).await?;
        let mut detail =
            json!({ "step": step, "revision": text.number, "hash": hash, "as": granted, "key": key.public });
        say_for(&mut detail, stands_in);
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
        let (mut change, item) = self.open(actor, id).await?;
        actor.check(Action::Reject(step), item.region)?;
        let text = self.text(&mut change, &item).await?;
        if item.state == State::Rejected
            && text.hash.as_deref() == Some(hash)
            && did_last(&mut change, &item, actor, "reject").await?
        {
            change.abandon().await?;
            return Ok(item.state);
        }
        let next = after(item.state, Act::Reject(step), 3, item.live.is_some()).map_err(|why| DeskError::Denied {
            item: item.id.clone(),
            state: item.state,
            why,
        })?;
        if text.hash.as_deref() != Some(hash) {
            return Err(DeskError::Changed { item: item.id });
        }
        let given = change.approvals(id, text.number).await?;
        // By a right of one's own anything is sent back, a text of one's own too.
        let stands_in = match actor.may_by_own_right(Action::Reject(step), item.region) {
            true => None,
            false => capacity(actor, step, item.region, &text, &given)?.stands_in,
        };
        check_still(&mut change, stands_in, Action::Reject(step), actor, item.region, now).await?;
        change.set_state(id, next, now).await?;
        let mut detail = json!({ "step": step, "revision": text.number, "hash": hash, "reason": reason });
        say_for(&mut detail, stands_in);
        note(&mut change, &item, actor, "reject", detail, now).await?;
        record::about(&mut change.tx, Kind::Returned, id, Said { actor: &actor.account, reason: &reason, at: now })
            .await?;
        change.commit().await?;
        Ok(next)
    }
}

/// Whether the actor has written something of a text: nobody reviews one of their own.
pub fn is_own(actor: &Actor, text: &RevisionRow) -> bool {
    wrote(&actor.account, text)
}

fn wrote(account: &str, text: &RevisionRow) -> bool {
    text.author == account || text.writers.iter().any(|writer| writer == account)
}

/// An approval that was signed on the person's token, lately and with the key that counts.
fn verified(
    key: &PersonKey,
    id: &str,
    hash: &str,
    step: Step,
    region: RegionCode,
    signed: &Signed,
    now: i64,
) -> Result<Approval, KeyError> {
    if !key.is_on_token() {
        return Err(KeyError::Here(key.account.clone()));
    }
    if !(now - SIGNING..=now).contains(&signed.at) {
        return Err(KeyError::Stale { at: signed.at });
    }
    if signed.key != key.public {
        return Err(KeyError::Signature { account: key.account.clone(), public: signed.key.clone() });
    }
    key.verify_external(id, hash, step, region, signed.at, &signed.signature)
}

/// As what somebody reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity<'a> {
    /// The region whose `review.json` names the key.
    pub region: RegionCode,
    /// The right of somebody else by which it is done; none by one's own.
    pub stands_in: Option<&'a StandIn>,
}

/// By which right an actor may review a text, or why by none: one's own comes first, and of each kind the nearest.
pub fn capacity<'a>(
    actor: &'a Actor,
    step: Step,
    region: RegionCode,
    text: &RevisionRow,
    given: &[ApprovalRow],
) -> Result<Capacity<'a>, DeskError> {
    if is_own(actor, text) {
        return Err(DeskError::OwnText);
    }
    if let Some(step) = counted(&actor.account, given) {
        return Err(DeskError::SecondReview(step));
    }
    let action = Action::Approve(step);
    let own = actor.grants.iter().filter(|grant| grant.gives(action, region)).map(|grant| grant.region);
    if let Some(own) = own.max_by_key(|region| region.level()) {
        return Ok(Capacity { region: own, stands_in: None });
    }
    let mut rights: Vec<&StandIn> = actor.standing_in.iter().filter(|right| right.gives(action, region)).collect();
    rights.sort_by_key(|right| std::cmp::Reverse(right.grant.region.level()));
    let mut refusal = None;
    for right in rights {
        if wrote(&right.principal, text) {
            refusal.get_or_insert(DeskError::TextOfPrincipal);
        } else if let Some(step) = counted(&right.principal, given) {
            refusal.get_or_insert(DeskError::PrincipalCounted(step));
        } else {
            return Ok(Capacity { region: right.grant.region, stands_in: Some(right) });
        }
    }
    let forbidden = || Forbidden { account: actor.account.clone(), action, region };
    Err(refusal.unwrap_or_else(|| forbidden().into()))
}

/// The review that a person has given, or that was given for them.
fn counted(account: &str, given: &[ApprovalRow]) -> Option<Step> {
    let is_theirs = |row: &&ApprovalRow| row.account == account || row.principal.as_deref() == Some(account);
    given.iter().find(is_theirs).map(|row| row.approval.step)
}

/// The regions as whose reviewer an actor may act, and the item's own: their locks are taken together.
fn reachable(actor: &Actor, step: Step, region: RegionCode) -> Vec<RegionCode> {
    let action = Action::Approve(step);
    let own = actor.grants.iter().filter(|grant| grant.gives(action, region)).map(|grant| grant.region);
    let others = actor.standing_in.iter().filter(|right| right.gives(action, region)).map(|right| right.grant.region);
    own.chain(others).chain([region]).collect()
}

/// A substitute's days may have come to their end since the request came in, and a key that is named now would stay named.
async fn check_still(
    change: &mut Change,
    stands_in: Option<&StandIn>,
    action: Action,
    actor: &Actor,
    region: RegionCode,
    now: i64,
) -> Result<(), DeskError> {
    match stands_in {
        Some(right) if !still_holds(&mut change.tx, right, now).await? => {
            Err(Forbidden { account: actor.account.clone(), action, region }.into())
        }
        _ => Ok(()),
    }
}

fn say_for(detail: &mut serde_json::Value, stands_in: Option<&StandIn>) {
    if let Some(right) = stands_in {
        detail["for"] = right.principal.clone().into();
    }
}

/// A reason that says something.
pub(super) fn checked_reason(reason: &str) -> Result<String, DeskError> {
    let reason = reason.trim();
    if reason.is_empty() { Err(DeskError::NoReason) } else { Ok(reason.chars().take(REASON).collect()) }
}
