use super::html_tree::{HtmlTree, ROOT, Tree};
use super::snapshot::SnapshotBuilder;
use super::{NodeKind, PageSnapshot};
use html5ever::ParseOpts;
use html5ever::tendril::{StrTendril, TendrilSink};

/// HTML is fed to the parser in pieces of this many bytes, and it is asked between them whether to go on.
const PIECE: usize = 2 << 10;

impl PageSnapshot {
    /// The page that this HTML makes, without scripts and without layout. Takes at most ten times the memory of the HTML,
    /// and time in proportion to it: of a page that would need more, the rest is left out.
    #[must_use]
    pub fn from_html(url: &str, html: &str) -> Self {
        let mut parser = html5ever::parse_document(HtmlTree::new(html.len()), ParseOpts::default());
        let mut rest = html;
        while !rest.is_empty() && !parser.tokenizer.sink.sink.is_exhausted() {
            let at = rest.floor_char_boundary(PIECE);
            let (piece, next) = rest.split_at(if at == 0 { rest.len() } else { at });
            parser.process(StrTendril::from_slice(piece));
            rest = next;
        }
        flatten(url, parser.finish())
    }
}

/// The nodes in document order.
fn flatten(url: &str, mut tree: Tree) -> PageSnapshot {
    let mut builder = SnapshotBuilder::new(url, std::mem::take(&mut tree.strings));
    builder.reserve(tree.nodes.len(), tree.attributes.len());
    let document = builder.name("#document");
    // Each entry: a node to open, and whether what is around it is shown; or the end of the node that is open.
    let mut stack = vec![Step::Open(ROOT, true)];
    while let Some(step) = stack.pop() {
        let Step::Open(number, shown) = step else {
            builder.close();
            continue;
        };
        if let Some(next) = tree.next_sibling(number) {
            stack.push(Step::Open(next, shown));
        }
        let Some(node) = tree.node(number) else { continue };
        let Some(kind) = node.kind else { continue };
        let shown = shown && !tree.attributes_of(number).any(|pair| is_hiding(&builder, pair));
        builder.open(kind, if kind == NodeKind::Document { document } else { tree.string(node) }, shown);
        for (name, value) in tree.attributes_of(number) {
            builder.attribute(name, value);
        }
        stack.push(Step::Close);
        if let Some(first) = tree.first_child(number) {
            stack.push(Step::Open(first, shown));
        }
    }
    builder.finish(None)
}

enum Step {
    Open(u32, bool),
    Close,
}

/// True for an attribute by which HTML itself hides an element.
fn is_hiding(builder: &SnapshotBuilder, (name, value): (u32, u32)) -> bool {
    match builder.lookup(name) {
        "hidden" => true,
        "style" => hides(builder.lookup(value)),
        _ => false,
    }
}

fn hides(style: &str) -> bool {
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(name, value)| {
        let (name, value) = (name.trim(), value.split_whitespace().next().unwrap_or_default());
        (name.eq_ignore_ascii_case("display") && value.eq_ignore_ascii_case("none"))
            || (name.eq_ignore_ascii_case("visibility") && value.eq_ignore_ascii_case("hidden"))
    })
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

    #[test]
    fn html_that_is_not_nested_as_it_should_be() {
        let text = |html: &str| PageSnapshot::from_html("http://x/", html).elements("body").next().unwrap().text();
        assert_eq!(text("<table><tr><td>in</table>"), "in");
        assert_eq!(text("<table>before<tr><td>in</td></tr>too</table>"), "beforetoo in");
        assert_eq!(text("<b>1<p>2</b>3</p>"), "1 23");
        assert_eq!(text("<body class=a><p>x<body id=b>"), "x");
        let page = PageSnapshot::from_html("http://x/", "<body class=a><p>x<body id=b class=c>");
        let body = page.elements("body").next().unwrap();
        assert_eq!((body.attr("class"), body.attr("id")), (Some("a"), Some("b")));
    }

    #[test]
    fn what_html_hides_is_not_rendered() {
        let page = PageSnapshot::from_html("http://x/", "<p hidden><b>1</b></p><p style='Display: none'>2<p>3");
        let shown: Vec<bool> = page.elements("p").map(|p| p.descendants().all(|below| below.is_rendered())).collect();
        assert_eq!(shown, [false, false, true]);
    }

    #[test]
    fn pages_that_would_take_too_much_are_cut() {
        let deep = "<div>".repeat(200_000);
        let fonts: String = (0..2_000).map(|n| format!("<font size={n}>")).collect();
        let multiplied = fonts + &"<p>".repeat(2_000);
        let reopened = "<p><i><a><b><i><a><b></p><h2>x</h2><ul><li>y</ul>".repeat(1_000);
        for html in [deep, multiplied, reopened, "<i>".repeat(100_000)] {
            let page = PageSnapshot::from_html("http://x/", &html);
            assert!(page.size() < 10 * html.len() + (1 << 19), "{} of {}", page.size(), html.len());
        }
    }
}
