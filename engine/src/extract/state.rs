use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, headline, structured::plain};
use crate::page::{Node, PageSnapshot};
use mino_datafusion::value::FieldType;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// State that a page keeps for its own scripts: `__NEXT_DATA__`, `window.__STATE__ = {…}`, JSON in data attributes.
#[derive(Debug)]
pub(super) struct State;

/// Bytes of one script and of all that are read, objects that are looked at, and how deep.
const LARGEST: usize = 2 << 20;
const MOST_BYTES: usize = 4 << 20;
const MOST_OBJECTS: usize = 40_000;
const DEEPEST: usize = 40;

impl Resolver for State {
    fn name(&self) -> &'static str {
        "state"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let mut wanted: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (field, query) in queries.iter().enumerate() {
            for (rank, key) in keys(query).into_iter().enumerate() {
                wanted.entry(key).or_default().push((field, rank));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let headings = [page.page.title(), page.page.elements("h1").next().map(Node::text).unwrap_or_default()]
            .map(|text| headline::letters(&text));
        let mut best: Vec<Speaking> = Vec::new();
        for (path, document) in documents(page.page) {
            let mut walk = Walk {
                queries,
                wanted: &wanted,
                headings: &headings,
                left: MOST_OBJECTS,
                best: &mut best,
                key: String::new(),
            };
            walk.visit(&document, &path, 0);
        }
        best.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
        let most = best.first().map_or(0.0, |best| best.score);
        for speaking in best.into_iter().take(2) {
            for (field, raw, key) in speaking.values {
                let score = 0.66 * speaking.score / most;
                let evidence = Evidence::Path(format!("{}.{key}", speaking.path));
                out.push(Candidate { field, raw, score, resolver: self.name(), evidence });
            }
        }
    }
}

/// An object that may speak for the page.
struct Speaking {
    score: f64,
    /// Field, value, key.
    values: Vec<(usize, String, String)>,
    path: String,
}

/// Names that a field may have as a key, as joined lower-case words.
fn keys(query: &FieldQuery) -> Vec<String> {
    // Of these the page itself says more than what its scripts keep.
    if ["title", "description", "category", "canonical_url", "language", "image"].iter().any(|kind| query.is(kind)) {
        return Vec::new();
    }
    let last = |path: &String| path.rsplit('.').next().map(str::to_lowercase);
    let mut keys: Vec<String> = query.names.iter().map(|words| words.concat()).collect();
    keys.extend(query.properties.iter().filter(|path| !path.starts_with('@')).filter_map(last));
    keys.dedup();
    keys
}

struct Walk<'a> {
    queries: &'a [FieldQuery],
    /// Key → fields, and the place of the key among their names.
    wanted: &'a HashMap<String, Vec<(usize, usize)>>,
    headings: &'a [String],
    left: usize,
    best: &'a mut Vec<Speaking>,
    key: String,
}

impl Walk<'_> {
    fn visit(&mut self, value: &Value, path: &str, depth: usize) {
        if depth > DEEPEST || self.left == 0 {
            return;
        }
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_object() || item.is_array()) {
                    self.visit(item, &format!("{path}[{at}]"), depth + 1);
                }
            }
            Value::Object(object) => {
                self.left -= 1;
                self.judge(object, path, depth);
                for (key, item) in object.iter().filter(|(_, item)| item.is_object() || item.is_array()) {
                    self.visit(item, &format!("{path}.{key}"), depth + 1);
                }
            }
            _ => {}
        }
    }

    /// An object speaks for the page when its name is the page's, or when it answers several of the fields.
    fn judge(&mut self, object: &Map<String, Value>, path: &str, depth: usize) {
        let mut found: Vec<(usize, usize, &String, &Value)> = Vec::new();
        for (key, value) in object.iter().filter(|(key, value)| key.len() <= 40 && !value.is_null()) {
            self.key.clear();
            self.key.extend(key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase));
            let fields = self.wanted.get(self.key.as_str()).into_iter().flatten();
            found.extend(fields.map(|(field, rank)| (*field, *rank, key, value)));
        }
        if found.is_empty() {
            return;
        }
        let own = self.is_own(object);
        if !own && found.len() < 3 {
            return;
        }
        found.sort_by_key(|(field, rank, ..)| (*field, *rank));
        let mut values: Vec<(usize, String, String)> = Vec::new();
        for (field, _, key, value) in found {
            if values.last().is_some_and(|(known, ..)| *known == field) {
                continue;
            }
            let raw = text_of(value, &self.queries[field]).filter(|raw| raw.len() <= 4_000);
            if let Some(raw) = raw.filter(|raw| self.queries[field].read(raw).is_ok()) {
                values.push((field, raw, key.clone()));
            }
        }
        if values.is_empty() || !(own || values.len() >= 3) {
            return;
        }
        let score = (values.len() as f64 + if own { 2.0 } else { 0.0 }) / (1.0 + 0.02 * depth as f64);
        self.best.push(Speaking { score, values, path: path.to_owned() });
        if self.best.len() > 64 {
            self.best.sort_by(|a, b| b.score.total_cmp(&a.score));
            self.best.truncate(8);
        }
    }

    fn is_own(&self, object: &Map<String, Value>) -> bool {
        let named = ["name", "title", "headline", "productName", "displayName"]
            .iter()
            .filter_map(|key| object.get(*key)?.as_str());
        named.filter(|name| name.len() <= 300).map(headline::letters).any(|name| {
            let is =
                |heading: &String| heading.contains(&name) || (heading.len() > 5 && name.contains(heading.as_str()));
            name.chars().count() > 3 && self.headings.iter().any(is)
        })
    }
}

fn text_of(value: &Value, query: &FieldQuery) -> Option<String> {
    match value {
        Value::String(text) => Some(plain(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) if query.spec.field_type == FieldType::Boolean => Some(flag.to_string()),
        Value::Array(items) if query.is_list() => {
            let texts: Option<Vec<String>> = items.iter().take(300).map(|item| text_of(item, query)).collect();
            texts.filter(|texts| !texts.is_empty()).and_then(|texts| serde_json::to_string(&texts).ok())
        }
        Value::Object(object) => {
            ["name", "value", "amount", "text", "title"].iter().find_map(|key| object.get(*key)?.as_str().map(plain))
        }
        _ => None,
    }
}

/// Every JSON document of a page that is not JSON-LD, and where it is.
fn documents(page: &PageSnapshot) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut left = MOST_BYTES;
    for script in page.elements("script") {
        let kind = script.attr("type").unwrap_or_default();
        if kind.contains("ld+json") {
            continue;
        }
        let mut pieces = script.children().filter_map(Node::content);
        let Some(text) = pieces.next().filter(|text| (16..=LARGEST).contains(&text.len()) && text.len() <= left) else {
            continue;
        };
        left -= text.len();
        let name = script.attr("id").map_or_else(|| "script".to_owned(), |id| format!("script#{id}"));
        if kind.contains("json") {
            all.extend(serde_json::from_str(text).ok().map(|value| (name, value)));
            continue;
        }
        if kind.is_empty() || kind.contains("javascript") || kind == "module" {
            all.extend(assigned(text).into_iter().map(|(variable, value)| (variable.to_owned(), value)));
        }
    }
    let attributes = page.nodes().flat_map(|node| node.attributes().map(move |pair| (node, pair)));
    for (node, (name, text)) in attributes
        .filter(|(_, (name, text))| name.starts_with("data-") && text.len() > 30 && text.starts_with(['{', '[']))
        .take(400)
    {
        if text.len() > left {
            break;
        }
        left -= text.len();
        all.extend(
            serde_json::from_str(text).ok().map(|value| (format!("{}@{name}", node.tag().unwrap_or_default()), value)),
        );
    }
    all
}

/// Objects that a script assigns to names: `window.__STATE__ = {…};`, `var product = {…}`.
fn assigned(text: &str) -> Vec<(&str, Value)> {
    let mut all = Vec::new();
    let mut at = 0;
    while all.len() < 24 {
        let Some(found) = text[at..].find('=') else { break };
        let equals = at + found;
        at = equals + 1;
        let after = text[at..].trim_start();
        if !after.starts_with('{') {
            continue;
        }
        let before = text[..equals].trim_end();
        let name_from = before
            .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '[' | ']' | '"' | '\'')))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let name = &before[name_from..];
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            let length = values.byte_offset();
            at = text.len() - after.len() + length.max(1);
            all.push((if name.is_empty() { "script" } else { name }, value));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::extracted;

    fn raw(fields: &[&str], html: &str) -> Vec<String> {
        extracted(fields, html)
            .fields
            .into_iter()
            .map(|found| found.map(|found| found.raw).unwrap_or_default())
            .collect()
    }

    #[test]
    fn state_of_scripts() {
        let html = "<title>Lamp | Acme</title><h1>Lamp</h1><script id=__NEXT_DATA__ type=application/json>{\"props\":{\"product\":{\"name\":\"Lamp\",\"sku\":\"L-1\",\"brand\":{\"name\":\"Acme\"}}}}</script>";
        assert_eq!(raw(&["sku", "brand"], html), ["L-1", "Acme"]);
        let html = "<title>Lamp | Acme</title><h1>Lamp</h1><script>var a = 1; window.__STATE__ = {\"p\":{\"title\":\"Lamp\",\"sku\":\"L-2\"}}; go();</script>";
        assert_eq!(raw(&["sku"], html), ["L-2"]);
        let html = "<h1>Lamp</h1><div data-product='{\"name\":\"Lamp\",\"sku\":\"L-3\",\"currency\":\"EUR\"}'></div>";
        assert_eq!(raw(&["sku", "currency"], html), ["L-3", "EUR"]);
        let other = "<h1>Lamp</h1><script>window.x = {\"config\":{\"name\":\"tracker\",\"sku\":\"T\"}}</script>";
        assert_eq!(raw(&["sku"], other), [""]);
    }
}
