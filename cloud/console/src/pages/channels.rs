//! The live channels of a region and those above it.

use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;

/// `/console/channels?region=`.
#[derive(Clone, Debug)]
pub struct Channels {
    pub region: Region,
    /// By number.
    pub channels: Vec<Channel>,
}

#[derive(Clone, Debug)]
pub struct Channel {
    /// The number typed on the remote.
    pub number: u16,
    pub name: String,
    /// The region that runs it.
    pub from: Region,
    /// What is on now and next: title and when it begins, Unix seconds.
    pub now: Option<(String, i64)>,
    pub next: Option<(String, i64)>,
    /// The playlist's address.
    pub url: String,
}

pub fn page(cx: &Context, view: &Channels) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Channels.word(cx.lang), place: Some(Place::Channels), scripts: &[], body }.draw(cx)
}
