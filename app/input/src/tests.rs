mod bench;
mod streams;
mod timing;
mod properties;
mod keymaps;
mod learning;
