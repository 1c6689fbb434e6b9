use super::budget::{Budget, cut, weight};
use super::{Candidate, FieldQuery, PageView, Resolver, structured};
use crate::page::Node;
use serde_json::{Map, Value};

/// How deep items are followed into each other.
const DEEPEST: usize = 12;
/// Names that one element may carry, and bytes of one value.
const MOST_NAMES: usize = 8;
const LONGEST: usize = 64 << 10;

/// Microdata: `itemscope`, `itemprop`.
#[derive(Debug)]
pub(super) struct Microdata;

impl Resolver for Microdata {
    fn name(&self) -> &'static str {
        "microdata"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        structured::propose(page.microdata(), page, queries, self.name(), 0.88, out);
    }
}

/// Top-level items, in order.
pub(super) fn items(view: &PageView<'_>) -> Vec<Value> {
    let top = view.page.nodes().filter(|node| node.attr("itemscope").is_some() && node.attr("itemprop").is_none());
    let budget = Budget::of(view.page);
    top.map(|node| Value::Object(item(view, node, 0, &budget))).collect()
}

fn item(view: &PageView<'_>, scope: Node<'_>, depth: usize, budget: &Budget) -> Map<String, Value> {
    let mut object = Map::new();
    let kind = scope.attr("itemtype").unwrap_or("Thing").split_whitespace().next().unwrap_or("Thing");
    object.insert("@type".into(), kind.rsplit(['/', '#']).next().unwrap_or(kind).into());
    if let Some(id) = scope.attr("itemid") {
        object.insert("@id".into(), id.into());
    }
    properties(view, scope, depth, budget, &mut object);
    let referred = scope.attr("itemref").unwrap_or_default();
    for id in referred.split_whitespace().take(MOST_NAMES).filter(|_| depth < DEEPEST) {
        if !budget.spend(0) {
            break;
        }
        if let Some(node) = view.page.nodes().find(|node| node.attr("id") == Some(id)) {
            add(view, node, depth, budget, &mut object);
            properties(view, node, depth, budget, &mut object);
        }
    }
    object
}

/// Properties of the nodes below `scope` that belong to it and not to an item within it.
fn properties(view: &PageView<'_>, scope: Node<'_>, depth: usize, budget: &Budget, object: &mut Map<String, Value>) {
    let mut index = scope.index() + 1;
    while index < scope.end() {
        let Some(node) = view.page.node(index) else { break };
        add(view, node, depth, budget, object);
        index = if node.attr("itemscope").is_some() { node.end() } else { index + 1 };
    }
}

fn add(view: &PageView<'_>, node: Node<'_>, depth: usize, budget: &Budget, object: &mut Map<String, Value>) {
    let Some(names) = node.attr("itemprop") else { return };
    let value = if node.attr("itemscope").is_some() && depth < DEEPEST {
        Value::Object(item(view, node, depth + 1, budget))
    } else {
        let mut text = node_value(view, node);
        cut(&mut text, LONGEST);
        Value::String(text)
    };
    let size = weight(&value);
    for name in names.split_whitespace().take(MOST_NAMES) {
        if !budget.spend(size) {
            return;
        }
        let name = name.rsplit(['/', '#']).next().unwrap_or(name);
        insert(object, name, value.clone());
    }
}

/// A property that stands several times is a list.
pub(super) fn insert(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

/// The value of a node that carries a property, by its tag, as the HTML standard says.
pub(super) fn node_value(view: &PageView<'_>, node: Node<'_>) -> String {
    let attr = |name: &str| node.attr(name).filter(|value| !value.trim().is_empty());
    if let Some(content) = attr("content") {
        return content.trim().to_owned();
    }
    let link = match node.tag() {
        Some("a" | "area" | "link") => attr("href"),
        Some("img" | "audio" | "embed" | "iframe" | "source" | "track" | "video") => attr("src"),
        Some("object") => attr("data"),
        _ => None,
    };
    let text = || node.short_text(LONGEST).unwrap_or_default();
    match (node.tag(), link) {
        // A property that is a name and sits on a link means the link's text.
        (Some("a"), Some(href)) => {
            let text = text();
            if text.is_empty() || is_address_property(node) { view.absolute(href) } else { text }
        }
        (_, Some(link)) => view.absolute(link),
        (Some("time"), None) => attr("datetime").map_or_else(&text, str::to_owned),
        (Some("data" | "meter"), None) => attr("value").map_or_else(&text, str::to_owned),
        _ => text(),
    }
}

fn is_address_property(node: Node<'_>) -> bool {
    let names = node.attr("itemprop").or_else(|| node.attr("property")).unwrap_or_default().to_lowercase();
    ["url", "sameas", "image", "photo", "logo", "mainentityofpage", "contenturl"]
        .iter()
        .any(|name| names.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageSnapshot;

    #[test]
    fn items_of_many_names_are_copied_within_bounds() {
        let names = "a b c d e f g h";
        let html = format!("<div itemscope>{}x", format!("<div itemscope itemprop='{names}'>").repeat(8))
            + &"<p itemprop=t>text".repeat(200);
        let page = PageSnapshot::from_html("http://x/", &html);
        let total: usize = items(&PageView::new(&page)).iter().map(weight).sum();
        assert!(total > 0 && total < 1 << 20, "{total}");
    }
}
