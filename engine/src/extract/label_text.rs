//! Labels within a line of text: before colons, and beside numbers.

use super::phrases::fold_label;
use super::words;

/// Longest label, in characters.
pub(super) const LONGEST_LABEL: usize = 60;

/// "Serves 4" and "4 servings": the words beside the only number of a short text are its label. Gives label, number with
/// what follows it, and where that begins.
pub(super) fn counted(text: &str) -> Vec<(String, &str, usize)> {
    let digit = |c: char| c.is_ascii_digit();
    let (Some(first), Some(last)) = (text.find(digit), text.rfind(digit)) else { return Vec::new() };
    if text.chars().count() > LONGEST_LABEL {
        return Vec::new();
    }
    let (before, number, after) = (&text[..first], &text[first..=last], text[last + 1..].trim());
    let label = fold_label(before);
    // "about 40 min", "Für 3 bis 4 Portionen": the words before say nothing by themselves.
    let label =
        words("about").last(&label).filter(|end| *end == label.len()).map_or(label.as_str(), |_| without_last(&label));
    let behind = (!after.is_empty() && (label.is_empty() || words("yields").is(label)))
        .then(|| (fold_label(after), number, first));
    let ahead = (!label.is_empty()).then(|| (label.to_owned(), &text[first..], first));
    ahead.into_iter().chain(behind).collect()
}

/// Without its last word, or its last character where words are not parted.
fn without_last(label: &str) -> &str {
    let about = words("about");
    let from = label.rfind(' ').map_or(0, |at| at + 1);
    if about.is(&label[from..]) { label[..from].trim_end() } else { label.trim_end_matches(['約']).trim_end() }
}

/// A value up to where the next label begins: "555 0100 Fax: 555 0101".
pub(super) fn until_next_label(text: &str) -> &str {
    let Some((at, _, _)) = next_label(text, 0) else { return text };
    text[..at].trim_end_matches([' ', '|', ',', ';', '·', '•', '/', '-', '–'])
}

/// Labels of a line after its first, where they begin, and their values.
pub(super) fn later_labels(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut at = text.find([':', '：']).map_or(text.len(), |colon| colon + 1);
    std::iter::from_fn(move || {
        let (_, label, colon) = next_label(text, at)?;
        at = colon;
        let value = text[colon..].trim_start_matches([':', '：', ' ']);
        let from = text.len() - value.len();
        Some((from, label, until_next_label(value)))
    })
}

/// Up to three words before a colon: where they begin, they, and where the colon stands.
fn next_label(text: &str, from: usize) -> Option<(usize, &str, usize)> {
    let rest = text.get(from..)?;
    // "10:30" and "http://" hold no label.
    let mut colons = rest.char_indices().filter(|(_, c)| matches!(c, ':' | '：'));
    let (colon, _) = colons.find(|(at, c)| {
        let next = rest[at + c.len_utf8()..].chars().next();
        let before = rest[..*at].chars().next_back();
        next.is_none_or(char::is_whitespace) && before.is_some_and(char::is_alphabetic)
    })?;
    let words =
        rest[..colon].rmatch_indices(|c: char| c == ' ' || "|,;·•".contains(c)).map(|(at, sep)| (at + sep.len(), sep));
    let mut begin = None;
    for (count, (at, separator)) in words.enumerate() {
        let is_word = rest[at..colon].chars().next().is_some_and(|c| c.is_alphabetic());
        if count > 2 || !is_word {
            break;
        }
        begin = Some(at);
        // Capitals begin labels.
        if separator != " " || rest[at..colon].chars().next().is_some_and(char::is_uppercase) {
            break;
        }
    }
    let begin = begin?;
    Some((from + begin, &rest[begin..colon], from + colon))
}
