//! The calendar of publish windows.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::calendar::{self, Calendar, Window};
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::desk::Choice;

use super::items::shown_state;
use super::place::place;
use super::{Trouble, Visit, item_segment};
use crate::desk::calendar::{Windows, begins};
use crate::desk::rights::Action;
use crate::figures::read::Range;
use crate::pack::china_date;
use crate::serve::Shared;

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
    let month = asked.month.clone().filter(|month| !month.is_empty()).unwrap_or_else(this_month);
    if Range::month(&month).is_none() {
        return Err(Trouble::new(ErrorKind::NotFound, Choice::NoMonth(month)));
    }
    let Windows { items, more } = match Range::month(&month) {
        Some(days) => visit.desk().windows(&visit.visitor, region, days).await?,
        None => Windows { items: Vec::new(), more: 0 },
    };
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
