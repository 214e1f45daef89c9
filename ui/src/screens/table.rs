//! Disclosure tables with their explanation and their receipts.

use super::Context;
use super::parts::{broken, empty, fact_rows, figures, hints, lines, side, text, title};
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
    facts: Rc<VecModel<ui::FactRow>>,
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
            facts: Rc::default(),
            hints: Rc::default(),
        };
        let data = window.global::<ui::TableData>();
        data.set_columns(ModelRc::from(table.columns.clone()));
        data.set_rows(ModelRc::from(table.rows.clone()));
        data.set_note(ModelRc::from(table.note.clone()));
        data.set_facts(ModelRc::from(table.facts.clone()));
        data.set_figures(ModelRc::from(table.figures.clone()));
        data.set_hints(ModelRc::from(table.hints.clone()));
        table
    }

    pub fn apply(&mut self, view: &TableView, context: &mut Context) {
        let data = context.window.global::<ui::TableData>();
        data.set_title(title(view.board, &view.crumb, &view.title, &view.meta));
        sync(&self.columns, view.columns.iter().map(column).collect(), |column| column.title.clone());
        data.set_width(view.width);
        data.set_header_height(view.header_height);
        data.set_height(view.rows.last().map_or(view.header_height, |row| row.top + row.height));
        data.set_more_left(view.part > 0);
        data.set_more_right(view.part + 1 < view.part_count);
        if self.shown != view.rows {
            self.rows.set_vec(view.rows.iter().map(row).collect::<Vec<_>>());
            self.shown.clone_from(&view.rows);
        }
        sync(&self.note, lines(&view.note, context.large), |line| line.text.clone());
        sync(&self.facts, fact_rows(&view.note, context.large), |fact| fact.label.clone());
        sync(&self.figures, figures(&view.note, view.width, context), |figure| figure.id.clone());
        data.set_receipts(side(view.receipts.as_ref(), (400.0, 600.0), context));
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_position(text(&view.position));
        data.set_empty(empty(view.empty.as_ref()));
        data.set_on_receipts(context.focus == Some("table/receipts"));
        let at = view.rows.iter().find(|row| context.focus == Some(row.id.as_str()));
        data.set_at(at.map_or(-1, |row| row.index as i32));
        if let Some(row) = at {
            data.set_at_y(row.top);
            data.set_at_height(row.height);
        }
    }
}

fn column(column: &TableColumn) -> ui::Column {
    ui::Column { title: broken(&column.lines), numeric: column.numeric, x: column.left, width: column.width }
}

fn row(row: &TableRowView) -> ui::TableRow {
    let cells: Vec<SharedString> = row.lines.iter().map(|lines| broken(lines)).collect();
    ui::TableRow {
        index: row.index as i32,
        cells: ModelRc::new(VecModel::from(cells)),
        total: row.total,
        y: row.top,
        height: row.height,
    }
}
