//! The sections of a region as its televisions have them, and how many reviews hold there.

use std::collections::HashMap;

use yuexiang_wire::approval::REVIEWS;
use yuexiang_wire::{Board, Section, Step};

use super::rights::{Action, Actor, Role};
use super::{Desk, DeskError};
use crate::db::args;
use crate::keys::people::reviews_below;
use crate::pack::standard;
use crate::region::{Level, RegionCode};

/// A section as a region's televisions have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub section: Section,
    /// Whose name for it holds.
    pub from: RegionCode,
    /// What it is called above.
    pub before: Option<String>,
    /// Items of the region itself in it.
    pub items: i64,
}

/// How many reviews hold in a region and below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviews {
    /// What the region above asks of this one; none of the province.
    pub own: Option<u8>,
    /// What this one asks of those directly below; none of a village.
    pub below: Option<u8>,
    /// How many people who can work have been given each review in the region itself.
    pub reviewers: Vec<(Step, i64)>,
}

impl Desk {
    /// The sections that a region itself has set, for whoever writes there or sets them.
    pub async fn own_sections(&self, actor: &Actor, region: RegionCode) -> Result<Vec<Section>, DeskError> {
        self.check_sections_seen(actor, region).await?;
        Ok(self.publisher.store.region(region).await?.map(|row| row.sections).unwrap_or_default())
    }

    /// All sections of a region in the order of its televisions: a lower level's word on a section wins over a higher
    /// one's.
    pub async fn placed_sections(&self, actor: &Actor, region: RegionCode) -> Result<Vec<Placed>, DeskError> {
        self.check_sections_seen(actor, region).await?;
        let counts = self.section_counts(region).await?;
        let place = |section: Section, from, before| {
            let items = counts.get(&(section.board.slug().to_owned(), section.id.clone())).copied().unwrap_or(0);
            Placed { section, from, before, items }
        };
        let mut all: Vec<Placed> =
            standard().into_iter().map(|section| place(section, RegionCode::GUANGDONG, None)).collect();
        for code in region.lineage() {
            for section in self.publisher.store.region(code).await?.map(|row| row.sections).unwrap_or_default() {
                let known = all.iter().position(|known| is(&known.section, section.board, &section.id));
                let before = known.map(|at| all.remove(at).section.name);
                all.push(place(section, code, before));
            }
        }
        all.sort_by(|a, b| {
            let key = |placed: &Placed| (placed.section.board, placed.section.order);
            key(a).cmp(&key(b)).then_with(|| a.section.id.cmp(&b.section.id))
        });
        Ok(all)
    }

    async fn check_sections_seen(&self, actor: &Actor, region: RegionCode) -> Result<(), DeskError> {
        if !actor.may(Action::Write, region) {
            actor.check(Action::EditSections, region)?;
        }
        self.name_of(region).await?;
        Ok(())
    }

    async fn section_counts(&self, region: RegionCode) -> Result<HashMap<(String, String), i64>, DeskError> {
        let sql = "SELECT board, section, count(*) FROM item WHERE region = $1 GROUP BY board, section";
        let rows: Vec<(String, String, i64)> =
            self.publisher.store.db.all("counting items of sections", sql, args![region]).await?;
        Ok(rows.into_iter().map(|(board, section, count)| ((board, section), count)).collect())
    }

    /// How many reviews hold in a region and below, for whoever sets the latter.
    pub async fn reviews(&self, actor: &Actor, region: RegionCode) -> Result<Reviews, DeskError> {
        actor.check(Action::SetReviewsBelow, region)?;
        self.name_of(region).await?;
        let mut change = self.publisher.store.change().await?;
        let own = match region.parent() {
            Some(parent) => Some(reviews_below(&mut change, parent).await?.unwrap_or(REVIEWS)),
            None => None,
        };
        let below = match region.level() {
            Level::Village => None,
            _ => Some(reviews_below(&mut change, region).await?.unwrap_or(REVIEWS)),
        };
        let mut reviewers = Vec::new();
        for step in Step::ALL {
            let sql = "SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account
                       WHERE g.region = $1 AND g.role = $2 AND a.disabled = 0";
            let values = args![region, Role::of_step(step).slug()];
            let (count,): (i64,) = change.tx.one("counting reviewers", sql, values).await?;
            reviewers.push((step, count));
        }
        change.abandon().await?;
        Ok(Reviews { own, below, reviewers })
    }
}

pub(crate) fn is(section: &Section, board: Board, id: &str) -> bool {
    section.board == board && section.id == id
}
