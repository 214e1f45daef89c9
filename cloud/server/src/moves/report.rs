//! What a change of divisions does, in figures and names: the preview before it and the record after it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::region::RegionCode;

/// What a change does, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcome {
    /// Whether it was carried out; a preview is not.
    pub done: bool,
    /// Whether it had been carried out before, so nothing was left to do.
    pub already: bool,
    /// Each region that goes on as another one.
    pub regions: Vec<Carried>,
    /// Items of other regions that are for some villages only and name one of these.
    pub audiences: Vec<Named>,
    /// What is on both sides, and how it ends.
    pub conflicts: Vec<Conflict>,
    /// What somebody should know or do afterwards.
    pub remarks: Vec<Conflict>,
    /// The region whose targets tell boxes where to go.
    pub said_by: String,
}

/// What goes from one region to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Carried {
    #[schema(example = "440224103201")]
    pub from: String,
    #[schema(example = "440224103301")]
    pub to: String,
    /// The name from then on.
    pub name: String,
    /// Whether the new code is published already.
    pub exists: bool,
    /// Items by state.
    pub items: BTreeMap<String, i64>,
    /// Items that begin or end by themselves and have not yet.
    pub scheduled: i64,
    /// Media that were sent.
    pub media: i64,
    /// Names of people who work there.
    pub accounts: Vec<String>,
    /// Roles granted there.
    pub grants: i64,
    /// API tokens that hold there.
    pub tokens: i64,
    /// Reviewers' keys that its `review.json` names.
    pub reviewers: i64,
    /// Ids of channels, as they are called from then on.
    pub channels: Vec<String>,
    /// Names of sections that come along.
    pub sections: Vec<String>,
    /// Rows of view counts, by item, village and day.
    pub view_counts: i64,
    /// Villages whose boxes have told something within the last 60 days: views or refusals.
    pub villages_with_boxes: i64,
    /// Files of the repository that goes on being renewed as it is.
    pub files: i64,
}

/// An audience that names a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    pub item: String,
    pub title: String,
    /// The code that it names.
    pub code: String,
    /// `only` or `except`.
    pub side: String,
}

/// Something that was on both sides, or that is to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conflict {
    pub zh: String,
    pub en: String,
}

impl Conflict {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Conflict {
        Conflict { zh: zh.into(), en: en.into() }
    }
}

impl Carried {
    pub fn new(from: RegionCode, to: RegionCode, name: &str) -> Carried {
        Carried { from: from.to_string(), to: to.to_string(), name: name.to_owned(), ..Carried::default() }
    }

    /// Whether anything at all was there.
    pub fn is_empty(&self) -> bool {
        let Carried { items, media, accounts, grants, tokens, channels, sections, files, .. } = self;
        items.is_empty()
            && accounts.is_empty()
            && channels.is_empty()
            && sections.is_empty()
            && media + grants + tokens + files == 0
    }
}

/// The lines of a report, for a terminal.
impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.already {
            return writeln!(f, "this was done before; nothing is left to do");
        }
        for region in &self.regions {
            let items: Vec<String> = region.items.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let items = if items.is_empty() { "none".to_owned() } else { items.join(", ") };
            let is_new = if region.exists { "is there" } else { "is new" };
            writeln!(f, "{} → {} {} ({is_new})", region.from, region.to, region.name)?;
            writeln!(f, "  items: {items}; {} of them scheduled", region.scheduled)?;
            writeln!(f, "  people: {}; {} roles, {} tokens", list(&region.accounts), region.grants, region.tokens)?;
            writeln!(f, "  channels: {}; sections: {}", list(&region.channels), list(&region.sections))?;
            writeln!(
                f,
                "  {} reviewers' keys, {} media, {} view counts",
                region.reviewers, region.media, region.view_counts
            )?;
            writeln!(f, "  villages with boxes: {}; files that stay: {}", region.villages_with_boxes, region.files)?;
        }
        for named in &self.audiences {
            writeln!(f, "audience: {} `{}` ({} {})", named.item, named.title, named.side, named.code)?;
        }
        for conflict in &self.conflicts {
            writeln!(f, "both have it: {}", conflict.en)?;
        }
        for remark in &self.remarks {
            writeln!(f, "note: {}", remark.en)?;
        }
        if !self.said_by.is_empty() {
            writeln!(f, "boxes are told by {}", self.said_by)?;
        }
        writeln!(f, "{}", if self.done { "done" } else { "preview: nothing was changed" })
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
