use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the texts of a field mean, where they say one of a few things: "Auf Lager", "In stock (3)" and
/// "https://schema.org/InStock" are all `InStock`. A text that says none of them is left alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Term → phrases that mean it: lower case, words parted by one space.
    pub terms: BTreeMap<String, Vec<String>>,
    /// Terms that mean yes, in a field that is true or false.
    #[serde(default)]
    pub yes: Vec<String>,
}

/// Longer than this a text says more than a term.
const LONGEST: usize = 120;

impl Terms {
    /// The term that a text means: the one of its longest phrase in it.
    #[must_use]
    pub fn canonical(&self, text: &str) -> Option<&str> {
        if text.chars().count() > LONGEST {
            return None;
        }
        let bare = text.trim().rsplit('/').next().unwrap_or(text);
        if let Some((term, _)) = self.terms.iter().find(|(term, _)| same_letters(term, bare)) {
            return Some(term);
        }
        let folded = folded(text);
        let padded = format!(" {folded} ");
        let within = |phrase: &&String| {
            let unspaced = phrase.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c));
            if unspaced { folded.contains(phrase.as_str()) } else { padded.contains(&format!(" {phrase} ")) }
        };
        let longest = |phrases: &[String]| phrases.iter().filter(within).map(|phrase| phrase.chars().count()).max();
        let found = self.terms.iter().filter_map(|(term, phrases)| Some((longest(phrases)?, term)));
        found.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, term)| term.as_str())
    }

    /// Yes or no, of a text that means a term.
    #[must_use]
    pub fn is_yes(&self, text: &str) -> Option<bool> {
        self.canonical(text).map(|term| self.yes.iter().any(|yes| yes == term))
    }
}

/// `in_stock`, "In Stock" and "InStock" have the same letters.
fn same_letters(a: &str, b: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    letters(a) == letters(b)
}

fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_terms() {
        let phrases = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let terms = BTreeMap::from([
            ("InStock".to_owned(), phrases(&["in stock", "auf lager", "在庫あり"])),
            ("OutOfStock".to_owned(), phrases(&["sold out", "not in stock"])),
        ]);
        let terms = Terms { terms, yes: vec!["InStock".into()] };
        assert_eq!(terms.canonical("In stock (3 left)"), Some("InStock"));
        assert_eq!(terms.canonical("Not in stock"), Some("OutOfStock"));
        assert_eq!(terms.canonical("https://schema.org/OutOfStock"), Some("OutOfStock"));
        assert_eq!(terms.canonical("in_stock"), Some("InStock"));
        assert_eq!(terms.canonical("○ 在庫あり"), Some("InStock"));
        assert_eq!(terms.canonical("Stockholm"), None);
        assert_eq!(
            (terms.is_yes("Auf Lager"), terms.is_yes("sold out"), terms.is_yes("?")),
            (Some(true), Some(false), None)
        );
    }
}
