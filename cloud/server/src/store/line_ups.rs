//! What the channels of a region play.

use super::*;

const LINE_UPS: &str = "SELECT channel, effective_from, loop_start, discontinuity, programmes FROM line_up
                        WHERE region = $1 ORDER BY channel, effective_from";

type LineUpRow = (String, i64, i64, i64, String);

impl Store {
    /// What the channels of a region play, by channel and in the order of time.
    pub async fn line_ups(&self, region: RegionCode) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
        read(region, self.db.all("reading line-ups", LINE_UPS, args![region]).await?)
    }
}

impl Change {
    pub async fn line_ups(&mut self, region: RegionCode) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
        read(region, self.tx.all("reading line-ups", LINE_UPS, args![region]).await?)
    }

    pub async fn keep_line_up(
        &mut self,
        region: RegionCode,
        channel: &str,
        line_up: &LineUp,
    ) -> Result<(), StoreError> {
        let programmes = serde_json::to_string(&line_up.programmes).map_err(unreadable("line-up", region))?;
        let sql = "INSERT INTO line_up (region, channel, effective_from, loop_start, discontinuity, programmes)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (region, channel, effective_from) DO UPDATE SET loop_start = excluded.loop_start,
                   discontinuity = excluded.discontinuity, programmes = excluded.programmes";
        let (from, start, count) = (line_up.effective_from, line_up.loop_start, line_up.discontinuity);
        let values = args![region, channel, from, start, count, programmes];
        self.tx.execute("keeping a line-up", sql, values).await?;
        Ok(())
    }

    /// Forgets line-ups that were over before a moment: all but the newest that began before it.
    pub async fn forget_line_ups(&mut self, region: RegionCode, channel: &str, before: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM line_up WHERE region = $1 AND channel = $2 AND effective_from <
                   (SELECT max(effective_from) FROM line_up WHERE region = $1 AND channel = $2 AND effective_from < $3)";
        self.tx.execute("forgetting line-ups", sql, args![region, channel, before]).await?;
        Ok(())
    }
}

fn read(region: RegionCode, rows: Vec<LineUpRow>) -> Result<BTreeMap<String, Vec<LineUp>>, StoreError> {
    let mut line_ups: BTreeMap<String, Vec<LineUp>> = BTreeMap::new();
    for (channel, effective_from, loop_start, discontinuity, programmes) in rows {
        let programmes = serde_json::from_str(&programmes).map_err(unreadable("line-up", region))?;
        let discontinuity = discontinuity as u64;
        line_ups.entry(channel).or_default().push(LineUp { effective_from, loop_start, discontinuity, programmes });
    }
    Ok(line_ups)
}
