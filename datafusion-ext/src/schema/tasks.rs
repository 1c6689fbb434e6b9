use super::{RunColumns, optional, required, text_list, text_map, timestamp, with_run_columns};
use arrow::datatypes::{DataType, SchemaRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One row of a run: one site's extraction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRow {
    /// Columns of the run.
    #[serde(flatten)]
    pub run: RunColumns,
    /// UUIDv5 of (run, row).
    pub task_id: String,
    /// The dataset's key, or the row's number from 1.
    pub row_id: String,
    /// Where the browser was sent.
    pub site_url: String,
    /// A name for people: the dataset's name column, or the host.
    pub site_name: String,
    /// The prompt, filled in with the row.
    pub goal: String,
    /// Column → value of the row, without its ground truth.
    pub input: BTreeMap<String, String>,
    /// `queued`, `running`, `completed`, `failed`, `skipped`.
    pub status: String,
    /// `success`, `partial`, `blocked`, `error`; NULL while unfinished.
    pub status_category: Option<String>,
    /// Attempts made.
    pub attempt_count: u32,
    /// The attempt whose outcome counts.
    pub last_attempt_id: Option<String>,
    /// Fields with a valid value.
    pub extracted_fields: Vec<String>,
    /// Fields without one.
    pub missing_fields: Vec<String>,
    /// Fields with a valid value / fields expected, 0..=1.
    pub completeness: Option<f64>,
    /// Weighted mean of the fields' confidence, 0..=1.
    pub confidence: Option<f64>,
    /// Smallest confidence of a found field, 0..=1.
    pub min_confidence: Option<f64>,
    /// Some cell of the row has ground truth.
    pub has_ground_truth: bool,
    /// `pass`, `partial`, `fail`; NULL without ground truth.
    pub accuracy_result: Option<String>,
    /// Of the attempt that counts.
    pub failure_category: Option<String>,
    /// Of the attempt that counts.
    pub failure_reason: Option<String>,
    /// Of the attempt that counts.
    pub blocked_reason: Option<String>,
    /// A person should look: blocked, or a found value below .5.
    pub needs_review: bool,
    /// Start of the first attempt, µs UTC.
    pub started_at: Option<i64>,
    /// End of the last attempt, µs UTC.
    pub completed_at: Option<i64>,
    /// Sum over the attempts, milliseconds.
    pub duration_ms: Option<u64>,
    /// Sum over the attempts.
    pub cost: Option<f64>,
}

/// Columns of `tasks`.
#[must_use]
pub fn tasks_schema() -> SchemaRef {
    with_run_columns(vec![
        required("task_id", DataType::Utf8),
        required("row_id", DataType::Utf8),
        required("site_url", DataType::Utf8),
        required("site_name", DataType::Utf8),
        required("goal", DataType::Utf8),
        required("input", text_map()),
        required("status", DataType::Utf8),
        optional("status_category", DataType::Utf8),
        required("attempt_count", DataType::UInt32),
        optional("last_attempt_id", DataType::Utf8),
        required("extracted_fields", text_list()),
        required("missing_fields", text_list()),
        optional("completeness", DataType::Float64),
        optional("confidence", DataType::Float64),
        optional("min_confidence", DataType::Float64),
        required("has_ground_truth", DataType::Boolean),
        optional("accuracy_result", DataType::Utf8),
        optional("failure_category", DataType::Utf8),
        optional("failure_reason", DataType::Utf8),
        optional("blocked_reason", DataType::Utf8),
        required("needs_review", DataType::Boolean),
        optional("started_at", timestamp()),
        optional("completed_at", timestamp()),
        optional("duration_ms", DataType::UInt64),
        optional("cost", DataType::Float64),
    ])
}
