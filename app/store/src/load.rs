//! Reading everything that is held in memory. It happens once, before the first picture, and so has to be quick.

use crate::database::Unusable;
use crate::documents;
use crate::files::ObjectFiles;
use crate::packed;
use rusqlite::{Connection, Row};
use std::collections::BTreeMap;
use yuexiang_core::catalog::{
    Audience, Board, Channel, Former, ItemId, ItemSummary, Kind, NeededObject, ObjectRef, ObjectRole, Programme,
    RegionInfo, Review, ReviewKey, Reviewer, Section, Sha256,
};
use yuexiang_core::event::{RegionTrust, Saved, StoredObject};
use yuexiang_core::region::RegionCode;
use yuexiang_core::uplink::{Class, Message, MessageId, Payload};
use yuexiang_core::view_counts::{Day, ViewBatch, ViewCount};

pub(crate) const KINDS: [Kind; 9] = [
    Kind::Article,
    Kind::Notice,
    Kind::Story,
    Kind::Video,
    Kind::Disclosure,
    Kind::Activity,
    Kind::Product,
    Kind::Spot,
    Kind::Job,
];
pub(crate) const ROLES: [ObjectRole; 3] = [ObjectRole::Thumbnail, ObjectRole::Picture, ObjectRole::Video];
/// Bytes of one entry in `items.objects`.
pub(crate) const ENTRY: usize = 41;

pub(crate) struct Loaded {
    pub saved: Saved,
    /// Objects whose files are gone although their rows said they were whole.
    pub lost: Vec<Sha256>,
    /// Pages whose rows another version of the program has made.
    pub to_decode: Vec<i64>,
    /// The database was built anew: stray files may still be needed.
    pub rebuilt: bool,
}

/// What is counted, and what waits to be sent.
#[derive(Default)]
pub(crate) struct Outgoing {
    pub view_counts: BTreeMap<Day, ViewBatch>,
    pub uplink: BTreeMap<MessageId, Message>,
}

/// Settings and positions.
pub(crate) type Personal = (BTreeMap<String, String>, BTreeMap<ItemId, u64>);

pub(crate) fn load(connection: &Connection, files: &ObjectFiles, decoder: u32) -> Result<Loaded, Unusable> {
    let (settings, positions) = personal(connection)?;
    // The only table that is not read here; without it no page could ever be written.
    connection.prepare("SELECT id, bytes FROM item_bodies")?;
    let (items, item_pages) = items(connection)?;
    let (objects, lost) = objects(connection, files)?;
    let partial = files.unfinished();
    let whole = objects.values().map(|object| object.length).sum();
    let outgoing = outgoing(connection)?;
    let saved = Saved {
        trust: trust(connection)?,
        regions: regions(connection)?,
        channels: channels(connection)?,
        reviews: reviews(connection)?,
        pages: pages(connection, decoder)?,
        items,
        item_pages,
        objects,
        partial,
        settings,
        positions,
        view_counts: outgoing.view_counts,
        uplink: outgoing.uplink,
        space: files.space(whole),
    };
    let to_decode = documents::decoded_otherwise(connection, decoder)?;
    Ok(Loaded { saved, lost, to_decode, rebuilt: false })
}

pub(crate) fn personal(connection: &Connection) -> rusqlite::Result<Personal> {
    let settings = rows(connection, "SELECT name, value FROM settings", |row| Ok((row.get(0)?, row.get(1)?)))?;
    let positions = rows(connection, "SELECT item, position FROM positions", |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((settings, positions))
}

fn rows<T, C: FromIterator<T>>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<C> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}

pub(crate) fn trust(connection: &Connection) -> Result<BTreeMap<RegionCode, RegionTrust>, Unusable> {
    let mut trust: BTreeMap<RegionCode, RegionTrust> = rows(connection, "SELECT region, etag FROM trust", |row| {
        Ok((region(row, 0)?, RegionTrust { files: BTreeMap::new(), etag: row.get(1)? }))
    })?;
    let files: Vec<(RegionCode, String, Vec<u8>)> =
        rows(connection, "SELECT region, name, bytes FROM trust_files", |row| {
            Ok((region(row, 0)?, row.get(1)?, row.get(2)?))
        })?;
    for (region, name, bytes) in files {
        trust.entry(region).or_default().files.insert(name, bytes);
    }
    Ok(trust)
}

fn pages(connection: &Connection, decoder: u32) -> Result<BTreeMap<(RegionCode, String), Sha256>, Unusable> {
    let mut pages: BTreeMap<(RegionCode, String), Sha256> =
        rows(connection, "SELECT region, path, sha256 FROM pages", |row| {
            Ok(((region(row, 0)?, row.get(1)?), Sha256(row.get(2)?)))
        })?;
    for page in documents::decoded_without_bytes(connection, decoder)? {
        // No document has this hash: the next answer of the cloud brings it, and until then the rows are what there is.
        pages.insert(page, Sha256([0; 32]));
    }
    Ok(pages)
}

fn regions(connection: &Connection) -> Result<BTreeMap<RegionCode, RegionInfo>, Unusable> {
    let mut by_page: BTreeMap<i64, RegionInfo> = rows(
        connection,
        "SELECT regions.page, pages.region, regions.name FROM regions JOIN pages ON pages.id = regions.page",
        |row| Ok((row.get(0)?, RegionInfo { code: region(row, 1)?, name: row.get(2)?, sections: Vec::new() })),
    )?;
    let sections: Vec<(i64, Section)> = rows(
        connection,
        "SELECT page, id, board, name, name_en, sequence FROM sections ORDER BY page, position",
        |row| {
            let section = Section {
                id: row.get(1)?,
                board: one_of(row, 2, &Board::ALL)?,
                name: row.get(3)?,
                name_en: row.get(4)?,
                order: row.get(5)?,
            };
            Ok((row.get(0)?, section))
        },
    )?;
    for (page, section) in sections {
        if let Some(info) = by_page.get_mut(&page) {
            info.sections.push(section);
        }
    }
    Ok(by_page.into_values().map(|info| (info.code, info)).collect())
}

fn channels(connection: &Connection) -> Result<BTreeMap<RegionCode, Vec<Channel>>, Unusable> {
    let mut programmes: BTreeMap<(i64, i64), Vec<Programme>> = BTreeMap::new();
    let listed: Vec<(i64, i64, Programme)> = rows(
        connection,
        "SELECT page, channel, title, duration FROM programmes ORDER BY page, channel, position",
        |row| Ok((row.get(0)?, row.get(1)?, Programme { title: row.get(2)?, duration: row.get(3)? })),
    )?;
    for (page, channel, programme) in listed {
        programmes.entry((page, channel)).or_default().push(programme);
    }
    let listed: Vec<(RegionCode, Channel)> = rows(
        connection,
        "SELECT channels.page, position, pages.region, channels.id, number, name, url, loop_start
         FROM channels JOIN pages ON pages.id = channels.page ORDER BY channels.page, position",
        |row| {
            let channel = Channel {
                id: row.get(3)?,
                number: row.get(4)?,
                name: row.get(5)?,
                url: row.get(6)?,
                loop_start: row.get(7)?,
                programmes: programmes.remove(&(row.get(0)?, row.get(1)?)).unwrap_or_default(),
            };
            Ok((region(row, 2)?, channel))
        },
    )?;
    let mut channels: BTreeMap<RegionCode, Vec<Channel>> = BTreeMap::new();
    for (region, channel) in listed {
        channels.entry(region).or_default().push(channel);
    }
    Ok(channels)
}

fn reviews(connection: &Connection) -> Result<BTreeMap<RegionCode, Review>, Unusable> {
    let mut by_page: BTreeMap<i64, (RegionCode, Review)> = rows(
        connection,
        "SELECT reviews.page, pages.region, reviews_below, former FROM reviews JOIN pages ON pages.id = reviews.page",
        |row| {
            let former = regions_in(row, 3)?.into_iter().map(|region| Former { region, reviewers: Vec::new() });
            let review = Review { reviews_below: row.get(2)?, reviewers: Vec::new(), former: former.collect() };
            Ok((row.get(0)?, (region(row, 1)?, review)))
        },
    )?;
    let listed: Vec<(i64, Option<RegionCode>, Reviewer)> = rows(
        connection,
        "SELECT page, key, person, name, steps, since, until, former FROM reviewers ORDER BY page, position",
        |row| {
            let steps = row.get_ref(4)?.as_blob().map_err(|error| damaged(4, error))?;
            let reviewer = Reviewer {
                key: ReviewKey(row.get(1)?),
                person: row.get(2)?,
                name: row.get(3)?,
                steps: packed::steps(steps).ok_or_else(|| damaged(4, "steps"))?,
                from: row.get(5)?,
                until: row.get(6)?,
            };
            let former = row.get_ref(7)?.as_str_or_null().map_err(|error| damaged(7, error))?;
            let former = former.map(|code| code.parse().map_err(|error| damaged(7, error))).transpose()?;
            Ok((row.get(0)?, former, reviewer))
        },
    )?;
    for (page, former, reviewer) in listed {
        let Some((_, review)) = by_page.get_mut(&page) else { continue };
        match former {
            None => review.reviewers.push(reviewer),
            Some(region) => {
                let known = review.former.iter_mut().find(|former| former.region == region);
                known
                    .ok_or_else(|| Unusable::Content(format!("{region} was not taken over")))?
                    .reviewers
                    .push(reviewer);
            }
        }
    }
    Ok(by_page.into_values().collect())
}

pub(crate) fn outgoing(connection: &Connection) -> Result<Outgoing, Unusable> {
    let listed: Vec<(Vec<u8>, ViewBatch)> =
        rows(connection, "SELECT batch, day, item, village, views, plays, seconds FROM view_counts", |row| {
            let day: String = row.get(1)?;
            let day = day.parse().map_err(|_| damaged(1, "day"))?;
            let count = ViewCount { views: row.get(4)?, plays: row.get(5)?, seconds: row.get(6)? };
            Ok((row.get(0)?, ViewBatch { village: region(row, 3)?, day, counts: [(row.get(2)?, count)].into() }))
        })?;
    let mut batches: BTreeMap<(Vec<u8>, Day), ViewBatch> = BTreeMap::new();
    for (name, mut batch) in listed {
        match batches.get_mut(&(name.clone(), batch.day)) {
            Some(known) => known.counts.append(&mut batch.counts),
            None => drop(batches.insert((name, batch.day), batch)),
        }
    }
    let mut queued: BTreeMap<Vec<u8>, (usize, u64, i64)> =
        rows(connection, "SELECT id, class, sequence, expires FROM uplink", |row| {
            Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
        })?;
    let mut outgoing = Outgoing::default();
    for ((name, day), batch) in batches {
        if name.is_empty() {
            outgoing.view_counts.insert(day, batch);
            continue;
        }
        let id = MessageId(name.as_slice().try_into().map_err(|_| Unusable::Content("a message's id".to_owned()))?);
        // One of an earlier program has no place of its own yet.
        let usual = (Class::Bulk as usize, batch.usual_sequence(), batch.expires());
        let (class, sequence, expires) = queued.remove(&name).unwrap_or(usual);
        // What a later program sends in another way it sends when it is back.
        let Some(class) = Class::ALL.get(class).copied() else { continue };
        outgoing.uplink.insert(id, Message { class, sequence, expires, payload: Payload::Views(batch) });
    }
    Ok(outgoing)
}

type Items = (Vec<ItemSummary>, BTreeMap<ItemId, String>);

fn items(connection: &Connection) -> Result<Items, Unusable> {
    let paths: BTreeMap<i64, String> =
        rows(connection, "SELECT id, path FROM pages", |row| Ok((row.get(0)?, row.get(1)?)))?;
    let listed: Vec<(i64, ItemSummary)> = rows(
        connection,
        "SELECT page, id, region, board, section, kind, title, summary, publisher, published, not_before, not_after,
                pinned, priority, author, approvals, audience_only, audience_except, thumbnail, starts, price, duration,
                objects FROM items",
        |row| Ok((row.get(0)?, summary(row)?)),
    )?;
    let mut item_pages = BTreeMap::new();
    let mut items = Vec::with_capacity(listed.len());
    for (page, item) in listed {
        let path = paths.get(&page).ok_or_else(|| Unusable::Content(format!("item {} has no page", item.id)))?;
        item_pages.insert(item.id.clone(), path.clone());
        items.push(item);
    }
    Ok((items, item_pages))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<ItemSummary> {
    let approvals = row.get_ref(15)?.as_blob().map_err(|error| damaged(15, error))?;
    let thumbnail = row.get_ref(18)?.as_blob_or_null().map_err(|error| damaged(18, error))?;
    let objects = row.get_ref(22)?.as_blob().map_err(|error| damaged(22, error))?;
    Ok(ItemSummary {
        id: row.get(1)?,
        region: region(row, 2)?,
        board: one_of(row, 3, &Board::ALL)?,
        section: row.get(4)?,
        kind: one_of(row, 5, &KINDS)?,
        title: row.get(6)?,
        summary: row.get(7)?,
        publisher: row.get(8)?,
        published: row.get(9)?,
        not_before: row.get(10)?,
        not_after: row.get(11)?,
        pinned: row.get(12)?,
        priority: row.get(13)?,
        author: row.get(14)?,
        approvals: packed::approvals(approvals).ok_or_else(|| damaged(15, "approvals"))?,
        audience: Audience { only: regions_in(row, 16)?, except: regions_in(row, 17)? },
        thumbnail: thumbnail.map(|bytes| object(bytes).ok_or_else(|| damaged(18, "thumbnail"))).transpose()?,
        starts: row.get(19)?,
        price: row.get(20)?,
        duration: row.get(21)?,
        objects: needed(objects).ok_or_else(|| damaged(22, "objects"))?,
    })
}

fn regions_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<RegionCode>> {
    let text = row.get_ref(column)?.as_str().map_err(|error| damaged(column, error))?;
    packed::regions(text).ok_or_else(|| damaged(column, "regions"))
}

fn needed(bytes: &[u8]) -> Option<Vec<NeededObject>> {
    if !bytes.len().is_multiple_of(ENTRY) {
        return None;
    }
    bytes
        .chunks_exact(ENTRY)
        .map(|entry| Some(NeededObject { role: *ROLES.get(usize::from(entry[0]))?, object: object(&entry[1..])? }))
        .collect()
}

fn object(bytes: &[u8]) -> Option<ObjectRef> {
    let (sha256, length) = bytes.split_at_checked(32)?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    Some(ObjectRef { sha256: Sha256(sha256.try_into().ok()?), length })
}

type Objects = (BTreeMap<Sha256, StoredObject>, Vec<Sha256>);

fn objects(connection: &Connection, files: &ObjectFiles) -> Result<Objects, Unusable> {
    let listed: Vec<(Sha256, StoredObject)> =
        rows(connection, "SELECT sha256, length, last_used FROM objects", |row| {
            Ok((Sha256(row.get(0)?), StoredObject { length: row.get(1)?, last_used: row.get(2)? }))
        })?;
    let there = |(sha256, object): &(Sha256, StoredObject)| files.whole_length(*sha256) == Some(object.length);
    let (objects, lost): (Vec<_>, Vec<_>) = listed.into_iter().partition(there);
    Ok((objects.into_iter().collect(), lost.into_iter().map(|(sha256, _)| sha256).collect()))
}

fn region(row: &Row<'_>, column: usize) -> rusqlite::Result<RegionCode> {
    let text = row.get_ref(column)?.as_str().map_err(|error| damaged(column, error))?;
    text.parse().map_err(|error| damaged(column, error))
}

fn one_of<T: Copy>(row: &Row<'_>, column: usize, values: &[T]) -> rusqlite::Result<T> {
    let index: usize = row.get(column)?;
    values.get(index).copied().ok_or_else(|| damaged(column, "out of range"))
}

fn damaged(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, error.into())
}
