//! Publishes small packs and reads them back the way boxes do.

mod accounts;
mod broken;
mod desk;
mod fixture;
mod http;
mod intake;
mod keys;
mod keys_box;
mod live;
mod manage;
mod media;
mod oidc;
mod publish;
mod tuf;
mod upload;
