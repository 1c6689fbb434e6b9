use super::parquet_file::read_columns;
use super::{AttemptRow, FormatError, attempts_schema, optional, required};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One finished attempt with everything that finalize needs to derive the tables from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalRow {
    /// As it will be published.
    pub attempt: AttemptRow,
    /// What was found for each field.
    pub found: Vec<FoundField>,
    /// Milliseconds after which the task was to be tried again; NULL: this attempt ended it.
    #[serde(default)]
    pub retry_in_ms: Option<u64>,
}

/// How an attempt ended, without what it found: enough to go on with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalMark {
    /// UUIDv5 of (run, row).
    pub task_id: String,
    /// From 1.
    pub attempt_number: u32,
    /// `initial`, `auto_retry`, `manual_retry`.
    pub trigger: String,
    /// `success`, `failed`, `timeout`, `blocked`, `cancelled`.
    pub status: String,
    /// When it ended, in microseconds since 1970, UTC.
    pub completed_at: i64,
    /// Milliseconds after which the task was to be tried again; `None`: this attempt ended it.
    pub retry_in_ms: Option<u64>,
}

/// The marks of a journal file: its other columns are not even unpacked.
///
/// # Errors
/// When the bytes are not Parquet, or hold other columns.
pub fn read_marks(bytes: Bytes) -> Result<Vec<JournalMark>, FormatError> {
    #[derive(Deserialize)]
    struct Attempt {
        task_id: String,
        attempt_number: u32,
        trigger: String,
        status: String,
        completed_at: i64,
    }
    #[derive(Deserialize)]
    struct Row {
        attempt: Attempt,
        #[serde(default)]
        retry_in_ms: Option<u64>,
    }
    let columns = [
        "attempt.task_id",
        "attempt.attempt_number",
        "attempt.trigger",
        "attempt.status",
        "attempt.completed_at",
        "retry_in_ms",
    ];
    let rows: Vec<Row> = read_columns(bytes, &columns)?;
    let mark = |Row { attempt, retry_in_ms }: Row| JournalMark {
        task_id: attempt.task_id,
        attempt_number: attempt.attempt_number,
        trigger: attempt.trigger,
        status: attempt.status,
        completed_at: attempt.completed_at,
        retry_in_ms,
    };
    Ok(rows.into_iter().map(mark).collect())
}

/// What one attempt found for one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundField {
    /// Name of the field.
    pub field: String,
    /// As found on the page.
    pub raw: String,
    /// In canonical form; NULL when it is not of the type or breaks a rule.
    pub value: Option<String>,
    /// As a number, where the type has one.
    pub number: Option<f64>,
    /// ISO 4217, where the value is money.
    pub currency: Option<String>,
    /// Probability that the value is right, 0..=1.
    pub confidence: f64,
    /// The same before calibration.
    pub raw_confidence: f64,
    /// Which resolver won.
    pub resolver: String,
    /// Selector or path that finds the value again.
    pub evidence: String,
}

/// Columns of a journal file.
#[must_use]
pub fn journal_schema() -> SchemaRef {
    let found = DataType::Struct(
        vec![
            required("field", DataType::Utf8),
            required("raw", DataType::Utf8),
            optional("value", DataType::Utf8),
            optional("number", DataType::Float64),
            optional("currency", DataType::Utf8),
            required("confidence", DataType::Float64),
            required("raw_confidence", DataType::Float64),
            required("resolver", DataType::Utf8),
            required("evidence", DataType::Utf8),
        ]
        .into(),
    );
    let attempt = DataType::Struct(attempts_schema().fields().clone());
    Arc::new(Schema::new(vec![
        Field::new("attempt", attempt, false),
        required("found", DataType::List(Arc::new(required("item", found)))),
        optional("retry_in_ms", DataType::UInt64),
    ]))
}
