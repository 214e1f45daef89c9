//! The next root of a region, from the wish to its publication.
//!
//! ```text
//! wish ──▶ document, signed by the keys that are here ──enough?──▶ published, everything below it signed anew
//!                              │ no
//!                              ▼
//!                     root_request, waits ──signatures from elsewhere──▶ published
//! ```
//!
//! Keys that a new root is to name *wait* until it is published; until then those before them go on signing. A second
//! wish in the meantime takes the first one in: there is one request per region, and the newest says everything.

use serde::Serialize;
use serde_json::Value;

use super::pem::PemError;
use super::request::{RequestError, Tally, wanted};
use super::{KeyError, Keyring, NewKey};
use crate::db::args;
use crate::publish::{PublishError, Publisher};
use crate::region::RegionCode;
use crate::repository::{RepositoryError, current_root, keep_root, sign_from};
use crate::store::{Change, StoreError, unreadable};
use crate::tuf::{Role, RootPlan, Signature, TufError, Version, canonical};

#[derive(Debug, thiserror::Error)]
pub enum KeyActionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Tuf(#[from] TufError),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Pem(#[from] PemError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("region {0} has published nothing and has no keys")]
    UnknownRegion(RegionCode),
    #[error("root {version} of region {region} is nothing that this program wrote")]
    OddRoot { region: RegionCode, version: u64 },
    #[error("a root key of region {0} is offline: new ones are named with `keys offline-root adopt`")]
    OfflineRoot(RegionCode),
    #[error("region {0} has more than one root key: new ones are named with `keys offline-root adopt`")]
    ManyRoots(RegionCode),
    #[error("region {0} has no root key here that could be taken offline")]
    NothingToExport(RegionCode),
    #[error("{public} is not a root key of region {region} that is here")]
    NotExported { region: RegionCode, public: String },
    #[error("{threshold} of {keys} root keys is no rule: at least one, at most all, and no more than {most} keys")]
    Threshold { threshold: u64, keys: usize, most: usize },
    #[error("the key {public} is in use for {role} of region {region}: every region and role has keys of its own")]
    InUse { public: String, role: String, region: RegionCode },
    #[error("region {0} waits for no signature")]
    NoRequest(RegionCode),
    #[error("the signature is for root {found} of region {region}, which waits for signatures of root {expected}")]
    OtherVersion { region: RegionCode, found: u64, expected: u64 },
    #[error(
        "the signature is for another document (sha256 {found}) than the root of region {region} that waits ({expected})"
    )]
    OtherDocument { region: RegionCode, found: String, expected: String },
    #[error("the root of region {region} that waits does not follow root {current}, which is in force")]
    DoesNotFollow { region: RegionCode, current: u64 },
    #[error("the root of region {0} that waits has expired; `keys renew` makes it anew")]
    Expired(RegionCode),
    #[error("the signature of the key {public} does not hold for root {version} of region {region}")]
    BadSignature { region: RegionCode, version: u64, public: String },
    #[error("the province {0} has no region above that could put new keys in charge")]
    NothingAbove(RegionCode),
    #[error("there is no account {0}")]
    UnknownAccount(String),
    #[error("{account} has no key {key}that could be replaced or revoked", key = .public.as_ref().map(|key| format!("{key} ")).unwrap_or_default())]
    NoReviewerKey { account: String, public: Option<String> },
    #[error("the key {0} is known already")]
    KnownKey(String),
    #[error("others name reviewers with the key of {0} all the time; try again")]
    Busy(String),
}

/// What became of a root that somebody called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RootOutcome {
    Published {
        version: u64,
    },
    /// Waits for signatures of keys that are kept elsewhere.
    Waiting {
        version: u64,
        tally: Tally,
    },
}

/// The root in force.
pub(crate) struct InForce {
    pub version: Version,
    /// The `signed` part.
    pub document: Value,
    pub plan: RootPlan,
}

/// A root that waits for signatures.
pub(super) struct Pending {
    pub version: u64,
    pub created: i64,
    /// Canonical: exactly what is signed.
    pub text: String,
    pub document: Value,
    pub plan: RootPlan,
    pub signatures: Vec<Signature>,
}

pub(crate) async fn in_force(change: &mut Change, region: RegionCode) -> Result<InForce, KeyActionError> {
    if change.region(region).await?.is_none() {
        return Err(KeyActionError::UnknownRegion(region));
    }
    let (version, body) = current_root(change, region).await?;
    let mut file: Value = serde_json::from_slice(&body).map_err(unreadable("root", region))?;
    let document = file["signed"].take();
    let odd = || KeyActionError::OddRoot { region, version: version.version };
    let plan = RootPlan::of(&document).ok_or_else(odd)?;
    Ok(InForce { version, document, plan })
}

pub(super) async fn pending(change: &mut Change, region: RegionCode) -> Result<Option<Pending>, KeyActionError> {
    let sql = "SELECT version, document, signatures, created FROM root_request WHERE region = $1";
    let row: Option<(i64, String, String, i64)> =
        change.tx.optional("reading what waits for signatures", sql, args![region]).await?;
    let Some((version, text, signatures, created)) = row else { return Ok(None) };
    let version = version as u64;
    let document: Value = serde_json::from_str(&text).map_err(unreadable("root that waits", region))?;
    let plan = RootPlan::of(&document).ok_or(KeyActionError::OddRoot { region, version })?;
    let signatures = serde_json::from_str(&signatures).map_err(unreadable("list of signatures", region))?;
    Ok(Some(Pending { version, created, text, document, plan, signatures }))
}

/// The keys that the next root names if nothing else is wished: those of the root that waits, or of the one in force.
pub(super) async fn wished(change: &mut Change, region: RegionCode) -> Result<RootPlan, KeyActionError> {
    let waiting = pending(change, region).await?.map(|pending| pending.plan);
    match waiting {
        Some(plan) => Ok(plan),
        None => Ok(in_force(change, region).await?.plan),
    }
}

/// Makes the next root, which names the keys of `plan`, and publishes it when the keys that are here suffice. The caller
/// holds the region's lock and has added the keys that are new.
pub(crate) async fn call_for_root(
    publisher: &Publisher,
    change: &mut Change,
    region: RegionCode,
    plan: &RootPlan,
    now: i64,
) -> Result<RootOutcome, KeyActionError> {
    let in_force = in_force(change, region).await?;
    let version = Version::after(Some(in_force.version), Role::Root, now);
    let document = plan.document(region, version)?;
    let ring = Keyring::read(&publisher.master, change, region).await?;
    for key in ring.keys.iter().filter(|key| key.waiting && !plan.publics(key.role).contains(&key.public.as_str())) {
        // Called for by a wish that another has replaced.
        forget_key(change, region, key.role, &key.public).await?;
    }
    let may_sign = wanted(&in_force.plan, plan);
    let here = ring.keys.iter().filter(|key| key.role == Role::Root && key.secret.is_some());
    let mut signatures = Vec::new();
    for key in here.filter(|key| may_sign.contains(&key.public)) {
        signatures.push(ring.signature(key, &document)?);
    }
    let tally = Tally::of(&in_force.plan, plan, &signatures);
    if tally.is_complete() {
        publish_root(publisher, change, region, document, signatures, now).await?;
        return Ok(RootOutcome::Published { version: version.version });
    }
    keep_request(change, region, version.version, &document, &signatures, now).await?;
    Ok(RootOutcome::Waiting { version: version.version, tally })
}

async fn keep_request(
    change: &mut Change,
    region: RegionCode,
    version: u64,
    document: &Value,
    signatures: &[Signature],
    now: i64,
) -> Result<(), KeyActionError> {
    let text = canonical(document).map_err(unreadable("root", region))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let signatures = serde_json::to_string(signatures).map_err(unreadable("list of signatures", region))?;
    let sql = "INSERT INTO root_request (region, version, document, signatures, created) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (region) DO UPDATE SET version = excluded.version, document = excluded.document,
               signatures = excluded.signatures, created = excluded.created";
    change.tx.execute("keeping what waits for signatures", sql, args![region, version, text, signatures, now]).await?;
    Ok(())
}

/// Publishes a root whose signatures suffice, puts the keys that it names in force, and has them sign what they vouch
/// for. The timestamp is signed in any case: a new one is how boxes learn that there is something to ask for.
pub(super) async fn publish_root(
    publisher: &Publisher,
    change: &mut Change,
    region: RegionCode,
    document: Value,
    signatures: Vec<Signature>,
    now: i64,
) -> Result<(), KeyActionError> {
    let before = in_force(change, region).await?.plan;
    let expires = document["expires"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (Some(version), Some(expires), Some(plan)) = (document["version"].as_u64(), expires, RootPlan::of(&document))
    else {
        return Err(KeyActionError::OddRoot { region, version: document["version"].as_u64().unwrap_or(0) });
    };
    let version = Version { version, expires: expires.as_second() };
    let ring = Keyring::read(&publisher.master, change, region).await?;
    let body = ring.assemble(Role::Root, document, signatures)?;
    keep_root(change, region, version, &body).await?;
    put_in_force(change, &ring, &plan, now).await?;
    forget_request(change, region).await?;
    let same = |role| before.publics(role) == plan.publics(role);
    let all_same = [Role::Targets, Role::Snapshot, Role::Timestamp].into_iter().all(same);
    let first = if all_same { Role::Timestamp } else { Role::Targets };
    let ring = Keyring::read(&publisher.master, change, region).await?;
    let targets = change.targets(region).await?;
    sign_from(change, &ring, region, first, &targets, now).await?;
    Ok(())
}

/// Has the table of keys say what a root says. Secrets of keys that it no longer names are destroyed: nothing will ever
/// ask for their signatures again.
pub(crate) async fn put_in_force(
    change: &mut Change,
    ring: &Keyring,
    plan: &RootPlan,
    now: i64,
) -> Result<(), KeyActionError> {
    for key in &ring.keys {
        let is_named = plan.publics(key.role).contains(&key.public.as_str());
        match (is_named, key.waiting) {
            (true, _) => {
                let sql = "UPDATE region_key SET waiting = 0 WHERE region = $1 AND role = $2 AND public = $3";
                let values = args![ring.region, key.role.name(), &key.public];
                change.tx.execute("putting a key in force", sql, values).await?;
            }
            (false, true) => forget_key(change, ring.region, key.role, &key.public).await?,
            (false, false) => {
                let sql = "UPDATE region_key SET secret = NULL, retired = coalesce(retired, $1)
                           WHERE region = $2 AND role = $3 AND public = $4";
                let values = args![now, ring.region, key.role.name(), &key.public];
                change.tx.execute("retiring a key", sql, values).await?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn forget_request(change: &mut Change, region: RegionCode) -> Result<(), KeyActionError> {
    let sql = "DELETE FROM root_request WHERE region = $1";
    change.tx.execute("forgetting what waited for signatures", sql, args![region]).await?;
    Ok(())
}

pub(super) async fn forget_key(
    change: &mut Change,
    region: RegionCode,
    role: Role,
    public: &str,
) -> Result<(), KeyActionError> {
    let sql = "DELETE FROM region_key WHERE region = $1 AND role = $2 AND public = $3 AND waiting = 1";
    change.tx.execute("forgetting a key that waited", sql, args![region, role.name(), public]).await?;
    Ok(())
}

/// A new key of a role that is kept here, waiting to be named. Returns its public half.
pub(crate) async fn make_waiting(
    publisher: &Publisher,
    change: &mut Change,
    ring: &mut Keyring,
    role: Role,
    now: i64,
) -> Result<String, KeyActionError> {
    let NewKey { secret, public } = NewKey::make(&format!("{}/{}", ring.region, role.name()))?;
    ring.add_waiting(&publisher.master, change, role, public.clone(), Some(secret), now).await?;
    Ok(public)
}

/// Renews a root before it expires, with the keys that are wished for. One whose keys are offline waits.
pub async fn renew_root(
    publisher: &Publisher,
    change: &mut Change,
    region: RegionCode,
    now: i64,
) -> Result<RootOutcome, KeyActionError> {
    let plan = wished(change, region).await?;
    call_for_root(publisher, change, region, &plan, now).await
}

impl Publisher {
    /// Commits, and copies what changed to disk for mirrors. A copy that fails is made good at the next start.
    pub(super) async fn conclude(&self, change: Change, regions: &[RegionCode]) -> Result<(), KeyActionError> {
        change.commit().await?;
        for &region in regions {
            if let Err(error) = crate::export::export(&self.data, &self.store, region).await {
                tracing::error!(%error, %region, "copying metadata to disk");
            }
        }
        Ok(())
    }
}
