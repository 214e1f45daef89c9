//! The log: a page at a time, whether it is whole, and all of it.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{self as request, Words, known, page_size};
use super::names;
use super::problem::{Changing, Reading};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::audit::Exporter;
use crate::desk::log::{self, Line};
use crate::desk::log_list::{LogCursor, LogFilter};
use crate::desk::rights::Action;
use crate::region::RegionCode;
use crate::serve::Served;

/// Lines of one page.
const PAGE: i64 = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
    /// Part of the name or login of whoever took the steps, or the whole id.
    who: Option<String>,
    /// Such as `submit`.
    action: Option<String>,
    /// At or after this moment.
    from: Option<i64>,
    /// Before this moment.
    until: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct Log {
    /// The newest first.
    lines: Vec<LogLine>,
    /// Goes on from here as `after`; null at the end.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LogLine {
    #[schema(schema_with = names::region)]
    region: String,
    /// Counts the lines of the region.
    seq: i64,
    at: i64,
    /// Who.
    account: String,
    /// What, such as `submit`.
    action: String,
    /// Of what: an item, an account, a key.
    object: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// Hash of the line before in the region.
    #[schema(schema_with = names::hash)]
    before: String,
    #[schema(schema_with = names::hash)]
    hash: String,
}

impl From<Line> for LogLine {
    fn from(line: Line) -> LogLine {
        LogLine {
            detail: serde_json::from_str(&line.detail).unwrap_or_default(),
            region: line.region,
            seq: line.seq,
            at: line.at,
            account: line.account,
            action: line.action,
            object: line.object,
            before: line.before,
            hash: line.hash,
        }
    }
}

/// Lists the steps of a region and everything below, the newest first.
#[utoipa::path(get, path = "/api/v1/log", tag = "log", params(LogQuery),
    responses((status = 200, description = "A page of the log", body = Log), Reading))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<LogQuery>,
) -> Result<Json<Log>, Problem> {
    let size = page_size(query.limit, PAGE)?;
    let filter = LogFilter {
        region: query.region,
        who: query.who.unwrap_or_default(),
        action: query.action.unwrap_or_default(),
        from: query.from,
        until: query.until,
        after: known("after", query.after.as_deref(), |word| word.parse::<LogCursor>().ok())?,
        limit: size + 1,
    };
    let mut lines = served.desk.log_lines(&visitor, &filter).await?;
    let is_last = lines.len() as i64 <= size;
    lines.truncate(size as usize);
    let last = lines.last().filter(|_| !is_last);
    let next = last.and_then(|line| Some(LogCursor { at: line.at, region: line.region.parse().ok()?, seq: line.seq }));
    let lines = lines.into_iter().map(LogLine::from).collect();
    Ok(Json(Log { lines, next: next.map(|cursor| cursor.to_string()) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// This region and everything below.
    #[schema(schema_with = names::region)]
    region: RegionCode,
}

/// What a check of the log has found.
#[derive(Serialize, ToSchema)]
pub struct Verdict {
    /// Regions whose steps were looked at.
    chains: u64,
    lines: u64,
    /// Hash of the last line of the region itself; null when there is none, or its chain is broken.
    head: Option<String>,
    /// The first line of each chain that is wrong; none when the log is whole.
    broken: Vec<BrokenLine>,
}

#[derive(Serialize, ToSchema)]
struct BrokenLine {
    #[schema(schema_with = names::region)]
    region: String,
    seq: i64,
    /// What is wrong with it.
    why: String,
}

/// Reads the log of a region and everything below from its beginning, and says whether every line follows the one before.
/// That the end of a chain is missing is found out by an export that was kept elsewhere.
#[utoipa::path(post, path = "/api/v1/log/verify", tag = "log", request_body = Check,
    responses((status = 200, description = "What was found", body = Verdict), Changing))]
pub async fn verify(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    request::Body(check): request::Body<Check>,
) -> Result<Json<Verdict>, Problem> {
    visitor.check(Action::SeeLog, check.region)?;
    let found = log::verify(&served.store, check.region).await?;
    let broken = found.broken.into_iter().map(|(region, seq, why)| BrokenLine { region, seq, why });
    Ok(Json(Verdict {
        chains: found.chains as u64,
        lines: found.lines as u64,
        head: found.head,
        broken: broken.collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
}

/// The whole log of a region and everything below, one JSON object a line, as `yuexiang-cloud audit verify --against`
/// reads it. The last line is `{"heads": …}`; without it the file was cut off.
#[utoipa::path(get, path = "/api/v1/log/export", tag = "log", params(ExportQuery),
    responses((status = 200, description = "The log", body = String, content_type = "application/jsonl"), Reading))]
pub async fn export(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Words(query): Words<ExportQuery>,
) -> Result<Response, Problem> {
    visitor.check(Action::ExportLog, query.region)?;
    let exporter = Exporter::new(&served.store, query.region).await?;
    let batches = futures_util::stream::try_unfold(exporter, async |mut exporter: Exporter| {
        let batch = exporter.next().await.inspect_err(|error| tracing::error!(%error, "exporting the log"))?;
        Ok::<_, crate::desk::audit::AuditError>(batch.map(|batch| (Bytes::from(batch.text), exporter)))
    });
    let name = format!("attachment; filename=\"log-{}.jsonl\"", query.region);
    let headers = [(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(batches)).into_response())
}
