//! The one operation that changes divisions: another code, a merger, a split, another name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use yuexiang_wire::{FORMAT, Moved, moved_target};

use super::carry::{self, Carrying};
use super::report::{Conflict, Outcome};
use crate::db::{DbError, args};
use crate::desk::log::{self, Entry};
use crate::divisions::Divisions;
use crate::export::export;
use crate::keys::KeyError;
use crate::publish::drafts::Drafts;
use crate::publish::{PublishError, Publisher, documents};
use crate::region::{Level, RegionCode};
use crate::repository::RepositoryError;
use crate::store::{Change, StoreError, codes};

/// Why divisions were not changed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("say which regions go on as {0}")]
    Nothing(RegionCode),
    #[error("the province {0} has nothing above it that could say where it has gone")]
    Province(RegionCode),
    #[error("{from} cannot go on as {to}: a {} stays a {}", .from.level(), .from.level())]
    OtherLevel { from: RegionCode, to: RegionCode },
    #[error("{0} is nowhere: it is neither in the list of divisions nor has it published anything")]
    Unknown(RegionCode),
    #[error("{0} is not in the list of divisions: import the new list first, or say its name")]
    NotListed(RegionCode),
    #[error("the name `{0}` must have 1 to {most} characters", most = yuexiang_wire::limits::NAME)]
    Name(String),
    #[error("{code} goes on as {to} already")]
    Closed { code: RegionCode, to: RegionCode },
    #[error("{from} would become {to}, which is another region: name its new code with --below {from}=CODE")]
    Occupied { from: RegionCode, to: RegionCode },
    #[error("{0} does not lie in a region that changes, or has no such place in the new one")]
    NotBelow(RegionCode),
    #[error("wait until this is finished: {}", .0.join("; "))]
    Busy(Vec<String>),
    #[error("{region} would have more than {most} {what}")]
    TooMany { region: RegionCode, what: &'static str, most: usize },
    #[error(
        "above {to} {needed} reviews are asked for, and {item} on the air has fewer: withdraw it, or ask for fewer first"
    )]
    Reviews { to: RegionCode, needed: u8, item: String },
    #[error("{item} is no item of {region}")]
    NoItem { item: String, region: RegionCode },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// What somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The regions that go on as `to`: one for another code, several for a merger. `to` itself may be one of them.
    pub from: Vec<RegionCode>,
    /// Village of the province's first digits when nothing was said; checked like everything else.
    pub to: Option<RegionCode>,
    /// The name from then on; the one in the list of divisions when nothing is said.
    pub name: Option<String>,
    /// Regions below that do not keep their digits.
    pub below: BTreeMap<RegionCode, RegionCode>,
    /// Further regions that come out of the only one in `from`.
    pub split: Vec<Split>,
}

/// A region that comes out of another one beside `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub code: RegionCode,
    pub name: Option<String>,
    /// Items that go there and not to `to`.
    pub items: Vec<String>,
    /// Whether what is on the air in `to` becomes a draft here as well.
    pub copy: bool,
}

/// A region that goes on as another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub old: RegionCode,
    pub new: RegionCode,
    /// One that somebody has named, rather than one that lies in such.
    pub is_root: bool,
}

/// Everything that goes along.
pub(super) struct Plan {
    pub to: RegionCode,
    /// Ancestors before what lies in them.
    pub pairs: Vec<Pair>,
    /// Regions that go back to a code that they once had.
    pub revived: BTreeSet<RegionCode>,
    is_done: bool,
}

impl Publisher {
    /// Changes divisions, or says what that would do.
    pub async fn change_divisions(
        &self,
        wanted: &Wanted,
        by: &str,
        carry_out: bool,
        now: i64,
    ) -> Result<Outcome, MoveError> {
        let mut change = self.store.change().await?;
        let plan = plan(&mut change, wanted).await?;
        if plan.is_done {
            change.abandon().await?;
            return Ok(Outcome { already: true, ..Outcome::default() });
        }
        let regions: Vec<RegionCode> = plan.pairs.iter().flat_map(|pair| [pair.old, pair.new]).collect();
        let others = wanted.split.iter().map(|split| split.code).chain([plan.to]);
        let mut locked: Vec<RegionCode> = regions.into_iter().chain(others).collect();
        locked.extend(plan.pairs.iter().filter_map(|pair| around(pair.old, pair.new)));
        Drafts::lock(&mut change, &locked).await?;
        let busy = carry::busy(&mut change, &plan).await?;
        if !busy.is_empty() {
            return Err(MoveError::Busy(busy));
        }
        let sql = "SELECT max(at) FROM region_move";
        let (last,): (Option<i64>,) = change.tx.one("reading the last move", sql, args![]).await?;
        // Boxes follow moves in the order of their moments.
        let at = now.max(last.map_or(0, |last| last + 1));
        let mut carrying = Carrying::new(self, change, plan, by, now, at);
        carrying.audiences().await?;
        for split in &wanted.split {
            let from = wanted.from.first().copied().ok_or(MoveError::Nothing(split.code))?;
            carrying.split(from, split).await?;
        }
        for pair in carrying.plan.pairs.clone() {
            let name = wanted.name.as_deref().filter(|_| pair.is_root);
            carrying.pair(&pair, name).await?;
        }
        if let Some(name) = &wanted.name {
            carrying.rename(name).await?;
        }
        carrying.documents().await?;
        for pair in carrying.plan.pairs.clone().iter().filter(|pair| pair.is_root) {
            tell_boxes(&mut carrying, wanted, pair).await?;
        }
        let Carrying { mut change, drafts, mut outcome, .. } = carrying;
        let changed = drafts.finish(&mut change).await?;
        if !carry_out {
            change.abandon().await?;
            return Ok(outcome);
        }
        change.commit().await?;
        for region in changed {
            if let Err(error) = export(&self.data, &self.store, region).await {
                tracing::error!(%error, %region, "copying metadata to disk");
            }
        }
        outcome.done = true;
        Ok(outcome)
    }
}

/// The nearest region that both lie in, and that is neither.
pub(super) fn around(one: RegionCode, other: RegionCode) -> Option<RegionCode> {
    let above = other.lineage();
    let is_around = |code: &RegionCode| *code != one && *code != other && above.contains(code);
    one.lineage().into_iter().rev().find(is_around)
}

async fn plan(change: &mut Change, wanted: &Wanted) -> Result<Plan, MoveError> {
    let to = wanted.to.ok_or(MoveError::Nothing(RegionCode::GUANGDONG))?;
    if wanted.from.is_empty() {
        return Err(MoveError::Nothing(to));
    }
    if let Some(name) = &wanted.name
        && !(1..=yuexiang_wire::limits::NAME).contains(&name.trim().chars().count())
    {
        return Err(MoveError::Name(name.clone()));
    }
    let mut plan = Plan { to, pairs: Vec::new(), revived: BTreeSet::new(), is_done: false };
    let mut done = 0;
    for &from in &wanted.from {
        if from.level() == Level::Province || to.level() == Level::Province {
            return Err(MoveError::Province(from));
        }
        if from.level() != to.level() {
            return Err(MoveError::OtherLevel { from, to });
        }
        match super::moved_to(&mut change.tx, from).await? {
            Some(gone) if gone == to => done += 1,
            Some(gone) => return Err(MoveError::Closed { code: from, to: gone }),
            None if from == to => {}
            None => subtree(change, wanted, from, to, &mut plan).await?,
        }
        if !is_known(change, from).await? {
            return Err(MoveError::Unknown(from));
        }
    }
    for code in wanted.split.iter().map(|split| split.code).chain([to]) {
        if code.level() != to.level() {
            return Err(MoveError::OtherLevel { from: to, to: code });
        }
    }
    let gone = super::end_of(&mut change.tx, to).await?;
    if gone != to && !wanted.from.contains(&gone) {
        return Err(MoveError::Closed { code: to, to: gone });
    }
    if let Some((from, _)) =
        wanted.below.iter().find(|(from, new)| !plan.pairs.iter().any(|pair| pair.old == **from && pair.new == **new))
        && done == 0
    {
        return Err(MoveError::NotBelow(*from));
    }
    // Another name or a split by itself moves nobody.
    let is_rename = match (&wanted.name, change.region(to).await?) {
        (Some(name), Some(row)) => *name != row.name,
        (name, _) => name.is_some(),
    };
    let has_new_split = match wanted.split.first() {
        Some(split) => !super::former(&mut change.tx, split.code).await?.contains(&wanted.from[0]),
        None => false,
    };
    plan.is_done = plan.pairs.is_empty() && !is_rename && !has_new_split;
    plan.pairs.sort_by_key(|pair| (pair.new.level(), pair.new, pair.old));
    Ok(plan)
}

/// Adds a region and everything in it that has left a trace.
async fn subtree(
    change: &mut Change,
    wanted: &Wanted,
    from: RegionCode,
    to: RegionCode,
    plan: &mut Plan,
) -> Result<(), MoveError> {
    let (first, behind) = from.range();
    let traces = ["region|code", "account|region", "role_grant|region", "token|region", "item|region", "medium|region"];
    let selects = traces.map(|trace| {
        let (table, column) = trace.split_once('|').unwrap_or((trace, "region"));
        format!("SELECT {column} FROM {table} WHERE {column} >= $1 AND {column} < $2")
    });
    let sql = selects.join(" UNION ");
    let mut all: BTreeSet<RegionCode> =
        codes(change.tx.all("listing what lies in a region", &sql, args![first, behind]).await?).into_iter().collect();
    all.insert(from);
    all.extend(wanted.below.keys().copied().filter(|code| from.contains(*code)));
    all.extend(carry::named_in(change, from).await?.into_iter().filter(|code| from.contains(*code)));
    for old in all {
        if super::moved_to(&mut change.tx, old).await?.is_some() {
            continue;
        }
        let explicit = wanted.below.get(&old).copied();
        let new = explicit.unwrap_or_else(|| old.with_prefix_of(from, to));
        if new.level() != old.level() || !(new == to || to.contains(new) || explicit.is_some()) {
            return Err(MoveError::NotBelow(old));
        }
        let end = super::end_of(&mut change.tx, new).await?;
        if end == old {
            plan.revived.insert(new);
        } else if end != new {
            return Err(MoveError::Closed { code: new, to: end });
        } else if old != from && explicit.is_none() && change.region(new).await?.is_some() {
            return Err(MoveError::Occupied { from: old, to: new });
        }
        plan.pairs.push(Pair { old, new, is_root: old == from });
    }
    Ok(())
}

async fn is_known(change: &mut Change, region: RegionCode) -> Result<bool, MoveError> {
    Ok(Divisions::current().name(region).is_some() || change.region(region).await?.is_some())
}

/// Has the region around both say where one has gone, and notes it in all logs that it concerns.
async fn tell_boxes(carrying: &mut Carrying<'_>, wanted: &Wanted, pair: &Pair) -> Result<(), MoveError> {
    let Pair { old, new, .. } = *pair;
    let mut around = around(old, new).ok_or(MoveError::Province(old))?;
    let mut below: BTreeMap<String, String> = BTreeMap::new();
    for (from, to) in wanted.below.iter().filter(|(from, _)| old.contains(**from)) {
        below.insert(from.to_string(), to.to_string());
        around = self::around(old, *to).filter(|code| code.contains(around)).unwrap_or(around);
    }
    // Those that have moved within the old region before would be looked for by their old digits.
    for (former, code) in earlier(&mut carrying.change, old).await? {
        let pair = carrying.plan.pairs.iter().find(|pair| pair.old == code);
        below.entry(former.to_string()).or_insert(pair.map_or(code, |pair| pair.new).to_string());
    }
    let channels = carrying.channels_renamed(old);
    let moved = Moved {
        format: FORMAT,
        region: around.to_string(),
        from: old.to_string(),
        to: new.to_string(),
        at: carrying.at,
        below,
        channels,
    };
    carrying.withdraw_moves(new).await?;
    carrying.drafts.open(&mut carrying.change, around, None).await?;
    carrying.drafts.put(around, &moved_target(&moved.from), documents::json(&moved));
    carrying.outcome.said_by = around.to_string();
    let detail = json!({ "to": new, "at": carrying.at, "below": moved.below, "channels": moved.channels });
    let (at, account, object) = (carrying.now, carrying.by, old.to_string());
    let entry = Entry { region: around, at, account, action: "division-moved", object: &object, detail };
    log::append(&mut carrying.change.tx, entry).await?;
    if old.level() != Level::Village {
        carrying.outcome.remarks.push(Conflict::new(
            format!("{old} 以下没有单独写明的村，最后几位代码不变"),
            format!("what lies in {old} and is not named keeps its last digits"),
        ));
    }
    Ok(())
}

/// Moves within a region that were made before.
async fn earlier(change: &mut Change, within: RegionCode) -> Result<Vec<(RegionCode, RegionCode)>, MoveError> {
    let sql = "SELECT former, code FROM region_move WHERE main = 1 AND former > $1 AND former < $2";
    let (from, to) = within.range();
    let rows: Vec<(String, String)> = change.tx.all("listing earlier moves", sql, args![from, to]).await?;
    let pairs = rows.into_iter().filter_map(|(former, code)| Some((former.parse().ok()?, code.parse().ok()?)));
    let mut all = Vec::new();
    for (former, code) in pairs {
        let code: RegionCode = code;
        let mut at = code;
        while let Some(next) = super::moved_to(&mut change.tx, at).await?.filter(|next| within.contains(*next)) {
            at = next;
        }
        if within.contains(at) {
            all.push((former, at));
        }
    }
    Ok(all)
}
