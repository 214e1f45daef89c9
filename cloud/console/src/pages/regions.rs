//! The tree picker: five levels, lazily loaded, searched by name, code and pinyin.

use maud::{Markup, html};

use crate::context::{Context, Region};
use crate::words::Level;

/// A region in the tree.
#[derive(Clone, Debug)]
pub struct Node {
    pub region: Region,
    /// Whether anything lies below it.
    pub branch: bool,
    /// Whether the viewer may choose it.
    pub choosable: bool,
}

/// A region found by `q`: a part of the name, the digits of the code, or pinyin in full or by initials.
#[derive(Clone, Debug)]
pub struct Hit {
    pub region: Region,
    pub choosable: bool,
}

/// A picker in a form.
#[derive(Clone, Debug)]
pub struct Picker<'a> {
    /// Unique on the page.
    pub id: &'a str,
    pub label: &'a str,
    pub mode: Mode<'a>,
    /// Where the tree begins.
    pub root: &'a Region,
}

#[derive(Clone, Debug)]
pub enum Mode<'a> {
    /// One region, posted as `name`.
    One { name: &'a str, chosen: Option<&'a Region> },
    /// Several, posted as repeated `only`, without those posted as repeated `except`.
    Many { only: (&'a str, &'a [Region]), except: (&'a str, &'a [Region]) },
}

/// The fragment for `/console/regions?parent=<code>`: what lies directly in a region.
pub fn children(_cx: &Context, nodes: &[Node]) -> Markup {
    html! { @for node in nodes { li { (node.region.name) (node.region.level == Level::Village) } } }
}

/// The fragment for `/console/regions?q=…`, the best first, a handful.
pub fn hits(_cx: &Context, hits: &[Hit]) -> Markup {
    html! { @for hit in hits { li { (hit.region.name) } } }
}
