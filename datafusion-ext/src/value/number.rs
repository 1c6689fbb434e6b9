use super::decimal::{self, Dot};
use super::{TypedValue, ValueError};

/// A decimal number in plain notation.
pub(super) fn number(raw: &str) -> Result<TypedValue, ValueError> {
    let decimal = decimal::parse(&decimal::fold_numerals(raw), Dot::Point)
        .ok_or_else(|| ValueError::new("a number, such as 1,099.50", raw))?;
    Ok(TypedValue::number(decimal.text, decimal.value))
}

/// A whole number. "1.250" is 1250 here, since with a decimal point it would not be whole.
pub(super) fn integer(raw: &str) -> Result<TypedValue, ValueError> {
    let decimal = decimal::parse(&decimal::fold_numerals(raw), Dot::Grouping)
        .filter(|decimal| !decimal.text.contains('.'))
        .ok_or_else(|| ValueError::new("a whole number, such as 1,099", raw))?;
    Ok(TypedValue::number(decimal.text, decimal.value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_many_countries() {
        let same = [
            ("1.099,00", "1099"),
            ("1,099.00", "1099"),
            ("12,50", "12.5"),
            ("1,250", "1250"),
            ("1.250", "1.25"),
            ("1.250.000", "1250000"),
            ("1,234,567.891", "1234567.891"),
            ("12,34,567", "1234567"),
            ("1\u{202f}234,5", "1234.5"),
            ("1 234 567", "1234567"),
            ("1'250.00", "1250"),
            ("1’250", "1250"),
            ("0,125", "0.125"),
            ("1250,000", "1250"),
            (".5", "0.5"),
            ("5.", "5"),
            ("12,-", "12"),
            ("12.–", "12"),
            ("45 %", "45"),
            ("−3", "-3"),
            ("+3", "3"),
            ("- 3", "-3"),
            ("-0.0", "0"),
            ("½", "0.5"),
            ("1½", "1.5"),
            ("1 1/2", "1.5"),
            ("3⁄4", "0.75"),
            ("١٢٣٫٥", "123.5"),
            ("١٬٢٥٠", "1250"),
            ("１２３", "123"),
            ("007", "7"),
            ("1e-7", "0.0000001"),
            ("2.5E3", "2500"),
            ("12345678901234567890", "12345678901234567890"),
            ("\u{200f}12\u{200f}", "12"),
        ];
        for (raw, expected) in same {
            let value = number(raw).unwrap();
            assert_eq!(value.text, expected, "{raw}");
            assert_eq!(value.number, Some(expected.parse().unwrap()), "{raw}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for raw in [
            "",
            " ",
            "abc",
            "12 kg",
            "1,2,3",
            "1.2.3",
            "1..2",
            "12,",
            "1,23.4,5",
            "10²",
            "1/0",
            "3/4/2024",
            "NaN",
            "inf",
            "1e999",
            "--1",
            "1 23",
            "'",
            "e5",
            "1_000",
            "030 123456",
        ] {
            assert!(number(raw).is_err(), "{raw}");
        }
        let message = number("twelve").unwrap_err().to_string();
        assert_eq!(message, "expected a number, such as 1,099.50, got `twelve`");
    }

    #[test]
    fn integers_have_no_fraction() {
        for (raw, expected) in [("1.250", "1250"), ("1.250,00", "1250"), ("42.0", "42"), ("1,250", "1250")] {
            assert_eq!(integer(raw).unwrap().text, expected, "{raw}");
        }
        assert!(integer("12.5").is_err());
        assert!(integer("½").is_err());
    }
}
