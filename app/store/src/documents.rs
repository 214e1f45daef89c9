//! Targets' bytes as they were signed, and the rows that another version of the program has made of them.
//!
//! The bytes are compressed. It halves them, since hashes and signatures do not give way: the demo's 65 documents take 155 KB
//! instead of 340 KB (2026-11-28), which is 1.4 KB for an item, beside 2.3 KB of its body; ten thousand items cost 14 MB. They
//! need no hash of their own: the page's row has that of the target.

use crate::database::Unusable;
use crate::write;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256 as Hasher};
use std::io::{Read, Write};
use yuexiang_core::catalog::{Item, ObjectRef, Sha256};
use yuexiang_core::event::{Changes, Document, Target};
use yuexiang_core::ports::DocumentCodec;
use yuexiang_core::region::RegionCode;

/// Bytes of the longest document: more than any cloud publishes, and what a damaged row may unpack to.
const LONGEST: u64 = 16 << 20;
/// The decoder of rows without bytes: programs before they were kept.
const FIRST_DECODER: u32 = 1;

fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `None` when they are not the bytes of this hash.
fn unpack(packed: &[u8], sha256: Sha256) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed).take(LONGEST).read_to_end(&mut bytes).ok()?;
    (Sha256(Hasher::digest(&bytes).into()) == sha256).then_some(bytes)
}

pub(crate) fn write(transaction: &Transaction<'_>, page: i64, bytes: &[u8], decoder: u32) -> rusqlite::Result<()> {
    let packed = pack(bytes).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let sql = "INSERT OR REPLACE INTO documents (page, decoded_by, bytes) VALUES (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![page, decoder, packed])?;
    Ok(())
}

/// Pages whose rows another version has made of bytes that are there, in the order in which they were written: an item that
/// two of them hold belongs to the later one.
pub(crate) fn decoded_otherwise(connection: &Connection, decoder: u32) -> Result<Vec<i64>, Unusable> {
    // As two searches, which the index answers; one condition would read the table with all its bytes.
    let mut select = connection.prepare(
        "SELECT page FROM documents WHERE decoded_by < ?1 UNION ALL SELECT page FROM documents WHERE decoded_by > ?1",
    )?;
    let mut pages: Vec<i64> = select.query_map([decoder], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    pages.sort_unstable();
    Ok(pages)
}

/// Targets whose rows another version has made of bytes that it did not keep: they can only be fetched again. A child's
/// root has no rows.
pub(crate) fn decoded_without_bytes(
    connection: &Connection,
    decoder: u32,
) -> Result<Vec<(RegionCode, String)>, Unusable> {
    if decoder == FIRST_DECODER {
        return Ok(Vec::new());
    }
    let mut select = connection.prepare(
        "SELECT region, path FROM pages WHERE path NOT LIKE 'children/%'
         AND NOT EXISTS (SELECT 1 FROM documents WHERE documents.page = pages.id)",
    )?;
    let listed: Vec<(String, String)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let parsed = listed.into_iter().map(|(region, path)| Some((region.parse().ok()?, path)));
    parsed.collect::<Option<_>>().ok_or_else(|| Unusable::Content("a page of no region".to_owned()))
}

/// Makes the rows of a page anew, in one transaction: a power cut leaves the old ones or the new. `None` when there is
/// nothing to change.
pub(crate) fn decode_again(
    connection: &mut Connection,
    page: i64,
    codec: &dyn DocumentCodec,
) -> rusqlite::Result<Option<Changes>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let select = "SELECT pages.region, pages.path, pages.sha256, documents.bytes FROM documents
                  JOIN pages ON pages.id = documents.page WHERE documents.page = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        let region: String = row.get(0)?;
        Ok((region, row.get::<_, String>(1)?, Sha256(row.get(2)?), row.get::<_, Vec<u8>>(3)?))
    };
    // What a commit has replaced since the start is this version's already.
    let Some((region, path, sha256, packed)) = transaction.query_row(select, [page], row).optional()? else {
        return Ok(None);
    };
    let Ok(region) = region.parse::<RegionCode>() else { return Ok(None) };
    let Some(bytes) = unpack(&packed, sha256) else {
        tracing::warn!(%region, path, "stored document is damaged; its rows stay until it is fetched again");
        transaction.execute("DELETE FROM documents WHERE page = ?1", [page])?;
        transaction.execute("UPDATE pages SET sha256 = zeroblob(32) WHERE id = ?1", [page])?;
        transaction.commit()?;
        return Ok(None);
    };
    let document = match codec.decode(region, &path, &bytes) {
        Ok(document) => document,
        Err(reason) => {
            tracing::warn!(%region, path, reason, "stored document is refused by this version; its rows stay");
            let sql = "UPDATE documents SET decoded_by = ?2 WHERE page = ?1";
            transaction.execute(sql, params![page, codec.version()])?;
            transaction.commit()?;
            return Ok(None);
        }
    };
    let target = Target { path, object: ObjectRef { sha256, length: bytes.len() as u64 } };
    let changes = changes(region, target, document, bytes);
    write::within(&transaction, &changes, codec)?;
    transaction.commit()?;
    Ok(Some(changes))
}

fn changes(region: RegionCode, target: Target, document: Document, bytes: Vec<u8>) -> Changes {
    let documents = vec![((region, target.path.clone()), bytes.into())];
    let mut changes = Changes { documents, ..Changes::default() };
    match document {
        Document::Region(info) => changes.regions.push((region, target, info)),
        Document::Channels(channels) => changes.channels.push((region, target, channels)),
        Document::Review(review) => changes.reviews.push((region, target, review)),
        Document::Page(items) => {
            // A region speaks for itself and for nobody else.
            let own = items.into_iter().filter(|item| item.region == region).collect();
            changes.pages.push((region, target, own));
        }
        // They have been followed when they came.
        Document::ChildRoot(_) | Document::Moved(_) => changes.pages.push((region, target, Vec::new())),
    }
    changes
}

/// An item out of the page that brought it, for one whose body is gone or damaged.
pub(crate) fn item_of_page(
    connection: &Connection,
    id: &str,
    codec: &dyn DocumentCodec,
) -> rusqlite::Result<Option<Item>> {
    let select = "SELECT pages.region, pages.path, pages.sha256, documents.bytes FROM items
                  JOIN pages ON pages.id = items.page JOIN documents ON documents.page = pages.id WHERE items.id = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        let region: String = row.get(0)?;
        Ok((region, row.get::<_, String>(1)?, Sha256(row.get(2)?), row.get::<_, Vec<u8>>(3)?))
    };
    let Some((region, path, sha256, packed)) = connection.query_row(select, [id], row).optional()? else {
        return Ok(None);
    };
    let page = unpack(&packed, sha256).and_then(|bytes| codec.decode(region.parse().ok()?, &path, &bytes).ok());
    match page {
        Some(Document::Page(items)) => Ok(items.into_iter().find(|item| item.id == id)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_and_others_not_at_all() {
        let bytes = "乡村党建 ".repeat(1_000).into_bytes();
        let sha256 = Sha256(Hasher::digest(&bytes).into());
        let mut packed = pack(&bytes).expect("memory takes it");
        assert!(packed.len() < bytes.len() / 10, "they are compressed: {}", packed.len());
        assert_eq!(unpack(&packed, sha256).as_deref(), Some(bytes.as_slice()));
        assert_eq!(unpack(&packed, Sha256([7; 32])), None);
        let middle = packed.len() / 2;
        packed[middle] ^= 1;
        assert_eq!(unpack(&packed, sha256), None);
    }
}
