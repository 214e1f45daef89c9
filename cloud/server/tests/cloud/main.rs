//! Publishes small packs and reads them back the way boxes do.

mod accounts;
mod broken;
mod fixture;
mod http;
mod live;
mod media;
mod oidc;
mod publish;
mod tuf;
