//! The log: a page at a time, and as a whole.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Words, known};
use super::names;
use super::problem::Reading;
use crate::accounts::web::{Problem, Visitor};
use crate::desk::audit::Exporter;
use crate::desk::history::Mark;
use crate::desk::log::Line;
use crate::desk::rights::Action;
use crate::region::RegionCode;
use crate::serve::Served;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// This region and everything below.
    #[param(schema_with = names::region)]
    region: RegionCode,
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
    let after = known("after", query.after.as_deref(), |word| word.parse::<Mark>().ok())?;
    let page = served.desk.log(&visitor, query.region, after, query.limit).await?;
    let next = page.next.map(|mark| mark.to_string());
    Ok(Json(Log { lines: page.lines.into_iter().map(LogLine::from).collect(), next }))
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
