//! Pages that nobody meant: mutated HTML must neither end the process nor take more than its share of time and memory.

use super::Extractor;
use super::testing::instructions;
use crate::page::PageSnapshot;
use proptest::prelude::*;

const SEEDS: [&str; 4] = [
    "<html lang=en-US><title>Lamp | Acme</title><h1>Lamp</h1><p class=price><del>$49.00</del> $39.00</p><dl><dt>SKU<dd>L-1</dl>\
     <script type=application/ld+json>{\"@type\":\"Product\",\"name\":\"Lamp\",\"offers\":{\"price\":\"39\",\"priceCurrency\":\"USD\"}}</script>",
    "<html lang=de><h1>Kontakt</h1><p>Muster GmbH<br>Hauptstraße 5<br>10115 Berlin<br>Tel.: 030 / 22 73 20 37<br>info [at] muster.de</p>\
     <table><tr><th>Mo-Fr<td>9:00 - 18:00 Uhr</table><a href='mailto:a%40b.de'>Mail</a>",
    "<h1>Stew</h1><p>By <a rel=author href=/author/ann>Ann Lee</a>, 4 May 2024</p><h2>Ingredients</h2><ul><li>2 cups flour<li>½ tsp salt\
     <li>200 g beef</ul><p>Total time: 1 h 20 min</p><span aria-label='Rated 4.5 out of 5'></span>",
    "<html lang=ja><h1>記事</h1><time datetime=2024-05-04>今日</time><p>〒100-0001 東京都千代田区1-1</p><script>window.__S__ = {\"a\":{\"name\":\"記事\",\"sku\":1}}</script>",
];
const PIECES: [&str; 16] = [
    "<",
    ">",
    "</p>",
    "<table>",
    "<b><i><a>",
    "<div hidden>",
    "\"",
    "'",
    "&#x",
    "\u{0}",
    "：",
    "9999999999",
    "{",
    "<script>",
    "<!--",
    "€",
];
const FIELDS: [&str; 20] = [
    "title",
    "price:money",
    "currency",
    "sku:id",
    "availability",
    "brand",
    "gtin:id",
    "phone:phone",
    "fax:phone",
    "email:email",
    "address",
    "city",
    "opening_hours",
    "organization",
    "author:list",
    "published:date",
    "ingredients:list",
    "total_time:duration",
    "rating:number",
    "yields",
];

/// A seed with pieces put in, cut out and doubled.
fn mutated() -> impl Strategy<Value = String> {
    let change =
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8, prop::sample::select(PIECES.to_vec()));
    (prop::sample::select(SEEDS.to_vec()), prop::collection::vec(change, 1..12)).prop_map(|(seed, changes)| {
        let mut html: Vec<char> = seed.chars().collect();
        for (a, b, what, piece) in changes {
            let (a, b) = (a.index(html.len().max(1)).min(html.len()), b.index(html.len().max(1)).min(html.len()));
            let (from, to) = (a.min(b), a.max(b));
            match what {
                0 => html.splice(from..from, piece.chars()).for_each(drop),
                1 => html.drain(from..to.min(from + 40)).for_each(drop),
                2 => {
                    let part: Vec<char> = html[from..to.min(from + 200)].to_vec();
                    html.splice(from..from, part).for_each(drop);
                }
                _ => html.splice(from..from, piece.repeat(30).chars()).for_each(drop),
            }
        }
        html.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400), ..ProptestConfig::default() })]

    #[test]
    fn any_page_is_read(html in mutated()) {
        static EXTRACTOR: std::sync::LazyLock<Extractor> =
            std::sync::LazyLock::new(|| Extractor::new(&instructions(&FIELDS)).unwrap_or_else(|error| unreachable!("{error}")));
        let page = PageSnapshot::from_html("https://site.example/page", &html);
        prop_assert!(page.size() <= 10 * html.len() + (64 << 10));
        let found = EXTRACTOR.extract(&page);
        prop_assert_eq!(&found, &EXTRACTOR.extract(&page));
        let longest = found.fields.iter().flatten().map(|found| found.raw.len()).max().unwrap_or_default();
        prop_assert!(longest <= 10 * html.len() + 1_000);
    }
}
