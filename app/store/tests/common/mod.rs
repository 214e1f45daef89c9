//! A store in a temporary folder, asked and answered in turn.

#![allow(dead_code, reason = "each test program uses its part")]

use sha2::{Digest, Sha256 as Hasher};
use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use yuexiang_core::catalog::{Item, ObjectRef, Sha256};
use yuexiang_core::event::{Changes, Document, Saved, Space, StoreError, StoreEvent, StoreRequest};
use yuexiang_core::ports::{DocumentCodec, ObjectSink};
use yuexiang_core::region::RegionCode;
use yuexiang_store::Store;

/// Remembers the bodies that it has made; padded, so that items take the room that real ones do.
#[derive(Default)]
pub struct TestCodec(Mutex<HashMap<Vec<u8>, Item>>);

impl DocumentCodec for TestCodec {
    fn version(&self) -> u32 {
        1
    }

    fn decode(&self, _: RegionCode, path: &str, _: &[u8]) -> Result<Document, String> {
        Err(format!("{path} was never decoded here"))
    }

    fn bodies(&self, _: &[u8], items: &[Item]) -> Vec<Vec<u8>> {
        let body = |item: &Item| {
            let mut bytes = format!("{item:?}").into_bytes();
            bytes.resize(bytes.len().max(2_000), b' ');
            self.0.lock().unwrap().insert(bytes.clone(), item.clone());
            bytes
        };
        items.iter().map(body).collect()
    }

    fn item(&self, body: &[u8]) -> Result<Item, String> {
        self.0.lock().unwrap().get(body).cloned().ok_or_else(|| "a body that was never made".to_owned())
    }
}

pub struct Opened {
    pub store: Store,
    pub saved: Saved,
    answers: Receiver<StoreEvent>,
}

impl Opened {
    pub fn new(dir: &Path) -> Opened {
        Opened::with_codec(dir, Arc::new(TestCodec::default()))
    }

    pub fn with_codec(dir: &Path, codec: Arc<dyn DocumentCodec>) -> Opened {
        let (send, answers) = channel();
        let (store, saved) = Store::open(dir, codec, move |event| drop(send.send(event))).unwrap();
        Opened { store, saved, answers }
    }

    pub fn ask(&self, request: StoreRequest) -> StoreEvent {
        self.store.handle(request);
        self.answers.recv_timeout(Duration::from_secs(60)).expect("the store answers")
    }

    pub fn commit(&self, changes: Changes) -> (Result<(), StoreError>, Space) {
        match self.ask(StoreRequest::Commit { serial: 1, changes: Box::new(changes) }) {
            StoreEvent::Committed { result, space, .. } => (result, space),
            other => panic!("a commit was answered by {other:?}"),
        }
    }

    /// Writes an object's file, without a row.
    pub fn write(&self, bytes: &[u8]) -> ObjectRef {
        let object = object(bytes);
        let mut writer = self.store.objects().open(object).unwrap();
        writer.write(&bytes[writer.offset() as usize..]).unwrap();
        writer.finish().unwrap();
        object
    }

    pub fn store_object(&self, bytes: &[u8]) -> ObjectRef {
        let object = self.write(bytes);
        self.commit(Changes { objects_whole: vec![object], ..Changes::default() }).0.unwrap();
        object
    }
}

pub fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(Hasher::digest(bytes).into())
}

pub fn object(bytes: &[u8]) -> ObjectRef {
    ObjectRef { sha256: hash(bytes), length: bytes.len() as u64 }
}

pub fn village() -> RegionCode {
    "440224103201".parse().unwrap()
}
