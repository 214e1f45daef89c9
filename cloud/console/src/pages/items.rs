//! The list of content, with filters and search.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::words::{Board, Kind, State};

/// `/console/items?region=&board=&section=&state=&kind=&mine=1&from=&to=&q=&sort=&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Items {
    pub filter: Filter,
    /// The sections one can filter by.
    pub sections: Vec<SectionOption>,
    /// How many there are in every state, the state filter aside; states without any may be left out.
    pub counts: Vec<(State, i64)>,
    pub items: Vec<ItemLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// Whether the viewer may write something new in the region.
    pub may_create: bool,
}

/// What the list is narrowed to; the fields' names are those of the query.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The region and everything below it.
    pub region: Region,
    pub board: Option<Board>,
    /// The section's id.
    pub section: Option<String>,
    pub state: Option<State>,
    pub kind: Option<Kind>,
    /// Only the viewer's own.
    pub mine: bool,
    /// First and last day of the last change, `YYYY-MM-DD`, or empty.
    pub from: String,
    pub to: String,
    /// Words to search for.
    pub q: String,
    pub sort: Sort,
}

#[derive(Clone, Debug)]
pub struct SectionOption {
    pub id: String,
    pub board: Board,
    pub name: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The last change first.
    #[default]
    Changed,
    /// The latest publication first.
    Published,
    /// By title.
    Title,
}

impl Sort {
    pub const ALL: [Sort; 3] = [Sort::Changed, Sort::Published, Sort::Title];

    pub fn slug(self) -> &'static str {
        match self {
            Sort::Changed => "changed",
            Sort::Published => "published",
            Sort::Title => "title",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.slug() == slug)
    }
}

pub fn page(cx: &Context, view: &Items) -> Markup {
    let body = html! { h1 { (view.filter.region.name) } };
    Page { title: Place::Items.word(cx.lang), place: Some(Place::Items), scripts: &["regions.js"], body }.draw(cx)
}
