//! Cards of other products: elements side by side, each with an amount and a link.

use super::PageView;
use super::amounts::Amount;
use crate::page::Node;
use std::ops::Range;

/// Largest card, in nodes, and how far above an amount it is looked for.
const LARGEST_CARD: usize = 400;
const CARD_STEPS: usize = 8;
/// Elements beside one that are looked at.
const MOST_BESIDE: usize = 200;
/// Amounts of a card: a price, the one before it, and a third.
const MOST_OF_CARD: usize = 3;

/// Cards of other things, as ranges of nodes: elements side by side, each with an amount and a link.
pub(super) fn cards(page: &PageView<'_>, all: &[Amount]) -> Vec<Range<usize>> {
    let amounts: Vec<usize> = all.iter().map(|amount| amount.node).collect();
    let headline = page.headline().map(|at| page.reading().first_node(&page.reading().lines()[at]));
    let nodes = amounts.iter().filter_map(|at| page.page.node(*at));
    let mut cards: Vec<Range<usize>> = nodes.filter_map(|node| card_around(node, &amounts, headline)).collect();
    cards.dedup();
    cards
}

fn card_around(node: Node<'_>, amounts: &[usize], headline: Option<usize>) -> Option<Range<usize>> {
    let around = std::iter::once(node).chain(node.ancestors()).take(CARD_STEPS);
    let small = around.take_while(|card| card.end() - card.index() <= LARGEST_CARD);
    let mut cards = small.filter(|card| card.tag().is_some_and(|tag| !matches!(tag, "span" | "b" | "p")));
    let class =
        |node: Node<'_>| node.attr("class").and_then(|class| class.split_ascii_whitespace().next().map(str::to_owned));
    let within = |card: &Node<'_>| amounts.iter().filter(|at| (card.index()..card.end()).contains(*at)).count();
    let leads =
        |below: Node<'_>| below.tag() == Some("a") && below.attr("href").is_some_and(|href| !href.starts_with('#'));
    let links = |card: &Node<'_>| card.descendants().chain([*card]).any(leads);
    let size = |card: &Node<'_>| card.end() - card.index();
    let found = cards.find(|card| {
        if headline.is_some_and(|at| (card.index()..card.end()).contains(&at))
            || within(card) > MOST_OF_CARD
            || !links(card)
        {
            return false;
        }
        let alike = |other: &Node<'_>| {
            *other != *card
                && other.tag() == card.tag()
                && class(*other) == class(*card)
                && (1..=MOST_OF_CARD).contains(&within(other))
                && size(other).max(size(card)) <= 4 * size(other).min(size(card))
                && links(other)
        };
        card.parent().is_some_and(|parent| parent.element_children().take(MOST_BESIDE).any(|other| alike(&other)))
    })?;
    Some(found.index()..found.end())
}
