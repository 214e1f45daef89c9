//! An item as televisions will show it, as a picture.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use yuexiang_console::messages::desk::Desk;

use super::extract::{Place, Words};
use super::items::ItemPlace;
use super::now;
use super::problem::Reading;
use crate::accounts::web::{Problem, Visitor};
use crate::console::preview::{PreviewError, Wanted};
use crate::serve::Served;

/// Says how many pages the item has when it is opened.
const PAGES: HeaderName = HeaderName::from_static("x-pages");

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ScreenWord {
    /// The item in a list.
    List,
    /// The item opened.
    Item,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TextSize {
    Normal,
    Large,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Language {
    Zh,
    En,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScreenQuery {
    /// `item` when nothing is given.
    #[param(inline)]
    screen: Option<ScreenWord>,
    /// Which page of the opened item, from 0.
    #[param(minimum = 0, maximum = 1000)]
    page: Option<u32>,
    /// Of the letters; `normal` when nothing is given.
    #[param(inline)]
    text_size: Option<TextSize>,
    /// `zh` when nothing is given.
    #[param(inline)]
    language: Option<Language>,
}

/// Draws an item's newest text as a television of its village shows it: 1280 × 720. A text that cannot be shown answers 422
/// and names why.
#[utoipa::path(get, path = "/api/v1/items/{region}/{slug}/preview", tag = "items", params(ItemPlace, ScreenQuery),
    responses(
        (status = 200, description = "A PNG file", body = [u8], content_type = "image/png",
            headers(("x-pages" = u32, description = "How many pages the opened item has"))),
        (status = 422, description = "The text cannot be shown as it is", body = Problem,
            content_type = "application/problem+json"),
        Reading))]
pub async fn preview(
    State(served): State<Arc<Served>>,
    visitor: Visitor,
    Place(place): Place<ItemPlace>,
    Words(query): Words<ScreenQuery>,
) -> Result<Response, Problem> {
    let now = now();
    let screen = served.desk.screen(&visitor, &place.id(), now).await?;
    let Some(preview) = &served.preview else {
        return Err(Problem::of(Desk::NoPreview));
    };
    let wanted = Wanted {
        screen: &screen,
        page: match query.screen.unwrap_or(ScreenWord::Item) {
            ScreenWord::List => None,
            ScreenWord::Item => Some(query.page.unwrap_or(0)),
        },
        large_letters: matches!(query.text_size, Some(TextSize::Large)),
        english: matches!(query.language, Some(Language::En)),
        now,
    };
    let drawn = preview.draw(&wanted).await.map_err(|error| match error {
        PreviewError::Refused(reason) => Problem::of(Desk::Undrawn { why: reason }),
        error => {
            tracing::error!(%error, "answering a request");
            Problem::of(crate::messages::failure(&error))
        }
    })?;
    let headers = [(header::CONTENT_TYPE, "image/png".to_owned()), (PAGES, drawn.pages.to_string())];
    Ok((headers, drawn.png).into_response())
}
