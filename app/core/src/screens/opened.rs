//! An item that somebody opened: known from its summary at once, read from the store a moment later.

use super::Context;
use crate::catalog::{Item, ItemId, ItemSummary};
use crate::event::{StoreError, StoreErrorKind};
use crate::view::EmptyView;
use crate::words::EmptyWord;

/// An item that cannot be read is fetched again so many times before nothing more is promised.
const MENDS: u8 = 3;
/// Before this nothing says that something is being read, in milliseconds: it is nearly always there sooner.
pub const PATIENCE: u64 = 300;

#[derive(Clone, Debug)]
pub struct Opened {
    pub id: ItemId,
    pub summary: Box<ItemSummary>,
    /// Milliseconds of the clock that never jumps.
    opened_at: u64,
    /// How often it could not be read.
    failures: u8,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Reading,
    Here(Box<Item>),
    Failed(EmptyWord),
}

impl Opened {
    pub fn new(summary: &ItemSummary, monotonic: u64) -> Opened {
        Opened {
            id: summary.id.clone(),
            summary: Box::new(summary.clone()),
            opened_at: monotonic,
            failures: 0,
            state: State::Reading,
        }
    }

    pub fn item(&self) -> Option<&Item> {
        match &self.state {
            State::Here(item) => Some(item),
            _ => None,
        }
    }

    /// The store's answer. What is already on the screen stays when a later reading fails.
    pub fn take(&mut self, result: Result<Box<Item>, StoreError>) {
        match (result, &self.state) {
            (Ok(item), _) => self.state = State::Here(item),
            (Err(_), State::Here(_)) => {}
            (Err(error), _) if error.kind == StoreErrorKind::NotFound => {
                self.state = State::Failed(EmptyWord::Withdrawn);
            }
            (Err(_), _) => {
                self.failures = self.failures.saturating_add(1);
                let word = if self.failures > MENDS { EmptyWord::Broken } else { EmptyWord::Unreadable };
                self.state = State::Failed(word);
            }
        }
    }

    /// It could not be read and is to be fetched again.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.state, State::Failed(EmptyWord::Unreadable))
    }

    pub fn empty(&self, context: &Context) -> Option<EmptyView> {
        match &self.state {
            State::Here(_) => None,
            State::Reading if context.monotonic < self.opened_at + PATIENCE => None,
            State::Reading => Some(context.empty(EmptyWord::Loading)),
            State::Failed(word) => Some(context.empty(*word)),
        }
    }

    /// When the screen changes by itself.
    pub fn poll_timeout(&self) -> Option<u64> {
        matches!(self.state, State::Reading).then_some(self.opened_at + PATIENCE)
    }

    pub fn crumb(&self, context: &Context) -> String {
        context.crumb(self.summary.board, &self.summary.section)
    }

    pub fn meta(&self, context: &Context) -> String {
        context.meta(&self.summary.publisher, self.summary.published, context.library.reviewers(&self.id))
    }
}
