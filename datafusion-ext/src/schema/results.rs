use super::{FieldRow, FormatError, RunColumns, TaskRow, optional, required, rows_to_batch, timestamp};
use crate::value::FieldType;
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// One field of a campaign, as it becomes columns of `results`.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultColumn {
    /// Name of the field.
    pub name: String,
    /// Type of the field.
    pub field_type: FieldType,
    /// The dataset has ground truth for it: `__expected` and `__match` are added.
    pub has_ground_truth: bool,
}

/// Columns of `results` for these fields: the run's, the task's, then for each field its value in its own type,
/// `<field>__currency` for money, `<field>__confidence`, and where ground truth exists `<field>__expected` and
/// `<field>__match`.
#[must_use]
pub fn results_schema(columns: &[ResultColumn]) -> SchemaRef {
    let mut fields = leading_schema().fields().to_vec();
    for column in columns {
        let name = &column.name;
        fields.push(Arc::new(optional(name, value_type(&column.field_type))));
        if column.field_type == FieldType::Money {
            fields.push(Arc::new(optional(&format!("{name}__currency"), DataType::Utf8)));
        }
        fields.push(Arc::new(optional(&format!("{name}__confidence"), DataType::Float64)));
        if column.has_ground_truth {
            fields.push(Arc::new(optional(&format!("{name}__expected"), DataType::Utf8)));
            fields.push(Arc::new(optional(&format!("{name}__match"), DataType::Utf8)));
        }
    }
    Arc::new(Schema::new(fields))
}

/// The wide table of one run. `fields` are the long rows of the same tasks, in any order.
///
/// # Errors
/// When the rows do not fit the columns.
pub fn results_batch(
    columns: &[ResultColumn],
    tasks: &[TaskRow],
    fields: &[FieldRow],
) -> Result<RecordBatch, FormatError> {
    let leading: Vec<LeadingRow<'_>> = tasks.iter().map(LeadingRow::of).collect();
    let mut arrays = rows_to_batch(&leading_schema(), &leading)?.columns().to_vec();
    let cells: HashMap<(&str, &str), &FieldRow> =
        fields.iter().map(|row| ((row.task_id.as_str(), row.field.as_str()), row)).collect();
    for column in columns {
        let rows: Vec<Option<&FieldRow>> =
            tasks.iter().map(|task| cells.get(&(task.task_id.as_str(), column.name.as_str())).copied()).collect();
        arrays.push(value_array(&column.field_type, &rows));
        if column.field_type == FieldType::Money {
            arrays.push(strings(&rows, |row| iso_currency(row.value.as_deref()?)));
        }
        arrays.push(Arc::new(rows.iter().map(|row| row.and_then(|row| row.confidence)).collect::<Float64Array>()));
        if column.has_ground_truth {
            arrays.push(strings(&rows, |row| row.expected.as_deref()));
            arrays.push(strings(&rows, |row| row.outcome.as_deref()));
        }
    }
    RecordBatch::try_new(results_schema(columns), arrays).map_err(|e| FormatError::new("make columns of results", e))
}

#[derive(Serialize)]
struct LeadingRow<'a> {
    #[serde(flatten)]
    run: &'a RunColumns,
    task_id: &'a str,
    row_id: &'a str,
    site_url: &'a str,
    site_name: &'a str,
    status: &'a str,
    status_category: Option<&'a str>,
    confidence: Option<f64>,
    completeness: Option<f64>,
    accuracy_result: Option<&'a str>,
    completed_at: Option<i64>,
}

impl<'a> LeadingRow<'a> {
    fn of(task: &'a TaskRow) -> Self {
        Self {
            run: &task.run,
            task_id: &task.task_id,
            row_id: &task.row_id,
            site_url: &task.site_url,
            site_name: &task.site_name,
            status: &task.status,
            status_category: task.status_category.as_deref(),
            confidence: task.confidence,
            completeness: task.completeness,
            accuracy_result: task.accuracy_result.as_deref(),
            completed_at: task.completed_at,
        }
    }
}

fn leading_schema() -> SchemaRef {
    super::with_run_columns(vec![
        required("task_id", DataType::Utf8),
        required("row_id", DataType::Utf8),
        required("site_url", DataType::Utf8),
        required("site_name", DataType::Utf8),
        required("status", DataType::Utf8),
        optional("status_category", DataType::Utf8),
        optional("confidence", DataType::Float64),
        optional("completeness", DataType::Float64),
        optional("accuracy_result", DataType::Utf8),
        optional("completed_at", timestamp()),
    ])
}

fn value_type(field_type: &FieldType) -> DataType {
    match field_type {
        FieldType::Integer => DataType::Int64,
        FieldType::Number | FieldType::Money | FieldType::Duration => DataType::Float64,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        FieldType::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
        FieldType::List(_) => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        FieldType::Text | FieldType::Url | FieldType::Email | FieldType::Phone | FieldType::Enum | FieldType::Id => {
            DataType::Utf8
        }
    }
}

/// A value that its column cannot hold (a date of a year alone) is NULL here; `fields.value` still has it.
fn value_array(field_type: &FieldType, rows: &[Option<&FieldRow>]) -> ArrayRef {
    let numbers = || rows.iter().map(|row| row.and_then(|row| row.value.as_ref().and(row.number)));
    let texts = || rows.iter().map(|row| row.and_then(|row| row.value.as_deref()));
    match value_type(field_type) {
        DataType::Int64 => Arc::new(texts().map(|text| text?.parse::<i64>().ok()).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(numbers().collect::<Float64Array>()),
        DataType::Boolean => Arc::new(texts().map(|text| Some(text? == "true")).collect::<BooleanArray>()),
        DataType::Date32 => Arc::new(texts().map(|text| days(text?)).collect::<Date32Array>()),
        DataType::Timestamp(..) => Arc::new(texts().map(|text| micros(text?)).collect::<TimestampMicrosecondArray>()),
        DataType::List(_) => {
            let mut builder = ListBuilder::new(StringBuilder::new());
            for text in texts() {
                match text.and_then(|text| serde_json::from_str::<Vec<String>>(text).ok()) {
                    Some(items) => {
                        items.iter().for_each(|item| builder.values().append_value(item));
                        builder.append(true);
                    }
                    None => builder.append(false),
                }
            }
            Arc::new(builder.finish())
        }
        _ => Arc::new(texts().collect::<StringArray>()),
    }
}

fn strings<'a>(rows: &[Option<&'a FieldRow>], of: impl Fn(&'a FieldRow) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| row.and_then(&of)).collect::<StringArray>())
}

/// The currency of canonical money, `1099.00 EUR`; a sign that several currencies share is none.
fn iso_currency(money: &str) -> Option<&str> {
    let (_, currency) = money.split_once(' ')?;
    (currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(currency)
}

fn days(date: &str) -> Option<i32> {
    let days = date.parse::<NaiveDate>().ok()?.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).ok()
}

fn micros(datetime: &str) -> Option<i64> {
    match DateTime::parse_from_rfc3339(datetime) {
        Ok(zoned) => Some(zoned.timestamp_micros()),
        Err(_) => {
            let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
            let local = local.iter().find_map(|format| NaiveDateTime::parse_from_str(datetime, format).ok())?;
            Some(local.and_utc().timestamp_micros())
        }
    }
}
