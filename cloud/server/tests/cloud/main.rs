//! Publishes small packs and reads them back the way boxes do.

mod accounts;
mod broken;
mod bucket;
mod desk;
mod fixture;
mod http;
mod intake;
mod keys;
mod keys_box;
mod live;
mod media;
mod oidc;
mod publish;
mod scale;
mod tuf;
mod upload;
