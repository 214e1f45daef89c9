//! Room for objects: whether one fits, and what has to go for it.

use super::plan::{Tier, Use, Worth};
use crate::catalog::Sha256;
use crate::library::Library;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes by which limits are exceeded; nothing is exceeded when both are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shortage(pub u64);

#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Bytes of whole objects, of partial ones, and of what running downloads will still bring.
    pub used: u64,
    pub quota: u64,
    /// Bytes that the file system will have left when the running downloads are done.
    pub free: u64,
    pub reserve_free: u64,
}

impl Room {
    /// What is missing for `more` bytes.
    pub fn shortage(&self, more: u64) -> Shortage {
        let over_quota = (self.used.saturating_add(more)).saturating_sub(self.quota);
        let over_free = (self.reserve_free.saturating_add(more)).saturating_sub(self.free);
        Shortage(over_quota.max(over_free))
    }
}

struct Victim {
    sha256: Sha256,
    bytes: u64,
    pinned: bool,
    /// What nothing refers to any more goes first.
    worth: Option<Worth>,
}

pub(super) struct Evictor<'a> {
    pub library: &'a Library,
    pub uses: &'a BTreeMap<Sha256, Use>,
    /// Unfinished files that nobody is writing.
    pub partial: &'a BTreeMap<Sha256, u64>,
    pub on_screen: &'a BTreeSet<Sha256>,
}

impl Evictor<'_> {
    /// The objects that make up for `shortage` and are all worth less than `below`; `None` when there are not enough.
    ///
    /// The least useful go first, and none goes that need not: what is left over afterwards is smaller than each of
    /// them, and those that stay although they are worth less do not make up for it, so that none can slip back in.
    pub fn victims(&self, shortage: Shortage, below: Worth) -> Option<Vec<Sha256>> {
        let lesser = |victim: &Victim| victim.worth.is_none_or(|worth| worth < below);
        let mut victims: Vec<_> = self.candidates().filter(lesser).collect();
        victims.sort_by_key(|victim| victim.worth);
        let mut freed = 0;
        let mut chosen: Vec<Victim> = Vec::new();
        for victim in victims {
            if freed >= shortage.0 {
                break;
            }
            freed += victim.bytes;
            chosen.push(victim);
        }
        if freed < shortage.0 {
            return None;
        }
        let mut needed = Vec::new();
        for victim in chosen.into_iter().rev() {
            if freed - victim.bytes >= shortage.0 {
                freed -= victim.bytes;
            } else {
                needed.push(victim.sha256);
            }
        }
        Some(needed)
    }

    /// The least useful objects that make up for `shortage`, whatever they are needed for; as many as there are when
    /// they do not suffice. Pictures of current items never go.
    pub fn least_useful(&self, shortage: Shortage) -> Vec<Sha256> {
        let mut candidates: Vec<_> = self.candidates().collect();
        candidates.sort_by_key(|victim| victim.worth);
        let mut freed = 0;
        let mut chosen = Vec::new();
        for victim in candidates {
            if freed >= shortage.0 {
                break;
            }
            freed += victim.bytes;
            chosen.push(victim.sha256);
        }
        chosen
    }

    fn candidates(&self) -> impl Iterator<Item = Victim> {
        self.whole().chain(self.unfinished()).filter(|victim| self.may_go(victim))
    }

    fn may_go(&self, victim: &Victim) -> bool {
        let dispensable = victim.worth.is_none_or(|worth| worth.tier != Tier::Picture);
        dispensable && !victim.pinned && !self.on_screen.contains(&victim.sha256)
    }

    fn whole(&self) -> impl Iterator<Item = Victim> {
        self.library.objects().map(|(sha256, object)| {
            let victim = self.victim(sha256, object.length);
            Victim { worth: victim.worth.map(|worth| worth.watched(object.last_used)), ..victim }
        })
    }

    fn unfinished(&self) -> impl Iterator<Item = Victim> {
        self.partial.iter().map(|(sha256, bytes)| self.victim(*sha256, *bytes))
    }

    fn victim(&self, sha256: Sha256, bytes: u64) -> Victim {
        let needed = self.uses.get(&sha256);
        Victim {
            sha256,
            bytes,
            pinned: needed.is_some_and(|needed| needed.pinned),
            worth: needed.map(|needed| needed.worth),
        }
    }
}
