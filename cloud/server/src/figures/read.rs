//! The sums of a region and what lies below it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Sum, county_of};
use crate::db::args;
use crate::desk::rights::{Action, Actor};
use crate::desk::state::State;
use crate::desk::{Desk, DeskError};
use crate::divisions::Divisions;
use crate::pack::china_date;
use crate::region::{Level, RegionCode};
use crate::store::items::ItemRow;

/// The longest range that is added up.
const DAYS: i32 = 366;
/// Items of one county that are looked at to find those that a larger region has seen most.
const CANDIDATES: i64 = 50;

/// Days in China, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Date,
    pub to: Date,
}

impl Range {
    /// The last days up to today.
    pub fn last(days: i64, now: i64) -> Range {
        let to = china_date(now);
        Range { from: to.saturating_sub((days - 1).days()), to }
    }

    /// None when it ends before it begins or is longer than a year.
    pub fn new(from: Date, to: Date) -> Option<Range> {
        let days = from.until(to).ok()?.get_days();
        (0..DAYS).contains(&days).then_some(Range { from, to })
    }

    /// A whole month, of a `YYYY-MM`.
    pub fn month(month: &str) -> Option<Range> {
        let from: Date = format!("{month}-01").parse().ok()?;
        (from.strftime("%Y-%m").to_string() == month).then(|| Range { from, to: from.last_of_month() })
    }

    fn days(self) -> impl Iterator<Item = Date> {
        self.from.series(1.day()).take_while(move |day| *day <= self.to)
    }

    /// Every month of which it has a day, as `YYYY-MM`.
    fn months(self) -> BTreeSet<String> {
        self.days().map(|day| day.strftime("%Y-%m").to_string()).collect()
    }
}

/// An item that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewed {
    pub item: ItemRow,
    /// None for whoever must not know it: it was taken off the air and is being rewritten.
    pub title: Option<String>,
    pub sum: Sum,
}

/// A sum with what it belongs to.
type Row = (String, i64, i64, i64);

impl Desk {
    /// Every day of the range with what was viewed in a region and below.
    pub async fn views_by_day(
        &self,
        actor: &Actor,
        region: RegionCode,
        range: Range,
    ) -> Result<Vec<(Date, Sum)>, DeskError> {
        actor.check(Action::SeeFigures, region)?;
        let mut days: BTreeMap<String, Sum> = self.sums(region, range, "day").await?.into_iter().collect();
        Ok(range.days().map(|day| (day, days.remove(&day.to_string()).unwrap_or_default())).collect())
    }

    /// The regions directly below a region in which something was viewed, or the village itself; the most views first.
    pub async fn views_by_region(
        &self,
        actor: &Actor,
        region: RegionCode,
        range: Range,
    ) -> Result<Vec<(RegionCode, Sum)>, DeskError> {
        actor.check(Action::SeeFigures, region)?;
        let mut below: BTreeMap<RegionCode, Sum> = BTreeMap::new();
        for (code, sum) in self.sums(region, range, "place").await? {
            let Ok(code) = code.parse::<RegionCode>() else { continue };
            let child = code.lineage().into_iter().find(|above| above.parent() == Some(region)).unwrap_or(region);
            *below.entry(child).or_default() += sum;
        }
        let mut below: Vec<(RegionCode, Sum)> = below.into_iter().collect();
        below.sort_by_key(|(code, sum)| (-sum.views, *code));
        Ok(below)
    }

    /// Sums of a region by `day` or `place`: of its villages for a town or village, else of its towns.
    async fn sums(&self, region: RegionCode, range: Range, by: &str) -> Result<Vec<(String, Sum)>, DeskError> {
        let (table, place) = match region.level() {
            Level::Town | Level::Village => ("viewed_by_village", "village"),
            _ => ("viewed_by_town", "town"),
        };
        let by = if by == "day" { "day" } else { place };
        let sql = format!(
            "SELECT {by}, sum(views)::bigint, sum(plays)::bigint, sum(seconds)::bigint FROM {table}
             WHERE {place} >= $1 AND {place} < $2 AND day >= $3 AND day <= $4 GROUP BY {by}"
        );
        let (from, to) = region.range();
        let values = args![from, to, range.from.to_string(), range.to.to_string()];
        self.summed("adding views up", &sql, values).await
    }

    /// The items that were viewed most in a region and below. In a county and above they are counted by whole months,
    /// those of which the range has a day.
    pub async fn most_viewed(
        &self,
        actor: &Actor,
        region: RegionCode,
        range: Range,
        limit: usize,
    ) -> Result<Vec<Viewed>, DeskError> {
        actor.check(Action::SeeFigures, region)?;
        let sums = match region.level() {
            Level::Town | Level::Village => self.most_by_day(region, range, limit).await?,
            _ => self.most_by_month(region, range, limit).await?,
        };
        let mut viewed = Vec::new();
        for (id, sum) in sums {
            if let Some(item) = self.publisher.store.item(&id).await? {
                let title = self.may_name(actor, &item).await?.then(|| item.title.clone());
                viewed.push(Viewed { item, title, sum });
            }
        }
        Ok(viewed)
    }

    pub(super) async fn most_by_day(
        &self,
        region: RegionCode,
        range: Range,
        limit: usize,
    ) -> Result<Vec<(String, Sum)>, DeskError> {
        let sql = "SELECT item, sum(views)::bigint AS most, sum(plays)::bigint, sum(seconds)::bigint FROM viewed
                   WHERE village >= $1 AND village < $2 AND day >= $3 AND day <= $4
                   GROUP BY item ORDER BY most DESC, item LIMIT $5";
        let (from, to) = region.range();
        let values = args![from, to, range.from.to_string(), range.to.to_string(), limit];
        self.summed("looking for what was viewed most", sql, values).await
    }

    /// Looks at the first items of every county. Whatever is seen in one county alone, as all items of towns and villages
    /// are, is found for certain; an item of a city or the province could be missed only if it were among the first of
    /// none of its counties.
    async fn most_by_month(
        &self,
        region: RegionCode,
        range: Range,
        limit: usize,
    ) -> Result<Vec<(String, Sum)>, DeskError> {
        let mut found: HashMap<String, Sum> = HashMap::new();
        let months = range.months();
        for month in &months {
            for county in counties(region) {
                let sql = "SELECT item, views, plays, seconds FROM viewed_by_item WHERE month = $1 AND county = $2
                           ORDER BY views DESC LIMIT $3";
                let values = args![month, county, CANDIDATES];
                for (item, sum) in self.summed("looking for what was viewed most", sql, values).await? {
                    *found.entry(item).or_default() += sum;
                }
            }
        }
        let mut most: Vec<(String, Sum)> = found.into_iter().collect();
        most.sort_by(|a, b| b.1.views.cmp(&a.1.views).then_with(|| a.0.cmp(&b.0)));
        most.truncate(limit);
        let (from, to) = region.range();
        let (first, last) = (months.first().cloned(), months.last().cloned());
        for (item, sum) in &mut most {
            // Counties in which it was not among the first have seen it too.
            let sql = "SELECT item, sum(views)::bigint, sum(plays)::bigint, sum(seconds)::bigint FROM viewed_by_item
                       WHERE item = $1 AND month >= $2 AND month <= $3 AND county >= $4 AND county < $5 GROUP BY item";
            let values = args![&*item, first.clone(), last.clone(), &from, &to];
            if let Some((_, whole)) = self.summed("adding an item's views up", sql, values).await?.pop() {
                *sum = whole;
            }
        }
        most.sort_by(|a, b| b.1.views.cmp(&a.1.views).then_with(|| a.0.cmp(&b.0)));
        Ok(most)
    }

    /// What the villages of a region have seen of one item; the most views first.
    pub async fn views_of_item(
        &self,
        actor: &Actor,
        region: RegionCode,
        item: &str,
        range: Range,
    ) -> Result<Vec<(RegionCode, Sum)>, DeskError> {
        actor.check(Action::SeeFigures, region)?;
        let sql = "SELECT village, sum(views)::bigint, sum(plays)::bigint, sum(seconds)::bigint FROM viewed
                   WHERE item = $1 AND village >= $2 AND village < $3 AND day >= $4 AND day <= $5 GROUP BY village";
        let (from, to) = region.range();
        let values = args![item, from, to, range.from.to_string(), range.to.to_string()];
        let rows = self.summed("adding an item's views up", sql, values).await?;
        let mut villages: Vec<(RegionCode, Sum)> =
            rows.into_iter().filter_map(|(village, sum)| Some((village.parse().ok()?, sum))).collect();
        villages.sort_by_key(|(village, sum)| (-sum.views, *village));
        Ok(villages)
    }

    /// The day of the first view that was ever counted.
    pub async fn first_viewed_day(&self) -> Result<Option<Date>, DeskError> {
        let sql = "SELECT day FROM viewed_by_town ORDER BY day LIMIT 1";
        let row: Option<(String,)> =
            self.publisher.store.db.optional("looking for the first view", sql, args![]).await?;
        Ok(row.and_then(|(day,)| day.parse().ok()))
    }

    /// Whether the title of an item that was on the air may be told. That of a text which nobody has let through, under
    /// way or taken back on its way, may not.
    pub(super) async fn may_name(&self, actor: &Actor, item: &ItemRow) -> Result<bool, DeskError> {
        if item.live.is_some() || actor.may(Action::SeeDrafts, item.region) {
            return Ok(true);
        }
        let sql = "SELECT revision FROM approval WHERE item = $1 AND revision = $2 AND step = 'final'";
        let values = args![&item.id, item.revision];
        let passed: Option<(i64,)> =
            self.publisher.store.db.optional("looking for an item's last review", sql, values).await?;
        Ok(passed.is_some() && matches!(item.state, State::Withdrawn | State::Expired))
    }

    async fn summed(
        &self,
        what: &'static str,
        sql: &str,
        values: Vec<crate::db::Value>,
    ) -> Result<Vec<(String, Sum)>, DeskError> {
        let db = &self.publisher.store.db;
        // Sums are `numeric` in PostgreSQL unless they are cast, and SQLite has no such cast.
        let sql = if db.kind() == crate::db::Kind::Sqlite { sql.replace("::bigint", "") } else { sql.to_owned() };
        let rows: Vec<Row> = db.all(what, &sql, values).await?;
        Ok(rows.into_iter().map(|(of, views, plays, seconds)| (of, Sum { views, plays, seconds })).collect())
    }
}

/// The counties of a region, with the cities that have none.
fn counties(region: RegionCode) -> Vec<RegionCode> {
    let divisions = Divisions::current();
    match region.level() {
        Level::Province => {
            let cities = divisions.children(region);
            cities.flat_map(|city| counties(city.code)).collect()
        }
        Level::City => {
            let below = divisions.children(region).map(|child| child.code);
            let mut counties: Vec<RegionCode> = below.filter(|code| code.level() == Level::County).collect();
            if counties.is_empty() {
                counties.push(region);
            }
            counties
        }
        _ => vec![county_of(region)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_a_beginning_and_an_end_within_a_year() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert!(Range::new(day("2026-11-02"), day("2026-11-01")).is_none());
        assert!(Range::new(day("2025-11-01"), day("2026-11-02")).is_none());
        let range = Range::new(day("2026-10-31"), day("2026-11-01")).expect("two days");
        assert_eq!((range.days().count(), range.months().len()), (2, 2));
        assert_eq!(Range::month("2024-02").map(|month| month.days().count()), Some(29));
        for odd in ["2026-13", "2026-1", "x", ""] {
            assert_eq!(Range::month(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_province_has_all_counties_and_the_cities_without() {
        assert_eq!(counties(RegionCode::GUANGDONG).len(), 124);
        let dongguan: RegionCode = "4419".parse().expect("a code");
        assert_eq!(counties(dongguan), [dongguan]);
    }
}
