//! Items, their revisions and approvals.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use yuexiang_wire::{Approval, Board, Step};

use super::*;
use crate::desk::state::State;
use crate::notices::record;
use crate::search;

/// An item as lists and transitions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    pub id: String,
    pub serial: i64,
    pub region: RegionCode,
    pub board: Board,
    pub section: String,
    pub kind: String,
    pub title: String,
    /// Account of who wrote it.
    pub author: String,
    pub state: State,
    /// The revision that `state` speaks of.
    pub revision: i64,
    /// What is on the air.
    pub live: Option<Live>,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub pinned: bool,
    pub priority: i64,
    pub origin: String,
    pub created: i64,
    pub updated: i64,
}

/// Where the revision on the air is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub revision: i64,
    /// `YYYY-MM`
    pub month: String,
    pub published: i64,
}

/// A text that an item had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    pub number: i64,
    pub draft: String,
    pub content: Option<String>,
    pub hash: Option<String>,
    pub author: String,
    /// Everybody who wrote something of it.
    pub writers: Vec<String>,
    pub at: i64,
}

/// An approval and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    pub account: String,
    /// For whom it was given, by somebody who stood in; none by one's own right.
    pub principal: Option<String>,
    pub approval: Approval,
}

/// How a revision goes on the air.
#[derive(Clone, Debug)]
pub struct OnAir<'a> {
    pub revision: i64,
    pub board: Board,
    pub section: &'a str,
    pub kind: &'a str,
    pub title: &'a str,
    pub month: &'a str,
    pub published: i64,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub pinned: bool,
    pub priority: u8,
}

crate::db::row! {
    /// A row of `item` as it lies in the table.
    pub(crate) struct ItemRecord {
        id: String,
        serial: i64,
        region: String,
        board: String,
        section: String,
        kind: String,
        title: String,
        author: String,
        state: String,
        revision: i64,
        live: Option<i64>,
        month: Option<String>,
        published: Option<i64>,
        not_before: Option<i64>,
        not_after: Option<i64>,
        pinned: i64,
        priority: i64,
        origin: String,
        created: i64,
        updated: i64,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database holds an item `{0}` that makes no sense")]
pub struct OddItem(String);

impl TryFrom<ItemRecord> for ItemRow {
    type Error = OddItem;

    fn try_from(row: ItemRecord) -> Result<ItemRow, OddItem> {
        let odd = || OddItem(row.id.clone());
        let live = match (row.live, &row.month, row.published) {
            (Some(revision), Some(month), Some(published)) => Some(Live { revision, month: month.clone(), published }),
            _ => None,
        };
        Ok(ItemRow {
            region: row.region.parse().map_err(|_| odd())?,
            board: Board::named(&row.board).ok_or_else(odd)?,
            state: State::named(&row.state).ok_or_else(odd)?,
            live,
            id: row.id,
            serial: row.serial,
            section: row.section,
            kind: row.kind,
            title: row.title,
            author: row.author,
            revision: row.revision,
            not_before: row.not_before,
            not_after: row.not_after,
            pinned: row.pinned != 0,
            priority: row.priority,
            origin: row.origin,
            created: row.created,
            updated: row.updated,
        })
    }
}

const ITEM: &str = "SELECT i.* FROM item i WHERE i.id = $1";
const REVISION: &str =
    "SELECT number, draft, content, hash, author, writers, at FROM revision WHERE item = $1 AND number = $2";
const APPROVALS: &str = "SELECT account, principal, step, region, key, at, signature FROM approval
                         WHERE item = $1 AND revision = $2";

type RevisionRecord = (i64, String, Option<String>, Option<String>, String, String, i64);
type ApprovalRecord = (String, Option<String>, String, String, String, i64, String);

impl Store {
    pub async fn item(&self, id: &str) -> Result<Option<ItemRow>, StoreError> {
        convert(self.db.optional("reading an item", ITEM, args![id]).await?)
    }

    /// The region in which an item is now; the one in its id is where it was written.
    pub async fn region_of_item(&self, id: &str) -> Result<Option<RegionCode>, StoreError> {
        let sql = "SELECT region FROM item WHERE id = $1";
        let row: Option<(String,)> = self.db.optional("reading an item's region", sql, args![id]).await?;
        Ok(row.and_then(|(code,)| code.parse().ok()))
    }

    pub async fn revision(&self, item: &str, number: i64) -> Result<Option<RevisionRow>, StoreError> {
        let row = self.db.optional("reading a revision", REVISION, args![item, number]).await?;
        row.map(|row| revision(item, row)).transpose()
    }

    pub async fn approvals(&self, item: &str, revision: i64) -> Result<Vec<ApprovalRow>, StoreError> {
        Ok(approvals(self.db.all("reading approvals", APPROVALS, args![item, revision]).await?))
    }
}

impl Change {
    pub async fn item(&mut self, id: &str) -> Result<Option<ItemRow>, StoreError> {
        convert(self.tx.optional("reading an item", ITEM, args![id]).await?)
    }

    pub async fn revision(&mut self, item: &str, number: i64) -> Result<Option<RevisionRow>, StoreError> {
        let row = self.tx.optional("reading a revision", REVISION, args![item, number]).await?;
        row.map(|row| revision(item, row)).transpose()
    }

    pub async fn approvals(&mut self, item: &str, revision: i64) -> Result<Vec<ApprovalRow>, StoreError> {
        Ok(approvals(self.tx.all("reading approvals", APPROVALS, args![item, revision]).await?))
    }

    /// The item that was pushed under an idempotency key, and the fingerprint of what was pushed.
    pub async fn pushed(&mut self, key: &str) -> Result<Option<(ItemRow, String)>, StoreError> {
        let sql = "SELECT id, fingerprint FROM item WHERE pushed = $1";
        let row: Option<(String, String)> = self.tx.optional("looking for a pushed item", sql, args![key]).await?;
        let Some((id, fingerprint)) = row else { return Ok(None) };
        Ok(self.item(&id).await?.map(|item| (item, fingerprint)))
    }

    /// Adds an item that is not on the air. `pushed` is the idempotency key of whoever pushed it and the fingerprint of what
    /// was pushed.
    pub async fn add_item(&mut self, item: &ItemRow, pushed: Option<&(String, String)>) -> Result<(), StoreError> {
        let above = |level| ancestor(item.region, level);
        let sql =
            "INSERT INTO item (id, serial, region, town, county, city, board, section, kind, title, author, state,
                   revision, not_before, not_after, pinned, priority, origin, pushed, fingerprint, created, updated)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                   $21, $21)";
        let values = args![
            &item.id,
            item.serial,
            item.region,
            above(crate::region::Level::Town),
            above(crate::region::Level::County),
            above(crate::region::Level::City),
            item.board.slug(),
            &item.section,
            &item.kind,
            &item.title,
            &item.author,
            item.state.name(),
            item.revision,
            item.not_before,
            item.not_after,
            item.pinned,
            item.priority,
            &item.origin,
            pushed.map(|(key, _)| key),
            pushed.map(|(_, fingerprint)| fingerprint),
            item.created
        ];
        self.tx.execute("adding an item", sql, values).await?;
        search::put(&mut self.tx, item).await
    }

    /// Adds a text; it becomes the one that the item's state speaks of.
    pub async fn add_revision(&mut self, item: &str, revision: &RevisionRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO revision (item, number, draft, content, hash, author, writers, at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let RevisionRow { number, draft, content, hash, author, at, .. } = revision;
        let writers = json_list(&revision.writers);
        let values = args![item, *number, draft, content.clone(), hash.clone(), author, writers, *at];
        self.tx.execute("adding a revision", sql, values).await?;
        self.take_up(item, *number, *at).await
    }

    /// Replaces a draft that nobody has reviewed by another, which gets a number of its own.
    pub async fn replace_revision(
        &mut self,
        item: &str,
        replaced: i64,
        revision: &RevisionRow,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE revision SET number = $1, draft = $2, content = $3, hash = $4, author = $5, writers = $6,
                   at = $7 WHERE item = $8 AND number = $9";
        let RevisionRow { number, draft, content, hash, author, at, .. } = revision;
        let writers = json_list(&revision.writers);
        let values = args![*number, draft, content.clone(), hash.clone(), author, writers, *at, item, replaced];
        self.tx.execute("replacing a draft", sql, values).await?;
        self.take_up(item, *number, *at).await
    }

    /// Keeps the document that a draft has become.
    pub async fn keep_content(&mut self, item: &str, number: i64, content: &str, hash: &str) -> Result<(), StoreError> {
        let sql = "UPDATE revision SET content = $1, hash = $2 WHERE item = $3 AND number = $4";
        self.tx.execute("keeping a document", sql, args![content, hash, item, number]).await?;
        Ok(())
    }

    async fn take_up(&mut self, item: &str, number: i64, at: i64) -> Result<(), StoreError> {
        let sql = "UPDATE item SET revision = $1, updated = $2 WHERE id = $3";
        self.tx.execute("taking a revision up", sql, args![number, at, item]).await?;
        Ok(())
    }

    /// What lists show of an item that is not on the air yet.
    pub async fn describe_item(&mut self, item: &ItemRow) -> Result<(), StoreError> {
        let sql = "UPDATE item SET board = $1, section = $2, title = $3, not_before = $4, not_after = $5, pinned = $6,
                   priority = $7, author = $8, kind = $9 WHERE id = $10";
        let values = args![
            item.board.slug(),
            &item.section,
            &item.title,
            item.not_before,
            item.not_after,
            item.pinned,
            item.priority,
            &item.author,
            &item.kind,
            &item.id
        ];
        self.tx.execute("describing an item", sql, values).await?;
        search::put(&mut self.tx, item).await
    }

    pub async fn set_state(&mut self, item: &str, state: State, at: i64) -> Result<(), StoreError> {
        let sql = "UPDATE item SET state = $1, updated = $2 WHERE id = $3";
        self.tx.execute("moving an item on", sql, args![state.name(), at, item]).await?;
        Ok(record::moved(&mut self.tx, item, state, at).await?)
    }

    /// Keeps an approval. One that is there for the same step gives way: after a key was revoked, an item may pass a
    /// review once more whose first approval had remained.
    pub async fn keep_approval(
        &mut self,
        item: &str,
        revision: i64,
        account: &str,
        principal: Option<&str>,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        self.may_sign(item, approval.at, None)?;
        let sql = "INSERT INTO approval (item, revision, step, account, region, key, at, signature, principal)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                   ON CONFLICT (item, revision, step) DO UPDATE SET account = excluded.account,
                   principal = excluded.principal, region = excluded.region, key = excluded.key, at = excluded.at,
                   signature = excluded.signature";
        let Approval { step, region, key, at, signature } = approval;
        let values = args![item, revision, step.slug(), account, region, key, *at, signature, principal];
        self.tx.execute("keeping an approval", sql, values).await?;
        Ok(())
    }

    /// Drops what was approved of a revision.
    pub async fn forget_approvals(&mut self, item: &str, revision: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM approval WHERE item = $1 AND revision = $2";
        self.tx.execute("dropping approvals", sql, args![item, revision]).await?;
        Ok(())
    }

    /// Puts a revision on the air instead of what was there.
    pub async fn put_on_air(&mut self, item: &str, on_air: &OnAir<'_>, at: i64) -> Result<(), StoreError> {
        self.count_publication(item, at).await?;
        let sql = "UPDATE item SET state = 'published', live = $1, board = $2, section = $3, title = $4, month = $5,
                   published = $6, not_before = $7, not_after = $8, pinned = $9, priority = $10, updated = $11,
                   kind = $12 WHERE id = $13";
        let values = args![
            on_air.revision,
            on_air.board.slug(),
            on_air.section,
            on_air.title,
            on_air.month,
            on_air.published,
            on_air.not_before,
            on_air.not_after,
            on_air.pinned,
            i64::from(on_air.priority),
            at,
            on_air.kind,
            item
        ];
        self.tx.execute("putting an item on the air", sql, values).await?;
        record::published(&mut self.tx, item, at).await?;
        if let Some(item) = self.item(item).await? {
            search::put(&mut self.tx, &item).await?;
        }
        Ok(())
    }

    /// Keeps what overviews show of publications: when each region last published, and how many new items each month has.
    async fn count_publication(&mut self, item: &str, at: i64) -> Result<(), StoreError> {
        let sql = "SELECT region, published FROM item WHERE id = $1";
        let row: Option<(String, Option<i64>)> = self.tx.optional("reading an item", sql, args![item]).await?;
        let Some((code, before)) = row else { return Ok(()) };
        let Ok(region) = code.parse::<RegionCode>() else { return Ok(()) };
        let sql = "UPDATE region SET last_published = $1 WHERE code = $2";
        self.tx.execute("noting a publication", sql, args![at, region]).await?;
        if before.is_some() {
            return Ok(());
        }
        let month = crate::publish::month_of(at);
        let level = region.level();
        let place = region.parent().filter(|_| level == crate::region::Level::Village).unwrap_or(region);
        let mut rows = vec![("town", place)];
        if level == crate::region::Level::Village {
            rows.push(("village", region));
        }
        for (place_level, place) in rows {
            let sql = "INSERT INTO published_count (place_level, month, place, level, items) VALUES ($1, $2, $3, $4, 1)
                       ON CONFLICT (place_level, month, place, level)
                       DO UPDATE SET items = published_count.items + 1";
            let values = args![place_level, &month, place, level.slug()];
            self.tx.execute("counting a publication", sql, values).await?;
        }
        Ok(())
    }

    /// Puts an item under another region; its id stays, which its approvals are signed for.
    pub async fn take_over_item(&mut self, item: &str, region: RegionCode) -> Result<(), StoreError> {
        let above = |level| ancestor(region, level);
        let sql = "UPDATE item SET region = $1, town = $2, county = $3, city = $4 WHERE id = $5";
        let values = args![
            region,
            above(crate::region::Level::Town),
            above(crate::region::Level::County),
            above(crate::region::Level::City),
            item
        ];
        self.tx.execute("carrying an item", sql, values).await?;
        Ok(())
    }

    /// Takes an item off the air.
    pub async fn take_off_air(&mut self, item: &str, state: State, at: i64) -> Result<(), StoreError> {
        let sql = "UPDATE item SET state = $1, live = NULL, month = NULL, updated = $2 WHERE id = $3";
        self.tx.execute("taking an item off the air", sql, args![state.name(), at, item]).await?;
        Ok(record::moved(&mut self.tx, item, state, at).await?)
    }
}

fn json_list(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}

/// The region of a level in which a region lies, as text; empty when there is none.
fn ancestor(region: RegionCode, level: crate::region::Level) -> String {
    let mut lineage = region.lineage().into_iter();
    lineage.find(|code| code.level() == level).map(|code| code.to_string()).unwrap_or_default()
}

fn convert(row: Option<ItemRecord>) -> Result<Option<ItemRow>, StoreError> {
    Ok(row.map(ItemRow::try_from).transpose()?)
}

fn revision(item: &str, row: RevisionRecord) -> Result<RevisionRow, StoreError> {
    let (number, draft, content, hash, author, writers, at) = row;
    let writers = serde_json::from_str(&writers).map_err(unreadable("list of writers", item))?;
    Ok(RevisionRow { number, draft, content, hash, author, writers, at })
}

fn approvals(rows: Vec<ApprovalRecord>) -> Vec<ApprovalRow> {
    let rows = rows.into_iter().filter_map(|(account, principal, name, region, key, at, signature)| {
        let approval = Approval { step: Step::named(&name)?, region, key, at, signature };
        Some(ApprovalRow { account, principal, approval })
    });
    let mut rows: Vec<ApprovalRow> = rows.collect();
    rows.sort_by_key(|row| row.approval.step);
    rows
}

/// A serial for a new item: the second in milliseconds since 1970 and twenty bits that count up within this process. It
/// is the order of lists, so it grows with time. The count begins anywhere, so that two processes seldom meet; a process
/// by itself repeats none before a million items in one second. Whoever meets one that is taken draws again.
pub fn new_serial(now: i64) -> i64 {
    static COUNT: LazyLock<AtomicU32> = LazyLock::new(|| {
        let mut random = [0; 4];
        // Without random numbers the count begins at nothing; a number that is taken by then is drawn again.
        let _ = aws_lc_rs::rand::fill(&mut random);
        AtomicU32::new(u32::from_le_bytes(random))
    });
    ((now * 1_000) << 20) | i64::from(COUNT.fetch_add(1, Ordering::Relaxed) & 0xF_FFFF)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_items_of_one_large_pack_all_have_serials_of_their_own() {
        let serials: BTreeSet<i64> = (0..100_000).map(|_| new_serial(1_793_462_400)).collect();
        assert_eq!(serials.len(), 100_000);
        assert!(serials.iter().all(|serial| *serial < new_serial(1_793_462_401)));
    }
}
