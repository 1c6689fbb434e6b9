use super::{TypedValue, ValueError, ValueRule, decimal};
use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;

/// Marks of an extension, longest first.
const EXTENSIONS: [&str; 14] = [
    ";ext=",
    "extension",
    "durchwahl",
    "interno",
    "anexo",
    "poste",
    "extn",
    "toestel",
    "ext",
    "int",
    "app",
    "dw",
    "x",
    "#",
];

/// Fewest digits of a number; emergency numbers have three.
const SHORTEST: usize = 3;
/// Most digits of a number (E.164 allows 15; some trunk prefixes come on top).
const LONGEST: usize = 20;

/// E.164, with an extension as `;ext=123`.
///
/// A number without country code in a field without country is just its digits, so that two of them still compare.
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let error = || ValueError::new("a telephone number, such as +1 202 555 0100", raw);
    let folded = decimal::fold_numerals(raw).to_ascii_lowercase();
    let (number, extension) = split_extension(&folded);
    let number = number_part(number).ok_or_else(error)?;
    let country = rule.country.as_deref().and_then(|code| code.to_ascii_uppercase().parse::<Id>().ok());
    let mut text =
        if number.starts_with('+') || country.is_some() { e164(country, &number).ok_or_else(error)? } else { number };
    if let Some(extension) = extension {
        text.push_str(";ext=");
        text.push_str(extension);
    }
    Ok(TypedValue::text(text))
}

/// What stands before an extension, and the digits of the extension.
fn split_extension(text: &str) -> (&str, Option<&str>) {
    let head = text.trim_end_matches([')', ' ', '.']);
    let start = head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, digits) = head.split_at(start);
    if !(1..=8).contains(&digits.len()) {
        return (text, None);
    }
    let before = before.trim_end_matches([' ', '.', ':']);
    for mark in EXTENSIONS {
        if let Some(number) = before.strip_suffix(mark) {
            let number = number.trim_end_matches([' ', ',', ';', '(', '-']);
            // "Fax 555 0100" must not become an extension without a number.
            if number.chars().filter(char::is_ascii_digit).count() >= SHORTEST && !number.ends_with(char::is_alphabetic)
            {
                return (number, Some(digits));
            }
        }
    }
    (text, None)
}

/// The digits, with a leading plus where the number is international; `None` when there is anything but a number.
fn number_part(text: &str) -> Option<String> {
    // "Tel.: 030 1234": a label is no part of the number.
    let text = text.trim_start_matches(|c: char| c.is_alphabetic() || [' ', '.', ':', '-'].contains(&c));
    let mut number = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => number.push(c),
            '+' if number.is_empty() => number.push('+'),
            ' ' | '-' | '.' | '/' | '(' | ')' | '[' | ']' | '\'' | ',' | '_' | '*' => {}
            _ => return None,
        }
    }
    if let Some(rest) = number.strip_prefix("00") {
        number = format!("+{rest}");
    }
    let digits = number.trim_start_matches('+').len();
    (SHORTEST..=LONGEST).contains(&digits).then_some(number)
}

/// What reads as itself: the parser takes a trunk prefix away from every number, also where what looks like one is part of
/// the number, and of a repeated one it leaves one.
fn e164(country: Option<Id>, number: &str) -> Option<String> {
    let mut number = number.to_owned();
    loop {
        let is_international = number.starts_with('+');
        if is_international && is_planned(&number) {
            return Some(number);
        }
        // To an international number its own country's rules apply, whatever the field's.
        let parsed = phonenumber::parse(country.filter(|_| !is_international), &number).ok()?;
        // `PhoneNumber` itself fails to print where the country code is not known.
        let code = Some(parsed.code().value()).filter(|code| *code > 0)?;
        let again = format!("+{code}{}", parsed.national());
        if again == number {
            return Some(number);
        }
        if is_international && again.len() >= number.len() {
            return None;
        }
        number = again;
    }
}

/// Whether an international number is one by the plan of its country, without anything before it.
fn is_planned(number: &str) -> bool {
    let digits = number.trim_start_matches('+');
    let mut codes = (1..=3).filter_map(|length| digits.split_at_checked(length)).filter(|_| !digits.starts_with('0'));
    codes.any(|(code, national)| {
        let regions = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code)).unwrap_or_default();
        // The first is the country whose plan the others share.
        let plan = regions.first().map(|region| region.descriptors().general().national_number());
        plan.and_then(|plan| plan.find(national)).is_some_and(|found| found.range() == (0..national.len()))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::FieldType;

    fn read(country: Option<&str>, raw: &str) -> Option<String> {
        let rule = ValueRule { country: country.map(str::to_owned), ..ValueRule::new(FieldType::Phone) };
        normalise(&rule, raw).ok().map(|value| value.text)
    }

    #[test]
    fn numbers_in_many_forms() {
        for (country, raw, expected) in [
            (Some("US"), "(202) 555-0100", "+12025550100"),
            (Some("us"), "202.555.0100", "+12025550100"),
            (Some("US"), "1-202-555-0100", "+12025550100"),
            (Some("US"), "tel:+1-202-555-0100", "+12025550100"),
            (Some("US"), "Phone: 202-555-0100 ext. 12", "+12025550100;ext=12"),
            (Some("US"), "202-555-0100 x12", "+12025550100;ext=12"),
            (Some("US"), "+12025550100;ext=12", "+12025550100;ext=12"),
            (Some("US"), "+44 20 7946 0958", "+442079460958"),
            (Some("DE"), "030 / 123 456", "+4930123456"),
            (None, "+49 (0)30 123456", "+4930123456"),
            (None, "+44 (0)20 7946 0958", "+442079460958"),
            (None, "+39 (0)6 1234 5678", "+390612345678"),
            (None, "0049 30 123456", "+4930123456"),
            (Some("IT"), "06 1234 5678", "+390612345678"),
            (Some("FR"), "01 23 45 67 89", "+33123456789"),
            (None, "030 123-456", "030123456"),
            (None, "(030) 123456", "030123456"),
            (None, "０３０ １２３４５６", "030123456"),
            // What begins as a trunk prefix does is part of the number.
            (Some("LT"), "0 800 12345", "+37080012345"),
            (Some("LT"), "+370 800 12345", "+37080012345"),
            (None, "+370 808 12345", "+37080812345"),
            (None, "+370 (8) 5 212 3456", "+37052123456"),
            (None, "+7 (8) 495 123-45-67", "+74951234567"),
            // The rules of the number's country, not of the field's.
            (Some("US"), "+44 1632 960001", "+441632960001"),
            (Some("DE"), "+39 06 12345678", "+390612345678"),
        ] {
            assert_eq!(read(country, raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn a_trunk_prefix_that_is_repeated_is_taken_away_for_good() {
        for (country, raw) in
            [(None, "+640005123456"), (Some("US"), "1'111-9165/7737"), (Some("DE"), "+49 000 30 123456")]
        {
            let canonical = read(country, raw);
            assert!(canonical.is_some(), "{raw}");
            assert_eq!(canonical.as_deref().and_then(|text| read(country, text)), canonical, "{raw}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for raw in ["", "call us", "12", "555-0100 and 555-0101", "+999", "12345678901234567890123"] {
            assert_eq!(read(None, raw), None, "{raw}");
        }
    }
}
