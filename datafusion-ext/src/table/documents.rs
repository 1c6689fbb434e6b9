use crate::layout::{self, Kind, Slug};
use crate::store::Store;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The newest version of each document of one kind, its body's fields as columns.
pub(super) async fn latest(store: &Store, org: &Slug, kind: Kind) -> Result<Arc<dyn TableProvider>> {
    let mut newest: BTreeMap<String, (u64, Path)> = BTreeMap::new();
    for object in list(store, &layout::documents(org, kind)).await? {
        if let Some((id, version)) = layout::parse_document(&object) {
            newest.insert(id, (version, object));
        }
    }
    let documents = read(store, newest.into_values().map(|(_, path)| path).collect()).await?;
    rows_of(&documents, &columns(kind))
}

/// Every version of every document: who did what, when and why.
pub(super) async fn audit(store: &Store, org: &Slug) -> Result<Arc<dyn TableProvider>> {
    let mut paths = Vec::new();
    for kind in Kind::ALL {
        paths.extend(list(store, &layout::documents(org, kind)).await?);
    }
    let columns = [("org", "text"), ("kind", "text"), ("id", "text"), ("version", "integer"), ("at", "time")];
    let columns: Vec<_> = columns.into_iter().chain([("by", "text"), ("action", "text"), ("why", "text")]).collect();
    rows_of(&read(store, paths).await?, &columns)
}

/// `(column, type)`; a column is a field of the body or of the document around it.
fn columns(kind: Kind) -> Vec<(&'static str, &'static str)> {
    let mut columns = vec![("org", "text")];
    columns.extend_from_slice(match kind {
        Kind::Campaigns => &[
            ("campaign", "text"),
            ("purpose", "text"),
            ("status", "text"),
            ("instructions_version", "text"),
            ("dataset", "text"),
            ("dataset_version", "integer"),
            ("run", "json"),
        ],
        Kind::Instructions => &[
            ("campaign", "text"),
            ("instructions_version", "text"),
            ("status", "text"),
            ("prompt", "text"),
            ("fields", "json"),
        ],
        Kind::Datasets => &[
            ("dataset", "text"),
            ("source", "text"),
            ("rows", "integer"),
            ("duplicates", "integer"),
            ("url_column", "text"),
            ("columns", "json"),
            ("content_sha256", "text"),
        ],
        Kind::Runs => &[
            ("run_id", "text"),
            ("campaign", "text"),
            ("date", "date"),
            ("run_type", "text"),
            ("status", "text"),
            ("sample", "text"),
            ("instructions_version", "text"),
            ("dataset", "text"),
            ("dataset_version", "integer"),
            ("tasks", "integer"),
            ("completed", "integer"),
            ("failed", "integer"),
            ("accuracy", "number"),
            ("accuracy_lower", "number"),
            ("accuracy_upper", "number"),
            ("accuracy_cells", "integer"),
            ("started_at", "time"),
            ("completed_at", "time"),
            ("reason", "text"),
            ("settings", "json"),
        ],
        Kind::Results => &[("run_id", "text"), ("tables", "json")],
        Kind::Calibrations => &[
            ("campaign", "text"),
            ("instructions_version", "text"),
            ("cells", "integer"),
            ("hosts", "integer"),
            ("raw_ece", "number"),
            ("ece", "number"),
            ("brier", "number"),
            ("auroc", "number"),
            ("types", "json"),
        ],
    });
    columns.extend_from_slice(&[("version", "integer"), ("at", "time"), ("by", "text"), ("action", "text")]);
    columns
}

async fn list(store: &Store, prefix: &Path) -> Result<Vec<Path>> {
    let objects = store.list(prefix).await.map_err(|error| DataFusionError::External(error.into()))?;
    Ok(objects.into_iter().map(|object| object.location).collect())
}

async fn read(store: &Store, paths: Vec<Path>) -> Result<Vec<Map<String, Value>>> {
    futures::stream::iter(paths)
        .map(|path| async move {
            let external = |error: crate::store::StoreError| DataFusionError::External(error.into());
            let bytes = store.get(&path).await.map_err(external)?.unwrap_or_default();
            serde_json::from_slice(&bytes).map_err(|error| external(store.corrupt(&path, &error.to_string())))
        })
        .buffered(16)
        .try_collect()
        .await
}

fn rows_of(documents: &[Map<String, Value>], columns: &[(&str, &str)]) -> Result<Arc<dyn TableProvider>> {
    let data_type = |kind: &str| match kind {
        "integer" => DataType::UInt64,
        "date" => DataType::Date32,
        "number" => DataType::Float64,
        "time" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8,
    };
    let fields: Vec<Field> = columns.iter().map(|(name, kind)| Field::new(*name, data_type(kind), true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let rows: Vec<Map<String, Value>> = documents
        .iter()
        .map(|document| {
            let body = document.get("body").and_then(Value::as_object);
            let cell = |name: &str, kind: &str| {
                let found = body.and_then(|body| body.get(name)).or_else(|| document.get(name))?;
                Some(if kind == "json" { Value::String(found.to_string()) } else { found.clone() })
            };
            columns.iter().filter_map(|(name, kind)| Some(((*name).to_owned(), cell(name, kind)?))).collect()
        })
        .collect();
    let mut decoder = arrow::json::ReaderBuilder::new(schema.clone()).build_decoder()?;
    decoder.serialize(&rows)?;
    let batch = decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(schema.clone()));
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}
