use super::raw_table::cell;
use super::{DatasetError, RawTable};
use crate::model::FieldType;
use arrow::array::StringArray;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Reads one JSON object a line, or one array of objects.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<RawTable, DatasetError> {
    let bad = |reason| DatasetError::NotThatFormat { source_name: name.into(), format: "JSON lines", reason };
    let text = std::str::from_utf8(bytes).map_err(|error| bad(format!("it is not UTF-8 ({error})")))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut rows: Vec<Map<String, Value>> = Vec::new();
    if text.trim_start().starts_with('[') {
        rows = serde_json::from_str(text).map_err(|error| bad(format!("not an array of objects: {error}")))?;
    } else {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let row = serde_json::from_str(line)
                .map_err(|error| bad(format!("line {} is not one JSON object: {error}", number + 1)))?;
            rows.push(row);
        }
    }
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<&str, ()> = HashMap::new();
    for key in rows.iter().flat_map(Map::keys) {
        if known.insert(key, ()).is_none() {
            names.push(key.clone());
        }
    }
    let column = |name: &String| rows.iter().map(|row| row.get(name).and_then(text_of)).collect::<StringArray>();
    let declared = |name: &String| declared_type(rows.iter().filter_map(|row| row.get(name)));
    RawTable::new(name, names.clone(), names.iter().map(column).collect(), names.iter().map(declared).collect())
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => cell(text).map(str::to_owned),
        other => Some(other.to_string()),
    }
}

/// JSON knows a boolean from a text: `"true"` stays what it was.
fn declared_type<'a>(values: impl Iterator<Item = &'a Value>) -> Option<FieldType> {
    let mut kinds = values.filter(|value| !value.is_null()).map(|value| match value {
        Value::Bool(_) => Some(FieldType::Boolean),
        Value::Number(number) if number.is_f64() => Some(FieldType::Number),
        Value::Number(_) => Some(FieldType::Integer),
        Value::Array(_) => Some(FieldType::List(Box::new(FieldType::Text))),
        _ => None,
    });
    let first = kinds.next()??;
    kinds.all(|kind| kind.as_ref() == Some(&first)).then_some(first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_order_of_appearance_and_missing_ones_blank() {
        let table = read("t", b"{\"url\": \"http://a/\", \"n\": 1}\n\n{\"x\": [1], \"url\": \" \"}\n").unwrap();
        assert_eq!(table.names(), ["url", "n", "x"]);
        assert_eq!((table.cell(0, 1), table.cell(1, 0), table.cell(2, 1)), (None, Some("1"), Some("[1]")));
        assert_eq!(table.declared(1), Some(&FieldType::Integer));
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = read("t", b"{}\nnope\n").unwrap_err().to_string();
        assert!(error.starts_with("`t` is not JSON lines: line 2 "), "{error}");
    }
}
