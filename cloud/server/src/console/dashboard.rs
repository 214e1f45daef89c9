//! The overview of a region. Nothing here takes longer the more has been published: what would have to be counted is
//! kept counted.

use std::collections::{BTreeMap, HashMap};

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use jiff::ToSpan;
use serde::Deserialize;
use yuexiang_console::ItemLine;
use yuexiang_console::charts::{CoverageArea, DayFigures, MonthlyItems};
use yuexiang_console::dashboard::{self, Coverage, Dashboard, Running, SilentVillage, Storage, Transcoding, Waiting};
use yuexiang_wire::Step;

use super::items::line;
use super::place::place;
use super::{Trouble, Visit};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::list::Filter;
use crate::desk::media::MediumState;
use crate::desk::rights::Action;
use crate::desk::state::State;
use crate::divisions::Divisions;
use crate::figures::read::Range;
use crate::pack::china_date;
use crate::region::{Level, RegionCode};
use crate::serve::Shared;

/// Lines of each list.
const LINES: usize = 6;
/// A village that has published nothing for so long, in seconds, is silent.
const SILENCE: i64 = 30 * 86_400;
/// Days of the chart of what was viewed.
const DAYS: i64 = 30;
/// Months of the chart of what was published.
const MONTHS: i64 = 12;
/// Refused media are told for so long, in seconds.
const REFUSED: i64 = 7 * 86_400;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/", get(index))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, asked.region.as_deref()).await {
        Ok(view) => visit.page(dashboard::page(&visit.cx, &view)),
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn view(visit: &Visit, asked: Option<&str>) -> Result<Dashboard, Trouble> {
    let region = place(visit, asked, Action::SeePublished).await?;
    let villages = Villages::read(visit, region).await?;
    let (mut storage, mut transcoding) = (None, None);
    if visit.visitor.may(Action::SeeStorage, region) {
        storage = Some(self::storage(visit).await);
        transcoding = Some(self::transcoding(visit, region).await?);
    }
    Ok(Dashboard {
        region: visit.region_of(region).await,
        waiting: waiting(visit).await?,
        mine: mine(visit, region).await?,
        recent: recent(visit, region).await?,
        coverage: villages.coverage(visit).await,
        storage,
        transcoding,
        items: monthly(visit, region).await?,
        areas: villages.areas(visit, region).await?,
        plays: plays(visit, region).await?,
    })
}

/// What waits for each review that the visitor gives, wherever that is.
async fn waiting(visit: &Visit) -> Result<Vec<Waiting>, DeskError> {
    let mut waiting = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| visit.visitor.may_somewhere(Action::Approve(*step))) {
        let count = visit.desk().waiting_count(&visit.visitor, step).await?;
        let oldest = visit.desk().waiting(&visit.visitor, step, 1).await?;
        waiting.push(Waiting { step: step.into(), count, oldest: oldest.first().map(|item| item.updated) });
    }
    Ok(waiting)
}

async fn mine(visit: &Visit, region: RegionCode) -> Result<Option<Vec<ItemLine>>, DeskError> {
    if !visit.visitor.may(Action::Write, region) {
        return Ok(None);
    }
    let mut items = Vec::new();
    for state in [State::Draft, State::Rejected] {
        let author = Some(visit.visitor.account.clone());
        let filter = Filter { author, state: Some(state), limit: LINES as i64, ..Filter::of(region) };
        items.extend(visit.desk().list(&visit.visitor, &filter).await?.items);
    }
    items.sort_by_key(|item| (-item.updated, -item.serial));
    lines(visit, &items).await.map(Some)
}

async fn recent(visit: &Visit, region: RegionCode) -> Result<Vec<ItemLine>, DeskError> {
    let filter = Filter { state: Some(State::Published), limit: LINES as i64, ..Filter::of(region) };
    let found = visit.desk().list(&visit.visitor, &filter).await?;
    lines(visit, &found.items).await
}

async fn lines(visit: &Visit, items: &[crate::store::items::ItemRow]) -> Result<Vec<ItemLine>, DeskError> {
    let mut lines = Vec::new();
    for item in items.iter().take(LINES) {
        lines.push(line(visit, item).await);
    }
    Ok(lines)
}

/// The villages of a region and when each has published last.
struct Villages {
    all: Vec<RegionCode>,
    last: HashMap<RegionCode, i64>,
    since: i64,
}

impl Villages {
    async fn read(visit: &Visit, region: RegionCode) -> Result<Villages, DeskError> {
        let sql = "SELECT code, last_published FROM region WHERE code >= $1 AND code < $2
                   AND last_published IS NOT NULL";
        let (from, to) = region.range();
        let db = &visit.desk().publisher.store.db;
        let rows: Vec<(String, i64)> = db.all("reading last publications", sql, args![from, to]).await?;
        let is_village = |code: &RegionCode| code.level() == Level::Village;
        let last: HashMap<RegionCode, i64> = rows
            .into_iter()
            .filter_map(|(code, at)| Some((code.parse().ok()?, at)))
            .filter(|(code, _)| is_village(code))
            .collect();
        let divisions = Divisions::guangdong();
        let listed = divisions.iter().map(|division| division.code).filter(|code| region.contains(*code));
        let unlisted = last.keys().copied().filter(|code| divisions.name(*code).is_none());
        let all = listed.filter(is_village).chain(unlisted).collect();
        Ok(Villages { all, last, since: visit.now - SILENCE })
    }

    fn is_active(&self, village: RegionCode) -> bool {
        self.last.get(&village).is_some_and(|last| *last >= self.since)
    }

    /// Those that have never published anything come first, then those that are silent longest.
    async fn coverage(&self, visit: &Visit) -> Coverage {
        let mut silent: Vec<(Option<i64>, RegionCode)> = self
            .all
            .iter()
            .filter(|village| !self.is_active(**village))
            .map(|village| (self.last.get(village).copied(), *village))
            .collect();
        silent.sort_unstable();
        let (villages, active) = (self.all.len() as i64, (self.all.len() - silent.len()) as i64);
        let mut shown = Vec::new();
        for (last, code) in silent.into_iter().take(LINES) {
            shown.push(SilentVillage { region: visit.region_of(code).await, last });
        }
        Coverage { villages, active, silent: shown }
    }

    /// What lies one level below the region, and two.
    async fn areas(&self, visit: &Visit, region: RegionCode) -> Result<Vec<CoverageArea>, DeskError> {
        /// Villages, active ones, and the same for what lies within.
        #[derive(Default)]
        struct Count {
            villages: i64,
            active: i64,
            within: BTreeMap<RegionCode, (i64, i64)>,
        }
        let mut counts: BTreeMap<RegionCode, Count> = BTreeMap::new();
        for &village in &self.all {
            let active = i64::from(self.is_active(village));
            let mut below = village.lineage().into_iter().skip_while(|code| *code != region).skip(1);
            let Some(first) = below.next() else { continue };
            let count = counts.entry(first).or_default();
            count.villages += 1;
            count.active += active;
            if let Some(second) = below.next() {
                let within = count.within.entry(second).or_default();
                within.0 += 1;
                within.1 += active;
            }
        }
        let mut areas = Vec::with_capacity(counts.len());
        for (code, count) in counts {
            let mut within = Vec::with_capacity(count.within.len());
            for (code, (villages, active)) in count.within {
                within.push(area(visit, code, villages, active, Vec::new()).await?);
            }
            areas.push(area(visit, code, count.villages, count.active, within).await?);
        }
        Ok(areas)
    }
}

async fn area(
    visit: &Visit,
    code: RegionCode,
    villages: i64,
    active: i64,
    areas: Vec<CoverageArea>,
) -> Result<CoverageArea, DeskError> {
    let name = visit.desk().name_of(code).await?;
    Ok(CoverageArea { code: code.to_string(), name, villages, active, areas })
}

/// New items of each month and level.
async fn monthly(visit: &Visit, region: RegionCode) -> Result<MonthlyItems, DeskError> {
    let first = china_date(visit.now).first_of_month();
    let months: Vec<String> =
        (0..MONTHS).rev().map(|back| first.saturating_sub(back.months()).strftime("%Y-%m").to_string()).collect();
    let place_level = if region.level() == Level::Village { "village" } else { "town" };
    // A sum is `numeric` in PostgreSQL unless it is cast, so the rows of a month are added up here.
    let sql = "SELECT month, level, items FROM published_count
               WHERE place_level = $1 AND month >= $2 AND place >= $3 AND place < $4";
    let (from, to) = region.range();
    let values = args![place_level, months.first().cloned(), from, to];
    let rows: Vec<(String, String, i64)> =
        visit.desk().publisher.store.db.all("reading publications of months", sql, values).await?;
    let mut counted: HashMap<(String, String), i64> = HashMap::new();
    for (month, level, items) in rows {
        *counted.entry((month, level)).or_default() += items;
    }
    let levels = Level::ALL.into_iter().filter(|level| *level >= region.level()).map(|level| {
        let count = |month: &String| counted.get(&(month.clone(), level.slug().to_owned())).copied().unwrap_or(0);
        (super::level_word(level), months.iter().map(count).collect())
    });
    let levels = levels.collect();
    Ok(MonthlyItems { months, levels })
}

async fn plays(visit: &Visit, region: RegionCode) -> Result<Vec<DayFigures>, DeskError> {
    if !visit.visitor.may(Action::SeeFigures, region) {
        return Ok(Vec::new());
    }
    let days = visit.desk().views_by_day(&visit.visitor, region, Range::last(DAYS, visit.now)).await?;
    Ok(days.into_iter().map(super::views::day).collect())
}

async fn storage(visit: &Visit) -> Storage {
    let stock = visit.served.storage.read().await;
    Storage {
        used: stock.used as i64,
        capacity: stock.capacity.map(|capacity| capacity as i64),
        objects: stock.objects as i64,
    }
}

/// Media of the region: what others send is not told.
async fn transcoding(visit: &Visit, region: RegionCode) -> Result<Transcoding, DeskError> {
    let db = &visit.desk().publisher.store.db;
    let (from, to) = region.range();
    let sql = "SELECT count(*) FROM medium WHERE state = 'waiting' AND state IN ('waiting', 'working')
               AND region >= $1 AND region < $2";
    let (waiting,): (i64,) = db.one("counting media", sql, args![&from, &to]).await?;
    let sql = "SELECT count(*) FROM medium WHERE state = 'refused' AND created >= $1 AND region >= $2 AND region < $3";
    let values = args![visit.now - REFUSED, &from, &to];
    let (failed,): (i64,) = db.one("counting refused media", sql, values).await?;
    let (_, working) = visit.desk().in_work().await?;
    let mut running = Vec::new();
    for medium in working.into_iter().filter(|medium| region.contains(medium.region)).take(LINES) {
        let MediumState::Working(percent) = medium.state else { continue };
        running.push(Running { name: medium.name, region: visit.region_of(medium.region).await, percent });
    }
    Ok(Transcoding { waiting, failed, running })
}
