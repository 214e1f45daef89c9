//! One region's metadata: nothing when it has not changed, all that changed when it has.
//!
//! A poll that finds nothing new is one conditional GET of `timestamp.json` and its 304. Only a changed timestamp
//! starts the client workflow of the TUF specification (5.3–5.6), which asks for the next root first.

use crate::http::{Ask, Http};
use crate::trust::{Fetched, Files, ROOT, TIMESTAMP, Trouble, refusal, timestamp, usable_targets, verify_stored};
use sigstore_tuf::{Error, Updater, UpdaterConfig};
use std::sync::Arc;
use yuexiang_core::event::{NetError, NetErrorKind, Refreshed, RegionTrust, Target};
use yuexiang_core::region::RegionCode;
use yuexiang_core::time::UnixSeconds;

/// Bytes.
const ROOT_LIMIT: u64 = 64 << 10;
const TIMESTAMP_LIMIT: u64 = 16 << 10;
const SNAPSHOT_LIMIT: u64 = 64 << 10;
const TARGETS_LIMIT: u64 = 2 << 20;
/// A box that slept for ten years, with a new root every month.
const ROOTS_LIMIT: u32 = 128;

/// Also answers the server's time, whatever became of the rest.
pub(crate) async fn refresh(
    http: &Arc<Http>,
    region: RegionCode,
    trust: RegionTrust,
    now: UnixSeconds,
) -> (Result<Refreshed, NetError>, Option<UnixSeconds>) {
    let mut date = None;
    let result = refresh_from(http, region, trust, timestamp(now), &mut date).await;
    (result, date)
}

async fn refresh_from(
    http: &Arc<Http>,
    region: RegionCode,
    trust: RegionTrust,
    now: jiff::Timestamp,
    date: &mut Option<UnixSeconds>,
) -> Result<Refreshed, NetError> {
    let path = format!("tuf/{region}/{TIMESTAMP}");
    let known = trust.etag.as_deref().filter(|_| trust.files.contains_key(TIMESTAMP));
    let mut answer = http.get(&path, TIMESTAMP_LIMIT, Ask::Newer(known), date).await?;
    if answer.body.is_none() {
        match verify_stored(region, &trust, now) {
            Ok(targets) => return Ok(Refreshed::Unchanged { targets }),
            // Either its time is over, and then a new root or the like may be there although the timestamp is not
            // new; or the stored copy is damaged. Both are found out by asking for everything.
            Err(reason) => tracing::info!(%region, %reason, "stored metadata no longer holds; asking for all of it"),
        }
        answer = http.get(&path, TIMESTAMP_LIMIT, Ask::Newer(None), date).await?;
    }
    let body = answer.body.unwrap_or_default();
    if body.trim_ascii_start().first() != Some(&b'{') {
        let detail = format!("{path}: the answer is no TUF metadata");
        return Err(NetError { kind: NetErrorKind::Server, detail });
    }
    let (renewed, targets) = update(http, region, &trust, body, answer.etag, now).await?;
    if renewed == trust {
        return Ok(Refreshed::Unchanged { targets });
    }
    Ok(Refreshed::Changed { trust: renewed, targets })
}

async fn update(
    http: &Arc<Http>,
    region: RegionCode,
    trust: &RegionTrust,
    timestamp: Vec<u8>,
    etag: Option<String>,
    now: jiff::Timestamp,
) -> Result<(RegionTrust, Vec<Target>), NetError> {
    let trouble = Trouble::default();
    let repository = Fetched { http: Arc::clone(http), region, timestamp, trouble: trouble.clone() };
    let root = trust.files.get(ROOT).map(Vec::as_slice).unwrap_or_default();
    let files = Files::new(trust.files.clone());
    let updater = Updater::new(repository, root).map_err(|error| refusal(region, &error))?;
    let mut updater = updater.with_config(limits()).with_store(files.clone());
    updater.refresh(now).await.map_err(|error| match error {
        // A missing root is how the chain ends; any other trouble is the cause of a failed transport.
        Error::Transport { .. } => trouble.take().unwrap_or_else(|| refusal(region, &error)),
        error => refusal(region, &error),
    })?;
    let targets = updater.trusted().targets_role("targets");
    let targets = targets.map_or(Ok(Vec::new()), |targets| usable_targets(region, targets))?;
    Ok((RegionTrust { files: files.take(), etag }, targets))
}

fn limits() -> UpdaterConfig {
    let mut config = UpdaterConfig::default();
    config.root_max_length = ROOT_LIMIT;
    config.timestamp_max_length = TIMESTAMP_LIMIT;
    config.snapshot_max_length = SNAPSHOT_LIMIT;
    config.targets_max_length = TARGETS_LIMIT;
    config.max_root_rotations = ROOTS_LIMIT;
    config
}
