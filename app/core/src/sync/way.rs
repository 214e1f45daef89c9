//! Whether it is the objects that are wrong, or the way by which they come.
//!
//! One object whose bytes are wrong is a wrong object. When several are wrong and none is right between them, it is the
//! way: a login page, a proxy, a disk that returns other bytes than it was given. Then nothing is held against the
//! objects. All of them wait, one at a time is tried, ever more slowly, and when one is right all are tried again.
//!
//! ```text
//!            several wrong, none right between
//!   trusted ───────────────────────────────────▶ doubted ──▶ a probe every 2 s … 30 min
//!      ▲                                            │
//!      └────────────────────────────────────────────┘ one is right
//! ```
//!
//! An object that is wrong again and again after that is wrong by itself, and speaks against the way no more.

use super::backoff::Jitter;
use crate::catalog::{ObjectRef, Sha256};
use std::collections::BTreeSet;

/// So many objects are several.
const SEVERAL: usize = 3;
/// Milliseconds between two probes.
const PROBE_FIRST: u64 = 2_000;
const PROBE_LONGEST: u64 = 5 * 60_000;
const PROBE_LATER: u64 = 60_000;
/// The same after so many probes, an hour or two, and for an object that is longer than this, in bytes: probing must not
/// eat up the line.
const MANY: u32 = 24;
const LARGE: u64 = 1 << 20;
const PROBE_SELDOM: u64 = 30 * 60_000;

#[derive(Debug, Default)]
pub(super) struct Way {
    /// What has been wrong since something was right.
    witnesses: BTreeSet<Sha256>,
    doubted: bool,
    failures: u32,
    probe_at: u64,
    probing: Option<Sha256>,
}

impl Way {
    pub fn is_doubted(&self) -> bool {
        self.doubted
    }

    /// The object was wrong. `fresh`: it is not known to be wrong by itself. Answers whether it is the way.
    pub fn wrong(&mut self, object: ObjectRef, fresh: bool, now: u64, jitter: &mut Jitter) -> bool {
        let probed = self.ended(object.sha256);
        if self.doubted {
            if probed {
                self.probe_later(object, now, jitter);
            }
        } else if fresh {
            self.witnesses.insert(object.sha256);
            if self.witnesses.len() >= SEVERAL {
                self.doubted = true;
                self.probe_later(object, now, jitter);
            }
        }
        self.doubted
    }

    fn probe_later(&mut self, object: ObjectRef, now: u64, jitter: &mut Jitter) {
        self.failures += 1;
        let seldom = self.failures > MANY || object.length > LARGE;
        let longest = if seldom { PROBE_SELDOM } else { PROBE_LONGEST };
        self.probe_at = now + jitter.backoff(self.failures, PROBE_FIRST, longest);
    }

    /// An object was right. Answers whether the way had been doubted: what was wrong meanwhile is to be forgiven.
    pub fn right(&mut self) -> bool {
        std::mem::take(self).doubted
    }

    /// A download is over, however. Answers whether it was the probe.
    pub fn ended(&mut self, sha256: Sha256) -> bool {
        self.probing.take_if(|probing| *probing == sha256).is_some()
    }

    /// When the next probe may start; `None` while one is under way, and while nothing is doubted.
    pub fn probe_at(&self) -> Option<u64> {
        (self.doubted && self.probing.is_none()).then_some(self.probe_at)
    }

    pub fn probe(&mut self, sha256: Sha256) {
        self.probing = Some(sha256);
    }

    /// There is nothing that can be tried now; soon there may be, when room is being made.
    pub fn postpone(&mut self, soon: bool, now: u64) {
        self.probe_at = now + if soon { PROBE_FIRST } else { PROBE_LATER };
    }

    /// Somebody waits for an object: the next probe is due at once.
    pub fn hurry(&mut self, now: u64) {
        self.probe_at = self.probe_at.min(now);
    }
}
