//! Decimal numbers as people write them anywhere.

use unicode_normalization::UnicodeNormalization;

/// What one dot before exactly three digits means ("1.250"); everything else is unambiguous or follows the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dot {
    /// A decimal point: 1.25.
    Point,
    /// It groups thousands: 1250.
    Grouping,
}

/// A number in plain notation: digits, at most one dot, no useless zeros.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decimal {
    /// Exact, however many digits there are.
    pub(super) text: String,
    pub(super) value: f64,
}

/// Longer texts are no numbers; the largest `f64` has 309 digits.
const LONGEST: usize = 330;

/// First code points of the decimal digits of scripts whose digits NFKC leaves alone.
const ZEROS: [u32; 17] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040,
    0x17E0,
];

/// Brings digits, signs, spaces, apostrophes and vulgar fractions to ASCII; the rest to NFKC.
///
/// Superscript digits stay what they are: an exponent or a footnote must not become a digit of the number.
pub(super) fn fold_numerals(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
            '²' | '³' | '¹' | '\u{2070}'..='\u{209c}' => out.push(c),
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => out.push('-'),
            '’' | '‘' | 'ʼ' | '′' | '＇' => out.push('\''),
            '″' | '”' | '“' | '＂' => out.push('"'),
            '\u{66a}' => out.push('%'),
            '\u{66b}' => out.push('.'),
            '\u{66c}' => out.push('\''),
            '\u{2044}' | '\u{2215}' => out.push('/'),
            c if c.is_whitespace() => push_space(&mut out),
            c if c.is_ascii() => out.push(c),
            c => push_folded(&mut out, c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push_folded(out: &mut String, c: char) {
    if let Some(digit) = digit_of(c) {
        out.push(digit);
        return;
    }
    let folded: String = std::iter::once(c).nfkc().collect();
    if folded.contains('\u{2044}') {
        // "1½" must become "1 1/2", not "11/2".
        push_space(out);
        out.push_str(&folded.replace('\u{2044}', "/"));
    } else {
        folded.chars().for_each(|c| if c.is_whitespace() { push_space(out) } else { out.push(c) });
    }
}

fn digit_of(c: char) -> Option<char> {
    let zero = ZEROS.into_iter().find(|zero| (*zero..*zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// Reads a folded text that is a number and nothing else; a percent sign is dropped.
pub(super) fn parse(folded: &str, dot: Dot) -> Option<Decimal> {
    let text = folded.trim();
    if text.len() > LONGEST {
        return None;
    }
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    };
    let text = text.strip_suffix('%').unwrap_or(text).trim_end();
    if text.contains('/') {
        return fraction(text).and_then(|value| from_value(negative, value));
    }
    if is_scientific(text) {
        return text.parse().ok().and_then(|value| from_value(negative, value));
    }
    let (integer, fraction) = separate(without_dash(text), dot)?;
    from_digits(negative, &integer, fraction)
}

/// "12,-" and "12.–" are whole amounts.
fn without_dash(text: &str) -> &str {
    let short = text.trim_end_matches('-');
    let dashed = short.len() < text.len() && short.ends_with(['.', ',']);
    let text = if dashed { &short[..short.len() - 1] } else { text };
    // The dot that ends a sentence, or an ordinal.
    text.strip_suffix('.').filter(|rest| !rest.ends_with('.')).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    is_digits(whole) && is_digits(part) && is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// "1/2" and "1 1/2".
fn fraction(text: &str) -> Option<f64> {
    let (numbers, below) = text.split_once('/')?;
    let (whole, above) = numbers.trim().rsplit_once(' ').unwrap_or(("0", numbers.trim()));
    let small = |digits: &str| -> Option<f64> {
        if is_digits(digits) && digits.len() <= 4 { digits.parse().ok() } else { None }
    };
    let (whole, above, below) = (small(whole.trim())?, small(above)?, small(below.trim())?);
    (below != 0.0).then(|| whole + above / below)
}

/// Digits before and after the decimal separator.
fn separate(text: &str, dot: Dot) -> Option<(String, &str)> {
    let count = |wanted: u8| text.bytes().filter(|b| *b == wanted).count();
    let (dots, commas) = (count(b'.'), count(b','));
    let spaced = text.contains([' ', '\'']);
    let decimal = match (dots, commas) {
        (0, 0) => None,
        (1, 0) => Some('.').filter(|_| spaced || dot == Dot::Point || !groups_thousands(text, '.')),
        (0, 1) => Some(',').filter(|_| spaced || !groups_thousands(text, ',')),
        (_, 0) | (0, _) => None,
        // Both occur: the later one separates the decimals.
        _ if text.rfind('.') > text.rfind(',') => Some('.').filter(|_| dots == 1),
        _ => Some(',').filter(|_| commas == 1),
    };
    let (integer, fraction) = match decimal {
        Some(mark) => text.rsplit_once(mark).filter(|(_, fraction)| is_digits(fraction))?,
        None => (text, ""),
    };
    Some((ungroup(integer, !fraction.is_empty())?, fraction))
}

/// "1,250" groups; "0,125", "1,25" and "1250,000" do not.
fn groups_thousands(text: &str, mark: char) -> bool {
    text.split_once(mark)
        .is_some_and(|(before, after)| after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0'))
}

/// Drops the marks between groups of three digits, or of two and three as in India ("12,34,567").
fn ungroup(integer: &str, has_fraction: bool) -> Option<String> {
    let Some(mark) = integer.chars().find(|c| !c.is_ascii_digit()) else {
        return match integer {
            "" => has_fraction.then(|| "0".to_owned()),
            digits => Some(digits.to_owned()),
        };
    };
    if !['.', ',', ' ', '\''].contains(&mark) {
        return None;
    }
    let groups: Vec<&str> = integer.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let western = middle.iter().all(|group| group.len() == 3);
    let indian = mark == ',' && first.len() <= 2 && middle.iter().all(|group| group.len() == 2);
    let grouped = (1..=3).contains(&first.len()) && last.len() == 3 && (western || indian);
    (grouped && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

fn from_digits(negative: bool, integer: &str, fraction: &str) -> Option<Decimal> {
    let integer = Some(integer.trim_start_matches('0')).filter(|digits| !digits.is_empty()).unwrap_or("0");
    let fraction = fraction.trim_end_matches('0');
    let zero = integer == "0" && fraction.is_empty();
    let mut text = String::with_capacity(integer.len() + fraction.len() + 2);
    if negative && !zero {
        text.push('-');
    }
    text.push_str(integer);
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
    Some(Decimal { text, value })
}

fn from_value(negative: bool, value: f64) -> Option<Decimal> {
    let plain = Some(value).filter(|value| value.is_finite())?.to_string();
    let (integer, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    from_digits(negative, integer, fraction)
}
