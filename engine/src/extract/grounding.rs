use super::phrases::fold_label;
use mino_datafusion::value::TypedValue;

/// Text in the form in which values are looked up in it.
pub(super) fn fold(text: &str) -> String {
    fold_label(text)
}

/// Words of a long value that are looked up: the rest says no more.
const MOST_WORDS: usize = 100;

/// How far a value is backed by what a reader of the page sees (SEMANTICS, "Confidence"): as it stands, as a number in
/// another notation, in part, or not at all.
pub(super) fn grounding(folded_page: &str, raw: &str, value: Option<&TypedValue>) -> f64 {
    const EXACT: f64 = 1.0;
    const VARIANT: f64 = 0.97;
    const PART: f64 = 0.9;
    const NONE: f64 = 0.75;
    if let Some(list) = value.filter(|value| !value.items.is_empty()) {
        let all: f64 = list.items.iter().map(|item| grounding(folded_page, &item.text, Some(item))).sum();
        return all / list.items.len() as f64;
    }
    let folded = fold(raw);
    if !folded.is_empty() && contains_words(folded_page, &folded) {
        return EXACT;
    }
    if value.is_some_and(|value| is_number_on(folded_page, value)) {
        return VARIANT;
    }
    let words: Vec<&str> = folded.split(' ').filter(|word| word.len() > 2).take(MOST_WORDS).collect();
    let present = words.iter().filter(|word| contains_words(folded_page, word)).count();
    if !words.is_empty() && present * 5 >= words.len() * 4 { PART } else { NONE }
}

fn is_number_on(folded_page: &str, value: &TypedValue) -> bool {
    value.number.is_some_and(|number| {
        // Folding makes "1,250.50" into "1 250 50".
        let plain = fold(&number.to_string());
        contains_words(folded_page, &plain)
    })
}

fn contains_words(text: &str, wanted: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c == ' ' || c == '\n');
    text.match_indices(wanted)
        .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + wanted.len()..].chars().next()))
}
