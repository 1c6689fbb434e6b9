use super::{CellError, DatasetError, DatasetReport, RawTable};
use crate::model::{Column, ColumnRole, DatasetSource, Validation};
use mino_datafusion::value::{ValueRule, normalise};
use regex::Regex;
use std::collections::HashMap;

/// How many broken cells a message names.
const SHOWN: usize = 5;

/// Checks rules and keys, and counts duplicates and coverage.
pub(super) fn check(
    table: &RawTable,
    source: &DatasetSource,
    columns: &[Column],
    key: Option<&str>,
) -> Result<DatasetReport, DatasetError> {
    let mut errors = Vec::new();
    for (column, rules) in &source.validate {
        let index = table.require(&source.source, column, "dataset.validate")?;
        let rule = ValueRule::new(columns[index].column_type.clone());
        check_column(table, index, rules, &rule, &mut errors)?;
    }
    if !errors.is_empty() {
        errors.sort_by(|a: &CellError, b| (a.row, &a.column).cmp(&(b.row, &b.column)));
        let lines: Vec<String> =
            errors.iter().take(SHOWN).map(|e| format!("row {}, column `{}`: {}", e.row, e.column, e.error)).collect();
        let more = errors.len().saturating_sub(SHOWN);
        return Err(DatasetError::Invalid {
            source_name: source.source.clone(),
            count: errors.len(),
            first: lines.join("; "),
            more: if more > 0 { format!("; and {more} more") } else { String::new() },
        });
    }
    if let Some(key) = key {
        check_key(table, source, key)?;
    }
    Ok(report(table, columns))
}

fn check_column(
    table: &RawTable,
    index: usize,
    rules: &Validation,
    value: &ValueRule,
    errors: &mut Vec<CellError>,
) -> Result<(), DatasetError> {
    let column = &table.names()[index];
    let compile = |pattern: &String| {
        Regex::new(pattern)
            .map_err(|error| DatasetError::BadPattern { column: column.clone(), reason: error.to_string() })
    };
    let pattern = rules.pattern.as_ref().map(compile).transpose()?;
    for (row, cell) in table.cells(index).enumerate() {
        let error = match cell {
            None => rules.required.then(|| "is blank, and required".to_owned()),
            Some(cell) => {
                let number = normalise(value, cell).ok().and_then(|value| value.number);
                let broken = rules.violation(cell, number, pattern.as_ref());
                let bounded = rules.min.is_some() || rules.max.is_some();
                broken
                    .or_else(|| (bounded && number.is_none()).then(|| "is not a number".into()))
                    .map(|broken| format!("`{}` {broken}", cell.chars().take(60).collect::<String>()))
            }
        };
        errors.extend(error.map(|error| CellError { row: row + 1, column: column.clone(), error }));
    }
    Ok(())
}

fn check_key(table: &RawTable, source: &DatasetSource, key: &str) -> Result<(), DatasetError> {
    let index = table.require(&source.source, key, "dataset.key")?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (row, cell) in table.cells(index).enumerate() {
        let Some(cell) = cell else {
            let error = format!("row {}, column `{key}`: is blank, and `dataset.key` names it", row + 1);
            let source_name = source.source.clone();
            return Err(DatasetError::Invalid { source_name, count: 1, first: error, more: String::new() });
        };
        if let Some(first) = seen.insert(cell, row + 1) {
            let (source_name, key) = (source.source.clone(), cell.to_owned());
            return Err(DatasetError::DuplicateKey { source_name, key, first, second: row + 1 });
        }
    }
    Ok(())
}

fn report(table: &RawTable, columns: &[Column]) -> DatasetReport {
    let mut report = DatasetReport { rows: table.rows(), ..DatasetReport::default() };
    for (index, column) in columns.iter().enumerate() {
        match &column.role {
            ColumnRole::Url => {
                let mut seen = std::collections::HashSet::new();
                for (row, cell) in table.cells(index).enumerate() {
                    match cell {
                        None => report.blank_urls.push(row + 1),
                        Some(cell) if !seen.insert(cell) => report.duplicates.push(row + 1),
                        Some(_) => {}
                    }
                }
            }
            ColumnRole::GroundTruth(field) => {
                report.coverage.insert(field.clone(), column.filled as f64 / table.rows() as f64);
            }
            ColumnRole::Input => {}
        }
    }
    report
}
