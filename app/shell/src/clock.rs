//! The box's two clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use yuexiang_core::time::Now;

/// Counts from the moment it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    pub fn now(&self) -> Now {
        let monotonic = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { monotonic, wall: wall() }
    }

    /// The moment at which `monotonic` milliseconds will have passed, rounded up, so that who waits for it is not early.
    pub fn at(&self, monotonic: u64) -> Instant {
        self.start + Duration::from_millis(monotonic)
    }
}

/// Milliseconds since 1970, negative before.
fn wall() -> i64 {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

/// Milliseconds since the kernel started this process; the kernel counts in hundredths of a second.
pub fn since_process_start() -> Option<u64> {
    // Field 22 of `stat`, counted from 1; the name in field 2 may hold anything, so what follows its bracket is counted.
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let start: u64 = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    ((uptime * 1_000.0) as u64).checked_sub(start * 10)
}
