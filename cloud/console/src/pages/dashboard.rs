//! The dashboard of one's region.

use maud::{Markup, html};

use crate::charts::{CoverageArea, DayFigures, MonthlyItems};
use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::words::Step;

/// `/console/`.
#[derive(Clone, Debug)]
pub struct Dashboard {
    pub region: Region,
    /// One entry for every step that the viewer reviews, also with nothing waiting.
    pub waiting: Vec<Waiting>,
    /// The viewer's own drafts and what was sent back to them, the newest first, a handful.
    pub mine: Vec<ItemLine>,
    /// What went out in the region lately, the newest first, a handful.
    pub recent: Vec<ItemLine>,
    pub coverage: Coverage,
    pub storage: Storage,
    pub transcoding: Transcoding,
    pub items: MonthlyItems,
    /// Cities with their counties, or whatever lies one and two levels below the region.
    pub areas: Vec<CoverageArea>,
    /// The last 30 days, ascending.
    pub plays: Vec<DayFigures>,
}

#[derive(Clone, Debug)]
pub struct Waiting {
    pub step: Step,
    pub count: i64,
    /// Since when the oldest waits, Unix seconds.
    pub oldest: Option<i64>,
}

/// How many of the region's villages have published something within 30 days.
#[derive(Clone, Debug)]
pub struct Coverage {
    pub villages: i64,
    pub active: i64,
    /// Those that have been silent longest, a handful.
    pub silent: Vec<SilentVillage>,
}

#[derive(Clone, Debug)]
pub struct SilentVillage {
    pub region: Region,
    /// When it last published, Unix seconds; never when absent.
    pub last: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Storage {
    /// Bytes.
    pub used: i64,
    /// Bytes; unknown with an object store.
    pub capacity: Option<i64>,
    pub objects: i64,
}

#[derive(Clone, Debug)]
pub struct Transcoding {
    pub waiting: i64,
    /// Refused within the last seven days.
    pub failed: i64,
    pub running: Vec<Running>,
}

#[derive(Clone, Debug)]
pub struct Running {
    /// The file's name.
    pub name: String,
    pub region: Region,
    /// 0–100.
    pub percent: u8,
}

pub fn page(cx: &Context, view: &Dashboard) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page {
        title: Place::Dashboard.word(cx.lang),
        place: Some(Place::Dashboard),
        scripts: &["echarts.js", "charts.js"],
        body,
    }
    .draw(cx)
}
