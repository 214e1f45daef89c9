//! What an editor fills in, and what of it cannot be shown.
//!
//! A draft keeps what was typed, right or wrong, so that nothing is lost between two sittings. [`compile`](super::compile)
//! makes the document of it that boxes read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
pub use yuexiang_console::messages::draft::Why;
use yuexiang_wire::{Board, limits};

use super::typed::looks_like;
use crate::messages::{Field, Message, Spot};

/// The form of an item of any kind, as it is kept and as programs send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// article, notice, story, video, disclosure, activity, product, spot or job.
    #[schema(example = "notice")]
    pub kind: String,
    #[schema(value_type = String, pattern = "^(party|governance|culture|business)$", example = "governance")]
    pub board: Board,
    /// Id of a section of that board.
    #[schema(example = "notice")]
    pub section: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub summary: String,
    /// Who publishes it, as viewers see it; the region's own name when empty.
    #[serde(default)]
    pub publisher: String,
    /// Running text, read as `markup` says.
    #[serde(default)]
    pub body: String,
    #[serde(default, skip_serializing_if = "Markup::is_markdown")]
    pub markup: Markup,
    /// The fields of the kind, as typed: `starts`, `ends` (`YYYY-MM-DDTHH:MM` in China), `place`, `contact`; `price`
    /// (yuan), `unit`, `origin`, `seller`, `phone`, `order`; `address`, `hours`; `employer`, `pay`, `headcount`. What was
    /// typed for `not_before`, `not_after` or `priority` and is neither a moment nor a number stands here too, so that it
    /// is refused by name instead of being none.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    #[serde(default)]
    pub table: TableText,
    /// Ids of media.
    #[serde(default)]
    pub cover: Option<String>,
    #[serde(default)]
    pub video: Option<String>,
    #[serde(default)]
    pub pictures: Vec<Captioned>,
    #[serde(default)]
    pub receipts: Vec<Captioned>,
    /// Not shown before, Unix seconds.
    #[serde(default)]
    pub not_before: Option<i64>,
    /// Not shown from then on, Unix seconds.
    #[serde(default)]
    pub not_after: Option<i64>,
    #[serde(default)]
    pub pinned: bool,
    /// 0–9.
    #[serde(default)]
    #[schema(maximum = 9)]
    pub priority: u8,
    /// 12-digit codes of the regions that see it, of the item's region and below; empty for all.
    #[serde(default)]
    pub only: Vec<String>,
    /// Codes of the regions that do not.
    #[serde(default)]
    pub except: Vec<String>,
}

/// How running text is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Markup {
    /// The Markdown of content packs, which programs send.
    #[default]
    Markdown,
    /// As the console's form takes it: a line is a line, and only `## `, `- `, `1. `, `> ` in front of one and a picture
    /// `![caption](media:id)` mean more than they say.
    Lines,
}

impl Markup {
    fn is_markdown(&self) -> bool {
        *self == Markup::Markdown
    }
}

/// Characters of a slug, such as a kind or a section.
const SLUG: usize = 64;
/// Characters of a title that is still being shortened.
const LONG_TITLE: usize = 20 * limits::TITLE;

impl Draft {
    /// What is so long that it is not even kept. It is kept otherwise, right or wrong; what lists and searches use must
    /// suit the database.
    pub fn check_size(&self) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let texts = [
            (Field::Kind, &self.kind, SLUG),
            (Field::Section, &self.section, SLUG),
            (Field::Title, &self.title, LONG_TITLE),
            (Field::Body, &self.body, limits::BLOCKS * limits::BLOCK),
        ];
        for (field, text, most) in texts {
            let has = text.chars().count();
            if has > most {
                faults.push(Fault::new(field, Why::TooLong { has, most }));
            } else if text.contains('\0') {
                faults.push(Fault::new(field, Why::Unshowable('\0')));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Whether both are the same to a reader. What a form does to a text that nobody has changed is no change: it has no
    /// seconds, its lines end in one way, blanks at the end of a field are not shown, and Markdown comes back from it as
    /// it would have been typed.
    pub fn says_the_same_as(&self, typed: &Draft) -> bool {
        let (mut known, typed) = (self.as_shown(), typed.as_shown());
        let was_read = (known.markup, typed.markup) == (Markup::Markdown, Markup::Lines);
        if was_read && looks_like(&known.body, &typed.body) {
            known.markup = Markup::Lines;
            known.body.clone_from(&typed.body);
        }
        known == typed
    }

    fn as_shown(&self) -> Draft {
        let text = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        // In minutes, which no moment is too early for; they are compared and nothing else.
        let minute = |at: Option<i64>| at.map(|at| at.div_euclid(60));
        let captioned = |list: &[Captioned]| {
            list.iter().map(|one| Captioned { medium: one.medium.clone(), caption: text(&one.caption) }).collect()
        };
        let values = self.values.iter().map(|(name, value)| (name.clone(), text(value)));
        Draft {
            title: text(&self.title),
            summary: text(&self.summary),
            publisher: text(&self.publisher),
            body: text(&self.body),
            values: values.filter(|(_, value)| !value.is_empty()).collect(),
            // A cell at the end of a table may well be empty.
            table: TableText {
                tsv: self.table.tsv.replace("\r\n", "\n").trim_end_matches('\n').to_owned(),
                numeric: text(&self.table.numeric),
                totals: text(&self.table.totals),
            },
            pictures: captioned(&self.pictures),
            receipts: captioned(&self.receipts),
            not_before: minute(self.not_before),
            not_after: minute(self.not_after),
            ..self.clone()
        }
    }
}

/// A picture in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Captioned {
    /// Id of the medium.
    pub medium: String,
    #[serde(default)]
    pub caption: String,
}

/// A disclosure's table as a spreadsheet copies it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableText {
    /// Tab-separated lines; the first one has the columns' titles.
    #[serde(default)]
    pub tsv: String,
    /// Columns of money and counts, counted from 1, such as `2,3`.
    #[serde(default)]
    pub numeric: String,
    /// Rows of totals, counted from 1 without the titles.
    #[serde(default)]
    pub totals: String,
}

impl Draft {
    /// An empty form.
    pub fn new(kind: &str, board: Board, section: &str) -> Draft {
        Draft {
            kind: kind.to_owned(),
            board,
            section: section.to_owned(),
            title: String::new(),
            summary: String::new(),
            publisher: String::new(),
            body: String::new(),
            markup: Markup::default(),
            values: BTreeMap::new(),
            table: TableText::default(),
            cover: None,
            video: None,
            pictures: Vec::new(),
            receipts: Vec::new(),
            not_before: None,
            not_after: None,
            pinned: false,
            priority: 0,
            only: Vec::new(),
            except: Vec::new(),
        }
    }
}

/// Something that cannot be shown like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub field: Field,
    /// Where in the field.
    pub spot: Spot,
    pub why: Why,
}

impl Fault {
    /// In the field as a whole.
    pub fn new(field: Field, why: Why) -> Fault {
        Fault { field, spot: Spot::Whole, why }
    }

    /// What people are told of it.
    pub fn message(&self) -> Message {
        Message::from(self.why.clone()).about(self.field).at(self.spot.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_that_comes_back_from_the_form_unchanged_is_no_change() {
        let known = Draft {
            body: "**明日**\n停水\n\n* 储水\n".to_owned(),
            ..Draft::new("notice", Board::Governance, "notice")
        };
        let form = |body: &str| Draft { body: body.to_owned(), markup: Markup::Lines, ..known.clone() };
        assert!(known.says_the_same_as(&form("明日停水\r\n\r\n- 储水")));
        assert!(!known.says_the_same_as(&form("明日停水\n\n- 储水两桶")));
        assert!(!known.says_the_same_as(&form(&known.body)), "stars that are typed are stars");
        assert!(!form(&known.body).says_the_same_as(&known), "a program that sends Markdown means Markdown");
    }
}
