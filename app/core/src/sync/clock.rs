//! What time it is, for a box whose own clock may be wrong by decades.
//!
//! Three sources, none of which is believed blindly:
//!
//! * The **wall clock**: right on most boxes, 1970 on one without a battery, 2040 on a broken one.
//! * The **server's `Date`**: a hint that whoever sits on the line can forge. It replaces the wall clock where the two
//!   differ by more than ten minutes.
//! * The **floor**: a time that has certainly been reached. It is the build date at first and rises to the time of
//!   every round in which the metadata of *all* ancestors verified.
//!
//! # What a forged `Date` can do
//!
//! *Hold back*: a `Date` in the past makes old metadata look fresh for longer, but never beyond the floor, so only
//! metadata can be replayed that was valid at or after the last complete round; TUF's version numbers, which need no
//! clock, still refuse everything older than what the box has already accepted.
//!
//! *Hurry*: a `Date` in the future makes authentic metadata look expired, which is no more than cutting the line does.
//! It leaves nothing behind: the floor rises only to a time at which every ancestor's metadata verified, which is
//! earlier than each of its expiries, and what the cloud signs later expires later. A box can therefore never lock
//! itself out. Screens see a `Date` that contradicts a plausible wall clock only once metadata has verified at it.

use crate::time::{Now, UnixSeconds};

/// Seconds by which two clocks may differ and still be taken as agreeing.
const TOLERANCE: i64 = 600;
/// A wall clock further ahead of the floor than this is not plausible: 10 years, in seconds.
const PLAUSIBLE: i64 = 10 * 365 * 86_400;

#[derive(Clone, Debug)]
pub(super) struct Clock {
    floor: UnixSeconds,
    /// The server's time, while it contradicts the wall clock.
    anchor: Option<Anchor>,
    /// A server's time has agreed with the wall clock.
    agreed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    monotonic: u64,
    time: UnixSeconds,
    /// Metadata has verified at this time.
    confirmed: bool,
}

impl Anchor {
    fn at(self, now: Now) -> UnixSeconds {
        self.time.saturating_add((now.monotonic.saturating_sub(self.monotonic) / 1000) as i64)
    }
}

impl Clock {
    pub fn new(floor: UnixSeconds) -> Clock {
        Clock { floor, anchor: None, agreed: false }
    }

    /// No true time is earlier.
    pub fn floor(&self) -> UnixSeconds {
        self.floor
    }

    /// Takes in the `Date` of an answer.
    pub fn observe(&mut self, date: UnixSeconds, now: Now) {
        // A date before the floor is certainly wrong; ten minutes of grace, because the floor may stem from a wall
        // clock that was ahead of the server's by as much.
        if date.saturating_add(TOLERANCE) < self.floor {
            return;
        }
        if close(date, wall(now)) {
            self.anchor = None;
            self.agreed = true;
            return;
        }
        self.agreed = false;
        if self.anchor.is_none_or(|anchor| !close(date, anchor.at(now))) {
            self.anchor = Some(Anchor { monotonic: now.monotonic, time: date, confirmed: false });
        }
    }

    /// Metadata has verified at [`Clock::verification_time`].
    pub fn confirm(&mut self) {
        if let Some(anchor) = &mut self.anchor {
            anchor.confirmed = true;
        }
    }

    /// Every ancestor's metadata has verified at `time`.
    pub fn raise_floor(&mut self, time: UnixSeconds) {
        self.floor = self.floor.max(time);
    }

    /// The time at which metadata is verified: the best there is, and the floor where nothing is known.
    pub fn verification_time(&self, now: Now) -> UnixSeconds {
        let best = match self.anchor {
            Some(anchor) => anchor.at(now),
            None if self.wall_is_plausible(now) => wall(now),
            None => self.floor,
        };
        best.max(self.floor)
    }

    /// The time for the screens: `None` while it is not known.
    pub fn true_time(&self, now: Now) -> Option<UnixSeconds> {
        let best = match self.anchor {
            Some(anchor) if anchor.confirmed || !self.wall_is_plausible(now) => anchor.at(now),
            _ if self.agreed || self.wall_is_plausible(now) => wall(now),
            _ => return None,
        };
        Some(best.max(self.floor))
    }

    /// The wall clock is wrong and is not used.
    pub fn corrected(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether what was verified at `asked` would have to be verified again now that more is known.
    pub fn contradicts(&self, asked: UnixSeconds, now: Now) -> bool {
        !close(asked, self.verification_time(now))
    }

    fn wall_is_plausible(&self, now: Now) -> bool {
        wall(now) >= self.floor - TOLERANCE && wall(now) <= self.floor.saturating_add(PLAUSIBLE)
    }
}

fn wall(now: Now) -> UnixSeconds {
    now.wall.div_euclid(1000)
}

fn close(a: UnixSeconds, b: UnixSeconds) -> bool {
    a.abs_diff(b) <= TOLERANCE as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: i64 = 1_790_000_000;
    const YEAR: i64 = 365 * 86_400;

    fn at(wall: i64) -> Now {
        Now { monotonic: 1_000_000, wall: wall * 1000 }
    }

    #[test]
    fn a_plausible_wall_clock_is_believed_while_nothing_contradicts_it() {
        assert_eq!(Clock::new(BUILT).true_time(at(BUILT + 5)), Some(BUILT + 5));
    }

    #[test]
    fn a_box_without_a_clock_does_not_know_the_time_and_verifies_at_the_floor() {
        let clock = Clock::new(BUILT);
        assert_eq!(clock.true_time(at(0)), None);
        assert_eq!(clock.verification_time(at(0)), BUILT);
    }

    #[test]
    fn the_servers_date_replaces_a_clock_of_1970_and_runs_on() {
        let mut clock = Clock::new(BUILT);
        clock.observe(BUILT + YEAR, at(0));
        let later = Now { monotonic: 1_000_000 + 7_000, wall: 7_000 };
        assert_eq!(clock.true_time(later), Some(BUILT + YEAR + 7));
        assert!(clock.corrected());
    }

    #[test]
    fn the_servers_date_replaces_a_clock_that_is_years_ahead_once_metadata_verifies_at_it() {
        let mut clock = Clock::new(BUILT);
        let now = at(BUILT + 5 * YEAR);
        clock.observe(BUILT + 60, now);
        assert_eq!(clock.verification_time(now), BUILT + 60);
        assert_eq!(clock.true_time(now), Some(BUILT + 5 * YEAR));
        clock.confirm();
        assert_eq!(clock.true_time(now), Some(BUILT + 60));
    }

    #[test]
    fn a_forged_date_in_the_future_never_reaches_the_screens_of_a_box_with_a_plausible_clock() {
        let mut clock = Clock::new(BUILT);
        clock.observe(BUILT + 30 * YEAR, at(BUILT + 60));
        assert_eq!(clock.true_time(at(BUILT + 60)), Some(BUILT + 60));
        clock.observe(BUILT + 61, at(BUILT + 61));
        assert_eq!(clock.verification_time(at(BUILT + 61)), BUILT + 61);
        assert_eq!(clock.floor(), BUILT);
    }

    #[test]
    fn a_date_before_the_floor_is_ignored() {
        let mut clock = Clock::new(BUILT);
        clock.raise_floor(BUILT + YEAR);
        clock.observe(BUILT, at(0));
        assert_eq!(clock.verification_time(at(0)), BUILT + YEAR);
        assert_eq!(clock.true_time(at(0)), None);
    }

    #[test]
    fn a_small_difference_is_left_to_the_wall_clock() {
        let mut clock = Clock::new(BUILT);
        clock.observe(BUILT + 1000, at(BUILT + 700));
        assert_eq!(clock.true_time(at(BUILT + 700)), Some(BUILT + 700));
        assert!(!clock.corrected());
    }

    #[test]
    fn a_wall_clock_that_has_been_put_right_is_used_again() {
        let mut clock = Clock::new(BUILT);
        clock.observe(BUILT + YEAR, at(0));
        clock.observe(BUILT + YEAR + 60, at(BUILT + YEAR + 61));
        assert_eq!(clock.true_time(at(BUILT + YEAR + 61)), Some(BUILT + YEAR + 61));
    }
}
