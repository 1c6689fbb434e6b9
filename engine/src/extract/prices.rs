use super::amounts::{self, Amount, Kind, numbers_in};
use super::currencies::{currency, name_currencies};
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, cards, meta};
use mino_datafusion::value::{FieldType, ValueRule, normalise};

/// Amounts of money: the price to pay now, the one before it, and their currency, by size, place, names and the words
/// around them.
#[derive(Debug)]
pub(super) struct Prices;

impl Resolver for Prices {
    fn name(&self) -> &'static str {
        "price"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted = |query: &FieldQuery| query.is_like("price") || query.is_like("list_price") || query.is("currency");
        if !queries.iter().any(wanted) {
            return;
        }
        let mut all = page.amounts().to_vec();
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
        // Some shops keep prices in cents.
        if candidate.resolver == "state" && given.fract() == 0.0 && (given / 100.0 - now).abs() < 0.005 {
            candidate.raw = format!("{now}");
            continue;
        }
        let is_least = matches!(&candidate.evidence, Evidence::Path(path) if path.ends_with("owPrice"));
        let is_struck = given > now && kinds().any(|kind| kind == Kind::Before);
        if is_struck {
            candidate.score *= 0.3;
        } else if is_least && given < now {
            candidate.score *= 0.25;
        } else if kinds().next().is_none() {
            candidate.score *= 0.5;
        }
    }
}

/// Every amount of a page, in order, each judged beside the others.
pub(super) fn judged(page: &PageView<'_>) -> Vec<Amount> {
    let mut all = amounts::amounts(page);
    let cards = cards::cards(page, &all);
    for amount in all.iter_mut().filter(|amount| cards.iter().any(|card| card.contains(&amount.node))) {
        amount.score *= 0.45;
        amount.in_card = true;
    }
    doubt_names(page, &mut all);
    by_savings(&mut all);
    by_mention(page, &mut all);
    name_currencies(page, &mut all);
    by_size(&mut all);
    all
}

/// The amounts that a reader sees: not one that a review mentions.
fn shown(page: &PageView<'_>) -> Vec<(f64, Kind)> {
    let own = page.amounts().iter().filter(|amount| !amount.in_card);
    let seen = own.filter(|amount| amount.kind == Kind::Before || amount.alone);
    seen.filter_map(|amount| Some((number_of(&amount.raw)?, amount.kind))).collect()
}

fn number_of(raw: &str) -> Option<f64> {
    normalise(&ValueRule::new(FieldType::Money), raw).ok()?.number
}

/// Longest description that is looked through for a price, in bytes.
const LONGEST_TOLD: usize = 2_000;

/// A price that the page says again, or in its title, is its own.
fn by_mention(page: &PageView<'_>, all: &mut [Amount]) {
    let told = ["og:title", "twitter:title", "og:description", "description"];
    let told = told.into_iter().filter_map(|name| meta::find(page.page, name)).map(|(text, _)| text);
    let told = told.filter(|text| text.len() <= LONGEST_TOLD);
    let told: Vec<String> = told.chain([page.page.title()]).collect();
    let mentioned: Vec<f64> = told.iter().flat_map(|text| numbers_in(text)).filter_map(number_of).collect();
    let numbers: Vec<Option<f64>> = all.iter().map(|amount| number_of(&amount.number)).collect();
    let same = |a: f64, b: f64| (a - b).abs() < 0.005;
    let counts: Vec<usize> = numbers
        .iter()
        .map(|own| own.map_or(0, |own| numbers.iter().flatten().filter(|other| same(**other, own)).count()))
        .collect();
    for ((amount, number), count) in all.iter_mut().zip(&numbers).zip(counts) {
        let Some(number) = number else { continue };
        amount.score *= 1.0 + 0.04 * count.clamp(1, 3).saturating_sub(1) as f64;
        if mentioned.iter().any(|told| same(*told, *number)) {
            amount.score *= 1.12;
        }
        amount.score = amount.score.min(0.9);
    }
}

/// Elements above a price in which the one before it stands.
const PAIR: usize = 3;

/// "regular-price" is what some shops call the price before, and others any price that is not reduced: it is of before only
/// beside a lower one.
fn doubt_names(page: &PageView<'_>, all: &mut [Amount]) {
    for at in (0..all.len()).filter(|at| all[*at].by_name).collect::<Vec<_>>() {
        let around = page.page.node(all[at].node).and_then(|node| node.ancestors().take(PAIR).last());
        let number = number_of(&all[at].number);
        let is_pair = |other: &&Amount| {
            other.kind == Kind::Now
                && around.is_some_and(|around| (around.index()..around.end()).contains(&other.node))
                && number_of(&other.number) < number
        };
        if !all.iter().any(|other| is_pair(&other)) {
            all[at].kind = Kind::Now;
        }
    }
}

/// How many amounts further the price to pay and what is saved stand.
const NEAR: usize = 3;

/// "$2,150 $1,895 save $255": of two amounts whose difference is named too, the larger was the price before.
fn by_savings(all: &mut [Amount]) {
    let numbers: Vec<Option<f64>> = all.iter().map(|amount| number_of(&amount.raw)).collect();
    for at in 0..all.len() {
        let near = at.saturating_sub(NEAR)..(at + NEAR + 1).min(all.len());
        // The price before stands right beside the price to pay.
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter(|now| *now < all.len());
        let saved = beside.into_iter().find_map(|now| {
            let difference = numbers[at]? - numbers[now]?;
            let is_saved = |other: &usize| {
                let told = all[*other].saved || all[*other].line == all[now].line;
                told && numbers[*other].is_some_and(|saved| (saved - difference).abs() < 0.005)
            };
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
        let cards = "<h1>A</h1><div><div class=c><a href=/b>B</a><b class=price>$9</b></div><div class=c><a href=/c>C</a><b class=price>$8</b></div></div><p>now only $70";
        assert_eq!(price(cards), "$70");
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
