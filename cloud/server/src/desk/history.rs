//! What happened to one item.

use super::log::Line;
use super::{Desk, DeskError};
use crate::db::args;
use crate::region::RegionCode;

/// Steps that are told of one item, the last ones.
const STEPS: i64 = 500;

impl Desk {
    /// What happened to an item, the oldest first.
    pub(super) async fn steps_of(&self, region: RegionCode, item: &str) -> Result<Vec<Line>, DeskError> {
        let sql = "SELECT * FROM log WHERE object = $1 AND region = $2 ORDER BY seq DESC LIMIT $3";
        let values = args![item, region, STEPS];
        let mut lines: Vec<Line> = self.publisher.store.db.all("reading the log of an item", sql, values).await?;
        lines.reverse();
        Ok(lines)
    }
}
