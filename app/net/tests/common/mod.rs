//! A cloud whose misbehaviour is scripted, repositories with real signatures, and a box's network beside them.

#![allow(dead_code, reason = "each test program uses its part")]

pub mod repository;
pub mod server;

use server::Server;
use sha2::{Digest, Sha256 as Hasher};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use yuexiang_core::catalog::{ObjectRef, Sha256};
use yuexiang_core::event::{
    Document, Fetched, NetError, NetErrorKind, NetEvent, NetRequest, Refreshed, RegionTrust, Target,
};
use yuexiang_core::region::RegionCode;
use yuexiang_core::sync::testing::memory_store::MemoryStore;
use yuexiang_core::uplink::{MessageId, Payload};
use yuexiang_core::view_counts::ViewBatch;
use yuexiang_net::{Net, NetConfig};

/// 2026-11-01T00:00:00Z.
pub const NOW: i64 = 1_793_491_200;
pub const DAY: i64 = 86_400;

pub fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(Hasher::digest(bytes).into())
}

pub fn object(bytes: &[u8]) -> ObjectRef {
    ObjectRef { sha256: hash(bytes), length: bytes.len() as u64 }
}

pub fn village() -> RegionCode {
    "440224103201".parse().unwrap()
}

/// What was to be stored, how it ended, and the server's time.
pub type Steps = (Vec<RegionTrust>, Result<Refreshed, NetError>, Option<i64>);

/// A box's network, asked and answered in turn.
pub struct Line {
    pub net: Net,
    pub store: MemoryStore,
    events: Receiver<NetEvent>,
}

impl Line {
    pub fn to(server: &Server) -> Line {
        Line::configured(server, |_| {})
    }

    pub fn configured(server: &Server, configure: impl FnOnce(&mut NetConfig)) -> Line {
        let mut config = NetConfig::new(server.url());
        configure(&mut config);
        let store = MemoryStore::new(hash);
        let (send, events) = channel();
        let net = Net::new(config, Arc::new(store.clone()), move |event| drop(send.send(event))).unwrap();
        Line { net, store, events }
    }

    /// A line that loses patience soon.
    pub fn impatient(server: &Server) -> Line {
        Line::configured(server, |config| {
            config.base_timeout = Duration::from_millis(600);
            config.idle_timeout = Duration::from_millis(300);
            config.connect_timeout = Duration::from_millis(300);
            config.slowest = 1 << 30;
        })
    }

    pub fn event(&self) -> NetEvent {
        self.events.recv_timeout(Duration::from_secs(30)).expect("the network answers")
    }

    pub fn refresh(&self, trust: &RegionTrust, now: i64) -> (Result<Refreshed, NetError>, Option<i64>) {
        let (_, result, server_time) = self.refresh_in_steps(trust, now);
        (result, server_time)
    }

    /// With what was to be stored after each step.
    pub fn refresh_in_steps(&self, trust: &RegionTrust, now: i64) -> Steps {
        self.net.handle(NetRequest::Refresh { region: village(), trust: trust.clone(), now });
        let mut steps = Vec::new();
        loop {
            match self.event() {
                NetEvent::MetadataVerified { region, trust } => {
                    assert_eq!(region, village());
                    steps.push(trust);
                }
                NetEvent::Refreshed { region, result, server_time } => {
                    assert_eq!(region, village());
                    return (steps, result, server_time);
                }
                other => panic!("a refresh was answered by {other:?}"),
            }
        }
    }

    /// A refresh that brings something new.
    #[track_caller]
    pub fn renew(&self, trust: &RegionTrust, now: i64) -> (RegionTrust, Vec<Target>) {
        match self.refresh(trust, now).0 {
            Ok(Refreshed::Changed { trust, targets }) => (trust, targets),
            other => panic!("something new was expected, not {other:?}"),
        }
    }

    /// A refresh that is refused for this reason.
    #[track_caller]
    pub fn refused(&self, trust: &RegionTrust, now: i64, kind: NetErrorKind, says: &str) {
        let error = self.refresh(trust, now).0.expect_err("the refresh is refused");
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.contains("440224103201"), "the region is named: {error}");
        assert!(error.detail.contains(says), "`{says}` is said: {error}");
    }

    pub fn fetch(&self, target: &Target) -> Result<Document, NetError> {
        self.fetch_of(village(), target)
    }

    pub fn fetch_of(&self, asked: RegionCode, target: &Target) -> Result<Document, NetError> {
        self.fetch_bytes_of(asked, target).map(|fetched| fetched.document)
    }

    /// The document and its bytes.
    pub fn fetch_bytes_of(&self, asked: RegionCode, target: &Target) -> Result<Fetched, NetError> {
        self.net.handle(NetRequest::FetchTarget { region: asked, target: target.clone() });
        match self.event() {
            NetEvent::Fetched { region, target: answered, result } => {
                assert_eq!((region, &answered), (asked, target));
                result
            }
            other => panic!("a target was asked for, not {other:?}"),
        }
    }

    pub fn send_views(&self, id: MessageId, batch: &ViewBatch) -> Result<(), NetError> {
        self.net.handle(NetRequest::Send { id, payload: Payload::Views(batch.clone()) });
        match self.event() {
            NetEvent::Sent { id: answered, result } => {
                assert_eq!(answered, id);
                result
            }
            other => panic!("a batch was sent, and {other:?} came"),
        }
    }

    pub fn fetch_object(&self, object: ObjectRef) -> (Result<(), NetError>, Vec<u64>) {
        self.net.handle(NetRequest::FetchObject { object });
        self.object_answer(object)
    }

    /// The end of a download, and what was told on the way.
    pub fn object_answer(&self, object: ObjectRef) -> (Result<(), NetError>, Vec<u64>) {
        let mut progress = Vec::new();
        loop {
            match self.event() {
                NetEvent::ObjectProgress { sha256, received } if sha256 == object.sha256 => progress.push(received),
                NetEvent::ObjectFetched { object: answered, result } => {
                    assert_eq!(answered, object);
                    return (result, progress);
                }
                other => panic!("an object was asked for, not {other:?}"),
            }
        }
    }
}
