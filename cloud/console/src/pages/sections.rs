//! The sections of the four boards: what is inherited from above, and what the region adds.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::words::Board;

/// `/console/sections?region=`.
#[derive(Clone, Debug)]
pub struct Sections {
    pub region: Region,
    /// In the order that viewers see.
    pub sections: Vec<Section>,
    pub may_edit: bool,
    /// What was typed into the form for a new one, and what is wrong with it.
    pub draft: NewSection,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct Section {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    pub board: Board,
    pub name: String,
    pub name_en: String,
    pub order: u16,
    /// The region that defines it; the viewer's own can be changed here.
    pub from: Region,
    /// What it is called above, when this region gives it a name of its own.
    pub renamed_from: Option<String>,
    /// How many items the region has in it.
    pub items: i64,
}

#[derive(Clone, Debug, Default)]
pub struct NewSection {
    pub board: Option<Board>,
    pub id: String,
    pub name: String,
    pub name_en: String,
}

/// Posts `region`, `board`, `id`, `name`, `name_en` to `/console/sections` (adds, or gives an inherited one another
/// name), `region` and `direction` (`up`, `down`) to `/console/sections/{board}/{id}/move`, `region` to
/// `/console/sections/{board}/{id}/remove` (one's own section, or one's own name of an inherited one).
pub fn page(cx: &Context, view: &Sections) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Sections.word(cx.lang), place: Some(Place::Sections), scripts: &[], body }.draw(cx)
}
