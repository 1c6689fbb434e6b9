use super::{NodeKind, PageSnapshot, SnapshotBuilder};
use ego_tree::iter::Edge;
use scraper::{Html, Node};

impl PageSnapshot {
    /// The page that this HTML makes, without scripts and without layout.
    #[must_use]
    pub fn from_html(url: &str, html: &str) -> Self {
        let document = Html::parse_document(html);
        let mut builder = SnapshotBuilder::new(url, Vec::new());
        for edge in document.tree.root().traverse() {
            match edge {
                Edge::Open(node) => open(&mut builder, node.value()),
                Edge::Close(node) if is_kept(node.value()) => builder.close(),
                Edge::Close(_) => {}
            }
        }
        builder.finish()
    }
}

fn is_kept(node: &Node) -> bool {
    matches!(node, Node::Document | Node::Fragment | Node::Element(_) | Node::Text(_))
}

fn open(builder: &mut SnapshotBuilder, node: &Node) {
    match node {
        Node::Document | Node::Fragment => {
            let name = builder.name("#document");
            builder.open(NodeKind::Document, name, true);
        }
        Node::Element(element) => {
            let tag = builder.name(&element.name().to_lowercase());
            builder.open(NodeKind::Element, tag, true);
            for (name, value) in element.attrs() {
                let (name, value) = (builder.name(name), builder.string(value.to_owned()));
                builder.attribute(name, value);
            }
        }
        Node::Text(text) => {
            let text = builder.string(text.to_string());
            builder.open(NodeKind::Text, text, true);
        }
        Node::Comment(_) | Node::Doctype(_) | Node::ProcessingInstruction(_) => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><html lang=de-AT><title>T &amp; t</title><body><div id=a><p>One<br>two \
        <b>th</b>ree</p><script>no()</script><p class=x>four</p></div></body></html>";

    #[test]
    fn text_as_a_reader_sees_it() {
        let page = PageSnapshot::from_html("http://x/", PAGE);
        assert_eq!(page.title(), "T & t");
        assert_eq!(page.language().as_deref(), Some("de"));
        assert_eq!(page.elements("body").next().unwrap().text(), "One two three four");
    }

    #[test]
    fn a_selector_finds_its_node_again() {
        let page = PageSnapshot::from_html("http://x/", PAGE);
        for node in page.nodes().filter(|node| node.tag().is_some()) {
            let tree = crate::page::CssTree::new(&page);
            let found = tree.select(&node.selector()).unwrap();
            assert_eq!(found.first().map(|node| node.index()), Some(node.index()), "{}", node.selector());
        }
    }

    #[test]
    fn children_and_descendants_agree() {
        let page = PageSnapshot::from_html("http://x/", PAGE);
        for node in page.nodes() {
            let below = node.descendants().filter(|other| other.parent() == Some(node)).count();
            assert_eq!(below, node.children().count());
        }
    }
}
