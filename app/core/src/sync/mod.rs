//! Keeps the box's cache equal to what its five ancestors publish.
//!
//! [`Sync`] does no I/O: it takes the answers of network and store in, and gives requests out.
//!
//! # A round
//!
//! About every `poll_interval_ms` (± 20 %, so that boxes do not come in step) every ancestor's timestamp is asked for.
//! Where it has changed, the network brings verified metadata; its targets are compared with the hashes of the pages
//! that are stored, and what differs is fetched. Each page goes into the store in one transaction with its hash. The
//! metadata is committed as soon as it has verified, file by file: what a new root revokes stays revoked, even if all that
//! follows fails. After a power cut the next answer is "unchanged", its targets are compared again, and the rest is
//! fetched. So every commit is a point to resume from.
//!
//! A message from the cloud brings a region's question forward ([`NetEvent::Woken`]), so that what was published is on
//! the screen within seconds. Who floods a box with such messages makes it ask once a second and no more; who keeps
//! them from it leaves it with its rounds.
//!
//! A new box knows the province's root only. Each parent's targets carry the first root of the next division, so the
//! first round runs top-down; later ones ask all ancestors at once. A region that fails is tried again by itself, with
//! backoff, and stops no other. When a parent publishes *another* first root for a child, the parent has put new keys
//! in charge: it replaces the child's root, and metadata that the new keys did not sign is void.
//!
//! # Moves
//!
//! A region may go on under another code ([`crate::moves`]). Once a round has come to rest, the box goes along: the
//! regions of the new lineage take the place of the old ones, and what is stored of these is theirs until their own pages
//! have come. Then it asks at once.
//!
//! # Objects
//!
//! Text comes with the pages. Pictures and videos are fetched in the order of [`plan`]: what a viewer has opened, then
//! all pictures, then videos, the village before the town, the newest first. When space is short, videos of lesser
//! worth go ([`space`]); what does not fit stays streamable, and pictures that somebody looks at are shown from memory.
//! Several wrong objects in a row are the fault of the way by which they come ([`way`]).
//!
//! # Time
//!
//! See [`clock`]: expiry is judged at the best time there is, and what a forged `Date` can do is bounded.

pub(crate) mod backoff;
mod clock;
mod downloads;
mod outbox;
mod plan;
mod relocate;
mod rounds;
mod space;
mod steps;
mod way;
pub mod testing;
#[cfg(test)]
mod tests;

use crate::catalog::{NeededObject, ObjectRef, Sha256};
use crate::event::{
    Changes, Document, Effect, Fetched, NetError, NetErrorKind, NetEvent, NetRequest, Refreshed, RegionTrust, Saved,
    Space, StoreError, StoreErrorKind, StoreEvent, StoreRequest, Target,
};
use crate::library::Library;
use crate::moves::{Move, Place, Relocation};
use crate::region::RegionCode;
use crate::time::{Now, UnixSeconds};
use backoff::Jitter;
use clock::Clock;
pub use downloads::Fate;
use downloads::{Downloads, Keep, Limits};
use outbox::Outbox;
use rounds::{Activity, Region};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use steps::{forget_strangers, regions};

/// Setting: a time that has certainly been reached, in Unix seconds.
const FLOOR: &str = "clock/floor";
/// Setting: the wall clock was found wrong (1), and has not been found right since.
const WALL_WRONG: &str = "clock/wall-wrong";
/// Setting: when everything was last up to date, in Unix seconds.
pub(crate) const LAST_SUCCESS: &str = "sync/last-success";
/// The two are written with other changes, and by themselves no more often than this: an hour, in seconds.
const SAVE_TIME_EVERY: i64 = 3600;
/// Pages asked for at the same time.
const PARALLEL_FETCHES: usize = 4;
const RETRY_FIRST: u64 = 10_000;
/// The first round begins within this time, so that a village whose power returns does not ask in one instant.
const FIRST_POLL: u64 = 1_000;
/// A region is not asked more often on the word of messages, in milliseconds.
const WAKES_APART: u64 = 1_000;

#[derive(Clone, Debug)]
pub struct SyncConfig {
    /// For which the box was set up. It may have gone on under another code since: [`Place`].
    pub village: RegionCode,
    /// The province's TUF root, from the box's image.
    pub province_root: Vec<u8>,
    pub poll_interval_ms: u64,
    /// Bytes that objects may take.
    pub quota: u64,
    /// Bytes that stay free on the file system.
    pub reserve_free: u64,
    pub parallel_downloads: usize,
    pub seed: u64,
    /// When the program was built: no true time is earlier.
    pub built: UnixSeconds,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncStatus {
    /// Metadata, pages or objects are being fetched or written.
    pub running: bool,
    /// Whether the cloud answered when it was last asked; `None` before that.
    pub online: Option<bool>,
    /// When everything was last up to date.
    pub last_success: Option<UnixSeconds>,
    /// What has gone wrong since then.
    pub last_trouble: Option<(RegionCode, NetErrorKind, String)>,
    /// Objects that are still to come.
    pub pending_objects: usize,
    pub pending_bytes: u64,
    /// Some region's metadata or pages fail again and again.
    pub failing: bool,
    /// Not even text and pictures fit.
    pub storage_full: bool,
    /// The store refuses what it is given again and again.
    pub storage_failing: bool,
    /// Several objects in a row were wrong: it is the way by which they come, and all wait until one is right.
    pub way_doubted: bool,
    /// Objects in whose place something else came.
    pub wrong_objects: usize,
    /// Objects that the server does not have.
    pub absent_objects: usize,
    /// Pictures for which there is no room.
    pub unfit_pictures: usize,
    /// The box's clock is wrong; the server's time is used.
    pub clock_corrected: bool,
}

impl SyncStatus {
    /// What came last could not be verified.
    pub fn is_refused(&self) -> bool {
        let kind = self.last_trouble.as_ref().map(|(_, kind, _)| *kind);
        matches!(kind, Some(NetErrorKind::Untrusted | NetErrorKind::Expired | NetErrorKind::Malformed))
    }
}

/// The synchronization of one box with its village and the divisions above it.
///
/// Call a `handle_*` method or a command, then [`Sync::poll_effect`] until there is nothing more, then wait for an
/// answer or until [`Sync::poll_timeout`], and call [`Sync::handle_timeout`] in the latter case.
pub struct Sync {
    config: SyncConfig,
    /// From the province to the village.
    regions: Vec<Region>,
    lineage: Vec<RegionCode>,
    place: Place,
    /// Moves that may be followed: by the region that goes on elsewhere, with who signed them.
    moves: BTreeMap<RegionCode, (RegionCode, Move)>,
    /// The last one that must not be followed: who signed it, and why not.
    refused_move: Option<(RegionCode, NetErrorKind, String)>,
    /// The last one that was followed, until somebody asks.
    relocation: Option<Relocation>,
    clock: Clock,
    jitter: Jitter,
    outbox: Outbox,
    downloads: Downloads,
    effects: VecDeque<Effect>,
    next_poll: u64,
    /// Something was commanded that needs the library: `handle_timeout` is to be called at once.
    urgent: bool,
    replan: bool,
    planned_items: u64,
    /// Withdrawn items may have left objects behind.
    collect: bool,
    broken: BTreeSet<Sha256>,
    verifying: BTreeSet<Sha256>,
    /// Reported broken, but the bytes are what was published; asking again is pointless.
    sound: BTreeSet<Sha256>,
    online: Option<bool>,
    last_success: Option<UnixSeconds>,
    saved_time: UnixSeconds,
    saved_wall_wrong: bool,
    last_trouble: Option<(RegionCode, NetErrorKind, String)>,
}

impl Sync {
    pub fn new(config: SyncConfig, saved: &Saved, now: Now) -> Sync {
        let place = Place::of(config.village, &saved.settings);
        let lineage = place.village.lineage();
        let setting = |name: &str| saved.settings.get(name).and_then(|value| value.parse::<UnixSeconds>().ok());
        let floor = config.built.max(setting(FLOOR).unwrap_or(config.built));
        let mut jitter = Jitter::new(config.seed);
        let mut sync = Sync {
            regions: regions(&config, &lineage, saved),
            clock: Clock::new(floor, setting(WALL_WRONG) == Some(1)),
            saved_wall_wrong: setting(WALL_WRONG) == Some(1),
            outbox: Outbox::default(),
            downloads: Downloads::new(saved.partial.clone()),
            effects: VecDeque::new(),
            next_poll: now.monotonic + jitter.backoff(1, FIRST_POLL, FIRST_POLL),
            urgent: true,
            replan: true,
            planned_items: 0,
            collect: true,
            broken: BTreeSet::new(),
            verifying: BTreeSet::new(),
            sound: BTreeSet::new(),
            online: None,
            last_success: setting(LAST_SUCCESS),
            saved_time: setting(LAST_SUCCESS).unwrap_or(0),
            last_trouble: None,
            lineage,
            place,
            moves: BTreeMap::new(),
            refused_move: None,
            relocation: None,
            jitter,
            config,
        };
        sync.outbox.add(forget_strangers(&sync.lineage, saved));
        sync
    }

    pub fn handle_net(&mut self, event: NetEvent, library: &mut Library, now: Now) {
        match event {
            NetEvent::MetadataVerified { region, trust } => return self.metadata_verified(region, trust),
            NetEvent::Refreshed { region, result, server_time } => self.refreshed(region, result, server_time, now),
            NetEvent::Fetched { region, target, result } => self.fetched(region, &target, result, now),
            NetEvent::ObjectProgress { sha256, received } => {
                self.online = Some(true);
                self.downloads.progress(sha256, received);
                return;
            }
            NetEvent::ObjectFetched { object, result } => self.object_fetched(object, result, library, now),
            NetEvent::Woken { region, within } => return self.woken(region, within, now),
            NetEvent::Sent { .. } | NetEvent::ReportSent { .. } => return,
        }
        self.settle(library, now);
    }

    /// Takes in what became of a commit or of a verification; items are not for us.
    pub fn handle_store(&mut self, event: StoreEvent, library: &mut Library, now: Now) {
        match event {
            StoreEvent::Committed { serial, result, space } => self.committed(serial, result, space, library, now),
            StoreEvent::Verified { object, whole } => self.verified(object, whole, library, now),
            StoreEvent::Decoded { changes } => {
                library.apply(&changes);
                self.collect = true;
            }
            StoreEvent::Item { .. } => return,
        }
        self.settle(library, now);
    }

    pub fn handle_timeout(&mut self, library: &mut Library, now: Now) {
        self.urgent = false;
        self.outbox.handle_timeout(now);
        self.downloads.handle_timeout(library, now);
        if self.next_poll <= now.monotonic {
            self.start_round(now);
        }
        for index in 0..self.regions.len() {
            if self.regions[index].retry_at.is_some_and(|at| at <= now.monotonic) {
                self.refresh(index, false, now);
            }
            if self.regions[index].wake_due().is_some_and(|at| at <= now.monotonic) {
                self.regions[index].wake_at = None;
                self.regions[index].woken_at = Some(now.monotonic);
                self.refresh(index, false, now);
            }
        }
        for sha256 in std::mem::take(&mut self.broken) {
            let Some(stored) = library.object(sha256) else { continue };
            if !self.sound.contains(&sha256) && self.verifying.insert(sha256) {
                let object = ObjectRef { sha256, length: stored.length };
                self.effects.push_back(Effect::Store(StoreRequest::Verify { object }));
            }
        }
        self.settle(library, now);
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front().or_else(|| self.outbox.poll().map(Effect::Store))
    }

    /// When to call [`Sync::handle_timeout`], in monotonic milliseconds; it may lie in the past.
    pub fn poll_timeout(&self) -> Option<u64> {
        if self.urgent {
            return Some(0);
        }
        let retries = self.regions.iter().flat_map(|region| [region.retry_at, region.wake_due()]).flatten();
        let others = [self.outbox.poll_timeout(), self.downloads.poll_timeout()].into_iter().flatten();
        retries.chain(others).chain([self.next_poll]).min()
    }

    /// A viewer asked for it, or the cloud has told that something changed: asks now, whatever is being waited for.
    pub fn request_now(&mut self, now: Now) {
        self.downloads.forgive();
        self.replan = true;
        self.urgent = true;
        self.start_round(now);
    }

    /// Adds to the next transaction.
    pub fn commit(&mut self, changes: Changes) {
        self.outbox.add(changes);
    }

    /// Whether what is to be sent is still on its way into the store.
    pub fn writes_uplink(&self) -> bool {
        self.outbox.writes_uplink()
    }

    /// What is shown or played now is never evicted.
    pub fn set_on_screen(&mut self, objects: BTreeSet<Sha256>) {
        self.downloads.on_screen = objects;
    }

    /// In the place of these pictures the screen shows place holders.
    pub fn look_at(&mut self, lacking: BTreeSet<Sha256>, library: &Library, now: Now) {
        if !self.downloads.looks_at(&lacking) {
            self.downloads.look_at(lacking, library, now);
            self.urgent = true;
        }
    }

    /// Why an object that is needed is not stored.
    pub fn fate(&self, sha256: Sha256) -> Fate {
        self.downloads.fate(&sha256)
    }

    /// Its stored bytes are being compared with what was published.
    pub fn is_checking(&self, sha256: Sha256) -> bool {
        self.broken.contains(&sha256) || self.verifying.contains(&sha256)
    }

    /// It is being fetched, or will be by itself.
    pub fn is_coming(&self, sha256: Sha256) -> bool {
        self.downloads.fate(&sha256) == Fate::Coming && self.downloads.is_coming(sha256)
    }

    /// The store cannot read what came with this page: it is fetched again with the next answer, which is asked for now.
    pub fn fetch_again(&mut self, code: RegionCode, path: &str, now: Now) {
        let Some(index) = self.lineage.iter().position(|other| *other == code) else { return };
        // No page has this hash.
        if let Some(taken) = self.regions[index].pages.get_mut(path) {
            *taken = Sha256([0; 32]);
        }
        self.refresh(index, false, now);
    }

    /// Somebody opened what needs these objects: they come first.
    pub fn want(&mut self, objects: Vec<NeededObject>, now: Now) {
        self.downloads.want(objects.iter().map(|needed| needed.object.sha256), now);
        self.replan = true;
        self.urgent = true;
    }

    /// A decoder could not use the object: its bytes are checked, and fetched again when they are not what they should
    /// be.
    pub fn report_broken(&mut self, sha256: Sha256) {
        self.broken.insert(sha256);
        self.urgent = true;
    }

    pub fn status(&self) -> SyncStatus {
        let (pending_objects, pending_bytes) = self.downloads.pending();
        let (wrong_objects, absent_objects) = self.downloads.faulty();
        SyncStatus {
            running: self.downloads.is_active()
                || self.outbox.writes_content()
                || self.regions.iter().any(|region| !region.is_idle()),
            online: self.online,
            last_success: self.last_success,
            last_trouble: self.last_trouble.clone(),
            failing: self.regions.iter().any(|region| region.failures > 1),
            pending_objects,
            pending_bytes,
            storage_full: self.downloads.storage_full(),
            storage_failing: self.outbox.is_failing(),
            way_doubted: self.downloads.way_is_doubted(),
            wrong_objects,
            absent_objects,
            unfit_pictures: self.downloads.unfit_pictures(),
            clock_corrected: self.clock.wall_is_wrong(),
        }
    }

    /// Regions whose metadata were refused when they were last asked for, with what the box has of them.
    pub fn refused(&self) -> impl Iterator<Item = (RegionCode, NetErrorKind, Option<&RegionTrust>)> {
        self.regions.iter().filter_map(|region| Some((region.code, region.refused?, region.trust.as_ref())))
    }

    /// The time, for whoever says it; `None` while it is not known.
    pub fn true_time(&self, now: Now) -> Option<UnixSeconds> {
        self.clock.true_time(now)
    }

    /// The time that has certainly been reached, for whoever decides what is shown.
    pub fn at_least(&self, now: Now) -> UnixSeconds {
        self.clock.at_least(now)
    }
}
