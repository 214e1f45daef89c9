//! A month as a table: 点击量, one line for every village and item.
//!
//! It goes out village by village while it is read, so that the whole province (some 800,000 lines) takes no more memory
//! than one village.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::read::Range;
use crate::db::args;
use crate::desk::rights::{Action, Actor};
use crate::desk::{Desk, DeskError};
use crate::pack::standard;
use crate::region::RegionCode;
use crate::store::items::ItemRow;

/// Excel takes a file for UTF-8 when it begins with this.
const BYTE_ORDER_MARK: &str = "\u{feff}";
const TITLES: &str = "村,编码,内容,栏目,观看,播放,分钟\r\n";
/// What stands for a title that must not be told.
const OFF_AIR: &str = "（已下线）";
/// Regions whose sections are remembered during an export.
const REMEMBERED: usize = 1_000;

/// An export under way.
struct Export {
    desk: Desk,
    actor: Actor,
    range: Range,
    villages: std::vec::IntoIter<RegionCode>,
    /// Names of sections by region, board and id.
    sections: HashMap<RegionCode, HashMap<(String, String), String>>,
    is_begun: bool,
}

impl Desk {
    /// The figures of a month in a region and below as CSV.
    pub async fn export_views(
        &self,
        actor: &Actor,
        region: RegionCode,
        month: Range,
    ) -> Result<impl Stream<Item = Result<Bytes, DeskError>> + Send + use<>, DeskError> {
        actor.check(Action::ExportFigures, region)?;
        let sql = "SELECT DISTINCT village FROM viewed_by_village WHERE village >= $1 AND village < $2
                   AND day >= $3 AND day <= $4 ORDER BY village";
        let (from, to) = region.range();
        let values = args![from, to, month.from.to_string(), month.to.to_string()];
        let rows: Vec<(String,)> = self.publisher.store.db.all("listing viewed villages", sql, values).await?;
        let villages: Vec<RegionCode> = rows.iter().filter_map(|(code,)| code.parse().ok()).collect();
        let export = Export {
            desk: self.clone(),
            actor: actor.clone(),
            range: month,
            villages: villages.into_iter(),
            sections: HashMap::new(),
            is_begun: false,
        };
        Ok(stream::try_unfold(export, Export::next))
    }
}

impl Export {
    async fn next(mut self) -> Result<Option<(Bytes, Export)>, DeskError> {
        if !self.is_begun {
            self.is_begun = true;
            return Ok(Some((Bytes::from(format!("{BYTE_ORDER_MARK}{TITLES}")), self)));
        }
        let Some(village) = self.villages.next() else { return Ok(None) };
        let lines = self.village(village).await?;
        Ok(Some((Bytes::from(lines), self)))
    }

    async fn village(&mut self, village: RegionCode) -> Result<String, DeskError> {
        let name = self.desk.name_of(village).await?;
        let viewed = self.desk.most_by_day(village, self.range, usize::MAX >> 1).await?;
        let mut lines = String::new();
        for (id, sum) in viewed {
            let Some(item) = self.desk.publisher.store.item(&id).await? else { continue };
            let section = self.section(&item).await?;
            let may_name = self.desk.may_name(&self.actor, &item).await?;
            let title = if may_name { item.title.as_str() } else { OFF_AIR };
            let cells = [cell(&name), village.to_string(), cell(title), cell(&section)];
            lines += &format!("{},{},{},{}\r\n", cells.join(","), sum.views, sum.plays, sum.minutes());
        }
        Ok(lines)
    }

    /// The name of an item's section; its id when the section is gone.
    async fn section(&mut self, item: &ItemRow) -> Result<String, DeskError> {
        if self.sections.len() > REMEMBERED {
            self.sections.clear();
        }
        if !self.sections.contains_key(&item.region) {
            let mut all = standard();
            for code in item.region.lineage() {
                all.extend(self.desk.publisher.store.region(code).await?.map(|row| row.sections).unwrap_or_default());
            }
            // A lower level's name comes later and wins.
            let named = all.into_iter().map(|section| ((section.board.slug().to_owned(), section.id), section.name));
            self.sections.insert(item.region, named.collect());
        }
        let key = (item.board.slug().to_owned(), item.section.clone());
        let name = self.sections.get(&item.region).and_then(|names| names.get(&key));
        Ok(name.unwrap_or(&item.section).clone())
    }
}

/// A cell as RFC 4180 has it. What a spreadsheet would take for a formula is marked as text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_and_never_run() {
        for (text, expected) in [
            ("停水通知", "停水通知"),
            ("停水,停电", "\"停水,停电\""),
            ("所谓\"好人\"", "\"所谓\"\"好人\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("@a", "'@a"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
