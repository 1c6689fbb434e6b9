use super::published;
use crate::layout::{self, Slug, Table};
use crate::store::Store;
use arrow::compute::can_cast_types;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::try_cast;
use datafusion::prelude::{ident, lit};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Schema `results`: one wide table a campaign.
#[derive(Debug)]
pub struct ResultsSchema {
    store: Store,
    org: Slug,
    campaigns: BTreeSet<String>,
}

impl ResultsSchema {
    /// Over one organization's part of a store; its tables are the campaigns that have results now.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn open(store: Store, org: Slug) -> Result<Self> {
        let prefix = layout::table(Table::Results, &org);
        let listed = store.objects().list_with_delimiter(Some(&prefix)).await?;
        let name = |path: &Path| Some(path.filename()?.strip_prefix("campaign=")?.to_owned());
        let campaigns = listed.common_prefixes.iter().filter_map(name).collect();
        Ok(Self { store, org, campaigns })
    }
}

#[async_trait]
impl SchemaProvider for ResultsSchema {
    fn table_names(&self) -> Vec<String> {
        self.campaigns.iter().cloned().collect()
    }

    fn table_exist(&self, name: &str) -> bool {
        self.campaigns.contains(name)
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match Slug::parse(name) {
            Ok(campaign) if self.campaigns.contains(name) => {
                Ok(Some(table(&self.store, &self.org, Some(&campaign)).await?))
            }
            _ => Ok(None),
        }
    }
}

/// One published file and the columns in it.
struct ResultsFile {
    path: Path,
    schema: SchemaRef,
}

/// The wide rows of one campaign, or of all, merged by column name. Where a field changed its type the newest run's
/// type wins, and what does not cast is NULL.
pub(super) async fn table(store: &Store, org: &Slug, campaign: Option<&Slug>) -> Result<Arc<dyn TableProvider>> {
    let prefix = match campaign {
        Some(campaign) => layout::campaign_table(Table::Results, org, campaign),
        None => layout::table(Table::Results, org),
    };
    let files = read_schemas(store, &prefix).await?;
    let merged = merge(&files);
    let agree = files.iter().all(|file| file.schema.fields().iter().all(|f| same_type(&merged, f)));
    let frame = match campaign {
        _ if !agree => union(store, org, &files, &merged)?,
        Some(campaign) => {
            let rows = published::files(store, org, prefix.as_ref(), merged, &["date"])?;
            rows.with_column("campaign", lit(campaign.as_str()))?
        }
        None => published::files(store, org, prefix.as_ref(), merged, &["campaign", "date"])?,
    };
    Ok(frame.into_view())
}

async fn read_schemas(store: &Store, prefix: &Path) -> Result<Vec<ResultsFile>> {
    let listed = store.list(prefix).await.map_err(|error| DataFusionError::External(error.into()))?;
    let mut files: Vec<ResultsFile> = futures::stream::iter(listed)
        .filter(|object| futures::future::ready(object.location.as_ref().ends_with(".parquet")))
        .map(|object| async move {
            let schema = DFParquetMetadata::new(store.objects(), &object).fetch_schema().await?;
            Ok::<_, DataFusionError>(ResultsFile { path: object.location, schema: Arc::new(schema) })
        })
        .buffer_unordered(16)
        .try_collect()
        .await?;
    // File names are UUIDv7: by name is by time.
    files.sort_by(|a, b| a.path.filename().cmp(&b.path.filename()));
    Ok(files)
}

/// Columns by name, in the order in which they first appeared, typed as in the newest file.
fn merge(files: &[ResultsFile]) -> SchemaRef {
    let mut order: Vec<&str> = Vec::new();
    let mut types: BTreeMap<&str, &DataType> = BTreeMap::new();
    let empty;
    let mut fields: Vec<&Arc<Field>> = files.iter().flat_map(|file| file.schema.fields()).collect();
    if files.is_empty() {
        empty = crate::schema::results_schema(&[]);
        fields = empty.fields().iter().collect();
    }
    for field in fields {
        if types.insert(field.name(), field.data_type()).is_none() {
            order.push(field.name());
        }
    }
    let columns: Vec<Field> =
        order.into_iter().filter_map(|name| Some(Field::new(name, (*types.get(name)?).clone(), true))).collect();
    Arc::new(Schema::new(columns))
}

fn same_type(merged: &Schema, field: &Field) -> bool {
    merged.field_with_name(field.name()).is_ok_and(|found| found.data_type() == field.data_type())
}

fn union(store: &Store, org: &Slug, files: &[ResultsFile], merged: &SchemaRef) -> Result<DataFrame> {
    let mut whole: Option<DataFrame> = None;
    for file in files {
        let partition = |name: &str| {
            let prefix = format!("{name}=");
            file.path.parts().find_map(|part| part.as_ref().strip_prefix(&prefix).map(str::to_owned))
        };
        let rows = published::one_file(store, &file.path, file.schema.clone())?;
        let mut columns = vec![
            lit(org.as_str()).alias("org"),
            lit(ScalarValue::Utf8(partition("campaign"))).alias("campaign"),
            try_cast(lit(ScalarValue::Utf8(partition("date"))), DataType::Date32).alias("date"),
        ];
        for field in merged.fields() {
            let source = match file.schema.field_with_name(field.name()) {
                Ok(own) if can_cast_types(own.data_type(), field.data_type()) => ident(field.name()),
                _ => lit(ScalarValue::Null),
            };
            columns.push(try_cast(source, field.data_type().clone()).alias(field.name()));
        }
        let rows = rows.select(columns)?;
        whole = Some(match whole {
            Some(frame) => frame.union(rows)?,
            None => rows,
        });
    }
    whole.ok_or_else(|| DataFusionError::Internal("a union of no files".into()))
}
