//! Media: from a finished upload to something that boxes can show.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Name, Place};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::media::{MediumRow, MediumState};
use crate::region::RegionCode;
use crate::serve::Served;

/// A picture or a video on its way to boxes.
#[derive(Serialize, ToSchema)]
pub struct Medium {
    /// As drafts name it.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    id: String,
    #[schema(schema_with = names::region)]
    region: RegionCode,
    /// The file's name, as its sender calls it.
    name: String,
    state: MediumWord,
    /// How far the work has come.
    #[schema(minimum = 0, maximum = 100)]
    percent: u8,
    /// What boxes get, once it is ready and a picture.
    #[schema(value_type = Option<Object>)]
    picture: Option<yuexiang_wire::Picture>,
    /// What boxes get, once it is ready and a video.
    #[schema(value_type = Option<Object>)]
    video: Option<Box<yuexiang_wire::Video>>,
    /// Why it was refused.
    refused: Option<Refused>,
    created: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum MediumWord {
    Waiting,
    Working,
    Ready,
    Refused,
}

#[derive(Serialize, ToSchema)]
struct Refused {
    zh: String,
    en: String,
}

impl From<MediumRow> for Medium {
    fn from(row: MediumRow) -> Medium {
        let MediumRow { id, region, name, created, state, .. } = row;
        let (state, percent) = (state, 0);
        let mut medium = Medium {
            id,
            region,
            name,
            state: MediumWord::Waiting,
            percent,
            picture: None,
            video: None,
            refused: None,
            created,
        };
        (medium.state, medium.percent) = match state {
            MediumState::Waiting => (MediumWord::Waiting, 0),
            MediumState::Working(percent) => (MediumWord::Working, percent),
            MediumState::Picture(picture) => {
                medium.picture = Some(picture);
                (MediumWord::Ready, 100)
            }
            MediumState::Video(video) => {
                medium.video = Some(video);
                (MediumWord::Ready, 100)
            }
            MediumState::Refused(zh, en) => {
                medium.refused = Some(Refused { zh, en });
                (MediumWord::Refused, 100)
            }
        };
        medium
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MediumPlace {
    /// Id of the finished upload, which is then the medium's.
    #[param(value_type = String, example = "0123456789abcdef0123456789abcdef")]
    id: Name,
}

/// Takes a finished upload in. What cannot be shown becomes a medium that was refused; asking again changes nothing.
#[utoipa::path(post, path = "/api/v1/media/{id}", tag = "media", params(MediumPlace),
    responses((status = 200, description = "The medium that it has become", body = Medium),
        (status = 410, description = "The upload was silent for too long", body = Problem,
            content_type = "application/problem+json"),
        (status = 423, description = "It is still being sent", body = Problem,
            content_type = "application/problem+json"),
        (status = 507, description = "The server has no room left", body = Problem,
            content_type = "application/problem+json"),
        Changing))]
pub async fn take_in(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<MediumPlace>,
) -> Result<Json<Medium>, Problem> {
    let row = served.desk.take_in(&visitor, &served.uploads, &place.id.0, now()).await?;
    Ok(Json(row.into()))
}

/// What has become of a medium: one's own, or one of a region whose drafts one sees.
#[utoipa::path(get, path = "/api/v1/media/{id}", tag = "media", params(MediumPlace),
    responses((status = 200, description = "The medium", body = Medium), Reading))]
pub async fn read(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<MediumPlace>,
) -> Result<Json<Medium>, Problem> {
    Ok(Json(served.desk.medium_seen(&visitor, &place.id.0).await?.into()))
}
