//! One item: what it says, how the TV shows it, who let it through, and what one may do.

use maud::{Markup, html};

use crate::context::{Context, ItemLine, Place, Region};
use crate::layout::Page;
use crate::pages::editor::Values;
use crate::pages::inbox::Change;
use crate::words::{ItemAction, Role, Step};

/// `/console/items/{id}`.
#[derive(Clone, Debug)]
pub struct Item {
    pub line: ItemLine,
    /// SHA-256 of the content, 64 hexadecimal digits.
    pub hash: String,
    /// Counts the changes, from 1.
    pub revision: i64,
    pub summary: String,
    /// Who publishes it, as viewers see it.
    pub publisher: String,
    pub body: Vec<Block>,
    /// The fields of its kind, as [`Values`] names them.
    pub values: Values,
    pub table: Option<Table>,
    pub pictures: Vec<Picture>,
    pub receipts: Vec<Picture>,
    pub video: Option<Video>,
    pub audience: Audience,
    /// The oldest first.
    pub timeline: Vec<Event>,
    /// How many of the three reviews it needs.
    pub reviews: u8,
    /// Against what was approved last; empty for something new.
    pub changes: Vec<Change>,
    /// As the TV shows it.
    pub previews: Vec<Preview>,
    pub rights: Rights,
    /// What viewers did with it so far: views, plays, minutes.
    pub figures: Option<(i64, i64, i64)>,
}

/// A block of running text, as in `yuexiang_wire::Block`.
#[derive(Clone, Debug)]
pub enum Block {
    Heading(String),
    Paragraph(String),
    /// `number` is 0 for a bullet.
    Entry {
        number: u32,
        text: String,
    },
    Quote(String),
    Figure(Picture),
}

#[derive(Clone, Debug)]
pub struct Picture {
    pub url: String,
    pub thumbnail: String,
    pub caption: String,
}

#[derive(Clone, Debug)]
pub struct Video {
    pub url: String,
    pub poster: String,
    /// Milliseconds.
    pub duration: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Title, and whether it holds numbers.
    pub columns: Vec<(String, bool)>,
    /// Cells, and whether it is a row of totals.
    pub rows: Vec<(Vec<String>, bool)>,
}

/// Who sees it: all of the item's region, or parts of it.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Empty for the whole region.
    pub only: Vec<Region>,
    pub except: Vec<Region>,
}

/// A step in the item's life.
#[derive(Clone, Debug)]
pub struct Event {
    pub action: ItemAction,
    /// The person's name; empty for the cloud itself.
    pub who: String,
    /// The role and region that gave the right to it.
    pub right: Option<(Role, Region)>,
    /// Unix seconds.
    pub at: i64,
    /// Why, for what was sent back or withdrawn.
    pub reason: String,
    /// The content's SHA-256 at that moment; empty where it does not matter.
    pub hash: String,
    /// The public key that signed, for an approval.
    pub key: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Preview {
    /// In the reader's language, such as `列表`, `正文 第 2 页`.
    pub name: String,
    pub url: String,
}

/// What the viewer may do now. A page shows no other buttons; the server checks again.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    pub edit: bool,
    pub submit: bool,
    /// The step that the viewer may decide.
    pub review: Option<Step>,
    /// Why not, although the role would allow it, such as that it is one's own text; in the reader's language.
    pub barred: Option<String>,
    pub withdraw: bool,
    pub copy: bool,
    /// Drafts only.
    pub delete: bool,
}

/// Posts to `/console/items/{id}/…`: `submit` and `approve` with `hash` (and `step`), `reject` with `hash`, `step`,
/// `reason`, `withdraw` with `reason`, `copy` with `region`, `delete`.
pub fn page(cx: &Context, view: &Item) -> Markup {
    let body = html! { h1 { (view.line.title) } };
    Page { title: &view.line.title, place: Some(Place::Items), scripts: &["regions.js"], body }.draw(cx)
}
