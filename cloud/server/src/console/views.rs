//! What viewers did, and a month of it as a table.

use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::charts::DayFigures;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::Field;
use yuexiang_console::messages::desk::Choice;
use yuexiang_console::views::{self, Figures, ItemFigures, Views};
use yuexiang_console::words::Kind;

use super::items::unread_day;
use super::place::place;
use super::{Trouble, Visit, item_segment};
use crate::desk::rights::Action;
use crate::figures::Sum;
use crate::figures::read::{Range, Viewed};
use crate::pack::china_date;
use crate::region::Level;
use crate::serve::Shared;

/// Days that are shown unless others are asked for.
const DAYS: i64 = 30;
/// Items in the list of those that were seen most.
const ITEMS: usize = 20;
/// Months that are offered as tables.
const MONTHS: usize = 24;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/views", get(index)).route("/console/views.csv", get(export))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
    from: Option<String>,
    to: Option<String>,
    month: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, &asked).await {
        Ok(view) => visit.page(views::page(&visit.cx, &view)),
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn view(visit: &Visit, asked: &Asked) -> Result<Views, Trouble> {
    let region = place(visit, asked.region.as_deref(), Action::SeeFigures).await?;
    let range = range(asked, visit.now)?;
    let (desk, actor) = (visit.desk(), &visit.visitor);
    let days = desk.views_by_day(actor, region, range).await?;
    let mut total = Sum::default();
    days.iter().for_each(|(_, sum)| total += *sum);
    let mut regions = Vec::new();
    for (code, sum) in desk.views_by_region(actor, region, range).await? {
        regions.push((visit.region_of(code).await, figures(sum)));
    }
    let mut items = Vec::new();
    for viewed in desk.most_viewed(actor, region, range, ITEMS).await? {
        items.push(item(visit, viewed).await);
    }
    Ok(Views {
        region: visit.region_of(region).await,
        from: range.from.to_string(),
        to: range.to.to_string(),
        total: figures(total),
        days: days.into_iter().map(day).collect(),
        regions,
        items,
        items_by_month: region.level() <= Level::County,
        next: None,
        months: match actor.may(Action::ExportFigures, region) {
            true => months(visit).await?,
            false => Vec::new(),
        },
    })
}

/// The days that were asked for; without any, the last month. What makes no range is refused: it would show other days
/// than were asked for.
fn range(asked: &Asked, now: i64) -> Result<Range, Trouble> {
    let days = [(Field::From, &asked.from), (Field::To, &asked.to)];
    let texts = days.map(|(name, text)| (name, text.clone().unwrap_or_default()));
    if let Some(trouble) = unread_day(&texts.each_ref().map(|(name, text)| (*name, text))) {
        return Err(trouble);
    }
    let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    match day(&asked.from).zip(day(&asked.to)) {
        None => Ok(Range::last(DAYS, now)),
        Some((from, to)) => Range::new(from, to).ok_or_else(|| Trouble::new(ErrorKind::Refused, Choice::Days)),
    }
}

/// Months since the first view, the latest first.
async fn months(visit: &Visit) -> Result<Vec<String>, Trouble> {
    let Some(first) = visit.desk().first_viewed_day().await? else { return Ok(Vec::new()) };
    let mut month = china_date(visit.now).first_of_month();
    let mut months = Vec::new();
    while months.len() < MONTHS && month >= first.first_of_month() {
        months.push(month.strftime("%Y-%m").to_string());
        let Ok(before) = month.yesterday() else { break };
        month = before.first_of_month();
    }
    Ok(months)
}

fn figures(sum: Sum) -> Figures {
    Figures { views: sum.views, plays: sum.plays, minutes: sum.minutes() }
}

pub fn day((day, sum): (jiff::civil::Date, Sum)) -> DayFigures {
    DayFigures { day: day.to_string(), views: sum.views, plays: sum.plays, minutes: sum.minutes() }
}

async fn item(visit: &Visit, viewed: Viewed) -> ItemFigures {
    let Viewed { item, title, sum } = viewed;
    ItemFigures {
        id: item_segment(&item.id),
        title: title.unwrap_or_else(|| visit.cx.t("（已下线）", "(off the air)").to_owned()),
        kind: Kind::from_slug(&item.kind).unwrap_or(Kind::Article),
        board: item.board.into(),
        region: visit.region_of(item.region).await,
        figures: figures(sum),
    }
}

async fn export(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match table(&visit, &asked).await {
        Ok(response) => response,
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn table(visit: &Visit, asked: &Asked) -> Result<Response, Trouble> {
    let region = place(visit, asked.region.as_deref(), Action::ExportFigures).await?;
    let month = asked.month.as_deref().unwrap_or_default();
    let no_month = || Trouble::new(ErrorKind::NotFound, Choice::NoMonth(month.to_owned()));
    let range = Range::month(month).ok_or_else(no_month)?;
    let lines = visit.desk().export_views(&visit.visitor, region, range).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name: String = url::form_urlencoded::byte_serialize("点击量".as_bytes()).collect();
    let file = format!("views-{region}-{month}.csv");
    let disposition = format!("attachment; filename=\"{file}\"; filename*=UTF-8''{name}-{region}-{month}.csv");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok((headers, Body::from_stream(lines)).into_response())
}
