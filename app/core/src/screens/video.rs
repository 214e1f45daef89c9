//! A video before it is played: what it is, whether it is stored here, and what follows.

use super::opened::Opened;
use super::reader::text_pages;
use super::{Action, Command, Context, Direction, element, item_element, text_page};
use crate::catalog::{Content, ItemId, ItemSummary, Kind};
use crate::text::{Page, PageShape, Placed, paginate};
use crate::view::{ButtonView, Element, ElementId, Language, TextSize, VideoDetailView};
use crate::words::{HintWord, Label};

/// Body lines of more text than ever stands beside the poster.
const LONG: f32 = 20.0;

#[derive(Clone, Debug)]
pub struct VideoDetail {
    pub opened: Opened,
    text: Page,
    /// Of the whole text, when not all of it stands here.
    text_pages: usize,
    paged: Option<(TextSize, Language)>,
    focus: Focus,
    /// OK was pressed before the item was read from the store: from where it shall play, in milliseconds.
    pressed: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Focus {
    Play,
    Restart,
    Text,
    Next(ItemId),
}

impl VideoDetail {
    pub fn new(opened: Opened) -> VideoDetail {
        VideoDetail { opened, text: Page::default(), text_pages: 0, paged: None, focus: Focus::Play, pressed: None }
    }

    pub fn settle(&mut self, context: &Context) {
        if let Some(item) = self.opened.item()
            && self.paged != Some(context.type_of_text())
        {
            let shape = context.layout.beside_poster();
            let matter = context.matter(item, Vec::new());
            let whole = paginate(&matter, shape, context.measure);
            let plain = whole.iter().flat_map(|page| &page.placed).all(|placed| matches!(placed, Placed::Line { .. }));
            if whole.len() <= 1 && plain {
                self.text = whole.into_iter().next().unwrap_or_default();
                self.text_pages = 0;
            } else {
                // The first lines, by the line and not by the paragraph, and one line less: it says where the rest is.
                let long = PageShape { height: LONG, ..shape };
                self.text = paginate(&matter, long, context.measure).into_iter().next().unwrap_or_default();
                self.text
                    .placed
                    .retain(|placed| matches!(placed, Placed::Line { top, .. } if top + 2.0 <= shape.height + 0.001));
                self.text_pages = text_pages(item, context);
            }
            self.paged = Some(context.type_of_text());
        }
        let lost = match &self.focus {
            Focus::Play => false,
            Focus::Restart => self.resume(context).is_none(),
            Focus::Text => self.text_pages == 0,
            Focus::Next(id) => !following(&self.opened.summary, context).iter().any(|item| item.id == *id),
        };
        if lost {
            self.focus = Focus::Play;
        }
    }

    /// Where it would go on, in milliseconds.
    fn resume(&self, context: &Context) -> Option<u64> {
        context.positions.get(&self.opened.id).copied()
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        use Direction::{Down, Left, Right, Up};
        let resume = self.resume(context);
        let next = following(&self.opened.summary, context);
        match command {
            Command::Back => return Action::Leave,
            Command::Ok => {
                match &self.focus {
                    Focus::Next(id) => return Action::Open(id.clone()),
                    Focus::Text => return Action::OpenText,
                    Focus::Play => self.pressed = Some(resume.unwrap_or(0)),
                    Focus::Restart => self.pressed = Some(0),
                }
                return self.overdue();
            }
            Command::Move { direction, .. } => {
                let focus = match (&self.focus, direction) {
                    (Focus::Play, Right) if resume.is_some() => Some(Focus::Restart),
                    (Focus::Restart, Left) => Some(Focus::Play),
                    (Focus::Play | Focus::Restart, Down) if self.text_pages > 0 => Some(Focus::Text),
                    (Focus::Play | Focus::Restart | Focus::Text, Down) => {
                        next.first().map(|item| Focus::Next(item.id.clone()))
                    }
                    (Focus::Next(_), Up) if self.text_pages > 0 => Some(Focus::Text),
                    (Focus::Next(_) | Focus::Text, Up) => Some(Focus::Play),
                    (Focus::Next(id), Left | Right) => {
                        let at = next.iter().position(|item| item.id == *id).unwrap_or(0);
                        let to = if direction == Left { at.checked_sub(1) } else { Some(at + 1) };
                        to.and_then(|to| next.get(to)).map(|item| Focus::Next(item.id.clone()))
                    }
                    _ => None,
                };
                self.focus = focus.unwrap_or(self.focus.clone());
            }
        }
        Action::Nothing
    }

    /// Plays what was asked for as soon as the item is here, so that no press is lost.
    pub fn overdue(&mut self) -> Action {
        match (self.pressed, self.opened.item()) {
            (Some(from), Some(item)) => {
                let item = Box::new(item.clone());
                self.pressed = None;
                Action::Play { item, from }
            }
            _ => Action::Nothing,
        }
    }

    fn buttons(&self, context: &Context) -> Vec<ButtonView> {
        let button = |id: &str, label| ButtonView { id: id.to_owned(), label };
        let words = context.words;
        match self.resume(context) {
            Some(position) => vec![
                button("video/play", words.resume_at(position)),
                button("video/restart", words.label(Label::Restart)),
            ],
            None => vec![button("video/play", words.label(Label::Play))],
        }
    }

    pub fn elements(&self, context: &Context) -> (Vec<Element>, ElementId) {
        let buttons = self.buttons(context).into_iter().map(|button| element(button.id, button.label));
        let text = self.more(context).map(|more| element("video/text", more));
        let next = following(&self.opened.summary, context);
        let next = next.iter().map(|item| element(item_element(&item.id), item.title.clone()));
        let focus = match &self.focus {
            Focus::Play => "video/play".into(),
            Focus::Restart => "video/restart".into(),
            Focus::Text => "video/text".into(),
            Focus::Next(id) => item_element(id),
        };
        (buttons.chain(text).chain(next).collect(), focus)
    }

    /// Where the rest of the text is.
    fn more(&self, context: &Context) -> Option<String> {
        (self.text_pages > 0).then(|| context.words.more_text(self.focus == Focus::Text))
    }

    pub fn view(&self, context: &Context) -> VideoDetailView {
        let summary = &self.opened.summary;
        let video = match self.opened.item().map(|item| &item.content) {
            Some(Content::Video { video }) => Some(video),
            _ => None,
        };
        let availability = match video {
            Some(video) if context.library.has(video.object.sha256) => context.words.stored(),
            Some(video) => context.words.not_stored(context.fates.fate(video.object.sha256), context.online()),
            None => String::new(),
        };
        VideoDetailView {
            board: summary.board,
            crumb: self.opened.crumb(context),
            title: summary.title.clone(),
            meta: self.opened.meta(context),
            poster: video.map(|video| context.picture(&video.poster)),
            duration: context.words.duration(summary.duration.unwrap_or(0)),
            availability,
            buttons: self.buttons(context),
            text: text_page(Some(&self.text), context),
            more: self.more(context),
            text_pages: self.text_pages,
            next: following(summary, context).into_iter().map(|item| context.card(item)).collect(),
            hints: context.hints(&[HintWord::Confirm, HintWord::Back(context.back)]),
            empty: self.opened.empty(context),
        }
    }
}

/// The videos that come after this one in its section, then those before it.
pub fn following<'a>(summary: &ItemSummary, context: &Context<'a>) -> Vec<&'a ItemSummary> {
    let list = context.shelves.list(summary.board, &summary.section);
    let at = list.iter().position(|id| *id == summary.id).map_or(0, |at| at + 1);
    let (before, after) = list.split_at(at.min(list.len()));
    let items = after.iter().chain(before).filter_map(|id| context.library.item(id));
    items.filter(|item| item.kind == Kind::Video && item.id != summary.id).take(context.layout.fresh_cards()).collect()
}
