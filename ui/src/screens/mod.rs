//! One adapter per screen: takes its part of the core's view and moves what changed into the models that it keeps.

mod board;
mod code;
mod detail;
mod home;
mod osd;
mod overlay;
mod parts;
mod product;
mod reader;
mod settings;
mod story;
mod table;

use crate::generated::MainWindow;
use crate::pictures::Pictures;
pub(crate) use parts::text;
use yuexiang_core::key::Layer;
use yuexiang_core::view::{Screen, View};

pub(crate) struct Screens {
    home: home::Home,
    board: board::BoardScreen,
    reader: reader::Reader,
    table: table::Table,
    story: story::Story,
    detail: detail::Detail,
    product: product::Product,
    settings: settings::Settings,
    about: settings::About,
    osd: osd::Osds,
    overlay: overlay::Overlay,
}

/// What every adapter works with.
pub(crate) struct Context<'a> {
    pub window: &'a MainWindow,
    pub pictures: &'a mut Pictures,
    /// The focused element, when the focus is on the adapter's layer.
    pub focus: Option<&'a str>,
    /// Large type.
    pub large: bool,
    /// From the scene to the display.
    pub scale: f32,
}

impl Screens {
    pub fn new(window: &MainWindow) -> Screens {
        Screens {
            home: home::Home::new(window),
            board: board::BoardScreen::new(window),
            reader: reader::Reader::new(window),
            table: table::Table::new(window),
            story: story::Story::new(window),
            detail: detail::Detail::new(window),
            product: product::Product::new(window),
            settings: settings::Settings::new(window),
            about: settings::About::new(window),
            osd: osd::Osds::new(window),
            overlay: overlay::Overlay::new(window),
        }
    }

    pub fn apply(&mut self, window: &MainWindow, view: &View, pictures: &mut Pictures, scale: f32) {
        let focus_on = |layer| (view.layer == layer).then_some(view.focus.as_str());
        let large = view.text_size == yuexiang_core::view::TextSize::Large;
        let mut context = Context { window, pictures, focus: focus_on(Layer::Screen), large, scale };
        match &view.screen {
            Screen::Live | Screen::Player => {}
            Screen::Home(home) => self.home.apply(home, &mut context),
            Screen::Board(board) => self.board.apply(board, &mut context),
            Screen::Reader(reader) => self.reader.apply(reader, &mut context),
            Screen::Table(table) => self.table.apply(table, &mut context),
            Screen::Story(story) => self.story.apply(story, &mut context),
            Screen::VideoDetail(detail) => self.detail.apply(detail, &mut context),
            Screen::Product(product) => self.product.apply(product, &mut context),
            Screen::Settings(settings) => self.settings.apply(settings, &mut context),
            Screen::About(about) => self.about.apply(about, &mut context),
        }
        context.focus = focus_on(Layer::Osd);
        self.osd.apply(view.osd.as_ref(), &mut context);
        context.focus = focus_on(Layer::Dialog);
        self.overlay.apply(view, &mut context);
    }
}
