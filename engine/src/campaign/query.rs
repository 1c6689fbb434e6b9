use super::CampaignError;
use crate::catalog::Catalog;
use mino_datafusion::arrow::array::RecordBatch;
use mino_datafusion::arrow::datatypes::SchemaRef;
use mino_datafusion::session;

/// The rows of one read-only SQL query over the store: schema and batches.
///
/// # Errors
/// When the query is not valid, or the store does not answer.
pub async fn query(catalog: &Catalog, sql: &str) -> Result<(SchemaRef, Vec<RecordBatch>), CampaignError> {
    if sql.trim().is_empty() {
        return Err(CampaignError::Input("the query is empty: try `select * from runs`".into()));
    }
    let failed = |error: mino_datafusion::DataFusionError| {
        let text = error.strip_backtrace();
        CampaignError::Input(format!("the query failed: {}", text.lines().next().unwrap_or_default()))
    };
    let context = session::open(catalog.store(), catalog.org()).await.map_err(failed)?;
    let frame = session::query(&context, sql).await.map_err(failed)?;
    let schema = frame.schema().inner().clone();
    let batches = frame.collect().await.map_err(failed)?;
    Ok((schema, batches))
}
