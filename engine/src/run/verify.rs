use super::finalize::sha256;
use super::{ResultRecord, RunError};
use crate::catalog::Catalog;
use mino_datafusion::layout::Kind;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

/// What became of one published table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Name of the table.
    pub table: String,
    /// Path in the store.
    pub path: String,
    /// Rows that it should have.
    pub rows: u64,
    /// `None`: as it was published; else what is wrong.
    pub fault: Option<String>,
}

/// Compares the published tables of a run with the checksums and row counts of its result document.
///
/// # Errors
/// When the run has no result, or the store does not answer.
pub async fn verify(catalog: &Catalog, run_id: &str) -> Result<Vec<Verification>, RunError> {
    let result = catalog.expect::<ResultRecord>(Kind::Results, run_id).await?.body;
    let mut verifications = Vec::with_capacity(result.tables.len());
    for table in result.tables {
        let bytes = catalog.store().get(&Path::from(table.path.as_str())).await?;
        let fault = match bytes {
            None => Some("the file is missing".to_owned()),
            Some(bytes) if sha256(&bytes) != table.sha256 => Some(format!(
                "its content changed: it has {} bytes with SHA-256 {}, published were {} bytes with {}",
                bytes.len(),
                sha256(&bytes),
                table.bytes,
                table.sha256
            )),
            Some(bytes) => match ParquetRecordBatchReaderBuilder::try_new(bytes) {
                Err(error) => Some(format!("it is not Parquet: {error}")),
                Ok(file) => {
                    let rows = file.metadata().file_metadata().num_rows();
                    (u64::try_from(rows) != Ok(table.rows)).then(|| format!("it has {rows} rows"))
                }
            },
        };
        verifications.push(Verification {
            table: table.table.name().into(),
            path: table.path,
            rows: table.rows,
            fault,
        });
    }
    Ok(verifications)
}
