//! An item as a village's television would show it: what the program that draws it is told.

use yuexiang_wire::approval::REVIEWS;
use yuexiang_wire::{Board, Item, Section, Step};

use super::draft::Draft;
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::db::args;
use crate::divisions::Divisions;
use crate::keys::people::REVIEWS_NEEDED_SQL;
use crate::pack::standard;
use crate::region::{Level, RegionCode};
use crate::store::unreadable;

/// An item and the village in which it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub item: Item,
    pub board: Board,
    pub village: RegionCode,
    /// Names from the province down, without the village.
    pub above: Vec<String>,
    pub village_name: String,
    pub sections: Vec<Section>,
    /// How many reviews items of the region need, 1 to 3.
    pub reviews: u8,
    /// The names of those who have let this text through.
    pub reviewers: Vec<(Step, String)>,
}

impl Desk {
    /// What a television would show of an item's newest text, or everything for which it cannot show it.
    pub async fn screen(&self, actor: &Actor, id: &str, now: i64) -> Result<Screen, DeskError> {
        let row = self.item(actor, id).await?;
        actor.check(Action::SeeDrafts, row.region)?;
        let store = &self.publisher.store;
        let text = store.revision(id, row.revision).await?.ok_or_else(|| DeskError::NoItem(id.to_owned()))?;
        let draft = serde_json::from_str::<Draft>(&text.draft);
        let board = draft.as_ref().map_or(row.board, |draft| draft.board);
        let item = match &text.content {
            Some(content) => serde_json::from_str(content).map_err(unreadable("document", id))?,
            None => {
                let draft = draft.map_err(unreadable("draft", id))?;
                self.document(&row, &text, &draft, now).await?.1
            }
        };
        let mut sections = standard();
        for code in row.region.lineage() {
            sections.extend(store.region(code).await?.map(|row| row.sections).unwrap_or_default());
        }
        let village = village_below(row.region);
        let mut above = Vec::new();
        for code in village.lineage().into_iter().filter(|code| *code != village) {
            above.push(self.name_of(code).await?);
        }
        let village_name = self.name_of(village).await?;
        let reviews = self.reviews_needed(row.region).await?;
        let sql = "SELECT p.step, a.name FROM approval p JOIN account a ON a.id = p.account
                   WHERE p.item = $1 AND p.revision = $2";
        let rows: Vec<(String, String)> = store.db.all("reading reviewers", sql, args![id, text.number]).await?;
        let reviewers = rows.into_iter().filter_map(|(step, name)| Some((Step::named(&step)?, name))).collect();
        Ok(Screen { item, board, village, above, village_name, sections, reviews, reviewers })
    }

    /// How many reviews items of a region need, 1 to 3.
    pub async fn reviews_needed(&self, region: RegionCode) -> Result<u8, DeskError> {
        let Some(parent) = region.parent() else { return Ok(REVIEWS) };
        let db = &self.publisher.store.db;
        let row: Option<(i64,)> =
            db.optional("reading the number of reviews", REVIEWS_NEEDED_SQL, args![parent]).await?;
        Ok(row.map_or(REVIEWS, |(reviews,)| reviews.clamp(1, i64::from(REVIEWS)) as u8))
    }
}

/// A village that sees what a region publishes: the region itself, or the first one in it.
pub fn village_below(region: RegionCode) -> RegionCode {
    let mut below = region;
    while below.level() != Level::Village {
        match Divisions::current().children(below).next() {
            Some(child) => below = child.code,
            None => break,
        }
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_a_village_to_look_at() {
        for code in ["44", "4419", "440224", "440224103", "440224103201"] {
            assert_eq!(village_below(code.parse().expect("a code")).level(), Level::Village);
        }
    }
}
