use axum::Router;

use crate::serve::Shared;

pub fn routes() -> Router<Shared> {
    Router::new()
}
