//! The box itself, with its own synchronization and its own verification, follows what happens to keys.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use yuexiang_cloud::keys::Keyring;
use yuexiang_cloud::objects::Stored;
use yuexiang_cloud::publish::Publisher;
use yuexiang_cloud::tuf::{Role, Version};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::event::{Effect, NetError, NetErrorKind, NetEvent, NetRequest, Refreshed, RegionTrust, Saved};
use yuexiang_core::library::Library;
use yuexiang_core::region::RegionCode;
use yuexiang_core::reports::{Report, Trouble, why};
use yuexiang_core::sync::testing::memory_store::MemoryStore;
use yuexiang_core::sync::{Sync, SyncConfig};
use yuexiang_core::time::Now;
use yuexiang_net::{Net, NetConfig};

use crate::fixture::{LINEAGE, PROVINCE, Server, TestPack, VILLAGE, World, eventually};

const TOWN: &str = LINEAGE[3];
const COUNTY: &str = LINEAGE[2];
const DAY: i64 = 24 * 3_600;

pub fn code(region: &str) -> RegionCode {
    region.parse().expect("a code")
}

fn cloud(region: &str) -> yuexiang_cloud::region::RegionCode {
    region.parse().expect("a code")
}

/// The box has the machine's clock, as the server's answers do.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A box without a screen: synchronization, network, and a store in memory. Its monotonic clock jumps to whatever it
/// waits for as soon as nothing is under way.
pub struct Television {
    sync: Sync,
    library: Library,
    store: MemoryStore,
    net: Net,
    events: Receiver<NetEvent>,
    monotonic: u64,
}

impl Television {
    pub fn start(url: &str, province_root: Vec<u8>, store: MemoryStore) -> Television {
        Television::start_in(url, province_root, store, VILLAGE)
    }

    /// One that was set up for this village.
    pub fn start_in(url: &str, province_root: Vec<u8>, store: MemoryStore, village: &str) -> Television {
        let (sender, events) = channel();
        let sink = Arc::new(store.clone());
        // The receiver lives as long as the network does.
        let net = Net::new(NetConfig::new(url), sink, move |event| drop(sender.send(event))).expect("a network");
        let saved: Saved = store.saved();
        let config = SyncConfig {
            village: code(village),
            province_root,
            poll_interval_ms: 300_000,
            quota: 1 << 30,
            reserve_free: 0,
            parallel_downloads: 2,
            seed: 7,
            built: now() - DAY,
        };
        let time = Now { monotonic: 0, wall: now() * 1_000 };
        let (sync, library) = (Sync::new(config, &saved, time), Library::from_saved(&saved, code(village)));
        Television { sync, library, store, net, events, monotonic: 0 }
    }

    pub fn time(&self) -> Now {
        Now { monotonic: self.monotonic, wall: now() * 1_000 }
    }

    /// Goes on for so many milliseconds of its own time.
    pub fn watch(&mut self, milliseconds: u64) {
        let end = self.monotonic + milliseconds;
        let mut under_way = 0;
        loop {
            let time = self.time();
            while let Some(effect) = self.sync.poll_effect() {
                match effect {
                    Effect::Net(request) => {
                        under_way += usize::from(!matches!(request, NetRequest::CancelObject { .. }));
                        self.net.handle(request);
                    }
                    Effect::Store(request) => {
                        let event = self.store.handle(request);
                        self.sync.handle_store(event, &mut self.library, time);
                    }
                    _ => {}
                }
            }
            if under_way > 0 {
                let event = self.events.recv_timeout(std::time::Duration::from_secs(60)).expect("an answer");
                let goes_on = matches!(event, NetEvent::ObjectProgress { .. } | NetEvent::MetadataVerified { .. });
                under_way -= usize::from(!goes_on);
                self.sync.handle_net(event, &mut self.library, time);
                continue;
            }
            match self.sync.poll_timeout() {
                Some(at) if at <= end => {
                    self.monotonic = self.monotonic.max(at);
                    let time = self.time();
                    self.sync.handle_timeout(&mut self.library, time);
                }
                _ => break,
            }
        }
        self.monotonic = end;
    }

    /// Less than one interval between polls, and enough for it to ask everybody once.
    pub fn round(&mut self) {
        let time = self.time();
        self.sync.request_now(time);
        self.watch(60_000);
    }

    pub fn trouble(&self) -> Option<(RegionCode, NetErrorKind)> {
        self.sync.status().last_trouble.map(|(region, kind, _)| (region, kind))
    }

    pub fn titles(&self) -> Vec<String> {
        self.store.saved().items.iter().map(|item| item.title.to_string()).collect()
    }

    /// What it would tell the cloud of the metadata that it refuses, and whether the cloud has taken that.
    pub fn report(&self) -> bool {
        let troubles = self.sync.refused().filter_map(|(region, kind, trust)| {
            let timestamp = trust.and_then(|trust| trust.files.get("timestamp.json")).cloned();
            Some(Trouble { object: region.to_string(), why: why(kind)?, timestamp })
        });
        let report = Report { village: code(VILLAGE), troubles: troubles.collect() };
        self.net.handle(NetRequest::SendReport { report });
        match self.events.recv_timeout(std::time::Duration::from_secs(60)).expect("an answer") {
            NetEvent::ReportSent { result } => result.is_ok(),
            other => panic!("{other:?}"),
        }
    }

    /// Where it stands.
    pub fn village(&self) -> String {
        self.sync.village().to_string()
    }

    /// What a region is called.
    pub fn name(&self, region: &str) -> Option<String> {
        self.library.region(code(region)).map(|info| info.name.clone())
    }

    /// Ids of the items that are admitted.
    pub fn ids(&self) -> Vec<String> {
        self.library.items().map(|item| item.id.clone()).collect()
    }

    /// Ids and numbers of a region's channels.
    pub fn channels(&self, region: &str) -> Vec<(String, u16)> {
        let own = self.library.channels().filter(|(owner, _)| *owner == code(region));
        own.flat_map(|(_, channels)| channels.iter().map(|channel| (channel.id.clone(), channel.number))).collect()
    }

    /// Titles of the items that are admitted.
    pub fn shown(&self) -> Vec<String> {
        self.library.items().map(|item| item.title.to_string()).collect()
    }

    pub fn root_version(&self, region: &str) -> u64 {
        let saved = self.store.saved();
        let root: serde_json::Value =
            serde_json::from_slice(&saved.trust[&code(region)].files["root.json"]).expect("JSON");
        root["signed"]["version"].as_u64().expect("a version")
    }

    /// What the box's own verification says of a region, starting from what it would have stored.
    pub fn refresh(&self, region: &str, trust: RegionTrust) -> Result<Refreshed, NetError> {
        self.net.handle(NetRequest::Refresh { region: code(region), trust, now: now() });
        loop {
            match self.events.recv_timeout(std::time::Duration::from_secs(60)).expect("an answer") {
                NetEvent::MetadataVerified { .. } => {}
                NetEvent::Refreshed { result, .. } => return result,
                other => panic!("{other:?}"),
            }
        }
    }
}

pub fn memory() -> MemoryStore {
    MemoryStore::new(|bytes| {
        use sha2::Digest;
        Sha256(sha2::Sha256::digest(bytes).into())
    })
}

/// A village and its town with a notice each, served.
async fn served() -> (World, Publisher, Server) {
    let world = World::new();
    let town: TestPack = world.pack("town", TOWN);
    town.item("bridge", "");
    world.publish_at(&[&world.village(), &town], now()).await.expect("publishes");
    let publisher = world.publisher().await;
    let server = world.serve();
    (world, publisher, server)
}

pub async fn province_root(publisher: &Publisher) -> Vec<u8> {
    publisher.store.file(cloud(PROVINCE), "1.root.json").await.expect("reads").expect("a root")
}

async fn ring(publisher: &Publisher, region: &str) -> Keyring {
    let mut change = publisher.store.change().await.expect("begins");
    let ring = Keyring::read(&publisher.master, &mut change, cloud(region)).await.expect("reads");
    change.abandon().await.expect("ends");
    ring
}

/// Puts files where the region's own would be, as somebody does who holds a mirror or the line.
async fn forge(publisher: &Publisher, server: &Server, region: &str, files: &[(&str, Vec<u8>)]) {
    let mut change = publisher.store.change().await.expect("begins");
    for (path, body) in files {
        change.keep_file(cloud(region), path, body).await.expect("keeps");
    }
    change.commit().await.expect("commits");
    for (path, body) in files {
        seen(server, region, path, body).await;
    }
}

/// Waits until the server serves a file.
async fn seen(server: &Server, region: &str, path: &str, body: &[u8]) {
    let address = format!("/tuf/{region}/{path}");
    eventually("serving a file", async || {
        let answer = server.get(&address).await;
        (answer.status().is_success() && answer.bytes().await.is_ok_and(|served| served == body)).then_some(())
    })
    .await;
}

/// Waits until the server serves what is in the database.
async fn published(publisher: &Publisher, server: &Server, region: &str) {
    let body = publisher.store.file(cloud(region), "timestamp.json").await.expect("reads").expect("a timestamp");
    seen(server, region, "timestamp.json", &body).await;
}

fn far(version: u64) -> Version {
    Version { version, expires: now() + 5 * DAY }
}

/// Timestamp and snapshot of a far future, about the targets that there are.
async fn far_future(publisher: &Publisher, ring: &Keyring, region: &str) -> (Vec<u8>, Vec<u8>) {
    let targets = publisher.store.file(cloud(region), "1.targets.json").await.expect("reads").expect("targets");
    let snapshot = ring.snapshot(far(1_000_000), far(1), &targets).expect("signs");
    let timestamp = ring.timestamp(far(2_000_000), far(1_000_000), &snapshot).expect("signs");
    (timestamp, snapshot)
}

fn trust(files: &[(&str, &[u8])]) -> RegionTrust {
    let files = files.iter().map(|(name, body)| ((*name).to_owned(), body.to_vec()));
    RegionTrust { files: files.collect(), etag: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_follows_within_a_round_when_the_county_puts_new_keys_in_charge_of_a_town() {
    let (_world, publisher, server) = served().await;
    let mut television = Television::start(&server.url, province_root(&publisher).await, memory());
    tokio::task::block_in_place(|| television.watch(60_000));
    assert_eq!((television.titles().len(), television.trouble()), (2, None));
    let stolen = ring(&publisher, TOWN).await;

    assert_eq!(publisher.revoke_child(cloud(TOWN), "test", now()).await.expect("revokes"), 2);
    for region in [TOWN, COUNTY] {
        published(&publisher, &server, region).await;
    }
    tokio::task::block_in_place(|| television.round());
    assert_eq!((television.root_version(TOWN), television.trouble()), (2, None));
    assert_eq!(television.titles().len(), 2);

    // Whoever has the old keys still can sign a chain of roots and everything below, and holds the line to the box.
    let forged_root = |version: u64| {
        let thief = stolen.plan().expect("a plan").document(cloud(TOWN), far(version)).expect("a root");
        let key = stolen.current(Role::Root).expect("the stolen key");
        let signature = stolen.signature(key, &thief).expect("signs");
        stolen.assemble(Role::Root, thief, [signature]).expect("a file")
    };
    let (timestamp, snapshot) = far_future(&publisher, &stolen, TOWN).await;
    let files = [
        ("2.root.json", forged_root(2)),
        ("3.root.json", forged_root(3)),
        ("timestamp.json", timestamp),
        ("1000000.snapshot.json", snapshot),
    ];
    forge(&publisher, &server, TOWN, &files).await;
    tokio::task::block_in_place(|| television.round());
    assert_eq!(television.root_version(TOWN), 2);
    assert_eq!(television.trouble(), Some((code(TOWN), NetErrorKind::Untrusted)));
    assert_eq!(television.titles().len(), 2, "what the box had stays");

    // A box that was switched off all the time is offered the thief's chain from the root on that it knows.
    let root = publisher.store.file(cloud(TOWN), "1.root.json").await.expect("reads").expect("a root");
    let asleep = trust(&[("root.json", &root)]);
    tokio::task::block_in_place(|| television.refresh(TOWN, asleep)).expect("the old root is all that it knows");
    let store = memory();
    let mut television = Television::start(&server.url, province_root(&publisher).await, store.clone());
    let saved = |root: Vec<u8>| {
        let changes = yuexiang_core::event::Changes {
            trust: vec![(code(TOWN), trust(&[("root.json", &root)]))],
            ..Default::default()
        };
        store.handle(yuexiang_core::event::StoreRequest::Commit { serial: 0, changes: Box::new(changes) })
    };
    saved(root);
    let mut late = Television::start(&server.url, province_root(&publisher).await, store.clone());
    tokio::task::block_in_place(|| late.watch(60_000));
    assert_eq!(late.root_version(TOWN), 2, "the county's word comes first");
    let root: &[u8] = &late.store.saved().trust[&code(TOWN)].files["root.json"];
    let own = publisher.store.file(cloud(COUNTY), &county_target(&publisher).await).await.expect("reads");
    assert_eq!(Some(root), own.as_deref(), "and it is the county's root, not the thief's second");
    tokio::task::block_in_place(|| television.watch(60_000));
    assert_eq!(television.trouble(), Some((code(TOWN), NetErrorKind::Untrusted)), "nor does a new box believe him");
}

/// Path of the file with which the county introduces the town.
async fn county_target(publisher: &Publisher) -> String {
    let mut change = publisher.store.change().await.expect("begins");
    let name = format!("children/{TOWN}.root.json");
    let targets = change.targets(cloud(COUNTY)).await.expect("reads");
    change.abandon().await.expect("ends");
    yuexiang_cloud::tuf::target_path(&name, &targets[&name].sha256)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_comes_back_from_versions_of_the_far_future_once_the_keys_are_replaced() {
    let (_world, publisher, server) = served().await;
    let television = Television::start(&server.url, province_root(&publisher).await, memory());
    let stolen = ring(&publisher, TOWN).await;
    let (timestamp, snapshot) = far_future(&publisher, &stolen, TOWN).await;
    let read = async |path: &str| publisher.store.file(cloud(TOWN), path).await.expect("reads").expect("a file");
    let (root, targets) = (read("1.root.json").await, read("1.targets.json").await);
    let deceived = trust(&[
        ("root.json", &root),
        ("timestamp.json", &timestamp),
        ("snapshot.json", &snapshot),
        ("targets.json", &targets),
    ]);
    let refresh = || tokio::task::block_in_place(|| television.refresh(TOWN, deceived.clone()));
    let error = refresh().expect_err("versions do not go backwards");
    assert_eq!(error.kind, NetErrorKind::Untrusted);
    // Many roots later, each with other keys.
    for role in [Role::Snapshot, Role::Root, Role::Timestamp, Role::Targets, Role::Root] {
        publisher.rotate_key(cloud(TOWN), role, "test", now()).await.expect("rotates");
    }
    published(&publisher, &server, TOWN).await;
    match refresh().expect("follows") {
        Refreshed::Changed { trust, .. } => {
            let root: serde_json::Value = serde_json::from_slice(&trust.files["root.json"]).expect("JSON");
            assert_eq!(root["signed"]["version"], 6);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_town_signs_for_another_is_refused() {
    let (world, publisher, server) = served().await;
    let neighbour = "440224104000";
    world.publish_at(&[&world.pack("neighbour", neighbour)], now()).await.expect("publishes");
    published(&publisher, &server, neighbour).await;
    let television = Television::start(&server.url, province_root(&publisher).await, memory());
    let root = publisher.store.file(cloud(neighbour), "1.root.json").await.expect("reads").expect("a root");
    let neighbours = trust(&[("root.json", &root)]);
    tokio::task::block_in_place(|| television.refresh(neighbour, neighbours.clone())).expect("the neighbour's own");

    // The town's keys sign targets, snapshot and timestamp with a page for the neighbour.
    let own = ring(&publisher, TOWN).await;
    let page = Stored { sha256: yuexiang_cloud::objects::hash(b"{}"), length: 2 };
    let targets = own.targets(far(9), &[("pages/party/2026-11.json".to_owned(), page)].into()).expect("signs");
    let snapshot = own.snapshot(far(9), far(9), &targets).expect("signs");
    let timestamp = own.timestamp(far(9), far(9), &snapshot).expect("signs");
    let all = [("9.targets.json", targets.clone()), ("9.snapshot.json", snapshot), ("timestamp.json", timestamp)];
    forge(&publisher, &server, neighbour, &all).await;
    let error = tokio::task::block_in_place(|| television.refresh(neighbour, neighbours.clone())).expect_err("forged");
    assert_eq!(error.kind, NetErrorKind::Untrusted, "{error}");

    // Nor do they when the rest is the neighbour's own, as if its online keys alone had been taken.
    let online = ring(&publisher, neighbour).await;
    let snapshot = online.snapshot(far(10), far(9), &targets).expect("signs");
    let timestamp = online.timestamp(far(10), far(10), &snapshot).expect("signs");
    forge(&publisher, &server, neighbour, &[("10.snapshot.json", snapshot), ("timestamp.json", timestamp)]).await;
    let error = tokio::task::block_in_place(|| television.refresh(neighbour, neighbours)).expect_err("forged");
    assert!(error.detail.contains("targets"), "{error}");
    assert_eq!(error.kind, NetErrorKind::Untrusted);
}
