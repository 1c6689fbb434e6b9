//! Pages that nobody meant: mutated HTML must neither end the process nor take more than its share of time and memory.

use super::Extractor;
use super::testing::instructions;
use crate::page::PageSnapshot;
use proptest::prelude::*;

/// Small pages of each kind, to be spoiled.
const SEEDS: [&str; 4] = [
    include_str!("../../../tests/hostile/shop.html"),
    include_str!("../../../tests/hostile/contact.html"),
    include_str!("../../../tests/hostile/recipe.html"),
    include_str!("../../../tests/hostile/article.html"),
];
const PIECES: [&str; 20] = [
    "３３",
    "R ",
    "<sup>05</sup> €",
    "<li>1 cup a",
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
