use mino_datafusion::value::{DurationUnit, FieldType, ValueRule};
use serde::{Deserialize, Serialize};

/// One field that a campaign extracts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// Column name: a lower-case identifier.
    pub name: String,
    /// What kind of value it is.
    #[serde(rename = "type", default = "text")]
    pub field_type: FieldType,
    /// An attempt without it is not a success.
    #[serde(default, skip_serializing_if = "is_default")]
    pub required: bool,
    /// In plain words, what to look for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Other names under which pages show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<String>,
    /// Explicit rules, tried in order before anything else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Rule>,
    /// Unit of a duration given as a bare number; seconds unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<DurationUnit>,
    /// Currency of amounts that name none, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Country of phone numbers and dates that name none, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A task with this field wrong has failed, whatever else is right.
    #[serde(default, skip_serializing_if = "is_default")]
    pub critical: bool,
    /// Weight in the task's overall confidence; 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Similarity from which two values match, 0..=1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Numbers match within this.
    #[serde(default, skip_serializing_if = "is_default")]
    pub abs_tol: f64,
    /// Numbers match within this share of the expected one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rel_tol: f64,
    /// What a valid value looks like.
    #[serde(default, skip_serializing_if = "is_default")]
    pub validate: Validation,
}

fn text() -> FieldType {
    FieldType::Text
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FieldSpec {
    /// A field with nothing but a name and a type.
    #[must_use]
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        Self {
            name: name.into(),
            field_type,
            required: false,
            description: None,
            synonyms: Vec::new(),
            from: Vec::new(),
            unit: None,
            currency: None,
            country: None,
            critical: false,
            weight: None,
            threshold: None,
            abs_tol: 0.0,
            rel_tol: 0.0,
            validate: Validation::default(),
        }
    }

    /// How values of this field are read and compared.
    #[must_use]
    pub fn value_rule(&self) -> ValueRule {
        let mut rule = ValueRule::new(self.field_type.clone());
        rule.threshold = self.threshold;
        rule.abs_tol = self.abs_tol;
        rule.rel_tol = self.rel_tol;
        rule.unit = self.unit;
        rule.country.clone_from(&self.country);
        rule.currency.clone_from(&self.currency);
        rule
    }
}

/// What a valid value of a column or field looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validation {
    /// No blank cells (of a dataset's column).
    #[serde(skip_serializing_if = "is_default")]
    pub required: bool,
    /// A regular expression that the canonical value matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The only values allowed.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
}

impl Validation {
    /// Why a canonical value breaks these rules; `None` when it does not. `pattern` is the compiled pattern.
    #[must_use]
    pub fn violation(&self, text: &str, number: Option<f64>, pattern: Option<&regex::Regex>) -> Option<String> {
        if let Some(pattern) = pattern.filter(|pattern| !pattern.is_match(text)) {
            return Some(format!("does not match the pattern `{pattern}`"));
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(text)) {
            return Some(format!("is none of {}", self.allowed.join(", ")));
        }
        match (number, self.min, self.max) {
            (Some(number), Some(min), _) if number < min => Some(format!("is below the minimum {min}")),
            (Some(number), _, Some(max)) if number > max => Some(format!("is above the maximum {max}")),
            _ => None,
        }
    }
}

/// One explicit rule: where on the page the value is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawRule", into = "RawRule")]
pub struct Rule {
    /// How the place is described, and the description.
    pub kind: RuleKind,
    /// Take this attribute instead of the text (css and xpath).
    pub attr: Option<String>,
}

/// The languages in which a rule can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// A CSS selector.
    Css(String),
    /// An XPath expression.
    Xpath(String),
    /// A JSON path (RFC 9535) into any JSON of the page.
    JsonPath(String),
    /// A regular expression on the page's text; group 1 if there is one.
    Regex(String),
    /// The name or property of a `<meta>`.
    Meta(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    css: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xpath: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attr: Option<String>,
}

impl TryFrom<RawRule> for Rule {
    type Error = String;

    fn try_from(raw: RawRule) -> Result<Self, String> {
        let mut kinds: Vec<RuleKind> = [
            raw.css.map(RuleKind::Css),
            raw.xpath.map(RuleKind::Xpath),
            raw.json_path.map(RuleKind::JsonPath),
            raw.regex.map(RuleKind::Regex),
            raw.meta.map(RuleKind::Meta),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (kinds.pop(), kinds.is_empty()) {
            (Some(kind), true) => Ok(Self { kind, attr: raw.attr }),
            _ => Err("a rule has exactly one of css, xpath, json_path, regex, meta".into()),
        }
    }
}

impl From<Rule> for RawRule {
    fn from(rule: Rule) -> Self {
        let mut raw = Self { css: None, xpath: None, json_path: None, regex: None, meta: None, attr: rule.attr };
        match rule.kind {
            RuleKind::Css(text) => raw.css = Some(text),
            RuleKind::Xpath(text) => raw.xpath = Some(text),
            RuleKind::JsonPath(text) => raw.json_path = Some(text),
            RuleKind::Regex(text) => raw.regex = Some(text),
            RuleKind::Meta(text) => raw.meta = Some(text),
        }
        raw
    }
}
