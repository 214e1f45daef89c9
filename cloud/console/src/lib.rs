//! The editors' and operators' console, as functions from plain views to HTML.
//!
//! Nothing here reads a database, a request or a clock: the server fills a page's view, calls the page's function with
//! a [`Context`], and sends the [`Markup`]. Every page works as plain HTML (forms post, the server redirects); htmx and
//! the scripts of `static/` only make it quicker. Pages and fragments go out with [`CONTENT_SECURITY_POLICY`].
//!
//! **Forms.** Every form has a hidden field `csrf`; requests of scripts carry the same value as header
//! `x-csrf-token`. A hidden field `once` tells one showing of a page from another: the same form of one showing is carried
//! out once, however often it is sent. Fields that may occur several times (`picture`, `audience_only`, …) simply repeat, in order. What a
//! form posts is said at the function that draws it. A `POST` answers `303` to a `GET`, or the same page with
//! [`Problem`]s and status 422; with header `HX-Request`, the fragment named at the form.
//!
//! **Ids** of items, media, accounts and the like are opaque, and safe as one segment of a path.
//!
//! | URL | function | view |
//! |---|---|---|
//! | `/console/login` | [`login::login`] | [`login::Login`] |
//! | `/console/password` | [`login::password`] | [`login::Password`] |
//! | `/console/` | [`dashboard::page`] | [`dashboard::Dashboard`] |
//! | `/console/notices`, `/settings`, `/confirm/{link}` | [`notices::page`], [`notices::settings`], [`notices::confirm`] | [`notices::Notices`], [`notices::Settings`], [`notices::Confirm`] |
//! | `/console/substitutes` | [`substitutes::page`] | [`substitutes::Substitutes`] |
//! | `/console/inbox` | [`inbox::page`], [`inbox::decided`] | [`inbox::Inbox`], [`inbox::Decided`] |
//! | `/console/items` | [`items::page`] | [`items::Items`] |
//! | `/console/items/many` | [`many::page`] | [`many::Many`] |
//! | `/console/items/new` without `kind` | [`editor::choose_kind`] | – |
//! | `/console/items/new?kind=…`, `/console/items/{id}/edit` | [`editor::page`], [`editor::saved`], [`editor::not_saved`] | [`editor::Editor`] |
//! | `/console/items/{id}` | [`item::page`] | [`item::Item`] |
//! | `/console/tables` | [`sheet::fragment`] | [`sheet::Sheet`] |
//! | `/console/media/{id}` | [`media::fragment`] | [`media::Media`] |
//! | `/console/regions?parent=…`, `?q=…` | [`regions::children`], [`regions::hits`] | [`regions::Node`], [`regions::Hit`] |
//! | `/console/calendar` | [`calendar::page`] | [`calendar::Calendar`] |
//! | `/console/sections` | [`sections::page`] | [`sections::Sections`] |
//! | `/console/policy` | [`policy::page`] | [`policy::Policy`] |
//! | `/console/views` | [`views::page`] | [`views::Views`] |
//! | `/console/accounts`, `/new`, `/{id}` | [`accounts::list`], [`accounts::new`], [`accounts::account`] | [`accounts::Accounts`], [`accounts::NewAccount`], [`accounts::Account`] |
//! | `/console/tokens` | [`tokens::page`] | [`tokens::Tokens`] |
//! | `/console/keys` | [`keys::page`] | [`keys::Keys`] |
//! | `/console/log` | [`log::page`] | [`log::Log`] |
//! | `/console/channels` | [`channels::page`] | [`channels::Channels`] |
//! | errors | [`error::page`], [`again::page`] | [`error::ErrorPage`], [`again::Again`] |
//! | `/console/assets/{name}` | [`asset`] | – |

pub mod words;
pub mod messages;
pub mod time;
mod assets;
mod context;
mod layout;
mod parts;
pub mod charts;
mod pages;

pub use assets::{Asset, asset, asset_url, assets};
pub use context::{Context, Flash, ItemLine, Place, Problem, Region, Tone, Viewer};
pub use maud::Markup;
pub use pages::{
    accounts, again, calendar, channels, dashboard, divisions, editor, error, inbox, item, items, keys, log, login,
    many, media, notices, policy, regions, sections, sheet, substitutes, tokens, views,
};

/// For the header `content-security-policy` of every page. Previews and thumbnails are images of the cloud itself;
/// `blob:` shows a picture that is being uploaded.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; media-src 'self'; \
     style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";
