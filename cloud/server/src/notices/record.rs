//! Writing down what people will be told, in the transaction in which it happens.
//!
//! Every change of an item's state comes through [`moved`] or [`published`], which the store calls itself, so no way to a
//! review forgets its reviewers. What somebody has said with it, such as a reason, is told by [`about`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use yuexiang_console::words::{Manner, NoticeGroup};
use yuexiang_wire::Step;

use super::{HOOK, Kind};
use crate::accounts::substitutes::{HOLDS, RIGHTS};
use crate::db::{DbError, Tx, Value, args};
use crate::desk::rights::Role;
use crate::desk::state::State;
use crate::objects::hex;
use crate::pack::china_date;
use crate::region::RegionCode;
use crate::store::items::new_serial;

/// Who it was when time itself does something.
pub const CLOCK: &str = "clock";
/// A webhook that no process has named for so long, in seconds, is gone from all configurations.
pub(super) const HOOK_LIFE: i64 = 7 * 86_400;
const DAY: i64 = 86_400;
/// Midnight in China is so long before that of UTC, in seconds.
const EAST: i64 = 8 * 3_600;

/// Something that people are told of.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    pub kind: Kind,
    pub region: RegionCode,
    pub item: Option<&'a str>,
    pub step: Option<Step>,
    /// An account, or a word for what is no person.
    pub actor: &'a str,
    pub at: i64,
    pub detail: Json,
    /// Of what may be found several times: it is told once.
    pub once: Option<String>,
}

/// What somebody did, and said with it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub actor: &'a str,
    /// Empty when there is none.
    pub reason: &'a str,
    pub at: i64,
}

/// An item has a new state: what waited for it in another is settled, and whoever may give the review that it waits for now
/// is told.
pub async fn moved(tx: &mut Tx, item: &str, state: State, at: i64) -> Result<(), DbError> {
    let State::Review(step) = state else { return settle(tx, item, at).await };
    let sql = "UPDATE notice_event SET settled = $1 WHERE item = $2 AND settled IS NULL AND step <> $3
               AND kind IN ('waits', 'overdue')";
    tx.execute("settling notices", sql, args![at, item, step.slug()]).await?;
    let sql = "SELECT count(*) FROM notice_event WHERE item = $1 AND settled IS NULL AND kind = 'waits'";
    let (known,): (i64,) = tx.one("looking whether its reviewers know", sql, args![item]).await?;
    if known > 0 {
        return Ok(());
    }
    let Some(standing) = standing(tx, item).await? else { return Ok(()) };
    let reviewers = reviewers(tx, &standing, step, at).await?;
    let event = Event {
        kind: Kind::Waits,
        region: standing.region,
        item: Some(item),
        step: Some(step),
        actor: &standing.author,
        at,
        detail: json!({}),
        once: None,
    };
    record(tx, event, reviewers).await
}

/// An item is on the air: its writers are told.
pub async fn published(tx: &mut Tx, item: &str, at: i64) -> Result<(), DbError> {
    settle(tx, item, at).await?;
    let sql = "SELECT a.account FROM approval a JOIN item i ON i.id = a.item AND i.live = a.revision
               WHERE a.item = $1 ORDER BY a.at DESC, CASE a.step WHEN 'final' THEN 0 WHEN 'second' THEN 1 ELSE 2 END";
    let row: Option<(String,)> = tx.optional("reading who approved last", sql, args![item]).await?;
    let actor = row.map_or_else(|| CLOCK.to_owned(), |(account,)| account);
    about(tx, Kind::Published, item, Said { actor: &actor, reason: "", at }).await
}

/// Nothing is left to be done about an item by those who were asked.
pub async fn settle(tx: &mut Tx, item: &str, at: i64) -> Result<(), DbError> {
    let sql = "UPDATE notice_event SET settled = $1 WHERE item = $2 AND settled IS NULL
               AND kind IN ('waits', 'overdue')";
    tx.execute("settling notices", sql, args![at, item]).await?;
    Ok(())
}

/// Tells the writers of an item what became of it.
pub async fn about(tx: &mut Tx, kind: Kind, item: &str, said: Said<'_>) -> Result<(), DbError> {
    let Some(standing) = standing(tx, item).await? else { return Ok(()) };
    let mut recipients = standing.writers;
    // Nobody needs to be told of what they have done themselves.
    recipients.remove(said.actor);
    let detail = if said.reason.is_empty() { json!({}) } else { json!({ "reason": said.reason }) };
    let event = Event {
        kind,
        region: standing.region,
        item: Some(item),
        step: None,
        actor: said.actor,
        at: said.at,
        detail,
        once: None,
    };
    record(tx, event, recipients.into_iter().collect()).await
}

/// Tells whoever may give a review that it has been waited for too long.
pub async fn overdue(tx: &mut Tx, item: &str, step: Step, since: i64, at: i64) -> Result<(), DbError> {
    let Some(standing) = standing(tx, item).await? else { return Ok(()) };
    let reviewers = reviewers(tx, &standing, step, at).await?;
    let event = Event {
        kind: Kind::Overdue,
        region: standing.region,
        item: Some(item),
        step: Some(step),
        actor: CLOCK,
        at,
        detail: json!({ "since": since }),
        once: Some(format!("overdue/{item}/{}/{}/{since}", standing.revision, step.slug())),
    };
    record(tx, event, reviewers).await
}

/// Tells the operators of a region and those above.
pub async fn operators(tx: &mut Tx, event: Event<'_>) -> Result<(), DbError> {
    let (places, mut values) = lineage(event.region, 2);
    let sql = format!("SELECT DISTINCT account FROM role_grant WHERE role = $1 AND region IN ({places})");
    values.insert(0, Role::Operator.slug().into());
    let rows: Vec<(String,)> = tx.all("listing operators", &sql, values).await?;
    record(tx, event, rows.into_iter().map(|(account,)| account).collect()).await
}

/// Writes an event down with its recipients, each once, and the webhooks that want it.
pub async fn record(tx: &mut Tx, event: Event<'_>, recipients: Vec<String>) -> Result<(), DbError> {
    let people = people(tx, recipients).await?;
    let hooks = hooks(tx, &event).await?;
    if people.is_empty() && hooks.is_empty() && event.once.is_none() {
        return Ok(());
    }
    let id = new_id(event.at)?;
    let sql = "INSERT INTO notice_event (id, kind, region, item, step, actor, at, detail, once)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (once) DO NOTHING";
    let Event { kind, region, item, step, actor, at, detail, once } = event;
    let step = step.map(Step::slug);
    let values = args![&id, kind.slug(), region, item, step, actor, at, detail.to_string(), once];
    if tx.execute("noting what people are told", sql, values).await? == 0 {
        return Ok(());
    }
    let manners = manners(tx, &people).await?;
    let due_of = |person: &String| manners.get(person).and_then(|manners| manners.due(kind, at));
    let to_people = people.iter().map(|person| (person.clone(), due_of(person)));
    let to_hooks = hooks.into_iter().map(|name| (format!("{HOOK}{name}"), Some(at)));
    for (recipient, due) in to_people.chain(to_hooks) {
        let sql = "INSERT INTO notice (recipient, event, due) VALUES ($1, $2, $3)";
        tx.execute("noting who is told", sql, args![recipient, &id, due]).await?;
    }
    Ok(())
}

/// An id that grows with time and that nobody else draws.
pub(super) fn new_id(at: i64) -> Result<String, DbError> {
    let mut random = [0; 6];
    let none = |_| DbError::Query {
        what: "naming a notice",
        source: sqlx::Error::Protocol("the operating system gives no random numbers".to_owned()),
    };
    aws_lc_rs::rand::fill(&mut random).map_err(none)?;
    Ok(format!("{:016x}{}", new_serial(at), hex(&random)))
}

/// What of an item decides whom it concerns.
struct Standing {
    region: RegionCode,
    revision: i64,
    author: String,
    /// Everybody who has written of the text.
    writers: BTreeSet<String>,
    /// Who has reviewed it, in person or by somebody else.
    counted: BTreeSet<String>,
}

async fn standing(tx: &mut Tx, item: &str) -> Result<Option<Standing>, DbError> {
    let sql = "SELECT i.region, i.revision, r.author, r.writers FROM item i
               JOIN revision r ON r.item = i.id AND r.number = i.revision WHERE i.id = $1";
    let row: Option<(String, i64, String, String)> = tx.optional("reading whose text it is", sql, args![item]).await?;
    let Some((region, revision, author, writers)) = row else { return Ok(None) };
    let Ok(region) = region.parse() else { return Ok(None) };
    let sql = "SELECT account, principal FROM approval WHERE item = $1 AND revision = $2";
    let rows: Vec<(String, Option<String>)> = tx.all("reading who has reviewed", sql, args![item, revision]).await?;
    let counted = rows.into_iter().flat_map(|(account, principal)| [Some(account), principal]).flatten().collect();
    let mut writers: BTreeSet<String> = serde_json::from_str(&writers).unwrap_or_default();
    writers.insert(author.clone());
    Ok(Some(Standing { region, revision, author, writers, counted }))
}

/// Who may give a review of an item now: by a right of their own, or standing in for somebody.
async fn reviewers(tx: &mut Tx, standing: &Standing, step: Step, at: i64) -> Result<Vec<String>, DbError> {
    let role = Role::of_step(step).slug();
    let (places, mut values) = lineage(standing.region, 2);
    values.insert(0, role.into());
    let sql = format!("SELECT DISTINCT account FROM role_grant WHERE role = $1 AND region IN ({places})");
    let own: Vec<(String,)> = tx.all("listing reviewers", &sql, values).await?;
    let (places, mut values) = lineage(standing.region, 3);
    values.splice(0..0, args![at, role]);
    let sql = format!(
        "SELECT s.substitute, s.account FROM {RIGHTS} WHERE {HOLDS} AND s.role = $2 AND s.region IN ({places})"
    );
    let others: Vec<(String, String)> = tx.all("listing substitutes", &sql, values).await?;
    let is_free = |person: &String| !standing.writers.contains(person) && !standing.counted.contains(person);
    let others = others.into_iter().filter(|(_, principal)| is_free(principal)).map(|(substitute, _)| substitute);
    let all: BTreeSet<String> = own.into_iter().map(|(person,)| person).chain(others).filter(is_free).collect();
    Ok(all.into_iter().collect())
}

/// The places of a region and those above it in a statement, from the number given on, and their values.
fn lineage(region: RegionCode, first: usize) -> (String, Vec<Value>) {
    let codes = region.lineage();
    let places: Vec<String> = (first..first + codes.len()).map(|number| format!("${number}")).collect();
    (places.join(", "), codes.into_iter().map(Value::from).collect())
}

/// Those of the accounts that can sign in: a name that only a content pack knows reads nothing.
async fn people(tx: &mut Tx, accounts: Vec<String>) -> Result<Vec<String>, DbError> {
    let mut people = Vec::new();
    for some in accounts.chunks(100) {
        let sql = format!(
            "SELECT id FROM account WHERE disabled = 0 AND login IS NOT NULL AND id IN ({})",
            places(some.len())
        );
        let values = some.iter().map(Value::from).collect();
        let rows: Vec<(String,)> = tx.all("listing who can read", &sql, values).await?;
        people.extend(rows.into_iter().map(|(id,)| id));
    }
    people.sort();
    people.dedup();
    Ok(people)
}

fn places(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// The webhooks that want an event.
async fn hooks(tx: &mut Tx, event: &Event<'_>) -> Result<Vec<String>, DbError> {
    let sql = "SELECT name, region, kinds FROM notice_hook WHERE seen > $1";
    let rows: Vec<(String, String, String)> = tx.all("reading webhooks", sql, args![event.at - HOOK_LIFE]).await?;
    let wants = |region: &str, kinds: &str| {
        let kinds: Vec<String> = serde_json::from_str(kinds).unwrap_or_default();
        let region = region.parse::<RegionCode>();
        region.is_ok_and(|region| region.contains(event.region)) && kinds.iter().any(|kind| kind == event.kind.slug())
    };
    Ok(rows.into_iter().filter(|(_, region, kinds)| wants(region, kinds)).map(|(name, ..)| name).collect())
}

/// How a person with a confirmed address wants to be told.
struct Manners {
    waiting: Manner,
    own: Manner,
    operation: Manner,
    hour: i64,
}

impl Manners {
    /// When a notice of a kind is sent; never what tells that something could not be sent.
    fn due(&self, kind: Kind, at: i64) -> Option<i64> {
        let manner = match kind.group() {
            _ if kind == Kind::Failed => Manner::Never,
            NoticeGroup::Waiting => self.waiting,
            NoticeGroup::Own => self.own,
            NoticeGroup::Operation => self.operation,
        };
        match manner {
            Manner::Now => Some(at),
            Manner::Daily => Some(next_hour(self.hour, at)),
            Manner::Never => None,
        }
    }
}

/// The next moment at which it is this hour in China.
pub(super) fn next_hour(hour: i64, at: i64) -> i64 {
    let midnight = (at + EAST).div_euclid(DAY) * DAY - EAST;
    let today = midnight + hour.clamp(0, 23) * 3_600;
    if today > at { today } else { today + DAY }
}

/// Account, what waits, one's own, operation, hour.
type MannersRow = (String, String, String, String, i64);

async fn manners(tx: &mut Tx, people: &[String]) -> Result<BTreeMap<String, Manners>, DbError> {
    let mut manners = BTreeMap::new();
    for some in people.chunks(100) {
        let sql = format!(
            "SELECT account, waiting, own, operation, hour FROM notice_setting
             WHERE address IS NOT NULL AND account IN ({})",
            places(some.len())
        );
        let values = some.iter().map(Value::from).collect();
        let rows: Vec<MannersRow> = tx.all("reading how people are told", &sql, values).await?;
        let manner = |slug: &str| Manner::from_slug(slug).unwrap_or(Manner::Never);
        manners.extend(rows.into_iter().map(|(account, waiting, own, operation, hour)| {
            let (waiting, own, operation) = (manner(&waiting), manner(&own), manner(&operation));
            (account, Manners { waiting, own, operation, hour })
        }));
    }
    Ok(manners)
}

/// The day in China, for what is told once a day.
pub(super) fn today(at: i64) -> String {
    china_date(at).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01 00:00 in China.
    const MIDNIGHT: i64 = 1_793_462_400;

    #[test]
    fn what_is_told_daily_is_told_at_the_next_such_hour_in_china() {
        assert_eq!(next_hour(8, MIDNIGHT), MIDNIGHT + 8 * 3_600);
        assert_eq!(next_hour(8, MIDNIGHT + 8 * 3_600), MIDNIGHT + DAY + 8 * 3_600);
        assert_eq!(next_hour(0, MIDNIGHT - 1), MIDNIGHT);
        assert_eq!(next_hour(23, MIDNIGHT + 22 * 3_600), MIDNIGHT + 23 * 3_600);
    }

    #[test]
    fn ids_grow_with_time_and_none_is_drawn_twice() {
        let ids: Vec<String> = (0..1_000).map(|n| new_id(MIDNIGHT + n / 100).expect("draws")).collect();
        let all: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(all.len(), ids.len());
        assert!(new_id(MIDNIGHT).expect("draws") < new_id(MIDNIGHT + 3_600).expect("draws"));
    }
}
