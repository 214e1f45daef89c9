//! A draft to the document that boxes read. Every bound of the wire is checked here, all faults are named at once.

use std::cell::RefCell;

use yuexiang_wire::{Audience, Block, Board, Column, Item, Kind, Picture, Row, Table, Video, limits, too_many_rows};

use super::draft::{Captioned, Draft, Fault, Markup, Why};
use super::{order, typed};
use crate::glyphs;
use crate::messages::{Field, Spot};
use crate::pack::{CHINA, FIGURE, Place, Sections, YEARS, blocks, is_invisible, torn_figure};
use crate::region::RegionCode;
use crate::sheet;

/// Ten million yuan, in hundredths.
const HIGHEST_PRICE: u64 = 1_000_000_000;
const MOST_JOBS: u32 = 100_000;

/// What has become of a medium that a draft names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Medium {
    Picture(Picture),
    Video(Box<Video>),
    StillMade,
    /// Chinese, English.
    Refused(String, String),
}

/// What an item is made of besides its draft.
pub struct Surroundings<'a> {
    /// `<12-digit region>/<slug>`
    pub id: &'a str,
    pub region: RegionCode,
    /// The region's name, for a draft that names no publisher.
    pub name: &'a str,
    /// The account of who wrote it.
    pub author: &'a str,
    pub sections: &'a Sections,
    pub media: &'a dyn Fn(&str) -> Option<Medium>,
    /// Unix seconds.
    pub now: i64,
}

/// Makes the document, or names everything that is wrong.
pub fn compile(draft: &Draft, around: &Surroundings<'_>) -> Result<(Board, Item), Vec<Fault>> {
    let mut maker = Maker { draft, around, faults: Vec::new() };
    let item = maker.item();
    // Said when it is written, not when the last reviewer lets it through.
    let has = item.as_ref().and_then(|item| serde_json::to_vec(item).ok()).map_or(0, |json| json.len());
    if has > limits::ITEM {
        maker.fault::<()>(Field::Body, Why::TooLarge { has, most: limits::ITEM });
    }
    match item {
        Some(item) if maker.faults.is_empty() => Ok((draft.board, item)),
        _ => Err(maker.faults),
    }
}

struct Maker<'a> {
    draft: &'a Draft,
    around: &'a Surroundings<'a>,
    faults: Vec<Fault>,
}

impl Maker<'_> {
    fn fault<T>(&mut self, field: Field, why: Why) -> Option<T> {
        self.fault_at(field, Spot::Whole, why)
    }

    fn fault_at<T>(&mut self, field: Field, spot: Spot, why: Why) -> Option<T> {
        self.faults.push(Fault { field, spot, why });
        None
    }

    fn item(&mut self) -> Option<Item> {
        let (draft, around) = (self.draft, self.around);
        if !around.sections.has(draft.board, &draft.section) {
            self.fault::<()>(Field::Section, Why::UnknownSection);
        }
        let title = self.text(Field::Title, &draft.title, 1..=limits::TITLE);
        let summary = self.text(Field::Summary, &draft.summary, 0..=limits::SUMMARY);
        let publisher = if draft.publisher.trim().is_empty() { around.name } else { &draft.publisher };
        let publisher = self.text(Field::Publisher, publisher, 1..=limits::NAME);
        if let (Some(from), Some(until)) = (draft.not_before, draft.not_after)
            && until <= from
        {
            self.fault::<()>(Field::NotAfter, Why::Backwards);
        }
        for (field, at) in [(Field::NotBefore, draft.not_before), (Field::NotAfter, draft.not_after)] {
            if self.is_unread(field) || at.is_some_and(|at| !YEARS.contains(&at)) {
                self.fault::<()>(field, Why::NotATime);
            }
        }
        if self.is_unread(Field::Priority) || draft.priority > limits::PRIORITY {
            self.fault::<()>(Field::Priority, Why::NotInRange { least: 0, most: limits::PRIORITY.into() });
        }
        let audience = self.audience();
        let cover = draft.cover.as_ref().map(|medium| self.picture(Field::Cover, Spot::Whole, medium));
        let kind = self.kind();
        let body = self.body();
        Some(Item {
            id: around.id.to_owned(),
            section: draft.section.clone(),
            title: title?,
            summary: summary?,
            publisher: publisher?,
            // The day on which it is first seen: boxes show it, and it decides the page.
            published: draft.not_before.map_or(around.now, |from| from.max(around.now)),
            not_before: draft.not_before,
            not_after: draft.not_after,
            pinned: draft.pinned,
            priority: draft.priority,
            audience,
            author: around.author.to_owned(),
            approvals: Vec::new(),
            cover: match cover {
                Some(cover) => Some(cover?),
                None => None,
            },
            body,
            kind: kind?,
        })
    }

    fn text(&mut self, field: Field, text: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
        self.text_at(field, Spot::Whole, text, length)
    }

    fn text_at(
        &mut self,
        field: Field,
        spot: Spot,
        text: &str,
        length: std::ops::RangeInclusive<usize>,
    ) -> Option<String> {
        match one_line(text, &length) {
            Ok(text) => Some(text),
            Err(why) => {
                let why = match (why, &spot) {
                    (Why::Empty, Spot::Column(_)) => Why::NoColumnTitle,
                    (Why::TooLong { has, most }, Spot::Column(_) | Spot::Cell { .. }) => Why::LongCell { has, most },
                    (Why::TooLong { has, most }, Spot::Picture(_)) => Why::LongCaption { has, most },
                    (why, _) => why,
                };
                self.fault_at(field, spot, why)
            }
        }
    }

    /// Whether something was typed for a field of the form itself that is none of its values; see [`Draft::values`].
    fn is_unread(&self, field: Field) -> bool {
        self.draft.values.get(field.name()).is_some_and(|typed| !typed.trim().is_empty())
    }

    fn audience(&mut self) -> Option<Audience> {
        let (draft, region) = (self.draft, self.around.region);
        for (field, list) in [(Field::AudienceOnly, &draft.only), (Field::AudienceExcept, &draft.except)] {
            if list.len() > limits::AUDIENCE {
                self.fault::<()>(field, Why::TooManyRegions { has: list.len(), most: limits::AUDIENCE });
            }
            for code in list {
                let inside = code.len() == 12 && code.parse().is_ok_and(|code| region.contains(code));
                if !inside {
                    self.fault::<()>(field, Why::NotInRegion(code.chars().take(20).collect()));
                }
            }
        }
        let audience = Audience { only: draft.only.clone(), except: draft.except.clone() };
        (audience != Audience::default()).then_some(audience)
    }

    fn value(&mut self, field: Field, length: std::ops::RangeInclusive<usize>) -> Option<String> {
        let text = self.draft.values.get(field.name()).cloned().unwrap_or_default();
        self.text(field, &text, length)
    }

    /// An optional text of a name's length.
    fn words(&mut self, field: Field) -> String {
        self.value(field, 0..=limits::NAME).unwrap_or_default()
    }

    /// A telephone in the digits that telephones have.
    fn phone(&mut self) -> String {
        let typed = self.words(Field::Phone);
        if typed.chars().any(|character| matches!(character, '０'..='９')) {
            sheet::number::narrow(&typed)
        } else {
            typed
        }
    }

    fn time(&mut self, field: Field) -> Option<Option<i64>> {
        let text = self.draft.values.get(field.name()).map(|text| text.trim()).unwrap_or_default();
        if text.is_empty() {
            return Some(None);
        }
        match china_time(text) {
            Some(at) => Some(Some(at)),
            None => self.fault(field, Why::NotATime),
        }
    }

    fn kind(&mut self) -> Option<Kind> {
        match self.draft.kind.as_str() {
            "article" => Some(Kind::Article),
            "notice" => Some(Kind::Notice),
            "story" => self.story(),
            "video" => Some(Kind::Video { video: self.video()? }),
            "disclosure" => {
                let (table, receipts) = (self.table(), self.pictures(Field::Receipt, &self.draft.receipts, false));
                Some(Kind::Disclosure { table: table?, receipts })
            }
            "activity" => self.activity(),
            "product" => self.product(),
            "spot" => {
                let address = self.value(Field::Address, 1..=limits::TITLE);
                let (hours, phone) = (self.words(Field::Hours), self.phone());
                let pictures = self.pictures(Field::Picture, &self.draft.pictures, false);
                Some(Kind::Spot { address: address?, hours, phone, pictures })
            }
            "job" => self.job(),
            _ => self.fault(Field::Kind, Why::UnknownKind),
        }
    }

    fn story(&mut self) -> Option<Kind> {
        let pictures = self.pictures(Field::Picture, &self.draft.pictures, true);
        if self.draft.pictures.is_empty() {
            return self.fault(Field::Picture, Why::NoMedium);
        }
        Some(Kind::Story { pictures })
    }

    fn activity(&mut self) -> Option<Kind> {
        let starts = self.time(Field::Starts);
        let ends = self.time(Field::Ends);
        let place = self.value(Field::Venue, 1..=limits::NAME);
        let contact = self.words(Field::Contact);
        let Some(starts) = starts? else { return self.fault(Field::Starts, Why::Empty) };
        let ends = ends?;
        if ends.is_some_and(|ends| ends < starts) {
            return self.fault(Field::Ends, Why::Backwards);
        }
        Some(Kind::Activity { starts, ends, place: place?, contact })
    }

    fn product(&mut self) -> Option<Kind> {
        let price = self.value(Field::Price, 1..=limits::NAME);
        let price = price.and_then(|text| match sheet::number::cents(&text).filter(|price| *price <= HIGHEST_PRICE) {
            Some(price) => Some(price),
            None => self.fault(Field::Price, Why::NotAPrice),
        });
        let unit = self.value(Field::Unit, 1..=limits::NAME);
        let origin = self.value(Field::Origin, 1..=limits::NAME);
        let seller = self.value(Field::Seller, 1..=limits::NAME);
        let phone = self.phone();
        let order = self.order();
        let pictures = self.pictures(Field::Picture, &self.draft.pictures, false);
        let (unit, origin, seller) = (unit?, origin?, seller?);
        Some(Kind::Product { price: price?, unit, origin, seller, phone, order: order?, pictures })
    }

    fn order(&mut self) -> Option<String> {
        let typed = self.value(Field::Order, 1..=limits::ORDER)?;
        order::address(&typed).or_else(|| self.fault(Field::Order, Why::NotAnOrder))
    }

    fn job(&mut self) -> Option<Kind> {
        let employer = self.value(Field::Employer, 1..=limits::NAME);
        let pay = self.value(Field::Pay, 1..=limits::NAME);
        let place = self.value(Field::Venue, 1..=limits::NAME);
        let phone = self.phone();
        let typed = self.draft.values.get("headcount").map(|text| text.trim()).unwrap_or_default();
        let headcount = match typed {
            "" => Some(0),
            typed => match sheet::number::count(typed).filter(|count| *count <= MOST_JOBS) {
                Some(count) => Some(count),
                None => self.fault(Field::Headcount, Why::NotInRange { least: 0, most: MOST_JOBS }),
            },
        };
        Some(Kind::Job { employer: employer?, pay: pay?, place: place?, headcount: headcount?, phone })
    }

    fn table(&mut self) -> Option<Table> {
        let text = &self.draft.table;
        let is_empty = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
        let mut rows_typed = sheet::text::cells(&text.tsv, '\t').into_iter().skip_while(is_empty);
        let Some(titles) = rows_typed.next() else { return self.fault(Field::Table, Why::Empty) };
        let numeric = self.numbers(Field::TableNumeric, &text.numeric, titles.len())?;
        let totals = self.numbers(Field::TableTotals, &text.totals, rows_typed.clone().count())?;
        if titles.len() > limits::COLUMNS {
            return self.fault(Field::Table, Why::TooManyColumns { has: titles.len(), most: limits::COLUMNS });
        }
        let mut columns = Vec::new();
        for (index, title) in titles.iter().enumerate() {
            let title = self.text_at(Field::Table, Spot::Column(index + 1), title, 1..=limits::CELL)?;
            columns.push(Column { title, numeric: numeric.contains(&(index + 1)) });
        }
        let mut rows = Vec::new();
        let mut counted = Vec::new();
        // Rows are counted as the form shows them, empty ones too, so that the totals stay where they were ticked.
        for (index, cells) in rows_typed.enumerate().filter(|(_, cells)| !is_empty(cells)) {
            if cells.len() != columns.len() {
                let (has, needs) = (cells.len(), columns.len());
                return self.fault_at(Field::Table, Spot::Row(index + 1), Why::Cells { has, needs });
            }
            let cells = cells.iter().zip(&columns).enumerate().map(|(at, (cell, column))| {
                let cell = if column.numeric { sheet::number::tidy(cell) } else { cell.clone() };
                let spot = Spot::Cell { row: index + 1, column: at + 1 };
                self.text_at(Field::Table, spot, &cell, 0..=limits::CELL)
            });
            let cells: Vec<String> = cells.collect::<Option<_>>()?;
            if let Some(column) = torn_figure(&columns, &cells) {
                let spot = Spot::Cell { row: index + 1, column: column + 1 };
                return self.fault_at(Field::Table, spot, Why::LongFigure { most: FIGURE });
            }
            rows.push(Row { cells, total: totals.contains(&(index + 1)) });
            counted.push(index + 1);
        }
        match rows.len() {
            0 => return self.fault(Field::Table, Why::Empty),
            has if too_many_rows(&rows) => {
                return self.fault(Field::Table, Why::TooManyRows { has, most: limits::ROWS });
            }
            _ => {}
        }
        let table = Table { columns, rows };
        for sheet::total::Mismatch { row, column, says, sum } in sheet::total::check(&table) {
            let row = counted.get(row - 1).copied().unwrap_or(row);
            self.fault_at::<()>(Field::Table, Spot::Row(row), Why::Total { column, says, sum });
        }
        Some(table)
    }

    /// Columns or rows of the table, of which there are `count`.
    fn numbers(&mut self, field: Field, text: &str, count: usize) -> Option<Vec<usize>> {
        let parts = text.split([',', '，', '、', ' ']).filter(|part| !part.is_empty());
        let numbers: Option<Vec<usize>> =
            parts.map(|part| part.parse().ok().filter(|number| (1..=count).contains(number))).collect();
        match numbers {
            Some(numbers) => Some(numbers),
            None => self.fault(field, Why::NotInRange { least: 1, most: count as u32 }),
        }
    }

    fn medium(&mut self, field: Field, spot: Spot, id: &str) -> Option<Medium> {
        match (self.around.media)(id) {
            Some(Medium::StillMade) => self.fault_at(field, spot, Why::StillMade),
            Some(Medium::Refused(zh, en)) => self.fault_at(field, spot, Why::Refused(zh, en)),
            Some(made) => Some(made),
            None => self.fault_at(field, spot, Why::NoMedium),
        }
    }

    fn picture(&mut self, field: Field, spot: Spot, id: &str) -> Option<Picture> {
        match self.medium(field, spot.clone(), id)? {
            Medium::Picture(picture) => Some(picture),
            _ => self.fault_at(field, spot, Why::NoMedium),
        }
    }

    fn video(&mut self) -> Option<Video> {
        let Some(id) = &self.draft.video else { return self.fault(Field::Video, Why::NoMedium) };
        match self.medium(Field::Video, Spot::Whole, id)? {
            Medium::Video(video) => Some(*video),
            _ => self.fault(Field::Video, Why::NoMedium),
        }
    }

    fn pictures(&mut self, field: Field, list: &[Captioned], captioned: bool) -> Vec<Picture> {
        if list.len() > limits::PICTURES {
            self.fault::<()>(field, Why::TooManyPictures { has: list.len(), most: limits::PICTURES });
        }
        let mut pictures = Vec::new();
        for (at, Captioned { medium, caption: typed }) in list.iter().enumerate() {
            let spot = Spot::Picture(at + 1);
            let caption = self.text_at(field, spot.clone(), typed, 0..=limits::CAPTION).unwrap_or_default();
            if captioned && typed::one_line(typed).is_empty() {
                self.fault_at::<()>(field, spot.clone(), Why::NoCaption);
            }
            pictures.extend(self.picture(field, spot, medium).map(|picture| Picture { caption, ..picture }));
        }
        pictures
    }

    fn body(&mut self) -> Vec<Block> {
        match self.draft.markup {
            Markup::Lines => self.lines(),
            Markup::Markdown => self.markdown(),
        }
    }

    /// The text as it was typed.
    fn lines(&mut self) -> Vec<Block> {
        let around = self.around;
        let mut figure = |id: &str, caption: &str| {
            let picture = around.figure(id)?;
            let caption = typed::one_line(caption);
            let missing = glyphs::missing(&caption);
            if !missing.is_empty() {
                return Err(Why::Undrawable(glyphs::named(&missing)));
            }
            captioned(picture, caption)
        };
        let (blocks, faults) = typed::blocks(&self.draft.body, &mut figure);
        let text = typed::cleaned(&self.draft.body);
        for (line, why) in faults {
            self.fault_at::<()>(Field::Body, Spot::line(&text, line), why);
        }
        blocks
    }

    /// The Markdown; a figure's path names a medium.
    fn markdown(&mut self) -> Vec<Block> {
        let found = RefCell::new(Vec::new());
        let note = |place: &Place, why: Why| found.borrow_mut().push((place.line, why));
        let around = self.around;
        let mut figure = |place: &Place, path: &str, caption: &str| {
            let made = around.figure(medium_of(path)).and_then(|picture| captioned(picture, caption.to_owned()));
            made.map_err(|why| note(place, why)).ok()
        };
        let first = Place::file("line").line(1);
        let blocks = blocks(&self.draft.body, &first, &note, &mut figure);
        let mut found = found.into_inner();
        found.sort_by_key(|(line, _)| *line);
        found.dedup();
        for (line, why) in found {
            self.fault_at::<()>(Field::Body, Spot::line(&self.draft.body, line), why);
        }
        blocks
    }
}

impl Surroundings<'_> {
    /// A picture in the running text.
    fn figure(&self, id: &str) -> Result<Picture, Why> {
        match (self.media)(id) {
            Some(Medium::Picture(picture)) => Ok(picture),
            Some(Medium::StillMade) => Err(Why::StillMade),
            Some(Medium::Refused(zh, en)) => Err(Why::Refused(zh, en)),
            Some(Medium::Video(_)) | None => Err(Why::NoFigure),
        }
    }
}

fn captioned(picture: Picture, caption: String) -> Result<Picture, Why> {
    let has = caption.chars().count();
    if has > limits::CAPTION {
        return Err(Why::LongCaption { has, most: limits::CAPTION });
    }
    Ok(Picture { caption: caption.trim().to_owned(), ..picture })
}

/// A text of one line as it is shown, or why it cannot be.
fn one_line(text: &str, length: &std::ops::RangeInclusive<usize>) -> Result<String, Why> {
    let text = typed::one_line(text);
    let has = text.chars().count();
    if has < *length.start() {
        return Err(Why::Empty);
    }
    if has > *length.end() {
        return Err(Why::TooLong { has, most: *length.end() });
    }
    if let Some(character) = text.chars().find(|character| character.is_control() || is_invisible(*character)) {
        return Err(Why::Unshowable(character));
    }
    let missing = glyphs::missing(&text);
    if missing.is_empty() { Ok(text) } else { Err(Why::Undrawable(glyphs::named(&missing))) }
}

/// The id of a medium that a figure's path names: `media:<id>`.
pub fn medium_of(path: &str) -> &str {
    path.strip_prefix("media:").unwrap_or(path)
}

/// A civil time in China, such as `2026-10-08T09:00`. A day without a time is none: nobody would know whether its
/// beginning or its end is meant.
pub fn china_time(text: &str) -> Option<i64> {
    let at: jiff::civil::DateTime = text.trim().parse().ok().filter(|_| text.contains([':', 'T']))?;
    CHINA.to_timestamp(at).ok().map(|at| at.as_second()).filter(|at| YEARS.contains(at))
}

#[cfg(test)]
mod tests {
    use yuexiang_console::words::Lang;

    use super::*;

    fn around<'a>(sections: &'a Sections, media: &'a dyn Fn(&str) -> Option<Medium>) -> Surroundings<'a> {
        Surroundings {
            id: "440224103201/a",
            region: "440224103201".parse().expect("a code"),
            name: "左龙村委会",
            author: "p-1",
            sections,
            media,
            now: 1_793_462_400,
        }
    }

    fn faults(draft: &Draft) -> Vec<(&'static str, Why)> {
        let sections = Sections::with(&[]);
        let media = |id: &str| (id == "slow").then_some(Medium::StillMade);
        let faults = compile(draft, &around(&sections, &media)).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.field.name(), fault.why)).collect()
    }

    /// What an editor is told, in Chinese.
    fn told(draft: &Draft) -> Vec<String> {
        let sections = Sections::with(&[]);
        let media = |id: &str| match id {
            "slow" => Some(Medium::StillMade),
            "here" => Some(Medium::Picture(picture())),
            _ => None,
        };
        let faults = compile(draft, &around(&sections, &media)).err().unwrap_or_default();
        faults.iter().map(|fault| fault.message().sentence(Lang::Zh)).collect()
    }

    fn picture() -> Picture {
        let thumbnail = yuexiang_wire::Object { sha256: String::new(), length: 0 };
        Picture { sha256: "a".to_owned(), length: 1, width: 640, height: 480, caption: String::new(), thumbnail }
    }

    fn notice() -> Draft {
        Draft { title: "停水通知".to_owned(), ..Draft::new("notice", Board::Governance, "notice") }
    }

    #[test]
    fn a_time_that_no_box_takes_is_a_fault() {
        let [milliseconds, past] = [1_800_000_000_000, 0].map(Some);
        let draft = Draft { not_before: past, not_after: milliseconds, ..notice() };
        assert_eq!(faults(&draft), [("not_before", Why::NotATime), ("not_after", Why::NotATime)]);
        assert_eq!(china_time("9999-12-31T00:00"), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_the_name_of_its_field() {
        let number = |least, most| Why::NotInRange { least, most };
        for (field, typed, why) in [
            ("not_before", "2026-12-31", Why::NotATime),
            ("not_after", "2026/12/31 18:00", Why::NotATime),
            ("priority", "300", number(0, 9)),
            ("priority", "很高", number(0, 9)),
        ] {
            let mut draft = notice();
            draft.values.insert(field.to_owned(), typed.to_owned());
            assert_eq!(faults(&draft), [(field, why)], "{typed}");
        }
        let mut activity = Draft { kind: "activity".to_owned(), ..notice() };
        for (field, typed) in [("place", "榕树广场"), ("starts", "2026-12-31"), ("ends", "2026/12/31")] {
            activity.values.insert(field.to_owned(), typed.to_owned());
        }
        assert_eq!(faults(&activity), [("starts", Why::NotATime), ("ends", Why::NotATime)]);
        let mut table = Draft { kind: "disclosure".to_owned(), ..notice() };
        table.table.tsv = "项目\t金额\n挖机\t21,600.00\n".to_owned();
        table.table.numeric = "3".to_owned();
        assert_eq!(faults(&table), [("table_numeric", number(1, 2))]);
        assert_eq!(faults(&Draft { priority: 12, ..notice() }), [("priority", number(0, 9))]);
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let draft = Draft {
            title: "长".repeat(61),
            summary: "a\u{202e}b".to_owned(),
            cover: Some("gone".to_owned()),
            not_before: Some(1_800_000_010),
            not_after: Some(1_800_000_005),
            only: vec!["440224104000".to_owned()],
            body: "好\n\n```\ncode\n```\n".to_owned(),
            ..notice()
        };
        let named: Vec<&str> = faults(&draft).into_iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["title", "summary", "not_after", "audience_only", "cover", "body"]);
    }

    #[test]
    fn each_character_that_televisions_cannot_draw_is_named_where_it_stands() {
        let draft = Draft {
            title: "𠀀田的荔枝😀".to_owned(),
            body: "好\n\n𤳵事".to_owned(),
            markup: Markup::Lines,
            ..notice()
        };
        let body = "正文第 3 行“𤳵事”：电视上显示不出 “𤳵” (U+24CF5)。请换成别的字或写法。";
        let title = "标题：电视上显示不出 “𠀀” (U+20000)、“😀” (U+1F600)。请换成别的字或写法。";
        assert_eq!(told(&draft), [title, body]);
        let markdown = Draft { title: "荔枝".to_owned(), markup: Markup::Markdown, ..draft };
        assert_eq!(told(&markdown), [body]);
    }

    #[test]
    fn a_medium_that_is_still_made_is_told_from_one_that_is_not_there() {
        let with = |video: &str| Draft { video: Some(video.to_owned()), kind: "video".to_owned(), ..notice() };
        assert_eq!(faults(&with("slow")), [("video", Why::StillMade)]);
        assert_eq!(faults(&with("gone")), [("video", Why::NoMedium)]);
        assert_eq!(faults(&Draft { video: None, ..with("") }), [("video", Why::NoMedium)]);
    }

    #[test]
    fn a_table_is_read_as_a_spreadsheet_copies_it() {
        let sections = Sections::with(&[]);
        let mut draft = Draft { kind: "disclosure".to_owned(), ..notice() };
        draft.table.tsv = "项目\t金额\n挖机\t21,600.00\n合计\t21,600.00\n".to_owned();
        draft.table.numeric = "2".to_owned();
        draft.table.totals = "2".to_owned();
        let (_, item) = compile(&draft, &around(&sections, &|_| None)).expect("a disclosure");
        let Kind::Disclosure { table, .. } = item.kind else { panic!("a disclosure") };
        assert!(table.columns[1].numeric && !table.columns[0].numeric);
        assert_eq!(table.rows.iter().map(|row| row.total).collect::<Vec<_>>(), [false, true]);
        draft.table.tsv = format!("项目\t金额\n挖机\t1\n土\t{}\n", "9".repeat(26));
        assert_eq!(faults(&draft), [("table", Why::LongFigure { most: 25 })]);
        draft.table.tsv = "项目\t金额\n挖机\n".to_owned();
        draft.table.totals = "1".to_owned();
        assert_eq!(faults(&draft), [("table", Why::Cells { has: 1, needs: 2 })]);
    }

    #[test]
    fn two_hundred_rows_may_have_a_row_of_totals_below() {
        let rows = |count: usize| "\n挖机\t1.00".repeat(count);
        let mut draft = Draft { kind: "disclosure".to_owned(), ..notice() };
        for (count, whole) in [(200, true), (201, true), (202, false)] {
            draft.table.totals = count.to_string();
            draft.table.tsv = format!("项目\t金额{}", rows(count));
            let refused = (!whole).then_some(("table", Why::TooManyRows { has: count, most: 200 }));
            assert_eq!(faults(&draft), Vec::from_iter(refused), "{count}");
        }
    }

    #[test]
    fn a_cell_with_a_line_break_stays_whole_and_numbers_line_up() {
        let sections = Sections::with(&[]);
        let mut draft = Draft { kind: "disclosure".to_owned(), ..notice() };
        draft.table.tsv = "项目\t金额\n\"挖机\n12 天\"\t２１，６００．００\n\t\n合计\t21,600.00\n".to_owned();
        draft.table.numeric = "2".to_owned();
        draft.table.totals = "3".to_owned();
        let (_, item) = compile(&draft, &around(&sections, &|_| None)).expect("a disclosure");
        let Kind::Disclosure { table, .. } = item.kind else { panic!("a disclosure") };
        assert_eq!(table.rows[0].cells, ["挖机 12 天", "21,600.00"]);
        assert!(table.rows[1].total, "the empty row counts where totals are ticked");
    }

    #[test]
    fn a_total_that_is_not_the_sum_is_named() {
        let mut draft = Draft { kind: "disclosure".to_owned(), ..notice() };
        draft.table.tsv = "项目\t金额\n挖机\t21,600.00\n票据\t400.00\n合计\t22,600.00\n".to_owned();
        draft.table.numeric = "2".to_owned();
        draft.table.totals = "3".to_owned();
        let told = told(&draft);
        let [total] = told.as_slice() else { panic!("one fault: {told:?}") };
        assert!(total.starts_with("表格第 3 行：“金额”") && total.contains("22,000.00"), "{total}");
    }

    #[test]
    fn prices_counts_and_telephones_mean_what_people_type() {
        let sections = Sections::with(&[]);
        let values = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let product = |price: &str, order: &str| Draft {
            kind: "product".to_owned(),
            values: values(&[
                ("price", price),
                ("unit", "每箱"),
                ("origin", "榕树村"),
                ("seller", "合作社"),
                ("phone", "０７５１－６３５００００"),
                ("order", order),
            ]),
            ..notice()
        };
        let draft = product("１，２００．５０元", "138 0013 8000");
        let (_, item) = compile(&draft, &around(&sections, &|_| None)).expect("a product");
        let Kind::Product { price, phone, order, .. } = item.kind else { panic!("a product") };
        assert_eq!((price, phone.as_str(), order.as_str()), (120_050, "0751-6350000", "tel:13800138000"));
        assert_eq!(faults(&product("面议", "找村委会")), [("price", Why::NotAPrice), ("order", Why::NotAnOrder)]);
        let job = Draft {
            kind: "job".to_owned(),
            values: values(&[("employer", "合作社"), ("pay", "面议"), ("place", "本村"), ("headcount", "１２人")]),
            ..notice()
        };
        let (_, item) = compile(&job, &around(&sections, &|_| None)).expect("a job");
        assert!(matches!(item.kind, Kind::Job { headcount: 12, .. }));
    }

    #[test]
    fn a_window_in_the_future_dates_the_item() {
        let sections = Sections::with(&[]);
        let later = 1_793_462_400 + 86_400;
        let draft = Draft { not_before: Some(later), ..notice() };
        let (_, item) = compile(&draft, &around(&sections, &|_| None)).expect("a notice");
        assert_eq!((item.published, item.not_before), (later, Some(later)));
        let (_, item) = compile(&notice(), &around(&sections, &|_| None)).expect("a notice");
        assert_eq!((item.published, item.publisher.as_str()), (1_793_462_400, "左龙村委会"));
    }

    #[test]
    fn what_is_wrong_in_a_text_a_table_or_a_list_of_pictures_names_its_place() {
        let long = "水".repeat(2_001);
        let hidden = "停水\u{202E}知通";
        let caption = "字".repeat(61);
        let lines = format!("好\n\n{long}\n\n{hidden}\n\n![{caption}](media:here)\n\n![图](media:gone)");
        let expected = [
            "正文第 3 行“水水水水水水水水水水水水…”：这一段有 2001 个字，一段最多 2000 个。请在中间空一行，分成几段。",
            "正文第 5 行“停水\u{202E}知通”：含有看不见的字符 U+202E。请把它前后的字删掉重打，不要粘贴。",
            "正文第 7 行“![字字字字字字字字字字…”：图片说明有 61 个字，最多 60 个。请缩短图片说明。",
            "正文第 9 行“![图](media:g…”：正文里的图片不存在。请先上传，再插入正文。",
        ];
        for markup in [Markup::Lines, Markup::Markdown] {
            let mut told = told(&Draft { body: lines.clone(), markup, ..notice() });
            told.sort();
            assert_eq!(told, expected, "{markup:?}");
        }
        let mut table = Draft { kind: "disclosure".to_owned(), ..notice() };
        table.table.tsv = format!("项目\t\n挖机\t1\n{}\t2\n", "长".repeat(61));
        assert_eq!(told(&table), ["表格第 2 列：没有列名。请给每一列写上列名。"]);
        table.table.tsv = table.table.tsv.replacen("项目\t", "项目\t金额", 1);
        assert_eq!(told(&table), ["表格第 2 行第 1 列：这一格有 61 个字，最多 60 个。请缩短，或把说明写到正文里。"]);
        let one = |medium: &str, caption: &str| Captioned { medium: medium.to_owned(), caption: caption.to_owned() };
        let pictures = vec![one("here", "好"), one("here", &caption), one("slow", "慢"), one("here", "")];
        let story = Draft { kind: "story".to_owned(), pictures, ..notice() };
        let expected = [
            "图片第 2 张：图片说明有 61 个字，最多 60 个。请缩短图片说明。",
            "图片第 3 张：文件还在处理。请稍候，处理好了再提交。",
            "图片第 4 张：图片故事的每张图片都要有说明。请给这张图片写一句说明。",
        ];
        assert_eq!(told(&story), expected);
    }
}
