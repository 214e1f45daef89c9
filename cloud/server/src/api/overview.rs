//! How a region is doing, what is planned there, and what is on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_console::messages::request::Request as Reason;

use super::extract::Words;
use super::items::ItemLine;
use super::problem::Reading;
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::calendar;
use crate::desk::channels::OnNow;
use crate::desk::media::MediumState;
use crate::desk::overview::{self, Coverage};
use crate::desk::rights::Action;
use crate::figures::read::Range;
use crate::pack::china_date;
use crate::region::RegionCode;
use crate::serve::Served;

/// Silent villages that are told by name.
const SILENT: usize = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegionQuery {
    #[param(schema_with = names::region)]
    region: RegionCode,
}

/// How a region is doing.
#[derive(Serialize, ToSchema)]
pub struct Overview {
    /// Villages of the region.
    villages: i64,
    /// Those that have published something within 30 days.
    active: i64,
    /// The others: first those that never have, then those that are silent longest; at most 200.
    silent: Vec<SilentVillage>,
    /// What lies directly below.
    areas: Vec<Area>,
    /// The last twelve months, the earliest first.
    #[schema(example = json!(["2026-10", "2026-11"]))]
    months: Vec<String>,
    /// New items of these months, by the level that they belong to.
    published: Vec<Published>,
    /// What media take; null for whoever may not see it.
    storage: Option<Storage>,
    /// Media on their way; null for whoever may not see them.
    transcoding: Option<Transcoding>,
}

#[derive(Serialize, ToSchema)]
struct SilentVillage {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// When it published last.
    last: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Area {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    villages: i64,
    active: i64,
    /// What lies directly below it.
    within: Vec<AreaWithin>,
}

#[derive(Serialize, ToSchema)]
struct AreaWithin {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    villages: i64,
    active: i64,
}

impl From<overview::Area> for Area {
    fn from(area: overview::Area) -> Area {
        let overview::Area { region, villages, active, within } = area;
        let part = |overview::Area { region, villages, active, .. }| AreaWithin { region, villages, active };
        Area { region, villages, active, within: within.into_iter().map(part).collect() }
    }
}

#[derive(Serialize, ToSchema)]
struct Published {
    #[schema(schema_with = names::level)]
    level: &'static str,
    /// One for each of the months.
    items: Vec<i64>,
}

#[derive(Serialize, ToSchema)]
struct Storage {
    /// Bytes, of the whole server.
    used: u64,
    /// Bytes that there is room for; null when that is not known.
    capacity: Option<u64>,
    objects: u64,
}

#[derive(Serialize, ToSchema)]
struct Transcoding {
    waiting: i64,
    /// Within the last week.
    refused: i64,
    working: Vec<Working>,
}

#[derive(Serialize, ToSchema)]
struct Working {
    id: String,
    name: String,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    percent: u8,
}

/// How a region is doing: which villages publish, how much was published, and what media take. What waits for reviews is
/// told by `/counts` and `/inbox`, what was viewed by `/figures`.
#[utoipa::path(get, path = "/api/v1/overview", tag = "overview", params(RegionQuery),
    responses((status = 200, description = "The numbers", body = Overview), Reading))]
pub async fn overview(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<RegionQuery>,
) -> Result<Json<Overview>, Problem> {
    let (region, now) = (query.region, now());
    let Coverage { villages, active, silent, areas } = served.desk.coverage(&visitor, region, SILENT, now).await?;
    let monthly = served.desk.monthly(&visitor, region, now).await?;
    let (mut storage, mut transcoding) = (None, None);
    if visitor.may(Action::SeeStorage, region) {
        let stock = served.storage.read().await;
        storage = Some(Storage { used: stock.used, capacity: stock.capacity, objects: stock.objects });
        transcoding = Some(transcoding_of(&served, &visitor, region, now).await?);
    }
    Ok(Json(Overview {
        villages,
        active,
        silent: silent.into_iter().map(|(region, last)| SilentVillage { region, last }).collect(),
        areas: areas.into_iter().map(Area::from).collect(),
        months: monthly.months,
        published: monthly.levels.into_iter().map(|(level, items)| Published { level: level.slug(), items }).collect(),
        storage,
        transcoding,
    }))
}

async fn transcoding_of(
    served: &Served,
    visitor: &Visitor,
    region: RegionCode,
    now: i64,
) -> Result<Transcoding, Problem> {
    let overview::Transcoding { waiting, refused, working } = served.desk.transcoding(visitor, region, now).await?;
    let line = |medium: crate::desk::media::MediumRow| match medium.state {
        MediumState::Working(percent) => {
            Some(Working { id: medium.id, name: medium.name, region: medium.region, percent })
        }
        _ => None,
    };
    Ok(Transcoding { waiting, refused, working: working.into_iter().filter_map(line).collect() })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// This region and everything below; in a city and the province, itself and its counties.
    #[param(schema_with = names::region)]
    region: RegionCode,
    /// In China; the present one when nothing is given.
    #[param(example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: Option<String>,
}

/// The publish windows of a month.
#[derive(Serialize, ToSchema)]
pub struct Calendar {
    #[schema(example = "2026-11")]
    month: String,
    /// The earliest first, at most 200.
    windows: Vec<Window>,
    /// How many there are beyond these.
    more: i64,
}

#[derive(Serialize, ToSchema)]
struct Window {
    from: i64,
    until: Option<i64>,
    item: ItemLine,
}

/// What begins or ends in a month, or lasts through it.
#[utoipa::path(get, path = "/api/v1/calendar", tag = "overview", params(CalendarQuery),
    responses((status = 200, description = "The windows", body = Calendar), Reading))]
pub async fn calendar(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<CalendarQuery>,
) -> Result<Json<Calendar>, Problem> {
    let month = query.month.unwrap_or_else(|| china_date(now()).strftime("%Y-%m").to_string());
    let days = Range::month(&month).ok_or_else(|| Problem::of(Reason::Month))?;
    let found = served.desk.windows(&visitor, query.region, days).await?;
    let ends: Vec<(i64, Option<i64>)> =
        found.items.iter().map(|item| (calendar::begins(item), item.not_after)).collect();
    let lines = ends.into_iter().zip(ItemLine::all(&visitor, found.items));
    let windows = lines.map(|((from, until), item)| Window { from, until, item }).collect();
    Ok(Json(Calendar { month, windows, more: found.more }))
}

/// A live channel.
#[derive(Serialize, ToSchema)]
pub struct ChannelLine {
    id: String,
    number: u16,
    name: String,
    /// The playlist: an absolute address, or a path on this server.
    url: String,
    /// Whose channel it is.
    #[schema(schema_with = names::region)]
    from: RegionCode,
    now: Option<Airing>,
    next: Option<Airing>,
}

/// A programme and when it begins.
#[derive(Serialize, ToSchema)]
struct Airing {
    title: String,
    at: i64,
}

impl From<OnNow> for ChannelLine {
    fn from(on: OnNow) -> ChannelLine {
        let yuexiang_wire::Channel { id, number, name, url, .. } = on.channel;
        let airing = |(title, at)| Airing { title, at };
        ChannelLine { id, number, name, url, from: on.from, now: on.now.map(airing), next: on.next.map(airing) }
    }
}

/// The live channels that a region's televisions have, in the order of their numbers, and what is on.
#[utoipa::path(get, path = "/api/v1/channels", tag = "overview", params(RegionQuery),
    responses((status = 200, description = "The channels", body = [ChannelLine]), Reading))]
pub async fn channels(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<RegionQuery>,
) -> Result<Json<Vec<ChannelLine>>, Problem> {
    let channels = served.desk.channels(&visitor, query.region, now()).await?;
    Ok(Json(channels.into_iter().map(ChannelLine::from).collect()))
}
