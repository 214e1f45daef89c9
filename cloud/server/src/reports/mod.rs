//! What boxes refuse and withhold, as they tell it: without it the cloud believes that all is well while screens stand still.
//!
//! Anybody may send a report, so nothing is decided by one. What they say is counted and shown: in `/healthz`, in
//! `keys status` and, the first time on a day, in the program's log.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use jiff::ToSpan;
use serde::Serialize;
use yuexiang_console::messages::request::Request as Reason;
use yuexiang_wire::report::{Report, TROUBLES, Trouble, WHY};

use crate::accounts::web::{Problem, client_address};
use crate::db::args;
use crate::pack::china_date;
use crate::region::{Level, RegionCode};
use crate::serve::{Served, Shared};
use crate::store::{Store, StoreError};

/// Bytes of a report.
const LARGEST: usize = 32 << 10;
/// Days that are kept.
const KEPT: i64 = 31;
/// Lines of an overview.
const MOST: i64 = 50;

crate::db::row! {
    /// What some boxes do not show, today or yesterday.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
    pub struct Refused {
        /// A region's code or an item's id.
        pub object: String,
        pub why: String,
        pub boxes: i64,
        /// The highest version that one of them has of the region's timestamp.
        pub version: Option<i64>,
        /// When the last of them has told it, Unix seconds.
        pub seen: i64,
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, verb) = if self.boxes == 1 { ("box", "s") } else { ("boxes", "") };
        let refuse = if self.object.contains('/') { "withhold" } else { "refuse" };
        write!(f, "{} {one} {refuse}{verb} {}: {}", self.boxes, self.object, self.why)?;
        match self.version {
            Some(version) => write!(f, " (has version {version})"),
            None => Ok(()),
        }
    }
}

/// Why a report is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("the report is no JSON document of its kind: {0}")]
    Shape(serde_json::Error),
    #[error("`{0}` is not the code of a village")]
    Village(String),
    #[error("the report has {0} troubles, it must have 1 to {TROUBLES}")]
    Length(usize),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub fn routes() -> Router<Shared> {
    Router::new().route("/reports", post(take_in))
}

async fn take_in(State(served): State<Arc<Served>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let address = client_address(&served.accounts, &parts);
    if let Err(wait) = served.view_limit.count(address, Instant::now()) {
        let seconds = wait.as_secs() as i64 + 1;
        return Problem::of(Reason::TooFast { seconds }).wait(seconds).into_response();
    }
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Problem::of(Reason::TooLarge { most: LARGEST }).into_response();
    };
    match take(&served.store, &body, jiff::Timestamp::now().as_second()).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(ReportError::Store(error)) => Problem::from(error).into_response(),
        Err(error) => Problem::of(Reason::Report { why: error.to_string() }).into_response(),
    }
}

/// Counts what a report says of what there is. Returns how much of it.
pub async fn take(store: &Store, body: &[u8], now: i64) -> Result<usize, ReportError> {
    let report: Report = serde_json::from_slice(body).map_err(ReportError::Shape)?;
    let village = report.village.parse::<RegionCode>().ok();
    let is_village = |code: &RegionCode| code.level() == Level::Village && code.to_string() == report.village;
    let village = village.filter(is_village).ok_or(ReportError::Village(report.village))?;
    if !(1..=TROUBLES).contains(&report.troubles.len()) {
        return Err(ReportError::Length(report.troubles.len()));
    }
    // A box that does not know yet that its village goes on under another code speaks of the old regions.
    let asked = village;
    let village = crate::moves::forward(&store.db, village).await.map_err(StoreError::from)?;
    let day = china_date(now).to_string();
    let mut counted = 0;
    for trouble in &report.troubles {
        if !concerns(store, [village, asked], trouble).await? {
            continue;
        }
        let sql = "INSERT INTO box_report (day, object, why, village, boxes, version, seen)
                   VALUES ($1, $2, $3, $4, 1, $5, $6)
                   ON CONFLICT (day, object, why, village) DO UPDATE SET boxes = box_report.boxes + 1,
                   version = CASE WHEN box_report.version > excluded.version THEN box_report.version
                             ELSE coalesce(excluded.version, box_report.version) END, seen = excluded.seen
                   RETURNING boxes";
        let version = trouble.version.and_then(|version| i64::try_from(version).ok());
        let values = args![&day, &trouble.object, &trouble.why, village, version, now];
        let (boxes,): (i64,) =
            store.db.one("counting what boxes refuse", sql, values).await.map_err(StoreError::from)?;
        if boxes == 1 {
            let Trouble { object, why, version } = trouble;
            tracing::warn!(object, why, version, %village, "boxes refuse or withhold what was published");
        }
        counted += 1;
    }
    Ok(counted)
}

/// Whether a trouble is about something that there is for this village. Everything else would only fill the database.
async fn concerns(store: &Store, villages: [RegionCode; 2], trouble: &Trouble) -> Result<bool, StoreError> {
    let is_word = |why: &str| !why.is_empty() && why.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if trouble.why.len() > WHY || !is_word(&trouble.why) {
        return Ok(false);
    }
    let (region, is_item) = match trouble.object.split_once('/') {
        Some((region, _)) => (region, true),
        None => (trouble.object.as_str(), false),
    };
    let Some(region) = region.parse::<RegionCode>().ok().filter(|code| code.to_string() == region) else {
        return Ok(false);
    };
    // An item that was taken over is where its region is now.
    let region = match is_item {
        true => store.region_of_item(&trouble.object).await?.unwrap_or(region),
        false => region,
    };
    if !villages.iter().any(|village| village.lineage().contains(&region)) {
        return Ok(false);
    }
    let sql = match is_item {
        true => "SELECT serial FROM item WHERE id = $1 AND published IS NOT NULL",
        false => "SELECT generation FROM region WHERE code = $1",
    };
    let row: Option<(i64,)> = store.db.optional("looking for what a box refuses", sql, args![&trouble.object]).await?;
    Ok(row.is_some())
}

/// What boxes have told today and yesterday, that of most boxes first; at most 50.
pub async fn refused(store: &Store, now: i64) -> Result<Vec<Refused>, StoreError> {
    let since = china_date(now).saturating_sub(1.days()).to_string();
    let sql = "SELECT object, why, CAST(sum(boxes) AS BIGINT) AS boxes, max(version) AS version, max(seen) AS seen
               FROM box_report WHERE day >= $1 GROUP BY object, why ORDER BY 3 DESC, object, why LIMIT $2";
    Ok(store.db.all("reading what boxes refuse", sql, args![since, MOST]).await?)
}

/// Forgets what was told long ago.
pub async fn forget(store: &Store, now: i64) -> Result<(), StoreError> {
    let before = china_date(now).saturating_sub(KEPT.days()).to_string();
    store.db.execute("forgetting what boxes refused", "DELETE FROM box_report WHERE day < $1", args![before]).await?;
    Ok(())
}
