use chrono::{DateTime, SecondsFormat, Utc};
use mino_datafusion::layout::{self, FORMAT_VERSION, Kind, Slug};
use mino_datafusion::store::{Store, StoreError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// One version of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document<T> {
    /// Format of the document.
    pub format: u32,
    /// Whose it is.
    pub org: Slug,
    /// What it describes.
    pub kind: Kind,
    /// Which one.
    pub id: String,
    /// From 1.
    pub version: u64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: String,
    /// What they did, one word.
    pub action: String,
    /// Why, in a sentence.
    pub why: Option<String>,
    /// What it says.
    pub body: T,
}

/// Who does what, why and when: everything about a change but its content.
#[derive(Debug, Clone)]
pub struct Who {
    /// `user@host`.
    pub by: String,
    /// One word.
    pub action: String,
    /// A sentence.
    pub why: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Who {
    /// This process's user on this host, now.
    #[must_use]
    pub fn here(action: &str) -> Self {
        let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok()).filter(|u| !u.is_empty());
        let by = format!("{}@{}", user.as_deref().unwrap_or("unknown"), host_name());
        Self { by, action: action.to_owned(), why: None, at: Utc::now() }
    }

    /// With a reason.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

/// Name of this machine.
pub(crate) fn host_name() -> String {
    let name =
        std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".into())
}

/// What went wrong with a document.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else was first.
    #[error("{kind} {id} was changed at the same time, by {by} at {at}: look at what they did, then try again", kind = .kind.name())]
    LostRace {
        /// Kind of the document.
        kind: Kind,
        /// Which one.
        id: String,
        /// Who won.
        by: String,
        /// When.
        at: String,
    },
    /// There is no such document.
    #[error("there is no {} `{id}`{hint}", singular(*.kind))]
    NotFound {
        /// Kind of the document.
        kind: Kind,
        /// As asked for.
        id: String,
        /// What there is instead.
        hint: String,
    },
}

fn singular(kind: Kind) -> &'static str {
    match kind {
        Kind::Campaigns => "campaign",
        Kind::Instructions => "instructions version",
        Kind::Datasets => "dataset",
        Kind::Runs => "run",
        Kind::Results => "result of run",
        Kind::Calibrations => "calibration",
    }
}

/// One organization's documents.
#[derive(Debug, Clone)]
pub struct Catalog {
    store: Store,
    org: Slug,
}

impl Catalog {
    /// Over one organization's part of a store.
    #[must_use]
    pub fn new(store: Store, org: Slug) -> Self {
        Self { store, org }
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whose documents.
    #[must_use]
    pub fn org(&self) -> &Slug {
        &self.org
    }

    /// The newest version of a document; `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer or the document cannot be read.
    pub async fn latest<T: DeserializeOwned>(&self, kind: Kind, id: &str) -> Result<Option<Document<T>>, CatalogError> {
        let versions = self.store.list(&layout::document_versions(&self.org, kind, id)).await?;
        match versions.iter().rev().find_map(|object| layout::parse_document(&object.location)) {
            Some((_, version)) => self.version(kind, id, version).await,
            None => Ok(None),
        }
    }

    /// One version of a document; `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer or the document cannot be read.
    pub async fn version<T: DeserializeOwned>(
        &self,
        kind: Kind,
        id: &str,
        version: u64,
    ) -> Result<Option<Document<T>>, CatalogError> {
        let path = layout::document(&self.org, kind, id, version);
        let Some(bytes) = self.store.get(&path).await? else { return Ok(None) };
        let document = serde_json::from_slice(&bytes).map_err(|error| self.store.corrupt(&path, &error.to_string()))?;
        Ok(Some(document))
    }

    /// The newest version of a document that must be there.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`], with the nearest name that there is.
    pub async fn expect<T: DeserializeOwned>(&self, kind: Kind, id: &str) -> Result<Document<T>, CatalogError> {
        if let Some(document) = self.latest(kind, id).await? {
            return Ok(document);
        }
        Err(CatalogError::NotFound { kind, id: id.to_owned(), hint: self.hint(kind, id).await? })
    }

    async fn hint(&self, kind: Kind, id: &str) -> Result<String, CatalogError> {
        let known = self.ids(kind).await?;
        let near = crate::model::nearest(id, known.iter().map(String::as_str));
        Ok(match near {
            Some(near) => format!("; did you mean `{near}`?"),
            None if known.is_empty() => format!("; there are no {} in this store yet", kind.name()),
            None => "; `mino list` shows what there is".into(),
        })
    }

    /// Ids of all documents of one kind, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn ids(&self, kind: Kind) -> Result<Vec<String>, CatalogError> {
        let objects = self.store.list(&layout::documents(&self.org, kind)).await?;
        let newest: BTreeMap<String, u64> =
            objects.iter().filter_map(|object| layout::parse_document(&object.location)).collect();
        Ok(newest.into_keys().collect())
    }

    /// Writes the next version of a document after `previous` (0: there is none yet).
    ///
    /// # Errors
    /// [`CatalogError::LostRace`] when that version is there already.
    pub async fn write<T: Serialize + Clone>(
        &self,
        kind: Kind,
        id: &str,
        previous: u64,
        who: Who,
        body: T,
    ) -> Result<Document<T>, CatalogError> {
        let version = previous + 1;
        let document = Document {
            format: FORMAT_VERSION,
            org: self.org.clone(),
            kind,
            id: id.to_owned(),
            version,
            at: who.at,
            by: who.by,
            action: who.action,
            why: who.why,
            body,
        };
        let path = layout::document(&self.org, kind, id, version);
        let bytes =
            serde_json::to_vec_pretty(&document).map_err(|error| self.store.corrupt(&path, &error.to_string()))?;
        match self.store.create(&path, bytes.into()).await {
            Ok(()) => Ok(document),
            Err(StoreError::AlreadyExists { .. }) => Err(self.lost_race(kind, id, version).await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn lost_race(&self, kind: Kind, id: &str, version: u64) -> Result<CatalogError, CatalogError> {
        let winner = self.version::<serde_json::Value>(kind, id, version).await?;
        let (by, at) = winner.map_or_else(
            || ("somebody".to_owned(), "an unknown time".to_owned()),
            |winner| (winner.by, winner.at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        );
        Ok(CatalogError::LostRace { kind, id: id.to_owned(), by, at })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::new(Store::open("memory://").unwrap(), Slug::parse("acme").unwrap())
    }

    #[tokio::test]
    async fn of_two_writers_one_wins_and_the_other_learns_who() {
        let catalog = catalog();
        let write = |name: &'static str| {
            let mut who = Who::here("apply");
            who.by = name.into();
            catalog.write(Kind::Campaigns, "prices", 0, who, "body")
        };
        let (a, b) = tokio::join!(write("ann"), write("bob"));
        assert_ne!(a.is_ok(), b.is_ok());
        let error = a.err().or(b.err()).unwrap().to_string();
        assert!(error.contains("by ann") || error.contains("by bob"), "{error}");
    }

    #[tokio::test]
    async fn versions_are_kept() {
        let catalog = catalog();
        for n in 0..3_u64 {
            catalog.write(Kind::Campaigns, "prices", n, Who::here("apply"), n).await.unwrap();
        }
        assert_eq!(catalog.latest::<u64>(Kind::Campaigns, "prices").await.unwrap().unwrap().body, 2);
        assert_eq!(catalog.version::<u64>(Kind::Campaigns, "prices", 1).await.unwrap().unwrap().body, 0);
    }

    #[tokio::test]
    async fn a_misspelt_name_finds_its_neighbour() {
        let catalog = catalog();
        catalog.write(Kind::Campaigns, "sheriff-contacts", 0, Who::here("apply"), 1).await.unwrap();
        let error = catalog.expect::<u64>(Kind::Campaigns, "sherif-contacts").await.unwrap_err().to_string();
        assert_eq!(error, "there is no campaign `sherif-contacts`; did you mean `sheriff-contacts`?");
    }
}
