//! Publishes small packs and reads them back the way boxes do.

mod broken;
mod desk;
mod fixture;
mod http;
mod intake;
mod keys;
mod keys_box;
mod live;
mod media;
mod publish;
mod tuf;
mod upload;
