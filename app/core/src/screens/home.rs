//! The village's home page: the live picture, the four boards, what is new.
//!
//! ```text
//!                                settings
//!   ┌───────────────────────┐  ┌──────────┐
//!   │                       │  │ board 0  │
//!   │         live          │  │ …        │
//!   │                       │  │ board 3  │
//!   └───────────────────────┘  └──────────┘
//!   ┌──fresh 0──┐ ┌──fresh 1──┐ …
//! ```

use super::{Action, Command, Context, Direction, element, item_element};
use crate::catalog::{Board, ItemId};
use crate::view::{BoardCard, Element, ElementId, HomeView, LiveCard};
use crate::words::Label;

#[derive(Clone, Debug)]
pub struct Home {
    focus: Focus,
    /// The board from which one went left or down, to come back to it.
    board: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Focus {
    Settings,
    Live,
    Board(usize),
    Fresh(ItemId),
}

impl Default for Home {
    fn default() -> Home {
        Home::new()
    }
}

impl Home {
    /// The focus stands on the live picture, as the cable rules ask.
    pub fn new() -> Home {
        Home { focus: Focus::Live, board: 0 }
    }

    /// Puts the focus on one of the fresh items.
    pub fn go_to(&mut self, fresh: &str) {
        self.focus = Focus::Fresh(fresh.to_owned());
    }

    pub fn settle(&mut self, context: &Context) {
        if let Focus::Fresh(id) = &self.focus
            && !fresh(context).contains(id)
        {
            self.focus = fresh(context).first().map_or(Focus::Live, |id| Focus::Fresh(id.clone()));
        }
    }

    pub fn handle(&mut self, command: Command, context: &Context) -> Action {
        match command {
            Command::Back => return Action::Live,
            Command::Ok => return self.press(),
            Command::Move { direction, .. } => self.step(direction, context),
        }
        Action::Nothing
    }

    fn press(&self) -> Action {
        match &self.focus {
            Focus::Settings => Action::OpenSettings,
            Focus::Live => Action::Live,
            Focus::Board(index) => Action::OpenBoard(Board::ALL[*index]),
            Focus::Fresh(id) => Action::Open(id.clone()),
        }
    }

    fn step(&mut self, direction: Direction, context: &Context) {
        use Direction::{Down, Left, Right, Up};
        let fresh = fresh(context);
        let card =
            |index: usize| fresh.get(index.min(fresh.len().saturating_sub(1))).map(|id| Focus::Fresh(id.clone()));
        let next = match (&self.focus, direction) {
            (Focus::Settings, Down) => Some(Focus::Board(0)),
            (Focus::Settings, Left) => Some(Focus::Live),
            (Focus::Live, Right) => Some(Focus::Board(self.board)),
            (Focus::Live, Up) => Some(Focus::Settings),
            (Focus::Live, Down) => card(0),
            (Focus::Board(_), Left) => Some(Focus::Live),
            (Focus::Board(0), Up) => Some(Focus::Settings),
            (Focus::Board(index), Up) => Some(Focus::Board(index - 1)),
            (Focus::Board(3), Down) => card(usize::MAX),
            (Focus::Board(index), Down) => Some(Focus::Board(index + 1)),
            (Focus::Fresh(id), direction) => {
                let at = fresh.iter().position(|known| known == id).unwrap_or(0);
                match direction {
                    // The last of a full row stands below the boards.
                    Up if at + 1 == context.layout.fresh_cards() => Some(Focus::Board(3)),
                    Up => Some(Focus::Live),
                    Left if at > 0 => card(at - 1),
                    Right if at + 1 < fresh.len() => card(at + 1),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(next) = next {
            self.focus = next;
        }
        if let Focus::Board(index) = self.focus {
            self.board = index;
        }
    }

    fn focus_id(&self) -> ElementId {
        match &self.focus {
            Focus::Settings => "home/settings".into(),
            Focus::Live => "home/live".into(),
            Focus::Board(index) => board_id(Board::ALL[*index]),
            Focus::Fresh(id) => item_element(id),
        }
    }

    pub fn elements(&self, context: &Context) -> (Vec<Element>, ElementId) {
        let words = context.words;
        let mut elements = vec![element("home/settings", words.label(Label::Settings)), element("home/live", "")];
        elements.extend(Board::ALL.map(|board| element(board_id(board), words.board(board))));
        for item in fresh(context).iter().filter_map(|id| context.library.item(id)) {
            elements.push(element(item_element(&item.id), item.title.clone()));
        }
        (elements, self.focus_id())
    }

    pub fn view(&self, context: &Context) -> HomeView {
        let fresh = fresh(context);
        HomeView {
            live: live_card(context),
            boards: Board::ALL.map(|board| board_card(board, context)).to_vec(),
            empty: fresh.is_empty().then(|| context.empty(context.nothing())),
            fresh: fresh.iter().filter_map(|id| context.library.item(id)).map(|item| context.card(item)).collect(),
        }
    }
}

fn board_id(board: Board) -> ElementId {
    format!("home/board/{}", board.slug())
}

fn fresh<'a>(context: &'a Context) -> &'a [ItemId] {
    let fresh = context.shelves.fresh();
    &fresh[..fresh.len().min(context.layout.fresh_cards())]
}

fn board_card(board: Board, context: &Context) -> BoardCard {
    let named: Vec<String> = context
        .shelves
        .sections(board)
        .iter()
        .filter(|section| !context.shelves.list(board, &section.id).is_empty())
        .take(2)
        .map(|section| context.section_name(board, &section.id))
        .collect();
    let title = context.words.board(board);
    let (today, week) = (context.shelves.new_today(board), context.shelves.new_this_week(board));
    let badge = match (today, week) {
        // Without the time nobody knows what day it is.
        _ if context.now.is_none() => String::new(),
        (0, 0) => String::new(),
        (0, week) => context.words.new_this_week(week),
        (today, _) => context.words.new_today(today),
    };
    let (line, badge_below) = context.layout.card_line(&title, &named, &badge, context.measure);
    BoardCard { id: board_id(board), board, title, line, badge, badge_below }
}

/// The words below the live picture.
fn live_card(context: &Context) -> LiveCard {
    let Some(channel) = context.tuner.current().map(|station| &station.channel) else {
        let (title, text) = context.words.empty(context.no_channels());
        return LiveCard { title, line: String::new(), times: String::new(), trouble: Some(text) };
    };
    let mut title = format!("{} {}", channel.number, channel.name);
    let (mut line, mut times) = (String::new(), String::new());
    if let Some((current, next)) = context.on_air(channel) {
        title = format!("{title} · {}", current.title);
        let (from, to) = (context.words.clock(current.starts), context.words.clock(current.ends));
        // A spot of half a minute begins and ends in the same one.
        times = if from == to { from } else { format!("{from} – {to}") };
        line = format!("{times}　{}", context.words.then(next.title));
    }
    let trouble = context.live_trouble.map(|kind| context.words.live_trouble(kind));
    LiveCard { title, line, times, trouble }
}
