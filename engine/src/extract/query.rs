use super::lexicon::{self, fold_label};
use crate::model::FieldSpec;
use mino_datafusion::value::{FieldType, TypedValue, ValueRule, normalise};
use regex::Regex;

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
    /// Labels, folded.
    pub labels: Vec<String>,
    /// The page's own headline is one.
    pub headline: bool,
    bare_number: Option<String>,
    pattern: Option<Regex>,
}

impl FieldQuery {
    /// Of one field.
    ///
    /// # Errors
    /// When its validation pattern is not a regular expression.
    pub fn new(spec: &FieldSpec) -> Result<Self, regex::Error> {
        let concept = lexicon::concept(&spec.name, &spec.synonyms).cloned().unwrap_or_default();
        // `ticket_price` is not any price: only a field named as the concept itself shares all of its labels.
        let own = [spec.name.as_str()].into_iter().chain(spec.synonyms.iter().map(String::as_str)).map(fold_label);
        let mut labels: Vec<String> = own.collect();
        let exact =
            concept.names.contains(&labels[0]) || spec.synonyms.iter().any(|s| concept.names.contains(&fold_label(s)));
        let camel = camel_case(&spec.name);
        let mut properties = if exact { Vec::new() } else { vec![camel.clone()] };
        properties.extend(concept.properties.iter().cloned());
        if exact {
            labels.extend(concept.labels.iter().cloned());
            properties.push(camel);
        }
        labels.dedup();
        Ok(Self {
            rule: spec.value_rule(),
            properties,
            meta: concept.meta,
            labels,
            headline: concept.headline && exact,
            bare_number: concept.bare_number.filter(|_| spec.field_type == FieldType::Text),
            pattern: spec.validate.pattern.as_deref().map(Regex::new).transpose()?,
            spec: spec.clone(),
        })
    }

    /// True for a field of several values.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.spec.field_type, FieldType::List(_))
    }

    /// A value in canonical form.
    ///
    /// # Errors
    /// Why it is not a value of this field.
    pub fn read(&self, raw: &str) -> Result<TypedValue, String> {
        let value = normalise(&self.rule, raw).map_err(|error| error.to_string())?;
        match self.spec.validate.violation(&value.text, value.number, self.pattern.as_ref()) {
            Some(broken) => Err(format!("`{}` {broken}", value.text)),
            None => Ok(value),
        }
    }

    /// A value as a page gives it, made whole: a bare number gets the noun that it counts.
    #[must_use]
    pub fn complete(&self, raw: String) -> String {
        match &self.bare_number {
            Some(template) if !raw.is_empty() && raw.trim().parse::<f64>().is_ok() => {
                template.replace("{}", raw.trim())
            }
            _ => raw,
        }
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
