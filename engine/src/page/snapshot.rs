use super::Node;
use std::collections::HashMap;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// The document itself, or a fragment within it.
    Document,
    /// An element.
    Element,
    /// Text.
    Text,
}

/// The index that stands for "none".
pub(super) const NONE: u32 = u32::MAX;

/// A flattened page. Nodes are numbered in document order, so that the descendants of a node are the numbers between
/// its own and its end; every column has one entry per node, and texts are numbers into one table of strings.
#[derive(Debug, Clone, Default)]
pub struct PageSnapshot {
    /// Address of the page after redirects.
    pub url: String,
    pub(super) strings: Vec<String>,
    pub(super) kind: Vec<NodeKind>,
    /// Parent's number; [`NONE`] for the root.
    pub(super) parent: Vec<u32>,
    /// One past the last descendant.
    pub(super) end: Vec<u32>,
    /// Tag of an element (lower case) or content of a text, as a number of a string.
    pub(super) name: Vec<u32>,
    /// Where the node's attributes begin; they end where the next node's begin.
    pub(super) attributes_from: Vec<u32>,
    /// `(name, value)` as numbers of strings.
    pub(super) attributes: Vec<(u32, u32)>,
    /// False for what the browser did not lay out. All true without a browser.
    pub(super) rendered: Vec<bool>,
}

impl PageSnapshot {
    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// True for a page without a node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// A node by number.
    #[must_use]
    pub fn node(&self, index: usize) -> Option<Node<'_>> {
        (index < self.len()).then_some(Node { page: self, index })
    }

    /// Every node, in document order.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.len()).map(|index| Node { page: self, index })
    }

    /// Every element with this tag.
    pub fn elements<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.nodes().filter(move |node| node.tag() == Some(tag))
    }

    /// Content of `<title>`.
    #[must_use]
    pub fn title(&self) -> String {
        let in_head = |node: &Node<'_>| !node.ancestors().any(|above| above.tag() == Some("svg"));
        self.elements("title").find(in_head).map(|title| title.text()).unwrap_or_default()
    }

    /// Language that the page declares, as `de` of `de-AT`.
    #[must_use]
    pub fn language(&self) -> Option<String> {
        let declared = self.elements("html").next()?.attr("lang")?.trim().to_lowercase();
        let primary = declared.split(['-', '_']).next()?.to_owned();
        (primary.len() == 2).then_some(primary)
    }
}

/// Builds a [`PageSnapshot`] in document order: open a node, add to it, close it.
#[derive(Debug, Default)]
pub struct SnapshotBuilder {
    page: PageSnapshot,
    open: Vec<u32>,
    names: HashMap<String, u32>,
}

impl SnapshotBuilder {
    /// For the page at `url`; `strings` is a table that numbers may already refer to.
    #[must_use]
    pub fn new(url: &str, strings: Vec<String>) -> Self {
        Self { page: PageSnapshot { url: url.to_owned(), strings, ..PageSnapshot::default() }, ..Self::default() }
    }

    /// The number of a name that repeats: a tag or an attribute's.
    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let number = self.string(name.to_owned());
        self.names.insert(name.to_owned(), number);
        number
    }

    /// The number of a text.
    pub fn string(&mut self, text: String) -> u32 {
        self.page.strings.push(text);
        self.page.strings.len() as u32 - 1
    }

    /// A string by its number, empty when there is none.
    #[must_use]
    pub fn lookup(&self, number: u32) -> &str {
        self.page.strings.get(number as usize).map_or("", String::as_str)
    }

    /// Begins a node below the one that is open.
    pub fn open(&mut self, kind: NodeKind, name: u32, rendered: bool) {
        let index = self.page.kind.len() as u32;
        self.page.parent.push(self.open.last().copied().unwrap_or(NONE));
        self.page.kind.push(kind);
        self.page.name.push(name);
        self.page.end.push(index + 1);
        self.page.attributes_from.push(self.page.attributes.len() as u32);
        self.page.rendered.push(rendered);
        self.open.push(index);
    }

    /// Adds an attribute to the node just opened.
    pub fn attribute(&mut self, name: u32, value: u32) {
        self.page.attributes.push((name, value));
    }

    /// Ends the node that is open.
    pub fn close(&mut self) {
        if let Some(index) = self.open.pop() {
            self.page.end[index as usize] = self.page.kind.len() as u32;
        }
    }

    /// The page.
    #[must_use]
    pub fn finish(mut self) -> PageSnapshot {
        while !self.open.is_empty() {
            self.close();
        }
        self.page
    }
}
