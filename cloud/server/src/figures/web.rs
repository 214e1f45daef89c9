//! `POST /views`: where boxes send what they have counted. Nobody signs in for it, so every bound is looked at.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::batch::Batch;
use crate::accounts::web::{Problem, client_address};
use crate::desk::DeskError;
use crate::serve::{Served, Shared};

/// Bytes of a batch; 500 counts with the longest ids take less.
const LARGEST: usize = 128 << 10;

pub fn routes() -> Router<Shared> {
    Router::new().route("/views", post(views))
}

async fn views(State(served): State<Arc<Served>>, request: Request) -> Response {
    match taken(&served, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn taken(served: &Served, request: Request) -> Result<(), Problem> {
    let (parts, body) = request.into_parts();
    let address = client_address(&served.accounts, &parts);
    served.view_limit.count(address, Instant::now()).map_err(|wait| {
        let seconds = wait.as_secs() as i64 + 1;
        let detail = format!("this address sends too much: wait {seconds} s");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "wait", "发送过于频繁，请稍后再试", detail);
        Problem { retry_after: Some(seconds), ..problem }
    })?;
    let body = to_bytes(body, LARGEST).await.map_err(|_| {
        let detail = format!("a batch has at most {LARGEST} bytes and comes as a whole");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "数据过大或不完整", detail)
    })?;
    let now = jiff::Timestamp::now().as_second();
    let batch = Batch::parse(&body, now).map_err(nonsense)?;
    match served.desk.take_views(&batch, now).await {
        Ok(_) => Ok(()),
        Err(error @ DeskError::NoRegion(_)) => Err(nonsense(error)),
        Err(error) => {
            tracing::error!(%error, village = %batch.village, "counting views");
            let detail = "the server failed; send the same batch again later";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "系统出错", detail))
        }
    }
}

fn nonsense(error: impl std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch", "统计数据有误，不予接收", error)
}
