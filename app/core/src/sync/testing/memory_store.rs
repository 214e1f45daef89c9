//! A store that keeps everything in memory and behaves as the real one does, failures on request included.

use crate::catalog::{Item, ItemId, ObjectRef, Sha256};
use crate::event::{
    Changes, RegionTrust, Saved, Space, StoreError, StoreErrorKind, StoreEvent, StoreRequest, StoredObject,
};
use crate::library::{CHANNELS_TARGET, REGION_TARGET, REVIEW_TARGET, taken_over};
use crate::moves::Relocation;
use crate::ports::{ObjectSink, ObjectWriter};
use crate::region::RegionCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Clones share one store.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    hash: fn(&[u8]) -> Sha256,
}

#[derive(Default)]
struct State {
    /// Everything but items and objects.
    saved: Saved,
    items: BTreeMap<ItemId, (String, Item)>,
    files: BTreeMap<Sha256, Vec<u8>>,
    rows: BTreeMap<Sha256, StoredObject>,
    partial: BTreeMap<Sha256, Vec<u8>>,
    /// Objects that are held outside of the files.
    borrowed: BTreeMap<Sha256, Vec<u8>>,
    /// Bytes of all files; `None` has no end.
    capacity: Option<u64>,
    refuse_commits: Vec<StoreErrorKind>,
    commits: usize,
}

impl MemoryStore {
    pub fn new(hash: fn(&[u8]) -> Sha256) -> MemoryStore {
        MemoryStore { state: Arc::default(), hash }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a restart would find.
    pub fn saved(&self) -> Saved {
        let state = self.state();
        let mut saved = state.saved.clone();
        for (id, (page, item)) in &state.items {
            saved.items.push(item.summarize());
            saved.item_pages.insert(id.clone(), page.clone());
        }
        let whole = |(sha256, row): (&Sha256, &StoredObject)| {
            state.files.get(sha256).is_some_and(|bytes| bytes.len() as u64 == row.length).then_some((*sha256, *row))
        };
        saved.objects = state.rows.iter().filter_map(whole).collect();
        saved.partial = state.partial.iter().map(|(sha256, bytes)| (*sha256, bytes.len() as u64)).collect();
        saved.space = state.space();
        saved
    }

    pub fn handle(&self, request: StoreRequest) -> StoreEvent {
        match request {
            StoreRequest::Commit { serial, changes } => {
                let mut state = self.state();
                let result = match state.refuse_commits.pop() {
                    Some(kind) => Err(StoreError { kind, detail: "commit: refused by the test".to_owned() }),
                    None => {
                        state.commit(*changes);
                        Ok(())
                    }
                };
                StoreEvent::Committed { serial, result, space: state.space() }
            }
            StoreRequest::LoadItem { id } => {
                let missing = || StoreError { kind: StoreErrorKind::NotFound, detail: format!("load item {id}") };
                let item = self.state().items.get(&id).map(|(_, item)| Box::new(item.clone()));
                let result = item.ok_or_else(missing);
                StoreEvent::Item { id, result }
            }
            StoreRequest::Verify { object } => {
                let mut state = self.state();
                let bytes = state.files.get(&object.sha256);
                let whole = bytes.is_some_and(|bytes| (self.hash)(bytes) == object.sha256);
                if !whole {
                    state.files.remove(&object.sha256);
                    state.rows.remove(&object.sha256);
                }
                StoreEvent::Verified { object, whole }
            }
        }
    }

    /// From now on files together may take so many bytes.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// The next `count` commits fail.
    pub fn refuse_commits(&self, count: usize, kind: StoreErrorKind) {
        self.state().refuse_commits = vec![kind; count];
    }

    /// Successful commits so far.
    pub fn commits(&self) -> usize {
        self.state().commits
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.state().space().used
    }

    /// What is held outside of the files.
    pub fn borrowed(&self) -> Vec<Sha256> {
        self.state().borrowed.keys().copied().collect()
    }

    pub fn has_file(&self, sha256: Sha256) -> bool {
        self.state().files.contains_key(&sha256)
    }

    /// Changes one byte of a whole object.
    pub fn damage(&self, sha256: Sha256) {
        if let Some(byte) = self.state().files.get_mut(&sha256).and_then(|bytes| bytes.first_mut()) {
            *byte ^= 1;
        }
    }
}

impl State {
    fn space(&self) -> Space {
        let lengths = self.files.values().chain(self.partial.values()).map(|bytes| bytes.len() as u64);
        let used = lengths.sum();
        Space { used, free: self.capacity.unwrap_or(u64::MAX / 2).saturating_sub(used) }
    }

    fn commit(&mut self, changes: Changes) {
        self.commits += 1;
        if let Some(relocation) = &changes.relocation {
            self.relocate(relocation);
        }
        for (region, trust) in changes.trust {
            match trust.files.is_empty() {
                true => drop(self.saved.trust.remove(&region)),
                false => drop::<Option<RegionTrust>>(self.saved.trust.insert(region, trust)),
            }
        }
        for (region, path) in changes.removed_targets {
            self.remove_target(region, &path);
        }
        for (region, target, info) in changes.regions {
            self.saved.pages.insert((region, target.path), target.object.sha256);
            self.saved.regions.insert(region, info);
        }
        for (region, target, channels) in changes.channels {
            self.saved.pages.insert((region, target.path), target.object.sha256);
            self.saved.channels.insert(region, channels);
        }
        for (region, target, review) in changes.reviews {
            self.saved.pages.insert((region, target.path), target.object.sha256);
            self.saved.reviews.insert(region, review);
        }
        for (region, target, items) in changes.pages {
            self.remove_target(region, &target.path);
            for item in items {
                self.items.insert(item.id.clone(), (target.path.clone(), item));
            }
            self.saved.pages.insert((region, target.path), target.object.sha256);
        }
        for sha256 in changes.objects_removed.iter().chain(changes.objects_whole.iter().map(|object| &object.sha256)) {
            self.borrowed.remove(sha256);
        }
        for sha256 in &changes.objects_removed {
            self.rows.remove(sha256);
            if !changes.objects_whole.iter().any(|object| object.sha256 == *sha256) {
                self.files.remove(sha256);
                self.partial.remove(sha256);
            }
        }
        for ObjectRef { sha256, length } in changes.objects_whole {
            self.rows.entry(sha256).or_insert(StoredObject { length, last_used: 0 }).length = length;
        }
        for (sha256, when) in changes.objects_used {
            if let Some(row) = self.rows.get_mut(&sha256) {
                row.last_used = when;
            }
        }
        self.saved.settings.extend(changes.settings);
        for (item, position) in changes.positions {
            match position {
                Some(position) => self.saved.positions.insert(item, position),
                None => self.saved.positions.remove(&item),
            };
        }
        for (day, batch) in changes.view_counts {
            match batch {
                Some(batch) => self.saved.view_counts.insert(day, batch),
                None => self.saved.view_counts.remove(&day),
            };
        }
        for (id, message) in changes.uplink {
            match message {
                Some(message) => self.saved.uplink.insert(id, message),
                None => self.saved.uplink.remove(&id),
            };
        }
    }

    fn relocate(&mut self, relocation: &Relocation) {
        for &(old, new) in &relocation.regions {
            let paths = self.saved.pages.keys().filter(|(region, _)| *region == old || *region == new);
            for (region, path) in paths.cloned().collect::<Vec<_>>() {
                if region == new || path.starts_with("children/") {
                    self.remove_target(region, &path);
                } else if let Some(hash) = self.saved.pages.remove(&(old, path.clone())) {
                    self.saved.pages.insert((new, path), hash);
                }
            }
            self.saved.pages.entry((new, REVIEW_TARGET.to_owned())).or_insert(Sha256([0; 32]));
            if let Some(mut info) = self.saved.regions.remove(&old) {
                info.code = new;
                self.saved.regions.insert(new, info);
            }
            if let Some(channels) = self.saved.channels.remove(&old) {
                self.saved.channels.insert(new, channels);
            }
            let review = taken_over(old, self.saved.reviews.remove(&old));
            self.saved.reviews.insert(new, review);
            self.items.values_mut().filter(|(_, item)| item.region == old).for_each(|(_, item)| item.region = new);
        }
    }

    fn remove_target(&mut self, region: RegionCode, path: &str) {
        match path {
            REGION_TARGET => drop(self.saved.regions.remove(&region)),
            CHANNELS_TARGET => drop(self.saved.channels.remove(&region)),
            REVIEW_TARGET => drop(self.saved.reviews.remove(&region)),
            _ => self.items.retain(|_, (page, item)| item.region != region || page != path),
        }
        self.saved.pages.remove(&(region, path.to_owned()));
    }
}

impl ObjectSink for MemoryStore {
    fn open(&self, object: ObjectRef) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let mut state = self.state();
        let adopted = state.files.get(&object.sha256).is_some_and(|bytes| bytes.len() as u64 == object.length);
        if !adopted {
            state.partial.entry(object.sha256).or_default();
        }
        Ok(Box::new(MemoryWriter { store: self.clone(), object, adopted }))
    }

    fn open_in_memory(&self, object: ObjectRef, instead_of: &[Sha256]) -> Box<dyn ObjectWriter> {
        self.state().borrowed.retain(|sha256, _| !instead_of.contains(sha256));
        Box::new(Borrowed { store: self.clone(), object, bytes: Vec::new() })
    }
}

/// An object on its way past the files.
struct Borrowed {
    store: MemoryStore,
    object: ObjectRef,
    bytes: Vec<u8>,
}

impl ObjectWriter for Borrowed {
    fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        self.bytes.clear();
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let length = self.bytes.len() as u64;
        if (ObjectRef { sha256: (self.store.hash)(&self.bytes), length }) != self.object {
            let detail = format!("object {}: other bytes came", self.object.sha256);
            return Err(StoreError { kind: StoreErrorKind::Corrupt, detail });
        }
        self.store.state().borrowed.insert(self.object.sha256, self.bytes);
        Ok(())
    }
}

struct MemoryWriter {
    store: MemoryStore,
    object: ObjectRef,
    /// The whole file was there already.
    adopted: bool,
}

impl MemoryWriter {
    fn wrong(&self, reason: String) -> StoreError {
        let mut state = self.store.state();
        state.partial.remove(&self.object.sha256);
        state.files.remove(&self.object.sha256);
        StoreError { kind: StoreErrorKind::Corrupt, detail: format!("object {}: {reason}", self.object.sha256) }
    }
}

impl ObjectWriter for MemoryWriter {
    fn offset(&self) -> u64 {
        let state = self.store.state();
        let file = if self.adopted { &state.files } else { &state.partial };
        file.get(&self.object.sha256).map_or(0, |bytes| bytes.len() as u64)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.offset() + bytes.len() as u64 > self.object.length {
            return Err(self.wrong(format!("more than its {} bytes came", self.object.length)));
        }
        let mut state = self.store.state();
        let space = state.space();
        if state.capacity.is_some() && space.free < bytes.len() as u64 {
            let detail = format!("write object {}: no room", self.object.sha256);
            return Err(StoreError { kind: StoreErrorKind::Full, detail });
        }
        state.partial.entry(self.object.sha256).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), StoreError> {
        let mut state = self.store.state();
        state.files.remove(&self.object.sha256);
        state.partial.insert(self.object.sha256, Vec::new());
        self.adopted = false;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let bytes = {
            let state = self.store.state();
            let file = if self.adopted { &state.files } else { &state.partial };
            file.get(&self.object.sha256).cloned().unwrap_or_default()
        };
        if bytes.len() as u64 != self.object.length {
            return Err(self.wrong(format!("{} of its {} bytes came", bytes.len(), self.object.length)));
        }
        if (self.store.hash)(&bytes) != self.object.sha256 {
            return Err(self.wrong("its bytes have another hash".to_owned()));
        }
        let mut state = self.store.state();
        state.partial.remove(&self.object.sha256);
        state.files.insert(self.object.sha256, bytes);
        Ok(())
    }
}
