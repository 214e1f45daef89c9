//! What must hold whatever happens.

use super::world::{POLL, hash};
use super::*;
use crate::catalog::{Content, Item, Video};
use crate::ports::ObjectSink;
use crate::sync::testing::conformance::{self, Subject};
use crate::sync::testing::memory_store::MemoryStore;
use crate::sync::testing::samples::{BUILT, item, picture};
use proptest::prelude::*;

/// Something that happens to the box or its cloud.
#[derive(Clone, Debug)]
enum Happening {
    /// A page with one video of so many bytes appears, of the division at this height above the village.
    Publish {
        height: usize,
        page: u8,
        length: u64,
        pinned: bool,
    },
    Withdraw {
        height: usize,
        page: u8,
    },
    /// Every so many-th request fails in this way.
    Line {
        every: usize,
        kind: NetErrorKind,
    },
    Restart,
    Pass {
        milliseconds: u64,
    },
    Want,
    CommitsFail {
        count: usize,
        full: bool,
    },
    WallClock {
        ahead: i64,
    },
}

fn kinds() -> impl Strategy<Value = NetErrorKind> {
    prop::sample::select(vec![
        NetErrorKind::Unreachable,
        NetErrorKind::Server,
        NetErrorKind::Missing,
        NetErrorKind::Untrusted,
        NetErrorKind::Storage,
    ])
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0..5usize, 1..4u8, 1..4_000u64, any::<bool>())
            .prop_map(|(height, page, length, pinned)| Happening::Publish { height, page, length, pinned }),
        1 => (0..5usize, 1..4u8).prop_map(|(height, page)| Happening::Withdraw { height, page }),
        2 => (1..6usize, kinds()).prop_map(|(every, kind)| Happening::Line { every, kind }),
        1 => Just(Happening::Restart),
        4 => (1..900_000u64).prop_map(|milliseconds| Happening::Pass { milliseconds }),
        1 => Just(Happening::Want),
        1 => (1..4usize, any::<bool>()).prop_map(|(count, full)| Happening::CommitsFail { count, full }),
        1 => prop::sample::select(vec![0, -BUILT, 500_000_000]).prop_map(|ahead| Happening::WallClock { ahead }),
    ]
}

fn path(page: u8) -> String {
    format!("pages/party/2026-0{page}.json")
}

fn happen(world: &mut World, serial: i64, what: &Happening) {
    match what {
        Happening::Publish { height, page, length, pinned } => {
            let region = village().lineage()[4 - height];
            let poster = picture(world.cloud.object(20), world.cloud.object(10));
            let object = world.cloud.object(*length);
            let video = Video { object, width: 1, height: 1, duration: 1, poster };
            let id = format!("{region}/{page}");
            let content = Content::Video { video };
            let one = Item { content, pinned: *pinned, published: BUILT + serial, ..item(&id) };
            world.cloud.publish(&path(*page), vec![one]);
        }
        Happening::Withdraw { height, page } => world.cloud.withdraw(village().lineage()[4 - height], &path(*page)),
        Happening::Line { every, kind } => {
            let (every, kind, mut count) = (*every, *kind, 0);
            world.fault = Box::new(move |_| {
                count += 1;
                (count % every == 0).then_some(kind)
            });
        }
        Happening::Restart => world.restart(),
        Happening::Pass { milliseconds } => drive_within_quota(world, *milliseconds),
        Happening::Want => {
            let objects = world.library.items().flat_map(|item| item.objects.clone()).take(3).collect();
            world.sync.want(objects, world.now());
        }
        Happening::CommitsFail { count, full } => {
            let kind = if *full { StoreErrorKind::Full } else { StoreErrorKind::Io };
            world.store.refuse_commits(*count, kind);
        }
        Happening::WallClock { ahead } => world.wall_ahead = *ahead,
    }
}

fn drive_within_quota(world: &mut World, milliseconds: u64) {
    let end = world.monotonic + milliseconds;
    let mut steps = 0;
    while world.step(end) {
        assert!(world.store.used() <= world.config.quota, "{} bytes are used", world.store.used());
        steps += 1;
        assert!(steps < 200_000, "the machine does not come to rest: {:?}", &world.log[world.log.len() - 20..]);
    }
    world.monotonic = end;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_a_good_line_brings_everything(
        happenings in prop::collection::vec(happening(), 0..25), seed: u64,
    ) {
        let mut world = World::new(|config| config.seed = seed);
        for (serial, what) in happenings.iter().enumerate() {
            happen(&mut world, serial as i64, what);
        }
        world.fault = Box::new(|_| None);
        world.store.refuse_commits(0, StoreErrorKind::Io);
        drive_within_quota(&mut world, 20 * 3_600_000);
        world.assert_complete();
        prop_assert_eq!(world.sync.status().last_trouble, None);
    }

    #[test]
    fn never_more_than_the_quota_is_used_and_the_machine_comes_to_rest(
        happenings in prop::collection::vec(happening(), 0..25), seed: u64, quota in 0..12_000u64,
    ) {
        let mut world = World::new(|config| { config.seed = seed; config.quota = quota; });
        for (serial, what) in happenings.iter().enumerate() {
            happen(&mut world, serial as i64, what);
        }
        world.fault = Box::new(|_| None);
        world.store.refuse_commits(0, StoreErrorKind::Io);
        drive_within_quota(&mut world, 20 * 3_600_000);
        // Nothing changes any more: no download, no eviction, only rounds.
        world.take_log();
        let before = world.store.saved().objects;
        drive_within_quota(&mut world, POLL * 10);
        prop_assert_eq!(world.requests("object").len(), 0);
        prop_assert_eq!(world.store.saved().objects, before);
    }
}

struct InMemory(MemoryStore);

impl Subject for InMemory {
    fn handle(&mut self, request: StoreRequest) -> StoreEvent {
        self.0.handle(request)
    }

    fn sink(&self) -> Box<dyn ObjectSink + '_> {
        Box::new(self.0.clone())
    }

    fn reopen(&mut self) -> Saved {
        self.0.saved()
    }

    fn hash(&self, bytes: &[u8]) -> Sha256 {
        hash(bytes)
    }

    fn damage(&mut self, sha256: Sha256) {
        self.0.damage(sha256);
    }
}

#[test]
fn the_store_in_memory_behaves_as_a_store() {
    conformance::check(&|| Box::new(InMemory(MemoryStore::new(hash))));
}
