//! A video before it is played: what it is, whether it is stored here, and what follows.

use super::opened::Opened;
use super::{Action, Command, Context, Direction, element, item_element, text_page};
use crate::catalog::{Content, ItemId, ItemSummary, Kind};
use crate::text::{Page, PageShape, Placed, paginate};
use crate::view::{ButtonView, Element, ElementId, TextSize, VideoDetailView};
use crate::words::{HintWord, Label};

/// How much of the text stands beside the poster, in body lines.
const TEXT_LINES: f32 = 4.0;
/// Body lines of more text than ever stands there.
const LONG: f32 = 20.0;

#[derive(Clone, Debug)]
pub struct VideoDetail {
    pub opened: Opened,
    text: Page,
    paged: Option<TextSize>,
    focus: Focus,
    /// OK was pressed before the item was read from the store: from where it shall play, in milliseconds.
    pressed: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Focus {
    Play,
    Restart,
    Next(ItemId),
}

impl VideoDetail {
    pub fn new(opened: Opened) -> VideoDetail {
        VideoDetail { opened, text: Page::default(), paged: None, focus: Focus::Play, pressed: None }
    }

    pub fn settle(&mut self, context: &Context) {
        if let Some(item) = self.opened.item()
            && self.paged != Some(context.settings.text_size)
        {
            // There is no second page here: what does not fit is cut by the line, not by the paragraph.
            let shape = PageShape { width: context.layout.detail_width(), height: LONG, reserved: 0.0 };
            self.text = paginate(&item.body, shape, context.measure).into_iter().next().unwrap_or_default();
            self.text.placed.retain(|placed| match placed {
                Placed::Line { top, .. } => top + 1.0 <= TEXT_LINES + 0.001,
                Placed::Figure { top, height, .. } => top + height <= TEXT_LINES + 0.001,
            });
            self.paged = Some(context.settings.text_size);
        }
        let lost = match &self.focus {
            Focus::Play => false,
            Focus::Restart => self.resume(context).is_none(),
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
                    Focus::Play => self.pressed = Some(resume.unwrap_or(0)),
                    Focus::Restart => self.pressed = Some(0),
                }
                return self.overdue();
            }
            Command::Move { direction, .. } => {
                let focus = match (&self.focus, direction) {
                    (Focus::Play, Right) if resume.is_some() => Some(Focus::Restart),
                    (Focus::Restart, Left) => Some(Focus::Play),
                    (Focus::Play | Focus::Restart, Down) => next.first().map(|item| Focus::Next(item.id.clone())),
                    (Focus::Next(_), Up) => Some(Focus::Play),
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
        let next = following(&self.opened.summary, context);
        let next = next.iter().map(|item| element(item_element(&item.id), item.title.clone()));
        let focus = match &self.focus {
            Focus::Play => "video/play".into(),
            Focus::Restart => "video/restart".into(),
            Focus::Next(id) => item_element(id),
        };
        (buttons.chain(next).collect(), focus)
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
