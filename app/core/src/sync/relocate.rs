//! Following a region that goes on under another code.

use super::*;
use crate::library::REVIEW_TARGET;

impl Sync {
    /// Takes a move in that `self.regions[index]` has signed. Who moves the box where it must not go has to be found.
    pub(super) fn take_move(&mut self, index: usize, moved: Move) {
        let signer = self.regions[index].code;
        match moved.check(signer, &self.place) {
            Ok(()) => drop(self.moves.insert(moved.from, (signer, moved))),
            Err(refusal) => {
                let detail = format!("{signer} says that {} goes on as {}: {refusal}", moved.from, moved.to);
                self.note_trouble(index, &NetError { kind: NetErrorKind::Untrusted, detail });
                // It is said for as long as it stands there, although all else succeeds.
                self.refused_move.clone_from(&self.last_trouble);
            }
        }
    }

    /// Goes along with a move, when nothing is under way that belongs to the old place.
    pub(super) fn follow(&mut self, now: Now) {
        let resting = self.regions.iter().all(Region::is_idle) && self.outbox.is_empty();
        if self.moves.is_empty() || !resting {
            return;
        }
        // By moment and then from above, so that a box that sees several goes the way they were made.
        let ready = self.moves.values().filter(|(signer, moved)| self.is_ready(*signer, moved));
        let Some((_, moved)) = ready.min_by_key(|(_, moved)| (moved.at, moved.from.level())).cloned() else { return };
        self.relocate(&moved, now);
    }

    /// The move still holds, and the region that signed it introduces the way to where it leads.
    fn is_ready(&self, signer: RegionCode, moved: &Move) -> bool {
        let lineage = moved.destination(self.place.village).lineage();
        let child = lineage.iter().find(|code| code.parent() == Some(signer));
        let signer_region = self.regions.iter().find(|region| region.code == signer);
        moved.check(signer, &self.place).is_ok()
            && child.zip(signer_region).is_some_and(|(child, region)| region.introduces.contains(child))
    }

    fn relocate(&mut self, moved: &Move, now: Now) {
        let place = self.place.after(moved);
        let lineage = place.village.lineage();
        let gone = |old: &RegionCode| !lineage.contains(old);
        let moved_regions = self.lineage.iter().copied().filter(gone).map(|old| (old, moved.destination(old)));
        let regions = moved_regions.filter(|(old, new)| old != new && lineage.contains(new)).collect();
        let relocation = Relocation { village: place.village, regions, channels: moved.channels.clone() };
        let mut changes = Changes { settings: place.to_saved(), ..Changes::default() };
        let mut before: BTreeMap<RegionCode, Region> =
            std::mem::take(&mut self.regions).into_iter().map(|region| (region.code, region)).collect();
        for (index, code) in lineage.iter().enumerate() {
            let (trust, pages) = match before.remove(code) {
                Some(region) => (region.trust, region.pages),
                None => (None, self.taken_over(&relocation, *code, &mut before, &mut changes)),
            };
            let nearness = (lineage.len() - 1 - index) as u8;
            self.regions.push(Region::new(*code, nearness, &lineage[index + 1..], trust, pages));
        }
        for (code, region) in before {
            changes.trust.push((code, RegionTrust::default()));
            changes.removed_targets.extend(region.pages.into_keys().map(|path| (code, path)));
        }
        changes.relocation = Some(relocation.clone());
        self.outbox.add(changes);
        self.relocation = Some(relocation);
        self.moves.clear();
        self.refused_move = None;
        self.lineage = lineage;
        self.place = place;
        self.last_trouble = None;
        self.start_round(now);
    }

    /// The pages that a new region of the lineage has from the one that it goes on for, as the store takes them over.
    fn taken_over(
        &self,
        relocation: &Relocation,
        new: RegionCode,
        before: &mut BTreeMap<RegionCode, Region>,
        changes: &mut Changes,
    ) -> BTreeMap<String, Sha256> {
        let Some((old, _)) = relocation.regions.iter().find(|(_, to)| *to == new) else { return BTreeMap::new() };
        changes.trust.push((*old, RegionTrust::default()));
        let mut pages = before.remove(old).map(|region| region.pages).unwrap_or_default();
        pages.retain(|path, _| !path.starts_with("children/") && !path.starts_with("moved/"));
        pages.entry(REVIEW_TARGET.to_owned()).or_insert(Sha256([0; 32]));
        pages
    }

    /// Where the box has gone, once.
    pub fn take_relocation(&mut self) -> Option<Relocation> {
        self.relocation.take()
    }

    /// Where the box stands.
    pub fn village(&self) -> RegionCode {
        self.place.village
    }
}
