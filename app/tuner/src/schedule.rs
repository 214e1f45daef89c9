//! Which segment of a live playlist comes next. Knows no network and no clock.

use crate::playlist::Media;

/// A segment is asked for so often; after that the next one is worth more.
pub const ATTEMPTS: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Fetch {
        number: u64,
        /// Its time does not follow from what was delivered before.
        break_before: bool,
    },
    /// The playlist has nothing new yet.
    Wait,
    /// The playlist has ended, and everything of it was taken.
    End,
}

#[derive(Debug, Default)]
pub struct Schedule {
    /// The number of the segment that is to be fetched next.
    next: Option<u64>,
    /// Something has been left out since the last segment.
    broken: bool,
    /// Failures of the next segment, in a row.
    failures: u32,
}

impl Schedule {
    pub fn step(&mut self, playlist: &Media) -> Step {
        let (first, end) = (playlist.sequence, playlist.end());
        let next = match self.next {
            None => playlist.live_start(),
            // It has left the window: what is still there would leave it next, so it goes on where live is.
            Some(next) if next < first => self.jump(playlist),
            // The server counts from the beginning again. One that is a little behind is another machine of several.
            Some(next) if next > end.saturating_add(playlist.segments.len() as u64) => self.jump(playlist),
            Some(next) => next,
        };
        self.next = Some(next);
        match playlist.segment(next) {
            Some(segment) => Step::Fetch { number: next, break_before: self.broken || segment.discontinuity },
            None if playlist.ended && next >= end => Step::End,
            None => Step::Wait,
        }
    }

    /// After playing has run dry: what has been missed is left out when live has gone on without it.
    pub fn catch_up(&mut self, playlist: &Media) {
        if let Some(next) = self.next
            && !playlist.ended
            && playlist.live_start() > next
        {
            self.next = Some(self.jump(playlist));
        }
    }

    fn jump(&mut self, playlist: &Media) -> u64 {
        self.broken = true;
        self.failures = 0;
        playlist.live_start()
    }

    /// The segment has been delivered whole.
    pub fn delivered(&mut self) {
        self.advance();
        self.broken = false;
    }

    /// It could not be had. Returns how often in a row; a part of it that was delivered stays.
    pub fn failed(&mut self) -> u32 {
        self.failures += 1;
        let failures = self.failures;
        if failures >= ATTEMPTS {
            self.advance();
            self.broken = true;
        }
        failures
    }

    fn advance(&mut self) {
        self.next = self.next.map(|next| next + 1);
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playlist::Segment;
    use std::time::Duration;

    fn window(sequence: u64, count: usize) -> Media {
        let segment =
            Segment { uri: String::new(), duration: Duration::from_secs(2), range: None, discontinuity: false };
        Media { target: Duration::from_secs(2), sequence, segments: vec![segment; count], ended: false }
    }

    fn fetch(number: u64, break_before: bool) -> Step {
        Step::Fetch { number, break_before }
    }

    #[test]
    fn it_begins_three_segments_before_the_end_and_takes_each_segment_once() {
        let mut schedule = Schedule::default();
        for number in [103, 104, 105] {
            assert_eq!(schedule.step(&window(100, 6)), fetch(number, false));
            schedule.delivered();
        }
        assert_eq!(schedule.step(&window(100, 6)), Step::Wait);
        assert_eq!(schedule.step(&window(101, 6)), fetch(106, false));
    }

    #[test]
    fn what_has_left_the_window_is_left_out_and_it_goes_on_where_live_is() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.step(&window(100, 6)), fetch(103, false));
        assert_eq!(schedule.step(&window(110, 6)), fetch(113, true));
        schedule.delivered();
        assert_eq!(schedule.step(&window(110, 6)), fetch(114, false), "the break is said once");
    }

    #[test]
    fn a_server_that_counts_from_the_beginning_again_is_followed() {
        let mut schedule = Schedule::default();
        schedule.step(&window(5_000, 6));
        assert_eq!(schedule.step(&window(0, 6)), fetch(3, true));
    }

    #[test]
    fn one_of_several_servers_that_is_a_little_behind_is_waited_for() {
        let mut schedule = Schedule::default();
        schedule.step(&window(100, 6));
        for _ in 0..3 {
            schedule.delivered();
        }
        assert_eq!(schedule.step(&window(98, 6)), Step::Wait);
        assert_eq!(schedule.step(&window(101, 6)), fetch(106, false));
    }

    #[test]
    fn a_segment_that_cannot_be_had_is_asked_for_a_few_times_and_then_left_out() {
        let mut schedule = Schedule::default();
        for attempt in 1..=ATTEMPTS {
            assert_eq!(schedule.step(&window(100, 6)), fetch(103, false));
            assert_eq!(schedule.failed(), attempt);
        }
        assert_eq!(schedule.step(&window(100, 6)), fetch(104, true));
    }

    #[test]
    fn after_running_dry_it_catches_up_only_when_live_has_gone_on() {
        let mut schedule = Schedule::default();
        schedule.step(&window(100, 6));
        schedule.delivered();
        schedule.catch_up(&window(101, 6));
        assert_eq!(schedule.step(&window(101, 6)), fetch(104, false));
        schedule.catch_up(&window(103, 6));
        assert_eq!(schedule.step(&window(103, 6)), fetch(106, true));
    }

    #[test]
    fn a_playlist_that_ended_is_taken_from_its_beginning_to_its_end() {
        let ended = Media { ended: true, ..window(7, 2) };
        let mut schedule = Schedule::default();
        for number in [7, 8] {
            assert_eq!(schedule.step(&ended), fetch(number, false));
            schedule.delivered();
        }
        assert_eq!(schedule.step(&ended), Step::End);
    }
}
