//! Extraction alone: milliseconds a page, whether time grows with the size, and memory beside the page's.
//!
//! `make bench` runs it; `extraction [FOLDER]` takes the pages of a folder as `../shared/data/recipes` has them, unpacked or not,
//! else a page of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use mino_engine::extract::Extractor;
use mino_engine::model::{FieldSpec, Instructions};
use mino_engine::page::PageSnapshot;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

#[path = "pages.rs"]
mod pages;
use pages::pages;

const FIELDS: [(&str, &str); 10] = [
    ("title", "text"),
    ("author", "text"),
    ("total_time", "duration"),
    ("yields", "text"),
    ("ratings", "number"),
    ("canonical_url", "url"),
    ("category", "text"),
    ("cuisine", "text"),
    ("ingredients", "list<text>"),
    ("description", "text"),
];

fn extractor() -> Extractor {
    let fields = FIELDS.map(|(name, kind)| FieldSpec::new(name, kind.parse().unwrap())).to_vec();
    let instructions =
        Instructions { version: "1.0".into(), prompt: String::new(), fields, follow: None, lexicon: BTreeMap::new() };
    Extractor::new(&instructions).unwrap()
}

fn main() {
    let extractor = extractor();
    let folder = std::env::args().nth(1).map(PathBuf::from).filter(|folder| folder.exists());
    let pages = folder.map_or_else(|| vec![page_of(300_000)], |folder| pages(&folder));
    let mut times = Vec::new();
    for html in &pages {
        let page = PageSnapshot::from_html("http://site.example/page", html);
        std::hint::black_box(extractor.extract(&page));
        let begun = Instant::now();
        std::hint::black_box(extractor.extract(&page));
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{} pages: median {:.1} ms, 95 % within {:.1} ms, longest {:.1} ms",
        times.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
    println!("\n   size     parse   extract   ms a MB   snapshot/size");
    for size in [100_000, 1_000_000, 10_000_000] {
        let html = page_of(size);
        let begun = Instant::now();
        let page = PageSnapshot::from_html("http://site.example/page", &html);
        let parsed = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        std::hint::black_box(extractor.extract(&page));
        let extracted = begun.elapsed().as_secs_f64() * 1e3;
        let megabytes = html.len() as f64 / 1e6;
        let share = page.size() as f64 / html.len() as f64;
        println!(
            "{megabytes:5.1} MB {parsed:6.0} ms {extracted:6.0} ms {:9.1} {share:15.2}",
            (parsed + extracted) / megabytes
        );
    }
}

/// A page of about so many bytes: a recipe among paragraphs, lists, links and tables.
fn page_of(size: usize) -> String {
    let mut html = String::with_capacity(size + 2_000);
    html.push_str(
        "<!doctype html><html lang=en><title>Stew | Acme</title><body><h1>Stew</h1><p>By Ann Lee, 4 May 2024</p>",
    );
    html.push_str(
        "<h2>Ingredients</h2><ul><li>2 cups flour<li>1 tsp salt<li>200 g beef</ul><p>Total time: 40 minutes</p>",
    );
    let mut at = 0;
    while html.len() < size {
        let part = format!(
            "<div class='row item-{at}'><h3>Part {at}</h3><p>In the year {} they sold {at} pieces at ${at}.99 each, and \
             <a href=/page/{at}>wrote</a> about it. Call 202-456-{:04} or come by.</p><table><tr><th>Weight<td>{at} kg</table></div>\n",
            1990 + at % 30,
            at % 10_000,
        );
        html.push_str(&part);
        at += 1;
    }
    html
}
