//! The calendar of publish windows: a month, what begins and ends on each day, what runs.

use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::words::{Board, State};

/// `/console/calendar?month=2026-11&region=`.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub region: Region,
    /// `YYYY-MM`.
    pub month: String,
    /// Everything with a window that touches the month, the earliest first; the page lays them out.
    pub items: Vec<Window>,
    /// How many more there are than `items` has.
    pub more: i64,
}

#[derive(Clone, Debug)]
pub struct Window {
    pub id: String,
    pub title: String,
    pub board: Board,
    pub state: State,
    pub region: Region,
    /// Unix seconds.
    pub from: i64,
    /// Unix seconds; without an end when absent.
    pub until: Option<i64>,
}

pub fn page(cx: &Context, view: &Calendar) -> Markup {
    let body = html! { h1 { (view.month) } };
    Page { title: Place::Calendar.word(cx.lang), place: Some(Place::Calendar), scripts: &[], body }.draw(cx)
}
