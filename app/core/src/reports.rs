//! What the box refuses and withholds, for the cloud, which cannot know of it. It names the village, and not which box it
//! is.
//!
//! It looks about every ten minutes. What is wrong at two looks running is told, each of it once a day; while the day is
//! not known nothing is. Nothing is stored: after a restart it is told once more.

use crate::event::NetErrorKind;
use crate::region::RegionCode;
use crate::sync::backoff::Jitter;
use crate::view_counts::Day;
use std::collections::BTreeSet;

/// Milliseconds.
const LOOK_EVERY: u64 = 10 * 60_000;
/// Troubles of one report; what the cloud takes.
const TROUBLES: usize = 100;

/// Something that was published and is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A region's code or an item's id.
    pub object: String,
    pub why: &'static str,
    /// The region's timestamp that the box has.
    pub timestamp: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub village: RegionCode,
    pub troubles: Vec<Trouble>,
}

type Known = BTreeSet<(String, &'static str)>;

/// Call [`Reports::look`] when [`Reports::poll_timeout`] has come, send what it gives, and call [`Reports::handle_sent`].
#[derive(Debug)]
pub struct Reports {
    village: RegionCode,
    look_at: u64,
    day: Option<Day>,
    /// What was wrong at the last look.
    before: Known,
    told: Known,
    sending: Option<Known>,
    jitter: Jitter,
}

impl Reports {
    pub fn new(village: RegionCode, seed: u64, now: u64) -> Reports {
        let mut jitter = Jitter::new(seed);
        let look_at = now + jitter.around(LOOK_EVERY);
        let (before, told) = (Known::new(), Known::new());
        Reports { village, look_at, day: None, before, told, sending: None, jitter }
    }

    /// The village goes on under another code.
    pub fn relocate(&mut self, village: RegionCode) {
        self.village = village;
    }

    /// In milliseconds of the clock that never jumps.
    pub fn poll_timeout(&self) -> u64 {
        self.look_at
    }

    /// Takes what is wrong now. Returns what is to be sent.
    pub fn look(&mut self, troubles: Vec<Trouble>, today: Option<Day>, now: u64) -> Option<Report> {
        self.look_at = now + self.jitter.around(LOOK_EVERY);
        let key = |trouble: &Trouble| (trouble.object.clone(), trouble.why);
        let before = std::mem::replace(&mut self.before, troubles.iter().map(key).collect());
        if self.day != today {
            self.day = today;
            self.told.clear();
        }
        if today.is_none() || self.sending.is_some() {
            return None;
        }
        let is_news = |trouble: &Trouble| before.contains(&key(trouble)) && !self.told.contains(&key(trouble));
        let troubles: Vec<Trouble> = troubles.into_iter().filter(is_news).take(TROUBLES).collect();
        if troubles.is_empty() {
            return None;
        }
        self.sending = Some(troubles.iter().map(key).collect());
        Some(Report { village: self.village, troubles })
    }

    /// What could not be sent is tried again at the next look.
    pub fn handle_sent(&mut self, was_taken: bool) {
        let sent = self.sending.take().unwrap_or_default();
        if was_taken {
            self.told.extend(sent);
        }
    }
}

/// The word for what is wrong with a region's metadata; none where it is only out of reach.
pub fn why(kind: NetErrorKind) -> Option<&'static str> {
    match kind {
        NetErrorKind::Untrusted => Some("untrusted"),
        NetErrorKind::Expired => Some("expired"),
        NetErrorKind::Malformed => Some("malformed"),
        NetErrorKind::Unreachable
        | NetErrorKind::Server
        | NetErrorKind::Missing
        | NetErrorKind::Storage
        | NetErrorKind::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(object: &str) -> Trouble {
        Trouble { object: object.to_owned(), why: "untrusted", timestamp: None }
    }

    fn day(text: &str) -> Option<Day> {
        Some(text.parse().expect("a day"))
    }

    fn reports() -> Reports {
        Reports::new("440224103201".parse().expect("a code"), 7, 0)
    }

    #[test]
    fn what_stays_wrong_is_told_once_a_day() {
        let (mut reports, today) = (reports(), day("2026-11-01"));
        assert_eq!(reports.look(vec![trouble("a")], today, 0), None, "it may be over at the next look");
        let report = reports.look(vec![trouble("a"), trouble("b")], today, 0).expect("it stays");
        assert_eq!(report.troubles, [trouble("a")]);
        reports.handle_sent(true);
        let report = reports.look(vec![trouble("a"), trouble("b")], today, 0).expect("the other one");
        assert_eq!(report.troubles, [trouble("b")]);
        reports.handle_sent(true);
        assert_eq!(reports.look(vec![trouble("a"), trouble("b")], today, 0), None);
        let report = reports.look(vec![trouble("a")], day("2026-11-02"), 0).expect("another day");
        assert_eq!(report.troubles, [trouble("a")]);
    }

    #[test]
    fn what_was_not_taken_is_told_again_and_nothing_while_it_is_under_way() {
        let (mut reports, today) = (reports(), day("2026-11-01"));
        reports.look(vec![trouble("a")], today, 0);
        assert!(reports.look(vec![trouble("a")], today, 0).is_some());
        assert_eq!(reports.look(vec![trouble("a")], today, 0), None);
        reports.handle_sent(false);
        assert!(reports.look(vec![trouble("a")], today, 0).is_some());
    }

    #[test]
    fn nothing_is_told_on_a_day_that_is_not_known_and_never_too_much() {
        let mut reports = reports();
        let many: Vec<Trouble> = (0..2 * TROUBLES).map(|number| trouble(&number.to_string())).collect();
        for _ in 0..3 {
            assert_eq!(reports.look(many.clone(), None, 0), None);
        }
        let report = reports.look(many, day("2026-11-01"), 0).expect("the day is known");
        assert_eq!(report.troubles.len(), TROUBLES);
        assert!(reports.poll_timeout() > LOOK_EVERY / 2);
    }
}
