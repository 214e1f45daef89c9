//! The repositories that one change touches, as they are to be.
//!
//! What is put into a draft is signed by [`Drafts::finish`], each region with its own keys, in the transaction that
//! called for it. Regions that come into being are named by the one above.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use yuexiang_wire::{CHANNELS_TARGET, REGION_TARGET, REVIEW_TARGET, child_target};

use super::documents::{self, Documents};
use super::{PublishError, Publisher};
use crate::divisions::Divisions;
use crate::keys::{Keyring, Master, people};
use crate::objects::{Stored, hash};
use crate::region::RegionCode;
use crate::repository::{sign_first_root, sign_from};
use crate::store::{Change, RegionRow};
use crate::tuf::{Role, target_path};

pub struct Drafts<'a> {
    data: &'a Path,
    master: &'a Master,
    now: i64,
    drafts: BTreeMap<RegionCode, Draft>,
}

/// A region's repository as it is to be.
struct Draft {
    keys: Keyring,
    before: BTreeMap<String, Stored>,
    targets: BTreeMap<String, Stored>,
    bodies: Documents,
    is_new: bool,
}

impl<'a> Drafts<'a> {
    pub fn new(publisher: &'a Publisher, now: i64) -> Drafts<'a> {
        Drafts { data: &publisher.data, master: &publisher.master, now, drafts: BTreeMap::new() }
    }

    /// Takes the locks of what a change of these regions can touch: themselves, and those above as far as something new
    /// has to be named there. Always in the order of the codes, so that two changes never wait for each other.
    pub async fn lock(change: &mut Change, regions: &[RegionCode]) -> Result<(), PublishError> {
        let mut all = BTreeSet::new();
        for &region in regions {
            for code in region.lineage().into_iter().rev() {
                all.insert(code);
                if change.region(code).await?.is_some() {
                    break;
                }
            }
        }
        for region in all {
            change.lock(region).await?;
        }
        Ok(())
    }

    /// Opens the draft of a region, and those of regions above that do not exist yet. `name` is the region's own, for one
    /// that the list of divisions does not have.
    pub async fn open(
        &mut self,
        change: &mut Change,
        region: RegionCode,
        name: Option<&str>,
    ) -> Result<(), PublishError> {
        for code in region.lineage() {
            let own_name = name.filter(|_| code == region);
            let exists = change.region(code).await?.is_some();
            if exists && code != region {
                continue;
            }
            if let Entry::Vacant(place) = self.drafts.entry(code) {
                let keys = Keyring::open(self.data, self.master, change, code, self.now).await?;
                let draft = if exists { existing(change, keys).await? } else { Draft::empty(keys) };
                place.insert(draft);
            }
            if !exists {
                self.found(change, code, own_name).await?;
            }
        }
        Ok(())
    }

    /// Brings a region into being: its first root, its name, and its place in the region above.
    async fn found(&mut self, change: &mut Change, code: RegionCode, name: Option<&str>) -> Result<(), PublishError> {
        let known = Divisions::current().name(code).map(str::to_owned);
        let name = name.map(str::to_owned).or(known).ok_or(PublishError::Unknown { region: code })?;
        change.keep_region(code, &RegionRow { name: name.clone(), sections: Vec::new() }).await?;
        if let Some(draft) = self.drafts.get_mut(&code) {
            draft.put(REGION_TARGET, documents::region(code, &name, &[]));
            draft.put(CHANNELS_TARGET, documents::channels(code, &[]));
            let root = sign_first_root(change, &draft.keys, code, self.now).await?;
            if let Some(parent) = code.parent() {
                self.name_child(change, parent, code, root).await?;
            }
        }
        Ok(())
    }

    /// Has a region introduce one below by the root given.
    pub async fn name_child(
        &mut self,
        change: &mut Change,
        parent: RegionCode,
        child: RegionCode,
        root: Vec<u8>,
    ) -> Result<(), PublishError> {
        if let Entry::Vacant(place) = self.drafts.entry(parent) {
            let keys = Keyring::open(self.data, self.master, change, parent, self.now).await?;
            place.insert(existing(change, keys).await?);
        }
        self.put(parent, &child_target(&child.to_string()), root);
        Ok(())
    }

    /// The keys of a region whose draft is open.
    pub fn keys(&mut self, region: RegionCode) -> Option<&mut Keyring> {
        self.drafts.get_mut(&region).map(|draft| &mut draft.keys)
    }

    /// Puts a document into an open draft.
    pub fn put(&mut self, region: RegionCode, name: &str, body: Vec<u8>) {
        if let Some(draft) = self.drafts.get_mut(&region) {
            draft.put(name, body);
        }
    }

    /// Takes a document out of an open draft.
    pub fn remove(&mut self, region: RegionCode, name: &str) {
        if let Some(draft) = self.drafts.get_mut(&region) {
            draft.targets.remove(name);
            draft.bodies.remove(name);
        }
    }

    /// Whether an open draft has a document of this name.
    pub fn has(&self, region: RegionCode, name: &str) -> bool {
        self.drafts.get(&region).is_some_and(|draft| draft.targets.contains_key(name))
    }

    /// Names of an open draft's documents.
    pub fn names(&self, region: RegionCode) -> Vec<String> {
        self.drafts.get(&region).map(|draft| draft.targets.keys().cloned().collect()).unwrap_or_default()
    }

    /// Brings `review.json` of an open draft up to date.
    pub async fn put_review(&mut self, change: &mut Change, region: RegionCode) -> Result<(), PublishError> {
        match people::review(change, region).await? {
            Some(review) => self.put(region, REVIEW_TARGET, documents::json(&review)),
            None => self.remove(region, REVIEW_TARGET),
        }
        Ok(())
    }

    /// Signs what changed, and returns those regions.
    pub async fn finish(self, change: &mut Change) -> Result<BTreeSet<RegionCode>, PublishError> {
        let mut changed = BTreeSet::new();
        for (region, draft) in &self.drafts {
            if draft.is_new || draft.targets != draft.before {
                draft.sign(change, *region, self.now).await?;
                changed.insert(*region);
            }
        }
        Ok(changed)
    }
}

async fn existing(change: &mut Change, keys: Keyring) -> Result<Draft, PublishError> {
    let before = change.targets(keys.region).await?;
    Ok(Draft { keys, targets: before.clone(), before, bodies: Documents::new(), is_new: false })
}

impl Draft {
    fn empty(keys: Keyring) -> Draft {
        Draft { keys, before: BTreeMap::new(), targets: BTreeMap::new(), bodies: Documents::new(), is_new: true }
    }

    fn put(&mut self, name: &str, body: Vec<u8>) {
        self.targets.insert(name.to_owned(), Stored { sha256: hash(&body), length: body.len() as u64 });
        self.bodies.insert(name.to_owned(), body);
    }

    async fn sign(&self, change: &mut Change, region: RegionCode, now: i64) -> Result<(), PublishError> {
        for (name, stored) in self.targets.iter().filter(|(name, stored)| self.before.get(*name) != Some(stored)) {
            if let Some(body) = self.bodies.get(name) {
                change.keep_file(region, &target_path(name, &stored.sha256), body).await?;
            }
            change.keep_target(region, name, stored).await?;
        }
        for name in self.before.keys().filter(|name| !self.targets.contains_key(*name)) {
            change.forget_target(region, name).await?;
        }
        sign_from(change, &self.keys, region, Role::Targets, &self.targets, now).await?;
        Ok(())
    }
}
