//! A region's verified metadata as it is stored, and what of it can be used.

use sigstore_tuf::{Error, Root, Targets, TrustedMetadataSet};
use std::collections::{BTreeMap, BTreeSet};
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

/// Name of a root that is kept beside the trusted one: what the trusted one can be had again from.
fn kept_root(version: u64) -> String {
    format!("{version}.{ROOT}")
}

fn kept_version(name: &str) -> Option<u64> {
    name.strip_suffix(ROOT)?.strip_suffix('.')?.parse().ok()
}

/// The newest version that has ever been followed, whether or not its bytes are still there.
pub(crate) fn newest_known_root(files: &BTreeMap<String, Vec<u8>>) -> Option<u64> {
    files.keys().filter_map(|name| kept_version(name)).max()
}

/// Keeps the trusted root among those before it. Roots to which it does not belong go: their keys are in charge no more.
pub(crate) fn keep_root(files: &mut BTreeMap<String, Vec<u8>>, version: u64, root: &[u8]) {
    let name = kept_root(version);
    if files.get(&name).is_some_and(|kept| kept == root) {
        return;
    }
    let bytes = |name: &str| files.get(name).filter(|bytes| !bytes.is_empty());
    let before = version.checked_sub(1).and_then(|before| bytes(&kept_root(before)));
    let follows = before.is_some_and(|before| follows(before, root));
    let contradicted = files.iter().any(|(name, bytes)| kept_version(name).is_some() && !bytes.is_empty());
    if contradicted && !follows {
        files.retain(|name, _| kept_version(name).is_none());
    }
    files.insert(name, root.to_vec());
}

fn follows(before: &[u8], root: &[u8]) -> bool {
    TrustedMetadataSet::from_root(before).is_ok_and(|mut trusted| trusted.update_root(root).is_ok())
}

/// Looks whether the disk has damaged the trusted root, without which nothing of the region could be verified ever again.
/// The newest sound one that was kept takes its place; when there is none, whoever put the first one in charge is asked
/// for it again, the image or the region above. Which versions were known stays, so that the way back to them passes none
/// of them by. Damage to anything else is found out when it is verified, and it is fetched again.
pub(crate) fn mend(region: RegionCode, stored: &RegionTrust) -> (RegionTrust, Vec<(String, String)>) {
    let mut trust = stored.clone();
    let mut damaged = Vec::new();
    match stored.files.get(ROOT).map(|root| (root, root_version(region, root))) {
        Some((root, Ok(version))) => {
            keep_root(&mut trust.files, version, root);
            return (trust, damaged);
        }
        Some((_, Err(reason))) => damaged.push((ROOT.to_owned(), reason)),
        None => {}
    }
    trust.files.remove(ROOT);
    trust.etag = None;
    let mut kept: Vec<u64> = stored.files.keys().filter_map(|name| kept_version(name)).collect();
    kept.sort_unstable();
    for version in kept.into_iter().rev() {
        let name = kept_root(version);
        let bytes = stored.files.get(&name).map(Vec::as_slice).unwrap_or_default();
        if bytes.is_empty() {
            continue;
        }
        match root_version(region, bytes) {
            Ok(found) if found == version => {
                trust.files.insert(ROOT.to_owned(), bytes.to_vec());
                break;
            }
            Ok(found) => damaged.push((name.clone(), format!("it has version {found}"))),
            Err(reason) => damaged.push((name.clone(), reason)),
        }
        trust.files.insert(name, Vec::new());
    }
    (trust, damaged)
}

/// The version of a root that its own keys have signed.
fn root_version(region: RegionCode, bytes: &[u8]) -> Result<u64, String> {
    let trusted = TrustedMetadataSet::from_root(bytes).map_err(|error| refusal(region, &error).detail)?;
    distinct_keys(region, trusted.root()).map_err(|error| error.detail)?;
    Ok(trusted.root().version)
}

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
