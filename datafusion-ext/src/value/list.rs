use super::{FieldType, TypedValue, ValueError, ValueRule};

/// A JSON array of the canonical texts of the items; `rule` is that of an item.
///
/// Items come from a JSON array, else from lines or semicolons, else from bars, else (only where a value of the type
/// cannot hold one) from commas. Blank items are dropped; an empty JSON array is an empty list.
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let given = items(rule, raw);
    if given.is_empty() && json_items(raw).is_none() {
        return Err(ValueError::new("a list, such as [\"one\", \"two\"]", raw));
    }
    let items =
        given.iter().map(|item| super::normalise(rule, item)).collect::<Result<Vec<TypedValue>, ValueError>>()?;
    let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    let text = serde_json::Value::from(texts).to_string();
    Ok(TypedValue { items, ..TypedValue::text(text) })
}

/// The items of a list as given.
pub(super) fn items(rule: &ValueRule, raw: &str) -> Vec<String> {
    json_items(raw).unwrap_or_else(|| split(&rule.field_type, raw))
}

/// The items of a JSON array of scalars, without blanks and nulls; `None` when the text is anything else.
pub(crate) fn json_items(text: &str) -> Option<Vec<String>> {
    use serde_json::Value;
    let text = text.trim();
    if !(text.starts_with('[') && text.ends_with(']')) {
        return None;
    }
    let values: Vec<Value> = serde_json::from_str(text).ok()?;
    let items = values.into_iter().filter_map(|value| match value {
        Value::Null => None,
        Value::String(text) => Some(Some(text)),
        Value::Bool(_) | Value::Number(_) => Some(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => Some(None),
    });
    let items: Option<Vec<String>> = items.collect();
    items.map(|items| items.into_iter().filter(|item| !item.trim().is_empty()).collect())
}

fn split(item: &FieldType, raw: &str) -> Vec<String> {
    let pieces: Vec<&str> = if raw.contains(['\n', '\r', ';']) {
        // An extension is written with a semicolon: "+12025550100;ext=12".
        let whole = *item == FieldType::Phone && raw.contains(";ext=");
        raw.split(|c| matches!(c, '\n' | '\r') || (c == ';' && !whole)).collect()
    } else if raw.contains('|') {
        raw.split('|').collect()
    } else {
        match item {
            FieldType::Boolean | FieldType::Email | FieldType::Phone | FieldType::Enum | FieldType::Id => {
                raw.split(',').collect()
            }
            // Addresses hold commas, but no spaces.
            FieldType::Url => raw.split(", ").collect(),
            _ => vec![raw],
        }
    };
    pieces.into_iter().map(without_bullet).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

fn without_bullet(piece: &str) -> &str {
    let piece = piece.trim();
    let bullets = ["• ", "· ", "▪ ", "◦ ", "‣ ", "– ", "- ", "* "];
    bullets.iter().find_map(|bullet| piece.strip_prefix(bullet)).map_or(piece, str::trim_start)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(item: FieldType, raw: &str) -> Result<String, ValueError> {
        normalise(&ValueRule::new(item), raw).map(|value| value.text)
    }

    #[test]
    fn items_are_split_where_they_can_be() {
        for (item, raw, expected) in [
            (FieldType::Text, r#"["a", " b ", null, 3]"#, r#"["a","b","3"]"#),
            (FieldType::Text, "[]", "[]"),
            (FieldType::Text, "flour\n sugar\n\n", r#"["flour","sugar"]"#),
            (FieldType::Text, "• flour\n- sugar", r#"["flour","sugar"]"#),
            (FieldType::Text, "1 egg, beaten; salt", r#"["1 egg, beaten","salt"]"#),
            (FieldType::Text, "a | b", r#"["a","b"]"#),
            (FieldType::Text, "one, two", r#"["one, two"]"#),
            (FieldType::Text, "[not json", r#"["[not json"]"#),
            (FieldType::Money, "1.099,00 €\n$5", r#"["1099.00 EUR","5.00 USD"]"#),
            (FieldType::Number, "1,5", r#"["1.5"]"#),
            (FieldType::Email, "a@b.co, C@d.co", r#"["a@b.co","c@d.co"]"#),
            (FieldType::Phone, "+12025550100;ext=12", r#"["+12025550100;ext=12"]"#),
            (FieldType::Url, "example.com/a,b, example.com", r#"["https://example.com/a,b","https://example.com/"]"#),
        ] {
            assert_eq!(read(item, raw).unwrap(), expected, "{raw}");
        }
    }

    #[test]
    fn one_bad_item_spoils_the_list() {
        let message = read(FieldType::Number, "[1, \"x\"]").unwrap_err().to_string();
        assert_eq!(message, "expected a number, such as 1,099.50, got `x`");
        assert!(read(FieldType::Text, " ").is_err());
    }
}
