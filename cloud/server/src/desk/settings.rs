//! What a region says of itself and asks of others: the sections that it adds to the boards, and how many reviews the
//! regions directly below need.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::json;
use yuexiang_wire::approval::required_steps;
use yuexiang_wire::{Board, REGION_TARGET, Section, Step, limits};

use super::log::{self, Entry};
use super::rights::{Action, Actor};
use super::state::{State, first_missing};
use super::{Desk, DeskError};
use crate::db::args;
use crate::glyphs;
use crate::keys::people::reviews_below;
use crate::notices::Kind;
use crate::notices::record::{self, Said};
use crate::pack::manifest::is_slug;
use crate::pack::{is_invisible, standard};
use crate::publish::drafts::Drafts;
use crate::publish::{documents, pages};
use crate::region::{Level, RegionCode};
use crate::store::{Change, RegionRow, codes};

/// Why a setting cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("`{0}` is not a section's id: use 1 to 32 of a-z, 0-9 and -")]
    Id(String),
    #[error("the name of section `{0}` must have 1 to {most} characters that can be shown", most = limits::SHORT_NAME)]
    Name(String),
    #[error("the English name of section `{0}` must have at most {most} characters that can be shown", most = limits::NAME)]
    EnglishName(String),
    #[error("section `{id}` is on the board `{}` twice", .board.slug())]
    Twice { board: Board, id: String },
    #[error("a region adds at most {most} sections", most = limits::SECTIONS)]
    TooMany,
    #[error("section `{id}` of the board `{}` is in use: {item} is on the air in it", .board.slug())]
    InUse { board: Board, id: String, item: String },
    #[error("{0} reviews are not possible: it must be 1, 2 or 3")]
    Reviews(u8),
    #[error("nothing lies below the village {0}")]
    Village(RegionCode),
}

impl SettingsError {
    /// The field of a form that it is about; empty for the whole.
    pub fn field(&self) -> &'static str {
        match self {
            SettingsError::Id(_) | SettingsError::Twice { .. } => "id",
            SettingsError::Name(_) => "name",
            SettingsError::EnglishName(_) => "name_en",
            SettingsError::Reviews(_) => "reviews",
            _ => "",
        }
    }
}

/// What a new number of reviews has moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// Items that went off the air, since boxes would no longer show them.
    pub off_air: Vec<String>,
    /// Items under review that wait for another one now.
    pub waiting: Vec<String>,
}

impl Desk {
    /// Replaces the sections that a region adds, or gives other names to.
    pub async fn set_sections(
        &self,
        actor: &Actor,
        region: RegionCode,
        sections: Vec<Section>,
        now: i64,
    ) -> Result<(), DeskError> {
        actor.check(Action::EditSections, region)?;
        check_sections(&sections)?;
        let name = self.name_of(region).await?;
        let mut change = self.publisher.store.change().await?;
        Drafts::lock(&mut change, &[region]).await?;
        let before = change.region(region).await?.map(|row| row.sections).unwrap_or_default();
        for gone in before.iter().filter(|known| !holds(&sections, known)) {
            check_unused(&mut change, region, gone).await?;
        }
        let mut drafts = Drafts::new(&self.publisher, now);
        drafts.open(&mut change, region, Some(&name)).await?;
        drafts.put(region, REGION_TARGET, documents::region(region, &name, &sections));
        let detail = json!({ "sections": &sections });
        change.keep_region(region, &RegionRow { name, sections }).await?;
        let entry = Entry { region, at: now, account: &actor.account, action: "sections", object: "", detail };
        log::append(&mut change.tx, entry).await?;
        drafts.finish(&mut change).await?;
        change.commit().await?;
        self.published.notify_one();
        Ok(())
    }

    /// Says how many reviews the regions directly below need. What is on the air there with fewer goes off it, since boxes
    /// no longer show it, and waits for the reviews that are missing; what is under review goes on by the new number.
    pub async fn set_reviews_below(
        &self,
        actor: &Actor,
        region: RegionCode,
        reviews: u8,
        now: i64,
    ) -> Result<Moved, DeskError> {
        actor.check(Action::SetReviewsBelow, region)?;
        if !(1..=3).contains(&reviews) {
            return Err(SettingsError::Reviews(reviews).into());
        }
        if region.level() == Level::Village {
            return Err(SettingsError::Village(region).into());
        }
        let mut change = self.publisher.store.change().await?;
        let children = children_with_items(&mut change, region).await?;
        let mut all = children.clone();
        all.push(region);
        Drafts::lock(&mut change, &all).await?;
        let before = reviews_below(&mut change, region).await?;
        let sql = "INSERT INTO review_policy (region, reviews) VALUES ($1, $2)
                   ON CONFLICT (region) DO UPDATE SET reviews = excluded.reviews";
        let values = args![region, i64::from(reviews)];
        change.tx.execute("keeping the number of reviews", sql, values).await?;
        let mut drafts = Drafts::new(&self.publisher, now);
        drafts.open(&mut change, region, None).await?;
        drafts.put_review(&mut change, region).await?;
        let detail = json!({ "reviews": reviews, "before": before });
        let entry = Entry { region, at: now, account: &actor.account, action: "reviews-below", object: "", detail };
        log::append(&mut change.tx, entry).await?;
        let mut moving = Moving { change, drafts, account: &actor.account, reviews, now, moved: Moved::default() };
        for child in children {
            moving.region(child).await?;
        }
        let Moving { mut change, drafts, moved, .. } = moving;
        drafts.finish(&mut change).await?;
        change.commit().await?;
        self.published.notify_one();
        Ok(moved)
    }
}

fn check_sections(sections: &[Section]) -> Result<(), SettingsError> {
    // The province's document carries the standard sections as well.
    if sections.len() + standard().iter().filter(|known| !holds(sections, known)).count() > limits::SECTIONS {
        return Err(SettingsError::TooMany);
    }
    let odd = |character: char| character.is_control() || is_invisible(character) || !glyphs::draws(character);
    let is_shown = |text: &str| !text.chars().any(odd);
    let mut seen = HashSet::new();
    for section in sections {
        let Section { id, board, name, name_en, .. } = section;
        if !is_slug(id, 32) {
            return Err(SettingsError::Id(id.clone()));
        }
        if !(1..=limits::SHORT_NAME).contains(&name.chars().count()) || name.trim() != name || !is_shown(name) {
            return Err(SettingsError::Name(id.clone()));
        }
        if name_en.chars().count() > limits::NAME || !is_shown(name_en) {
            return Err(SettingsError::EnglishName(id.clone()));
        }
        if !seen.insert((*board, id)) {
            return Err(SettingsError::Twice { board: *board, id: id.clone() });
        }
    }
    Ok(())
}

fn holds(sections: &[Section], wanted: &Section) -> bool {
    sections.iter().any(|section| (section.board, &section.id) == (wanted.board, &wanted.id))
}

/// Nothing on the air or on its way there may be left without a section. One that a region above has too stays, under its name there.
async fn check_unused(change: &mut Change, region: RegionCode, section: &Section) -> Result<(), DeskError> {
    let mut above = standard();
    for code in region.lineage().into_iter().filter(|code| *code != region) {
        above.extend(change.region(code).await?.map(|row| row.sections).unwrap_or_default());
    }
    if holds(&above, section) {
        return Ok(());
    }
    let sql = "SELECT id FROM item WHERE board = $1 AND section = $2 AND region >= $3 AND region < $4
               AND (live IS NOT NULL OR state IN ('first', 'second', 'final')) LIMIT 1";
    let (from, to) = region.range();
    let values = args![section.board.slug(), &section.id, from, to];
    let row: Option<(String,)> = change.tx.optional("looking for a section's items", sql, values).await?;
    match row {
        Some((item,)) => Err(SettingsError::InUse { board: section.board, id: section.id.clone(), item }.into()),
        None => Ok(()),
    }
}

/// Regions directly below that have something on the air or under review.
async fn children_with_items(change: &mut Change, region: RegionCode) -> Result<Vec<RegionCode>, DeskError> {
    let mut children = BTreeSet::new();
    for child in crate::divisions::Divisions::current().children(region) {
        children.insert(child.code);
    }
    // Those that the list of divisions does not have.
    let (from, to) = region.range();
    let sql = "SELECT code FROM region WHERE code >= $1 AND code < $2";
    let known = codes(change.tx.all("listing regions below", sql, args![from, to]).await?);
    children.extend(known.into_iter().filter(|code| code.parent() == Some(region)));
    let mut with_items = Vec::new();
    for child in children {
        let sql = "SELECT id FROM item WHERE region = $1 LIMIT 1";
        let row: Option<(String,)> = change.tx.optional("looking for items", sql, args![child]).await?;
        with_items.extend(row.map(|_| child));
    }
    Ok(with_items)
}

/// Items on their way to what a new number of reviews makes of them, with all locks taken.
struct Moving<'a> {
    change: Change,
    drafts: Drafts<'a>,
    account: &'a str,
    reviews: u8,
    now: i64,
    moved: Moved,
}

/// Item, state, board, month, revision of the state, revision on the air, and a step that was given for either.
type Row = (String, String, String, Option<String>, i64, Option<i64>, Option<i64>, Option<String>);

/// An item and the steps that were given.
struct Standing {
    state: State,
    board: Option<Board>,
    month: Option<String>,
    /// Steps given for the revision that the state speaks of, and for the one on the air.
    current: Vec<Step>,
    live: Option<Vec<Step>>,
    is_live_current: bool,
}

impl Moving<'_> {
    async fn region(&mut self, region: RegionCode) -> Result<(), DeskError> {
        let mut touched: BTreeSet<(Board, String)> = BTreeSet::new();
        for (id, standing) in self.standings(region).await? {
            let missing = |given: &[Step]| first_missing(required_steps(self.reviews), given);
            let off_air = standing.live.as_deref().is_some_and(|given| missing(given).is_some());
            let state = match (standing.state, missing(&standing.current)) {
                (State::Review(_), Some(step)) => State::Review(step),
                (State::Published, Some(step)) if standing.is_live_current => State::Review(step),
                (state, _) => state,
            };
            if off_air {
                self.change.take_off_air(&id, state, self.now).await?;
                touched.extend(standing.board.zip(standing.month));
                let said = Said { actor: self.account, reason: "", at: self.now };
                record::about(&mut self.change.tx, Kind::OffAir, &id, said).await?;
                self.moved.off_air.push(id.clone());
            } else if state != standing.state {
                self.change.set_state(&id, state, self.now).await?;
                self.moved.waiting.push(id.clone());
            } else {
                continue;
            }
            let detail = json!({ "reviews": self.reviews, "off_air": off_air, "state": state.name() });
            let (at, account) = (self.now, self.account);
            let entry = Entry { region, at, account, action: "reviews-changed", object: &id, detail };
            log::append(&mut self.change.tx, entry).await?;
        }
        if !touched.is_empty() {
            self.drafts.open(&mut self.change, region, None).await?;
        }
        for (board, month) in touched {
            pages::put_page(&mut self.change, &mut self.drafts, region, board, &month, self.now).await?;
        }
        Ok(())
    }

    /// What is on the air or under review in a region.
    async fn standings(&mut self, region: RegionCode) -> Result<BTreeMap<String, Standing>, DeskError> {
        let sql = "SELECT i.id, i.state, i.board, i.month, i.revision, i.live, a.revision, a.step FROM item i
                   LEFT JOIN approval a ON a.item = i.id AND (a.revision = i.revision OR a.revision = i.live)
                   WHERE i.region = $1 AND (i.live IS NOT NULL OR i.state IN ('first', 'second', 'final'))";
        let rows: Vec<Row> = self.change.tx.all("reading what was reviewed", sql, args![region]).await?;
        let mut standings: BTreeMap<String, Standing> = BTreeMap::new();
        for (id, state, board, month, revision, live, approved, step) in rows {
            let Some(state) = State::named(&state) else { continue };
            let standing = standings.entry(id).or_insert_with(|| Standing {
                state,
                board: Board::named(&board),
                month,
                current: Vec::new(),
                live: live.map(|_| Vec::new()),
                is_live_current: live == Some(revision),
            });
            let Some(step) = Step::ALL.into_iter().find(|known| Some(known.slug()) == step.as_deref()) else {
                continue;
            };
            if approved == Some(revision) {
                standing.current.push(step);
            }
            if approved == live
                && let Some(given) = &mut standing.live
            {
                given.push(step);
            }
        }
        Ok(standings)
    }
}
