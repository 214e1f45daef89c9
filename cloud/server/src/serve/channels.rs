//! `/live`: playlists from the clock, segments from the object store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

use super::Served;
use super::answer::{EACH_TIME, status, whole};
use super::files::stored_object;
use crate::live::{LineUp, playlist, segment};
use crate::objects::hash;
use crate::publish::live_name;
use crate::region::RegionCode;
use crate::store::{Store, StoreError};

/// A segment's name is used once, but nobody asks for it after a few minutes.
const A_MINUTE: &str = "public, max-age=60, immutable";

/// Line-ups by the name under which a channel is sent.
#[derive(Default)]
pub struct Channels(RwLock<HashMap<String, Arc<Vec<LineUp>>>>);

impl Channels {
    pub async fn refresh(&self, store: &Store, changed: &[RegionCode]) -> Result<(), StoreError> {
        for &region in changed {
            let line_ups = store.line_ups(region).await?;
            let mut channels = self.0.write().unwrap_or_else(PoisonError::into_inner);
            for (channel, line_ups) in line_ups {
                channels.insert(live_name(region, &channel), Arc::new(line_ups));
            }
        }
        Ok(())
    }

    fn line_ups(&self, channel: &str) -> Option<Arc<Vec<LineUp>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(channel).cloned()
    }
}

pub async fn live(
    State(served): State<Arc<Served>>,
    Path((channel, name)): Path<(String, String)>,
    asked: HeaderMap,
    request: Request,
) -> Response<Body> {
    let now = jiff::Timestamp::now().as_second();
    let Some(line_ups) = served.channels.line_ups(&channel) else { return status(StatusCode::NOT_FOUND) };
    if name == "index.m3u8" {
        let Some(text) = playlist(&line_ups, now) else { return status(StatusCode::NOT_FOUND) };
        let mut etag = hash(text.as_bytes());
        etag.truncate(8);
        return whole(&asked, &etag, "application/vnd.apple.mpegurl", EACH_TIME, Bytes::from(text));
    }
    let number = name.strip_suffix(".ts").and_then(|number| number.parse().ok());
    let Some(stored) = number.and_then(|number| segment(&line_ups, number, now)) else {
        return status(StatusCode::NOT_FOUND);
    };
    let mut response = stored_object(&served.objects, &stored.sha256, A_MINUTE, request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp2t"));
    }
    response
}
