//! How many reviews the regions below need.

use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;
use yuexiang_console::error::ErrorKind;
use yuexiang_console::messages::desk::Setting;
use yuexiang_console::policy::{self, Policy};
use yuexiang_wire::Step;
use yuexiang_wire::approval::REVIEWS;

use super::place::place;
use super::{Trouble, Visit};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::rights::{Action, Role};
use crate::region::{Level, RegionCode};
use crate::serve::Shared;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/policy", get(index).post(set))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, asked.region.as_deref()).await {
        Ok(view) => visit.page(policy::page(&visit.cx, &view)),
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn view(visit: &Visit, asked: Option<&str>) -> Result<Policy, Trouble> {
    let region = place(visit, asked, Action::SetReviewsBelow).await?;
    let own = match region.parent() {
        Some(parent) => Some((visit.region_of(parent).await, reviews_below(visit, parent).await?)),
        None => None,
    };
    let below = match region.level() {
        Level::Village => None,
        _ => Some(reviews_below(visit, region).await?),
    };
    Ok(Policy {
        region: visit.region_of(region).await,
        own,
        below,
        may_edit: visit.visitor.may(Action::SetReviewsBelow, region),
        reviewers: reviewers(visit, region).await?,
        problems: Vec::new(),
    })
}

async fn reviews_below(visit: &Visit, region: RegionCode) -> Result<u8, DeskError> {
    let sql = "SELECT reviews FROM review_policy WHERE region = $1";
    let row: Option<(i64,)> =
        visit.desk().publisher.store.db.optional("reading the number of reviews", sql, args![region]).await?;
    Ok(row.map_or(REVIEWS, |(reviews,)| reviews.clamp(1, i64::from(REVIEWS)) as u8))
}

/// How many people who can work have been given each review in the region itself.
async fn reviewers(visit: &Visit, region: RegionCode) -> Result<Vec<(yuexiang_console::words::Step, i64)>, DeskError> {
    let mut reviewers = Vec::new();
    for step in Step::ALL {
        let sql = "SELECT count(*) FROM role_grant g JOIN account a ON a.id = g.account
                   WHERE g.region = $1 AND g.role = $2 AND a.disabled = 0";
        let values = args![region, Role::of_step(step).slug()];
        let (count,): (i64,) = visit.desk().publisher.store.db.one("counting reviewers", sql, values).await?;
        reviewers.push((step.into(), count));
    }
    Ok(reviewers)
}

#[derive(Deserialize)]
struct Wanted {
    region: String,
    #[serde(default)]
    reviews: String,
}

async fn set(visit: Visit, Form(wanted): Form<Wanted>) -> Response {
    let region = match place(&visit, Some(&wanted.region), Action::SetReviewsBelow).await {
        Ok(region) => region,
        Err(trouble) => return visit.trouble(trouble),
    };
    let Ok(reviews) = wanted.reviews.trim().parse() else {
        return visit.trouble(Trouble::new(ErrorKind::Refused, Setting::Reviews));
    };
    match visit.desk().set_reviews_below(&visit.visitor, region, reviews, visit.now).await {
        Ok(_) => visit.done(&format!("/console/policy?region={region}"), "saved"),
        Err(error) => visit.trouble(error),
    }
}
