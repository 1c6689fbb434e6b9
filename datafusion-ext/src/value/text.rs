use super::{TypedValue, ValueError};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text: trimmed, white space collapsed, otherwise as given.
pub(super) fn normalise(raw: &str) -> Result<TypedValue, ValueError> {
    let text = collapse(raw);
    if text.is_empty() { Err(ValueError::new("a text", raw)) } else { Ok(TypedValue::text(text)) }
}

/// Trims, and makes one space of any white space. Characters without width (byte order mark, break opportunity) go:
/// no reader sees them.
pub(super) fn collapse(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\u{feff}' | '\u{200b}' => {}
            c if !c.is_whitespace() => text.push(c),
            _ if !text.is_empty() && !text.ends_with(' ') => text.push(' '),
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Lower case without accents, in compatibility form, white space collapsed: how words of the lexicons (months, units
/// of time, truth values) are looked up.
pub(super) fn plain_words(raw: &str) -> String {
    let folded: String = raw.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    // Kana and Hangul fall apart under NFKD.
    collapse(&folded.nfc().collect::<String>())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn white_space_collapses_and_entities_stay() {
        assert_eq!(normalise("\u{feff} Fish \n\t &amp;\u{a0}chips ").unwrap().text, "Fish &amp; chips");
        assert!(normalise(" \u{feff}\n").is_err());
    }

    #[test]
    fn plain_words_lose_case_and_accents() {
        assert_eq!(plain_words(" 3  MÄRZ "), "3 marz");
        assert_eq!(plain_words("Październik"), "pazdziernik");
    }
}
