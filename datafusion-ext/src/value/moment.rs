use super::calendar::{Calendar, Order};
use super::clock::Clock;
use super::{TypedValue, ValueError, ValueRule, decimal, text};

/// Words between a date and a time.
const CONNECTORS: [&str; 10] = ["at", "um", "a las", "alle", "om", "kl", "kl.", "o", "a", "as"];

/// A day with a time of day in RFC 3339, with the zone as given; a day alone stays one.
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let error = || ValueError::new("a date and time, such as 2024-03-04T10:00:00+01:00", raw);
    let (date, time) = parse(rule, raw).filter(|(date, _)| date.is_day()).ok_or_else(error)?;
    Ok(TypedValue::text(match time {
        Some(time) => format!("{date}T{time}"),
        None => date.to_string(),
    }))
}

/// The date, and the time where there is one.
pub(super) fn parse(rule: &ValueRule, raw: &str) -> Option<(Calendar, Option<Clock>)> {
    let plain = text::plain_words(&decimal::fold_numerals(raw));
    let month_first = rule.country.as_deref().is_some_and(|country| country.eq_ignore_ascii_case("us"));
    let order = if month_first { Order::MonthFirst } else { Order::DayFirst };
    if let Some(date) = Calendar::parse(&plain, order) {
        return Some((date, None));
    }
    let start = time_start(&plain)?;
    let (before, after) = plain.split_at(start);
    let before = trim_connector(before);
    if !before.is_empty() {
        return Some((Calendar::parse(before, order)?, Some(Clock::parse(after)?)));
    }
    time_first(after, order)
}

/// Where "10:00" or "10h30" begins; the zone of RFC 3339 ("+01:00") comes later in the text.
fn time_start(plain: &str) -> Option<usize> {
    let bytes = plain.as_bytes();
    let colon = bytes.windows(2).enumerate().position(|(at, pair)| {
        at > 0 && bytes[at - 1].is_ascii_digit() && (pair[0] == b':' || pair[0] == b'h') && pair[1].is_ascii_digit()
    })?;
    let digits = bytes[..colon].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    Some(colon - digits)
}

fn trim_connector(before: &str) -> &str {
    let separators = [' ', ',', '-', '|', '·', ';'];
    let before = before.trim_end_matches(separators);
    // The "t" of RFC 3339.
    let before = before.strip_suffix('t').filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit())).unwrap_or(before);
    let cut = CONNECTORS.iter().find_map(|word| before.strip_suffix(word)?.strip_suffix(' '));
    cut.unwrap_or(before).trim_end_matches(separators)
}

/// "10:00, 4 March 2024": the time is the longest beginning that reads as one.
fn time_first(text: &str, order: Order) -> Option<(Calendar, Option<Clock>)> {
    let cuts = text.match_indices([',', ' ', '|']).map(|(at, _)| at).take(6);
    cuts.collect::<Vec<_>>().into_iter().rev().find_map(|at| {
        let (time, date) = text.split_at(at);
        let date = date.trim_start_matches([',', ' ', '|', '-']);
        Some((Calendar::parse(date, order)?, Some(Clock::parse(time.trim_end_matches([',', ' ']))?)))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::FieldType;

    #[test]
    fn times_in_many_forms() {
        let rule = ValueRule::new(FieldType::Datetime);
        for (raw, expected) in [
            ("2024-03-04T10:00:00Z", "2024-03-04T10:00:00Z"),
            ("2024-03-04T10:00:00+02:00", "2024-03-04T10:00:00+02:00"),
            ("2024-03-04T10:00:00-0500", "2024-03-04T10:00:00-05:00"),
            ("2024-03-04 10:00", "2024-03-04T10:00:00"),
            ("2024-03-04T10:00:00.250Z", "2024-03-04T10:00:00.25Z"),
            ("2024-03-04T10:00:00.1000000001Z", "2024-03-04T10:00:00.1Z"),
            ("Mon, 04 Mar 2024 10:00:00 GMT", "2024-03-04T10:00:00Z"),
            ("Mon, 4 Mar 2024 10:00:00 +0100 (CET)", "2024-03-04T10:00:00+01:00"),
            ("March 4, 2024 at 10:30 PM EST", "2024-03-04T22:30:00-05:00"),
            ("March 4, 2024, 12:05 a.m.", "2024-03-04T00:05:00"),
            ("4. März 2024 um 10:30 Uhr", "2024-03-04T10:30:00"),
            ("4 mars 2024 à 10h30", "2024-03-04T10:30:00"),
            ("2024年3月4日 10:30", "2024-03-04T10:30:00"),
            ("10:30, 4 March 2024", "2024-03-04T10:30:00"),
            ("04/03/2024 - 9:05", "2024-03-04T09:05:00"),
            ("2024-03-04", "2024-03-04"),
        ] {
            assert_eq!(normalise(&rule, raw).unwrap().text, expected, "{raw}");
        }
        for raw in
            ["", "10:00", "2024-03", "2024-03-04T25:00", "2024-03-04T10:00 sharp", "2024-02-30T10:00", "13:00 pm"]
        {
            assert!(normalise(&rule, raw).is_err(), "{raw}");
        }
    }
}
