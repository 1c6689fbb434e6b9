use super::{documents, published, results};
use crate::layout::{Kind, Slug, Table};
use crate::store::Store;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use std::sync::Arc;

/// Schema `public`: the published tables, and the catalog's documents as tables.
#[derive(Debug)]
pub struct PublicSchema {
    store: Store,
    org: Slug,
}

const NAMES: [&str; 10] = [
    "attempts",
    "audit",
    "calibrations",
    "campaigns",
    "datasets",
    "fields",
    "instructions",
    "results",
    "runs",
    "tasks",
];

impl PublicSchema {
    /// Over one organization's part of a store.
    #[must_use]
    pub fn new(store: Store, org: Slug) -> Self {
        Self { store, org }
    }
}

#[async_trait]
impl SchemaProvider for PublicSchema {
    fn table_names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn table_exist(&self, name: &str) -> bool {
        NAMES.contains(&name)
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let (store, org) = (&self.store, &self.org);
        let provider = match name {
            "attempts" => published::table(store, org, Table::Attempts)?,
            "fields" => published::table(store, org, Table::Fields)?,
            "tasks" => published::table(store, org, Table::Tasks)?,
            "results" => results::table(store, org, None).await?,
            "audit" => documents::audit(store, org).await?,
            "calibrations" => documents::latest(store, org, Kind::Calibrations).await?,
            "campaigns" => documents::latest(store, org, Kind::Campaigns).await?,
            "datasets" => documents::latest(store, org, Kind::Datasets).await?,
            "instructions" => documents::latest(store, org, Kind::Instructions).await?,
            "runs" => documents::latest(store, org, Kind::Runs).await?,
            _ => return Ok(None),
        };
        Ok(Some(provider))
    }
}
