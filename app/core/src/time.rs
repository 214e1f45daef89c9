//! Time as the core sees it: it comes in as an argument, and dates are those of China Standard Time (UTC+8, no
//! daylight saving), which every village of the province keeps.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The moment at which something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Milliseconds of a clock that never jumps; its zero is arbitrary.
    pub monotonic: u64,
    /// What the system clock says: milliseconds since 1970-01-01T00:00:00Z. May be wrong by decades.
    pub wall: i64,
}

/// Seconds since 1970-01-01T00:00:00Z.
pub type UnixSeconds = i64;

const CHINA: Offset = Offset::constant(8);

/// The civil date and time in China, clamped to what can be represented.
pub fn civil(seconds: UnixSeconds) -> DateTime {
    let timestamp = jiff::Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    timestamp.to_zoned(TimeZone::fixed(CHINA)).datetime()
}
