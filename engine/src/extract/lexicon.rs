use crate::model::FieldSpec;
use mino_datafusion::value::{Counts, FieldType, ValueRule};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a kind of field is called, and where pages keep it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Concept {
    /// Names that fields of this kind have.
    pub(super) names: Vec<String>,
    /// schema.org paths, in order.
    pub(super) properties: Vec<String>,
    /// `<meta>` names, in order; `link:canonical` and `html:lang` stand for those.
    pub(super) meta: Vec<String>,
    /// Labels beside the value.
    pub(super) labels: Vec<String>,
    /// The page's own headline is one.
    #[serde(default)]
    pub(super) headline: bool,
    /// What its texts count.
    #[serde(default)]
    pub(super) counts: Option<Counts>,
}

#[derive(Deserialize)]
struct Lexicon {
    concept: Vec<Concept>,
}

/// The file is a part of the program and a test reads it: an unreadable one would be an empty one.
static CONCEPTS: LazyLock<Vec<Concept>> = LazyLock::new(|| {
    toml::from_str::<Lexicon>(include_str!("../../lexicon/concepts.toml"))
        .map(|lexicon| lexicon.concept)
        .unwrap_or_default()
});

/// How values of a field are read and compared: what the campaign says, and what its kind of field is known to count.
#[must_use]
pub fn value_rule(spec: &FieldSpec) -> ValueRule {
    let mut rule = spec.value_rule();
    if spec.field_type == FieldType::Text {
        rule.counts = concept(&spec.name, &spec.synonyms).and_then(|concept| concept.counts.clone());
    }
    rule
}

/// The concept that a field's name or one of its synonyms stands for: by the whole name first, then by its last words
/// (`office_phone` is a phone), then by its first.
pub(super) fn concept(name: &str, synonyms: &[String]) -> Option<&'static Concept> {
    let named = |wanted: &str| CONCEPTS.iter().find(|concept| concept.names.iter().any(|known| known == wanted));
    let name = fold_label(name);
    let words: Vec<&str> = name.split(' ').collect();
    let by_synonym = || synonyms.iter().find_map(|synonym| named(&fold_label(synonym)));
    let by_tail = || (1..words.len()).find_map(|from| named(&words[from..].join(" ")));
    named(&name).or_else(by_synonym).or_else(by_tail)
}

/// Lower case, anything but letters and digits folded to one space.
pub(super) fn fold_label(text: &str) -> String {
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
    fn the_lexicon_reads_and_is_folded() {
        assert!(CONCEPTS.len() > 30);
        for concept in CONCEPTS.iter() {
            for word in concept.names.iter().chain(&concept.labels) {
                assert_eq!(*word, fold_label(word));
            }
        }
    }

    #[test]
    fn names_lead_to_concepts() {
        let property = |name: &str| concept(name, &[]).map(|concept| concept.properties[0].as_str());
        assert_eq!(property("total_time"), Some("totalTime"));
        assert_eq!(property("monthly_price"), Some("offers.price"));
        assert_eq!(property("sheriff"), None);
        assert_eq!(concept("who", &["Author".into()]).map(|c| c.properties[0].as_str()), Some("author"));
    }
}
