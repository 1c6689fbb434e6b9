use super::{Node, NodeKind};

/// Elements whose content no reader sees.
const UNSEEN: [&str; 7] = ["script", "style", "noscript", "template", "head", "svg", "iframe"];

/// Elements that run on within a line.
const INLINE: [&str; 35] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr", "nobr", "meta", "link",
];

impl Node<'_> {
    /// True for an element that runs on within a line.
    #[must_use]
    pub fn is_inline(self) -> bool {
        self.tag().is_some_and(|tag| INLINE.contains(&tag))
    }
}

/// Nodes of an element whose text is wanted only if it is short.
const MOST_NODES: usize = 4_096;

/// `None` where it is longer than `most` bytes.
pub(super) fn text_of(node: Node<'_>, most: usize) -> Option<String> {
    let mut out = String::new();
    if let Some(content) = node.content() {
        push_collapsed(&mut out, content);
    }
    let mut index = node.index() + 1;
    let mut ends: Vec<usize> = Vec::new();
    let mut last = None;
    while index < node.end() {
        // Elements within elements that hold no text would be walked again and again.
        if most != usize::MAX && index - node.index() > MOST_NODES {
            return None;
        }
        let Some(below) = node.page.node(index) else { break };
        while ends.last().is_some_and(|end| *end <= index) {
            ends.pop();
            push_space(&mut out);
        }
        match (below.kind(), below.tag()) {
            (_, Some(tag)) if UNSEEN.contains(&tag) && node.tag() != Some(tag) => {
                index = below.end();
                continue;
            }
            (_, Some(tag)) if !INLINE.contains(&tag) => {
                push_space(&mut out);
                ends.push(below.end());
            }
            (NodeKind::Text, _) => {
                let content = below.content().unwrap_or_default();
                if is_seam(&out, last, below) {
                    out.push(' ');
                }
                last = Some(below);
                push_collapsed(&mut out, content);
                if out.len() > most {
                    return None;
                }
            }
            _ => {}
        }
        index += 1;
    }
    out.truncate(out.trim_end().len());
    Some(out)
}

/// True where two texts meet that a reader sees apart, though no space is between them: "Ann LeeEditor", "EAN4006381", and
/// those of two elements side by side, which a style sheet keeps apart.
pub(crate) fn is_seam(before: &str, last: Option<Node<'_>>, text: Node<'_>) -> bool {
    let after = text.content().unwrap_or_default();
    let mut letters = before.chars().rev();
    let (Some(left), Some(right)) = (letters.next(), after.chars().next()) else { return false };
    if left.is_lowercase() && right.is_uppercase() {
        return true;
    }
    // "m<sup>2</sup>" and "CO<sub>2</sub>" are one.
    if left.is_alphabetic() && right.is_ascii_digit() {
        return letters.take(2).filter(|c| c.is_alphabetic()).count() == 2;
    }
    let long = |node: Node<'_>| node.content().is_some_and(|content| content.chars().nth(1).is_some());
    left.is_alphabetic()
        && right.is_alphabetic()
        && last.is_some_and(|last| long(last) && long(text) && are_beside(last, text))
}

/// True for texts of two elements of which neither holds the other, and neither is next to bare text.
fn are_beside(last: Node<'_>, text: Node<'_>) -> bool {
    let (Some(left), Some(right)) = (last.parent(), text.parent()) else { return false };
    left != right
        && left.is_inline()
        && right.is_inline()
        && left.end() <= right.index()
        && right.parent() == left.parent()
}

/// White space as HTML means it: any run is one space, none at the ends.
#[must_use]
pub fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    out
}

fn push_space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
            push_space(out);
        } else {
            out.push(c);
        }
    }
}
