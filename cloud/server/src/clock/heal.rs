//! Finds what was signed with a wrong clock, and makes it right: boxes would keep it from the screen for ever, and nobody
//! would be told.
//!
//! | found | what boxes make of it | healed |
//! |---|---|---|
//! | a reviewer's place that begins in the future | what the reviewer approves now counts for nothing | it begins now |
//! | one that ends in the future | a reviewer who was dismissed still counts | it ends now |
//! | metadata signed in the future | a server that is cut off can show them for too long | signed anew |
//! | an approval outside its reviewer's place | the item is withheld | approved anew with the same key, if that is here and still counts; else the item waits for this review again |
//!
//! What lies in the future is touched only when the clock is confirmed: by PostgreSQL, by a source, or by an operator who
//! has looked (`yuexiang-cloud clock --mine-is-right`). The text that was approved stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;
use yuexiang_wire::approval::required_steps;
use yuexiang_wire::{Board, Step};

use super::{TOLERANCE, Verdict};
use crate::db::args;
use crate::desk::log::{self, Entry};
use crate::desk::state::{State, first_missing};
use crate::keys::people::{PersonKey, reviews_needed};
use crate::keys::{KeyActionError, Keyring};
use crate::notices::Kind;
use crate::notices::record::{self, CLOCK, Said};
use crate::publish::drafts::Drafts;
use crate::publish::{Publisher, pages};
use crate::region::RegionCode;
use crate::repository::sign_from;
use crate::store::{Change, codes};
use crate::tuf::Role;

/// Who the log says it was.
const ACTOR: &str = "clock";
/// Items that are looked for in one go.
const MOST: i64 = 1_000;

/// What was signed with a wrong clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Regions that name a reviewer from or until a moment in the future.
    pub places: Vec<RegionCode>,
    /// Regions whose metadata were signed in the future.
    pub signed: Vec<RegionCode>,
    /// Items on the air that boxes withhold because an approval does not count at its moment; at most 1,000.
    pub withheld: Vec<String>,
}

impl Found {
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.signed.is_empty() && self.withheld.is_empty()
    }
}

/// What was made right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Healed {
    pub regions: BTreeSet<RegionCode>,
    /// Items that are shown again.
    pub approved_anew: Vec<String>,
    /// Items that wait for a review again.
    pub set_back: Vec<String>,
    /// What is left because nobody confirms the clock.
    pub left: Found,
}

/// Looks, and changes nothing.
pub async fn find(publisher: &Publisher, now: i64) -> Result<Found, KeyActionError> {
    let db = &publisher.store.db;
    let limit = now + TOLERANCE;
    let sql = "SELECT DISTINCT region FROM reviewer WHERE since > $1 OR until > $1 ORDER BY region";
    let places = codes(db.all("looking for reviewers of the future", sql, args![limit]).await?);
    let mut signed = BTreeSet::new();
    for role in [Role::Targets, Role::Snapshot, Role::Timestamp] {
        let sql = "SELECT region FROM role WHERE role = $1 AND expires > $2";
        let values = args![role.name(), limit + role.lifetime()];
        signed.extend(codes(db.all("looking for metadata of the future", sql, values).await?));
    }
    let sql = "SELECT DISTINCT i.id FROM item i JOIN approval a ON a.item = i.id AND a.revision = i.live
               WHERE i.live IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM reviewer r JOIN person_key k ON k.public = r.public
                WHERE r.region = a.region AND r.public = a.key AND r.step = a.step AND r.since <= a.at
                AND (r.until IS NULL OR a.at < r.until) AND k.revoked IS NULL)
               ORDER BY i.id LIMIT $1";
    let withheld: Vec<(String,)> = db.all("looking for approvals that do not count", sql, args![MOST]).await?;
    let withheld = withheld.into_iter().map(|(id,)| id).collect();
    Ok(Found { places, signed: signed.into_iter().collect(), withheld })
}

/// Makes right what can be. Nothing when there is nothing, and with a doubted clock an error.
pub async fn heal(publisher: &Publisher, now: i64) -> Result<Healed, KeyActionError> {
    let verdict = publisher.store.clock.verdict(&publisher.store.db).await;
    if let Verdict::Doubted(doubt) = verdict {
        return Err(crate::store::StoreError::from(doubt).into());
    }
    let mut healed = Healed::default();
    let found = find(publisher, now).await?;
    if verdict == Verdict::Confirmed {
        for region in found.places {
            places(publisher, region, now).await?;
            healed.regions.insert(region);
        }
        for region in found.signed {
            sign(publisher, region, now).await?;
            healed.regions.insert(region);
        }
    } else {
        (healed.left.places, healed.left.signed) = (found.places, found.signed);
    }
    // A place that has been put right may have made an approval count, or count no longer.
    let mut behind = String::new();
    loop {
        let batch: Vec<String> = find(publisher, now).await?.withheld.into_iter().filter(|id| *id > behind).collect();
        let Some(last) = batch.last() else { break };
        behind.clone_from(last);
        for id in batch {
            item(publisher, &id, now, &mut healed).await?;
        }
    }
    if !healed.regions.is_empty() {
        let (shown, waiting) = (healed.approved_anew.len(), healed.set_back.len());
        tracing::warn!(regions = healed.regions.len(), shown, waiting, "healed what was signed with a wrong clock");
    }
    if !healed.left.is_empty() {
        tracing::error!(
            reviewers = healed.left.places.len(),
            metadata = healed.left.signed.len(),
            "something was signed in the future of this machine's clock; see `yuexiang-cloud clock`"
        );
    }
    Ok(healed)
}

async fn note(
    change: &mut Change,
    region: RegionCode,
    at: i64,
    action: &str,
    object: &str,
    detail: serde_json::Value,
) -> Result<(), KeyActionError> {
    log::append(&mut change.tx, Entry { region, at, account: ACTOR, action, object, detail }).await?;
    Ok(())
}

/// Places of a region's reviewers begin and end now at the latest.
async fn places(publisher: &Publisher, region: RegionCode, now: i64) -> Result<(), KeyActionError> {
    let mut change = publisher.store.change().await?;
    Drafts::lock(&mut change, &[region]).await?;
    let sql = "SELECT public, step, since, until FROM reviewer WHERE region = $1 AND (since > $2 OR until > $2)";
    let rows: Vec<(String, String, i64, Option<i64>)> =
        change.tx.all("reading reviewers of the future", sql, args![region, now + TOLERANCE]).await?;
    for (public, step, since, until) in rows {
        let sql = "DELETE FROM reviewer WHERE region = $1 AND public = $2 AND step = $3 AND since = $4";
        change.tx.execute("moving a reviewer's place", sql, args![region, &public, &step, since]).await?;
        let sql = "INSERT INTO reviewer (region, public, step, since, until) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (region, public, step, since) DO UPDATE SET until = excluded.until";
        // What was approved in this very second still counts.
        let (begins, ends) = (since.min(now), until.map(|until| until.min(now + 1)));
        let values = args![region, &public, &step, begins, ends];
        change.tx.execute("moving a reviewer's place", sql, values).await?;
        let detail = json!({ "key": public, "step": step, "since": [since, begins], "until": [until, ends] });
        note(&mut change, region, now, "clock-reviewer", &public, detail).await?;
    }
    let mut drafts = Drafts::new(publisher, now);
    drafts.open(&mut change, region, None).await?;
    drafts.put_review(&mut change, region).await?;
    drafts.finish(&mut change).await?;
    Ok(change.commit().await?)
}

async fn sign(publisher: &Publisher, region: RegionCode, now: i64) -> Result<(), KeyActionError> {
    let mut change = publisher.store.change().await?;
    change.lock(region).await?;
    let keys = Keyring::read(&publisher.master, &mut change, region).await?;
    let targets = change.targets(region).await?;
    sign_from(&mut change, &keys, region, Role::Targets, &targets, now).await?;
    note(&mut change, region, now, "clock-signed", "targets", json!({})).await?;
    Ok(change.commit().await?)
}

/// Has an item's approvals count, or takes it back to the first review that does not.
async fn item(publisher: &Publisher, id: &str, now: i64, healed: &mut Healed) -> Result<(), KeyActionError> {
    let Some(region) = publisher.store.region_of_item(id).await? else { return Ok(()) };
    let mut change = publisher.store.change().await?;
    Drafts::lock(&mut change, &[region]).await?;
    let row = change.item(id).await?;
    let Some((row, live)) = row.and_then(|row| row.live.clone().map(|live| (row, live))) else {
        return Ok(change.abandon().await?);
    };
    let hash = change.revision(id, live.revision).await?.and_then(|revision| revision.hash);
    let (mut anew, mut void) = (BTreeMap::new(), Vec::new());
    let approvals = change.approvals(id, live.revision).await?;
    for given in &approvals {
        let approval = &given.approval;
        if counts(&mut change, &approval.region, &approval.key, approval.step, approval.at).await? {
            continue;
        }
        let as_region = approval.region.parse::<RegionCode>().ok();
        let key = PersonKey::current(&publisher.master, &mut change, &given.account).await?;
        let key = key.filter(|key| key.public == approval.key && !key.is_on_token());
        match (key, as_region, &hash) {
            (Some(key), Some(as_region), Some(hash))
                if counts(&mut change, &approval.region, &key.public, approval.step, now).await? =>
            {
                let approval = key.approve(id, hash, approval.step, as_region, now)?;
                let principal = given.principal.as_deref();
                change.keep_approval(id, live.revision, &given.account, principal, &approval).await?;
                anew.insert(approval.step.slug(), given.account.clone());
            }
            _ => void.push(approval.step),
        }
    }
    for step in &void {
        let sql = "DELETE FROM approval WHERE item = $1 AND revision = $2 AND step = $3";
        let values = args![id, live.revision, step.slug()];
        change.tx.execute("taking an approval back", sql, values).await?;
    }
    if anew.is_empty() && void.is_empty() {
        return Ok(change.abandon().await?);
    }
    let given: Vec<Step> = approvals.iter().map(|row| row.approval.step).filter(|step| !void.contains(step)).collect();
    let reviews = reviews_needed(&mut change, region).await?;
    let missing = first_missing(required_steps(reviews), &given);
    if let Some(step) = missing {
        // A new text that is under review goes on by itself.
        let state = match row.state {
            State::Published => State::Review(step),
            state => state,
        };
        change.take_off_air(id, state, now).await?;
        record::about(&mut change.tx, Kind::OffAir, id, Said { actor: CLOCK, reason: "", at: now }).await?;
        healed.set_back.push(id.to_owned());
    } else {
        healed.approved_anew.push(id.to_owned());
    }
    let void: Vec<&str> = void.into_iter().map(Step::slug).collect();
    let detail = json!({ "revision": live.revision, "anew": anew, "void": void });
    note(&mut change, region, now, "clock-approval", id, detail).await?;
    page(&mut change, publisher, region, row.board, &live.month, now).await?;
    change.commit().await?;
    healed.regions.insert(region);
    Ok(())
}

async fn page(
    change: &mut Change,
    publisher: &Publisher,
    region: RegionCode,
    board: Board,
    month: &str,
    now: i64,
) -> Result<(), KeyActionError> {
    let mut drafts = Drafts::new(publisher, now);
    drafts.open(change, region, None).await?;
    pages::put_page(change, &mut drafts, region, board, month, now).await?;
    drafts.finish(change).await?;
    Ok(())
}

/// Whether boxes let an approval count that was made with a key at a moment.
async fn counts(change: &mut Change, region: &str, public: &str, step: Step, at: i64) -> Result<bool, KeyActionError> {
    let sql = "SELECT r.since FROM reviewer r JOIN person_key k ON k.public = r.public
               WHERE r.region = $1 AND r.public = $2 AND r.step = $3 AND r.since <= $4
               AND (r.until IS NULL OR $4 < r.until) AND k.revoked IS NULL";
    let values = args![region, public, step.slug(), at];
    Ok(change.tx.optional::<(i64,)>("looking for a reviewer's place", sql, values).await?.is_some())
}
