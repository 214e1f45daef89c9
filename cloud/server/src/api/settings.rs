//! What regions set: the sections of the boards, and how many reviews the regions below need.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yuexiang_wire::Board;

use super::extract::{Body, Place};
use super::problem::{Changing, Reading};
use super::{names, now};
use crate::accounts::web::{Problem, Visitor};
use crate::desk::sections::Placed;
use crate::desk::settings::Moved;
use crate::region::RegionCode;
use crate::serve::Served;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RegionPlace {
    #[param(schema_with = names::region)]
    pub region: RegionCode,
}

/// A section that a region has set.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    #[schema(schema_with = names::board)]
    board: Board,
    #[schema(pattern = "^[a-z0-9-]{1,32}$", example = "lychee")]
    id: String,
    #[schema(min_length = 1, max_length = 8, example = "荔枝")]
    name: String,
    #[serde(default)]
    #[schema(max_length = 40, example = "Lychees")]
    name_en: String,
    /// Position within the board, ascending.
    order: u16,
}

impl From<yuexiang_wire::Section> for Section {
    fn from(section: yuexiang_wire::Section) -> Section {
        let yuexiang_wire::Section { id, board, name, name_en, order } = section;
        Section { board, id, name, name_en, order }
    }
}

impl From<Section> for yuexiang_wire::Section {
    fn from(section: Section) -> yuexiang_wire::Section {
        let Section { board, id, name, name_en, order } = section;
        yuexiang_wire::Section { id, board, name, name_en, order }
    }
}

/// A section as televisions have it.
#[derive(Serialize, ToSchema)]
struct ShownSection {
    #[schema(schema_with = names::board)]
    board: Board,
    id: String,
    name: String,
    name_en: String,
    order: u16,
    /// Whose name for it holds.
    #[schema(schema_with = names::region)]
    from: RegionCode,
    /// What it is called above.
    before: Option<String>,
    /// Items of the region itself in it.
    items: i64,
}

impl From<Placed> for ShownSection {
    fn from(placed: Placed) -> ShownSection {
        let Placed { section, from, before, items } = placed;
        let yuexiang_wire::Section { id, board, name, name_en, order } = section;
        ShownSection { board, id, name, name_en, order, from, before, items }
    }
}

/// The sections of a region.
#[derive(Serialize, ToSchema)]
pub struct Sections {
    /// Those that the region itself has set: new ones, and other names for those from above.
    own: Vec<Section>,
    /// All that its televisions have, in their order.
    shown: Vec<ShownSection>,
}

async fn sections_of(served: &Served, visitor: &Visitor, region: RegionCode) -> Result<Json<Sections>, Problem> {
    let own = served.desk.own_sections(visitor, region).await?;
    let shown = served.desk.placed_sections(visitor, region).await?;
    Ok(Json(Sections {
        own: own.into_iter().map(Section::from).collect(),
        shown: shown.into_iter().map(ShownSection::from).collect(),
    }))
}

/// The sections of a region, for whoever writes there or sets them.
#[utoipa::path(get, path = "/api/v1/regions/{region}/sections", tag = "settings", params(RegionPlace),
    responses((status = 200, description = "The region's sections", body = Sections), Reading))]
pub async fn sections(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<Sections>, Problem> {
    sections_of(&served, &visitor, place.region).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSections {
    /// Replaces all that the region has set.
    own: Vec<Section>,
}

/// Replaces the sections that a region has set. One in which something is on the air stays.
#[utoipa::path(put, path = "/api/v1/regions/{region}/sections", tag = "settings", params(RegionPlace),
    request_body = NewSections,
    responses((status = 200, description = "The region's sections", body = Sections), Changing))]
pub async fn set_sections(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
    Body(new): Body<NewSections>,
) -> Result<Json<Sections>, Problem> {
    let own = new.own.into_iter().map(yuexiang_wire::Section::from).collect();
    served.desk.set_sections(&visitor, place.region, own, now()).await?;
    sections_of(&served, &visitor, place.region).await
}

/// How many reviews hold in a region and below.
#[derive(Serialize, ToSchema)]
pub struct Reviews {
    /// What the region above asks of this one; null of the province.
    own: Option<u8>,
    /// What this one asks of those directly below; null of a village.
    below: Option<u8>,
    /// How many people who can work have been given each review in the region itself.
    reviewers: Vec<Reviewers>,
}

#[derive(Serialize, ToSchema)]
struct Reviewers {
    #[schema(schema_with = names::step)]
    step: &'static str,
    count: i64,
}

/// How many reviews hold in a region and below, for whoever sets the latter.
#[utoipa::path(get, path = "/api/v1/regions/{region}/reviews", tag = "settings", params(RegionPlace),
    responses((status = 200, description = "The numbers of reviews", body = Reviews), Reading))]
pub async fn reviews(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
) -> Result<Json<Reviews>, Problem> {
    let reviews = served.desk.reviews(&visitor, place.region).await?;
    let count = |(step, count): (yuexiang_wire::Step, i64)| Reviewers { step: step.slug(), count };
    let reviewers = reviews.reviewers.into_iter().map(count).collect();
    Ok(Json(Reviews { own: reviews.own, below: reviews.below, reviewers }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReviews {
    /// What the regions directly below need.
    #[schema(minimum = 1, maximum = 3)]
    below: u8,
}

/// What a new number of reviews has moved.
#[derive(Serialize, ToSchema)]
pub struct MovedItems {
    /// Items that went off the air, since televisions would no longer show them.
    off_air: Vec<String>,
    /// Items under review that wait for another one now.
    waiting: Vec<String>,
}

/// Says how many reviews the regions directly below need. What is on the air there with fewer goes off it and waits for
/// those that are missing.
#[utoipa::path(put, path = "/api/v1/regions/{region}/reviews", tag = "settings", params(RegionPlace),
    request_body = NewReviews,
    responses((status = 200, description = "It holds from now on", body = MovedItems), Changing))]
pub async fn set_reviews(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<RegionPlace>,
    Body(new): Body<NewReviews>,
) -> Result<Json<MovedItems>, Problem> {
    let Moved { off_air, waiting } = served.desk.set_reviews_below(&visitor, place.region, new.below, now()).await?;
    Ok(Json(MovedItems { off_air, waiting }))
}
