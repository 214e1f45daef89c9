//! What wakes a box: a message over MQTT 5 that a region has published.
//!
//! It goes to [`topic`] with QoS 0, is not retained and carries [`Wake`] as JSON. Nothing authenticates it, and nothing
//! has to: a box that is woken asks for the region's `timestamp.json` somewhat earlier than it would have.

use serde::{Deserialize, Serialize};

/// The port of MQTT without TLS (IANA).
pub const PORT: u16 = 1883;
/// Bytes of a message; a box reads no longer one.
pub const MESSAGE_LIMIT: usize = 1_024;
/// The longest `within`, in milliseconds.
pub const WITHIN_LIMIT: u32 = 60_000;

const PREFIX: &str = "yuexiang/regions/";
const SUFFIX: &str = "/published";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// [`crate::FORMAT`] or later: what comes later only adds.
    pub format: u32,
    /// Whoever is woken asks within so many milliseconds, each at a moment of its own.
    pub within: u32,
}

/// Where it is said that the region of this 12-digit code has published.
pub fn topic(code: &str) -> String {
    format!("{PREFIX}{code}{SUFFIX}")
}

/// The 12-digit code of the region that a topic is about.
pub fn region(topic: &str) -> Option<&str> {
    let code = topic.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    (code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_names_one_region() {
        assert_eq!(region(&topic("440224103201")), Some("440224103201"));
        for other in ["yuexiang/regions/+/published", "yuexiang/regions/#", "yuexiang/regions/4402/published", "$SYS/x"]
        {
            assert_eq!(region(other), None, "{other}");
        }
    }
}
