//! The editors' desk: who may do what, what becomes of a text, and the log of all of it.
//!
//! In reading order: what rights there are (`rights`), the states of an item (`state`), what an editor fills in (`draft`),
//! how running text (`typed`) and what a QR code leads to (`order`) are read and the document it becomes (`compile`), what
//! people do with items (`items`, `review`, `on_air`, `delete`), how they find them
//! (`list`, `whole`, `calendar`) and how televisions show them (`screen`, `channels`), what regions say of themselves and
//! of others (`settings`, `sections`), their keys (`keys`), how they are doing (`overview`), and what is noted of it (`log`,
//! `log_list`, `history`). The console and the API both come through here; nobody else changes an item.

use std::sync::Arc;

use tokio::sync::Notify;
use yuexiang_wire::Step;

use crate::db::DbError;
use crate::keys::{KeyActionError, KeyError};
use crate::moves::MoveError;
use crate::moves::list::ListError;
use crate::objects::Objects;
use crate::publish::{PublishError, Publisher};
use crate::region::RegionCode;
use crate::store::StoreError;

pub mod audit;
pub mod calendar;
pub mod channels;
pub mod compile;
pub mod delete;
pub mod divisions;
pub mod draft;
pub mod history;
pub mod items;
pub mod keys;
pub mod list;
pub mod log;
pub mod log_list;
pub mod media;
pub mod on_air;
pub mod order;
pub mod overview;
pub mod review;
pub mod rights;
pub mod screen;
pub mod sections;
pub mod settings;
pub mod state;
pub mod typed;
pub mod whole;

use draft::Fault;
use rights::Forbidden;
use state::{Denied, State};

/// What everybody at the desk shares.
#[derive(Clone, Debug)]
pub struct Desk {
    pub publisher: Publisher,
    pub objects: Objects,
    /// Told whenever something went on or off the air, so that this process serves it at once.
    pub published: Arc<Notify>,
}

/// Why something was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("there is no item {0}")]
    NoItem(String),
    #[error("the item {item} is {}: {why}", .state.name())]
    Denied { item: String, state: State, why: Denied },
    #[error("the text of {item} has changed since it was shown")]
    Changed { item: String },
    #[error("{item} was saved by {by} meanwhile")]
    Conflict { item: String, by: String },
    #[error("the text of {item} is {}: a change takes it out of there, which nobody has asked for", .state.name())]
    Unasked { item: String, state: State },
    #[error("{0} has been on the air, so it is kept; only a draft that nobody has seen can be deleted")]
    Kept(String),
    #[error("nobody reviews a text of their own")]
    OwnText,
    #[error("one person gives one review: you have given {}", .0.slug())]
    SecondReview(Step),
    #[error("nobody reviews for the person who wrote the text")]
    TextOfPrincipal,
    #[error("one person gives one review: whom you stand in for has given {}", .0.slug())]
    PrincipalCounted(Step),
    #[error("a reason is needed")]
    NoReason,
    #[error("the draft cannot be shown as it is")]
    Faults(Vec<Fault>),
    #[error("region {0} is not in the list of divisions and has not published anything")]
    NoRegion(RegionCode),
    #[error("the item {0} comes from a content pack: change it there")]
    FromPack(String),
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
    #[error("there is no medium {0}")]
    NoMedium(String),
    #[error("the same idempotency key was used for another item: {0}")]
    Pushed(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Keys(#[from] KeyActionError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error(transparent)]
    List(#[from] ListError),
    #[error("the system has no random numbers")]
    Random,
}
