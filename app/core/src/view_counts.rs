//! What was watched, added up per item, for the cloud: numbers of this village, and nothing of who watched.
//!
//! ```text
//!                     time to send, and an id is there           the cloud has taken it
//!   counting (a day) ──────────────────────────────▶ sealed ────────────────────────────▶ forgotten
//! ```
//!
//! A batch holds one calendar day in China. While it is being counted it changes, and is written at most once a minute;
//! a power cut costs no more than that. Once it is sealed under its random id it never changes, and it is sent only
//! after it has been written: so one that is sent again, after a lost answer or a power cut, is known by its id and
//! counts once. About every ten minutes one batch is sent, the oldest first.
//!
//! While the day is not known nothing is counted, for it could not be said when it was.

use crate::catalog::ItemId;
use crate::event::NetError;
use crate::region::RegionCode;
use crate::sync::backoff::Jitter;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A calendar day in China.
pub type Day = jiff::civil::Date;

/// The name of a batch, drawn at random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(pub [u8; 16]);

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Under what a batch is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BatchKey {
    /// It may still grow.
    Counting(Day),
    Sealed(BatchId),
}

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

/// What [`ViewCounts`] wants of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    DrawId,
    Send { id: BatchId, batch: ViewBatch },
}

/// Items of one batch and the highest number of each kind: what the cloud takes.
const COUNTS: usize = 500;
const MOST: u32 = 100_000;
/// Days and batches that are kept for a cloud that cannot be reached; the oldest go first.
const KEPT: usize = 50;
/// Milliseconds.
const SAVE_EVERY: u64 = 60_000;
const SEND_EVERY: u64 = 10 * 60_000;
/// What waits from before the start is sent within this time.
const SEND_FIRST: u64 = 60_000;
const RETRY_LONGEST: u64 = 6 * 3_600_000;

/// Call a command, `handle_*` or, when [`ViewCounts::poll_timeout`] has come, [`ViewCounts::handle_timeout`]; then give
/// [`ViewCounts::take_changes`] to the store and carry [`ViewCounts::poll_request`] out until there is nothing more.
#[derive(Debug)]
pub struct ViewCounts {
    village: RegionCode,
    enabled: bool,
    counting: BTreeMap<Day, BTreeMap<ItemId, ViewCount>>,
    /// Days whose counts are not stored as they are.
    unsaved: BTreeSet<Day>,
    save_at: Option<u64>,
    sealed: BTreeMap<BatchId, ViewBatch>,
    send_at: u64,
    state: State,
    failures: u32,
    changes: Vec<(BatchKey, Option<ViewBatch>)>,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Resting,
    /// An id is to be asked for; `asked` when it has been.
    Drawing {
        asked: bool,
    },
    Sending {
        id: BatchId,
        sent: bool,
    },
}

impl ViewCounts {
    pub fn new(
        village: RegionCode,
        enabled: bool,
        saved: &BTreeMap<BatchKey, ViewBatch>,
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
            sealed: BTreeMap::new(),
            send_at: now + jitter.backoff(1, SEND_FIRST, SEND_FIRST),
            state: State::Resting,
            failures: 0,
            changes: Vec::new(),
            jitter,
        };
        for (key, batch) in saved {
            match key {
                BatchKey::Sealed(id) => drop(counts.sealed.insert(*id, batch.clone())),
                BatchKey::Counting(day) if batch.village == village => {
                    counts.counting.insert(*day, batch.counts.clone());
                }
                // The box has moved to another village.
                BatchKey::Counting(_) => counts.changes.push((*key, None)),
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
        if self.is_empty() {
            // What comes within the next minutes goes with it.
            self.send_at = self.send_at.max(now + self.jitter.around(SEND_EVERY));
        }
        let count = self.counting.entry(day).or_default().entry(item.to_owned()).or_default();
        add(count);
        for number in [&mut count.views, &mut count.plays, &mut count.seconds] {
            *number = (*number).min(MOST);
        }
        self.unsaved.insert(day);
        self.save_at.get_or_insert(now + SAVE_EVERY);
        self.drop_oldest();
    }

    fn is_empty(&self) -> bool {
        self.counting.is_empty() && self.sealed.is_empty()
    }

    fn drop_oldest(&mut self) {
        while self.counting.len() + self.sealed.len() > KEPT {
            let sealed = self.sealed.iter().map(|(id, batch)| (batch.day, BatchKey::Sealed(*id)));
            let counting = self.counting.keys().map(|day| (*day, BatchKey::Counting(*day)));
            let Some((_, oldest)) = sealed.chain(counting).min() else { return };
            self.remove(oldest);
        }
    }

    fn remove(&mut self, key: BatchKey) {
        match key {
            BatchKey::Counting(day) => {
                self.counting.remove(&day);
                self.unsaved.remove(&day);
            }
            BatchKey::Sealed(id) => {
                self.sealed.remove(&id);
                if matches!(self.state, State::Sending { id: sending, .. } if sending == id) {
                    self.state = State::Resting;
                }
            }
        }
        self.changes.push((key, None));
    }

    fn forget(&mut self) {
        let counting = self.counting.keys().map(|day| BatchKey::Counting(*day));
        let keys: Vec<BatchKey> = counting.chain(self.sealed.keys().map(|id| BatchKey::Sealed(*id))).collect();
        for key in keys {
            self.remove(key);
        }
        self.state = State::Resting;
        self.save_at = None;
    }

    /// When [`ViewCounts::handle_timeout`] is to be called, in milliseconds of the clock that never jumps.
    pub fn poll_timeout(&self) -> Option<u64> {
        let waiting = !self.is_empty() && !matches!(self.state, State::Sending { .. });
        self.save_at.into_iter().chain(waiting.then_some(self.send_at)).min()
    }

    pub fn handle_timeout(&mut self, now: u64) {
        if self.save_at.is_some_and(|at| at <= now) {
            self.save();
        }
        if self.is_empty() || self.send_at > now || matches!(self.state, State::Sending { .. }) {
            return;
        }
        let oldest = self.sealed.iter().min_by_key(|(id, batch)| (batch.day, **id)).map(|(id, _)| *id);
        match oldest {
            Some(id) => self.state = State::Sending { id, sent: false },
            None => {
                self.state = State::Drawing { asked: false };
                // Should no id come, one is asked for again.
                self.send_at = now + SEND_EVERY;
            }
        }
    }

    /// Seals the oldest day under an id that was drawn for it.
    pub fn handle_drawn(&mut self, id: BatchId) {
        if !matches!(self.state, State::Drawing { .. }) {
            return;
        }
        self.state = State::Resting;
        let Some((day, mut counts)) = self.counting.pop_first() else { return };
        let rest = counts.keys().nth(COUNTS).cloned().map(|first| counts.split_off(&first));
        let village = self.village;
        self.unsaved.remove(&day);
        self.changes.push((BatchKey::Counting(day), rest.clone().map(|counts| ViewBatch { village, day, counts })));
        if let Some(rest) = rest {
            self.counting.insert(day, rest);
        }
        let batch = ViewBatch { village, day, counts };
        self.changes.push((BatchKey::Sealed(id), Some(batch.clone())));
        self.sealed.insert(id, batch);
        self.state = State::Sending { id, sent: false };
    }

    pub fn handle_sent(&mut self, id: BatchId, result: Result<(), &NetError>, now: u64) {
        if !matches!(self.state, State::Sending { id: sending, .. } if sending == id) {
            return;
        }
        self.state = State::Resting;
        match result {
            Ok(()) => {
                self.failures = 0;
                self.send_at = now + self.jitter.around(SEND_EVERY);
                self.remove(BatchKey::Sealed(id));
            }
            Err(_) => {
                self.failures += 1;
                // The backoff takes away up to half.
                let wait = self.jitter.backoff(self.failures, 2 * SEND_EVERY, RETRY_LONGEST);
                self.send_at = now + wait;
            }
        }
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
                self.changes.push((BatchKey::Counting(day), Some(batch)));
            }
        }
    }

    /// What is to be written, in this order.
    pub fn take_changes(&mut self) -> Vec<(BatchKey, Option<ViewBatch>)> {
        std::mem::take(&mut self.changes)
    }

    /// The next request. `written` tells whether all changes that were taken are in the store.
    pub fn poll_request(&mut self, written: bool) -> Option<Request> {
        match &mut self.state {
            State::Drawing { asked } if !*asked => {
                *asked = true;
                Some(Request::DrawId)
            }
            State::Sending { id, sent } if !*sent && written && self.changes.is_empty() => {
                *sent = true;
                let id = *id;
                let batch = self.sealed.get(&id)?.clone();
                Some(Request::Send { id, batch })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "view_counts/tests.rs"]
mod tests;
