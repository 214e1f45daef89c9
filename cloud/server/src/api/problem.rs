//! What the desk could not do, as programs read it.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::accounts::web::Problem;
use crate::desk::DeskError;
use crate::desk::audit::AuditError;
use crate::desk::media::TakeInError;
use crate::intake::IntakeError;
use crate::keys::KeyActionError;
use crate::moves::list::{ListError, Problem as Wrong};
use crate::store::StoreError;
use crate::upload::UploadError;

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Problem {
        let problem = Problem::told(&error);
        match &error {
            DeskError::Faults(faults) => problem.with_faults(faults),
            DeskError::List(ListError::Problems(wrong)) => problem.with_messages(wrong.iter().map(Wrong::message)),
            _ => problem,
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Problem {
        Problem::told(&error)
    }
}

impl From<TakeInError> for Problem {
    fn from(error: TakeInError) -> Problem {
        match error {
            TakeInError::Desk(error) => error.into(),
            TakeInError::Intake(IntakeError::Refused(refusal)) => Problem::of(refusal).named("refused"),
            other => Problem::told(&other),
        }
    }
}

impl From<KeyActionError> for Problem {
    fn from(error: KeyActionError) -> Problem {
        Problem::told(&error)
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Problem {
        Problem::told(&error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::told(&error)
    }
}

/// What may go wrong with every request, as the description says it.
pub struct Reading;

/// What may go wrong with a request that changes something.
pub struct Changing;

const READING: [(&str, &str); 6] = [
    ("400", "The path or the query cannot be read"),
    ("401", "No valid token, and nobody is signed in"),
    ("403", "Not allowed there"),
    ("404", "It does not exist, or not for this visitor"),
    ("500", "The server failed"),
    ("503", "Not now: the server's clock is in doubt, or too many ask at once"),
];

const CHANGING: [(&str, &str); 5] = [
    ("409", "It is not in the state for this, or somebody else was faster"),
    ("413", "The body is larger than 2 MiB"),
    ("415", "The body is not application/json"),
    ("422", "A field is wrong; `errors` names each"),
    ("507", "The server's disk is full; nothing was kept"),
];

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READING.into_iter().map(described).collect()
    }
}

impl IntoResponses for Changing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READING.into_iter().chain(CHANGING).map(described).collect()
    }
}

fn described((status, why): (&str, &str)) -> (String, RefOr<Response>) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description(why).content("application/problem+json", problem).build();
    (status.to_owned(), response.into())
}
