//! The calendar of publish windows.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::calendar::{self, Calendar, Window};

use super::items::shown_state;
use super::place::place;
use super::{Trouble, Visit, item_segment};
use crate::db::{Value, args};
use crate::desk::DeskError;
use crate::desk::rights::Action;
use crate::figures::read::Range;
use crate::pack::{CHINA, china_date};
use crate::region::{Level, RegionCode};
use crate::serve::Shared;
use crate::store::items::{ItemRecord, ItemRow};

/// Windows that a month has room for.
const SHOWN: usize = 200;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/calendar", get(index))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
    month: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, &asked).await {
        Ok(view) => visit.page(calendar::page(&visit.cx, &view)),
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn view(visit: &Visit, asked: &Asked) -> Result<Calendar, Trouble> {
    let region = place(visit, asked.region.as_deref(), Action::SeePublished).await?;
    let this_month = || china_date(visit.now).strftime("%Y-%m").to_string();
    let month = asked.month.clone().filter(|month| Range::month(month).is_some()).unwrap_or_else(this_month);
    let (items, more) = windows(visit, region, &month).await?;
    let mut shown = Vec::with_capacity(items.len());
    for item in items {
        shown.push(Window {
            id: item_segment(&item.id),
            board: item.board.into(),
            state: shown_state(&item, visit.now),
            region: visit.region_of(item.region).await,
            from: begins(&item),
            until: item.not_after,
            title: item.title,
        });
    }
    Ok(Calendar { region: visit.region_of(region).await, month, items: shown, more })
}

fn begins(item: &ItemRow) -> i64 {
    item.not_before.or(item.live.as_ref().map(|live| live.published)).unwrap_or(item.created)
}

/// What begins or ends in the month or lasts through it, the earliest first, and how many more there are. What has begun
/// before and never ends is no window any more. A city and the province see what they and their counties have planned:
/// the villages' plans are too many to draw.
async fn windows(visit: &Visit, region: RegionCode, month: &str) -> Result<(Vec<ItemRow>, i64), DeskError> {
    let Some(days) = Range::month(month) else { return Ok((Vec::new(), 0)) };
    let second = |date: jiff::civil::Date| {
        let midnight = CHINA.to_timestamp(date.at(0, 0, 0, 0));
        midnight.map_or(0, |midnight| midnight.as_second())
    };
    let (start, end) = (second(days.from), second(days.to) + 86_400);
    let wide = matches!(region.level(), Level::Province | Level::City);
    let wide = if wide { "AND i.town = ''" } else { "" };
    let drafts = visit.visitor.may(Action::SeeDrafts, region);
    let states = if drafts { "i.state NOT IN ('withdrawn', 'rejected')" } else { "i.live IS NOT NULL" };
    let begin = "coalesce(i.not_before, i.published, i.created)";
    let condition = format!(
        "i.region >= $1 AND i.region < $2 {wide} AND (i.not_before IS NOT NULL OR i.not_after IS NOT NULL)
         AND {begin} < $4 AND (i.not_after > $3 OR (i.not_after IS NULL AND i.not_before >= $3)) AND {states}"
    );
    let (from, to) = region.range();
    let values = || -> Vec<Value> { args![&from, &to, start, end] };
    let db = &visit.desk().publisher.store.db;
    let sql = format!("SELECT i.* FROM item i WHERE {condition} ORDER BY {begin}, i.id LIMIT {SHOWN}");
    let records: Vec<ItemRecord> = db.all("reading publish windows", &sql, values()).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        items.push(ItemRow::try_from(record).map_err(crate::store::StoreError::from)?);
    }
    let mut more = 0;
    if items.len() == SHOWN {
        let sql = format!("SELECT count(*) FROM item i WHERE {condition}");
        let (count,): (i64,) = db.one("counting publish windows", &sql, values()).await?;
        more = count - SHOWN as i64;
    }
    Ok((items, more))
}
