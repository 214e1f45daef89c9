//! What happens without a request: learning of publications, and signing anew before metadata expire.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Verdict;
use crate::clock::heal::heal;
use crate::db::Kind;
use crate::export::export;
use crate::region::RegionCode;
use crate::renew::renew_due;

use super::wake::Wake;
use super::{ServeError, Served};

/// How long a publication by another process stays unseen.
const LOOK: Duration = Duration::from_millis(250);
/// The shortest margin before expiry is days, so an hour is often enough.
const RENEW: Duration = Duration::from_secs(3_600);

/// How often others are asked for the time.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);
/// How often it is looked whether something was signed with a wrong clock, which reads all that is on the air.
const HEAL: Duration = Duration::from_secs(6 * 3_600);
/// How often the clock is asked whether something has ended.
const EXPIRE: Duration = Duration::from_secs(60);
/// How often media are looked for that wait.
const WORK: Duration = Duration::from_millis(500);

/// Looks for new generations for ever.
pub async fn watch(served: Arc<Served>, wake: Option<Arc<Wake>>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if let Err(error) = crate::moves::list::take_over(&served.store).await {
            tracing::error!(%error, "looking for a list of divisions");
        }
        tokio::select! {
            _ = ticks.tick() => {}
            // What this process has published is served at once.
            () = served.desk.published.notified() => {}
        }
        match refresh(&served).await {
            Ok(changed) if changed.is_empty() => {}
            Ok(changed) => {
                if let Some(wake) = &wake {
                    tokio::spawn(tell(served.clone(), wake.clone(), changed.clone()));
                }
                tokio::spawn(copy(served.clone(), changed));
            }
            Err(error) => tracing::error!(%error, "looking for what was published"),
        }
    }
}

/// Wakes boxes. Those that come to another process are told when that has looked as well.
async fn tell(served: Arc<Served>, wake: Arc<Wake>, changed: Vec<RegionCode>) {
    if served.store.db.kind() == Kind::Postgres {
        tokio::time::sleep(LOOK * 2).await;
    }
    wake.tell(&changed).await;
}

/// Takes off the air what has come to its end, begins and ends the days of substitutes, and forgets sessions, uploads and
/// batches that have ended, for ever.
pub async fn expire(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(EXPIRE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = jiff::Timestamp::now().as_second();
        if let Err(error) = served.desk.expire(now).await {
            tracing::error!(%error, "taking off the air what has ended");
        }
        match served.accounts.turn(now).await {
            Ok(0) => {}
            // Lists of reviewers have changed.
            Ok(_) => served.desk.published.notify_one(),
            Err(error) => tracing::error!(%error, "beginning and ending substitutions"),
        }
        if let Err(error) = served.accounts.sweep(now).await {
            tracing::error!(%error, "forgetting sessions that have ended");
        }
        if let Err(error) = served.desk.forget_batches(now).await {
            tracing::error!(%error, "forgetting batches of views");
        }
        if let Err(error) = crate::reports::forget(&served.store, now).await {
            tracing::error!(%error, "forgetting what boxes refused");
        }
        let uploads = served.uploads.clone();
        match tokio::task::spawn_blocking(move || uploads.sweep(std::time::SystemTime::now())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "forgetting uploads that have ended"),
            Err(error) => tracing::error!(%error, "forgetting uploads that have ended"),
        }
    }
}

/// Looks at this machine's clock, and now and then for what was signed with a wrong one, for ever.
pub async fn clock(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(LOOK_AT_CLOCK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut healed: Option<std::time::Instant> = None;
    loop {
        ticks.tick().await;
        let look = served.store.clock.look(&served.store.db).await;
        if matches!(look.verdict, Verdict::Doubted(_)) || healed.is_some_and(|at| at.elapsed() < HEAL) {
            continue;
        }
        healed = Some(std::time::Instant::now());
        match heal(&served.publisher, jiff::Timestamp::now().as_second()).await {
            Ok(done) if done.regions.is_empty() => {}
            Ok(done) => {
                served.desk.published.notify_one();
                copy(served.clone(), done.regions.into_iter().collect()).await;
            }
            Err(error) => tracing::error!(%error, "looking for what was signed with a wrong clock"),
        }
    }
}

/// Measures the object store, for ever, so that no page has to wait for it.
pub async fn measure(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(super::gauge::FRESH);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        served.storage.measure().await;
    }
}

/// Prepares the media that editors send, for ever.
pub async fn work(served: Arc<Served>) {
    let worker = format!("{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
    let mut ticks = tokio::time::interval(WORK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match served.desk.work(&worker, jiff::Timestamp::now().as_second()).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "preparing media");
                    break;
                }
            }
        }
    }
}

/// Takes over what was published since the last look.
pub async fn refresh(served: &Served) -> Result<Vec<RegionCode>, ServeError> {
    let known = served.library.generation();
    let (generation, changed) = served.store.news(known).await?;
    if generation == known && changed.is_empty() {
        return Ok(changed);
    }
    served.channels.refresh(&served.store, &changed).await?;
    served.library.refresh(generation, &changed);
    if !changed.is_empty() {
        tracing::info!(generation, regions = changed.len(), "serving what was published");
    }
    Ok(changed)
}

/// Signs what expires soon, for ever. Also completes copies on disk that a stopped process left behind.
pub async fn renew(served: Arc<Served>) {
    match served.store.changed_since(0).await {
        Ok(regions) => copy(served.clone(), regions).await,
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
                copy(served.clone(), regions).await;
            }
            Err(error) => tracing::error!(%error, "signing metadata before they expire"),
        }
    }
}

async fn copy(served: Arc<Served>, regions: Vec<RegionCode>) {
    for region in regions {
        if let Err(error) = export(&served.publisher.data, &served.store, region).await {
            tracing::error!(%error, %region, "copying metadata to disk");
        }
    }
}
