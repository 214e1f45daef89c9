//! What an editor fills in, and what of it cannot be shown.
//!
//! A draft keeps what was typed, right or wrong, so that nothing is lost between two sittings. [`compile`](super::compile)
//! makes the document of it that boxes read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yuexiang_wire::{Board, limits};

use super::typed::looks_like;
use crate::glyphs;
use crate::sheet::total::Mismatch;

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
            ("kind", &self.kind, SLUG),
            ("section", &self.section, SLUG),
            ("title", &self.title, LONG_TITLE),
            ("body", &self.body, limits::BLOCKS * limits::BLOCK),
        ];
        for (field, text, most) in texts {
            let has = text.chars().count();
            if has > most {
                faults.push(Fault { field, why: Why::TooLong { has, most } });
            } else if text.contains('\0') {
                faults.push(Fault { field, why: Why::Unshowable('\0') });
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
    /// The form's field; empty for the form as a whole.
    pub field: &'static str,
    pub why: Why,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Empty,
    TooLong {
        has: usize,
        most: usize,
    },
    TooMany {
        has: usize,
        most: usize,
    },
    /// Bytes of the item as a whole.
    TooLarge {
        has: usize,
        most: usize,
    },
    Unshowable(char),
    /// Characters that the font of televisions does not have.
    Undrawable(String),
    UnknownKind,
    UnknownSection,
    NotATime,
    /// The end lies before the beginning.
    Backwards,
    NotAPrice,
    /// No whole number of this range.
    NotInRange {
        least: u32,
        most: u32,
    },
    NotAnOrder,
    NotInRegion(String),
    NoMedium,
    StillMade,
    /// Why the medium was refused: Chinese, English.
    Refused(String, String),
    NoCaption,
    Cells {
        row: usize,
        has: usize,
        needs: usize,
    },
    /// A figure that a television could only show torn; row and column count from 1.
    LongFigure {
        row: usize,
        column: usize,
        most: usize,
    },
    /// A line of the running text that cannot be shown, in the words of the Markdown reader.
    Text(String),
    /// A line of the running text, counted from 1, and what is wrong with it.
    Line(usize, Box<Why>),
    /// A picture in the running text that is not there.
    NoFigure,
    /// A total that is not the sum of what stands above it.
    Total(Box<Mismatch>),
}

impl Why {
    pub fn zh(&self) -> String {
        match self {
            Why::Empty => "请填写".to_owned(),
            Why::TooLong { has, most } => format!("有 {has} 个字，最多显示 {most} 个字"),
            Why::TooMany { has, most } => format!("有 {has} 项，最多 {most} 项"),
            Why::TooLarge { has, most } => {
                format!("整条内容约 {} 万字，最多 {} 万字，请分成几条发布", has.div_ceil(30_000), most / 30_000)
            }
            Why::Unshowable(character) => format!("含有无法显示的字符 U+{:04X}", *character as u32),
            Why::Undrawable(missing) => {
                format!("电视上显示不出 {}，请换成别的字或写法", glyphs::named(missing).replace(", ", "、"))
            }
            Why::UnknownKind => "没有这种内容类型".to_owned(),
            Why::UnknownSection => "这个板块没有这个栏目".to_owned(),
            Why::NotATime => "日期和时间都要填，例如 2026-10-08 09:00".to_owned(),
            Why::Backwards => "结束时间早于开始时间".to_owned(),
            Why::NotAPrice => "请填写以元为单位的价格，例如 68、1,200 或 68.50 元，最高一千万元".to_owned(),
            Why::NotInRange { least, most } => format!("请填写 {least} 到 {most} 的整数"),
            Why::NotAnOrder => "请填写以 https:// 开头的网址，或者一个电话号码".to_owned(),
            Why::NotInRegion(code) => format!("地区 {code} 不在本地区范围内"),
            Why::NoMedium => "请上传文件".to_owned(),
            Why::StillMade => "文件还在处理，请稍候".to_owned(),
            Why::Refused(zh, _) => zh.clone(),
            Why::NoCaption => "图片故事的每张图片都要有说明".to_owned(),
            Why::Cells { row, has, needs } => format!("第 {row} 行有 {has} 格，应有 {needs} 格"),
            Why::LongFigure { row, column, most } => format!(
                "第 {row} 行第 {column} 列的数字太长，电视上一行放不下：最多 {most} 个字符。不是数字的列请不要标为数字列"
            ),
            Why::Text(reason) => markdown_zh(reason),
            Why::Line(line, why) => format!("第 {line} 行：{}", why.zh()),
            Why::NoFigure => "正文里的图片不存在，请先上传".to_owned(),
            Why::Total(wrong) => format!(
                "第 {} 行“{}”写的是 {}，上面各行相加是 {}。请改正；如果不是合计，去掉这一行“合计行”的勾",
                wrong.row, wrong.column, wrong.says, wrong.sum
            ),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Why::Empty => "is empty".to_owned(),
            Why::TooLong { has, most } => format!("has {has} characters, at most {most} are shown"),
            Why::TooMany { has, most } => format!("has {has} entries, at most {most} are shown"),
            Why::TooLarge { has, most } => {
                format!(
                    "has {} KiB with everything in it, at most {} are published: make several items of it",
                    has >> 10,
                    most >> 10
                )
            }
            Why::Unshowable(character) => {
                format!("holds the character U+{:04X}, which cannot be shown", *character as u32)
            }
            Why::Undrawable(missing) => format!("holds {}, which televisions cannot draw", glyphs::named(missing)),
            Why::UnknownKind => "there is no such kind".to_owned(),
            Why::UnknownSection => "the board has no such section".to_owned(),
            Why::NotATime => "needs a date and a time, such as 2026-10-08 09:00".to_owned(),
            Why::Backwards => "ends before it begins".to_owned(),
            Why::NotAPrice => "must be yuan such as 68.00, at most ten million".to_owned(),
            Why::NotInRange { least, most } => format!("must be a whole number from {least} to {most}"),
            Why::NotAnOrder => "must be an https: address or one telephone number".to_owned(),
            Why::NotInRegion(code) => format!("region {code} does not lie in the item's region"),
            Why::NoMedium => "a file is needed".to_owned(),
            Why::StillMade => "the file is still being processed".to_owned(),
            Why::Refused(_, en) => en.clone(),
            Why::NoCaption => "every picture of a story needs a caption".to_owned(),
            Why::Cells { row, has, needs } => format!("row {row} has {has} cells, {needs} are needed"),
            Why::LongFigure { row, column, most } => format!(
                "the figure in row {row}, column {column} is longer than the {most} characters that are shown on one \
                 line; a column of words must not be marked as one of figures"
            ),
            Why::Text(reason) => reason.clone(),
            Why::Line(line, why) => format!("line {line}: {}", why.en()),
            Why::NoFigure => "there is no picture of this name, upload it first".to_owned(),
            Why::Total(wrong) => format!(
                "row {} says {} for “{}”, but the rows above add up to {}: correct it, or take the tick off this row if it is \
                 no total",
                wrong.row, wrong.says, wrong.column, wrong.sum
            ),
        }
    }
}

/// How the Markdown reader begins to name what televisions cannot draw.
const UNDRAWABLE: &str = "televisions cannot draw ";

/// The Markdown reader's sentences in Chinese; one that is not known stays as it is.
fn markdown_zh(reason: &str) -> String {
    const KNOWN: [(&str, &str); 8] = [
        ("code cannot be shown", "不能显示代码"),
        ("raw HTML cannot be shown", "不能显示 HTML"),
        ("a horizontal rule cannot be shown", "不能显示分隔线"),
        ("footnotes cannot be shown", "不能显示脚注"),
        ("a table cannot be shown", "正文里不能显示表格，请用“公开表”类型"),
        ("a picture", "图片要单独成段"),
        ("there is no medium", "正文里的图片不存在，请先上传"),
        ("the text has", "正文太长"),
    ];
    let (place, sentence) = reason.split_once(": ").unwrap_or(("", reason));
    let known = KNOWN.iter().find(|(start, _)| sentence.starts_with(start));
    let line = place.strip_prefix("line ").map(|line| format!("第 {line} 行：")).unwrap_or_default();
    if let Some(missing) = sentence.strip_prefix(UNDRAWABLE) {
        return format!("{line}电视上显示不出 {missing}，请换成别的字或写法");
    }
    known.map_or_else(|| reason.to_owned(), |(_, zh)| format!("{line}{zh}"))
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
