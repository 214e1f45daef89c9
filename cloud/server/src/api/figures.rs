//! What viewers do: the sums of a region and of an item, and a month as a table.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_console::messages::request::Request as Reason;

use super::extract::{Name, Place, Words};
use super::problem::Reading;
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::figures::Sum;
use crate::figures::read::{Range, Viewed};
use crate::region::{Level, RegionCode};
use crate::serve::Served;

/// Days that are told unless others are asked for.
const DAYS: i64 = 30;
/// Items of the list of those that were seen most.
const ITEMS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
    /// A whole month; the last 30 days when neither this nor `from` and `to` are given.
    #[param(example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: Option<String>,
    /// The first day, in China; with `to`.
    #[param(example = "2026-11-01", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    from: Option<String>,
    /// The last day, at most a year after the first.
    #[param(example = "2026-11-30", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    to: Option<String>,
}

impl FiguresQuery {
    fn range(&self, now: i64) -> Result<Range, Problem> {
        let day = |text: &str| text.parse::<jiff::civil::Date>().ok();
        match (self.month.as_deref(), self.from.as_deref(), self.to.as_deref()) {
            (None, None, None) => Ok(Range::last(DAYS, now)),
            (Some(month), None, None) => whole_month(month),
            (None, Some(from), Some(to)) => {
                let range = day(from).zip(day(to)).and_then(|(from, to)| Range::new(from, to));
                range.ok_or_else(|| Problem::of(Reason::Days))
            }
            _ => Err(Problem::of(Reason::MonthOrDays)),
        }
    }
}

fn whole_month(month: &str) -> Result<Range, Problem> {
    Range::month(month).ok_or_else(|| Problem::of(Reason::Month))
}

/// How often items were opened and played, and for how long.
#[derive(Serialize, ToSchema)]
struct Figures {
    views: i64,
    plays: i64,
    minutes: i64,
}

impl From<Sum> for Figures {
    fn from(sum: Sum) -> Figures {
        Figures { views: sum.views, plays: sum.plays, minutes: sum.minutes() }
    }
}

#[derive(Serialize, ToSchema)]
struct DayFigures {
    /// In China.
    #[schema(example = "2026-11-01")]
    day: String,
    figures: Figures,
}

#[derive(Serialize, ToSchema)]
struct RegionFigures {
    #[schema(schema_with = names::region)]
    region: RegionCode,
    figures: Figures,
}

impl From<(RegionCode, Sum)> for RegionFigures {
    fn from((region, sum): (RegionCode, Sum)) -> RegionFigures {
        RegionFigures { region, figures: sum.into() }
    }
}

#[derive(Serialize, ToSchema)]
struct ItemFigures {
    #[schema(example = "440224103201/20261101-0a1b2")]
    item: String,
    /// Null for whoever must not know it: it is off the air and being rewritten.
    title: Option<String>,
    kind: String,
    #[schema(schema_with = names::board)]
    board: &'static str,
    figures: Figures,
}

impl From<Viewed> for ItemFigures {
    fn from(viewed: Viewed) -> ItemFigures {
        let Viewed { item, title, sum } = viewed;
        ItemFigures { item: item.id, title, kind: item.kind, board: item.board.slug(), figures: sum.into() }
    }
}

/// What was viewed in a region and below.
#[derive(Serialize, ToSchema)]
pub struct RegionViews {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    total: Figures,
    /// Every day of the range.
    days: Vec<DayFigures>,
    /// The regions directly below in which something was viewed, or the village itself; the most views first.
    regions: Vec<RegionFigures>,
    /// The items that were viewed most, at most 100.
    items: Vec<ItemFigures>,
    /// Whether `items` are counted by whole months, as they are in a county and above.
    items_by_month: bool,
    /// The first day on which anything was ever viewed anywhere.
    since: Option<String>,
}

/// What was viewed in a region and below: by day, by region and by item. Asked of a village, `items` are what that village
/// has seen.
#[utoipa::path(get, path = "/api/v1/figures", tag = "figures", params(FiguresQuery),
    responses((status = 200, description = "The sums", body = RegionViews), Reading))]
pub async fn region(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<FiguresQuery>,
) -> Result<Json<RegionViews>, Problem> {
    let (desk, region, range) = (&served.desk, query.region, query.range(now())?);
    let days = desk.views_by_day(&visitor, region, range).await?;
    let mut total = Sum::default();
    days.iter().for_each(|(_, sum)| total += *sum);
    let day = |(day, sum): (jiff::civil::Date, Sum)| DayFigures { day: day.to_string(), figures: sum.into() };
    let regions = desk.views_by_region(&visitor, region, range).await?;
    let items = desk.most_viewed(&visitor, region, range, ITEMS).await?;
    Ok(Json(RegionViews {
        from: range.from.to_string(),
        to: range.to.to_string(),
        total: total.into(),
        days: days.into_iter().map(day).collect(),
        regions: regions.into_iter().map(RegionFigures::from).collect(),
        items: items.into_iter().map(ItemFigures::from).collect(),
        items_by_month: region.level() <= Level::County,
        since: desk.first_viewed_day().await?.map(|day| day.to_string()),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ViewedPlace {
    /// Whose item it is.
    #[param(schema_with = names::region)]
    owner: RegionCode,
    /// What follows the region in the item's id.
    #[param(value_type = String, example = "20261101-0a1b2")]
    slug: Name,
}

/// What the villages of a region have seen of an item.
#[derive(Serialize, ToSchema)]
pub struct ItemViews {
    from: String,
    to: String,
    total: Figures,
    /// Villages in which it was viewed, the most views first.
    villages: Vec<RegionFigures>,
}

/// What the villages of a region, named by `region` of the query, have seen of an item. Of one that nobody there has seen
/// there is nothing to tell.
#[utoipa::path(get, path = "/api/v1/figures/items/{owner}/{slug}", tag = "figures",
    params(ViewedPlace, FiguresQuery),
    responses((status = 200, description = "By village", body = ItemViews), Reading))]
pub async fn item(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ViewedPlace>,
    Words(query): Words<FiguresQuery>,
) -> Result<Json<ItemViews>, Problem> {
    let range = query.range(now())?;
    let item = format!("{}/{}", place.owner, place.slug.0);
    let villages = served.desk.views_of_item(&visitor, query.region, &item, range).await?;
    let mut total = Sum::default();
    villages.iter().for_each(|(_, sum)| total += *sum);
    Ok(Json(ItemViews {
        from: range.from.to_string(),
        to: range.to.to_string(),
        total: total.into(),
        villages: villages.into_iter().map(RegionFigures::from).collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
    #[param(example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: String,
}

/// A month as a table: one line for every village and item, in CSV (RFC 4180) with a byte order mark.
#[utoipa::path(get, path = "/api/v1/figures/export", tag = "figures", params(TableQuery),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv"), Reading))]
pub async fn export(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<TableQuery>,
) -> Result<Response, Problem> {
    let lines = served.desk.export_views(&visitor, query.region, whole_month(&query.month)?).await?;
    let name = format!("attachment; filename=\"views-{}-{}.csv\"", query.region, query.month);
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(lines)).into_response())
}
