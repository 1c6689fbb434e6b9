use crate::layout::FORMAT_VERSION;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Serialize, de::DeserializeOwned};

/// Rows and columns did not fit each other.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}: {message}")]
pub struct FormatError {
    operation: &'static str,
    message: String,
}

impl FormatError {
    pub(super) fn new(operation: &'static str, error: impl std::fmt::Display) -> Self {
        Self { operation, message: error.to_string() }
    }
}

/// Typed rows as one record batch of `schema`.
///
/// # Errors
/// When a row does not fit the schema.
pub fn rows_to_batch<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch, FormatError> {
    let batch = serde_arrow::to_record_batch(schema.fields(), &rows)
        .map_err(|e| FormatError::new("make columns of rows", e))?;
    batch.with_schema(schema.clone()).map_err(|e| FormatError::new("make columns of rows", e))
}

/// One Parquet file of a batch. The same batch gives the same bytes.
///
/// # Errors
/// When Parquet cannot hold the batch.
pub fn write_batch(batch: &RecordBatch) -> Result<Bytes, FormatError> {
    let failed = |e| FormatError::new("write Parquet", e);
    let properties = WriterProperties::builder()
        .set_created_by("mino".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new("mino.format".to_owned(), FORMAT_VERSION.to_string())]))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(bytes.into())
}

/// [`rows_to_batch`], then [`write_batch`].
///
/// # Errors
/// As theirs.
pub fn write_rows<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<Bytes, FormatError> {
    write_batch(&rows_to_batch(schema, rows)?)
}

/// Typed rows of a Parquet file.
///
/// # Errors
/// When the bytes are not Parquet, or hold other columns.
pub fn read_rows<T: DeserializeOwned>(bytes: Bytes) -> Result<Vec<T>, FormatError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|e| FormatError::new("read Parquet", e))?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| FormatError::new("read Parquet", e))?;
        let mut more: Vec<T> =
            serde_arrow::from_record_batch(&batch).map_err(|e| FormatError::new("make rows of columns", e))?;
        rows.append(&mut more);
    }
    Ok(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::schema::*;
    use std::collections::BTreeMap;

    fn journal_row() -> JournalRow {
        JournalRow {
            attempt: AttemptRow {
                run: RunColumns {
                    run_id: "r".into(),
                    run_type: "test".into(),
                    instructions_version: "1.0".into(),
                    dataset: "d".into(),
                    dataset_version: 3,
                },
                task_id: "t".into(),
                attempt_id: "a".into(),
                attempt_number: 1,
                trigger: "initial".into(),
                status: "success".into(),
                failure_category: None,
                failure_reason: None,
                blocked_reason: None,
                started_at: 1_700_000_000_000_000,
                completed_at: 1_700_000_001_000_000,
                duration_ms: 1000,
                extracted: BTreeMap::from([("price".into(), "12 €".into()), ("a".into(), "b".into())]),
                partial: false,
                reasoning: vec![ReasoningRow { step: 1, action: "navigate".into(), result: "200".into(), at: 5 }],
                screenshots: vec![],
                final_url: Some("http://x/".into()),
                http_status: Some(200),
                bytes: None,
                cost: None,
                worker: "w".into(),
                error: None,
            },
            found: vec![FoundField {
                field: "price".into(),
                raw: "12 €".into(),
                value: Some("12 EUR".into()),
                number: Some(12.0),
                currency: Some("EUR".into()),
                confidence: 0.5,
                raw_confidence: 0.5,
                resolver: "json_ld".into(),
                evidence: "$.offers.price".into(),
            }],
        }
    }

    #[test]
    fn journal_rows_come_back_as_they_went_in() {
        let rows = vec![journal_row(), JournalRow { found: vec![], ..journal_row() }];
        let bytes = write_rows(&journal_schema(), &rows).unwrap();
        assert_eq!(bytes, write_rows(&journal_schema(), &rows).unwrap(), "the same rows give the same bytes");
        assert_eq!(read_rows::<JournalRow>(bytes).unwrap(), rows);
    }

    #[test]
    fn attempts_have_the_published_columns() {
        let batch = rows_to_batch(&attempts_schema(), &[journal_row().attempt]).unwrap();
        assert_eq!(batch.schema(), attempts_schema());
        assert_eq!(rows_to_batch::<AttemptRow>(&attempts_schema(), &[]).unwrap().num_rows(), 0);
    }

    #[test]
    fn what_is_not_parquet_is_an_error() {
        assert!(read_rows::<JournalRow>(Bytes::from_static(b"nonsense")).is_err());
    }
}
