use super::{
    FieldType, TypedValue, ValueError, ValueRule, boolean, date, duration, email, id, list, moment, money, number,
    phone, text, url,
};

/// Brings one value to the canonical form of its type.
///
/// Canonical texts read as themselves, so normalising twice changes nothing. What each type accepts is described in
/// `docs/values.md` of this crate.
///
/// # Errors
/// When `raw` is blank or not a value of the type; the message says what was given and what was expected.
///
/// ```
/// use mino_datafusion::value::{FieldType, ValueRule, normalise};
/// let price = normalise(&ValueRule::new(FieldType::Money), "1.099,00 €")?;
/// assert_eq!((price.text.as_str(), price.number), ("1099.00 EUR", Some(1099.0)));
/// # Ok::<(), mino_datafusion::value::ValueError>(())
/// ```
pub fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let term = rule.terms.as_ref().and_then(|terms| terms.canonical(raw));
    match &rule.field_type {
        FieldType::Text | FieldType::Enum if term.is_some() => Ok(TypedValue::text(term.unwrap_or(raw).to_owned())),
        FieldType::Boolean if term.is_some() => {
            let yes = rule.terms.as_ref().and_then(|terms| terms.is_yes(raw)).unwrap_or_default();
            boolean::normalise(if yes { "true" } else { "false" })
        }
        FieldType::Text => match rule.counts.as_ref().and_then(|counts| counts.canonical(raw)) {
            Some(counted) => text::normalise(&counted),
            None => text::normalise(raw),
        },
        FieldType::Integer => number::integer(raw),
        FieldType::Number => number::number(raw),
        FieldType::Money => money::normalise(rule, raw),
        FieldType::Boolean => boolean::normalise(raw),
        FieldType::Date => date::normalise(rule, raw),
        FieldType::Datetime => moment::normalise(rule, raw),
        FieldType::Duration => duration::normalise(rule, raw),
        FieldType::Url => url::normalise(raw),
        FieldType::Email => email::normalise(raw),
        FieldType::Phone => phone::normalise(rule, raw),
        FieldType::Enum | FieldType::Id => id::normalise(raw),
        FieldType::List(item) => list::normalise(&rule.for_item(item), raw),
    }
}
