use super::{DatasetError, RawTable};
use crate::model::{Column, DatasetVersion, FieldType};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use mino_datafusion::schema::write_batch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// A dataset version with its rows as Parquet.
#[derive(Debug, Clone)]
pub struct Frozen {
    /// What it is.
    pub version: DatasetVersion,
    /// Its rows.
    pub parquet: Bytes,
}

/// Typed rows as Parquet. A column gets its Arrow type only where every cell comes back as the text that was given; so
/// nothing about a ground truth is lost.
///
/// # Errors
/// When Parquet cannot hold them.
pub fn freeze(table: &RawTable, version: DatasetVersion) -> Result<Frozen, DatasetError> {
    let failed = |error: &dyn std::fmt::Display| DatasetError::Freeze(error.to_string());
    let arrays: Vec<ArrayRef> =
        version.columns.iter().enumerate().map(|(index, column)| typed(table, index, &column.column_type)).collect();
    let fields: Vec<Field> =
        version.columns.iter().zip(&arrays).map(|(c, a)| Field::new(&c.name, a.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| failed(&error))?;
    let parquet = write_batch(&batch).map_err(|error| failed(&error))?;
    Ok(Frozen { version, parquet })
}

fn typed(table: &RawTable, index: usize, column_type: &FieldType) -> ArrayRef {
    let text: ArrayRef = Arc::new(table.column(index).clone());
    let wanted = match column_type {
        FieldType::Integer => DataType::Int64,
        FieldType::Number => DataType::Float64,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        _ => return text,
    };
    let lossless = || {
        let typed = cast(&text, &wanted).ok()?;
        let back = cast(&typed, &DataType::Utf8).ok()?;
        (back.as_string::<i32>() == table.column(index)).then_some(typed)
    };
    lossless().unwrap_or(text)
}

/// SHA-256 over columns, roles and cells, each with its length: the identity of a version.
pub(super) fn content_sha256(table: &RawTable, columns: &[Column], key: Option<&str>, absent: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: Option<&str>| {
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hash.update(text.unwrap_or_default());
    };
    add(key);
    add(Some(absent));
    for (index, column) in columns.iter().enumerate() {
        add(Some(&column.name));
        add(Some(&column.column_type.to_string()));
        add(Some(&column.role.to_string()));
        table.cells(index).for_each(&mut add);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Rows of a frozen dataset, each with its id.
#[derive(Debug, Clone)]
pub struct FrozenRows {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Row id and the row's cells that are not blank, by column.
    pub rows: Vec<(String, BTreeMap<String, String>)>,
}

/// Reads back what [`freeze`] wrote, as text.
///
/// # Errors
/// When the bytes are not a frozen dataset.
pub fn thaw(version: &DatasetVersion, parquet: Bytes) -> Result<FrozenRows, DatasetError> {
    let failed = |error: String| DatasetError::Freeze(error);
    let builder = ParquetRecordBatchReaderBuilder::try_new(parquet).map_err(|error| failed(error.to_string()))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(|error| failed(error.to_string()))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))?;
    let whole = concat_batches(&schema, &batches).map_err(|error| failed(error.to_string()))?;
    let columns: Vec<ArrayRef> = whole
        .columns()
        .iter()
        .map(|array| cast(array, &DataType::Utf8).map_err(|error| failed(error.to_string())))
        .collect::<Result<_, _>>()?;
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let row = |row: usize| {
        let mut cells = BTreeMap::new();
        for (name, column) in names.iter().zip(&columns) {
            let column = column.as_string::<i32>();
            if column.is_valid(row) {
                cells.insert(name.clone(), column.value(row).to_owned());
            }
        }
        let key = version.key_column.as_ref().and_then(|key| cells.get(key).cloned());
        (key.unwrap_or_else(|| (row + 1).to_string()), cells)
    };
    let rows = (0..whole.num_rows()).map(row).collect();
    Ok(FrozenRows { names, rows })
}
