//! How many reviews the regions below need.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::words::Step;

/// `/console/policy?region=`.
#[derive(Clone, Debug)]
pub struct Policy {
    pub region: Region,
    /// How many the region's own items need (1–3), and who has set it; absent for the province, which needs three.
    pub own: Option<(Region, u8)>,
    /// How many the regions directly below need (1–3); absent for a village.
    pub below: Option<u8>,
    /// Regions directly below that differ, with their number.
    pub exceptions: Vec<(Region, u8)>,
    pub may_edit: bool,
    /// How many people the region has for each step.
    pub reviewers: Vec<(Step, i64)>,
    pub problems: Vec<Problem>,
}

/// Posts `region` and `reviews` to `/console/policy`; `region`, `child` and `reviews` (`1`–`3`, `0` removes the
/// exception) to `/console/policy/exceptions`.
pub fn page(cx: &Context, view: &Policy) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Policy.word(cx.lang), place: Some(Place::Policy), scripts: &["regions.js"], body }.draw(cx)
}
