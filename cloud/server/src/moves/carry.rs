//! Carrying rows, documents and rights from one code to another, within one transaction.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use yuexiang_wire::approval::required_steps;
use yuexiang_wire::{Board, CHANNELS_TARGET, Channels, FORMAT, REGION_TARGET, Section, limits, moved_target};

use super::change::{MoveError, Pair, Plan, Split};
use super::report::{Carried, Conflict, Named, Outcome};
use crate::db::args;
use crate::desk::log::{self, Entry};
use crate::divisions::Divisions;
use crate::keys::people::reviews_needed;
use crate::publish::drafts::Drafts;
use crate::publish::{Publisher, documents, live_name, pages};
use crate::region::RegionCode;
use crate::search;
use crate::store::items::{ItemRow, RevisionRow, new_serial};
use crate::store::{Change, RegionRow, codes, unreadable};
use crate::tuf::target_path;

/// Days after which a village whose boxes have said nothing counts as one without boxes.
const HEARD: i64 = 60;

pub(super) struct Carrying<'a> {
    pub change: Change,
    pub drafts: Drafts<'a>,
    pub plan: Plan,
    pub outcome: Outcome,
    pub by: &'a str,
    /// The moment of the change, and the one under which boxes know it.
    pub now: i64,
    pub at: i64,
    /// Channels of the regions that are carried to.
    channels: BTreeMap<RegionCode, Channels>,
    /// Channels that got another id, by old region.
    renamed: BTreeMap<RegionCode, BTreeMap<String, String>>,
    /// Regions whose documents are made anew.
    touched: BTreeSet<RegionCode>,
}

/// What keeps a change from being made now, in words.
pub(super) async fn busy(change: &mut Change, plan: &Plan) -> Result<Vec<String>, MoveError> {
    let mut busy = Vec::new();
    for Pair { old, new, .. } in &plan.pairs {
        let sql = "SELECT name FROM medium WHERE region = $1 AND state IN ('waiting', 'working') ORDER BY created";
        let media: Vec<(String,)> = change.tx.all("looking for media under way", sql, args![*old]).await?;
        busy.extend(media.into_iter().map(|(name,)| format!("{old}: the medium `{name}` is being prepared")));
        for region in [old, new] {
            let sql = "SELECT version FROM root_request WHERE region = $1";
            let row: Option<(i64,)> = change.tx.optional("looking for a root that waits", sql, args![*region]).await?;
            busy.extend(row.map(|(version,)| format!("{region}: root {version} waits for signatures (`keys status`)")));
        }
    }
    Ok(busy)
}

/// Regions that audiences of other regions' items name, where they name something within `within`.
pub(super) async fn named_in(change: &mut Change, within: RegionCode) -> Result<BTreeSet<RegionCode>, MoveError> {
    let found = audiences_of(change, within).await?;
    Ok(found.into_iter().filter_map(|named| named.code.parse().ok()).collect())
}

/// Where audiences of items above a region name something within it.
async fn audiences_of(change: &mut Change, within: RegionCode) -> Result<Vec<Named>, MoveError> {
    let mut found = Vec::new();
    for above in within.lineage().into_iter().filter(|code| *code != within) {
        let sql = "SELECT i.id, i.title, coalesce(r.content, r.draft) FROM item i
                   JOIN revision r ON r.item = i.id AND (r.number = i.revision OR r.number = i.live)
                   WHERE i.region = $1 AND i.state NOT IN ('withdrawn', 'expired')
                   AND (r.content LIKE $2 OR r.draft LIKE $2) ORDER BY i.id";
        let pattern = format!("%\"{}%", within.significant());
        let rows: Vec<(String, String, String)> =
            change.tx.all("looking for audiences", sql, args![above, pattern]).await?;
        for (item, title, text) in rows {
            let text: Value = serde_json::from_str(&text).map_err(unreadable("text", &item))?;
            for side in ["only", "except"] {
                for code in listed(text.get("audience").unwrap_or(&text), side) {
                    if code.parse().is_ok_and(|code| within.contains(code)) {
                        let (item, title, side) = (item.clone(), title.clone(), side.to_owned());
                        let named = Named { item, title, code, side };
                        if !found.contains(&named) {
                            found.push(named);
                        }
                    }
                }
            }
        }
    }
    Ok(found)
}

fn listed(value: &Value, side: &str) -> Vec<String> {
    let codes = value.get(side).and_then(Value::as_array).into_iter().flatten();
    codes.filter_map(|code| code.as_str().map(str::to_owned)).collect()
}

impl<'a> Carrying<'a> {
    pub fn new(publisher: &'a Publisher, change: Change, plan: Plan, by: &'a str, now: i64, at: i64) -> Carrying<'a> {
        Carrying {
            change,
            drafts: Drafts::new(publisher, now),
            plan,
            outcome: Outcome::default(),
            by,
            now,
            at,
            channels: BTreeMap::new(),
            renamed: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Items of other regions that name one of these: what was approved stays as it is, and means the new region to boxes;
    /// what is still being written is written anew.
    pub async fn audiences(&mut self) -> Result<(), MoveError> {
        for pair in self.plan.pairs.clone().iter().filter(|pair| pair.is_root) {
            let found = audiences_of(&mut self.change, pair.old).await?;
            self.outcome.audiences.extend(found);
        }
        let new: BTreeMap<String, String> =
            self.plan.pairs.iter().map(|pair| (pair.old.to_string(), pair.new.to_string())).collect();
        let items: BTreeSet<String> = self.outcome.audiences.iter().map(|named| named.item.clone()).collect();
        for item in items {
            let sql = "SELECT r.number, r.draft FROM item i JOIN revision r ON r.item = i.id AND r.number = i.revision
                       WHERE i.id = $1 AND i.state IN ('draft', 'rejected')";
            let row: Option<(i64, String)> = self.change.tx.optional("reading a draft", sql, args![&item]).await?;
            let Some((number, text)) = row else { continue };
            let mut draft: Value = serde_json::from_str(&text).map_err(unreadable("draft", &item))?;
            for side in ["only", "except"] {
                let codes = listed(&draft, side).into_iter().map(|code| new.get(&code).cloned().unwrap_or(code));
                let codes: BTreeSet<String> = codes.collect();
                if let Some(list) = draft.get_mut(side) {
                    *list = json!(codes);
                }
            }
            let sql = "UPDATE revision SET draft = $1 WHERE item = $2 AND number = $3";
            let values = args![draft.to_string(), &item, number];
            self.change.tx.execute("naming new codes in a draft", sql, values).await?;
        }
        Ok(())
    }

    /// Carries everything of one region to another one.
    pub async fn pair(&mut self, pair: &Pair, name: Option<&str>) -> Result<(), MoveError> {
        let Pair { old, new, is_root } = *pair;
        let before = self.change.region(old).await?;
        let exists = self.change.region(new).await?.filter(|_| !self.plan.revived.contains(&new));
        let known = Divisions::current().name(new).map(str::to_owned);
        let name = name.map(str::to_owned).or(known).or(exists.as_ref().map(|row| row.name.clone()));
        let name = match (name, is_root) {
            (Some(name), _) => name,
            (None, true) => return Err(MoveError::NotListed(new)),
            (None, false) => self.name_of(old).await?,
        };
        let mut carried = Carried::new(old, new, &name);
        carried.exists = exists.is_some();
        self.count(old, &mut carried).await?;
        let is_named = self.outcome.audiences.iter().any(|named| named.code == carried.from);
        let publishes = is_root || before.is_some() || !carried.items.is_empty() || is_named;
        if publishes {
            self.drafts.open(&mut self.change, new, Some(&name)).await?;
            self.touched.insert(new);
            self.reviews_suffice(old, new).await?;
        }
        let sql = "DELETE FROM region_move WHERE former = $1";
        self.change.tx.execute("opening a code again", sql, args![new]).await?;
        let sql = "INSERT INTO region_move (former, code, at, main, account) VALUES ($1, $2, $3, 1, $4)
                   ON CONFLICT (former, code) DO UPDATE SET at = excluded.at, main = 1, account = excluded.account";
        self.change.tx.execute("noting a move", sql, args![old, new, self.at, self.by]).await?;
        self.items(old, new, None).await?;
        self.people(old, new).await?;
        self.figures(old, new).await?;
        if publishes {
            let sections = before.as_ref().map(|row| row.sections.clone()).unwrap_or_default();
            carried.sections = sections.iter().map(|section| section.name.clone()).collect();
            self.sections(old, new, &name, sections, exists).await?;
            carried.channels = self.take_channels(old, new).await?;
            self.policy(old, new).await?;
        }
        self.remark_keys(old, new).await?;
        self.note(old, new, &carried).await?;
        if is_root || !carried.is_empty() {
            self.outcome.regions.push(carried);
        }
        Ok(())
    }

    async fn name_of(&mut self, region: RegionCode) -> Result<String, MoveError> {
        if let Some(row) = self.change.region(region).await? {
            return Ok(row.name);
        }
        Ok(Divisions::current().name(region).map_or_else(|| region.to_string(), str::to_owned))
    }

    /// What there is of a region, for the report.
    async fn count(&mut self, old: RegionCode, carried: &mut Carried) -> Result<(), MoveError> {
        let tx = &mut self.change.tx;
        let sql = "SELECT state, count(*) FROM item WHERE region = $1 GROUP BY state";
        let states: Vec<(String, i64)> = tx.all("counting items", sql, args![old]).await?;
        carried.items = states.into_iter().collect();
        let sql = "SELECT name FROM account WHERE region = $1 AND login IS NOT NULL ORDER BY name";
        let names: Vec<(String,)> = tx.all("listing accounts", sql, args![old]).await?;
        carried.accounts = names.into_iter().map(|(name,)| name).collect();
        let day = crate::pack::china_date(self.now - HEARD * 86_400).to_string();
        let (from, to) = old.range();
        let counts = [
            (
                "SELECT count(*) FROM item WHERE region = $1 AND (not_before > $2 OR not_after > $2)",
                &mut carried.scheduled,
            ),
            ("SELECT count(*) FROM medium WHERE region = $1 AND $2 = $2", &mut carried.media),
            ("SELECT count(*) FROM role_grant WHERE region = $1 AND $2 = $2", &mut carried.grants),
            ("SELECT count(*) FROM token WHERE region = $1 AND revoked IS NULL AND expires > $2", &mut carried.tokens),
            (
                "SELECT count(DISTINCT public) FROM reviewer WHERE region = $1 AND until IS NULL AND $2 = $2",
                &mut carried.reviewers,
            ),
            ("SELECT count(*) FROM viewed WHERE village = $1 AND $2 = $2", &mut carried.view_counts),
            ("SELECT count(*) FROM file WHERE region = $1 AND $2 = $2", &mut carried.files),
        ];
        for (sql, place) in counts {
            let (count,): (i64,) = tx.one("counting what goes along", sql, args![old, self.now]).await?;
            *place = count;
        }
        let sql = "SELECT count(*) FROM (SELECT village FROM viewed_by_village
                   WHERE village >= $1 AND village < $2 AND day >= $3
                   UNION SELECT village FROM box_report WHERE village >= $1 AND village < $2 AND day >= $3) heard";
        let (boxes,): (i64,) = tx.one("counting villages with boxes", sql, args![from, to, day]).await?;
        carried.villages_with_boxes = boxes;
        Ok(())
    }

    /// What is on the air must have as many reviews as boxes will ask for there.
    async fn reviews_suffice(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        let (before, needed) =
            (reviews_needed(&mut self.change, old).await?, reviews_needed(&mut self.change, new).await?);
        if required_steps(needed).len() <= required_steps(before).len() {
            return Ok(());
        }
        let sql = "SELECT i.id FROM item i WHERE i.region = $1 AND i.live IS NOT NULL AND
                   (SELECT count(*) FROM approval a WHERE a.item = i.id AND a.revision = i.live) < $2 ORDER BY i.id";
        let values = args![old, i64::from(needed)];
        let row: Option<(String,)> = self.change.tx.optional("counting reviews", sql, values).await?;
        match row {
            Some((item,)) => Err(MoveError::Reviews { to: new, needed, item }),
            None => Ok(()),
        }
    }

    /// Items and what was sent for them. `only` are those that are meant, or all.
    async fn items(&mut self, old: RegionCode, new: RegionCode, only: Option<&[String]>) -> Result<(), MoveError> {
        let sql = "SELECT id FROM item WHERE region = $1 ORDER BY id";
        let all: Vec<(String,)> = self.change.tx.all("listing items", sql, args![old]).await?;
        for (id,) in all.into_iter().filter(|(id,)| only.is_none_or(|only| only.contains(id))) {
            self.change.take_over_item(&id, new).await?;
            if let Some(item) = self.change.item(&id).await? {
                search::put(&mut self.change.tx, &item).await?;
            }
        }
        if only.is_none() {
            let sql = "UPDATE medium SET region = $2 WHERE region = $1";
            self.change.tx.execute("carrying media", sql, args![old, new]).await?;
        }
        Ok(())
    }

    /// Accounts, their roles, tokens, and reviewers, whose keys approve nothing more under the old code.
    async fn people(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        self.copy_grants(old, new).await?;
        for (what, sql) in [
            ("taking roles away", "DELETE FROM role_grant WHERE region = $1 AND CAST($2 AS TEXT) <> ''"),
            ("carrying accounts", "UPDATE account SET region = $2 WHERE region = $1"),
            ("carrying tokens", "UPDATE token SET region = $2 WHERE region = $1"),
            // The substitute's key is named among the new region's reviewers as it was among the old one's.
            (
                "carrying substitutes",
                "UPDATE substitution SET region = $2, begun = NULL WHERE region = $1 AND ended IS NULL",
            ),
            ("carrying notices", "UPDATE notice_event SET region = $2 WHERE region = $1"),
        ] {
            self.change.tx.execute(what, sql, args![old, new]).await?;
        }
        let sql = "UPDATE reviewer SET until = $2 WHERE region = $1 AND until IS NULL";
        self.change.tx.execute("ending a region's reviewers", sql, args![old, self.at + 1]).await?;
        Ok(())
    }

    async fn copy_grants(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        let sql = "INSERT INTO role_grant (account, role, region, granter, granted)
                   SELECT account, role, CAST($2 AS TEXT), granter, granted FROM role_grant WHERE region = $1
                   ON CONFLICT (account, role, region) DO NOTHING";
        self.change.tx.execute("carrying roles", sql, args![old, new]).await?;
        Ok(())
    }

    /// What viewers did, added to what they did there.
    async fn figures(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        // Table, the column of the place, and the columns that tell its rows apart besides.
        let tables = [
            ("viewed", "village", "item, day"),
            ("viewed_by_village", "village", "day"),
            ("viewed_by_town", "town", "day"),
            ("viewed_by_item", "county", "month, item"),
        ];
        for (table, place, key) in tables {
            let sql = format!(
                "INSERT INTO {table} ({place}, {key}, views, plays, seconds)
                 SELECT CAST($2 AS TEXT), {key}, views, plays, seconds FROM {table} WHERE {place} = $1
                 ON CONFLICT ({place}, {key}) DO UPDATE SET views = {table}.views + excluded.views,
                 plays = {table}.plays + excluded.plays, seconds = {table}.seconds + excluded.seconds"
            );
            self.change.tx.execute("carrying view counts", &sql, args![old, new]).await?;
            let sql = format!("DELETE FROM {table} WHERE {place} = $1");
            self.change.tx.execute("carrying view counts", &sql, args![old]).await?;
        }
        let sql = "INSERT INTO published_count (place_level, month, place, level, items)
                   SELECT place_level, month, CAST($2 AS TEXT), level, items FROM published_count WHERE place = $1
                   ON CONFLICT (place_level, month, place, level)
                   DO UPDATE SET items = published_count.items + excluded.items";
        self.change.tx.execute("carrying counts of publications", sql, args![old, new]).await?;
        let sql = "DELETE FROM published_count WHERE place = $1";
        self.change.tx.execute("carrying counts of publications", sql, args![old]).await?;
        Ok(())
    }

    /// The name, and sections, of which those that are there keep their names.
    async fn sections(
        &mut self,
        old: RegionCode,
        new: RegionCode,
        name: &str,
        taken: Vec<Section>,
        exists: Option<RegionRow>,
    ) -> Result<(), MoveError> {
        let mut sections = exists.map(|row| row.sections).unwrap_or_default();
        // Several regions come to one that is made here.
        if let Some(row) = self.change.region(new).await?.filter(|_| !self.plan.revived.contains(&new)) {
            sections = row.sections;
        }
        for section in taken {
            match sections.iter().find(|known| (known.board, &known.id) == (section.board, &section.id)) {
                Some(known) if known.name != section.name => self.outcome.conflicts.push(Conflict::new(
                    format!(
                        "栏目 {}/{}：保留“{}”，{old} 的“{}”并入其中",
                        section.board.slug(),
                        section.id,
                        known.name,
                        section.name
                    ),
                    format!(
                        "section {}/{}: `{}` stays, `{}` of {old} goes into it",
                        section.board.slug(),
                        section.id,
                        known.name,
                        section.name
                    ),
                )),
                Some(_) => {}
                None => sections.push(section),
            }
        }
        if sections.len() > limits::SECTIONS {
            return Err(MoveError::TooMany { region: new, what: "sections", most: limits::SECTIONS });
        }
        self.change.keep_region(new, &RegionRow { name: name.to_owned(), sections }).await?;
        let sql = "UPDATE region SET last_published = (SELECT max(last_published) FROM region WHERE code IN ($1, $2))
                   WHERE code = $2";
        self.change.tx.execute("carrying the last publication", sql, args![old, new]).await?;
        Ok(())
    }

    /// Channels with what they play. One whose id or number is taken gets another. Returns what they are called.
    async fn take_channels(&mut self, old: RegionCode, new: RegionCode) -> Result<Vec<String>, MoveError> {
        let taken = self.channels_of(old).await?;
        let mut into = match self.channels.remove(&new) {
            Some(channels) => channels,
            None if self.plan.revived.contains(&new) => none(new),
            None => self.channels_of(new).await?,
        };
        let mut names = Vec::new();
        for mut channel in taken.channels {
            let (id, number) = (channel.id.clone(), channel.number);
            let free = |id: &str| !into.channels.iter().any(|other| other.id == id);
            let numbered = (2..).map(|number| format!("{}-{number}", &id[..id.len().min(28)]));
            channel.id = std::iter::once(id.clone()).chain(numbered).find(|id| free(id)).unwrap_or_default();
            let is_free = |number: &u16| !into.channels.iter().any(|other| other.number == *number);
            channel.number = std::iter::once(number).chain(1..=999).find(is_free).unwrap_or(number);
            if channel.id != id || channel.number != number {
                self.outcome.conflicts.push(Conflict::new(
                    format!("频道 {old}/{id}（{number} 台）改为 {}（{} 台）", channel.id, channel.number),
                    format!("channel {old}/{id} (number {number}) becomes {} (number {})", channel.id, channel.number),
                ));
            }
            if channel.id != id {
                let key = format!("{new}/{}", channel.id);
                self.renamed.entry(old).or_default().insert(format!("{old}/{id}"), key);
            }
            let own = format!("/live/{}/", live_name(old, &id));
            if channel.url.starts_with(&own) {
                let sql = "INSERT INTO line_up (region, channel, effective_from, loop_start, discontinuity, programmes)
                           SELECT CAST($3 AS TEXT), CAST($4 AS TEXT), effective_from, loop_start, discontinuity, programmes
                           FROM line_up WHERE region = $1 AND channel = $2
                           ON CONFLICT (region, channel, effective_from) DO NOTHING";
                let values = args![old, &id, new, &channel.id];
                self.change.tx.execute("carrying a channel", sql, values).await?;
                channel.url = format!("/live/{}/index.m3u8", live_name(new, &channel.id));
            }
            names.push(channel.id.clone());
            into.channels.push(channel);
        }
        if into.channels.len() > limits::CHANNELS {
            return Err(MoveError::TooMany { region: new, what: "channels", most: limits::CHANNELS });
        }
        self.channels.insert(new, into);
        Ok(names)
    }

    async fn channels_of(&mut self, region: RegionCode) -> Result<Channels, MoveError> {
        let Some(stored) = self.change.targets(region).await?.remove(CHANNELS_TARGET) else { return Ok(none(region)) };
        let path = target_path(CHANNELS_TARGET, &stored.sha256);
        let Some(body) = self.change.file(region, &path).await? else { return Ok(none(region)) };
        Ok(serde_json::from_slice(&body).map_err(unreadable("channels.json", region))?)
    }

    /// Channels of a region that are called otherwise now.
    pub fn channels_renamed(&self, within: RegionCode) -> BTreeMap<String, String> {
        let inside = self.renamed.iter().filter(|(region, _)| within.contains(**region));
        inside.flat_map(|(_, renamed)| renamed.clone()).collect()
    }

    /// How many reviews the regions below need: what the new region says, else what the old one said.
    async fn policy(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        let sql = "INSERT INTO review_policy (region, reviews)
                   SELECT CAST($2 AS TEXT), reviews FROM review_policy WHERE region = $1
                   ON CONFLICT (region) DO NOTHING";
        self.change.tx.execute("carrying the number of reviews", sql, args![old, new]).await?;
        Ok(())
    }

    /// Keys are made anew: one key is one region's. Where the old root was offline somebody has to go for the new one.
    async fn remark_keys(&mut self, old: RegionCode, new: RegionCode) -> Result<(), MoveError> {
        let sql = "SELECT public FROM region_key WHERE region = $1 AND role = 'root' AND secret IS NULL
                   AND waiting = 0 AND retired IS NULL";
        let row: Option<(String,)> = self.change.tx.optional("looking for offline keys", sql, args![old]).await?;
        if row.is_some() {
            self.outcome.remarks.push(Conflict::new(
                format!("{old} 的根密钥是离线的；{new} 的根密钥先在线生成，请再次离线（docs/KEYS.md）"),
                format!("the root key of {old} is offline; that of {new} is made online: take it offline again (docs/KEYS.md)"),
            ));
        }
        Ok(())
    }

    /// The old log stays as it is, and the new one points to its last line.
    async fn note(&mut self, old: RegionCode, new: RegionCode, carried: &Carried) -> Result<(), MoveError> {
        let (at, account, from, to) = (self.now, self.by, old.to_string(), new.to_string());
        let detail = json!({ "carried": carried });
        let entry = Entry { region: old, at, account, action: "division-left", object: &to, detail };
        log::append(&mut self.change.tx, entry).await?;
        let sql = "SELECT seq, hash FROM log WHERE region = $1 ORDER BY seq DESC LIMIT 1";
        let (seq, hash): (i64, String) = self.change.tx.one("reading the end of the log", sql, args![old]).await?;
        let detail = json!({ "carried": carried, "log": { "region": from, "seq": seq, "hash": hash } });
        let entry = Entry { region: new, at, account, action: "division-taken-over", object: &from, detail };
        Ok(log::append(&mut self.change.tx, entry).await?)
    }

    /// Another name for the region that everything goes to.
    pub async fn rename(&mut self, name: &str) -> Result<(), MoveError> {
        let to = self.plan.to;
        self.drafts.open(&mut self.change, to, Some(name)).await?;
        let row = self.change.region(to).await?;
        let (before, sections) = row.map_or((String::new(), Vec::new()), |row| (row.name, row.sections));
        self.touched.insert(to);
        self.change.keep_region(to, &RegionRow { name: name.to_owned(), sections }).await?;
        if self.plan.pairs.iter().all(|pair| pair.new != to) {
            let mut carried = Carried::new(to, to, name);
            carried.exists = true;
            self.count(to, &mut carried).await?;
            self.outcome.regions.push(carried);
            let detail = json!({ "name": name, "before": before });
            let (region, at, account) = (to, self.now, self.by);
            let entry = Entry { region, at, account, action: "division-renamed", object: "", detail };
            log::append(&mut self.change.tx, entry).await?;
        }
        Ok(())
    }

    /// A further region that comes out of `from`.
    pub async fn split(&mut self, from: RegionCode, split: &Split) -> Result<(), MoveError> {
        let Split { code, name, items, copy } = split;
        let (code, region) = (*code, from.to_string());
        let known = Divisions::current().name(code).map(str::to_owned);
        let name = name.clone().or(known).ok_or(MoveError::NotListed(code))?;
        let exists = self.change.region(code).await?;
        let mut carried = Carried::new(from, code, &name);
        carried.exists = exists.is_some();
        for item in items {
            let row = self.change.item(item).await?;
            let row = row.filter(|row| row.region == from);
            let row = row.ok_or_else(|| MoveError::NoItem { item: item.clone(), region: from })?;
            *carried.items.entry(row.state.name().to_owned()).or_default() += 1;
        }
        self.drafts.open(&mut self.change, code, Some(&name)).await?;
        self.touched.insert(code);
        if self.plan.to == from {
            self.drafts.open(&mut self.change, from, None).await?;
            self.touched.insert(from);
        }
        let sections = self.change.region(from).await?.map(|row| row.sections).unwrap_or_default();
        self.sections(from, code, &name, sections, exists).await?;
        let sql = "INSERT INTO region_move (former, code, at, main, account) VALUES ($1, $2, $3, 0, $4)
                   ON CONFLICT (former, code) DO NOTHING";
        self.change.tx.execute("noting a split", sql, args![from, code, self.at, self.by]).await?;
        self.items(from, code, Some(items)).await?;
        self.copy_grants(from, code).await?;
        self.policy(from, code).await?;
        if *copy {
            let copies = self.copies(from, code).await?;
            *carried.items.entry("draft".to_owned()).or_default() += copies;
        }
        let detail = json!({ "carried": &carried });
        let (at, account) = (self.now, self.by);
        let entry = Entry { region: code, at, account, action: "division-split", object: &region, detail };
        log::append(&mut self.change.tx, entry).await?;
        self.outcome.remarks.push(Conflict::new(
            format!("{code} 的电视需要把地区改为 {code}；没有改的会跟到 {}", self.plan.to),
            format!("boxes in {code} are to be set up for {code}; those that are not go along to {}", self.plan.to),
        ));
        self.outcome.regions.push(carried);
        Ok(())
    }

    /// What is on the air in a region as drafts of another one, where they have to be approved: an approval is for one
    /// item. Whoever wrote them does not review them there either.
    async fn copies(&mut self, from: RegionCode, to: RegionCode) -> Result<i64, MoveError> {
        let sql = "SELECT id, live FROM item WHERE region = $1 AND live IS NOT NULL AND origin <> 'pack' ORDER BY id";
        let live: Vec<(String, i64)> = self.change.tx.all("listing what is on the air", sql, args![from]).await?;
        let mut copies = 0;
        for (id, number) in live {
            let (Some(item), Some(text)) = (self.change.item(&id).await?, self.change.revision(&id, number).await?)
            else {
                continue;
            };
            let slug = id.split_once('/').map_or(id.as_str(), |(_, slug)| slug);
            let (id, serial) = (format!("{to}/{slug}"), new_serial(self.now));
            if self.change.item(&id).await?.is_some() {
                continue;
            }
            let state = crate::desk::state::State::Draft;
            let (created, updated, live) = (self.now, self.now, None);
            let copy = ItemRow { id, serial, region: to, state, revision: 1, live, created, updated, ..item };
            self.change.add_item(&copy, None).await?;
            let revision = RevisionRow { number: 1, content: None, hash: None, at: self.now, ..text };
            self.change.add_revision(&copy.id, &revision).await?;
            copies += 1;
        }
        Ok(copies)
    }

    /// Whatever said that a region had gone elsewhere says so no longer: it has come back.
    pub async fn withdraw_moves(&mut self, region: RegionCode) -> Result<(), MoveError> {
        let name = moved_target(&region.to_string());
        let sql = "SELECT region FROM target WHERE name = $1";
        for signer in codes(self.change.tx.all("looking for moves", sql, args![&name]).await?) {
            self.drafts.open(&mut self.change, signer, None).await?;
            self.drafts.remove(signer, &name);
        }
        Ok(())
    }

    /// Makes the documents of all regions that something came to.
    pub async fn documents(&mut self) -> Result<(), MoveError> {
        for region in self.touched.clone() {
            let former = super::former(&mut self.change.tx, region).await?;
            if former.len() > limits::FORMER {
                return Err(MoveError::TooMany { region, what: "former regions", most: limits::FORMER });
            }
            let row = self.change.region(region).await?;
            let (name, sections) = row.map_or((String::new(), Vec::new()), |row| (row.name, row.sections));
            self.drafts.put(region, REGION_TARGET, documents::region(region, &name, &sections));
            if let Some(channels) = self.channels.get(&region) {
                self.drafts.put(region, CHANNELS_TARGET, documents::json(channels));
            }
            self.drafts.put_review(&mut self.change, region).await?;
            for (board, month) in self.months(region).await? {
                let (change, drafts) = (&mut self.change, &mut self.drafts);
                pages::put_page(change, drafts, region, board, &month, self.now).await?;
            }
        }
        Ok(())
    }

    /// The months that a region has pages of, or is to have.
    async fn months(&mut self, region: RegionCode) -> Result<BTreeSet<(Board, String)>, MoveError> {
        let sql = "SELECT DISTINCT board, month FROM item WHERE region = $1 AND live IS NOT NULL AND month IS NOT NULL";
        let rows: Vec<(String, String)> = self.change.tx.all("listing months", sql, args![region]).await?;
        let mut months: BTreeSet<(Board, String)> =
            rows.into_iter().filter_map(|(board, month)| Some((Board::named(&board)?, month))).collect();
        for name in self.drafts.names(region) {
            let page = name.strip_prefix("pages/").and_then(|page| page.strip_suffix(".json"));
            let Some((board, month)) = page.and_then(|page| page.split_once('/')) else { continue };
            // Parts of a month are made with it.
            if let Some(board) = Board::named(board).filter(|_| !month.contains('_')) {
                months.insert((board, month.to_owned()));
            }
        }
        Ok(months)
    }
}

fn none(region: RegionCode) -> Channels {
    Channels { format: FORMAT, region: region.to_string(), channels: Vec::new() }
}
