use super::phrases::fold_label;
use super::zone::Zone;
use super::{PageView, words};
use crate::page::Node;

/// The button by which a page's product is bought.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuyButton {
    pub(super) node: usize,
    /// Number of the line that it stands in or behind.
    pub(super) line: usize,
    /// It can be pressed.
    pub(super) enabled: bool,
}

/// Longest text of such a button, in bytes.
const LONGEST: usize = 60;

/// The first one behind the page's headline; of pages without, the first.
pub(super) fn button(page: &PageView<'_>) -> Option<BuyButton> {
    let headline = page.headline().map_or(0, |at| page.reading().first_node(&page.reading().lines()[at]));
    let mut buttons = page.page.nodes().filter(|node| node.index() > headline && says_buy(*node));
    let found = buttons.find(|node| {
        let zone = page.reading().zone(node.index());
        ![Zone::OTHERS, Zone::NAVIGATION, Zone::FOOTER, Zone::OVERLAY].into_iter().any(|other| zone.is(other))
    })?;
    let reading = page.reading();
    let line = reading.lines().partition_point(|line| reading.first_node(line) <= found.index()).saturating_sub(1);
    Some(BuyButton { node: found.index(), line, enabled: is_enabled(found) })
}

fn says_buy(node: Node<'_>) -> bool {
    let text = match node.tag() {
        Some("button") => node.short_text(LONGEST),
        Some("input") => {
            let presses = matches!(node.attr("type"), Some("submit" | "button" | "image"));
            node.attr("value").or(node.attr("alt")).filter(|text| presses && text.len() <= LONGEST).map(str::to_owned)
        }
        Some("a") => node.short_text(LONGEST).filter(|text| text.len() <= LONGEST / 2),
        _ => None,
    };
    let text = text.filter(|text| !text.is_empty()).or_else(|| {
        let label = node.attr("aria-label").or(node.attr("title"))?;
        (node.tag() == Some("button") && label.len() <= LONGEST).then(|| label.to_owned())
    });
    text.is_some_and(|text| {
        ["buy", "preorder"].iter().any(|purpose| words(purpose).prefix(&fold_label(&text)).is_some())
    })
}

fn is_enabled(node: Node<'_>) -> bool {
    let disabled = node.attr("disabled").is_some() || node.attr("aria-disabled") == Some("true");
    let named = node.attr("class").is_some_and(|class| class.split_ascii_whitespace().any(|name| name == "disabled"));
    !disabled && !named && node.is_rendered()
}
