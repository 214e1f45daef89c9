//! A form is carried out once, however often it is sent.
//!
//! Somebody who waits presses again, and a browser sends again what had no answer. Every showing of a page has a number of
//! its own, which its forms carry. The same form of the same showing with the same content is the same act: whoever sends
//! it while it is carried out waits for its end, and whoever sends it soon after is answered what was answered then. What
//! has begun is carried through, although the browser that sent it may be gone, for it sends again on a new connection.
//!
//! This knows its own process alone. Acts that must not happen twice across several processes (keeping a text, handing it
//! in, a review, a withdrawal) say so themselves, in `desk`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::response::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::objects::{hash, hex};

/// So long an answer is given again. Longer than anybody waits for one.
const KEPT: Duration = Duration::from_secs(60);
/// Answers are kept for so many forms.
const MOST: usize = 4_096;
/// Larger answers are none that a form gets.
const LARGEST: usize = 8 << 20;

/// What one act is known by: the session, the address and the form with the number of its page's showing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    pub fn new(session: &str, path: &str, form: &[u8]) -> Key {
        Key(hash(&[session.as_bytes(), b"\n", path.as_bytes(), b"\n", form].concat()))
    }
}

/// The number of a showing of a page. Without random numbers there is none, and forms are carried out as they come.
pub fn new_showing() -> String {
    let mut random = [0; 12];
    aws_lc_rs::rand::fill(&mut random).map(|()| hex(&random)).unwrap_or_default()
}

/// An answer that can be given several times.
#[derive(Clone, Debug)]
struct Answer(Parts, Bytes);

impl Answer {
    async fn of(response: Response) -> Answer {
        let (mut parts, body) = response.into_parts();
        match to_bytes(body, LARGEST).await {
            Ok(bytes) => Answer(parts, bytes),
            Err(_) => {
                parts.status = StatusCode::INTERNAL_SERVER_ERROR;
                Answer(parts, Bytes::new())
            }
        }
    }

    fn response(self) -> Response {
        let Answer(mut parts, bytes) = self;
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(bytes))
    }
}

/// Locked while the act is under way.
type Act = Arc<tokio::sync::Mutex<Option<Answer>>>;

/// The acts of the last minute.
#[derive(Debug, Default)]
pub struct Repeats(Mutex<HashMap<Key, (Instant, Act)>>);

impl Repeats {
    /// Carries a request out, or answers what was answered before. What went wrong may be tried again.
    pub async fn once(&self, key: Key, request: Request, next: Next) -> Response {
        let act = self.act(key);
        let mut answer = act.lock_owned().await;
        if let Some(answer) = &*answer {
            return answer.clone().response();
        }
        let carried_out = tokio::spawn(async move {
            let given = Answer::of(next.run(request).await).await;
            if given.0.status.is_success() || given.0.status.is_redirection() {
                *answer = Some(given.clone());
            }
            given
        });
        match carried_out.await {
            Ok(answer) => answer.response(),
            Err(error) => {
                tracing::error!(%error, "carrying out a form");
                Problem::failed().into_response()
            }
        }
    }

    fn act(&self, key: Key) -> Act {
        let mut acts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if acts.len() >= MOST {
            acts.clear();
        }
        let now = Instant::now();
        acts.retain(|_, (since, _)| now.duration_since(*since) < KEPT);
        acts.entry(key).or_insert_with(|| (now, Act::default())).1.clone()
    }
}
