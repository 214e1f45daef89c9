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

use super::backoff::Jitter;
use super::outbox::Outbox;
use super::plan::{Rank, Tier, Use, uses};
use super::space::{Evictor, Room, Shortage};
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
/// After bytes that were wrong this often in a row the object is left alone for `REST_WRONG`.
const WRONG_BYTES_LIMIT: u32 = 3;
const REST_WRONG: u64 = 6 * 3_600_000;
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
    failures: u32,
    paused_until: Option<u64>,
    /// Bytes that came since the store last told how much is free.
    written: u64,
    /// The disk was full although the quota allows more: until this time videos may use so many bytes only.
    ceiling: Option<(u64, u64)>,
    disk_full: bool,
}

/// Where an object stands in the queue.
type Place = (Reverse<u64>, Rank, Sha256);

#[derive(Debug)]
struct Active {
    object: ObjectRef,
    /// Bytes in the unfinished file.
    received: u64,
    class: Class,
    cancelled: bool,
}

#[derive(Debug, Default)]
struct Trouble {
    failures: u32,
    wrong_bytes: u32,
    /// It was not the line that failed last: until this time nothing makes room for it.
    hopeless_until: Option<u64>,
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
        time: Option<UnixSeconds>,
        outbox: &Outbox,
    ) -> Vec<NetRequest> {
        self.uses = uses(library, lineage, time);
        self.queue.clear();
        self.queued_bytes = 0;
        self.unfit.clear();
        self.resting.retain(|sha256, _| self.uses.contains_key(sha256));
        self.troubles.retain(|sha256, _| self.uses.contains_key(sha256));
        self.wanted.retain(|sha256, _| self.uses.contains_key(sha256) && !library.has(*sha256));
        let fetched: BTreeSet<Sha256> =
            outbox.unwritten().flat_map(|changes| &changes.objects_whole).map(|object| object.sha256).collect();
        let open: Vec<Sha256> = self.uses.keys().copied().filter(|sha256| !fetched.contains(sha256)).collect();
        for sha256 in open {
            self.enqueue(sha256, library);
        }
        let needless = |sha256: &Sha256| self.uses.get(sha256).is_none_or(|needed| !needed.due);
        let cancelled = self
            .active
            .iter_mut()
            .filter(|(sha256, active)| !active.cancelled && needless(sha256) && !self.wanted.contains_key(sha256));
        cancelled.map(|(_, active)| active.cancel()).collect()
    }

    /// Puts an object in the queue, if it is needed and nowhere else.
    fn enqueue(&mut self, sha256: Sha256, library: &Library) {
        let Some(needed) = self.uses.get(&sha256) else { return };
        let wanted = self.wanted.get(&sha256).copied();
        let elsewhere = library.has(sha256) || self.active.contains_key(&sha256) || self.resting.contains_key(&sha256);
        if elsewhere || !(needed.due || wanted.is_some()) {
            return;
        }
        let place = (Reverse(wanted.unwrap_or(0)), needed.rank, sha256);
        if self.queue.insert(place, needed.object).is_none() {
            self.queued_bytes += needed.object.length;
        }
    }

    /// Somebody has opened what needs these: they come before all others, without waiting for an earlier failure.
    pub fn want(&mut self, objects: impl Iterator<Item = Sha256>) {
        self.wants += 1;
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
        self.failures = 0;
        if !self.disk_full {
            self.paused_until = None;
        }
    }

    pub fn progress(&mut self, sha256: Sha256, received: u64) {
        if let Some(active) = self.active.get_mut(&sha256) {
            let received = received.min(active.object.length);
            self.written += received.saturating_sub(active.received);
            active.received = received;
            self.failures = 0;
        }
    }

    /// The object's bytes are whole in the store's file. Answers whether the download was ours.
    pub fn fetched(&mut self, object: ObjectRef) -> bool {
        self.progress(object.sha256, object.length);
        self.troubles.remove(&object.sha256);
        self.wanted.remove(&object.sha256);
        self.failures = 0;
        self.active.remove(&object.sha256).is_some()
    }

    pub fn failed(&mut self, object: ObjectRef, kind: NetErrorKind, library: &Library, now: Now, jitter: &mut Jitter) {
        let Some(active) = self.active.remove(&object.sha256) else { return };
        // A file whose hash was wrong has been removed by the sink.
        let kept = if kind == NetErrorKind::Untrusted { 0 } else { active.received };
        if kept > 0 {
            self.partial.insert(object.sha256, kept);
        }
        if kind == NetErrorKind::Cancelled {
            self.enqueue(object.sha256, library);
            return;
        }
        let trouble = self.troubles.entry(object.sha256).or_default();
        trouble.failures += 1;
        let wrong = matches!(kind, NetErrorKind::Untrusted | NetErrorKind::Malformed);
        let hopeless = wrong || kind == NetErrorKind::Missing;
        trouble.hopeless_until = hopeless.then_some(now.monotonic + REST_WRONG);
        trouble.wrong_bytes = if wrong { trouble.wrong_bytes + 1 } else { 0 };
        let rest = if trouble.wrong_bytes >= WRONG_BYTES_LIMIT {
            jitter.around(REST_WRONG)
        } else {
            jitter.backoff(trouble.failures, REST_FIRST, REST_LONGEST)
        };
        self.resting.insert(object.sha256, now.monotonic + rest);
        if matches!(kind, NetErrorKind::Unreachable | NetErrorKind::Server) {
            self.failures += 1;
            self.pause(now.monotonic + jitter.backoff(self.failures, PAUSE_FIRST, PAUSE_LONGEST));
        }
    }

    fn pause(&mut self, until: u64) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    /// The disk is full whatever the quota says: no downloads for a while, and less from now on.
    pub fn disk_full(&mut self, library: &Library, outbox: &mut Outbox, now: Now) {
        self.disk_full = true;
        self.pause(now.monotonic + PAUSE_FULL);
        let in_use = library.whole_bytes()
            + self.partial.values().sum::<u64>()
            + self.active.values().map(|active| active.received).sum::<u64>();
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

    pub fn object_lost(&mut self, sha256: Sha256, library: &Library) {
        self.enqueue(sha256, library);
    }

    pub fn handle_timeout(&mut self, library: &Library, now: Now) {
        self.paused_until = self.paused_until.filter(|until| *until > now.monotonic);
        self.disk_full &= self.paused_until.is_some();
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
        let pause = self.paused_until.filter(|_| !self.queue.is_empty());
        pause.into_iter().chain(self.resting.values().copied()).min()
    }

    /// Starts what there is room for. Evictions go to the outbox; what waits for them starts when they are written.
    pub fn fill(&mut self, limits: Limits, library: &Library, outbox: &mut Outbox, now: Now) -> Vec<NetRequest> {
        let mut requests = Vec::new();
        if self.paused_until.is_some_and(|until| until > now.monotonic) {
            return requests;
        }
        let mut waiting = Vec::new();
        while self.active.len() < limits.parallel {
            let Some((place, object)) = self.queue.pop_first() else { break };
            self.queued_bytes -= object.length;
            let sha256 = object.sha256;
            let leaving = outbox.unwritten().any(|changes| changes.objects_removed.contains(&sha256));
            let shortage = self.room(limits, library, outbox, object).shortage(self.missing(object));
            if leaving {
                waiting.push((place, object));
            } else if shortage == Shortage(0) {
                requests.push(self.start(place, object));
            } else if outbox.removes_objects() {
                // Space is being made; nothing lesser may take it meanwhile.
                waiting.push((place, object));
                break;
            } else if let Some(victims) = self.victims_for(sha256, shortage, library) {
                self.remove(victims, outbox);
                waiting.push((place, object));
                break;
            } else {
                self.unfit.insert(sha256);
            }
        }
        for (place, object) in waiting {
            self.queued_bytes += object.length;
            self.queue.insert(place, object);
        }
        requests.extend(self.preempt(limits));
        requests
    }

    fn start(&mut self, place: Place, object: ObjectRef) -> NetRequest {
        let class = self.class(&place);
        let received = self.partial.remove(&object.sha256).unwrap_or(0);
        self.active.insert(object.sha256, Active { object, received, class, cancelled: false });
        NetRequest::FetchObject { object }
    }

    /// When something urgent waits and lesser downloads hold all places, the least of them gives way and is resumed
    /// later: a picture must not wait for hours behind a long video on a slow line.
    fn preempt(&mut self, limits: Limits) -> Option<NetRequest> {
        if self.active.len() < limits.parallel || self.active.values().any(|active| active.cancelled) {
            return None;
        }
        let (place, _) = self.queue.first_key_value()?;
        let class = self.class(place);
        let least = self.active.values_mut().min_by_key(|active| active.class)?;
        (least.class < class).then(|| least.cancel())
    }

    fn class(&self, (wanted, _, sha256): &Place) -> Class {
        let video = self.uses.get(sha256).is_some_and(Use::is_video);
        match (wanted.0 > 0, video) {
            (true, _) => Class::Wanted,
            (false, false) => Class::Picture,
            (false, true) => Class::Video,
        }
    }

    fn missing(&self, object: ObjectRef) -> u64 {
        object.length.saturating_sub(self.partial.get(&object.sha256).copied().unwrap_or(0))
    }

    fn room(&self, limits: Limits, library: &Library, outbox: &Outbox, object: ObjectRef) -> Room {
        let unwritten: u64 = outbox
            .unwritten()
            .flat_map(|changes| &changes.objects_whole)
            .filter(|fetched| !library.has(fetched.sha256))
            .map(|fetched| fetched.length)
            .sum();
        let active: u64 = self.active.values().map(|active| active.object.length).sum();
        let to_come: u64 = self.active.values().map(|active| active.object.length - active.received).sum();
        let reserved = self.reserved_against(object);
        // Pictures of current items may use the space above the ceiling too: they are small and matter most.
        let video = self.uses.get(&object.sha256).is_none_or(Use::is_video);
        let quota = self.ceiling.filter(|_| video).map_or(limits.quota, |(_, ceiling)| ceiling.min(limits.quota));
        Room {
            used: library.whole_bytes() + unwritten + active + reserved + self.partial.values().sum::<u64>(),
            quota,
            free: library.space().free.saturating_sub(self.written).saturating_sub(to_come),
            reserve_free: limits.reserve_free,
        }
    }

    /// Bytes of greater worth that are to be continued after an interruption. Something lesser that slipped in
    /// meanwhile would only have to go again.
    fn reserved_against(&self, object: ObjectRef) -> u64 {
        let Some(own) = self.uses.get(&object.sha256) else { return 0 };
        let resting = self.resting.keys().filter(|sha256| !self.is_hopeless(sha256));
        let greater = resting.filter_map(|sha256| self.uses.get(sha256)).filter(|needed| needed.worth > own.worth);
        greater.map(|needed| self.missing(needed.object)).sum()
    }

    /// What the cloud does not have, or has with wrong bytes, may use the room there is but gets none made.
    fn is_hopeless(&self, sha256: &Sha256) -> bool {
        self.troubles.get(sha256).is_some_and(|trouble| trouble.hopeless_until.is_some())
    }

    fn victims_for(&self, sha256: Sha256, shortage: Shortage, library: &Library) -> Option<Vec<Sha256>> {
        if self.is_hopeless(&sha256) {
            return None;
        }
        let worth = self.uses.get(&sha256)?.worth;
        let mut victims = self.evictor(library).victims(shortage, worth)?;
        victims.retain(|victim| *victim != sha256);
        Some(victims)
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

    pub fn is_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// Text or pictures do not fit, even after everything that may go has gone.
    pub fn storage_full(&self) -> bool {
        let needed = |sha256: &Sha256| self.uses.get(sha256).is_some_and(|needed| needed.worth.tier == Tier::Picture);
        self.disk_full || self.unfit.iter().any(|sha256| needed(sha256) && !self.is_hopeless(sha256))
    }
}

impl Active {
    fn cancel(&mut self) -> NetRequest {
        self.cancelled = true;
        NetRequest::CancelObject { sha256: self.object.sha256 }
    }
}
