//! What boxes tell the cloud of what they refuse: metadata of a region that do not verify, and items whose approvals do not
//! suffice. Nobody else sees that: the cloud believes that it has published, and the screen shows what was there before.
//!
//! A box sends what is wrong now with `POST /reports`, each of it once a day, some minutes after it has found it. It names
//! the village and no box. A cloud that does not know of this answers 404, and that is the end of it.

use serde::{Deserialize, Serialize};

/// Troubles of one report; a box in more trouble tells these.
pub const TROUBLES: usize = 100;
/// Characters of a reason.
pub const WHY: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`crate::FORMAT`] or later: what comes later only adds.
    pub format: u32,
    /// 12 digits.
    pub village: String,
    pub troubles: Vec<Trouble>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The 12-digit code of a region whose metadata are refused, or the id of an item that is withheld.
    pub object: String,
    /// A word of `a-z` and `-`, such as `untrusted`, `expired` or `outside-time`.
    pub why: String,
    /// Of a region: the version of the timestamp that the box has. A refused one may have been lower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}
