//! Changing divisions, for those who may.

use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::moves::list::{Import, import};
use crate::moves::{Outcome, Wanted};
use crate::region::RegionCode;

impl Desk {
    /// Has regions go on under another code, or says what that would do. Whoever does so has a say over all of them and
    /// over where they lie.
    pub async fn change_divisions(
        &self,
        actor: &Actor,
        wanted: &Wanted,
        carry_out: bool,
        now: i64,
    ) -> Result<Outcome, DeskError> {
        let below = wanted.below.iter().flat_map(|(old, new)| [*old, *new]);
        let parts = wanted.split.iter().map(|split| split.code);
        for region in wanted.from.iter().copied().chain(wanted.to).chain(below).chain(parts) {
            actor.check(Action::ChangeDivisions, region.parent().unwrap_or(region))?;
        }
        let done = self.publisher.change_divisions(wanted, &actor.account, carry_out, now).await?;
        if done.done {
            self.published.notify_one();
        }
        Ok(done)
    }

    /// Puts in a newer list of divisions, or says what it would change.
    pub async fn import_divisions(
        &self,
        actor: &Actor,
        list: &str,
        source: &str,
        carry_out: bool,
        now: i64,
    ) -> Result<Import, DeskError> {
        actor.check(Action::ChangeDivisions, RegionCode::GUANGDONG)?;
        Ok(import(&self.publisher.store, list, source, &actor.account, carry_out, now).await?)
    }
}
