use super::{TypedValue, ValueError, text};

const TRUE: [&str; 22] = [
    "true", "t", "yes", "y", "1", "on", "ja", "j", "oui", "si", "sim", "da", "tak", "evet", "kylla", "да", "はい",
    "是", "✓", "✔", "☑", "✅",
];
const FALSE: [&str; 22] = [
    "false",
    "f",
    "no",
    "n",
    "0",
    "off",
    "nein",
    "nee",
    "nej",
    "non",
    "nao",
    "nie",
    "ne",
    "nu",
    "hayır",
    "ei",
    "нет",
    "いいえ",
    "否",
    "✗",
    "✘",
    "❌",
];

/// `true` or `false`, out of the words for yes and no of a dozen languages.
pub(super) fn normalise(raw: &str) -> Result<TypedValue, ValueError> {
    let word = text::plain_words(raw);
    // The sign may come with the selector that makes an emoji of it.
    let word = word.trim_end_matches(['.', '!', '\u{fe0f}']);
    if TRUE.contains(&word) {
        Ok(TypedValue::text("true"))
    } else if FALSE.contains(&word) {
        Ok(TypedValue::text("false"))
    } else {
        Err(ValueError::new("yes or no", raw))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_languages() {
        for yes in ["true", "Yes", " JA ", "Oui", "sí", "SIM", "да", "1", "はい", "✔️"] {
            assert_eq!(normalise(yes).unwrap().text, "true", "{yes}");
        }
        for no in ["false", "No.", "nein", "non", "Não", "нет", "0", "いいえ"] {
            assert_eq!(normalise(no).unwrap().text, "false", "{no}");
        }
    }

    #[test]
    fn stock_is_not_a_truth_value() {
        for raw in ["InStock", "https://schema.org/InStock", "", "2", "maybe"] {
            assert!(normalise(raw).is_err(), "{raw}");
        }
    }
}
