//! Objects in an S3-compatible store, under `objects/<sha256>`: the path under which the cloud offers them, so that a CDN
//! may lie directly on the bucket.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::AsyncReadExt;
use url::Url;

use crate::config::S3Config;

/// Parts of an upload; S3 takes none smaller than 5 MiB but the last, and no more than 10,000 of them.
const PART: usize = 8 << 20;
/// Parts on their way at the same time: what is not sent yet waits in memory.
const AT_ONCE: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("opening the bucket {bucket}: {source}")]
    Open { bucket: String, source: object_store::Error },
    #[error("{what} the object {sha256} in the bucket: {source}")]
    Access { what: &'static str, sha256: String, source: object_store::Error },
    #[error("reading {path} to put it into the bucket: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the object {sha256} in the bucket holds something else")]
    Spoilt { sha256: String },
}

/// For `map_err`: names what failed with which object.
fn failed(what: &'static str, sha256: &str) -> impl Fn(object_store::Error) -> BucketError {
    move |source| BucketError::Access { what, sha256: sha256.to_owned(), source }
}

/// One bucket.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<AmazonS3>,
    public_url: Option<Url>,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own words would show its keys.
        f.debug_struct("Bucket").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Bucket {
    pub fn open(config: &S3Config) -> Result<Bucket, BucketError> {
        let builder = AmazonS3Builder::new()
            .with_endpoint(config.endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(config.endpoint.scheme() == "http")
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key)
            .with_secret_access_key(config.secret_key.expose());
        let store = builder.build().map_err(|source| BucketError::Open { bucket: config.bucket.clone(), source })?;
        Ok(Bucket { store: Arc::new(store), public_url: config.public_url.clone() })
    }

    /// Where anybody can read an object, if the bucket is open to all.
    pub fn public(&self, sha256: &str) -> Option<Url> {
        let mut url = self.public_url.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["objects", sha256]);
        Some(url)
    }

    /// The length of an object that is there, in bytes.
    pub async fn length(&self, sha256: &str) -> Result<Option<u64>, BucketError> {
        match self.store.head(&key(sha256)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(failed("looking for", sha256)(source)),
        }
    }

    /// Puts the file of an object there, unless it is there already.
    pub async fn put(&self, sha256: &str, length: u64, path: &Path) -> Result<(), BucketError> {
        if self.length(sha256).await? == Some(length) {
            return Ok(());
        }
        if length <= PART as u64 {
            let bytes =
                tokio::fs::read(path).await.map_err(|source| BucketError::Read { path: path.to_owned(), source });
            self.store.put(&key(sha256), Bytes::from(bytes?).into()).await.map_err(failed("keeping", sha256))?;
            return Ok(());
        }
        self.put_in_parts(sha256, path).await
    }

    /// The object appears when all its parts are there; what was begun and broken off never does.
    async fn put_in_parts(&self, sha256: &str, path: &Path) -> Result<(), BucketError> {
        let read = |source| BucketError::Read { path: path.to_owned(), source };
        let mut file = tokio::fs::File::open(path).await.map_err(read)?;
        let upload = self.store.put_multipart(&key(sha256)).await.map_err(failed("keeping", sha256))?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut buffer = vec![0; 1 << 20];
        loop {
            parts.wait_for_capacity(AT_ONCE).await.map_err(failed("keeping", sha256))?;
            match file.read(&mut buffer).await {
                Ok(0) => break,
                Ok(length) => parts.write(&buffer[..length]),
                Err(source) => {
                    parts.abort().await.map_err(failed("breaking off", sha256))?;
                    return Err(read(source));
                }
            }
        }
        parts.finish().await.map_err(failed("keeping", sha256))?;
        Ok(())
    }

    /// Names and lengths of all objects that are there.
    pub async fn list(&self) -> Result<Vec<(String, u64)>, BucketError> {
        let listing = failed("listing", "");
        let prefix = Key::from("objects");
        let mut metas = self.store.list(Some(&prefix));
        let mut all = Vec::new();
        while let Some(meta) = metas.try_next().await.map_err(&listing)? {
            if let Some(name) = meta.location.filename() {
                all.push((name.to_owned(), meta.size));
            }
        }
        Ok(all)
    }

    /// All bytes of an object.
    pub async fn whole(&self, sha256: &str) -> Result<Bytes, BucketError> {
        let reading = failed("reading", sha256);
        self.store.get(&key(sha256)).await.map_err(&reading)?.bytes().await.map_err(reading)
    }

    /// Some bytes of an object, as they come in.
    pub async fn read(
        &self,
        sha256: &str,
        range: Range<u64>,
    ) -> Result<impl Stream<Item = object_store::Result<Bytes>> + Send + 'static, BucketError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let result = self.store.get_opts(&key(sha256), options).await.map_err(failed("reading", sha256))?;
        Ok(result.into_stream())
    }
}

fn key(sha256: &str) -> Key {
    Key::from_iter(["objects", sha256])
}
