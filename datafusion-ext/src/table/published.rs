use crate::layout::{self, Slug, Table};
use crate::schema::table_schema;
use crate::session::{OBJECTS, bare};
use crate::store::Store;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::{ident, lit};
use object_store::path::Path;
use std::sync::Arc;

/// A table of fixed columns, over all runs of one organization.
pub(super) fn table(store: &Store, org: &Slug, table: Table) -> Result<Arc<dyn TableProvider>> {
    let schema = table_schema(table).ok_or_else(|| internal_datafusion_err!("{} has no fixed schema", table.name()))?;
    let prefix = layout::table(table, org);
    Ok(files(store, org, prefix.as_ref(), schema, &["campaign", "date"])?.into_view())
}

/// Every Parquet file below `prefix`, with its partition columns in front.
pub(super) fn files(
    store: &Store,
    org: &Slug,
    prefix: &str,
    schema: SchemaRef,
    partitions: &[&str],
) -> Result<DataFrame> {
    let typed = |name: &&str| (String::from(*name), if *name == "date" { DataType::Date32 } else { DataType::Utf8 });
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(".parquet")
        .with_table_partition_cols(partitions.iter().map(typed).collect());
    let url = ListingTableUrl::parse(format!("{OBJECTS}{prefix}/"))?;
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema.clone());
    let listing = ListingTable::try_new(config)?;
    let mut columns = vec![lit(org.as_str()).alias("org")];
    columns.extend(partitions.iter().map(|name| ident(*name)));
    columns.extend(schema.fields().iter().map(|field| ident(field.name())));
    bare(store)?.read_table(Arc::new(listing))?.select(columns)
}

/// The rows of one Parquet file.
pub(super) fn one_file(store: &Store, path: &Path, schema: SchemaRef) -> Result<DataFrame> {
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let url = ListingTableUrl::parse(format!("{OBJECTS}{path}"))?;
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
    bare(store)?.read_table(Arc::new(ListingTable::try_new(config)?))
}
