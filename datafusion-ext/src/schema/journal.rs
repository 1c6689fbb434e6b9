use super::{AttemptRow, attempts_schema, optional, required};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One finished attempt with everything that finalize needs to derive the tables from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalRow {
    /// As it will be published.
    pub attempt: AttemptRow,
    /// What was found for each field.
    pub found: Vec<FoundField>,
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
    ]))
}
