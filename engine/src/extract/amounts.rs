//! Amounts of money on a page, and how much each looks like what the page's product costs.

use super::phrases::fold_label;
use super::price_marks::{Names, by_tags, is_struck};
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{PageView, words};
use crate::page::Node;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Amounts of one page that are looked at.
const MOST: usize = 200;
/// Longest line that is looked at, in bytes.
const LONGEST: usize = 1_500;

/// By thousands, as in India (1,29,999), and without.
const NUMBER: &str = r"[0-9]{1,3}(?:[ \u{a0}\u{202f}\u{2009}.,'’][0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]{1,2})?|[0-9]+(?:[.,][0-9]{1,2})?";
/// Signs and codes of currencies, as pages write them.
const SIGN: &str = r"(?:US|CAD|CA|AUD|AU|NZ|HK|NT|MX|AR|A|C|R|S|U)?\$|U\$S|€|£|¥|￥|₹|₽|₺|₩|₫|฿|₪|₱|₦|₴|₸|zł|zl|Kč|(?i:kr)\.?|Ft|lei|SFr\.?|Fr\.|Rs\.?|Rp\.?|RM|R|円|元|원|руб\.?|р\.|грн|лв|TL|(?i:euros?|eur|usd|gbp|chf|cad|aud|nzd|sgd|hkd|sek|nok|dkk|isk|pln|czk|huf|ron|bgn|jpy|cny|inr|brl|mxn|ars|clp|cop|pen|zar|try|rub|uah|aed|sar|ils|krw|thb|myr|idr|php|vnd|twd)";

static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let open = r"(?:[,.][-–—]+)?";
    let pattern = format!(
        r"(?:(?P<before>{SIGN})\s{{0,2}}(?P<a>{NUMBER}){open}|(?P<b>{NUMBER})(?:[,.]?[-–—]+)?\s{{0,2}}(?P<after>{SIGN})|(?P<c>{NUMBER})[,.:][-–—]+)"
    );
    Regex::new(&pattern).ok()
});
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("^(?:{NUMBER})$")).ok());

/// What an amount is of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is to be paid now.
    Now,
    /// What was to be paid before, or elsewhere.
    Before,
}

/// One amount where it stands.
#[derive(Debug, Clone)]
pub(super) struct Amount {
    /// With its currency, as the page writes it.
    pub(super) raw: String,
    /// The number alone.
    pub(super) number: String,
    /// Sign or code of its currency; empty where none stands beside it.
    pub(super) sign: String,
    pub(super) kind: Kind,
    /// How much it looks like the product's own price, 0..=1.
    pub(super) score: f64,
    pub(super) node: usize,
    /// Height of its letters; 0 without a browser.
    pub(super) size: f32,
    /// It has a line or an element to itself, more or less.
    pub(super) alone: bool,
    /// It is that of another thing.
    pub(super) in_card: bool,
    /// Number of its line.
    pub(super) line: usize,
    /// Only the names of elements say that it is of before.
    pub(super) by_name: bool,
    /// The words around it say that it is saved.
    pub(super) saved: bool,
}

/// The first amount of money in a text.
pub(super) fn first_amount(text: &str) -> Option<&str> {
    AMOUNT.as_ref()?.find(text).map(|found| found.as_str())
}

/// The numbers of the amounts in a text.
pub(super) fn numbers_in(text: &str) -> impl Iterator<Item = &str> {
    AMOUNT
        .iter()
        .flat_map(move |pattern| pattern.captures_iter(text).filter_map(|found| Some(number_of(&found)?.as_str())))
}

fn number_of<'t>(found: &Captures<'t>) -> Option<regex::Match<'t>> {
    ["a", "b", "c"].into_iter().find_map(|name| found.name(name))
}

/// Every amount of a page, in order.
pub(super) fn amounts(page: &PageView<'_>) -> Vec<Amount> {
    let mut all = Vec::new();
    for (at, line) in page.reading().lines().iter().enumerate() {
        let text = page.reading().text(line);
        if text.len() <= LONGEST && text.bytes().any(|byte| byte.is_ascii_digit()) {
            amounts_of(page, at, line, &mut all);
        }
        if all.len() >= MOST {
            break;
        }
    }
    all
}

fn amounts_of(page: &PageView<'_>, at: usize, line: &Line, all: &mut Vec<Amount>) {
    let Some(pattern) = &*AMOUNT else { return };
    let reading = page.reading();
    let text = reading.text(line);
    let amounts_long: usize = pattern.find_iter(text).map(|found| found.len()).sum();
    let (before, mut last) = (all.len(), 0);
    for found in pattern.captures_iter(text) {
        let (Some(whole), Some(number)) = (found.get(0), number_of(&found)) else { continue };
        // Small cents may reach into what follows.
        if whole.start() < last {
            continue;
        }
        let sign = found.name("before").or(found.name("after")).map_or("", |sign| sign.as_str());
        // Rand: an R before any number is more often a name.
        let is_rand = || {
            let whole = number.as_str().get(..number.len().saturating_sub(2));
            let cents = number.len() > 3 && whole.is_some_and(|whole| whole.ends_with(['.', ',']));
            number.len() > 3 && (cents || page.locale().countries.first() == Some(&"ZA"))
        };
        let is_name = sign == "R" && !is_rand();
        let digit = |c: char| c.is_ascii_digit();
        let cents = small_cents(reading, line, number.start(), number.end());
        let end = cents.map_or(whole.end(), |(_, end)| whole.end().max(end));
        let parts = |at: usize| reading.breaks(line).any(|begin| begin == at);
        // "Price<b>49,00 €</b>": another element begins.
        let joined = (text[..whole.start()].ends_with(char::is_alphanumeric) && !parts(whole.start()))
            || (text[end..].starts_with(digit) && !parts(end))
            || (sign.ends_with(char::is_alphabetic) && text[end..].starts_with(char::is_alphanumeric) && !parts(end));
        if joined || is_name {
            continue;
        }
        let place = Place { page, reading, at, line, from: whole.start(), to: end, last, amounts_long };
        last = end;
        let (raw, number) = match cents {
            Some((cents, end)) => {
                let number = format!("{}.{}", text[number.start()..cents].replace([',', '.'], ""), &text[end - 2..end]);
                (format!("{number} {sign}"), number)
            }
            None => (whole.as_str().to_owned(), number.as_str().to_owned()),
        };
        all.push(place.amount(raw, number, sign.to_owned()));
    }
    if all.len() == before {
        all.extend(bare_amount(page, at, line));
    }
    doubt_ranges(text, &mut all[before..]);
}

/// "19<sup>99</sup>" and "1,899<sup>05</sup>": where the cents begin that are written small and without a point, and end.
fn small_cents(reading: &Reading<'_>, line: &Line, from: usize, to: usize) -> Option<(usize, usize)> {
    let text = reading.text(line);
    let two = |at: usize| text.get(at..at + 2).is_some_and(|cents| cents.bytes().all(|byte| byte.is_ascii_digit()));
    let ends = |at: usize| {
        !text[at + 2..].starts_with(|c: char| c.is_ascii_digit()) || reading.breaks(line).any(|begin| begin == at + 2)
    };
    let at = reading.breaks(line).find(|at| *at > from && (*at == to || *at + 2 == to))?;
    let whole = &text[from..at.min(to)];
    let plain = at == to || whole.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = whole.len() < 4
        || whole.bytes().all(|b| b.is_ascii_digit())
        || whole.as_bytes()[whole.len() - 4].is_ascii_punctuation();
    (plain && grouped && two(at) && ends(at)).then_some((at, at + 2))
}

/// A number without any currency in an element that is named a price.
fn bare_amount(page: &PageView<'_>, at: usize, line: &Line) -> Option<Amount> {
    const LONGEST: usize = 16;
    let reading = page.reading();
    let text = reading.text(line);
    let node = reading.element(line, 0, text.len());
    if text.len() > LONGEST || !page.page.node(node).map_or(Names::default(), Names::around).price {
        return None;
    }
    let parts = reading.breaks(line).collect::<Vec<_>>();
    let number = match parts.as_slice() {
        // "34 <sup>95</sup>"
        [at] if text.len() - at == 2 && text[*at..].bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}.{}", text[..*at].trim_end_matches([' ', '.', ',']), &text[*at..])
        }
        _ => text.to_owned(),
    };
    if !BARE.as_ref().is_some_and(|pattern| pattern.is_match(&number)) {
        return None;
    }
    let place = Place { page, reading, at, line, from: 0, to: text.len(), last: 0, amounts_long: text.len() };
    Some(place.amount(number.clone(), number, String::new()))
}

/// "9,90 € – 34,90 €": what one pays for the thing chosen is said elsewhere.
fn doubt_ranges(text: &str, amounts: &mut [Amount]) {
    let is_range = |pair: &[Amount]| {
        let Some(first) = text.find(pair[0].raw.as_str()) else { return false };
        let rest = &text[first + pair[0].raw.len()..];
        let between = rest.find(pair[1].raw.as_str()).map(|at| rest[..at].trim());
        between.is_some_and(|between| matches!(between, "-" | "–" | "—" | "~" | "〜" | "to" | "bis" | "à" | "a" | "do"))
    };
    for at in 1..amounts.len() {
        if is_range(&amounts[at - 1..=at]) {
            amounts[at - 1].score *= 0.8;
            amounts[at].score *= 0.7;
        }
    }
}

struct Place<'a, 'p> {
    page: &'a PageView<'p>,
    reading: &'a Reading<'p>,
    at: usize,
    line: &'a Line,
    from: usize,
    to: usize,
    /// Where the amount before it in the line ended.
    last: usize,
    /// Bytes of the line's amounts.
    amounts_long: usize,
}

impl Place<'_, '_> {
    fn amount(&self, raw: String, number: String, sign: String) -> Amount {
        let text = self.reading.text(self.line);
        let node = self.reading.element(self.line, self.from, self.to);
        let element = self.page.page.node(node);
        let before = self.before();
        let after = fold_label(text[self.to..].split(['|', '•']).next().unwrap_or_default());
        let names = element.map_or(Names::default(), Names::around);
        let struck = element.is_some_and(is_struck);
        let near = |purpose: &str| words(purpose).last(&before).is_some_and(|end| before.len() - end <= 12);
        let is_before = near("old_price") || words("old_price_alone").is(&before);
        let kind = if struck || names.before || is_before { Kind::Before } else { Kind::Now };
        let by_name = names.before && !struck && !is_before;
        let saved = near("saving") || words("saving").prefix(&after).is_some();
        // An amount with a line to itself is meant to be seen; one that begins a line, nearly as much.
        let own = names.price && element.is_some_and(|element| element.end() - element.index() <= 12);
        let alone = text.len() - self.amounts_long <= 24 || own;
        let mut score: f64 = if names.price { 0.72 } else { 0.6 };
        score *= if alone {
            1.0
        } else if self.from == 0 {
            0.9
        } else {
            0.62
        };
        if near("from_price") {
            score *= 0.75;
        }
        if number.chars().all(|c| matches!(c, '0' | '.' | ',')) {
            score *= 0.2;
        }
        score *= self.condition(&before, &after) * self.addition(&before) * element.map_or(1.0, by_tags);
        score *= self.place(node) * if element.is_some_and(Node::is_rendered) { 1.0 } else { 0.6 };
        let size = element.and_then(Node::font).map_or(0.0, |font| font.size);
        let (in_card, line) = (false, self.at);
        Amount { raw, number, sign, kind, score, node, size, alone, in_card, line, by_name, saved }
    }

    /// What stands before the amount: in its line, else the short line above.
    fn before(&self) -> String {
        let before = fold_label(&self.reading.text(self.line)[self.last..self.from]);
        if !before.is_empty() || self.last > 0 || self.at == 0 {
            return before;
        }
        let above = self.reading.folded(&self.reading.lines()[self.at - 1]);
        let is_label = above.chars().count() <= 32 && !above.contains(|c: char| c.is_ascii_digit());
        if is_label { above.to_owned() } else { before }
    }

    /// Carriage, instalments, deposits, prices of members and thresholds are no price of the thing.
    fn condition(&self, before: &str, after: &str) -> f64 {
        let second = after.split_once(' ').map_or("", |(_, rest)| rest);
        let says = |purpose: &str, far: usize| {
            words(purpose).last(before).is_some_and(|end| before.len() - end <= far)
                || words(purpose).prefix(after).is_some()
        };
        let mut share = 1.0;
        // "Buy 6 and pay only $26.64 each".
        let counts = |word: &str| (1..=3).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
        if before.split(' ').rev().take(8).any(counts) {
            share *= 0.75;
        }
        if words("shipping").within(before) || words("shipping").prefix(after).is_some() {
            share *= 0.3;
        }
        // Who sees both pays the one with taxes.
        if says("net_price", 0) {
            share *= 0.8;
        }
        if words("unit_price").prefix(after).is_some() || words("unit_price").within(before) {
            share *= 0.5;
        }
        if says("conditional_price", 16) || words("conditional_price").prefix(second).is_some_and(|end| end > 4) {
            share *= 0.45;
        }
        share
    }

    /// "+ $20", "12 x $9.90" and "€4.90/kg" are no price of the whole.
    fn addition(&self, before: &str) -> f64 {
        let text = self.reading.text(self.line);
        let (head, tail) = (text[self.last..self.from].trim_end(), text[self.to..].trim_start());
        let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let words: Vec<&str> = before.split(' ').rev().take(4).collect();
        let times = words.iter().enumerate().any(|(at, word)| {
            let count = word.trim_end_matches(['x', '×']);
            count.len() < word.len()
                && (is_number(count) || (count.is_empty() && words.get(at + 1).is_some_and(|word| is_number(word))))
        });
        let unit = tail.trim_start_matches(['*', ')']).trim_start().strip_prefix('/').map(str::trim_start);
        if unit.is_some_and(|unit| unit.starts_with(|c: char| c.is_ascii_digit())) {
            return 0.6;
        }
        let per = unit.is_some_and(is_measure);
        if head.ends_with(['+', '±']) {
            0.4
        } else if times || per || head.ends_with(['×', '-', '−', '–']) && self.last == 0 {
            0.35
        } else if head.ends_with(['(', '=']) {
            0.7
        } else {
            1.0
        }
    }

    fn place(&self, node: usize) -> f64 {
        let zone = self.line.zone;
        let zoned = if zone.is(Zone::OTHERS) || zone.is(Zone::NAVIGATION) {
            0.35
        } else if zone.is(Zone::HEADER) || zone.is(Zone::FOOTER) || zone.is(Zone::OVERLAY) {
            0.5
        } else if zone.is(Zone::ASIDE) {
            0.8
        } else {
            1.0
        };
        let near = match self.page.distance(node) {
            Some(0..=18) => 1.0,
            Some(-6..=-1) => 0.92,
            Some(19..=45) => 0.88,
            Some(46..) => 0.7,
            Some(_) => 0.6,
            None => 0.9,
        };
        // What is to be paid stands before the button to buy, or right behind it.
        let behind = self.page.buy().is_some_and(|button| self.at > button.line + 8);
        // The first of equals is the page's own.
        let order = 0.999_f64.powi(self.at.min(400) as i32);
        zoned * near * order * if behind { 0.8 } else { 1.0 }
    }
}

/// "/kg": a price of a measure, not of "/ box" or "/ each".
fn is_measure(unit: &str) -> bool {
    let word: String = unit.chars().take_while(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    words("measures").is(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageSnapshot;

    fn best(html: &str) -> String {
        let page = PageSnapshot::from_html("http://x/", html);
        let mut all = amounts(&PageView::new(&page));
        all.retain(|amount| amount.kind == Kind::Now);
        all.into_iter()
            .reduce(|a, b| if b.score > a.score { b } else { a })
            .map(|amount| amount.number)
            .unwrap_or_default()
    }

    #[test]
    fn amounts_as_pages_write_them() {
        assert_eq!(best("<h1>A</h1><p><span>CHF 3'599.–</span><span class=line-through>4'499.–</span>"), "3'599");
        assert_eq!(best("<h1>A</h1><p><span>$</span><span>1,899</span><span>05</span>"), "1899.05");
        assert_eq!(best("<h1>A</h1><div class=promo-price>34 <sup>95</sup></div>"), "34.95");
        assert_eq!(best("<html lang=en-ZA><h1>A</h1><p>R 1 849.00 incl VAT"), "1 849.00");
        assert_eq!(best("<h1>R 1250 and R2</h1>"), "");
        assert_eq!(best("<h1>A</h1><p>45 Euro"), "45");
        // Small cents reach into what reads as the next amount; digits of other writings; a letter and a digit.
        assert_eq!(best("<h1>A</h1><p>$1,899<sup>05</sup> €</p>"), "1899.05");
        assert_eq!(best("<h1>A</h1><p>R３３ 1</p><p>R 0</p>"), "");
    }

    #[test]
    fn amounts_of_other_things() {
        assert_eq!(best("<h1>A</h1><p>€ 244,26 IVA esclusa<p>€ 298,00 IVA inclusa"), "298,00");
        assert_eq!(best("<h1>A</h1><p>$41.72 / box<p>$0.42 / oz"), "41.72");
        assert_eq!(best("<h1>A</h1><p>Club: $39<p>$45<p>Free shipping over $50<p>4 payments of $11.25"), "45");
        assert_eq!(best("<h1>A</h1><p>9,90 € – 34,90 €<p class=variant>19,90 €"), "19,90");
    }
}
