use mino_datafusion::layout::Slug;
use mino_datafusion::value::FieldType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a column is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// The address of the page.
    Url,
    /// Something the prompt may use.
    Input,
    /// The known answer for this field.
    GroundTruth(String),
}

impl fmt::Display for ColumnRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("url"),
            Self::Input => f.write_str("input"),
            Self::GroundTruth(field) => write!(f, "ground truth of {field}"),
        }
    }
}

/// One column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// As in the source.
    pub name: String,
    /// Inferred from its content, or given.
    #[serde(rename = "type")]
    pub column_type: FieldType,
    /// What it is for.
    pub role: ColumnRole,
    /// Cells that are not blank.
    pub filled: u64,
}

/// One frozen version of a dataset: the body of its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetVersion {
    /// Name of the dataset.
    pub dataset: Slug,
    /// Where the rows came from.
    pub source: String,
    /// SHA-256 of columns, roles and rows: the identity of the version.
    pub content_sha256: String,
    /// Number of rows.
    pub rows: u64,
    /// Rows whose address stood in an earlier row.
    pub duplicates: u64,
    /// Column with the address of the page.
    pub url_column: String,
    /// Column that identifies a row; `None`: its number.
    pub key_column: Option<String>,
    /// Ground truth that means "known to be absent".
    pub absent: String,
    /// Every column.
    pub columns: Vec<Column>,
}

impl DatasetVersion {
    /// `(field, column)` of the ground truth.
    pub fn ground_truth(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter_map(|column| match &column.role {
            ColumnRole::GroundTruth(field) => Some((field.as_str(), column.name.as_str())),
            _ => None,
        })
    }
}
