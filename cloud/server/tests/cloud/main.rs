//! Publishes small packs and reads them back the way boxes do.

mod accounts;
mod api;
mod broken;
mod bucket;
mod desk;
mod figures;
mod fixture;
mod http;
mod intake;
mod keys;
mod keys_box;
mod live;
mod manage;
mod media;
mod oidc;
mod pages;
mod publish;
mod scale;
mod schemathesis;
mod settings;
mod tuf;
mod upload;
