use super::class_words::ClassWords;
use crate::page::{Node, PageSnapshot};

/// Which part of a page something stands in, after the elements, roles and names around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Zone(u8);

impl Zone {
    pub(super) const NAVIGATION: Self = Self(1);
    pub(super) const HEADER: Self = Self(2);
    pub(super) const FOOTER: Self = Self(4);
    pub(super) const ASIDE: Self = Self(8);
    /// Things other than the page's own: related products, comments, the latest news.
    pub(super) const OTHERS: Self = Self(16);
    /// Consent, sign-up and the like, above the page.
    pub(super) const OVERLAY: Self = Self(32);
    pub(super) const ARTICLE: Self = Self(64);

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True for what is neither beside nor around the page's content.
    pub(super) fn is_main(self) -> bool {
        self.0 & !Self::ARTICLE.0 == 0
    }
}

/// The zone of every node.
pub(super) fn zones(page: &PageSnapshot) -> Vec<Zone> {
    let heading = page.elements("h1").next().map_or(0, Node::index);
    let mut zones = vec![Zone::default(); page.len()];
    for node in page.nodes() {
        let above = node.parent().map_or(Zone::default(), |parent| zones[parent.index()]);
        zones[node.index()] = match node.tag() {
            Some(tag) => above.with(own_zone(page, node, tag, heading)),
            None => above,
        };
    }
    zones
}

fn own_zone(page: &PageSnapshot, node: Node<'_>, tag: &str, heading: usize) -> Zone {
    match tag {
        "nav" | "menu" => return Zone::NAVIGATION,
        "aside" => return Zone::ASIDE,
        "main" | "article" => return Zone::ARTICLE,
        "ul" | "ol" if is_menu(node) => return Zone::NAVIGATION,
        "html" | "body" | "h1" | "a" | "span" | "img" | "li" | "td" | "tr" | "tbody" | "table" | "b" | "i" | "p" => {
            return Zone::default();
        }
        _ => {}
    }
    // What holds the page's heading, or most of the page, is not beside it.
    let holds_heading = heading > node.index() && heading < node.end();
    if holds_heading || (node.end() - node.index()) * 2 > page.len() {
        return Zone::default();
    }
    let by_tag = match tag {
        "header" => Zone::HEADER,
        "footer" => Zone::FOOTER,
        "dialog" => Zone::OVERLAY,
        _ => Zone::default(),
    };
    let by_role = match node.attr("role") {
        Some("navigation" | "menu" | "menubar" | "search") => Zone::NAVIGATION,
        Some("banner") => Zone::HEADER,
        Some("contentinfo") => Zone::FOOTER,
        Some("complementary") => Zone::ASIDE,
        Some("dialog" | "alertdialog") => Zone::OVERLAY,
        _ => Zone::default(),
    };
    by_tag.with(by_role).with(by_names(node))
}

/// Fewest items of a menu, its largest size in nodes, and the longest text of an item in bytes.
const FEWEST: usize = 7;
const LARGEST: usize = 300;
const LONGEST: usize = 40;

/// A list of short links and nothing else, as menus are, whatever they are called.
fn is_menu(list: Node<'_>) -> bool {
    if list.end() - list.index() > LARGEST {
        return false;
    }
    let is_link = |item: &Node<'_>| {
        let mut children = item.element_children();
        let only = children.next().filter(|child| child.tag() == Some("a") && child.attr("rel").is_none());
        only.is_some_and(|link| {
            children.next().is_none() && link.short_text(LONGEST).is_some_and(|text| !text.is_empty())
        })
    };
    let items = || list.element_children().filter(|item| item.tag() == Some("li"));
    items().count() >= FEWEST && items().all(|item| is_link(&item))
}

/// What web designers everywhere call the parts of a page.
fn by_names(node: Node<'_>) -> Zone {
    let mut zone = Zone::default();
    let names = [node.attr("id"), node.attr("class")];
    for name in names.into_iter().flatten().flat_map(str::split_ascii_whitespace) {
        for word in ClassWords::new(name) {
            zone = zone.with(match word.as_bytes() {
                b"nav" | b"navbar" | b"navigation" | b"menu" | b"breadcrumb" | b"breadcrumbs" | b"submenu" => {
                    Zone::NAVIGATION
                }
                b"footer" | b"colophon" | b"copyright" => Zone::FOOTER,
                b"masthead" | b"topbar" => Zone::HEADER,
                b"sidebar" | b"side" | b"aside" => Zone::ASIDE,
                b"related" | b"recommended" | b"recommendation" | b"recommendations" | b"upsell" | b"crosssell"
                | b"upsells" | b"selling" | b"bestsellers" | b"comment" | b"comments" | b"disqus"
                | b"recirculation" | b"trending" | b"similar" | b"popular" => Zone::OTHERS,
                b"cookie" | b"cookies" | b"consent" | b"gdpr" | b"modal" | b"popup" | b"newsletter" | b"minicart"
                | b"paywall" => Zone::OVERLAY,
                word if word.ends_with(b"nav") || word.ends_with(b"navi") => Zone::NAVIGATION,
                _ => Zone::default(),
            });
        }
    }
    zone
}

/// Largest trail to a page, in nodes.
const LARGEST_TRAIL: usize = 200;

/// The trail of steps to the page (breadcrumbs), by what web designers everywhere call it.
pub(super) fn is_trail(node: Node<'_>) -> bool {
    if node.tag().is_none() || node.end() - node.index() > LARGEST_TRAIL || node.end() - node.index() < 3 {
        return false;
    }
    let names = [node.attr("class"), node.attr("id"), node.attr("aria-label")];
    let mut words =
        names.into_iter().flatten().flat_map(str::split_ascii_whitespace).take(12).flat_map(ClassWords::new);
    words.any(|word| matches!(word.as_ref(), "breadcrumb" | "breadcrumbs" | "crumbs" | "crumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_page() {
        let html = "<body class=has-sidebar><header><h1 id=a>T</h1></header><nav><p id=b></nav><main><p id=c></main>\
            <div class='product-related'><b id=d>x</b></div><div id=footer><p id=e></div>";
        let page = PageSnapshot::from_html("http://x/", html);
        let zones = zones(&page);
        let zone = |id: &str| page.nodes().find(|node| node.attr("id") == Some(id)).map(|node| zones[node.index()]);
        assert_eq!(zone("a"), Some(Zone::default()));
        assert_eq!(zone("b"), Some(Zone::NAVIGATION));
        assert_eq!(zone("c"), Some(Zone::ARTICLE));
        assert_eq!(zone("d"), Some(Zone::OTHERS));
        assert_eq!(zone("e"), Some(Zone::FOOTER));
    }
}
