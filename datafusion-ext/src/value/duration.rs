use super::decimal::{self, Dot};
use super::duration_words::{is_filler, is_one, seconds_of};
use super::{DurationUnit, TypedValue, ValueError, ValueRule, text};
use std::fmt::Write;

/// Longer than three thousand years is no duration of anything on a page.
const LONGEST: f64 = 1e11;

/// ISO 8601 of days, hours, minutes and seconds; the number is in the unit of the field.
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let unit = rule.unit.unwrap_or(DurationUnit::Seconds);
    let plain = text::plain_words(&decimal::fold_numerals(raw));
    let seconds = read(plain.trim_end_matches(['.', ',', ';', '!']), unit)
        .filter(|seconds| (0.0..=LONGEST).contains(seconds))
        .ok_or_else(|| ValueError::new("a length of time, such as 1 h 20 min or PT1H20M", raw))?;
    // A microsecond is the finest that anybody means; sums of fractions carry noise beyond it.
    let micros = (seconds * 1e6).round();
    Ok(TypedValue::number(iso(micros as u64), micros / (1e6 * unit.seconds())))
}

fn iso(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (second, fraction) = (seconds % 60, micros % 1_000_000);
    let mut text = String::from("P");
    let mut part = |value: u64, before: &str, letter: char| {
        if value > 0 {
            if before == "T" && !text.contains('T') {
                text.push('T');
            }
            // Writing to a string cannot fail.
            let _ = write!(text, "{value}{letter}");
        }
    };
    part(days, "", 'D');
    part(hours, "T", 'H');
    part(minutes, "T", 'M');
    if fraction == 0 {
        part(second, "T", 'S');
    } else {
        let time = if text.contains('T') { "" } else { "T" };
        let digits = format!("{fraction:06}");
        let _ = write!(text, "{time}{second}.{}S", digits.trim_end_matches('0'));
    }
    if text == "P" { "PT0S".to_owned() } else { text }
}

fn read(plain: &str, unit: DurationUnit) -> Option<f64> {
    from_iso(plain).or_else(|| clock(plain, unit)).or_else(|| range(plain, unit)).or_else(|| spoken(plain, unit))
}

/// "p0dt1h20m", "pt80m", "p2w"; years and months have no fixed length and must be zero.
fn from_iso(plain: &str) -> Option<f64> {
    let mut rest = plain.strip_prefix('p')?;
    let (mut total, mut timed, mut parts) = (0.0, false, 0);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('t').filter(|_| !timed) {
            (timed, rest) = (true, time);
            continue;
        }
        let letter = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))?;
        let amount: f64 = rest[..letter].replace(',', ".").parse().ok()?;
        let seconds = match (rest.as_bytes()[letter], timed) {
            (b'y' | b'm', false) if amount == 0.0 => 0.0,
            (b'w', false) => 604_800.0,
            (b'd', false) => 86_400.0,
            (b'h', true) => 3_600.0,
            (b'm', true) => 60.0,
            (b's', true) => 1.0,
            _ => return None,
        };
        total += amount * seconds;
        parts += 1;
        rest = &rest[letter + 1..];
    }
    (parts > 0).then_some(total)
}

/// "1:20:00"; "1:20" is minutes and seconds, but hours and minutes in a field that counts minutes or hours.
fn clock(plain: &str, unit: DurationUnit) -> Option<f64> {
    let parts: Vec<&str> = plain.split(':').collect();
    if !(2..=3).contains(&parts.len()) || !parts[1..].iter().all(|part| part.len() >= 2) {
        return None;
    }
    let mut numbers = Vec::with_capacity(3);
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let allowed = part.bytes().all(|b| b.is_ascii_digit() || (last && b == b'.'));
        let number = if allowed { part.parse::<f64>().ok()? } else { return None };
        if index > 0 && number >= 60.0 {
            return None;
        }
        numbers.push(number);
    }
    let coarse = matches!(unit, DurationUnit::Minutes | DurationUnit::Hours | DurationUnit::Days);
    match numbers[..] {
        [hours, minutes, seconds] => Some(hours * 3_600.0 + minutes * 60.0 + seconds),
        [hours, minutes] if coarse => Some(hours * 3_600.0 + minutes * 60.0),
        [minutes, seconds] => Some(minutes * 60.0 + seconds),
        _ => None,
    }
}

/// "30-40 min" and "1 h bis 1 h 30 min" are the larger of the two.
fn range(plain: &str, unit: DurationUnit) -> Option<f64> {
    let separators = ["-", "~", " to ", " bis ", " a ", " tot ", " ate ", " do ", " till ", " or ", " oder "];
    separators.iter().find_map(|separator| {
        let (low, high) = plain.split_once(separator)?;
        let bare = || decimal::parse(low.trim(), Dot::Point).filter(|low| low.value >= 0.0).map(|_| 0.0);
        let high = spoken(high, unit)?;
        let low = bare().or_else(|| spoken(low, unit))?;
        Some(low.max(high))
    })
}

/// Numbers with units, one after the other: "1 h 20 min", "1 1/2 hours", "1h20", "an hour"; or one bare number.
fn spoken(plain: &str, unit: DurationUnit) -> Option<f64> {
    let mut rest = plain.trim_matches([' ', '~', '<', '(', ')']);
    let mut total = None;
    let mut last_unit: Option<f64> = None;
    while !rest.is_empty() {
        let (amount, after) = match amount(rest) {
            Some(found) => found,
            None => {
                // "1 hour hr": the unit again, for those who do not see its sign.
                let word = unit_word(rest);
                let again = last_unit.is_some() && seconds_of(word) == last_unit;
                rest = if again { rest[word.len()..].trim_start_matches(['.', ' ', ',']) } else { skip_filler(rest)? };
                continue;
            }
        };
        let word = unit_word(after);
        let seconds = match (seconds_of(word), last_unit) {
            (Some(seconds), _) => seconds,
            // "1h20" goes on in the next smaller unit.
            (None, Some(last)) if word.is_empty() && after.is_empty() && last > 1.0 && last <= 3_600.0 => last / 60.0,
            (None, None) if word.is_empty() && after.is_empty() => unit.seconds(),
            _ => return None,
        };
        // Units go down: "20 min 1 h" is two durations, not one.
        if last_unit.is_some_and(|last| seconds >= last) {
            return None;
        }
        last_unit = Some(seconds);
        total = Some(total.unwrap_or(0.0) + amount * seconds);
        rest = after[word.len()..].trim_start_matches(['.', ' ', ',']);
    }
    total
}

/// A number or a word for one, and the text behind it.
fn amount(text: &str) -> Option<(f64, &str)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let end = text.find(|c: char| !(c.is_ascii_digit() || ['.', ',', '/', ' '].contains(&c))).unwrap_or(text.len());
        let number = decimal::parse(text[..end].trim_end_matches([' ', ',']), Dot::Point)?;
        return Some((number.value, &text[end..]));
    }
    let (word, after) = text.split_once(' ')?;
    let counted = is_one(word) && seconds_of(unit_word(after)).is_some();
    counted.then_some((1.0, after))
}

/// The letters, or the sign, that a text begins with.
fn unit_word(text: &str) -> &str {
    if text.starts_with(['\'', '"']) {
        return &text[..1];
    }
    &text[..text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len())]
}

fn skip_filler(text: &str) -> Option<&str> {
    let word = unit_word(text);
    is_filler(word).then(|| text[word.len()..].trim_start_matches(['.', ' ', ',', ':']))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::FieldType;

    fn read_in(unit: Option<DurationUnit>, raw: &str) -> Option<(String, f64)> {
        let rule = ValueRule { unit, ..ValueRule::new(FieldType::Duration) };
        normalise(&rule, raw).ok().map(|value| (value.text, value.number.unwrap()))
    }

    #[test]
    fn eighty_minutes_in_many_forms() {
        for raw in [
            "PT1H20M",
            "PT80M",
            "P0DT0H80M",
            "P0Y0M0DT1H20M0S",
            "1 h 20 min",
            "1h20",
            "1h 20m",
            "1 hour 20 minutes",
            "1 hour, 20 minutes",
            "1 hour and 20 minutes",
            "80 minutes",
            "80 Min.",
            "80'",
            "1:20:00",
            "ca. 80 Minuten",
            "1 Stunde 20 Minuten",
            "1 Std. 20 Min.",
            "1 heure et 20 minutes",
            "1 hora y 20 minutos",
            "1 ora e 20 minuti",
            "1 uur en 20 minuten",
            "1 godz. 20 min",
            "1 timme 20 minuter",
            "1時間20分",
            "1小时20分钟",
            "70-80 min",
            "60 bis 80 Minuten",
            "1 h – 1 h 20 min",
            "an hour 20 minutes",
            "4800 s",
            "1 1/3 hours",
            "4800",
        ] {
            assert_eq!(read_in(None, raw), Some(("PT1H20M".to_owned(), 4800.0)), "{raw}");
        }
    }

    #[test]
    fn other_lengths() {
        let minutes = Some(DurationUnit::Minutes);
        for (unit, raw, text, number) in [
            (minutes, "80", "PT1H20M", 80.0),
            (minutes, "1:20", "PT1H20M", 80.0),
            (None, "1:20", "PT1M20S", 80.0),
            (None, "1½ hours", "PT1H30M", 5400.0),
            (None, "1.5 hours", "PT1H30M", 5400.0),
            (None, "1,5 Stunden", "PT1H30M", 5400.0),
            (Some(DurationUnit::Hours), "90 min", "PT1H30M", 1.5),
            (Some(DurationUnit::Days), "36 h", "P1DT12H", 1.5),
            (None, "2 weeks", "P14D", 1_209_600.0),
            (Some(DurationUnit::Milliseconds), "250", "PT0.25S", 250.0),
            (None, "PT1.5M", "PT1M30S", 90.0),
            (None, "0", "PT0S", 0.0),
            (None, "25 min 30", "PT25M30S", 1530.0),
            (None, "1 min 5.25 s", "PT1M5.25S", 65.25),
        ] {
            assert_eq!(read_in(unit, raw), Some((text.to_owned(), number)), "{raw}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for raw in ["", "soon", "P", "PT", "P1M", "P1Y", "-5 min", "5 apples", "20 min 1 h", "1:75", "1:2", "PT1H20"] {
            assert_eq!(read_in(None, raw), None, "{raw}");
        }
    }
}
