//! Tables as offices have them: what a spreadsheet copies, what it saves, and the numbers in it.
//!
//! `text` cuts text into cells, `file` reads `.xlsx` and `.csv`, `number` understands numbers as people type them, `shape`
//! finds out which row has the titles and which columns are numbers, and `total` adds up. Nothing is taken in part: a table
//! that does not fit is refused as a whole, by name.

mod file;
pub mod number;
mod shape;
pub mod text;
pub mod total;

pub use file::{LONGEST, Refusal, SHEETS, Source, read};
pub use shape::{Shape, shape};
