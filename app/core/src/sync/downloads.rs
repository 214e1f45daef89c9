//! The queue of objects: what to fetch next, what is being fetched, and what has to wait.
//!
//! An object that is needed and not whole is in exactly one of these places:
//!
//! ```text
//!            start                    fetched
//!   queue ──────────▶ active ──────────────────────▶ (outbox, then library)
//!     ▲ │               │ failed
//!     │ │ no room       ▼
//!     │ └──▶ unfit    resting
//!     └───────┴─────────┘ space changed / time over
//! ```
//!
//! A picture that somebody looks at and that has no room on the disk is fetched into memory, and stays unfit.
//!
//! Bytes that are wrong are judged by [`way`](super::way): several at once are the fault of the way, and nothing but a
//! probe is started until one is right; one by itself rests ever longer and stops no other.

mod fill;

use super::backoff::Jitter;
use super::outbox::Outbox;
use super::plan::{Rank, Tier, Use, uses};
use super::space::{Evictor, Shortage};
use super::way::Way;
use crate::catalog::{ObjectRef, Sha256};
use crate::event::{Changes, NetErrorKind, NetRequest};
use crate::library::Library;
use crate::region::RegionCode;
use crate::time::{Now, UnixSeconds};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds.
const REST_FIRST: u64 = 5_000;
const REST_LONGEST: u64 = 30 * 60_000;
/// After bytes that were wrong the wait grows sixfold each time, up to `REST_WRONG`: a moment's mistake is mended at
/// once, and what stays wrong costs next to nothing.
const REST_WRONG_GROWS: u64 = 6;
const REST_WRONG: u64 = 6 * 3_600_000;
/// An object that is wrong after it was forgiven this often is wrong by itself.
const MERCY: u32 = 3;
/// What somebody looks at is not waited for longer than this; no sooner than `REST_SEEN` after it has come into sight.
const REST_SEEN: u64 = 10_000;
const REST_SEEN_LONGEST: u64 = 5 * 60_000;
/// When the server cannot be reached no download is started for a while.
const PAUSE_FIRST: u64 = 2_000;
const PAUSE_LONGEST: u64 = 5 * 60_000;
const PAUSE_FULL: u64 = 60_000;
/// Somebody else may have made room by then: six hours.
const CEILING_HOLDS: u64 = 6 * 3_600_000;
/// What the database needs to go on when the disk is full, in bytes.
const BREATHING_SPACE: u64 = 8 << 20;
/// How many wanted objects are remembered.
const WANTED_LIMIT: usize = 64;
/// Bytes of pictures that are held in memory because the disk has no room for them.
const MEMORY: u64 = 16 << 20;

#[derive(Debug, Default)]
pub(super) struct Downloads {
    pub uses: BTreeMap<Sha256, Use>,
    queue: BTreeMap<Place, ObjectRef>,
    queued_bytes: u64,
    resting: BTreeMap<Sha256, u64>,
    unfit: BTreeSet<Sha256>,
    active: BTreeMap<Sha256, Active>,
    /// Bytes of unfinished files that nobody is writing.
    partial: BTreeMap<Sha256, u64>,
    troubles: BTreeMap<Sha256, Trouble>,
    /// What a viewer has opened → when, as a count; the latest comes first.
    wanted: BTreeMap<Sha256, u64>,
    wants: u64,
    pub on_screen: BTreeSet<Sha256>,
    /// Pictures in whose place the screen shows a place holder.
    looked_at: BTreeSet<Sha256>,
    failures: u32,
    paused_until: Option<u64>,
    way: Way,
    /// How often an object that was stored turned out damaged.
    damaged: BTreeMap<Sha256, u32>,
    /// Bytes that came since the store last told how much is free.
    written: u64,
    /// The disk was full although the quota allows more: until this time videos may use so many bytes only.
    ceiling: Option<(u64, u64)>,
    disk_full: bool,
    /// Until then nothing is written to the disk.
    full_until: Option<u64>,
}

/// Where an object stands in the queue: what was opened last, what is in sight, then by rank.
type Place = (Reverse<u64>, Reverse<bool>, Rank, Sha256);

/// Why an object that is needed is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is on its way or waits for its turn.
    Coming,
    /// The storage has no room for it.
    NoRoom,
    /// What came in its place was something else.
    Wrong,
    /// The server does not have it.
    Absent,
}

#[derive(Debug)]
struct Active {
    object: ObjectRef,
    /// Bytes in the unfinished file.
    received: u64,
    class: Class,
    cancelled: bool,
    keep: Keep,
    /// It goes on after bytes of an earlier attempt.
    resumed: bool,
}

/// Where an object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Disk,
    Memory,
}

#[derive(Debug, Default)]
struct Trouble {
    failures: u32,
    /// How often it was wrong or missing, whosever fault that was.
    wrong: u32,
    /// The same, by its own fault.
    own_fault: u32,
    /// How often it was forgiven, because it was wrong together with others and one was right afterwards.
    forgiven: u32,
    /// What was wrong the last time, if it was not the line.
    fault: Option<Fault>,
    /// It was not the line that failed last: until this time nothing makes room for it.
    hopeless_until: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Wrong,
    Absent,
}

/// What a running download may be interrupted for: something of a greater class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Video,
    Picture,
    Wanted,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub quota: u64,
    pub reserve_free: u64,
    pub parallel: usize,
}

impl Downloads {
    pub fn new(partial: BTreeMap<Sha256, u64>) -> Downloads {
        Downloads { partial, ..Downloads::default() }
    }

    /// Plans anew after the items, the time or what is stored have changed. Returns what to cancel.
    pub fn plan(
        &mut self,
        library: &Library,
        lineage: &[RegionCode],
        time: UnixSeconds,
        outbox: &Outbox,
    ) -> Vec<NetRequest> {
        self.uses = uses(library, lineage, time);
        self.queue.clear();
        self.queued_bytes = 0;
        self.unfit.clear();
        self.resting.retain(|sha256, _| self.uses.contains_key(sha256));
        self.troubles.retain(|sha256, _| self.uses.contains_key(sha256));
        self.wanted.retain(|sha256, _| self.uses.contains_key(sha256) && !library.has(*sha256));
        self.damaged.retain(|sha256, _| self.uses.contains_key(sha256));
        let fetched: BTreeSet<Sha256> =
            outbox.unwritten().flat_map(|changes| &changes.objects_whole).map(|object| object.sha256).collect();
        let open: Vec<Sha256> = self.uses.keys().copied().filter(|sha256| !fetched.contains(sha256)).collect();
        for sha256 in open {
            self.enqueue(sha256, library);
        }
        let needless = |sha256: &Sha256| self.uses.get(sha256).is_none_or(|needed| !needed.due);
        let asked_for = |sha256: &Sha256| self.wanted.contains_key(sha256) || self.looked_at.contains(sha256);
        let cancelled = self
            .active
            .iter_mut()
            .filter(|(sha256, active)| !active.cancelled && needless(sha256) && !asked_for(sha256));
        let cancelled: Vec<NetRequest> = cancelled.map(|(_, active)| active.cancel()).collect();
        if self.queue.is_empty() && self.resting.is_empty() && self.active.is_empty() {
            // Nothing is left to try the way with.
            self.way = Way::default();
        }
        cancelled
    }

    /// Puts an object in the queue, if it is needed and nowhere else.
    fn enqueue(&mut self, sha256: Sha256, library: &Library) {
        let (Some(needed), Some(place)) = (self.uses.get(&sha256), self.place(sha256)) else { return };
        let elsewhere = library.has(sha256) || self.active.contains_key(&sha256) || self.resting.contains_key(&sha256);
        if elsewhere || !(needed.due || self.wanted.contains_key(&sha256) || self.looked_at.contains(&sha256)) {
            return;
        }
        if self.queue.insert(place, needed.object).is_none() {
            self.queued_bytes += needed.object.length;
        }
    }

    /// Where it stands in the queue if it is there.
    fn place(&self, sha256: Sha256) -> Option<Place> {
        let wanted = self.wanted.get(&sha256).copied().unwrap_or(0);
        let needed = self.uses.get(&sha256)?;
        Some((Reverse(wanted), Reverse(self.looked_at.contains(&sha256)), needed.rank, sha256))
    }

    /// In the place of these pictures the screen shows place holders: they come first, are waited for less long, and
    /// are shown from memory when the disk has no room for them.
    pub fn look_at(&mut self, lacking: BTreeSet<Sha256>, library: &Library, now: Now) {
        let changed: Vec<Sha256> = self.looked_at.symmetric_difference(&lacking).copied().collect();
        let mut moved = Vec::new();
        for sha256 in changed {
            if let Some(object) = self.place(sha256).and_then(|place| self.queue.remove(&place)) {
                self.queued_bytes -= object.length;
                moved.push(sha256);
            } else if lacking.contains(&sha256) && self.unfit.remove(&sha256) {
                moved.push(sha256);
            }
            if lacking.contains(&sha256)
                && let Some(until) = self.resting.get_mut(&sha256)
            {
                *until = (*until).min(now.monotonic + REST_SEEN);
            }
        }
        self.looked_at = lacking;
        for sha256 in moved {
            self.enqueue(sha256, library);
        }
    }

    pub fn looks_at(&self, lacking: &BTreeSet<Sha256>) -> bool {
        self.looked_at == *lacking
    }

    /// Somebody has opened what needs these: they come before all others, without waiting for an earlier failure.
    pub fn want(&mut self, objects: impl Iterator<Item = Sha256>, now: Now) {
        self.wants += 1;
        self.way.hurry(now.monotonic);
        for sha256 in objects {
            self.wanted.insert(sha256, self.wants);
            self.resting.remove(&sha256);
        }
        while self.wanted.len() > WANTED_LIMIT {
            let oldest = self.wanted.iter().min_by_key(|(_, when)| **when).map(|(sha256, _)| *sha256);
            oldest.map(|sha256| self.wanted.remove(&sha256));
        }
    }

    /// Forgets all waiting: somebody asked for a try now.
    pub fn forgive(&mut self) {
        self.resting.clear();
        self.troubles.clear();
        self.damaged.clear();
        self.failures = 0;
        self.way = Way::default();
        self.paused_until = None;
        if !self.disk_full {
            self.full_until = None;
        }
    }

    pub fn progress(&mut self, sha256: Sha256, received: u64) {
        if let Some(active) = self.active.get_mut(&sha256) {
            let received = received.min(active.object.length);
            if active.keep == Keep::Disk {
                self.written += received.saturating_sub(active.received);
            }
            active.received = received;
            self.failures = 0;
        }
    }

    /// The object's bytes are whole, in the store's file or in memory. Answers where, if the download was ours.
    pub fn fetched(&mut self, object: ObjectRef, library: &Library) -> Option<Keep> {
        self.progress(object.sha256, object.length);
        self.troubles.remove(&object.sha256);
        self.wanted.remove(&object.sha256);
        self.failures = 0;
        let active = self.active.remove(&object.sha256)?;
        if self.way.right() {
            self.acquit(library);
        }
        if active.keep == Keep::Memory {
            self.unfit.insert(object.sha256);
        }
        Some(active.keep)
    }

    /// It was the way, and the way is right again: whatever was wrong meanwhile is tried at once.
    fn acquit(&mut self, library: &Library) {
        let mut again = Vec::new();
        let accused = |trouble: &Trouble| trouble.fault.is_some() && trouble.forgiven < MERCY;
        for (sha256, trouble) in self.troubles.iter_mut().filter(|(_, trouble)| accused(trouble)) {
            *trouble = Trouble { wrong: trouble.wrong, forgiven: trouble.forgiven + 1, ..Trouble::default() };
            again.push(*sha256);
        }
        for sha256 in again {
            self.resting.remove(&sha256);
            self.enqueue(sha256, library);
        }
    }

    pub fn failed(&mut self, object: ObjectRef, kind: NetErrorKind, library: &Library, now: Now, jitter: &mut Jitter) {
        let Some(active) = self.active.remove(&object.sha256) else { return };
        // A file whose hash was wrong has been removed by the sink.
        let kept = if kind == NetErrorKind::Untrusted || active.keep == Keep::Memory { 0 } else { active.received };
        if kept > 0 {
            self.partial.insert(object.sha256, kept);
        }
        let fault = match kind {
            NetErrorKind::Untrusted | NetErrorKind::Malformed => Some(Fault::Wrong),
            NetErrorKind::Missing => Some(Fault::Absent),
            _ => None,
        };
        if fault == Some(Fault::Wrong) && active.resumed {
            // The wrong bytes may have been those of an earlier attempt. They are gone; that is held against nobody.
            self.way.ended(object.sha256);
            return self.enqueue(object.sha256, library);
        }
        if let Some(fault) = fault {
            return self.was_wrong(object, fault, library, now, jitter);
        }
        self.way.ended(object.sha256);
        if kind == NetErrorKind::Cancelled || (kind == NetErrorKind::Storage && self.is_asked_for(&object.sha256)) {
            self.enqueue(object.sha256, library);
            return;
        }
        let trouble = self.troubles.entry(object.sha256).or_default();
        trouble.failures += 1;
        trouble.fault = None;
        trouble.hopeless_until = None;
        let rest = jitter.backoff(trouble.failures, REST_FIRST, REST_LONGEST);
        self.rest(object.sha256, rest, now);
        if matches!(kind, NetErrorKind::Unreachable | NetErrorKind::Server) {
            self.failures += 1;
            self.pause(now.monotonic + jitter.backoff(self.failures, PAUSE_FIRST, PAUSE_LONGEST));
        }
    }

    /// Something else came, or nothing was there. It may be the way, and then the object does not rest.
    fn was_wrong(&mut self, object: ObjectRef, fault: Fault, library: &Library, now: Now, jitter: &mut Jitter) {
        let trouble = self.troubles.entry(object.sha256).or_default();
        trouble.wrong = trouble.wrong.saturating_add(1);
        trouble.fault = Some(fault);
        trouble.hopeless_until = Some(now.monotonic + REST_WRONG);
        let fresh = trouble.forgiven < MERCY;
        let the_way = self.way.wrong(object, fresh, now.monotonic, jitter);
        if the_way && fresh {
            return self.enqueue(object.sha256, library);
        }
        trouble.own_fault = trouble.own_fault.saturating_add(1);
        let rest = match fault {
            Fault::Wrong => jitter.around(rest_wrong(trouble.own_fault)),
            Fault::Absent => jitter.backoff(trouble.own_fault, REST_FIRST, REST_LONGEST),
        };
        self.rest(object.sha256, rest, now);
    }

    fn rest(&mut self, sha256: Sha256, rest: u64, now: Now) {
        let rest = if self.looked_at.contains(&sha256) { rest.min(REST_SEEN_LONGEST) } else { rest };
        self.resting.insert(sha256, now.monotonic + rest);
    }

    /// Somebody looks at it, or has opened what needs it.
    fn is_asked_for(&self, sha256: &Sha256) -> bool {
        self.looked_at.contains(sha256) || self.wanted.contains_key(sha256)
    }

    fn pause(&mut self, until: u64) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    /// The disk is full whatever the quota says: no downloads for a while, and less from now on.
    pub fn disk_full(&mut self, library: &Library, outbox: &mut Outbox, now: Now) {
        self.disk_full = true;
        self.full_until = Some(now.monotonic + PAUSE_FULL);
        let in_use = library.whole_bytes()
            + self.partial.values().sum::<u64>()
            + self
                .active
                .values()
                .filter(|active| active.keep == Keep::Disk)
                .map(|active| active.received)
                .sum::<u64>();
        self.ceiling = Some((now.monotonic + CEILING_HOLDS, in_use.saturating_sub(BREATHING_SPACE)));
        if !outbox.removes_objects() {
            let victims = self.evictor(library).least_useful(Shortage(BREATHING_SPACE));
            self.remove(victims, outbox);
        }
    }

    /// The store has written; `removed` objects are gone.
    pub fn committed(&mut self, removed: bool, library: &Library) {
        self.written = 0;
        self.disk_full = false;
        if removed {
            for sha256 in std::mem::take(&mut self.unfit) {
                self.enqueue(sha256, library);
            }
        }
    }

    /// The stored bytes were damaged. A disk that damages them again and again is not fed at full speed.
    pub fn object_lost(&mut self, sha256: Sha256, library: &Library, now: Now, jitter: &mut Jitter) {
        let times = self.damaged.entry(sha256).or_default();
        *times = times.saturating_add(1);
        if *times == 1 {
            return self.enqueue(sha256, library);
        }
        let rest = jitter.around(rest_wrong(*times - 1));
        self.troubles.entry(sha256).or_default().fault = Some(Fault::Wrong);
        self.rest(sha256, rest, now);
    }

    pub fn handle_timeout(&mut self, library: &Library, now: Now) {
        self.paused_until = self.paused_until.filter(|until| *until > now.monotonic);
        self.full_until = self.full_until.filter(|until| *until > now.monotonic);
        self.disk_full &= self.full_until.is_some();
        self.ceiling = self.ceiling.filter(|(until, _)| *until > now.monotonic);
        for trouble in self.troubles.values_mut() {
            trouble.hopeless_until = trouble.hopeless_until.filter(|until| *until > now.monotonic);
        }
        let over = |until: &u64| *until <= now.monotonic;
        let rested: Vec<_> = self.resting.iter().filter(|(_, until)| over(until)).map(|(sha256, _)| *sha256).collect();
        for sha256 in rested {
            self.resting.remove(&sha256);
            self.enqueue(sha256, library);
        }
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        // Whatever holds the queue up holds it up until the last of these.
        let pause = self.paused_until.into_iter().chain(self.full_until).chain(self.way.probe_at());
        let pause = pause.max().filter(|_| !self.queue.is_empty());
        pause.into_iter().chain(self.resting.values().copied()).min()
    }

    /// What the cloud does not have, or has with wrong bytes, may use the room there is but gets none made.
    fn is_hopeless(&self, sha256: &Sha256) -> bool {
        self.troubles.get(sha256).is_some_and(|trouble| trouble.hopeless_until.is_some())
    }

    fn evictor<'a>(&'a self, library: &'a Library) -> Evictor<'a> {
        Evictor { library, uses: &self.uses, partial: &self.partial, on_screen: &self.on_screen }
    }

    /// Objects and unfinished files that nothing refers to.
    pub fn collect(&mut self, library: &Library, outbox: &mut Outbox) {
        let stored = library.objects().map(|(sha256, _)| sha256).chain(self.partial.keys().copied());
        let orphans = stored.filter(|sha256| !self.uses.contains_key(sha256) && !self.on_screen.contains(sha256));
        let orphans: Vec<_> = orphans.collect();
        self.remove(orphans, outbox);
    }

    fn remove(&mut self, objects: Vec<Sha256>, outbox: &mut Outbox) {
        if objects.is_empty() {
            return;
        }
        for sha256 in &objects {
            self.partial.remove(sha256);
        }
        outbox.add(Changes { objects_removed: objects, ..Changes::default() });
    }

    /// Objects that are on their way or wait for it, and their bytes.
    pub fn pending(&self) -> (usize, u64) {
        let active: u64 = self.active.values().map(|active| active.object.length - active.received).sum();
        let resting = self.resting.keys().filter_map(|sha256| self.uses.get(sha256));
        let resting: u64 = resting.map(|needed| needed.object.length).sum();
        let count = self.queue.len() + self.active.len() + self.resting.len();
        (count, self.queued_bytes + active + resting)
    }

    /// Several downloads in a row have failed without a byte.
    pub fn line_is_dead(&self) -> bool {
        self.failures > 1
    }

    pub fn is_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// Why an object that is needed is not stored.
    pub fn fate(&self, sha256: &Sha256) -> Fate {
        let fault = self.troubles.get(sha256).and_then(|trouble| trouble.fault);
        match fault {
            _ if self.unfit.contains(sha256) => Fate::NoRoom,
            Some(Fault::Absent) => Fate::Absent,
            Some(Fault::Wrong) => Fate::Wrong,
            None if self.way.is_doubted() => Fate::Wrong,
            None => Fate::Coming,
        }
    }

    pub fn is_coming(&self, sha256: Sha256) -> bool {
        let queued = || self.place(sha256).is_some_and(|place| self.queue.contains_key(&place));
        self.active.contains_key(&sha256) || self.resting.contains_key(&sha256) || queued()
    }

    /// It is the way that is wrong, and something waits for it.
    pub fn way_is_doubted(&self) -> bool {
        self.way.is_doubted()
    }

    /// How many objects were wrong the last time, and how many the server did not have.
    pub fn faulty(&self) -> (usize, usize) {
        let count = |fault| self.troubles.values().filter(|trouble| trouble.fault == Some(fault)).count();
        (count(Fault::Wrong), count(Fault::Absent))
    }

    /// Pictures for which there is no room.
    pub fn unfit_pictures(&self) -> usize {
        let picture = |sha256: &&Sha256| self.uses.get(sha256).is_some_and(|needed| !needed.is_video());
        self.unfit.iter().filter(picture).count()
    }

    /// Text or pictures do not fit, even after everything that may go has gone.
    pub fn storage_full(&self) -> bool {
        let needed = |sha256: &Sha256| self.uses.get(sha256).is_some_and(|needed| needed.worth.tier == Tier::Picture);
        self.disk_full || self.unfit.iter().any(|sha256| needed(sha256) && !self.is_hopeless(sha256))
    }
}

/// The wait after bytes that were wrong for the `times`-th time.
fn rest_wrong(times: u32) -> u64 {
    REST_FIRST.saturating_mul(REST_WRONG_GROWS.saturating_pow(times.saturating_sub(1))).min(REST_WRONG)
}

impl Active {
    fn cancel(&mut self) -> NetRequest {
        self.cancelled = true;
        NetRequest::CancelObject { sha256: self.object.sha256 }
    }
}
