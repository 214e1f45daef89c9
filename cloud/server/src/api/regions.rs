//! The tree of regions, for whoever is known.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Words;
use super::names;
use super::problem::Reading;
use crate::accounts::web::{Problem, Visitor};
use crate::console::regions::search;
use crate::divisions::Divisions;
use crate::region::{Level, RegionCode};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegionQuery {
    /// Lists what lies directly in this region; the province when nothing is given.
    #[param(schema_with = names::region, required = false)]
    parent: Option<RegionCode>,
    /// Looks for a part of the name, the first digits of the code, or pinyin, within `parent`; at most 20 are found.
    #[param(example = "fuxi")]
    q: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RegionLine {
    #[schema(schema_with = names::region)]
    code: RegionCode,
    #[schema(example = "扶溪镇")]
    name: String,
    /// From the province down.
    #[schema(example = "广东省 韶关市 仁化县 扶溪镇")]
    full_name: String,
    #[schema(schema_with = names::level)]
    level: &'static str,
    has_children: bool,
}

/// Lists regions of the list of divisions, or searches them.
#[utoipa::path(get, path = "/api/v1/regions", tag = "regions", params(RegionQuery),
    responses((status = 200, description = "Regions", body = [RegionLine]), Reading))]
pub async fn list(_: Visitor, Words(query): Words<RegionQuery>) -> Result<Json<Vec<RegionLine>>, Problem> {
    let parent = query.parent.unwrap_or(RegionCode::GUANGDONG);
    let codes: Vec<RegionCode> = match query.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        Some(q) => search(q, parent),
        None => Divisions::current().children(parent).map(|child| child.code).collect(),
    };
    Ok(Json(codes.into_iter().map(line).collect()))
}

fn line(code: RegionCode) -> RegionLine {
    let divisions = Divisions::current();
    RegionLine {
        code,
        name: divisions.name(code).unwrap_or_default().to_owned(),
        full_name: divisions.full_name(code),
        level: match code.level() {
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
            Level::Town => "town",
            Level::Village => "village",
        },
        has_children: divisions.children(code).next().is_some(),
    }
}
