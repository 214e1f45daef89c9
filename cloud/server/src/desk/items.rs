//! Writing: a new item, a new text of it, and handing it in for review.
//!
//! Answers get lost between a village and the cloud, and people press buttons twice. So whatever is asked for once more,
//! unchanged, is done already: the same text kept again is the same revision, and a text that waits for its review is
//! handed in.

use serde_json::json;
use yuexiang_wire::Item;
use yuexiang_wire::approval::content_hash;

use super::compile::{Medium, Surroundings, compile};
use super::draft::Draft;
use super::log::{self, Entry};
use super::rights::{Action, Actor};
use super::state::{Act, State, after};
use super::{Desk, DeskError};
use crate::db::args;
use crate::divisions::Divisions;
use crate::keys::people::reviews_needed;
use crate::moves;
use crate::objects::hash;
use crate::pack::{Sections, china_date};
use crate::publish::PublishError;
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::store::items::{ItemRow, RevisionRow, new_serial};
use crate::store::{Change, StoreError, unreadable};

/// Where a new item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    Desk,
    /// Pushed by a program under this idempotency key.
    Api(&'a str),
}

/// What a save has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub id: String,
    pub revision: i64,
    /// Whether this call has made the item.
    pub is_new: bool,
    /// Whether the text is another one than was kept before.
    pub is_changed: bool,
}

impl Desk {
    /// Makes an item of a region, as a draft.
    pub async fn create(
        &self,
        actor: &Actor,
        region: RegionCode,
        draft: &Draft,
        origin: Origin<'_>,
        now: i64,
    ) -> Result<Saved, DeskError> {
        let region = moves::forward(&self.publisher.store.db, region).await?;
        actor.check(Action::Write, region)?;
        self.name_of(region).await?;
        let pushed = match origin {
            Origin::Desk => None,
            // Keys of different accounts do not meet, and one key stands for one text.
            Origin::Api(key) => Some((format!("{}/{key}", actor.account), fingerprint(region, draft)?)),
        };
        let new = New { id: None, region, draft, origin, pushed: pushed.as_ref(), writers: Vec::new() };
        match self.add(actor, new, now).await {
            // Two regions have locks of their own, so the same key can come in both at once: whoever is second finds the
            // first one's item now.
            Err(DeskError::Store(StoreError::Db(error))) if error.is_unique_violation() => {
                let mut change = self.publisher.store.change().await?;
                let known = match &pushed {
                    Some(pushed) => known_push(&mut change, pushed).await?,
                    None => None,
                };
                change.abandon().await?;
                known.ok_or(StoreError::Db(error))?
            }
            made => made,
        }
    }

    async fn add(&self, actor: &Actor, new: New<'_>, now: i64) -> Result<Saved, DeskError> {
        let New { id, region, draft, origin, pushed, writers } = new;
        draft.check_size().map_err(DeskError::Faults)?;
        let mut change = self.publisher.store.change().await?;
        change.lock(region).await?;
        if let Some(pushed) = pushed
            && let Some(known) = known_push(&mut change, pushed).await?
        {
            return known;
        }
        let mut item = new_item(actor, region, draft, origin, now);
        match id {
            Some(id) => item.id = id.to_owned(),
            // A region that is pushed a few hundred items a day draws a number twice now and then.
            None => {
                while change.item(&item.id).await?.is_some() {
                    item = new_item(actor, region, draft, origin, now);
                }
            }
        }
        change.add_item(&item, pushed).await?;
        let revision = revision(1, actor, writers, draft, now)?;
        change.add_revision(&item.id, &revision).await?;
        note(&mut change, &item, actor, "create", json!({}), now).await?;
        change.commit().await?;
        Ok(Saved { id: item.id, revision: 1, is_new: true, is_changed: true })
    }

    /// The id of an item that somebody begins to write: it has this one from the moment its form opens, so whatever the
    /// form sends, however often, is about one item.
    pub fn new_id(region: RegionCode, now: i64) -> Result<String, DeskError> {
        let mut random = [0; 4];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| DeskError::Random)?;
        Ok(format!("{region}/{}-{:08x}", china_date(now).strftime("%Y%m%d"), u32::from_le_bytes(random)))
    }

    /// Keeps the text of a form: the first one makes the item that has had its id from [`Desk::new_id`], the others are
    /// saved as [`Desk::save`] does. A text that is under review or on the air is not touched before somebody has said
    /// that it is to be.
    pub async fn keep(&self, actor: &Actor, text: Typed<'_>, now: i64) -> Result<Saved, DeskError> {
        let Typed { id, before, draft, .. } = text;
        if before == 0 && is_drawn(id) && self.publisher.store.item(id).await?.is_none() {
            // Its form may have been opened before the region got another code.
            let region = moves::forward(&self.publisher.store.db, region_of(id)?).await?;
            actor.check(Action::Write, region)?;
            self.name_of(region).await?;
            let new = || New { id: Some(id), region, draft, origin: Origin::Desk, pushed: None, writers: Vec::new() };
            match self.add(actor, new(), now).await {
                // The same form was faster by another connection, or another item has drawn the same serial.
                Err(DeskError::Store(StoreError::Db(error))) if error.is_unique_violation() => {
                    if self.publisher.store.item(id).await?.is_none() {
                        return self.add(actor, new(), now).await;
                    }
                }
                made => return made,
            }
        }
        self.save_as(actor, text, now).await
    }

    /// Keeps a new text. `before` is the revision that the editor began with: somebody else's save in between is a
    /// conflict. What was approved of the item before no longer counts; what is on the air stays until the new text has
    /// passed. A text that says what is kept already changes nothing.
    pub async fn save(
        &self,
        actor: &Actor,
        id: &str,
        before: i64,
        draft: &Draft,
        now: i64,
    ) -> Result<Saved, DeskError> {
        self.save_as(actor, Typed { id, before, draft, is_sure: true }, now).await
    }

    async fn save_as(&self, actor: &Actor, typed: Typed<'_>, now: i64) -> Result<Saved, DeskError> {
        let Typed { id, before, draft, is_sure } = typed;
        let (mut change, item) = self.open(actor, id).await?;
        actor.check(Action::Write, item.region)?;
        if item.origin == "pack" {
            return Err(DeskError::FromPack(item.id));
        }
        draft.check_size().map_err(DeskError::Faults)?;
        let known = self.text(&mut change, &item).await?;
        let is_same = serde_json::from_str::<Draft>(&known.draft).is_ok_and(|known| known.says_the_same_as(draft));
        if is_same {
            change.abandon().await?;
            return Ok(Saved { id: item.id, revision: known.number, is_new: false, is_changed: false });
        }
        if known.number != before {
            return Err(DeskError::Conflict { item: item.id, by: known.author });
        }
        if !is_sure && matches!(item.state, State::Review(_) | State::Published) {
            return Err(DeskError::Unasked { item: item.id, state: item.state });
        }
        // Under review or on the air the old text is still needed: for what was approved, and for what boxes show.
        let is_open = item.state == State::Draft && item.live.as_ref().is_none_or(|live| live.revision != known.number);
        // Whoever has written something of an item never reviews it, whatever of theirs is left.
        let text = revision(known.number + 1, actor, known.writers, draft, now)?;
        if is_open {
            change.replace_revision(&item.id, known.number, &text).await?;
        } else {
            change.add_revision(&item.id, &text).await?;
            note(&mut change, &item, actor, "edit", json!({ "revision": text.number }), now).await?;
        }
        change.set_state(&item.id, State::Draft, now).await?;
        if item.live.is_none() {
            change.describe_item(&described(&item, draft)).await?;
        }
        change.commit().await?;
        Ok(Saved { id: item.id, revision: text.number, is_new: false, is_changed: true })
    }

    /// Hands a text in for review: from now on it is a document with a hash, which the approvals hold for.
    pub async fn submit(&self, actor: &Actor, id: &str, before: i64, now: i64) -> Result<State, DeskError> {
        let item = self.item(actor, id).await?;
        actor.check(Action::Submit, item.region)?;
        if item.origin == "pack" {
            return Err(DeskError::FromPack(item.id));
        }
        let text = self.publisher.store.revision(id, item.revision).await?;
        let text = text.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
        let conflict = |by: String| DeskError::Conflict { item: id.to_owned(), by };
        if text.number != before {
            return Err(conflict(text.author));
        }
        if is_handed_in(&item, &text) {
            return Ok(item.state);
        }
        // The document is made before the region is locked: it reads names, sections and every medium. A revision that
        // is a draft has a new number with every save, so the number alone says whether it is still the same text.
        let draft: Draft = serde_json::from_str(&text.draft).map_err(unreadable("draft", &item.id))?;
        let (_, document) = self.document(&item, &text, &draft, now).await?;
        let (content, hash) = content(&document)?;
        let (mut change, item) = self.open(actor, id).await?;
        let text = self.text(&mut change, &item).await?;
        if text.number != before {
            return Err(conflict(text.author));
        }
        if is_handed_in(&item, &text) {
            change.abandon().await?;
            return Ok(item.state);
        }
        let reviews = reviews_needed(&mut change, item.region).await?;
        let next = after(item.state, Act::Submit, reviews, item.live.is_some()).map_err(|why| DeskError::Denied {
            item: item.id.clone(),
            state: item.state,
            why,
        })?;
        change.keep_content(&item.id, text.number, &content, &hash).await?;
        // A text that was rejected and comes again as it was begins from the first review; its hash is another one.
        change.forget_approvals(&item.id, text.number).await?;
        change.set_state(&item.id, next, now).await?;
        let detail = json!({ "revision": text.number, "hash": hash });
        note(&mut change, &item, actor, "submit", detail, now).await?;
        change.commit().await?;
        Ok(next)
    }

    /// Makes a draft of the same text in another region; media go with it, since whoever copies may use both.
    pub async fn copy(&self, actor: &Actor, id: &str, region: RegionCode, now: i64) -> Result<Saved, DeskError> {
        let item = self.item(actor, id).await?;
        actor.check(Action::SeeDrafts, item.region)?;
        if item.origin == "pack" {
            return Err(DeskError::FromPack(item.id));
        }
        let text = self.publisher.store.revision(id, item.revision).await?;
        let text = text.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
        let mut draft: Draft = serde_json::from_str(&text.draft).map_err(unreadable("draft", id))?;
        // Regions of the one are none of the other.
        (draft.only, draft.except) = Default::default();
        actor.check(Action::Write, region)?;
        self.name_of(region).await?;
        // It stays the text of those who wrote it.
        let new = New { id: None, region, draft: &draft, origin: Origin::Desk, pushed: None, writers: text.writers };
        self.add(actor, new, now).await
    }

    /// The document that a draft would become now, for the preview, or everything that is wrong with it.
    pub async fn document(
        &self,
        item: &ItemRow,
        text: &RevisionRow,
        draft: &Draft,
        now: i64,
    ) -> Result<(yuexiang_wire::Board, Item), DeskError> {
        let name = self.name_of(item.region).await?;
        let sections = self.sections(item.region).await?;
        let made = self.media_of(item.region, &text.writers, draft).await?;
        let media = |id: &str| -> Option<Medium> { made.get(id).cloned() };
        let around = Surroundings {
            id: &item.id,
            region: item.region,
            name: &name,
            author: &text.author,
            sections: &sections,
            media: &media,
            now,
        };
        compile(draft, &around).map_err(DeskError::Faults)
    }

    /// The sections that items of a region may be in: the standard ones and those of the regions above and its own.
    pub async fn sections(&self, region: RegionCode) -> Result<Sections, DeskError> {
        let mut added = Vec::new();
        for code in region.lineage() {
            added.extend(self.publisher.store.region(code).await?.map(|row| row.sections).unwrap_or_default());
        }
        Ok(Sections::with(&added))
    }

    /// The name of a region that is in the list of divisions or has published something.
    pub async fn name_of(&self, region: RegionCode) -> Result<String, DeskError> {
        if let Some(name) = Divisions::current().name(region) {
            return Ok(name.to_owned());
        }
        let row = self.publisher.store.region(region).await?;
        row.map(|row| row.name).ok_or(DeskError::NoRegion(region))
    }

    /// Begins a change of an item, with its region locked. To whoever may not see the item it does not exist.
    pub(super) async fn open(&self, actor: &Actor, id: &str) -> Result<(Change, ItemRow), DeskError> {
        let missing = || DeskError::NoItem(id.to_owned());
        loop {
            let region = self.publisher.store.region_of_item(id).await?.ok_or_else(missing)?;
            let mut change = self.publisher.store.change().await?;
            Drafts::lock(&mut change, &[region]).await?;
            let item = change.item(id).await?.filter(|item| sees(actor, item)).ok_or_else(missing)?;
            if item.region == region {
                return Ok((change, item));
            }
            // Its region got another code while this waited for the lock.
            change.abandon().await?;
        }
    }

    /// The text that an item's state speaks of.
    pub(super) async fn text(&self, change: &mut Change, item: &ItemRow) -> Result<RevisionRow, DeskError> {
        let text = change.revision(&item.id, item.revision).await?;
        text.ok_or_else(|| DeskError::NoItem(item.id.clone()))
    }
}

/// The region that an item's id names.
fn region_of(id: &str) -> Result<RegionCode, DeskError> {
    let region = id.split('/').next().and_then(|code| code.parse().ok());
    region.ok_or_else(|| DeskError::NoItem(id.to_owned()))
}

/// Whether the item exists for the actor.
pub(super) fn sees(actor: &Actor, item: &ItemRow) -> bool {
    actor.may(Action::SeeDrafts, item.region) || (item.live.is_some() && actor.may(Action::SeePublished, item.region))
}

/// What an editor's form sends.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    pub id: &'a str,
    /// The revision that the form began with; 0 before the first text was kept.
    pub before: i64,
    pub draft: &'a Draft,
    /// Whether the editor has said that a text under review or on the air is to be changed.
    pub is_sure: bool,
}

/// Whether an id is one that [`Desk::new_id`] draws: a region, a day and eight hexadecimal digits. Whatever else an
/// address may hold is no name for a new item.
fn is_drawn(id: &str) -> bool {
    let Some((region, slug)) = id.split_once('/') else { return false };
    let Some((day, number)) = slug.split_once('-') else { return false };
    let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    region.len() == 12
        && day.len() == 8
        && day.bytes().all(|byte| byte.is_ascii_digit())
        && number.len() == 8
        && number.bytes().all(is_hexadecimal)
}

/// Whether a text waits for its review, or has passed it, just as it is.
fn is_handed_in(item: &ItemRow, text: &RevisionRow) -> bool {
    text.content.is_some() && matches!(item.state, State::Review(_) | State::Published)
}

/// An item that is to be made.
struct New<'a> {
    /// The id that it has had since its form was opened; else one is drawn.
    id: Option<&'a str>,
    region: RegionCode,
    draft: &'a Draft,
    origin: Origin<'a>,
    pushed: Option<&'a Pushed>,
    /// Who has written of it before, elsewhere.
    writers: Vec<String>,
}

/// An idempotency key with its account, and the fingerprint of what was pushed under it.
type Pushed = (String, String);

/// What the same push has made before, or that its key stands for something else.
async fn known_push(
    change: &mut Change,
    (key, fingerprint): &Pushed,
) -> Result<Option<Result<Saved, DeskError>>, DeskError> {
    let Some((known, before)) = change.pushed(key).await? else { return Ok(None) };
    let saved = Saved { id: known.id.clone(), revision: known.revision, is_new: false, is_changed: false };
    Ok(Some(if before == *fingerprint { Ok(saved) } else { Err(DeskError::Pushed(known.id)) }))
}

/// A document as it is kept, and its hash.
fn content(document: &Item) -> Result<(String, String), DeskError> {
    let value = serde_json::to_value(document).map_err(unreadable("document", &document.id))?;
    let hash = content_hash(&value).ok_or_else(|| PublishError::Content { item: document.id.clone() })?;
    Ok((value.to_string(), hash))
}

/// What was pushed, in short.
fn fingerprint(region: RegionCode, draft: &Draft) -> Result<String, DeskError> {
    let text = serde_json::to_string(draft).map_err(unreadable("draft", &draft.title))?;
    Ok(hash(format!("{region} {text}").as_bytes()))
}

fn new_item(actor: &Actor, region: RegionCode, draft: &Draft, origin: Origin<'_>, now: i64) -> ItemRow {
    let serial = new_serial(now);
    let date = china_date(now);
    let slug = format!("{:04}{:02}{:02}-{:05x}", date.year(), date.month(), date.day(), serial & 0xF_FFFF);
    ItemRow {
        id: format!("{region}/{slug}"),
        serial,
        region,
        board: draft.board,
        section: draft.section.clone(),
        kind: draft.kind.clone(),
        title: draft.title.trim().to_owned(),
        author: actor.account.clone(),
        state: State::Draft,
        revision: 1,
        live: None,
        not_before: draft.not_before,
        not_after: draft.not_after,
        pinned: draft.pinned,
        priority: i64::from(draft.priority),
        origin: if origin == Origin::Desk { "desk" } else { "api" }.to_owned(),
        created: now,
        updated: now,
    }
}

/// What lists show of an item with this draft.
fn described(item: &ItemRow, draft: &Draft) -> ItemRow {
    ItemRow {
        board: draft.board,
        section: draft.section.clone(),
        kind: draft.kind.clone(),
        title: draft.title.trim().to_owned(),
        not_before: draft.not_before,
        not_after: draft.not_after,
        pinned: draft.pinned,
        priority: i64::from(draft.priority),
        ..item.clone()
    }
}

fn revision(
    number: i64,
    actor: &Actor,
    mut writers: Vec<String>,
    draft: &Draft,
    now: i64,
) -> Result<RevisionRow, DeskError> {
    if !writers.contains(&actor.account) {
        writers.push(actor.account.clone());
    }
    Ok(RevisionRow {
        number,
        draft: serde_json::to_string(draft).map_err(unreadable("draft", &draft.title))?,
        content: None,
        hash: None,
        author: actor.account.clone(),
        writers,
        at: now,
    })
}

pub(super) async fn note(
    change: &mut Change,
    item: &ItemRow,
    actor: &Actor,
    action: &str,
    detail: serde_json::Value,
    at: i64,
) -> Result<(), DeskError> {
    let entry = Entry { region: item.region, at, account: &actor.account, action, object: &item.id, detail };
    Ok(log::append(&mut change.tx, entry).await?)
}

/// Whether the last thing that happened to an item is what the actor asks for once more.
pub(super) async fn did_last(
    change: &mut Change,
    item: &ItemRow,
    actor: &Actor,
    action: &str,
) -> Result<bool, DeskError> {
    let sql = "SELECT account, action FROM log WHERE region = $1 AND object = $2 ORDER BY seq DESC LIMIT 1";
    let last: Option<(String, String)> =
        change.tx.optional("reading an item's last step", sql, args![item.region, &item.id]).await?;
    Ok(last.is_some_and(|(account, done)| account == actor.account && done == action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_drawn_is_told_from_any_other_address() {
        let region: RegionCode = "440224103201".parse().expect("a code");
        let drawn = Desk::new_id(region, 1_793_462_400).expect("draws");
        assert!(drawn.starts_with("440224103201/20261101-") && is_drawn(&drawn), "{drawn}");
        assert_ne!(drawn, Desk::new_id(region, 1_793_462_400).expect("draws"));
        for other in ["440224103201/water", "440224103201/20261101-0a1b2", "440224103201/20261101-0A1B2C3D", "a", ""] {
            assert!(!is_drawn(other), "{other}");
        }
    }
}
