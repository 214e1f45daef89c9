//! One box, its cloud and the line between them.

use crate::catalog::{Item, ObjectRef, Sha256};
use crate::event::{
    Document, Effect, NetError, NetErrorKind, NetEvent, NetRequest, Refreshed, RegionTrust, StoreEvent, Target,
};
use crate::library::Library;
use crate::ports::{ObjectSink, ObjectWriter};
use crate::region::RegionCode;
use crate::sync::testing::memory_store::MemoryStore;
use crate::sync::testing::samples::{BUILT, fetched, region_info, review};
use crate::sync::{Sync, SyncConfig};
use crate::time::{Now, UnixSeconds};
use std::collections::BTreeMap;

pub const LATENCY: u64 = 20;
pub const POLL: u64 = 300_000;
pub const DAY: i64 = 86_400;

pub fn village() -> RegionCode {
    "440224103201".parse().unwrap()
}

/// FNV-1a, spread out: what matters is that other bytes have another hash.
pub fn hash(bytes: &[u8]) -> Sha256 {
    let fnv = |start: u64| {
        bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)).to_be_bytes()
    };
    let mut out = [0; 32];
    for (index, eighth) in out.chunks_exact_mut(8).enumerate() {
        eighth.copy_from_slice(&fnv(0xcbf2_9ce4_8422_2325 + index as u64));
    }
    Sha256(out)
}

pub struct Repo {
    pub root: Vec<u8>,
    pub version: u64,
    pub expires: UnixSeconds,
    pub documents: BTreeMap<String, (Target, Document)>,
}

#[derive(Default)]
pub struct Cloud {
    pub repos: BTreeMap<RegionCode, Repo>,
    pub objects: BTreeMap<Sha256, Vec<u8>>,
}

impl Cloud {
    /// Every division of the lineage, each with its name and the root of the next.
    pub fn new(lineage: &[RegionCode]) -> Cloud {
        let mut cloud = Cloud::default();
        for (index, code) in lineage.iter().enumerate() {
            let root = format!("root of {code}").into_bytes();
            let expires = BUILT + 30 * DAY;
            cloud.repos.insert(*code, Repo { root, version: 0, expires, documents: BTreeMap::new() });
            cloud.put(*code, "region.json", Document::Region(region_info(*code)));
            if index == 0 {
                cloud.put(*code, "review.json", Document::Review(review()));
            }
            if let Some(child) = lineage.get(index + 1) {
                let root = Document::ChildRoot(format!("root of {child}").into_bytes());
                cloud.put(*code, &format!("children/{child}.root.json"), root);
            }
        }
        cloud
    }

    pub fn put(&mut self, region: RegionCode, path: &str, document: Document) {
        let repo = self.repos.get_mut(&region).unwrap();
        repo.version += 1;
        let bytes = format!("{document:?}").into_bytes();
        let object = ObjectRef { sha256: hash(&bytes), length: bytes.len() as u64 };
        let target = Target { path: path.to_owned(), object };
        repo.documents.insert(path.to_owned(), (target, document));
    }

    pub fn withdraw(&mut self, region: RegionCode, path: &str) {
        let repo = self.repos.get_mut(&region).unwrap();
        repo.version += 1;
        repo.documents.remove(path);
    }

    /// Publishes items as one page of their region.
    pub fn publish(&mut self, path: &str, items: Vec<Item>) {
        self.put(items[0].region, path, Document::Page(items));
    }

    /// An object of `length` bytes, not like any other.
    pub fn object(&mut self, length: u64) -> ObjectRef {
        let mut bytes = vec![0; length as usize];
        let number = (self.objects.len() as u64 + 1).to_be_bytes();
        for (byte, digit) in bytes.iter_mut().zip(number.iter().rev()) {
            *byte = *digit;
        }
        let object = ObjectRef { sha256: hash(&bytes), length };
        self.objects.insert(object.sha256, bytes);
        object
    }

    fn refresh(&self, region: RegionCode, trust: &RegionTrust, now: UnixSeconds) -> Result<Refreshed, NetError> {
        let Some(repo) = self.repos.get(&region) else { return Err(error(NetErrorKind::Missing)) };
        if trust.files.get("root.json") != Some(&repo.root) {
            return Err(error(NetErrorKind::Untrusted));
        }
        if now >= repo.expires {
            return Err(error(NetErrorKind::Expired));
        }
        let targets = repo.documents.values().map(|(target, _)| target.clone()).collect();
        let etag = Some(repo.version.to_string());
        if trust.etag == etag {
            return Ok(Refreshed::Unchanged { targets });
        }
        let mut trust = RegionTrust { etag, ..trust.clone() };
        trust.files.insert("timestamp.json".to_owned(), repo.version.to_be_bytes().to_vec());
        Ok(Refreshed::Changed { trust, targets })
    }

    fn fetch(&self, region: RegionCode, target: &Target) -> Result<Document, NetError> {
        let document = self.repos.get(&region).and_then(|repo| repo.documents.get(&target.path));
        match document.filter(|(current, _)| current == target) {
            Some((_, document)) => Ok(document.clone()),
            None => Err(error(NetErrorKind::Missing)),
        }
    }
}

pub fn error(kind: NetErrorKind) -> NetError {
    NetError { kind, detail: format!("{kind:?}, says the test") }
}

type Fault = Box<dyn FnMut(&NetRequest) -> Option<NetErrorKind>>;

pub struct World {
    pub cloud: Cloud,
    pub store: MemoryStore,
    pub sync: Sync,
    pub library: Library,
    pub config: SyncConfig,
    /// Milliseconds since the world began.
    pub monotonic: u64,
    /// What the wall clock is ahead of the true time, in seconds.
    pub wall_ahead: i64,
    /// What the server's clock is ahead of the true time; `None`: it tells none.
    pub server_ahead: Option<i64>,
    /// Asked for every request; what it answers is what goes wrong.
    pub fault: Fault,
    /// What fails has brought half of what was missing before.
    pub fails_half_way: bool,
    /// Bytes per millisecond.
    pub rate: u64,
    /// What was asked of the network, in order.
    pub log: Vec<String>,
    queue: BTreeMap<(u64, u64), Coming>,
    sequence: u64,
}

enum Coming {
    Net(NetEvent),
    Store(StoreEvent),
    Object(ObjectRef, Option<NetErrorKind>),
    Borrowed(ObjectRef, Box<dyn ObjectWriter>, Option<NetErrorKind>),
}

impl World {
    pub fn new(configure: impl FnOnce(&mut SyncConfig)) -> World {
        let mut config = SyncConfig {
            village: village(),
            province_root: b"root of 440000000000".to_vec(),
            poll_interval_ms: POLL,
            quota: 1_000_000,
            reserve_free: 0,
            parallel_downloads: 2,
            seed: 1,
            built: BUILT,
        };
        configure(&mut config);
        let store = MemoryStore::new(hash);
        let now = Now { monotonic: 0, wall: (BUILT + DAY) * 1000 };
        World {
            cloud: Cloud::new(&config.village.lineage()),
            sync: Sync::new(config.clone(), &store.saved(), now),
            library: Library::from_saved(&store.saved(), config.village),
            store,
            config,
            monotonic: 0,
            wall_ahead: 0,
            server_ahead: Some(0),
            fault: Box::new(|_| None),
            fails_half_way: true,
            rate: 100,
            log: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
        }
    }

    pub fn true_time(&self) -> UnixSeconds {
        BUILT + DAY + (self.monotonic / 1000) as i64
    }

    pub fn now(&self) -> Now {
        Now { monotonic: self.monotonic, wall: (self.true_time() + self.wall_ahead) * 1000 }
    }

    /// The power goes off and on: what is in memory and under way is lost.
    pub fn restart(&mut self) {
        self.queue.clear();
        let saved = self.store.saved();
        self.sync = Sync::new(self.config.clone(), &saved, self.now());
        self.library = Library::from_saved(&saved, self.config.village);
    }

    /// Lets `milliseconds` pass.
    pub fn drive(&mut self, milliseconds: u64) {
        let end = self.monotonic + milliseconds;
        while self.step(end) {}
        self.monotonic = end;
    }

    /// Does the next thing that happens before `end`; `false` when there is none.
    pub fn step(&mut self, end: u64) -> bool {
        while let Some(effect) = self.sync.poll_effect() {
            self.execute(effect);
        }
        let event = self.queue.first_key_value().map(|(when, _)| *when);
        let timer = self.sync.poll_timeout().map(|at| at.max(self.monotonic));
        let event_first = match (event, timer) {
            (Some((event, _)), Some(timer)) => event <= timer,
            (event, _) => event.is_some(),
        };
        let due = if event_first { event.map(|(at, _)| at) } else { timer };
        let Some(due) = due.filter(|due| *due <= end) else { return false };
        self.monotonic = due.max(self.monotonic);
        let now = self.now();
        if !event_first {
            self.sync.handle_timeout(&mut self.library, now);
            return true;
        }
        match self.queue.pop_first().map(|(_, coming)| coming) {
            Some(Coming::Net(event)) => self.sync.handle_net(event, &mut self.library, now),
            Some(Coming::Store(event)) => self.sync.handle_store(event, &mut self.library, now),
            Some(Coming::Object(object, fault)) => self.object_ends(object, fault),
            Some(Coming::Borrowed(object, mut writer, fault)) => {
                let bytes = self.cloud.objects.get(&object.sha256).cloned().ok_or(NetErrorKind::Missing);
                let result = fault.map_or(bytes, Err).and_then(|bytes| {
                    writer.write(&bytes).and_then(|()| writer.finish()).map_err(|_| NetErrorKind::Untrusted)
                });
                let event = NetEvent::ObjectFetched { object, result: result.map_err(error) };
                self.sync.handle_net(event, &mut self.library, now);
            }
            None => {}
        }
        true
    }

    fn later(&mut self, milliseconds: u64, coming: Coming) {
        self.sequence += 1;
        self.queue.insert((self.monotonic + milliseconds, self.sequence), coming);
    }

    fn execute(&mut self, effect: Effect) {
        match effect {
            Effect::Net(request) => self.request(request),
            Effect::Store(request) => {
                let event = self.store.handle(request);
                self.later(1, Coming::Store(event));
            }
            other => panic!("not an effect of the synchronization: {other:?}"),
        }
    }

    fn request(&mut self, request: NetRequest) {
        let fault = (self.fault)(&request);
        match request {
            NetRequest::Refresh { region, trust, now } => {
                self.log.push(format!("refresh {region}"));
                let dead = fault == Some(NetErrorKind::Unreachable);
                let server_time = self.server_ahead.filter(|_| !dead).map(|ahead| self.true_time() + ahead);
                let result = fault.map_or_else(|| self.cloud.refresh(region, &trust, now), |kind| Err(error(kind)));
                self.later(LATENCY, Coming::Net(NetEvent::Refreshed { region, result, server_time }));
            }
            NetRequest::FetchTarget { region, target } => {
                self.log.push(format!("fetch {region} {}", target.path));
                let result = fault.map_or_else(|| self.cloud.fetch(region, &target), |kind| Err(error(kind)));
                let result = result.map(fetched);
                self.later(LATENCY, Coming::Net(NetEvent::Fetched { region, target, result }));
            }
            NetRequest::FetchObject { object } => {
                let offset = self.store.saved().partial.get(&object.sha256).copied().unwrap_or(0);
                self.log.push(format!("object {} from {offset}", self.name(object)));
                self.later(LATENCY + (object.length - offset) / self.rate, Coming::Object(object, fault));
            }
            NetRequest::BorrowObject { object, instead_of } => {
                self.log.push(format!("borrow {}", self.name(object)));
                let writer = self.store.open_in_memory(object, &instead_of);
                self.later(LATENCY + object.length / self.rate, Coming::Borrowed(object, writer, fault));
            }
            NetRequest::CancelObject { sha256 } => {
                let running = |coming: &Coming| matches!(coming, Coming::Object(object, _) if object.sha256 == sha256);
                let found = self.queue.iter().find(|(_, coming)| running(coming)).map(|(key, _)| *key);
                if let Some(Coming::Object(object, _)) = found.and_then(|key| self.queue.remove(&key)) {
                    self.log.push(format!("cancel {}", self.name(object)));
                    self.later(0, Coming::Object(object, Some(NetErrorKind::Cancelled)));
                }
            }
            NetRequest::Send { .. } | NetRequest::SendReport { .. } | NetRequest::Listen { .. } => {
                panic!("not a request of the synchronization")
            }
        }
    }

    /// Objects are called by their length, which tests choose to be different.
    fn name(&self, object: ObjectRef) -> String {
        object.length.to_string()
    }

    fn object_ends(&mut self, object: ObjectRef, fault: Option<NetErrorKind>) {
        let result = self.transfer(object, fault);
        let now = self.now();
        let received = self.store.saved().partial.get(&object.sha256).copied().unwrap_or(0);
        if received > 0 {
            let progress = NetEvent::ObjectProgress { sha256: object.sha256, received };
            self.sync.handle_net(progress, &mut self.library, now);
        }
        self.sync.handle_net(NetEvent::ObjectFetched { object, result }, &mut self.library, now);
    }

    /// Wrong bytes have been found out by the sink.
    fn transfer(&mut self, object: ObjectRef, fault: Option<NetErrorKind>) -> Result<(), NetError> {
        let storage = |failure: crate::event::StoreError| match failure.kind {
            crate::event::StoreErrorKind::Corrupt => error(NetErrorKind::Untrusted),
            _ => error(NetErrorKind::Storage),
        };
        let Some(bytes) = self.cloud.objects.get(&object.sha256).cloned() else {
            return Err(error(NetErrorKind::Missing));
        };
        let mut writer = self.store.open(object).map_err(storage)?;
        let offset = writer.offset() as usize;
        match fault {
            None => {
                writer.write(&bytes[offset..]).map_err(storage)?;
                writer.finish().map_err(storage)
            }
            Some(NetErrorKind::Untrusted) => {
                let _ = writer.write(&vec![0xee; bytes.len() - offset]);
                writer.finish().map_err(storage)
            }
            Some(kind) if !self.fails_half_way => Err(error(kind)),
            Some(kind) => {
                let half = offset + (bytes.len() - offset) / 2;
                writer.write(&bytes[offset..half]).map_err(storage)?;
                Err(error(kind))
            }
        }
    }

    // ----------------------------------------------------------------------------------------------- what tests ask

    pub fn ids(&self) -> Vec<&str> {
        self.library.items().map(|item| item.id.as_str()).collect()
    }

    /// The requests since the last call, in order.
    pub fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub fn requests(&self, prefix: &str) -> Vec<&str> {
        self.log.iter().map(String::as_str).filter(|entry| entry.starts_with(prefix)).collect()
    }

    pub fn has(&self, object: ObjectRef) -> bool {
        self.library.has(object.sha256)
    }

    /// Everything that the cloud publishes for this box is stored, and nothing else.
    #[track_caller]
    pub fn assert_complete(&self) {
        let status = self.sync.status();
        assert!(status.last_success.is_some(), "{status:?}");
        assert_eq!(status.pending_objects, 0, "{status:?}");
        let saved = self.store.saved();
        let mut expected: Vec<&Item> = Vec::new();
        for (region, repo) in &self.cloud.repos {
            for (path, (target, document)) in &repo.documents {
                let stored = saved.pages.get(&(*region, path.clone()));
                assert_eq!(stored, Some(&target.object.sha256), "{region} {path}");
                if let Document::Page(items) = document {
                    expected.extend(items);
                }
            }
        }
        let mut ids: Vec<&str> = expected.iter().map(|item| item.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(self.ids(), ids);
        for needed in expected.iter().flat_map(|item| item.summarize().objects) {
            assert!(self.has(needed.object), "{needed:?} is missing");
            assert!(saved.objects.contains_key(&needed.object.sha256), "{needed:?} is not on the disk");
        }
    }
}
