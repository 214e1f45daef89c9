//! Reads one TOML table field by field, with the line of every value, and refuses what nobody asked for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset};
use yuexiang_console::messages::pack::Flaw;

use super::problem::{Place, Problems};
use crate::glyphs;

/// A TOML text within a file: the front matter of an item begins at its second line.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub file: &'a Place,
    pub text: &'a str,
    pub first_line: usize,
}

pub struct Fields<'a> {
    source: Source<'a>,
    problems: &'a Problems,
    values: BTreeMap<String, (Place, DeValue<'a>)>,
    /// Where the table itself begins, for fields that are missing.
    place: Place,
}

/// A value with the place it was read from.
#[derive(Clone, Debug)]
pub struct At<T> {
    pub place: Place,
    pub value: T,
}

impl<'a> Source<'a> {
    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        self.file.line(self.first_line + before.matches('\n').count())
    }
}

impl<'a> Fields<'a> {
    pub fn parse(source: Source<'a>, problems: &'a Problems) -> Option<Fields<'a>> {
        match DeTable::parse(source.text) {
            Ok(table) => Some(Fields::new(source, problems, table, source.file.line(source.first_line))),
            Err(error) => {
                let place = source.place(error.span().map_or(0, |span| span.start));
                problems.none(&place, Flaw::Syntax { why: error.message().trim().replace('\n', ", ") })
            }
        }
    }

    fn new(source: Source<'a>, problems: &'a Problems, table: Spanned<DeTable<'a>>, place: Place) -> Fields<'a> {
        let values = table
            .into_inner()
            .into_iter()
            .map(|(key, value)| {
                let place = source.place(key.span().start);
                (key.into_inner().into_owned(), (place, value.into_inner()))
            })
            .collect();
        Fields { source, problems, values, place }
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Every field must have been taken by now. `what` says what has no such field, such as "an article".
    pub fn finish(self, what: &'static str) {
        for (name, (place, _)) in self.values {
            self.problems.add(&place, Flaw::NoSuchField { of: what, name });
        }
    }

    fn take(&mut self, name: &str) -> Option<(Place, DeValue<'a>)> {
        self.values.remove(name)
    }

    fn missing<T>(&self, name: &str) -> Option<T> {
        self.problems.none(&self.place, Flaw::NoField { name: name.to_owned() })
    }

    fn wrong<T>(&self, place: &Place, name: &str, wanted: Wanted, found: &DeValue<'_>) -> Option<T> {
        let ((wanted_zh, wanted_en), (found_zh, found_en)) = (wanted, kind_of(found));
        self.problems.none(place, Flaw::WrongType { name: name.to_owned(), wanted_zh, wanted_en, found_zh, found_en })
    }

    /// A required text without line breaks.
    pub fn text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<At<String>> {
        if !self.has(name) {
            return self.missing(name);
        }
        self.optional_text(name, length)
    }

    pub fn optional_text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<At<String>> {
        let (place, value) = self.take(name)?;
        let DeValue::String(text) = value else {
            return self.wrong(&place, name, ("带引号的文字", "a text in quotes"), &value);
        };
        let value = checked_text(self.problems, &place, name, &text, length)?;
        Some(At { place, value })
    }

    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        let (place, value) = self.take(name)?;
        match value {
            DeValue::Boolean(flag) => Some(flag),
            other => self.wrong(&place, name, ("真（true）或假（false）", "true or false"), &other),
        }
    }

    pub fn number(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<At<u32>> {
        if !self.has(name) {
            return self.missing(name);
        }
        self.optional_number(name, range)
    }

    pub fn optional_number(&mut self, name: &str, range: RangeInclusive<u32>) -> Option<At<u32>> {
        let (place, value) = self.take(name)?;
        let number = match &value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => return self.wrong(&place, name, ("整数", "a whole number"), &value),
        };
        match number.filter(|number| range.contains(number)) {
            Some(value) => Some(At { place, value }),
            None => {
                let (least, most) = range.into_inner();
                self.problems.none(&place, Flaw::NotInRange { name: name.to_owned(), least, most })
            }
        }
    }

    /// A moment in China Standard Time, in Unix seconds.
    pub fn time(&mut self, name: &str) -> Option<At<i64>> {
        if !self.has(name) {
            return self.missing(name);
        }
        self.optional_time(name)
    }

    pub fn optional_time(&mut self, name: &str) -> Option<At<i64>> {
        let (place, value) = self.take(name)?;
        let DeValue::Datetime(time) = &value else {
            return self.wrong(
                &place,
                name,
                ("2026-10-08T09:00:00 这样的时刻", "a date and time such as 2026-10-08T09:00:00"),
                &value,
            );
        };
        match unix_seconds(time).filter(|seconds| YEARS.contains(seconds)) {
            Some(value) => Some(At { place, value }),
            None => self.problems.none(&place, Flaw::NotATime { name: name.to_owned() }),
        }
    }

    pub fn optional_table(&mut self, name: &str) -> Option<Fields<'a>> {
        let (place, value) = self.take(name)?;
        self.nested(name, place, value)
    }

    /// A list of tables; empty when the field is missing.
    pub fn tables(&mut self, name: &str) -> Vec<Fields<'a>> {
        self.list(name).into_iter().filter_map(|At { place, value }| self.nested(name, place, value)).collect()
    }

    /// A list of whatever it holds; empty when the field is missing.
    pub fn list(&mut self, name: &str) -> Vec<At<DeValue<'a>>> {
        let Some((place, value)) = self.take(name) else { return Vec::new() };
        match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| At { place: self.source.place(value.span().start), value: value.into_inner() })
                .collect(),
            other => {
                let _: Option<()> = self.wrong(&place, name, ("列表", "a list"), &other);
                Vec::new()
            }
        }
    }

    /// Any value at all, for fields that may be written in more than one way.
    pub fn optional_value(&mut self, name: &str) -> Option<At<DeValue<'a>>> {
        self.take(name).map(|(place, value)| At { place, value })
    }

    pub fn nested(&self, name: &str, place: Place, value: DeValue<'a>) -> Option<Fields<'a>> {
        match value {
            DeValue::Table(table) => Some(Fields::new(self.source, self.problems, Spanned::new(0..0, table), place)),
            other => self.wrong(&place, name, ("一组字段", "a table"), &other),
        }
    }

    /// The texts of a list, such as the cells of a row.
    pub fn texts(&self, name: &str, row: At<DeValue<'a>>, length: RangeInclusive<usize>) -> Option<At<Vec<String>>> {
        let DeValue::Array(cells) = &row.value else {
            return self.wrong(&row.place, name, ("文字的列表", "a list of texts"), &row.value);
        };
        let mut texts = Vec::new();
        for cell in cells {
            let place = self.source.place(cell.span().start);
            match cell.get_ref() {
                DeValue::String(text) => texts.push(checked_text(self.problems, &place, name, text, length.clone())?),
                other => return self.wrong(&place, name, ("带引号的文字", "texts in quotes"), other),
            }
        }
        Some(At { place: row.place, value: texts })
    }

    /// Four whole numbers: x, y, width and height.
    pub fn optional_rectangle(&mut self, name: &str) -> Option<[u32; 4]> {
        let place = self.values.get(name)?.0.clone();
        let numbers: Vec<u32> = self
            .list(name)
            .iter()
            .filter_map(|number| {
                number.value.as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok())
            })
            .collect();
        match <[u32; 4]>::try_from(numbers) {
            Ok(rectangle) => Some(rectangle),
            Err(_) => self.problems.none(&place, Flaw::NoRectangle { name: name.to_owned() }),
        }
    }
}

/// Checks a text's length in characters and that it holds nothing that cannot be shown on one line.
pub fn checked_text(
    problems: &Problems,
    place: &Place,
    name: &str,
    text: &str,
    length: RangeInclusive<usize>,
) -> Option<String> {
    let text = text.trim();
    let count = text.chars().count();
    if count < *length.start() {
        return problems.none(place, Flaw::Empty { name: name.to_owned() });
    }
    if count > *length.end() {
        let (name, most) = (name.to_owned(), *length.end());
        return problems.none(place, Flaw::TooLong { name, has: count, most });
    }
    if let Some(bad) = text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        return problems.none(place, Flaw::Unshowable { name: name.to_owned(), character: bad });
    }
    let missing = glyphs::missing(text);
    // Paths are shown to nobody.
    if !missing.is_empty() && !matches!(name, "file" | "video") {
        return problems.none(place, Flaw::Undrawable { name: name.to_owned(), named: glyphs::named(&missing) });
    }
    Some(text.to_owned())
}

/// Marks that turn the direction of text around or hide in it; they have no use here but to deceive.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// What a value is or should be: Chinese, English.
type Wanted = (&'static str, &'static str);

fn kind_of(value: &DeValue<'_>) -> Wanted {
    match value {
        DeValue::String(_) => ("文字", "a text"),
        DeValue::Integer(_) => ("整数", "a whole number"),
        DeValue::Float(_) => ("小数", "a fraction"),
        DeValue::Boolean(_) => ("真或假", "true or false"),
        DeValue::Datetime(_) => ("日期", "a date"),
        DeValue::Array(_) => ("列表", "a list"),
        DeValue::Table(_) => ("一组字段", "a table"),
    }
}

/// China has one time zone and no summer time, so a local time is exact. A date alone is its midnight.
pub const CHINA: jiff::tz::Offset = jiff::tz::Offset::constant(8);

/// 2000-01-01 to 2099-12-31 in China, in Unix seconds: what lies outside is a slip.
pub const YEARS: std::ops::Range<i64> = 946_656_000..4_102_416_000;

fn unix_seconds(time: &Datetime) -> Option<i64> {
    let date = time.date?;
    let date = jiff::civil::date(i16::try_from(date.year).ok()?, 1, 1)
        .with()
        .month(date.month as i8)
        .day(date.day as i8)
        .build()
        .ok()?;
    let clock = match time.time {
        Some(clock) => {
            jiff::civil::Time::new(clock.hour as i8, clock.minute as i8, clock.second.unwrap_or(0) as i8, 0).ok()?
        }
        None => jiff::civil::Time::midnight(),
    };
    let offset = match time.offset {
        None => CHINA,
        Some(Offset::Z) => jiff::tz::Offset::UTC,
        Some(Offset::Custom { minutes }) => jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).ok()?,
    };
    Some(offset.to_timestamp(date.to_datetime(clock)).ok()?.as_second())
}
