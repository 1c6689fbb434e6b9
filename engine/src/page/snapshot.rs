use super::Node;
use super::layout::Layout;
use std::collections::HashMap;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum NodeKind {
    /// The document itself, or a fragment within it.
    Document = 9,
    /// An element.
    Element = 1,
    /// Text.
    Text = 3,
}

/// Longest title, in bytes.
const LONGEST_TITLE: usize = 4_000;
/// The index that stands for "none".
pub(super) const NONE: u32 = u32::MAX;

/// A flattened page. Nodes are numbered in document order, so that the descendants of a node are the numbers between
/// its own and its end; every column has one entry per node, and texts are numbers of pieces of one text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageSnapshot {
    /// Address of the page after redirects.
    pub url: String,
    pub(super) strings: Strings,
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
    /// False for what the browser did not lay out, or what the HTML itself hides.
    pub(super) rendered: Vec<bool>,
    /// Where things stand and how large they are written; only from a browser.
    pub(super) layout: Option<Layout>,
}

/// Every string of a page, one after another in one text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Strings {
    pub(super) text: String,
    pub(super) spans: Vec<(u32, u32)>,
}

impl Strings {
    pub(super) fn get(&self, number: u32) -> &str {
        let span = self.spans.get(number as usize);
        span.and_then(|(from, to)| self.text.get(*from as usize..*to as usize)).unwrap_or_default()
    }

    /// Pages are far below the 4 GiB at which numbers would end: what no longer fits is an empty string.
    pub(super) fn push(&mut self, text: &str) -> u32 {
        let from = self.text.len();
        let fits = u32::try_from(from + text.len()).is_ok();
        self.text.push_str(if fits { text } else { "" });
        self.span(from as u32)
    }

    /// The string that began at `from` and ends here.
    pub(super) fn span(&mut self, from: u32) -> u32 {
        self.spans.push((from, self.text.len() as u32));
        self.spans.len() as u32 - 1
    }
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

    /// Bytes of its columns and texts in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        let columns = size_of::<NodeKind>() + size_of::<bool>() + 4 * size_of::<u32>();
        let layout = self.layout.as_ref().map_or(0, Layout::size);
        self.len() * columns
            + self.attributes.len() * size_of::<(u32, u32)>()
            + self.strings.text.len()
            + self.strings.spans.len() * size_of::<(u32, u32)>()
            + layout
    }

    /// A node by number.
    #[must_use]
    pub fn node(&self, index: usize) -> Option<Node<'_>> {
        (index < self.len()).then_some(Node { page: self, index })
    }

    /// Every node, in document order.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = Node<'_>> {
        (0..self.len()).map(|index| Node { page: self, index })
    }

    /// Every element with this tag.
    pub fn elements<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.nodes().filter(move |node| node.tag() == Some(tag))
    }

    /// True when the page knows where things stand.
    #[must_use]
    pub fn has_layout(&self) -> bool {
        self.layout.is_some()
    }

    /// Content of `<title>`; none of one that no reader would see the end of.
    #[must_use]
    pub fn title(&self) -> String {
        let in_head = |node: &Node<'_>| !node.ancestors().any(|above| above.tag() == Some("svg"));
        self.elements("title").find(in_head).and_then(|title| title.short_text(LONGEST_TITLE)).unwrap_or_default()
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
pub(super) struct SnapshotBuilder {
    page: PageSnapshot,
    open: Vec<u32>,
    names: HashMap<Box<str>, u32>,
}

impl SnapshotBuilder {
    /// For the page at `url`; `strings` is a table that numbers may already refer to.
    pub(super) fn new(url: &str, strings: Strings) -> Self {
        Self { page: PageSnapshot { url: url.to_owned(), strings, ..PageSnapshot::default() }, ..Self::default() }
    }

    /// Room for so many nodes and attributes, so that columns need not grow.
    pub(super) fn reserve(&mut self, nodes: usize, attributes: usize) {
        let page = &mut self.page;
        page.kind.reserve_exact(nodes);
        page.rendered.reserve_exact(nodes);
        for column in [&mut page.parent, &mut page.end, &mut page.name, &mut page.attributes_from] {
            column.reserve_exact(nodes);
        }
        page.attributes.reserve_exact(attributes);
    }

    /// The number of a name that repeats: a tag or an attribute's.
    pub(super) fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let number = self.page.strings.push(name);
        self.names.insert(name.into(), number);
        number
    }

    /// The number of a name by its number in the table, in lower case.
    pub(super) fn lower_name(&mut self, number: u32) -> u32 {
        let name = self.page.strings.get(number);
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let lower = name.to_ascii_lowercase();
        self.name(&lower)
    }

    /// The number of a text.
    pub(super) fn string(&mut self, text: &str) -> u32 {
        self.page.strings.push(text)
    }

    /// A string by its number, empty when there is none.
    pub(super) fn lookup(&self, number: u32) -> &str {
        self.page.strings.get(number)
    }

    /// Begins a node below the one that is open.
    pub(super) fn open(&mut self, kind: NodeKind, name: u32, rendered: bool) {
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
    pub(super) fn attribute(&mut self, name: u32, value: u32) {
        self.page.attributes.push((name, value));
    }

    /// Ends the node that is open.
    pub(super) fn close(&mut self) {
        if let Some(index) = self.open.pop() {
            self.page.end[index as usize] = self.page.kind.len() as u32;
        }
    }

    /// The page; `layout` has one entry per node.
    pub(super) fn finish(mut self, layout: Option<Layout>) -> PageSnapshot {
        while !self.open.is_empty() {
            self.close();
        }
        self.page.layout = layout;
        self.page
    }
}
