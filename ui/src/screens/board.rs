//! A board: sections to the left, the list of one of them to the right.

use super::Context;
use super::parts::{board, empty, kind_icon, text};
use crate::generated as ui;
use crate::models::sync;
use crate::pictures::{Corners, Place};
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{BoardView, RowView};

pub(super) struct BoardScreen {
    sections: Rc<VecModel<ui::SectionTab>>,
    rows: Rc<VecModel<ui::BoardRow>>,
}

impl BoardScreen {
    pub fn new(window: &ui::MainWindow) -> BoardScreen {
        let screen = BoardScreen { sections: Rc::default(), rows: Rc::default() };
        let data = window.global::<ui::BoardData>();
        data.set_sections(ModelRc::from(screen.sections.clone()));
        data.set_rows(ModelRc::from(screen.rows.clone()));
        screen
    }

    pub fn apply(&mut self, view: &BoardView, context: &mut Context) {
        let data = context.window.global::<ui::BoardData>();
        data.set_board(board(view.board));
        data.set_title(text(&view.title));
        let tabs = view.sections.iter().map(|section| ui::SectionTab {
            id: text(&section.id),
            name: text(&section.name),
            count: if section.count == 0 { text("") } else { slint::format!("{}", section.count) },
        });
        sync(&self.sections, tabs.collect(), |tab| tab.id.clone());
        data.set_first_section(view.first_section as i32);
        data.set_selected(view.selected_section as i32);
        data.set_visible_rows(view.visible_rows.max(1) as i32);
        data.set_total_rows(view.total_rows as i32);
        data.set_first_row(view.first_row as i32);
        let rows = view.rows.iter().map(|item| row(item, view.visible_rows, context)).collect();
        sync(&self.rows, rows, |row| row.id.clone());
        data.set_empty(empty(view.empty.as_ref()));
        data.set_focused(context.focus.is_some());
        if let Some(focus) = context.focus {
            let at = view.rows.iter().find(|row| row.id == focus).map(|row| row.index);
            data.set_on_row(at.is_some());
            if let Some(at) = at {
                data.set_at(at as i32);
            }
        }
    }
}

fn row(row: &RowView, visible_rows: usize, context: &mut Context) -> ui::BoardRow {
    // The height of a row, less its margins: see `BoardScreen` in the scene.
    let tile = (880.0 / visible_rows.max(1) as f32 - 20.0 - 32.0).round();
    let place = Place { width: tile, height: tile, corners: Corners::All, radius: 14.0 };
    ui::BoardRow {
        id: text(&row.id),
        index: row.index as i32,
        icon: kind_icon(row.kind),
        title: text(&row.title),
        line: text(&row.line),
        meta: text(&row.meta),
        date: text(&row.date),
        badge: text(&row.badge),
        missing: text(&row.missing),
        picture: context.pictures.get(row.thumbnail.as_ref(), place),
    }
}
