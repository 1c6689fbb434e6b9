use super::layout::Layout;
use super::snapshot::{NONE, SnapshotBuilder, Strings};
use super::{Font, Frame, NodeKind, PageSnapshot};

/// The columns of one document of the browser's `DOMSnapshot.captureSnapshot`, as far as we read them. Numbers point
/// into `strings`; -1 is none.
#[derive(Debug, Default)]
pub struct BrowserDocument {
    /// Every text of the snapshot.
    pub strings: Vec<String>,
    /// Parent of each node; -1 for the root.
    pub parent: Vec<i64>,
    /// DOM node type.
    pub node_type: Vec<i64>,
    /// Name of each node: the tag of an element.
    pub node_name: Vec<i64>,
    /// Value of each node: the content of a text.
    pub node_value: Vec<i64>,
    /// Name, value, name, value … of each node.
    pub attributes: Vec<Vec<i64>>,
    /// Nodes that were laid out.
    pub laid_out: Vec<i64>,
    /// Left, top, width, height of each of them, in CSS pixels.
    pub bounds: Vec<Vec<f64>>,
    /// Computed styles of each of them, in the order of [`STYLES`].
    pub styles: Vec<Vec<i64>>,
}

/// The computed styles that a snapshot is to have.
pub const STYLES: [&str; 4] = ["font-size", "font-weight", "visibility", "text-decoration-line"];

/// A page from the browser's snapshot. Whatever the browser sends makes a page: numbers that point nowhere are empty.
#[must_use]
pub fn from_browser(url: &str, document: BrowserDocument) -> PageSnapshot {
    let count = document.parent.len();
    let mut first_child = vec![NONE; count];
    let mut next_sibling = vec![NONE; count];
    let mut roots = Vec::new();
    // Backwards, so that each list of children comes out in order.
    for index in (0..count).rev() {
        // A parent comes before its children in the browser's order; anything else is not a tree.
        match usize::try_from(document.parent[index]).ok().filter(|parent| *parent < index) {
            Some(parent) => {
                next_sibling[index] = first_child[parent];
                first_child[parent] = index as u32;
            }
            None => roots.push(index as u32),
        }
    }
    let mut strings = Strings::default();
    document.strings.iter().for_each(|text| {
        strings.push(text);
    });
    let laid = Laid::of(&document, &strings);
    let columns = Columns { node_type: document.node_type, name: document.node_name, value: document.node_value };
    let mut builder = SnapshotBuilder::new(url, strings);
    builder.reserve(count, document.attributes.iter().map(Vec::len).sum::<usize>() / 2);
    let mut layout = Layout::default();
    let mut stack: Vec<Step> = roots.into_iter().map(Step::Open).collect();
    while let Some(step) = stack.pop() {
        let Step::Open(index) = step else {
            builder.close();
            continue;
        };
        let at = index as usize;
        if next_sibling[at] != NONE {
            stack.push(Step::Open(next_sibling[at]));
        }
        if !columns.open(&mut builder, at, laid.rendered[at], document.attributes.get(at)) {
            continue;
        }
        layout.frames.push(laid.frames[at]);
        layout.fonts.push(laid.fonts[at]);
        stack.push(Step::Close);
        if first_child[at] != NONE {
            stack.push(Step::Open(first_child[at]));
        }
    }
    builder.finish((!document.laid_out.is_empty()).then_some(layout))
}

/// What was laid out, by the browser's numbers of nodes.
struct Laid {
    rendered: Vec<bool>,
    frames: Vec<Frame>,
    fonts: Vec<Font>,
}

impl Laid {
    fn of(document: &BrowserDocument, strings: &Strings) -> Self {
        let count = document.parent.len();
        let mut laid = Self {
            rendered: vec![document.laid_out.is_empty(); count],
            frames: vec![Frame::default(); count],
            fonts: vec![Font::default(); count],
        };
        for (row, node) in document.laid_out.iter().enumerate() {
            let Some(node) = usize::try_from(*node).ok().filter(|node| *node < count) else { continue };
            let style = |which: usize| {
                let number = document.styles.get(row).and_then(|styles| styles.get(which));
                number.and_then(|number| u32::try_from(*number).ok()).map_or("", |number| strings.get(number))
            };
            laid.rendered[node] = style(2) != "hidden";
            if let Some([x, y, width, height]) = document.bounds.get(row).map(Vec::as_slice) {
                let [x, y, width, height] = [x, y, width, height].map(|side| *side as f32);
                laid.frames[node] = Frame { x, y, width, height };
            }
            laid.fonts[node] = Font {
                size: style(0).trim_end_matches("px").parse().unwrap_or_default(),
                weight: style(1).parse().unwrap_or_default(),
                struck: style(3).contains("line-through"),
            };
        }
        laid
    }
}

enum Step {
    Open(u32),
    Close,
}

struct Columns {
    node_type: Vec<i64>,
    name: Vec<i64>,
    value: Vec<i64>,
}

impl Columns {
    /// Opens one node; false when it is of a kind that we leave out.
    fn open(&self, builder: &mut SnapshotBuilder, at: usize, rendered: bool, attributes: Option<&Vec<i64>>) -> bool {
        let number = |column: &[i64]| column.get(at).and_then(|number| u32::try_from(*number).ok()).unwrap_or(NONE);
        match self.node_type.get(at) {
            Some(1) => {
                let tag = builder.lower_name(number(&self.name));
                builder.open(NodeKind::Element, tag, rendered);
                for pair in attributes.map(Vec::as_slice).unwrap_or_default().chunks_exact(2) {
                    let at = |number: i64| u32::try_from(number).unwrap_or(NONE);
                    builder.attribute(at(pair[0]), at(pair[1]));
                }
            }
            Some(3 | 4) => builder.open(NodeKind::Text, number(&self.value), rendered),
            Some(9 | 11) => {
                let name = builder.name("#document");
                builder.open(NodeKind::Document, name, true);
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Node;
    use proptest::prelude::*;

    fn document() -> BrowserDocument {
        let strings = [
            "",
            "#document",
            "HTML",
            "BODY",
            "P",
            "#text",
            "hello",
            "id",
            "x",
            "16px",
            "700",
            "visible",
            "line-through",
        ];
        BrowserDocument {
            strings: strings.map(String::from).to_vec(),
            parent: vec![-1, 0, 1, 2, 3],
            node_type: vec![9, 1, 1, 1, 3],
            node_name: vec![1, 2, 3, 4, 5],
            node_value: vec![-1, -1, -1, -1, 6],
            attributes: vec![vec![], vec![], vec![], vec![7, 8], vec![]],
            laid_out: vec![1, 2, 3],
            bounds: vec![vec![0.0, 0.0, 800.0, 600.0], vec![0.0; 3], vec![8.0, 8.0, 100.0, 20.0]],
            styles: vec![vec![], vec![], vec![9, 10, 11, 12]],
        }
    }

    #[test]
    fn columns_become_a_page() {
        let page = from_browser("http://x/", document());
        let p: Vec<_> = page.elements("p").collect();
        assert_eq!((p[0].text().as_str(), p[0].attr("id"), p[0].is_rendered()), ("hello", Some("x"), true));
        assert_eq!(p[0].selector(), "#x");
        let frame = Frame { x: 8.0, y: 8.0, width: 100.0, height: 20.0 };
        assert_eq!((p[0].frame(), p[0].font()), (Some(frame), Some(Font { size: 16.0, weight: 700, struck: true })));
        assert_eq!(page.elements("body").next().and_then(Node::frame), None);
        assert!(!p[0].children().any(|text| text.is_rendered()));
    }

    proptest! {
        #[test]
        fn any_numbers_make_a_page(
            parent in prop::collection::vec(-3..40_i64, 0..40),
            kinds in prop::collection::vec(-1..12_i64, 0..40),
            names in prop::collection::vec(-3..20_i64, 0..40),
            attributes in prop::collection::vec(prop::collection::vec(-3..20_i64, 0..5), 0..40),
            bounds in prop::collection::vec(prop::collection::vec(-3.0..20.0, 0..5), 0..40),
        ) {
            let fuzzed = BrowserDocument {
                parent, node_type: kinds, node_name: names.clone(), node_value: names, styles: attributes.clone(), attributes, bounds, ..document()
            };
            let page = from_browser("http://x/", fuzzed);
            for node in page.nodes() {
                prop_assert!(node.end() <= page.len());
                let _ = (node.text(), node.selector(), node.attributes().count(), node.frame(), node.font());
            }
        }
    }
}
