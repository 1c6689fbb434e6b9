use super::required;
use arrow::datatypes::{DataType, Field};
use serde::{Deserialize, Serialize};

/// The columns that every table has, besides the partition columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunColumns {
    /// UUIDv7 of the run.
    pub run_id: String,
    /// `test` or `production`.
    pub run_type: String,
    /// Version of the instructions, as `1.0`.
    pub instructions_version: String,
    /// Slug of the dataset.
    pub dataset: String,
    /// Version of the dataset, from 1.
    pub dataset_version: u64,
}

impl RunColumns {
    pub(super) fn fields() -> Vec<Field> {
        vec![
            required("run_id", DataType::Utf8),
            required("run_type", DataType::Utf8),
            required("instructions_version", DataType::Utf8),
            required("dataset", DataType::Utf8),
            required("dataset_version", DataType::UInt64),
        ]
    }
}
