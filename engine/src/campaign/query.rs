use super::CampaignError;
use crate::catalog::Catalog;
use crate::model::nearest;
use mino_datafusion::arrow::array::RecordBatch;
use mino_datafusion::arrow::datatypes::SchemaRef;
use mino_datafusion::session;
use mino_datafusion::store::StoreError;

/// The rows of one read-only SQL query over the store: schema and batches.
///
/// # Errors
/// When the query is not valid, or the store does not answer.
pub async fn query(catalog: &Catalog, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>), CampaignError> {
    if sql.trim().is_empty() {
        return Err(CampaignError::Input("the query is empty: try `select * from runs`".into()));
    }
    let failed = |error: mino_datafusion::DataFusionError| {
        if let Some(away) = store_away(catalog, &error) {
            return away.into();
        }
        let text = error.strip_backtrace();
        let line = text.lines().next().unwrap_or_default();
        CampaignError::Input(unknown_table(line).unwrap_or_else(|| format!("the query failed: {line}")))
    };
    let context = session::open(catalog.store(), catalog.org()).await.map_err(failed)?;
    let frame = session::query(&context, sql).await.map_err(failed)?;
    let schema = frame.schema().inner().clone();
    let batches = frame.collect().await.map_err(failed)?;
    Ok((schema, batches))
}

/// The store that did not answer while the query was planned or read.
fn store_away(catalog: &Catalog, error: &mino_datafusion::DataFusionError) -> Option<StoreError> {
    let mut causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    causes.find_map(|cause| {
        if let Some(away @ StoreError::Unreachable { .. }) = cause.downcast_ref() {
            return Some(away.clone());
        }
        match cause.downcast_ref()? {
            // What is not there any more will not be there the next time.
            object_store::Error::NotFound { .. } => None,
            error => Some(catalog.store().unreachable("answer a query".into(), error)),
        }
    })
}

/// A better word for a table that is not there.
fn unknown_table(message: &str) -> Option<String> {
    const TABLES: [&str; 9] =
        ["attempts", "tasks", "fields", "results", "campaigns", "datasets", "instructions", "runs", "audit"];
    let (_, rest) = message.split_once("table '")?;
    let name = rest.strip_suffix("' not found")?.rsplit('.').next()?;
    let hint = nearest(name, TABLES).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
    Some(format!("there is no table `{name}`{hint}; there are {} and results.\"<campaign>\"", TABLES.join(", ")))
}
