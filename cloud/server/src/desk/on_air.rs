//! On the air and off it again: the pages that boxes read follow what was decided.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use yuexiang_wire::{Board, Item};

use super::draft::{Draft, Fault, Why};
use super::items::{did_last, note};
use super::log::{self, Entry};
use super::review::checked_reason;
use super::rights::{Action, Actor};
use super::state::{Act, State, after};
use super::{Desk, DeskError};
use crate::db::args;
use crate::notices::Kind;
use crate::notices::record::{self, Said};
use crate::pack::Sections;
use crate::publish::drafts::Drafts;
use crate::publish::{month_of, pages};
use crate::region::RegionCode;
use crate::store::items::{ItemRow, OnAir, RevisionRow};
use crate::store::{Change, codes, unreadable};

/// Regions whose items end are looked after in one go.
const BATCH: i64 = 200;
/// Who the log says it was when time itself does something.
const CLOCK: &str = "clock";

/// The sections of a region as they are in a change; see [`Desk::sections`].
async fn sections_of(change: &mut Change, region: RegionCode) -> Result<Sections, DeskError> {
    let mut added = Vec::new();
    for code in region.lineage() {
        added.extend(change.region(code).await?.map(|row| row.sections).unwrap_or_default());
    }
    Ok(Sections::with(&added))
}

impl Desk {
    /// Puts a revision that has passed its reviews on the air, in the change at hand.
    pub(super) async fn put_on_air(
        &self,
        change: &mut Change,
        drafts: &mut Drafts<'_>,
        item: &ItemRow,
        text: &RevisionRow,
        now: i64,
    ) -> Result<(), DeskError> {
        let content = text.content.as_deref().unwrap_or_default();
        let document: Item = serde_json::from_str(content).map_err(unreadable("document", &item.id))?;
        // A pack's item has no draft, and stays on its board.
        let board = match item.origin.as_str() {
            "pack" => item.board,
            _ => serde_json::from_str::<Draft>(&text.draft).map_err(unreadable("draft", &item.id))?.board,
        };
        if !sections_of(change, item.region).await?.has(board, &document.section) {
            return Err(DeskError::Faults(vec![Fault { field: "section", why: Why::UnknownSection }]));
        }
        let month = month_of(document.published);
        let on_air = OnAir {
            revision: text.number,
            board,
            section: &document.section,
            kind: document.kind.slug(),
            title: &document.title,
            month: &month,
            published: document.published,
            not_before: document.not_before,
            not_after: document.not_after,
            pinned: document.pinned,
            priority: document.priority,
        };
        drafts.open(change, item.region, None).await?;
        change.put_on_air(&item.id, &on_air, now).await?;
        if let Some(live) = item.live.as_ref().filter(|live| (item.board, &live.month) != (board, &month)) {
            pages::put_page(change, drafts, item.region, item.board, &live.month, now).await?;
        }
        pages::put_page(change, drafts, item.region, board, &month, now).await?;
        Ok(())
    }

    /// Takes an item off the air at once, or out of review.
    pub async fn withdraw(&self, actor: &Actor, id: &str, reason: &str, now: i64) -> Result<State, DeskError> {
        let reason = checked_reason(reason)?;
        let (mut change, item) = self.open(actor, id).await?;
        actor.check(Action::Withdraw, item.region)?;
        if item.state == State::Withdrawn && did_last(&mut change, &item, actor, "withdraw").await? {
            change.abandon().await?;
            return Ok(item.state);
        }
        let next = after(item.state, Act::Withdraw, 3, item.live.is_some()).map_err(|why| DeskError::Denied {
            item: item.id.clone(),
            state: item.state,
            why,
        })?;
        change.take_off_air(id, next, now).await?;
        note(&mut change, &item, actor, "withdraw", json!({ "reason": reason }), now).await?;
        record::about(&mut change.tx, Kind::Withdrawn, id, Said { actor: &actor.account, reason: &reason, at: now })
            .await?;
        if let Some(live) = &item.live {
            let mut drafts = Drafts::new(&self.publisher, now);
            drafts.open(&mut change, item.region, None).await?;
            pages::put_page(&mut change, &mut drafts, item.region, item.board, &live.month, now).await?;
            drafts.finish(&mut change).await?;
        }
        change.commit().await?;
        self.published.notify_one();
        Ok(next)
    }

    /// Takes off the air what has come to its end. Boxes hide it by themselves; here the pages become shorter and lists
    /// say what is so. A region in which that fails is named in the program's log and holds nobody else up. Returns how
    /// many items ended.
    pub async fn expire(&self, now: i64) -> Result<usize, DeskError> {
        let mut ended = 0;
        // A region that fails stays what it is, so the next batch begins behind this one.
        let mut behind = String::new();
        loop {
            let sql = "SELECT DISTINCT region FROM item WHERE live IS NOT NULL AND not_after IS NOT NULL
                       AND not_after <= $1 AND region > $2 ORDER BY region LIMIT $3";
            let values = args![now, &behind, BATCH];
            let rows: Vec<(String,)> = self.publisher.store.db.all("looking for what ends", sql, values).await?;
            let Some((last,)) = rows.last() else { return Ok(ended) };
            behind = last.clone();
            for region in codes(rows) {
                match self.expire_in(region, now).await {
                    Ok(items) => ended += items,
                    Err(error) => tracing::error!(%error, %region, "taking off the air what has ended"),
                }
            }
            self.published.notify_one();
        }
    }

    async fn expire_in(&self, region: RegionCode, now: i64) -> Result<usize, DeskError> {
        let mut change = self.publisher.store.change().await?;
        Drafts::lock(&mut change, &[region]).await?;
        let sql = "SELECT id, board, month, state FROM item WHERE region = $1 AND live IS NOT NULL
                   AND not_after IS NOT NULL AND not_after <= $2";
        let rows: Vec<(String, String, String, String)> =
            change.tx.all("reading what ends", sql, args![region, now]).await?;
        let mut touched: BTreeSet<(Board, String)> = BTreeSet::new();
        let mut states: BTreeMap<String, State> = BTreeMap::new();
        for (id, board, month, state) in rows {
            // A new text that is under review goes on by itself.
            let state = State::named(&state).filter(|state| *state != State::Published).unwrap_or(State::Expired);
            touched.extend(Board::named(&board).map(|board| (board, month)));
            states.insert(id, state);
        }
        for (id, state) in &states {
            change.take_off_air(id, *state, now).await?;
            let entry = Entry { region, at: now, account: CLOCK, action: "expire", object: id, detail: json!({}) };
            log::append(&mut change.tx, entry).await?;
            let said = Said { actor: CLOCK, reason: "", at: now };
            record::about(&mut change.tx, Kind::Expired, id, said).await?;
        }
        let mut drafts = Drafts::new(&self.publisher, now);
        drafts.open(&mut change, region, None).await?;
        for (board, month) in touched {
            pages::put_page(&mut change, &mut drafts, region, board, &month, now).await?;
        }
        drafts.finish(&mut change).await?;
        change.commit().await?;
        Ok(states.len())
    }
}
