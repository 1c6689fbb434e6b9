use super::snapshot::NONE;
use super::{Font, Frame, NodeKind, PageSnapshot};
use std::fmt::Write;

/// One node of a page: a number and the page it is of.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub(super) page: &'a PageSnapshot,
    pub(super) index: usize,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl<'a> Node<'a> {
    /// Its number, in document order.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> NodeKind {
        self.page.kind[self.index]
    }

    /// Lower-case tag of an element.
    #[must_use]
    pub fn tag(self) -> Option<&'a str> {
        (self.kind() == NodeKind::Element).then(|| self.string(self.page.name[self.index]))
    }

    /// Content of a text node, as it stands.
    #[must_use]
    pub fn content(self) -> Option<&'a str> {
        (self.kind() == NodeKind::Text).then(|| self.string(self.page.name[self.index]))
    }

    fn string(self, number: u32) -> &'a str {
        self.page.strings.get(number)
    }

    /// An attribute's value.
    #[must_use]
    pub fn attr(self, name: &str) -> Option<&'a str> {
        self.attributes().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Every attribute.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let from = self.page.attributes_from[self.index] as usize;
        let all = &self.page.attributes;
        let to = self.page.attributes_from.get(self.index + 1).map_or(all.len(), |next| *next as usize);
        all[from..to].iter().map(move |(name, value)| (self.string(*name), self.string(*value)))
    }

    /// True when the browser laid it out (always, without a browser).
    #[must_use]
    pub fn is_rendered(self) -> bool {
        self.page.rendered[self.index]
    }

    /// Where it stands; `None` without a browser and for what it did not lay out.
    #[must_use]
    pub fn frame(self) -> Option<Frame> {
        let frame = *self.page.layout.as_ref()?.frames.get(self.index)?;
        (frame.width > 0.0 && frame.height > 0.0).then_some(frame)
    }

    /// How it is written; `None` without a browser and for what it did not lay out.
    #[must_use]
    pub fn font(self) -> Option<Font> {
        let font = *self.page.layout.as_ref()?.fonts.get(self.index)?;
        (font.size > 0.0).then_some(font)
    }

    /// The node above.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let parent = self.page.parent[self.index];
        (parent != NONE).then_some(Self { page: self.page, index: parent as usize })
    }

    /// The nodes above, nearest first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    /// One past the number of its last descendant.
    #[must_use]
    pub fn end(self) -> usize {
        self.page.end[self.index] as usize
    }

    /// The nodes below, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        let page = self.page;
        (self.index + 1..self.end()).map(move |index| Self { page, index })
    }

    /// The nodes right below.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let (page, end) = (self.page, self.end());
        let first = (self.index + 1 < end).then_some(self.index + 1);
        std::iter::successors(first, move |index| Some(page.end[*index] as usize).filter(|next| *next < end))
            .map(move |index| Self { page, index })
    }

    /// The elements right below.
    pub fn element_children(self) -> impl Iterator<Item = Self> {
        self.children().filter(|node| node.kind() == NodeKind::Element)
    }

    /// The next element beside it.
    #[must_use]
    pub fn next_element(self) -> Option<Self> {
        self.parent()?.element_children().find(|node| node.index > self.index)
    }

    /// Its text as a reader sees it: white space collapsed, nothing of scripts and styles.
    #[must_use]
    pub fn text(self) -> String {
        super::text::text_of(self, usize::MAX).unwrap_or_default()
    }

    /// As [`Node::text`], unless that has more than so many bytes: of elements within elements, all of whose text would be
    /// read again and again.
    #[must_use]
    pub fn short_text(self, most: usize) -> Option<String> {
        super::text::text_of(self, most)
    }

    /// A CSS selector that finds the node again: from the nearest id down.
    #[must_use]
    pub fn selector(self) -> String {
        let mut steps: Vec<String> = Vec::new();
        let mut at = Some(self).filter(|node| node.tag().is_some()).or_else(|| self.parent());
        while let Some(node) = at {
            let Some(tag) = node.tag() else { break };
            if let Some(id) = node.attr("id").filter(|id| is_plain_id(id)) {
                steps.push(format!("#{id}"));
                break;
            }
            let mut step = tag.to_owned();
            if let Some(parent) = node.parent() {
                let mut same = parent.element_children().filter(|other| other.tag() == Some(tag));
                let position = same.by_ref().take_while(|other| *other != node).count();
                if position > 0 || same.next().is_some() {
                    let _ = write!(step, ":nth-of-type({})", position + 1);
                }
            }
            steps.push(step);
            at = node.parent();
        }
        steps.reverse();
        steps.join(" > ")
    }
}

fn is_plain_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
