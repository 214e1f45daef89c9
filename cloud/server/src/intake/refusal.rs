//! Why a file is not taken, by name.

/// The file is at fault, and this is what is wrong with it.
pub use yuexiang_console::messages::files::File as Refusal;
