//! What survives a power cut: rows that were committed, files that were renamed, and parts of files.

use std::collections::BTreeMap;
use yuexiang_core::RegionCode;
use yuexiang_core::catalog::{Item, ObjectRef, Sha256};
use yuexiang_core::event::{Changes, Saved, Space, StoreError, StoreErrorKind, StoredObject};

#[derive(Default)]
pub struct Disk {
    /// Rows other than pages and items.
    rows: Saved,
    pages: BTreeMap<(RegionCode, String), (Sha256, Vec<Item>)>,
    files: BTreeMap<Sha256, u64>,
    partial: BTreeMap<Sha256, u64>,
    /// Bytes that others have taken from it.
    pub others: u64,
    /// It has turned read-only.
    pub read_only: bool,
}

/// Bytes.
const SIZE: u64 = 1 << 40;
/// What a transaction needs to be written.
const TRANSACTION: u64 = 4_096;

impl Disk {
    pub fn load(&self) -> Saved {
        let mut saved = self.rows.clone();
        for ((region, path), (sha256, items)) in &self.pages {
            saved.pages.insert((*region, path.clone()), *sha256);
            for item in items {
                saved.items.push(item.summarize());
                saved.item_pages.insert(item.id.clone(), path.clone());
            }
        }
        // A row whose file is not there is not believed.
        saved.objects.retain(|sha256, _| self.files.contains_key(sha256));
        saved.partial = self.partial.clone();
        saved.space = self.space();
        saved
    }

    /// Writes a transaction, if that is possible. What goes anyway makes room for it.
    pub fn try_commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let refused = |kind| Err(StoreError { kind, detail: format!("commit: {kind:?}") });
        if self.read_only {
            return refused(StoreErrorKind::Io);
        }
        if self.space().free < TRANSACTION && changes.objects_removed.is_empty() {
            return refused(StoreErrorKind::Full);
        }
        self.commit(changes);
        Ok(())
    }

    pub fn commit(&mut self, changes: &Changes) {
        self.rows.trust.extend(changes.trust.iter().cloned());
        for (region, target, info) in &changes.regions {
            self.rows.regions.insert(*region, info.clone());
            self.rows.pages.insert((*region, target.path.clone()), target.object.sha256);
        }
        for (region, target, channels) in &changes.channels {
            self.rows.channels.insert(*region, channels.clone());
            self.rows.pages.insert((*region, target.path.clone()), target.object.sha256);
        }
        for (region, target, review) in &changes.reviews {
            self.rows.reviews.insert(*region, review.clone());
            self.rows.pages.insert((*region, target.path.clone()), target.object.sha256);
        }
        for (region, target, items) in &changes.pages {
            self.pages.insert((*region, target.path.clone()), (target.object.sha256, items.clone()));
        }
        for (region, path) in &changes.removed_targets {
            self.pages.remove(&(*region, path.clone()));
            self.rows.pages.remove(&(*region, path.clone()));
            if path == "review.json" {
                self.rows.reviews.remove(region);
            }
        }
        for object in &changes.objects_whole {
            assert_eq!(self.files.get(&object.sha256), Some(&object.length), "a row for an object that is not whole");
            let stored = StoredObject { length: object.length, last_used: 0 };
            self.rows.objects.insert(object.sha256, stored);
        }
        for sha256 in &changes.objects_removed {
            self.rows.objects.remove(sha256);
            self.files.remove(sha256);
            self.partial.remove(sha256);
        }
        self.rows.settings.extend(changes.settings.iter().cloned());
        for (item, position) in &changes.positions {
            match position {
                Some(position) => self.rows.positions.insert(item.clone(), *position),
                None => self.rows.positions.remove(item),
            };
        }
        for (day, batch) in &changes.view_counts {
            match batch {
                Some(batch) => self.rows.view_counts.insert(*day, batch.clone()),
                None => self.rows.view_counts.remove(day),
            };
        }
        for (id, message) in &changes.uplink {
            match message {
                Some(message) => self.rows.uplink.insert(*id, message.clone()),
                None => self.rows.uplink.remove(id),
            };
        }
    }

    pub fn item(&self, id: &str) -> Result<Box<Item>, StoreError> {
        let mut items = self.pages.values().flat_map(|(_, items)| items);
        let not_found = || StoreError { kind: StoreErrorKind::NotFound, detail: format!("item {id}") };
        items.find(|item| item.id == id).cloned().map(Box::new).ok_or_else(not_found)
    }

    pub fn partial(&self, sha256: Sha256) -> u64 {
        self.partial.get(&sha256).copied().unwrap_or(0)
    }

    /// Whether there was room for the bytes.
    pub fn receive(&mut self, object: ObjectRef, bytes: u64) -> bool {
        let room = !self.read_only && self.space().free >= bytes;
        if room {
            *self.partial.entry(object.sha256).or_default() += bytes;
        }
        room
    }

    pub fn finish(&mut self, object: ObjectRef) {
        self.partial.remove(&object.sha256);
        self.files.insert(object.sha256, object.length);
    }

    pub fn lose_unsynced(&mut self, bytes: u64) {
        for received in self.partial.values_mut() {
            *received = received.saturating_sub(bytes);
        }
    }

    /// Somebody takes everything but so many bytes.
    pub fn leave_free(&mut self, bytes: u64) {
        self.others = SIZE - self.space().used - bytes;
    }

    /// A file is gone, or is not what it was.
    pub fn lose(&mut self, sha256: Sha256) {
        self.files.remove(&sha256);
    }

    pub fn is_whole(&self, sha256: Sha256) -> bool {
        self.files.contains_key(&sha256)
    }

    pub fn space(&self) -> Space {
        let used: u64 = self.files.values().chain(self.partial.values()).sum();
        Space { used, free: SIZE.saturating_sub(self.others).saturating_sub(used) }
    }
}
