//! `/`, and `/healthz` with its two parts.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, header};

use super::Served;
use super::answer::EACH_TIME;
use crate::health;

/// Regions are only counted for somebody to read.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub async fn index(State(served): State<Arc<Served>>) -> Response<Body> {
    let regions = served.store.region_count().await.unwrap_or(0);
    let page = format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>粤乡</title>\n\
         <style>body{{font:16px/1.6 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}}</style>\n\
         <h1>粤乡 · 云</h1>\n<p>乡村公共服务电视的内容服务，正在为 {regions} 个地区提供内容。</p>\n\
         <p lang=\"en\">This is the cloud of Yuexiang, public-service television for villages, with content for {regions} \
         regions. Set-top boxes read signed metadata below <code>/tuf</code>, media below <code>/objects</code> and live \
         channels below <code>/live</code>. <a href=\"/healthz\">State</a>, version {VERSION}.</p></html>\n"
    );
    answer("text/html; charset=utf-8", page)
}

/// That the process answers: who asks learns of nothing else, and nothing else is waited for.
pub async fn live() -> Response<Body> {
    answer("application/json", "{\"status\":\"ok\"}\n".to_owned())
}

/// Everything that was looked at, with 503 while something has failed.
pub async fn health(State(served): State<Arc<Served>>) -> Response<Body> {
    let report = served.health.report(&served).await;
    let regions = tokio::time::timeout(PATIENCE, served.store.region_count()).await;
    let regions = regions.ok().and_then(|regions| regions.ok());
    let status = match report.state() {
        health::State::Ok => "ok",
        health::State::Warning => "warning",
        health::State::Failed => "failed",
    };
    let state = serde_json::json!({
        "status": status,
        "version": VERSION,
        "regions": regions,
        "generation": served.library.generation(),
        "checks": report.checks,
    });
    let mut response = answer("application/json", format!("{state}\n"));
    if !report.is_ready() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

fn answer(kind: &'static str, body: String) -> Response<Body> {
    let response = Response::builder().header(header::CONTENT_TYPE, kind).header(header::CACHE_CONTROL, EACH_TIME);
    response.body(Body::from(body)).unwrap_or_default()
}
