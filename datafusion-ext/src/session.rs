//! SQL over a store: one call from a store and an organization to a DataFusion session.
//!
//! The session reads and never writes, and sees one organization. It is cheap to make; make one for each query that
//! must see the newest runs, since DataFusion remembers listings within a session.

use crate::layout::Slug;
use crate::store::Store;
use crate::table::{PublicSchema, ResultsSchema};
use crate::udf;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList};
use datafusion::common::Result;
use datafusion::dataframe::DataFrame;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::{SQLOptions, SessionConfig, SessionContext};
use std::sync::Arc;

/// The address under which the store's objects are known inside a session.
pub(crate) const OBJECTS: &str = "mino://store/";

/// A session over one organization's part of a store: catalog `mino`, schemas `public` and `results`, and every
/// function of this crate.
///
/// # Errors
/// When the store cannot be listed.
pub async fn open(store: &Store, org: &Slug) -> Result<SessionContext> {
    let context = bare(store)?;
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema("public", Arc::new(PublicSchema::new(store.clone(), org.clone())))?;
    catalog.register_schema("results", Arc::new(ResultsSchema::open(store.clone(), org.clone()).await?))?;
    context.register_catalog("mino", Arc::new(catalog));
    Ok(context)
}

/// Plans one read-only query.
///
/// # Errors
/// When the query is not valid, or would change something.
pub async fn query(context: &SessionContext, sql: &str) -> Result<DataFrame> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    context.sql_with_options(sql, read_only).await
}

/// A session that knows the store's objects and our functions, and no table.
pub(crate) fn bare(store: &Store) -> Result<SessionContext> {
    let config = SessionConfig::new()
        .with_default_catalog_and_schema("mino", "public")
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false);
    let catalogs: Arc<dyn CatalogProviderList> = Arc::new(MemoryCatalogProviderList::new());
    let state =
        SessionStateBuilder::new_with_default_features().with_config(config).with_catalog_list(catalogs).build();
    let mut context = SessionContext::new_with_state(state);
    let url = url::Url::parse(OBJECTS).map_err(|error| datafusion::error::DataFusionError::External(error.into()))?;
    context.register_object_store(&url, store.objects().clone());
    udf::register_all(&mut context)?;
    Ok(context)
}
