use super::codes;
use super::lexicon::{self, Concept};
use super::phrases::fold_label;
use crate::model::FieldSpec;
use mino_datafusion::value::{FieldType, TypedValue, ValueRule, normalise};
use regex::Regex;
use std::borrow::Cow;
use std::collections::HashSet;

/// What is asked for: a field with everything that its name, type and synonyms lead to.
#[derive(Debug, Clone)]
pub struct FieldQuery {
    /// The field.
    pub spec: FieldSpec,
    /// How its values are read.
    pub rule: ValueRule,
    /// schema.org paths, in order.
    pub properties: Vec<String>,
    /// `<meta>` names, in order.
    pub meta: Vec<String>,
    /// Class names of microformats.
    pub microformats: Vec<String>,
    /// Labels, folded.
    pub labels: Vec<String>,
    /// Names that the field may have in code, as their words.
    pub names: Vec<Vec<String>>,
    /// Words of links that lead to it.
    pub links: Vec<String>,
    /// Kinds whose sum it is.
    pub(super) parts: Vec<String>,
    /// Key of its kind in the lexicon.
    kind: String,
    /// Its name is that of its kind.
    exact: bool,
    pattern: Option<Regex>,
}

impl FieldQuery {
    /// Of one field of a kind that the lexicon knows (and whether its name is that of the kind), or of none.
    ///
    /// # Errors
    /// When its validation pattern is not a regular expression.
    pub(super) fn new(spec: &FieldSpec, concept: Option<(&Concept, bool)>) -> Result<Self, regex::Error> {
        let exact = concept.is_some_and(|(_, exact)| exact);
        let concept = concept.map(|(concept, _)| concept.clone()).unwrap_or_default();
        let own = [spec.name.as_str()].into_iter().chain(spec.synonyms.iter().map(String::as_str)).map(fold_label);
        let mut labels: Vec<String> = own.collect();
        let mut names = labels.clone();
        let camel = camel_case(&spec.name);
        let mut properties = if exact { Vec::new() } else { vec![camel.clone()] };
        properties.extend(concept.properties.iter().cloned());
        // `ticket_price` is not any price: only a field named as the concept itself shares all of its labels.
        if exact {
            labels.extend(concept.labels.iter().cloned());
            names.extend(concept.names.iter().cloned());
            properties.push(camel);
        } else if let Some(described) = spec.description.as_deref().map(fold_label) {
            labels.extend(Some(described).filter(|described| described.split(' ').count() <= 4));
        }
        let mut seen = HashSet::new();
        labels.retain(|label| seen.insert(label.clone()));
        names.retain(|name| !name.is_empty());
        Ok(Self {
            rule: lexicon::value_rule(spec),
            properties,
            meta: concept.meta,
            microformats: concept.microformats,
            labels,
            names: names.iter().map(|name| name.split(' ').map(str::to_owned).collect()).collect(),
            links: concept.links,
            parts: if exact { concept.parts } else { Vec::new() },
            kind: concept.key,
            exact,
            pattern: spec.validate.pattern.as_deref().map(Regex::new).transpose()?,
            spec: spec.clone(),
        })
    }

    #[cfg(test)]
    pub(super) fn alone(spec: &FieldSpec) -> Option<Self> {
        let lexicon = lexicon::Lexicon::with(&std::collections::BTreeMap::new());
        let concept = lexicon.concepts_of(std::slice::from_ref(spec)).pop().flatten();
        Self::new(spec, concept).ok()
    }

    /// True when a longer name around `length` words at `at` is that of another kind of field.
    pub(super) fn names_another(&self, words: &[Cow<'_, str>], at: usize, length: usize) -> bool {
        (0..=at).any(|from| {
            (at + length..=words.len()).any(|to| {
                to - from > length
                    && (to - from) <= 3
                    && lexicon::kind_named(&words[from..to]).is_some_and(|kind| kind != self.kind)
            })
        })
    }

    /// Tells what the thing is that has the fields: its title is a `recipe name`, its description a `recipe summary`.
    pub(super) fn set_about(&mut self, about: Option<&str>) {
        if !(self.is("title") || self.is("description")) {
            return;
        }
        let things: &[&str] = match about {
            Some("article") => &["article", "entry", "post", "story", "news"],
            Some("place" | "home") => &["venue", "property", "place", "listing"],
            Some("work") => &["book", "movie", "film", "song", "album"],
            Some("product") => &["product", "item", "products"],
            Some("recipe") => &["recipe", "recipes"],
            Some("event") => &["event"],
            Some("job") => &["job", "position"],
            Some(_) => &[],
            None => &["product", "recipe", "article", "entry"],
        };
        let parts: &[&str] = if self.is("title") {
            &["name", "title", "headline"]
        } else {
            &["description", "summary", "intro", "excerpt"]
        };
        let of_thing =
            |thing: &&str| parts.iter().map(|part| vec![(*thing).to_owned(), (*part).to_owned()]).collect::<Vec<_>>();
        self.names = things.iter().flat_map(of_thing).collect();
    }

    /// True for a field of this kind by its whole name.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.exact && self.kind == kind
    }

    /// True for a field of this kind, if only by its last word or its type.
    pub(super) fn is_like(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Something that other products on the page have too.
    pub(super) fn is_of_product(&self) -> bool {
        const KINDS: [&str; 7] = ["price", "list_price", "currency", "sku", "brand", "availability", "gtin"];
        KINDS.iter().any(|kind| self.is_like(kind))
    }

    /// The page's own headline is one.
    pub(super) fn is_headline(&self) -> bool {
        self.is("title") || self.is("job_title")
    }

    /// True for a field of several values.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.spec.field_type, FieldType::List(_))
    }

    /// A value in canonical form, without the field's own label in front.
    ///
    /// # Errors
    /// Why it is not a value of this field.
    pub fn read(&self, raw: &str) -> Result<TypedValue, String> {
        if !raw.contains(char::is_alphanumeric) {
            return Err(format!("`{raw}` says nothing"));
        }
        let bare = if self.rule.terms.is_some() {
            // "In stock: 3" says it by its label.
            raw
        } else if codes::is_code(self) {
            codes::without_label(self, raw)
        } else {
            self.without_label(raw)
        };
        let value = normalise(&self.rule, bare).map_err(|error| error.to_string())?;
        match self.spec.validate.violation(&value.text, value.number, self.pattern.as_ref()) {
            Some(broken) => Err(format!("`{}` {broken}", value.text)),
            None => Ok(value),
        }
    }

    /// False for a text that says none of the few things that the field may say.
    pub(super) fn says_a_term(&self, raw: &str) -> bool {
        self.rule.terms.as_ref().is_none_or(|terms| terms.canonical(raw).is_some())
    }

    /// True when its texts count something.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.rule.counts.is_some()
    }

    fn is_label(&self, text: &str) -> bool {
        let folded = fold_label(text);
        !folded.is_empty() && self.labels.contains(&folded)
    }

    /// "Serves 4" of a field labelled "serves" says "4", "Author: Ann" says "Ann".
    fn without_label<'t>(&self, raw: &'t str) -> &'t str {
        let Some((at, c)) = raw.char_indices().find(|(_, c)| *c == ':' || c.is_ascii_digit()) else { return raw };
        let value_from = if c == ':' { at + 1 } else { at };
        let value = raw[value_from..].trim();
        if !self.is_list() && !value.is_empty() && self.is_label(&raw[..at]) { value } else { raw }
    }
}

fn camel_case(name: &str) -> String {
    let mut out = String::new();
    for (index, word) in name.split('_').filter(|word| !word.is_empty()).enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, field_type: FieldType, raw: &str) -> Option<String> {
        FieldQuery::alone(&FieldSpec::new(name, field_type))?.read(raw).ok().map(|value| value.text)
    }

    #[test]
    fn a_value_says_what_its_field_asks() {
        let text = |name, raw| read(name, FieldType::Text, raw).unwrap_or_default();
        assert_eq!(text("yields", "Serves 4"), "4 servings");
        assert_eq!(text("yields", "4-6"), "4-6 servings");
        assert_eq!(text("yields", "16 tacos"), "16 tacos");
        assert_eq!(text("author", "Author: Ann"), "Ann");
        assert_eq!(text("author", "Ann: a life"), "Ann: a life");
        assert_eq!(read("rating", FieldType::Number, "Rating: 4.5").as_deref(), Some("4.5"));
    }
}
