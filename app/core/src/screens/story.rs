//! One picture at a time, full screen: a picture story, or the enlarged pictures of another item. The words of a story
//! are one key away from each of its pictures.

use super::opened::Opened;
use super::reader::text_pages;
use super::{Action, Command, Context, Direction};
use crate::catalog::{Board, Content, Picture};
use crate::text::{SMALL, break_lines};
use crate::view::{Language, PictureView, StoryView, TextSize};
use crate::words::HintWord;

#[derive(Clone, Debug)]
pub struct Story {
    /// `None` for the enlarged pictures of another item.
    pub opened: Option<Opened>,
    board: Board,
    title: String,
    pictures: Vec<Picture>,
    index: usize,
    /// Of the text, and for what they were counted.
    text_pages: usize,
    paged: Option<(TextSize, Language)>,
}

impl Story {
    pub fn new(opened: Opened) -> Story {
        Story {
            board: opened.summary.board,
            title: opened.summary.title.clone(),
            opened: Some(opened),
            pictures: Vec::new(),
            index: 0,
            text_pages: 0,
            paged: None,
        }
    }

    pub fn enlarged(board: Board, title: String, pictures: Vec<Picture>, index: usize) -> Story {
        Story { opened: None, board, title, pictures, index, text_pages: 0, paged: None }
    }

    pub fn settle(&mut self, context: &Context) {
        if let Some(item) = self.opened.as_ref().and_then(Opened::item)
            && let Content::Story { pictures } = &item.content
        {
            if self.pictures != *pictures {
                self.pictures = pictures.clone();
            }
            if self.paged != Some(context.type_of_text()) {
                self.text_pages = text_pages(item, context);
                self.paged = Some(context.type_of_text());
            }
        }
        self.index = self.index.min(self.pictures.len().saturating_sub(1));
    }

    pub fn handle(&mut self, command: Command) -> Action {
        let last = self.pictures.len().saturating_sub(1);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok if self.text_pages > 0 => return Action::OpenText,
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
        let width = context.layout.caption_width();
        let heading = break_lines(&self.title, width / SMALL, false, context.measure);
        let caption = break_lines(&picture.caption, width, false, context.measure);
        let mut hints = Vec::new();
        if self.pictures.len() > 1 {
            hints.push(HintWord::Pictures);
        }
        if self.text_pages > 0 {
            hints.push(HintWord::ReadText);
        }
        hints.push(HintWord::Back(context.back));
        let count = self.pictures.len();
        StoryView {
            board: self.board,
            title: self.title.clone(),
            picture_height: context.layout.picture_height(heading.len(), caption.len()),
            heading,
            caption,
            index: self.index,
            count,
            text_pages: self.text_pages,
            ahead: neighbours
                .into_iter()
                .flatten()
                .filter_map(|index| self.pictures.get(index))
                .map(|picture| context.picture(picture))
                .collect(),
            hints: context.hints(&hints),
            position: if count > 1 { context.words.picture_position(self.index, count) } else { String::new() },
            empty: self.opened.as_ref().and_then(|opened| opened.empty(context)),
            picture,
        }
    }
}
