use super::{DatasetError, RawTable};
use crate::model::{DatasetSource, FieldType};
use mino_datafusion::value::{ValueRule, normalise};

/// A type for each column: the one given, else the file's own, else what every cell of it is.
pub(super) fn types(table: &RawTable, source: &DatasetSource) -> Result<Vec<FieldType>, DatasetError> {
    for column in source.types.keys() {
        table.require(&source.source, column, "dataset.types")?;
    }
    let of = |(index, name): (usize, &String)| match (source.types.get(name), table.declared(index)) {
        (Some(given), _) => given.clone(),
        (None, Some(declared)) => declared.clone(),
        (None, None) => infer(|| table.cells(index).flatten()),
    };
    Ok(table.names().iter().enumerate().map(of).collect())
}

fn infer<'a, I: Iterator<Item = &'a str>>(cells: impl Fn() -> I) -> FieldType {
    if cells().next().is_none() {
        return FieldType::Text;
    }
    let all = |test: fn(&str) -> bool| cells().all(test);
    if all(|cell| matches!(cell.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no")) {
        return FieldType::Boolean;
    }
    if all(is_plain_integer) {
        return FieldType::Integer;
    }
    if all(is_plain_number) {
        return FieldType::Number;
    }
    if all(|cell| cell.starts_with('[') && serde_json::from_str::<Vec<serde_json::Value>>(cell).is_ok()) {
        return FieldType::List(Box::new(FieldType::Text));
    }
    if all(|cell| cell.starts_with("http://") || cell.starts_with("https://")) {
        return FieldType::Url;
    }
    if all(|cell| cell.contains('@') && reads_as(FieldType::Email, cell)) {
        return FieldType::Email;
    }
    let dated = |cell: &str| cell.len() >= 8 && cell.starts_with(|c: char| c.is_ascii_digit());
    if cells().all(|cell| dated(cell) && !cell.contains(':') && reads_as(FieldType::Date, cell)) {
        return FieldType::Date;
    }
    if cells().all(|cell| dated(cell) && cell.contains(':') && reads_as(FieldType::Datetime, cell)) {
        return FieldType::Datetime;
    }
    FieldType::Text
}

fn reads_as(field_type: FieldType, cell: &str) -> bool {
    normalise(&ValueRule::new(field_type), cell).is_ok()
}

/// Leading zeros and plus signs carry meaning (post codes, phones), so such a column stays text.
fn is_plain_integer(cell: &str) -> bool {
    cell.parse::<i64>().is_ok_and(|number| number.to_string() == cell)
}

fn is_plain_number(cell: &str) -> bool {
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    let padded = unsigned.starts_with('0') && unsigned.len() > 1 && !unsigned.starts_with("0.");
    !padded && unsigned.starts_with(|c: char| c.is_ascii_digit()) && cell.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_column_is() {
        let of = |cells: &'static [&str]| infer(|| cells.iter().copied()).to_string();
        assert_eq!(of(&["1", "20"]), "integer");
        assert_eq!(of(&["01", "20"]), "text");
        assert_eq!(of(&["1", "2.50"]), "number");
        assert_eq!(of(&["yes", "No"]), "boolean");
        assert_eq!(of(&["https://a.b/", "http://c/"]), "url");
        assert_eq!(of(&["2024-03-01"]), "date");
        assert_eq!(of(&["[\"a\"]"]), "list<text>");
        assert_eq!(of(&["a@example.com"]), "email");
        assert_eq!(of(&[]), "text");
    }
}
