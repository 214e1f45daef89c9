//! New keys for reviewers, and keys of reviewers that are no longer believed.
//!
//! A key that is *replaced* approves nothing any more, and what it approved stays: `review.json` says until when it
//! counted. A key that is *revoked* leaves `review.json` altogether: whoever held it may have signed anything under any
//! date. What is on the air by its approval goes off the air in the same change and waits for that review again; the
//! other approvals of the same text remain.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;
use yuexiang_wire::approval::required_steps;
use yuexiang_wire::{Board, Step};

use super::people::reviews_needed;
use super::roots::KeyActionError;
use super::rotate::note;
use super::{KeyError, NewKey};
use crate::db::args;
use crate::desk::state::{State, first_missing};
use crate::notices::Kind;
use crate::notices::record::{self, Said};
use crate::publish::drafts::Drafts;
use crate::publish::{Publisher, pages};
use crate::region::RegionCode;
use crate::store::{Change, codes};
use crate::tuf::key_id;

/// How often a change begins again because a reviewer was named in one more region in the meantime.
const ATTEMPTS: usize = 5;

/// What became of a reviewer's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewerRotated {
    /// The new key, 64 hexadecimal digits.
    pub public: String,
    /// Regions whose `review.json` names it now.
    pub regions: Vec<RegionCode>,
}

/// What a revocation took back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewerRevoked {
    /// The keys, 64 hexadecimal digits each.
    pub keys: Vec<String>,
    /// Regions whose `review.json` or pages changed.
    pub regions: Vec<RegionCode>,
    /// Items that went off the air.
    pub off_air: Vec<String>,
    /// Items under review that wait for an earlier review again.
    pub set_back: Vec<String>,
}

impl Publisher {
    /// Gives a person a new key, which takes over all that the old one may approve. `token` is the public key of a token
    /// that the person carries; without one the key is made and kept here.
    pub async fn rotate_reviewer(
        &self,
        account: &str,
        token: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<ReviewerRotated, KeyActionError> {
        if let Some(public) = token.filter(|public| key_id(public).is_none()) {
            return Err(KeyError::Unusable(public.to_owned()).into());
        }
        let mut known = BTreeSet::new();
        for _ in 0..ATTEMPTS {
            let mut change = self.store.change().await?;
            let home = home_of(&mut change, account).await?;
            known.insert(home);
            known.extend(reviewed_regions(&mut change, account).await?);
            lock(&mut change, &known).await?;
            retire(&mut change, account, now).await?;
            let regions = reviewed_regions(&mut change, account).await?;
            if !regions.is_subset(&known) {
                change.abandon().await?;
                continue;
            }
            let public = self.add_reviewer_key(&mut change, account, token, now).await?;
            hand_over(&mut change, account, &public, now).await?;
            let mut drafts = Drafts::new(self, now);
            for &region in &regions {
                drafts.open(&mut change, region, None).await?;
                drafts.put_review(&mut change, region).await?;
            }
            for region in noted_in(&regions, home) {
                let detail = json!({ "key": &public, "token": token.is_some() });
                note(&mut change, region, now, by, "reviewer-rotate", account, detail).await?;
            }
            drafts.finish(&mut change).await?;
            let regions: Vec<RegionCode> = regions.into_iter().collect();
            self.conclude(change, &regions).await?;
            return Ok(ReviewerRotated { public, regions });
        }
        Err(KeyActionError::Busy(account.to_owned()))
    }

    async fn add_reviewer_key(
        &self,
        change: &mut Change,
        account: &str,
        token: Option<&str>,
        now: i64,
    ) -> Result<String, KeyActionError> {
        let (public, sealed) = match token {
            Some(public) => (public.to_owned(), None),
            None => {
                let NewKey { secret, public } = NewKey::make(account)?;
                (public, Some(self.master.seal(account, &secret).map_err(KeyError::from)?))
            }
        };
        let sql = "INSERT INTO person_key (account, public, secret, created) VALUES ($1, $2, $3, $4)";
        let added = change.tx.execute("keeping a reviewer's key", sql, args![account, &public, sealed, now]).await;
        match added {
            Err(error) if error.is_unique_violation() => Err(KeyActionError::KnownKey(public)),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(public),
        }
    }

    /// Takes back one key of a person, or all of them, old ones included.
    pub async fn revoke_reviewer(
        &self,
        account: &str,
        public: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<ReviewerRevoked, KeyActionError> {
        let mut known = BTreeSet::new();
        for _ in 0..ATTEMPTS {
            let mut change = self.store.change().await?;
            let home = home_of(&mut change, account).await?;
            let keys = believed_keys(&mut change, account, public).await?;
            if keys.is_empty() {
                let (account, public) = (account.to_owned(), public.map(str::to_owned));
                return Err(KeyActionError::NoReviewerKey { account, public });
            }
            known.insert(home);
            known.extend(touched_regions(&mut change, &keys).await?);
            lock(&mut change, &known).await?;
            for key in &keys {
                let sql = "UPDATE person_key SET revoked = $1, secret = NULL WHERE public = $2";
                change.tx.execute("revoking a reviewer's key", sql, args![now, key]).await?;
            }
            if !touched_regions(&mut change, &keys).await?.is_subset(&known) {
                change.abandon().await?;
                continue;
            }
            let mut revocation = Revocation { change, drafts: Drafts::new(self, now), keys, account, home, by, now };
            let (off_air, set_back) = revocation.items().await?;
            revocation.reviews().await?;
            let Revocation { mut change, drafts, keys, .. } = revocation;
            let regions: Vec<RegionCode> = drafts.finish(&mut change).await?.into_iter().collect();
            self.conclude(change, &regions).await?;
            return Ok(ReviewerRevoked { keys, regions, off_air, set_back });
        }
        Err(KeyActionError::Busy(account.to_owned()))
    }
}

/// One revocation, with all locks taken.
struct Revocation<'a> {
    change: Change,
    drafts: Drafts<'a>,
    keys: Vec<String>,
    account: &'a str,
    /// Where the person works.
    home: RegionCode,
    by: &'a str,
    now: i64,
}

/// An item that lost approvals: where its text on the air lies, and whether it goes off the air or back.
struct Loss {
    page: Option<(RegionCode, Board, String)>,
    off_air: bool,
    set_back: bool,
}

impl Revocation<'_> {
    /// Takes the keys' approvals away from everything that is on the air or on its way there. Returns what went off the
    /// air and what was set back.
    async fn items(&mut self) -> Result<(Vec<String>, Vec<String>), KeyActionError> {
        let mut items = BTreeSet::new();
        for key in &self.keys {
            items.extend(approved_items(&mut self.change, key).await?.into_iter().map(|(id, _)| id));
        }
        let (mut pages, mut off_air, mut set_back) = (BTreeSet::new(), Vec::new(), Vec::new());
        for id in items {
            let loss = self.item(&id).await?;
            pages.extend(loss.page);
            if loss.off_air {
                off_air.push(id);
            } else if loss.set_back {
                set_back.push(id);
            }
        }
        for (region, board, month) in pages {
            self.drafts.open(&mut self.change, region, None).await?;
            pages::put_page(&mut self.change, &mut self.drafts, region, board, &month, self.now).await?;
        }
        Ok((off_air, set_back))
    }

    async fn item(&mut self, id: &str) -> Result<Loss, KeyActionError> {
        let Some(item) = self.change.item(id).await? else {
            return Ok(Loss { page: None, off_air: false, set_back: false });
        };
        let reviews = reviews_needed(&mut self.change, item.region).await?;
        let (current_lost, current_missing) = self.remove_approvals(id, item.revision, reviews).await?;
        let state = match (item.state, current_missing) {
            (State::Review(_) | State::Published, Some(step)) if current_lost => State::Review(step),
            (state, _) => state,
        };
        let (mut off_air, mut page) = (false, None);
        if let Some(live) = item.live.filter(|_| current_lost || item.state != State::Published) {
            let (lost, missing) = match live.revision == item.revision {
                true => (current_lost, current_missing),
                false => self.remove_approvals(id, live.revision, reviews).await?,
            };
            if lost {
                page = Some((item.region, item.board, live.month));
                off_air = missing.is_some();
            }
        }
        if off_air {
            self.change.take_off_air(id, state, self.now).await?;
            let said = Said { actor: self.by, reason: "", at: self.now };
            record::about(&mut self.change.tx, Kind::OffAir, id, said).await?;
        } else if state != item.state {
            self.change.set_state(id, state, self.now).await?;
        }
        let detail = json!({ "person": self.account, "keys": &self.keys, "off_air": off_air, "state": state.name() });
        note(&mut self.change, item.region, self.now, self.by, "approval-revoked", id, detail).await?;
        Ok(Loss { page, off_air, set_back: state != item.state })
    }

    /// Removes the keys' approvals of a revision. Returns whether there were any, and the first review that is missing
    /// now.
    async fn remove_approvals(
        &mut self,
        item: &str,
        revision: i64,
        reviews: u8,
    ) -> Result<(bool, Option<Step>), KeyActionError> {
        let approvals = self.change.approvals(item, revision).await?;
        let (bad, good): (Vec<_>, Vec<_>) =
            approvals.into_iter().map(|row| row.approval).partition(|approval| self.keys.contains(&approval.key));
        for approval in &bad {
            let sql = "DELETE FROM approval WHERE item = $1 AND revision = $2 AND step = $3";
            let values = args![item, revision, approval.step.slug()];
            self.change.tx.execute("taking an approval back", sql, values).await?;
        }
        let given: Vec<Step> = good.iter().map(|approval| approval.step).collect();
        Ok((!bad.is_empty(), first_missing(required_steps(reviews), &given)))
    }

    /// Publishes the lists of reviewers without the keys.
    async fn reviews(&mut self) -> Result<(), KeyActionError> {
        let mut regions = BTreeSet::new();
        for key in &self.keys {
            regions.extend(listing_regions(&mut self.change, key).await?);
        }
        for &region in &regions {
            self.drafts.open(&mut self.change, region, None).await?;
            self.drafts.put_review(&mut self.change, region).await?;
        }
        for region in noted_in(&regions, self.home) {
            let detail = json!({ "keys": &self.keys });
            note(&mut self.change, region, self.now, self.by, "reviewer-revoke", self.account, detail).await?;
        }
        Ok(())
    }
}

async fn lock(change: &mut Change, regions: &BTreeSet<RegionCode>) -> Result<(), KeyActionError> {
    let regions: Vec<RegionCode> = regions.iter().copied().collect();
    Ok(Drafts::lock(change, &regions).await?)
}

/// Where a person works.
async fn home_of(change: &mut Change, account: &str) -> Result<RegionCode, KeyActionError> {
    let sql = "SELECT region FROM account WHERE id = $1";
    let row: Option<(String,)> = change.tx.optional("looking for an account", sql, args![account]).await?;
    let (region,) = row.ok_or_else(|| KeyActionError::UnknownAccount(account.to_owned()))?;
    // What is no code was not written by this program.
    Ok(region.parse().unwrap_or(RegionCode::GUANGDONG))
}

/// The logs that tell of a step with a person's keys: those of the regions that name them, or the person's own while
/// none does.
fn noted_in(regions: &BTreeSet<RegionCode>, home: RegionCode) -> BTreeSet<RegionCode> {
    if regions.is_empty() { BTreeSet::from([home]) } else { regions.clone() }
}

/// Regions in which any of a person's keys may approve something now.
async fn reviewed_regions(change: &mut Change, account: &str) -> Result<BTreeSet<RegionCode>, KeyActionError> {
    let sql = "SELECT DISTINCT r.region FROM reviewer r JOIN person_key k ON k.public = r.public
               WHERE k.account = $1 AND k.revoked IS NULL AND r.until IS NULL";
    Ok(codes(change.tx.all("listing a reviewer's regions", sql, args![account]).await?).into_iter().collect())
}

/// Regions whose list of reviewers names a key, or did.
async fn listing_regions(change: &mut Change, key: &str) -> Result<Vec<RegionCode>, KeyActionError> {
    let sql = "SELECT DISTINCT region FROM reviewer WHERE public = $1";
    let mut regions = codes(change.tx.all("listing a key's regions", sql, args![key]).await?);
    // Who has taken a region over names its reviewers too, and so does what has taken over a region below it.
    for region in regions.clone() {
        let (from, to) = region.range();
        let sql = "SELECT DISTINCT former FROM region_move WHERE former >= $1 AND former < $2";
        for moved in codes(change.tx.all("listing moves of a key's regions", sql, args![from, to]).await?) {
            let later = crate::moves::later(&mut change.tx, moved).await?;
            // What is above both names its reviewers itself.
            regions.extend(later.into_iter().filter(|code| !code.lineage().contains(&region)));
        }
    }
    regions.sort();
    regions.dedup();
    let mut existing = Vec::new();
    for region in regions {
        existing.extend(change.region(region).await?.map(|_| region));
    }
    Ok(existing)
}

/// Items on the air or on their way there by a key's approval, and their regions.
async fn approved_items(change: &mut Change, key: &str) -> Result<Vec<(String, String)>, KeyActionError> {
    let sql = "SELECT DISTINCT i.id, i.region FROM approval a JOIN item i ON i.id = a.item
               WHERE a.key = $1 AND (a.revision = i.live OR a.revision = i.revision)";
    Ok(change.tx.all("listing what a key approved", sql, args![key]).await?)
}

async fn touched_regions(change: &mut Change, keys: &[String]) -> Result<BTreeSet<RegionCode>, KeyActionError> {
    let mut regions = BTreeSet::new();
    for key in keys {
        regions.extend(listing_regions(change, key).await?);
        let items = approved_items(change, key).await?;
        regions.extend(codes(items.into_iter().map(|(_, region)| (region,)).collect()));
    }
    Ok(regions)
}

async fn believed_keys(
    change: &mut Change,
    account: &str,
    public: Option<&str>,
) -> Result<Vec<String>, KeyActionError> {
    let sql = "SELECT public FROM person_key WHERE account = $1 AND revoked IS NULL ORDER BY public";
    let rows: Vec<(String,)> = change.tx.all("listing a reviewer's keys", sql, args![account]).await?;
    Ok(rows.into_iter().map(|(key,)| key).filter(|key| public.is_none_or(|public| public == key)).collect())
}

/// Has a person's keys sign nothing any more.
async fn retire(change: &mut Change, account: &str, now: i64) -> Result<(), KeyActionError> {
    let sql = "UPDATE person_key SET retired = $1, secret = NULL
               WHERE account = $2 AND retired IS NULL AND revoked IS NULL";
    change.tx.execute("retiring a reviewer's key", sql, args![now, account]).await?;
    Ok(())
}

/// A new key counts where those of the same person did, which end.
async fn hand_over(change: &mut Change, account: &str, public: &str, now: i64) -> Result<(), KeyActionError> {
    let of_person = "public IN (SELECT public FROM person_key WHERE account = $1 AND public <> $2 AND revoked IS NULL)";
    let sql = format!(
        "INSERT INTO reviewer (region, public, step, since)
         SELECT DISTINCT region, $2, step, $3 FROM reviewer WHERE until IS NULL AND {of_person}"
    );
    change.tx.execute("naming a reviewer's new key", &sql, args![account, public, now]).await?;
    // What was approved in this very second still counts.
    let sql = format!("UPDATE reviewer SET until = $3 WHERE until IS NULL AND {of_person}");
    change.tx.execute("ending a reviewer's old key", &sql, args![account, public, now + 1]).await?;
    Ok(())
}
