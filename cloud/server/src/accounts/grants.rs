//! Roles: granting and revoking them.
//!
//! Who may review in a region is told to boxes by its `review.json`. A reviewer's role and that document change in one
//! transaction, so that no approval is ever given that a box would not believe.

use std::collections::BTreeSet;

use serde_json::json;

use super::people::{account_in, check_not_last, check_region, note};
use super::substitutes::{HOLDS, RIGHTS, open_of};
use super::{Account, AccountError, Accounts};
use crate::db::{Tx, args};
use crate::desk::rights::{Action, Actor, Grant, Role};
use crate::export::export;
use crate::keys::people::{PersonKey, dismiss};
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::store::Change;

/// Whether an account that can sign in has just this right, of its own or as a substitute.
pub(super) async fn holds(tx: &mut Tx, id: &str, grant: Grant, now: i64) -> Result<bool, AccountError> {
    let sql = format!(
        "SELECT count(*) FROM account a WHERE a.id = $2 AND a.disabled = 0
         AND (EXISTS (SELECT 1 FROM role_grant g WHERE g.account = $2 AND g.role = $3 AND g.region = $4)
              OR EXISTS (SELECT 1 FROM {RIGHTS} WHERE {HOLDS} AND s.substitute = $2 AND s.role = $3 AND s.region = $4))"
    );
    let values = args![now, id, grant.role.slug(), grant.region];
    let (rights,): (i64,) = tx.one("looking for a right", &sql, values).await?;
    Ok(rights > 0)
}

/// To administer the province, which somebody always must.
pub(super) const PROVINCE: Grant = Grant { role: Role::Administrator, region: RegionCode::GUANGDONG };

impl Accounts {
    /// Grants a role, in a region and everything below. Granting what is granted already changes nothing.
    pub async fn grant(&self, actor: &Actor, id: &str, grant: Grant, now: i64) -> Result<(), AccountError> {
        actor.check(Action::ManageAccounts, grant.region)?;
        if actor.account == id {
            return Err(AccountError::Own);
        }
        let mut change = self.account_change().await?;
        let account = account_in(&mut change.tx, id).await?;
        actor.check(Action::ManageAccounts, account.region)?;
        check_region(&mut change, grant.region).await?;
        if account.disabled {
            return Err(AccountError::Disabled);
        }
        if account.grants.contains(&grant) {
            return Ok(change.abandon().await?);
        }
        let sql = "INSERT INTO role_grant (account, role, region, granter, granted) VALUES ($1, $2, $3, $4, $5)";
        let values = args![id, grant.role.slug(), grant.region, &actor.account, now];
        change.tx.execute("granting a role", sql, values).await?;
        Drafts::lock(&mut change, &[grant.region]).await?;
        let detail = json!({ "role": grant.role, "region": grant.region });
        note(&mut change.tx, actor, grant.region, "role-grant", id, detail, now).await?;
        self.enlist(&mut change, id, grant, now).await?;
        self.finish_with_reviews(change, &[grant], now).await
    }

    /// Takes a role back. An administrator may take any role that lies in his region, from whomever.
    pub async fn revoke(&self, actor: &Actor, id: &str, grant: Grant, now: i64) -> Result<(), AccountError> {
        actor.check(Action::ManageAccounts, grant.region)?;
        let mut change = self.account_change().await?;
        let account = account_in(&mut change.tx, id).await?;
        if !account.grants.contains(&grant) {
            return Ok(change.abandon().await?);
        }
        if grant == PROVINCE {
            check_not_last(&mut change.tx, &account).await?;
        }
        let sql = "DELETE FROM role_grant WHERE account = $1 AND role = $2 AND region = $3";
        change.tx.execute("revoking a role", sql, args![id, grant.role.slug(), grant.region]).await?;
        Drafts::lock(&mut change, &[grant.region]).await?;
        let detail = json!({ "role": grant.role, "region": grant.region });
        note(&mut change.tx, actor, grant.region, "role-revoke", id, detail, now).await?;
        // Whoever reviewed for this person in that role does so no more.
        let mut open = open_of(&mut change.tx, id).await?;
        open.retain(|found| found.account == id && found.grant == grant);
        self.end_all(&mut change, &open, &actor.account, now).await?;
        self.dismiss(&mut change, id, grant, now).await?;
        self.finish_with_reviews(change, &[grant], now).await
    }

    async fn enlist(&self, change: &mut Change, id: &str, grant: Grant, now: i64) -> Result<(), AccountError> {
        if let Some(step) = grant.role.step() {
            let key = PersonKey::open(&self.publisher.master, change, id, now).await?;
            key.enlist(change, grant.region, step, now).await?;
        }
        Ok(())
    }

    /// Lets an account's key count wherever it has a reviewer's role.
    pub(super) async fn enlist_all(
        &self,
        change: &mut Change,
        account: &Account,
        now: i64,
    ) -> Result<(), AccountError> {
        for grant in &account.grants {
            self.enlist(change, &account.id, *grant, now).await?;
        }
        Ok(())
    }

    /// Ends that an account's keys count anywhere.
    pub(super) async fn dismiss_all(
        &self,
        change: &mut Change,
        account: &Account,
        now: i64,
    ) -> Result<(), AccountError> {
        for grant in &account.grants {
            self.dismiss(change, &account.id, *grant, now).await?;
        }
        Ok(())
    }

    /// Ends that an account's keys count for a right that it has lost, unless it stands in for somebody with the same.
    async fn dismiss(&self, change: &mut Change, id: &str, grant: Grant, now: i64) -> Result<(), AccountError> {
        if let Some(step) = grant.role.step()
            && !holds(&mut change.tx, id, grant, now).await?
        {
            dismiss(change, id, grant.region, step, now).await?;
        }
        Ok(())
    }

    /// Publishes `review.json` of every region in which these roles review, and commits.
    pub(super) async fn finish_with_reviews(
        &self,
        mut change: Change,
        grants: &[Grant],
        now: i64,
    ) -> Result<(), AccountError> {
        let reviews = grants.iter().filter(|grant| grant.role.step().is_some());
        let regions: BTreeSet<RegionCode> = reviews.map(|grant| grant.region).collect();
        let regions: Vec<RegionCode> = regions.into_iter().collect();
        Drafts::lock(&mut change, &regions).await?;
        let mut drafts = Drafts::new(&self.publisher, now);
        for &region in &regions {
            drafts.open(&mut change, region, None).await?;
            drafts.put_review(&mut change, region).await?;
        }
        let changed = drafts.finish(&mut change).await?;
        change.commit().await?;
        for region in changed {
            // It has happened, whatever becomes of the copy for mirrors, which is made good at the next start.
            if let Err(error) = export(&self.publisher.data, &self.publisher.store, region).await {
                tracing::error!(%error, %region, "copying metadata to disk");
            }
        }
        Ok(())
    }
}
