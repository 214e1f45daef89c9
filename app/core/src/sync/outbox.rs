//! Changes on their way into the store: gathered while a commit is under way, then written together in the next one.

use super::backoff::Jitter;
use crate::event::{Changes, StoreError, StoreErrorKind, StoreRequest};
use crate::library::{Library, REVIEW_TARGET};
use crate::time::Now;

const RETRY_FIRST: u64 = 1_000;
const RETRY_LONGEST: u64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    serial: u64,
    pending: Changes,
    in_flight: Option<(u64, Changes)>,
    failures: u32,
    retry_at: Option<u64>,
}

impl Outbox {
    pub fn add(&mut self, changes: Changes) {
        self.pending.merge(changes);
    }

    /// The next commit, when there is something to write and nothing is being written.
    pub fn poll(&mut self) -> Option<StoreRequest> {
        if self.in_flight.is_some() || self.retry_at.is_some() || self.pending.is_empty() {
            return None;
        }
        self.serial += 1;
        let changes = std::mem::take(&mut self.pending);
        self.in_flight = Some((self.serial, changes.clone()));
        Some(StoreRequest::Commit { serial: self.serial, changes: Box::new(changes) })
    }

    /// Takes the store's answer in. Changes that failed go out again, together with what has gathered since.
    pub fn committed(
        &mut self,
        serial: u64,
        result: Result<(), StoreError>,
        library: &mut Library,
        now: Now,
        jitter: &mut Jitter,
    ) -> Result<(), StoreErrorKind> {
        let Some((_, changes)) = self.in_flight.take_if(|(expected, _)| *expected == serial) else {
            return Ok(());
        };
        match result {
            Ok(()) => {
                library.apply(&changes);
                self.failures = 0;
                Ok(())
            }
            Err(error) => {
                let newer = std::mem::replace(&mut self.pending, changes);
                self.pending.merge(newer);
                self.failures += 1;
                self.retry_at = Some(now.monotonic + jitter.backoff(self.failures, RETRY_FIRST, RETRY_LONGEST));
                Err(error.kind)
            }
        }
    }

    pub fn handle_timeout(&mut self, now: Now) {
        self.retry_at = self.retry_at.filter(|at| *at > now.monotonic);
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        self.retry_at
    }

    /// Objects are on their way out: their space is not free yet.
    pub fn removes_objects(&self) -> bool {
        self.unwritten().any(|changes| !changes.objects_removed.is_empty())
    }

    /// Pages, or what admits their items, are on their way in: what they refer to is not known to the library yet.
    pub fn writes_pages(&self) -> bool {
        self.unwritten().any(|changes| {
            changes.relocation.is_some()
                || !changes.pages.is_empty()
                || !changes.reviews.is_empty()
                || !changes.removed_targets.is_empty()
        })
    }

    /// What is to be sent is not safe yet.
    pub fn writes_uplink(&self) -> bool {
        self.unwritten().any(|changes| !changes.uplink.is_empty())
    }

    /// Something that was fetched is not safe yet.
    pub fn writes_content(&self) -> bool {
        self.writes_pages() || self.unwritten().any(|changes| !changes.objects_whole.is_empty())
    }

    /// More than once in a row nothing could be written.
    pub fn is_failing(&self) -> bool {
        self.failures > 1
    }

    pub fn is_empty(&self) -> bool {
        self.in_flight.is_none() && self.pending.is_empty()
    }

    pub fn unwritten(&self) -> impl Iterator<Item = &Changes> {
        self.in_flight.iter().map(|(_, changes)| changes).chain([&self.pending])
    }
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }

    /// Review documents come or go.
    pub(crate) fn changes_reviews(&self) -> bool {
        !self.reviews.is_empty() || self.removed_targets.iter().any(|(_, path)| path == REVIEW_TARGET)
    }

    /// Adds later changes. What is said twice is kept in its later form, so the order within one transaction does not
    /// matter.
    pub fn merge(&mut self, later: Changes) {
        let targets = later.regions.iter().map(|(region, target, _)| (*region, target.path.clone()));
        let targets = targets.chain(later.channels.iter().map(|(region, target, _)| (*region, target.path.clone())));
        let targets = targets.chain(later.reviews.iter().map(|(region, target, _)| (*region, target.path.clone())));
        let targets = targets.chain(later.pages.iter().map(|(region, target, _)| (*region, target.path.clone())));
        let rewritten: Vec<_> = targets.collect();
        for (region, path) in rewritten.iter().chain(&later.removed_targets) {
            self.regions.retain(|(other, target, _)| (other, &target.path) != (region, path));
            self.channels.retain(|(other, target, _)| (other, &target.path) != (region, path));
            self.reviews.retain(|(other, target, _)| (other, &target.path) != (region, path));
            self.pages.retain(|(other, target, _)| (other, &target.path) != (region, path));
            self.documents.retain(|((other, other_path), _)| (other, other_path) != (region, path));
            self.removed_targets.retain(|(other, other_path)| (other, other_path) != (region, path));
        }
        self.relocation = later.relocation.or(self.relocation.take());
        self.regions.extend(later.regions);
        self.channels.extend(later.channels);
        self.reviews.extend(later.reviews);
        self.pages.extend(later.pages);
        self.documents.extend(later.documents);
        self.removed_targets.extend(later.removed_targets);
        replace_by_key(&mut self.trust, later.trust);
        self.objects_whole.retain(|object| !later.objects_removed.contains(&object.sha256));
        self.objects_whole.extend(later.objects_whole);
        self.objects_removed.extend(later.objects_removed);
        replace_by_key(&mut self.objects_used, later.objects_used);
        replace_by_key(&mut self.settings, later.settings);
        replace_by_key(&mut self.positions, later.positions);
        replace_by_key(&mut self.view_counts, later.view_counts);
        replace_by_key(&mut self.uplink, later.uplink);
    }
}

fn replace_by_key<K: PartialEq, V>(into: &mut Vec<(K, V)>, later: Vec<(K, V)>) {
    for (key, value) in later {
        match into.iter_mut().find(|(other, _)| *other == key) {
            Some((_, slot)) => *slot = value,
            None => into.push((key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ObjectRef;
    use crate::sync::testing::samples::{at, item, sha, target};

    const PATH: &str = "pages/party/2026-10.json";

    fn setting(value: &str) -> Changes {
        Changes { settings: vec![("volume".to_owned(), value.to_owned())], ..Changes::default() }
    }

    fn commit(request: Option<StoreRequest>) -> (u64, Changes) {
        match request {
            Some(StoreRequest::Commit { serial, changes }) => (serial, *changes),
            other => panic!("a commit was expected, not {other:?}"),
        }
    }

    #[test]
    fn changes_gather_while_a_commit_is_under_way_and_go_out_together() {
        let (mut outbox, mut library, mut jitter) = (Outbox::default(), Library::default(), Jitter::new(1));
        outbox.add(setting("1"));
        let (serial, _) = commit(outbox.poll());
        outbox.add(setting("2"));
        outbox.add(setting("3"));
        assert!(outbox.poll().is_none());
        assert_eq!(outbox.committed(serial, Ok(()), &mut library, at(0), &mut jitter), Ok(()));
        assert_eq!(commit(outbox.poll()).1, setting("3"));
    }

    #[test]
    fn a_failed_commit_goes_out_again_later_with_what_has_gathered_since() {
        let (mut outbox, mut library, mut jitter) = (Outbox::default(), Library::default(), Jitter::new(1));
        let object = ObjectRef { sha256: sha(1), length: 5 };
        outbox.add(Changes { objects_whole: vec![object], ..setting("1") });
        let (serial, _) = commit(outbox.poll());
        outbox.add(setting("2"));
        let full = StoreError { kind: StoreErrorKind::Full, detail: "commit: disk full".into() };
        assert_eq!(outbox.committed(serial, Err(full), &mut library, at(0), &mut jitter), Err(StoreErrorKind::Full));
        assert!(!library.has(sha(1)));
        assert!(outbox.poll().is_none());
        let retry = outbox.poll_timeout().expect("a retry is due");
        outbox.handle_timeout(at(retry));
        let (serial, changes) = commit(outbox.poll());
        assert_eq!(changes, Changes { objects_whole: vec![object], ..setting("2") });
        assert_eq!(outbox.committed(serial, Ok(()), &mut library, at(retry), &mut jitter), Ok(()));
        assert!(library.has(sha(1)));
    }

    #[test]
    fn a_page_that_is_withdrawn_before_it_was_written_is_not_written() {
        let mut changes = Changes::default();
        let one = item("440224103201/a");
        changes.merge(Changes { pages: vec![(one.region, target(PATH, 1), vec![one.clone()])], ..Changes::default() });
        changes.merge(Changes { removed_targets: vec![(one.region, PATH.to_owned())], ..Changes::default() });
        assert!(changes.pages.is_empty());
        assert_eq!(changes.removed_targets.len(), 1);
    }

    #[test]
    fn a_page_that_comes_back_before_its_removal_was_written_is_not_removed() {
        let mut changes = Changes::default();
        let one = item("440224103201/a");
        changes.merge(Changes { removed_targets: vec![(one.region, PATH.to_owned())], ..Changes::default() });
        changes.merge(Changes { pages: vec![(one.region, target(PATH, 1), vec![one.clone()])], ..Changes::default() });
        assert!(changes.removed_targets.is_empty());
        assert_eq!(changes.pages.len(), 1);
    }
}
