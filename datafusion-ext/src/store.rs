//! Opening a store, and the few operations that everything else is made of.
//!
//! Credentials come from the environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`) and go no further than the client.

use crate::layout::{self, FORMAT_VERSION};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// One root on an object store. Cheap to clone; all paths are relative to the root.
#[derive(Debug, Clone)]
pub struct Store {
    url: String,
    objects: Arc<dyn ObjectStore>,
}

/// What went wrong with a store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The URL does not name a store.
    #[error(
        "`{url}` is not a store: {reason}; use a folder, file:///path, s3://bucket/prefix, gs://, az:// or memory://"
    )]
    InvalidUrl {
        /// As given.
        url: String,
        /// Why.
        reason: String,
    },
    /// The store did not answer, or refused.
    #[error("cannot {operation} in store {url}: {message}")]
    Unreachable {
        /// What was tried.
        operation: String,
        /// The store.
        url: String,
        /// One line of the client's error.
        message: String,
    },
    /// A create-if-absent found the object present.
    #[error("{path} is already there")]
    AlreadyExists {
        /// Which object.
        path: String,
    },
    /// The store was made by a later version.
    #[error("store {url} has format {found}, this mino reads up to {FORMAT_VERSION}: upgrade mino")]
    NewerFormat {
        /// The store.
        url: String,
        /// Its format.
        found: u32,
    },
    /// An object does not hold what its place says it should.
    #[error("{path} in store {url} cannot be read: {reason}")]
    Corrupt {
        /// The store.
        url: String,
        /// Which object.
        path: String,
        /// Why.
        reason: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct FormatMarker {
    format: u32,
}

impl Store {
    /// Opens a root, without traffic. `location` is a folder, or a URL with scheme `file`, `s3`, `gs`, `az` or `memory`.
    ///
    /// # Errors
    /// [`StoreError::InvalidUrl`] when it names none of these.
    pub fn open(location: &str) -> Result<Self, StoreError> {
        let url = parse(location)?;
        let objects = objects_for(&url, location)?;
        Ok(Self { url: url.to_string().trim_end_matches('/').to_owned(), objects })
    }

    /// A store over `objects`; `url` is only shown.
    #[must_use]
    pub fn from_objects(url: impl Into<String>, objects: Arc<dyn ObjectStore>) -> Self {
        Self { url: url.into(), objects }
    }

    /// The root, as shown to people. Holds no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The objects below the root.
    #[must_use]
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// Checks that the store answers and that its format is one we read. Writes nothing. True when it is a store already.
    ///
    /// # Errors
    /// When it does not answer, or is of a later format.
    pub async fn check(&self) -> Result<bool, StoreError> {
        let Some(bytes) = self.get(&layout::format_marker()).await? else { return Ok(false) };
        let marker: FormatMarker = serde_json::from_slice(&bytes)
            .map_err(|error| self.corrupt(&layout::format_marker(), &error.to_string()))?;
        if marker.format > FORMAT_VERSION {
            return Err(StoreError::NewerFormat { url: self.url.clone(), found: marker.format });
        }
        Ok(true)
    }

    /// [`check`](Self::check), then marks the root as a store if it is not one yet.
    ///
    /// # Errors
    /// As [`check`](Self::check), and when nothing can be written.
    pub async fn initialise(&self) -> Result<(), StoreError> {
        if self.check().await? {
            return Ok(());
        }
        let marker = format!("{{\"format\": {FORMAT_VERSION}}}\n");
        match self.create(&layout::format_marker(), marker.into()).await {
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// An object's bytes; `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn get(&self, path: &Path) -> Result<Option<Bytes>, StoreError> {
        let failed = |error| self.unreachable(format!("read {path}"), &error);
        match self.objects.get(path).await {
            Ok(found) => found.bytes().await.map(Some).map_err(failed),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// What changes about an object with every write: when, how large, which content. `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn head(&self, path: &Path) -> Result<Option<ObjectMeta>, StoreError> {
        match self.objects.head(path).await {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.unreachable(format!("look at {path}"), &error)),
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn delete(&self, path: &Path) -> Result<(), StoreError> {
        match self.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.unreachable(format!("remove {path}"), &error)),
        }
    }

    /// Writes an object, replacing what was there. Readers see the old bytes or the new, never a part.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn put(&self, path: &Path, bytes: Bytes) -> Result<(), StoreError> {
        self.objects
            .put(path, PutPayload::from_bytes(bytes))
            .await
            .map(|_| ())
            .map_err(|error| self.unreachable(format!("write {path}"), &error))
    }

    /// Writes an object that must not exist yet; of two at once, one wins.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] for the one that lost.
    pub async fn create(&self, path: &Path, bytes: Bytes) -> Result<(), StoreError> {
        let options = PutOptions::from(PutMode::Create);
        match self.objects.put_opts(path, PutPayload::from_bytes(bytes), options).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Err(StoreError::AlreadyExists { path: path.to_string() })
            }
            Err(error) => Err(self.unreachable(format!("create {path}"), &error)),
        }
    }

    /// Every object below `prefix`, ordered by path.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(&self, prefix: &Path) -> Result<Vec<ObjectMeta>, StoreError> {
        let mut found: Vec<ObjectMeta> = self
            .objects
            .list(Some(prefix))
            .try_collect()
            .await
            .map_err(|error| self.unreachable(format!("list {prefix}"), &error))?;
        found.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(found)
    }

    /// The error for an object that does not hold what it should.
    #[must_use]
    pub fn corrupt(&self, path: &Path, reason: &str) -> StoreError {
        StoreError::Corrupt { url: self.url.clone(), path: path.to_string(), reason: reason.to_owned() }
    }

    /// The error of the client while something was tried.
    #[must_use]
    pub fn unreachable(&self, operation: String, error: &object_store::Error) -> StoreError {
        StoreError::Unreachable { operation, url: self.url.clone(), message: advise(innermost(error)) }
    }
}

/// Asking the machine's metadata service is what the clients do last: there were no credentials.
fn advise(message: String) -> String {
    if message.contains("169.254.169.254") || message.contains("metadata.google.internal") {
        return "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_ENDPOINT_URL for a server \
                of your own), GOOGLE_SERVICE_ACCOUNT or AZURE_STORAGE_ACCOUNT_KEY"
            .to_owned();
    }
    message
}

/// The last cause of an error chain, on one line: clients wrap the telling part in layers of their own.
fn innermost(error: &object_store::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    let outer = error.to_string().replace('\n', " ");
    let inner = last.to_string().replace('\n', " ");
    let inner: String = inner.chars().take(300).collect();
    match error {
        object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. } => {
            format!("access denied ({inner})")
        }
        _ if outer.contains(&inner) || inner.is_empty() => outer.chars().take(300).collect(),
        _ => inner,
    }
}

fn parse(location: &str) -> Result<Url, StoreError> {
    let invalid = |reason: &str| StoreError::InvalidUrl { url: location.to_owned(), reason: reason.to_owned() };
    if location.trim().is_empty() {
        return Err(invalid("it is empty"));
    }
    if location.contains("://") {
        let url = Url::parse(location).map_err(|error| invalid(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            // Not shown: it may be a secret.
            return Err(StoreError::InvalidUrl {
                url: format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()),
                reason: "an address holds no credentials and no parameters; set them in the environment".to_owned(),
            });
        }
        return Ok(url);
    }
    let absolute = std::path::absolute(location).map_err(|error| invalid(&error.to_string()))?;
    Url::from_directory_path(absolute).map_err(|()| invalid("the path cannot be made a URL"))
}

fn objects_for(url: &Url, given: &str) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let invalid = |reason: String| StoreError::InvalidUrl { url: given.to_owned(), reason };
    let fault = |error: object_store::Error| invalid(innermost(&error));
    let prefix = Path::from_url_path(url.path()).map_err(|error| invalid(error.to_string()))?;
    let bucket_url = || format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if matches!(url.scheme(), "s3" | "gs" | "az") && url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it names no bucket".into()));
    }
    let client =
        ClientOptions::new().with_connect_timeout(Duration::from_secs(5)).with_timeout(Duration::from_secs(60));
    let objects: Arc<dyn ObjectStore> = match url.scheme() {
        "memory" => Arc::new(InMemory::new()),
        "file" => Arc::new(LocalFileSystem::new()),
        "s3" => Arc::new(
            AmazonS3Builder::from_env()
                .with_client_options(allow_plain_http(client, "AWS_ENDPOINT"))
                .with_retry(retry())
                .with_conditional_put(S3ConditionalPut::ETagMatch)
                .with_url(bucket_url())
                .build()
                .map_err(fault)?,
        ),
        "gs" => Arc::new(
            GoogleCloudStorageBuilder::from_env()
                .with_client_options(client)
                .with_retry(retry())
                .with_url(bucket_url())
                .build()
                .map_err(fault)?,
        ),
        "az" => Arc::new(
            MicrosoftAzureBuilder::from_env()
                .with_client_options(client)
                .with_retry(retry())
                .with_url(bucket_url())
                .build()
                .map_err(fault)?,
        ),
        other => return Err(invalid(format!("scheme `{other}` is not known"))),
    };
    Ok(if prefix.as_ref().is_empty() { objects } else { Arc::new(PrefixStore::new(objects, prefix)) })
}

/// A loopback endpoint given by the environment is trusted without TLS; any other needs `AWS_ALLOW_HTTP` as usual.
fn allow_plain_http(client: ClientOptions, variable: &str) -> ClientOptions {
    let endpoint = std::env::var(variable).or_else(|_| std::env::var(format!("{variable}_URL"))).unwrap_or_default();
    let local = Url::parse(&endpoint).ok().is_some_and(|url| {
        url.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
    });
    let allowed = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|value| matches!(value.as_str(), "1" | "true"));
    client.with_allow_http(local || allowed)
}

/// Bounded, so that a store that is away is a clear error within seconds and not a run that hangs.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        },
        max_retries: 5,
        retry_timeout: Duration::from_secs(20),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_store_is_refused() {
        for bad in ["", "http://example.com/", "s3://", "s3:///prefix"] {
            assert!(matches!(Store::open(bad), Err(StoreError::InvalidUrl { .. })), "{bad}");
        }
    }

    #[tokio::test]
    async fn of_two_creates_one_wins() {
        let store = Store::open("memory://").unwrap();
        let path = Path::from("a/b.json");
        let results = futures::future::join_all((0..8).map(|n| store.create(&path, Bytes::from(vec![n])))).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(matches!(results.iter().find(|r| r.is_err()), Some(Err(StoreError::AlreadyExists { .. }))));
    }

    #[tokio::test]
    async fn a_later_format_is_refused() {
        let store = Store::open("memory://").unwrap();
        assert!(!store.check().await.unwrap());
        store.initialise().await.unwrap();
        assert!(store.check().await.unwrap());
        store.put(&layout::format_marker(), Bytes::from_static(b"{\"format\": 99}")).await.unwrap();
        assert!(matches!(store.check().await, Err(StoreError::NewerFormat { found: 99, .. })));
    }
}
