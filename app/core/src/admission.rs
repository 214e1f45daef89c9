//! Which items may be shown here: the chain of trust from the reviewers to an item, and whom it is for.
//!
//! Signatures are checked where items come in; what reaches this place is who signed what and when. An item is admitted
//! when it is meant for this village and its approvals
//!
//! 1. hold for its content (checked before),
//! 2. are each made with a key that the review document of the named region lists for this step at that moment; the
//!    region is the item's own or one above it,
//! 3. come from as many different persons as there are steps to take, none of them the author,
//! 4. cover every step that is needed: as many as the region directly above the item's asks of those below it, and all
//!    three where that says nothing, as for the province.
//!
//! A region may have taken over others, whose codes are no more: its review document names them and their reviewers. An
//! item of theirs keeps its id and its approvals, and counts as the region's own; an audience that names them means it.
//!
//! This is a function of the item and of the review documents of the moment. So a key that is taken out of a review
//! document takes its items off the screen at once, and a document that comes after the items lets them appear.

use crate::catalog::{Approval, Audience, Former, ItemSummary, Review, Reviewer, Step};
use crate::region::RegionCode;
use std::collections::BTreeMap;

/// Reviews that are needed where nothing else is said.
const REVIEWS: u8 = 3;

/// Review documents by region.
pub type Reviews = BTreeMap<RegionCode, Review>;

/// Who let an admitted item through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// The steps that were needed, in their order, and the name of who took each.
    pub reviewers: Vec<(Step, String)>,
}

/// Why an item is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("its region is none of this box's")]
    OtherLineage,
    #[error("it is for other villages")]
    OtherAudience,
    #[error("it comes from a region that its own has not taken over")]
    NotTakenOver,
    #[error("nobody has approved it in the {} review", .missing.slug())]
    IncompleteChain { missing: Step },
    #[error("the {} review was made for a region that is not above it", .step.slug())]
    WrongRegion { step: Step },
    #[error("the {} review was made with a key that its region does not list", .step.slug())]
    UnknownKey { step: Step },
    #[error("the {} review was made with a key for other steps", .step.slug())]
    WrongStep { step: Step },
    #[error("the {} review was made when its key did not count", .step.slug())]
    OutsideTime { step: Step },
    #[error("the {} review was made by the author", .step.slug())]
    OwnText { step: Step },
    #[error("one person stands for more than one review")]
    SamePerson,
}

impl Refusal {
    /// The word for it in a report to the cloud.
    pub fn slug(self) -> &'static str {
        match self {
            Refusal::OtherLineage => "other-lineage",
            Refusal::OtherAudience => "other-audience",
            Refusal::NotTakenOver => "not-taken-over",
            Refusal::IncompleteChain { .. } => "incomplete-chain",
            Refusal::WrongRegion { .. } => "wrong-region",
            Refusal::UnknownKey { .. } => "unknown-key",
            Refusal::WrongStep { .. } => "wrong-step",
            Refusal::OutsideTime { .. } => "outside-time",
            Refusal::OwnText { .. } => "own-text",
            Refusal::SamePerson => "same-person",
        }
    }

    /// It is kept from the screen although it was meant for it.
    pub fn is_distrust(self) -> bool {
        !matches!(self, Refusal::OtherLineage | Refusal::OtherAudience)
    }
}

/// Whether a box with this lineage (province first, village last) may show the item.
pub fn admit(item: &ItemSummary, lineage: &[RegionCode], reviews: &Reviews) -> Result<Admission, Refusal> {
    if !lineage.contains(&item.region) {
        return Err(Refusal::OtherLineage);
    }
    if !is_of_its_region(item, reviews) {
        return Err(Refusal::NotTakenOver);
    }
    if !is_addressed(&item.audience, lineage, reviews) {
        return Err(Refusal::OtherAudience);
    }
    let steps = required_steps(item.region, reviews);
    let mut candidates = Vec::with_capacity(steps.len());
    for step in steps {
        candidates.push(approvers(item, *step, reviews)?);
    }
    let chosen = different_persons(&candidates).ok_or(Refusal::SamePerson)?;
    let names = chosen.into_iter().map(|reviewer| reviewer.name.clone());
    Ok(Admission { reviewers: steps.iter().copied().zip(names).collect() })
}

/// The region's own item, or one of a region that it has taken over.
fn is_of_its_region(item: &ItemSummary, reviews: &Reviews) -> bool {
    let origin = item.id.split_once('/').and_then(|(code, _)| code.parse::<RegionCode>().ok());
    origin.is_some_and(|origin| origin == item.region || has_taken_over(item.region, origin, reviews))
}

/// What a region says of one that it has taken over, or of one that was above such.
fn former(region: RegionCode, other: RegionCode, reviews: &Reviews) -> Option<&Former> {
    reviews.get(&region)?.former.iter().find(|former| former.region == other)
}

fn has_taken_over(region: RegionCode, other: RegionCode, reviews: &Reviews) -> bool {
    region.level() == other.level() && former(region, other, reviews).is_some()
}

fn is_addressed(audience: &Audience, lineage: &[RegionCode], reviews: &Reviews) -> bool {
    let is_ours =
        |code: RegionCode| lineage.iter().any(|region| *region == code || has_taken_over(*region, code, reviews));
    let names_us = |codes: &[RegionCode]| codes.iter().any(|code| is_ours(*code));
    (audience.only.is_empty() || names_us(&audience.only)) && !names_us(&audience.except)
}

/// The steps that an item of this region has to take, in their order.
pub fn required_steps(region: RegionCode, reviews: &Reviews) -> &'static [Step] {
    let above = region.parent().and_then(|parent| reviews.get(&parent));
    match above.map_or(REVIEWS, |review| review.reviews_below) {
        1 => &[Step::Final],
        2 => &[Step::First, Step::Final],
        _ => &Step::ALL,
    }
}

/// Everybody whose approval counts for a step. When there is nobody: what is wrong with the first approval of it.
fn approvers<'a>(item: &ItemSummary, step: Step, reviews: &'a Reviews) -> Result<Vec<&'a Reviewer>, Refusal> {
    let mut counting = Vec::new();
    let mut fault = None;
    for approval in item.approvals.iter().filter(|approval| approval.step == step) {
        match approver(item, approval, reviews) {
            Ok(reviewer) => counting.push(reviewer),
            Err(refusal) => fault = fault.or(Some(refusal)),
        }
    }
    if counting.is_empty() { Err(fault.unwrap_or(Refusal::IncompleteChain { missing: step })) } else { Ok(counting) }
}

fn approver<'a>(item: &ItemSummary, approval: &Approval, reviews: &'a Reviews) -> Result<&'a Reviewer, Refusal> {
    let Approval { step, region, key, at } = *approval;
    let lineage = item.region.lineage();
    let reviewers = if lineage.contains(&region) {
        reviews.get(&region).map(|review| review.reviewers.as_slice()).unwrap_or_default()
    } else {
        let taken_over = lineage.iter().find_map(|code| former(*code, region, reviews));
        taken_over.map(|former| former.reviewers.as_slice()).ok_or(Refusal::WrongRegion { step })?
    };
    // A key may be listed more than once, each time for another step or time.
    let listed: Vec<&Reviewer> = reviewers.iter().filter(|reviewer| reviewer.key == key).collect();
    if listed.is_empty() {
        return Err(Refusal::UnknownKey { step });
    }
    let for_step: Vec<&Reviewer> = listed.into_iter().filter(|reviewer| reviewer.steps.contains(&step)).collect();
    if for_step.is_empty() {
        return Err(Refusal::WrongStep { step });
    }
    let counts = |reviewer: &&Reviewer| reviewer.from <= at && reviewer.until.is_none_or(|until| at < until);
    let reviewer = for_step.into_iter().find(counts).ok_or(Refusal::OutsideTime { step })?;
    if reviewer.person == item.author {
        return Err(Refusal::OwnText { step });
    }
    Ok(reviewer)
}

/// One of each step's candidates so that nobody is chosen twice. A key that is listed under two names is still one
/// person's.
fn different_persons<'a>(candidates: &[Vec<&'a Reviewer>]) -> Option<Vec<&'a Reviewer>> {
    fn choose<'a>(candidates: &[Vec<&'a Reviewer>], chosen: &mut Vec<&'a Reviewer>) -> bool {
        let Some((first, rest)) = candidates.split_first() else { return true };
        for candidate in first {
            if chosen.iter().any(|other| other.person == candidate.person || other.key == candidate.key) {
                continue;
            }
            chosen.push(candidate);
            if choose(rest, chosen) {
                return true;
            }
            chosen.pop();
        }
        false
    }
    let mut chosen = Vec::new();
    choose(candidates, &mut chosen).then_some(chosen)
}

#[cfg(test)]
#[path = "admission/tests.rs"]
mod tests;
