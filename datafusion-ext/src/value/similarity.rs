use super::text_similarity::{FoldedText, casefold};
use super::{FieldType, TypedValue, ValueRule, list, list_similarity, normalise, text};
use chrono::DateTime;

/// How alike two values are by the rule of their field, 0..=1; `None` when either is blank.
///
/// Texts and lists have degrees (`SEMANTICS.md`); every other type is equal (1) or not (0), within the tolerances of the
/// rule. Values may be given raw or canonical. A value that is not of the type only equals the same text, whatever its
/// case. Dates are compared at the precision of `expected`; amounts, times and telephone numbers by currency, zone and
/// country only where both have one.
///
/// ```
/// use mino_datafusion::value::{FieldType, ValueRule, similarity};
/// let rule = ValueRule::new(FieldType::Duration);
/// assert_eq!(similarity(&rule, "1 h 20 min", "PT80M"), Some(1.0));
/// ```
#[must_use]
pub fn similarity(rule: &ValueRule, expected: &str, found: &str) -> Option<f64> {
    let expected = Prepared::new(rule, expected)?;
    let found = Prepared::new(rule, found)?;
    Some(expected.similarity(&found, rule))
}

/// A value made ready to be compared with many.
#[derive(Debug)]
pub(super) enum Prepared {
    Text(FoldedText),
    /// A text that counts something, or means one of a few terms.
    Term(FoldedText),
    Value(TypedValue),
    List(Vec<Prepared>),
    /// Not of its type: the text, in lower case.
    Other(String),
}

impl Prepared {
    /// `None` when the text is blank.
    pub(super) fn new(rule: &ValueRule, raw: &str) -> Option<Self> {
        if raw.trim().is_empty() {
            return None;
        }
        Some(match &rule.field_type {
            FieldType::Text if rule.means(raw).is_some() => {
                Self::Term(FoldedText::new(rule.means(raw).as_deref().unwrap_or(raw)))
            }
            FieldType::Text => Self::Text(FoldedText::new(raw)),
            FieldType::List(item) => {
                let rule = rule.for_item(item);
                Self::List(list::items(&rule, raw).iter().filter_map(|item| Self::new(&rule, item)).collect())
            }
            _ => match normalise(rule, raw) {
                Ok(value) => Self::Value(value),
                Err(_) => Self::Other(casefold(&text::collapse(raw))),
            },
        })
    }

    /// The text that two equal values share.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Text(text) | Self::Term(text) => text.as_str(),
            Self::Value(value) => &value.text,
            Self::Other(text) => text,
            Self::List(_) => "",
        }
    }

    pub(super) fn similarity(&self, found: &Self, rule: &ValueRule) -> f64 {
        match (self, found) {
            // "4 servings" and "6 servings" look alike and are not.
            (Self::Term(expected), Self::Term(found)) => share(expected.as_str() == found.as_str()),
            (Self::Text(expected) | Self::Term(expected), Self::Text(found) | Self::Term(found)) => {
                expected.similarity(found)
            }
            (Self::List(expected), Self::List(found)) => match &rule.field_type {
                FieldType::List(item) => list_similarity::similarity(&rule.for_item(item), expected, found),
                _ => 0.0,
            },
            (Self::Value(expected), Self::Value(found)) => share(equal(rule, expected, found)),
            (Self::Other(expected), Self::Other(found)) => share(expected == found),
            _ => 0.0,
        }
    }
}

fn share(equal: bool) -> f64 {
    if equal { 1.0 } else { 0.0 }
}

fn equal(rule: &ValueRule, expected: &TypedValue, found: &TypedValue) -> bool {
    match rule.field_type {
        FieldType::Integer | FieldType::Number | FieldType::Duration => near(rule, expected, found),
        FieldType::Money => same_currency(expected, found) && near(rule, expected, found),
        // "2024-03" is right for 4 March 2024; the other way round a day is missing.
        FieldType::Date => found.text.starts_with(&expected.text),
        FieldType::Datetime => same_moment(&expected.text, &found.text),
        FieldType::Phone => same_line(&expected.text, &found.text),
        _ => expected.text == found.text || casefold(&expected.text) == casefold(&found.text),
    }
}

/// Two telephone numbers, by country only where both have one: "+49 30 123456" and "030 123456" are the same.
fn same_line(expected: &str, found: &str) -> bool {
    let parts = |text: &str| {
        let (number, extension) = text.split_once(";ext=").unwrap_or((text, ""));
        (number.to_owned(), extension.to_owned())
    };
    let (expected, found) = (parts(expected), parts(found));
    let (national, international) = match (expected.0.strip_prefix('+'), found.0.strip_prefix('+')) {
        (None, Some(international)) => (&expected.0, international),
        (Some(international), None) => (&found.0, international),
        _ => return expected == found,
    };
    let significant = national.trim_start_matches('0');
    let code = international.strip_suffix(significant).unwrap_or_default();
    // Italian numbers keep their zero behind the country code.
    let code = code.strip_suffix('0').unwrap_or(code).parse::<u16>();
    // A country's code and nothing of an area's: "555 0100" is a line in every one of them.
    let is_country = code.is_ok_and(|code| phonenumber::metadata::DATABASE.by_code(&code).is_some());
    significant.len() >= 6 && is_country && expected.1 == found.1
}

fn same_currency(expected: &TypedValue, found: &TypedValue) -> bool {
    match (&expected.currency, &found.currency) {
        (Some(expected), Some(found)) => expected == found,
        _ => true,
    }
}

fn near(rule: &ValueRule, expected: &TypedValue, found: &TypedValue) -> bool {
    if expected.text == found.text {
        return true;
    }
    let (Some(expected), Some(found)) = (expected.number, found.number) else { return false };
    let tolerance = rule.tolerance(expected);
    // Digits beyond the precision of f64 only differ in the text.
    let noise = if rule.field_type == FieldType::Integer && tolerance == 0.0 {
        return false;
    } else {
        1e-12 * expected.abs().max(found.abs())
    };
    (expected - found).abs() <= tolerance + noise
}

/// The same instant where both name a zone, else the same reading of the clock; at the precision of `expected`.
fn same_moment(expected: &str, found: &str) -> bool {
    if !expected.contains('T') {
        return found.starts_with(expected);
    }
    let seconds_only = !expected.contains('.');
    if let (Ok(expected), Ok(found)) = (DateTime::parse_from_rfc3339(expected), DateTime::parse_from_rfc3339(found)) {
        let same_fraction = seconds_only || expected.timestamp_subsec_nanos() == found.timestamp_subsec_nanos();
        return expected.timestamp() == found.timestamp() && same_fraction;
    }
    let (expected, found) = (local(expected), local(found));
    expected == found || (seconds_only && found.split('.').next() == Some(expected))
}

/// A canonical date and time without its zone.
fn local(moment: &str) -> &str {
    let time = moment.find('T').map_or(0, |at| at + 1);
    let zone = moment[time..].find(['Z', '+', '-']).map_or(moment.len(), |at| time + at);
    &moment[..zone]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn matches(rule: &ValueRule, expected: &str, found: &str) -> bool {
        similarity(rule, expected, found).unwrap() >= rule.match_threshold()
    }

    fn rule(name: &str) -> ValueRule {
        ValueRule::new(name.parse().unwrap())
    }

    #[test]
    fn telephone_numbers_with_and_without_country() {
        let rule = ValueRule::new(FieldType::Phone);
        for (a, b) in [
            ("030 227 320 37", "+49 30 22732037"),
            ("06 1234 5678", "+39 06 1234 5678"),
            ("(202) 456-1414", "+12024561414"),
        ] {
            assert!(matches(&rule, a, b) && matches(&rule, b, a), "{a} {b}");
        }
        for (a, b) in [
            ("030 227 320 37", "+49 40 22732037"),
            ("12345", "+49 30 12345"),
            ("+49 30 123456", "+43 30 123456"),
            ("030 123456", "+49 30 123456 ext. 7"),
        ] {
            assert!(!matches(&rule, a, b), "{a} {b}");
        }
    }

    #[test]
    fn every_type_has_its_own_rule() {
        for (name, expected, found) in [
            ("integer", "1,250", "1.250"),
            ("number", "1.099,00", "1099"),
            ("money", "1.099,00 €", "1099.00 EUR"),
            ("money", "1099", "1.099,00 €"),
            ("boolean", "yes", "true"),
            ("date", "2024-03", "4 March 2024"),
            ("datetime", "2024-03-04T10:00:00Z", "2024-03-04T11:00:00.5+01:00"),
            ("datetime", "2024-03-04 10:00", "2024-03-04T10:00:00+01:00"),
            ("datetime", "2024-03-04", "2024-03-04T10:00:00Z"),
            ("duration", "1 h 20 min", "PT80M"),
            ("url", "https://Example.com:443#top", "https://example.com/?utm_source=x"),
            ("email", "Ann@Example.com", "mailto:ann@example.com"),
            ("phone", "030 123456", "(030) 123-456"),
            ("enum", "In Stock", "in stock"),
            ("id", "00aB", "00Ab"),
            ("list<money>", r#"["5 €", "7 €"]"#, "7,00 €\n5,00 €"),
        ] {
            assert!(matches(&rule(name), expected, found), "{name}: {expected} / {found}");
        }
        for (name, expected, found) in [
            ("integer", "12345678901234567890", "12345678901234567891"),
            ("number", "12.5", "12.6"),
            ("money", "10 EUR", "$10"),
            ("date", "2024-03-04", "2024-03"),
            ("datetime", "2024-03-04T10:00:00Z", "2024-03-04T10:00:00+01:00"),
            ("datetime", "2024-03-04T10:00:00.5Z", "2024-03-04T10:00:00Z"),
            ("duration", "80 min", "81 min"),
            ("url", "https://www.example.com", "https://example.com"),
            ("url", "http://example.com", "https://example.com"),
            ("phone", "+12025550100 ext 5", "+12025550100"),
            ("id", "0012", "12"),
            ("number", "soon", "later"),
            ("number", "12", "twelve"),
        ] {
            assert!(!matches(&rule(name), expected, found), "{name}: {expected} / {found}");
        }
    }

    #[test]
    fn what_is_not_of_its_type_equals_the_same_text() {
        assert_eq!(similarity(&rule("number"), "N/A", " n/a "), Some(1.0));
        assert_eq!(similarity(&rule("number"), "12", ""), None);
    }

    #[test]
    fn tolerances_widen_a_match() {
        let mut rule = rule("money");
        rule.abs_tol = 0.01;
        assert!(matches(&rule, "10.00", "10.01") && !matches(&rule, "10.00", "10.02"));
        rule.rel_tol = 0.1;
        assert!(matches(&rule, "100", "110") && !matches(&rule, "100", "111"));
    }

    #[test]
    fn lists_are_assigned_one_to_one() {
        let list = rule("list");
        assert_eq!(similarity(&list, r#"["a", "a", "b"]"#, r#"["a", "b", "c"]"#), Some(2.0 / 3.0));
        assert_eq!(similarity(&list, r#"["a", "b"]"#, "[]"), Some(0.0));
        assert_eq!(similarity(&list, "[]", "[]"), Some(1.0));
        // Taking the equal pair first would leave the other two unmatched.
        assert_eq!(similarity(&list, r#"["abcde", "abcdX"]"#, r#"["abcde", "Ybcde"]"#), Some(1.0));
    }

    #[test]
    fn long_lists_are_quick() {
        let list =
            |from: u32| serde_json::Value::from((from..from + 2000).map(|n| format!("w{n}")).collect::<Vec<_>>());
        let rule = rule("list<id>");
        let started = std::time::Instant::now();
        assert_eq!(similarity(&rule, &list(0).to_string(), &list(200).to_string()), Some(0.9));
        assert!(started.elapsed().as_secs() < 20);
    }
}
