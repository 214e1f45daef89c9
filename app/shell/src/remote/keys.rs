//! Keys that come over the web.

use super::{Remote, error};
use crate::driver::Message;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use yuexiang_core::key::{Key, KeyEvent, Press};

const MOST_TIMES: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    key: String,
    #[serde(default)]
    action: Action,
    times: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Down and up.
    #[default]
    Press,
    Down,
    Repeat,
    Up,
}

impl Action {
    fn presses(self) -> &'static [Press] {
        match self {
            Action::Press => &[Press::Down, Press::Up],
            Action::Down => &[Press::Down],
            Action::Repeat => &[Press::Repeat],
            Action::Up => &[Press::Up],
        }
    }
}

/// The body is JSON whatever its content type says, so that `curl -d` will do; `guard` keeps other pages out.
pub async fn press(State(remote): State<Remote>, body: Bytes) -> Response {
    let keys = match parse(&body) {
        Ok(keys) => keys,
        Err(reason) => return error(StatusCode::BAD_REQUEST, &reason),
    };
    let (done, handled) = oneshot::channel();
    remote.inbox.post(Message::Keys(keys, done));
    match handled.await {
        Ok(serial) => Json(json!({ "serial": serial })).into_response(),
        Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "the box is being switched off"),
    }
}

fn parse(body: &[u8]) -> Result<Vec<KeyEvent>, String> {
    let request: Request = serde_json::from_slice(body).map_err(|error| {
        format!("{error}; a key is pressed by {{\"key\": \"ok\"}}, with \"action\" and \"times\" if need be")
    })?;
    let name = request.key.to_lowercase();
    let key = Key::from_name(&name).ok_or_else(|| format!("`{}` is not a key", request.key))?;
    let times = request.times.unwrap_or(1);
    if !(1..=MOST_TIMES).contains(&times) {
        return Err(format!("{times} times is not between 1 and {MOST_TIMES}"));
    }
    let presses = (0..times).flat_map(|_| request.action.presses());
    Ok(presses.map(|&press| KeyEvent { key, press }).collect())
}
