use super::{RunColumns, optional, required, with_run_columns};
use arrow::datatypes::{DataType, SchemaRef};
use serde::{Deserialize, Serialize};

/// One task × field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldRow {
    /// Columns of the run.
    #[serde(flatten)]
    pub run: RunColumns,
    /// UUIDv5 of (run, row).
    pub task_id: String,
    /// The dataset's key, or the row's number from 1.
    pub row_id: String,
    /// Where the browser was sent.
    pub site_url: String,
    /// Name of the field.
    pub field: String,
    /// Its type, as `money` or `list<text>`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// As found on the page.
    pub raw: Option<String>,
    /// In canonical form; NULL when nothing was found or it is not of the type.
    pub value: Option<String>,
    /// As a number, where the type has one (a duration: in the field's unit).
    pub number: Option<f64>,
    /// Probability that the value is right, 0..=1.
    pub confidence: Option<f64>,
    /// The same before calibration.
    pub raw_confidence: Option<f64>,
    /// How `confidence` came about: `heuristic`, or the version of the calibration.
    pub calibration: Option<String>,
    /// Which resolver won.
    pub resolver: Option<String>,
    /// Selector or path that finds the value again.
    pub evidence: Option<String>,
    /// Ground truth; NULL when unknown.
    pub expected: Option<String>,
    /// `exact`, `equivalent`, `wrong`, `missing`, `spurious`, `absent`; NULL when ground truth is unknown.
    #[serde(rename = "match")]
    pub outcome: Option<String>,
    /// Similarity with the ground truth, 0..=1.
    pub score: Option<f64>,
}

/// Columns of `fields`.
#[must_use]
pub fn fields_schema() -> SchemaRef {
    with_run_columns(vec![
        required("task_id", DataType::Utf8),
        required("row_id", DataType::Utf8),
        required("site_url", DataType::Utf8),
        required("field", DataType::Utf8),
        required("type", DataType::Utf8),
        optional("raw", DataType::Utf8),
        optional("value", DataType::Utf8),
        optional("number", DataType::Float64),
        optional("confidence", DataType::Float64),
        optional("raw_confidence", DataType::Float64),
        optional("calibration", DataType::Utf8),
        optional("resolver", DataType::Utf8),
        optional("evidence", DataType::Utf8),
        optional("expected", DataType::Utf8),
        optional("match", DataType::Utf8),
        optional("score", DataType::Float64),
    ])
}
