//! The TUF metadata of one region: four keys, four roles, in the schema of `tough`, in as few bytes as they need.
//!
//! `tough`'s own repository editor writes pretty-printed files into a folder and wants every key at hand; here metadata
//! are rows of a database that change in one transaction, and a root key may be offline, so only its schema is used. Expiry times are whole seconds, because
//! python-tuf and the specification know no fractions.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;

use aws_lc_rs::signature::Ed25519KeyPair;
use olpc_cjson::CanonicalFormatter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tough::TargetName;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::{Ed25519Key, Ed25519Scheme, Key};
use tough::schema::{Hashes, Metafile, RoleKeys, RoleType, Root, Snapshot, Target, Targets, Timestamp};

use crate::keys::{Keyring, RegionKey};
use crate::objects::{Stored, hex, unhex};
use crate::region::RegionCode;

const SPECIFICATION: &str = "1.0.0";
const DAY: i64 = 24 * 60 * 60;

/// One of the four roles that every region has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Root,
    Targets,
    Snapshot,
    Timestamp,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp];

    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Role::Root => "root",
            Role::Targets => "targets",
            Role::Snapshot => "snapshot",
            Role::Timestamp => "timestamp",
        }
    }

    /// Seconds from signing to expiry. A box that cannot reach the cloud keeps showing what it has; expiry only bounds
    /// for how long an attacker can hold a box at an old state.
    pub fn lifetime(self) -> i64 {
        match self {
            Role::Root => 365 * DAY,
            Role::Targets | Role::Snapshot => 90 * DAY,
            Role::Timestamp => 7 * DAY,
        }
    }

    /// Seconds before expiry when the role is signed anew, long enough for a cloud that is down over a holiday.
    pub fn margin(self) -> i64 {
        match self {
            Role::Root => 90 * DAY,
            Role::Targets | Role::Snapshot => 30 * DAY,
            Role::Timestamp => 4 * DAY,
        }
    }

    /// The file's name; consistent snapshots put the version in front of all but the timestamp.
    pub fn file(self, version: u64) -> String {
        match self {
            Role::Timestamp => "timestamp.json".to_owned(),
            role => format!("{version}.{}.json", role.name()),
        }
    }

    fn role_type(self) -> RoleType {
        match self {
            Role::Root => RoleType::Root,
            Role::Targets => RoleType::Targets,
            Role::Snapshot => RoleType::Snapshot,
            Role::Timestamp => RoleType::Timestamp,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TufError {
    #[error("region {region} has no key for {role}")]
    NoKey { region: RegionCode, role: &'static str },
    #[error("the key of {role} of region {region} is kept offline")]
    Offline { region: RegionCode, role: &'static str },
    #[error("the key of {role} of region {region} is unusable")]
    Key { region: RegionCode, role: &'static str },
    #[error("writing {role} of region {region}: {source}")]
    Write { region: RegionCode, role: &'static str, source: serde_json::Error },
    #[error("the target `{name}` of region {region}: {source}")]
    Target { region: RegionCode, name: String, source: Box<tough::error::Error> },
}

/// A version and when it expires, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub version: u64,
    pub expires: i64,
}

impl Version {
    /// The version after this one, or the first, signed now.
    pub fn after(previous: Option<Version>, role: Role, now: i64) -> Version {
        Version { version: previous.map_or(1, |previous| previous.version + 1), expires: now + role.lifetime() }
    }
}

/// Writes and signs a region's metadata with its keys. Who holds them can publish to this region and to no other.
impl Keyring {
    /// The root document that names the current keys, not yet signed.
    pub fn root_document(&self, version: Version) -> Result<Value, TufError> {
        self.value(Role::Root, &self.root_schema(version)?)
    }

    pub fn targets(&self, version: Version, targets: &BTreeMap<String, Stored>) -> Result<Vec<u8>, TufError> {
        let mut document = Targets::new(SPECIFICATION.to_owned(), number(version.version), expires(version));
        document.delegations = None;
        for (name, stored) in targets {
            let target_name = TargetName::new(name.as_str()).map_err(|source| TufError::Target {
                region: self.region,
                name: name.clone(),
                source: Box::new(source),
            })?;
            let target = Target {
                length: stored.length,
                hashes: hashes(&stored.sha256),
                custom: HashMap::new(),
                _extra: HashMap::new(),
            };
            document.add_target(target_name, target);
        }
        self.sign(Role::Targets, &document)
    }

    pub fn snapshot(&self, version: Version, targets: Version, body: &[u8]) -> Result<Vec<u8>, TufError> {
        let mut document = Snapshot::new(SPECIFICATION.to_owned(), number(version.version), expires(version));
        document.meta.insert("targets.json".to_owned(), metafile(targets, body));
        self.sign(Role::Snapshot, &document)
    }

    pub fn timestamp(&self, version: Version, snapshot: Version, body: &[u8]) -> Result<Vec<u8>, TufError> {
        let mut document = Timestamp::new(SPECIFICATION.to_owned(), number(version.version), expires(version));
        document.meta.insert("snapshot.json".to_owned(), metafile(snapshot, body));
        self.sign(Role::Timestamp, &document)
    }

    fn root_schema(&self, version: Version) -> Result<Root, TufError> {
        let mut keys = HashMap::new();
        let mut roles = HashMap::new();
        for role in Role::ALL {
            let current = self.current(role).ok_or(TufError::NoKey { region: self.region, role: role.name() })?;
            let (id, key) = public_key(&current.public).ok_or_else(|| self.unusable(role))?;
            roles.insert(
                role.role_type(),
                RoleKeys { keyids: vec![id.clone()], threshold: NonZeroU64::MIN, _extra: HashMap::new() },
            );
            keys.insert(id, key);
        }
        Ok(Root {
            spec_version: SPECIFICATION.to_owned(),
            consistent_snapshot: true,
            version: number(version.version),
            expires: expires(version),
            keys,
            roles,
            _extra: HashMap::new(),
        })
    }

    fn sign(&self, role: Role, document: &impl Serialize) -> Result<Vec<u8>, TufError> {
        let key = self.current(role).ok_or(TufError::NoKey { region: self.region, role: role.name() })?;
        let signed = self.value(role, document)?;
        let signature = self.signature(key, &signed)?;
        self.assemble(role, signed, [signature])
    }

    /// One signature of a document; an error when the key's secret is not here.
    pub fn signature(&self, key: &RegionKey, signed: &Value) -> Result<Signature, TufError> {
        let (region, role) = (self.region, key.role.name());
        let secret = key.secret.as_ref().ok_or(TufError::Offline { region, role })?;
        let pair = Ed25519KeyPair::from_pkcs8(secret).map_err(|_| self.unusable(key.role))?;
        let signature = hex(pair.sign(&canonical(signed).map_err(|source| self.unwritten(key.role, source))?).as_ref());
        Ok(Signature { key: key_id(&key.public).ok_or_else(|| self.unusable(key.role))?, signature })
    }

    /// The file of a signed document. The signature covers the canonical form, so the file itself may do without line
    /// breaks and indentation; its members are sorted.
    pub fn assemble(
        &self,
        role: Role,
        signed: Value,
        signatures: impl IntoIterator<Item = Signature>,
    ) -> Result<Vec<u8>, TufError> {
        let signatures: Vec<Value> =
            signatures.into_iter().map(|one| json!({ "keyid": one.key, "sig": one.signature })).collect();
        let file = json!({ "signatures": signatures, "signed": signed });
        serde_json::to_vec(&file).map_err(|source| self.unwritten(role, source))
    }

    fn value(&self, role: Role, document: &impl Serialize) -> Result<Value, TufError> {
        serde_json::to_value(document).map_err(|source| self.unwritten(role, source))
    }

    fn unwritten(&self, role: Role, source: serde_json::Error) -> TufError {
        TufError::Write { region: self.region, role: role.name(), source }
    }

    fn unusable(&self, role: Role) -> TufError {
        TufError::Key { region: self.region, role: role.name() }
    }
}

/// A signature and the id of the key that made it, both in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    pub key: String,
    pub signature: String,
}

/// The id under which metadata name a public key.
pub fn key_id(public: &str) -> Option<String> {
    let (id, _) = public_key(public)?;
    Some(hex(&id))
}

fn public_key(public: &str) -> Option<(Decoded<Hex>, Key)> {
    let public = Decoded::<Hex>::from(unhex(public).filter(|bytes| bytes.len() == 32)?);
    let keyval = Ed25519Key { public, _extra: HashMap::new() };
    let key = Key::Ed25519 { keyval, scheme: Ed25519Scheme::Ed25519, _extra: HashMap::new() };
    Some((key.key_id().ok()?, key))
}

/// What a signature covers (TUF specification, 4.1).
pub fn canonical(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, CanonicalFormatter::new()))?;
    Ok(bytes)
}

/// Path of a target's file below the repository, with the hash that consistent snapshots put before its last part.
pub fn target_path(name: &str, sha256: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, file)) => format!("targets/{folder}/{sha256}.{file}"),
        None => format!("targets/{sha256}.{name}"),
    }
}

fn metafile(version: Version, body: &[u8]) -> Metafile {
    Metafile {
        length: Some(body.len() as u64),
        hashes: Some(hashes(&crate::objects::hash(body))),
        version: number(version.version),
        _extra: HashMap::new(),
    }
}

fn hashes(sha256: &str) -> Hashes {
    // What is no hash was not made here; an empty one matches nothing.
    Hashes { sha256: Decoded::<Hex>::from(unhex(sha256).unwrap_or_default()), _extra: HashMap::new() }
}

fn number(version: u64) -> NonZeroU64 {
    NonZeroU64::new(version).unwrap_or(NonZeroU64::MIN)
}

fn expires(version: Version) -> jiff::Timestamp {
    jiff::Timestamp::from_second(version.expires).unwrap_or(jiff::Timestamp::MAX)
}
