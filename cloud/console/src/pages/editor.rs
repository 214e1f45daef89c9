//! The editor: one form for all kinds of items, with the TV's screen beside it.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::item::Audience;
use crate::pages::items::SectionOption;
use crate::pages::media::Media;
use crate::words::{Board, Kind, State, Step};

/// `/console/items/new?kind=…` and `/console/items/{id}/edit`.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Absent until it is saved for the first time.
    pub id: Option<String>,
    /// Counts the changes; the form carries it, so that two editors do not overwrite each other. 0 for a new item.
    pub revision: i64,
    pub state: State,
    /// Whose item it is.
    pub region: Region,
    pub kind: Kind,
    pub title: String,
    pub summary: String,
    pub publisher: String,
    pub board: Board,
    /// The section's id.
    pub section: String,
    /// All sections that the region may use.
    pub sections: Vec<SectionOption>,
    /// Markdown.
    pub body: String,
    pub values: Values,
    /// Of a disclosure.
    pub table: TableText,
    pub cover: Option<Media>,
    pub pictures: Vec<Media>,
    pub receipts: Vec<Media>,
    pub video: Option<Media>,
    /// Unix seconds.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub pinned: bool,
    pub priority: u8,
    pub audience: Audience,
    pub problems: Vec<Problem>,
    /// Unix seconds of the last save.
    pub saved: Option<i64>,
    /// The reviews it goes through once it is submitted, in order.
    pub steps: Vec<Step>,
    /// Why it was sent back the last time.
    pub rejected: Option<String>,
    /// Where the tus protocol is spoken, such as `/console/uploads`. The last segment of an upload's URL is the
    /// medium's id. Uploads carry the metadata `filename`, `filetype`, `slot` and `item` (when there is an id).
    pub uploads: String,
    /// How many pages the preview of the running text has.
    pub preview_pages: u32,
}

/// The fields of a kind as the form has them: pairs of a field's name and what was typed. The names are those of
/// `yuexiang_wire::Kind`:
///
/// - activity: `starts`, `ends` (both `YYYY-MM-DDTHH:MM`, China Standard Time), `place`, `contact`
/// - product: `price` (yuan with at most two decimals), `unit`, `origin`, `seller`, `phone`, `order`
/// - spot: `address`, `hours`, `phone`
/// - job: `employer`, `pay`, `place`, `headcount`, `phone`
#[derive(Clone, Debug, Default)]
pub struct Values(pub Vec<(String, String)>);

impl Values {
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A disclosure's table as the form has it.
#[derive(Clone, Debug, Default)]
pub struct TableText {
    /// Tab-separated lines, as a spreadsheet copies them; the first one has the columns' titles.
    pub tsv: String,
    /// Columns of money and counts, counted from 1, such as `2,3`.
    pub numeric: String,
    /// Rows of totals, counted from 1 without the titles.
    pub totals: String,
}

/// What an autosave answers.
#[derive(Clone, Debug)]
pub struct Saved {
    pub id: String,
    pub revision: i64,
    /// Unix seconds.
    pub at: i64,
    pub problems: Vec<Problem>,
    pub preview_pages: u32,
    /// Another person has saved meanwhile: their name. Nothing was saved.
    pub conflict: Option<String>,
}

/// Asks which kind of item it is to be: links to `/console/items/new?kind=…`.
pub fn choose_kind(cx: &Context, region: &Region) -> Markup {
    let body = html! { h1 { (region.name) } };
    Page { title: cx.t("新建内容", "New item"), place: Some(Place::Items), scripts: &[], body }.draw(cx)
}

/// Posts to `/console/items` (new) or `/console/items/{id}` the fields `kind`, `region`, `revision`, `title`, `summary`,
/// `publisher`, `place_in` (`<board>/<section>`), `body`, those of [`Values`], `table`, `table_numeric`,
/// `table_totals`, `cover`, `video`, repeated pairs `picture` + `picture_caption` and `receipt` + `receipt_caption`
/// (ids of media in order), `not_before`, `not_after` (`YYYY-MM-DDTHH:MM` or empty), `pinned` (`1` or absent),
/// `priority`, repeated `audience_only` and `audience_except`, and `then`: `save` or `submit`. The script posts the same
/// form to `…/autosave` and expects [`saved`] with header `x-item-id`.
pub fn page(cx: &Context, view: &Editor) -> Markup {
    let body = html! { h1 { (view.title) } };
    Page {
        title: cx.t("编辑", "Edit"),
        place: Some(Place::Items),
        scripts: &["tus.js", "regions.js", "editor.js"],
        body,
    }
    .draw(cx)
}

/// The fragment that an autosave answers: the state line.
pub fn saved(_cx: &Context, _view: &Saved) -> Markup {
    html! {}
}
