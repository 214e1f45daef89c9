//! A region's verified metadata, and how `sigstore-tuf` reads and renews it.

use crate::http::{Ask, Http};
use sigstore_tuf::cache::MetadataStore;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, Repository, Targets, TrustedMetadataSet};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use yuexiang_core::catalog::ObjectRef;
use yuexiang_core::event::{NetError, NetErrorKind, RegionTrust, Target};
use yuexiang_core::region::RegionCode;
use yuexiang_core::time::UnixSeconds;

pub(crate) const ROOT: &str = "root.json";
pub(crate) const TIMESTAMP: &str = "timestamp.json";
const KEPT: [&str; 4] = [ROOT, TIMESTAMP, "snapshot.json", "targets.json"];

/// More pages than a village will have in a hundred years.
const TARGETS_LIMIT: usize = 20_000;

/// The files of a [`RegionTrust`] as the store of one refresh. What the updater verifies lands here; it is committed
/// by the core, as a whole, when the refresh has succeeded.
#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Files {
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Files {
        Files(Arc::new(Mutex::new(files)))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn take(&self) -> BTreeMap<String, Vec<u8>> {
        std::mem::take(&mut *self.lock())
    }
}

impl MetadataStore for Files {
    fn load(&self, name: &str) -> sigstore_tuf::Result<Option<Vec<u8>>> {
        Ok(self.lock().get(name).cloned())
    }

    fn store(&self, name: &str, bytes: &[u8]) -> sigstore_tuf::Result<()> {
        // The newest root is the one to start from; its history and versioned names are not needed again.
        if KEPT.contains(&name) {
            self.lock().insert(name.to_owned(), bytes.to_vec());
        }
        Ok(())
    }
}

/// Hands over the timestamp that has been fetched already and fetches the rest.
pub(crate) struct Fetched {
    pub http: Arc<Http>,
    pub region: RegionCode,
    pub timestamp: Vec<u8>,
    /// What really went wrong, since the updater's errors do not tell a dead line from a missing file.
    pub trouble: Trouble,
}

#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<NetError>>>);

impl Trouble {
    pub fn take(&self) -> Option<NetError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: &NetError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }
}

impl Repository for Fetched {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move {
            if name == TIMESTAMP {
                return Ok(Some(self.timestamp.clone()));
            }
            let path = format!("tuf/{}/{name}", self.region);
            match self.http.get(&path, max_length, Ask::Compressed, &mut None).await {
                Ok(answer) => Ok(answer.body),
                Err(error) => {
                    self.trouble.note(&error);
                    // The end of the chain of roots is found by asking beyond it.
                    if error.kind == NetErrorKind::Missing { Ok(None) } else { Err(Error::transport(error.detail)) }
                }
            }
        })
    }

    fn fetch_target<'a>(&'a self, path: &'a str, _max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { Err(Error::transport(format!("target {path} is not fetched this way"))) })
    }
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
    trusted.update_snapshot(file("snapshot.json")?, now).map_err(refused)?;
    let targets = trusted.update_targets(file("targets.json")?, now).map_err(refused)?;
    usable_targets(region, targets)
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
                tracing::warn!(%region, target = path.escape_debug().to_string(), "target without a usable name or hash left out");
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
