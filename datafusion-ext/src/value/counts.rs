use serde::{Deserialize, Serialize};

/// What the texts of a field count, and the words by which pages say it: "Serves 4", "4 persons" and "4" are all
/// "4 servings". A text that says anything more is left alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The noun for one.
    pub one: String,
    /// The noun for several.
    pub many: String,
    /// Words that say nothing beyond the noun, lower case.
    #[serde(default)]
    pub words: Vec<String>,
}

/// What stands between the ends of a range.
const RANGE: [&str; 11] = ["-", "to", "bis", "à", "a", "tot", "till", "til", "do", "~", "〜"];

impl Counts {
    /// The number or range with the noun; `None` when the text is anything else.
    #[must_use]
    pub fn canonical(&self, text: &str) -> Option<String> {
        let spaced = text.to_lowercase().replace(['–', '—', '−'], "-").replace('-', " - ");
        let mut numbers: Vec<&str> = Vec::new();
        let mut range = false;
        for token in spaced.split(|c: char| c.is_whitespace() || c == ':').filter(|token| !token.is_empty()) {
            let token = token.trim_matches(['.', ',', '(', ')']);
            if token.parse::<f64>().is_ok_and(f64::is_finite) {
                numbers.push(token);
            } else if RANGE.contains(&token) && numbers.len() == 1 {
                range = true;
            } else if token != self.one && token != self.many && !self.words.iter().any(|word| word == token) {
                return None;
            }
        }
        match (numbers.as_slice(), range) {
            (["1"], false) => Some(format!("1 {}", self.one)),
            ([number], false) => Some(format!("{number} {}", self.many)),
            ([from, to], true) => Some(format!("{from}-{to} {}", self.many)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_field_become_its_noun() {
        let words = ["serves", "persons", "für", "personen"].map(str::to_owned).to_vec();
        let counts = Counts { one: "serving".into(), many: "servings".into(), words };
        let canonical = |text| counts.canonical(text);
        assert_eq!(canonical("4").as_deref(), Some("4 servings"));
        assert_eq!(canonical("Serves: 4").as_deref(), Some("4 servings"));
        assert_eq!(canonical("für 2 Personen").as_deref(), Some("2 servings"));
        assert_eq!(canonical("4 - 6 persons").as_deref(), Some("4-6 servings"));
        assert_eq!(canonical("4 to 6").as_deref(), Some("4-6 servings"));
        assert_eq!(canonical("3 bis 4 Personen").as_deref(), Some("3-4 servings"));
        assert_eq!(canonical("1").as_deref(), Some("1 serving"));
        assert_eq!(canonical("16 mini cheesecakes"), None);
        assert_eq!(canonical("serves 4 (1 bowl)"), None);
        assert_eq!(canonical("servings"), None);
        assert_eq!(canonical("2 4"), None);
        assert_eq!(canonical("-"), None);
    }
}
