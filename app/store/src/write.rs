//! One transaction.

use crate::load::{ENTRY, KINDS, Outgoing, Personal, ROLES};
use crate::packed::{pack_approvals, pack_regions, pack_steps};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use yuexiang_core::catalog::{Board, Channel, Item, ItemSummary, ObjectRef, RegionInfo, Review, Sha256};
use yuexiang_core::event::{Changes, RegionTrust, Target};
use yuexiang_core::moves::Relocation;
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;
use yuexiang_core::uplink::{Class, Message, MessageId, Payload};
use yuexiang_core::view_counts::{Day, ViewBatch};

type Result<T = ()> = rusqlite::Result<T>;

pub(crate) fn commit(connection: &mut Connection, changes: &Changes, codec: &dyn DocumentCodec) -> Result {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    within(&transaction, changes, codec)?;
    transaction.commit()
}

pub(crate) fn within(transaction: &Transaction<'_>, changes: &Changes, codec: &dyn DocumentCodec) -> Result {
    if let Some(relocation) = &changes.relocation {
        relocate(transaction, relocation)?;
    }
    for (region, trust) in &changes.trust {
        write_trust(transaction, *region, trust)?;
    }
    for (region, path) in &changes.removed_targets {
        let mut delete = transaction.prepare_cached("DELETE FROM pages WHERE region = ?1 AND path = ?2")?;
        delete.execute(params![region.to_string(), path])?;
    }
    for (region, target, info) in &changes.regions {
        write_region(transaction, *region, target, info)?;
    }
    for (region, target, channels) in &changes.channels {
        write_channels(transaction, *region, target, channels)?;
    }
    for (region, target, review) in &changes.reviews {
        write_review(transaction, *region, target, review)?;
    }
    for (region, target, items) in &changes.pages {
        write_items(transaction, *region, target, (items, document_of(changes, *region, target)), codec)?;
    }
    for ((region, path), bytes) in &changes.documents {
        write_document(transaction, *region, path, bytes, codec)?;
    }
    write_objects(transaction, changes)?;
    for (name, value) in &changes.settings {
        let mut upsert = transaction.prepare_cached("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?;
        upsert.execute(params![name, value])?;
    }
    for (item, position) in &changes.positions {
        write_position(transaction, item, *position)?;
    }
    for (day, batch) in &changes.view_counts {
        write_counting(transaction, *day, batch.as_ref())?;
    }
    for (id, message) in &changes.uplink {
        write_message(transaction, *id, message.as_ref())?;
    }
    Ok(())
}

/// The bytes that brought a page's items.
fn document_of<'a>(changes: &'a Changes, region: RegionCode, target: &Target) -> &'a [u8] {
    let named = changes.documents.iter().find(|((of, path), _)| *of == region && *path == target.path);
    named.map_or(&[], |(_, bytes)| bytes)
}

/// Beside the row of its target, which is written before.
fn write_document(
    transaction: &Transaction<'_>,
    region: RegionCode,
    path: &str,
    bytes: &[u8],
    codec: &dyn DocumentCodec,
) -> Result {
    let mut select = transaction.prepare_cached("SELECT id FROM pages WHERE region = ?1 AND path = ?2")?;
    match select.query_row(params![region.to_string(), path], |row| row.get(0)).optional()? {
        Some(page) => crate::documents::write(transaction, page, bytes, codec.version()),
        None => Ok(()),
    }
}

/// Settings and positions alone.
pub(crate) fn personal(connection: &mut Connection, (settings, positions): &Personal) -> Result {
    let transaction = connection.transaction()?;
    for (name, value) in settings {
        transaction.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)", params![name, value])?;
    }
    for (item, position) in positions {
        write_position(&transaction, item, Some(*position))?;
    }
    transaction.commit()
}

/// The verified metadata alone.
pub(crate) fn all_trust(connection: &mut Connection, trust: &BTreeMap<RegionCode, RegionTrust>) -> Result {
    let transaction = connection.transaction()?;
    for (region, trust) in trust {
        write_trust(&transaction, *region, trust)?;
    }
    transaction.commit()
}

pub(crate) fn forget_objects(connection: &mut Connection, objects: &[Sha256]) -> Result {
    let transaction = connection.transaction()?;
    for sha256 in objects {
        transaction.prepare_cached("DELETE FROM objects WHERE sha256 = ?1")?.execute([sha256.0])?;
    }
    transaction.commit()
}

/// What is held of a region is that of the region that has taken it over, until this one's own documents come.
fn relocate(transaction: &Transaction<'_>, relocation: &Relocation) -> Result {
    const STEPS: [&str; 8] = [
        "DELETE FROM pages WHERE region = ?2 AND ?1 <> ''",
        "DELETE FROM pages WHERE region = ?1 AND path LIKE 'children/%' AND ?2 <> ''",
        "UPDATE pages SET region = ?2 WHERE region = ?1",
        "UPDATE items SET region = ?2 WHERE region = ?1",
        // That the old one was taken over is said where reviewers are, whether there were any or not.
        "INSERT OR IGNORE INTO pages (region, path, sha256) SELECT ?2, 'review.json', zeroblob(32) WHERE ?1 <> ''",
        "INSERT OR IGNORE INTO reviews (page, reviews_below)
         SELECT id, 3 FROM pages WHERE region = ?2 AND path = 'review.json' AND ?1 <> ''",
        "UPDATE reviewers SET former = ?1 WHERE former IS NULL
         AND page = (SELECT id FROM pages WHERE region = ?2 AND path = 'review.json')",
        "UPDATE reviews SET former = former || ?1
         WHERE page = (SELECT id FROM pages WHERE region = ?2 AND path = 'review.json')",
    ];
    for (old, new) in &relocation.regions {
        for sql in STEPS {
            transaction.execute(sql, params![old.to_string(), new.to_string()])?;
        }
    }
    Ok(())
}

pub(crate) fn write_trust(transaction: &Transaction<'_>, region: RegionCode, trust: &RegionTrust) -> Result {
    let region = region.to_string();
    if trust.files.is_empty() {
        transaction.prepare_cached("DELETE FROM trust WHERE region = ?1")?.execute([&region])?;
        return Ok(());
    }
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO trust (region, etag) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET etag = excluded.etag",
    )?;
    upsert.execute(params![region, trust.etag])?;
    let mut select = transaction.prepare_cached("SELECT name FROM trust_files WHERE region = ?1")?;
    let stored: Vec<String> = select.query_map([&region], |row| row.get(0))?.collect::<Result<_>>()?;
    for name in stored.iter().filter(|name| !trust.files.contains_key(*name)) {
        let mut delete = transaction.prepare_cached("DELETE FROM trust_files WHERE region = ?1 AND name = ?2")?;
        delete.execute(params![region, name])?;
    }
    // Trust is written step by step, and a step renews one file of four, of which one may have megabytes.
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO trust_files (region, name, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET bytes = excluded.bytes WHERE bytes IS NOT excluded.bytes",
    )?;
    for (name, bytes) in &trust.files {
        upsert.execute(params![region, name, bytes])?;
    }
    Ok(())
}

/// The row of a target, without what an earlier version of it had brought.
fn fresh_page(transaction: &Transaction<'_>, region: RegionCode, target: &Target) -> Result<i64> {
    let region = region.to_string();
    let mut delete = transaction.prepare_cached("DELETE FROM pages WHERE region = ?1 AND path = ?2")?;
    delete.execute(params![region, target.path])?;
    let mut insert = transaction.prepare_cached("INSERT INTO pages (region, path, sha256) VALUES (?1, ?2, ?3)")?;
    insert.insert(params![region, target.path, target.object.sha256.0])
}

fn write_region(transaction: &Transaction<'_>, region: RegionCode, target: &Target, info: &RegionInfo) -> Result {
    let page = fresh_page(transaction, region, target)?;
    transaction
        .prepare_cached("INSERT INTO regions (page, name) VALUES (?1, ?2)")?
        .execute(params![page, info.name])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO sections (page, position, id, board, name, name_en, sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (position, section) in info.sections.iter().enumerate() {
        let board = board_number(section.board);
        insert.execute(params![page, position, section.id, board, section.name, section.name_en, section.order])?;
    }
    Ok(())
}

fn write_channels(transaction: &Transaction<'_>, region: RegionCode, target: &Target, channels: &[Channel]) -> Result {
    let page = fresh_page(transaction, region, target)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO channels (page, position, id, number, name, url, loop_start) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut insert_programme = transaction.prepare_cached(
        "INSERT INTO programmes (page, channel, position, title, duration) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (index, channel) in channels.iter().enumerate() {
        let Channel { id, number, name, url, loop_start, programmes } = channel;
        insert.execute(params![page, index, id, number, name, url, loop_start])?;
        for (position, programme) in programmes.iter().enumerate() {
            insert_programme.execute(params![page, index, position, programme.title, programme.duration])?;
        }
    }
    Ok(())
}

fn write_review(transaction: &Transaction<'_>, region: RegionCode, target: &Target, review: &Review) -> Result {
    let page = fresh_page(transaction, region, target)?;
    let former: Vec<RegionCode> = review.former.iter().map(|former| former.region).collect();
    let mut insert =
        transaction.prepare_cached("INSERT INTO reviews (page, reviews_below, former) VALUES (?1, ?2, ?3)")?;
    insert.execute(params![page, review.reviews_below, pack_regions(&former)])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO reviewers (page, position, key, person, name, steps, since, until, former)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let own = review.reviewers.iter().map(|reviewer| (reviewer, None));
    let formers = review.former.iter();
    let taken_over =
        formers.flat_map(|former| former.reviewers.iter().map(|one| (one, Some(former.region.to_string()))));
    for (position, (reviewer, former)) in own.chain(taken_over).enumerate() {
        let steps = pack_steps(&reviewer.steps);
        let (person, name, key) = (&reviewer.person, &reviewer.name, reviewer.key.0);
        insert.execute(params![page, position, key, person, name, steps, reviewer.from, reviewer.until, former])?;
    }
    Ok(())
}

fn write_items(
    transaction: &Transaction<'_>,
    region: RegionCode,
    target: &Target,
    (items, document): (&[Item], &[u8]),
    codec: &dyn DocumentCodec,
) -> Result {
    let page = fresh_page(transaction, region, target)?;
    // An item that moved here from another page is taken over from it.
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO items (page, id, region, board, section, kind, title, summary, publisher, published,
            not_before, not_after, pinned, priority, author, approvals, audience_only, audience_except, thumbnail, starts,
            price, duration, objects)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
    )?;
    let mut insert_body =
        transaction.prepare_cached("INSERT OR REPLACE INTO item_bodies (id, bytes) VALUES (?1, ?2)")?;
    for (item, body) in items.iter().zip(codec.bodies(document, items)) {
        write_summary(&mut insert, page, &item.summarize())?;
        insert_body.execute(params![item.id, body])?;
    }
    Ok(())
}

fn write_summary(insert: &mut CachedStatement<'_>, page: i64, item: &ItemSummary) -> Result {
    let mut objects = Vec::with_capacity(item.objects.len() * ENTRY);
    for needed in &item.objects {
        objects.push(number_of(needed.role, &ROLES));
        objects.extend(object_bytes(needed.object));
    }
    insert.execute(params![
        page,
        item.id,
        item.region.to_string(),
        board_number(item.board),
        item.section,
        number_of(item.kind, &KINDS),
        item.title,
        item.summary,
        item.publisher,
        item.published,
        item.not_before,
        item.not_after,
        item.pinned,
        item.priority,
        item.author,
        pack_approvals(&item.approvals),
        pack_regions(&item.audience.only),
        pack_regions(&item.audience.except),
        item.thumbnail.map(object_bytes),
        item.starts,
        item.price,
        item.duration,
        objects,
    ])?;
    Ok(())
}

fn write_objects(transaction: &Transaction<'_>, changes: &Changes) -> Result {
    for sha256 in &changes.objects_removed {
        transaction.prepare_cached("DELETE FROM objects WHERE sha256 = ?1")?.execute([sha256.0])?;
    }
    for object in &changes.objects_whole {
        let mut upsert = transaction.prepare_cached(
            "INSERT INTO objects (sha256, length) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET length = excluded.length",
        )?;
        upsert.execute(params![object.sha256.0, object.length])?;
    }
    for (sha256, when) in &changes.objects_used {
        let mut update = transaction.prepare_cached("UPDATE objects SET last_used = ?2 WHERE sha256 = ?1")?;
        update.execute(params![sha256.0, when])?;
    }
    Ok(())
}

fn write_position(transaction: &Transaction<'_>, item: &str, position: Option<u64>) -> Result {
    match position {
        Some(position) => {
            let sql = "INSERT OR REPLACE INTO positions (item, position) VALUES (?1, ?2)";
            transaction.prepare_cached(sql)?.execute(params![item, position])?;
        }
        None => {
            transaction.prepare_cached("DELETE FROM positions WHERE item = ?1")?.execute([item])?;
        }
    }
    Ok(())
}

/// The counts of a day that is still being counted.
fn write_counting(transaction: &Transaction<'_>, day: Day, batch: Option<&ViewBatch>) -> Result {
    let mut delete = transaction.prepare_cached("DELETE FROM view_counts WHERE batch = x'' AND day = ?1")?;
    delete.execute([day.to_string()])?;
    batch.map_or(Ok(()), |batch| write_batch(transaction, &[], batch))
}

fn write_message(transaction: &Transaction<'_>, id: MessageId, message: Option<&Message>) -> Result {
    transaction.prepare_cached("DELETE FROM view_counts WHERE batch = ?1")?.execute([id.0])?;
    transaction.prepare_cached("DELETE FROM uplink WHERE id = ?1")?.execute([id.0])?;
    let Some(Message { class, sequence, expires, payload }) = message else { return Ok(()) };
    match payload {
        Payload::Views(batch) => write_batch(transaction, &id.0, batch)?,
    }
    let sql = "INSERT INTO uplink (id, class, sequence, expires) VALUES (?1, ?2, ?3, ?4)";
    transaction.prepare_cached(sql)?.execute(params![id.0, number_of(*class, &Class::ALL), sequence, expires])?;
    Ok(())
}

fn write_batch(transaction: &Transaction<'_>, name: &[u8], batch: &ViewBatch) -> Result {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO view_counts (batch, day, item, village, views, plays, seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (day, village) = (batch.day.to_string(), batch.village.to_string());
    for (item, count) in &batch.counts {
        insert.execute(params![name, day, item, village, count.views, count.plays, count.seconds])?;
    }
    Ok(())
}

/// What waits to be sent and what is being counted, alone.
pub(crate) fn outgoing(connection: &mut Connection, outgoing: &Outgoing) -> Result {
    let transaction = connection.transaction()?;
    for (day, batch) in &outgoing.view_counts {
        write_counting(&transaction, *day, Some(batch))?;
    }
    for (id, message) in &outgoing.uplink {
        write_message(&transaction, *id, Some(message))?;
    }
    transaction.commit()
}

fn object_bytes(object: ObjectRef) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..32].copy_from_slice(&object.sha256.0);
    bytes[32..].copy_from_slice(&object.length.to_le_bytes());
    bytes
}

fn board_number(board: Board) -> u8 {
    number_of(board, &Board::ALL)
}

/// Position of `value` in the table of its type, which names all of them.
fn number_of<T: PartialEq>(value: T, values: &[T]) -> u8 {
    values.iter().position(|other| *other == value).map_or(u8::MAX, |position| position as u8)
}
