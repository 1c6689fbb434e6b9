//! What JSON-LD, microdata and RDFa share once each has become JSON objects with `@type`: choosing the object that the
//! page is about, and walking schema.org paths in it.

use super::budget::{Budget, cut};
use super::{Candidate, Evidence, FieldQuery, PageView};
use crate::page::{PageSnapshot, collapse};
use mino_datafusion::value::FieldType;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How deep objects are followed into each other: references can be circular.
const DEEPEST: usize = 8;
/// Items of one list, and bytes of one value.
const MOST_ITEMS: usize = 300;
const LONGEST: usize = 20_000;

/// Types that describe the page or its parts, seldom what the page is about.
const SURROUNDINGS: [&str; 19] = [
    "breadcrumb",
    "webpage",
    "website",
    "organization",
    "breadcrumblist",
    "listitem",
    "imageobject",
    "person",
    "searchaction",
    "readaction",
    "comment",
    "review",
    "howtostep",
    "howtosection",
    "videoobject",
    "entrypoint",
    "sitenavigationelement",
    "wpheader",
    "wpfooter",
];

struct Entity<'a> {
    object: &'a Map<String, Value>,
    path: String,
    depth: usize,
}

/// Objects of a page and their names for each other.
pub(super) struct Graph<'a> {
    entities: Vec<Entity<'a>>,
    by_id: HashMap<&'a str, &'a Map<String, Value>>,
    budget: Budget,
}

impl<'a> Graph<'a> {
    pub(super) fn new(documents: &'a [Value]) -> Self {
        let mut graph = Self { entities: Vec::new(), by_id: HashMap::new(), budget: Budget::default() };
        for (index, document) in documents.iter().enumerate() {
            graph.collect(document, format!("$[{index}]"), 0);
        }
        graph
    }

    fn collect(&mut self, value: &'a Value, path: String, depth: usize) {
        if depth > DEEPEST * 2 || !self.budget.spend(path.len()) {
            return;
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(item, format!("{path}[{index}]"), depth);
                }
            }
            Value::Object(object) => {
                if let Some(id) = object.get("@id").and_then(Value::as_str).filter(|_| object.len() > 1) {
                    // Of several objects with one name the fullest is the one that says something.
                    let known = self.by_id.get(id).map_or(0, |known| known.len());
                    if object.len() > known {
                        self.by_id.insert(id, object);
                    }
                }
                if object.contains_key("@type") {
                    self.entities.push(Entity { object, path: path.clone(), depth });
                }
                for (key, item) in object.iter().filter(|(_, item)| item.is_object() || item.is_array()) {
                    let deeper = depth + usize::from(key != "@graph");
                    self.collect(item, format!("{path}.{key}"), deeper);
                }
            }
            _ => {}
        }
    }

    fn resolve(&self, object: &'a Map<String, Value>) -> &'a Map<String, Value> {
        let says_little = !object.keys().any(|key| !key.starts_with('@'));
        let target =
            object.get("@id").and_then(Value::as_str).filter(|_| says_little).and_then(|id| self.by_id.get(id));
        target.copied().unwrap_or(object)
    }

    /// Values at the end of a path of property names.
    fn walk(&self, object: &'a Map<String, Value>, path: &str) -> Vec<&'a Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let mut found = Vec::new();
        let Some(value) = property(object, first) else { return found };
        let items: &[Value] = match value {
            Value::Array(items) => items,
            one => std::slice::from_ref(one),
        };
        match rest {
            None => found.extend(items.iter().take(MOST_ITEMS)),
            Some(rest) => {
                for item in items.iter().filter_map(Value::as_object).take(MOST_ITEMS) {
                    if !self.budget.spend(0) {
                        break;
                    }
                    found.extend(self.walk(self.resolve(item), rest));
                }
            }
        }
        found
    }
}

/// A property by its name in any case, with or without the vocabulary in front.
fn property<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let short = |key: &str| key.rsplit(['/', '#', ':']).next().is_some_and(|key| key.eq_ignore_ascii_case(name));
        object.iter().find(|(key, _)| !key.starts_with('@') && short(key)).map(|(_, value)| value)
    })
}

fn types(object: &Map<String, Value>) -> impl Iterator<Item = String> {
    let value = object.get("@type");
    let texts: Vec<&str> = match value {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    };
    texts
        .into_iter()
        .map(|text| text.rsplit(['/', '#', ':']).next().unwrap_or(text).to_lowercase())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Proposes, for every field, what the objects say: the object that answers most of the fields first.
pub(super) fn propose(
    documents: &[Value],
    view: &PageView<'_>,
    queries: &[FieldQuery],
    resolver: &'static str,
    trust: f64,
    out: &mut Vec<Candidate>,
) {
    let graph = Graph::new(documents);
    let mut ranked: Vec<(f64, usize)> = graph
        .entities
        .iter()
        .enumerate()
        .map(|(index, entity)| (relevance(&graph, entity, queries), index))
        .filter(|(relevance, _)| *relevance > 0.0)
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let best = ranked.first().map_or(0.0, |(relevance, _)| *relevance);
    for (field, query) in queries.iter().enumerate() {
        let mut proposed = 0;
        for (relevance, index) in &ranked {
            let entity = &graph.entities[*index];
            // A step of the way to the page, or a person, is no organization for having a name.
            if query.is("organization") && is_surrounding(entity.object) && !is_organization(entity.object) {
                continue;
            }
            let Some((raw, path)) = value_of(&graph, entity.object, query, view) else { continue };
            let rank = if proposed == 0 { 1.0 } else { 0.7 };
            let subject = if is_surrounding(entity.object) { 0.8 } else { 1.0 };
            // Hours are written for machines here; where the page tells them in words, these are what a reader knows.
            let trust = if query.is("opening_hours") { trust * 0.7 } else { trust };
            let score = trust * (0.4 + 0.6 * relevance / best) * rank * subject;
            let evidence = Evidence::Path(format!("{}.{path}", entity.path));
            out.push(Candidate { field, raw, score, resolver, evidence });
            proposed += 1;
            if proposed == 3 {
                break;
            }
        }
    }
}

/// How many of the fields an object answers; less for what only surrounds the page's subject.
fn relevance(graph: &Graph<'_>, entity: &Entity<'_>, queries: &[FieldQuery]) -> f64 {
    let answered = |query: &&FieldQuery| {
        query.properties.iter().any(|path| !path.starts_with('@') && !graph.walk(entity.object, path).is_empty())
    };
    let answers = queries.iter().filter(answered).count() as f64;
    let weight = if is_surrounding(entity.object) { 0.45 } else { 1.0 };
    answers * weight / (1.0 + 0.2 * entity.depth as f64)
}

fn is_organization(object: &Map<String, Value>) -> bool {
    types(object).any(|name| matches!(name.as_str(), "organization" | "website"))
}

fn is_surrounding(object: &Map<String, Value>) -> bool {
    types(object).any(|name| SURROUNDINGS.contains(&name.as_str()))
}

fn value_of(
    graph: &Graph<'_>,
    object: &Map<String, Value>,
    query: &FieldQuery,
    view: &PageView<'_>,
) -> Option<(String, String)> {
    for path in &query.properties {
        let values = graph.walk(object, path);
        let text = |value: &Value| text_of(graph, value, &query.spec.field_type, view, 0);
        let mut texts: Vec<String> = match values.as_slice() {
            // A list written as one text with a line for each item.
            [Value::String(one)] if query.is_list() && one.trim().contains('\n') => {
                one.lines().map(plain).filter(|line| !line.is_empty()).take(MOST_ITEMS).collect()
            }
            values => values.iter().filter_map(|value| text(value)).collect(),
        };
        texts.dedup();
        if query.is_list() && !texts.is_empty() {
            return Some((serde_json::to_string(&texts).ok()?, path.clone()));
        }
        let Some(raw) = one_of(texts, query) else { continue };
        let raw = with_currency(graph, object, path, raw, query);
        if query.read(&raw).is_ok() {
            return Some((raw, path.clone()));
        }
    }
    None
}

/// A bare amount with the currency beside it.
fn with_currency(
    graph: &Graph<'_>,
    object: &Map<String, Value>,
    path: &str,
    raw: String,
    query: &FieldQuery,
) -> String {
    let bare = raw.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b' '));
    if query.spec.field_type != FieldType::Money || !bare {
        return raw;
    }
    let beside =
        path.rsplit_once('.').map_or_else(|| "priceCurrency".to_owned(), |(above, _)| format!("{above}.priceCurrency"));
    match graph.walk(object, &beside).first().and_then(|value| value.as_str()) {
        Some(currency) if currency.len() == 3 => format!("{raw} {currency}"),
        _ => raw,
    }
}

/// One text of several values: for a text all of them, unless one holds the others; for any other type the first that
/// reads as it.
fn one_of(texts: Vec<String>, query: &FieldQuery) -> Option<String> {
    // Of several branches the first is the main one.
    let single = query.spec.field_type != FieldType::Text || query.is("address");
    if single || texts.len() < 2 {
        let readable = texts.iter().position(|text| query.read(text).is_ok());
        return texts.into_iter().nth(readable.unwrap_or(0));
    }
    let longest = texts.iter().max_by_key(|text| text.len())?;
    if texts.iter().all(|text| longest.contains(text.as_str())) {
        return Some(longest.clone());
    }
    Some(texts.join(", "))
}

/// The text that a value of structured data stands for.
fn text_of(graph: &Graph<'_>, value: &Value, wanted: &FieldType, view: &PageView<'_>, depth: usize) -> Option<String> {
    if !graph.budget.spend(0) {
        return None;
    }
    let mut text = match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => plain(text),
        Value::Array(items) => {
            let texts: Vec<String> = items
                .iter()
                .take(MOST_ITEMS)
                .filter_map(|item| text_of(graph, item, wanted, view, depth + 1))
                .collect();
            texts.join(", ")
        }
        Value::Object(_) if depth > DEEPEST => return None,
        Value::Object(object) => return object_text(graph, graph.resolve(object), wanted, view, depth),
    };
    cut(&mut text, LONGEST);
    let text = if *wanted == FieldType::Url && !text.is_empty() { view.absolute(&text) } else { text };
    (!text.is_empty()).then_some(text)
}

const ADDRESS_PARTS: [&str; 6] =
    ["streetAddress", "postOfficeBoxNumber", "addressLocality", "addressRegion", "postalCode", "addressCountry"];

fn object_text(
    graph: &Graph<'_>,
    object: &Map<String, Value>,
    wanted: &FieldType,
    view: &PageView<'_>,
    depth: usize,
) -> Option<String> {
    let part = |name: &str| property(object, name).and_then(|value| text_of(graph, value, wanted, view, depth + 1));
    if *wanted == FieldType::Url {
        let id = || object.get("@id").and_then(Value::as_str).map(|id| view.absolute(id));
        return part("url").or_else(|| part("contentUrl")).or_else(id);
    }
    let address: Vec<String> = ADDRESS_PARTS.iter().filter_map(|name| part(name)).collect();
    if !address.is_empty() {
        return Some(address.join(", "));
    }
    if property(object, "opens").is_some() {
        let days =
            part("dayOfWeek").unwrap_or_default().replace("https://schema.org/", "").replace("http://schema.org/", "");
        return Some(format!("{days} {}-{}", part("opens")?, part("closes").unwrap_or_default()).trim().to_owned());
    }
    ["@value", "name", "text", "value", "ratingValue", "price", "telephone", "headline", "title", "url"]
        .iter()
        .find_map(|name| if *name == "@value" { object.get(*name)?.as_str().map(plain) } else { part(name) })
}

/// Structured data often holds HTML: entities are decoded and tags dropped.
pub(super) fn plain(text: &str) -> String {
    let mut text = collapse(text);
    // Twice: `&amp;#8217;` is common.
    for _ in 0..2 {
        if !text.contains('&') && !text.contains('<') {
            break;
        }
        let page = PageSnapshot::from_html("", &text);
        let Some(body) = page.elements("body").next() else { break };
        text = body.text();
    }
    text
}
