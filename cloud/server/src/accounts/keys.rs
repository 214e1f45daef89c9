//! What people review with: their keys, for whoever manages the account and the keys of the regions in which they count.

use super::{Account, AccountError, Accounts};
use crate::desk::rights::{Action, Actor};
use crate::keys::reviewers::{ReviewerRevoked, ReviewerRotated};
use crate::keys::status::Reviewing;
use crate::region::RegionCode;

impl Accounts {
    /// An account that the actor sees: one's own, or one that works or has a role where one sees accounts. To others it
    /// does not exist.
    pub async fn account_seen(&self, actor: &Actor, id: &str) -> Result<Account, AccountError> {
        let account = self.account(id).await?;
        let sees = |region| actor.may(Action::SeeAccounts, region);
        let is_seen = actor.account == account.id
            || sees(account.region)
            || account.grants.iter().any(|grant| sees(grant.region));
        if is_seen { Ok(account) } else { Err(AccountError::Unknown(id.to_owned())) }
    }

    /// Where the keys of an account that the actor sees count or have counted.
    pub async fn reviewing(&self, actor: &Actor, id: &str) -> Result<Vec<Reviewing>, AccountError> {
        self.account_seen(actor, id).await?;
        Ok(self.publisher.reviewing(id).await?)
    }

    /// Gives a person a new key in place of the old one. One has to manage the account, and the keys of all regions that
    /// this touches.
    pub async fn rotate_key(&self, actor: &Actor, id: &str, now: i64) -> Result<ReviewerRotated, AccountError> {
        let account = self.account_seen(actor, id).await?;
        actor.check(Action::ManageAccounts, account.region)?;
        for region in self.reviewed(&account).await? {
            actor.check(Action::ManageAccounts, region)?;
            actor.check(Action::RotateKeys, region)?;
        }
        Ok(self.publisher.rotate_reviewer(id, None, &actor.account, now).await?)
    }

    /// Ends a person's key, wherever it counts: one has to be in charge of all these regions.
    pub async fn revoke_key(
        &self,
        actor: &Actor,
        id: &str,
        public: &str,
        now: i64,
    ) -> Result<ReviewerRevoked, AccountError> {
        let account = self.account(id).await?;
        let mut regions = self.reviewed(&account).await?;
        if regions.is_empty() {
            regions.push(account.region);
        }
        for region in regions {
            actor.check(Action::RevokeChildKeys, region)?;
        }
        Ok(self.publisher.revoke_reviewer(id, Some(public), &actor.account, now).await?)
    }

    /// Regions that a change of a person's keys touches.
    async fn reviewed(&self, account: &Account) -> Result<Vec<RegionCode>, AccountError> {
        let rows = self.publisher.reviewing(&account.id).await?;
        let mut regions: Vec<RegionCode> = rows.iter().filter_map(|row| row.region.parse().ok()).collect();
        regions.extend(account.grants.iter().filter(|grant| grant.role.step().is_some()).map(|grant| grant.region));
        regions.sort();
        regions.dedup();
        Ok(regions)
    }
}
