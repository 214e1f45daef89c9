//! Finding items by words, in both databases.
//!
//! Chinese has no spaces and its words are short, so a text is cut into pairs of neighbouring characters; a search looks
//! for all pairs of what was typed. Beside the words stand terms for the regions in which an item lies, so that a search
//! within a county reads no other county's items. SQLite keeps them in an FTS5 index, PostgreSQL as a `tsvector`.

use std::collections::BTreeSet;

use crate::db::{Kind, Tx, args};
use crate::region::RegionCode;
use crate::store::StoreError;
use crate::store::items::ItemRow;

/// Pairs of a query that are looked for; what follows them is not.
const LONGEST: usize = 24;
/// Letters of a word that count.
const LONGEST_WORD: usize = 100;

/// Brings an item's entry in the index up to date.
pub async fn put(tx: &mut Tx, item: &ItemRow) -> Result<(), StoreError> {
    let words = terms(&item.title, item.region).into_iter().collect::<Vec<_>>().join(" ");
    match tx.kind() {
        Kind::Sqlite => {
            let values = args![item.serial];
            tx.execute("forgetting words", "DELETE FROM item_words WHERE rowid = $1", values).await?;
            let sql = "INSERT INTO item_words (rowid, words) VALUES ($1, $2)";
            tx.execute("keeping words", sql, args![item.serial, words]).await?;
        }
        Kind::Postgres => {
            let sql = "INSERT INTO item_words (serial, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))
                       ON CONFLICT (serial) DO UPDATE SET words = excluded.words";
            tx.execute("keeping words", sql, args![item.serial, words]).await?;
        }
    }
    Ok(())
}

/// Takes an item out of the index.
pub async fn forget(tx: &mut Tx, serial: i64) -> Result<(), StoreError> {
    let sql = match tx.kind() {
        Kind::Sqlite => "DELETE FROM item_words WHERE rowid = $1",
        Kind::Postgres => "DELETE FROM item_words WHERE serial = $1",
    };
    tx.execute("forgetting words", sql, args![serial]).await?;
    Ok(())
}

/// A query in the words of the database's index; none when there is nothing to look for. `within` narrows it to a region.
pub fn query(kind: Kind, text: &str, within: RegionCode) -> Option<String> {
    let words: Vec<String> = pieces(text, false).into_iter().take(LONGEST).collect();
    if words.is_empty() {
        return None;
    }
    let region = (within.parent().is_some()).then(|| region_term(within));
    let terms = region.into_iter().chain(words);
    Some(match kind {
        Kind::Sqlite => terms.map(|term| format!("\"{term}\"")).collect::<Vec<_>>().join(" AND "),
        Kind::Postgres => terms.map(|term| format!("'{term}'")).collect::<Vec<_>>().join(" & "),
    })
}

/// What the index holds of an item.
pub fn terms(title: &str, region: RegionCode) -> BTreeSet<String> {
    let mut terms: BTreeSet<String> = pieces(title, true).into_iter().collect();
    terms.extend(region.lineage().into_iter().skip(1).map(region_term));
    terms
}

fn region_term(region: RegionCode) -> String {
    format!("in_{}", region.significant())
}

/// The words of a text: runs of Latin letters and digits in lower case, and pairs of other letters. A single character is
/// looked for as itself, so the index of a text (`all`) has those too.
fn pieces(text: &str, all: bool) -> Vec<String> {
    let mut pieces = Vec::new();
    let lower = text.to_lowercase();
    for run in lower.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let mut characters: Vec<char> = Vec::new();
        let mut word = String::new();
        for character in run.chars().chain(['\0']) {
            let is_latin = character.is_ascii_alphanumeric();
            if is_latin || character == '\0' {
                pairs(&mut characters, all, &mut pieces);
            }
            if is_latin && word.len() < LONGEST_WORD {
                word.push(character);
            } else if is_latin {
                // Neither database indexes a word of any length.
            } else {
                pieces.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                characters.extend((character != '\0').then_some(character));
            }
        }
    }
    pieces
}

fn pairs(characters: &mut Vec<char>, all: bool, pieces: &mut Vec<String>) {
    if all || characters.len() == 1 {
        pieces.extend(characters.iter().map(char::to_string));
    }
    pieces.extend(characters.windows(2).map(|pair| pair.iter().collect()));
    characters.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, all: bool, expected: &[&str]) {
        assert_eq!(pieces(text, all), expected, "{text}");
    }

    #[test]
    fn chinese_text_is_cut_into_pairs_and_latin_text_into_words() {
        check("停水通知", false, &["停水", "水通", "通知"]);
        check("茶", false, &["茶"]);
        check("5G 网络升级", false, &["5g", "网络", "络升", "升级"]);
        check("榕树村2026年", false, &["榕树", "树村", "2026", "年"]);
        check("《村规》", true, &["村", "规", "村规"]);
        check("  '\"& ", false, &[]);
    }

    #[test]
    fn a_query_holds_nothing_that_the_database_would_take_for_syntax() {
        let within = "440224".parse().expect("a code");
        let hostile = "a\" OR 1 & 'b':* !c | (d) <-> NEAR\\";
        let sqlite = query(Kind::Sqlite, hostile, within).expect("a query");
        assert_eq!(sqlite, r#""in_440224" AND "a" AND "or" AND "1" AND "b" AND "c" AND "d" AND "near""#);
        let postgres = query(Kind::Postgres, hostile, within).expect("a query");
        assert_eq!(postgres, "'in_440224' & 'a' & 'or' & '1' & 'b' & 'c' & 'd' & 'near'");
        assert_eq!(query(Kind::Sqlite, "?!", within), None);
    }
}
