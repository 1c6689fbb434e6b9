use super::NodeKind;
use super::snapshot::{NONE, Strings};
use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, ns};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// The tree that the HTML parser builds: links between numbered nodes, texts one after another in one text.
///
/// Hostile HTML can make of a few bytes a node (or a thousand), and of a step down the tree a walk through all of it:
/// both are counted, and whoever feeds the parser stops when [`HtmlTree::is_exhausted`].
#[derive(Debug)]
pub(super) struct HtmlTree {
    pub(super) inner: RefCell<Tree>,
    most_nodes: usize,
    steps_left: Cell<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) strings: Strings,
    pub(super) nodes: Vec<TreeNode>,
    pub(super) attributes: Vec<(u32, u32)>,
    /// Lists of attributes by their hash: one that is written again and again, or that the parser makes copies of, is kept
    /// once.
    lists: HashMap<u64, (u32, u16)>,
    /// Tags by number; `names` gives the number.
    tags: Vec<Tag>,
    tag_numbers: HashMap<QualName, u32>,
    pub(super) names: HashMap<LocalName, u32>,
    /// Tags of the elements beyond the last.
    beyond: Vec<u32>,
    /// Attributes that came after their element (`<html>` and `<body>` given twice).
    late: HashMap<u32, Vec<(u32, u32)>>,
}

#[derive(Debug)]
struct Tag {
    namespace: Namespace,
    local: LocalName,
    /// Number of its lower-case name among the strings.
    name: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct TreeNode {
    pub(super) kind: Option<NodeKind>,
    attribute_count: u16,
    parent: u32,
    previous: u32,
    next: u32,
    first: u32,
    last: u32,
    /// Number of a tag, or of a text among the strings.
    what: u32,
    attributes_from: u32,
}

/// Number of the document, and of what stands for every comment.
pub(super) const ROOT: u32 = 0;
/// Attributes of one element that are kept: of each, every look at another goes past them.
const MOST_ATTRIBUTES: usize = 256;
const COMMENT: u32 = 1;
/// Numbers from here on are of elements beyond the last: they are in no tree, but the parser must be able to tell them apart
/// and to ask for their tags, or its stack of open elements runs empty.
const BEYOND: u32 = 1 << 31;

/// Namespace and tag of an element.
#[derive(Debug)]
pub(super) struct Name(Namespace, LocalName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0
    }

    fn local_name(&self) -> &LocalName {
        &self.1
    }
}

impl HtmlTree {
    /// For HTML of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        // Denser than this, a page would take more than ten times its size in memory.
        let most_nodes = 2048 + bytes / 6;
        let steps_left = Cell::new(2_000_000 + 16 * bytes as u64);
        let tree = Self { inner: RefCell::default(), most_nodes, steps_left };
        tree.inner.borrow_mut().add(Some(NodeKind::Document), 0);
        tree.inner.borrow_mut().add(None, 0);
        tree
    }

    /// True when the rest of the page is not to be read.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps_left.get() == 0 || self.is_full()
    }

    /// From here on nothing is added or moved: the parser goes on to the end of its piece.
    fn is_full(&self) -> bool {
        self.inner.borrow().nodes.len() > self.most_nodes
    }

    fn spend(&self, steps: u64) {
        self.steps_left.set(self.steps_left.get().saturating_sub(steps));
    }
}

impl Tree {
    fn add(&mut self, kind: Option<NodeKind>, what: u32) -> u32 {
        self.nodes.push(TreeNode {
            kind,
            attribute_count: 0,
            parent: NONE,
            previous: NONE,
            next: NONE,
            first: NONE,
            last: NONE,
            what,
            attributes_from: self.attributes.len() as u32,
        });
        self.nodes.len() as u32 - 1
    }

    pub(super) fn node(&self, number: u32) -> Option<&TreeNode> {
        self.nodes.get(number as usize)
    }

    pub(super) fn first_child(&self, number: u32) -> Option<u32> {
        self.node(number).map(|node| node.first).filter(|first| *first != NONE)
    }

    pub(super) fn next_sibling(&self, number: u32) -> Option<u32> {
        self.node(number).map(|node| node.next).filter(|next| *next != NONE)
    }

    /// Number of a node's string: its tag or its text.
    pub(super) fn string(&self, node: &TreeNode) -> u32 {
        match node.kind {
            Some(NodeKind::Element) => self.tags.get(node.what as usize).map_or(0, |tag| tag.name),
            _ => node.what,
        }
    }

    pub(super) fn attributes_of(&self, number: u32) -> impl Iterator<Item = (u32, u32)> {
        let span = self.node(number).map(|node| (node.attributes_from as usize, node.attribute_count as usize));
        let (from, count) = span.unwrap_or_default();
        let late = self.late.get(&number).map(Vec::as_slice).unwrap_or_default();
        self.attributes.get(from..from + count).unwrap_or_default().iter().chain(late).copied()
    }

    fn name(&mut self, name: &LocalName) -> u32 {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let number = self.strings.push(&name.to_ascii_lowercase());
        self.names.insert(name.clone(), number);
        number
    }

    /// Where a list of attributes stands, and how many it has.
    fn list(&mut self, attributes: &[Attribute]) -> (u32, u16) {
        let mut hasher = foldhash::fast::FixedState::default().build_hasher();
        for attribute in attributes {
            attribute.name.local.hash(&mut hasher);
            attribute.value.as_bytes().hash(&mut hasher);
        }
        let hash = hasher.finish();
        if let Some((from, count)) = self.lists.get(&hash).copied().filter(|known| self.is_list(*known, attributes)) {
            return (from, count);
        }
        let from = self.attributes.len() as u32;
        for attribute in attributes {
            let pair = (self.name(&attribute.name.local), self.strings.push(&attribute.value));
            self.attributes.push(pair);
        }
        let list = (from, (self.attributes.len() as u32 - from) as u16);
        self.lists.insert(hash, list);
        list
    }

    fn is_list(&self, (from, count): (u32, u16), attributes: &[Attribute]) -> bool {
        let known = self.attributes.get(from as usize..from as usize + count as usize).unwrap_or_default();
        known.len() == attributes.len()
            && known.iter().zip(attributes).all(|((name, value), attribute)| {
                self.names.get(&attribute.name.local) == Some(name) && *self.strings.get(*value) == *attribute.value
            })
    }

    fn detach(&mut self, number: u32) {
        let Some(TreeNode { parent, previous, next, .. }) = self.node(number).copied() else { return };
        match self.nodes.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None if parent != NONE => self.nodes[parent as usize].first = next,
            None => {}
        }
        match self.nodes.get_mut(next as usize) {
            Some(after) => after.previous = previous,
            None if parent != NONE => self.nodes[parent as usize].last = previous,
            None => {}
        }
        let node = &mut self.nodes[number as usize];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Puts a node below `parent`, before `next` or at the end.
    fn attach(&mut self, parent: u32, number: u32, next: u32) {
        self.detach(number);
        let previous = self.node(next).map_or_else(|| self.nodes[parent as usize].last, |next| next.previous);
        let node = &mut self.nodes[number as usize];
        (node.parent, node.previous, node.next) = (parent, previous, next);
        match self.nodes.get_mut(previous as usize) {
            Some(before) => before.next = number,
            None => self.nodes[parent as usize].first = number,
        }
        match self.nodes.get_mut(next as usize) {
            Some(after) => after.previous = number,
            None => self.nodes[parent as usize].last = number,
        }
    }

    fn insert(&mut self, parent: u32, child: NodeOrText<u32>, next: u32) {
        match child {
            NodeOrText::AppendNode(COMMENT) => {}
            NodeOrText::AppendNode(number) => self.attach(parent, number, next),
            NodeOrText::AppendText(text) => {
                let before = self.node(next).map_or_else(|| self.nodes[parent as usize].last, |next| next.previous);
                if self.extend_text(before, &text) {
                    return;
                }
                let string = self.strings.push(&text);
                let number = self.add(Some(NodeKind::Text), string);
                self.attach(parent, number, next);
            }
        }
    }

    /// Adds to a text that is the last one written; elsewhere it would have to be copied again and again.
    fn extend_text(&mut self, number: u32, text: &str) -> bool {
        let Some(node) = self.node(number).filter(|node| node.kind == Some(NodeKind::Text)) else { return false };
        if node.what as usize + 1 != self.strings.spans.len() {
            return false;
        }
        let from = self.strings.spans[node.what as usize].0;
        self.strings.spans.pop();
        self.strings.text.push_str(text);
        self.strings.span(from);
        true
    }
}

impl TreeSink for HtmlTree {
    type Handle = u32;
    type Output = Tree;
    type ElemName<'a> = Name;

    fn finish(self) -> Tree {
        self.inner.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_document(&self) -> u32 {
        ROOT
    }

    fn elem_name(&self, target: &u32) -> Name {
        self.spend(1);
        let tree = self.inner.borrow();
        let tag = match target.checked_sub(BEYOND) {
            Some(beyond) => tree.beyond.get(beyond as usize).copied(),
            None => tree.node(*target).filter(|node| node.kind == Some(NodeKind::Element)).map(|node| node.what),
        };
        match tag.and_then(|tag| tree.tags.get(tag as usize)) {
            Some(tag) => Name(tag.namespace.clone(), tag.local.clone()),
            None => Name(ns!(), LocalName::from("")),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> u32 {
        self.spend(1 + attributes.len() as u64);
        let is_full = self.is_full();
        let tree = &mut *self.inner.borrow_mut();
        let known = tree.tag_numbers.get(&name).copied();
        let tag = known.unwrap_or_else(|| {
            let string = tree.name(&name.local);
            tree.tags.push(Tag { namespace: name.ns.clone(), local: name.local.clone(), name: string });
            tree.tag_numbers.insert(name, tree.tags.len() as u32 - 1);
            tree.tags.len() as u32 - 1
        });
        if is_full {
            tree.beyond.push(tag);
            return BEYOND + tree.beyond.len() as u32 - 1;
        }
        let number = tree.add(Some(NodeKind::Element), tag);
        if !attributes.is_empty() {
            let (from, count) = tree.list(&attributes[..attributes.len().min(MOST_ATTRIBUTES)]);
            let node = &mut tree.nodes[number as usize];
            (node.attributes_from, node.attribute_count) = (from, count);
        }
        number
    }

    // Comments are in no page: one node that is nowhere stands for all.
    fn create_comment(&self, _: StrTendril) -> u32 {
        COMMENT
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> u32 {
        COMMENT
    }

    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        if self.is_full() {
            return;
        }
        self.inner.borrow_mut().insert(*parent, child, NONE);
    }

    fn append_before_sibling(&self, sibling: &u32, child: NodeOrText<u32>) {
        if self.is_full() {
            return;
        }
        let mut tree = self.inner.borrow_mut();
        let parent = tree.node(*sibling).map_or(NONE, |node| node.parent);
        if parent != NONE {
            tree.insert(parent, child, *sibling);
        }
    }

    fn append_based_on_parent_node(&self, element: &u32, previous: &u32, child: NodeOrText<u32>) {
        let has_parent = self.inner.borrow().node(*element).is_some_and(|node| node.parent != NONE);
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn get_template_contents(&self, target: &u32) -> u32 {
        *target
    }

    fn same_node(&self, a: &u32, b: &u32) -> bool {
        self.spend(1);
        a == b
    }

    fn add_attrs_if_missing(&self, target: &u32, attributes: Vec<Attribute>) {
        if self.is_full() {
            return;
        }
        let tree = &mut *self.inner.borrow_mut();
        for attribute in attributes {
            let name = tree.name(&attribute.name.local);
            if !tree.attributes_of(*target).any(|(known, _)| known == name) {
                let value = tree.strings.push(&attribute.value);
                tree.late.entry(*target).or_default().push((name, value));
            }
        }
    }

    fn remove_from_parent(&self, target: &u32) {
        if self.is_full() {
            return;
        }
        self.inner.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        if self.is_full() {
            return;
        }
        let mut tree = self.inner.borrow_mut();
        while let Some(child) = tree.first_child(*node) {
            self.spend(1);
            tree.attach(*new_parent, child, NONE);
        }
    }
}
