//! The region that a page is asked for.

use super::{Trouble, Visit, no_region};
use crate::desk::rights::Action;
use crate::region::RegionCode;

/// The region that the address names, else the one that the visitor works in; one where the visitor may do `action`.
pub async fn place(visit: &Visit, asked: Option<&str>, action: Action) -> Result<RegionCode, Trouble> {
    let region = match asked.filter(|asked| !asked.is_empty()) {
        Some(asked) => asked.parse().map_err(|_| no_region(asked))?,
        None => visit.region,
    };
    visit.visitor.check(action, region).map_err(crate::desk::DeskError::from)?;
    visit.desk().name_of(region).await?;
    Ok(region)
}
