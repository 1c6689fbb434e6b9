//! Streets as addresses write them: a number and a name, a word for a street, a part of a building.

use super::phrases::fold_label;
use super::words;

/// Parts of an address as commas and the like part them; a number stays with its street.
pub(super) fn segments(text: &str) -> Vec<String> {
    let parts = text
        .split([',', ';', '|', '•', '·', '\u{2028}'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let mut all: Vec<String> = Vec::new();
    for part in parts {
        match all.last_mut() {
            // "Via Roma, 14/B" and "2, place du Marché": the number goes with the street.
            Some(last)
                if is_house_number(part) && has_street_word(last) && !last.contains(|c: char| c.is_ascii_digit()) =>
            {
                *last = format!("{last}, {part}");
            }
            Some(last) if is_house_number(last) && has_street_word(part) => *last = format!("{last}, {part}"),
            _ => all.push(part.to_owned()),
        }
    }
    all
}

/// "14/B", "nº 8", "12-14", "5 bis".
fn is_house_number(part: &str) -> bool {
    let folded = fold_label(part);
    let mut tokens =
        folded.split(' ').filter(|token| !matches!(*token, "n" | "no" | "nº" | "nr" | "num" | "número" | "s"));
    let first = tokens.next().unwrap_or_default();
    let digits = first.chars().take_while(char::is_ascii_digit).count();
    let short =
        |token: &str| token.len() <= 2 || token.chars().all(|c| c.is_ascii_digit()) || matches!(token, "bis" | "ter");
    (1..=5).contains(&digits) && first.len() - digits <= 1 && part.chars().count() <= 12 && tokens.all(short)
}

fn has_street_word(part: &str) -> bool {
    let folded = fold_label(part);
    folded.split(' ').any(|token| words("street").is_or_ends(token)) || words("street").within(&folded)
}

/// "123 Main Street Springfield": the street, and what follows its last word.
pub(super) fn street_and_city(text: &str) -> (Option<String>, String) {
    let words_of: Vec<&str> = text.split(' ').collect();
    let has_number = text.chars().any(|c| c.is_ascii_digit());
    if !has_number {
        return (None, text.to_owned());
    }
    let is_end = |word: &str| {
        let folded = fold_label(word);
        words("street").is_or_ends(&folded)
            || word.starts_with('#')
            || (!folded.is_empty() && folded.chars().all(|c| c.is_ascii_digit()))
    };
    let last = words_of.iter().rposition(|word| is_end(word));
    match last {
        Some(last) if last + 1 < words_of.len() => (Some(words_of[..=last].join(" ")), words_of[last + 1..].join(" ")),
        _ => (Some(text.to_owned()), String::new()),
    }
}

pub(super) fn is_place(text: &str) -> bool {
    let first = text.chars().next();
    (2..=40).contains(&text.chars().count())
        && first.is_some_and(|c| c.is_uppercase() || !c.is_ascii())
        && text.chars().all(|c| c.is_alphabetic() || " .'’-()/".contains(c))
        && text.split(' ').count() <= 5
}

/// The last parts of a text that make a street: a number and a name, or a word for a street.
pub(super) fn street_of(parts: &[String]) -> Option<String> {
    let at = parts.iter().rposition(|part| is_street(part))?;
    // Only what names a floor, a city or a district may stand behind it.
    let tail = &parts[at + 1..];
    if tail.len() > 2 || tail.iter().any(|part| part.chars().count() > 30) {
        return None;
    }
    let mut from = at;
    // A second part of the street before this one: "123 Main St, Suite 4".
    while from > 0 && at - from < 2 && is_street(&parts[from - 1]) {
        from -= 1;
    }
    let street = parts[from..=at].join(", ");
    Some(after_label(&street).to_owned())
}

/// "Visit us at 77 Massachusetts Ave" without what is said before the number.
fn after_label(street: &str) -> &str {
    let street = street.rsplit(": ").next().unwrap_or(street);
    let Some(digit) = street.find(|c: char| c.is_ascii_digit()) else { return street };
    let before = fold_label(&street[..digit]);
    let said = !before.is_empty()
        && !words("street").within(&before)
        && before.split(' ').count() >= 2
        && street[digit..].contains(' ');
    let number = street[digit..].split(' ').next().unwrap_or_default();
    let follows = street[digit + number.len()..].trim();
    if said && follows.chars().next().is_some_and(char::is_uppercase) { &street[digit..] } else { street }
}

pub(super) fn is_street(part: &str) -> bool {
    let count = part.chars().count();
    if !(4..=90).contains(&count) || part.contains(['@', '$', '€', '£', '©', '?', '!', '%', '=']) {
        return false;
    }
    let folded = fold_label(part);
    let tokens: Vec<&str> = folded.split(' ').collect();
    let has_number = tokens.iter().any(|token| token.starts_with(|c: char| c.is_ascii_digit()) && token.len() <= 6);
    let has_word = has_street_word(part);
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    let digits = part.chars().filter(char::is_ascii_digit).count();
    if digits > 12 || letters < 2 || tokens.len() > 12 {
        return false;
    }
    if has_word && has_number {
        return true;
    }
    // "Damrak 1", "12 Foo": a name and a number alone.
    let first = part.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
    let starts = tokens.first().is_some_and(|token| token.chars().all(|c| c.is_ascii_digit()) && token.len() <= 5);
    let ends = tokens.last().is_some_and(|token| token.starts_with(|c: char| c.is_ascii_digit()) && token.len() <= 4);
    let year = tokens.iter().any(|token| token.len() == 4 && (token.starts_with("19") || token.starts_with("20")));
    first && has_number && !year && tokens.len() >= 2 && tokens.len() <= 5 && (starts || ends) && letters > digits
}

/// "Larch Avenue": a short name that ends in a word for a street.
pub(super) fn is_unnumbered_street(part: &str) -> bool {
    let tokens: Vec<&str> = part.split(' ').collect();
    let ends = tokens.last().is_some_and(|last| words("street").is_or_ends(&fold_label(last)));
    (2..=4).contains(&tokens.len())
        && ends
        && tokens.iter().all(|token| token.chars().next().is_some_and(char::is_uppercase))
}

/// A part of a building, which is no street by itself.
pub(super) fn is_unit(street: &str) -> bool {
    const UNITS: [&str; 18] = [
        "suite",
        "ste",
        "unit",
        "floor",
        "apt",
        "apartment",
        "room",
        "po",
        "p",
        "building",
        "bldg",
        "level",
        "bp",
        "cs",
        "zi",
        "za",
        "postfach",
        "apartado",
    ];
    let folded = fold_label(street);
    let first = folded.split(' ').next().unwrap_or_default();
    street.starts_with('#') || UNITS.contains(&first)
}
