//! The audit log: every step, chained by hashes.

use maud::{Markup, html};

use crate::context::{Context, Place, Region};
use crate::layout::Page;

/// `/console/log?region=&who=&action=&from=&to=&after=<cursor>`.
#[derive(Clone, Debug)]
pub struct Log {
    /// The region and everything below it.
    pub region: Region,
    /// A part of the person's name or account.
    pub who: String,
    /// An action's slug, or empty.
    pub action: String,
    /// First and last day, `YYYY-MM-DD`, or empty.
    pub from: String,
    pub to: String,
    /// The actions one can filter by: slug, and word in the reader's language.
    pub actions: Vec<(String, String)>,
    pub chain: Chain,
    /// The newest first.
    pub entries: Vec<LogEntry>,
    pub next: Option<String>,
    pub further: bool,
    /// Where the whole log is downloaded; absent when the viewer may not.
    pub export: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Chain {
    /// All of it, at a moment (Unix seconds); `head` is the last entry's hash.
    Verified { entries: i64, head: String, at: i64 },
    /// The first entry whose hash does not follow from the one before.
    Broken { number: i64 },
    /// Has not been looked at since the cloud was started.
    Unchecked,
}

#[derive(Clone, Debug)]
pub struct LogEntry {
    pub number: i64,
    /// Unix seconds.
    pub at: i64,
    /// The person's name; empty for the cloud itself.
    pub who: String,
    /// In the reader's language.
    pub action: String,
    pub region: Option<Region>,
    /// What it was done to, such as an item's title, and its page.
    pub object: String,
    pub url: Option<String>,
    /// What else is known, such as a reason.
    pub detail: String,
    /// SHA-256, 64 hexadecimal digits.
    pub hash: String,
}

/// Posts nothing but the token to `/console/log/verify`.
pub fn page(cx: &Context, view: &Log) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Log.word(cx.lang), place: Some(Place::Log), scripts: &["regions.js"], body }.draw(cx)
}
