//! Regions that go on under another code, and the list of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Body;
use super::problem::{Changing, Reading};
use super::{names, now};
use yuexiang_console::messages::divisions::Division;

use crate::accounts::web::{Problem, Visitor};
use crate::desk::DeskError;
use crate::moves::list::Import;
use crate::moves::{Outcome, Split, Wanted};
use crate::region::RegionCode;
use crate::serve::Served;

/// Regions in one request.
const MOST: usize = 200;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DivisionChange {
    /// The regions that go on as `to`: one for another code, several for a merger; `to` itself may be one of them.
    #[schema(schema_with = names::regions)]
    from: Vec<RegionCode>,
    #[schema(schema_with = names::region)]
    to: RegionCode,
    /// The name from then on; as in the list of divisions when nothing is said.
    #[schema(max_length = 40, example = "左龙社区")]
    name: Option<String>,
    /// Regions below that do not keep their last digits, by their old codes.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "440224103201": "440224005001" }))]
    below: BTreeMap<RegionCode, RegionCode>,
    /// Further regions that come out of the only one in `from`.
    #[serde(default)]
    split: Vec<Part>,
    /// Whether to do it. Otherwise the answer says what it would do.
    #[serde(default)]
    carry_out: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    #[schema(schema_with = names::region)]
    code: RegionCode,
    name: Option<String>,
    /// Items that go there.
    #[serde(default)]
    items: Vec<String>,
    /// Whether what is on the air becomes a draft there as well.
    #[serde(default)]
    copy: bool,
}

/// Has regions go on under another code, or says what that would do: items, people, channels, view counts and boxes go along.
#[utoipa::path(post, path = "/api/v1/divisions/change", tag = "regions", request_body = DivisionChange,
    responses((status = 200, description = "What goes along", body = Outcome), Changing))]
pub async fn change(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(asked): Body<DivisionChange>,
) -> Result<Json<Outcome>, Problem> {
    let DivisionChange { from, to, name, below, split, carry_out } = asked;
    if from.len() + below.len() + split.len() > MOST {
        return Err(Problem::of(Division::TooMany { most: MOST }));
    }
    let split = split.into_iter().map(|Part { code, name, items, copy }| Split { code, name, items, copy }).collect();
    let wanted = Wanted { from, to: Some(to), name, below, split };
    Ok(Json(served.desk.change_divisions(&visitor, &wanted, carry_out, now()).await?))
}

/// A region that goes on as another one.
#[derive(Serialize, ToSchema)]
pub struct MovedRegion {
    #[schema(schema_with = names::region)]
    from: RegionCode,
    #[schema(schema_with = names::region)]
    to: RegionCode,
    /// Unix seconds.
    at: i64,
}

/// Lists the codes that are no more and what they go on as, the newest first.
#[utoipa::path(get, path = "/api/v1/divisions/moved", tag = "regions",
    responses((status = 200, description = "Codes that are no more", body = [MovedRegion]), Reading))]
pub async fn moved(State(served): State<Arc<Served>>, _: Visitor) -> Result<Json<Vec<MovedRegion>>, Problem> {
    let moved = crate::moves::closed(&served.store.db).await.map_err(DeskError::from)?;
    Ok(Json(moved.into_iter().map(|(from, to, at)| MovedRegion { from, to, at }).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// The whole list: a line for each region with its 12 digits and its name, separated by a comma or a tab.
    #[schema(example = "440000000000,广东省\n440200000000,韶关市\n")]
    list: String,
    /// Where it comes from, for the log.
    #[schema(max_length = 200, example = "2027-01.csv")]
    source: String,
    /// Whether to put it in. Otherwise the answer says what it would change.
    #[serde(default)]
    carry_out: bool,
}

/// Puts in a newer list of divisions, or says what it would change. What is in use goes on until it is moved.
#[utoipa::path(post, path = "/api/v1/divisions/list", tag = "regions", request_body = NewList,
    responses((status = 200, description = "What the list changes", body = Import), Changing))]
pub async fn list(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Body(new): Body<NewList>,
) -> Result<Json<Import>, Problem> {
    let source: String = new.source.chars().take(200).collect();
    Ok(Json(served.desk.import_divisions(&visitor, &new.list, &source, new.carry_out, now()).await?))
}
