//! The transaction that publishes: new documents, signed by every region that changes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use yuexiang_wire::{CHANNELS_TARGET, REGION_TARGET, child_target};

use super::documents::{self, Documents};
use super::{Contents, PublishError};
use crate::divisions::Divisions;
use crate::live::{KEPT, LineUp, Programme};
use crate::objects::{Stored, hash};
use crate::pack::manifest::ChannelEntry;
use crate::pack::{Pack, Problems};
use crate::region::RegionCode;
use crate::repository::{sign_from, sign_root};
use crate::store::{Change, RegionRow, Store};
use crate::tuf::{Keys, Role, target_path};

/// A region's repository as it is to be.
struct Draft {
    keys: Keys,
    /// Roots of a region never change their place in the parent: it names the first one.
    first_root: Vec<u8>,
    before: BTreeMap<String, Stored>,
    targets: BTreeMap<String, Stored>,
    bodies: Documents,
    is_new: bool,
}

/// Writes everything the packs publish and returns the regions that changed. With problems noted nothing is written.
pub async fn commit(
    data: &Path,
    store: &Store,
    packs: &[Pack],
    contents: Vec<Contents>,
    now: i64,
    problems: &Problems,
) -> Result<BTreeSet<RegionCode>, PublishError> {
    let mut change = store.change().await?;
    let mut drafts: BTreeMap<RegionCode, Draft> = BTreeMap::new();
    let mut publications = Vec::new();
    for (pack, contents) in packs.iter().zip(contents) {
        let region = pack.manifest.region;
        open_lineage(data, &mut change, &mut drafts, pack, now).await?;
        publications.push((region, contents.items.len(), &pack.manifest.reviewed_by));
        let documents = documents(&mut change, pack, contents, now).await?;
        documents::check_sizes(&documents, &pack.manifest.region_place, problems);
        if let Some(draft) = drafts.get_mut(&region) {
            draft.replace(documents);
        }
    }
    let changed: BTreeSet<RegionCode> = drafts
        .iter()
        .filter(|(_, draft)| draft.is_new || draft.targets != draft.before)
        .map(|(code, _)| *code)
        .collect();
    if changed.is_empty() || !problems.is_empty() {
        change.abandon().await?;
        return Ok(BTreeSet::new());
    }
    for (region, draft) in drafts.iter().filter(|(region, _)| changed.contains(region)) {
        draft.sign(&mut change, *region, now).await?;
    }
    for (region, items, reviewed_by) in publications {
        if changed.contains(&region) {
            change.note_publication(region, now, items, reviewed_by).await?;
        }
    }
    change.commit().await?;
    Ok(changed)
}

/// Drafts for the pack's region and all above it; repositories that do not exist yet come into being, each named by the
/// one above.
async fn open_lineage(
    data: &Path,
    change: &mut Change,
    drafts: &mut BTreeMap<RegionCode, Draft>,
    pack: &Pack,
    now: i64,
) -> Result<(), PublishError> {
    for code in pack.manifest.region.lineage() {
        let draft = match drafts.entry(code) {
            Entry::Occupied(draft) => draft.into_mut(),
            Entry::Vacant(place) => place.insert(Draft::open(data, change, code, pack, now).await?),
        };
        let child = child_target(&code.to_string());
        let root = draft.first_root.clone();
        if let Some(parent) = code.parent().and_then(|parent| drafts.get_mut(&parent))
            && !parent.targets.contains_key(&child)
        {
            parent.put(child, root);
        }
    }
    Ok(())
}

async fn documents(change: &mut Change, pack: &Pack, contents: Contents, now: i64) -> Result<Documents, PublishError> {
    let manifest = &pack.manifest;
    let row = RegionRow { name: manifest.name.clone(), sections: manifest.sections.clone() };
    change.keep_region(manifest.region, &row).await?;
    let mut documents = documents::pages(manifest.region, contents.items);
    let name = documents::region(manifest.region, &manifest.name, &manifest.sections);
    documents.insert(REGION_TARGET.to_owned(), name);
    let clips = contents.clips.into_iter().zip(&manifest.channels);
    let programmes = clips.map(|(clips, entry)| {
        let titles = entry.programmes.iter().map(|programme| programme.title.clone());
        let programmes = titles.zip(clips).map(|(title, clip)| Programme { title, segments: clip.segments });
        (entry.clone(), programmes.collect())
    });
    let channels = line_ups(change, manifest.region, programmes.collect(), now).await?;
    documents.insert(CHANNELS_TARGET.to_owned(), documents::channels(manifest.region, &channels));
    Ok(documents)
}

/// The line-up of each channel: the one in force when the programmes are what they were, else a new one. Channels that
/// are gone end.
async fn line_ups(
    change: &mut Change,
    region: RegionCode,
    programmes: Vec<(ChannelEntry, Vec<Programme>)>,
    now: i64,
) -> Result<Vec<(ChannelEntry, LineUp)>, PublishError> {
    let mut before = change.line_ups(region).await?;
    let mut channels = Vec::new();
    for (entry, programmes) in programmes {
        let earlier = before.remove(&entry.id).unwrap_or_default();
        let line_up = next_line_up(change, region, &entry.id, earlier, programmes, now).await?;
        channels.push((entry, line_up));
    }
    for (channel, earlier) in before {
        next_line_up(change, region, &channel, earlier, Vec::new(), now).await?;
    }
    Ok(channels)
}

async fn next_line_up(
    change: &mut Change,
    region: RegionCode,
    channel: &str,
    earlier: Vec<LineUp>,
    programmes: Vec<Programme>,
    now: i64,
) -> Result<LineUp, PublishError> {
    if let Some(last) = earlier.last().filter(|last| last.programmes == programmes) {
        return Ok(last.clone());
    }
    let next = LineUp::after(&earlier, programmes, now);
    change.keep_line_up(region, channel, &next).await?;
    change.forget_line_ups(region, channel, now - KEPT).await?;
    Ok(next)
}

impl Draft {
    async fn open(
        data: &Path,
        change: &mut Change,
        region: RegionCode,
        pack: &Pack,
        now: i64,
    ) -> Result<Draft, PublishError> {
        let is_new = change.region(region).await?.is_none();
        let keys = Keys::open(data, region)?;
        if !is_new {
            let first_root = change.file(region, &Role::Root.file(1)).await?.unwrap_or_default();
            let before = change.targets(region).await?;
            let targets = before.clone();
            return Ok(Draft { keys, first_root, before, targets, bodies: Documents::new(), is_new });
        }
        // The region's own pack gives its name; those above are in the list of divisions, as was checked.
        let name = match pack.manifest.region == region {
            true => pack.manifest.name.clone(),
            false => Divisions::guangdong().name(region).unwrap_or_default().to_owned(),
        };
        change.keep_region(region, &RegionRow { name: name.clone(), sections: Vec::new() }).await?;
        let first_root = sign_root(change, &keys, region, now).await?;
        let mut draft = Draft {
            keys,
            first_root,
            before: BTreeMap::new(),
            targets: BTreeMap::new(),
            bodies: Documents::new(),
            is_new,
        };
        draft.put(REGION_TARGET.to_owned(), documents::region(region, &name, &[]));
        draft.put(CHANNELS_TARGET.to_owned(), documents::channels(region, &[]));
        Ok(draft)
    }

    fn put(&mut self, name: String, body: Vec<u8>) {
        self.targets.insert(name.clone(), Stored { sha256: hash(&body), length: body.len() as u64 });
        self.bodies.insert(name, body);
    }

    /// Replaces everything but the children.
    fn replace(&mut self, documents: Documents) {
        self.targets.retain(|name, _| name.starts_with("children/"));
        for (name, body) in documents {
            self.put(name, body);
        }
    }

    async fn sign(&self, change: &mut Change, region: RegionCode, now: i64) -> Result<(), PublishError> {
        for (name, stored) in &self.targets {
            if let Some(body) = self.bodies.get(name) {
                change.keep_file(region, &target_path(name, &stored.sha256), body).await?;
            }
        }
        change.keep_targets(region, &self.targets).await?;
        sign_from(change, &self.keys, region, Role::Targets, &self.targets, now).await?;
        Ok(())
    }
}
