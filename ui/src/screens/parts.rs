//! What several screens share: from the core's words and positions to those of the scene.

use super::Context;
use crate::generated as ui;
use crate::pictures::{Corners, Place};
use slint::SharedString;
use yuexiang_core::catalog::{Board, Kind};
use yuexiang_core::text::caption_height;
use yuexiang_core::view::{
    ButtonView, EmptyIcon, EmptyView, FactRow, FigureView, FreshCard, Hint, LineStyle, SidePicture, TextPage,
};

/// Radius of cards, in pixels of the scene.
pub(super) const RADIUS: f32 = 20.0;

pub(crate) fn text(text: &str) -> SharedString {
    text.into()
}

pub(super) fn board(board: Board) -> ui::Board {
    match board {
        Board::Party => ui::Board::Party,
        Board::Governance => ui::Board::Governance,
        Board::Culture => ui::Board::Culture,
        Board::Business => ui::Board::Business,
    }
}

pub(super) fn kind_icon(kind: Kind) -> ui::IconName {
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

pub(super) fn title(of: Board, crumb: &str, title: &str, meta: &str) -> ui::Title {
    ui::Title { board: board(of), crumb: text(crumb), title: text(title), meta: text(meta) }
}

pub(super) fn empty(empty: Option<&EmptyView>) -> ui::Empty {
    let Some(empty) = empty else { return ui::Empty::default() };
    let icon = match empty.icon {
        EmptyIcon::Empty => ui::IconName::Empty,
        EmptyIcon::Offline => ui::IconName::Offline,
        EmptyIcon::Loading => ui::IconName::Loading,
        EmptyIcon::Error => ui::IconName::Error,
    };
    ui::Empty { shown: true, icon, title: text(&empty.title), text: text(&empty.text) }
}

pub(super) fn hints(hints: &[Hint]) -> Vec<ui::Hint> {
    hints.iter().map(|hint| ui::Hint { keys: text(&hint.keys), text: text(&hint.text) }).collect()
}

/// Lines that the core has broken, as one text.
pub(super) fn broken(lines: &[String]) -> SharedString {
    text(&lines.join("\n"))
}

pub(super) fn fact_rows(page: &TextPage, large: bool) -> Vec<ui::FactRow> {
    let (line_height, em) = measures(large);
    let row = |row: &FactRow| ui::FactRow {
        label: broken(&row.label_lines),
        value: broken(&row.value_lines),
        x: row.indent * em,
        y: row.top * line_height,
        height: row.height * line_height,
    };
    page.facts.iter().map(row).collect()
}

pub(super) fn button(button: &ButtonView, icon: ui::IconName) -> ui::Button {
    ui::Button { id: text(&button.id), label: text(&button.label), icon }
}

/// The small cards of the home page and below a video.
pub(super) fn fresh_cards(cards: &[FreshCard], context: &mut Context) -> Vec<ui::FreshCard> {
    let place = Place { width: 154.0, height: 154.0, corners: Corners::Left, radius: RADIUS };
    let card = |card: &FreshCard| ui::FreshCard {
        id: text(&card.id),
        tag: text(&card.tag),
        title: text(&card.title),
        board: board(card.board),
        picture: context.pictures.get(card.thumbnail.as_ref(), place),
    };
    cards.iter().map(card).collect()
}

/// Pixels of a body line and of an em of the body, as in the core's `layout`.
fn measures(large: bool) -> (f32, f32) {
    if large { (68.0, 40.0) } else { (54.0, 32.0) }
}

pub(super) fn lines(page: &TextPage, large: bool) -> Vec<ui::Line> {
    let (line_height, em) = measures(large);
    let line = |line: &yuexiang_core::view::TextLine| {
        let heading = line.style == LineStyle::Heading;
        ui::Line {
            text: text(&line.text),
            x: line.indent * em,
            y: line.top * line_height,
            height: line_height * if heading { 1.2 } else { 1.0 },
            heading,
            quote: line.style == LineStyle::Quote,
        }
    };
    page.lines.iter().map(line).collect()
}

pub(super) fn figures(page: &TextPage, width: f32, context: &mut Context) -> Vec<ui::Figure> {
    let (line_height, _) = measures(context.large);
    let mut figure = |figure: &FigureView| {
        let caption = caption_height(figure.caption.len()) * line_height;
        let room = (figure.height * line_height - caption).max(line_height);
        let (width, height) = contained(&figure.picture, width, room - 12.0);
        let place = Place { width, height, corners: Corners::All, radius: RADIUS };
        ui::Figure {
            id: text(&figure.picture.sha256.map(|sha256| sha256.to_string()).unwrap_or_default()),
            picture: context.pictures.get(Some(&figure.picture), place),
            caption: broken(&figure.caption),
            caption_height: caption,
            y: figure.top * line_height,
            width,
            height: room,
        }
    };
    page.figures.iter().map(&mut figure).collect()
}

/// The size of a picture that is to be seen whole in a place.
pub(super) fn contained(picture: &yuexiang_core::view::PictureView, width: f32, height: f32) -> (f32, f32) {
    let (natural_width, natural_height) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
    let scale = (width / natural_width).min(height / natural_height);
    ((natural_width * scale).round(), (natural_height * scale).round())
}

/// The picture to the right of a text: 572 wide, as high as it needs within `limits`.
pub(super) fn side(side: Option<&SidePicture>, limits: (f32, f32), context: &mut Context) -> ui::SidePicture {
    const WIDTH: f32 = 572.0;
    let Some(side) = side else { return ui::SidePicture::default() };
    let picture = &side.picture;
    let natural = WIDTH * picture.height.max(1) as f32 / picture.width.max(1) as f32;
    let height = natural.clamp(limits.0, limits.1).round();
    let place = Place { width: WIDTH, height, corners: Corners::All, radius: RADIUS };
    ui::SidePicture {
        shown: true,
        picture: context.pictures.get(Some(picture), place),
        label: text(&side.label),
        caption: text(&picture.caption),
        height,
    }
}
