use super::{Candidate, Evidence, ExtractError, FieldQuery, PageView, Resolver, meta};
use crate::model::{FieldSpec, Rule, RuleKind};
use crate::page::Node;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use serde_json_path::JsonPath;

/// What a person wrote: css, xpath, json path, regex, meta. Tried in order; the first that finds something is taken.
#[derive(Debug)]
pub(super) struct Rules {
    /// By field, in order.
    compiled: Vec<Vec<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    how: How,
    attr: Option<String>,
}

#[derive(Debug)]
enum How {
    Css(String),
    Xpath(String),
    JsonPath(JsonPath, String),
    Regex(Regex),
    Meta(String),
}

impl Rules {
    /// Of all fields.
    ///
    /// # Errors
    /// When a rule is not written as its language wants it.
    pub(super) fn new(fields: &[FieldSpec]) -> Result<Self, ExtractError> {
        let of = |field: &FieldSpec| {
            let compile = |rule: &Rule| {
                compile(rule).map_err(|(rule, reason)| ExtractError::Rule { field: field.name.clone(), rule, reason })
            };
            field.from.iter().map(compile).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { compiled: fields.iter().map(of).collect::<Result<_, _>>()? })
    }
}

fn compile(rule: &Rule) -> Result<Compiled, (String, String)> {
    let how = match &rule.kind {
        RuleKind::Css(text) => match scraper::Selector::parse(text) {
            Ok(_) => How::Css(text.clone()),
            Err(_) => return Err((format!("css: {text}"), "it is not a CSS selector".to_owned())),
        },
        RuleKind::Xpath(text) => match skyscraper::xpath::parse(text) {
            Ok(_) => How::Xpath(text.clone()),
            Err(error) => return Err((format!("xpath: {text}"), error.to_string())),
        },
        RuleKind::JsonPath(text) => {
            let path = JsonPath::parse(text).map_err(|error| (format!("json_path: {text}"), error.to_string()))?;
            How::JsonPath(path, text.clone())
        }
        RuleKind::Regex(text) => {
            // A bound on the compiled size: a campaign file is input too.
            let regex = RegexBuilder::new(text).size_limit(1 << 20).build();
            How::Regex(regex.map_err(|error| (format!("regex: {text}"), last_line(&error.to_string())))?)
        }
        RuleKind::Meta(name) => How::Meta(name.clone()),
    };
    Ok(Compiled { how, attr: rule.attr.clone() })
}

/// The engine draws the pattern on several lines; the last says what is wrong.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or(error).trim_start_matches("error: ").to_owned()
}

impl Resolver for Rules {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, (rules, query)) in self.compiled.iter().zip(queries).enumerate() {
            for rule in rules {
                let (found, evidence) = rule.find(page);
                let raw = if query.is_list() {
                    serde_json::to_string(&found).ok().filter(|_| !found.is_empty())
                } else {
                    found.into_iter().next()
                };
                if let Some(raw) = raw {
                    out.push(Candidate {
                        field,
                        raw,
                        score: 0.98,
                        resolver: self.name(),
                        evidence: Evidence::Path(evidence),
                    });
                    break;
                }
            }
        }
    }
}

impl Compiled {
    fn find(&self, view: &PageView<'_>) -> (Vec<String>, String) {
        match &self.how {
            How::Css(selector) => {
                let nodes = view.css().select(selector).unwrap_or_default();
                (nodes.iter().map(|node| self.value(view, *node)).filter(|v| !v.is_empty()).collect(), selector.clone())
            }
            How::Xpath(expression) => {
                let with_attr = self.attr.as_ref().map_or_else(|| expression.clone(), |a| format!("{expression}/@{a}"));
                (view.xpath().select(&with_attr).unwrap_or_default(), with_attr)
            }
            How::JsonPath(path, text) => {
                let scripts = || json_scripts(view);
                let found = |documents: &[Value]| -> Vec<String> {
                    documents.iter().flat_map(|document| path.query(document).all()).filter_map(scalar).collect()
                };
                let linked: Vec<String> = found(view.json_ld());
                (if linked.is_empty() { found(&scripts()) } else { linked }, text.clone())
            }
            How::Regex(regex) => {
                let body = view.page.elements("body").next().map(|body| body.text()).unwrap_or_default();
                let group = |found: regex::Captures<'_>| found.get(1).or(found.get(0)).map(|m| m.as_str().to_owned());
                (regex.captures_iter(&body).filter_map(group).collect(), regex.as_str().to_owned())
            }
            How::Meta(name) => match meta::find(view.page, &name.to_lowercase()) {
                Some((value, evidence)) => (vec![value], evidence),
                None => (Vec::new(), name.clone()),
            },
        }
    }

    fn value(&self, view: &PageView<'_>, node: Node<'_>) -> String {
        match self.attr.as_deref() {
            Some(name @ ("href" | "src")) => node.attr(name).map(|link| view.absolute(link)).unwrap_or_default(),
            Some(name) => node.attr(name).unwrap_or_default().trim().to_owned(),
            None => node.text(),
        }
    }
}

/// JSON in scripts that are not JSON-LD, as state for the page's own code.
fn json_scripts(view: &PageView<'_>) -> Vec<Value> {
    let is_json = |kind: &str| kind.contains("json") && !kind.contains("ld+json");
    let scripts = view.page.elements("script").filter(|script| script.attr("type").is_some_and(is_json));
    scripts
        .filter_map(|script| {
            serde_json::from_str(&script.children().filter_map(|t| t.content()).collect::<String>()).ok()
        })
        .collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
