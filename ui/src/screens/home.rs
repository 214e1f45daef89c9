//! The village's home page.

use super::Context;
use super::parts::{board, empty, fresh_cards, text};
use crate::generated as ui;
use crate::models::sync;
use slint::{ComponentHandle, ModelRc, VecModel};
use std::rc::Rc;
use yuexiang_core::view::HomeView;

pub(super) struct Home {
    boards: Rc<VecModel<ui::BoardCard>>,
    fresh: Rc<VecModel<ui::FreshCard>>,
}

impl Home {
    pub fn new(window: &ui::MainWindow) -> Home {
        let home = Home { boards: Rc::default(), fresh: Rc::default() };
        let data = window.global::<ui::HomeData>();
        data.set_boards(ModelRc::from(home.boards.clone()));
        data.set_fresh(ModelRc::from(home.fresh.clone()));
        home
    }

    pub fn apply(&mut self, view: &HomeView, context: &mut Context) {
        let data = context.window.global::<ui::HomeData>();
        data.set_live_title(text(&view.live.title));
        data.set_live_line(text(&view.live.line));
        data.set_live_times(text(&view.live.times));
        data.set_live_trouble(text(view.live.trouble.as_deref().unwrap_or_default()));
        let cards = view.boards.iter().map(|card| ui::BoardCard {
            board: board(card.board),
            title: text(&card.title),
            line: text(&card.line),
            badge: text(&card.badge),
            badge_below: card.badge_below,
        });
        sync(&self.boards, cards.collect(), |card| card.board);
        sync(&self.fresh, fresh_cards(&view.fresh, context), |card| card.id.clone());
        data.set_empty(empty(view.empty.as_ref()));
        // While the focus is on another layer the place where it was is kept.
        data.set_focused(context.focus.is_some());
        if let Some((area, index)) = context.focus.and_then(|focus| place(view, focus)) {
            data.set_area(area);
            data.set_index(index);
        }
    }
}

fn place(view: &HomeView, focus: &str) -> Option<(ui::HomeArea, i32)> {
    match focus {
        "home/live" => return Some((ui::HomeArea::Live, 0)),
        "home/settings" => return Some((ui::HomeArea::Settings, 0)),
        _ => {}
    }
    if let Some(index) = view.boards.iter().position(|card| card.id == focus) {
        return Some((ui::HomeArea::Board, index as i32));
    }
    view.fresh.iter().position(|card| card.id == focus).map(|index| (ui::HomeArea::Fresh, index as i32))
}
