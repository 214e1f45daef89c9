#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::event::NetErrorKind;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A time at which nothing expires.
const NEVER: UnixSeconds = i64::MAX;

fn id(number: u64) -> MessageId {
    let mut bytes = [0; 16];
    // The order of ids is not that of the messages.
    bytes[..8].copy_from_slice(&number.reverse_bits().to_be_bytes());
    MessageId(bytes)
}

/// A payload that is known by its number.
fn payload(number: u64) -> Payload {
    let village = "440224103201".parse().unwrap();
    let counts = [(number.to_string(), crate::view_counts::ViewCount::default())].into();
    Payload::Views(ViewBatch { village, day: jiff::civil::date(2026, 11, 1), counts })
}

fn number_of(payload: &Payload) -> u64 {
    let Payload::Views(batch) = payload;
    batch.counts.keys().next().unwrap().parse().unwrap()
}

/// The uplink, a store that writes when it is told to, and a cloud in virtual time.
struct Bench {
    uplink: Uplink,
    stored: BTreeMap<MessageId, Message>,
    /// Changes that are on their way into the store.
    unwritten: Vec<(MessageId, Option<Message>)>,
    disk_works: bool,
    now: u64,
    up: bool,
    /// The cloud takes what comes, and its answers are lost.
    answers: bool,
    drawn: u64,
    numbers: u64,
    /// Pushed, by number.
    pushed: BTreeMap<u64, Class>,
    to_push: Vec<(u64, Class, UnixSeconds)>,
    /// What the cloud has got, in order.
    got: Vec<(Class, u64, MessageId)>,
    attempts: Vec<(u64, Class)>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            uplink: Uplink::new(&BTreeMap::new(), 1, 0),
            stored: BTreeMap::new(),
            unwritten: Vec::new(),
            disk_works: true,
            now: 0,
            up: true,
            answers: true,
            drawn: 0,
            numbers: 0,
            pushed: BTreeMap::new(),
            to_push: Vec::new(),
            got: Vec::new(),
            attempts: Vec::new(),
        }
    }

    fn push(&mut self, class: Class, expires: UnixSeconds) -> u64 {
        let number = self.numbers;
        self.numbers += 1;
        self.pushed.insert(number, class);
        self.to_push.push((number, class, expires));
        self.settle();
        number
    }

    fn settle(&mut self) {
        loop {
            while !self.to_push.is_empty()
                && let Some(id) = self.uplink.take_id()
            {
                let (number, class, expires) = self.to_push.remove(0);
                self.uplink.push(id, class, payload(number), expires);
            }
            self.unwritten.extend(self.uplink.take_changes());
            if self.disk_works {
                for (id, message) in self.unwritten.drain(..) {
                    match message {
                        Some(message) => self.stored.insert(id, message),
                        None => self.stored.remove(&id),
                    };
                }
            }
            // Time and again, as the driver does it.
            if self.uplink.poll_timeout().is_some_and(|at| at <= self.now) {
                self.uplink.handle_timeout(self.now, self.reached());
            }
            match self.uplink.poll_request(self.unwritten.is_empty(), self.now) {
                Some(Request::DrawId) => {
                    self.drawn += 1;
                    self.uplink.handle_drawn(id(self.drawn));
                }
                Some(Request::Send { id, payload }) => self.send(id, &payload),
                None if self.unwritten.is_empty() || !self.disk_works => break,
                None => {}
            }
        }
    }

    fn reached(&self) -> UnixSeconds {
        (self.now / 1_000) as UnixSeconds
    }

    fn send(&mut self, id: MessageId, payload: &Payload) {
        let message = self.stored.get(&id).expect("only what is written is sent");
        assert_eq!(&message.payload, payload);
        let class = message.class;
        self.attempts.push((self.now, class));
        if self.up {
            self.got.push((class, number_of(payload), id));
        }
        let down = NetError { kind: NetErrorKind::Unreachable, detail: "down".into() };
        let result = if self.up && self.answers { Ok(()) } else { Err(&down) };
        self.uplink.handle_sent(id, result, self.now);
    }

    fn pass(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        self.settle();
        while let Some(at) = self.uplink.poll_timeout().filter(|at| *at <= until) {
            assert!(at > self.now || self.now == 0, "it does not go round in circles");
            self.now = self.now.max(at);
            self.uplink.handle_timeout(self.now, self.reached());
            self.settle();
        }
        self.now = until;
    }

    /// The power goes and comes back: what was not written is lost.
    fn restart(&mut self) {
        for (_, message) in self.unwritten.drain(..) {
            if let Some(message) = message {
                self.pushed.remove(&number_of(&message.payload));
            }
        }
        for (number, ..) in self.to_push.drain(..) {
            self.pushed.remove(&number);
        }
        self.uplink = Uplink::new(&self.stored, self.now, self.now);
    }

    /// Numbers that the cloud has, each once however often it came, by class in the order in which they came first.
    fn delivered(&self, class: Class) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let own = self.got.iter().filter(|(other, ..)| *other == class);
        own.filter(|(.., id)| seen.insert(*id)).map(|(_, number, _)| *number).collect()
    }
}

#[test]
fn urgent_goes_before_what_waited_longer() {
    let mut bench = Bench::new();
    bench.disk_works = false;
    for class in [Class::Bulk, Class::Normal, Class::Urgent, Class::Normal, Class::Urgent] {
        bench.push(class, NEVER);
    }
    bench.pass(2 * MINUTE);
    assert!(bench.got.is_empty(), "nothing is sent before it is written");
    bench.disk_works = true;
    bench.pass(0);
    let numbers: Vec<u64> = bench.got.iter().map(|(_, number, _)| *number).collect();
    assert_eq!(numbers, [2, 4, 1, 3, 0]);
    assert!(bench.stored.is_empty(), "what was taken is forgotten");
    assert_eq!(bench.uplink.poll_timeout(), None, "nothing is left to do");
}

#[test]
fn a_message_that_cannot_be_delivered_holds_up_its_own_class_alone() {
    let mut bench = Bench::new();
    bench.pass(2 * MINUTE);
    bench.up = false;
    bench.push(Class::Urgent, NEVER);
    bench.up = true;
    // The urgent one is backing off.
    bench.push(Class::Normal, NEVER);
    assert_eq!(bench.delivered(Class::Normal), [1]);
    bench.pass(1_000);
    assert_eq!(bench.delivered(Class::Urgent), [0]);
}

#[test]
fn a_cloud_that_does_not_answer_is_asked_ever_more_seldom_and_urgently_more_often() {
    let mut bench = Bench::new();
    bench.up = false;
    for class in Class::ALL {
        bench.push(class, NEVER);
    }
    bench.pass(24 * 60 * MINUTE);
    let attempts = Class::ALL.map(|class| bench.attempts.iter().filter(|(_, other)| *other == class).count());
    assert!((1_440..2_900).contains(&attempts[0]), "{attempts:?}: at least once a minute");
    assert!((144..300).contains(&attempts[1]), "{attempts:?}: at least every ten minutes");
    assert!((6..16).contains(&attempts[2]), "{attempts:?}: at least every six hours");
}

#[test]
fn what_has_expired_is_dropped_and_never_sent() {
    let mut bench = Bench::new();
    bench.up = false;
    bench.push(Class::Normal, 3_600);
    bench.push(Class::Normal, NEVER);
    bench.pass(59 * MINUTE);
    assert_eq!(bench.stored.len(), 2);
    bench.pass(30 * MINUTE);
    assert_eq!(bench.stored.len(), 1);
    bench.up = true;
    bench.pass(15 * MINUTE);
    assert_eq!(bench.delivered(Class::Normal), [1]);
}

#[test]
fn an_id_that_does_not_come_is_asked_for_again() {
    let mut uplink = Uplink::new(&BTreeMap::new(), 1, 0);
    assert_eq!(uplink.take_id(), None);
    assert_eq!(uplink.poll_request(true, 0), Some(Request::DrawId));
    assert_eq!((uplink.take_id(), uplink.poll_request(true, 0)), (None, None));
    let again = uplink.poll_timeout().unwrap();
    uplink.handle_timeout(again, 0);
    assert_eq!(uplink.poll_request(true, again), Some(Request::DrawId));
    uplink.handle_drawn(id(1));
    uplink.handle_drawn(id(2));
    assert_eq!((uplink.take_id(), uplink.take_id()), (Some(id(1)), None), "one id names one message");
}

#[test]
fn what_is_forgotten_is_not_sent_again() {
    let mut bench = Bench::new();
    bench.up = false;
    bench.push(Class::Normal, NEVER);
    bench.uplink.forget(|_| true);
    bench.up = true;
    bench.pass(60 * MINUTE);
    assert!(bench.got.is_empty() && bench.stored.is_empty());
}

/// What can happen.
#[derive(Clone, Debug)]
enum Happening {
    Push(Class),
    Pass { seconds: u64 },
    Restart,
    Line { up: bool, answers: bool },
    Disk { works: bool },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => prop::sample::select(&Class::ALL[..]).prop_map(Happening::Push),
        4 => (0u64..20_000).prop_map(|seconds| Happening::Pass { seconds }),
        1 => Just(Happening::Restart),
        2 => any::<(bool, bool)>().prop_map(|(up, answers)| Happening::Line { up, answers }),
        1 => any::<bool>().prop_map(|works| Happening::Disk { works }),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_nothing_is_lost_or_counted_twice_and_each_class_keeps_its_order(
        happenings in prop::collection::vec(happening(), 1..50),
    ) {
        let mut bench = Bench::new();
        for what in happenings {
            match what {
                Happening::Push(class) => {
                    bench.push(class, NEVER);
                }
                Happening::Pass { seconds } => bench.pass(seconds * 1_000),
                Happening::Restart => bench.restart(),
                Happening::Line { up, answers } => (bench.up, bench.answers) = (up, answers),
                Happening::Disk { works } => bench.disk_works = works,
            }
        }
        (bench.up, bench.answers, bench.disk_works) = (true, true, true);
        bench.pass(60 * 24 * 60 * MINUTE);
        prop_assert!(bench.stored.is_empty());
        for class in Class::ALL {
            let expected: Vec<u64> =
                bench.pushed.iter().filter(|(_, other)| **other == class).map(|(number, _)| *number).collect();
            prop_assert_eq!(bench.delivered(class), expected, "{:?}", class);
        }
    }

    #[test]
    fn never_more_waits_than_is_allowed_and_the_newest_stay(
        classes in prop::collection::vec(prop::sample::select(&Class::ALL[..]), 1..400),
    ) {
        let mut bench = Bench::new();
        bench.up = false;
        for class in classes {
            let newest = bench.push(class, NEVER);
            let waiting = |class| bench.stored.values().filter(move |message| message.class == class);
            prop_assert!(waiting(class).any(|message| number_of(&message.payload) == newest));
            for class in Class::ALL {
                prop_assert!(waiting(class).count() <= class.pace().kept);
            }
        }
    }
}
