//! One region's part of a round: its metadata, then the pages that changed.

use crate::catalog::Sha256;
use crate::event::{NetError, NetErrorKind, RegionTrust, Target};
use crate::library::{CHANNELS_TARGET, REGION_TARGET, REVIEW_TARGET};
use crate::region::RegionCode;
use crate::time::UnixSeconds;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// ```text
///   Idle ──asked──▶ Refreshing ──targets verified──▶ Fetching ──all fetched──▶ Idle, done
///    ▲                  │ failed                        │ some failed
///    └──────────────────┴───────────────────────────────┘ retry_at
/// ```
#[derive(Debug)]
pub(super) struct Region {
    pub code: RegionCode,
    /// 0 is the village.
    pub nearness: u8,
    /// Name of the target that holds the next division's first root; `None` for the village.
    pub child_target: Option<String>,
    /// Names of the targets that say where the regions below in the box's lineage have gone.
    move_targets: BTreeSet<String>,
    /// Regions whose first roots it publishes.
    pub introduces: BTreeSet<RegionCode>,
    /// Without a root until the parent has told the first one. What else there is keeps rollbacks out.
    pub trust: Option<RegionTrust>,
    pub activity: Activity,
    /// Target path → hash of what has been taken from it.
    pub pages: BTreeMap<String, Sha256>,
    /// Targets whose authentic bytes could not be used; they are not asked for again until they change.
    unusable: BTreeMap<String, Sha256>,
    pub failures: u32,
    /// How the last answer failed, if it was one that cannot be believed.
    pub refused: Option<NetErrorKind>,
    pub retry_at: Option<u64>,
    /// When to ask because of a message, and when that was done last.
    pub wake_at: Option<u64>,
    pub woken_at: Option<u64>,
    /// Everything of this round is there.
    pub done: bool,
}

#[derive(Debug)]
pub(super) enum Activity {
    Idle,
    Refreshing {
        /// The time at which the metadata is being verified.
        asked: UnixSeconds,
        /// Asked a second time, because the first answer put the clock right.
        again: bool,
        /// Asked with a root that the region above has replaced since: the answer no longer counts.
        void: bool,
    },
    Fetching {
        /// The next one last.
        waiting: Vec<Target>,
        running: Vec<Target>,
        failed: Option<NetError>,
        /// Targets in a row whose bytes were wrong.
        refused: usize,
    },
}

impl Region {
    pub fn new(
        code: RegionCode,
        nearness: u8,
        below: &[RegionCode],
        trust: Option<RegionTrust>,
        pages: BTreeMap<String, Sha256>,
    ) -> Region {
        Region {
            code,
            nearness,
            child_target: below.first().map(|child| format!("children/{child}.root.json")),
            move_targets: below.iter().map(|code| format!("moved/{code}.json")).collect(),
            introduces: BTreeSet::new(),
            trust,
            activity: Activity::Idle,
            pages,
            unusable: BTreeMap::new(),
            failures: 0,
            refused: None,
            retry_at: None,
            wake_at: None,
            woken_at: None,
            done: false,
        }
    }

    /// A message that comes during a question waits for its end: the answer may be older than the message.
    pub fn wake_due(&self) -> Option<u64> {
        self.wake_at.filter(|_| self.is_idle())
    }

    pub fn is_idle(&self) -> bool {
        matches!(self.activity, Activity::Idle)
    }

    /// Compares verified targets with what is stored: starts fetching what changed and returns the paths that are gone.
    pub fn accept(&mut self, targets: Vec<Target>, child_needs_root: bool) -> Vec<String> {
        let child_target = self.child_target.clone();
        let is_child = |path: &str| child_target.as_deref() == Some(path);
        self.introduces = targets.iter().filter_map(|target| child_of(&target.path)).collect();
        let mut waiting: Vec<Target> = targets.into_iter().filter(|target| self.concerns_us(&target.path)).collect();
        let gone: Vec<String> =
            self.pages.keys().filter(|path| !waiting.iter().any(|target| target.path == **path)).cloned().collect();
        for path in &gone {
            self.pages.remove(path);
        }
        waiting.retain(|target| {
            let stored = self.pages.get(&target.path) == Some(&target.object.sha256);
            let unusable = self.unusable.get(&target.path) == Some(&target.object.sha256);
            (!stored && !unusable) || (is_child(&target.path) && child_needs_root)
        });
        waiting.sort_by_key(|target| Reverse(urgency(&target.path)));
        self.activity = Activity::Fetching { waiting, running: Vec::new(), failed: None, refused: 0 };
        gone
    }

    pub fn lacks_root(&self) -> bool {
        self.trust.as_ref().is_none_or(|trust| !trust.files.contains_key(ROOT))
    }

    pub fn has_followed(&self, root: &[u8]) -> bool {
        let files = self.trust.iter().flat_map(|trust| &trust.files);
        files.filter(|(name, _)| name.ends_with(ROOT)).any(|(_, bytes)| bytes == root)
    }

    /// Takes the root that the region above has put in charge. What is under way on the word of the one before is void.
    /// Unless it `is_another` than before, it takes the place of one that was lost, and what was known of versions holds.
    pub fn replace_root(&mut self, root: Vec<u8>, is_another: bool) -> RegionTrust {
        match &mut self.activity {
            Activity::Idle => {}
            Activity::Refreshing { void, .. } => *void = true,
            Activity::Fetching { .. } => self.activity = Activity::Idle,
        }
        // Lower metadata of the old root stays: it keeps rollbacks out if the same keys signed it, and is ignored if
        // others did.
        let trust = self.trust.get_or_insert_default();
        if is_another {
            trust.files.retain(|name, _| !name.ends_with(".root.json"));
        }
        trust.files.insert(ROOT.to_owned(), root);
        trust.etag = None;
        trust.clone()
    }

    /// Other regions' first roots are none of our business, nor is what a later version may publish.
    fn concerns_us(&self, path: &str) -> bool {
        path == REGION_TARGET
            || path == CHANNELS_TARGET
            || path == REVIEW_TARGET
            || path.starts_with("pages/")
            || self.child_target.as_deref() == Some(path)
            || self.move_targets.contains(path)
    }

    /// Of the next target, among those of all regions: what opens the way down and what admits items go before
    /// everything else, whatever the region.
    pub fn next_urgency(&self) -> Option<(u8, u8)> {
        match &self.activity {
            Activity::Fetching { waiting, .. } => {
                waiting.last().map(|target| (urgency(&target.path).0.min(ORDINARY), self.nearness))
            }
            _ => None,
        }
    }

    pub fn start_fetch(&mut self) -> Option<Target> {
        let Activity::Fetching { waiting, running, .. } = &mut self.activity else { return None };
        let target = waiting.pop()?;
        running.push(target.clone());
        Some(target)
    }

    pub fn running(&self) -> usize {
        match &self.activity {
            Activity::Fetching { running, .. } => running.len(),
            _ => 0,
        }
    }

    /// Notes that the answer for `target` is here. `false` when it had not been asked for.
    pub fn fetch_ended(&mut self, target: &Target) -> bool {
        let Activity::Fetching { running, .. } = &mut self.activity else { return false };
        let position = running.iter().position(|other| other == target);
        position.map(|position| running.swap_remove(position)).is_some()
    }

    /// Answers whether its content is another than what was taken before.
    pub fn stored(&mut self, target: &Target) -> bool {
        if let Activity::Fetching { refused, .. } = &mut self.activity {
            *refused = 0;
        }
        self.unusable.remove(&target.path);
        self.pages.insert(target.path.clone(), target.object.sha256) != Some(target.object.sha256)
    }

    pub fn fetch_failed(&mut self, target: &Target, error: NetError) {
        if error.kind == NetErrorKind::Malformed {
            self.unusable.insert(target.path.clone(), target.object.sha256);
            return;
        }
        if let Activity::Fetching { waiting, failed, refused, .. } = &mut self.activity {
            *refused += usize::from(matches!(error.kind, NetErrorKind::Untrusted | NetErrorKind::Missing));
            // One page that cannot be had must not hold up the others, but a line that is dead, or that brings nothing
            // but wrong bytes, need not be asked again.
            if matches!(error.kind, NetErrorKind::Unreachable | NetErrorKind::Server) || *refused >= SEVERAL {
                waiting.clear();
            }
            failed.get_or_insert(error);
        }
    }

    /// When nothing is left to fetch: how it went.
    pub fn fetching_ended(&mut self) -> Option<Result<(), NetError>> {
        match &mut self.activity {
            Activity::Fetching { waiting, running, failed, .. } if waiting.is_empty() && running.is_empty() => {
                Some(failed.take().map_or(Ok(()), Err))
            }
            _ => None,
        }
    }

    pub fn has_unusable(&self) -> bool {
        !self.unusable.is_empty()
    }
}

/// Name of the trusted root among the files of [`RegionTrust`].
pub(super) const ROOT: &str = "root.json";
/// The region whose first root lies at this path.
fn child_of(path: &str) -> Option<RegionCode> {
    path.strip_prefix("children/")?.strip_suffix(".root.json")?.parse().ok()
}

/// So many targets in a row are wrong because of the way by which they come.
const SEVERAL: usize = 3;
/// From this urgency on nearness decides.
const ORDINARY: u8 = 2;

/// Roots first, for they open the way down; then who reviews, without whom no item is shown; then the name and the
/// channels; then pages, the newest month first.
fn urgency(path: &str) -> (u8, Reverse<String>) {
    let kind = match path {
        path if path.starts_with("children/") || path.starts_with("moved/") => 0,
        REVIEW_TARGET => 1,
        REGION_TARGET => ORDINARY,
        CHANNELS_TARGET => 3,
        _ => 4,
    };
    (kind, Reverse(path.rsplit('/').next().unwrap_or(path).to_owned()))
}
