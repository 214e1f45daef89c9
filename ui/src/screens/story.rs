//! One picture at a time.

use super::Context;
use super::parts::{board, contained, empty, hints, text};
use crate::generated as ui;
use crate::models::sync;
use crate::pictures::{Corners, Place};
use slint::{ComponentHandle, ModelRc, SharedString, VecModel};
use std::rc::Rc;
use yuexiang_core::view::{PictureView, StoryView};

pub(super) struct Story {
    heading: Rc<VecModel<SharedString>>,
    caption: Rc<VecModel<SharedString>>,
    hints: Rc<VecModel<ui::Hint>>,
}

impl Story {
    pub fn new(window: &ui::MainWindow) -> Story {
        let story = Story { heading: Rc::default(), caption: Rc::default(), hints: Rc::default() };
        let data = window.global::<ui::StoryData>();
        data.set_heading(ModelRc::from(story.heading.clone()));
        data.set_caption(ModelRc::from(story.caption.clone()));
        data.set_hints(ModelRc::from(story.hints.clone()));
        story
    }

    pub fn apply(&mut self, view: &StoryView, context: &mut Context) {
        let data = context.window.global::<ui::StoryData>();
        data.set_board(board(view.board));
        sync(&self.heading, view.heading.iter().map(|line| text(line)).collect(), SharedString::clone);
        let place = place(&view.picture, view.picture_height);
        data.set_room(view.picture_height);
        data.set_picture_width(place.width);
        data.set_picture_height(place.height);
        data.set_picture(context.pictures.get(Some(&view.picture), place));
        for ahead in &view.ahead {
            let place = self::place(ahead, view.picture_height);
            context.pictures.get(Some(ahead), place);
        }
        sync(&self.caption, view.caption.iter().map(|line| text(line)).collect(), SharedString::clone);
        sync(&self.hints, hints(&view.hints), |hint| hint.keys.clone());
        data.set_position(text(&view.position));
        data.set_empty(empty(view.empty.as_ref()));
    }
}

/// As large as the words below it allow.
fn place(picture: &PictureView, room: f32) -> Place {
    let (width, height) = contained(picture, 1728.0, room);
    Place { width, height, corners: Corners::All, radius: 12.0 }
}
