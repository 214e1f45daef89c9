//! Finding items: lists, filters and search, each no further than one's rights reach.

use yuexiang_wire::{Board, Step};

use super::items::sees;
use super::rights::{Action, Actor, Forbidden};
use super::state::State;
use super::{Desk, DeskError};
use crate::db::{Kind, Value, args};
use crate::region::{Level, RegionCode};
use crate::search;
use crate::store::items::{ItemRecord, ItemRow};

/// Items of one page of a list.
pub const PAGE: i64 = 50;

/// Items among which is looked how common words are.
const PROBE: i64 = 5_000;
/// Words that so many of them have are common: a page of hits stands among the newest 42,000 items, while an index
/// would bring at least 6,000 of five million.
const COMMON: i64 = 6;
/// The same where most hits may be left out for other reasons.
const COMMON_NARROW: i64 = 100;

/// What a list is narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// This region and everything below.
    pub region: RegionCode,
    pub board: Option<Board>,
    pub section: Option<String>,
    pub state: Option<State>,
    /// What is on the air now, whatever becomes of a new text of it.
    pub on_air: bool,
    pub kind: Option<String>,
    /// Account of who wrote it.
    pub author: Option<String>,
    /// Last changed at or after this moment, and before that one; Unix seconds.
    pub from: Option<i64>,
    pub until: Option<i64>,
    /// Words of the title.
    pub words: String,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    pub limit: i64,
}

impl Filter {
    /// Everything of a region.
    pub fn of(region: RegionCode) -> Filter {
        Filter {
            region,
            board: None,
            section: None,
            state: None,
            on_air: false,
            kind: None,
            author: None,
            from: None,
            until: None,
            words: String::new(),
            after: None,
            limit: PAGE,
        }
    }

    /// Whether anything but region and words is asked for.
    fn is_narrow(&self) -> bool {
        let (words, after, limit) = (self.words.clone(), self.after, self.limit);
        *self != Filter { words, after, limit, ..Filter::of(self.region) }
    }
}

/// The last item of a page: when it was changed, and its serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub i64, pub i64);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl std::str::FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Cursor, Self::Err> {
        let (updated, serial) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Cursor(updated.parse()?, serial.parse()?))
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub items: Vec<ItemRow>,
    pub next: Option<Cursor>,
}

impl Desk {
    /// The items that the filter names and the actor may see, what was changed last first; a search, what was written
    /// last first. Without the right to see drafts there is only what is on the air.
    pub async fn list(&self, actor: &Actor, filter: &Filter) -> Result<Found, DeskError> {
        let db = &self.publisher.store.db;
        let Some(mut query) = Query::new(actor, filter, db.kind())? else {
            return Ok(Found { items: Vec::new(), next: None });
        };
        if db.kind() == Kind::Postgres
            && let Some(words) = search::query(Kind::Postgres, &filter.words, filter.region)
        {
            let newest = filter.after.map_or(i64::MAX, |Cursor(_, serial)| serial);
            let hits = self.hits_among(newest, city(filter.region), &words).await?;
            let is_common = hits >= if filter.is_narrow() { COMMON_NARROW } else { COMMON };
            query.postgres_search(filter.region, newest, words, is_common);
        }
        let records: Vec<ItemRecord> = db.all("listing items", &query.sql(), query.values).await?;
        let mut items = Vec::with_capacity(records.len());
        for record in records {
            items.push(ItemRow::try_from(record).map_err(crate::store::StoreError::from)?);
        }
        let limit = filter.limit.clamp(1, PAGE * 4) as usize;
        let next = (items.len() > limit).then(|| items.get(limit - 1)).flatten();
        let next = next.map(|item| Cursor(item.updated, item.serial));
        items.truncate(limit);
        Ok(Found { items, next })
    }

    /// How many of the newest items of the province or a city have all these words.
    async fn hits_among(&self, newest: i64, city: Option<RegionCode>, words: &str) -> Result<i64, DeskError> {
        let items = newest_first("$1", city.map(|_| "$4"));
        let sql = format!("SELECT count(*) FROM ({items} LIMIT $2) w WHERE words @@ $3::tsquery");
        let mut values = args![newest, PROBE, words];
        values.extend(city.map(Value::from));
        let (hits,): (i64,) = self.publisher.store.db.one("looking how common words are", &sql, values).await?;
        Ok(hits)
    }

    /// One item, if the actor may see it. To others it does not exist.
    pub async fn item(&self, actor: &Actor, id: &str) -> Result<ItemRow, DeskError> {
        let missing = || DeskError::NoItem(id.to_owned());
        let item = self.publisher.store.item(id).await?.ok_or_else(missing)?;
        if sees(actor, &item) { Ok(item) } else { Err(missing()) }
    }

    /// How many items of a region and below are in each state on the way to the screen.
    pub async fn open_counts(&self, actor: &Actor, region: RegionCode) -> Result<Vec<(State, i64)>, DeskError> {
        actor.check(Action::SeeDrafts, region)?;
        let (scope, value) = scope(region);
        let sql = format!(
            "SELECT i.state, count(*) FROM item i
             WHERE i.state IN ('draft', 'first', 'second', 'final', 'rejected') AND {scope} GROUP BY i.state"
        );
        let values = value.map(Value::from).into_iter().collect();
        let rows: Vec<(String, i64)> = self.publisher.store.db.all("counting what is open", &sql, values).await?;
        Ok(rows.into_iter().filter_map(|(state, count)| Some((State::named(&state)?, count))).collect())
    }

    /// How much waits for a review that the actor may give; behind a page of it, or in all.
    pub async fn waiting_count(&self, actor: &Actor, step: Step, after: Option<Cursor>) -> Result<i64, DeskError> {
        let mut waiting = 0;
        for region in actor.regions(Action::Approve(step)) {
            let (condition, values) = waits(region, step, after);
            let sql = format!("SELECT count(*) FROM item i WHERE {condition}");
            let (count,): (i64,) = self.publisher.store.db.one("counting what waits", &sql, values).await?;
            waiting += count;
        }
        Ok(waiting)
    }

    /// What waits for a review that the actor may give, the oldest first. Texts of their own and what they have reviewed
    /// already are among it: why they cannot decide those is for them to see.
    pub async fn waiting(&self, actor: &Actor, step: Step, limit: i64) -> Result<Vec<ItemRow>, DeskError> {
        Ok(self.waiting_after(actor, step, None, limit).await?.items)
    }

    /// A page of the same.
    pub async fn waiting_after(
        &self,
        actor: &Actor,
        step: Step,
        after: Option<Cursor>,
        limit: i64,
    ) -> Result<Found, DeskError> {
        let mut items = Vec::new();
        for region in actor.regions(Action::Approve(step)) {
            let (condition, mut values) = waits(region, step, after);
            values.push((limit + 1).into());
            let sql = format!(
                "SELECT i.* FROM item i WHERE {condition} ORDER BY i.updated, i.serial LIMIT ${}",
                values.len()
            );
            let rows: Vec<ItemRecord> = self.publisher.store.db.all("listing what waits", &sql, values).await?;
            for row in rows {
                items.push(ItemRow::try_from(row).map_err(crate::store::StoreError::from)?);
            }
        }
        items.sort_by_key(|item| (item.updated, item.serial));
        let is_last = items.len() as i64 <= limit;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| !is_last).map(|item| Cursor(item.updated, item.serial));
        Ok(Found { items, next })
    }
}

/// The condition that an item waits for a review in a region, behind a page of those, with the values of its places.
fn waits(region: RegionCode, step: Step, after: Option<Cursor>) -> (String, Vec<Value>) {
    let (scope, value) = scope(region);
    let mut values: Vec<Value> = value.map(Value::from).into_iter().collect();
    values.push(step.slug().into());
    // The list of states leads to the small index of what is on its way.
    let open = "i.state IN ('draft', 'first', 'second', 'final', 'rejected')";
    let mut condition = format!("{scope} AND {open} AND i.state = ${}", values.len());
    if let Some(Cursor(updated, serial)) = after {
        values.extend(args![updated, serial]);
        condition += &format!(" AND (i.updated, i.serial) > (${}, ${})", values.len() - 1, values.len());
    }
    (condition, values)
}

/// The condition that an item lies in a region, with the value of its `$1`, or none for the whole province.
pub(crate) fn scope(region: RegionCode) -> (&'static str, Option<String>) {
    match region.level() {
        Level::Province => ("1 = 1", None),
        Level::City => ("i.city = $1", Some(region.to_string())),
        Level::County => ("i.county = $1", Some(region.to_string())),
        Level::Town => ("i.town = $1", Some(region.to_string())),
        Level::Village => ("i.region = $1", Some(region.to_string())),
    }
}

/// What was written before a moment, with its words, the newest first: in the province, or in a city. Both are places of
/// a statement's values. `OFFSET 0` keeps PostgreSQL from finding another way.
fn newest_first(before: &str, city: Option<&str>) -> String {
    match city {
        None => format!("SELECT serial, words FROM item_words WHERE serial < {before} ORDER BY serial DESC OFFSET 0"),
        Some(city) => format!(
            "SELECT serial, words
             FROM (SELECT serial FROM item WHERE serial < {before} AND city = {city} ORDER BY serial DESC OFFSET 0) i
             CROSS JOIN LATERAL (SELECT words FROM item_words WHERE serial = i.serial OFFSET 0) w
             ORDER BY serial DESC OFFSET 0"
        ),
    }
}

/// The region, when it is a city.
fn city(region: RegionCode) -> Option<RegionCode> {
    (region.level() == Level::City).then_some(region)
}

/// A statement in the making. Conditions are this module's own text; what comes from outside is bound.
struct Query {
    from: String,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: &'static str,
    limit: i64,
}

impl Query {
    /// None when nothing can match.
    fn new(actor: &Actor, filter: &Filter, kind: Kind) -> Result<Option<Query>, Forbidden> {
        let sees_drafts = actor.may(Action::SeeDrafts, filter.region);
        if !sees_drafts {
            actor.check(Action::SeePublished, filter.region)?;
        }
        let (scope, value) = scope(filter.region);
        let mut query = Query {
            from: "item i".to_owned(),
            conditions: vec![scope.to_owned()],
            values: value.map(Value::from).into_iter().collect(),
            order: "i.updated DESC, i.serial DESC",
            limit: filter.limit.clamp(1, PAGE * 4),
        };
        // What becomes of a text on its way is not for those who see what is on the air alone: to them all of that is
        // published, and there is nothing else.
        let state = filter.state.filter(|_| sees_drafts);
        if !sees_drafts && filter.state.is_some_and(|state| state != State::Published) {
            return Ok(None);
        }
        if !sees_drafts || filter.on_air {
            query.conditions.push("i.live IS NOT NULL".to_owned());
        }
        // SQLite would rather sort all items of a board, or all that are gone, than read those of a region in their
        // order; a plus in front of a column keeps its indices out of it.
        let is_sqlite = kind == Kind::Sqlite;
        query.state(state, is_sqlite && filter.region.level() >= Level::County);
        let both = filter.board.is_some() && filter.kind.is_some();
        let (board, kind_of_item) = if is_sqlite && !both { ("+i.board", "+i.kind") } else { ("i.board", "i.kind") };
        query.equal(board, filter.board.map(Board::slug));
        query.equal("i.section", filter.section.as_deref());
        query.equal(kind_of_item, filter.kind.as_deref());
        query.equal("i.author", filter.author.as_deref());
        query.compare("i.updated >=", filter.from);
        query.compare("i.updated <", filter.until);
        if filter.words.trim().is_empty() {
            if let Some(Cursor(updated, serial)) = filter.after {
                let (a, b) = (query.bind(updated), query.bind(serial));
                query.conditions.push(format!("(i.updated, i.serial) < ({a}, {b})"));
            }
        } else if !query.search(filter, kind) {
            return Ok(None);
        }
        Ok(Some(query))
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn equal(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.conditions.push(format!("{column} = {place}"));
        }
    }

    fn compare(&mut self, comparison: &str, value: Option<i64>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.conditions.push(format!("{comparison} {place}"));
        }
    }

    /// What is on its way, and what is gone, is found by the small index of such items; the planners see that by the
    /// list of states. `in_region`: what is gone is found by the region's index instead.
    fn state(&mut self, state: Option<State>, in_region: bool) {
        let Some(state) = state else { return };
        if in_region && matches!(state, State::Withdrawn | State::Expired) {
            return self.equal("+i.state", Some(state.name()));
        }
        self.equal("i.state", Some(state.name()));
        let like_it = match state {
            State::Published => return,
            State::Withdrawn | State::Expired => "i.state IN ('withdrawn', 'expired')",
            _ => "i.state IN ('draft', 'first', 'second', 'final', 'rejected')",
        };
        self.conditions.push(like_it.to_owned());
    }

    /// False when there is nothing to look for.
    fn search(&mut self, filter: &Filter, kind: Kind) -> bool {
        let Some(words) = search::query(kind, &filter.words, filter.region) else { return false };
        if kind == Kind::Sqlite {
            let place = self.bind(words);
            self.from = "item_words w CROSS JOIN item i ON i.serial = w.rowid".to_owned();
            self.conditions.push(format!("w.item_words MATCH {place}"));
            self.order = "w.rowid DESC";
            if let Some(Cursor(_, serial)) = filter.after {
                let place = self.bind(serial);
                self.conditions.push(format!("w.rowid < {place}"));
            }
        }
        true
    }

    /// PostgreSQL's planner cannot tell how many items hold several words at once, and takes seconds when it errs. So it
    /// is told: common words are found soon by reading from the newest item on, rare ones through their index.
    fn postgres_search(&mut self, region: RegionCode, newest: i64, words: String, is_common: bool) {
        let (words, newest) = (self.bind(words), self.bind(newest));
        let items = match is_common {
            true => {
                let city = city(region).map(|city| self.bind(city));
                self.conditions.push(format!("w.words @@ {words}::tsquery"));
                newest_first(&newest, city.as_deref())
            }
            // With the sum, it does not come to think of reading all serials as well.
            false => format!(
                "SELECT serial FROM item_words WHERE serial + 0 < {newest} AND words @@ {words}::tsquery
                 ORDER BY serial DESC OFFSET 0"
            ),
        };
        self.from = format!("({items}) w JOIN item i ON i.serial = w.serial");
        self.order = "w.serial DESC";
    }

    fn sql(&self) -> String {
        let Query { from, conditions, order, limit, .. } = self;
        format!("SELECT i.* FROM {from} WHERE {} ORDER BY {order} LIMIT {}", conditions.join(" AND "), limit + 1)
    }
}
