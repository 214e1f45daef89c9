//! What time it is, for a box whose own clock may be wrong by decades.
//!
//! Three sources, none of which is believed blindly:
//!
//! * The **floor**: a time that has certainly been reached. It is the build date at first and rises to the time of
//!   every round in which the metadata of *all* ancestors verified.
//! * The **wall clock**: right on most boxes, 1970 on one without a battery, 2040 on a broken one. By itself it is
//!   believed between the floor and a year after it, unless it was found wrong before: nothing that the cloud signs
//!   holds for longer than a root's year, so at a later time nothing that the box holds could be verified, and such a
//!   clock is either wrong or has nothing to be right about.
//! * The **server's `Date`**: a hint that whoever sits on the line can forge. Metadata is verified at it; the screens
//!   follow it only once metadata has verified at it, so that it lies within what is signed.
//!
//! # The one rule
//!
//! Whoever decides what is shown, kept or fetched asks for [`Clock::at_least`]: the true time where it is known, and
//! the floor where it is not. So what began before the floor is there at 1970, and what begins after it is not there
//! at 2040. Whoever *says* a time, a day or what is on now asks for [`Clock::true_time`] and says nothing when there
//! is none: the floor may be months ago, and "today" would be a lie.
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
//! itself out. What screens have learned from a confirmed `Date` stays until another one is confirmed.

use crate::time::{Now, UnixSeconds};

/// Seconds by which two clocks may differ and still be taken as agreeing.
const TOLERANCE: i64 = 600;
/// For so long after the floor a wall clock is believed by itself: a year, the longest for which anything is signed
/// (the life of a root), in seconds.
const PLAUSIBLE: i64 = 365 * 86_400;

#[derive(Clone, Debug)]
pub(super) struct Clock {
    floor: UnixSeconds,
    /// The server's time, as it was last told.
    told: Option<Anchor>,
    /// The server's time at which metadata has verified.
    confirmed: Option<Anchor>,
    /// The wall clock was found wrong in an earlier run: by itself it is not believed again.
    distrusted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    monotonic: u64,
    time: UnixSeconds,
}

impl Anchor {
    fn at(self, now: Now) -> UnixSeconds {
        self.time.saturating_add((now.monotonic.saturating_sub(self.monotonic) / 1000) as i64)
    }

    /// The wall clock's time where it agrees with this one; it runs on when the program ends.
    fn or_wall(self, now: Now) -> UnixSeconds {
        if close(self.at(now), wall(now)) { wall(now) } else { self.at(now) }
    }
}

impl Clock {
    /// `distrusted`: what [`Clock::wall_is_wrong`] said last before the program ended.
    pub fn new(floor: UnixSeconds, distrusted: bool) -> Clock {
        Clock { floor, told: None, confirmed: None, distrusted }
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
        if self.told.is_none_or(|told| !close(date, told.at(now))) {
            self.told = Some(Anchor { monotonic: now.monotonic, time: date });
        }
    }

    /// Metadata has verified at [`Clock::verification_time`].
    pub fn confirm(&mut self, now: Now) {
        if let Some(told) = self.told {
            self.confirmed = Some(told);
            self.distrusted = !close(told.at(now), wall(now));
        }
    }

    /// Every ancestor's metadata has verified at `time`.
    pub fn raise_floor(&mut self, time: UnixSeconds) {
        self.floor = self.floor.max(time);
    }

    /// The time at which metadata is verified: the best there is, and the floor where nothing is known.
    pub fn verification_time(&self, now: Now) -> UnixSeconds {
        let best = match self.told {
            Some(told) => told.or_wall(now),
            None => self.true_time(now).unwrap_or(self.floor),
        };
        best.max(self.floor)
    }

    /// The time, for whoever says it; `None` while it is not known.
    pub fn true_time(&self, now: Now) -> Option<UnixSeconds> {
        let best = match self.confirmed {
            Some(confirmed) => confirmed.or_wall(now),
            None if self.wall_is_plausible(now) => wall(now),
            None => return None,
        };
        Some(best.max(self.floor))
    }

    /// The time that has certainly been reached, for whoever decides what is shown, kept or fetched.
    pub fn at_least(&self, now: Now) -> UnixSeconds {
        self.true_time(now).unwrap_or(self.floor)
    }

    /// The wall clock has been found wrong and is not used.
    pub fn wall_is_wrong(&self) -> bool {
        self.distrusted
    }

    /// Whether what was verified at `asked` would have to be verified again now that more is known.
    pub fn contradicts(&self, asked: UnixSeconds, now: Now) -> bool {
        !close(asked, self.verification_time(now))
    }

    fn wall_is_plausible(&self, now: Now) -> bool {
        !self.distrusted
            && wall(now) >= self.floor.saturating_sub(TOLERANCE)
            && wall(now) <= self.floor.saturating_add(PLAUSIBLE)
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
    const DAY: i64 = 86_400;
    const YEAR: i64 = 365 * DAY;

    fn at(wall: i64) -> Now {
        Now { monotonic: 1_000_000, wall: wall * 1000 }
    }

    fn new() -> Clock {
        Clock::new(BUILT, false)
    }

    #[test]
    fn a_plausible_wall_clock_is_believed_while_nothing_contradicts_it() {
        assert_eq!(new().true_time(at(BUILT + 5)), Some(BUILT + 5));
        assert_eq!(new().true_time(at(BUILT + YEAR - DAY)), Some(BUILT + YEAR - DAY));
    }

    #[test]
    fn a_box_without_a_clock_does_not_know_the_time_and_goes_by_the_floor() {
        let clock = new();
        for wall in [0, -5, BUILT - DAY] {
            assert_eq!(clock.true_time(at(wall)), None);
            assert_eq!(clock.verification_time(at(wall)), BUILT);
            assert_eq!(clock.at_least(at(wall)), BUILT);
        }
    }

    #[test]
    fn a_wall_clock_further_ahead_than_anything_is_signed_for_is_not_believed() {
        let clock = new();
        for wall in [BUILT + YEAR + DAY, BUILT + 14 * YEAR, i64::MAX / 1000] {
            assert_eq!(clock.true_time(at(wall)), None);
            assert_eq!(clock.at_least(at(wall)), BUILT);
        }
    }

    #[test]
    fn the_servers_date_replaces_a_clock_of_1970_once_metadata_verifies_at_it_and_runs_on() {
        let mut clock = new();
        clock.observe(BUILT + YEAR, at(0));
        assert_eq!(clock.verification_time(at(0)), BUILT + YEAR);
        assert_eq!(clock.true_time(at(0)), None, "anybody could have said it");
        clock.confirm(at(0));
        let later = Now { monotonic: 1_000_000 + 7_000, wall: 7_000 };
        assert_eq!(clock.true_time(later), Some(BUILT + YEAR + 7));
        assert!(clock.wall_is_wrong());
    }

    #[test]
    fn the_servers_date_replaces_a_clock_that_is_ahead_once_metadata_verifies_at_it() {
        let mut clock = new();
        let now = at(BUILT + YEAR / 2);
        clock.observe(BUILT + 60, now);
        assert_eq!(clock.verification_time(now), BUILT + 60);
        assert_eq!(clock.true_time(now), Some(BUILT + YEAR / 2));
        clock.confirm(now);
        assert_eq!(clock.true_time(now), Some(BUILT + 60));
    }

    #[test]
    fn a_wall_clock_that_was_found_wrong_is_not_believed_after_a_restart_without_a_network() {
        let now = at(BUILT + YEAR / 2);
        let clock = Clock::new(BUILT + 60, true);
        assert_eq!((clock.true_time(now), clock.at_least(now)), (None, BUILT + 60));
    }

    #[test]
    fn a_wall_clock_that_jumps_while_the_program_runs_is_not_followed() {
        let mut clock = new();
        clock.observe(BUILT + 60, at(BUILT + 60));
        clock.confirm(at(BUILT + 60));
        let jumped = Now { monotonic: 1_000_000 + 5_000, wall: (BUILT + YEAR / 2) * 1000 };
        assert_eq!(clock.true_time(jumped), Some(BUILT + 65));
    }

    #[test]
    fn a_forged_date_in_the_future_never_reaches_the_screens() {
        for wall in [BUILT + 60, 0, BUILT + 14 * YEAR] {
            let mut clock = new();
            clock.observe(BUILT + 30 * YEAR, at(wall));
            assert!(clock.at_least(at(wall)) <= BUILT + 60);
            clock.observe(BUILT + 61, at(wall));
            assert!((BUILT + 60..=BUILT + 61).contains(&clock.verification_time(at(wall))));
            assert_eq!(clock.floor(), BUILT);
        }
    }

    #[test]
    fn what_a_confirmed_date_has_taught_outlives_a_forged_one() {
        let mut clock = new();
        clock.observe(BUILT + 60, at(0));
        clock.confirm(at(0));
        clock.observe(BUILT + 30 * YEAR, at(0));
        assert_eq!(clock.true_time(at(0)), Some(BUILT + 60));
    }

    #[test]
    fn a_date_before_the_floor_is_ignored() {
        let mut clock = new();
        clock.raise_floor(BUILT + YEAR);
        clock.observe(BUILT, at(0));
        assert_eq!(clock.verification_time(at(0)), BUILT + YEAR);
        assert_eq!(clock.true_time(at(0)), None);
    }

    #[test]
    fn a_small_difference_is_left_to_the_wall_clock() {
        let mut clock = new();
        clock.observe(BUILT + 1000, at(BUILT + 700));
        clock.confirm(at(BUILT + 700));
        assert_eq!(clock.true_time(at(BUILT + 700)), Some(BUILT + 700));
        assert!(!clock.wall_is_wrong());
    }

    #[test]
    fn a_wall_clock_that_has_been_put_right_is_used_again() {
        let mut clock = new();
        clock.observe(BUILT + YEAR, at(0));
        clock.confirm(at(0));
        assert!(clock.wall_is_wrong());
        clock.observe(BUILT + YEAR + 60, at(BUILT + YEAR + 61));
        clock.confirm(at(BUILT + YEAR + 61));
        assert_eq!(clock.true_time(at(BUILT + YEAR + 61)), Some(BUILT + YEAR + 61));
        assert!(!clock.wall_is_wrong());
    }
}
