//! One row of a table in full: what each column is called, and what the row says of it. ◀ ▶ lead to the rows beside it.

use super::opened::Opened;
use super::{Action, Command, Context, Direction, element, text_page};
use crate::catalog::{Content, Table};
use crate::text::{Matter, Page, paginate};
use crate::view::{Element, ElementId, Fact, ReaderView, TextSize};
use crate::words::HintWord;

#[derive(Clone, Debug)]
pub struct RowScreen {
    pub opened: Opened,
    pub row: usize,
    pages: Vec<Page>,
    /// What the pages were made for.
    paged: Option<(TextSize, usize)>,
    page: usize,
}

impl RowScreen {
    pub fn new(opened: Opened, row: usize) -> RowScreen {
        RowScreen { opened, row, pages: Vec::new(), paged: None, page: 0 }
    }

    fn table(&self) -> Option<&Table> {
        match self.opened.item().map(|item| &item.content) {
            Some(Content::Disclosure { table, .. }) => Some(table),
            _ => None,
        }
    }

    fn rows(&self) -> usize {
        self.table().map_or(0, |table| table.rows.len())
    }

    pub fn settle(&mut self, context: &Context) {
        self.row = self.row.min(self.rows().saturating_sub(1));
        let wanted = (context.settings.text_size, self.row);
        if self.paged != Some(wanted) {
            let facts = self.table().map(|table| facts(table, self.row)).unwrap_or_default();
            let matter = Matter { facts, ..Matter::default() };
            self.pages = paginate(&matter, context.layout.reader(false), context.measure);
            self.paged = Some(wanted);
        }
        self.page = self.page.min(self.pages.len().saturating_sub(1));
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        use Direction::{Down, Left, Right, Up};
        match command {
            Command::Back => return Action::Leave,
            Command::Ok | Command::Move { direction: Down, .. } => self.page += 1,
            Command::Move { direction: Up, .. } => self.page = self.page.saturating_sub(1),
            Command::Move { direction: Right, by } => self.go_to((self.row + by).min(self.rows().saturating_sub(1))),
            Command::Move { direction: Left, by } => self.go_to(self.row.saturating_sub(by)),
        }
        self.settle(context);
        Action::Nothing
    }

    fn go_to(&mut self, row: usize) {
        if row != self.row {
            self.row = row;
            self.page = 0;
        }
    }

    pub fn elements(&self) -> (Vec<Element>, ElementId) {
        (vec![element("reader/text", self.opened.summary.title.clone())], "reader/text".into())
    }

    pub fn view(&self, context: &Context) -> ReaderView {
        let summary = &self.opened.summary;
        let (pages, rows) = (self.pages.len().max(1), self.rows());
        let mut hints = Vec::new();
        if pages > 1 {
            hints.push(HintWord::Page);
        }
        if rows > 1 {
            hints.push(HintWord::OtherRow);
        }
        hints.push(HintWord::Back(context.back));
        let row = context.words.row_position(self.row, rows);
        let position = match pages {
            1 => row,
            _ => format!("{row} · {}", context.words.position(self.page, pages)),
        };
        ReaderView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            page: text_page(self.pages.get(self.page), context),
            page_index: self.page,
            page_count: pages,
            side: None,
            hints: context.hints(&hints),
            position,
            empty: self.opened.empty(context),
        }
    }
}

fn facts(table: &Table, row: usize) -> Vec<Fact> {
    let Some(row) = table.rows.get(row) else { return Vec::new() };
    // What is empty in the table is said to be: it was not forgotten here.
    let said = |cell: &String| if cell.is_empty() { "—".to_owned() } else { cell.clone() };
    let pairs = table.columns.iter().zip(&row.cells);
    pairs.map(|(column, cell)| Fact { label: column.title.clone(), value: said(cell) }).collect()
}
