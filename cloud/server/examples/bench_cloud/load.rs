//! Fills a database as the desk would have done over a year, only faster.

use yuexiang_cloud::db::{Db, Kind, Tx, Value};
use yuexiang_cloud::divisions::Divisions;
use yuexiang_cloud::publish::drafts::Drafts;
use yuexiang_cloud::publish::{Publisher, month_of, pages};
use yuexiang_cloud::region::{Level, RegionCode};
use yuexiang_cloud::search;
use yuexiang_wire::Board;

use crate::Result;
use crate::texts::{Random, Text, text};

/// 2026-11-25 in China, and a year before it.
pub const NOW: i64 = 1_795_536_000;
const YEAR: i64 = 365 * 86_400;
/// Rows of one statement: SQLite binds at most 32,766 values.
const ROWS: usize = 500;
/// Villages in which items are published and repositories made anew.
const SAMPLE: usize = 40;
const TABLES: &str = "'item', 'revision', 'approval', 'item_words'";

/// What is in the database.
pub struct Loaded {
    pub villages: Vec<RegionCode>,
    /// Those whose items carry approvals and whose pages are all made.
    pub sample: Vec<RegionCode>,
    pub items: usize,
}

/// Rows of one table on their way.
struct Rows {
    table: &'static str,
    columns: &'static str,
    values: Vec<Value>,
    count: usize,
}

impl Rows {
    fn new(table: &'static str, columns: &'static str) -> Rows {
        Rows { table, columns, values: Vec::new(), count: 0 }
    }

    fn add(&mut self, row: Vec<Value>) {
        self.values.extend(row);
        self.count += 1;
    }

    fn width(&self) -> usize {
        self.columns.split(',').count()
    }

    async fn write(&mut self, tx: &mut Tx) -> Result {
        let width = self.width();
        let values = std::mem::take(&mut self.values);
        let count = std::mem::take(&mut self.count);
        if count == 0 {
            return Ok(());
        }
        let Tx::Postgres(connection) = tx else {
            // Places with names would be looked up one by one among all others.
            let row = format!("({})", vec!["?"; width].join(","));
            let rows = vec![row; count];
            let sql = format!("INSERT INTO {} ({}) VALUES {}", self.table, self.columns, rows.join(","));
            tx.execute("loading", &sql, values).await?;
            return Ok(());
        };
        let sql = format!("COPY {} ({}) FROM STDIN", self.table, self.columns);
        let mut copy = connection.copy_in_raw(&sql).await?;
        let mut text = String::new();
        for row in values.chunks(width) {
            let fields: Vec<String> = row.iter().map(field).collect();
            text += &fields.join("\t");
            text.push('\n');
        }
        copy.send(text.into_bytes()).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// A value as COPY reads it.
fn field(value: &Value) -> String {
    match value {
        Value::Int(Some(number)) => number.to_string(),
        Value::Text(Some(text)) => text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
        _ => "\\N".to_owned(),
    }
}

/// Fills the tables of items. Indices are made afterwards, as they are in production.
pub async fn load(publisher: &Publisher, villages: usize, items: usize) -> Result<Loaded> {
    let Loaded { villages, sample, items: total } = loaded(villages, items);
    let db = &publisher.store.db;
    let mut tx = db.begin().await?;
    let indices = drop_indices(&mut tx).await?;
    let mut loader = Loader::new(&sample, db.kind());
    let mut random = Random::new(20_261_125);
    let divisions = Divisions::current();
    for number in 0..items {
        for (place, &village) in villages.iter().enumerate() {
            let name = divisions.name(village).unwrap_or("村");
            let at = NOW - YEAR + (YEAR as i128 * (number * villages.len() + place) as i128 / total as i128) as i64;
            let text = text(&mut random, name.trim_end_matches("委会"), number);
            loader.item(village, number * villages.len() + place, at, text, &mut random)?;
            if loader.items.count == ROWS {
                loader.write(&mut tx).await?;
            }
        }
    }
    loader.write(&mut tx).await?;
    for index in indices {
        tx.execute("making an index", &index, vec![]).await?;
    }
    tx.commit().await?;
    if let Db::Postgres(_) = db {
        // What the server does by itself after a while.
        db.execute("looking at the tables", "VACUUM ANALYZE", vec![]).await?;
    }
    Ok(Loaded { villages, sample, items: total })
}

/// What is in the database once it is filled with so many items of each of so many villages.
pub fn loaded(villages: usize, items: usize) -> Loaded {
    let villages = spread(villages);
    let step = (villages.len() / SAMPLE).max(1);
    let sample = villages.iter().copied().step_by(step).take(SAMPLE).collect();
    let items = villages.len() * items;
    Loaded { villages, sample, items }
}

/// So many villages from all over the province.
fn spread(wanted: usize) -> Vec<RegionCode> {
    let list = Divisions::current();
    let all = list.iter().filter(|division| division.code.level() == Level::Village);
    let all: Vec<RegionCode> = all.map(|division| division.code).collect();
    let step = all.len().div_ceil(wanted.min(all.len())).max(1);
    all.into_iter().step_by(step).take(wanted).collect()
}

/// Takes the indices away that are no constraints, and returns what makes them.
async fn drop_indices(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = match tx {
        Tx::Sqlite(_) => format!(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({TABLES})"
        ),
        Tx::Postgres(_) => format!(
            "SELECT indexname::text, indexdef FROM pg_indexes WHERE tablename IN ({TABLES}) AND indexname NOT IN
             (SELECT conname FROM pg_constraint)"
        ),
    };
    let indices: Vec<(String, String)> = tx.all("listing indices", &sql, vec![]).await?;
    for (name, _) in &indices {
        tx.execute("dropping an index", &format!("DROP INDEX {name}"), vec![]).await?;
    }
    Ok(indices.into_iter().map(|(_, sql)| sql).collect())
}

struct Loader<'a> {
    sample: &'a [RegionCode],
    items: Rows,
    revisions: Rows,
    approvals: Rows,
    words: Rows,
}

impl Loader<'_> {
    fn new(sample: &[RegionCode], kind: Kind) -> Loader<'_> {
        let word_columns = if kind == Kind::Sqlite { "rowid,words" } else { "serial,words" };
        Loader {
            sample,
            items: Rows::new(
                "item",
                "id,serial,region,town,county,city,board,section,kind,title,author,state,revision,live,month,published,\
                 pinned,priority,origin,created,updated",
            ),
            revisions: Rows::new("revision", "item,number,draft,content,hash,author,writers,at"),
            approvals: Rows::new("approval", "item,revision,step,account,region,key,at,signature"),
            words: Rows::new("item_words", word_columns),
        }
    }

    fn item(&mut self, region: RegionCode, place: usize, at: i64, text: Text, random: &mut Random) -> Result {
        let Text { board, section, kind, title } = text;
        let serial = ((at * 1_000) << 20) | (place & 0xF_FFFF) as i64;
        let id = format!("{region}/{at}-{:05x}", place & 0xF_FFFF);
        let state = match random.below(1_000) {
            0..=2 => "draft",
            3..=5 => "first",
            6..=7 => "second",
            8 => "final",
            9 => "rejected",
            10..=19 => "withdrawn",
            20..=39 => "expired",
            _ => "published",
        };
        let live = (state == "published").then_some(1_i64);
        let month = live.map(|_| month_of(at));
        let above = |level| {
            let code = region.lineage().into_iter().find(|code| code.level() == level);
            code.map(|code| code.to_string()).unwrap_or_default()
        };
        let author = format!("editor-{}", region.number() % 2_000);
        let (town, county, city) = (above(Level::Town), above(Level::County), above(Level::City));
        let content = content(&id, section, kind, &title, at, &author);
        let words = search::terms(&title, region);
        let quoted = |word: &String| format!("'{word}'");
        let words = match self.words.columns.starts_with("serial") {
            true => words.iter().map(quoted).collect::<Vec<_>>().join(" "),
            false => words.into_iter().collect::<Vec<_>>().join(" "),
        };
        self.words.add(vec![serial.into(), words.into()]);
        if self.sample.contains(&region) && live.is_some() {
            for step in ["first", "second", "final"] {
                let (key, signature) = ("ab".repeat(32), "cd".repeat(64));
                let values = [id.clone(), step.to_owned(), format!("reviewer-{step}"), region.to_string()];
                let [item, step, account, region] = values.map(Value::from);
                self.approvals.add(vec![
                    item,
                    1_i64.into(),
                    step,
                    account,
                    region,
                    key.into(),
                    at.into(),
                    signature.into(),
                ]);
            }
        }
        let writers = format!("[\"{author}\"]");
        let hash = "ef".repeat(32);
        self.revisions.add(vec![
            id.as_str().into(),
            1_i64.into(),
            "{}".into(),
            content.into(),
            hash.into(),
            author.as_str().into(),
            writers.into(),
            at.into(),
        ]);
        self.items.add(vec![
            id.into(),
            serial.into(),
            region.into(),
            town.into(),
            county.into(),
            city.into(),
            board.into(),
            section.into(),
            kind.into(),
            title.into(),
            author.into(),
            state.into(),
            1_i64.into(),
            live.into(),
            month.into(),
            live.map(|_| at).into(),
            0_i64.into(),
            0_i64.into(),
            "desk".into(),
            at.into(),
            at.into(),
        ]);
        Ok(())
    }

    async fn write(&mut self, tx: &mut Tx) -> Result {
        for rows in [&mut self.items, &mut self.revisions, &mut self.approvals, &mut self.words] {
            rows.write(tx).await?;
        }
        Ok(())
    }
}

/// A short document, as boxes read it.
fn content(id: &str, section: &str, kind: &str, title: &str, at: i64, author: &str) -> String {
    let body = [serde_json::json!({ "paragraph": "请各位村民相互转告，如有疑问请与村委会联系。" })];
    serde_json::json!({
        "id": id, "section": section, "kind": kind, "title": title, "summary": "", "publisher": "村委会",
        "published": at, "author": author, "body": body,
    })
    .to_string()
}

/// Gives every village its repository, county by county, and the sample all its pages.
pub async fn found_all(publisher: &Publisher, villages: &[RegionCode], sample: &[RegionCode]) -> Result {
    for county in villages.chunk_by(|a, b| a.number() / 1_000_000 == b.number() / 1_000_000) {
        let mut change = publisher.store.change().await?;
        Drafts::lock(&mut change, county).await?;
        let mut drafts = Drafts::new(publisher, NOW);
        for &village in county {
            drafts.open(&mut change, village, None).await?;
        }
        for &village in county.iter().filter(|village| sample.contains(village)) {
            put_pages(&mut change, &mut drafts, village).await?;
        }
        drafts.finish(&mut change).await?;
        change.commit().await?;
    }
    Ok(())
}

/// Makes all pages of a village anew.
pub async fn put_pages(
    change: &mut yuexiang_cloud::store::Change,
    drafts: &mut Drafts<'_>,
    village: RegionCode,
) -> Result {
    for board in Board::ALL {
        for month in 0..13 {
            let month = month_of(NOW - YEAR + month * 30 * 86_400 + 20 * 86_400);
            pages::put_page(change, drafts, village, board, &month, NOW).await?;
        }
    }
    Ok(())
}
