//! One item: front matter and Markdown to the document that boxes read.

use toml::de::DeValue;
use yuexiang_console::messages::draft::Why;
use yuexiang_console::messages::pack::Flaw;
use yuexiang_wire::{Board, Column, Item, Kind, Picture, Row, Table, limits, too_many_rows};

use super::fields::{At, Fields, Source, checked_text};
use super::manifest::{Manifest, board};
use super::problem::{Place, Problems};
use super::sections::Sections;
use super::table::{FIGURE, torn_figure};
use super::{Crop, Desk, PackFolder, PictureSource, markdown};

/// What the items of one pack have in common.
pub struct Context<'a> {
    pub folder: &'a PackFolder,
    pub manifest: &'a Manifest,
    pub sections: &'a Sections,
    pub problems: &'a Problems,
}

/// The text of an item, taken apart but not yet understood.
pub struct Parts<'a> {
    pub front: &'a str,
    pub body: &'a str,
    /// Line of the body's first line.
    pub body_line: usize,
}

/// Ten million yuan, in hundredths.
const HIGHEST_PRICE: u64 = 1_000_000_000;
const FENCE: &str = "+++";

/// Splits front matter from Markdown.
pub fn split<'a>(text: &'a str, file: &Place, problems: &Problems) -> Option<Parts<'a>> {
    let mut lines = text.split_inclusive('\n');
    if lines.next().is_none_or(|line| line.trim_end() != FENCE) {
        return problems.none(&file.line(1), Flaw::NoFence);
    }
    let start = text.find('\n').map_or(text.len(), |at| at + 1);
    let mut at = start;
    for (number, line) in lines.enumerate() {
        if line.trim_end() == FENCE {
            return Some(Parts { front: &text[start..at], body: &text[at + line.len()..], body_line: number + 3 });
        }
        at += line.len();
    }
    problems.none(&file.line(1), Flaw::OpenFence)
}

/// Reads one item. Everything that is wrong with it is noted; with problems noted the item must not be used.
pub fn read(context: &Context<'_>, slug: &str, text: &str, file: &Place, desk: &mut dyn Desk) -> Option<(Board, Item)> {
    let problems = context.problems;
    let parts = split(text, file, problems)?;
    let source = Source { file, text: parts.front, first_line: 2 };
    let mut fields = Fields::parse(source, problems)?;
    let mut reader = Reader { context, fields: &mut fields, desk };

    let board = board(reader.fields, problems);
    let section = reader.section(board);
    let title = reader.fields.text("title", 1..=limits::TITLE);
    let summary = reader.fields.optional_text("summary", 0..=limits::SUMMARY);
    let publisher = reader.publisher();
    let published = reader.fields.time("published");
    let (not_before, not_after) = reader.validity();
    let pinned = reader.fields.optional_flag("pinned").unwrap_or(false);
    let cover = reader.optional_picture("cover");
    let kind = reader.kind();
    let mut figure = |place: &Place, path: &str, caption: &str| {
        let caption = checked_text(problems, place, "caption", caption, 0..=limits::CAPTION)?;
        let path = At { place: place.clone(), value: path.to_owned() };
        picture(context, reader.desk, path, caption, None)
    };
    let refuse = |place: &Place, why: Why| problems.add(place, why);
    let body = markdown::blocks(parts.body, &file.line(parts.body_line), &refuse, &mut figure);
    if let Some(kind) = kind_name(&kind) {
        fields.finish(kind);
    }

    let item = Item {
        id: format!("{}/{slug}", context.manifest.region),
        section: section?,
        title: title?.value,
        summary: summary.map_or_else(String::new, |text| text.value),
        publisher: publisher?,
        published: published?.value,
        not_before,
        not_after,
        pinned,
        priority: 0,
        audience: None,
        // The person is known to the database alone.
        author: String::new(),
        approvals: Vec::new(),
        cover,
        body,
        kind: kind?,
    };
    let has = serde_json::to_vec(&item).map_or(0, |json| json.len());
    if has > limits::ITEM {
        problems.add(file, Flaw::LargeItem { has, most: limits::ITEM });
    }
    Some((board?, item))
}

/// A kind with its article, for messages; none when the kind itself is wrong and its fields cannot be judged.
fn kind_name(kind: &Option<Kind>) -> Option<&'static str> {
    Some(match kind.as_ref()? {
        Kind::Article => "an article",
        Kind::Notice => "a notice",
        Kind::Story { .. } => "a story",
        Kind::Video { .. } => "a video",
        Kind::Disclosure { .. } => "a disclosure",
        Kind::Activity { .. } => "an activity",
        Kind::Product { .. } => "a product",
        Kind::Spot { .. } => "a spot",
        Kind::Job { .. } => "a job",
    })
}

struct Reader<'a, 'b> {
    context: &'a Context<'a>,
    fields: &'b mut Fields<'a>,
    desk: &'b mut dyn Desk,
}

impl Reader<'_, '_> {
    fn section(&mut self, board: Option<Board>) -> Option<String> {
        let section = self.fields.text("section", 1..=32)?;
        let board = board?;
        if self.context.sections.has(board, &section.value) || self.context.manifest.wrong_sections {
            return Some(section.value);
        }
        let reason = Flaw::NoSection { board: board.slug().to_owned(), section: section.value };
        self.context.problems.none(&section.place, reason)
    }

    fn publisher(&mut self) -> Option<String> {
        if self.fields.has("publisher") {
            return self.fields.optional_text("publisher", 1..=limits::NAME).map(|own| own.value);
        }
        match &self.context.manifest.publisher {
            Some(publisher) => Some(publisher.clone()),
            None if self.context.manifest.wrong_publisher => None,
            None => self.context.problems.none(self.fields.place(), Flaw::NoPublisher),
        }
    }

    fn validity(&mut self) -> (Option<i64>, Option<i64>) {
        let from = self.fields.optional_time("not_before");
        let until = self.fields.optional_time("not_after");
        if let (Some(from), Some(until)) = (&from, &until)
            && until.value <= from.value
        {
            let reason = Flaw::Backwards { later: "not_after", earlier: "not_before" };
            self.context.problems.add(&until.place, reason);
        }
        (from.map(|at| at.value), until.map(|at| at.value))
    }

    fn kind(&mut self) -> Option<Kind> {
        let kind = self.fields.text("kind", 1..=32)?;
        match kind.value.as_str() {
            "article" => Some(Kind::Article),
            "notice" => Some(Kind::Notice),
            "story" => self.story(&kind.place),
            "video" => self.video(),
            "disclosure" => self.disclosure(&kind.place),
            "activity" => self.activity(),
            "product" => self.product(),
            "spot" => self.spot(),
            "job" => self.job(),
            other => self.context.problems.none(&kind.place, Flaw::NoKind { kind: other.to_owned() }),
        }
    }

    fn story(&mut self, kind: &Place) -> Option<Kind> {
        let before = self.context.problems.len();
        let pictures = self.pictures("pictures", true);
        if pictures.is_empty() {
            // Of pictures that are named and cannot be had enough has been said.
            if self.context.problems.len() == before {
                self.context.problems.add(kind, Flaw::NoPictures);
            }
            return None;
        }
        Some(Kind::Story { pictures })
    }

    fn video(&mut self) -> Option<Kind> {
        let path = self.fields.text("video", 1..=500);
        let poster = self.optional_picture("poster");
        let path = path?;
        let file = self.context.folder.resolve(&path, self.context.problems)?;
        let mut video = self.desk.video(&path.place, &file, self.context.problems)?;
        if let Some(poster) = poster {
            video.poster = poster;
        }
        Some(Kind::Video { video })
    }

    fn disclosure(&mut self, kind: &Place) -> Option<Kind> {
        let problems = self.context.problems;
        let before = problems.len();
        let columns: Vec<Column> = self.fields.tables("columns").into_iter().filter_map(column).collect();
        if problems.len() == before && (columns.is_empty() || columns.len() > limits::COLUMNS) {
            problems.add(kind, Flaw::Columns { most: limits::COLUMNS });
        }
        // Rows are measured by columns that are known.
        let known = (problems.len() == before).then_some(&columns[..]);
        let before = problems.len();
        let mut rows: Vec<Row> = Vec::new();
        for row in self.fields.list("rows") {
            rows.extend(self.row(row, known, false));
        }
        let some = !rows.is_empty() || problems.len() > before;
        if let Some(total) = self.fields.optional_value("total") {
            rows.extend(self.row(total, known, true));
        }
        if !some || too_many_rows(&rows) {
            problems.add(kind, Flaw::Rows { most: limits::ROWS });
        }
        let receipts = self.pictures("receipts", false);
        Some(Kind::Disclosure { table: Table { columns, rows }, receipts })
    }

    fn row(&mut self, row: At<DeValue<'_>>, columns: Option<&[Column]>, total: bool) -> Option<Row> {
        let name = if total { "total" } else { "rows" };
        let problems = self.context.problems;
        let cells = self.fields.texts(name, row, 0..=limits::CELL)?;
        if let Some(columns) = columns {
            let (has, needs) = (cells.value.len(), columns.len());
            if has != needs {
                return problems.none(&cells.place, Flaw::Cells { has, needs });
            }
            if let Some(column) = torn_figure(columns, &cells.value) {
                let column = columns[column].title.clone();
                return problems.none(&cells.place, Flaw::LongFigure { column, most: FIGURE });
            }
        }
        Some(Row { cells: cells.value, total })
    }

    fn activity(&mut self) -> Option<Kind> {
        let starts = self.fields.time("starts");
        let ends = self.fields.optional_time("ends");
        let place = self.fields.text("place", 1..=limits::NAME);
        let contact = self.words("contact");
        if let (Some(starts), Some(ends)) = (&starts, &ends)
            && ends.value < starts.value
        {
            self.context.problems.add(&ends.place, Flaw::Backwards { later: "ends", earlier: "starts" });
        }
        Some(Kind::Activity { starts: starts?.value, ends: ends.map(|at| at.value), place: place?.value, contact })
    }

    fn product(&mut self) -> Option<Kind> {
        let price = self.price();
        let unit = self.fields.text("unit", 1..=limits::NAME);
        let origin = self.fields.text("origin", 1..=limits::NAME);
        let seller = self.fields.text("seller", 1..=limits::NAME);
        let phone = self.words("phone");
        let order = self.order();
        let pictures = self.pictures("pictures", false);
        Some(Kind::Product {
            price: price?,
            unit: unit?.value,
            origin: origin?.value,
            seller: seller?.value,
            phone,
            order: order?,
            pictures,
        })
    }

    fn spot(&mut self) -> Option<Kind> {
        let address = self.fields.text("address", 1..=limits::TITLE);
        let hours = self.words("hours");
        let phone = self.words("phone");
        let pictures = self.pictures("pictures", false);
        Some(Kind::Spot { address: address?.value, hours, phone, pictures })
    }

    fn job(&mut self) -> Option<Kind> {
        let employer = self.fields.text("employer", 1..=limits::NAME);
        let pay = self.fields.text("pay", 1..=limits::NAME);
        let place = self.fields.text("place", 1..=limits::NAME);
        let headcount = self.fields.optional_number("headcount", 0..=100_000).map_or(0, |number| number.value);
        let phone = self.words("phone");
        Some(Kind::Job { employer: employer?.value, pay: pay?.value, place: place?.value, headcount, phone })
    }

    /// An optional text of a name's length; empty when missing.
    fn words(&mut self, name: &str) -> String {
        self.fields.optional_text(name, 0..=limits::NAME).map_or_else(String::new, |text| text.value)
    }

    /// Yuan as decimals, in hundredths: a number in TOML would be a binary fraction.
    fn price(&mut self) -> Option<u64> {
        let price = self.fields.text("price", 1..=16)?;
        match hundredths(&price.value).filter(|hundredths| *hundredths <= HIGHEST_PRICE) {
            Some(price) => Some(price),
            None => self.context.problems.none(&price.place, Flaw::NotAPrice),
        }
    }

    fn order(&mut self) -> Option<String> {
        let order = self.fields.text("order", 1..=limits::ORDER)?;
        let scheme = ["https://", "tel:"].into_iter().find(|scheme| order.value.starts_with(scheme));
        let rest = scheme.and_then(|scheme| order.value.strip_prefix(scheme)).unwrap_or_default();
        if !rest.is_empty() && order.value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(order.value);
        }
        self.context.problems.none(&order.place, Flaw::NotAnOrder)
    }

    fn pictures(&mut self, name: &str, captioned: bool) -> Vec<Picture> {
        let list = self.fields.list(name);
        if list.len() > limits::PICTURES {
            let reason = Flaw::TooManyPictures { name: name.to_owned(), has: list.len(), most: limits::PICTURES };
            self.context.problems.add(&list[0].place, reason);
        }
        let mut pictures = Vec::new();
        for value in list {
            let place = value.place.clone();
            let Some(picture) = self.picture(name, value) else { continue };
            if captioned && picture.caption.is_empty() {
                self.context.problems.add(&place, Flaw::NoCaption);
            }
            pictures.push(picture);
        }
        pictures
    }

    fn optional_picture(&mut self, name: &str) -> Option<Picture> {
        let value = self.fields.optional_value(name)?;
        self.picture(name, value)
    }

    /// A path, or a table of path, caption and crop.
    fn picture(&mut self, name: &str, value: At<DeValue<'_>>) -> Option<Picture> {
        let place = value.place.clone();
        match value.value {
            DeValue::String(path) => {
                let path = At { place, value: path.into_owned() };
                picture(self.context, self.desk, path, String::new(), None)
            }
            table @ DeValue::Table(_) => {
                let mut fields = self.fields.nested(name, place, table)?;
                let file = fields.text("file", 1..=500);
                let caption = fields.optional_text("caption", 0..=limits::CAPTION);
                let crop = fields.optional_rectangle("crop");
                fields.finish("a picture");
                let caption = caption.map_or_else(String::new, |text| text.value);
                picture(
                    self.context,
                    self.desk,
                    file?,
                    caption,
                    crop.map(|[x, y, width, height]| Crop { x, y, width, height }),
                )
            }
            _ => self.context.problems.none(&place, Flaw::NoPicture { name: name.to_owned() }),
        }
    }
}

fn picture(
    context: &Context<'_>,
    desk: &mut dyn Desk,
    path: At<String>,
    caption: String,
    crop: Option<Crop>,
) -> Option<Picture> {
    let file = context.folder.resolve(&path, context.problems)?;
    let picture = desk.picture(&path.place, &PictureSource { file, crop }, context.problems)?;
    Some(Picture { caption, ..picture })
}

fn column(mut fields: Fields<'_>) -> Option<Column> {
    let title = fields.text("title", 1..=limits::CELL);
    let numeric = fields.optional_flag("numeric").unwrap_or(false);
    fields.finish("a column");
    Some(Column { title: title?.value, numeric })
}

/// Yuan as decimals, in hundredths.
pub fn hundredths(price: &str) -> Option<u64> {
    let (yuan, cents) = price.split_once('.').unwrap_or((price, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(yuan) || !digits(cents) || cents.len() > 2 {
        return None;
    }
    let cents: u64 = format!("{cents:0<2}").parse().ok()?;
    yuan.parse::<u64>().ok()?.checked_mul(100)?.checked_add(cents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_to_the_hundredth() {
        for (text, expected) in [
            ("68.00", Some(6_800)),
            ("68", Some(6_800)),
            ("0.5", Some(50)),
            ("68.005", None),
            ("-1", None),
            ("6,800", None),
            (".5", None),
            ("", None),
        ] {
            assert_eq!(hundredths(text), expected, "{text}");
        }
    }
}
