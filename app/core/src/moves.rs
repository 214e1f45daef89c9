//! Divisions that got another code (撤镇设街, 撤村并居), and how a box follows.
//!
//! A region says in its own targets that one below it goes on under another code. It is believed because it is the region
//! that says who lies below it anyway: its targets name the first root of both. So a move never leads out of the region
//! that signed it, and whatever a server, a neighbour or the moved region itself says, moves no box.
//!
//! Each move carries its moment. A box follows the earliest one that is later than the one that it followed last, so it
//! goes the same way whether it was on at the time or wakes after years, and moves that lead round in a circle end.

use crate::catalog::ChannelKey;
use crate::region::RegionCode;
use crate::time::UnixSeconds;
use std::collections::BTreeMap;

/// Moves that a box follows without a word from whoever set it up: 20 years of two changes a year, and some.
const MOST: u32 = 64;

/// Settings: the village for which the box was set up when it followed, where it has come to, the moment of the last move
/// and how many there were.
const CONFIGURED: &str = "place/configured";
const VILLAGE: &str = "place/village";
const MOVED_AT: &str = "place/moved-at";
const MOVES: &str = "place/moves";

/// A region goes on under another code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub from: RegionCode,
    pub to: RegionCode,
    pub at: UnixSeconds,
    /// Regions below that do not keep their own digits.
    pub below: BTreeMap<RegionCode, RegionCode>,
    /// Channels that have other keys now than the move of their region would give them.
    pub channels: BTreeMap<ChannelKey, ChannelKey>,
}

/// Why a move is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    #[error("it is signed by a region that {from} does not lie in", from = .0)]
    NotBelow(RegionCode),
    #[error("it leads to {to}, out of the region that signed it", to = .0)]
    Outside(RegionCode),
    #[error("it leads to {to}, which is of another level", to = .0)]
    OtherLevel(RegionCode),
    #[error("it is not later than the move that was followed last")]
    NotLater,
    #[error("the box has followed too many moves since it was set up")]
    TooMany,
}

impl Move {
    /// Where a region has gone, which may be `from` or lie in it.
    pub fn destination(&self, region: RegionCode) -> RegionCode {
        match self.below.get(&region) {
            Some(to) => *to,
            None => region.with_prefix_of(self.from, self.to),
        }
    }

    /// Whether `signer` may say so to a box in `place`.
    pub fn check(&self, signer: RegionCode, place: &Place) -> Result<(), MoveRefusal> {
        let is_below = |code: RegionCode| code != signer && code.lineage().contains(&signer);
        if !is_below(self.from) {
            return Err(MoveRefusal::NotBelow(self.from));
        }
        let village = self.destination(place.village);
        for (from, to) in [(self.from, self.to), (place.village, village)] {
            if !is_below(to) {
                return Err(MoveRefusal::Outside(to));
            }
            if to.level() != from.level() {
                return Err(MoveRefusal::OtherLevel(to));
            }
        }
        // One that changes nothing here would be followed for ever.
        if self.at <= place.moved_at || village == place.village {
            return Err(MoveRefusal::NotLater);
        }
        if place.moves >= MOST { Err(MoveRefusal::TooMany) } else { Ok(()) }
    }
}

/// Where a box stands: the village for which it was set up, or where that has gone since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    configured: RegionCode,
    pub village: RegionCode,
    moved_at: UnixSeconds,
    moves: u32,
}

impl Place {
    /// What the box remembers holds for the village with which it was set up at the time. Who sets it up for another one
    /// means that one.
    pub fn of(configured: RegionCode, settings: &BTreeMap<String, String>) -> Place {
        let code = |name: &str| settings.get(name).and_then(|code| code.parse::<RegionCode>().ok());
        let number = |name: &str| settings.get(name).and_then(|number| number.parse().ok());
        match code(VILLAGE).filter(|_| code(CONFIGURED) == Some(configured)) {
            Some(village) => Place {
                configured,
                village,
                moved_at: number(MOVED_AT).unwrap_or(i64::MAX),
                moves: number(MOVES).and_then(|moves| u32::try_from(moves).ok()).unwrap_or(MOST),
            },
            None => Place { configured, village: configured, moved_at: 0, moves: 0 },
        }
    }

    /// The place after a move that holds.
    pub fn after(&self, moved: &Move) -> Place {
        Place {
            configured: self.configured,
            village: moved.destination(self.village),
            moved_at: moved.at,
            moves: self.moves + 1,
        }
    }

    /// As it is kept in the store.
    pub fn to_saved(&self) -> Vec<(String, String)> {
        let pairs = [
            (CONFIGURED, self.configured.to_string()),
            (VILLAGE, self.village.to_string()),
            (MOVED_AT, self.moved_at.to_string()),
            (MOVES, self.moves.to_string()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }
}

/// A move as the box carries it out: what it holds of the old regions is the new regions' until theirs has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    pub village: RegionCode,
    /// Old and new code of the regions that have moved, of the box's lineage.
    pub regions: Vec<(RegionCode, RegionCode)>,
    pub channels: BTreeMap<ChannelKey, ChannelKey>,
}

impl Relocation {
    /// The code under which a region goes on; none when it has not moved.
    pub fn of(&self, region: RegionCode) -> Option<RegionCode> {
        self.regions.iter().find(|(old, _)| *old == region).map(|(_, new)| *new)
    }

    /// The key under which a channel goes on.
    pub fn channel(&self, key: &str) -> Option<ChannelKey> {
        if let Some(key) = self.channels.get(key) {
            return Some(key.clone());
        }
        let (region, id) = key.split_once('/')?;
        Some(format!("{}/{id}", self.of(region.parse().ok()?)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const COUNTY: &str = "440224000000";
    const TOWN: &str = "440224103000";

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    fn moved(from: &str, to: &str, at: i64) -> Move {
        Move { from: code(from), to: code(to), at, below: BTreeMap::new(), channels: BTreeMap::new() }
    }

    fn place(village: &str) -> Place {
        Place::of(code(village), &BTreeMap::new())
    }

    #[track_caller]
    fn check(signer: &str, moved: &Move, expected: Result<(), MoveRefusal>) {
        assert_eq!(moved.check(code(signer), &place("440224103201")), expected, "{moved:?}");
    }

    #[test]
    fn a_town_takes_its_villages_along_and_names_those_that_do_not_keep_their_digits() {
        let mut town = moved(TOWN, "440224002000", 1);
        assert_eq!(town.destination(code("440224103201")), code("440224002201"));
        town.below.insert(code("440224103201"), code("440224002001"));
        assert_eq!(town.destination(code("440224103201")), code("440224002001"));
        assert_eq!(town.destination(code(TOWN)), code("440224002000"));
        assert_eq!(moved("440200000000", "442300000000", 1).destination(code("440224103201")), code("442324103201"));
    }

    #[test]
    fn a_move_is_believed_from_a_region_that_both_ends_lie_in_and_from_nobody_else() {
        check(TOWN, &moved("440224103201", "440224103301", 1), Ok(()));
        check(COUNTY, &moved(TOWN, "440224002000", 1), Ok(()));
        check(COUNTY, &moved("440224103201", "440224002201", 1), Ok(()));
        let outside = MoveRefusal::Outside(code("440224002201"));
        check(TOWN, &moved("440224103201", "440224002201", 1), Err(outside));
        let neighbour = MoveRefusal::NotBelow(code("440224103201"));
        check("440224104000", &moved("440224103201", "440224104201", 1), Err(neighbour));
        check("440224103201", &moved("440224103201", "440224103301", 1), Err(neighbour));
        let level = MoveRefusal::OtherLevel(code(TOWN));
        check(COUNTY, &moved("440224103201", TOWN, 1), Err(level));
        let mut hidden = moved(TOWN, "440224002000", 1);
        hidden.below.insert(code("440224103201"), code("440300001001"));
        check(COUNTY, &hidden, Err(MoveRefusal::Outside(code("440300001001"))));
    }

    #[test]
    fn moves_that_lead_round_in_a_circle_end() {
        let (there, back) = (moved("440224103201", "440224103301", 5), moved("440224103301", "440224103201", 5));
        let start = place("440224103201");
        let arrived = start.after(&there);
        assert_eq!(back.check(code(TOWN), &arrived), Err(MoveRefusal::NotLater));
        // Somebody who signs ever later ones is followed for so long and no longer.
        let mut place = start;
        for number in 0..MOST {
            let (from, to) = if number % 2 == 0 { ("201", "301") } else { ("301", "201") };
            let next = moved(&format!("440224103{from}"), &format!("440224103{to}"), i64::from(number) + 1);
            assert_eq!(next.check(code(TOWN), &place), Ok(()));
            place = place.after(&next);
        }
        assert_eq!(moved("440224103201", "440224103301", 999).check(code(TOWN), &place), Err(MoveRefusal::TooMany));
    }

    #[test]
    fn the_box_remembers_where_it_has_gone_until_somebody_sets_it_up_for_another_village() {
        let arrived = place("440224103201").after(&moved("440224103201", "440224103301", 5));
        let saved: BTreeMap<String, String> = arrived.to_saved().into_iter().collect();
        assert_eq!(Place::of(code("440224103201"), &saved), arrived);
        assert_eq!(Place::of(code("440224103202"), &saved), place("440224103202"));
        assert_eq!(Place::of(code("440224103301"), &saved), place("440224103301"));
    }

    #[test]
    fn a_channel_goes_with_its_region_and_by_the_name_that_it_has_there() {
        let relocation = Relocation {
            village: code("440224103301"),
            regions: vec![(code("440224103201"), code("440224103301"))],
            channels: [("440224103201/general".to_owned(), "440224103301/general-2".to_owned())].into(),
        };
        assert_eq!(relocation.channel("440224103201/general").as_deref(), Some("440224103301/general-2"));
        assert_eq!(relocation.channel("440224103201/opera").as_deref(), Some("440224103301/opera"));
        assert_eq!(relocation.channel("440224103000/general"), None);
        assert_eq!(relocation.channel("general"), None);
    }
}
