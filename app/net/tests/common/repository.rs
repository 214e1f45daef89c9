//! A region's TUF repository, written from the specification and signed for real, so that it agrees with no library's
//! mistakes.

use super::server::Server;
use super::{NOW, hash, village};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sigstore_tuf::canonical_json::to_canonical_bytes;
use std::collections::BTreeMap;
use yuexiang_core::event::RegionTrust;

pub struct Key(Ed25519KeyPair);

impl Key {
    pub fn new() -> Key {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Key(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    pub fn public(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    pub fn sign(&self, text: &str) -> String {
        self.sign_bytes(text.as_bytes())
    }

    pub fn sign_bytes(&self, bytes: &[u8]) -> String {
        hex(self.0.sign(bytes).as_ref())
    }

    /// What names a key is up to who makes it.
    pub fn id(&self) -> String {
        hash(self.public().as_bytes()).to_string()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub struct Repository {
    pub root_key: Key,
    pub targets_key: Key,
    pub snapshot_key: Key,
    pub timestamp_key: Key,
    pub root_version: u64,
    /// Of the other three.
    pub version: u64,
    /// In Unix seconds.
    pub expires: i64,
    pub root_expires: i64,
    pub targets: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    pub fn new() -> Repository {
        Repository {
            root_key: Key::new(),
            targets_key: Key::new(),
            snapshot_key: Key::new(),
            timestamp_key: Key::new(),
            root_version: 1,
            version: 1,
            expires: NOW + 7 * super::DAY,
            root_expires: NOW + 365 * super::DAY,
            targets: BTreeMap::new(),
        }
    }

    pub fn root(&self, signers: &[&Key]) -> Vec<u8> {
        let keys = [&self.root_key, &self.targets_key, &self.snapshot_key, &self.timestamp_key];
        let declared = keys.map(|key| {
            let declaration = json!({
                "keytype": "ed25519", "scheme": "ed25519", "keyval": { "public": key.public() },
            });
            (key.id(), declaration)
        });
        let roles = ["root", "targets", "snapshot", "timestamp"]
            .into_iter()
            .zip(keys)
            .map(|(role, key)| (role.to_owned(), json!({ "keyids": [key.id()], "threshold": 1 })));
        let document = json!({
            "_type": "root", "spec_version": "1.0.0", "consistent_snapshot": true,
            "version": self.root_version, "expires": time(self.root_expires),
            "keys": declared.into_iter().collect::<serde_json::Map<_, _>>(),
            "roles": roles.collect::<serde_json::Map<_, _>>(),
        });
        sign(document, signers)
    }

    /// The trust of a box that knows the root and nothing else.
    pub fn first_trust(&self) -> RegionTrust {
        RegionTrust { files: [("root.json".to_owned(), self.root(&[&self.root_key]))].into(), etag: None }
    }

    fn role(&self, kind: &str, content: (&str, Value), key: &Key) -> Vec<u8> {
        let mut document = json!({
            "_type": kind, "spec_version": "1.0.0", "version": self.version, "expires": time(self.expires),
        });
        document[content.0] = content.1;
        sign(document, &[key])
    }

    /// Puts everything on the server, under the next version.
    pub fn publish(&mut self, server: &Server) {
        self.version += 1;
        self.publish_again(server);
    }

    /// Puts everything on the server, under the same version.
    pub fn publish_again(&self, server: &Server) {
        let base = format!("/tuf/{}", village());
        let file = |bytes: &[u8]| json!({ "length": bytes.len(), "hashes": { "sha256": hash(bytes).to_string() } });
        let listed: serde_json::Map<_, _> =
            self.targets.iter().map(|(path, bytes)| (path.clone(), file(bytes))).collect();
        for (path, bytes) in &self.targets {
            let (folder, name) = path.rsplit_once('/').map_or(("", path.as_str()), |(folder, name)| (folder, name));
            let slash = if folder.is_empty() { "" } else { "/" };
            server.put(format!("{base}/targets/{folder}{slash}{}.{name}", hash(bytes)), bytes.clone());
        }
        let meta = |bytes: &[u8]| {
            json!({
                "version": self.version, "length": bytes.len(), "hashes": { "sha256": hash(bytes).to_string() },
            })
        };
        let targets = self.role("targets", ("targets", Value::Object(listed)), &self.targets_key);
        let snapshot = self.role("snapshot", ("meta", json!({ "targets.json": meta(&targets) })), &self.snapshot_key);
        let timestamp =
            self.role("timestamp", ("meta", json!({ "snapshot.json": meta(&snapshot) })), &self.timestamp_key);
        server.put(format!("{base}/{}.targets.json", self.version), targets);
        server.put(format!("{base}/{}.snapshot.json", self.version), snapshot);
        server.put(format!("{base}/timestamp.json"), timestamp);
    }
}

pub fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

fn sign(document: Value, keys: &[&Key]) -> Vec<u8> {
    let bytes = to_canonical_bytes(&document).unwrap();
    let signatures: Vec<_> =
        keys.iter().map(|key| json!({ "keyid": key.id(), "sig": hex(key.0.sign(&bytes).as_ref()) })).collect();
    serde_json::to_vec(&json!({ "signed": document, "signatures": signatures })).unwrap()
}
