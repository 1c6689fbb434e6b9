use super::amounts::Amount;
use super::buy::{self, BuyButton};
use super::locale::Locale;
use super::postal::{self, Postal};
use super::reading::Reading;
use super::{cards, headline, json_ld, microdata, prices, rdfa};
use crate::page::{CssTree, PageSnapshot, XpathTree};
use serde_json::Value;
use std::cell::OnceCell;
use std::ops::Range;
use url::Url;

/// A page with what several resolvers need of it, each made at most once.
#[derive(Debug)]
pub struct PageView<'a> {
    /// The page.
    pub page: &'a PageSnapshot,
    base: Option<Url>,
    css: OnceCell<CssTree<'a>>,
    xpath: OnceCell<XpathTree>,
    json_ld: OnceCell<Vec<Value>>,
    microdata: OnceCell<Vec<Value>>,
    rdfa: OnceCell<Vec<Value>>,
    locale: OnceCell<Locale>,
    headline: OnceCell<Option<usize>>,
    postal: OnceCell<Vec<Postal>>,
    amounts: OnceCell<Vec<Amount>>,
    buy: OnceCell<Option<BuyButton>>,
    cards: OnceCell<Vec<Range<usize>>>,
    reading: OnceCell<Reading<'a>>,
}

impl<'a> PageView<'a> {
    /// Of one page.
    #[must_use]
    pub fn new(page: &'a PageSnapshot) -> Self {
        let address = Url::parse(&page.url).ok();
        let declared = page.elements("base").find_map(|base| base.attr("href"));
        let base = match (&address, declared) {
            (Some(address), Some(href)) => address.join(href).ok().or_else(|| Some(address.clone())),
            _ => address,
        };
        Self {
            page,
            base,
            css: OnceCell::new(),
            xpath: OnceCell::new(),
            json_ld: OnceCell::new(),
            microdata: OnceCell::new(),
            rdfa: OnceCell::new(),
            locale: OnceCell::new(),
            headline: OnceCell::new(),
            postal: OnceCell::new(),
            amounts: OnceCell::new(),
            buy: OnceCell::new(),
            cards: OnceCell::new(),
            reading: OnceCell::new(),
        }
    }

    /// An address of the page made absolute; as it stands when it cannot be.
    #[must_use]
    pub fn absolute(&self, href: &str) -> String {
        self.base.as_ref().and_then(|base| base.join(href.trim()).ok()).map_or_else(|| href.to_owned(), String::from)
    }

    /// The page as CSS selectors see it.
    pub fn css(&self) -> &CssTree<'a> {
        self.css.get_or_init(|| CssTree::new(self.page))
    }

    /// The page as XPath sees it.
    pub fn xpath(&self) -> &XpathTree {
        self.xpath.get_or_init(|| XpathTree::new(self.page))
    }

    /// Documents of JSON-LD, in order.
    pub fn json_ld(&self) -> &[Value] {
        self.json_ld.get_or_init(|| json_ld::documents(self.page))
    }

    /// Top-level items of microdata, in order.
    pub fn microdata(&self) -> &[Value] {
        self.microdata.get_or_init(|| microdata::items(self))
    }

    /// Top-level resources of RDFa, in order.
    pub fn rdfa(&self) -> &[Value] {
        self.rdfa.get_or_init(|| rdfa::resources(self))
    }

    /// Where its site is at home.
    pub(super) fn locale(&self) -> &Locale {
        self.locale.get_or_init(|| Locale::of(self.page))
    }

    /// Postal addresses in its text, in order.
    pub(super) fn postal(&self) -> &[Postal] {
        self.postal.get_or_init(|| postal::addresses(self))
    }

    /// Amounts of money in its text, in order.
    pub(super) fn amounts(&self) -> &[Amount] {
        self.amounts.get_or_init(|| prices::judged(self))
    }

    /// True for what stands in a card of another thing: a related product's.
    pub(super) fn is_in_card(&self, node: usize) -> bool {
        let cards = self.cards.get_or_init(|| cards::cards(self, self.amounts()));
        cards.iter().any(|card| card.contains(&node))
    }

    /// The button by which its product is bought.
    pub(super) fn buy(&self) -> Option<&BuyButton> {
        self.buy.get_or_init(|| buy::button(self)).as_ref()
    }

    /// How many lines after the page's headline a node stands (before it: negative); `None` without a headline.
    pub(super) fn distance(&self, node: usize) -> Option<i64> {
        let headline = self.headline();
        let reading = self.reading();
        let at = reading.lines().partition_point(|line| reading.first_node(line) <= node).saturating_sub(1);
        Some(i64::try_from(at).ok()? - i64::try_from(headline?).ok()?)
    }

    /// The number of the line that is its headline.
    pub(super) fn headline(&self) -> Option<usize> {
        *self.headline.get_or_init(|| headline::line_of(self))
    }

    /// Its text, line by line.
    pub(super) fn reading(&self) -> &Reading<'a> {
        self.reading.get_or_init(|| {
            let mut reading = Reading::new(self.page);
            reading.mark_related();
            reading
        })
    }
}
