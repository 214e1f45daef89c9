//! A simulated world: a box's core, a disk that survives power cuts, a cloud, and a poor network between them. Time
//! passes only when somebody lets it, so a year of outages is replayed in seconds, always the same for the same seed.

mod cloud;
mod disk;

pub use cloud::SimulatedCloud;
pub use disk::Disk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{
    Effect, Event, MediaEvent, MediaEventKind, MediaRequest, NetError, NetErrorKind, NetEvent, NetRequest, StoreEvent,
    StoreRequest,
};
use yuexiang_core::key::{Key, KeyEvent, Press};
use yuexiang_core::screens::SystemFacts;
use yuexiang_core::sync::SyncConfig;
use yuexiang_core::text::PlainMeasure;
use yuexiang_core::time::Now;
use yuexiang_core::uplink::{MessageId, Payload};
use yuexiang_core::{App, AppConfig, RegionCode};

/// Bytes arrive in steps of this many milliseconds.
const STEP: u64 = 50;

pub struct Network {
    pub up: bool,
    /// Milliseconds one way.
    pub latency: u64,
    /// Of a thousand requests so many are lost.
    pub loss: u64,
    pub bytes_per_second: u64,
    /// Somebody answers in the cloud's place.
    pub portal: Option<Portal>,
    /// How far the `Date` of answers is off, in seconds.
    pub date_error: i64,
}

/// A login page or a proxy: how its answers look to the box.
#[derive(Clone, Copy, Debug)]
pub struct Portal {
    /// To who asks for metadata and pages; `None` lets them through.
    pub metadata: Option<NetErrorKind>,
    pub objects: NetErrorKind,
}

/// Something under way.
enum Pending {
    Event(Event),
    /// A request arrives at the cloud.
    Ask(NetRequest),
    /// The next bytes of an object.
    Bytes(ObjectRef),
    /// All bytes of an object that is not for the disk.
    Borrowed(ObjectRef),
    /// A transaction is being written.
    Write(StoreRequest),
}

pub struct World {
    app: Option<App>,
    pub cloud: SimulatedCloud,
    pub disk: Disk,
    pub network: Network,
    pub village: RegionCode,
    pub quota: u64,
    /// Milliseconds of the true time since 1970.
    pub truth: i64,
    /// How far the box's clock is off, in milliseconds.
    pub clock_error: i64,
    monotonic: u64,
    pending: BTreeMap<(u64, u64), Pending>,
    serial: u64,
    downloading: BTreeSet<Sha256>,
    /// Bytes of objects that came over the line.
    pub downloaded: u64,
    /// Polls answered with "nothing new" and others.
    pub requests: u64,
    /// Objects that were asked for.
    pub object_requests: u64,
    random: u64,
}

impl World {
    pub fn new(cloud: SimulatedCloud, village: RegionCode, seed: u64) -> World {
        World {
            app: None,
            cloud,
            disk: Disk::default(),
            network: Network { up: true, latency: 40, loss: 0, bytes_per_second: 400_000, portal: None, date_error: 0 },
            village,
            quota: 1 << 30,
            truth: 1_795_434_120_000,
            clock_error: 0,
            monotonic: 0,
            pending: BTreeMap::new(),
            serial: 0,
            downloading: BTreeSet::new(),
            downloaded: 0,
            requests: 0,
            object_requests: 0,
            random: seed.wrapping_mul(2).wrapping_add(1),
        }
    }

    /// A number below `bound`.
    pub fn random(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % bound.max(1)
    }

    pub fn app(&self) -> &App {
        self.app.as_ref().expect("the box is switched on")
    }

    fn now(&self) -> Now {
        Now { monotonic: self.monotonic, wall: self.truth + self.clock_error }
    }

    pub fn power_on(&mut self) {
        let config = AppConfig {
            sync: SyncConfig {
                village: self.village,
                province_root: SimulatedCloud::root(self.village.lineage()[0]),
                poll_interval_ms: 60_000,
                quota: self.quota,
                reserve_free: 64 << 10,
                parallel_downloads: 2,
                seed: self.random(u64::MAX),
                // A day before the world begins.
                built: 1_795_434_120 - 86_400,
            },
            facts: SystemFacts {
                storage_lost: false,
                view_counts: true,
                version: "0".into(),
                cloud: "http://cloud/".into(),
                village: Some(self.village),
                quota: self.quota,
            },
        };
        let now = self.now();
        self.app = Some(App::new(config, self.disk.load(), Arc::new(PlainMeasure), now));
        self.take_effects();
    }

    /// The power goes. What was being written is on the disk or not.
    pub fn power_cut(&mut self) {
        self.app = None;
        self.downloading.clear();
        for (_, pending) in std::mem::take(&mut self.pending) {
            if let Pending::Write(StoreRequest::Commit { changes, .. }) = pending
                && self.random(2) == 0
            {
                self.disk.commit(&changes);
            }
        }
        // Of what was received last, some never reached the disk.
        let lost = self.random(20_000);
        self.disk.lose_unsynced(lost);
    }

    /// Lets time pass without power.
    pub fn sleep(&mut self, milliseconds: u64) {
        self.truth += milliseconds as i64;
        self.monotonic += milliseconds;
    }

    /// Lets time pass with power.
    pub fn run(&mut self, milliseconds: u64) {
        let until = self.monotonic + milliseconds;
        loop {
            let due = self.pending.keys().next().map(|(at, _)| *at);
            let timeout = self.app().poll_timeout();
            let next = due.into_iter().chain(timeout).min().filter(|at| *at <= until);
            let Some(next) = next else { break };
            self.advance(next.max(self.monotonic));
            match self.pending.first_entry().filter(|entry| entry.key().0 <= self.monotonic) {
                Some(entry) => {
                    let pending = entry.remove();
                    self.happen(pending);
                }
                None => self.deliver(Event::Timeout),
            }
        }
        self.advance(until);
    }

    fn advance(&mut self, to: u64) {
        self.truth += (to - self.monotonic) as i64;
        self.monotonic = to;
    }

    pub fn deliver(&mut self, event: Event) {
        let now = self.now();
        if let Some(app) = &mut self.app {
            app.handle(event, now);
        }
        self.take_effects();
    }

    fn schedule(&mut self, after: u64, pending: Pending) {
        self.serial += 1;
        self.pending.insert((self.monotonic + after, self.serial), pending);
    }

    fn take_effects(&mut self) {
        while let Some(effect) = self.app.as_mut().and_then(App::poll_effect) {
            match effect {
                Effect::Net(NetRequest::CancelObject { sha256 }) => {
                    self.downloading.remove(&sha256);
                }
                // Nobody tells news here.
                Effect::Net(NetRequest::Listen { .. }) => {}
                Effect::Net(request) => {
                    let latency = self.network.latency;
                    self.schedule(latency, Pending::Ask(request));
                }
                Effect::Store(request) => self.schedule(5, Pending::Write(request)),
                Effect::Media(MediaRequest::Load { generation, .. }) => {
                    let event = |kind| Pending::Event(Event::Media(MediaEvent { generation, kind }));
                    self.schedule(80, event(MediaEventKind::FirstFrame { width: 1_280, height: 720 }));
                    self.schedule(81, event(MediaEventKind::Playing));
                }
                Effect::DrawMessageId => {
                    let number = (u128::from(self.random(u64::MAX)) << 64) | u128::from(self.random(u64::MAX));
                    self.schedule(0, Pending::Event(Event::MessageId(MessageId(number.to_be_bytes()))));
                }
                Effect::Media(_) | Effect::Display { .. } => {}
            }
        }
    }

    fn happen(&mut self, pending: Pending) {
        match pending {
            Pending::Event(event) => self.deliver(event),
            Pending::Ask(request) => self.ask(request),
            Pending::Bytes(object) => self.bytes(object),
            Pending::Borrowed(object) => self.borrowed(object),
            Pending::Write(request) => self.write(request),
        }
    }

    fn ask(&mut self, request: NetRequest) {
        self.requests += 1;
        let lost = self.network.loss > 0 && self.random(1_000) < self.network.loss;
        if let NetRequest::FetchObject { object } | NetRequest::BorrowObject { object, .. } = request {
            self.object_requests += 1;
            self.downloading.insert(object.sha256);
            let borrowed = matches!(request, NetRequest::BorrowObject { .. });
            let next = if borrowed { Pending::Borrowed(object) } else { Pending::Bytes(object) };
            return self.schedule(STEP, next);
        }
        let truth = self.truth / 1_000;
        if let NetRequest::Send { id, payload: Payload::Views(batch) } = &request
            && self.network.up
        {
            // Whether the answer finds its way back is another question.
            self.cloud.take_views(*id, batch.clone());
        }
        let portal = self.network.portal.and_then(|portal| portal.metadata);
        let answer = match portal {
            _ if !self.network.up || lost => SimulatedCloud::refused(request, NetErrorKind::Unreachable),
            Some(kind) => SimulatedCloud::refused(request, kind),
            None => self.cloud.answer(request, truth, truth + self.network.date_error),
        };
        let latency = self.network.latency;
        self.schedule(latency, Pending::Event(Event::Net(answer)));
    }

    fn bytes(&mut self, object: ObjectRef) {
        let fetched = |result| Event::Net(NetEvent::ObjectFetched { object, result });
        let failed = |kind| Err(NetError { kind, detail: format!("object {}", object.sha256) });
        if !self.downloading.contains(&object.sha256) {
            return self.deliver(fetched(failed(NetErrorKind::Cancelled)));
        }
        if let Some(kind) = self.object_fault() {
            self.downloading.remove(&object.sha256);
            return self.deliver(fetched(failed(kind)));
        }
        let received = self.disk.partial(object.sha256);
        let step = (self.network.bytes_per_second * STEP / 1_000).min(object.length - received);
        self.downloaded += step;
        if !self.disk.receive(object, step) {
            self.downloading.remove(&object.sha256);
            return self.deliver(fetched(failed(NetErrorKind::Storage)));
        }
        if received + step < object.length {
            let received = received + step;
            self.deliver(Event::Net(NetEvent::ObjectProgress { sha256: object.sha256, received }));
            self.schedule(STEP, Pending::Bytes(object));
        } else {
            self.downloading.remove(&object.sha256);
            self.disk.finish(object);
            self.deliver(fetched(Ok(())));
        }
    }

    /// What is wrong with the next bytes of an object.
    fn object_fault(&mut self) -> Option<NetErrorKind> {
        let lost = self.network.loss > 0 && self.random(1_000) < self.network.loss;
        if !self.network.up || lost {
            return Some(NetErrorKind::Unreachable);
        }
        self.network.portal.map(|portal| portal.objects)
    }

    fn borrowed(&mut self, object: ObjectRef) {
        let asked = self.downloading.remove(&object.sha256);
        let fault = if asked { self.object_fault() } else { Some(NetErrorKind::Cancelled) };
        let result = fault.map_or(Ok(()), |kind| Err(NetError { kind, detail: format!("object {}", object.sha256) }));
        self.downloaded += object.length;
        self.deliver(Event::Net(NetEvent::ObjectFetched { object, result }));
    }

    fn write(&mut self, request: StoreRequest) {
        let event = match request {
            StoreRequest::Commit { serial, changes } => {
                let result = self.disk.try_commit(&changes);
                StoreEvent::Committed { serial, result, space: self.disk.space() }
            }
            StoreRequest::LoadItem { id } => {
                let result = self.disk.item(&id);
                StoreEvent::Item { id, result }
            }
            StoreRequest::Verify { object } => {
                StoreEvent::Verified { object, whole: self.disk.is_whole(object.sha256) }
            }
        };
        self.deliver(Event::Store(event));
    }

    pub fn press(&mut self, keys: &str) {
        for name in keys.split_whitespace() {
            let key = Key::from_name(name).expect("the key has a name");
            for press in [Press::Down, Press::Up] {
                self.deliver(Event::Key(KeyEvent { key, press }));
            }
            // Time for the store to answer.
            self.run(20);
        }
    }

    /// Lets time pass until everything that is published is stored, at most so many milliseconds.
    pub fn run_until_synced(&mut self, at_most: u64) -> bool {
        let until = self.monotonic + at_most;
        while self.monotonic < until {
            self.run(10_000);
            if self.is_synced() {
                return true;
            }
        }
        false
    }

    /// Whether the box has the cloud's newest state, media and all.
    pub fn is_synced(&self) -> bool {
        let view = self.app().view();
        let library = self.app().library();
        let published = self.cloud.items(&self.village.lineage());
        let stored: BTreeSet<String> = library.items().map(|item| item.id.clone()).collect();
        let whole = library.items().flat_map(|item| &item.objects).all(|needed| library.has(needed.object.sha256));
        view.sync.last_success.is_some() && stored == published && whole && !view.sync.running
    }
}
