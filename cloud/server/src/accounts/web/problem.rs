//! Errors as programs read them: `application/problem+json` (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use yuexiang_console::messages::request::Request;
use yuexiang_console::words::Lang;

use crate::accounts::AccountError;
use crate::desk::draft::Fault;
use crate::desk::rights::Forbidden;
use crate::messages::{Field, Message, Told};

/// What went wrong. `code` is the word that programs look at. Its words come of the table of messages alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// A word that stays, such as `forbidden`.
    pub code: &'static str,
    /// For people, in Chinese: what is wrong, and the way out.
    title: String,
    /// The same in English.
    detail: String,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The item that is kept nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    item: Option<String>,
    /// Seconds after which it may go better.
    #[serde(skip)]
    pub retry_after: Option<i64>,
    /// In a box, since a problem is the error of most handlers and travels by value.
    #[serde(skip)]
    message: Box<Message>,
}

/// What is wrong with a field, in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
struct FieldError {
    /// Empty for the whole.
    field: &'static str,
    /// A word that stays, such as `too-long`.
    code: &'static str,
    zh: String,
    en: String,
}

impl Problem {
    pub fn of(message: impl Into<Message>) -> Problem {
        let message: Box<Message> = Box::new(message.into());
        let (title, detail) = (message.sentence(Lang::Zh), message.sentence(Lang::En));
        let (status, code) = (message.status(), message.code());
        Problem { status, code, title, detail, errors: Vec::new(), item: None, retry_after: None, message }
    }

    /// What is told of an error; what happened inside is for the log, not for whoever asks.
    pub fn told(error: &impl Told) -> Problem {
        let problem = Problem::of(error.told());
        if problem.status >= 500 {
            tracing::error!(%error, "answering a request");
        }
        problem
    }

    /// Under another code, which programs know.
    pub fn named(self, code: &'static str) -> Problem {
        Problem { code, ..self }
    }

    pub fn with_faults(self, faults: &[Fault]) -> Problem {
        self.with_messages(faults.iter().map(|fault| fault.message()))
    }

    /// All that is wrong, one by one.
    pub fn with_messages(self, messages: impl Iterator<Item = Message>) -> Problem {
        let field_error = |message: Message| {
            let (zh, en) = (message.sentence(Lang::Zh), message.sentence(Lang::En));
            FieldError { field: message.field().map_or("", Field::name), code: message.code(), zh, en }
        };
        Problem { errors: messages.map(field_error).collect(), ..self }
    }

    pub fn with_item(self, item: String) -> Problem {
        Problem { item: Some(item), ..self }
    }

    /// Seconds after which it may go better.
    pub fn wait(self, seconds: i64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }

    pub fn message(&self) -> &Message {
        &self.message
    }

    /// Nobody is signed in, or the token does not hold.
    pub fn unauthorized() -> Problem {
        Problem::of(Request::Unauthorized)
    }

    /// A failure of this machine, which the log tells.
    pub fn failed() -> Problem {
        Problem::of(Request::Internal)
    }
}

impl From<Forbidden> for Problem {
    fn from(error: Forbidden) -> Problem {
        Problem::told(&error)
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Problem {
        let problem = Problem::told(&error);
        match &error {
            AccountError::Wait { seconds } => problem.wait(*seconds),
            AccountError::Busy => problem.wait(5),
            _ => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let problem = self.clone();
        let mut response = (status, Json(self)).into_response();
        // For the console, which tells people the same on a page.
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"yuexiang\""));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // What was not read of the body is lost with the connection: the next request needs another one.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
