use super::budget::{Budget, cut, weight};
use super::microdata::{insert, node_value};
use super::{Candidate, FieldQuery, PageView, Resolver, structured};
use crate::page::Node;
use serde_json::{Map, Value};

/// How deep resources are followed into each other.
const DEEPEST: usize = 12;
/// Names that one element may carry, and bytes of one value.
const MOST_NAMES: usize = 8;
const LONGEST: usize = 64 << 10;

/// RDFa Lite: `typeof`, `property`.
#[derive(Debug)]
pub(super) struct Rdfa;

impl Resolver for Rdfa {
    fn name(&self) -> &'static str {
        "rdfa"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        structured::propose(page.rdfa(), page, queries, self.name(), 0.86, out);
    }
}

/// Top-level resources, in order.
pub(super) fn resources(view: &PageView<'_>) -> Vec<Value> {
    let top = view.page.nodes().filter(|node| node.attr("typeof").is_some() && node.attr("property").is_none());
    let budget = Budget::of(view.page);
    top.map(|node| Value::Object(resource(view, node, 0, &budget))).collect()
}

fn resource(view: &PageView<'_>, scope: Node<'_>, depth: usize, budget: &Budget) -> Map<String, Value> {
    let mut object = Map::new();
    let kind = scope.attr("typeof").unwrap_or_default().split_whitespace().next().unwrap_or("Thing");
    object.insert("@type".into(), local_name(kind).into());
    if let Some(id) = scope.attr("resource").or_else(|| scope.attr("about")) {
        object.insert("@id".into(), id.into());
    }
    let mut index = scope.index() + 1;
    while index < scope.end() {
        let Some(node) = view.page.node(index) else { break };
        let nested = node.attr("typeof").is_some();
        if let Some(names) = node.attr("property") {
            let value = if nested && depth < DEEPEST {
                Value::Object(resource(view, node, depth + 1, budget))
            } else {
                let mut text = node_value(view, node);
                cut(&mut text, LONGEST);
                Value::String(text)
            };
            let size = weight(&value);
            let names = names.split_whitespace().take(MOST_NAMES).take_while(|_| budget.spend(size));
            names.for_each(|name| insert(&mut object, local_name(name), value.clone()));
        }
        index = if nested { node.end() } else { index + 1 };
    }
    object
}

fn local_name(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}
