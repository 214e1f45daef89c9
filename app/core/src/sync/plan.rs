//! What every object is worth: in which order objects are fetched, and which may go when space is short.

use crate::catalog::{ItemSummary, ObjectRef, ObjectRole, Sha256};
use crate::library::Library;
use crate::region::RegionCode;
use crate::time::UnixSeconds;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Media of an item that is not shown yet are fetched this long before it is: two days, in seconds.
const PREFETCH: i64 = 2 * 86_400;

/// What an object is to those who keep it; the greater survives.
///
/// An object that is not stored is worth what its items make it worth; one that is stored may be worth more, because it
/// was watched lately, and never less. An eviction replaces something by something of strictly greater worth, so no
/// sequence of them can come back to where it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    pub tier: Tier,
    /// 0 is the village.
    nearness: Reverse<u8>,
    /// When it was published or last watched, whichever is later.
    fresh: UnixSeconds,
}

impl Worth {
    /// Of a stored object that was last watched then.
    pub fn watched(self, when: UnixSeconds) -> Worth {
        Worth { fresh: self.fresh.max(when), ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// Only items whose time is over refer to it.
    Expired,
    /// A video can be streamed instead.
    Video,
    Picture,
}

/// Where an object stands in the queue; the smaller comes first. Of two videos the one of greater worth comes first, or
/// else the lesser would be fetched to make room for the greater right afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    video: bool,
    nearness: u8,
    role: ObjectRole,
    published: Reverse<UnixSeconds>,
    /// Position within the item.
    position: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub object: ObjectRef,
    pub worth: Worth,
    pub rank: Rank,
    /// Some item that is shown now or soon needs it.
    pub due: bool,
    /// A pinned item needs it: it is never evicted.
    pub pinned: bool,
}

impl Use {
    pub fn is_video(&self) -> bool {
        self.rank.video
    }

    fn or_better(self, other: Use) -> Use {
        Use {
            object: self.object,
            worth: self.worth.max(other.worth),
            rank: self.rank.min(other.rank),
            due: self.due || other.due,
            pinned: self.pinned || other.pinned,
        }
    }
}

/// All objects that the library's items refer to. `lineage` runs from the province to the village; `time` has certainly
/// been reached.
pub(super) fn uses(library: &Library, lineage: &[RegionCode], time: UnixSeconds) -> BTreeMap<Sha256, Use> {
    let mut uses: BTreeMap<Sha256, Use> = BTreeMap::new();
    for item in library.items() {
        let Some(nearness) = lineage.iter().rev().position(|code| *code == item.region) else { continue };
        for candidate in uses_of(item, nearness as u8, time) {
            uses.entry(candidate.object.sha256)
                .and_modify(|known| *known = known.or_better(candidate))
                .or_insert(candidate);
        }
    }
    uses
}

fn uses_of(item: &ItemSummary, nearness: u8, time: UnixSeconds) -> impl Iterator<Item = Use> + '_ {
    let over = item.not_after.is_some_and(|end| end <= time);
    let far = item.not_before.is_some_and(|start| start > time.saturating_add(PREFETCH));
    item.objects.iter().enumerate().map(move |(position, needed)| {
        let video = needed.role == ObjectRole::Video;
        let tier = match (over, video) {
            (true, _) => Tier::Expired,
            (false, true) => Tier::Video,
            (false, false) => Tier::Picture,
        };
        Use {
            object: needed.object,
            worth: Worth { tier, nearness: Reverse(nearness), fresh: item.published },
            rank: Rank {
                video,
                nearness,
                role: needed.role,
                published: Reverse(item.published),
                position: position.min(u16::MAX as usize) as u16,
            },
            due: !over && !far,
            pinned: item.pinned && !over,
        }
    })
}
