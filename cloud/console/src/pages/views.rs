//! What viewers did, per village and item.

use maud::{Markup, html};

use crate::charts::DayFigures;
use crate::context::{Context, Place, Region};
use crate::layout::Page;
use crate::words::{Board, Kind};

/// `/console/views?region=&from=YYYY-MM-DD&to=YYYY-MM-DD&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Views {
    pub region: Region,
    /// First and last day, `YYYY-MM-DD`.
    pub from: String,
    pub to: String,
    pub total: Figures,
    /// Every day of the range, ascending.
    pub days: Vec<DayFigures>,
    /// The regions directly below, or the villages, by views.
    pub regions: Vec<(Region, Figures)>,
    /// The items that were seen most.
    pub items: Vec<ItemFigures>,
    /// Cursor of the next page of `regions`.
    pub next: Option<String>,
    /// Months that can be taken as CSV (`/console/views.csv?region=&month=YYYY-MM`), the latest first.
    pub months: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Times an item was opened.
    pub views: i64,
    /// Times a video was played.
    pub plays: i64,
    /// Minutes watched.
    pub minutes: i64,
    /// Boxes that reported anything.
    pub boxes: i64,
}

#[derive(Clone, Debug)]
pub struct ItemFigures {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    pub board: Board,
    pub region: Region,
    pub figures: Figures,
}

pub fn page(cx: &Context, view: &Views) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Views.word(cx.lang), place: Some(Place::Views), scripts: &["echarts.js", "charts.js"], body }
        .draw(cx)
}
