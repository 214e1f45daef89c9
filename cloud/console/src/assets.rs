//! The console's static files, inside the program.
//!
//! Their URLs contain the hash of their content, so they are served with `cache-control: public, max-age=31536000,
//! immutable`, whoever asks: the log-in page needs them too.

use std::io::Read;

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// What pages call it, such as `console.css`.
    logical: &'static str,
    /// The last segment of its URL, such as `0f3a5c…-console.css`.
    pub name: &'static str,
    /// `/console/assets/<name>`.
    pub url: &'static str,
    /// For the `content-type` header.
    pub content_type: &'static str,
    /// For the `etag` header, with its quotes.
    pub etag: &'static str,
    /// Bytes of the file before compression.
    pub length: usize,
    /// The file as gzip, for `content-encoding: gzip`.
    pub gzip: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

impl Asset {
    /// The file uncompressed, for the rare client that does not accept gzip.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.length);
        // The build wrote these bytes and a test reads all of them.
        #[allow(clippy::expect_used)]
        flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut body).expect("an embedded asset is valid gzip");
        body
    }
}

/// The file at `/console/assets/<name>`; `name` is that last segment.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// All files, for whoever writes them to a folder.
pub fn assets() -> &'static [Asset] {
    ASSETS
}

/// The URL of a file by the name it has in the source, such as `console.css`; for one that does not exist, a URL that
/// answers 404. A test asks for every name that pages use.
pub fn asset_url(logical: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.logical == logical).map_or("/console/assets/missing", |asset| asset.url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_by_its_hashed_name_and_unpacks_to_its_length() {
        assert!(assets().len() > 5);
        for known in assets() {
            assert_eq!(known.body().len(), known.length, "{}", known.name);
            assert_eq!(asset(known.name).map(|found| found.url), Some(known.url));
            assert_eq!(asset_url(known.logical), known.url);
        }
    }

    #[test]
    fn what_is_not_embedded_is_not_found() {
        assert!(asset("console.css").is_none(), "only the hashed name is served");
        assert!(asset("../Cargo.toml").is_none());
    }

    #[test]
    fn the_licences_of_what_is_served_are_served() {
        let licences = assets().iter().find(|asset| asset.logical == "third-party.txt").unwrap();
        let text = String::from_utf8(licences.body()).unwrap();
        for word in ["htmx.org 2.", "Zero-Clause BSD", "echarts 6.", "Apache License", "tus-js-client 4.", "MIT"] {
            assert!(text.contains(word), "{word} is missing");
        }
    }
}
