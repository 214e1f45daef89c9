//! The live channels that a region's televisions have.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::channels::{self, Channel, Channels};

use super::place::place;
use super::{Trouble, Visit};
use crate::desk::rights::{Action, Role};
use crate::serve::Shared;

pub fn routes() -> Router<Shared> {
    Router::new().route("/console/channels", get(index))
}

#[derive(Deserialize)]
struct Asked {
    region: Option<String>,
}

async fn index(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match view(&visit, asked.region.as_deref()).await {
        Ok(view) => visit.page(channels::page(&visit.cx, &view)),
        Err(trouble) => visit.trouble(trouble),
    }
}

async fn view(visit: &Visit, asked: Option<&str>) -> Result<Channels, Trouble> {
    let region = place(visit, asked, Action::SeePublished).await?;
    // The playlist's address says something to those alone who look after the machines.
    let technical = visit
        .visitor
        .grants
        .iter()
        .any(|grant| matches!(grant.role, Role::Operator | Role::Administrator) && grant.region.contains(region));
    let mut channels = Vec::new();
    for on in visit.desk().channels(&visit.visitor, region, visit.now).await? {
        let yuexiang_wire::Channel { number, name, url, .. } = on.channel;
        let url = technical.then_some(url);
        channels.push(Channel { number, name, from: visit.region_of(on.from).await, now: on.now, next: on.next, url });
    }
    Ok(Channels { region: visit.region_of(region).await, channels })
}
