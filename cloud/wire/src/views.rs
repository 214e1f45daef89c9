//! What boxes tell the cloud: how often what was looked at, and nothing of who looked.
//!
//! A box adds up by itself and sends a batch now and then with `POST /views`. The batch has a random name, so that one
//! that is sent again after a lost answer counts once; it names the village and no box.

use serde::{Deserialize, Serialize};

/// Counts of one batch.
pub const COUNTS: usize = 500;
/// The highest number of each kind in one count; more in one batch is a mistake.
pub const MOST: u32 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewBatch {
    pub format: u32,
    /// 32 lower-case hexadecimal digits, drawn at random.
    pub id: String,
    /// 12 digits.
    pub village: String,
    /// The calendar day of these views in China, `YYYY-MM-DD`. A batch never spans two.
    pub day: String,
    pub counts: Vec<ViewCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewCount {
    /// The item's id.
    pub item: String,
    /// How often it was opened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub views: u32,
    /// How often its video began to play.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub plays: u32,
    /// Seconds for which its video played.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seconds: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
