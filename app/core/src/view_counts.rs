//! What was watched, added up per item, for the cloud: numbers of this village, and nothing of who watched.
//!
//! ```text
//!                     time to send, and an id is there
//!   counting (a day) ──────────────────────────────▶ a message of the uplink
//! ```
//!
//! A batch holds one calendar day in China. While it is being counted it changes, and is written at most once a minute;
//! a power cut costs no more than that. It is sealed as a message of the [uplink](crate::uplink) under a random id, in the
//! transaction that forgets it here, and never changes again: so one that is sent again, after a lost answer or a power
//! cut, is known by its id and counts once. About every ten minutes one batch is sealed, the oldest first, and none while
//! another waits.
//!
//! While the day is not known nothing is counted, for it could not be said when it was.

use crate::catalog::ItemId;
use crate::region::RegionCode;
use crate::sync::backoff::Jitter;
use crate::time::UnixSeconds;
use crate::uplink::{Class, Payload, Uplink};
use std::collections::{BTreeMap, BTreeSet};

/// A calendar day in China.
pub type Day = jiff::civil::Date;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewCount {
    /// How often the item was opened.
    pub views: u32,
    /// How often its video began to play.
    pub plays: u32,
    /// For how long its video played, in seconds.
    pub seconds: u32,
}

/// What was watched in a village on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewBatch {
    pub village: RegionCode,
    pub day: Day,
    pub counts: BTreeMap<ItemId, ViewCount>,
}

impl ViewBatch {
    /// From then on the cloud takes it no more.
    pub fn expires(&self) -> UnixSeconds {
        (self.days() + TAKEN_FOR) * 86_400
    }

    /// Days since 1970.
    fn days(&self) -> i64 {
        jiff::civil::date(1970, 1, 1).until(self.day).map_or(0, |span| i64::from(span.get_days()))
    }

    /// The place among messages of one that an earlier program has sealed, which gave them none: by its day.
    pub fn usual_sequence(&self) -> u64 {
        self.days().unsigned_abs()
    }
}

/// Items of one batch and the highest number of each kind: what the cloud takes.
const COUNTS: usize = 500;
const MOST: u32 = 100_000;
/// Days that are kept for a cloud that cannot be reached; the oldest go first.
const KEPT: usize = 50;
/// Days for which the cloud takes a day's batches, and the day itself, wherever it begins.
const TAKEN_FOR: i64 = 62;
/// Milliseconds.
const SAVE_EVERY: u64 = 60_000;
const SEND_EVERY: u64 = 10 * 60_000;
/// What waits from before the start is sent within this time.
const SEND_FIRST: u64 = 60_000;

/// Call a command or, when [`ViewCounts::poll_timeout`] has come, [`ViewCounts::handle_timeout`]; then
/// [`ViewCounts::hand_over`], and give [`ViewCounts::take_changes`] to the store together with those of the uplink.
#[derive(Debug)]
pub struct ViewCounts {
    village: RegionCode,
    enabled: bool,
    counting: BTreeMap<Day, BTreeMap<ItemId, ViewCount>>,
    /// Days whose counts are not stored as they are.
    unsaved: BTreeSet<Day>,
    save_at: Option<u64>,
    seal_at: u64,
    /// That time has come.
    is_due: bool,
    changes: Vec<(Day, Option<ViewBatch>)>,
    jitter: Jitter,
}

impl ViewCounts {
    pub fn new(
        village: RegionCode,
        enabled: bool,
        saved: &BTreeMap<Day, ViewBatch>,
        seed: u64,
        now: u64,
    ) -> ViewCounts {
        let mut jitter = Jitter::new(seed);
        let mut counts = ViewCounts {
            village,
            enabled,
            counting: BTreeMap::new(),
            unsaved: BTreeSet::new(),
            save_at: None,
            seal_at: now + jitter.backoff(1, SEND_FIRST, SEND_FIRST),
            is_due: false,
            changes: Vec::new(),
            jitter,
        };
        for (day, batch) in saved {
            if batch.village == village {
                counts.counting.insert(*day, batch.counts.clone());
            } else {
                // The box has moved to another village.
                counts.changes.push((*day, None));
            }
        }
        if !enabled {
            counts.forget();
        }
        counts
    }

    /// Off: nothing is counted, and what waits is forgotten.
    pub fn set_enabled(&mut self, enabled: bool) {
        if self.enabled && !enabled {
            self.forget();
        }
        self.enabled = enabled;
    }

    pub fn opened(&mut self, item: &str, today: Option<Day>, now: u64) {
        self.count(item, today, now, |count| count.views += 1);
    }

    /// The item's video has begun to play.
    pub fn began(&mut self, item: &str, today: Option<Day>, now: u64) {
        self.count(item, today, now, |count| count.plays += 1);
    }

    /// The item's video has played for some more seconds.
    pub fn played(&mut self, item: &str, seconds: u32, today: Option<Day>, now: u64) {
        self.count(item, today, now, |count| count.seconds = count.seconds.saturating_add(seconds));
    }

    fn count(&mut self, item: &str, today: Option<Day>, now: u64, add: impl FnOnce(&mut ViewCount)) {
        let Some(day) = today.filter(|_| self.enabled) else { return };
        if self.counting.is_empty() {
            // What comes within the next minutes goes with it.
            self.is_due = false;
            self.seal_at = self.seal_at.max(now + self.jitter.around(SEND_EVERY));
        }
        let count = self.counting.entry(day).or_default().entry(item.to_owned()).or_default();
        add(count);
        for number in [&mut count.views, &mut count.plays, &mut count.seconds] {
            *number = (*number).min(MOST);
        }
        self.unsaved.insert(day);
        self.save_at.get_or_insert(now + SAVE_EVERY);
        while self.counting.len() > KEPT
            && let Some((oldest, _)) = self.counting.pop_first()
        {
            self.unsaved.remove(&oldest);
            self.changes.push((oldest, None));
        }
    }

    fn forget(&mut self) {
        self.changes.extend(std::mem::take(&mut self.counting).into_keys().map(|day| (day, None)));
        self.unsaved.clear();
        self.save_at = None;
        self.is_due = false;
    }

    /// When [`ViewCounts::handle_timeout`] is to be called, in milliseconds of the clock that never jumps.
    pub fn poll_timeout(&self) -> Option<u64> {
        let waiting = !self.counting.is_empty() && !self.is_due;
        self.save_at.into_iter().chain(waiting.then_some(self.seal_at)).min()
    }

    pub fn handle_timeout(&mut self, now: u64) {
        if self.save_at.is_some_and(|at| at <= now) {
            self.save();
        }
        self.is_due |= !self.counting.is_empty() && self.seal_at <= now;
    }

    /// Seals the oldest day as a message when it is time, and asks for an id when there is none. What is gathered while a
    /// batch cannot be delivered goes in one after it.
    pub fn hand_over(&mut self, uplink: &mut Uplink, now: u64) {
        if !self.is_due || uplink.holds(|message| matches!(message.payload, Payload::Views(_))) {
            return;
        }
        let Some(id) = uplink.take_id() else { return };
        self.is_due = false;
        self.seal_at = now + self.jitter.around(SEND_EVERY);
        let Some((day, mut counts)) = self.counting.pop_first() else { return };
        let rest = counts.keys().nth(COUNTS).cloned().map(|first| counts.split_off(&first));
        let village = self.village;
        self.unsaved.remove(&day);
        self.changes.push((day, rest.clone().map(|counts| ViewBatch { village, day, counts })));
        if let Some(rest) = rest {
            self.counting.insert(day, rest);
        }
        let batch = ViewBatch { village, day, counts };
        let expires = batch.expires();
        uplink.push(id, Class::Bulk, Payload::Views(batch), expires);
    }

    /// The village goes on under another code: what was counted and is not sealed yet is sent under that.
    pub fn relocate(&mut self, village: RegionCode) {
        self.village = village;
        self.unsaved.extend(self.counting.keys().copied());
        self.save();
    }

    /// Puts what is not stored yet among the changes.
    pub fn save(&mut self) {
        self.save_at = None;
        for day in std::mem::take(&mut self.unsaved) {
            if let Some(counts) = self.counting.get(&day) {
                let batch = ViewBatch { village: self.village, day, counts: counts.clone() };
                self.changes.push((day, Some(batch)));
            }
        }
    }

    /// What a day's counts are now; `None` forgets them. In this order.
    pub fn take_changes(&mut self) -> Vec<(Day, Option<ViewBatch>)> {
        std::mem::take(&mut self.changes)
    }
}

#[cfg(test)]
#[path = "view_counts/tests.rs"]
mod tests;
