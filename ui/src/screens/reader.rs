//! Running text, page by page.

use super::Context;
use super::parts::{empty, fact_rows, figures, hints, lines, side, text, title};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::ReaderView;

pub(super) struct Reader {
    facts: Rc<VecModel<ui::FactRow>>,
    lines: Rc<VecModel<ui::Line>>,
    figures: Rc<VecModel<ui::Figure>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Reader {
    pub fn new(window: &ui::MainWindow) -> Reader {
        let reader =
            Reader { facts: Rc::default(), lines: Rc::default(), figures: Rc::default(), hints: Rc::default() };
        let data = window.global::<ui::ReaderData>();
        data.set_facts(ModelRc::from(reader.facts.clone()));
        data.set_lines(ModelRc::from(reader.lines.clone()));
        data.set_figures(ModelRc::from(reader.figures.clone()));
        data.set_hints(ModelRc::from(reader.hints.clone()));
        reader
    }

    pub fn apply(&mut self, view: &ReaderView, context: &mut Context) {
        let data = context.window.global::<ui::ReaderData>();
        data.set_title(title(view.board, &view.crumb, &view.title, &view.meta));
        sync(&self.facts, fact_rows(&view.page, context.large), |fact| fact.label.clone());
        sync(&self.lines, lines(&view.page, context.large), |line| line.text.clone());
        let width = if view.side.is_some() { 1120.0 } else { 1728.0 };
        sync(&self.figures, figures(&view.page, width, context), |figure| figure.id.clone());
        data.set_side(side(view.side.as_ref(), (320.0, 580.0), context));
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_position(text(&view.position));
        data.set_empty(empty(view.empty.as_ref()));
        data.set_on_picture(context.focus == Some("reader/picture"));
    }
}
