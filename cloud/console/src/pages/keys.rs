//! A region's keys: what is signed with what, until when, and the ceremony of the offline root.

use maud::{Markup, html};

use crate::context::{Context, Place, Problem, Region};
use crate::layout::Page;
use crate::pages::accounts::ReviewerKey;

/// `/console/keys?region=`.
#[derive(Clone, Debug)]
pub struct Keys {
    pub region: Region,
    /// Whose targets carry the region's first root; absent for the province, which boxes have in their image.
    pub parent: Option<Region>,
    /// Root, targets, snapshot, timestamp.
    pub roles: Vec<RoleKeys>,
    pub reviewers: Vec<ReviewerKey>,
    pub children: Vec<Child>,
    /// A new root that waits for signatures.
    pub ceremony: Option<Ceremony>,
    pub rights: Rights,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    Root,
    Targets,
    Snapshot,
    Timestamp,
}

impl KeyRole {
    pub fn slug(self) -> &'static str {
        match self {
            KeyRole::Root => "root",
            KeyRole::Targets => "targets",
            KeyRole::Snapshot => "snapshot",
            KeyRole::Timestamp => "timestamp",
        }
    }
}

#[derive(Clone, Debug)]
pub struct RoleKeys {
    pub role: KeyRole,
    /// Of the metadata.
    pub version: i64,
    /// Unix seconds.
    pub expires: i64,
    /// How many signatures it takes.
    pub threshold: u32,
    pub keys: Vec<Key>,
}

#[derive(Clone, Debug)]
pub struct Key {
    /// TUF key id, 64 hexadecimal digits.
    pub id: String,
    /// The cloud holds it; otherwise it lies with `holder`.
    pub online: bool,
    pub holder: String,
    /// Unix seconds.
    pub since: i64,
    /// No longer in use since, Unix seconds.
    pub retired: Option<i64>,
}

/// A region directly below.
#[derive(Clone, Debug)]
pub struct Child {
    pub region: Region,
    pub trust: Trust,
    /// Version and expiry (Unix seconds) of its root.
    pub root: Option<(i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    Trusted,
    /// Has no keys yet.
    Absent,
    Revoked {
        at: i64,
        reason: String,
    },
}

/// A root that is signed away from the cloud.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// The version it will have.
    pub version: i64,
    /// Unix seconds.
    pub began: i64,
    /// Where the request is downloaded.
    pub request_url: String,
    /// SHA-256 of the request, to be compared on the offline machine.
    pub request_hash: String,
    /// Who has signed: the key's id, holder, Unix seconds.
    pub signatures: Vec<(String, String, i64)>,
    pub needed: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    pub rotate: bool,
    pub revoke: bool,
    pub ceremony: bool,
}

/// Posts, always with `region`: `role` to `/console/keys/rotate` (a new online key), `role` and `key` to
/// `/console/keys/retire`, `child` and `reason` to `/console/keys/revoke`, `child` to `/console/keys/trust`, nothing else
/// to `/console/keys/ceremony` (prepares a root) and `/console/keys/ceremony/cancel`, the file `signature` (multipart) to
/// `/console/keys/ceremony/signature`.
pub fn page(cx: &Context, view: &Keys) -> Markup {
    let body = html! { h1 { (view.region.name) } };
    Page { title: Place::Keys.word(cx.lang), place: Some(Place::Keys), scripts: &[], body }.draw(cx)
}
