use super::raw_table::cell;
use super::{DatasetError, RawTable};
use crate::model::FieldType;
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Reads a Parquet file.
pub(super) fn read(name: &str, bytes: Bytes) -> Result<RawTable, DatasetError> {
    let bad = |reason: String| DatasetError::NotThatFormat { source_name: name.into(), format: "Parquet", reason };
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| bad(error.to_string()))?;
    let schema = builder.schema().clone();
    let reader = builder.build().map_err(|error| bad(error.to_string()))?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| bad(error.to_string()))?;
    let whole = concat_batches(&schema, &batches).map_err(|error| bad(error.to_string()))?;
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    let columns: Result<Vec<StringArray>, String> = whole.columns().iter().map(texts).collect();
    let declared = schema.fields().iter().map(|field| declared_type(field.data_type())).collect();
    RawTable::new(name, names, columns.map_err(bad)?, declared)
}

fn texts(array: &ArrayRef) -> Result<StringArray, String> {
    if let DataType::List(_) | DataType::LargeList(_) = array.data_type() {
        return lists(array);
    }
    let text = cast(array, &DataType::Utf8).map_err(|error| error.to_string())?;
    Ok(text.as_string::<i32>().iter().map(|text| text.and_then(cell)).collect())
}

/// A list becomes the JSON array that a CSV would hold.
fn lists(array: &ArrayRef) -> Result<StringArray, String> {
    let list = cast(array, &DataType::new_list(DataType::Utf8, true)).map_err(|error| error.to_string())?;
    let list = list.as_list::<i32>();
    let options = FormatOptions::default();
    let row = |index: usize| {
        if list.is_null(index) {
            return Ok(None);
        }
        let items = list.value(index);
        let formatter = ArrayFormatter::try_new(&items, &options).map_err(|error| error.to_string())?;
        let items: Vec<String> = (0..items.len()).map(|item| formatter.value(item).to_string()).collect();
        serde_json::to_string(&items).map(Some).map_err(|error| error.to_string())
    };
    (0..list.len()).map(row).collect()
}

fn declared_type(data_type: &DataType) -> Option<FieldType> {
    match data_type {
        DataType::Boolean => Some(FieldType::Boolean),
        data_type if data_type.is_integer() => Some(FieldType::Integer),
        data_type if data_type.is_numeric() => Some(FieldType::Number),
        DataType::Date32 | DataType::Date64 => Some(FieldType::Date),
        DataType::Timestamp(..) => Some(FieldType::Datetime),
        DataType::List(_) | DataType::LargeList(_) => Some(FieldType::List(Box::new(FieldType::Text))),
        _ => None,
    }
}
