//! Reviewers' keys: what an approval is signed with, and `review.json`, which names them.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use yuexiang_wire::approval::{REVIEWS, statement};
use yuexiang_wire::{Approval, FORMAT, Former, Review, Reviewer, Step};

use super::{KeyError, Master, NewKey};
use crate::db::{Kind, args};
use crate::moves;
use crate::objects::{hex, unhex};
use crate::region::RegionCode;
use crate::store::Change;

/// A person's key that signs now.
pub struct PersonKey {
    pub account: String,
    /// 64 hexadecimal digits.
    pub public: String,
    /// None when the key is on a token that the person carries.
    secret: Option<Vec<u8>>,
}

impl PersonKey {
    /// The key of a person, on a token or here; one who has none gets one.
    pub async fn open(master: &Master, change: &mut Change, account: &str, now: i64) -> Result<PersonKey, KeyError> {
        if let Some(key) = PersonKey::current(master, change, account).await? {
            return Ok(key);
        }
        let key = NewKey::make(account)?;
        let sealed = master.seal(account, &key.secret)?;
        let sql = "INSERT INTO person_key (account, public, secret, created) VALUES ($1, $2, $3, $4)";
        change.tx.execute("keeping a reviewer's key", sql, args![account, &key.public, sealed, now]).await?;
        Ok(PersonKey { account: account.to_owned(), public: key.public, secret: Some(key.secret) })
    }

    /// The key with which a person approves now, if there is one.
    pub async fn current(master: &Master, change: &mut Change, account: &str) -> Result<Option<PersonKey>, KeyError> {
        let sql = "SELECT public, secret FROM person_key WHERE account = $1
                   AND retired IS NULL AND revoked IS NULL ORDER BY created DESC, public LIMIT 1";
        let row: Option<(String, Option<Vec<u8>>)> =
            change.tx.optional("reading a reviewer's key", sql, args![account]).await?;
        let Some((public, sealed)) = row else { return Ok(None) };
        let secret = sealed.map(|sealed| master.open_sealed(account, &sealed)).transpose()?;
        Ok(Some(PersonKey { account: account.to_owned(), public, secret }))
    }

    /// Whether approvals have to be signed on a token that the person carries.
    pub fn is_on_token(&self) -> bool {
        self.secret.is_none()
    }

    /// Lets an item's content through a step, as a reviewer of `region`.
    pub fn approve(
        &self,
        item: &str,
        content_hash: &str,
        step: Step,
        region: RegionCode,
        at: i64,
    ) -> Result<Approval, KeyError> {
        let elsewhere = || KeyError::Elsewhere { account: self.account.clone(), public: self.public.clone() };
        let secret = self.secret.as_ref().ok_or_else(elsewhere)?;
        let pair = Ed25519KeyPair::from_pkcs8(secret).map_err(|_| KeyError::Unusable(self.account.clone()))?;
        let statement = statement(item, content_hash, step, &region.to_string(), at);
        let signature = hex(pair.sign(statement.as_bytes()).as_ref());
        Ok(Approval { step, region: region.to_string(), key: self.public.clone(), at, signature })
    }

    /// The same with a signature (128 hexadecimal digits) over the [`statement`] that was made on the person's token.
    pub fn verify_external(
        &self,
        item: &str,
        content_hash: &str,
        step: Step,
        region: RegionCode,
        at: i64,
        signature: &str,
    ) -> Result<Approval, KeyError> {
        let refused = || KeyError::Signature { account: self.account.clone(), public: self.public.clone() };
        let statement = statement(item, content_hash, step, &region.to_string(), at);
        let signature = signature.to_ascii_lowercase();
        let (public, bytes) = unhex(&self.public).zip(unhex(&signature)).ok_or_else(refused)?;
        UnparsedPublicKey::new(&ED25519, public).verify(statement.as_bytes(), &bytes).map_err(|_| refused())?;
        Ok(Approval { step, region: region.to_string(), key: self.public.clone(), at, signature })
    }

    /// Since when the key counts for a step in a region; none when it does not.
    pub async fn since(&self, change: &mut Change, region: RegionCode, step: Step) -> Result<Option<i64>, KeyError> {
        let sql = "SELECT since FROM reviewer WHERE region = $1 AND public = $2 AND step = $3 AND until IS NULL";
        let values = args![region, &self.public, step.slug()];
        let row: Option<(i64,)> = change.tx.optional("looking for a reviewer", sql, values).await?;
        Ok(row.map(|(since,)| since))
    }

    /// Has the key count for a step in a region from now on, if it does not already. Returns whether that is new.
    pub async fn enlist(
        &self,
        change: &mut Change,
        region: RegionCode,
        step: Step,
        now: i64,
    ) -> Result<bool, KeyError> {
        // Holds the key's row, so that a key is never named by one change while another revokes it. The lock is shared:
        // one person's approvals in different regions do not wait for each other.
        let held = match change.tx.kind() {
            Kind::Sqlite => "",
            Kind::Postgres => "FOR SHARE",
        };
        let sql =
            format!("SELECT created FROM person_key WHERE public = $1 AND retired IS NULL AND revoked IS NULL {held}");
        let values = args![&self.public];
        if change.tx.optional::<(i64,)>("looking for a reviewer's key", &sql, values).await?.is_none() {
            return Err(KeyError::Revoked(self.public.clone()));
        }
        if let Some(since) = self.since(change, region, step).await? {
            if since <= now {
                return Ok(false);
            }
            // It was named with a clock that was fast, and what it approves before then would count for nothing.
            change.may_sign("the list of reviewers", now, Some(since))?;
            let sql = "DELETE FROM reviewer WHERE region = $1 AND public = $2 AND step = $3 AND since = $4";
            change
                .tx
                .execute("moving a reviewer's place", sql, args![region, &self.public, step.slug(), since])
                .await?;
        }
        let sql = "INSERT INTO reviewer (region, public, step, since) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (region, public, step, since) DO UPDATE SET until = NULL";
        change.tx.execute("naming a reviewer", sql, args![region, &self.public, step.slug(), now]).await?;
        Ok(true)
    }
}

/// Ends what a person's keys may approve for a step of a region. What was approved before stays.
pub async fn dismiss(
    change: &mut Change,
    account: &str,
    region: RegionCode,
    step: Step,
    now: i64,
) -> Result<bool, KeyError> {
    let sql = "UPDATE reviewer SET until = $1 WHERE region = $2 AND step = $3 AND until IS NULL
               AND public IN (SELECT public FROM person_key WHERE account = $4)";
    // What was approved in this very second still counts.
    let ended = change.tx.execute("dismissing a reviewer", sql, args![now + 1, region, step.slug(), account]).await?;
    Ok(ended > 0)
}

/// Public key, account, name, step, since, until.
type ReviewerRow = (String, String, String, String, i64, Option<i64>);

/// What a region says of its reviewers, or none when it says nothing.
pub async fn review(change: &mut Change, region: RegionCode) -> Result<Option<Review>, KeyError> {
    let reviewers = reviewers_of(change, region).await?;
    let below = reviews_below(change, region).await?;
    let former = former(change, region).await?;
    if reviewers.is_empty() && below.is_none() && former.is_empty() {
        return Ok(None);
    }
    let reviews_below = below.unwrap_or(REVIEWS);
    Ok(Some(Review { format: FORMAT, region: region.to_string(), reviews_below, reviewers, former }))
}

async fn reviewers_of(change: &mut Change, region: RegionCode) -> Result<Vec<Reviewer>, KeyError> {
    let sql = "SELECT r.public, k.account, a.name, r.step, r.since, r.until FROM reviewer r
               JOIN person_key k ON k.public = r.public JOIN account a ON a.id = k.account
               WHERE r.region = $1 AND k.revoked IS NULL ORDER BY r.public, r.since, r.until, r.step";
    let rows: Vec<ReviewerRow> = change.tx.all("reading reviewers", sql, args![region]).await?;
    let mut reviewers: Vec<Reviewer> = Vec::new();
    for (key, person, name, step, from, until) in rows {
        let Some(step) = Step::named(&step) else { continue };
        let same = |other: &&mut Reviewer| (&other.key, other.from, other.until) == (&key, from, until);
        match reviewers.iter_mut().find(same) {
            Some(reviewer) => reviewer.steps.push(step),
            None => reviewers.push(Reviewer { key, person, name, steps: vec![step], from, until }),
        }
    }
    for reviewer in &mut reviewers {
        reviewer.steps.sort();
    }
    Ok(reviewers)
}

/// What a region has taken over, with the reviewers of then. Items from there were approved by theirs or by those of the
/// regions that were above it; where these are not above the new one any more they are named as well.
async fn former(change: &mut Change, region: RegionCode) -> Result<Vec<Former>, KeyError> {
    let lineage = region.lineage();
    let mut all: BTreeMap<RegionCode, i64> = BTreeMap::new();
    let taken_over = moves::former(&mut change.tx, region).await?;
    for &code in &taken_over {
        let sql = "SELECT max(at) FROM region_move WHERE former = $1";
        let (at,): (Option<i64>,) = change.tx.one("reading when a region moved", sql, args![code]).await?;
        // What was approved in that very second still counts.
        let until = at.map_or(i64::MAX, |at| at + 1);
        for above in code.lineage().into_iter().filter(|above| !lineage.contains(above)) {
            let known = all.entry(above).or_insert(until);
            *known = (*known).max(until);
        }
    }
    let mut former = Vec::new();
    for (code, until) in all {
        let reviewers = reviewers_of(change, code).await?.into_iter().filter(|reviewer| reviewer.from < until);
        let ended = |one: Reviewer| Reviewer { until: Some(one.until.unwrap_or(until).min(until)), ..one };
        let reviewers: Vec<Reviewer> = reviewers.map(ended).collect();
        if !reviewers.is_empty() || taken_over.contains(&code) {
            former.push(Former { region: code.to_string(), reviewers });
        }
    }
    Ok(former)
}

/// Reads how many reviews the regions directly below a region need.
pub const REVIEWS_NEEDED_SQL: &str = "SELECT reviews FROM review_policy WHERE region = $1";

/// How many reviews a region asks of those directly below, if it has said so.
pub async fn reviews_below(change: &mut Change, region: RegionCode) -> Result<Option<u8>, KeyError> {
    let row: Option<(i64,)> =
        change.tx.optional("reading the number of reviews", REVIEWS_NEEDED_SQL, args![region]).await?;
    Ok(row.map(|(reviews,)| reviews.clamp(1, i64::from(REVIEWS)) as u8))
}

/// How many reviews an item of a region needs: what the region above says, else three.
pub async fn reviews_needed(change: &mut Change, region: RegionCode) -> Result<u8, KeyError> {
    match region.parent() {
        Some(parent) => Ok(reviews_below(change, parent).await?.unwrap_or(REVIEWS)),
        None => Ok(REVIEWS),
    }
}
