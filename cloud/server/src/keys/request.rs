//! A root that waits for signatures, as a file that travels to the keys and back.
//!
//! Everything here works without database and network: on the computer that never had either. The request carries the
//! exact bytes to be signed and the root that they follow, so that whoever signs sees what changes from the documents
//! themselves and believes no description.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use yuexiang_console::words::Lang;

use super::NewKey;
use crate::objects::{hash, hex};
use crate::region::RegionCode;
use crate::tuf::{Role, RootPlan, Signature, canonical, key_id};

const REQUEST: &str = "yuexiang root request 1";
const SIGNATURE: &str = "yuexiang root signature 1";

#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("this is no {expected}: {reason}")]
    Format { expected: &'static str, reason: String },
    #[error("the request for region {region} was altered: {what}")]
    Altered { region: RegionCode, what: &'static str },
    #[error(
        "the key {public} has no part in root {version} of region {region}; it needs signatures of {}",
        .wanted.join(", ")
    )]
    WrongKey { region: RegionCode, version: u64, public: String, wanted: Vec<String> },
    #[error("the key {0} does not sign")]
    Sign(String),
}

/// What has to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFile {
    pub format: String,
    pub region: RegionCode,
    /// The region's name, for people.
    pub name: String,
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// For people: what changes. Whoever signs has it made anew from the documents.
    pub summary: Vec<String>,
    /// The root in force: the `signed` part of its file in canonical form.
    pub follows: String,
    /// Exactly the bytes to be signed: canonical JSON (TUF specification, 4.1), UTF-8.
    pub document: String,
}

/// A signature made elsewhere. `signature` is Ed25519 over the request's `document`, so any tool can make one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFile {
    pub format: String,
    pub region: RegionCode,
    pub version: u64,
    /// SHA-256 of the document, 64 hexadecimal digits.
    pub sha256: String,
    /// The key that signed, 64 hexadecimal digits.
    pub public: String,
    /// 128 hexadecimal digits.
    pub signature: String,
}

impl RequestFile {
    pub fn new(
        region: RegionCode,
        name: &str,
        created: i64,
        follows: &Value,
        document: &Value,
    ) -> Result<RequestFile, RequestError> {
        let text = |value: &Value| {
            let bytes = canonical(value).map_err(|error| no_request(error.to_string()))?;
            String::from_utf8(bytes).map_err(|error| no_request(error.to_string()))
        };
        Ok(RequestFile {
            format: REQUEST.to_owned(),
            region,
            name: name.to_owned(),
            version: document["version"].as_u64().unwrap_or(0),
            created,
            summary: summary(follows, document)?,
            follows: text(follows)?,
            document: text(document)?,
        })
    }

    /// Reads a request and checks that it says one thing throughout.
    pub fn read(bytes: &[u8]) -> Result<RequestFile, RequestError> {
        let request: RequestFile = serde_json::from_slice(bytes).map_err(|error| no_request(error.to_string()))?;
        if request.format != REQUEST {
            return Err(no_request(format!("it calls itself `{}`", request.format)));
        }
        let altered = |what| RequestError::Altered { region: request.region, what };
        let (follows, document) = request.documents()?;
        if canonical(&document).ok().as_deref() != Some(request.document.as_bytes()) {
            return Err(altered("its document is not in canonical form"));
        }
        if document["_type"] != "root" || document["consistent_snapshot"] != true {
            return Err(altered("its document is no root of a region"));
        }
        if document["version"].as_u64() != Some(request.version) {
            return Err(altered("its document has another version"));
        }
        if follows["version"].as_u64().and_then(|version| version.checked_add(1)) != Some(request.version) {
            return Err(altered("its document does not follow the root that it names"));
        }
        if summary(&follows, &document)? != request.summary {
            return Err(altered("its summary says something else than its document"));
        }
        Ok(request)
    }

    fn documents(&self) -> Result<(Value, Value), RequestError> {
        let parse = |text: &str| serde_json::from_str(text).map_err(|error| no_request(error.to_string()));
        Ok((parse(&self.follows)?, parse(&self.document)?))
    }

    /// What changes with it.
    pub fn changes(&self) -> Result<Vec<RootChange>, RequestError> {
        let (follows, document) = self.documents()?;
        changes(&follows, &document)
    }

    /// SHA-256 of what is signed.
    pub fn sha256(&self) -> String {
        hash(self.document.as_bytes())
    }

    /// Public keys whose signatures count: of the root in force and of the new one.
    pub fn wanted(&self) -> Result<BTreeSet<String>, RequestError> {
        let (follows, document) = self.documents()?;
        Ok(wanted(&plan(&follows)?, &plan(&document)?))
    }

    /// Signs with a key that has a part in this root.
    pub fn sign(&self, key: &NewKey) -> Result<SignatureFile, RequestError> {
        let wanted = self.wanted()?;
        if !wanted.contains(&key.public) {
            let (region, version, public) = (self.region, self.version, key.public.clone());
            return Err(RequestError::WrongKey { region, version, public, wanted: wanted.into_iter().collect() });
        }
        let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&key.secret)
            .map_err(|_| RequestError::Sign(key.public.clone()))?;
        Ok(SignatureFile {
            format: SIGNATURE.to_owned(),
            region: self.region,
            version: self.version,
            sha256: self.sha256(),
            public: key.public.clone(),
            signature: hex(pair.sign(self.document.as_bytes()).as_ref()),
        })
    }
}

impl SignatureFile {
    pub fn read(bytes: &[u8]) -> Result<SignatureFile, RequestError> {
        let file: SignatureFile = serde_json::from_slice(bytes).map_err(|error| no_signature(error.to_string()))?;
        file.checked()
    }

    /// The same file, if it calls itself a signature and names a key.
    pub fn checked(self) -> Result<SignatureFile, RequestError> {
        if self.format != SIGNATURE {
            return Err(no_signature(format!("it calls itself `{}`", self.format)));
        }
        if key_id(&self.public).is_none() {
            return Err(no_signature(format!("`{}` is no Ed25519 public key", self.public)));
        }
        Ok(self)
    }
}

fn no_signature(reason: String) -> RequestError {
    RequestError::Format { expected: "signature of a root", reason }
}

fn no_request(reason: String) -> RequestError {
    RequestError::Format { expected: "request for the signature of a root", reason }
}

fn plan(document: &Value) -> Result<RootPlan, RequestError> {
    RootPlan::of(document).ok_or_else(|| no_request("a document in it names no keys".to_owned()))
}

/// Root keys of the root in force and of the one that follows it.
pub fn wanted(follows: &RootPlan, next: &RootPlan) -> BTreeSet<String> {
    follows.root.union(&next.root).cloned().collect()
}

/// Signatures of one root key set: how many there are and how many are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    pub have: u64,
    pub need: u64,
}

/// How far the signatures of a new root reach. Both must be complete (TUF specification, 5.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Of the keys that the root in force names.
    pub follows: Count,
    /// Of the keys that the new root itself names.
    pub next: Count,
}

impl Tally {
    pub fn of(follows: &RootPlan, next: &RootPlan, signatures: &[Signature]) -> Tally {
        let signed: BTreeSet<&str> = signatures.iter().map(|signature| signature.key.as_str()).collect();
        let count = |plan: &RootPlan| Count {
            have: plan.root_ids().iter().filter(|id| signed.contains(id.as_str())).count() as u64,
            need: plan.threshold,
        };
        Tally { follows: count(follows), next: count(next) }
    }

    pub fn is_complete(self) -> bool {
        [self.follows, self.next].into_iter().all(|count| count.have >= count.need)
    }
}

/// What is different in a root from the one that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootChange {
    /// Expiry as the documents have it, such as `2027-11-25T18:19:53Z`.
    Version {
        version: u64,
        follows: u64,
        expires: String,
        expired: String,
    },
    Threshold {
        of: (usize, u64),
        before: (usize, u64),
    },
    Added(String),
    Removed(String),
    Replaced {
        role: Role,
        public: String,
        before: String,
    },
    NothingElse,
}

impl RootChange {
    pub fn words(&self, lang: Lang) -> String {
        let say = |chinese: String, english: String| lang.pick(chinese, english);
        match self {
            RootChange::Version { version, follows, expires, expired } => {
                let (expires, expired) = (day(expires, lang), day(expired, lang));
                say(
                    format!("根文件 root 第 {version} 版，接第 {follows} 版，有效期至 {expires}（原 {expired}）"),
                    format!(
                        "Root version {version} follows version {follows}; valid until {expires} (before: {expired})"
                    ),
                )
            }
            RootChange::Threshold { of: (keys, needed), before: (keys_before, needed_before) } => say(
                format!("根密钥：{keys} 把中须有 {needed} 把签名（原 {keys_before} 把中 {needed_before} 把）"),
                format!("Root keys: {needed} of {keys} must sign (before: {needed_before} of {keys_before})"),
            ),
            RootChange::Added(public) => say(format!("新增根密钥 root：{public}"), format!("New root key: {public}")),
            RootChange::Removed(public) => {
                say(format!("取消根密钥 root：{public}"), format!("No longer a root key: {public}"))
            }
            RootChange::Replaced { role, public, before } => say(
                format!("更换 {} 密钥：{public}（原 {before}）", role.name()),
                format!("The {} key becomes {public} (before: {before})", role.name()),
            ),
            RootChange::NothingElse => {
                say("密钥不变，仅延长有效期".to_owned(), "The keys stay; only the time is extended".to_owned())
            }
        }
    }
}

/// The day of a document's time, as Beijing has it; the time itself when it is none.
fn day(text: &str, lang: Lang) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => yuexiang_console::time::date(lang, time.as_second()),
        Err(_) => text.to_owned(),
    }
}

/// What changes from one root to the next.
fn changes(follows: &Value, document: &Value) -> Result<Vec<RootChange>, RequestError> {
    let (before, after) = (plan(follows)?, plan(document)?);
    let version = |root: &Value| root["version"].as_u64().unwrap_or(0);
    let expires = |root: &Value| root["expires"].as_str().unwrap_or("?").to_owned();
    let mut changes = vec![RootChange::Version {
        version: version(document),
        follows: version(follows),
        expires: expires(document),
        expired: expires(follows),
    }];
    if before.threshold != after.threshold || before.root.len() != after.root.len() {
        let keys = |plan: &RootPlan| (plan.root.len(), plan.threshold);
        changes.push(RootChange::Threshold { of: keys(&after), before: keys(&before) });
    }
    changes.extend(after.root.difference(&before.root).cloned().map(RootChange::Added));
    changes.extend(before.root.difference(&after.root).cloned().map(RootChange::Removed));
    for role in [Role::Targets, Role::Snapshot, Role::Timestamp] {
        let (before, public) = (before.publics(role).concat(), after.publics(role).concat());
        if before != public {
            changes.push(RootChange::Replaced { role, public, before });
        }
    }
    if changes.len() == 1 {
        changes.push(RootChange::NothingElse);
    }
    Ok(changes)
}

/// The same in words, as the file carries it to those who sign.
pub fn summary(follows: &Value, document: &Value) -> Result<Vec<String>, RequestError> {
    Ok(changes(follows, document)?.iter().map(|change| change.words(Lang::Zh)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuf::Version;

    fn key() -> NewKey {
        NewKey::make("a test").expect("a key")
    }

    fn plan(root: &[&NewKey], threshold: u64) -> RootPlan {
        let root = root.iter().map(|key| key.public.clone()).collect();
        let other = || "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1".to_owned();
        RootPlan { root, threshold, targets: other(), snapshot: other(), timestamp: other() }
    }

    fn document(plan: &RootPlan, version: u64) -> Value {
        plan.document(RegionCode::GUANGDONG, Version { version, expires: 1_800_000_000 }).expect("a document")
    }

    fn request(old: &NewKey, new: &NewKey) -> RequestFile {
        let (follows, next) = (document(&plan(&[old], 1), 4), document(&plan(&[new], 1), 5));
        RequestFile::new(RegionCode::GUANGDONG, "广东省", 0, &follows, &next).expect("a request")
    }

    #[test]
    fn a_plan_reads_back_what_its_document_names() {
        let (one, other) = (key(), key());
        let plan = plan(&[&one, &other], 2);
        assert_eq!(RootPlan::of(&document(&plan, 3)), Some(plan));
        assert_eq!(RootPlan::of(&serde_json::json!({})), None);
    }

    #[test]
    fn a_request_is_signed_by_the_old_and_the_new_key_and_by_no_other() {
        let (old, new, strange) = (key(), key(), key());
        let written = serde_json::to_vec(&request(&old, &new)).expect("JSON");
        let request = RequestFile::read(&written).expect("reads");
        for key in [&old, &new] {
            let file = request.sign(key).expect("signs");
            let signature = Signature { key: key_id(&file.public).expect("an id"), signature: file.signature.clone() };
            assert!(signature.holds(&key.public, request.document.as_bytes()));
            assert!(!signature.holds(&key.public, request.follows.as_bytes()));
            assert!(!signature.holds(&strange.public, request.document.as_bytes()));
        }
        let error = request.sign(&strange).expect_err("refused").to_string();
        assert!(error.contains(&strange.public) && error.contains(&old.public), "{error}");
    }

    #[test]
    fn a_request_that_was_altered_is_refused() {
        let (old, new, strange) = (key(), key(), key());
        let honest = request(&old, &new);
        let other = document(&plan(&[&strange], 1), 5);
        let other = String::from_utf8(canonical(&other).expect("JSON")).expect("text");
        let altered = [
            RequestFile { document: other, ..honest.clone() },
            RequestFile { document: honest.document.replace("\"version\":5", "\"version\":6"), ..honest.clone() },
            RequestFile { document: format!(" {}", honest.document), ..honest.clone() },
            RequestFile { version: 6, ..honest.clone() },
            RequestFile { follows: honest.document.clone(), ..honest.clone() },
            RequestFile { summary: vec!["无害".to_owned()], ..honest.clone() },
        ];
        for request in altered {
            let bytes = serde_json::to_vec(&request).expect("JSON");
            assert!(matches!(RequestFile::read(&bytes), Err(RequestError::Altered { .. })), "{request:?}");
        }
    }

    #[test]
    fn two_of_three_signatures_are_enough_and_one_twice_is_not() {
        let (old, keys) = (key(), [key(), key(), key()]);
        let (follows, next) = (plan(&[&old], 1), plan(&[&keys[0], &keys[1], &keys[2]], 2));
        let by = |key: &NewKey| Signature { key: key_id(&key.public).expect("an id"), signature: String::new() };
        let complete = |signatures: &[Signature]| Tally::of(&follows, &next, signatures).is_complete();
        assert!(!complete(&[by(&old)]));
        assert!(!complete(&[by(&old), by(&keys[0]), by(&keys[0])]));
        assert!(!complete(&[by(&keys[0]), by(&keys[1]), by(&keys[2])]), "the old key has to agree");
        assert!(complete(&[by(&old), by(&keys[0]), by(&keys[2])]));
    }
}
