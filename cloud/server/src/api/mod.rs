//! The API: what the console does, for programs, as JSON under `/api/v1`, described at `/api/openapi.json`.
//!
//! A handler reads what was sent ([`extract`]), asks the desk or the accounts, and says what came of it; rights are the
//! business of those two. What is described is what is served: handlers are added to the router and to the description
//! by the same line. Uploads are tus 1.0.0 at `/api/v1/uploads` and come from [`crate::upload`].
//!
//! In reading order: how requests are read (`extract`), how errors are told (`problem`), how the words of the desk are
//! described (`names`), and the handlers: `items`, `preview`, `review`, `push`, `media`, `regions`, `settings`, `overview`,
//! `figures`, `people`, `person`, `substitutes`, `notices`, `tokens`, `keys`, `roots`, `log`.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yuexiang_console::messages::request::Request as Reason;

use crate::accounts::web::Problem;
use crate::serve::Shared;

mod extract;
mod divisions;
mod figures;
mod items;
mod keys;
mod log;
mod media;
mod names;
mod notices;
mod overview;
mod people;
mod person;
mod preview;
mod problem;
mod push;
mod regions;
mod review;
mod roots;
mod settings;
mod substitutes;
mod tokens;

/// Bytes of a body; media come as uploads.
const LARGEST_BODY: usize = 2 << 20;

pub fn routes() -> Router<Shared> {
    let (described, _) = operations().split_for_parts();
    described
        .method_not_allowed_fallback(no_such_method)
        .route("/api/openapi.json", get(description))
        .route("/api/{*path}", any(nothing_here))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(headers))
}

/// Unix seconds.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The description that is served.
pub fn openapi() -> utoipa::openapi::OpenApi {
    operations().into_openapi()
}

fn operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(people::me))
        .routes(routes!(push::push))
        .routes(routes!(items::list, items::create))
        .routes(routes!(items::read, items::delete))
        .routes(routes!(items::save))
        .routes(routes!(items::copy))
        .routes(routes!(preview::preview))
        .routes(routes!(review::submit))
        .routes(routes!(review::statement))
        .routes(routes!(review::approve))
        .routes(routes!(review::reject))
        .routes(routes!(review::withdraw))
        .routes(routes!(review::inbox))
        .routes(routes!(review::counts))
        .routes(routes!(media::take_in, media::read))
        .routes(routes!(regions::list))
        .routes(routes!(divisions::change))
        .routes(routes!(divisions::moved))
        .routes(routes!(divisions::list))
        .routes(routes!(settings::sections, settings::set_sections))
        .routes(routes!(settings::reviews, settings::set_reviews))
        .routes(routes!(overview::overview))
        .routes(routes!(overview::calendar))
        .routes(routes!(overview::channels))
        .routes(routes!(figures::region))
        .routes(routes!(figures::item))
        .routes(routes!(figures::export))
        .routes(routes!(people::list, people::create))
        .routes(routes!(person::read))
        .routes(routes!(person::rename))
        .routes(routes!(person::password_link))
        .routes(routes!(person::sessions, person::end_sessions))
        .routes(routes!(person::end_session))
        .routes(routes!(person::keys, person::rotate_key))
        .routes(routes!(person::revoke_key))
        .routes(routes!(substitutes::list, substitutes::name))
        .routes(routes!(substitutes::end))
        .routes(routes!(notices::list))
        .routes(routes!(notices::mark))
        .routes(routes!(people::disable))
        .routes(routes!(people::enable))
        .routes(routes!(people::grant))
        .routes(routes!(people::revoke))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(keys::status))
        .routes(routes!(keys::children))
        .routes(routes!(keys::reviewers))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::revoke))
        .routes(routes!(roots::prepare))
        .routes(routes!(roots::request, roots::cancel))
        .routes(routes!(roots::sign))
        .routes(routes!(log::list))
        .routes(routes!(log::verify))
        .routes(routes!(log::export))
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "粤乡 · Yuexiang",
        description = "控制台能做的一切，供程序使用。Everything that the console does, for programs.\n\n\
            Present an API token as `Authorization: Bearer yxt_…`. Errors are `application/problem+json` (RFC 9457); \
            `code` is the word to look at. Region codes have 12 digits and may be cut to 2, 4, 6 or 9; times are Unix \
            seconds. Unknown fields and unknown words of a query are refused. Bodies have at most 2 MiB: pictures and \
            videos are sent with tus 1.0.0 to `/api/v1/uploads` and then taken in with `POST /api/v1/media/{id}`."
    ),
    tags(
        (name = "push", description = "融媒体平台推送。One call for a whole article or video."),
        (name = "items", description = "内容。What is written, and where it stands."),
        (name = "review", description = "三审。Submitting, approving, rejecting, withdrawing."),
        (name = "media", description = "素材。Pictures and videos, from upload to something that boxes can show."),
        (name = "regions", description = "行政区划。The five levels of administration."),
        (name = "settings", description = "栏目与审核次数。What regions set for their televisions and for the regions below."),
        (name = "overview", description = "总览、日历与频道。How a region is doing, what is planned there, and what is on."),
        (name = "figures", description = "点击量。What viewers opened and played."),
        (name = "accounts", description = "账号与角色。People, programs, and what they have been granted."),
        (name = "notices", description = "通知。What one is told."),
        (name = "tokens", description = "接口令牌。What programs present instead of a password."),
        (name = "keys", description = "签名密钥。Keys of regions and reviewers: where they stand, new ones, revocation."),
        (name = "log", description = "操作日志。Every step of everybody, hash-chained.")
    ),
    security(("bearer" = []), ("session" = [])),
    components(schemas(Problem)),
    modifiers(&Security)
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("An API token: it acts as its account, with one role in one region.".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let description = "The console's session (over https `__Host-yuexiang-session`). Requests that change something \
                           also carry the header `x-csrf-token`; `GET /api/v1/me` tells it.";
        let cookie = ApiKeyValue::with_description("yuexiang-session", description);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

static DESCRIPTION: LazyLock<Result<String, String>> =
    LazyLock::new(|| openapi().to_pretty_json().map_err(|error| error.to_string()));

async fn description() -> Response {
    match &*DESCRIPTION {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response(),
        Err(error) => {
            tracing::error!(error, "describing the API");
            Problem::failed().into_response()
        }
    }
}

async fn nothing_here() -> Problem {
    Problem::of(Reason::NoAddress)
}

async fn no_such_method() -> Problem {
    Problem::of(Reason::Method)
}

/// Answers speak of what one visitor may see at one moment, so nobody keeps them.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
