//! What the box tells the cloud: messages that are stored before they are sent, and sent until the cloud has taken them.
//!
//! ```text
//!   push, under an id        written, due         taken, refused for good, or expired
//!  ─────────────────▶ waiting ─────────▶ in flight ──────────────────────────────────▶ forgotten
//!                        ▲                   │ no answer
//!                        └─── back-off ──────┘
//! ```
//!
//! A message belongs to a [`Class`]. Each class sends one message at a time, in the order in which they were pushed, and
//! while one of a higher class is due none of a lower one begins. One that cannot be delivered holds up its own class alone.
//! What waits of a class is bounded, and the oldest gives way.
//!
//! An id is drawn at random outside, before there is a message for it, so that a message and what it was made of change hands
//! in one transaction. It stays the same however often the message is sent, so the cloud counts it once.

use crate::event::NetError;
use crate::sync::backoff::Jitter;
use crate::time::UnixSeconds;
use crate::view_counts::ViewBatch;
use std::collections::BTreeMap;
use std::fmt;

/// The name of a message, drawn at random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How much haste there is; the highest first. What is stored knows them by their place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Somebody waits for it.
    Urgent,
    Normal,
    /// It is gathered and goes when it does not matter.
    Bulk,
}

impl Class {
    pub const ALL: [Class; 3] = [Class::Urgent, Class::Normal, Class::Bulk];

    fn pace(self) -> Pace {
        match self {
            Class::Urgent => Pace { kept: 64, first: 0, apart: 0, retry_first: 1_000, retry_longest: 60_000 },
            Class::Normal => Pace { kept: 64, first: 0, apart: 0, retry_first: 10_000, retry_longest: 10 * MINUTE },
            Class::Bulk => Pace {
                kept: 50,
                first: MINUTE,
                apart: 10 * MINUTE,
                // The back-off takes away up to half.
                retry_first: 20 * MINUTE,
                retry_longest: 360 * MINUTE,
            },
        }
    }
}

const MINUTE: u64 = 60_000;
/// When no id has come it is asked for again: milliseconds.
const DRAW_AGAIN: u64 = 10 * MINUTE;

/// Times are in milliseconds.
struct Pace {
    /// Messages that wait at the most.
    kept: usize,
    /// What waits from before the start is sent within this time.
    first: u64,
    /// From one that was taken to the next.
    apart: u64,
    retry_first: u64,
    retry_longest: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    Views(ViewBatch),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub class: Class,
    /// Grows with every message that is pushed.
    pub sequence: u64,
    /// From then on nobody wants it.
    pub expires: UnixSeconds,
    pub payload: Payload,
}

/// What [`Uplink`] wants of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    DrawId,
    Send { id: MessageId, payload: Payload },
}

/// Call a command, `handle_*` or, when [`Uplink::poll_timeout`] has come, [`Uplink::handle_timeout`]; then give
/// [`Uplink::take_changes`] to the store and carry [`Uplink::poll_request`] out until there is nothing more.
#[derive(Debug)]
pub struct Uplink {
    lanes: [Lane; Class::ALL.len()],
    next_sequence: u64,
    id: Id,
    changes: Vec<(MessageId, Option<Message>)>,
    jitter: Jitter,
}

/// The id for the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Unwanted,
    Wanted,
    /// Should none come, one is asked for again.
    Asked {
        again: u64,
    },
    Drawn(MessageId),
}

/// The messages of a class.
#[derive(Debug)]
struct Lane {
    class: Class,
    waiting: BTreeMap<(u64, MessageId), Message>,
    in_flight: Option<MessageId>,
    failures: u32,
    ready_at: u64,
    /// That time has come, and the next message goes as soon as it is written.
    is_due: bool,
}

impl Lane {
    fn next(&self) -> Option<(MessageId, &Message)> {
        self.waiting.first_key_value().map(|((_, id), message)| (*id, message))
    }

    fn rests(&self) -> bool {
        self.in_flight.is_none() && !self.waiting.is_empty() && !self.is_due
    }
}

impl Uplink {
    pub fn new(saved: &BTreeMap<MessageId, Message>, seed: u64, now: u64) -> Uplink {
        let mut jitter = Jitter::new(seed);
        let lanes = Class::ALL.map(|class| {
            let first = class.pace().first;
            let ready_at = if first == 0 { now } else { now + jitter.backoff(1, first, first) };
            let own = saved.iter().filter(|(_, message)| message.class == class);
            let waiting = own.map(|(id, message)| ((message.sequence, *id), message.clone())).collect();
            Lane { class, waiting, in_flight: None, failures: 0, ready_at, is_due: false }
        });
        let last = saved.values().map(|message| message.sequence).max().unwrap_or(0);
        Uplink { lanes, next_sequence: last + 1, id: Id::Unwanted, changes: Vec::new(), jitter }
    }

    /// The id for a message that is about to be pushed; when there is none yet it is asked for.
    pub fn take_id(&mut self) -> Option<MessageId> {
        match self.id {
            Id::Drawn(id) => {
                self.id = Id::Unwanted;
                Some(id)
            }
            Id::Unwanted => {
                self.id = Id::Wanted;
                None
            }
            Id::Wanted | Id::Asked { .. } => None,
        }
    }

    pub fn handle_drawn(&mut self, id: MessageId) {
        if matches!(self.id, Id::Wanted | Id::Asked { .. }) {
            self.id = Id::Drawn(id);
        }
    }

    /// Takes a message on. Its id is known to nobody before.
    pub fn push(&mut self, id: MessageId, class: Class, payload: Payload, expires: UnixSeconds) {
        let message = Message { class, sequence: self.next_sequence, expires, payload };
        self.next_sequence += 1;
        let lane = &mut self.lanes[class as usize];
        lane.waiting.insert((message.sequence, id), message.clone());
        self.changes.push((id, Some(message)));
        while lane.waiting.len() > class.pace().kept
            && let Some(((_, oldest), _)) = lane.waiting.pop_first()
        {
            lane.in_flight.take_if(|sending| *sending == oldest);
            self.changes.push((oldest, None));
        }
    }

    /// Whether such a message waits or is being sent.
    pub fn holds(&self, such: impl Fn(&Message) -> bool) -> bool {
        self.lanes.iter().flat_map(|lane| lane.waiting.values()).any(such)
    }

    /// Drops the messages that `unwanted` names, one that is being sent too.
    pub fn forget(&mut self, unwanted: impl Fn(&Message) -> bool) {
        for lane in &mut self.lanes {
            let gone: Vec<_> = lane.waiting.extract_if(.., |_, message| unwanted(message)).collect();
            for ((_, id), _) in gone {
                lane.in_flight.take_if(|sending| *sending == id);
                self.changes.push((id, None));
            }
            lane.is_due &= !lane.waiting.is_empty();
        }
    }

    /// When [`Uplink::handle_timeout`] is to be called, in milliseconds of the clock that never jumps.
    pub fn poll_timeout(&self) -> Option<u64> {
        let resting = self.lanes.iter().filter(|lane| lane.rests());
        let again = match self.id {
            Id::Asked { again } => Some(again),
            _ => None,
        };
        resting.map(|lane| lane.ready_at).chain(again).min()
    }

    /// Drops what has expired by a time that has certainly been reached, and asks again for an id that has not come.
    pub fn handle_timeout(&mut self, now: u64, reached: UnixSeconds) {
        self.forget(|message| message.expires <= reached);
        for lane in &mut self.lanes {
            lane.is_due |= lane.rests() && lane.ready_at <= now;
        }
        if matches!(self.id, Id::Asked { again } if again <= now) {
            self.id = Id::Wanted;
        }
    }

    pub fn handle_sent(&mut self, id: MessageId, result: Result<(), &NetError>, now: u64) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.in_flight == Some(id)) else { return };
        lane.in_flight = None;
        let pace = lane.class.pace();
        match result {
            Ok(()) => {
                lane.failures = 0;
                lane.ready_at = now + self.jitter.around(pace.apart);
                lane.waiting.retain(|(_, other), _| *other != id);
                self.changes.push((id, None));
            }
            Err(_) => {
                lane.failures += 1;
                lane.ready_at = now + self.jitter.backoff(lane.failures, pace.retry_first, pace.retry_longest);
            }
        }
    }

    /// What is to be written, in this order.
    pub fn take_changes(&mut self) -> Vec<(MessageId, Option<Message>)> {
        std::mem::take(&mut self.changes)
    }

    /// The next request. `written` tells whether all changes that were taken are in the store.
    pub fn poll_request(&mut self, written: bool, now: u64) -> Option<Request> {
        if self.id == Id::Wanted {
            self.id = Id::Asked { again: now + DRAW_AGAIN };
            return Some(Request::DrawId);
        }
        if !written || !self.changes.is_empty() {
            return None;
        }
        let lane = self.lanes.iter_mut().find(|lane| lane.is_due && !lane.waiting.is_empty())?;
        let (id, payload) = lane.next().map(|(id, message)| (id, message.payload.clone()))?;
        lane.is_due = false;
        lane.in_flight = Some(id);
        Some(Request::Send { id, payload })
    }
}

#[cfg(test)]
#[path = "uplink/tests.rs"]
mod tests;
