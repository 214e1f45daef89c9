//! One region's metadata: nothing when it has not changed, all that changed when it has.
//!
//! # The order of the questions
//!
//! The TUF specification asks for the next root (5.3) before the timestamp (5.4). So does [`Workflow`]. One thing is done
//! before: while everything that is stored is whole and in time, the timestamp is asked for alone, and only if it is
//! another than the stored one. Almost every poll ends there, with a 304 of a hundred bytes, where a box that keeps
//! to the letter would ask twice as often, and a million boxes with it. This deviates from the specification in one
//! point: a new root is not noticed before the timestamp changes, or before something that is stored has run out of
//! time. Who could make use of it is somebody who holds back new metadata on the way to the box; they could hold back the
//! root as well, and the specification sets them the same bound, the expiry of the timestamp.

use crate::http::{Ask, Http};
use crate::trust::{TIMESTAMP, timestamp, verify_stored};
use crate::workflow::{Fetched, Keep, TIMESTAMP_LIMIT, Workflow};
use yuexiang_core::event::{NetError, Refreshed, RegionTrust};
use yuexiang_core::region::RegionCode;
use yuexiang_core::time::UnixSeconds;

/// Hands what has been verified to `keep` after each step. Also answers the server's time, whatever became of the rest.
pub(crate) async fn refresh(
    http: &Http,
    region: RegionCode,
    trust: RegionTrust,
    now: UnixSeconds,
    keep: Keep<'_>,
) -> (Result<Refreshed, NetError>, Option<UnixSeconds>) {
    let mut date = None;
    let result = refresh_from(http, region, trust, timestamp(now), keep, &mut date).await;
    (result, date)
}

async fn refresh_from(
    http: &Http,
    region: RegionCode,
    trust: RegionTrust,
    now: jiff::Timestamp,
    keep: Keep<'_>,
    date: &mut Option<UnixSeconds>,
) -> Result<Refreshed, NetError> {
    let mut newer = None;
    if let Some(etag) = &trust.etag {
        match verify_stored(region, &trust, now) {
            Ok(targets) => {
                let path = format!("tuf/{region}/{TIMESTAMP}");
                let answer = http.get(&path, TIMESTAMP_LIMIT, Ask::Newer(Some(etag)), date).await?;
                let Some(bytes) = answer.body else { return Ok(Refreshed::Unchanged { targets }) };
                newer = Some(Fetched { bytes, etag: answer.etag });
            }
            // Either its time is over, and then a new root or the like may be there although the timestamp is not new;
            // or the stored copy is damaged. Both are found out by asking for everything.
            Err(reason) => {
                tracing::info!(%region, %reason, "stored metadata no longer verifies; fetching all of it again")
            }
        }
    }
    let (renewed, targets) = Workflow::begin(http, region, &trust, now, keep)?.run(newer, date).await?;
    if renewed == trust {
        return Ok(Refreshed::Unchanged { targets });
    }
    Ok(Refreshed::Changed { trust: renewed, targets })
}
