//! Disclosure tables with their explanation and their receipts.

use super::Context;
use super::parts::{empty, figures, hints, lines, side, text, title};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{TableColumn, TableRowView, TableView};

pub(super) struct Table {
    columns: Rc<VecModel<ui::Column>>,
    rows: Rc<VecModel<ui::TableRow>>,
    /// The rows as the core gave them: a model of cells cannot be compared.
    shown: Vec<TableRowView>,
    note: Rc<VecModel<ui::Line>>,
    figures: Rc<VecModel<ui::Figure>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Table {
    pub fn new(window: &ui::MainWindow) -> Table {
        let table = Table {
            columns: Rc::default(),
            rows: Rc::default(),
            shown: Vec::new(),
            note: Rc::default(),
            figures: Rc::default(),
            hints: Rc::default(),
        };
        let data = window.global::<ui::TableData>();
        data.set_columns(ModelRc::from(table.columns.clone()));
        data.set_rows(ModelRc::from(table.rows.clone()));
        data.set_note(ModelRc::from(table.note.clone()));
        data.set_figures(ModelRc::from(table.figures.clone()));
        data.set_hints(ModelRc::from(table.hints.clone()));
        table
    }

    pub fn apply(&mut self, view: &TableView, context: &mut Context) {
        let data = context.window.global::<ui::TableData>();
        data.set_title(title(view.board, &view.crumb, &view.title, &view.meta));
        let width = if view.receipts.is_some() { 1120.0 } else { 1728.0 };
        sync(&self.columns, columns(&view.columns, width), |column| column.title.clone());
        if self.shown != view.rows {
            self.rows.set_vec(view.rows.iter().map(row).collect::<Vec<_>>());
            self.shown.clone_from(&view.rows);
        }
        sync(&self.note, lines(&view.note, context.large), |line| line.text.clone());
        sync(&self.figures, figures(&view.note, width, context), |figure| figure.id.clone());
        data.set_receipts(side(view.receipts.as_ref(), (400.0, 600.0), context));
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_position(text(&view.position));
        data.set_empty(empty(view.empty.as_ref()));
        data.set_focused(context.focus.is_some());
        if let Some(focus) = context.focus {
            data.set_on_receipts(focus == "table/receipts");
        }
    }
}

fn columns(columns: &[TableColumn], width: f32) -> Vec<ui::Column> {
    const MARGIN: f32 = 28.0;
    // Between the words of one column and those of the next.
    const GAP: f32 = 24.0;
    let mut x = MARGIN;
    let mut after_figures = false;
    let room = width - 2.0 * MARGIN;
    let column = |column: &TableColumn| {
        let wide = room * column.share;
        // Figures end where words begin: there the gap is twice as wide.
        let more = if after_figures && !column.numeric { GAP } else { 0.0 };
        after_figures = column.numeric;
        let width = (wide - GAP - more).max(1.0);
        let placed = ui::Column { title: text(&column.title), numeric: column.numeric, x: x + more, width };
        x += wide;
        placed
    };
    let mut placed: Vec<ui::Column> = columns.iter().map(column).collect();
    // The last column ends at the margin: nothing follows that it would have to keep away from.
    if let Some(last) = placed.last_mut() {
        last.width = (width - MARGIN - last.x).max(1.0);
    }
    placed
}

fn row(row: &TableRowView) -> ui::TableRow {
    let cells: Vec<SharedString> = row.cells.iter().map(|cell| text(cell)).collect();
    ui::TableRow { index: row.index as i32, cells: ModelRc::new(VecModel::from(cells)), total: row.total }
}
