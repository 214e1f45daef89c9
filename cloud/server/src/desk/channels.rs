//! The live channels that a region's televisions have, and what is on.

use yuexiang_wire::{CHANNELS_TARGET, Channel, Channels, Programme};

use super::rights::{Action, Actor};
use super::{Desk, DeskError};
use crate::db::args;
use crate::region::RegionCode;
use crate::store::unreadable;
use crate::tuf::target_path;

/// A programme and when it begins, in Unix seconds.
pub type Airing = (String, i64);

/// A channel of a region or one above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnNow {
    pub channel: Channel,
    /// Whose channel it is.
    pub from: RegionCode,
    pub now: Option<Airing>,
    pub next: Option<Airing>,
}

impl Desk {
    /// The channels of a region and of those above, in the order of their numbers.
    pub async fn channels(&self, actor: &Actor, region: RegionCode, now: i64) -> Result<Vec<OnNow>, DeskError> {
        actor.check(Action::SeePublished, region)?;
        self.name_of(region).await?;
        let mut channels = Vec::new();
        for from in region.lineage() {
            for channel in self.published_channels(from).await? {
                let (current, next) = on_now(&channel.programmes, channel.loop_start, now);
                channels.push(OnNow { channel, from, now: current, next });
            }
        }
        channels.sort_by_key(|on| on.channel.number);
        Ok(channels)
    }

    /// What boxes read of a region's channels.
    async fn published_channels(&self, region: RegionCode) -> Result<Vec<Channel>, DeskError> {
        let store = &self.publisher.store;
        let sql = "SELECT sha256 FROM target WHERE region = $1 AND name = $2";
        let row: Option<(String,)> =
            store.db.optional("looking for a region's channels", sql, args![region, CHANNELS_TARGET]).await?;
        let Some((sha256,)) = row else { return Ok(Vec::new()) };
        let body = store.file(region, &target_path(CHANNELS_TARGET, &sha256)).await?;
        let Some(body) = body else { return Ok(Vec::new()) };
        let document: Channels = serde_json::from_slice(&body).map_err(unreadable("list of channels", region))?;
        Ok(document.channels)
    }
}

/// What an endless loop of programmes shows at a moment, and what follows.
fn on_now(programmes: &[Programme], loop_start: i64, now: i64) -> (Option<Airing>, Option<Airing>) {
    let length: i64 = programmes.iter().map(|programme| i64::from(programme.duration)).sum();
    if length == 0 {
        return (None, None);
    }
    let mut begins = now - (now - loop_start).rem_euclid(length);
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
        for (now, current, next) in
            [(100, ("a", 100), ("b", 110)), (161, ("a", 160), ("b", 170)), (95, ("b", 80), ("a", 100))]
        {
            let airing = |(title, at): (&str, i64)| Some((title.to_owned(), at));
            assert_eq!(on_now(&programmes, 100, now), (airing(current), airing(next)), "{now}");
        }
        assert_eq!(on_now(&[], 0, 5), (None, None));
    }
}
