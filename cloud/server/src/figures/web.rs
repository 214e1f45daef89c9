//! `POST /views`: where boxes send what they have counted. Nobody signs in for it, so every bound is looked at.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use yuexiang_console::messages::request::Request as Reason;

use super::batch::Batch;
use crate::accounts::web::{Problem, client_address};
use crate::desk::DeskError;
use crate::messages::Told;
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
        Problem::of(Reason::TooFast { seconds }).wait(seconds)
    })?;
    let body = to_bytes(body, LARGEST).await.map_err(|_| Problem::of(Reason::TooLarge { most: LARGEST }))?;
    let now = jiff::Timestamp::now().as_second();
    let batch = Batch::parse(&body, now).map_err(nonsense)?;
    match served.desk.take_views(&batch, now).await {
        Ok(_) => Ok(()),
        Err(error @ DeskError::NoRegion(_)) => Err(nonsense(error)),
        Err(error) => {
            tracing::error!(%error, village = %batch.village, "counting views");
            Err(Problem::of(error.told()))
        }
    }
}

fn nonsense(error: impl std::fmt::Display) -> Problem {
    Problem::of(Reason::Batch { why: error.to_string() })
}
