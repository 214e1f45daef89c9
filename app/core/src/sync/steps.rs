//! What [`Sync`] does on each answer.

use super::rounds::ROOT;
use super::*;

impl Sync {
    pub(super) fn start_round(&mut self, now: Now) {
        self.next_poll = now.monotonic + self.jitter.around(self.config.poll_interval_ms).max(1);
        self.replan = true;
        for index in 0..self.regions.len() {
            self.regions[index].done = false;
            self.refresh(index, false, now);
        }
    }

    /// Somebody who need not be believed says that the region has published.
    pub(super) fn woken(&mut self, code: RegionCode, within: u64, now: Now) {
        let Some(index) = self.index(code) else { return };
        let soon = now.monotonic.saturating_add(self.jitter.within(within));
        let region = &mut self.regions[index];
        let at = region.woken_at.map_or(soon, |last| soon.max(last.saturating_add(WAKES_APART)));
        region.wake_at = Some(region.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Asks for the region's metadata, unless its first root is unknown or it is being asked already.
    pub(super) fn refresh(&mut self, index: usize, again: bool, now: Now) {
        let asked = self.clock.verification_time(now);
        let region = &mut self.regions[index];
        region.retry_at = None;
        let Some(trust) = region.trust.clone().filter(|_| region.is_idle() && !region.lacks_root()) else { return };
        region.activity = Activity::Refreshing { asked, again, void: false };
        let request = NetRequest::Refresh { region: region.code, trust, now: asked };
        self.effects.push_back(Effect::Net(request));
    }

    fn index(&self, code: RegionCode) -> Option<usize> {
        self.lineage.iter().position(|other| *other == code)
    }

    /// Keeps what a step of a refresh has verified, before anybody knows how the refresh ends. At which time it was
    /// verified matters little: what has expired is never used, it only keeps rollbacks out.
    pub(super) fn metadata_verified(&mut self, code: RegionCode, trust: RegionTrust) {
        let Some(index) = self.index(code) else { return };
        let region = &mut self.regions[index];
        // On the word of a root that the region above has replaced nothing is kept.
        if matches!(region.activity, Activity::Refreshing { void: false, .. }) {
            region.trust = Some(trust.clone());
            self.outbox.add(Changes { trust: vec![(code, trust)], ..Changes::default() });
        }
    }

    pub(super) fn refreshed(
        &mut self,
        code: RegionCode,
        result: Result<Refreshed, NetError>,
        server_time: Option<UnixSeconds>,
        now: Now,
    ) {
        let Some(index) = self.index(code) else { return };
        let Activity::Refreshing { asked, again, void } = self.regions[index].activity else { return };
        self.note_answer(result.as_ref().err());
        if let Some(date) = server_time {
            self.clock.observe(date, now);
        }
        self.regions[index].activity = Activity::Idle;
        if void {
            return self.refresh(index, false, now);
        }
        let contradicted = self.clock.contradicts(asked, now);
        if contradicted && !again {
            // The answer was verified at a time that has turned out wrong.
            return self.refresh(index, true, now);
        }
        match result {
            Ok(refreshed) => {
                if !contradicted {
                    self.clock.confirm(now);
                }
                self.accept(index, refreshed, now);
            }
            Err(error) => self.failed(index, error, now),
        }
    }

    fn accept(&mut self, index: usize, refreshed: Refreshed, now: Now) {
        let code = self.regions[index].code;
        let targets = match refreshed {
            Refreshed::Unchanged { targets } => targets,
            Refreshed::Changed { trust, targets } => {
                self.regions[index].trust = Some(trust.clone());
                self.outbox.add(Changes { trust: vec![(code, trust)], ..Changes::default() });
                targets
            }
        };
        let child_needs_root = self.regions.get(index + 1).is_some_and(Region::lacks_root);
        let gone = self.regions[index].accept(targets, child_needs_root);
        if !gone.is_empty() {
            self.collect = true;
            if gone.iter().any(|path| path.starts_with("moved/")) {
                self.refused_move = None;
            }
            self.moves
                .retain(|_, (signer, moved)| *signer != code || !gone.contains(&format!("moved/{}.json", moved.from)));
            let removed_targets = gone.into_iter().map(|path| (code, path)).collect();
            self.outbox.add(Changes { removed_targets, ..Changes::default() });
        }
        self.end_fetching(index, now);
    }

    pub(super) fn fetched(&mut self, code: RegionCode, target: &Target, result: Result<Fetched, NetError>, now: Now) {
        let Some(index) = self.index(code) else { return };
        if !self.regions[index].fetch_ended(target) {
            return;
        }
        self.note_answer(result.as_ref().err());
        match result {
            Ok(fetched) => {
                let is_another = self.regions[index].stored(target);
                self.take(index, target, fetched, is_another, now);
            }
            Err(error) => {
                self.note_trouble(index, &error);
                self.regions[index].fetch_failed(target, error);
            }
        }
        self.end_fetching(index, now);
    }

    /// Puts a document into the next transaction.
    fn take(&mut self, index: usize, target: &Target, fetched: Fetched, is_another: bool, now: Now) {
        let code = self.regions[index].code;
        let Fetched { document, bytes } = fetched;
        let documents = vec![((code, target.path.clone()), bytes)];
        let mut changes = Changes { documents, ..Changes::default() };
        match document {
            Document::Region(info) => changes.regions.push((code, target.clone(), info)),
            Document::Channels(channels) => changes.channels.push((code, target.clone(), channels)),
            Document::Review(review) => {
                changes.reviews.push((code, target.clone(), review));
                self.collect = true;
            }
            Document::Moved(moved) => return self.take_move(index, moved),
            Document::Page(items) => {
                // A region speaks for itself and for nobody else.
                let own = items.into_iter().filter(|item| item.region == code).collect();
                changes.pages.push((code, target.clone(), own));
                self.collect = true;
            }
            Document::ChildRoot(root) => {
                let Some(child) = self.regions.get_mut(index + 1) else { return };
                // The box has come further on from a root that it has followed before.
                if !child.has_followed(&root) {
                    changes.trust.push((child.code, child.replace_root(root, is_another)));
                }
                changes.pages.push((code, target.clone(), Vec::new()));
                self.outbox.add(changes);
                return self.refresh(index + 1, false, now);
            }
        }
        self.outbox.add(changes);
    }

    fn end_fetching(&mut self, index: usize, now: Now) {
        match self.regions[index].fetching_ended() {
            None => {}
            Some(Err(error)) => self.failed(index, error, now),
            Some(Ok(())) => self.done(index, now),
        }
    }

    fn done(&mut self, index: usize, now: Now) {
        let region = &mut self.regions[index];
        region.activity = Activity::Idle;
        region.failures = 0;
        region.refused = None;
        region.retry_at = None;
        region.done = true;
        if self.regions.get(index + 1).is_some_and(Region::lacks_root) {
            let (child, parent) = (self.lineage[index + 1], self.lineage[index]);
            let detail = format!("{parent} publishes no root of {child}");
            self.note_trouble(index + 1, &NetError { kind: NetErrorKind::Missing, detail });
            // Below there is nothing to be had: most villages publish nothing in the first years.
            self.regions[index + 1..].iter_mut().for_each(|region| region.done = true);
        }
        if self.regions.iter().all(|region| region.done) {
            self.round_succeeded(now);
        }
    }

    fn round_succeeded(&mut self, now: Now) {
        let time = self.clock.verification_time(now);
        self.clock.raise_floor(time);
        self.last_success = Some(time);
        if !self.regions.iter().any(|region| region.has_unusable() || region.lacks_root()) {
            self.last_trouble.clone_from(&self.refused_move);
        }
        let wall_wrong = self.clock.wall_is_wrong();
        let clock_changed = wall_wrong != self.saved_wall_wrong;
        if !self.outbox.is_empty() || time - self.saved_time >= SAVE_TIME_EVERY || clock_changed {
            self.saved_time = time;
            self.saved_wall_wrong = wall_wrong;
            let settings = [(FLOOR, self.clock.floor()), (LAST_SUCCESS, time), (WALL_WRONG, i64::from(wall_wrong))];
            let settings = settings.map(|(name, value)| (name.to_owned(), value.to_string())).to_vec();
            self.outbox.add(Changes { settings, ..Changes::default() });
        }
    }

    fn failed(&mut self, index: usize, error: NetError, now: Now) {
        self.note_trouble(index, &error);
        let longest = self.config.poll_interval_ms.max(RETRY_FIRST);
        let region = &mut self.regions[index];
        region.activity = Activity::Idle;
        region.failures += 1;
        // What is out of reach says nothing of what was refused before.
        if crate::reports::why(error.kind).is_some() {
            region.refused = Some(error.kind);
        }
        region.retry_at = Some(now.monotonic + self.jitter.backoff(region.failures, RETRY_FIRST, longest));
    }

    pub(super) fn note_trouble(&mut self, index: usize, error: &NetError) {
        self.last_trouble = Some((self.regions[index].code, error.kind, error.detail.clone()));
    }

    /// Anything that could be verified or refused was an answer; errors of a proxy or a captive portal are none.
    fn note_answer(&mut self, error: Option<&NetError>) {
        match error.map(|error| error.kind) {
            Some(NetErrorKind::Unreachable | NetErrorKind::Server) => self.online = Some(false),
            Some(NetErrorKind::Storage | NetErrorKind::Cancelled) => {}
            _ => self.online = Some(true),
        }
    }

    pub(super) fn object_fetched(
        &mut self,
        object: ObjectRef,
        result: Result<(), NetError>,
        library: &mut Library,
        now: Now,
    ) {
        // What was withdrawn meanwhile leaves a file behind, whole or not.
        self.collect |= !self.downloads.uses.contains_key(&object.sha256);
        let error = result.as_ref().err().cloned();
        match result {
            Ok(()) => match self.downloads.fetched(object, library) {
                Some(Keep::Disk) => {
                    self.sound.remove(&object.sha256);
                    self.outbox.add(Changes { objects_whole: vec![object], ..Changes::default() });
                }
                Some(Keep::Memory) => library.borrow(object),
                None => {}
            },
            Err(error) => {
                self.downloads.failed(object, error.kind, library, now, &mut self.jitter);
                if error.kind == NetErrorKind::Storage {
                    self.downloads.disk_full(library, &mut self.outbox, now);
                }
            }
        }
        // One object that cannot be had says nothing of the line.
        let dead = matches!(error, Some(NetError { kind: NetErrorKind::Unreachable | NetErrorKind::Server, .. }));
        if !dead || self.downloads.line_is_dead() {
            self.note_answer(error.as_ref());
        }
    }

    pub(super) fn committed(
        &mut self,
        serial: u64,
        result: Result<(), StoreError>,
        space: Space,
        library: &mut Library,
        now: Now,
    ) {
        library.set_space(space);
        let removed = self.outbox.removes_objects();
        match self.outbox.committed(serial, result, library, now, &mut self.jitter) {
            Ok(()) => self.downloads.committed(removed, library),
            Err(StoreErrorKind::Full) => self.downloads.disk_full(library, &mut self.outbox, now),
            Err(_) => {}
        }
    }

    pub(super) fn verified(&mut self, object: ObjectRef, whole: bool, library: &mut Library, now: Now) {
        if !self.verifying.remove(&object.sha256) {
            return;
        }
        if whole {
            self.sound.insert(object.sha256);
        } else {
            library.object_lost(object.sha256);
            self.downloads.object_lost(object.sha256, library, now, &mut self.jitter);
        }
    }

    /// Brings everything that follows from an answer under way.
    pub(super) fn settle(&mut self, library: &mut Library, now: Now) {
        self.follow(now);
        self.start_fetches();
        if self.replan || self.planned_items != library.items_revision() {
            self.replan = false;
            self.planned_items = library.items_revision();
            let time = self.clock.at_least(now);
            let cancelled = self.downloads.plan(library, &self.lineage, time, &self.outbox);
            self.effects.extend(cancelled.into_iter().map(Effect::Net));
        }
        // An item that moves from one page to another must not lose its objects between the two commits.
        let resting = self.regions.iter().all(Region::is_idle) && !self.outbox.writes_pages();
        if self.collect && resting {
            self.collect = false;
            self.downloads.collect(library, &mut self.outbox);
        }
        let limits = Limits {
            quota: self.config.quota,
            reserve_free: self.config.reserve_free,
            parallel: self.config.parallel_downloads,
        };
        for request in self.downloads.fill(limits, library, &mut self.outbox, now) {
            if let NetRequest::BorrowObject { instead_of, .. } = &request {
                library.give_back(instead_of);
            }
            self.effects.push_back(Effect::Net(request));
        }
    }

    /// Roots first, then all reviewers, then the village's pages, then the town's.
    fn start_fetches(&mut self) {
        let mut running: usize = self.regions.iter().map(Region::running).sum();
        while running < PARALLEL_FETCHES {
            let candidates = self.regions.iter_mut().filter(|region| region.next_urgency().is_some());
            let Some(region) = candidates.min_by_key(|region| region.next_urgency()) else { break };
            let Some(target) = region.start_fetch() else { break };
            let request = NetRequest::FetchTarget { region: region.code, target };
            self.effects.push_back(Effect::Net(request));
            running += 1;
        }
    }
}

/// The ancestors with what is stored of them; the province starts with the root of the box's image.
pub(super) fn regions(config: &SyncConfig, lineage: &[RegionCode], saved: &Saved) -> Vec<Region> {
    let enumerate = lineage.iter().enumerate();
    let built = enumerate.map(|(index, code)| {
        let mut trust = saved.trust.get(code).cloned();
        if index == 0 {
            let files = &mut trust.get_or_insert_default().files;
            files.entry(ROOT.to_owned()).or_insert_with(|| config.province_root.clone());
        }
        let pages: BTreeMap<String, Sha256> = saved
            .pages
            .iter()
            .filter(|((region, _), _)| region == code)
            .map(|((_, path), sha256)| (path.clone(), *sha256))
            .collect();
        let nearness = (lineage.len() - 1 - index) as u8;
        Region::new(*code, nearness, &lineage[index + 1..], trust, pages)
    });
    built.collect()
}

/// A box that has moved to another village drops what it held for the old one.
pub(super) fn forget_strangers(lineage: &[RegionCode], saved: &Saved) -> Changes {
    let strange = |code: &RegionCode| !lineage.contains(code);
    let trust = saved.trust.keys().filter(|code| strange(code)).map(|code| (*code, RegionTrust::default()));
    let targets = saved.pages.keys().filter(|(code, _)| strange(code)).cloned();
    Changes { trust: trust.collect(), removed_targets: targets.collect(), ..Changes::default() }
}
