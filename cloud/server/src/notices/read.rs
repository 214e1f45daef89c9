//! Reading one's notices, and what may be read of them.

use serde_json::Value as Json;
use yuexiang_wire::Step;

use super::{Kind, NoticeError};
use crate::db::{Db, Kind as Engine, args};
use crate::desk::rights::{Action, Actor};
use crate::region::RegionCode;

/// Unread notices are counted up to here: nobody reads a larger number.
pub const MOST: i64 = 100;

/// A notice as its recipient may read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The event's id, and the place in the list.
    pub id: String,
    pub kind: Kind,
    pub region: RegionCode,
    pub item: About,
    pub step: Option<Step>,
    /// Who did it: an account's id or a word, and what the person is called.
    pub actor: String,
    pub actor_name: Option<String>,
    pub at: i64,
    /// Nothing of it where the item may not be seen.
    pub detail: Json,
    /// When it was read.
    pub seen: Option<i64>,
    /// Whether there is nothing left to be done about it.
    pub is_settled: bool,
}

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Not an item.
    Nothing,
    /// An item by its id and title, and whether it is on the air.
    Item { id: String, title: String, is_on_air: bool },
    /// An item that the reader may not see any more, or that was deleted.
    Hidden,
}

crate::db::row! {
    /// An event beside its item and who did it.
    pub(super) struct Record {
        id: String,
        kind: String,
        region: String,
        item: Option<String>,
        step: Option<String>,
        actor: String,
        actor_name: Option<String>,
        at: i64,
        detail: String,
        settled: Option<i64>,
        seen: Option<i64>,
        title: Option<String>,
        live: Option<i64>,
    }
}

/// One statement reads all that a list says.
pub(super) const COLUMNS: &str =
    "e.id, e.kind, e.region, e.item, e.step, e.actor, a.name AS actor_name, e.at, e.detail,
    e.settled, n.seen, i.title, i.live
    FROM notice n JOIN notice_event e ON e.id = n.event
    LEFT JOIN item i ON i.id = e.item LEFT JOIN account a ON a.id = e.actor";

impl Record {
    /// As somebody with these rights may read it. None of what this program has not written.
    pub(super) fn read_by(self, actor: &Actor) -> Option<Notice> {
        let region: RegionCode = self.region.parse().ok()?;
        let kind = Kind::from_slug(&self.kind)?;
        let is_on_air = self.live.is_some();
        let sees_drafts = actor.may(Action::SeeDrafts, region);
        let sees = match (&self.item, kind) {
            (Some(_), Kind::Refused) => actor.may(Action::SeePublished, region),
            (Some(_), _) => sees_drafts || (is_on_air && actor.may(Action::SeePublished, region)),
            (None, Kind::Refused | Kind::Failed) => actor.may(Action::SeeKeys, region),
            // Who stands in for whom is told to the two of them alone.
            (None, _) => true,
        };
        let item = match (self.item, self.title) {
            (None, _) if !sees => About::Hidden,
            (None, _) => About::Nothing,
            (Some(id), Some(title)) if sees => About::Item { id, title, is_on_air },
            (Some(_), _) => About::Hidden,
        };
        // A reason speaks of a text that not everybody may read who sees what is on the air.
        let says = if item == About::Nothing || kind == Kind::Refused { sees } else { sees && sees_drafts };
        Some(Notice {
            id: self.id,
            kind,
            region,
            item,
            step: self.step.as_deref().and_then(Step::named),
            actor: self.actor,
            actor_name: self.actor_name,
            at: self.at,
            detail: serde_json::from_str(&self.detail).ok().filter(|_| says).unwrap_or_default(),
            seen: self.seen,
            is_settled: self.settled.is_some(),
        })
    }
}

/// Which notices a list shows.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Those alone that are not read and not settled.
    pub unread: bool,
    /// The notice after which the list goes on; empty for the newest.
    pub after: &'a str,
    pub limit: i64,
}

/// A person's notices, the newest first.
pub async fn list(db: &Db, actor: &Actor, wanted: Wanted<'_>) -> Result<Vec<Notice>, NoticeError> {
    let unread = if wanted.unread { "AND n.seen IS NULL AND e.settled IS NULL" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} WHERE n.recipient = $1 AND ($2 = '' OR n.event < $2) {unread}
         ORDER BY n.event DESC LIMIT $3"
    );
    let values = args![&actor.account, wanted.after, wanted.limit];
    let rows: Vec<Record> = db.all("listing notices", &sql, values).await?;
    Ok(rows.into_iter().filter_map(|row| row.read_by(actor)).collect())
}

/// One of a person's notices.
pub async fn one(db: &Db, actor: &Actor, id: &str) -> Result<Option<Notice>, NoticeError> {
    let sql = format!("SELECT {COLUMNS} WHERE n.recipient = $1 AND n.event = $2");
    let row: Option<Record> = db.optional("reading a notice", &sql, args![&actor.account, id]).await?;
    Ok(row.and_then(|row| row.read_by(actor)))
}

/// How many notices a person has not read; no more than [`MOST`] are counted.
pub async fn unread(db: &Db, account: &str) -> Result<i64, NoticeError> {
    let sql = "SELECT count(*) FROM (SELECT n.event FROM notice n JOIN notice_event e ON e.id = n.event
               WHERE n.recipient = $1 AND n.seen IS NULL AND e.settled IS NULL LIMIT $2) unread";
    let (count,): (i64,) = db.one("counting notices", sql, args![account, MOST]).await?;
    Ok(count)
}

/// Marks notices as read: those named, or all up to one, so that what has come since it was shown stays unread.
pub async fn mark(db: &Db, account: &str, which: &Which<'_>, now: i64) -> Result<u64, NoticeError> {
    let mut tx = db.begin().await?;
    // In one order, so that two who mark never wait for each other.
    let held = if tx.kind() == Engine::Postgres { "FOR UPDATE" } else { "" };
    let mut marked = 0;
    match which {
        Which::UpTo(newest) => {
            let sql = format!(
                "UPDATE notice SET seen = $1 WHERE recipient = $2 AND event IN (SELECT event FROM notice
                 WHERE recipient = $2 AND seen IS NULL AND event <= $3 ORDER BY event {held})"
            );
            marked = tx.execute("marking notices as read", &sql, args![now, account, *newest]).await?;
        }
        Which::These(ids) => {
            let mut ids = ids.to_vec();
            ids.sort();
            for id in ids {
                let sql = "UPDATE notice SET seen = $1 WHERE recipient = $2 AND event = $3 AND seen IS NULL";
                marked += tx.execute("marking a notice as read", sql, args![now, account, id]).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(marked)
}

/// Which notices are marked.
#[derive(Clone, Debug)]
pub enum Which<'a> {
    UpTo(&'a str),
    These(&'a [String]),
}

/// How many messages wait, and what was given up within the last days, for whoever looks after it: of a region and below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    pub waiting: i64,
    /// Since when the oldest of them waits.
    pub since: Option<i64>,
    /// Recipient as it is called, when it was given up, and why.
    pub failed: Vec<(String, i64, String)>,
}

/// How it goes with what is sent.
pub async fn delivery(db: &Db, actor: &Actor, since: i64) -> Result<Delivery, NoticeError> {
    if !actor.may_somewhere(Action::SeeKeys) {
        return Ok(Delivery::default());
    }
    let sql = "SELECT count(*), min(created) FROM notice_message WHERE state = 'waiting'";
    let (waiting, oldest): (i64, Option<i64>) = db.one("counting messages", sql, args![]).await?;
    let sql = "SELECT m.recipient, a.name, a.region, m.ended, m.problem FROM notice_message m
               LEFT JOIN account a ON a.id = m.recipient WHERE m.state = 'failed' AND m.ended >= $1
               ORDER BY m.ended DESC LIMIT 50";
    type Row = (String, Option<String>, Option<String>, Option<i64>, Option<String>);
    let rows: Vec<Row> = db.all("listing messages that were given up", sql, args![since]).await?;
    let mut failed = Vec::new();
    for (recipient, name, region, ended, problem) in rows {
        // A webhook is the whole installation's.
        let region = region.and_then(|code| code.parse().ok()).unwrap_or(RegionCode::GUANGDONG);
        if actor.may(Action::SeeKeys, region) {
            failed.push((name.unwrap_or(recipient), ended.unwrap_or(0), problem.unwrap_or_default()));
        }
    }
    Ok(Delivery { waiting, since: oldest, failed })
}
