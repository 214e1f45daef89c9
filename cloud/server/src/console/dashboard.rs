//! The overview of a region.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::ItemLine;
use yuexiang_console::charts::{CoverageArea, DayFigures, MonthlyItems};
use yuexiang_console::dashboard::{self, Coverage, Dashboard, Running, SilentVillage, Storage, Transcoding, Waiting};
use yuexiang_console::words;
use yuexiang_wire::Step;

use super::items::{line, shown_state};
use super::place::place;
use super::{Trouble, Visit};
use crate::desk::DeskError;
use crate::desk::list::Filter;
use crate::desk::media::MediumState;
use crate::desk::overview::{self, Area, Monthly};
use crate::desk::rights::Action;
use crate::desk::state::State;
use crate::figures::read::Range;
use crate::region::{Level, RegionCode};
use crate::serve::Shared;

/// Lines of each list.
const LINES: usize = 6;
/// Days of the chart of what was viewed.
const DAYS: i64 = 30;

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
    let villages = visit.desk().coverage(&visit.visitor, region, LINES, visit.now).await?;
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
        coverage: coverage(visit, region, &villages).await?,
        storage,
        transcoding,
        items: monthly(visit, region).await?,
        areas: areas(visit, villages.areas).await?,
        plays: plays(visit, region).await?,
    })
}

/// What waits for each review that the visitor gives, wherever that is.
async fn waiting(visit: &Visit) -> Result<Vec<Waiting>, DeskError> {
    let mut waiting = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| visit.visitor.may_somewhere(Action::Approve(*step))) {
        let count = visit.desk().waiting_count(&visit.visitor, step, None).await?;
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

/// What is on the air, looked for among the newest that are published: some of those wait for their window, or are past
/// it.
async fn recent(visit: &Visit, region: RegionCode) -> Result<Vec<ItemLine>, DeskError> {
    let filter = Filter { state: Some(State::Published), ..Filter::of(region) };
    let mut found = visit.desk().list(&visit.visitor, &filter).await?.items;
    found.retain(|item| shown_state(item, visit.now) == words::State::Published);
    lines(visit, &found).await
}

async fn lines(visit: &Visit, items: &[crate::store::items::ItemRow]) -> Result<Vec<ItemLine>, DeskError> {
    let mut lines = Vec::new();
    for item in items.iter().take(LINES) {
        lines.push(line(visit, item).await);
    }
    Ok(lines)
}

async fn coverage(visit: &Visit, region: RegionCode, found: &overview::Coverage) -> Result<Coverage, DeskError> {
    let mut silent = Vec::with_capacity(found.silent.len());
    for &(code, last) in &found.silent {
        silent.push(SilentVillage { region: visit.region_of(code).await, last });
    }
    let last = match region.level() {
        Level::Village => visit.desk().last_publication(&visit.visitor, region).await?,
        _ => None,
    };
    Ok(Coverage { villages: found.villages, active: found.active, silent, last })
}

/// What lies one level below the region, and two.
async fn areas(visit: &Visit, found: Vec<Area>) -> Result<Vec<CoverageArea>, DeskError> {
    let mut areas = Vec::with_capacity(found.len());
    for Area { region, villages, active, within } in found {
        let mut parts = Vec::with_capacity(within.len());
        for part in within {
            parts.push(area(visit, part.region, part.villages, part.active, Vec::new()).await?);
        }
        areas.push(area(visit, region, villages, active, parts).await?);
    }
    Ok(areas)
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
    let Monthly { months, levels } = visit.desk().monthly(&visit.visitor, region, visit.now).await?;
    let levels = levels.into_iter().map(|(level, items)| (super::level_word(level), items)).collect();
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

async fn transcoding(visit: &Visit, region: RegionCode) -> Result<Transcoding, DeskError> {
    let found = visit.desk().transcoding(&visit.visitor, region, visit.now).await?;
    let mut running = Vec::new();
    for medium in found.working.into_iter().take(LINES) {
        let MediumState::Working(percent) = medium.state else { continue };
        running.push(Running { name: medium.name, region: visit.region_of(medium.region).await, percent });
    }
    Ok(Transcoding { waiting: found.waiting, failed: found.refused, running })
}
