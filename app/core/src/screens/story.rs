//! One picture at a time, full screen: a picture story, or the enlarged pictures of another item.

use super::opened::Opened;
use super::{Action, Command, Context, Direction};
use crate::catalog::{Board, Content, Picture};
use crate::text::break_lines;
use crate::view::{PictureView, StoryView};
use crate::words::HintWord;

#[derive(Clone, Debug)]
pub struct Story {
    /// `None` for the enlarged pictures of another item.
    pub opened: Option<Opened>,
    board: Board,
    title: String,
    pictures: Vec<Picture>,
    index: usize,
}

impl Story {
    pub fn new(opened: Opened) -> Story {
        Story {
            board: opened.summary.board,
            title: opened.summary.title.clone(),
            opened: Some(opened),
            pictures: Vec::new(),
            index: 0,
        }
    }

    pub fn enlarged(board: Board, title: String, pictures: Vec<Picture>, index: usize) -> Story {
        Story { opened: None, board, title, pictures, index }
    }

    pub fn settle(&mut self) {
        if let Some(Content::Story { pictures }) = self.opened.as_ref().and_then(Opened::item).map(|item| &item.content)
            && self.pictures != *pictures
        {
            self.pictures = pictures.clone();
        }
        self.index = self.index.min(self.pictures.len().saturating_sub(1));
    }

    pub fn handle(&mut self, command: Command) -> Action {
        let last = self.pictures.len().saturating_sub(1);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok => self.index = (self.index + 1).min(last),
            Command::Move { direction: Direction::Right | Direction::Down, .. } => {
                self.index = (self.index + 1).min(last)
            }
            Command::Move { direction: Direction::Left | Direction::Up, .. } => {
                self.index = self.index.saturating_sub(1)
            }
        }
        Action::Nothing
    }

    pub fn view(&self, context: &Context) -> StoryView {
        let none = PictureView { sha256: None, width: 16, height: 9, caption: String::new() };
        let picture = self.pictures.get(self.index).map_or(none, |picture| context.picture(picture));
        let neighbours = [self.index.checked_sub(1), Some(self.index + 1)];
        let mut caption = break_lines(&picture.caption, context.layout.caption_width(), false, context.measure);
        if caption.len() > 2 {
            caption.truncate(2);
            if let Some(last) = caption.last_mut() {
                last.pop();
                last.push('…');
            }
        }
        let hints: &[HintWord] = if self.pictures.len() > 1 {
            &[HintWord::Pictures, HintWord::Back(context.back)]
        } else {
            &[HintWord::Back(context.back)]
        };
        let count = self.pictures.len();
        StoryView {
            board: self.board,
            title: self.title.clone(),
            caption,
            index: self.index,
            count,
            ahead: neighbours
                .into_iter()
                .flatten()
                .filter_map(|index| self.pictures.get(index))
                .map(|picture| context.picture(picture))
                .collect(),
            hints: context.hints(hints),
            position: if count > 1 { context.words.picture_position(self.index, count) } else { String::new() },
            empty: self.opened.as_ref().and_then(|opened| opened.empty(context)),
            picture,
        }
    }
}
