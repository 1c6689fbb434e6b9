//! What the elements around an amount say of it: names, tags, lines through it.

use super::class_words::ClassWords;
use crate::page::Node;

/// What the names of the elements around an amount say of it.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) price: bool,
    /// Of a price that was.
    pub(super) before: bool,
}

impl Names {
    pub(super) fn around(node: Node<'_>) -> Self {
        let mut found = Self::default();
        for (step, above) in std::iter::once(node).chain(node.ancestors()).take(4).enumerate() {
            let names = ["class", "id", "data-testid", "data-test", "data-hook", "data-qa", "itemprop"]
                .map(|name| above.attr(name));
            for name in names.into_iter().flatten().flat_map(str::split_ascii_whitespace).take(16) {
                for word in ClassWords::new(name) {
                    match word.as_ref() {
                        "price" | "prices" | "preis" | "prix" | "precio" | "prezzo" | "prijs" | "pris" | "cena"
                        | "preco" | "amount" => found.price = true,
                        "old" | "was" | "strike" | "struck" | "striked" | "crossed" | "list" | "listprice"
                        | "regular" | "rrp" | "msrp" | "mrp" | "uvp" | "original" | "before" | "compare"
                        | "previous" | "oldprice" | "strikethrough" | "retail"
                            if step < 2 && is_of_price(name) =>
                        {
                            found.before = true;
                        }
                        _ => {}
                    }
                }
            }
        }
        found
    }
}

/// "regular" says something of a price only in a name that is about one.
fn is_of_price(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "price", "preis", "prix", "precio", "prezzo", "prijs", "pris", "cena", "strike", "struck", "crossed",
        "compare", "rrp", "msrp", "mrp", "uvp",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Where links, choices and small print stand, no price to pay does.
pub(super) fn by_tags(node: Node<'_>) -> f64 {
    let mut share: f64 = 1.0;
    for (step, above) in std::iter::once(node).chain(node.ancestors().take(4)).enumerate() {
        share *= match above.tag() {
            // A label that holds the price and nothing else is no choice.
            Some("label") if step == 0 => 1.0,
            Some("a" | "label" | "option" | "button" | "fieldset") => 0.6,
            Some("small" | "sup") => 0.85,
            Some("b" | "strong" | "h2" | "h3" | "big") => 1.04,
            _ => 1.0,
        };
    }
    share
}

pub(super) fn is_struck(node: Node<'_>) -> bool {
    let by_tag = |node: Node<'_>| {
        matches!(node.tag(), Some("del" | "s" | "strike"))
            || node.attr("style").is_some_and(|style| style.contains("line-through"))
            || node
                .attr("class")
                .is_some_and(|class| class.split_ascii_whitespace().any(|class| class == "line-through"))
    };
    let by_font = node.descendants().chain([node]).take(6).any(|below| below.font().is_some_and(|font| font.struck));
    by_font || by_tag(node) || node.ancestors().take(4).any(by_tag)
}
