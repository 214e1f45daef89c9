//! What was sent, read strictly: what is not understood is refused by name.
//!
//! NUL characters are refused everywhere, because PostgreSQL keeps none.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use yuexiang_console::messages::request::Request as Reason;

use crate::accounts::web::Problem;

/// A JSON body.
pub struct Body<T>(pub T);

/// The words of a query.
pub struct Words<T>(pub T);

/// What stands in the path.
pub struct Place<T>(pub T);

/// A name in a path: of an item, an upload, an account, a token. Whether it names anything is for others to find out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

/// Bytes of a body, as axum's default has it.
const LARGEST_BODY: usize = 2 << 20;

/// Bytes of a name.
const LONGEST_NAME: usize = 200;

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Name, Self::Error> {
        let fits = (1..=LONGEST_NAME).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Name(text)) } else { Err("a name has 1 to 200 bytes and no control characters") }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of(Reason::MediaType));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| no_json(&error))?;
        if holds_nul(&value) {
            return Err(Problem::of(Reason::BodyNul));
        }
        serde_path_to_error::deserialize(value).map(Body).map_err(|error| wrong_field(&error))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::of(Reason::BodyTooLarge { most: LARGEST_BODY >> 20 });
    }
    Problem::of(Reason::BodyCut)
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::of(Reason::NoJson { line: error.line(), column: error.column(), why: error.to_string() })
}

/// Names the field with all that it lies in, such as `draft.pictures[1].caption`. Of one that is missing or that there is
/// none of, the path leads to what it should lie in, and the parser names it.
fn wrong_field(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let why = error.inner().to_string();
    let named = why.split('`').nth(1).filter(|_| why.starts_with("missing field") || why.starts_with("unknown field"));
    let within = error.path().to_string();
    let at = match named {
        Some(name) if within == "." => name.to_owned(),
        Some(name) if within.ends_with(name) => within,
        Some(name) => format!("{within}.{name}"),
        None => within,
    };
    Problem::of(Reason::BodyField { at, why })
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Words<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Words<T>, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        if url::form_urlencoded::parse(query.as_bytes()).any(|(_, value)| value.contains('\0')) {
            return Err(Problem::of(Reason::QueryNul));
        }
        let Query(words) = Query::try_from_uri(&parts.uri)
            .map_err(|rejection| Problem::of(Reason::Query { why: rejection.body_text() }))?;
        Ok(Words(words))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Place<T>, Problem> {
        let read = Path::from_request_parts(parts, state).await;
        let Path(place) = read.map_err(|rejection| Problem::of(Reason::Path { why: rejection.body_text() }))?;
        Ok(Place(place))
    }
}

/// A word of a query that is one of a known few.
pub fn known<T>(field: &str, word: Option<&str>, named: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    let Some(word) = word else { return Ok(None) };
    named(word).map(Some).ok_or_else(|| Problem::of(Reason::QueryWord { name: field.to_owned() }))
}

/// Entries of one page.
pub const LARGEST_PAGE: i64 = 200;

/// How many entries a page is to have.
pub fn page_size(asked: Option<i64>, usual: i64) -> Result<i64, Problem> {
    let fits = |size: &i64| (1..=LARGEST_PAGE).contains(size);
    Some(asked.unwrap_or(usual)).filter(fits).ok_or_else(|| Problem::of(Reason::PageSize { most: LARGEST_PAGE }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_nul_character_is_found_wherever_it_hides() {
        for hidden in [json!("a\0"), json!(["a", ["\0"]]), json!({ "a": { "b": "\0" } }), json!({ "\0": 1 })] {
            assert!(holds_nul(&hidden), "{hidden}");
        }
        assert!(!holds_nul(&json!({ "a": ["b", 0, null, true] })));
    }

    #[test]
    fn a_name_has_no_control_characters_and_a_bound() {
        assert!(Name::try_from("20261101-0a1b2".to_owned()).is_ok());
        for text in ["", "a\0", "a\nb", &"a".repeat(201)] {
            assert!(Name::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
