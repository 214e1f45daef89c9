//! A repository in which everything can be wrong, and a box beside it.

use crate::common::repository::{Key, time};
use crate::common::server::Server;
use crate::common::{DAY, Line, NOW, hash, village};
use serde_json::{Map, Value, json};
use sigstore_tuf::canonical_json::to_canonical_bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use yuexiang_core::event::{NetErrorKind, Refreshed, RegionTrust};

pub const ROLES: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// Changes the signed part of a document before it is signed.
type Edit = Box<dyn Fn(&mut Value)>;

pub struct Role {
    /// Those that the root names for it, under the names that they have there.
    pub keys: Vec<(String, Arc<Key>)>,
    pub threshold: usize,
    /// Those that sign it, whether or not the root names them.
    pub signing: Vec<Arc<Key>>,
    pub version: u64,
    /// Unix seconds.
    pub expires: i64,
    edit: Option<Edit>,
}

impl Role {
    pub fn edit(&mut self, edit: impl Fn(&mut Value) + 'static) {
        self.edit = Some(Box::new(edit));
    }

    pub fn keep_as_it_is(&mut self) {
        self.edit = None;
    }

    pub fn set_keys(&mut self, keys: &[Arc<Key>], threshold: usize) {
        self.keys = keys.iter().map(|key| (key.id(), Arc::clone(key))).collect();
        self.threshold = threshold;
    }

    /// A new key that the root names and that signs, instead of all others. Returns those that signed before.
    pub fn rotate(&mut self) -> Vec<Arc<Key>> {
        let key = Arc::new(Key::new());
        self.set_keys(&[Arc::clone(&key)], 1);
        std::mem::replace(&mut self.signing, vec![key])
    }
}

pub struct Scene {
    pub server: Server,
    pub line: Line,
    /// What the box has stored.
    pub trust: RegionTrust,
    pub now: i64,
    /// Whether metadata names lengths and hashes of other metadata; versions are always named.
    pub pins: bool,
    roles: BTreeMap<&'static str, Role>,
}

impl Scene {
    /// Version 1 of everything, and a box that knows the root.
    pub fn new() -> Scene {
        let role = |_| {
            let mut role = Role {
                keys: Vec::new(),
                threshold: 1,
                signing: Vec::new(),
                version: 1,
                expires: NOW + 30 * DAY,
                edit: None,
            };
            role.rotate();
            role
        };
        let server = Server::start();
        let line = Line::to(&server);
        let mut scene = Scene {
            server,
            line,
            trust: RegionTrust::default(),
            now: NOW,
            pins: true,
            roles: ROLES.into_iter().map(|name| (name, role(name))).collect(),
        };
        scene.write_root();
        scene.write();
        scene.trust.files.insert("root.json".to_owned(), scene.signed_root());
        scene
    }

    /// As [`Scene::new`], and the box has refreshed.
    pub fn refreshed() -> Scene {
        let mut scene = Scene::new();
        scene.check(Ok(()), [1, 1, 1, 1]);
        scene.server.take_log();
        scene
    }

    pub fn role(&mut self, name: &str) -> &mut Role {
        self.roles.get_mut(name).unwrap()
    }

    pub fn path(&self, name: &str) -> String {
        format!("/tuf/{}/{name}", village())
    }

    // ------------------------------------------------------------------------------------------------ publishing

    /// The next version of the root.
    pub fn bump_root(&mut self) {
        self.role("root").version += 1;
        self.write_root();
    }

    /// The next version of a role and of all that name it.
    pub fn bump(&mut self, role: &str) {
        let from = ROLES.iter().position(|name| *name == role).unwrap();
        for name in &ROLES[1..=from] {
            self.role(name).version += 1;
        }
        self.write();
    }

    pub fn write_root(&self) {
        let name = format!("{}.root.json", self.roles["root"].version);
        self.server.put(self.path(&name), self.signed_root());
    }

    pub fn signed_root(&self) -> Vec<u8> {
        let mut keys = Map::new();
        let mut roles = Map::new();
        for (name, role) in &self.roles {
            let ids: Vec<&String> = role.keys.iter().map(|(id, _)| id).collect();
            roles.insert((*name).to_owned(), json!({ "keyids": ids, "threshold": role.threshold }));
            for (id, key) in &role.keys {
                let value = json!({ "keytype": "ed25519", "scheme": "ed25519", "keyval": { "public": key.public() } });
                keys.insert(id.clone(), value);
            }
        }
        self.sign("root", json!({ "consistent_snapshot": true, "keys": keys, "roles": roles }))
    }

    /// Everything but the root, in the present versions.
    pub fn write(&self) {
        let page = b"{}";
        let entry = json!({ "length": page.len(), "hashes": { "sha256": hash(page).to_string() } });
        let targets = self.sign("targets", json!({ "targets": { "pages/party/2026-11.json": entry } }));
        let snapshot = self.sign("snapshot", json!({ "meta": { "targets.json": self.meta("targets", &targets) } }));
        let timestamp =
            self.sign("timestamp", json!({ "meta": { "snapshot.json": self.meta("snapshot", &snapshot) } }));
        let version = |role: &str| self.roles[role].version;
        self.server.put(self.path(&format!("{}.targets.json", version("targets"))), targets);
        self.server.put(self.path(&format!("{}.snapshot.json", version("snapshot"))), snapshot);
        self.server.put(self.path("timestamp.json"), timestamp);
    }

    fn meta(&self, role: &str, bytes: &[u8]) -> Value {
        let mut meta = json!({ "version": self.roles[role].version });
        if self.pins {
            meta["length"] = json!(bytes.len());
            meta["hashes"] = json!({ "sha256": hash(bytes).to_string() });
        }
        meta
    }

    fn sign(&self, name: &str, content: Value) -> Vec<u8> {
        let role = &self.roles[name];
        let mut signed = json!({
            "_type": name, "spec_version": "1.0.33", "version": role.version, "expires": time(role.expires),
        });
        signed.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        if let Some(edit) = &role.edit {
            edit(&mut signed);
        }
        let bytes = to_canonical_bytes(&signed).unwrap();
        let names = |key: &Arc<Key>| {
            let named = role.keys.iter().filter(|(_, other)| Arc::ptr_eq(other, key)).map(|(id, _)| id.clone());
            let names: Vec<String> = named.collect();
            if names.is_empty() { vec![key.id()] } else { names }
        };
        let signatures: Vec<Value> = role
            .signing
            .iter()
            .flat_map(|key| names(key).into_iter().map(|id| json!({ "keyid": id, "sig": key.sign_bytes(&bytes) })))
            .collect();
        serde_json::to_vec(&json!({ "signed": signed, "signatures": signatures })).unwrap()
    }

    // -------------------------------------------------------------------------------------------------- the box

    /// A refresh that ends so, and after which these versions of root, timestamp, snapshot and targets are stored; 0 is
    /// for none.
    #[track_caller]
    pub fn check(&mut self, ends: Result<(), NetErrorKind>, stored: [u64; 4]) {
        let (steps, result, _) = self.line.refresh_in_steps(&self.trust, self.now);
        for step in steps {
            assert_eq!(step.etag, None, "the next poll goes all the way unless this one came to its end");
            self.trust = step;
        }
        let said = match &result {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let kind = match result {
            Ok(Refreshed::Changed { trust, .. }) => {
                self.trust = trust;
                Ok(())
            }
            Ok(Refreshed::Unchanged { .. }) => Ok(()),
            Err(error) => Err(error.kind),
        };
        assert_eq!((kind, self.stored()), (ends, stored), "{said}");
    }

    /// The stored versions.
    pub fn stored(&self) -> [u64; 4] {
        ROLES.map(|role| {
            let file = self.trust.files.get(&format!("{role}.json"));
            file.map_or(0, |bytes| {
                let document: Value = serde_json::from_slice(bytes).unwrap();
                document["signed"]["version"].as_u64().unwrap()
            })
        })
    }

    /// The files that were asked for since the last call, in order.
    pub fn asked(&self) -> Vec<String> {
        self.server.take_log()
    }
}

/// So many new keys.
pub fn keys(count: usize) -> Vec<Arc<Key>> {
    (0..count).map(|_| Arc::new(Key::new())).collect()
}
