//! Columns of the published tables and of the journal, and the rows that fill them.
//!
//! Partition columns (`org`, `campaign`, `date`) are in the path and not in the file, as Hive-style readers expect.

mod attempts;
mod fields;
mod journal;
mod parquet_file;
mod results;
mod run_columns;
mod tasks;

pub use attempts::{AttemptRow, ReasoningRow, ScreenshotRow, attempts_schema};
pub use fields::{FieldRow, fields_schema};
pub use journal::{FoundField, JournalMark, JournalRow, journal_schema, read_marks};
pub use parquet_file::{FormatError, TableWriter, read_rows, rows_to_batch, write_batch, write_rows};
pub use results::{ResultColumn, results_batch, results_schema};
pub use run_columns::RunColumns;
pub use tasks::{TaskRow, tasks_schema};

use crate::layout::Table;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

/// The fixed schema of a table; `None` for `results`, whose columns are the campaign's fields.
#[must_use]
pub fn table_schema(table: Table) -> Option<SchemaRef> {
    match table {
        Table::Attempts => Some(attempts_schema()),
        Table::Fields => Some(fields_schema()),
        Table::Tasks => Some(tasks_schema()),
        Table::Results => None,
    }
}

fn required(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, false)
}

fn optional(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn text_list() -> DataType {
    DataType::List(Arc::new(required("item", DataType::Utf8)))
}

fn text_map() -> DataType {
    let entries = DataType::Struct(vec![required("keys", DataType::Utf8), required("values", DataType::Utf8)].into());
    DataType::Map(Arc::new(required("entries", entries)), false)
}

fn with_run_columns(fields: Vec<Field>) -> SchemaRef {
    let mut all = RunColumns::fields();
    all.extend(fields);
    Arc::new(Schema::new(all))
}
