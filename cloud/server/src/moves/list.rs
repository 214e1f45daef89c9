//! The list of divisions as data: a file that somebody puts in, checked line by line, kept in the database by version,
//! and taken over by every process while it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use yuexiang_console::messages::divisions::Entry as Wrong;
use yuexiang_console::words::Lang;

use crate::db::{DbError, args};
use crate::desk::log::{self, Entry};
use crate::divisions::{Divisions, DivisionsError};
use crate::messages::{Message, Spot};
use crate::objects::hash;
use crate::pack::is_invisible;
use crate::region::RegionCode;
use crate::store::{Store, StoreError, codes};

/// Characters of a name.
const NAME: usize = yuexiang_wire::limits::NAME;
/// Problems that are told; a file of another kind has as many as lines.
const PROBLEMS: usize = 100;
/// Bytes of a file: ten times what the province needs.
pub const LARGEST: usize = 16 << 20;
/// What there must be of a province's regions for a list to be one: a file that was cut short is none.
const FEWEST: usize = 1_000;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1 on; 0 for the file as a whole.
    pub line: usize,
    why: Wrong,
}

impl Problem {
    pub fn message(&self) -> Message {
        let spot = if self.line == 0 { Spot::Whole } else { Spot::Line(self.line, String::new()) };
        Message::from(self.why.clone()).at(spot)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().sentence(Lang::En))
    }
}

/// Why a list is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("nothing was imported, {} to mend:\n{}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Divisions(#[from] DivisionsError),
}

/// What a new list changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Import {
    /// Whether it is in force now; a preview is not.
    pub done: bool,
    /// Whether it is the list that is in force already.
    pub same: bool,
    pub version: i64,
    pub regions: usize,
    pub added: Vec<Line>,
    pub gone: Vec<Gone>,
    pub renamed: Vec<Renamed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    pub code: String,
    pub name: String,
}

/// A region that the new list does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gone {
    pub code: String,
    pub name: String,
    /// Whether something was published, or somebody works, under its code: then it is to be moved (`divisions change`).
    pub in_use: bool,
    /// A new region of the same name in the same place, which may be the same one.
    pub perhaps: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Renamed {
    pub code: String,
    pub before: String,
    pub name: String,
    /// Whether it has published under the earlier name, which stays until `divisions rename`.
    pub in_use: bool,
}

/// Reads a list: a line for each region with its 12 digits and its name, separated by a comma or a tab; a first line of
/// headings, quotes and further columns are passed over.
pub fn read(text: &str) -> Result<Divisions, ListError> {
    let mut problems = Vec::new();
    let mut regions: BTreeMap<RegionCode, (usize, String)> = BTreeMap::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = number + 1;
        let mut problem = |why: Wrong| problems.push(Problem { line: number, why });
        let mut fields = line.split([',', '\t']).map(|field| field.trim().trim_matches('"').trim());
        let (code, name) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if line.trim().is_empty() || (number == 1 && !code.starts_with(|first: char| first.is_ascii_digit())) {
            continue;
        }
        if code.len() != 12 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            problem(Wrong::Digits(code.to_owned()));
            continue;
        }
        let region = match code.parse::<RegionCode>() {
            Ok(region) if region.is_in(RegionCode::GUANGDONG) => region,
            Ok(_) => {
                problem(Wrong::Elsewhere(code.to_owned()));
                continue;
            }
            Err(_) => {
                problem(Wrong::Level(code.to_owned()));
                continue;
            }
        };
        let length = name.chars().count();
        if !(1..=NAME).contains(&length)
            || name.chars().any(|c| c.is_control() || c.is_ascii_digit() || is_invisible(c))
        {
            problem(Wrong::Name { code: code.to_owned(), most: NAME });
            continue;
        }
        if let Some((first, known)) = regions.get(&region) {
            if known != name {
                problem(Wrong::Twice { code: code.to_owned(), first: *first, known: known.clone() });
            }
            continue;
        }
        regions.insert(region, (number, name.to_owned()));
    }
    regions.entry(RegionCode::GUANGDONG).or_insert((0, "广东省".to_owned()));
    for (code, (line, _)) in &regions {
        if let Some(parent) = code.parent().filter(|parent| !regions.contains_key(parent)) {
            let why = Wrong::Parent { code: code.to_string(), parent: parent.to_string() };
            problems.push(Problem { line: *line, why });
        }
    }
    if problems.is_empty() && regions.len() < FEWEST {
        problems.push(Problem { line: 0, why: Wrong::Few { count: regions.len() } });
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        problems.truncate(PROBLEMS);
        return Err(ListError::Problems(problems));
    }
    Ok(Divisions::of(regions.into_iter().map(|(code, (_, name))| (code, name)).collect()))
}

/// Puts a list in, or says what that would change.
pub async fn import(
    store: &Store,
    text: &str,
    source: &str,
    by: &str,
    carry_out: bool,
    now: i64,
) -> Result<Import, ListError> {
    let list = read(text)?;
    take_over(store).await?;
    let before = Divisions::current();
    let body = list.packed()?;
    let mut import = compare(store, &before, &list).await?;
    import.same = body == before.packed()?;
    if !carry_out || import.same {
        return Ok(import);
    }
    let mut tx = store.db.begin().await?;
    let sql = "SELECT max(version) FROM division_list";
    tx.lock(RegionCode::GUANGDONG.number()).await?;
    let (last,): (Option<i64>,) = tx.one("reading the last list", sql, args![]).await?;
    let version = last.unwrap_or(0) + 1;
    let sql = "INSERT INTO division_list (version, at, account, source, sha256, regions, body)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let sha256 = hash(text.as_bytes());
    let values = args![version, now, by, source, &sha256, list.count(), body];
    tx.execute("keeping a list of divisions", sql, values).await?;
    let (added, gone, renamed) = (import.added.len(), import.gone.len(), import.renamed.len());
    let detail = json!({ "version": version, "sha256": sha256, "regions": list.count(), "added": added, "gone": gone,
        "renamed": renamed });
    let entry = Entry {
        region: RegionCode::GUANGDONG,
        at: now,
        account: by,
        action: "divisions-imported",
        object: source,
        detail,
    };
    log::append(&mut tx, entry).await?;
    tx.commit().await?;
    take_over(store).await?;
    Ok(Import { done: true, version, ..import })
}

/// Puts in a list that stands in the configuration, once: whoever has put in another one since meant that.
pub async fn put_in_once(store: &Store, text: &str, source: &str, now: i64) -> Result<Option<Import>, ListError> {
    let sql = "SELECT version FROM division_list WHERE sha256 = $1 LIMIT 1";
    let known: Option<(i64,)> =
        store.db.optional("looking for a list of divisions", sql, args![hash(text.as_bytes())]).await?;
    match known {
        Some(_) => Ok(None),
        None => Ok(Some(import(store, text, source, "configuration", true, now).await?).filter(|done| done.done)),
    }
}

async fn compare(store: &Store, before: &Divisions, list: &Divisions) -> Result<Import, ListError> {
    let sql = "SELECT code FROM region UNION SELECT region FROM account UNION SELECT region FROM item";
    let in_use = codes(store.db.all("listing regions in use", sql, args![]).await?);
    let moved = super::closed(&store.db).await?;
    let is_in_use = |code: RegionCode| in_use.contains(&code) && !moved.iter().any(|(from, ..)| *from == code);
    let added = list.iter().filter(|one| before.name(one.code).is_none());
    let added: Vec<(RegionCode, String)> = added.map(|one| (one.code, one.name.to_owned())).collect();
    let gone = before.iter().filter(|one| list.name(one.code).is_none()).map(|one| {
        let same = added.iter().filter(|(code, name)| code.level() == one.code.level() && stem(name) == stem(one.name));
        // The nearest that both lie in decides, and then only if there is one of it.
        let nearest = same.max_by_key(|(code, _)| super::change::around(one.code, *code).map(RegionCode::level));
        let (code, name) = (one.code.to_string(), one.name.to_owned());
        Gone { code, name, in_use: is_in_use(one.code), perhaps: nearest.map(|(code, _)| code.to_string()) }
    });
    let renamed = list.iter().filter_map(|one| {
        let earlier = before.name(one.code).filter(|earlier| *earlier != one.name)?;
        let (code, name) = (one.code.to_string(), one.name.to_owned());
        Some(Renamed { code, before: earlier.to_owned(), name, in_use: is_in_use(one.code) })
    });
    let import =
        Import { regions: list.count(), gone: gone.collect(), renamed: renamed.collect(), ..Import::default() };
    let added = added.into_iter().map(|(code, name)| Line { code: code.to_string(), name });
    Ok(Import { added: added.collect(), ..import })
}

/// A name without what says of which kind a region is: 扶溪 of 扶溪镇 and of 扶溪街道.
fn stem(name: &str) -> &str {
    const KINDS: [&str; 10] =
        ["社区居民委员会", "村民委员会", "社区居委会", "街道办事处", "居委会", "村委会", "街道", "社区", "镇", "乡"];
    let kind = KINDS.into_iter().find(|kind| name.len() > kind.len() && name.ends_with(kind));
    kind.map_or(name, |kind| &name[..name.len() - kind.len()])
}

/// Takes over the newest list of the database, if this process does not go by it yet. Returns its version, 0 for the one
/// inside the program.
pub async fn take_over(store: &Store) -> Result<i64, ListError> {
    let sql = "SELECT version, sha256 FROM division_list ORDER BY version DESC LIMIT 1";
    let newest: Option<(i64, String)> = store.db.optional("looking for a list of divisions", sql, args![]).await?;
    let Some((version, _)) = newest else { return Ok(0) };
    if store.divisions.load(std::sync::atomic::Ordering::Acquire) == version {
        return Ok(version);
    }
    let sql = "SELECT body FROM division_list WHERE version = $1";
    let (body,): (Vec<u8>,) = store.db.one("reading a list of divisions", sql, args![version]).await?;
    let list = Divisions::unpack(&body)?;
    tracing::info!(version, regions = list.count(), "a newer list of divisions");
    Divisions::put_in_force(Arc::new(list));
    store.divisions.store(version, std::sync::atomic::Ordering::Release);
    Ok(version)
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same {
            return writeln!(f, "this list is in force already");
        }
        for Line { code, name } in &self.added {
            writeln!(f, "+ {code} {name}")?;
        }
        for Gone { code, name, in_use, perhaps } in &self.gone {
            let perhaps = perhaps.as_ref().map(|code| format!(" (perhaps {code} now)")).unwrap_or_default();
            let todo = if *in_use { ": in use, see `divisions change`" } else { "" };
            writeln!(f, "- {code} {name}{perhaps}{todo}")?;
        }
        for Renamed { code, before, name, in_use } in &self.renamed {
            let todo = if *in_use { ": in use, see `divisions change --name`" } else { "" };
            writeln!(f, "~ {code} {before} → {name}{todo}")?;
        }
        let (added, gone, renamed) = (self.added.len(), self.gone.len(), self.renamed.len());
        writeln!(f, "{} regions: {added} new, {gone} gone, {renamed} with another name", self.regions)?;
        match self.done {
            true => writeln!(f, "in force as version {}", self.version),
            false => writeln!(f, "preview: nothing was changed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(list: &Divisions) -> String {
        list.iter().map(|one| format!("{},{}\n", one.code, one.name)).collect()
    }

    #[track_caller]
    fn check_refused(text: &str, line: usize, words: &str) {
        let Err(ListError::Problems(problems)) = read(text) else { panic!("`{words}` was taken") };
        let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(problems.iter().any(|problem| problem.line == line && problem.to_string().contains(words)), "{told}");
    }

    #[test]
    fn a_list_is_read_as_it_was_written_with_headings_quotes_and_further_columns() {
        let embedded = Divisions::embedded();
        let plain = read(&csv(&embedded)).expect("a list");
        assert!(plain.iter().eq(embedded.iter()));
        let quoted: String =
            embedded.iter().map(|one| format!("\"{}\"\t\"{}\"\t\"44\"\r\n", one.code, one.name)).collect();
        let quoted = read(&format!("\u{feff}代码\t名称\r\n{quoted}\r\n")).expect("a list");
        assert!(quoted.iter().eq(embedded.iter()));
        assert_eq!(Divisions::unpack(&plain.packed().expect("packs")).expect("unpacks").count(), embedded.count());
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said_by_its_line() {
        let good = csv(&Divisions::embedded());
        let end = good.lines().count();
        for (line, words) in [
            ("4402241032,左龙", "must have 12 digits"),
            ("４４０２２４１０３２０１,左龙", "must have 12 digits"),
            ("440224000201,左龙", "a level between is empty"),
            ("450102001001,左龙", "is not in 44"),
            ("440224103998,", "must have 1 to"),
            ("440224103998,左\u{200b}龙", "must have 1 to"),
            ("440224103998,左龙2", "must have 1 to"),
            ("440224103201,右龙", "already"),
            ("440224777001,左龙", "is not in the list"),
        ] {
            check_refused(&format!("{good}{line}\n"), end + 1, words);
        }
        check_refused("440000000000,广东省\n440200000000,韶关市\n", 0, "no whole list");
    }

    #[test]
    fn a_name_is_known_again_when_only_its_kind_has_changed() {
        assert_eq!(stem("扶溪镇"), stem("扶溪街道"));
        assert_eq!(stem("左龙村委会"), stem("左龙社区居民委员会"));
        assert_ne!(stem("左龙村委会"), stem("右龙村委会"));
        assert_eq!(stem("镇"), "镇");
    }
}
