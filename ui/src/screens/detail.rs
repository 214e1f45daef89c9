//! A video before it is played.

use super::Context;
use super::parts::{RADIUS, button, empty, fresh_cards, hints, lines, text, title};
use crate::generated as ui;
use crate::models::sync;
use crate::pictures::{Corners, Place};
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::VideoDetailView;

pub(super) struct Detail {
    buttons: Rc<VecModel<ui::Button>>,
    lines: Rc<VecModel<ui::Line>>,
    next: Rc<VecModel<ui::FreshCard>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Detail {
    pub fn new(window: &ui::MainWindow) -> Detail {
        let detail = Detail { buttons: Rc::default(), lines: Rc::default(), next: Rc::default(), hints: Rc::default() };
        let data = window.global::<ui::DetailData>();
        data.set_buttons(ModelRc::from(detail.buttons.clone()));
        data.set_lines(ModelRc::from(detail.lines.clone()));
        data.set_next(ModelRc::from(detail.next.clone()));
        data.set_hints(ModelRc::from(detail.hints.clone()));
        detail
    }

    pub fn apply(&mut self, view: &VideoDetailView, context: &mut Context) {
        let data = context.window.global::<ui::DetailData>();
        data.set_title(title(view.board, &view.crumb, &view.title, &view.meta));
        let place = Place { width: 816.0, height: 459.0, corners: Corners::All, radius: RADIUS };
        data.set_poster(context.pictures.get(view.poster.as_ref(), place));
        data.set_duration(text(&view.duration));
        data.set_availability(text(&view.availability));
        let icon = |index| if index == 0 { ui::IconName::Play } else { ui::IconName::None };
        let buttons = view.buttons.iter().enumerate().map(|(index, view)| button(view, icon(index)));
        sync(&self.buttons, buttons.collect(), |button| button.id.clone());
        sync(&self.lines, lines(&view.text, context.large), |line| line.text.clone());
        let shown = lines(&view.text, context.large);
        data.set_more_y(shown.last().map_or(0.0, |line| line.y + line.height));
        data.set_more(text(view.more.as_deref().unwrap_or_default()));
        sync(&self.next, fresh_cards(&view.next, context), |card| card.id.clone());
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_empty(empty(view.empty.as_ref()));
        data.set_focused(context.focus.is_some());
        if let Some(focus) = context.focus {
            let next = view.next.iter().position(|card| card.id == focus);
            let button = view.buttons.iter().position(|button| button.id == focus);
            data.set_on_next(next.is_some());
            data.set_on_text(focus == "video/text");
            data.set_at(next.or(button).unwrap_or(0) as i32);
        }
    }
}
