use super::class_words::ClassWords;
use super::script_values::each_document;
use super::word_index::WordIndex;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, headline, structured::plain};
use crate::page::PageSnapshot;
use mino_datafusion::value::FieldType;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// State that a page keeps for its own scripts: `__NEXT_DATA__`, `window.__STATE__ = {…}`, JSON in data attributes.
#[derive(Debug)]
pub(super) struct State {
    keys: WordIndex,
}

impl State {
    pub(super) fn new(queries: &[FieldQuery]) -> Self {
        let keys = queries
            .iter()
            .enumerate()
            .flat_map(|(field, query)| keys(query).into_iter().enumerate().map(move |(rank, key)| (key, field, rank)));
        Self { keys: WordIndex::new(keys) }
    }
}

/// Objects that are looked at, and how deep.
const MOST_OBJECTS: usize = 40_000;
const DEEPEST: usize = 40;
/// Longest path to an object, and longest name of a page, in bytes.
const LONGEST_PATH: usize = 1_000;
const LONGEST_NAME: usize = 1_000;

impl Resolver for State {
    fn name(&self) -> &'static str {
        "state"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        if self.keys.is_empty() {
            return;
        }
        let headings = [
            page.page.title(),
            page.page.elements("h1").next().and_then(|h1| h1.short_text(LONGEST_NAME)).unwrap_or_default(),
        ]
        .map(|text| headline::letters(&text));
        let mut best: Vec<Speaking> = Vec::new();
        let chosen = chosen(page.page);
        each_document(page.page, &mut |path, document| {
            let mut walk = Walk {
                queries,
                keys: &self.keys,
                headings: &headings,
                chosen: &chosen,
                left: MOST_OBJECTS,
                best: &mut best,
                key: String::new(),
            };
            walk.visit(document, path, 0);
        });
        best.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
        let most = best.first().map_or(0.0, |best| best.score);
        for speaking in best.into_iter().take(3) {
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
    // `brand.name` is the brand, not any name.
    let last = |path: &String| {
        let path = path.strip_suffix(".name").or(path.strip_suffix(".value")).unwrap_or(path);
        path.rsplit('.').next().map(str::to_lowercase)
    };
    let names: Vec<String> = query.names.iter().map(|words| words.concat()).collect();
    let mut keys = names.clone();
    keys.extend(query.properties.iter().filter(|path| !path.starts_with('@')).filter_map(last));
    // What analytics call the same: `item_brand`, `product_price`.
    keys.extend(names.iter().flat_map(|name| ["item", "product"].map(|of| format!("{of}{name}"))));
    if query.is("sku") {
        keys.extend(["itemid", ID].map(str::to_owned));
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

/// A key of anything: of products in a list of them alone.
const ID: &str = "id";

/// What is chosen in the page's forms: values and texts of options, radio buttons, and hidden ids.
fn chosen(page: &PageSnapshot) -> HashSet<String> {
    const MOST: usize = 60;
    let mut chosen = HashSet::new();
    for node in page.nodes() {
        let has = |name: &str| node.attr(name).is_some();
        let is_id = || node.attr("name").is_some_and(|name| headline::letters(name).ends_with(ID));
        let (taken, with_text) = match node.tag() {
            Some("option") => (has("selected"), true),
            Some("input") => match node.attr("type") {
                Some("radio" | "checkbox") => (has("checked"), false),
                Some("hidden") => (is_id(), false),
                _ => (false, false),
            },
            Some(_) => (node.attr("aria-checked") == Some("true") || node.attr("aria-pressed") == Some("true"), true),
            None => (false, false),
        };
        if !taken {
            continue;
        }
        let text = with_text.then(|| node.short_text(MOST)).flatten();
        let values = [node.attr("value").map(str::to_owned), text];
        chosen.extend(
            values.into_iter().flatten().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
        );
    }
    chosen
}

struct Walk<'a> {
    queries: &'a [FieldQuery],
    /// Key → fields, and the place of the key among their names.
    keys: &'a WordIndex,
    headings: &'a [String],
    /// What is chosen on the page, in lower case.
    chosen: &'a HashSet<String>,
    left: usize,
    best: &'a mut Vec<Speaking>,
    key: String,
}

impl Walk<'_> {
    fn visit(&mut self, value: &Value, path: &str, depth: usize) {
        if depth > DEEPEST || self.left == 0 || path.len() > LONGEST_PATH {
            return;
        }
        match value {
            Value::Array(items) => {
                self.left -= 1;
                for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_object() || item.is_array()) {
                    self.visit(item, &format!("{path}[{at}]"), depth + 1);
                }
            }
            Value::Object(object) => {
                self.left -= 1;
                self.judge(object, path, depth);
                for (key, item) in object.iter().filter(|(_, item)| item.is_object() || item.is_array()) {
                    if ClassWords::new(key).any(|word| is_of_others(&word)) {
                        continue;
                    }
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
            if self.key == ID && !is_listed(path) {
                continue;
            }
            let fields = self.keys.get(self.key.as_str()).iter();
            found.extend(fields.map(|(field, rank)| (*field, *rank, key, value)));
        }
        if found.is_empty() {
            return;
        }
        let chosen = self.is_chosen(object);
        let own = chosen || self.is_own(object);
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
        let bonus = if chosen { 3.0 } else { 2.0 };
        let score = (values.len() as f64 + if own { bonus } else { 0.0 }) / (1.0 + 0.02 * depth as f64);
        self.best.push(Speaking { score, values, path: path.to_owned() });
        if self.best.len() > 64 {
            self.best.sort_by(|a, b| b.score.total_cmp(&a.score));
            self.best.truncate(8);
        }
    }

    /// Of variants of a product, the one that is chosen on the page: by its id, or by all of its options.
    fn is_chosen(&self, object: &Map<String, Value>) -> bool {
        let is = |value: &Value| match value {
            Value::String(text) => self.chosen.contains(&text.trim().to_lowercase()),
            Value::Number(number) => self.chosen.contains(&number.to_string()),
            _ => false,
        };
        let ids = ["id", "variation_id", "variantId", "variant_id", "skuId"];
        if ids.iter().filter_map(|key| object.get(*key)).any(|id| is(id) && text_len(id) > 3) {
            return true;
        }
        let options: Vec<&Value> = match (object.get("attributes"), object.get("options")) {
            (Some(Value::Object(attributes)), _) => attributes.values().collect(),
            (_, Some(Value::Array(options))) => options.iter().collect(),
            _ => ["option1", "option2", "option3"]
                .iter()
                .filter_map(|key| object.get(*key))
                .filter(|value| !value.is_null())
                .collect(),
        };
        !options.is_empty() && options.into_iter().all(is)
    }

    fn is_own(&self, object: &Map<String, Value>) -> bool {
        let named = ["name", "title", "headline", "productName", "displayName", "product_name", "item_name"]
            .iter()
            .filter_map(|key| object.get(*key)?.as_str());
        named.filter(|name| name.len() <= 300).map(headline::letters).any(|name| {
            let is =
                |heading: &String| heading.contains(&name) || (heading.len() > 5 && name.contains(heading.as_str()));
            name.chars().count() > 3 && self.headings.iter().any(is)
        })
    }
}

/// What programmers everywhere call the things beside the page's own.
fn is_of_others(word: &str) -> bool {
    matches!(
        word,
        "related"
            | "recommendations"
            | "recommended"
            | "recommendation"
            | "similar"
            | "upsell"
            | "upsells"
            | "crosssell"
            | "alternatives"
            | "trending"
            | "popular"
            | "bestsellers"
            | "sponsored"
            | "recent"
            | "cart"
            | "wishlist"
            | "bundles"
    )
}

fn text_len(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Number(number) => number.to_string().len(),
        _ => 0,
    }
}

/// In a list of products that an analytics script is told of.
fn is_listed(path: &str) -> bool {
    ["products", "items"]
        .iter()
        .any(|list| path.rsplit('.').next().is_some_and(|last| last.starts_with(list) && last.ends_with(']')))
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
        let pushed = "<h1>Lamp</h1><script>dataLayer.push({'event':'view', ecommerce:{items:[{item_id:'L-4',item_name:'Lamp',item_brand:'Acme'}]}});</script>";
        assert_eq!(raw(&["sku", "brand"], pushed), ["L-4", "Acme"]);
        let variants = "<h1>Lamp</h1><form><select><option value=S>S<option value=M selected>M</select></form><script type=application/json>\
            [{\"title\":\"S\",\"option1\":\"S\",\"sku\":\"L-S\"},{\"title\":\"M\",\"option1\":\"M\",\"sku\":\"L-M\"}]</script>";
        assert_eq!(raw(&["sku"], variants), ["L-M"]);
        let other = "<h1>Lamp</h1><script>window.x = {\"config\":{\"name\":\"tracker\",\"sku\":\"T\"}}</script>";
        assert_eq!(raw(&["sku"], other), [""]);
    }
}
