use serde::Serialize;
use std::collections::BTreeMap;

/// What checking a dataset brought to light; none of it stops a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DatasetReport {
    /// Number of rows.
    pub rows: usize,
    /// Rows (from 1) whose address stood in an earlier row.
    pub duplicates: Vec<usize>,
    /// Rows (from 1) with a blank address; they become failed tasks.
    pub blank_urls: Vec<usize>,
    /// Field → share of rows whose ground truth is known, 0..=1.
    pub coverage: BTreeMap<String, f64>,
}

/// One cell that breaks a rule of its column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellError {
    /// Row number, from 1.
    pub row: usize,
    /// Column name.
    pub column: String,
    /// What is wrong.
    pub error: String,
}
