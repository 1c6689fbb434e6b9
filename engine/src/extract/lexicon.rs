//! What fields mean: data, not code. `lexicon/schema.toml` says where machines keep things, one file a language says what
//! people call them.

use super::phrases::{Phrases, fold_label};
use crate::model::{FieldSpec, LexiconEntry};
use foldhash::fast::FixedState;
use mino_datafusion::value::{Counts, FieldType, Terms, ValueRule};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// A kind of field: what it is called, and where pages keep it.
#[derive(Debug, Clone, Default)]
pub(super) struct Concept {
    /// Its key in the lexicon.
    pub(super) key: String,
    /// What a thing with such a field is.
    pub(super) about: Option<String>,
    /// Names that fields of this kind have.
    pub(super) names: Vec<String>,
    /// schema.org paths, in order.
    pub(super) properties: Vec<String>,
    /// `<meta>` names, in order; `link:canonical` and `html:lang` stand for those.
    pub(super) meta: Vec<String>,
    /// Class names of microformats.
    pub(super) microformats: Vec<String>,
    /// Labels beside the value, most telling first.
    pub(super) labels: Vec<String>,
    /// Words of links that lead to it.
    pub(super) links: Vec<String>,
    /// What its texts count.
    pub(super) counts: Option<Counts>,
    /// Kinds whose sum it is.
    pub(super) parts: Vec<String>,
    /// What its texts mean.
    pub(super) terms: Option<Terms>,
}

/// Every kind of field that is known.
#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    concepts: Vec<Concept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Machine {
    about: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    meta: Vec<String>,
    #[serde(default)]
    microformats: Vec<String>,
    #[serde(default)]
    counts: Option<Counts>,
    #[serde(default)]
    parts: Vec<String>,
    /// Term → the words of languages that mean it, by their purposes.
    #[serde(default)]
    terms: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    yes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Language {
    words: BTreeMap<String, Vec<Listed>>,
    #[serde(flatten)]
    concepts: BTreeMap<String, LexiconEntry>,
}

const SCHEMA: &str = include_str!("../../lexicon/schema.toml");
/// In the order in which their labels are tried.
const LANGUAGES: [&str; 12] = [
    include_str!("../../lexicon/en.toml"),
    include_str!("../../lexicon/de.toml"),
    include_str!("../../lexicon/fr.toml"),
    include_str!("../../lexicon/es.toml"),
    include_str!("../../lexicon/it.toml"),
    include_str!("../../lexicon/nl.toml"),
    include_str!("../../lexicon/pt.toml"),
    include_str!("../../lexicon/pl.toml"),
    include_str!("../../lexicon/sv.toml"),
    include_str!("../../lexicon/ja.toml"),
    include_str!("../../lexicon/da.toml"),
    include_str!("../../lexicon/nb.toml"),
];

/// The files are a part of the program and a test reads them: an unreadable one would be an empty one.
static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let schema: HashMap<String, Machine> = toml::from_str(SCHEMA).unwrap_or_default();
    let languages: Vec<Language> = LANGUAGES.iter().filter_map(|text| toml::from_str(text).ok()).collect();
    let mut words: HashMap<String, Vec<String>> = HashMap::new();
    for (key, listed) in languages.iter().flat_map(|language| &language.words) {
        words.entry(key.clone()).or_default().extend(listed.iter().flat_map(|listed| match listed {
            Listed::One(word) => vec![word.clone()],
            Listed::Many(words) => words.clone(),
        }));
    }
    let in_order = SCHEMA.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let mut lexicon = Lexicon { concepts: Vec::new() };
    for key in in_order {
        let Some(machine) = schema.get(key) else { continue };
        lexicon.concepts.push(Concept {
            key: key.to_owned(),
            about: machine.about.clone(),
            properties: machine.properties.clone(),
            meta: machine.meta.clone(),
            microformats: machine.microformats.clone(),
            counts: machine.counts.clone(),
            parts: machine.parts.clone(),
            terms: terms(machine, &words),
            ..Concept::default()
        });
    }
    for language in &languages {
        lexicon.extend(&language.concepts);
    }
    for concept in &mut lexicon.concepts {
        let entries = languages.iter().filter_map(|language| language.concepts.get(&concept.key));
        concept.labels = in_turn(entries.map(|entry| entry.labels.as_slice()).collect());
    }
    let labels = lexicon.concepts.iter().map(|concept| (concept.key.clone(), Phrases::new(concept.labels.clone())));
    let labels = labels.collect();
    let mut kinds: HashMap<String, String, FixedState> = HashMap::default();
    for concept in &lexicon.concepts {
        for name in &concept.names {
            kinds.entry(name.clone()).or_insert_with(|| concept.key.clone());
        }
    }
    BuiltIn {
        lexicon,
        words: words.into_iter().map(|(key, words)| (key, Phrases::new(words))).collect(),
        labels,
        kinds,
    }
});

/// The first labels of every language, then their second ones: no language comes before another.
fn in_turn(lists: Vec<&[String]>) -> Vec<String> {
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or_default();
    let mut all = Vec::new();
    for at in 0..longest {
        add(&mut all, lists.iter().filter_map(|list| list.get(at)).map(|label| fold_label(label)).collect());
    }
    all
}

fn terms(machine: &Machine, words: &HashMap<String, Vec<String>>) -> Option<Terms> {
    let phrases = |purposes: &Vec<String>| {
        let all = purposes.iter().filter_map(|purpose| words.get(purpose)).flatten();
        all.map(|word| fold_label(word)).collect()
    };
    let terms = machine.terms.iter().map(|(term, purposes)| (term.clone(), phrases(purposes)));
    let terms = Terms { terms: terms.collect(), yes: machine.yes.clone() };
    (!terms.terms.is_empty()).then_some(terms)
}

struct BuiltIn {
    lexicon: Lexicon,
    words: HashMap<String, Phrases, FixedState>,
    labels: HashMap<String, Phrases, FixedState>,
    /// By the names that fields have.
    kinds: HashMap<String, String, FixedState>,
}

/// The kind of field that words are a name of.
pub(super) fn kind_named(words: &[Cow<'_, str>]) -> Option<&'static str> {
    BUILT_IN.kinds.get(words.join(" ").as_str()).map(String::as_str)
}

static NO_PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::default);

/// Words of every language for one purpose, as `related` or `byline`.
pub(super) fn words(purpose: &str) -> &'static Phrases {
    BUILT_IN.words.get(purpose).unwrap_or(&NO_PHRASES)
}

/// Labels of every language for one kind of field.
pub(super) fn labels_of(kind: &str) -> &'static Phrases {
    BUILT_IN.labels.get(kind).unwrap_or(&NO_PHRASES)
}

impl Lexicon {
    /// What Mino knows, and what a campaign adds to it.
    pub(super) fn with(own: &BTreeMap<String, LexiconEntry>) -> Self {
        let mut lexicon = BUILT_IN.lexicon.clone();
        lexicon.extend(own);
        lexicon
    }

    fn extend(&mut self, entries: &BTreeMap<String, LexiconEntry>) {
        for (key, entry) in entries {
            let known = self.concepts.iter().position(|concept| concept.key == *key);
            let at = known.unwrap_or_else(|| {
                let names = vec![fold_label(key)];
                self.concepts.push(Concept { key: key.clone(), names, ..Concept::default() });
                self.concepts.len() - 1
            });
            let concept = &mut self.concepts[at];
            let folded = |words: &[String]| words.iter().map(|word| fold_label(word)).collect();
            add(&mut concept.names, folded(&entry.names));
            add(&mut concept.labels, folded(&entry.labels));
            add(&mut concept.links, folded(&entry.links));
            add(&mut concept.properties, entry.properties.clone());
            add(&mut concept.meta, entry.meta.clone());
        }
    }

    /// A kind by its key.
    pub(super) fn concept(&self, key: &str) -> Option<&Concept> {
        self.concepts.iter().find(|concept| concept.key == key)
    }

    /// What each of these fields is, and whether it is that by its whole name.
    pub(super) fn concepts_of(&self, fields: &[FieldSpec]) -> Vec<Option<(&Concept, bool)>> {
        let candidates: Vec<Vec<(&Concept, bool)>> = fields.iter().map(|field| self.candidates(field)).collect();
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for certain in candidates.iter().filter(|found| found.len() == 1) {
            if let Some(about) = certain[0].0.about.as_deref() {
                *votes.entry(about).or_default() += 1;
            }
        }
        candidates.iter().zip(fields).map(|(found, field)| most_fitting(found, field, &votes)).collect()
    }

    /// What the thing is that has these fields, as `recipe`: what most of them are about.
    pub(super) fn about(&self, fields: &[FieldSpec]) -> Option<String> {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for (concept, _) in self.concepts_of(fields).into_iter().flatten() {
            if let Some(about) = concept.about.as_deref() {
                *votes.entry(about).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(_, count)| *count).map(|(about, _)| about.to_owned())
    }

    /// The concepts that a field's name or one of its synonyms may stand for: by the whole name first, then by its last
    /// words (`office_phone` is a phone), then by its type.
    fn candidates(&self, field: &FieldSpec) -> Vec<(&Concept, bool)> {
        let named = |wanted: &str, whole: bool| -> Vec<(&Concept, bool)> {
            let all = self.concepts.iter().filter(|concept| concept.names.iter().any(|known| known == wanted));
            all.map(|concept| (concept, whole)).collect()
        };
        let name = fold_label(&field.name);
        let words: Vec<&str> = name.split(' ').collect();
        let by_synonym = field.synonyms.iter().map(|synonym| named(&fold_label(synonym), true));
        let by_tail = (1..words.len()).map(|from| named(&words[from..].join(" "), false));
        let by_type = match field.field_type {
            FieldType::Phone => named("phone", false),
            FieldType::Email => named("email", false),
            FieldType::Money => named("price", false),
            _ => Vec::new(),
        };
        let mut all = std::iter::once(named(&name, true)).chain(by_synonym).chain(by_tail);
        all.find(|found| !found.is_empty()).unwrap_or(by_type)
    }
}

/// Of several concepts with one name, the one that the field's description names, or that fits the other fields; else the
/// first.
fn most_fitting<'l>(
    found: &[(&'l Concept, bool)],
    field: &FieldSpec,
    votes: &BTreeMap<&str, usize>,
) -> Option<(&'l Concept, bool)> {
    let described = fold_label(field.description.as_deref().unwrap_or_default());
    let described: HashSet<&str> = described.split(' ').collect();
    let fit = |concept: &Concept| {
        let told = |name: &String| name.contains(' ') && name.split(' ').all(|word| described.contains(word));
        let votes = concept.about.as_deref().and_then(|about| votes.get(about)).copied().unwrap_or_default();
        (concept.names.iter().any(told), votes)
    };
    found.iter().rev().max_by_key(|(concept, _)| fit(concept)).copied()
}

fn add(known: &mut Vec<String>, more: Vec<String>) {
    for word in more {
        if !word.is_empty() && !known.contains(&word) {
            known.push(word);
        }
    }
}

/// How values of a field are read and compared: what the campaign says, and what its kind of field is known to count.
#[must_use]
pub fn value_rule(spec: &FieldSpec) -> ValueRule {
    let mut rule = spec.value_rule();
    let found = BUILT_IN.lexicon.candidates(spec);
    let Some((concept, _)) = found.first() else { return rule };
    if spec.field_type == FieldType::Text {
        rule.counts.clone_from(&concept.counts);
    }
    if matches!(spec.field_type, FieldType::Text | FieldType::Enum | FieldType::Boolean)
        && spec.validate.allowed.is_empty()
    {
        rule.terms.clone_from(&concept.terms);
    }
    rule
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_every_concept_and_is_folded() {
        let schema: HashMap<String, Machine> = toml::from_str(SCHEMA).unwrap();
        for text in LANGUAGES {
            let language: Language = toml::from_str(text).unwrap();
            for key in schema.keys() {
                let entry = language.concepts.get(key).unwrap();
                for word in entry.names.iter().chain(&entry.labels).chain(&entry.links) {
                    assert_eq!(*word, fold_label(word), "{key}");
                }
            }
            assert!(language.concepts.keys().all(|key| schema.contains_key(key)));
        }
    }

    #[test]
    fn names_lead_to_concepts() {
        let lexicon = Lexicon::with(&BTreeMap::new());
        let keys = |names: &[&str]| -> Vec<String> {
            let fields: Vec<FieldSpec> = names.iter().map(|name| FieldSpec::new(*name, FieldType::Text)).collect();
            let found = lexicon.concepts_of(&fields);
            found.iter().map(|found| found.map_or("", |(concept, _)| &concept.key).to_owned()).collect()
        };
        assert_eq!(keys(&["total_time", "evening_price", "sheriff"]), ["total_time", "price", ""]);
        assert_eq!(keys(&["name", "price", "sku"]), ["title", "price", "sku"]);
        assert_eq!(keys(&["name", "phone", "address"]), ["organization", "phone", "address"]);
        let mut who = FieldSpec::new("who", FieldType::Text);
        who.synonyms = vec!["Author".into()];
        assert_eq!(lexicon.concepts_of(&[who])[0].unwrap().0.key, "author");
    }

    #[test]
    fn campaigns_add_their_own() {
        let own = BTreeMap::from([
            ("price".to_owned(), LexiconEntry { labels: vec!["Ab-Hof-Preis".into()], ..LexiconEntry::default() }),
            ("wattage".to_owned(), LexiconEntry { labels: vec!["power".into()], ..LexiconEntry::default() }),
        ]);
        let lexicon = Lexicon::with(&own);
        let fields = [FieldSpec::new("price", FieldType::Money), FieldSpec::new("wattage", FieldType::Number)];
        let found = lexicon.concepts_of(&fields);
        assert!(found[0].unwrap().0.labels.contains(&"ab hof preis".to_owned()));
        assert_eq!(found[1].unwrap().0.labels, ["power"]);
    }
}
