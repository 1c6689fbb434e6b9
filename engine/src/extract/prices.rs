use super::class_words::ClassWords;
use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};
use crate::page::Node;
use mino_datafusion::value::{FieldType, TypedValue, ValueRule, normalise};
use regex::Regex;
use std::sync::LazyLock;

/// Amounts of money: the price to pay now, the one before it, and their currency, by size, place, names and the words
/// around them.
#[derive(Debug)]
pub(super) struct Prices;

/// Amounts of one page that are looked at.
const MOST: usize = 200;

static AMOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // By thousands, as in India (1,29,999), and without.
    let number = r"\d{1,3}(?:[ \u{a0}\u{202f}.,'’]\d{3})+(?:[.,]\d{1,2})?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?|\d+(?:[.,]\d{1,2})?";
    let sign = r"(?:US|CA|AU|NZ|HK|A|C|R|S|MX)?\$|€|£|¥|￥|₹|₽|₺|₩|₫|฿|₪|₱|zł|Kč|kr\.?|Ft|lei|CHF|Fr\.|EUR|USD|GBP|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|JPY|BRL|INR|Rs\.?|円|元|руб";
    Regex::new(&format!(r"(?:(?P<before>{sign})\s{{0,2}}(?P<a>{number})(?:[,.][-–—]+)?|(?P<b>{number})(?:[,.]?[-–—]+)?\s{{0,2}}(?P<after>{sign})|(?P<c>{number})[,.:][-–—]+)")).ok()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Now,
    Before,
}

struct Amount {
    raw: String,
    number: String,
    sign: String,
    kind: Kind,
    score: f64,
    node: usize,
    size: f32,
    /// It has a line to itself, more or less.
    alone: bool,
}

impl Resolver for Prices {
    fn name(&self) -> &'static str {
        "price"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted = |query: &FieldQuery| query.is_like("price") || query.is_like("list_price") || query.is("currency");
        if !queries.iter().any(wanted) {
            return;
        }
        let mut all = amounts(page);
        by_savings(&mut all);
        name_currencies(page, &mut all);
        by_size(&mut all);
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| wanted(query)) {
            if query.is("currency") {
                let best = all
                    .iter()
                    .find(|amount| amount.kind == Kind::Now)
                    .and_then(|amount| Some((currency(page, &amount.sign)?, amount)));
                if let Some((code, amount)) = best {
                    out.push(Candidate {
                        field,
                        raw: code,
                        score: 0.62,
                        resolver: self.name(),
                        evidence: Evidence::Node(amount.node),
                    });
                }
                continue;
            }
            let kind = if query.is_like("list_price") { Kind::Before } else { Kind::Now };
            for amount in all.iter().filter(|amount| amount.kind == kind).take(4) {
                // `ticket_price` is not any price.
                let named = if query.is("price") || query.is("list_price") { 1.0 } else { 0.7 };
                let raw = match query.spec.field_type {
                    FieldType::Money | FieldType::Text => amount.raw.clone(),
                    _ => amount.number.clone(),
                };
                out.push(Candidate {
                    field,
                    raw,
                    score: amount.score * named,
                    resolver: self.name(),
                    evidence: Evidence::Node(amount.node),
                });
            }
        }
    }
}

fn amounts(page: &PageView<'_>) -> Vec<Amount> {
    let Some(pattern) = &*AMOUNT else { return Vec::new() };
    let reading = page.reading();
    let mut all = Vec::new();
    for (at, line) in reading.lines().iter().enumerate() {
        let text = reading.text(line);
        if text.len() > 1_500 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let amounts_long: usize = pattern.find_iter(text).map(|found| found.len()).sum();
        let mut last = 0;
        for found in pattern.captures_iter(text) {
            let (Some(whole), Some(number)) =
                (found.get(0), ["a", "b", "c"].into_iter().find_map(|name| found.name(name)))
            else {
                continue;
            };
            let sign = found.name("before").or(found.name("after")).map_or("", |sign| sign.as_str());
            // "Price<b>49,00 €</b>": another element begins.
            let begins = || reading.breaks(line).any(|at| at == whole.start());
            let joined = (text[..whole.start()].ends_with(|c: char| c.is_alphanumeric()) && !begins())
                || text[whole.end()..].starts_with(|c: char| c.is_ascii_digit());
            if joined {
                continue;
            }
            let place = Place { page, reading, at, line, from: whole.start(), to: whole.end(), last, amounts_long };
            let cents = small_cents(reading, line, number.start(), number.end());
            last = whole.end();
            let raw = match cents {
                Some(cents) => format!("{}.{} {sign}", &text[number.start()..cents], &text[cents..number.end()]),
                None => whole.as_str().to_owned(),
            };
            let number = cents.map_or_else(
                || number.as_str().to_owned(),
                |cents| format!("{}.{}", &text[number.start()..cents], &text[cents..number.end()]),
            );
            all.push(place.amount(raw, number, sign.to_owned()));
            if all.len() == MOST {
                return all;
            }
        }
    }
    all
}

/// "19<sup>99</sup>": where the cents begin that are written small and without a point.
fn small_cents(reading: &Reading<'_>, line: &Line, from: usize, to: usize) -> Option<usize> {
    let at = reading.breaks(line).find(|at| *at > from && *at + 2 == to)?;
    let text = reading.text(line);
    text[from..to].bytes().all(|byte| byte.is_ascii_digit()).then_some(at)
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
        let mut before = fold_label(&text[self.last..self.from]);
        if before.is_empty() && self.last == 0 && self.at > 0 {
            let above = self.reading.folded(&self.reading.lines()[self.at - 1]);
            if above.chars().count() <= 32 && !above.contains(|c: char| c.is_ascii_digit()) {
                before = above.to_owned();
            }
        }
        let after = fold_label(text[self.to..].split(['|', '•']).next().unwrap_or_default());
        let names = self.page.page.node(node).map_or(Names::default(), Names::around);
        let struck = self.page.page.node(node).is_some_and(is_struck);
        let last_before = words("old_price").last(&before).is_some_and(|end| before.len() - end <= 12);
        let kind = if struck || names.before || last_before { Kind::Before } else { Kind::Now };
        let mut score: f64 = if names.price { 0.72 } else { 0.6 };
        // An amount with a line to itself is meant to be seen; one that begins a line, nearly as much.
        let (alone, first) = (text.len() - self.amounts_long <= 24, self.from == 0);
        score *= if alone {
            1.0
        } else if first {
            0.9
        } else {
            0.62
        };
        if words("shipping").within(&before) || words("shipping").prefix(&after).is_some() {
            score *= 0.3;
        }
        if words("unit_price").prefix(&after).is_some() {
            score *= 0.55;
        }
        if number.chars().all(|c| matches!(c, '0' | '.' | ',')) {
            score *= 0.2;
        }
        score *= self.addition(&before) * self.page.page.node(node).map_or(1.0, by_tags);
        score *= self.place(node);
        let size = self.page.page.node(node).and_then(Node::font).map_or(0.0, |font| font.size);
        Amount { raw, number, sign, kind, score, node, size, alone }
    }

    /// "+ $20", "12 x $9.90" and "€4.90/kg" are no price of the whole.
    fn addition(&self, before: &str) -> f64 {
        let text = self.reading.text(self.line);
        let (head, tail) = (text[self.last..self.from].trim_end(), text[self.to..].trim_start());
        let times = before.split(' ').rev().take(2).any(|word| {
            let count = word.trim_end_matches(['x', '×']);
            count.len() < word.len() && count.bytes().all(|byte| byte.is_ascii_digit())
        });
        let share = tail.strip_prefix('/').is_some_and(|unit| unit.trim_start().starts_with(char::is_alphabetic));
        if head.ends_with(['+', '±']) {
            0.4
        } else if times || share || head.ends_with(['×', '-', '−', '–']) {
            0.35
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
            0.75
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
        // The first of equals is the page's own.
        let order = 0.999_f64.powi(self.at.min(400) as i32);
        zoned * near * order * if self.line.hidden { 0.6 } else { 1.0 }
    }
}

/// What the names of the elements around an amount say of it.
#[derive(Default)]
struct Names {
    price: bool,
    before: bool,
}

impl Names {
    fn around(node: Node<'_>) -> Self {
        let mut found = Self::default();
        for (step, above) in std::iter::once(node).chain(node.ancestors()).take(4).enumerate() {
            let names = [
                above.attr("class"),
                above.attr("id"),
                above.attr("data-testid"),
                above.attr("data-test"),
                above.attr("itemprop"),
            ];
            for name in names.into_iter().flatten().flat_map(str::split_ascii_whitespace).take(16) {
                for word in ClassWords::new(name) {
                    match word.as_ref() {
                        "price" | "prices" | "preis" | "prix" | "precio" | "prezzo" | "prijs" | "pris" | "cena"
                        | "amount" => found.price = true,
                        "old" | "was" | "strike" | "struck" | "striked" | "crossed" | "list" | "listprice"
                        | "regular" | "rrp" | "msrp" | "uvp" | "original" | "before" | "compare" | "previous"
                        | "oldprice" | "strikethrough" | "retail"
                            if step < 2 && found_price_word(name) =>
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
fn found_price_word(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [
        "price", "preis", "prix", "precio", "prezzo", "prijs", "pris", "cena", "strike", "struck", "crossed",
        "compare", "rrp", "msrp", "uvp",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Where links, choices and small print stand, no price to pay does.
fn by_tags(node: Node<'_>) -> f64 {
    let mut share: f64 = 1.0;
    for above in std::iter::once(node).chain(node.ancestors().take(4)) {
        share *= match above.tag() {
            Some("a" | "label" | "option" | "button") => 0.6,
            Some("small" | "sup") => 0.85,
            Some("b" | "strong" | "h2" | "h3" | "big") => 1.04,
            _ => 1.0,
        };
    }
    share
}

fn is_struck(node: Node<'_>) -> bool {
    let by_tag = |node: Node<'_>| {
        matches!(node.tag(), Some("del" | "s" | "strike"))
            || node.attr("style").is_some_and(|style| style.contains("line-through"))
    };
    let by_font = node.descendants().chain([node]).take(6).any(|below| below.font().is_some_and(|font| font.struck));
    by_font || by_tag(node) || node.ancestors().take(4).any(by_tag)
}

/// "1 299,–" on a page that gives other amounts in kr is in kr.
fn name_currencies(page: &PageView<'_>, all: &mut [Amount]) {
    let Some(code) =
        all.iter().filter(|amount| !amount.sign.is_empty()).find_map(|amount| currency(page, &amount.sign))
    else {
        return;
    };
    for amount in all.iter_mut().filter(|amount| amount.sign.is_empty()) {
        amount.raw = format!("{} {code}", amount.number);
        amount.sign.clone_from(&code);
    }
}

/// The value of an amount whose sign several currencies share, in that of the page's country: "$" is CAD in Canada.
pub(super) fn in_own_currency(page: &PageView<'_>, raw: &str, value: TypedValue) -> TypedValue {
    let sign = raw.trim_matches(|c: char| !c.is_alphabetic() && !is_currency_sign(c));
    let number = value.currency.as_deref().and_then(|known| value.text.strip_suffix(known));
    match (number, shared_currency(page, sign)) {
        (Some(number), Some(code)) => {
            TypedValue { text: format!("{number}{code}"), currency: Some(code.to_owned()), ..value }
        }
        _ => value,
    }
}

fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '¥' | '￥')
}

/// Where the page strikes out what its data give as the price, or shows it nowhere, or its data give only the least of
/// several, what it asks for now counts.
pub(super) fn prefer_visible(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut [Candidate]) {
    let is_price = |field: usize| queries[field].is("price");
    let visible = candidates.iter().filter(|candidate| is_price(candidate.field) && candidate.resolver == "price");
    let Some(now) = visible.max_by(|a, b| a.score.total_cmp(&b.score)).filter(|now| now.score > 0.4) else { return };
    let Some(now) = number_of(&now.raw) else { return };
    let shown = std::cell::LazyCell::new(|| shown(page));
    for candidate in candidates.iter_mut().filter(|candidate| is_price(candidate.field)) {
        if matches!(candidate.resolver, "rule" | "price") {
            continue;
        }
        let Some(given) = number_of(&candidate.raw).filter(|given| (given - now).abs() > 0.005) else { continue };
        let kinds = || shown.iter().filter(|(number, _)| (number - given).abs() < 0.005).map(|(_, kind)| *kind);
        let is_least = matches!(&candidate.evidence, Evidence::Path(path) if path.ends_with("owPrice"));
        let is_struck = given > now && kinds().any(|kind| kind == Kind::Before);
        if is_struck || (is_least && given < now) || kinds().next().is_none() {
            candidate.score *= 0.5;
        }
    }
}

/// The amounts that a reader sees: not one that a review mentions.
fn shown(page: &PageView<'_>) -> Vec<(f64, Kind)> {
    let mut all = amounts(page);
    by_savings(&mut all);
    let seen = all.iter().filter(|amount| amount.kind == Kind::Before || amount.alone);
    seen.filter_map(|amount| Some((number_of(&amount.raw)?, amount.kind))).collect()
}

fn number_of(raw: &str) -> Option<f64> {
    normalise(&ValueRule::new(FieldType::Money), raw).ok()?.number
}

/// How many amounts further the price to pay and what is saved stand.
const NEAR: usize = 3;

/// "$2,150 $1,895 save $255": of two amounts whose difference is named too, the larger was the price before.
fn by_savings(all: &mut [Amount]) {
    let numbers: Vec<Option<f64>> = all.iter().map(|amount| number_of(&amount.raw)).collect();
    for at in 0..all.len() {
        let near = at.saturating_sub(NEAR)..(at + NEAR + 1).min(all.len());
        let saved = near.clone().find_map(|now| {
            let difference = numbers[at]? - numbers[now]?;
            let is_saved = |other: &usize| numbers[*other].is_some_and(|saved| (saved - difference).abs() < 0.005);
            (difference > 0.0 && numbers[now]? > 0.0)
                .then(|| near.clone().find(|other| *other != now && is_saved(other)))?
        });
        if let Some(saved) = saved.filter(|saved| *saved != at) {
            all[at].kind = Kind::Before;
            // Twice: an amount and half of it, which one is saved?
            if all[saved].kind == Kind::Now {
                all[saved].score *= 0.5;
            }
        }
    }
}

/// The price to pay is written larger than the others.
fn by_size(all: &mut [Amount]) {
    let largest = all.iter().map(|amount| amount.size).fold(0.0_f32, f32::max);
    if largest > 0.0 {
        for amount in all {
            let share = f64::from(amount.size / largest).clamp(0.3, 1.0);
            amount.score *= 0.75 + 0.4 * (share - 0.3);
        }
    }
}

/// ISO 4217 of a sign, by the page's country where several share it.
fn currency(page: &PageView<'_>, sign: &str) -> Option<String> {
    if let Some(code) = shared_currency(page, sign) {
        return Some(code.to_owned());
    }
    normalise(&ValueRule::new(FieldType::Money), &format!("1 {sign}")).ok()?.currency
}

/// ISO 4217 of a sign that several countries share, by the page's country.
fn shared_currency(page: &PageView<'_>, sign: &str) -> Option<&'static str> {
    const SHARED: [(&str, &[(&str, &str)]); 3] = [
        (
            "$",
            &[
                ("US", "USD"),
                ("CA", "CAD"),
                ("AU", "AUD"),
                ("NZ", "NZD"),
                ("SG", "SGD"),
                ("MX", "MXN"),
                ("CL", "CLP"),
                ("CO", "COP"),
            ],
        ),
        ("kr", &[("SE", "SEK"), ("NO", "NOK"), ("DK", "DKK"), ("IS", "ISK")]),
        ("¥", &[("JP", "JPY"), ("CN", "CNY")]),
    ];
    let plain = sign.trim_end_matches('.').to_lowercase().replace('￥', "¥");
    let (_, codes) = SHARED.iter().find(|(known, _)| *known == plain)?;
    let by_country =
        page.locale().countries.iter().find_map(|country| codes.iter().find(|(known, _)| known == country));
    by_country.map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{extracted, found};

    #[test]
    fn the_price_to_pay_now() {
        let price = |html: &str| found("price:money", html);
        assert_eq!(
            price("<h1>Lamp</h1><p><del>$49.00</del> $39.00<p>Shipping $5.00<h2>Related products</h2><p>$9.00"),
            "$39.00"
        );
        assert_eq!(price("<h1>Lampe</h1><p>UVP 49,00 €<p><b>39,00 €</b><p>zzgl. Versand 4,90 €"), "39,00 €");
        assert_eq!(price("<a>Cart $0.00</a><h1>Lamp</h1><div class=price>$19<sup>99</sup></div>"), "19.99 $");
        assert_eq!(price("<h1>Lampa</h1><p>1 299 kr"), "1 299 kr");
        assert_eq!(price("<h1>ランプ</h1><p>¥1,980 税込"), "¥1,980");
        assert_eq!(price("<h1>Lamp</h1><p>Made in 1999, 20 watts"), "");
    }

    #[test]
    fn what_the_page_shows_counts() {
        let page = |shown: &str| {
            format!(
                "<script type=application/ld+json>{{\"@type\":\"Product\",\"offers\":{{\"price\":\"49.00\",\"priceCurrency\":\"EUR\"}}}}</script><h1>Lampe</h1>{shown}"
            )
        };
        let price = |shown: &str| found("price:money", &page(shown));
        assert_eq!(price("<p class=price><del>49,00 €</del> <ins>39,00 €</ins>"), "39,00 €");
        assert_eq!(price("<p class=price>39,00 €</p>"), "39,00 €");
        assert_eq!(price("<p class=price>49,00 €</p><p>ab 10,00 €"), "49.00 EUR");
    }

    #[test]
    fn prices_before_and_currencies() {
        let html = "<html lang=en-CA><h1>Lamp</h1><p class=was-price>$49.00<p>$39.00";
        let found = extracted(&["price:money", "list_price:money", "currency"], html).fields;
        let raw: Vec<String> =
            found.into_iter().map(|found| found.map(|found| found.raw).unwrap_or_default()).collect();
        assert_eq!(raw, ["$39.00", "$49.00", "CAD"]);
    }
}
