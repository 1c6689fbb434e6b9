// The way that replaces these two parses HTML again; the page is parsed already.
#![allow(deprecated)]

use super::{Node, NodeKind, PageSnapshot, collapse};
use indextree::{Arena, NodeId};
use skyscraper::html::{DocumentNode, HtmlDocument, HtmlNode, HtmlTag, HtmlText};
use skyscraper::xpath::grammar::XpathItemTreeNode;
use skyscraper::xpath::grammar::data_model::{AnyAtomicType, XpathItem};
use skyscraper::xpath::{self, XpathItemTree};
use std::fmt;

/// The library walks a page by recursion: what lies deeper is left out, so that a hostile page cannot end the process.
const DEEPEST: usize = 400;

/// A page as XPath sees it. Made once for a page, and only when a rule asks for it.
pub struct XpathTree {
    tree: Option<XpathItemTree>,
}

impl fmt::Debug for XpathTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XpathTree").finish_non_exhaustive()
    }
}

impl XpathTree {
    /// Over one page.
    #[must_use]
    pub fn new(page: &PageSnapshot) -> Self {
        let mut arena = Arena::new();
        let root = page.elements("html").next().map(|root| add(&mut arena, root, 0));
        let tree = root.map(|root| XpathItemTree::from(&HtmlDocument::new(arena, DocumentNode::new(root))));
        Self { tree }
    }

    /// The text of every item that an expression finds: an element's text, an attribute's value, a computed value.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn select(&self, expression: &str) -> Result<Vec<String>, String> {
        let parsed = xpath::parse(expression).map_err(|error| error.to_string())?;
        let Some(tree) = &self.tree else { return Ok(Vec::new()) };
        let items = parsed.apply(tree).map_err(|error| error.to_string())?;
        let texts = items.iter().map(|item| text_of(item, tree));
        Ok(texts.map(|text| collapse(&text)).filter(|text| !text.is_empty()).collect())
    }
}

fn add(arena: &mut Arena<HtmlNode>, node: Node<'_>, depth: usize) -> NodeId {
    let mut tag = HtmlTag::new(node.tag().unwrap_or_default().to_owned());
    tag.attributes = node.attributes().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let id = arena.new_node(HtmlNode::Tag(tag));
    for child in node.children().filter(|_| depth < DEEPEST) {
        let below = match child.kind() {
            NodeKind::Element => add(arena, child, depth + 1),
            _ => arena.new_node(HtmlNode::Text(HtmlText::new(child.content().unwrap_or_default()))),
        };
        id.append(below, arena);
    }
    id
}

fn text_of(item: &XpathItem<'_>, tree: &XpathItemTree) -> String {
    match item {
        XpathItem::Node(XpathItemTreeNode::AttributeNode(attribute)) => attribute.value.clone(),
        XpathItem::Node(node) => node.text_content(tree),
        XpathItem::AnyAtomicType(AnyAtomicType::String(text)) => text.clone(),
        XpathItem::AnyAtomicType(value) => value.to_string(),
        XpathItem::Function(_) => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_computed_values() {
        let page = PageSnapshot::from_html("http://x/", "<div class=a><a href=/b>one  <b>two</b></a><p>3</p></div>");
        let tree = XpathTree::new(&page);
        assert_eq!(tree.select("//div[@class='a']/a").unwrap(), ["one two"]);
        assert_eq!(tree.select("//a/@href").unwrap(), ["/b"]);
        assert_eq!(tree.select("//p/text()").unwrap(), ["3"]);
        assert!(tree.select("//[").is_err());
    }
}
