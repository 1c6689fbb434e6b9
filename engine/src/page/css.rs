use super::{Node, NodeKind, PageSnapshot};
use ego_tree::{NodeId, NodeMut};
use html5ever::{Attribute, LocalName, QualName, ns};
use scraper::node::{Element, Text};
use scraper::{Html, Selector};
use std::collections::HashMap;

/// A page as CSS selectors see it. Made once for a page, and only when a rule asks for it.
#[derive(Debug)]
pub struct CssTree<'a> {
    page: &'a PageSnapshot,
    html: Html,
    indexes: HashMap<NodeId, usize>,
}

impl<'a> CssTree<'a> {
    /// Over one page.
    #[must_use]
    pub fn new(page: &'a PageSnapshot) -> Self {
        let mut html = Html::new_document();
        let mut ids: Vec<NodeId> = vec![html.tree.root().id()];
        let mut indexes = HashMap::new();
        for node in page.nodes() {
            let parent = node.parent().and_then(|parent| ids.get(parent.index() + 1).copied()).unwrap_or(ids[0]);
            let id = match html.tree.get_mut(parent) {
                Some(parent) => append(parent, node),
                None => ids[0],
            };
            // A shadow root stands for its host, which came first.
            indexes.entry(id).or_insert(node.index());
            ids.push(id);
        }
        Self { page, html, indexes }
    }

    /// Every element that a selector matches, in document order.
    ///
    /// # Errors
    /// What is wrong with the selector.
    pub fn select(&self, selector: &str) -> Result<Vec<Node<'a>>, String> {
        let selector = Selector::parse(selector).map_err(|_| "it is not a CSS selector".to_owned())?;
        let node = |element: scraper::ElementRef<'_>| self.page.node(*self.indexes.get(&element.id())?);
        Ok(self.html.select(&selector).filter_map(node).collect())
    }
}

fn append(mut parent: NodeMut<'_, scraper::Node>, node: Node<'_>) -> NodeId {
    match (node.kind(), node.tag()) {
        (NodeKind::Element, Some(tag)) => parent.append(scraper::Node::Element(element(tag, node))).id(),
        (NodeKind::Text, _) => {
            let text = Text { text: node.content().unwrap_or_default().into() };
            parent.append(scraper::Node::Text(text)).id()
        }
        _ => parent.id(),
    }
}

fn element(tag: &str, node: Node<'_>) -> Element {
    let attribute = |(name, value): (&str, &str)| Attribute {
        name: QualName::new(None, ns!(), LocalName::from(name)),
        value: value.into(),
    };
    let name = QualName::new(None, ns!(html), LocalName::from(tag));
    Element::new(name, node.attributes().map(attribute).collect())
}
