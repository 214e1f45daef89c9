//! The pages, in the order of the menu. Each module has the page's view and the functions that draw it.

pub mod login;
pub mod dashboard;
pub mod notices;
pub mod substitutes;
pub mod inbox;
pub mod items;
pub mod many;
pub mod item;
pub(crate) mod fields;
pub mod editor;
pub mod media;
pub mod sheet;
pub mod regions;
pub mod calendar;
pub mod sections;
pub mod policy;
pub mod channels;
pub mod views;
pub mod accounts;
pub mod again;
pub mod tokens;
pub mod keys;
pub mod divisions;
pub mod log;
pub mod error;
