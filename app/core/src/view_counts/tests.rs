#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::event::{NetError, NetErrorKind};
use crate::uplink::{Message, MessageId, Request};
use proptest::prelude::*;

const ITEM: &str = "440224103201/a";

fn village() -> RegionCode {
    "440224103201".parse().unwrap()
}

fn day(number: i8) -> Day {
    jiff::civil::date(2026, 11, number)
}

fn id(number: u64) -> MessageId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    MessageId(bytes)
}

/// The counts and the uplink, a store that writes at once, and a cloud.
struct Bench {
    counts: ViewCounts,
    uplink: Uplink,
    stored: BTreeMap<Day, ViewBatch>,
    messages: BTreeMap<MessageId, Message>,
    drawn: u64,
    now: u64,
    /// Whether the cloud answers.
    up: bool,
    taken: BTreeMap<MessageId, ViewBatch>,
    sent_at: Vec<u64>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            counts: ViewCounts::new(village(), true, &BTreeMap::new(), 1, 0),
            uplink: Uplink::new(&BTreeMap::new(), 1, 0),
            stored: BTreeMap::new(),
            messages: BTreeMap::new(),
            drawn: 0,
            now: 0,
            up: true,
            taken: BTreeMap::new(),
            sent_at: Vec::new(),
        }
    }

    fn settle(&mut self) {
        loop {
            self.counts.hand_over(&mut self.uplink, self.now);
            self.write();
            match self.uplink.poll_request(true, self.now) {
                Some(Request::DrawId) => {
                    self.drawn += 1;
                    self.uplink.handle_drawn(id(self.drawn));
                }
                Some(Request::Send { id, payload: Payload::Views(batch) }) => self.send(id, batch),
                None => break,
            }
        }
    }

    /// One transaction.
    fn write(&mut self) {
        for (day, batch) in self.counts.take_changes() {
            match batch {
                Some(batch) => self.stored.insert(day, batch),
                None => self.stored.remove(&day),
            };
        }
        for (id, message) in self.uplink.take_changes() {
            match message {
                Some(message) => self.messages.insert(id, message),
                None => self.messages.remove(&id),
            };
        }
    }

    fn send(&mut self, id: MessageId, batch: ViewBatch) {
        self.sent_at.push(self.now);
        let stored = self.messages.get(&id).map(|message| &message.payload);
        assert_eq!(stored, Some(&Payload::Views(batch.clone())), "only what is written is sent");
        let down = NetError { kind: NetErrorKind::Unreachable, detail: "down".into() };
        if self.up {
            let before = self.taken.insert(id, batch.clone());
            assert!(before.is_none_or(|before| before == batch), "a batch never changes");
        }
        self.uplink.handle_sent(id, if self.up { Ok(()) } else { Err(&down) }, self.now);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.counts.poll_timeout().into_iter().chain(self.uplink.poll_timeout()).min()
    }

    fn pass(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        while let Some(at) = self.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.counts.handle_timeout(self.now);
            self.uplink.handle_timeout(self.now, 0);
            self.settle();
        }
        self.now = until;
    }

    /// The power goes and comes back.
    fn restart(&mut self) {
        self.counts = ViewCounts::new(village(), true, &self.stored, 2, self.now);
        self.uplink = Uplink::new(&self.messages, 2, self.now);
    }

    fn taken(&self) -> ViewCount {
        let mut sum = ViewCount::default();
        for count in self.taken.values().flat_map(|batch| batch.counts.values()) {
            sum.views += count.views;
            sum.plays += count.plays;
            sum.seconds += count.seconds;
        }
        sum
    }
}

const MINUTE: u64 = 60_000;

#[test]
fn what_is_watched_within_some_minutes_goes_in_one_batch() {
    let mut bench = Bench::new();
    bench.pass(60 * MINUTE);
    bench.counts.opened(ITEM, Some(day(1)), bench.now);
    bench.counts.began(ITEM, Some(day(1)), bench.now);
    bench.pass(5 * MINUTE);
    bench.counts.played(ITEM, 200, Some(day(1)), bench.now);
    bench.counts.opened("440224103201/b", Some(day(1)), bench.now);
    bench.pass(2 * MINUTE);
    assert!(bench.taken.is_empty(), "it is gathered first");
    bench.pass(6 * MINUTE);
    assert_eq!(bench.taken.len(), 1);
    let batch = bench.taken.values().next().unwrap();
    assert_eq!((batch.village, batch.day), (village(), day(1)));
    assert_eq!(batch.counts.get(ITEM), Some(&ViewCount { views: 1, plays: 1, seconds: 200 }));
    assert_eq!(batch.counts.get("440224103201/b"), Some(&ViewCount { views: 1, plays: 0, seconds: 0 }));
    assert!(bench.stored.is_empty() && bench.messages.is_empty(), "what was taken is forgotten");
    assert_eq!(bench.poll_timeout(), None, "nothing is left to do");
}

#[test]
fn a_batch_holds_one_day() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.counts.opened(ITEM, Some(day(2)), 1_000);
    bench.pass(40 * MINUTE);
    let days: Vec<Day> = bench.taken.values().map(|batch| batch.day).collect();
    assert_eq!(days, [day(1), day(2)]);
}

#[test]
fn nothing_is_counted_while_the_day_is_not_known() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, None, 0);
    assert_eq!(bench.counts.poll_timeout(), None);
}

#[test]
fn counts_are_written_within_a_minute_and_at_the_end() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.settle();
    assert!(bench.stored.is_empty(), "not at once: a flash memory wears out");
    bench.pass(MINUTE);
    assert_eq!(bench.stored[&day(1)].counts[ITEM].views, 1);
    bench.counts.opened(ITEM, Some(day(1)), bench.now);
    bench.counts.save();
    bench.settle();
    assert_eq!(bench.stored[&day(1)].counts[ITEM].views, 2);
}

#[test]
fn what_waits_from_before_is_sent_soon_after_the_start() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(MINUTE);
    bench.restart();
    bench.pass(MINUTE);
    assert_eq!(bench.taken().views, 1);
}

#[test]
fn a_cloud_that_does_not_answer_is_asked_ever_more_seldom() {
    let mut bench = Bench::new();
    bench.up = false;
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(3 * 24 * 60 * MINUTE);
    let waits: Vec<u64> = bench.sent_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.iter().all(|wait| (10 * MINUTE..=6 * 60 * MINUTE).contains(wait)), "{waits:?}");
    assert!(bench.sent_at.len() < 40, "{} attempts in three days", bench.sent_at.len());
    bench.up = true;
    bench.pass(6 * 60 * MINUTE);
    assert_eq!(bench.taken().views, 1);
}

#[test]
fn a_day_is_sealed_in_the_transaction_that_forgets_it_and_not_before_there_is_an_id() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(MINUTE);
    bench.counts.handle_timeout(20 * MINUTE);
    bench.counts.hand_over(&mut bench.uplink, 20 * MINUTE);
    assert!(bench.counts.take_changes().is_empty() && bench.uplink.take_changes().is_empty());
    assert_eq!(bench.uplink.poll_request(true, 20 * MINUTE), Some(Request::DrawId));
    bench.uplink.handle_drawn(id(1));
    bench.counts.hand_over(&mut bench.uplink, 20 * MINUTE);
    assert_eq!(bench.counts.take_changes(), [(day(1), None)]);
    let changes = bench.uplink.take_changes();
    let [(sealed, Some(message))] = changes.as_slice() else { panic!("it is sealed") };
    let Payload::Views(batch) = &message.payload;
    assert_eq!((*sealed, batch.day, batch.counts[ITEM].views), (id(1), day(1), 1));
}

#[test]
fn a_batch_expires_when_the_cloud_takes_its_day_no_more() {
    let batch = ViewBatch { village: village(), day: day(1), counts: BTreeMap::new() };
    // 2026-11-01T00:00:00Z, and the sixty days that the cloud takes with the day itself and China's head start.
    assert_eq!(batch.expires(), 1_793_491_200 + 62 * 86_400);
}

#[test]
fn switched_off_nothing_is_counted_and_what_waits_is_forgotten() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(2 * MINUTE);
    assert_eq!(bench.stored.len(), 1);
    bench.counts.set_enabled(false);
    bench.counts.opened(ITEM, Some(day(2)), bench.now);
    bench.settle();
    assert!(bench.stored.is_empty());
    assert_eq!(bench.poll_timeout(), None);
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(MINUTE);
    bench.counts = ViewCounts::new(village(), false, &bench.stored, 1, bench.now);
    bench.settle();
    assert!(bench.stored.is_empty(), "also when it was switched off before the start");
}

#[test]
fn of_a_box_that_has_moved_what_was_not_sealed_is_dropped() {
    let mut bench = Bench::new();
    bench.counts.opened(ITEM, Some(day(1)), 0);
    bench.pass(MINUTE);
    bench.counts = ViewCounts::new("440224103202".parse().unwrap(), true, &bench.stored, 1, bench.now);
    bench.settle();
    assert!(bench.stored.is_empty());
}

#[test]
fn more_items_than_fit_go_in_several_batches() {
    let mut bench = Bench::new();
    for number in 0..1_201 {
        bench.counts.opened(&format!("440224103201/{number}"), Some(day(1)), 0);
    }
    bench.pass(60 * MINUTE);
    let sizes: Vec<usize> = bench.taken.values().map(|batch| batch.counts.len()).collect();
    assert_eq!(sizes, [500, 500, 201]);
    assert_eq!(bench.taken().views, 1_201);
}

/// What can happen to a box that counts.
#[derive(Clone, Debug)]
enum Happening {
    View {
        day: i8,
    },
    Pass {
        minutes: u64,
    },
    Restart,
    Line {
        up: bool,
    },
    /// The cloud takes the next batch, and the answer is lost.
    AnswerLost,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1i8..28).prop_map(|day| Happening::View { day }),
        4 => (1u64..600).prop_map(|minutes| Happening::Pass { minutes }),
        1 => Just(Happening::Restart),
        1 => any::<bool>().prop_map(|up| Happening::Line { up }),
        1 => Just(Happening::AnswerLost),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_every_view_that_was_written_is_counted_once(
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut bench = Bench::new();
        let mut views = 0;
        for what in happenings {
            match what {
                Happening::View { day: number } => {
                    bench.counts.opened(ITEM, Some(day(number)), bench.now);
                    views += 1;
                }
                Happening::Pass { minutes } => bench.pass(minutes * MINUTE),
                Happening::Restart => {
                    // What was not written yet would be lost, as it may.
                    bench.counts.save();
                    bench.settle();
                    bench.restart();
                }
                Happening::Line { up } => bench.up = up,
                Happening::AnswerLost => {
                    for (id, message) in &bench.messages {
                        let Payload::Views(batch) = &message.payload;
                        bench.taken.insert(*id, batch.clone());
                    }
                }
            }
            prop_assert!(bench.messages.len() <= 1 && bench.stored.len() <= KEPT);
        }
        bench.up = true;
        bench.pass(60 * 24 * 60 * MINUTE);
        prop_assert_eq!(bench.taken().views, views);
        prop_assert!(bench.stored.is_empty() && bench.messages.is_empty());
    }

    #[test]
    fn never_more_is_kept_than_fifty_days_and_the_newest_stay(days in prop::collection::vec(0i32..400, 1..200)) {
        let mut bench = Bench::new();
        bench.up = false;
        let first = day(1);
        let mut newest = first;
        for number in days {
            let today = first.checked_add(jiff::Span::new().days(number)).unwrap();
            newest = newest.max(today);
            bench.counts.opened(ITEM, Some(today), bench.now);
            bench.pass(30 * MINUTE);
            prop_assert!(bench.stored.len() <= KEPT);
        }
        let Payload::Views(sealed) = &bench.messages.values().next().expect("one batch is sealed").payload;
        prop_assert!(bench.stored.contains_key(&newest) || sealed.day == newest);
    }
}
