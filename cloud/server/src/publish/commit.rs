//! The transaction that publishes packs: items with their approvals, then documents, signed by every region that changes.
//!
//! A pack comes with the names of its three reviewers, and whoever runs the command vouches for them: each name is an
//! account of the pack's region that nobody can sign in as, with a key of its own, so that boxes find the same chain as
//! behind an item from the editors' desk. The log says that it was a pack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use yuexiang_console::messages::pack::Flaw;
use yuexiang_wire::approval::{content_hash, required_steps};
use yuexiang_wire::{Board, CHANNELS_TARGET, Item, REGION_TARGET, Section, Step, limits};

use super::drafts::Drafts;
use super::{Contents, PublishError, Publisher, documents, pages};
use crate::db::args;
use crate::desk::log::{self, Entry};
use crate::desk::state::State;
use crate::keys::people::{PersonKey, reviews_needed};
use crate::live::{KEPT, LineUp, Programme};
use crate::objects::hash;
use crate::pack::manifest::ChannelEntry;
use crate::pack::{Pack, Problems, china_date};
use crate::region::RegionCode;
use crate::store::items::{ItemRow, OnAir, RevisionRow, new_serial};
use crate::store::{Change, RegionRow, unreadable};

/// Who the log says it was.
const ACTOR: &str = "command-line";
const ORIGIN: &str = "pack";

/// Writes everything the packs publish and returns the regions that changed. With problems noted nothing is written.
pub async fn commit(
    publisher: &Publisher,
    packs: &[Pack],
    contents: Vec<Contents>,
    now: i64,
    problems: &Problems,
) -> Result<BTreeSet<RegionCode>, PublishError> {
    let mut change = publisher.store.change().await?;
    let regions: Vec<RegionCode> = packs.iter().map(|pack| pack.manifest.region).collect();
    Drafts::lock(&mut change, &regions).await?;
    let mut drafts = Drafts::new(publisher, now);
    let mut publications = Vec::new();
    for (pack, contents) in packs.iter().zip(contents) {
        let region = pack.manifest.region;
        drafts.open(&mut change, region, Some(&pack.manifest.name)).await?;
        publications.push((region, contents.items.len(), &pack.manifest.reviewed_by));
        describe(&mut change, &mut drafts, pack, &contents, now).await?;
        let mut import = Import { publisher, change: &mut change, pack, now };
        let touched = import.items(contents.items, problems).await?;
        drafts.put_review(&mut change, region).await?;
        for (board, month) in touched {
            pages::put_page(&mut change, &mut drafts, region, board, &month, now).await?;
        }
    }
    if !problems.is_empty() {
        change.abandon().await?;
        return Ok(BTreeSet::new());
    }
    let changed = drafts.finish(&mut change).await?;
    if changed.is_empty() {
        change.abandon().await?;
        return Ok(changed);
    }
    for (region, items, reviewed_by) in publications.into_iter().filter(|(region, ..)| changed.contains(region)) {
        change.note_publication(region, now, items, reviewed_by).await?;
        let detail = json!({ "items": items, "reviewed_by": reviewed_by });
        let entry = Entry { region, at: now, account: ACTOR, action: "pack", object: "", detail };
        log::append(&mut change.tx, entry).await?;
    }
    change.commit().await?;
    Ok(changed)
}

/// What the pack says of the region itself, and its channels.
async fn describe(
    change: &mut Change,
    drafts: &mut Drafts<'_>,
    pack: &Pack,
    contents: &Contents,
    now: i64,
) -> Result<(), PublishError> {
    let manifest = &pack.manifest;
    // Sections that were added at the desk stay: what is on the air there may stand in them. They go at the desk as well.
    let mut sections = manifest.sections.clone();
    let known = change.region(manifest.region).await?.map(|row| row.sections).unwrap_or_default();
    let is_new =
        |known: &Section| !manifest.sections.iter().any(|own| (own.board, &own.id) == (known.board, &known.id));
    sections.extend(known.into_iter().filter(is_new).take(limits::SECTIONS.saturating_sub(manifest.sections.len())));
    let region = documents::region(manifest.region, &manifest.name, &sections);
    change.keep_region(manifest.region, &RegionRow { name: manifest.name.clone(), sections }).await?;
    drafts.put(manifest.region, REGION_TARGET, region);
    let clips = contents.clips.iter().zip(&manifest.channels);
    let programmes = clips.map(|(clips, entry)| {
        let titles = entry.programmes.iter().map(|programme| programme.title.clone());
        let programmes = titles.zip(clips).map(|(title, clip)| Programme { title, segments: clip.segments.clone() });
        (entry.clone(), programmes.collect())
    });
    let channels = line_ups(change, manifest.region, programmes.collect(), now).await?;
    drafts.put(manifest.region, CHANNELS_TARGET, documents::channels(manifest.region, &channels));
    Ok(())
}

/// One pack's items on their way into the database.
struct Import<'a> {
    publisher: &'a Publisher,
    change: &'a mut Change,
    pack: &'a Pack,
    now: i64,
}

impl Import<'_> {
    /// Takes the pack's items in, withdraws those that are gone, and returns the pages that are to be made anew.
    async fn items(
        &mut self,
        items: Vec<(Board, Item)>,
        problems: &Problems,
    ) -> Result<BTreeSet<(Board, String)>, PublishError> {
        let region = self.pack.manifest.region;
        let author = self.person("author", self.pack.manifest.publisher.as_deref().unwrap_or("内容包")).await?;
        let reviews = reviews_needed(self.change, region).await.map_err(PublishError::Key)?;
        let reviewers = self.reviewers(required_steps(reviews)).await?;
        let mut touched = BTreeSet::new();
        let mut known = self.published().await?;
        for (board, mut item) in items {
            item.author.clone_from(&author);
            let before = known.remove(&item.id);
            match self.change.item(&item.id).await? {
                Some(row) if row.origin != ORIGIN => {
                    let reason = Flaw::FromDesk { item: item.id.clone() };
                    problems.add(&self.pack.manifest.region_place, reason);
                }
                row => touched.extend(self.item(board, item, row, &reviewers).await?),
            }
            touched.extend(before);
        }
        for (id, page) in known {
            self.change.take_off_air(&id, State::Withdrawn, self.now).await?;
            self.note(&id, "withdraw", json!({})).await?;
            touched.insert(page);
        }
        Ok(touched)
    }

    /// Items of earlier packs that are on the air, and their pages.
    async fn published(&mut self) -> Result<BTreeMap<String, (Board, String)>, PublishError> {
        let sql = "SELECT id, board, month FROM item WHERE region = $1 AND origin = $2 AND live IS NOT NULL";
        let values = args![self.pack.manifest.region, ORIGIN];
        let rows: Vec<(String, String, String)> = self.change.tx.all("listing a pack's items", sql, values).await?;
        Ok(rows.into_iter().filter_map(|(id, board, month)| Some((id, (Board::named(&board)?, month)))).collect())
    }

    /// Publishes one item, unless it is on the air just like this with approvals that still count.
    async fn item(
        &mut self,
        board: Board,
        item: Item,
        row: Option<ItemRow>,
        reviewers: &[(Step, PersonKey)],
    ) -> Result<Option<(Board, String)>, PublishError> {
        let content = serde_json::to_value(&item).map_err(unreadable("item", &item.id))?;
        let hash = content_hash(&content).ok_or_else(|| PublishError::Content { item: item.id.clone() })?;
        let live = row.as_ref().and_then(|row| row.live.as_ref());
        if let (Some(row), Some(live)) = (&row, live) {
            let revision = self.change.revision(&item.id, live.revision).await?;
            let approvals = self.change.approvals(&item.id, live.revision).await?;
            let keys: Vec<_> = approvals.iter().map(|row| (row.approval.step, &row.approval.key)).collect();
            let same_keys = keys.iter().copied().eq(reviewers.iter().map(|(step, key)| (*step, &key.public)));
            if row.board == board && same_keys && revision.is_some_and(|row| row.hash.as_deref() == Some(&hash)) {
                return Ok(None);
            }
        }
        let number = row.as_ref().map_or(1, |row| row.revision + 1);
        if row.is_none() {
            self.change.add_item(&new_row(board, &item, self.now), None).await?;
        }
        let text = RevisionRow {
            number,
            draft: "{}".to_owned(),
            content: Some(content.to_string()),
            hash: Some(hash.clone()),
            author: item.author.clone(),
            writers: vec![item.author.clone()],
            at: self.now,
        };
        self.change.add_revision(&item.id, &text).await?;
        let region = self.pack.manifest.region;
        for (step, key) in reviewers {
            let approval = key.approve(&item.id, &hash, *step, region, self.now).map_err(PublishError::Key)?;
            self.change.keep_approval(&item.id, number, &key.account, None, &approval).await?;
        }
        let month = month_of(item.published);
        let on_air = OnAir {
            revision: number,
            board,
            section: &item.section,
            kind: item.kind.slug(),
            title: &item.title,
            month: &month,
            published: item.published,
            not_before: item.not_before,
            not_after: item.not_after,
            pinned: item.pinned,
            priority: item.priority,
        };
        self.change.put_on_air(&item.id, &on_air, self.now).await?;
        self.note(&item.id, "publish", json!({ "hash": hash, "revision": number })).await?;
        Ok(Some((board, month)))
    }

    async fn reviewers(&mut self, steps: &[Step]) -> Result<Vec<(Step, PersonKey)>, PublishError> {
        let region = self.pack.manifest.region;
        let mut reviewers = Vec::new();
        for (step, name) in Step::ALL.into_iter().zip(&self.pack.manifest.reviewed_by) {
            if steps.contains(&step) {
                let account = self.person(step.slug(), name).await?;
                let key = PersonKey::open(&self.publisher.master, self.change, &account, self.now).await?;
                key.enlist(self.change, region, step, self.now).await?;
                reviewers.push((step, key));
            }
        }
        Ok(reviewers)
    }

    /// The account of a name that only packs know. One name of a region is one reviewer, whatever it reviews; who is named
    /// as the publisher is another, so that a village's committee may stand for both.
    async fn person(&mut self, part: &str, name: &str) -> Result<String, PublishError> {
        let region = self.pack.manifest.region;
        let own = if part == "author" { part } else { "reviewer" };
        let id = format!("pack-{}", &hash(format!("{region}/{own}/{name}").as_bytes())[..16]);
        let sql = "INSERT INTO account (id, name, region, created) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
        self.change.tx.execute("naming a person of a pack", sql, args![&id, name, region, self.now]).await?;
        Ok(id)
    }

    async fn note(&mut self, item: &str, action: &str, detail: serde_json::Value) -> Result<(), PublishError> {
        let region = self.pack.manifest.region;
        let entry = Entry { region, at: self.now, account: ACTOR, action, object: item, detail };
        Ok(log::append(&mut self.change.tx, entry).await?)
    }
}

fn new_row(board: Board, item: &Item, now: i64) -> ItemRow {
    ItemRow {
        id: item.id.clone(),
        serial: new_serial(now),
        // The id of a pack's item begins with its region.
        region: item.id.split('/').next().and_then(|code| code.parse().ok()).unwrap_or(RegionCode::GUANGDONG),
        board,
        section: item.section.clone(),
        kind: item.kind.slug().to_owned(),
        title: item.title.clone(),
        author: item.author.clone(),
        state: State::Draft,
        revision: 0,
        live: None,
        not_before: item.not_before,
        not_after: item.not_after,
        pinned: item.pinned,
        priority: i64::from(item.priority),
        origin: ORIGIN.to_owned(),
        created: now,
        updated: now,
    }
}

/// `YYYY-MM` in China.
pub fn month_of(published: i64) -> String {
    let date = china_date(published);
    format!("{:04}-{:02}", date.year(), date.month())
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
