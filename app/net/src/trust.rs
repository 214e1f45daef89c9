//! A region's verified metadata as it is stored, and what of it can be used.

use sigstore_tuf::{Error, Root, Targets, TrustedMetadataSet};
use std::collections::BTreeSet;
use yuexiang_core::catalog::ObjectRef;
use yuexiang_core::event::{NetError, NetErrorKind, RegionTrust, Target};
use yuexiang_core::region::RegionCode;
use yuexiang_core::time::UnixSeconds;

pub(crate) const ROOT: &str = "root.json";
pub(crate) const TIMESTAMP: &str = "timestamp.json";
pub(crate) const SNAPSHOT: &str = "snapshot.json";
pub(crate) const TARGETS: &str = "targets.json";

/// More pages than a village will have in a hundred years.
const TARGETS_LIMIT: usize = 20_000;

/// Verifies stored metadata at `now`, without the network.
pub(crate) fn verify_stored(
    region: RegionCode,
    trust: &RegionTrust,
    now: jiff::Timestamp,
) -> Result<Vec<Target>, NetError> {
    let file = |name: &str| {
        trust
            .files
            .get(name)
            .map(Vec::as_slice)
            .ok_or_else(|| NetError { kind: NetErrorKind::Untrusted, detail: format!("{region}: no {name} is stored") })
    };
    let refused = |error| refusal(region, &error);
    let mut trusted = TrustedMetadataSet::from_root(file(ROOT)?).map_err(refused)?;
    trusted.check_root_expired(now).map_err(refused)?;
    trusted.update_timestamp(file(TIMESTAMP)?, now).map_err(refused)?;
    trusted.update_snapshot(file(SNAPSHOT)?, now).map_err(refused)?;
    let targets = trusted.update_targets(file(TARGETS)?, now).map_err(refused)?;
    usable_targets(region, targets)
}

/// Refuses a root in which one key goes by two names within a role: it would count twice towards the threshold.
pub(crate) fn distinct_keys(region: RegionCode, root: &Root) -> Result<(), NetError> {
    for (name, role) in &root.roles {
        let ids: BTreeSet<&String> = role.keyids.iter().collect();
        let keys = ids.iter().filter_map(|id| root.keys.get(*id));
        let material = |public: &str| -> String { public.split_whitespace().collect::<String>().to_ascii_lowercase() };
        let mut known = BTreeSet::new();
        if !keys.map(|key| material(&key.keyval.public)).all(|key| known.insert(key)) {
            let detail = format!("{region}: the root names one key twice for {name}");
            return Err(NetError { kind: NetErrorKind::Malformed, detail });
        }
    }
    Ok(())
}

/// The targets in our terms. One whose name or hash is odd is left out with a warning: nothing can be asked for by it.
pub(crate) fn usable_targets(region: RegionCode, targets: &Targets) -> Result<Vec<Target>, NetError> {
    if targets.targets.len() > TARGETS_LIMIT {
        let detail = format!("{region}: {} targets, {TARGETS_LIMIT} are allowed", targets.targets.len());
        return Err(NetError { kind: NetErrorKind::Malformed, detail });
    }
    let usable = targets.targets.iter().filter_map(|(path, file)| {
        let sha256 = file.hashes.get("sha256").and_then(|hash| hash.parse().ok());
        match sha256.filter(|_| plain_path(path)) {
            Some(sha256) => {
                Some(Target { path: path.clone(), object: ObjectRef { sha256, length: file.length } })
            }
            None => {
                tracing::warn!(%region, target = path.escape_debug().to_string(), "target without a usable name or hash ignored");
                None
            }
        }
    });
    Ok(usable.collect())
}

/// Names that cannot lead anywhere else, on any transport.
fn plain_path(path: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    path.len() <= 128 && path.split('/').all(plain)
}

/// The updater's refusal in our terms.
pub(crate) fn refusal(region: RegionCode, error: &Error) -> NetError {
    let kind = match error {
        Error::Expired { .. } => NetErrorKind::Expired,
        _ => NetErrorKind::Untrusted,
    };
    let mut detail = format!("{region}: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail.push_str(": ");
        detail.push_str(&cause.to_string());
        source = cause.source();
    }
    NetError { kind, detail }
}

pub(crate) fn timestamp(now: UnixSeconds) -> jiff::Timestamp {
    jiff::Timestamp::from_second(now).unwrap_or(if now < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
}
