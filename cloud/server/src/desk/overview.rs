//! How a region is doing. Nothing here takes longer the more has been published: what would have to be counted is kept
//! counted.

use std::collections::{BTreeMap, HashMap};

use jiff::ToSpan;

use super::media::{MediumRow, MediumState};
use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::db::args;
use crate::divisions::Divisions;
use crate::pack::china_date;
use crate::region::{Level, RegionCode};

/// A village that has published nothing for so long, in seconds, is silent.
const SILENCE: i64 = 30 * 86_400;
/// Months that are told of.
const MONTHS: i64 = 12;
/// Refused media are told for so long, in seconds.
const REFUSED: i64 = 7 * 86_400;

/// Which villages of a region publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub villages: i64,
    pub active: i64,
    /// Those that have never published anything, then those that are silent longest, and when each did last.
    pub silent: Vec<(RegionCode, Option<i64>)>,
    /// What lies one level below, and two.
    pub areas: Vec<Area>,
}

/// A part of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub region: RegionCode,
    pub villages: i64,
    pub active: i64,
    pub within: Vec<Area>,
}

/// New items of each of the last months, by the level that they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monthly {
    /// `2026-11`, the earliest first.
    pub months: Vec<String>,
    pub levels: Vec<(Level, Vec<i64>)>,
}

/// Media of a region on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcoding {
    pub waiting: i64,
    /// Refused within the last week.
    pub refused: i64,
    pub working: Vec<MediumRow>,
}

impl Desk {
    /// Which villages of a region publish; `silent` are at most so many.
    pub async fn coverage(
        &self,
        actor: &Actor,
        region: RegionCode,
        silent: usize,
        now: i64,
    ) -> Result<Coverage, DeskError> {
        actor.check(Action::SeePublished, region)?;
        self.name_of(region).await?;
        let last = self.last_published(region).await?;
        let divisions = Divisions::current();
        let is_village = |code: &RegionCode| code.level() == Level::Village;
        let listed = divisions.iter().map(|division| division.code).filter(|code| region.contains(*code));
        // Codes that are no more go on under others, which are listed.
        let moved = crate::moves::closed(&self.publisher.store.db).await?;
        let is_open = |code: &RegionCode| !moved.iter().any(|(from, ..)| from == code);
        let unlisted = last.keys().copied().filter(|code| divisions.name(*code).is_none() && is_open(code));
        let all: Vec<RegionCode> = listed.filter(is_village).chain(unlisted).collect();
        let is_active = |village: &RegionCode| last.get(village).is_some_and(|last| *last >= now - SILENCE);
        let (active, quiet): (Vec<RegionCode>, Vec<RegionCode>) = all.iter().copied().partition(&is_active);
        let mut quiet: Vec<(Option<i64>, RegionCode)> =
            quiet.into_iter().map(|village| (last.get(&village).copied(), village)).collect();
        quiet.sort_unstable();
        let areas = areas(region, &all, is_active);
        let silent = quiet.into_iter().take(silent).map(|(last, village)| (village, last)).collect();
        Ok(Coverage { villages: all.len() as i64, active: active.len() as i64, silent, areas })
    }

    /// When a village last published, in Unix seconds.
    pub async fn last_publication(&self, actor: &Actor, village: RegionCode) -> Result<Option<i64>, DeskError> {
        actor.check(Action::SeePublished, village)?;
        Ok(self.last_published(village).await?.remove(&village))
    }

    async fn last_published(&self, region: RegionCode) -> Result<HashMap<RegionCode, i64>, DeskError> {
        let sql = "SELECT code, last_published FROM region WHERE code >= $1 AND code < $2
                   AND last_published IS NOT NULL";
        let (from, to) = region.range();
        let rows: Vec<(String, i64)> =
            self.publisher.store.db.all("reading last publications", sql, args![from, to]).await?;
        let villages = rows.into_iter().filter_map(|(code, at)| Some((code.parse::<RegionCode>().ok()?, at)));
        Ok(villages.filter(|(code, _)| code.level() == Level::Village).collect())
    }

    /// New items of the last twelve months.
    pub async fn monthly(&self, actor: &Actor, region: RegionCode, now: i64) -> Result<Monthly, DeskError> {
        actor.check(Action::SeePublished, region)?;
        let first = china_date(now).first_of_month();
        let months: Vec<String> =
            (0..MONTHS).rev().map(|back| first.saturating_sub(back.months()).strftime("%Y-%m").to_string()).collect();
        let place_level = if region.level() == Level::Village { "village" } else { "town" };
        // A sum is `numeric` in PostgreSQL unless it is cast, so the rows of a month are added up here.
        let sql = "SELECT month, level, items FROM published_count
                   WHERE place_level = $1 AND month >= $2 AND place >= $3 AND place < $4";
        let (from, to) = region.range();
        let values = args![place_level, months.first().cloned(), from, to];
        let rows: Vec<(String, String, i64)> =
            self.publisher.store.db.all("reading publications of months", sql, values).await?;
        let mut counted: HashMap<(String, String), i64> = HashMap::new();
        for (month, level, items) in rows {
            *counted.entry((month, level)).or_default() += items;
        }
        let levels = Level::ALL.into_iter().filter(|level| *level >= region.level()).map(|level| {
            let count = |month: &String| counted.get(&(month.clone(), level.slug().to_owned())).copied().unwrap_or(0);
            (level, months.iter().map(count).collect())
        });
        let levels = levels.collect();
        Ok(Monthly { months, levels })
    }

    /// Media of a region on their way: what others send is not told.
    pub async fn transcoding(&self, actor: &Actor, region: RegionCode, now: i64) -> Result<Transcoding, DeskError> {
        actor.check(Action::SeeStorage, region)?;
        let db = &self.publisher.store.db;
        let (from, to) = region.range();
        // The second condition is that of the index.
        let sql = "SELECT count(*) FROM medium WHERE state = 'waiting' AND state IN ('waiting', 'working')
                   AND region >= $1 AND region < $2";
        let (waiting,): (i64,) = db.one("counting media", sql, args![&from, &to]).await?;
        let sql = "SELECT count(*) FROM medium WHERE state = 'refused' AND created >= $1
                   AND region >= $2 AND region < $3";
        let (refused,): (i64,) = db.one("counting refused media", sql, args![now - REFUSED, &from, &to]).await?;
        let (_, mut working) = self.in_work().await?;
        working.retain(|medium| region.contains(medium.region) && matches!(medium.state, MediumState::Working(_)));
        Ok(Transcoding { waiting, refused, working })
    }
}

/// What lies one level below the region, and two.
fn areas(region: RegionCode, villages: &[RegionCode], is_active: impl Fn(&RegionCode) -> bool) -> Vec<Area> {
    let mut parts: BTreeMap<RegionCode, Vec<RegionCode>> = BTreeMap::new();
    for &village in villages {
        let below = village.lineage().into_iter().skip_while(|code| *code != region).nth(1);
        if let Some(part) = below {
            parts.entry(part).or_default().push(village);
        }
    }
    let area = |(region, villages): (RegionCode, Vec<RegionCode>)| {
        let mut within: BTreeMap<RegionCode, Area> = BTreeMap::new();
        for village in &villages {
            let below = village.lineage().into_iter().skip_while(|code| *code != region).nth(1);
            let Some(part) = below else { continue };
            let blank = || Area { region: part, villages: 0, active: 0, within: Vec::new() };
            let part = within.entry(part).or_insert_with(blank);
            part.villages += 1;
            part.active += i64::from(is_active(village));
        }
        let active = villages.iter().filter(|village| is_active(village)).count() as i64;
        Area { region, villages: villages.len() as i64, active, within: within.into_values().collect() }
    };
    parts.into_iter().map(area).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn villages_are_counted_in_the_two_levels_below() {
        let code = |text: &str| text.parse::<RegionCode>().expect("a code");
        let villages = ["440224103201", "440224103202", "440224104201"].map(code);
        let found = areas(code("440224"), &villages, |village| *village == villages[0]);
        let town: Vec<(String, i64, i64)> =
            found.iter().map(|area| (area.region.significant(), area.villages, area.active)).collect();
        assert_eq!(town, [("440224103".to_owned(), 2, 1), ("440224104".to_owned(), 1, 0)]);
        assert_eq!(found[0].within.len(), 2, "the villages themselves");
        assert!(areas(villages[0], &villages[..1], |_| true).is_empty(), "nothing lies below a village");
    }
}
