//! Disclosure tables (党务、村务、财务公开): rows page by page, the explanation below, the receipts beside.

use super::opened::Opened;
use super::reader::side;
use super::{Action, Command, Context, Direction, element, text_page};
use crate::catalog::{Content, Picture, Table};
use crate::ports::TextMeasure;
use crate::text::{Page, PageShape, paginate};
use crate::view::{Element, ElementId, TableColumn, TableRowView, TableView, TextSize};
use crate::words::HintWord;
use std::ops::Range;

#[derive(Clone, Debug)]
pub struct TableScreen {
    pub opened: Opened,
    pages: Vec<Sheet>,
    paged: Option<TextSize>,
    page: usize,
    receipts: Vec<Picture>,
    receipt: usize,
    at_receipts: bool,
}

/// One page: some rows, some of the explanation, or both.
#[derive(Clone, Debug, Default)]
struct Sheet {
    rows: Range<usize>,
    note: Option<Page>,
}

impl TableScreen {
    pub fn new(opened: Opened) -> TableScreen {
        TableScreen {
            opened,
            pages: Vec::new(),
            paged: None,
            page: 0,
            receipts: Vec::new(),
            receipt: 0,
            at_receipts: false,
        }
    }

    pub fn settle(&mut self, context: &Context) {
        let Some(item) = self.opened.item() else { return };
        let Content::Disclosure { table, receipts } = &item.content else { return };
        if self.paged != Some(context.settings.text_size) {
            let width = context.layout.text_width(!receipts.is_empty());
            self.pages = sheets(table.rows.len(), &item.body, width, context);
            self.paged = Some(context.settings.text_size);
            self.receipts = receipts.clone();
            // Whoever opens a table with receipts finds them under the arrows at once.
            self.at_receipts = !self.receipts.is_empty();
        }
        self.page = self.page.min(self.pages.len().saturating_sub(1));
    }

    pub fn handle(&mut self, command: Command) -> Action {
        use Direction::{Down, Left, Right, Up};
        let last = self.pages.len().saturating_sub(1);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.at_receipts => {
                return Action::ShowPictures {
                    board: self.opened.summary.board,
                    title: self.opened.summary.title.clone(),
                    pictures: self.receipts.clone(),
                    index: self.receipt,
                };
            }
            Command::Ok => self.page = (self.page + 1).min(last),
            Command::Move { direction: Down, .. } => self.page = (self.page + 1).min(last),
            Command::Move { direction: Up, .. } => self.page = self.page.saturating_sub(1),
            Command::Move { direction: Right, .. } if self.at_receipts => {
                self.receipt = (self.receipt + 1).min(self.receipts.len().saturating_sub(1));
            }
            Command::Move { direction: Right, .. } => self.at_receipts = !self.receipts.is_empty(),
            Command::Move { direction: Left, .. } if self.at_receipts && self.receipt > 0 => self.receipt -= 1,
            Command::Move { direction: Left, .. } => self.at_receipts = false,
        }
        Action::Nothing
    }

    pub fn elements(&self) -> (Vec<Element>, ElementId) {
        let mut elements = vec![element("table/rows", self.opened.summary.title.clone())];
        if !self.receipts.is_empty() {
            elements.push(element("table/receipts", ""));
        }
        (elements, if self.at_receipts { "table/receipts" } else { "table/rows" }.into())
    }

    pub fn view(&self, context: &Context) -> TableView {
        let summary = &self.opened.summary;
        let table = match self.opened.item().map(|item| &item.content) {
            Some(Content::Disclosure { table, .. }) => Some(table),
            _ => None,
        };
        let sheet = self.pages.get(self.page).cloned().unwrap_or_default();
        let mut hints = Vec::new();
        if self.at_receipts {
            hints.extend([HintWord::Receipts, HintWord::Enlarge]);
        }
        if self.pages.len() > 1 {
            hints.push(HintWord::Page);
        }
        hints.push(HintWord::Back(context.back));
        let label = context.words.receipt_label(self.receipt, self.receipts.len(), self.at_receipts);
        TableView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            columns: table.map(|table| columns(table, context.measure)).unwrap_or_default(),
            rows: table.map(|table| rows(table, sheet.rows.clone())).unwrap_or_default(),
            note: text_page(sheet.note.as_ref(), context),
            page_index: self.page,
            page_count: self.pages.len().max(1),
            receipts: side(&self.receipts, self.receipt, label, context),
            hints: context.hints(&hints),
            position: context.words.position(self.page, self.pages.len()),
            empty: self.opened.empty(context),
        }
    }
}

fn sheets(rows: usize, note: &[crate::catalog::Block], width: f32, context: &Context) -> Vec<Sheet> {
    let fit = context.layout.table_rows();
    let mut sheets: Vec<Sheet> =
        (0..rows).step_by(fit.max(1)).map(|first| Sheet { rows: first..(first + fit).min(rows), note: None }).collect();
    if note.is_empty() {
        return if sheets.is_empty() { vec![Sheet::default()] } else { sheets };
    }
    let height = context.layout.text_height();
    let below = sheets.last().map_or(height, |sheet| context.layout.note_height(sheet.rows.len()));
    let alone = paginate(note, PageShape { width, height: below.max(1.0), reserved: 0.0 }, context.measure);
    // The explanation stands below the last rows when all of it fits there, else on pages of its own.
    match (sheets.last_mut(), alone.as_slice()) {
        (Some(last), [page]) if below >= 1.0 => last.note = Some(page.clone()),
        _ => {
            let pages = paginate(note, PageShape { width, height, reserved: 0.0 }, context.measure);
            sheets.extend(pages.into_iter().map(|page| Sheet { rows: 0..0, note: Some(page) }));
        }
    }
    sheets
}

fn rows(table: &Table, range: Range<usize>) -> Vec<TableRowView> {
    let taken = table.rows.iter().enumerate().skip(range.start).take(range.len());
    taken.map(|(index, row)| TableRowView { index, cells: row.cells.clone(), total: row.total }).collect()
}

/// Columns as wide as their widest cell asks for; what is left goes to the text columns.
fn columns(table: &Table, measure: &dyn TextMeasure) -> Vec<TableColumn> {
    let width = |text: &str| text.chars().map(|character| measure.advance(character, true)).sum::<f32>();
    let natural: Vec<f32> = (0..table.columns.len())
        .map(|column| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(column)).map(|cell| width(cell));
            // No column takes everything, however long its longest cell; 1.6 em is the space between two.
            cells.fold(width(&table.columns[column].title), f32::max).clamp(2.0, 16.0) + 1.6
        })
        .collect();
    let total: f32 = natural.iter().sum();
    table
        .columns
        .iter()
        .zip(&natural)
        .map(|(column, width)| TableColumn {
            title: column.title.clone(),
            numeric: column.numeric,
            share: width / total,
        })
        .collect()
}
