//! The review inbox: what waits for one's approval, as the TV will show it.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place};
use crate::layout::Page;
use crate::words::{State, Step};

/// `/console/inbox?step=first&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// The step that is shown.
    pub step: Step,
    /// How much waits at every step that the viewer reviews.
    pub tabs: Vec<(Step, i64)>,
    /// The oldest first.
    pub entries: Vec<Entry>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub item: ItemLine,
    /// SHA-256 of the content, in full; an approval names it, so that nobody approves what they have not seen.
    pub hash: String,
    /// URLs of previews as the TV shows it, in order; the first is the item's own screen.
    pub previews: Vec<String>,
    /// The first 200 characters or so of the running text.
    pub excerpt: String,
    /// Against what was approved last; empty for something new.
    pub changes: Vec<Change>,
    /// Since when it waits for this step, Unix seconds.
    pub since: i64,
    /// Who has let it through before: step, name, Unix seconds.
    pub passed: Vec<(Step, String, i64)>,
    /// Why the viewer cannot decide, such as that it is their own text; in the reader's language.
    pub barred: Option<String>,
}

/// A line of a comparison.
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: ChangeKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Same,
    Added,
    Removed,
}

/// What takes the place of an entry once it is decided.
#[derive(Clone, Debug)]
pub struct Decided {
    pub id: String,
    pub title: String,
    /// Where the item stands now.
    pub state: State,
    /// Somebody else was quicker, or the text has changed meanwhile: what to say instead, in the reader's language.
    pub problem: Option<String>,
    pub tabs: Vec<(Step, i64)>,
    /// The tab that is shown.
    pub step: Step,
}

/// Posts `hash` and `step` to `/console/items/{id}/approve`, or `hash`, `step` and `reason` to
/// `/console/items/{id}/reject`; htmx expects [`decided`].
pub fn page(cx: &Context, view: &Inbox) -> Markup {
    let body = html! { h1 { (view.step.word(cx.lang)) } };
    Page { title: Place::Inbox.word(cx.lang), place: Some(Place::Inbox), scripts: &["inbox.js"], body }.draw(cx)
}

/// The fragment that htmx puts in the place of the entry.
pub fn decided(cx: &Context, view: &Decided) -> Markup {
    html! { p { (view.title) (view.state.word(cx.lang)) } }
}
