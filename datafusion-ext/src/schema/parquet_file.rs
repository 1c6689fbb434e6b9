use crate::layout::FORMAT_VERSION;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
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

/// A Parquet file that is written batch by batch: what is done is packed, so that a table larger than memory can be made.
/// The same batches give the same bytes.
#[derive(Debug)]
pub struct TableWriter {
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
}

impl TableWriter {
    /// An empty table.
    ///
    /// # Errors
    /// When Parquet cannot hold the schema.
    pub fn new(schema: &SchemaRef) -> Result<Self, FormatError> {
        let properties = WriterProperties::builder()
            .set_created_by("mino".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(vec![KeyValue::new("mino.format".to_owned(), FORMAT_VERSION.to_string())]))
            .build();
        let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties));
        Ok(Self { writer: writer.map_err(|e| FormatError::new("write Parquet", e))?, rows: 0 })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When the batch has another schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), FormatError> {
        self.rows += batch.num_rows();
        self.writer.write(batch).map_err(|e| FormatError::new("write Parquet", e))
    }

    /// The file, and the number of its rows.
    ///
    /// # Errors
    /// When it cannot be completed.
    pub fn finish(self) -> Result<(Bytes, usize), FormatError> {
        let bytes = self.writer.into_inner().map_err(|e| FormatError::new("write Parquet", e))?;
        Ok((bytes.into(), self.rows))
    }
}

/// One Parquet file of a batch. The same batch gives the same bytes.
///
/// # Errors
/// When Parquet cannot hold the batch.
pub fn write_batch(batch: &RecordBatch) -> Result<Bytes, FormatError> {
    let mut writer = TableWriter::new(&batch.schema())?;
    writer.write(batch)?;
    Ok(writer.finish()?.0)
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
    rows_of(builder(bytes)?)
}

/// Rows of some columns of a Parquet file, named by their paths; a column that it does not have is left out.
pub(super) fn read_columns<T: DeserializeOwned>(bytes: Bytes, columns: &[&str]) -> Result<Vec<T>, FormatError> {
    let builder = builder(bytes)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    rows_of(builder.with_projection(mask))
}

fn builder(bytes: Bytes) -> Result<ParquetRecordBatchReaderBuilder<Bytes>, FormatError> {
    ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| FormatError::new("read Parquet", e))
}

fn rows_of<T: DeserializeOwned>(builder: ParquetRecordBatchReaderBuilder<Bytes>) -> Result<Vec<T>, FormatError> {
    let reader = builder.build().map_err(|e| FormatError::new("read Parquet", e))?;
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
            retry_in_ms: None,
        }
    }

    #[test]
    fn journal_rows_come_back_as_they_went_in() {
        let retried = JournalRow { found: vec![], retry_in_ms: Some(1500), ..journal_row() };
        let rows = vec![journal_row(), retried];
        let bytes = write_rows(&journal_schema(), &rows).unwrap();
        assert_eq!(bytes, write_rows(&journal_schema(), &rows).unwrap(), "the same rows give the same bytes");
        assert_eq!(read_rows::<JournalRow>(bytes.clone()).unwrap(), rows);
        let marks = read_marks(bytes).unwrap();
        assert_eq!(marks.iter().map(|mark| mark.retry_in_ms.is_some()).collect::<Vec<_>>(), [false, true]);
        assert!(marks.iter().all(|mark| mark.task_id == "t" && mark.attempt_number == 1 && mark.status == "success"));
    }

    #[test]
    fn journals_of_before_retries_were_told_still_read() {
        let fields =
            journal_schema().fields().iter().filter(|field| field.name() != "retry_in_ms").cloned().collect::<Vec<_>>();
        let before = std::sync::Arc::new(arrow::datatypes::Schema::new(fields));
        let bytes = write_rows(&before, &[journal_row()]).unwrap();
        assert_eq!(read_rows::<JournalRow>(bytes.clone()).unwrap(), [journal_row()]);
        assert_eq!(read_marks(bytes).unwrap().len(), 1);
    }

    #[test]
    fn a_table_in_parts_has_all_their_rows() {
        let part = rows_to_batch(&journal_schema(), &[journal_row(), journal_row()]).unwrap();
        let mut table = TableWriter::new(&journal_schema()).unwrap();
        table.write(&part).unwrap();
        table.write(&part).unwrap();
        let (bytes, rows) = table.finish().unwrap();
        assert_eq!((rows, read_rows::<JournalRow>(bytes).unwrap().len()), (4, 4));
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
