//! What happens without a request: learning of publications, and signing anew before metadata expire.

use std::sync::Arc;
use std::time::Duration;

use crate::export::export;
use crate::region::RegionCode;
use crate::renew::renew_due;

use super::{ServeError, Served};

/// How long a publication by another process stays unseen.
const LOOK: Duration = Duration::from_millis(250);
/// The shortest margin before expiry is days, so an hour is often enough.
const RENEW: Duration = Duration::from_secs(3_600);

/// Looks for new generations for ever.
pub async fn watch(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = refresh(&served).await {
            tracing::error!(%error, "looking for what was published");
        }
    }
}

/// Takes over what was published since the last look.
pub async fn refresh(served: &Served) -> Result<(), ServeError> {
    let known = served.library.generation();
    let (generation, changed) = served.store.news(known).await?;
    if generation == known && changed.is_empty() {
        return Ok(());
    }
    served.channels.refresh(&served.store, &changed).await?;
    served.library.refresh(generation, &changed);
    if !changed.is_empty() {
        tracing::info!(generation, regions = changed.len(), "serving what was published");
    }
    Ok(())
}

/// Signs what expires soon, for ever. Also completes copies on disk that a stopped process left behind.
pub async fn renew(served: Arc<Served>) {
    match served.store.changed_since(0).await {
        Ok(regions) => copy(&served, regions).await,
        Err(error) => tracing::error!(%error, "listing regions"),
    }
    let mut ticks = tokio::time::interval(RENEW);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match renew_due(&served.publisher, jiff::Timestamp::now().as_second()).await {
            Ok(regions) if regions.is_empty() => {}
            Ok(regions) => {
                tracing::info!(regions = regions.len(), "signed metadata before they expire");
                copy(&served, regions).await;
            }
            Err(error) => tracing::error!(%error, "signing metadata before they expire"),
        }
    }
}

async fn copy(served: &Served, regions: Vec<RegionCode>) {
    for region in regions {
        if let Err(error) = export(&served.publisher.data, &served.store, region).await {
            tracing::error!(%error, %region, "copying metadata to disk");
        }
    }
}
