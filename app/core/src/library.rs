//! What the box has: the items, sections and channels of all its regions, and which objects lie whole in the store.
//!
//! The library mirrors what has been *committed*, never what is under way, so a screen that shows something as cached
//! can open it after a power cut too. It changes through [`Library::apply`] alone.
//!
//! It holds every item of the box's regions, and shows those alone that are [admitted](crate::admission): nobody who
//! asks for items ever sees another. Who is admitted is decided anew whenever pages or review documents change.

use crate::admission::{Admission, Refusal, Reviews, admit};
use crate::catalog::{Channel, Former, ItemId, ItemSummary, ObjectRef, RegionInfo, Review, Sha256, Step};
use crate::event::{Changes, Saved, Space, StoredObject};
use crate::moves::{Place, Relocation};
use crate::region::RegionCode;
use crate::time::civil;
use std::collections::BTreeMap;

/// Name of the target that describes a region.
pub(crate) const REGION_TARGET: &str = "region.json";
/// Name of the target that lists a region's channels.
pub(crate) const CHANNELS_TARGET: &str = "channels.json";
/// Name of the target that says who reviews for a region.
pub(crate) const REVIEW_TARGET: &str = "review.json";

#[derive(Clone, Debug, Default)]
pub struct Library {
    /// From the province to the box's village.
    lineage: Vec<RegionCode>,
    items: BTreeMap<ItemId, Held>,
    reviews: Reviews,
    regions: BTreeMap<RegionCode, RegionInfo>,
    channels: BTreeMap<RegionCode, Vec<Channel>>,
    objects: BTreeMap<Sha256, StoredObject>,
    /// Sum of the lengths of `objects`.
    whole_bytes: u64,
    /// Pictures that the store holds in memory only, because the disk has no room for them, with their lengths.
    borrowed: BTreeMap<Sha256, u64>,
    space: Space,
    revision: u64,
    items_revision: u64,
}

#[derive(Clone, Debug)]
struct Held {
    summary: ItemSummary,
    /// Path of the page that brought the item; a later version of that page replaces it.
    page: String,
    admission: Result<Admission, Refusal>,
}

impl Library {
    /// What a box has stored that was set up for this village.
    pub fn from_saved(saved: &Saved, village: RegionCode) -> Library {
        let lineage = Place::of(village, &saved.settings).village.lineage();
        let items = saved.items.iter().map(|summary| {
            let page = saved.item_pages.get(&summary.id).cloned().unwrap_or_else(|| usual_page(summary));
            let admission = admit(summary, &lineage, &saved.reviews);
            (summary.id.clone(), Held { summary: summary.clone(), page, admission })
        });
        Library {
            items: items.collect(),
            reviews: saved.reviews.clone(),
            lineage,
            regions: saved.regions.clone(),
            channels: saved.channels.clone(),
            objects: saved.objects.clone(),
            whole_bytes: saved.objects.values().map(|object| object.length).sum(),
            borrowed: BTreeMap::new(),
            space: saved.space,
            revision: 1,
            items_revision: 1,
        }
    }

    /// Takes over what a successful commit has written.
    pub fn apply(&mut self, changes: &Changes) {
        let items_before = self.items_revision;
        if let Some(relocation) = &changes.relocation {
            self.relocate(relocation);
        }
        for (region, path) in &changes.removed_targets {
            self.remove_target(*region, path);
        }
        for (region, _, info) in &changes.regions {
            self.regions.insert(*region, info.clone());
        }
        for (region, _, channels) in &changes.channels {
            self.channels.insert(*region, channels.clone());
        }
        for (region, _, review) in &changes.reviews {
            self.reviews.insert(*region, review.clone());
        }
        if changes.changes_reviews() {
            self.review_all();
        }
        for (region, target, items) in &changes.pages {
            self.remove_page(*region, &target.path);
            for item in items {
                let summary = item.summarize();
                let admission = admit(&summary, &self.lineage, &self.reviews);
                self.items.insert(item.id.clone(), Held { summary, page: target.path.clone(), admission });
            }
            self.items_revision += 1;
        }
        for sha256 in &changes.objects_removed {
            self.forget_object(*sha256);
        }
        for object in &changes.objects_whole {
            self.borrowed.remove(&object.sha256);
            let stored = StoredObject { length: object.length, last_used: 0 };
            if let Some(before) = self.objects.insert(object.sha256, stored) {
                self.whole_bytes -= before.length;
            }
            self.whole_bytes += object.length;
        }
        for (sha256, when) in &changes.objects_used {
            if let Some(object) = self.objects.get_mut(sha256) {
                object.last_used = *when;
            }
        }
        let visible = self.items_revision != items_before
            || !changes.regions.is_empty()
            || !changes.channels.is_empty()
            || !changes.removed_targets.is_empty()
            || !changes.objects_whole.is_empty()
            || !changes.objects_removed.is_empty();
        self.revision += u64::from(visible);
    }

    /// All admitted items in the order of their ids.
    pub fn items(&self) -> impl Iterator<Item = &ItemSummary> {
        self.items.values().filter(|held| held.admission.is_ok()).map(|held| &held.summary)
    }

    /// An admitted item.
    pub fn item(&self, id: &str) -> Option<&ItemSummary> {
        self.items.get(id).filter(|held| held.admission.is_ok()).map(|held| &held.summary)
    }

    /// The region and the page that brought an admitted item.
    pub(crate) fn page_of(&self, id: &str) -> Option<(RegionCode, String)> {
        let held = self.items.get(id).filter(|held| held.admission.is_ok())?;
        Some((held.summary.region, held.page.clone()))
    }

    /// Who let an admitted item through: the names in the order of the steps.
    pub fn reviewers(&self, id: &str) -> &[(Step, String)] {
        let admission = self.items.get(id).and_then(|held| held.admission.as_ref().ok());
        admission.map_or(&[], |admission| &admission.reviewers)
    }

    /// Whether an item that was read from the store may be shown. It may be a later one than the library's.
    pub fn admits(&self, item: &ItemSummary) -> bool {
        admit(item, &self.lineage, &self.reviews).is_ok()
    }

    /// The items that are held and not shown, and why.
    pub fn withheld(&self) -> impl Iterator<Item = (&ItemSummary, Refusal)> {
        self.items.values().filter_map(|held| Some((&held.summary, *held.admission.as_ref().err()?)))
    }

    /// How many items are withheld because their reviews do not suffice.
    pub fn distrusted(&self) -> usize {
        self.withheld().filter(|(_, refusal)| refusal.is_distrust()).count()
    }

    /// The object's bytes are whole in the store.
    pub fn has(&self, sha256: Sha256) -> bool {
        self.objects.contains_key(&sha256)
    }

    /// The object can be shown now: it is whole in the store, or held in memory until the power goes.
    pub fn shows(&self, sha256: Sha256) -> bool {
        self.has(sha256) || self.borrowed.contains_key(&sha256)
    }

    pub fn region(&self, code: RegionCode) -> Option<&RegionInfo> {
        self.regions.get(&code)
    }

    pub fn regions(&self) -> impl Iterator<Item = &RegionInfo> {
        self.regions.values()
    }

    pub fn channels(&self) -> impl Iterator<Item = (RegionCode, &[Channel])> {
        self.channels.iter().map(|(code, channels)| (*code, channels.as_slice()))
    }

    /// Grows with every change that a screen could show. Settings, positions and times of use are no such change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn space(&self) -> Space {
        self.space
    }

    /// Grows with every change of the items and of what admits them.
    pub fn items_revision(&self) -> u64 {
        self.items_revision
    }

    pub(crate) fn object(&self, sha256: Sha256) -> Option<StoredObject> {
        self.objects.get(&sha256).copied()
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = (Sha256, StoredObject)> {
        self.objects.iter().map(|(sha256, object)| (*sha256, *object))
    }

    /// Bytes of all whole objects.
    pub(crate) fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// Objects in memory and their lengths.
    pub(crate) fn borrowed(&self) -> impl Iterator<Item = (Sha256, u64)> {
        self.borrowed.iter().map(|(sha256, length)| (*sha256, *length))
    }

    pub(crate) fn borrowed_bytes(&self) -> u64 {
        self.borrowed.values().sum()
    }

    /// The store holds the object in memory.
    pub(crate) fn borrow(&mut self, object: ObjectRef) {
        self.borrowed.insert(object.sha256, object.length);
        self.revision += 1;
    }

    /// The store drops these from memory.
    pub(crate) fn give_back(&mut self, objects: &[Sha256]) {
        for sha256 in objects {
            self.borrowed.remove(sha256);
        }
        self.revision += u64::from(!objects.is_empty());
    }

    pub(crate) fn set_space(&mut self, space: Space) {
        self.space = space;
    }

    /// The store has found that the object's bytes are not what they should be.
    pub(crate) fn object_lost(&mut self, sha256: Sha256) {
        if self.forget_object(sha256) {
            self.revision += 1;
        }
    }

    fn forget_object(&mut self, sha256: Sha256) -> bool {
        let before = self.objects.remove(&sha256);
        self.whole_bytes -= before.map_or(0, |object| object.length);
        before.is_some()
    }

    fn remove_target(&mut self, region: RegionCode, path: &str) {
        match path {
            REGION_TARGET => {
                self.regions.remove(&region);
            }
            CHANNELS_TARGET => {
                self.channels.remove(&region);
            }
            REVIEW_TARGET => {
                self.reviews.remove(&region);
            }
            page => self.remove_page(region, page),
        }
    }

    fn relocate(&mut self, relocation: &Relocation) {
        for &(old, new) in &relocation.regions {
            if let Some(info) = self.regions.remove(&old) {
                self.regions.insert(new, RegionInfo { code: new, ..info });
            }
            if let Some(channels) = self.channels.remove(&old) {
                self.channels.insert(new, channels);
            }
            let review = taken_over(old, self.reviews.remove(&old));
            self.reviews.insert(new, review);
            for held in self.items.values_mut().filter(|held| held.summary.region == old) {
                held.summary.region = new;
            }
        }
        self.lineage = relocation.village.lineage();
        self.review_all();
    }

    fn review_all(&mut self) {
        for held in self.items.values_mut() {
            held.admission = admit(&held.summary, &self.lineage, &self.reviews);
        }
        self.items_revision += 1;
    }

    fn remove_page(&mut self, region: RegionCode, path: &str) {
        let before = self.items.len();
        self.items.retain(|_, held| held.summary.region != region || held.page != path);
        self.items_revision += u64::from(self.items.len() != before);
    }
}

/// What a region that has taken over another one says of reviewers until its own document has come.
pub(crate) fn taken_over(old: RegionCode, review: Option<Review>) -> Review {
    // What nobody has said holds as admission takes it: three.
    let review = review.unwrap_or(Review { reviews_below: 3, reviewers: Vec::new(), former: Vec::new() });
    let mut former = review.former;
    former.push(Former { region: old, reviewers: review.reviewers });
    Review { reviewers: Vec::new(), former, ..review }
}

/// Where an item lies unless the store remembers otherwise: in the page of its board and of its month in China.
fn usual_page(summary: &ItemSummary) -> String {
    let published = civil(summary.published);
    format!("pages/{}/{:04}-{:02}.json", summary.board.slug(), published.year(), published.month())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::sync::testing::samples::{item, region_info, review, reviews, sha, target};

    /// A box of the samples' village that knows the samples' reviewers.
    fn library() -> Library {
        let saved = Saved { reviews: reviews(), ..Saved::default() };
        Library::from_saved(&saved, "440224103201".parse().unwrap())
    }

    fn page(path: &str, ids: &[&str]) -> Changes {
        let items: Vec<_> = ids.iter().map(|id| item(id)).collect();
        let region = items.first().map_or_else(|| "440224103201".parse().unwrap(), |item| item.region);
        Changes { pages: vec![(region, target(path, 1), items)], ..Changes::default() }
    }

    fn ids(library: &Library) -> Vec<&str> {
        library.items().map(|item| item.id.as_str()).collect()
    }

    #[test]
    fn a_new_version_of_a_page_replaces_the_items_of_the_old_one() {
        let mut library = library();
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a", "440224103201/b"]));
        library.apply(&page("pages/party/2026-11.json", &["440224103201/c"]));
        library.apply(&page("pages/party/2026-10.json", &["440224103201/b"]));
        assert_eq!(ids(&library), ["440224103201/b", "440224103201/c"]);
    }

    #[test]
    fn an_item_that_moved_to_another_page_survives_the_new_version_of_the_page_it_left() {
        let mut library = library();
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a"]));
        library.apply(&page("pages/culture/2026-10.json", &["440224103201/a"]));
        library.apply(&page("pages/party/2026-10.json", &[]));
        assert_eq!(ids(&library), ["440224103201/a"]);
    }

    #[test]
    fn a_removed_target_takes_what_it_brought_with_it() {
        let region = "440224103201".parse().unwrap();
        let mut library = library();
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a"]));
        library.apply(&Changes {
            regions: vec![(region, target(REGION_TARGET, 2), region_info(region))],
            ..Changes::default()
        });
        library.apply(&Changes {
            removed_targets: vec![(region, "pages/party/2026-10.json".to_owned()), (region, REGION_TARGET.to_owned())],
            ..Changes::default()
        });
        assert!(ids(&library).is_empty());
        assert!(library.region(region).is_none());
    }

    #[test]
    fn objects_are_there_from_the_commit_that_says_so_until_the_one_that_removes_them() {
        let mut library = library();
        let object = ObjectRef { sha256: sha(7), length: 10 };
        library.apply(&Changes { objects_whole: vec![object, object], ..Changes::default() });
        assert!(library.has(sha(7)));
        assert_eq!(library.whole_bytes(), 10);
        library.apply(&Changes { objects_removed: vec![sha(7)], ..Changes::default() });
        assert!(!library.has(sha(7)));
        assert_eq!(library.whole_bytes(), 0);
    }

    #[test]
    fn the_revision_grows_with_what_can_be_seen_and_only_with_that() {
        let mut library = library();
        let before = library.revision();
        library.apply(&Changes { settings: vec![("volume".into(), "3".into())], ..Changes::default() });
        assert_eq!(library.revision(), before);
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a"]));
        assert!(library.revision() > before);
    }

    #[test]
    fn what_was_saved_is_held_under_the_page_that_brought_it() {
        let summary = item("440224103201/a").summarize();
        let saved = Saved {
            item_pages: [(summary.id.clone(), "pages/party/1999-01.json".to_owned())].into(),
            items: vec![summary],
            reviews: reviews(),
            ..Saved::default()
        };
        let mut library = Library::from_saved(&saved, "440224103201".parse().unwrap());
        assert_eq!(ids(&library), ["440224103201/a"]);
        library.apply(&page("pages/party/1999-01.json", &[]));
        assert!(ids(&library).is_empty());
    }

    #[test]
    fn a_key_that_is_taken_away_takes_its_items_off_at_once_and_one_that_comes_later_brings_them() {
        let province: RegionCode = "440000000000".parse().unwrap();
        let with =
            |review| Changes { reviews: vec![(province, target(REVIEW_TARGET, 3), review)], ..Changes::default() };
        let mut library = library();
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a"]));
        let mut fewer = review();
        fewer.reviewers.pop();
        let before = library.items_revision();
        library.apply(&with(fewer));
        assert!(ids(&library).is_empty() && library.item("440224103201/a").is_none());
        assert!(library.items_revision() > before);
        let withheld: Vec<_> = library.withheld().map(|(item, refusal)| (item.id.as_str(), refusal)).collect();
        assert_eq!(withheld, [("440224103201/a", Refusal::UnknownKey { step: Step::Final })]);
        library.apply(&with(review()));
        assert_eq!(ids(&library), ["440224103201/a"]);
        let names: Vec<_> = library.reviewers("440224103201/a").iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["甲", "乙", "丙"]);
    }

    #[test]
    fn without_its_review_document_a_region_has_no_reviewers() {
        let province: RegionCode = "440000000000".parse().unwrap();
        let mut library = library();
        library.apply(&page("pages/party/2026-10.json", &["440224103201/a"]));
        library.apply(&Changes { removed_targets: vec![(province, REVIEW_TARGET.to_owned())], ..Changes::default() });
        assert!(ids(&library).is_empty());
        assert!(library.reviewers("440224103201/a").is_empty());
    }
}
