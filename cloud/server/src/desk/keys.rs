//! The keys of regions, for whoever may see or replace them. What the keys themselves need is in [`crate::keys`].

use std::collections::{BTreeMap, BTreeSet};

use yuexiang_wire::Reviewer;

use super::review::checked_reason;
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::divisions::Divisions;
use crate::keys::import::Imported;
use crate::keys::request::{RequestFile, SignatureFile};
use crate::keys::status::RegionStatus;
use crate::keys::{KeyActionError, KeyError, RootOutcome, people};
use crate::region::RegionCode;
use crate::tuf::{Role, key_id};

/// A region directly below, as the one above answers for its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildKeys {
    pub region: RegionCode,
    /// Version of its root and when that expires; none while it has no keys.
    pub root: Option<(u64, i64)>,
    /// When its keys were revoked last, and why.
    pub revoked: Option<(i64, String)>,
}

impl Desk {
    pub async fn key_status(&self, actor: &Actor, region: RegionCode) -> Result<RegionStatus, DeskError> {
        actor.check(Action::SeeKeys, region)?;
        Ok(self.publisher.key_status(region).await?)
    }

    /// The regions directly below, those with keys first.
    pub async fn keys_below(&self, actor: &Actor, region: RegionCode) -> Result<Vec<ChildKeys>, DeskError> {
        actor.check(Action::SeeKeys, region)?;
        let mut revoked: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for line in self.revocations(region).await? {
            let detail: serde_json::Value = serde_json::from_str(&line.detail).unwrap_or_default();
            let reason = detail["reason"].as_str().unwrap_or_default().to_owned();
            // The newest comes first.
            revoked.entry(line.object).or_insert((line.at, reason));
        }
        let mut children = Vec::new();
        for child in Divisions::current().children(region) {
            let root = self.publisher.root_of(child.code).await?;
            children.push(ChildKeys { region: child.code, root, revoked: revoked.remove(&child.code.to_string()) });
        }
        children.sort_by_key(|child| child.root.is_none());
        Ok(children)
    }

    /// Who reviews in a region, as its boxes are told.
    pub async fn reviewers(&self, actor: &Actor, region: RegionCode) -> Result<Vec<Reviewer>, DeskError> {
        actor.check(Action::SeeKeys, region)?;
        let mut change = self.publisher.store.change().await?;
        let review = people::review(&mut change, region).await?;
        change.abandon().await?;
        Ok(review.map(|review| review.reviewers).unwrap_or_default())
    }

    /// Replaces the key of a role, and those of the roles that vouch for it.
    pub async fn rotate_key(
        &self,
        actor: &Actor,
        region: RegionCode,
        role: Role,
        now: i64,
    ) -> Result<RootOutcome, DeskError> {
        actor.check(Action::RotateKeys, region)?;
        let outcome = self.publisher.rotate_key(region, role, &actor.account, now).await?;
        self.published.notify_one();
        Ok(outcome)
    }

    /// Ends the keys of a region in the name of the one above, which then introduces it anew. Returns the version of its
    /// new root.
    pub async fn revoke_keys(
        &self,
        actor: &Actor,
        child: RegionCode,
        reason: &str,
        now: i64,
    ) -> Result<u64, DeskError> {
        let parent = child.parent().ok_or(KeyActionError::NothingAbove(child))?;
        actor.check(Action::RevokeChildKeys, parent)?;
        let reason = checked_reason(reason)?;
        let version = self.publisher.revoke_child_because(child, &reason, &actor.account, now).await?;
        self.published.notify_one();
        Ok(version)
    }

    /// Names the root keys of the next root, which then waits for their signatures.
    pub async fn prepare_root(
        &self,
        actor: &Actor,
        region: RegionCode,
        keys: &[String],
        threshold: u64,
        now: i64,
    ) -> Result<RootOutcome, DeskError> {
        actor.check(Action::RotateKeys, region)?;
        let mut publics = BTreeSet::new();
        for key in keys {
            let public = key.to_ascii_lowercase();
            // Digits alone: the command line would take anything else for the name of a file.
            if key_id(&public).is_none() {
                return Err(KeyError::Unusable(key.chars().take(80).collect()).into());
            }
            publics.insert(public);
        }
        let outcome = self.publisher.adopt_root(region, &publics, threshold, &actor.account, now).await?;
        self.published.notify_one();
        Ok(outcome)
    }

    /// The root that waits for signatures, as the file that travels to the keys.
    pub async fn root_request(&self, actor: &Actor, region: RegionCode) -> Result<RequestFile, DeskError> {
        actor.check(Action::SeeKeys, region)?;
        Ok(self.publisher.root_request(region).await?)
    }

    /// Takes in a signature of a root; the last one publishes it.
    pub async fn take_signature(&self, actor: &Actor, file: &SignatureFile, now: i64) -> Result<Imported, DeskError> {
        actor.check(Action::RotateKeys, file.region)?;
        let imported = self.publisher.import_signature(file, &actor.account, now).await?;
        self.published.notify_one();
        Ok(imported)
    }

    /// Gives up the root that waits for signatures. Returns its version.
    pub async fn cancel_root(&self, actor: &Actor, region: RegionCode, now: i64) -> Result<u64, DeskError> {
        actor.check(Action::RotateKeys, region)?;
        Ok(self.publisher.cancel_root(region, &actor.account, now).await?)
    }
}
