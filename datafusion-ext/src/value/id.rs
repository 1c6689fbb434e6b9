use super::{TypedValue, ValueError, text};

/// Identifiers and words of a fixed set: trimmed, white space collapsed; leading zeros and case stay.
pub(super) fn normalise(raw: &str) -> Result<TypedValue, ValueError> {
    let text = text::collapse(raw);
    if text.is_empty() { Err(ValueError::new("an identifier", raw)) } else { Ok(TypedValue::text(text)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_stay() {
        assert_eq!(normalise(" 00123 ").unwrap().text, "00123");
        assert!(normalise("").is_err());
    }
}
