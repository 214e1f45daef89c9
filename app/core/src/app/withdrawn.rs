//! Somebody reads or watches what is being withdrawn: they are led back to where they came from, and told why.

use super::App;
use crate::catalog::Item;
use crate::event::{StoreError, StoreErrorKind};
use crate::screens::ScreenState;
use crate::view::Travel;

impl App {
    /// The store may have a later version of an item than the library; it is shown if it is admitted by itself.
    pub(super) fn admitted(&self, item: Box<Item>) -> Result<Box<Item>, StoreError> {
        if self.library.admits(&item.summarize()) {
            return Ok(item);
        }
        let detail = format!("item {} is not admitted", item.id);
        Err(StoreError { kind: StoreErrorKind::NotFound, detail })
    }

    /// Closes every screen whose item is no longer there, and what lies on top of it for the same item.
    pub(super) fn leave_withdrawn(&mut self) {
        let mut gone = false;
        let keep: Vec<bool> = self
            .screens
            .iter()
            .map(|screen| {
                gone = match (screen, screen.opened()) {
                    (_, Some(opened)) => self.library.item(&opened.id).is_none(),
                    // The video or the enlarged pictures of the item below.
                    (ScreenState::Player | ScreenState::Story(_), None) => gone,
                    _ => false,
                };
                !gone
            })
            .collect();
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let seen = keep.last() == Some(&false);
        let playing =
            self.screens.iter().zip(&keep).any(|(screen, keep)| !keep && matches!(screen, ScreenState::Player));
        let mut keep = keep.into_iter();
        self.screens.retain(|_| keep.next().unwrap_or(true));
        if playing {
            self.stop_video();
        }
        if seen {
            self.moved(Travel::Back);
            self.say(self.words().withdrawn());
        }
    }
}
