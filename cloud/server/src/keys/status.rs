//! Where the keys of a region stand, for the console and the command line.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::request::{Tally, summary};
use super::roots::{KeyActionError, in_force, pending};
use crate::db::args;
use crate::publish::Publisher;
use crate::region::RegionCode;
use crate::reports::{Refused, refused};
use crate::store::{Change, StoreError, codes};
use crate::tuf::Role;

/// Regions named in an overview.
const MOST: i64 = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionStatus {
    pub region: RegionCode,
    pub name: String,
    /// Root, targets, snapshot, timestamp.
    pub roles: Vec<RoleStatus>,
    /// Signatures that a root needs.
    pub threshold: u64,
    /// The version of the root with which the region above introduces this one.
    pub first_root: u64,
    /// The root that waits for signatures.
    pub request: Option<RequestStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleStatus {
    pub role: &'static str,
    pub version: u64,
    /// Unix seconds.
    pub expires: i64,
    /// In force and waiting; retired ones are left out.
    pub keys: Vec<KeyStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyStatus {
    /// 64 hexadecimal digits.
    pub public: String,
    /// Whether its secret is here.
    pub online: bool,
    /// Signs nothing before the root that names it is published.
    pub waiting: bool,
    /// Unix seconds.
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestStatus {
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// What changes, in words.
    pub summary: Vec<String>,
    pub tally: Tally,
    /// Ids of the keys that have signed.
    pub signed: Vec<String>,
}

crate::db::row! {
    /// A key of a person that counts in a region, or did.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct Reviewing {
        pub region: String,
        /// 64 hexadecimal digits.
        pub public: String,
        pub step: String,
        /// Unix seconds.
        pub since: i64,
        pub until: Option<i64>,
    }
}

/// All regions together, and those that need somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Regions with a repository.
    pub regions: i64,
    /// Regions with a root key that is not here.
    pub offline: i64,
    /// Regions whose root waits for signatures or expires within its margin, and those in which nothing can be signed, those
    /// first that expire first; at most 200.
    pub attention: Vec<RegionStatus>,
    /// What boxes refuse and withhold, as they have told today and yesterday.
    pub refused: Vec<Refused>,
}

impl Publisher {
    pub async fn key_status(&self, region: RegionCode) -> Result<RegionStatus, KeyActionError> {
        let mut change = self.store.change().await?;
        let status = region_status(&mut change, region).await;
        change.abandon().await?;
        status
    }

    /// Where a person's keys count or have counted, revoked ones left out; the newest first.
    pub async fn reviewing(&self, account: &str) -> Result<Vec<Reviewing>, KeyActionError> {
        let sql = "SELECT r.region, r.public, r.step, r.since, r.until FROM reviewer r
                   JOIN person_key k ON k.public = r.public
                   WHERE k.account = $1 AND k.revoked IS NULL ORDER BY r.since DESC, r.public, r.region, r.step";
        Ok(self.store.db.all("listing where a person reviews", sql, args![account]).await?)
    }

    /// The version and the expiry of a region's root; none while it has no keys.
    pub async fn root_of(&self, region: RegionCode) -> Result<Option<(u64, i64)>, KeyActionError> {
        let sql = "SELECT version, expires FROM role WHERE region = $1 AND role = 'root'";
        let row: Option<(i64, i64)> = self.store.db.optional("reading a root's version", sql, args![region]).await?;
        Ok(row.map(|(version, expires)| (version as u64, expires)))
    }

    pub async fn key_overview(&self, now: i64) -> Result<Overview, KeyActionError> {
        let db = &self.store.db;
        let sql = "SELECT count(DISTINCT region) FROM region_key
                   WHERE role = 'root' AND secret IS NULL AND retired IS NULL AND waiting = 0";
        let (offline,): (i64,) = db.one("counting offline roots", sql, args![]).await?;
        let sql = "SELECT region FROM role WHERE role = 'root' AND (expires < $1 OR EXISTS
                   (SELECT 1 FROM root_request q WHERE q.region = role.region) OR EXISTS
                   (SELECT 1 FROM region_key k WHERE k.region = role.region AND k.role <> 'root' AND k.secret IS NULL
                    AND k.retired IS NULL AND k.waiting = 0)) ORDER BY expires LIMIT $2";
        let rows = db.all("listing what needs attention", sql, args![now + Role::Root.margin(), MOST]).await?;
        let mut attention = Vec::new();
        let mut change = self.store.change().await?;
        for region in codes(rows) {
            attention.push(region_status(&mut change, region).await?);
        }
        change.abandon().await?;
        let refused = refused(&self.store, now).await?;
        Ok(Overview { regions: self.store.region_count().await?, offline, attention, refused })
    }
}

/// Role, public, whether the secret is here, waiting, created.
type KeyRow = (String, String, i64, i64, i64);

async fn region_status(change: &mut Change, region: RegionCode) -> Result<RegionStatus, KeyActionError> {
    let in_force = in_force(change, region).await?;
    let name = change.region(region).await?.map(|row| row.name).unwrap_or_default();
    let versions = change.versions(region).await?;
    let mut keys = keys(change, region).await?;
    let roles = Role::ALL.into_iter().filter_map(|role| {
        let version = versions.get(&role)?;
        let keys = keys.remove(role.name()).unwrap_or_default();
        Some(RoleStatus { role: role.name(), version: version.version, expires: version.expires, keys })
    });
    let roles = roles.collect();
    let request = match pending(change, region).await? {
        Some(pending) => Some(RequestStatus {
            version: pending.version,
            created: pending.created,
            summary: summary(&in_force.document, &pending.document)?,
            tally: Tally::of(&in_force.plan, &pending.plan, &pending.signatures),
            signed: pending.signatures.into_iter().map(|signature| signature.key).collect(),
        }),
        None => None,
    };
    let sql = "SELECT version FROM first_root WHERE region = $1";
    let row: Option<(i64,)> = change.tx.optional("reading the first root", sql, args![region]).await?;
    let first_root = row.map_or(1, |(version,)| version as u64);
    Ok(RegionStatus { region, name, roles, threshold: in_force.plan.threshold, first_root, request })
}

async fn keys(change: &mut Change, region: RegionCode) -> Result<BTreeMap<String, Vec<KeyStatus>>, StoreError> {
    let sql = "SELECT role, public, CAST(CASE WHEN secret IS NULL THEN 0 ELSE 1 END AS BIGINT), waiting, created
               FROM region_key
               WHERE region = $1 AND retired IS NULL ORDER BY created, public";
    let rows: Vec<KeyRow> = change.tx.all("listing a region's keys", sql, args![region]).await?;
    let mut keys: BTreeMap<String, Vec<KeyStatus>> = BTreeMap::new();
    for (role, public, online, waiting, created) in rows {
        keys.entry(role).or_default().push(KeyStatus { public, online: online != 0, waiting: waiting != 0, created });
    }
    Ok(keys)
}

impl RegionStatus {
    /// Roles below the root whose key is not here: until a root names others, nothing of the region is signed.
    pub fn lost(&self) -> Vec<&'static str> {
        let is_lost = |role: &&RoleStatus| {
            let mut in_force = role.keys.iter().filter(|key| !key.waiting).peekable();
            role.role != Role::Root.name() && in_force.peek().is_some() && in_force.all(|key| !key.online)
        };
        self.roles.iter().filter(is_lost).map(|role| role.role).collect()
    }
}

impl fmt::Display for RegionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.region, self.name)?;
        for role in &self.roles {
            let rule = match role.role {
                "root" => {
                    format!(", {} of {} sign", self.threshold, role.keys.iter().filter(|key| !key.waiting).count())
                }
                _ => String::new(),
            };
            writeln!(f, "  {:9} version {}, expires {}{rule}", role.role, role.version, day(role.expires))?;
            for key in &role.keys {
                let place = if key.online { "online" } else { "offline" };
                let waiting = if key.waiting { ", waits" } else { "" };
                writeln!(f, "            {} {place}{waiting}, since {}", key.public, day(key.created))?;
            }
        }
        let lost = self.lost();
        if !lost.is_empty() {
            let way_out = match &self.request {
                Some(_) => "the root that waits has its signatures".to_owned(),
                None => format!("new keys are in charge: `keys revoke-child {}` by the region above", self.region),
            };
            writeln!(f, "  nothing can be signed until {way_out}; the keys of {} are not here", lost.join(", "))?;
        }
        if self.first_root != 1 {
            writeln!(f, "  introduced by the region above with root {}", self.first_root)?;
        }
        if let Some(request) = &self.request {
            let Tally { follows, next } = request.tally;
            writeln!(
                f,
                "  root {} waits since {} for signatures: {} of {} of the keys before, {} of {} of its own",
                request.version,
                day(request.created),
                follows.have,
                follows.need,
                next.have,
                next.need
            )?;
            for line in &request.summary {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Overview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} regions, {} with root keys offline", self.regions, self.offline)?;
        if self.attention.is_empty() {
            writeln!(f, "no root waits for signatures or expires soon")?;
        }
        self.attention.iter().try_for_each(|status| status.fmt(f))?;
        self.refused.iter().try_for_each(|refused| writeln!(f, "{refused}"))
    }
}

/// The day in China.
fn day(at: i64) -> String {
    let date = crate::pack::china_date(at);
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}
