use super::reading::Line;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};
use crate::page::Node;
use mino_datafusion::value::Terms;

/// Whether a product can be bought: lines and buttons that say so.
#[derive(Debug)]
pub(super) struct Stock;

/// Longest line that says so, in characters, and one that says little else.
const LONGEST: usize = 90;
const SHORT: usize = 30;

/// Words that say so, by what they say.
const SAYINGS: [&str; 6] = ["in_stock", "out_of_stock", "preorder", "backorder", "discontinued", "made_to_order"];
/// Proposals, lines that say so, and elements beside one that are looked at.
const MOST: usize = 4;
const MOST_SAID: usize = 200;
const MOST_BESIDE: usize = 200;

impl Resolver for Stock {
    fn name(&self) -> &'static str {
        "stock"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| query.is("availability")) {
            let Some(terms) = query.rule.terms.as_ref() else { continue };
            let mut found: Vec<(f64, String, usize)> = Vec::new();
            found.extend(page.reading().lines().iter().filter_map(|line| said(page, line, terms)).take(MOST_SAID));
            found.extend(by_button(page, terms));
            found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
            for (score, raw, node) in found.into_iter().take(MOST) {
                let evidence = Evidence::Node(node);
                out.push(Candidate { field, raw, score, resolver: self.name(), evidence });
            }
        }
    }
}

/// What a line says of it, and how much it looks as if it were said of the page's product as it is shown.
fn said(page: &PageView<'_>, line: &Line, terms: &Terms) -> Option<(f64, String, usize)> {
    let reading = page.reading();
    let text = reading.text(line);
    let length = text.chars().count();
    if length > LONGEST || line.zone.is(Zone::NAVIGATION) || line.zone.is(Zone::OTHERS) {
        return None;
    }
    let folded = reading.folded(line);
    let (at, said) = SAYINGS.iter().filter_map(|purpose| words(purpose).find(folded)).max_by_key(|(_, said)| *said)?;
    let term = terms.canonical(text)?;
    let node = reading.element(line, 0, text.len());
    let element = page.page.node(node).filter(|_| !page.is_in_card(node))?;
    // The words alone; before something else; somewhere within.
    let telling = if folded.len() <= said + 4 {
        0.72
    } else if at == 0 || length <= SHORT {
        0.64
    } else {
        0.5
    };
    let near = match page.distance(node) {
        Some(0..=30) => 1.0,
        Some(31..=60) | Some(-3..=-1) | None => 0.8,
        Some(_) => 0.4,
    };
    let chosen = if is_choice(element) { 0.45 } else { 1.0 };
    let seen = if line.hidden { 0.4 } else { 1.0 };
    let place = if line.zone.is_main() || line.zone.is(Zone::ASIDE) { 1.0 } else { 0.6 };
    // In a list it may be said of something else.
    let other = if is_in_list(element) && !yes(terms, term) { 0.7 } else { 1.0 };
    // What is sold out has seldom a button by which it is bought.
    let sold = page.buy().is_some_and(|button| button.enabled && button.node != node) && !yes(terms, term);
    let other = other * if sold { 0.85 } else { 1.0 };
    Some((telling * near * chosen * seen * place * other, text.to_owned(), node))
}

fn yes(terms: &Terms, term: &str) -> bool {
    terms.yes.iter().any(|yes| yes == term)
}

/// "Black (sold out)" is said of one of several to choose from; "Sold out" on the button to buy is said of the product.
fn is_choice(element: Node<'_>) -> bool {
    let around = || std::iter::once(element).chain(element.ancestors().take(4));
    if around().any(|node| matches!(node.tag(), Some("option" | "select" | "fieldset" | "label"))) {
        return true;
    }
    let pressed = around().take(3).find(|node| {
        matches!(node.tag(), Some("button" | "a" | "li"))
            || node.attr("role").is_some_and(|role| matches!(role, "radio" | "option" | "listitem"))
    });
    let Some(pressed) = pressed else { return false };
    // Several side by side are a choice.
    let alike = |other: &Node<'_>| *other != pressed && other.tag() == pressed.tag();
    pressed.tag() != Some("li")
        && pressed
            .parent()
            .is_some_and(|parent| parent.element_children().take(MOST_BESIDE).filter(alike).take(2).count() == 2)
}

/// In a row or an item of a list, beside others: each may be said of something else.
fn is_in_list(element: Node<'_>) -> bool {
    let item = std::iter::once(element)
        .chain(element.ancestors().take(4))
        .find(|node| matches!(node.tag(), Some("li" | "tr" | "td" | "article")));
    item.and_then(Node::parent).is_some_and(|list| list.element_children().take(3).count() == 3)
}

/// Where the button to buy says otherwise ("Pre-order", "Sold out"), what the page's data say is out of date.
pub(super) fn prefer_visible(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut [Candidate]) {
    const SURE: f64 = 0.6;
    let is_button = |node: usize| {
        let node = page.page.node(node);
        node.is_some_and(|node| {
            std::iter::once(node)
                .chain(node.ancestors().take(2))
                .any(|node| matches!(node.tag(), Some("button" | "input")))
        })
    };
    let pressed = candidates.iter().filter(|candidate| candidate.resolver == "stock" && candidate.score >= SURE);
    let pressed = pressed.filter(|candidate| matches!(candidate.evidence, Evidence::Node(node) if is_button(node)));
    let said = pressed.filter_map(|candidate| {
        let terms = queries[candidate.field].rule.terms.as_ref()?;
        terms.canonical(&candidate.raw).filter(|term| !yes(terms, term)).map(|term| (candidate.field, term.to_owned()))
    });
    let said: Vec<(usize, String)> = said.take(1).collect();
    for (field, term) in said {
        let terms = queries[field].rule.terms.as_ref();
        for other in
            candidates.iter_mut().filter(|other| other.field == field && !matches!(other.resolver, "stock" | "rule"))
        {
            let differs = terms.and_then(|terms| terms.canonical(&other.raw)).is_some_and(|other| other != term);
            other.score *= if differs { 0.5 } else { 1.0 };
        }
    }
}

/// A button to buy that can be pressed says that the product can be bought.
fn by_button(page: &PageView<'_>, terms: &Terms) -> Option<(f64, String, usize)> {
    let button = page.buy()?;
    let node = page.page.node(button.node)?;
    let text =
        node.short_text(LONGEST).filter(|text| !text.is_empty()).or_else(|| node.attr("value").map(str::to_owned));
    let text = text.or_else(|| node.attr("aria-label").map(str::to_owned))?;
    let term = terms.canonical(&text)?;
    let score = match (yes(terms, term), button.enabled) {
        (true, true) => 0.58,
        // What cannot be pressed says nothing: a size may have to be chosen first.
        (true, false) => 0.2,
        (false, _) => 0.7,
    };
    Some((score, text, button.node))
}

#[cfg(test)]
mod tests {
    use super::super::testing::extracted;

    #[test]
    fn what_can_be_bought() {
        let stock = |html: &str| {
            let found = extracted(&["availability"], html).fields.pop().flatten();
            found.and_then(|found| found.value).map(|value| value.text).unwrap_or_default()
        };
        assert_eq!(stock("<h1>Lamp</h1><p>$5<button>Add to cart</button>"), "InStock");
        assert_eq!(stock("<h1>Lamp</h1><p>Sold out<button>Add to cart</button>"), "OutOfStock");
        assert_eq!(stock("<h1>Lampe</h1><p>Sofort lieferbar, auf Lager"), "InStock");
        assert_eq!(stock("<h1>Lamp</h1><p>It gives light."), "");
        assert_eq!(stock("<h1>Yxa</h1><button>Köp</button><p>Öppet köp i 60 dagar"), "InStock");
        assert_eq!(stock("<h1>Yxa</h1><p>Öppet köp i 60 dagar"), "");
        let sizes = "<h1>Shirt</h1><div><button>S Sold out</button><button>M</button><button>L</button></div>";
        assert_eq!(stock(&format!("{sizes}<button>Add to bag</button>")), "InStock");
        assert_eq!(stock("<h1>Shirt</h1><p>Pre-order now<button disabled>Add to bag</button>"), "PreOrder");
    }
}
