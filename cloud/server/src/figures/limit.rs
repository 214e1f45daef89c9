//! How many batches one address may send. Each process counts for itself, in memory.
//!
//! A village's boxes often share one address, and so do all subscribers behind a provider's translation; so the limit is
//! far above what a few hundred boxes send, and far below what would fill the database with made-up numbers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Batches that an address may send at once.
const BURST: f64 = 300.0;
/// Batches that it may send per second for ever; a box sends one in ten minutes.
const RATE: f64 = 5.0;
/// Addresses that are remembered.
const ADDRESSES: usize = 100_000;

#[derive(Debug, Default)]
pub struct Limit(Mutex<HashMap<Option<IpAddr>, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn filled(self, now: Instant) -> f64 {
        (self.left + now.saturating_duration_since(self.at).as_secs_f64() * RATE).min(BURST)
    }
}

impl Limit {
    /// Counts one batch of an address. The error says after how long another one is welcome.
    pub fn count(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            // Whoever has its whole burst again is as good as unknown.
            buckets.retain(|_, bucket| bucket.filled(now) < BURST);
            if buckets.len() >= ADDRESSES {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(address.map(network)).or_insert(Bucket { left: BURST, at: now });
        let left = bucket.filled(now);
        if left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - left) / RATE));
        }
        *bucket = Bucket { left: left - 1.0, at: now };
        Ok(())
    }
}

/// A subscriber has a whole /64 of IPv6 addresses.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn an_address_that_sends_too_much_waits_and_others_do_not() {
        let (limit, start) = (Limit::default(), Instant::now());
        for _ in 0..BURST as usize {
            limit.count(address("192.0.2.1"), start).expect("within the burst");
        }
        let wait = limit.count(address("192.0.2.1"), start).expect_err("beyond the burst");
        limit.count(address("192.0.2.2"), start).expect("another address");
        limit.count(address("192.0.2.1"), start + wait).expect("after the time that was said");
        limit.count(address("192.0.2.1"), start + wait).expect_err("one alone");
    }

    #[test]
    fn other_addresses_of_one_subscriber_are_no_way_around_it() {
        let (limit, start) = (Limit::default(), Instant::now());
        for number in 0..BURST as usize {
            limit.count(address(&format!("2001:db8::{number:x}")), start).expect("within the burst");
        }
        limit.count(address("2001:db8::ffff"), start).expect_err("the same network");
        limit.count(address("2001:db8:0:1::1"), start).expect("another network");
    }
}
