//! One adapter per screen: takes its part of the core's view and moves what changed into the models that it keeps.

mod home;
mod osd;

use crate::generated as ui;
use crate::pictures::{Corners, Fit, Pictures, Place};
use slint::SharedString;
use yuexiang_core::catalog::{Board, Kind};
use yuexiang_core::key::Layer;
use yuexiang_core::view::{EmptyIcon, EmptyView, FreshCard, Screen, View};

pub(crate) struct Screens {
    home: home::Home,
    osd: osd::Osds,
}

impl Screens {
    pub fn new(window: &ui::MainWindow) -> Screens {
        Screens { home: home::Home::new(window), osd: osd::Osds::new(window) }
    }

    pub fn apply(&mut self, window: &ui::MainWindow, view: &View, pictures: &mut Pictures) {
        let focus_on = |layer| (view.layer == layer).then_some(view.focus.as_str());
        let focus = focus_on(Layer::Screen);
        match &view.screen {
            Screen::Live | Screen::Player => {}
            Screen::Home(home) => self.home.apply(window, home, focus, pictures),
            _ => {}
        }
        self.osd.apply(window, view.osd.as_ref(), focus_on(Layer::Osd));
    }
}

/// Radius of cards, in pixels of the scene.
pub(crate) const RADIUS: f32 = 20.0;

pub(crate) fn board(board: Board) -> ui::Board {
    match board {
        Board::Party => ui::Board::Party,
        Board::Governance => ui::Board::Governance,
        Board::Culture => ui::Board::Culture,
        Board::Business => ui::Board::Business,
    }
}

pub(crate) fn kind_icon(kind: Kind) -> ui::IconName {
    match kind {
        Kind::Article => ui::IconName::Article,
        Kind::Notice => ui::IconName::Notice,
        Kind::Story => ui::IconName::Story,
        Kind::Video => ui::IconName::Video,
        Kind::Disclosure => ui::IconName::Disclosure,
        Kind::Activity => ui::IconName::Activity,
        Kind::Product => ui::IconName::Product,
        Kind::Spot => ui::IconName::Spot,
        Kind::Job => ui::IconName::Job,
    }
}

pub(crate) fn empty(empty: Option<&EmptyView>) -> ui::Empty {
    let Some(empty) = empty else { return ui::Empty::default() };
    let icon = match empty.icon {
        EmptyIcon::Empty => ui::IconName::Empty,
        EmptyIcon::Offline => ui::IconName::Offline,
        EmptyIcon::Loading => ui::IconName::Loading,
        EmptyIcon::Error => ui::IconName::Error,
    };
    ui::Empty { shown: true, icon, title: text(&empty.title), text: text(&empty.text) }
}

pub(crate) fn text(text: &str) -> SharedString {
    text.into()
}

/// The small cards of the home page and below a video.
pub(crate) fn fresh_cards(cards: &[FreshCard], pictures: &mut Pictures) -> Vec<ui::FreshCard> {
    let place = Place { width: 154.0, height: 154.0, fit: Fit::Cover, corners: Corners::Left, radius: RADIUS };
    let card = |card: &FreshCard| ui::FreshCard {
        id: text(&card.id),
        tag: text(&card.tag),
        title: text(&card.title),
        board: board(card.board),
        picture: pictures.get(card.thumbnail.as_ref(), place),
    };
    cards.iter().map(card).collect()
}
