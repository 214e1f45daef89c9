//! Says in the log which items are kept from the screen, and why, once each time that changes.

use std::collections::BTreeMap;
use yuexiang_core::admission::Refusal;
use yuexiang_core::catalog::ItemId;
use yuexiang_core::library::Library;

#[derive(Debug, Default)]
pub struct Withheld {
    /// State of the library that was looked at last.
    revision: u64,
    told: BTreeMap<ItemId, Refusal>,
}

impl Withheld {
    pub fn tell(&mut self, library: &Library) {
        if self.revision == library.items_revision() {
            return;
        }
        self.revision = library.items_revision();
        let withheld: BTreeMap<ItemId, Refusal> =
            library.withheld().map(|(item, refusal)| (item.id.clone(), refusal)).collect();
        for (item, refusal) in &withheld {
            if self.told.get(item) == Some(refusal) {
                continue;
            }
            if refusal.is_distrust() {
                tracing::warn!(item, "item withheld: {refusal}");
            } else {
                tracing::debug!(item, "item withheld: {refusal}");
            }
        }
        self.told = withheld;
    }
}
