//! Short lists that lie in one column, because they are read with every item.

use yuexiang_core::catalog::{Approval, ReviewKey, Step};
use yuexiang_core::region::RegionCode;

/// Bytes of a region: its 12 digits.
const REGION: usize = 12;
/// Bytes of an approval: step, region, key, moment.
const APPROVAL: usize = 1 + REGION + 32 + 8;

pub(crate) fn pack_approvals(approvals: &[Approval]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(approvals.len() * APPROVAL);
    for Approval { step, region, key, at } in approvals {
        packed.push(step_number(*step));
        packed.extend(region.to_string().as_bytes());
        packed.extend(key.0);
        packed.extend(at.to_le_bytes());
    }
    packed
}

pub(crate) fn approvals(packed: &[u8]) -> Option<Vec<Approval>> {
    whole::<APPROVAL>(packed)?.iter().map(approval).collect()
}

fn approval(packed: &[u8; APPROVAL]) -> Option<Approval> {
    let (step, rest) = packed.split_first()?;
    let (region, rest) = rest.split_at_checked(REGION)?;
    let (key, at) = rest.split_at_checked(32)?;
    Some(Approval {
        step: step_of(*step)?,
        region: std::str::from_utf8(region).ok()?.parse().ok()?,
        key: ReviewKey(key.try_into().ok()?),
        at: i64::from_le_bytes(at.try_into().ok()?),
    })
}

pub(crate) fn pack_regions(regions: &[RegionCode]) -> String {
    regions.iter().map(ToString::to_string).collect()
}

pub(crate) fn regions(packed: &str) -> Option<Vec<RegionCode>> {
    let codes = whole::<REGION>(packed.as_bytes())?;
    codes.iter().map(|code| std::str::from_utf8(code).ok()?.parse().ok()).collect()
}

pub(crate) fn pack_steps(steps: &[Step]) -> Vec<u8> {
    steps.iter().map(|step| step_number(*step)).collect()
}

pub(crate) fn steps(packed: &[u8]) -> Option<Vec<Step>> {
    packed.iter().map(|number| step_of(*number)).collect()
}

fn step_number(step: Step) -> u8 {
    match step {
        Step::First => 0,
        Step::Second => 1,
        Step::Final => 2,
    }
}

fn step_of(number: u8) -> Option<Step> {
    Step::ALL.get(usize::from(number)).copied()
}

/// The entries, when nothing is left over.
fn whole<const LENGTH: usize>(packed: &[u8]) -> Option<&[[u8; LENGTH]]> {
    let (entries, rest) = packed.as_chunks::<LENGTH>();
    rest.is_empty().then_some(entries)
}
