use super::DatasetError;
use crate::model::FieldType;
use arrow::array::{Array, StringArray};
use std::collections::HashSet;

/// A data file as it was read: named columns of text, with the type of a column where the file itself knows it. A blank
/// cell is NULL.
#[derive(Debug, Clone)]
pub struct RawTable {
    names: Vec<String>,
    columns: Vec<StringArray>,
    declared: Vec<Option<FieldType>>,
}

impl RawTable {
    /// From columns of one length.
    ///
    /// # Errors
    /// When two columns have one name.
    pub fn new(
        source_name: &str,
        names: Vec<String>,
        columns: Vec<StringArray>,
        declared: Vec<Option<FieldType>>,
    ) -> Result<Self, DatasetError> {
        let mut seen = HashSet::new();
        if let Some(column) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(DatasetError::DuplicateColumn { source_name: source_name.into(), column: column.clone() });
        }
        Ok(Self { names, columns, declared })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of the column with this name.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Cells of one column; a blank one is `None`.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = Option<&str>> {
        self.columns[column].iter()
    }

    /// One column.
    #[must_use]
    pub fn column(&self, column: usize) -> &StringArray {
        &self.columns[column]
    }

    /// One cell; a blank one is `None`.
    #[must_use]
    pub fn cell(&self, column: usize, row: usize) -> Option<&str> {
        let column = &self.columns[column];
        column.is_valid(row).then(|| column.value(row))
    }

    /// The type that the file itself gives a column.
    #[must_use]
    pub fn declared(&self, column: usize) -> Option<&FieldType> {
        self.declared[column].as_ref()
    }
}

/// A cell as data files mean it: blank is unknown.
pub(super) fn cell(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then_some(trimmed)
}
