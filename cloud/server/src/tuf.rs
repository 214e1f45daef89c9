//! The TUF metadata of one region: four keys, four roles, signed with `tough`, in as few bytes as they need.
//!
//! `tough`'s own repository editor writes pretty-printed files into a folder; here metadata are rows of a database that
//! change in one transaction, so only its schema and its signing are used. Expiry times are whole seconds, because
//! python-tuf and the specification know no fractions.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use tough::TargetName;
use tough::editor::signed::SignedRole;
use tough::key_source::KeySource;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::{Hashes, KeyHolder, Metafile, RoleKeys, RoleType, Root, Snapshot, Target, Targets, Timestamp};
use tough::sign::{Sign, parse_keypair};

use crate::objects::{Stored, sync_folder};
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
    #[error("the keys of region {region} in {path}: {source}")]
    Keys { region: RegionCode, path: PathBuf, source: std::io::Error },
    #[error("making a key for region {region}")]
    MakeKey { region: RegionCode },
    #[error("signing {role} of region {region}: {source}")]
    Sign { region: RegionCode, role: &'static str, source: Box<tough::error::Error> },
    #[error("the key of {role} of region {region} is unusable: {source}")]
    Key { region: RegionCode, role: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
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

/// The four signing keys of a region. Who holds them can publish to this region and to no other.
pub struct Keys {
    region: RegionCode,
    keys: [(Role, Vec<u8>); 4],
}

impl Keys {
    /// Reads the keys of a region from `DATA/keys/<code>/`, making those that do not exist yet.
    pub fn open(data: &Path, region: RegionCode) -> Result<Keys, TufError> {
        let folder = data.join("keys").join(region.to_string());
        let failed = |path: &Path, source| TufError::Keys { region, path: path.to_owned(), source };
        private_folder(&folder).map_err(|source| failed(&folder, source))?;
        let mut keys = Role::ALL.map(|role| (role, Vec::new()));
        for (role, key) in &mut keys {
            let path = folder.join(role.name());
            *key = match fs::read(&path) {
                Ok(key) => key,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
                    let made = made.map_err(|_| TufError::MakeKey { region })?.as_ref().to_vec();
                    write_private(&folder, &path, &made).map_err(|source| failed(&path, source))?;
                    made
                }
                Err(source) => return Err(failed(&path, source)),
            };
        }
        Ok(Keys { region, keys })
    }

    pub async fn root(&self, version: Version) -> Result<Vec<u8>, TufError> {
        let root = self.root_document(version)?;
        self.sign(root.clone(), &root, Role::Root).await
    }

    pub async fn targets(&self, version: Version, targets: &BTreeMap<String, Stored>) -> Result<Vec<u8>, TufError> {
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
        let root = self.root_document(version)?;
        self.sign(document, &root, Role::Targets).await
    }

    pub async fn snapshot(&self, version: Version, targets: Version, body: &[u8]) -> Result<Vec<u8>, TufError> {
        let mut document = Snapshot::new(SPECIFICATION.to_owned(), number(version.version), expires(version));
        document.meta.insert("targets.json".to_owned(), metafile(targets, body));
        let root = self.root_document(version)?;
        self.sign(document, &root, Role::Snapshot).await
    }

    pub async fn timestamp(&self, version: Version, snapshot: Version, body: &[u8]) -> Result<Vec<u8>, TufError> {
        let mut document = Timestamp::new(SPECIFICATION.to_owned(), number(version.version), expires(version));
        document.meta.insert("snapshot.json".to_owned(), metafile(snapshot, body));
        let root = self.root_document(version)?;
        self.sign(document, &root, Role::Timestamp).await
    }

    fn root_document(&self, version: Version) -> Result<Root, TufError> {
        let mut keys = HashMap::new();
        let mut roles = HashMap::new();
        for (role, key) in &self.keys {
            let unusable = |source| TufError::Key { region: self.region, role: role.name(), source };
            let key = parse_keypair(key).map_err(|error| unusable(error.into()))?.tuf_key();
            let id = key.key_id().map_err(|error| unusable(error.into()))?;
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

    async fn sign<T>(&self, document: T, root: &Root, role: Role) -> Result<Vec<u8>, TufError>
    where
        T: tough::schema::Role + serde::Serialize,
    {
        let keys: Vec<Box<dyn KeySource>> =
            self.keys.iter().filter(|(of, _)| *of == role).map(|(_, key)| Box::new(Key(key.clone())) as _).collect();
        let signed = SignedRole::new(document, &KeyHolder::Root(root.clone()), &keys, &SystemRandom::new())
            .await
            .map_err(|source| TufError::Sign { region: self.region, role: role.name(), source: Box::new(source) })?;
        // The signature covers the canonical form, so the file itself may do without line breaks and indentation.
        // Going through a value sorts the members.
        let write = |source| TufError::Write { region: self.region, role: role.name(), source };
        serde_json::to_vec(&serde_json::to_value(signed.signed()).map_err(write)?).map_err(write)
    }
}

struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(secret)")
    }
}

#[async_trait]
impl KeySource for Key {
    async fn as_sign(&self) -> Result<Box<dyn Sign>, Box<dyn std::error::Error + Send + Sync + 'static>> {
        Ok(Box::new(parse_keypair(&self.0)?))
    }

    async fn write(&self, _: &str, _: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
        Err("keys are never written back".into())
    }
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
    let bytes: Vec<u8> =
        (0..sha256.len() / 2).filter_map(|at| u8::from_str_radix(&sha256[2 * at..2 * at + 2], 16).ok()).collect();
    Hashes { sha256: Decoded::<Hex>::from(bytes), _extra: HashMap::new() }
}

fn number(version: u64) -> NonZeroU64 {
    NonZeroU64::new(version).unwrap_or(NonZeroU64::MIN)
}

fn expires(version: Version) -> jiff::Timestamp {
    jiff::Timestamp::from_second(version.expires).unwrap_or(jiff::Timestamp::MAX)
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn write_private(folder: &Path, path: &Path, key: &[u8]) -> std::io::Result<()> {
    // A temporary file is private to its owner from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(key)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}
