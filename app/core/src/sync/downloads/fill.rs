//! What is started next, where it goes, and what has to go for it.

use super::*;
use crate::sync::space::Room;

/// What becomes of the next object in the queue.
enum Verdict {
    Start(Keep, Vec<Sha256>),
    /// These have to go first.
    MakeRoom(Vec<Sha256>),
    /// Its old file is still being removed.
    Leaving,
    /// Space is being made; nothing lesser may take it meanwhile.
    Wait,
    NoRoom,
}

impl Downloads {
    /// Starts what there is room for. Evictions go to the outbox; what waits for them starts when they are written.
    pub fn fill(&mut self, limits: Limits, library: &Library, outbox: &mut Outbox, now: Now) -> Vec<NetRequest> {
        let mut requests = Vec::new();
        if self.paused_until.is_some_and(|until| until > now.monotonic) {
            return requests;
        }
        if self.way.is_doubted() {
            return self.probe(limits, library, outbox, now).into_iter().collect();
        }
        let mut waiting = Vec::new();
        while self.active.len() < limits.parallel {
            let Some((place, object)) = self.queue.pop_first() else { break };
            self.queued_bytes -= object.length;
            match self.judge(limits, library, outbox, object) {
                Verdict::Start(keep, instead_of) => requests.push(self.start(place, object, keep, instead_of)),
                Verdict::Leaving => waiting.push((place, object)),
                Verdict::Wait => {
                    waiting.push((place, object));
                    break;
                }
                Verdict::MakeRoom(victims) => {
                    self.remove(victims, outbox);
                    waiting.push((place, object));
                    break;
                }
                Verdict::NoRoom => drop(self.unfit.insert(object.sha256)),
            }
        }
        for (place, object) in waiting {
            self.queued_bytes += object.length;
            self.queue.insert(place, object);
        }
        requests.extend(self.preempt(limits));
        requests
    }

    /// One object, to see whether the way is right again: one that was wrong as seldom as possible, so that an object
    /// that is wrong by itself does not keep the way in doubt.
    fn probe(&mut self, limits: Limits, library: &Library, outbox: &mut Outbox, now: Now) -> Option<NetRequest> {
        self.way.probe_at().filter(|at| *at <= now.monotonic)?;
        let wrong = |sha256: &Sha256| self.troubles.get(sha256).map_or(0, |trouble| trouble.wrong);
        let mut candidates: Vec<(Place, ObjectRef)> =
            self.queue.iter().map(|(place, object)| (*place, *object)).collect();
        candidates.sort_by_cached_key(|(place, object)| {
            (wrong(&object.sha256), self.uses.get(&object.sha256).is_some_and(Use::is_video), *place)
        });
        let mut make_room = None;
        let startable = candidates.into_iter().find_map(|(place, object)| {
            match self.judge(limits, library, outbox, object) {
                Verdict::Start(keep, instead_of) => return Some((place, object, keep, instead_of)),
                Verdict::MakeRoom(victims) => drop(make_room.get_or_insert(victims)),
                Verdict::Leaving | Verdict::Wait | Verdict::NoRoom => {}
            }
            None
        });
        let Some((place, object, keep, instead_of)) = startable else {
            self.way.postpone(make_room.is_some(), now.monotonic);
            self.remove(make_room.unwrap_or_default(), outbox);
            return None;
        };
        self.queue.remove(&place);
        self.queued_bytes -= object.length;
        self.way.probe(object.sha256);
        Some(self.start(place, object, keep, instead_of))
    }

    fn judge(&self, limits: Limits, library: &Library, outbox: &Outbox, object: ObjectRef) -> Verdict {
        let sha256 = object.sha256;
        if outbox.unwritten().any(|changes| changes.objects_removed.contains(&sha256)) {
            return Verdict::Leaving;
        }
        if self.full_until.is_none() {
            let shortage = self.room(limits, library, outbox, object).shortage(self.missing(object));
            if shortage == Shortage(0) {
                return Verdict::Start(Keep::Disk, Vec::new());
            }
            if outbox.removes_objects() {
                return Verdict::Wait;
            }
            if let Some(victims) = self.victims_for(sha256, shortage, library) {
                return Verdict::MakeRoom(victims);
            }
        }
        match (self.borrow(object, library), self.full_until) {
            (Some(instead_of), _) => Verdict::Start(Keep::Memory, instead_of),
            (None, Some(_)) => Verdict::Wait,
            (None, None) => Verdict::NoRoom,
        }
    }

    /// Whether a picture that somebody looks at fits into memory, and what is dropped from there for it.
    fn borrow(&self, object: ObjectRef, library: &Library) -> Option<Vec<Sha256>> {
        let picture = self.uses.get(&object.sha256).is_some_and(|needed| !needed.is_video());
        if !picture || !self.is_asked_for(&object.sha256) || library.shows(object.sha256) || object.length > MEMORY {
            return None;
        }
        let under_way = self.active.values().filter(|active| active.keep == Keep::Memory);
        let mut used = library.borrowed_bytes() + under_way.map(|active| active.object.length).sum::<u64>();
        let mut instead_of = Vec::new();
        // What is in sight takes the place of what is not. What was merely opened takes free room: it would take turns
        // with its like.
        let in_sight = self.looked_at.contains(&object.sha256);
        let unseen = library.borrowed().filter(|(sha256, _)| in_sight && !self.on_screen.contains(sha256));
        for (sha256, length) in unseen {
            if used + object.length <= MEMORY {
                break;
            }
            used -= length;
            instead_of.push(sha256);
        }
        (used + object.length <= MEMORY).then_some(instead_of)
    }

    fn start(&mut self, place: Place, object: ObjectRef, keep: Keep, instead_of: Vec<Sha256>) -> NetRequest {
        let class = self.class(&place);
        let received = if keep == Keep::Disk { self.partial.remove(&object.sha256).unwrap_or(0) } else { 0 };
        self.active
            .insert(object.sha256, Active { object, received, class, cancelled: false, keep, resumed: received > 0 });
        match keep {
            Keep::Disk => NetRequest::FetchObject { object },
            Keep::Memory => NetRequest::BorrowObject { object, instead_of },
        }
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

    fn class(&self, (wanted, _, _, sha256): &Place) -> Class {
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
        let written = || self.active.values().filter(|active| active.keep == Keep::Disk);
        let active: u64 = written().map(|active| active.object.length).sum();
        let to_come: u64 = written().map(|active| active.object.length - active.received).sum();
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

    fn victims_for(&self, sha256: Sha256, shortage: Shortage, library: &Library) -> Option<Vec<Sha256>> {
        if self.is_hopeless(&sha256) {
            return None;
        }
        let worth = self.uses.get(&sha256)?.worth;
        let mut victims = self.evictor(library).victims(shortage, worth)?;
        victims.retain(|victim| *victim != sha256);
        Some(victims)
    }
}
