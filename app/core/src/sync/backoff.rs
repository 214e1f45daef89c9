//! Waiting with jitter, so that the boxes of a province do not come back all at once.

/// SplitMix64 (Steele, Lea, Flood 2014): enough for jitter, and the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub fn new(seed: u64) -> Jitter {
        Jitter(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between nothing and `milliseconds`.
    pub fn within(&mut self, milliseconds: u64) -> u64 {
        self.next() % milliseconds.saturating_add(1)
    }

    /// Between 80 % and 120 % of `milliseconds`.
    pub fn around(&mut self, milliseconds: u64) -> u64 {
        let spread = milliseconds / 5 * 2;
        milliseconds - milliseconds / 5 + if spread == 0 { 0 } else { self.next() % (spread + 1) }
    }

    /// The wait after the `failures`-th failure in a row (1 is the first): `first` doubled each time up to `longest`,
    /// of which the upper half is left to chance.
    pub fn backoff(&mut self, failures: u32, first: u64, longest: u64) -> u64 {
        let full = first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(longest).max(1);
        full / 2 + self.next() % (full - full / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_fifth_and_uses_all_of_it() {
        let mut jitter = Jitter::new(1);
        let waits: Vec<u64> = (0..1000).map(|_| jitter.around(1000)).collect();
        assert!(waits.iter().all(|wait| (800..=1200).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < 820) && waits.iter().any(|wait| *wait > 1180));
    }

    #[test]
    fn backoff_doubles_up_to_the_longest_wait_and_is_never_shorter_than_half() {
        let mut jitter = Jitter::new(2);
        for (failures, full) in [(1, 1000), (2, 2000), (4, 8000), (5, 10_000), (u32::MAX, 10_000)] {
            let wait = jitter.backoff(failures, 1000, 10_000);
            assert!((full / 2..=full).contains(&wait), "{failures}: {wait}");
        }
    }
}
