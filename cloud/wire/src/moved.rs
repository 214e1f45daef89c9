//! That a region goes on under another code.
//!
//! It is a target of the nearest region that both codes lie in, since that is who says which regions there are below it.
//! A box that stands in the old region follows to the new one, whose keys it finds on the way that it finds any: from
//! root to root, down from the province. Boxes of earlier versions pass over it and stay where they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The target name of a move; `from` has 12 digits.
pub fn moved_target(from: &str) -> String {
    format!("moved/{from}.json")
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub format: u32,
    /// 12 digits; must be the region in whose repository it lies.
    pub region: String,
    /// 12 digits, below `region`. What lies in it has gone along and kept the digits of its own level and below.
    pub from: String,
    /// 12 digits, below `region` and of the same level.
    pub to: String,
    /// Unix seconds. A box follows the earliest one that is later than the one it followed last.
    pub at: i64,
    /// Regions in `from` that did not keep their digits, by their old codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub below: BTreeMap<String, String>,
    /// Channels (`<12 digits>/<id>`) that have another name now than their region's move gives them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, String>,
}
