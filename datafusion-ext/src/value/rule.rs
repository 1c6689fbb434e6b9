use super::{Counts, DurationUnit, FieldType, Terms};
use serde::{Deserialize, Serialize};

/// Similarity from which two values match, unless a field sets its own.
pub const DEFAULT_THRESHOLD: f64 = 0.8;

/// How the values of one field are read and compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueRule {
    /// What kind of value it is.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Similarity from which two values match, 0..=1; [`DEFAULT_THRESHOLD`] unless set. For a list it is that of the
    /// list as a whole; its items keep the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Numbers match within this distance; in `unit` for a duration.
    #[serde(default)]
    pub abs_tol: f64,
    /// Numbers match within this share of the expected one.
    #[serde(default)]
    pub rel_tol: f64,
    /// What a duration given as a bare number counts; seconds unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<DurationUnit>,
    /// Country of phone numbers and dates that name none, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Currency of amounts that name none, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What a text counts, where the field is such a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// What a text means, where the field says one of a few things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// The text by which ground truth says that there is no value.
    #[serde(default = "default_marker")]
    pub absent_marker: String,
}

fn default_marker() -> String {
    "-".to_owned()
}

impl ValueRule {
    /// The rule of a type, with nothing set beside it.
    #[must_use]
    pub fn new(field_type: FieldType) -> Self {
        Self {
            field_type,
            threshold: None,
            abs_tol: 0.0,
            rel_tol: 0.0,
            unit: None,
            country: None,
            currency: None,
            counts: None,
            terms: None,
            absent_marker: default_marker(),
        }
    }

    /// What a text counts, or which of a few terms it means, in canonical form; `None` for any other text.
    pub(super) fn means(&self, raw: &str) -> Option<String> {
        let term = self.terms.as_ref().and_then(|terms| terms.canonical(raw)).map(str::to_owned);
        term.or_else(|| self.counts.as_ref()?.canonical(raw))
    }

    /// Similarity from which two values match.
    #[must_use]
    pub fn match_threshold(&self) -> f64 {
        self.threshold.unwrap_or(DEFAULT_THRESHOLD)
    }

    /// The rule of one item of a list of `item`.
    pub(super) fn for_item(&self, item: &FieldType) -> Self {
        Self { field_type: item.clone(), threshold: None, ..self.clone() }
    }

    /// How far a number may lie from `expected`.
    pub(super) fn tolerance(&self, expected: f64) -> f64 {
        self.abs_tol.max(self.rel_tol * expected.abs())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_type_alone_is_a_rule() {
        let rule: ValueRule = serde_json::from_str(r#"{"type": "money"}"#).unwrap();
        assert_eq!(rule, ValueRule::new(FieldType::Money));
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(json, r#"{"type":"money","abs_tol":0.0,"rel_tol":0.0,"absent_marker":"-"}"#);
    }
}
