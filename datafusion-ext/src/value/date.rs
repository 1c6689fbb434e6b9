use super::{TypedValue, ValueError, ValueRule, moment};

/// `YYYY-MM-DD`, or `YYYY-MM` or `YYYY` where no more is said. A time of day is dropped: the date is the one that was
/// written, in whatever zone.
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let (date, _) = moment::parse(rule, raw).ok_or_else(|| ValueError::new("a date, such as 2024-03-04", raw))?;
    Ok(TypedValue::text(date.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::FieldType;

    fn read(country: Option<&str>, raw: &str) -> Option<String> {
        let rule = ValueRule { country: country.map(str::to_owned), ..ValueRule::new(FieldType::Date) };
        normalise(&rule, raw).ok().map(|value| value.text)
    }

    #[test]
    fn dates_of_many_languages() {
        for (raw, expected) in [
            ("2024-03-04", "2024-03-04"),
            ("2024-03", "2024-03"),
            ("2024", "2024"),
            ("2024/3/4", "2024-03-04"),
            ("20240304", "2024-03-04"),
            ("2024-03-04T23:30:00-05:00", "2024-03-04"),
            ("Mon, 04 Mar 2024 10:00:00 GMT", "2024-03-04"),
            ("March 3, 2024", "2024-03-03"),
            ("Mar 3rd 2024", "2024-03-03"),
            ("the 3rd of March, 2024", "2024-03-03"),
            ("3 March 2024", "2024-03-03"),
            ("Sonntag, den 3. März 2024", "2024-03-03"),
            ("1er août 2024", "2024-08-01"),
            ("mar. 5 mai 2024", "2024-05-05"),
            ("3 de marzo de 2024", "2024-03-03"),
            ("3 marzo 2024", "2024-03-03"),
            ("3 maart 2024", "2024-03-03"),
            ("3 de março de 2024", "2024-03-03"),
            ("3 października 2024 r.", "2024-10-03"),
            ("3 maj 2024", "2024-05-03"),
            ("2024年3月4日", "2024-03-04"),
            ("2024年3月", "2024-03"),
            ("2024년 3월 4일", "2024-03-04"),
            ("March 2024", "2024-03"),
            ("03/2024", "2024-03"),
            ("4.3.24", "2024-03-04"),
            ("31/12/99", "1999-12-31"),
            ("03/04/2024", "2024-04-03"),
            ("12/31/2024", "2024-12-31"),
            ("31/12/2024", "2024-12-31"),
        ] {
            assert_eq!(read(None, raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn the_united_states_begin_with_the_month() {
        assert_eq!(read(Some("US"), "03/04/2024").as_deref(), Some("2024-03-04"));
        assert_eq!(read(Some("us"), "13/04/2024").as_deref(), Some("2024-04-13"));
        assert_eq!(read(Some("US"), "03.04.2024").as_deref(), Some("2024-04-03"));
        assert_eq!(read(Some("DE"), "03/04/2024").as_deref(), Some("2024-04-03"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for raw in
            ["", "soon", "2024-13-01", "30 February 2024", "March 3", "32/01/2024", "3", "123456", "Marchy 3 2024"]
        {
            assert_eq!(read(None, raw), None, "{raw}");
        }
    }
}
