//! The client workflow of the TUF specification, version 1.0 (sections 5.3 to 5.6), one step after the other.
//!
//! The checks are those of `sigstore-tuf`'s [`TrustedMetadataSet`]; the order, the requests and what is kept are decided
//! here. Its own `Updater` is not used: of a snapshot that a newer timestamp no longer names it would forget what the
//! snapshot had promised (5.5.5).
//!
//! What a step has verified is handed over at once to be stored (5.3.8, 5.4.5, 5.5.7, 5.6.6), so nothing that fails after
//! it, and no power cut, brings back a key that was revoked or a version that was passed. What is handed over is always
//! all that is trusted by then; it is stored in the order of the steps, each in one transaction.

use crate::http::{Ask, Http};
use crate::trust::{
    ROOT, SNAPSHOT, TARGETS, TIMESTAMP, distinct_keys, keep_root, newest_known_root, refusal, usable_targets,
};
use sigstore_tuf::{Error, Metadata, Role, Root, Snapshot, TrustedMetadataSet};
use std::collections::{BTreeMap, BTreeSet};
use yuexiang_core::event::{NetError, NetErrorKind, RegionTrust, Target};
use yuexiang_core::region::RegionCode;
use yuexiang_core::time::UnixSeconds;

/// Bytes.
const ROOT_LIMIT: u64 = 64 << 10;
pub(crate) const TIMESTAMP_LIMIT: u64 = 16 << 10;
const SNAPSHOT_LIMIT: u64 = 64 << 10;
const TARGETS_LIMIT: u64 = 2 << 20;
/// A box that slept for ten years, with a new root every month. The next refresh goes on from there.
const ROOTS_LIMIT: usize = 128;

/// Takes what is trusted after each step, to be stored.
pub(crate) type Keep<'a> = &'a (dyn Fn(RegionTrust) + Send + Sync);

/// A timestamp as it was fetched.
pub(crate) struct Fetched {
    pub bytes: Vec<u8>,
    pub etag: Option<String>,
}

pub(crate) struct Workflow<'a> {
    http: &'a Http,
    region: RegionCode,
    /// The time at which expiry is judged; it stays the same for the whole workflow (5.1).
    now: jiff::Timestamp,
    keep: Keep<'a>,
    trusted: TrustedMetadataSet,
    files: BTreeMap<String, Vec<u8>>,
}

impl<'a> Workflow<'a> {
    /// 5.2: begins with the root that is trusted already, whether or not its time is over.
    pub fn begin(
        http: &'a Http,
        region: RegionCode,
        trust: &RegionTrust,
        now: jiff::Timestamp,
        keep: Keep<'a>,
    ) -> Result<Workflow<'a>, NetError> {
        let root = trust.files.get(ROOT).map(Vec::as_slice).unwrap_or_default();
        let trusted = TrustedMetadataSet::from_root(root).map_err(|error| refusal(region, &error))?;
        distinct_keys(region, trusted.root())?;
        let mut files = trust.files.clone();
        keep_root(&mut files, trusted.root().version, root);
        Ok(Workflow { http, region, now, keep, trusted, files })
    }

    /// Goes all the way. `newer` is a timestamp that has been fetched already.
    pub async fn run(
        mut self,
        newer: Option<Fetched>,
        date: &mut Option<UnixSeconds>,
    ) -> Result<(RegionTrust, Vec<Target>), NetError> {
        let renewed = self.update_roots(date).await?;
        // A timestamp from before a new root may have been signed by keys that the root revokes.
        let timestamp = match newer.filter(|_| !renewed) {
            Some(newer) => newer,
            None => {
                let answer = self.http.get(&self.path(TIMESTAMP), TIMESTAMP_LIMIT, Ask::Newer(None), date).await?;
                Fetched { bytes: answer.body.unwrap_or_default(), etag: answer.etag }
            }
        };
        self.update_timestamp(timestamp.bytes)?;
        self.update_snapshot(date).await?;
        self.update_targets(date).await?;
        let targets = self.trusted.targets_role("targets");
        let targets = targets.map_or(Ok(Vec::new()), |targets| usable_targets(self.region, targets))?;
        Ok((RegionTrust { files: self.files, etag: timestamp.etag }, targets))
    }

    /// 5.3: walks to the newest root. Answers whether there was a newer one.
    async fn update_roots(&mut self, date: &mut Option<UnixSeconds>) -> Result<bool, NetError> {
        let mut renewed = false;
        // 5.3.2 and 5.3.3: version by version, until one is not there or there have been too many.
        for _ in 0..ROOTS_LIMIT {
            let name = format!("{}.{ROOT}", self.trusted.root().version.saturating_add(1));
            let bytes = match self.get(&name, ROOT_LIMIT, date).await {
                Ok(bytes) => bytes,
                Err(error) if error.kind == NetErrorKind::Missing => break,
                Err(error) => return Err(error),
            };
            // 5.3.4 and 5.3.5: signed by the old keys and by its own, and exactly the next version. 5.3.6: whether its
            // time is over matters for the last one only.
            let before = lower_signers(self.trusted.root());
            self.trusted.update_root(&bytes).map_err(|error| self.refused(&error))?;
            distinct_keys(self.region, self.trusted.root())?;
            // 5.3.11: a version that a thief drove up ends with the key that he stole. It is said at the end of the
            // chain, but it is done with the root itself: after a power cut nobody would know of the rotation any more.
            let after = lower_signers(self.trusted.root());
            if before.iter().zip(&after).any(|(before, after)| !before.is_subset(after)) {
                self.files.remove(TIMESTAMP);
                self.files.remove(SNAPSHOT);
            }
            keep_root(&mut self.files, self.trusted.root().version, &bytes);
            self.keep_file(ROOT, bytes);
            renewed = true;
        }
        // The walk may have begun further back than it had come once, because the disk has damaged what it had come to.
        if let Some(known) = newest_known_root(&self.files).filter(|known| *known > self.trusted.root().version) {
            let detail = format!("{}: rollback: root {} after {known}", self.region, self.trusted.root().version);
            return Err(NetError { kind: NetErrorKind::Untrusted, detail });
        }
        // 5.3.10.
        self.trusted.check_root_expired(self.now).map_err(|error| self.refused(&error))?;
        Ok(renewed)
    }

    /// 5.4.
    fn update_timestamp(&mut self, bytes: Vec<u8>) -> Result<(), NetError> {
        if let Some(stored) = self.files.get(TIMESTAMP) {
            // It keeps rollbacks out even when its own time is over; that time is looked at below, before it is used.
            if let Err(error) = self.trusted.update_timestamp(stored, jiff::Timestamp::MIN) {
                tracing::debug!(region = %self.region, %error, "the stored timestamp is ignored");
            }
        }
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            let detail = format!("{}: the answer is no TUF metadata", self.path(TIMESTAMP));
            return Err(NetError { kind: NetErrorKind::Server, detail });
        }
        // On a copy, since a timestamp that names no snapshot must not become the one that is trusted.
        let mut trusted = self.trusted.clone();
        // 5.4.2, 5.4.3 and 5.4.4.
        match trusted.update_timestamp(&bytes, self.now) {
            Ok(()) => {
                if trusted.timestamp().is_none_or(|timestamp| timestamp.snapshot_meta().is_none()) {
                    return Err(self.malformed("the timestamp names no snapshot.json"));
                }
                self.trusted = trusted;
                self.keep_file(TIMESTAMP, bytes);
            }
            // 5.4.3.1: the one that is known stays, whatever else this one says.
            Err(Error::EqualVersion { .. }) => {}
            Err(error) => return Err(self.refused(&error)),
        }
        self.trusted.check_timestamp_expired(self.now).map_err(|error| self.refused(&error))
    }

    /// 5.5.
    async fn update_snapshot(&mut self, date: &mut Option<UnixSeconds>) -> Result<(), NetError> {
        if let Some(stored) = self.files.get(SNAPSHOT)
            && self.trusted.update_snapshot(stored, self.now).is_ok()
        {
            return Ok(());
        }
        let pin = self.trusted.timestamp().and_then(|timestamp| timestamp.snapshot_meta());
        let Some(pin) = pin.cloned() else { return Err(self.malformed("the timestamp names no snapshot.json")) };
        // 5.5.1.
        let limit = pin.length.unwrap_or(SNAPSHOT_LIMIT).min(SNAPSHOT_LIMIT);
        let bytes = self.get(&self.versioned(SNAPSHOT, pin.version), limit, date).await?;
        // On a copy, since what comes after it here may still refuse it.
        let mut trusted = self.trusted.clone();
        // 5.5.2, 5.5.3, 5.5.4 and 5.5.6.
        trusted.update_snapshot(&bytes, self.now).map_err(|error| self.refused(&error))?;
        // 5.5.5.
        if let (Some(stored), Some(new)) = (self.stored_snapshot(), trusted.snapshot()) {
            self.refuse_rollback(&stored, new)?;
        }
        if trusted.snapshot().is_none_or(|snapshot| !snapshot.meta.contains_key(TARGETS)) {
            return Err(self.malformed("the snapshot names no targets.json"));
        }
        self.trusted = trusted;
        self.keep_file(SNAPSHOT, bytes);
        Ok(())
    }

    /// The snapshot that was trusted last, if the present root's keys signed it. The timestamp need not name it any more.
    fn stored_snapshot(&self) -> Option<Snapshot> {
        let stored = Metadata::<Snapshot>::from_slice(self.files.get(SNAPSHOT)?).ok()?;
        let root = self.trusted.root();
        stored.verify_threshold(&root.keys, root.role(Snapshot::TYPE)?, Snapshot::TYPE).ok()?;
        Some(stored.into_signed())
    }

    /// 5.5.5: what the last snapshot named is still named, and in no older version.
    fn refuse_rollback(&self, stored: &Snapshot, new: &Snapshot) -> Result<(), NetError> {
        let refused = |reason: String| {
            let detail = format!("{}: rollback: {reason}", self.path(SNAPSHOT));
            Err(NetError { kind: NetErrorKind::Untrusted, detail })
        };
        for (name, old) in &stored.meta {
            match new.meta.get(name) {
                None => return refused(format!("{name} is named no more")),
                Some(new) if new.version < old.version => {
                    return refused(format!("version {} of {name} after {}", new.version, old.version));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// 5.6, for the targets of the top; nobody delegates to others.
    async fn update_targets(&mut self, date: &mut Option<UnixSeconds>) -> Result<(), NetError> {
        self.trusted.check_snapshot_expired(self.now).map_err(|error| self.refused(&error))?;
        if let Some(stored) = self.files.get(TARGETS)
            && self.trusted.update_targets(stored, self.now).is_ok()
        {
            return Ok(());
        }
        let pin = self.trusted.snapshot().and_then(|snapshot| snapshot.meta.get(TARGETS));
        let Some(pin) = pin.cloned() else { return Err(self.malformed("the snapshot names no targets.json")) };
        // 5.6.1.
        let limit = pin.length.unwrap_or(TARGETS_LIMIT).min(TARGETS_LIMIT);
        let bytes = self.get(&self.versioned(TARGETS, pin.version), limit, date).await?;
        // 5.6.2 to 5.6.5.
        if let Err(error) = self.trusted.update_targets(&bytes, self.now) {
            return Err(self.refused(&error));
        }
        self.keep_file(TARGETS, bytes);
        Ok(())
    }

    /// Keeps a file that has just been verified. It is no whole refresh yet, so the next poll is not conditional.
    fn keep_file(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), bytes);
        (self.keep)(RegionTrust { files: self.files.clone(), etag: None });
    }

    async fn get(&self, name: &str, limit: u64, date: &mut Option<UnixSeconds>) -> Result<Vec<u8>, NetError> {
        let answer = self.http.get(&self.path(name), limit, Ask::Compressed, date).await?;
        Ok(answer.body.unwrap_or_default())
    }

    fn path(&self, name: &str) -> String {
        format!("tuf/{}/{name}", self.region)
    }

    /// 5.3.12: with consistent snapshots a name carries its version.
    fn versioned(&self, name: &str, version: u64) -> String {
        if self.trusted.root().consistent_snapshot { format!("{version}.{name}") } else { name.to_owned() }
    }

    fn refused(&self, error: &Error) -> NetError {
        refusal(self.region, error)
    }

    fn malformed(&self, reason: &str) -> NetError {
        NetError { kind: NetErrorKind::Malformed, detail: format!("{}: {reason}", self.region) }
    }
}

/// The keys of timestamp and snapshot.
fn lower_signers(root: &Root) -> [BTreeSet<(String, String)>; 2] {
    ["timestamp", "snapshot"].map(|role| {
        let ids = root.role(role).map(|role| role.keyids.as_slice()).unwrap_or_default();
        let keys = ids.iter().filter_map(|id| root.keys.get(id));
        keys.map(|key| (key.scheme.clone(), key.keyval.public.clone())).collect()
    })
}
