//! Disclosure tables (党务、村务、财务公开): rows page by page, the explanation below, the receipts beside. ▲ ▼ go from row
//! to row, ◀ ▶ from one part of a wide table to the next, and OK opens the row in full.

use super::opened::Opened;
use super::reader::side;
use super::row::RowScreen;
use super::{Action, Command, Context, Direction, element, text_page};
use crate::catalog::{Content, Item, Picture};
use crate::grid::{Grid, lay_out};
use crate::layout::TableShape;
use crate::text::{Matter, Page, PageShape, paginate};
use crate::view::{Element, ElementId, Language, TableColumn, TableRowView, TableView, TextSize};
use crate::words::HintWord;
use std::ops::Range;

/// Width of the table in pixels at 1080p: as wide as the screen, beside its receipts, or beside a narrow tile that leads
/// to them.
const WIDE: f32 = 1_728.0;
const BESIDE: f32 = 1_120.0;
const BESIDE_TILE: f32 = 1_580.0;

#[derive(Clone, Debug)]
pub struct TableScreen {
    pub opened: Opened,
    grid: Grid,
    width: f32,
    pages: Vec<Sheet>,
    paged: Option<(TextSize, Language)>,
    page: usize,
    part: usize,
    /// The row that has the focus, or had it before the note or the receipts.
    row: usize,
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
            grid: Grid::default(),
            width: WIDE,
            pages: Vec::new(),
            paged: None,
            page: 0,
            part: 0,
            row: 0,
            receipts: Vec::new(),
            receipt: 0,
            at_receipts: false,
        }
    }

    pub fn settle(&mut self, context: &Context) {
        if self.paged != Some(context.type_of_text()) {
            let Some(item) = self.opened.item() else { return };
            let Content::Disclosure { table, receipts } = &item.content else { return };
            let lay_out = |width| lay_out(table, context.layout.table(width), context.measure);
            self.width = if receipts.is_empty() { WIDE } else { BESIDE };
            self.grid = lay_out(self.width);
            if !receipts.is_empty() && !self.grid.is_whole() {
                // Rather more of the row and the receipts one key away than less of it and the receipts beside.
                self.width = BESIDE_TILE;
                self.grid = lay_out(self.width);
            }
            self.receipts = receipts.clone();
            self.pages = sheets(&self.grid, item, self.width, context);
            self.paged = Some(context.type_of_text());
            // In another type size the same row is on another page.
            self.select(self.row);
        }
        self.part = self.part.min(self.grid.parts.len().saturating_sub(1));
        self.page = self.page.min(self.pages.len().saturating_sub(1));
        self.at_receipts &= !self.receipts.is_empty();
    }

    /// Whether the receipts themselves stand beside the table, and not a tile that leads to them.
    fn receipts_beside(&self) -> bool {
        !self.receipts.is_empty() && self.width == BESIDE
    }

    fn sheet(&self) -> Sheet {
        self.pages.get(self.page).cloned().unwrap_or_default()
    }

    /// Puts the focus on a row.
    pub fn select(&mut self, row: usize) {
        self.row = row.min(self.grid.heights.len().saturating_sub(1));
        if let Some(page) = self.pages.iter().position(|sheet| sheet.rows.contains(&self.row)) {
            self.page = page;
        }
    }

    pub fn handle(&mut self, command: Command) -> Action {
        use Direction::{Down, Left, Right, Up};
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.at_receipts => return self.enlarge(),
            Command::Ok if !self.sheet().rows.is_empty() => return Action::OpenRow,
            Command::Ok => self.turn(Down),
            Command::Move { direction: direction @ (Up | Down), .. } if self.at_receipts => self.turn(direction),
            Command::Move { direction: direction @ (Up | Down), by } => self.step(direction, by),
            Command::Move { direction: Right, .. } if self.at_receipts => {
                if self.receipts_beside() {
                    self.receipt = (self.receipt + 1).min(self.receipts.len().saturating_sub(1));
                }
            }
            Command::Move { direction: Left, .. } if self.at_receipts && self.receipt > 0 => self.receipt -= 1,
            Command::Move { direction: Left, .. } if self.at_receipts => self.at_receipts = false,
            Command::Move { direction: Right, .. } if self.part + 1 < self.parts_here() => self.part += 1,
            Command::Move { direction: Right, .. } => self.at_receipts = !self.receipts.is_empty(),
            Command::Move { direction: Left, .. } => self.part = self.part.saturating_sub(1),
        }
        Action::Nothing
    }

    /// A page of the explanation alone has no parts.
    fn parts_here(&self) -> usize {
        if self.sheet().rows.is_empty() { 1 } else { self.grid.parts.len() }
    }

    fn enlarge(&self) -> Action {
        Action::ShowPictures {
            board: self.opened.summary.board,
            title: self.opened.summary.title.clone(),
            pictures: self.receipts.clone(),
            index: self.receipt,
        }
    }

    /// From row to row, and on to the pages of the explanation.
    fn step(&mut self, direction: Direction, by: usize) {
        let rows = self.sheet().rows;
        let last = self.grid.heights.len().saturating_sub(1);
        match direction {
            _ if rows.is_empty() => self.turn(direction),
            Direction::Up => self.select(self.row.saturating_sub(by)),
            _ if self.row < last => self.select((self.row + by).min(last)),
            _ => self.turn(direction),
        }
    }

    /// To the next page, or the one before.
    fn turn(&mut self, direction: Direction) {
        let last = self.pages.len().saturating_sub(1);
        self.page = match direction {
            Direction::Up => self.page.saturating_sub(1),
            _ => (self.page + 1).min(last),
        };
        let rows = self.sheet().rows;
        if !rows.is_empty() && !rows.contains(&self.row) {
            self.row = if self.row < rows.start { rows.start } else { rows.end - 1 };
        }
    }

    /// The page of the row that has the focus.
    pub fn open_row(&self) -> RowScreen {
        RowScreen::new(self.opened.clone(), self.row)
    }

    pub fn elements(&self) -> (Vec<Element>, ElementId) {
        let rows = self.sheet().rows;
        let mut elements: Vec<Element> = rows.clone().map(|row| element(row_id(row), self.label(row))).collect();
        if rows.is_empty() {
            elements.push(element("table/note", self.opened.summary.title.clone()));
        }
        if !self.receipts.is_empty() {
            elements.push(element("table/receipts", ""));
        }
        let focus = match self.at_receipts {
            true => "table/receipts".into(),
            false if rows.is_empty() => "table/note".into(),
            false => row_id(self.row),
        };
        (elements, focus)
    }

    /// The first cell of a row.
    fn label(&self, row: usize) -> String {
        let first = self.grid.parts.first().and_then(|part| part.first()).and_then(|column| column.cells.get(row));
        first.map(|lines| lines.concat()).unwrap_or_default()
    }

    pub fn view(&self, context: &Context) -> TableView {
        let summary = &self.opened.summary;
        let sheet = self.sheet();
        let label = match self.receipts_beside() {
            true => context.words.receipt_label(self.receipt, self.receipts.len(), self.at_receipts),
            false => context.words.receipts(self.receipts.len()),
        };
        TableView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            columns: self.columns(),
            row_pages: self.pages.iter().filter(|sheet| !sheet.rows.is_empty()).count(),
            part: self.part,
            part_count: self.grid.parts.len().max(1),
            width: self.width,
            header_height: self.grid.header_height,
            rows: self.rows(sheet.rows.clone()),
            note: text_page(sheet.note.as_ref(), context),
            page_index: self.page,
            page_count: self.pages.len().max(1),
            receipts: side(&self.receipts, self.receipt, label, context),
            hints: context.hints(&self.hints(context)),
            position: context.words.position(self.page, self.pages.len()),
            empty: self.opened.empty(context),
        }
    }

    fn hints(&self, context: &Context) -> Vec<HintWord> {
        let parts = self.parts_here();
        let rows = !self.sheet().rows.is_empty();
        let mut hints = Vec::new();
        if self.at_receipts {
            hints.extend(self.receipts_beside().then_some(HintWord::Receipts));
            hints.push(HintWord::Enlarge);
        } else if rows {
            hints.extend([HintWord::ChooseRow, HintWord::WholeRow]);
        } else if self.pages.len() > 1 {
            hints.push(HintWord::Page);
        }
        if !self.at_receipts && parts > 1 {
            hints.push(HintWord::MoreColumns);
        }
        if !self.at_receipts && !self.receipts.is_empty() && self.part + 1 >= parts {
            hints.push(HintWord::ToReceipts);
        }
        hints.push(HintWord::Back(context.back));
        hints
    }

    fn columns(&self) -> Vec<TableColumn> {
        let numeric = |column: usize| match self.opened.item().map(|item| &item.content) {
            Some(Content::Disclosure { table, .. }) => table.columns.get(column).map(|column| column.numeric),
            _ => None,
        };
        let columns = self.grid.parts.get(self.part).into_iter().flatten();
        columns
            .map(|column| TableColumn {
                title: column.title.concat(),
                lines: column.title.clone(),
                numeric: numeric(column.column).unwrap_or(false),
                left: column.left,
                width: column.width,
            })
            .collect()
    }

    fn rows(&self, range: Range<usize>) -> Vec<TableRowView> {
        let Some(Content::Disclosure { table, .. }) = self.opened.item().map(|item| &item.content) else {
            return Vec::new();
        };
        let part = self.grid.parts.get(self.part).map(Vec::as_slice).unwrap_or_default();
        let mut top = self.grid.header_height;
        let mut rows = Vec::with_capacity(range.len());
        for (index, height) in range.clone().zip(self.grid.heights.get(range).unwrap_or_default()) {
            let Some(row) = table.rows.get(index) else { continue };
            rows.push(TableRowView {
                id: row_id(index),
                index,
                cells: part.iter().filter_map(|column| row.cells.get(column.column)).cloned().collect(),
                lines: part.iter().filter_map(|column| column.cells.get(index)).cloned().collect(),
                total: row.total,
                top,
                height: *height,
            });
            top += height;
        }
        rows
    }
}

fn row_id(row: usize) -> ElementId {
    format!("table/row/{row}")
}

fn sheets(grid: &Grid, item: &Item, width: f32, context: &Context) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = grid.pages.iter().map(|rows| Sheet { rows: rows.clone(), note: None }).collect();
    let note = context.matter(item, Vec::new());
    if note.is_empty() {
        return if sheets.is_empty() { vec![Sheet::default()] } else { sheets };
    }
    let TableShape { em, .. } = context.layout.table(width);
    let page = PageShape { width: width / em, ..context.layout.reader(false) };
    let below = sheets.last().map_or(page.height, |sheet| context.layout.note_height(grid.height(sheet.rows.clone())));
    let alone = paginate(&note, PageShape { height: below.max(1.0), ..page }, context.measure);
    // The explanation stands below the last rows when all of it fits there, else on pages of its own.
    match (sheets.last_mut(), alone.as_slice()) {
        (Some(last), [page]) if below >= 1.0 => last.note = Some(page.clone()),
        _ => sheets.extend(alone_pages(&note, page, context)),
    }
    sheets
}

fn alone_pages(note: &Matter, shape: PageShape, context: &Context) -> Vec<Sheet> {
    let pages = paginate(note, shape, context.measure);
    pages.into_iter().map(|page| Sheet { rows: 0..0, note: Some(page) }).collect()
}
