use super::{RunColumns, optional, required, text_map, timestamp, with_run_columns};
use arrow::datatypes::{DataType, SchemaRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One try of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// Columns of the run.
    #[serde(flatten)]
    pub run: RunColumns,
    /// UUIDv5 of (run, row).
    pub task_id: String,
    /// UUIDv5 of (task, number).
    pub attempt_id: String,
    /// From 1.
    pub attempt_number: u32,
    /// `initial`, `auto_retry`, `manual_retry`.
    pub trigger: String,
    /// `success`, `failed`, `timeout`, `blocked`, `cancelled`.
    pub status: String,
    /// `extraction_failed`, `page_error`, `blocked`, `timeout`.
    pub failure_category: Option<String>,
    /// One sentence.
    pub failure_reason: Option<String>,
    /// `captcha`, `login_required`, `paywall`, `geo_blocked`, `rate_limited`, `consent_wall`, `robots`,
    /// `address_guard`.
    pub blocked_reason: Option<String>,
    /// Microseconds since the epoch, UTC.
    pub started_at: i64,
    /// Microseconds since the epoch, UTC.
    pub completed_at: i64,
    /// Milliseconds between the two, by the monotonic clock.
    pub duration_ms: u64,
    /// Field name → value as found on the page.
    pub extracted: BTreeMap<String, String>,
    /// Something was found, but a required field was not.
    pub partial: bool,
    /// What happened, in order.
    pub reasoning: Vec<ReasoningRow>,
    /// Pictures kept of the page.
    pub screenshots: Vec<ScreenshotRow>,
    /// Address of the page after redirects.
    pub final_url: Option<String>,
    /// Status of the page's own response.
    pub http_status: Option<u16>,
    /// Bytes received for the page's own document.
    pub bytes: Option<u64>,
    /// In the currency of the campaign's prices; NULL without prices.
    pub cost: Option<f64>,
    /// Who ran it: host name and process.
    pub worker: String,
    /// The technical error, where there was one.
    pub error: Option<String>,
}

/// One step of the reasoning of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasoningRow {
    /// From 1.
    pub step: u32,
    /// One word: `navigate`, `wait`, `detect`, `extract` …
    pub action: String,
    /// What came of it.
    pub result: String,
    /// Microseconds since the epoch, UTC.
    pub at: i64,
}

/// One picture of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenshotRow {
    /// Address of the page.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// Microseconds since the epoch, UTC.
    pub at: i64,
    /// Path in the store.
    pub path: String,
}

/// Columns of `attempts`.
#[must_use]
pub fn attempts_schema() -> SchemaRef {
    let reasoning = DataType::Struct(
        vec![
            required("step", DataType::UInt32),
            required("action", DataType::Utf8),
            required("result", DataType::Utf8),
            required("at", timestamp()),
        ]
        .into(),
    );
    let screenshot = DataType::Struct(
        vec![
            required("url", DataType::Utf8),
            required("title", DataType::Utf8),
            required("at", timestamp()),
            required("path", DataType::Utf8),
        ]
        .into(),
    );
    with_run_columns(vec![
        required("task_id", DataType::Utf8),
        required("attempt_id", DataType::Utf8),
        required("attempt_number", DataType::UInt32),
        required("trigger", DataType::Utf8),
        required("status", DataType::Utf8),
        optional("failure_category", DataType::Utf8),
        optional("failure_reason", DataType::Utf8),
        optional("blocked_reason", DataType::Utf8),
        required("started_at", timestamp()),
        required("completed_at", timestamp()),
        required("duration_ms", DataType::UInt64),
        required("extracted", text_map()),
        required("partial", DataType::Boolean),
        required("reasoning", DataType::List(Arc::new(required("item", reasoning)))),
        required("screenshots", DataType::List(Arc::new(required("item", screenshot)))),
        optional("final_url", DataType::Utf8),
        optional("http_status", DataType::UInt16),
        optional("bytes", DataType::UInt64),
        optional("cost", DataType::Float64),
        required("worker", DataType::Utf8),
        optional("error", DataType::Utf8),
    ])
}
