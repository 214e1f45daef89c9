//! Makes boxes go on with a database that is older than what they have seen.
//!
//! Boxes refuse versions that go backwards, and roots that do not follow the one they have. So for each region
//!
//! 1. roots that are newer than the database (they lie in `DATA/tuf`, and in what was replaced) are taken in again;
//! 2. everything that is signed gets a version above all that boxes can have seen: above what is known, and by so much
//!    more as could have been signed since the backup;
//! 3. keys that were made after the backup are lost: a root that is here, or the region above, puts new ones in charge.
//!
//! Where that cannot be, because a root's keys are offline or lost, [`Recovered::needs`] says what it takes, and so does
//! `keys status` for as long as it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::BackupError;
use crate::db::{Db, Kind, args};
use crate::desk::log::{self, Entry};
use crate::keys::request::{Tally, wanted};
use crate::keys::roots::{call_for_root, forget_request, in_force, make_waiting, put_in_force};
use crate::keys::{KeyActionError, Keyring, RootOutcome};
use crate::publish::Publisher;
use crate::publish::drafts::Drafts;
use crate::region::RegionCode;
use crate::repository::{keep_root, sign_from};
use crate::store::{Change, StoreError, codes};
use crate::tuf::{Role, RootPlan, Signature, Version, canonical};

/// Who the log says it was.
const ACTOR: &str = "command-line";
/// A region does not sign more often, in the mean, than so many times in a second.
const PER_SECOND: u64 = 10;
/// And by this much more, for clocks that were not quite right.
const MARGIN: u64 = 10_000;
/// Regions of one transaction: a commit costs far more than a signature.
const BATCH: usize = 100;

/// What is newer than the backup and can still be found.
#[derive(Debug, Default)]
pub struct Salvage {
    /// Root files by version.
    roots: BTreeMap<RegionCode, BTreeMap<u64, Vec<u8>>>,
    versions: BTreeMap<RegionCode, BTreeMap<Role, u64>>,
    /// Accounts and their keys that are no longer believed.
    revoked: BTreeSet<(String, String)>,
    disabled: BTreeSet<String>,
    tokens: BTreeSet<String>,
}

/// What becomes of the regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Regions whose metadata were signed anew.
    pub signed: usize,
    /// Regions whose newer roots were found and taken in, with the version.
    pub followed: Vec<(RegionCode, u64)>,
    /// Regions in which a root of their own, or the region above, has put new keys in charge.
    pub rekeyed: Vec<RegionCode>,
    /// Regions that need somebody.
    pub needs: Vec<(RegionCode, Need)>,
}

/// What it takes until boxes follow a region again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Signatures of root keys that are kept offline.
    Signature { version: u64 },
    /// The province's root key was made after the backup and is lost: boxes need another root by hand.
    Image,
    /// It was published for the first time after the backup: publish it again.
    Publish,
    /// Something else went wrong.
    Failed(String),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Need::Signature { version } => write!(
                f,
                "root {version} waits for signatures of keys that are offline: see `keys request`, `keys import`"
            ),
            Need::Image => write!(
                f,
                "its root key was made after the backup and is lost: boxes need the new root from an image or by hand"
            ),
            Need::Publish => write!(f, "it was published for the first time after the backup: publish it again"),
            Need::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl Salvage {
    /// What the copies for mirrors tell. What is not there or cannot be read tells nothing.
    pub fn of_folder(tuf: &Path) -> Salvage {
        let mut salvage = Salvage::default();
        for folder in fs::read_dir(tuf).into_iter().flatten().flatten() {
            let name = folder.file_name();
            let Some(region) = name.to_str().and_then(|name| name.parse::<RegionCode>().ok()) else { continue };
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let name = file.file_name().to_string_lossy().into_owned();
                salvage.note(region, &name, || fs::read(file.path()).ok());
            }
        }
        salvage
    }

    /// Takes a file below a region's folder into account.
    fn note(&mut self, region: RegionCode, name: &str, body: impl FnOnce() -> Option<Vec<u8>>) {
        if name == Role::Timestamp.file(0) {
            let version = || serde_json::from_slice::<Value>(&body()?).ok()?["signed"]["version"].as_u64();
            self.version(region, Role::Timestamp, version().unwrap_or(0));
            return;
        }
        let Some((version, role)) = name.strip_suffix(".json").and_then(|name| name.split_once('.')) else { return };
        let (Ok(version), Some(role)) = (version.parse(), Role::named(role)) else { return };
        match role {
            Role::Root => {
                if let Some(body) = body() {
                    self.roots.entry(region).or_default().entry(version).or_insert(body);
                }
            }
            role => self.version(region, role, version),
        }
    }

    fn version(&mut self, region: RegionCode, role: Role, version: u64) {
        let known = self.versions.entry(region).or_default().entry(role).or_default();
        *known = version.max(*known);
    }

    /// The same of SQLite's file of another time. One that cannot be read tells nothing: that may be why it is replaced.
    pub async fn take_file(&mut self, path: &Path) {
        let Some(folder) = path.parent().filter(|_| path.is_file()) else { return };
        match Db::connect(folder, None).await {
            Ok(db) => {
                self.take(&db).await;
                db.close().await;
            }
            Err(error) => tracing::warn!(%error, path = %path.display(), "the database to be replaced cannot be read"),
        }
    }

    /// The same of a database of another time.
    pub async fn take(&mut self, db: &Db) {
        if let Err(error) = self.try_take(db).await {
            tracing::warn!(%error, "the database to be replaced cannot be read to its end");
        }
    }

    async fn try_take(&mut self, db: &Db) -> Result<(), StoreError> {
        let sql = "SELECT region, role, version FROM role";
        let versions: Vec<(String, String, i64)> = db.all("reading newer versions", sql, args![]).await?;
        for (region, role, version) in versions {
            if let (Ok(region), Some(role)) = (region.parse(), Role::named(&role)) {
                self.version(region, role, version as u64);
            }
        }
        let sql = "SELECT region, path, body FROM file WHERE path LIKE '%.root.json' AND path NOT LIKE '%/%'";
        let roots: Vec<(String, String, Vec<u8>)> = db.all("reading newer roots", sql, args![]).await?;
        for (region, path, body) in roots {
            if let Ok(region) = region.parse() {
                self.note(region, &path, || Some(body));
            }
        }
        let sql = "SELECT account, public FROM person_key WHERE revoked IS NOT NULL";
        let revoked: Vec<(String, String)> = db.all("reading revoked keys", sql, args![]).await?;
        self.revoked.extend(revoked);
        let disabled: Vec<(String,)> =
            db.all("reading disabled accounts", "SELECT id FROM account WHERE disabled = 1", args![]).await?;
        self.disabled.extend(disabled.into_iter().map(|(id,)| id));
        let tokens: Vec<(String,)> =
            db.all("reading revoked tokens", "SELECT id FROM token WHERE revoked IS NOT NULL", args![]).await?;
        self.tokens.extend(tokens.into_iter().map(|(id,)| id));
        Ok(())
    }
}

/// Makes boxes go on with a database of the moment `at`. Nobody else changes it meanwhile.
pub async fn recover(publisher: &Publisher, salvage: Salvage, at: i64, now: i64) -> Result<Recovered, BackupError> {
    let elapsed = u64::try_from(now - at).unwrap_or(0);
    let leap = MARGIN + elapsed.saturating_mul(PER_SECOND);
    let work = Work { publisher, salvage: &salvage, leap, now };
    let db = &publisher.store.db;
    // The region above is before those below it: its code is the smaller one.
    let regions = codes(db.all("listing regions", "SELECT code FROM region ORDER BY code", args![]).await?);
    let mut recovered = Recovered::default();
    for batch in regions.chunks(BATCH) {
        match work.together(batch).await {
            Ok(results) => recovered.take(results),
            Err(_) => {
                for &region in batch {
                    match work.together(&[region]).await {
                        Ok(results) => recovered.take(results),
                        Err(error) => recovered.needs.push((region, Need::Failed(error.to_string()))),
                    }
                }
            }
        }
    }
    work.put_in_charge_from_above(&mut recovered).await;
    let known: BTreeSet<RegionCode> = regions.into_iter().collect();
    let unknown = salvage.roots.keys().filter(|region| !known.contains(region));
    recovered.needs.extend(unknown.map(|region| (*region, Need::Publish)));
    work.keep_out().await?;
    work.note(at, &recovered).await?;
    Ok(recovered)
}

struct Work<'a> {
    publisher: &'a Publisher,
    salvage: &'a Salvage,
    leap: u64,
    now: i64,
}

/// What became of a region.
struct Outcome {
    region: RegionCode,
    followed: Option<u64>,
    state: State,
}

enum State {
    Signed,
    Rekeyed,
    Waits {
        version: u64,
    },
    /// The root key that it would take is lost.
    Lost,
}

impl Recovered {
    fn take(&mut self, outcomes: Vec<Outcome>) {
        for Outcome { region, followed, state } in outcomes {
            self.followed.extend(followed.map(|version| (region, version)));
            match state {
                State::Signed => self.signed += 1,
                State::Rekeyed => {
                    self.signed += 1;
                    self.rekeyed.push(region);
                }
                State::Waits { version } => self.needs.push((region, Need::Signature { version })),
                State::Lost => self.needs.push((region, Need::Image)),
            }
        }
    }
}

impl Work<'_> {
    async fn together(&self, regions: &[RegionCode]) -> Result<Vec<Outcome>, KeyActionError> {
        let mut change = self.publisher.store.change().await?;
        let mut outcomes = Vec::new();
        for &region in regions {
            change.lock(region).await?;
            outcomes.push(self.one(&mut change, region).await?);
        }
        change.commit().await?;
        Ok(outcomes)
    }

    async fn one(&self, change: &mut Change, region: RegionCode) -> Result<Outcome, KeyActionError> {
        let (publisher, now) = (self.publisher, self.now);
        // Keys that were offline when the backup was made are with their keepers; others that are not here are lost.
        let before = Keyring::read(&publisher.master, change, region).await?;
        let offline: BTreeSet<String> =
            before.root_keys().filter(|key| key.secret.is_none()).map(|key| key.public.clone()).collect();
        let followed = self.follow(change, region, before).await?;
        self.raise_floors(change, region).await?;
        let mut ring = Keyring::read(&publisher.master, change, region).await?;
        let online = [Role::Targets, Role::Snapshot, Role::Timestamp];
        let missing: Vec<Role> =
            online.into_iter().filter(|role| ring.current(*role).is_none_or(|key| key.secret.is_none())).collect();
        if missing.is_empty() {
            let targets = change.targets(region).await?;
            sign_from(change, &ring, region, Role::Timestamp, &targets, now).await?;
            return Ok(Outcome { region, followed, state: State::Signed });
        }
        let mut plan = in_force(change, region).await?.plan;
        for role in missing {
            let public = make_waiting(publisher, change, &mut ring, role, now).await?;
            match role {
                Role::Targets => plan.targets = public,
                Role::Snapshot => plan.snapshot = public,
                _ => plan.timestamp = public,
            }
        }
        let state = match call_for_root(publisher, change, region, &plan, now).await? {
            RootOutcome::Published { .. } => State::Rekeyed,
            RootOutcome::Waiting { version, .. } if plan.root.iter().any(|key| offline.contains(key)) => {
                State::Waits { version }
            }
            RootOutcome::Waiting { .. } => {
                // Nobody will ever bring the signature.
                forget_request(change, region).await?;
                let sql = "DELETE FROM region_key WHERE region = $1 AND waiting = 1";
                change.tx.execute("forgetting keys that waited", sql, args![region]).await?;
                State::Lost
            }
        };
        Ok(Outcome { region, followed, state })
    }

    /// Takes in the roots that follow the one in force, and returns the version of the last one.
    async fn follow(
        &self,
        change: &mut Change,
        region: RegionCode,
        mut ring: Keyring,
    ) -> Result<Option<u64>, KeyActionError> {
        let Some(roots) = self.salvage.roots.get(&region) else { return Ok(None) };
        let mut last = in_force(change, region).await?;
        let (mut followed, mut introduced) = (None, None);
        while let Some(body) = roots.get(&(last.version.version + 1)) {
            let Some(root) = Root::read(body, last.version.version + 1) else { break };
            let tally = root.tally(&last.plan);
            if tally.next.have < tally.next.need {
                break;
            }
            if tally.follows.have < tally.follows.need {
                // The region above had put new keys in charge.
                introduced = Some((root.version.version, body.clone()));
            }
            keep_root(change, region, root.version, body).await?;
            followed = Some(root.version.version);
            (last.version, last.plan) = (root.version, root.plan);
        }
        if followed.is_none() {
            return Ok(None);
        }
        forget_request(change, region).await?;
        for role in Role::ALL {
            for public in last.plan.publics(role) {
                if !ring.keys.iter().any(|key| key.role == role && key.public == public) {
                    let (master, public) = (&self.publisher.master, public.to_owned());
                    ring.add_waiting(master, change, role, public, None, self.now).await?;
                }
            }
        }
        put_in_force(change, &ring, &last.plan, self.now).await?;
        if let (Some((version, body)), Some(parent)) = (introduced, region.parent()) {
            let sql = "INSERT INTO first_root (region, version) VALUES ($1, $2)
                       ON CONFLICT (region) DO UPDATE SET version = excluded.version";
            change.tx.execute("keeping the new first root", sql, args![region, version]).await?;
            let mut drafts = Drafts::new(self.publisher, self.now);
            drafts.name_child(change, parent, region, body).await?;
            drafts.finish(change).await?;
        }
        Ok(followed)
    }

    /// What is signed next has a version that no box has seen.
    async fn raise_floors(&self, change: &mut Change, region: RegionCode) -> Result<(), KeyActionError> {
        let seen = self.salvage.versions.get(&region);
        for (role, version) in change.versions(region).await? {
            if role == Role::Root {
                continue;
            }
            let seen = seen.and_then(|seen| seen.get(&role)).copied().unwrap_or(0);
            change.keep_floor(region, role, version.version.max(seen) + self.leap).await?;
        }
        Ok(())
    }

    /// Where a region's own root key is lost, the region above puts new keys in charge; none is above the province.
    async fn put_in_charge_from_above(&self, recovered: &mut Recovered) {
        for (region, need) in std::mem::take(&mut recovered.needs) {
            if need != Need::Image || region.parent().is_none() {
                recovered.needs.push((region, need));
                continue;
            }
            let reason = "the keys were made after the backup that was restored";
            match self.publisher.revoke_child_because(region, reason, ACTOR, self.now).await {
                Ok(_) => {
                    recovered.signed += 1;
                    recovered.rekeyed.push(region);
                }
                Err(error) => recovered.needs.push((region, Need::Failed(error.to_string()))),
            }
        }
    }

    /// Whoever was kept out after the backup stays out, and everybody signs in again.
    async fn keep_out(&self) -> Result<(), BackupError> {
        for (account, public) in &self.salvage.revoked {
            match self.publisher.revoke_reviewer(account, Some(public), ACTOR, self.now).await {
                // A key that the backup does not know approves nothing.
                Ok(_) | Err(KeyActionError::NoReviewerKey { .. } | KeyActionError::UnknownAccount(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let db = &self.publisher.store.db;
        for account in &self.salvage.disabled {
            let sql = "UPDATE account SET disabled = 1 WHERE id = $1";
            db.execute("disabling an account", sql, args![account]).await?;
        }
        for token in &self.salvage.tokens {
            let sql = "UPDATE token SET revoked = $1 WHERE id = $2 AND revoked IS NULL";
            db.execute("revoking a token", sql, args![self.now, token]).await?;
        }
        db.execute("ending sessions", "DELETE FROM session", args![]).await?;
        db.execute("ending links", "DELETE FROM password_link", args![]).await?;
        Ok(())
    }

    async fn note(&self, at: i64, recovered: &Recovered) -> Result<(), BackupError> {
        let mut change = self.publisher.store.change().await?;
        if change.tx.kind() == Kind::Postgres {
            // Generations are numbers of transactions; those of another cluster may lie far ahead, and would be news for ever.
            let sql = "UPDATE region SET generation = pg_current_xact_id()::text::bigint
                       WHERE generation > pg_current_xact_id()::text::bigint";
            change.tx.execute("counting generations anew", sql, args![]).await?;
        }
        let needs: Vec<Value> = recovered
            .needs
            .iter()
            .take(100)
            .map(|(region, need)| json!({ "region": region, "need": need.to_string() }))
            .collect();
        let detail = json!({
            "backup": at, "regions": recovered.signed, "rekeyed": recovered.rekeyed.len(), "needs": needs,
        });
        let region = RegionCode::GUANGDONG;
        let entry = Entry { region, at: self.now, account: ACTOR, action: "restore", object: "", detail };
        log::append(&mut change.tx, entry).await?;
        Ok(change.commit().await?)
    }
}

/// A root file that is one.
struct Root {
    version: Version,
    plan: RootPlan,
    /// What is signed.
    bytes: Vec<u8>,
    signatures: Vec<Signature>,
}

impl Root {
    fn read(body: &[u8], expected: u64) -> Option<Root> {
        let file: Value = serde_json::from_slice(body).ok()?;
        let signed = &file["signed"];
        let plan = RootPlan::of(signed)?;
        let expires: jiff::Timestamp = signed["expires"].as_str()?.parse().ok()?;
        let version = Version { version: signed["version"].as_u64()?, expires: expires.as_second() };
        let signature = |one: &Value| {
            let (key, signature) = (one["keyid"].as_str()?, one["sig"].as_str()?);
            Some(Signature { key: key.to_owned(), signature: signature.to_owned() })
        };
        let signatures = file["signatures"].as_array()?.iter().filter_map(signature).collect();
        let bytes = canonical(signed).ok()?;
        (version.version == expected && signed["_type"] == "root").then_some(Root { version, plan, bytes, signatures })
    }

    /// How far the signatures that hold reach: of the root before, and of its own.
    fn tally(&self, before: &RootPlan) -> Tally {
        let publics = wanted(before, &self.plan);
        let holds = |one: &Signature| publics.iter().any(|public| one.holds(public, &self.bytes));
        let signatures: Vec<Signature> = self.signatures.iter().filter(|one| holds(one)).cloned().collect();
        Tally::of(before, &self.plan, &signatures)
    }
}
