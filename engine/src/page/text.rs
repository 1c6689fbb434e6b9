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

/// `None` where it is longer than `most` bytes.
pub(super) fn text_of(node: Node<'_>, most: usize) -> Option<String> {
    let mut out = String::new();
    if let Some(content) = node.content() {
        push_collapsed(&mut out, content);
    }
    let mut index = node.index() + 1;
    let mut ends: Vec<usize> = Vec::new();
    while index < node.end() {
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
                if is_seam(&out, content) {
                    out.push(' ');
                }
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

/// True where two texts of different elements meet as "Ann LeeEditor" or "EAN4006381" does: a style sheet keeps them apart.
pub(crate) fn is_seam(before: &str, after: &str) -> bool {
    let mut last = before.chars().rev();
    let first = after.chars().next();
    match last.next() {
        Some(c) if c.is_lowercase() && first.is_some_and(char::is_uppercase) => true,
        // "m<sup>2</sup>" and "CO<sub>2</sub>" are one.
        Some(c) if c.is_alphabetic() && first.is_some_and(|c| c.is_ascii_digit()) => {
            last.take(2).filter(|c| c.is_alphabetic()).count() == 2
        }
        _ => false,
    }
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
