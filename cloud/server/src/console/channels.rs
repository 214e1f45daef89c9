//! The live channels that a region's televisions have.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use yuexiang_console::channels::{self, Channel, Channels};
use yuexiang_wire::{CHANNELS_TARGET, Programme};

use super::place::place;
use super::{Trouble, Visit};
use crate::db::args;
use crate::desk::DeskError;
use crate::desk::rights::Action;
use crate::region::RegionCode;
use crate::serve::Shared;
use crate::store::unreadable;
use crate::tuf::target_path;

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
    let mut channels = Vec::new();
    for code in region.lineage() {
        let from = visit.region_of(code).await;
        for channel in published(visit, code).await? {
            let (now, next) = on_now(&channel.programmes, channel.loop_start, visit.now);
            let yuexiang_wire::Channel { number, name, url, .. } = channel;
            channels.push(Channel { number, name, from: from.clone(), now, next, url });
        }
    }
    channels.sort_by_key(|channel| channel.number);
    Ok(Channels { region: visit.region_of(region).await, channels })
}

/// What boxes read of a region's channels.
async fn published(visit: &Visit, region: RegionCode) -> Result<Vec<yuexiang_wire::Channel>, DeskError> {
    let store = &visit.desk().publisher.store;
    let sql = "SELECT sha256 FROM target WHERE region = $1 AND name = $2";
    let row: Option<(String,)> =
        store.db.optional("looking for a region's channels", sql, args![region, CHANNELS_TARGET]).await?;
    let Some((sha256,)) = row else { return Ok(Vec::new()) };
    let Some(body) = store.file(region, &target_path(CHANNELS_TARGET, &sha256)).await? else { return Ok(Vec::new()) };
    let document: yuexiang_wire::Channels =
        serde_json::from_slice(&body).map_err(unreadable("list of channels", region))?;
    Ok(document.channels)
}

type Airing = Option<(String, i64)>;

/// What an endless loop of programmes shows at a moment, and what follows: title and beginning.
fn on_now(programmes: &[Programme], loop_start: i64, now: i64) -> (Airing, Airing) {
    let length: i64 = programmes.iter().map(|programme| i64::from(programme.duration)).sum();
    if length == 0 {
        return (None, None);
    }
    let into = (now - loop_start).rem_euclid(length);
    let mut begins = now - into;
    for (index, programme) in programmes.iter().enumerate() {
        let ends = begins + i64::from(programme.duration);
        if now < ends {
            let next = &programmes[(index + 1) % programmes.len()];
            return (Some((programme.title.clone(), begins)), Some((next.title.clone(), ends)));
        }
        begins = ends;
    }
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_shows_one_programme_after_the_other_for_ever() {
        let programme = |title: &str, duration| Programme { title: title.to_owned(), duration };
        let programmes = [programme("a", 10), programme("b", 20)];
        let check = |now, current: (&str, i64), next: (&str, i64)| {
            let airing = |(title, at): (&str, i64)| Some((title.to_owned(), at));
            assert_eq!(on_now(&programmes, 100, now), (airing(current), airing(next)), "{now}");
        };
        check(100, ("a", 100), ("b", 110));
        check(115, ("b", 110), ("a", 130));
        check(161, ("a", 160), ("b", 170));
        check(95, ("b", 80), ("a", 100));
        assert_eq!(on_now(&[], 0, 5), (None, None));
    }
}
